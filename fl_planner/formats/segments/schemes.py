"""The bundled label schemes, read from their file."""

from __future__ import annotations

from importlib.resources import files

from fl_planner.space.labels import LabelScheme, parse_schemes


def read_bundled_schemes() -> dict[str, LabelScheme]:
    """Read every scheme that comes with the package, name to scheme."""
    text = (files("fl_planner.formats.segments") / "schemes.toml").read_text("utf-8")
    return parse_schemes(text)
