"""A batch from its jobs to its summary, whatever happens on the way.

What is finished is skipped, what was begun goes on from its checkpoint, what was asked otherwise is done anew.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from nrender.batch import state
from nrender.batch.interrupts import Interrupts, counted
from nrender.batch.job import Batch, Job, ask
from nrender.batch.summary import COUNTS, Summary
from nrender.errors import NrenderError, did_you_mean
from nrender.optimize.output import make_folder

SKIP, RESUME, ANEW, RUN = "skip", "resume", "anew", "run"
POLL = 0.2  # seconds

Post = Callable[[str, dict[str, Any]], None]


class BatchError(NrenderError):
    """A batch that can't be run as it was asked for."""


class Executor(Protocol):
    """What runs jobs: see `local.Local`."""

    def begin(self, works: Sequence[dict[str, Any]], post: Post, stop: Callable[[], int]) -> None: ...

    def end(self) -> None: ...


class Plan(NamedTuple):
    """A job and what is to be done: skip, resume, anew (it was another job), run."""

    job: Job
    action: str
    row: dict[str, Any] | None  # of a finished one


class Done(NamedTuple):
    """rows: of all jobs that have ended, now or earlier, in the order of the file; counts of those asked for."""

    rows: list[dict[str, Any]]
    finished: int
    failed: int
    skipped: int
    interrupted: bool
    seconds: float


def plan(batch: Batch, only: Sequence[str] = ()) -> list[Plan]:
    """What is to be done, of `only` these jobs (all without any).  BatchError for an unknown name."""
    known = [job.name for job in batch.jobs]
    for name in only:
        if name not in known:
            raise BatchError(f"{batch.file}: no job is named '{name}'{did_you_mean(name, known)}")
    return [_plan(batch, job) for job in batch.jobs if not only or job.name in only]


def _plan(batch: Batch, job: Job) -> Plan:
    folder, digest = batch.output / job.name, batch.digests[job.name]
    row = state.finished_row(folder, digest)
    if row is not None:
        return Plan(job, SKIP, row)
    there = state.read(folder)
    if there and there.get("digest") != digest:
        return Plan(job, ANEW, None)
    return Plan(job, RESUME if there and (folder / "checkpoint.npz").exists() else RUN, None)


def run(batch: Batch, executor: Executor, only: Sequence[str] = (), tell: Post = lambda name, line: None) -> Done:
    """Run it.  tell(name, line) gets {"plan": action}, {"begin": where}, {"iteration", …}, {"note"}, {"row"}.

    Ctrl-C or SIGTERM ends the jobs, with their checkpoints, and writes the summary.  BatchError and OutputError
    before anything runs; WriteError if the summary can't be written.
    """
    began = time.monotonic()
    plans = plan(batch, only)
    make_folder(batch.output)
    try:
        held = state.lock(batch.output / "batch.lock", 0.0)
    except state.BusyError:
        raise BatchError(f"{batch.output}: another nrender batch runs there") from None
    with held, counted() as interrupts:
        for left in batch.output.glob(".nrender-*"):
            left.unlink(missing_ok=True)
        run = _Run(batch, plans, tell, interrupts)
        run.go(executor)
        return run.done(time.monotonic() - began)


class _Run:
    def __init__(self, batch: Batch, plans: list[Plan], tell: Post, interrupts: Interrupts) -> None:
        self.batch, self.plans, self.tell, self.interrupts = batch, plans, tell, interrupts
        self.summary = Summary(batch.output / "summary.csv")
        self.lines: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self.begun: set[str] = set()
        self.ended: list[str] = []
        # Of jobs that aren't asked for too: how they ended the last time.
        self.rows: dict[str, dict[str, Any]] = {}
        for job in batch.jobs:
            row = state.last_row(batch.output / job.name, batch.digests[job.name])
            if row is not None:
                self.rows[job.name] = self._whole(job, row)

    def _whole(self, job: Job, row: dict[str, Any]) -> dict[str, Any]:
        """The row with what the job's process needn't say, in the order of the summary."""
        known = {"name": job.name, "status": row["status"]}
        asked = {"seed": job.options["seed"], "method": self.batch.methods[job.name]}
        rest = {"parameters": row.get("parameters") or {}, "message": row.get("message", "")}
        return {**known, **{key: row.get(key) for key in COUNTS}, **asked, **rest}

    def go(self, executor: Executor) -> None:
        jobs = {plan.job.name: plan.job for plan in self.plans}
        waiting = {plan.job.name for plan in self.plans if plan.action != SKIP}
        for job, action, _ in self.plans:
            self.tell(job.name, {"plan": action})
        self.summary.write(self.ordered())
        works = [self._work(job) for job in jobs.values() if job.name in waiting]
        try:
            if works:
                executor.begin(works, lambda name, line: self.lines.put((name, line)), self.interrupts)
            while waiting:
                try:
                    name, line = self.lines.get(timeout=POLL)
                except queue.Empty:
                    continue
                if "row" in line and name in waiting:
                    waiting.discard(name)
                    if line["row"] is not None:
                        self.ended.append(name)
                        self.rows[name] = self._whole(jobs[name], line["row"])
                        self.tell(name, {"row": self.rows[name]})
                        self.summary.write_now_and_then(self.ordered())
                elif name in waiting:
                    self._say(name, line)
        except BaseException:
            self.interrupts.level = 2  # nobody listens any more
            raise
        finally:
            executor.end()
        self.summary.write(self.ordered())

    def _work(self, job: Job) -> dict[str, Any]:
        folder = self.batch.output / job.name
        return {"ask": ask(job), "folder": str(folder), "digest": self.batch.digests[job.name], "timeout": job.timeout}

    def _say(self, name: str, line: dict[str, Any]) -> None:
        if "begin" in line and name in self.begun:
            line = {"note": "its worker is gone; goes on from its checkpoint"}
        self.begun.add(name)
        self.tell(name, line)

    def ordered(self) -> list[dict[str, Any]]:
        return [self.rows[job.name] for job in self.batch.jobs if job.name in self.rows]

    def done(self, seconds: float) -> Done:
        ends = [self.rows[name]["status"] for name in self.ended]
        finished = sum(end in state.FINISHED for end in ends)
        skipped = sum(plan.action == SKIP for plan in self.plans)
        interrupted = self.interrupts.level > 0
        return Done(self.ordered(), finished, ends.count("failed"), skipped, interrupted, seconds)
