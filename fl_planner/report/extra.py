"""Libraries of the extra `report`: asked for before the work, and named where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from fl_planner.basis.extra import refuse_missing

OF_PAGE, OF_PAPER, OF_SURFACE = "jinja2", "typst", "skimage"


def require_report(*modules: str) -> None:
    """Refuse to make a report or a surface where the libraries for it are not installed.

    Raises
    ------
    InputRefused
        `extra.missing`, naming the extra.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise refuse_missing("report", missing)
