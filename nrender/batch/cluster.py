"""Jobs on a Dask cluster: each a task, which runs the job's process on its worker.

All machines see the files of the batch under the same paths.  A task whose worker dies is begun again elsewhere by
the scheduler, and the job goes on from its checkpoint; its process on the dead worker ends with it, or holds the lock
of the job's folder until it does.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nrender.batch import process
from nrender.batch.run import Post
from nrender.errors import NrenderError
from nrender.sharing import threads

EXTRA = "pip install 'nrender[dask]'"
PATIENCE = 10.0  # seconds for the scheduler to answer
ASK = 1.0  # seconds between asking whether to stop
GRACE = process.GRACE + 10.0  # seconds for jobs to end


class ClusterError(NrenderError):
    """No cluster to work with."""


def task(work: dict[str, Any], topic: str, slots: dict[str, int], child: tuple[str, ...]) -> dict[str, Any] | None:
    """One job, in a thread of a worker: its row, or None if it is not to begin any more.

    topic: the name of the batch's messages and of its event to stop; slots: jobs at once by host
    """
    from distributed import Event, get_worker

    worker = get_worker()
    name, stop = work["ask"]["name"], _Stop(worker, Event(topic))
    if stop():
        return None
    worker.log_event(topic, [name, {"begin": worker.address}])
    each = max(1, threads() // slots.get(_host(worker.address), worker.state.nthreads))
    return process.run_job(work, each, lambda line: worker.log_event(topic, [name, line]), stop, child)


class _Stop:
    """Whether the batch wants its jobs to end, or is gone.  Asked often, it asks the scheduler now and then."""

    def __init__(self, worker: Any, event: Any) -> None:
        self._worker, self._key, self._event = worker, worker.get_current_task(), event
        self._level, self._next = 0, 0.0

    def __call__(self) -> int:
        now = time.monotonic()
        if not self._level and now >= self._next:
            self._next = now + ASK
            # The state of a task that runs though nobody holds its future: the batch was killed.
            state = self._worker.state.tasks.get(self._key)
            gone = state is None or state.state in ("cancelled", "released", "forgotten")
            self._level = int(gone or self._event.is_set())
        return self._level


def _host(address: str) -> str:
    return address.rpartition("://")[2].rpartition(":")[0]


class Cluster:
    """Runs works on the workers of a Dask scheduler, as many at once as these have threads."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        """ClusterError if distributed isn't installed, or no scheduler answers within `patience` seconds."""
        try:
            import distributed
        except ImportError:
            raise ClusterError(f"--scheduler: the package distributed isn't installed: {EXTRA}") from None
        for name in ("distributed", "distributed.client", "distributed.comm", "distributed.core"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is in the rows
        try:
            self._client = distributed.Client(address, timeout=patience, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            text = " ".join(str(error).split())
            raise ClusterError(f"{address}: no scheduler answers within {patience:g} s: {text}") from None
        self._topic = f"nrender-{uuid.uuid4().hex}"
        self._event = distributed.Event(self._topic, client=self._client)
        self._futures: dict[str, Any] = {}
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None

    def begin(self, works: Sequence[dict[str, Any]], post: Post, stop: Callable[[], int]) -> None:
        """As `local.Local.begin`."""
        slots: Counter[str] = Counter()
        for address, worker in self._client.scheduler_info(n_workers=-1)["workers"].items():
            slots[_host(address)] += worker["nthreads"]
        self._client.subscribe_topic(self._topic, lambda event: post(*event[1]))
        for number, work in enumerate(works):
            name = work["ask"]["name"]
            future = self._client.submit(
                task, work, self._topic, dict(slots), process.CHILD, key=f"{self._topic}-{number}", pure=False
            )
            self._futures[name] = future
            future.add_done_callback(functools.partial(self._done, name, post, stop))
        self._watcher = threading.Thread(target=self._watch, args=(stop, post), daemon=True)
        self._watcher.start()

    @staticmethod
    def _done(name: str, post: Post, stop: Callable[[], int], future: Any) -> None:
        if future.status == "finished":
            row = future.result()
        elif future.status == "error":
            error = future.exception()
            row = {"status": "failed", "message": f"{type(error).__name__}: {error}"}
        else:
            row = None if stop() else {"status": "interrupted", "message": "the scheduler is gone, or gave it up"}
        post(name, {"row": row})

    def _watch(self, stop: Callable[[], int], post: Post) -> None:
        """Hand a stop on to the workers; those that don't answer are given up after a while."""
        while not stop():
            if self._ended.wait(0.2):
                return
        self._event.set()
        give_up = time.monotonic() + GRACE
        while stop() < 2 and time.monotonic() < give_up:
            if self._ended.wait(0.2):
                return
        for name in self._futures:
            post(name, {"row": None})

    def end(self) -> None:
        """Leave the cluster: what still runs there is to end."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join()
        self._client.close()
