"""The front door for Python: paths in, a plan out."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from os import PathLike
from pathlib import Path

from fl_planner.basis.diagnoses import DIAGNOSES, Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.facts_file import refuse_all
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import Paths, each_of, require_one
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.numerals import parse_segment
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.trials.statements import parse_stated
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request

AnyPath = str | PathLike[str]


def plan_case_file(path: AnyPath, *, trials: AnyPath | None = None) -> Plan:
    """Plan the case of a case file; trials of a folder are judged beside the bundled ones.

    Raises
    ------
    InputRefused
        With every error of the case file at once, or naming the mask that cannot be used.
    """
    folder = None if trials is None else Path(trials)
    return make_plan(read_request(Path(path)), folder)


def plan_masks(
    *,
    liver: AnyPath | None = None,
    tumour: AnyPath | Sequence[AnyPath] | None = None,
    flr: AnyPath | None = None,
    resected: AnyPath | None = None,
    treated: AnyPath | None = None,
    labelmap: AnyPath | None = None,
    no_tumour: bool = False,
    remnant_segments: Iterable[int | str] = (),
    diagnosis: Diagnosis | None = None,
    facts: Mapping[str, object] | None = None,
    resample: bool = False,
) -> Plan:
    """Plan a case from files by role, or a Couinaud label map, or both.

    Parameters
    ----------
    liver, tumour, flr, resected, treated : path
        Masks; a tumour mask without a voxel says that there is none. Several files of a tumour
        are united; several of another role are refused (`option.repeated`).
    labelmap : path
        Couinaud segments 1-8.
    no_tumour : bool
        There is none; without this and without a tumour mask no limit is answered.
    remnant_segments : iterable of 1 to 8, "4a", "IVb", ...
        What remains, where no mask says so.
    diagnosis : "crlm", "hcc" or "other"
        What is treated.
    facts : mapping
        By input key; quantities are `{"value": 61, "unit": "a"}`.
    resample : bool
        Bring masks of other grids onto the finest one, by nearest neighbour.

    Raises
    ------
    InputRefused
        Naming the file or the facts that cannot be used, why, and what to do.
    """
    given = {"liver": liver, "tumour": tumour, "flr": flr, "resected": resected, "treated": treated}
    stated, errors = parse_stated({key: _exact(value) for key, value in (facts or {}).items()})
    refuse_all(errors, "facts")
    if diagnosis is not None and diagnosis not in DIAGNOSES:
        remedy = f"give one of {', '.join(DIAGNOSES)}"
        raise InputRefused("input.diagnosis", "diagnosis", f"{diagnosis!r} is none", remedy)
    segments = tuple(parse_segment(str(name)) or str(name) for name in remnant_segments)
    request = Request(
        files=MaskFiles(
            masks={role: _paths(path) for role, path in given.items() if path is not None},
            label_map=None if labelmap is None else _one("labelmap", labelmap),
            no_tumour=no_tumour,
            resample=resample,
        ),
        diagnosis=diagnosis,
        operations=(Operation(None, segments),) if segments else (),
        stated=stated,
    )
    return make_plan(request)


def _paths(given: AnyPath | Sequence[AnyPath]) -> Paths:
    if isinstance(given, str | PathLike):
        return Path(given)
    return tuple(Path(path) for path in given)


def _one(role: str, given: AnyPath | Sequence[AnyPath]) -> Path:
    require_one(role, _paths(given))
    (path,) = each_of(_paths(given))
    return path


def _exact(value: object) -> object:
    """Take a Python float for the decimal that was typed."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: _exact(entry) for key, entry in value.items()}
    return value
