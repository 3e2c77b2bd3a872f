"""The protocols that the package brings along, each read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fl_planner.trials.criterion import Trial
from fl_planner.trials.load import parse_trial

# by their path: `importlib.resources` takes 13 ms of each start
PROTOCOLS = Path(__file__).parents[2] / "trials" / "data"


@cache  # a worklist judges hundreds of patients by the same five
def read_bundled(name: str) -> Trial:
    """Read a bundled protocol by the name of its file, `nct05428735`."""
    return parse_trial((PROTOCOLS / f"{name}.toml").read_text("utf-8"))
