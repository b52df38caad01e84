"""Six fits, by each method and by Adam in Mitsuba 3: iterations, evaluations and seconds to a stated accuracy.

    python benchmarks/fits.py [NAME …] [--seeds 3] [--patience 1] [--quick] [--tune]

The problems and what counts as found are in fit_problems.py. A seed names a start and all random numbers; of each seed
all contenders run by turns in one process, after a short fit of each that compiles. What counts is the first time from
which on the error stays below the goal, to the end of the fit. L-BFGS-B and least-squares end by themselves; Adam ends
when its error was below the goal for STEADY iterations, all of them when the problem's seconds are over.

--quick is one seed of `square`, or of the first NAME. --tune runs Adam, ours and Mitsuba's, at several rates, from a
start that the results don't have, to choose those in fit_problems.py; CHOSEN in fit_report.py says how they were.
DRJIT_LIBLLVM_PATH says where Mitsuba finds LLVM; without Mitsuba nrender is measured alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from typing import Any

from common import RESULTS, machine, save
from fit_own import Nrender
from fit_problem import Own, Peer, Problem
from fit_problems import PROBLEMS
from fit_report import page, plot, reached, setting

import nrender as nr

RATES = (0.1, 0.3, 0.6)
TUNING = 100  # its seed
WARM_SECONDS, WARM_ITERATIONS = 30.0, 2

Fit = dict[str, Any]
"""settings: in words; rows: (seconds, iterations, evaluations, error) after each iteration; end: how it ended."""


class Contenders:
    """The ways to fit one problem, by name."""

    def __init__(self, problem: Problem):
        self.problem, self.own = problem, Nrender(problem)
        self.ways: dict[str, Own | Peer] = dict(problem.own)
        try:
            from fit_mitsuba import Twin

            self.twin = Twin(problem)
            self.ways |= {f"Mitsuba, {name}": peer for name, peer in problem.peers.items()}
        except ImportError:
            pass

    def warm(self) -> None:
        for way in self.ways.values():
            self.fit(way, TUNING, WARM_SECONDS, WARM_ITERATIONS)

    def fit(self, way: Own | Peer, seed: int, seconds: float, iterations: int | None = None) -> Fit:
        make = self.own if isinstance(way, Own) else self.twin
        rows, end = make.fit(way, seed, seconds, iterations)
        return {"settings": setting(way), "rows": [list(row) for row in rows], "end": end}


def measure(problem: Problem, seeds: int, patience: float) -> dict[str, list[Fit]]:
    contenders = Contenders(problem)
    contenders.warm()
    found: dict[str, list[Fit]] = {name: [] for name in contenders.ways}
    for seed in range(seeds):
        for name, way in contenders.ways.items():
            found[name].append(contenders.fit(way, seed, patience * problem.seconds))
            print(f"  seed {seed}, {name}: {short(found[name][-1]['rows'])}", file=sys.stderr, flush=True)
    return found


def short(rows: list[list[float]]) -> str:
    at, last = reached(rows), rows[-1]
    when = "not reached" if at is None else f"reached after {at[0]:.2f} s, {at[1]} iterations"
    return f"{when}; ended after {last[0]:.2f} s at {last[3]:.2g} of the goal"


def tune(name: str, problem: Problem) -> None:
    """Prints what each rate of Adam takes."""
    contenders = Contenders(problem)
    contenders.warm()
    for way_name, way in contenders.ways.items():
        for rate in RATES if way.rate is not None else ():
            rows = contenders.fit(way._replace(rate=rate), TUNING, 2 * problem.seconds)["rows"]
            print(f"{name}, {way_name}, rate {rate}: {short(rows)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[], help="of PROBLEMS; the others stay in the results as they are")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=1.0, help="times the seconds after which a fit is ended")
    parser.add_argument("--quick", action="store_true", help="one seed of one problem; nothing is written")
    parser.add_argument("--tune", action="store_true", help="find the rates of Adam; nothing is written")
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    about = machine("scipy", "mitsuba", "drjit")
    names = options.names or list(PROBLEMS)
    if options.quick:
        names, options.seeds = (options.names or ["square"])[:1], 1
    kept = RESULTS / "fits.json"
    known = json.loads(kept.read_text(encoding="utf-8"))["fits"] if kept.exists() and options.names else {}
    problems = {name: make() for name, make in PROBLEMS.items() if name in names}
    for name, problem in problems.items():
        print(name, file=sys.stderr, flush=True)
        if options.tune:
            tune(name, problem)
        else:
            known[name] = measure(problem, options.seeds, options.patience)
            report(problems, known, about, not options.quick)  # now: what is done is worth a table, however it ends


def report(problems: dict[str, Problem], known: dict[str, Any], about: dict[str, Any], kept: bool) -> None:
    """Prints the page; kept: writes it, too."""
    all_problems = {name: problems.get(name) or make() for name, make in PROBLEMS.items() if name in known}
    text = page(all_problems, {name: known[name] for name in all_problems})
    if not kept:
        print(text)
        return
    plot(all_problems, known)
    shown = {key: value for key, value in about.items() if key != "cpu"}
    save("fits", "To a given accuracy: iterations, evaluations, seconds", shown, {"fits": known}, text)


if __name__ == "__main__":
    main()
