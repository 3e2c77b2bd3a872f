"""The table of routes: which row a patient hits, by all facts [trials.md 9.3].

A row is one entry: whom it is for, when it holds, what it says, why, what to do next, and the
code of its route in study rows. Rows of one trial stand in that trial's file; these are the others.
Names in braces stand for words and sentences that are made of a patient's answers [words.py,
reasons.py, next_steps.py]. A row's name is its place.
"""

from collections.abc import Iterable

from fl_planner.basis.errors import InputRefused
from fl_planner.trials.criterion import Trial
from fl_planner.trials.route_row import RouteRow

RESECTION = "resection_without_augmentation"
_OPERABLE = (
    "The patient is operable: resectable, no forbidding comorbidity, no disease elsewhere, "
    "Child-Pugh A, ECOG at most 2."
)
_WEIGH = "Let the tumour board weigh function against volume."
_OUTSIDE = "Let the tumour board decide on treatment outside the trials."
_PROPOSE = "Propose resection to the tumour board."
CONTRADICTED = RouteRow(
    "R1",
    None,
    "needs_mdt",
    1,
    "the facts exclude each other: settle that before any plan",
    ("facts_contradict",),
    ("{contradictions}",),
    ("Let a person settle which of the facts are right, then judge again.",),
    settles_first=True,
)
DIAGNOSIS_OPEN = RouteRow(
    "R2",
    "open",
    "needs_data",
    2,
    "the diagnosis is needed first",
    (),
    ("{diagnosis}",),
    ("{near}", "{ask}"),
)
_ROWS = (
    CONTRADICTED,
    DIAGNOSIS_OPEN,
    RouteRow(
        "R3",
        "neither",
        "needs_mdt",
        1,
        "for the tumour board: none of the five trials, and no threshold, applies",
        (),
        ("Neither CRLM nor HCC is present.",),
        ("Let the tumour board decide.", "{near}", "{ask}"),
    ),
    RouteRow(
        "C8",
        "crlm",
        "needs_mdt",
        1,
        "for the tumour board: volume says yes, function says no",
        ("operable_and_flr_suffices", "function_not_above_limit"),
        ("Volume and function disagree: neither overrules the other.", "{flr}", "{function}"),
        (_WEIGH, "{near}", "{ask}"),
    ),
    RouteRow(
        "C9",
        "crlm",
        RESECTION,
        9,
        "resection, without any step that makes the remnant grow",
        ("operable_and_flr_suffices",),
        (_OPERABLE, "This says nothing on chemotherapy before surgery.", "{flr}", "{function}"),
        (_PROPOSE, "{near}", "{ask}"),
    ),
    RouteRow(
        "C10",
        "crlm",
        "needs_data",
        2,
        "more answers are needed{undecided}",
        ("trials_undecided_or_flr_open",),
        ("{undecided}", "{open_flr}"),
        ("{near}", "{ask}"),
    ),
    RouteRow(
        "C11",
        "crlm",
        "needs_mdt",
        1,
        "for the tumour board: none of the routes fits",
        (),
        ("{trials}", "{flr}", "{function}"),
        ("{near}", _OUTSIDE, "{ask}"),  # a trial within reach comes before treatment outside all
    ),
    RouteRow(
        "H2",
        "hcc",
        "needs_data",
        2,
        "more answers are needed{undecided}",
        ("trials_undecided",),
        ("{undecided}", "{open_flr}"),
        ("{near}", "{ask}"),
        beside_resection=True,
    ),
    RouteRow(
        "H3",
        "hcc",
        "needs_mdt",
        1,
        "for the tumour board: volume says yes, function says no",
        ("operable_and_flr_suffices", "function_not_above_limit"),
        ("Volume and function disagree: neither overrules the other.", "{flr}", "{function}"),
        (_WEIGH, "{near}", "{ask}"),
    ),
    RouteRow(
        "H3a",
        "hcc",
        "needs_mdt",
        1,
        "for the tumour board: the remnant suffices, but there is portal hypertension",
        ("operable_and_flr_suffices", "portal_hypertension"),
        (
            "Resection of two or more segments is advised against in cirrhosis with clinically "
            "significant portal hypertension; that is debated, and not from the five texts.",
        ),
        ("Let the tumour board weigh the portal hypertension.", "{near}", "{ask}"),
    ),
    RouteRow(
        "H4",
        "hcc",
        RESECTION,
        9,
        "resection, without any step that makes the remnant grow",
        ("operable_and_flr_suffices",),
        (_OPERABLE, "{flr}", "{function}"),
        (_PROPOSE, "{near}", "{ask}"),
    ),
    RouteRow(
        "H6",
        "hcc",
        "needs_data",
        2,
        "more answers are needed on the remnant",
        ("flr_open",),
        ("{undecided}", "{open_flr}"),
        ("{near}", "{ask}"),
    ),
    RouteRow(
        "H7",
        "hcc",
        "needs_mdt",
        1,
        "for the tumour board: none of the routes fits",
        (),
        ("{trials}", "{flr}", "{function}"),
        ("{near}", _OUTSIDE, "{ask}"),
    ),
)


def merge_rows(trials: Iterable[Trial]) -> tuple[RouteRow, ...]:
    """Put the rows of trials among the others, each in its place.

    The first row that holds is the route, and the last of each diagnosis always does.

    Raises `InputRefused`: `trial.unreadable` where two rows have one name.
    """
    by_name: dict[str, RouteRow] = {}
    for row in (*_ROWS, *(row for trial in trials for row in trial.routes)):
        if row.name in by_name:
            reason, remedy = "two rows have this name", "name each by a place of its own"
            raise InputRefused("trial.unreadable", f"row {row.name}", reason, remedy)
        by_name[row.name] = row
    return tuple(sorted(by_name.values(), key=lambda row: row.place))
