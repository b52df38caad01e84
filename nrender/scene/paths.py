"""Key paths: where something stands in a document."""

from __future__ import annotations

KeyPath = tuple[str | int, ...]

SECTIONS_OF_OBJECTS = ("cameras", "materials", "shapes", "lights")
SECTIONS_ALONE = ("integrator", "optimize")


def describe(path: KeyPath) -> tuple[str, str]:
    """The object and the key in it that a path speaks about; list indices are left out."""
    words = [part for part in path if isinstance(part, str)]
    if len(words) >= 2 and words[0] in SECTIONS_OF_OBJECTS:
        return f"{words[0]} '{words[1]}'", ".".join(words[2:])
    if len(words) >= 3 and words[:2] == ["optimize", "parameters"]:
        return f"optimize '{words[2]}'", ".".join(words[3:])
    if words and words[0] in SECTIONS_ALONE:
        return words[0], ".".join(words[1:])
    return "", ".".join(words)
