"""A thread's own memory, for CUDA. That of `cuda.local.array` is filled with zeros first, at each call: more to
write than all that a walk puts there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cuda import config as cuda_config
from numba.cuda import extending
from numba.cuda import types as cuda_types

from ..local import GROUPS, on_stack

config: Any = cuda_config  # its stubs are not for type checkers
types: Any = cuda_types
SIMULATED = bool(config.ENABLE_CUDASIM)  # kernels run as Python, for tests without a GPU

if SIMULATED:

    def group_integers():
        return np.empty(GROUPS, np.int32)

    def not_inlined():
        return None

else:
    intrinsic: Any = extending.intrinsic

    @intrinsic
    def group_integers(typing):
        kind = types.Array(types.int32, 1, "C")
        return kind(), lambda context, builder, sig, args: on_stack(context, builder, kind, (GROUPS,), 8)

    @intrinsic
    def not_inlined(typing):
        def generate(context, builder, sig, args):
            builder.function.attributes.add("noinline")
            return context.get_dummy_value()

        return types.none(), generate
