"""The run of a method from each start, its end, whatever it is, and which is the best."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nrender.optimize.output import Folder
from nrender.optimize.result import FAILED, INTERRUPTED, Outcome
from nrender.optimize.run import CheckpointError, Failed, Run, Stopped
from nrender.optimize.starts import StartRow


def run_all(
    method: Callable[[Run], Outcome],
    points: np.ndarray,
    spp: int,
    make_run: Callable[[np.ndarray, int, Folder | None], Run],
    folder: Folder | None,
) -> tuple[Run, Outcome, list[StartRow]]:
    """The best run of all starts, how it ended, and a row for each of many.

    points: (n, d); make_run(start, its number from 1, the folder of its checkpoint): a fresh run, or a resumed one.
    """
    best: tuple[float, int, Run, Outcome] | None = None
    rows: list[StartRow] = []
    for number, start in enumerate(points, 1):
        saves = folder if folder is None or len(points) == 1 else folder.of_start(number)
        run = make_run(start, number, saves)
        outcome = _go(method, run, saves)
        if len(points) == 1:
            return run, outcome, []
        if saves and outcome.status != FAILED:
            saves.save(run)
        loss = _judged(run, spp, outcome)
        rows.append(_row(run, number, outcome, loss))
        if best is None or loss < best[0] or not np.isfinite(best[0]):
            best = loss, number, run, outcome
        if outcome.status == INTERRUPTED:
            break
    assert best is not None
    _, number, run, outcome = best
    rows = [row._replace(best=row.start == number) for row in rows]
    if rows[-1].status == INTERRUPTED:
        outcome = Outcome(INTERRUPTED, f"ended early at start {len(rows)}; the best so far is kept")
    else:
        outcome = Outcome(outcome.status, f"{outcome.message}; the best of {len(rows)} starts, number {number}")
    return run, outcome, rows


def _judged(run: Run, spp: int, outcome: Outcome) -> float:
    """The loss at the end with the same random numbers, and as many, for all starts."""
    if run.best is None:
        return np.inf
    if outcome.status == INTERRUPTED or (run.objective.spp == spp and run.averaged == 1):
        return run.best.loss
    raised, run.objective.spp = run.objective.spp, spp
    point = run.judge(run.best.x)
    run.objective.spp = raised
    return point.loss


def _row(run: Run, number: int, outcome: Outcome, loss: float) -> StartRow:
    first = run.rows[0]["loss"] if run.rows else np.nan
    return StartRow(number, outcome.status, run.iteration, run.evaluations, first, loss, run.seconds)


def _go(method: Callable[[Run], Outcome], run: Run, folder: Folder | None) -> Outcome:
    try:
        return method(run)
    except KeyboardInterrupt:
        return Outcome(INTERRUPTED, "ended early; the best so far is kept")
    except Stopped:
        return Outcome(INTERRUPTED, "stopped by the callback; the best so far is kept")
    except Failed as failure:
        return Outcome(FAILED, str(failure))
    except CheckpointError:
        raise  # nothing is done yet, and the file stays what it is
    except BaseException:
        # Not ours to handle, but the work that is done must not be lost with it.
        if folder:
            folder.save(run)
        raise
    finally:
        run.stop_clock()
