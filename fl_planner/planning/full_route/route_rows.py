"""The table of routes: the row that applies to a patient, based on all facts [trials.md 9.3].

Each row states its diagnosis, condition, headline, reasons, next steps and code in study rows. Rows
of a trial are in that trial's file; this table contains the others. Names in braces are replaced by
words and sentences composed from a patient's answers [reasons.py, route.py]. The name of a row
determines its position.
"""

from collections.abc import Iterable

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import FIVE_TRIALS
from fl_planner.trials.condition import PatientOf, RouteRow, When
from fl_planner.trials.criterion import Trial

RESECTION = "resection_without_augmentation"
AFTER_AUGMENTATION = "resection_after_augmentation"
_OPERABLE = (
    "The patient meets this tool's five conditions: resectable, no prohibitive comorbidity, no "
    "extrahepatic disease, Child-Pugh A, ECOG at most 2. Fitness for surgery was not assessed."
)
_CHEMOTHERAPY = "Perioperative chemotherapy is not considered here."
_DISAGREE = "Volume and function disagree; neither takes precedence."
_WEIGH = "For tumour board discussion: function versus volume."
_OUTSIDE = "For tumour board discussion: treatment outside the trials."
_CLEARING = "For tumour board discussion: clearing the lesions in the remnant."
_DISCUSS = "For tumour board discussion: resection."
WITHOUT = "resection without prior FLR augmentation, for discussion"
_AFTER = "resection after {grown}, for discussion ({scan_of_day})"
_LESIONS = "for tumour board discussion: FLR volume not below {limit}, {lesions}"
_NO_ROUTE = "no predefined route applies; for tumour board discussion: {why_none}"
_MISSING = "information missing{undecided}"
_SETTLED: tuple[When, ...] = ("operable_and_flr_suffices", "no_lesion_left")
_ALL_IN_ORDER = ("{near}", "{ask}")
_CSV = {"needs_mdt": 1, "needs_data": 2, RESECTION: 9, AFTER_AUGMENTATION: 11}  # in study rows


def _row(
    name: str,
    diagnosis: PatientOf | None,
    route: str,
    headline: str,
    when: tuple[When, ...],
    reasons: tuple[str, ...],
    next_steps: tuple[str, ...] = _ALL_IN_ORDER,
) -> RouteRow:
    return RouteRow(name, diagnosis, route, _CSV[route], headline, when, reasons, next_steps)


