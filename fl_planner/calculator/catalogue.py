"""Every formula by its outside name; one room of them is loaded when it is asked for."""

from collections.abc import Iterator
from importlib import import_module

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.nearest import find_nearest
from fl_planner.calculator.formula import Formula

_HOMES = {
    "body": ("bsa", "tlv_est", "sflr", "flr_bw"),
    "growth": ("growth",),
    "endpoints": ("limit_reach", "score_change", "regional_function_change"),
    "response": ("response", "best_response"),
    "outcomes": ("outcome_counts",),
    "scintigraphy": (
        *("clearance", "clearance_analytic", "decay", "geomean", "flr_function", "spect_share"),
    ),
    "radioembolisation": ("y90_required", "y90", "y90_counts", "mass"),
    "scores": ("meld", "meld3", "albi", "malbi", "makuuchi", "child_pugh", "renal"),
    "fibrosis": ("apri", "fib_4"),
    "liver_failure": ("phlf", "fifty_fifty", "peak_bilirubin"),
    "units": ("convert", "limit_check"),
    "trial_conditions": ("dragon2_volume", "dragon2_combined", "rescue_core"),
    "readings": ("display_rule", "uncertainty"),
    "segmental": ("segments", "volume_from_affine"),
}
HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
NAMES = tuple(HOME_OF)


def find_formula(name: str) -> Formula:
    """Find a formula by its name; `flr-bw` is `flr_bw`.

    Raises `InputRefused`: `calc.unknown`, with the nearest right names.

    Examples
    --------
    >>> find_formula("flr-bw").name
    'flr_bw'
    """
    spelt = name.strip().casefold().replace("-", "_")
    if spelt not in HOME_OF:
        near = find_nearest(spelt, NAMES, 3) or NAMES
        remedy = f"use {' or '.join(near)}; fl-planner calc --list shows all"
        raise InputRefused("calc.unknown", name, "no formula has this name", remedy)
    home = import_module(f"fl_planner.calculator.{HOME_OF[spelt]}")
    formulas: tuple[Formula, ...] = home.FORMULAS
    return {formula.name: formula for formula in formulas}[spelt]


def every_formula() -> Iterator[Formula]:
    """Give all formulas, those of one room together."""
    return (find_formula(name) for name in NAMES)
