"""The protocols that the package brings along, each read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fl_planner.trials.criterion import Trial
from fl_planner.trials.load import parse_trial


@cache  # a worklist judges hundreds of patients by the same five
def read_bundled(name: str) -> Trial:
    """Read a bundled protocol by the name of its file, `nct05428735`."""
    data = files("fl_planner.trials") / "data" / f"{name}.toml"
    return parse_trial(data.read_text("utf-8"))
