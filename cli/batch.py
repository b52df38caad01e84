"""nrender batch JOBS.yaml"""

from __future__ import annotations

from typing import Any

import click

from .batch_table import Table, listed
from .console import print_json
from .options import json_option


@click.command()
@click.argument("jobs", metavar="JOBS.yaml")
@click.option("--workers", type=click.IntRange(1, 1024), help="Jobs at once on this machine.  [default: the file's]")
@click.option("--only", multiple=True, metavar="NAME", help="Run this job.  Repeatable.  [default: all]")
@click.option("--scheduler", metavar="ADDRESS", help="Run on a Dask cluster: tcp://HOST:PORT.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds for the scheduler to answer.",
)
@click.option("--dry-run", is_flag=True, help="List what would run, and run nothing.")
@json_option
def batch(
    jobs: str,
    workers: int | None,
    only: tuple[str, ...],
    scheduler: str | None,
    timeout: float,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Run the fits that JOBS.yaml lists.

    Each writes to its own folder as `nrender optimize` does; summary.csv beside them has a row a
    job.  Run again, it skips what is finished and goes on with the rest.  Ctrl-C ends it, and keeps
    how far the jobs have come.

    Exit status 0 if all jobs are finished, 1 if one isn't, 130 after Ctrl-C.
    """
    from nrender.batch import Local, load_batch, plan, run

    found = load_batch(jobs)
    if dry_run:
        return _list(found, plan(found, only), as_json)
    executor: Any
    if scheduler is None:
        executor = Local(workers or found.workers)
    else:
        from nrender.batch.cluster import Cluster

        plan(found, only)  # what is wrong with the names is said without a cluster too
        executor = Cluster(scheduler, timeout)
    with Table(len(set(only)) or len(found.jobs)) as table:
        done = run(found, executor, only, table)
    if as_json:
        counts = {"finished": done.finished, "failed": done.failed, "skipped": done.skipped}
        print_json({"output": str(found.output), "jobs": done.rows, **counts, "seconds": done.seconds})
    else:
        for line in listed(done.rows):
            click.echo(line)
        counted = f"{done.finished} finished, {done.failed} failed, {done.skipped} skipped"
        click.echo(f"{counted}, {done.seconds:.1f} s; results in {found.output}, summary.csv first")
    if done.interrupted:
        return 130
    asked = len(set(only)) or len(found.jobs)
    return 0 if done.finished + done.skipped == asked else 1


def _list(found: Any, plans: Any, as_json: bool) -> int:
    if as_json:
        rows = [
            {
                "name": job.name,
                "action": action,
                "scene": str(job.scene),
                "method": found.methods[job.name],
                "settings": job.settings,
                **job.options,
            }
            for job, action, _ in plans
        ]
        print_json({"output": str(found.output), "jobs": rows})
        return 0
    width = max(len(job.name) for job, _, _ in plans)
    for job, action, _ in plans:
        options = {"method": found.methods[job.name], **job.options}
        words = [f"{key} {value}" for key, value in options.items()]
        click.echo(f"{action:6}  {job.name:{width}}  {', '.join(words)}")
    return 0