CONTRADICTED = RouteRow(
    "R1",
    None,
    "needs_mdt",
    1,
    "the recorded facts contradict each other; to be resolved before any plan",
    ("facts_contradict",),
    ("{contradictions}",),
    ("To be resolved first: which of the recorded facts are correct.",),
    settles_first=True,
)
NO_TUMOUR = RouteRow(
    "R1a",
    None,
    "needs_mdt",
    1,
    "for tumour board discussion: no residual tumour to plan for",
    ("no_tumour",),
    ("{no_tumour}",),
    ("For tumour board discussion: management after complete response.",),
    settles_first=True,
)
UNDECIDED = _row(
    "R2",
    "undecided",
    "needs_data",
    "information missing: diagnosis required first",
    (),
    ("{diagnosis}",),
)
_ROWS = (
    CONTRADICTED,
    NO_TUMOUR,
    UNDECIDED,
    _row(
        "R3", "neither", "needs_mdt",
        f"for tumour board discussion: none of the {FIVE_TRIALS} and no threshold applies",
        (),
        ("CRLM and HCC are both recorded as absent.",),
    ),
    _row(
        "C8", "crlm", "needs_mdt",
        "for tumour board discussion: volume sufficient, function insufficient",
        ("operable_and_flr_suffices", "function_not_above_limit"),
        (_DISAGREE, "{flr}", "{lesions}", "{function}"),
        (_WEIGH, *_ALL_IN_ORDER),
    ),
    _row(
        "C8a", "crlm", "needs_mdt",
        "for tumour board discussion: FLR volume not below {limit}; {against}",
        ("resectable_and_flr_suffices", "liver_risk"),
        ("{flr}", "{lesions}", "{function}"),
    ),
    _row(
        "C8b", "crlm", "needs_mdt",
        _LESIONS,
        ("operable_and_flr_suffices", "lesions_left"),
        ("{lesions}", _OPERABLE, "{flr}", "{function}"),
        (_CLEARING, *_ALL_IN_ORDER),
    ),
    _row(
        "C9", "crlm", AFTER_AUGMENTATION,
        _AFTER,
        (*_SETTLED, "embolised"),
        (_OPERABLE, _CHEMOTHERAPY, "{flr}", "{function}"),
        (_DISCUSS, *_ALL_IN_ORDER),
    ),
    _row(
        "C9", "crlm", RESECTION,
        WITHOUT,
        _SETTLED,
        (_OPERABLE, _CHEMOTHERAPY, "{flr}", "{function}"),
        (_DISCUSS, *_ALL_IN_ORDER),
    ),
    _row(
        "C10", "crlm", "needs_data",
        _MISSING,
        ("data_missing",),
        ("{undecided}", "{open_flr}", "{lesions}"),
    ),
    _row(
        "C10a", "crlm", "needs_mdt",
        "{by_function}: resection for tumour board discussion{against_trial}",
        ("limit_by_function", "perhaps_resectable"),
        (_DISAGREE, "{flr}", "{lesions}", "{function}", "{trials}"),
        (_WEIGH, *_ALL_IN_ORDER),
    ),
    _row(
        "C11", "crlm", "needs_mdt",
        _NO_ROUTE,
        (),
        ("{trials}", "{flr}", "{lesions}", "{function}"),
        ("{near}", _OUTSIDE, "{ask}"),  # a trial within reach comes first
    ),
    RouteRow(
        "H2", "hcc", "needs_data", 2,
        _MISSING,
        ("trials_undecided",),
        ("{undecided}", "{open_flr}", "{lesions}"),
        _ALL_IN_ORDER,
        beside_resection=True,
    ),
    _row(
        "H3", "hcc", "needs_mdt",
        "for tumour board discussion: volume sufficient, function insufficient",
        ("operable_and_flr_suffices", "function_not_above_limit"),
        (_DISAGREE, "{flr}", "{lesions}", "{function}"),
        (_WEIGH, *_ALL_IN_ORDER),
    ),
    _row(
        "H3a", "hcc", "needs_mdt",
        "for tumour board discussion: FLR volume not below {limit}, portal hypertension recorded",
        ("operable_and_flr_suffices", "portal_hypertension"),
        (
            "In cirrhosis with clinically significant portal hypertension, resection of two or "
            "more segments is advised against. This is debated, and is not a criterion of the "
            f"{FIVE_TRIALS}.",
            "{flr}",
            "{lesions}",
        ),
    ),
    _row(
        "H3b", "hcc", "needs_mdt",
        _LESIONS,
        ("operable_and_flr_suffices", "lesions_left"),
        ("{lesions}", _OPERABLE, "{flr}", "{function}"),
        (_CLEARING, *_ALL_IN_ORDER),
    ),
    _row(
        "H4", "hcc", AFTER_AUGMENTATION,
        _AFTER,
        (*_SETTLED, "embolised"),
        (_OPERABLE, "{flr}", "{function}"),
        (_DISCUSS, *_ALL_IN_ORDER),
    ),
    _row(
        "H4", "hcc", RESECTION,
        WITHOUT,
        _SETTLED,
        (_OPERABLE, "{flr}", "{function}"),
        (_DISCUSS, *_ALL_IN_ORDER),
    ),
    _row(
        "H6", "hcc", "needs_data",
        _MISSING,
        ("data_missing",),
        ("{undecided}", "{open_flr}", "{lesions}"),
    ),
    _row(
        "H7", "hcc", "needs_mdt",
        _NO_ROUTE,
        (),
        ("{trials}", "{flr}", "{lesions}", "{function}"),
        ("{near}", _OUTSIDE, "{ask}"),
    ),
)  # fmt: skip


def merge_rows(trials: Iterable[Trial]) -> tuple[RouteRow, ...]:
    """Merge the rows of trials into this table, each at its position.

    The first row whose condition is met is the route; the last row of each diagnosis always
    applies. Two rows of this table share a position if a single condition separates their routes.

    Raises `InputRefused`: `trial.unreadable` if a trial's row has the name of another.
    """
    names = {row.name for row in _ROWS}
    rows = [*_ROWS]
    for row in (row for trial in trials for row in trial.routes):
        if row.name in names:
            reason, remedy = "two rows have this name", "give each row a different name"
            raise InputRefused("trial.unreadable", f"row {row.name}", reason, remedy)
        names.add(row.name)
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: row.place))
