"""The tables and pictures of benchmarks/boundary.py."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
from boundary_setups import ABOUT, Setup
from common import RESULTS, spread, table, text

import nrender as nr
from nrender.compare.signed import signed_to_rgb

FAR = 3.0  # standard errors from the finite differences from which on a configuration counts as wrong
UNSURE = 0.05  # relative standard error from which on it is too noisy to tell
ZOOM = 192  # pixels of a picture


def summary(entry: dict[str, Any], truth: dict[str, float]) -> dict[str, Any]:
    """Mean, standard error, distance from the finite differences, and variance x time of one configuration."""
    answers = entry["answers"]
    values = np.array([a["value"] for a in answers])
    error = float(values.std(ddof=1) / len(values) ** 0.5)
    pullback = [a["pullback"] for a in answers]
    whole = [a["pullback"] + a["image"] for a in answers]
    variance = float(values.var(ddof=1))
    return {
        "mean": float(values.mean()),
        "sigma": error,
        "z": float((values.mean() - truth["mean"]) / np.hypot(error, truth["sigma"])),
        "relative": error / abs(truth["mean"]),
        "off": float(values.mean() / truth["mean"] - 1),
        "std": variance**0.5,
        "pullback": spread(pullback),
        "whole": spread(whole),
        "cost": variance * statistics.median(pullback),
        "whole_cost": variance * statistics.median(whole),
        "memory": answers[-1]["memory"],
        "count": len(values),
    }


def verdict(found: dict[str, Any]) -> str:
    if abs(found["z"]) >= FAR:
        return f"wrong by {100 * found['off']:+.0f} %"
    return "agrees" if found["relative"] < UNSURE else "too noisy to tell"


def section(name: str, data: dict[str, Any]) -> str:
    nrenders, mitsubas = data["differences"]["nrender"], data["differences"]["mitsuba"]
    z = (nrenders["mean"] - mitsubas["mean"]) / np.hypot(nrenders["sigma"], mitsubas["sigma"])
    out = f"## {name}\n\n{ABOUT[name]}\n\n![derivative images]({picture(name)})\n\n"
    out += f"Finite differences: nrender {nrenders['mean']:.5g} ± {nrenders['sigma']:.2g}, Mitsuba"
    out += f" {mitsubas['mean']:.5g} ± {mitsubas['sigma']:.2g} (z = {z:+.1f}).\n\n"
    rows, costs = [], {}
    for key, entry in data["configurations"].items():
        if len(entry["answers"]) < 2:
            rows.append([key, entry.get("error", "no time"), *[""] * 6])
            continue
        s = summary(entry, nrenders)
        if verdict(s) == "agrees":
            costs[key] = s["cost"]
        estimate = f"{s['mean']:.4g} ± {s['sigma']:.2g} ({s['count']})"
        times = [text(s["pullback"]), text(s["whole"])]
        sizes = [f"{s['std']:.3g}", *times, f"{s['cost']:.3g}", f"{s['whole_cost']:.3g}", f"{s['memory']:.0f}"]
        rows.append([key, f"{estimate}, {verdict(s)}", *sizes])
    head = ["", "derivative (gradients)", "std", "pullback, s", "image + pullback, s"]
    head += ["variance x time of the pullback", "of both", "peak memory, MB"]
    out += table(head, rows) + "\n" + best(costs)
    return out


def best(costs: dict[str, float]) -> str:
    """The ratio of Mitsuba's smallest variance x time and nrender's, of those that are right."""
    others = {key: cost for key, cost in costs.items() if key != "nrender"}
    if not others:
        return "No configuration of Mitsuba is known to agree with the finite differences.\n"
    key = min(others, key=others.__getitem__)
    if "nrender" not in costs:
        return f"Mitsuba's best that agrees: {key}. nrender does not agree with the finite differences.\n"
    ratio = others[key] / costs["nrender"]
    return f"Mitsuba's best that agrees: {key}; its variance x time is {ratio:.3g} times that of nrender.\n"


def page(data: dict[str, Any], spp: dict[str, int]) -> str:
    out = "One number: the derivative of a smoothly weighted sum of the image when one thing moves rigidly. Rows of"
    out += " Mitsuba: guiding, and samples a pixel of its continuous, primary and indirect parts; nrender: "
    out += ", ".join(f"{spp[name]} spp in {name}" for name in data) + ". By turns, compilation excluded; times are"
    out += f" medians (quartiles). Wrong: further than {FAR:g} standard errors from nrender's finite differences.\n\n"
    out += "Pictures: derivative of luminance, blue below zero, red above; from the left nrender, Mitsuba (blank if it"
    out += " has none), finite differences.\n\n"
    return out + "\n".join(section(name, entry) for name, entry in data.items())


def picture(name: str) -> str:
    return f"boundary_{name.replace(' ', '_')}.png"


def pictures(name: str, setup: Setup, images: dict[str, np.ndarray]) -> None:
    """results/boundary_NAME.png: nrender, Mitsuba, finite differences, with one scale of colours."""
    import imageio.v3 as imageio

    sides = [nr.render(setup.moved(h), spp=2048, seed=11).astype(np.float64) for h in (setup.step, -setup.step)]
    exact = (sides[0] - sides[1]) / (2 * setup.step)
    scale = float(np.percentile(np.abs(exact[np.abs(exact).max(-1) > 0]), 98))
    shown = [signed_to_rgb(images.get(key, 0 * exact), scale) for key in ("nrender", "mitsuba")]
    shown.append(signed_to_rgb(exact, scale))
    times = max(1, ZOOM // exact.shape[0])
    RESULTS.mkdir(parents=True, exist_ok=True)
    panel = np.concatenate([np.pad(s, ((0, 0), (0, 1), (0, 0))) for s in shown], axis=1)
    imageio.imwrite(RESULTS / picture(name), panel.repeat(times, 0).repeat(times, 1))
