"""The renderer as an operation of PyTorch's automatic differentiation, in reverse and in forward mode."""

from __future__ import annotations

from typing import Any

import torch

from .. import bridge
from ..errors import NrenderError
from . import transfer

TWICE = "nrender.torch: the gradient has no derivative: a picture can be differentiated once"


class Task:
    """One render: what to do, and afterwards how to carry gradients back."""

    def __init__(self, call: bridge.Call, seeds: bridge.Seeds, wanted: list[bool]) -> None:
        """wanted: of which parameters the derivative may be asked."""
        self.call, self.seeds, self.wanted = call, seeds, wanted
        self.wrt = [path for path, wish in zip(call.paths, wanted, strict=True) if wish]
        self.scene: Any = None
        self.rows: list[Task] = []
        self.to: list[tuple[torch.dtype, torch.device]] = []
        self.pull: bridge.Pullback | None = None

    def pictures(self, values: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        call, to = self.call, transfer.device_of(values)
        self.scene = bridge.replaced(call, [transfer.host(value) for value in values])
        there = not call.on_host and transfer.stays(call.device, call.precision, to)
        if self.wrt:
            deterministic = torch.are_deterministic_algorithms_enabled()
            found, self.pull = bridge.pullback(call, self.scene, self.wrt, self.seeds, deterministic, there)
        else:
            found = bridge.pictures(call, self.scene, self.seeds.picture, there)
        made = tuple(transfer.tensor_of(picture, to) for picture in found)
        self.to = [(picture.dtype, picture.device) for picture in made]
        return made

    def split(self, count: int, values_too: bool) -> list[Task]:
        """Tasks for a batch: those that made the pictures, if they too were of a batch."""
        if not values_too:
            return [self] * count
        if not self.rows:
            self.rows = [Task(self.call, self.seeds, self.wanted) for _ in range(count)]
        return self.rows

    def gradients(self, weights: tuple[torch.Tensor | None, ...]) -> dict[str, Any]:
        assert self.pull is not None
        device = "cpu" if self.call.on_host else self.call.device
        return self.pull([transfer.weights_of(one, device, self.call.precision) for one in weights])

    def tangents(self, directions: dict[str, Any]) -> tuple[torch.Tensor, ...]:
        found = bridge.tangents(self.call, self.scene, directions, self.seeds.derivative)
        return tuple(torch.from_numpy(one).to(device, kind) for one, (kind, device) in zip(found, self.to, strict=True))


class Sequential(torch.autograd.Function):
    """`torch.vmap` of it is a loop."""

    @classmethod
    def vmap(cls, info: Any, axes: tuple[int | None, ...], task: Task, *arrays: Any) -> Any:
        values_too = any(axis is not None for axis in axes[-len(task.call.paths) :])

        def parts(k: int) -> list[Any]:
            return [a if axis is None else a.select(axis, k) for a, axis in zip(arrays, axes[1:], strict=True)]

        tasks = task.split(info.batch_size, values_too)
        rows = [cls.apply(one, *parts(k)) for k, one in enumerate(tasks)]
        columns = tuple(None if column[0] is None else torch.stack(column) for column in zip(*rows, strict=True))
        return columns, tuple(None if column is None else 0 for column in columns)


class Render(Sequential):
    """(task, *parameters) -> pictures."""

    @staticmethod
    def forward(task: Task, *values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return task.pictures(values)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> None:
        ctx.task, *values = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*values)
        ctx.save_for_forward(*values)
        names = [picture for picture, smooth in zip(output, bridge.kinds(ctx.task.call), strict=True) if not smooth]
        ctx.mark_non_differentiable(*names)

    @staticmethod
    def backward(ctx: Any, *weights: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        if all(weight is None for weight in weights):
            return (None,) * (1 + len(ctx.task.wanted))
        return (None, *Pull.apply(ctx.task, len(weights), *weights, *ctx.saved_tensors))

    @staticmethod
    def jvp(ctx: Any, _: None, *directions: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        found = Push.apply(ctx.task, *directions, *ctx.saved_tensors)
        return tuple(one if smooth else None for one, smooth in zip(found, bridge.kinds(ctx.task.call), strict=True))


class Once(Sequential):
    """A derivative: an operation of its own, that depends on the parameters too, so that whoever differentiates it
    hears that this can't be done."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise NrenderError(TWICE)

    @staticmethod
    def jvp(ctx: Any, *_: Any) -> Any:
        raise NrenderError(TWICE)


class Push(Once):
    """(task, *directions, *parameters) -> how the pictures change."""

    @staticmethod
    def forward(task: Task, *tensors: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        paths = task.call.paths
        directions = zip(paths, tensors[: len(paths)], strict=True)
        return task.tangents({path: transfer.host(one) for path, one in directions if one is not None})


class Pull(Once):
    """(task, how many pictures, *weights, *parameters) -> gradients."""

    @staticmethod
    def forward(task: Task, count: int, *tensors: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        found = task.gradients(tensors[:count])
        parameters = zip(task.call.paths, tensors[count:], strict=True)
        return tuple(transfer.like(found[path], p) if path in found else None for path, p in parameters)
