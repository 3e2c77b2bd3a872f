"""Formulas of fibrosis by blood values; no criterion of a trial."""

from fl_planner.basis.findings import Finding
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.patient.fibrosis import find_apri, find_fib_4
from fl_planner.patient.labs import AGE, ALT_U_L, AST_U_L, PLATELETS
from fl_planner.trials.convert import find_unit_doubts


def _apri(given: Given) -> Answer:
    ast, limit = given.number("ast_u_per_l"), given.number("ast_uln_u_per_l")
    times = when_given(lambda value, uln: value / uln, ast, limit)
    apri = when_given(find_apri, times, given.number("platelets_10e9_per_l"))
    return Answer({"apri": apri}, _doubt_units(given, "ast_u_per_l", "ast_uln_u_per_l"))


def _fib_4(given: Given) -> Answer:
    names = ("age", "ast_u_per_l", "alt_u_per_l", "platelets_10e9_per_l")
    fib_4 = when_given(find_fib_4, *map(given.number, names))
    return Answer({"fib_4": fib_4}, _doubt_units(given, "ast_u_per_l", "alt_u_per_l"))


def _doubt_units(given: Given, *names: str) -> tuple[Finding, ...]:
    """Doubt enzymes that were perhaps given in ukat/L."""
    return tuple(
        doubt
        for name in names
        if (value := given.number(name)) is not None
        for doubt in find_unit_doubts(name.partition("_")[0], value, "U/L", called=name)
    )


AST = Input("ast_u_per_l", Kind.NUMBER, "AST", "U/L", AST_U_L)
PLATELET_COUNT = Input("platelets_10e9_per_l", Kind.NUMBER, "platelets", "10*9/L", PLATELETS)
FORMULAS = (
    Formula(
        "apri",
        "AST to platelet ratio index (Wai 2003)",
        (
            AST,
            Input("ast_uln_u_per_l", Kind.NUMBER, "its upper limit", "U/L", AST_U_L),
            PLATELET_COUNT,
        ),
        {"apri": "APRI; 0.5 and 1.5 are in print"},
        _apri,
    ),
    Formula(
        "fib_4",
        "FIB-4 (Sterling 2006)",
        (
            Input("age", Kind.NUMBER, "age", "years", AGE),
            AST,
            Input("alt_u_per_l", Kind.NUMBER, "ALT", "U/L", ALT_U_L),
            PLATELET_COUNT,
        ),
        {"fib_4": "FIB-4; 1.45 and 3.25 are in print"},
        _fib_4,
    ),
)
