"""Jobs on this machine, so many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nrender.batch.process import run_job
from nrender.batch.run import Post
from nrender.sharing import threads


class Local:
    """Runs each work in a process of its own, `workers` at once, which share the CPUs evenly."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, works: Sequence[dict[str, Any]], post: Post, stop: Callable[[], int]) -> None:
        """Begin all; post(name, line) gets {"begin": where}, what the job says, and {"row": row} once of each.

        A row of None is that of a job that wasn't begun.
        """
        workers = max(min(self.workers, len(works)), 1)
        each = max(1, threads() // workers)
        self._pool = ThreadPoolExecutor(workers)
        for work in works:
            self._pool.submit(self._one, work, each, post, stop)

    @staticmethod
    def _one(work: dict[str, Any], each: int, post: Post, stop: Callable[[], int]) -> None:
        name, row = work["ask"]["name"], None
        try:
            if not stop():
                post(name, {"begin": "here"})
                row = run_job(work, each, lambda line: post(name, line), stop)
        except Exception as error:
            row = {"status": "failed", "message": f"internal error: {type(error).__name__}: {error}"}
        post(name, {"row": row})

    def end(self) -> None:
        """Wait for all that is begun: after a stop, not for long."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
