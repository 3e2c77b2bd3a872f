"""A case file (`case.toml`): which file is what, the operation, the facts; all errors at once."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.documents.case_context import ContextTable, ScoreTable
from fl_planner.intake.documents.case_plans import (
    DRAWN,
    BaselineTable,
    EmbolisationTable,
    Patient,
    PlanTable,
    SecondReader,
    Segment,
    Treated,
    VesselTable,
    find_planned_twice,
    read_own_labels,
)
from fl_planner.intake.documents.toml import (
    WRONG,
    Error,
    File,
    Several,
    Table,
    Text,
    check_shape,
    join_errors,
    meant,
    read_table,
    table_in,
)
from fl_planner.intake.reading.files import find_named, list_written
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.second_reader import READ_TWICE, ROLE, role_of_second
from fl_planner.intake.reading.union import paths_in
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.exclusions import (
    LISTED_VESSELS,
    NAMES,
    NO_LABEL,
    fold_role,
    fold_vessel,
    lacks_label,
    parse_vessel,
)
from fl_planner.liver.names.structures import ROLES, VESSEL
from fl_planner.planning.given.case import Accepted, InputFile, Reading, role_of
from fl_planner.trials.statements import Stated, parse_stated

CODE = "case.unreadable"
REMEDY = "correct the keys named; fl-planner new-case NEW.toml writes a case file with every key"
MOST_PLANS = 50  # that are compared with each other [project's choice]

NUCLEAR = frozenset({"function", "dose"})

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_WRONG = {**WRONG, "string_pattern_mismatch": "give a SHA-256, 64 digits of 0-9 and a-f"}


class _LabelMap(Table):
    file: File
    scheme: Text | None = None
    labels: dict[str, Any] | None = None  # read by `parse_labels`


def _file_alone(entry: object) -> object:
    """Read a label map that is only named by its file."""
    return {"file": entry} if isinstance(entry, str | list) else entry


def _in_lower_case(entry: object) -> object:
    """Read a code however it is written, as the command line does."""
    return entry.lower() if isinstance(entry, str) else entry


def _hash_alone(entry: object) -> object:
    """Read the hash of a file by itself; a pair of header and image has two."""
    return entry if isinstance(entry, list) else [entry]


class _Masks(Table):
    liver: File | None = None
    tumour: Several | None = None
    flr: File | None = None
    resected: File | None = None
    treated: File | None = None
    spleen: File | None = None
    labelmap: Annotated[_LabelMap | None, BeforeValidator(_file_alone)] = None
    exclude: dict[Text, Several] = Field(default_factory=dict)
    vessels: dict[Text, Several] = Field(default_factory=dict)
    absent_segments: list[Segment] = Field(default_factory=list)
    no_tumour: bool = False
    gaps_to_nearest: bool = False


class _Imaging(Table):
    ct: File | None = None
    phase: Text | None = None
    date: datetime.date | None = None
    reader: Text | None = None
    status: Literal["draft", "verified"] | None = None
    sha256: dict[Text, Annotated[list[Hash], BeforeValidator(_hash_alone)]] = Field(
        default_factory=dict
    )


class _Accepted(Table):
    code: Text
    by: Text
    why: Text


class _CaseFile(Table):
    schema_: Literal[1] = Field(alias="schema")
    id: Text | None = None
    label: Text | None = None
    diagnosis: Annotated[Diagnosis | None, BeforeValidator(_in_lower_case)] = None
    masks: _Masks = Field(default_factory=_Masks)
    vessels: VesselTable = VesselTable()
    plan: list[PlanTable] = Field(default_factory=list)
    baseline: BaselineTable | None = None
    treated: Treated | None = None
    second_reader: SecondReader | None = None
    patient: Patient = Patient()
    imaging: _Imaging = _Imaging()
    function: Any = None  # a table of its own, in `_shape_of`
    dose: Any = None
    embolisation: EmbolisationTable | None = None
    scores: ScoreTable = ScoreTable()
    context: ContextTable = ContextTable()
    facts: dict[str, Any] = Field(default_factory=dict)
    accepted: list[_Accepted] = Field(default_factory=list)


def read_case_file(path: Path) -> Request:
    """Read a case file; its paths are relative to its folder.

    Raises `InputRefused`: `case.unreadable`, naming every wrong key with its line where it can be
    told, what is wrong with it, and the nearest right name.
    """
    request = parse_case_file(*read_text(path, CODE, "a case file"), path)
    for named in find_named(replace(request, written={})):
        if isinstance(named, Path):  # also where this run does not read it
            note_input(named)
    return request


def parse_case_file(text: str, digest: str, path: Path) -> Request:
    """Read the text of a case file, which need not lie where `path` says; its files do.

    Raises `InputRefused`: as `read_case_file`.
    """
    table = read_table(text, CODE, path.name)
    _require_few_plans(table, path.name)
    file, errors = check_shape(table, _shape_of(table), _WRONG)
    stated, wrong = parse_stated(table_in(table, "facts"), path.name)
    labels, wrong_labels = read_own_labels(table)
    errors += wrong_labels
    errors += [*_find_unknown_vessels(table)]
    errors += [*find_planned_twice(_plans_in(table), table_in(table, "masks"))]
    errors += _of_unread_files(table)
    errors += [(("facts", error.partition(":")[0]), f"facts.{error}") for error in wrong]
    if errors or file is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    request = _as_request(file, path.parent, stated, InputFile("case", path.name, "toml", digest))
    written = dict(list_written(table, path.parent))
    return replace(request, files=replace(request.files, labels=labels), written=written)


def _require_few_plans(table: Mapping[str, object], name: str) -> None:
    """Refuse more plans than a board compares, before each is measured."""
    if (plans := len(_plans_in(table))) > MOST_PLANS:
        reason = f"holds {plans:,} plans, more than {MOST_PLANS}"
        raise InputRefused(CODE, name, reason, "keep those that the board is to compare")


def _shape_of(table: Mapping[str, object]) -> type[_CaseFile]:
    """Choose the shape of a case file; what reads scintigraphy and dose is loaded for them only."""
    if table.keys().isdisjoint(NUCLEAR):
        return _CaseFile
    from fl_planner.intake.documents.case_function import DoseTable, FunctionTable

    return create_model(
        "_CaseFile",
        __base__=_CaseFile,
        function=(FunctionTable | None, None),
        dose=(DoseTable | None, None),
    )


def _name_nuclear(table: Mapping[str, object]) -> Iterator[str]:
    if table.keys().isdisjoint(NUCLEAR):
        return
    from fl_planner.intake.documents.case_function import DOSE_FILES, name_roles
    from fl_planner.intake.reading.dose import WHOSE

    yield from name_roles(table_in(table, "function"))
    yield from name_roles(table_in(table, "dose"), DOSE_FILES, WHOSE)


def _plans_in(table: Mapping[str, object]) -> list[object]:
    """Give the plans of a case file; none where there is no list of them."""
    found = table.get("plan")
    return found if isinstance(found, list) else []


def _of_unread_files(table: Mapping[str, object]) -> list[Error]:
    """Find hashes of files that this case does not name: they would verify nothing."""
    masks = table_in(table, "masks")
    named = {
        *(role for role in (*ROLES, "labelmap", "spleen") if role in masks),
        *(fold_role(f"exclude {name}") for name in table_in(masks, "exclude")),
        *(fold_vessel(f"{VESSEL}{name}") for name in table_in(masks, "vessels")),
        *(role_of_second(name) for name in READ_TWICE if name in table_in(table, "second_reader")),
        *(role for role in ("ct",) if role in table_in(table, "imaging")),
        *(role for role in (ROLE,) if "mask" in table_in(table, role)),
        *_name_nuclear(table),
        *(
            role_of(number, drawn)
            for number, plan in enumerate(_plans_in(table))
            for drawn in DRAWN
            if isinstance(plan, Mapping) and drawn in plan
        ),
    }
    listed = table_in(table, "imaging", "sha256")
    unread = [role for role in listed if fold_vessel(fold_role(role)) not in named]
    near = {role: meant(role, sorted(named)) for role in unread[:MOST_LINES]}
    return [
        (
            ("imaging", "sha256", role),
            as_plain_text(
                f"imaging.sha256.{role}: no file of this case has that role{near.get(role, '')}"
            ),
        )
        for role in unread
    ]


def _find_unknown_vessels(table: Mapping[str, object]) -> Iterator[Error]:
    """Find vessels by a name that is none."""
    where = ("masks", "vessels")
    unknown = [name for name in table_in(table, *where) if name and parse_vessel(name) is None]
    for told, name in enumerate(unknown):
        near = meant(name, NAMES) if told < MOST_LINES else ""
        what = f"no vessel is called that{near}; give one of {LISTED_VESSELS}"
        told_of = NO_LABEL if lacks_label(name) else what
        yield (*where, name), as_plain_text(f"masks.vessels.{name}: {told_of}")


def _as_request(file: _CaseFile, folder: Path, stated: Stated, itself: InputFile) -> Request:
    imaging = file.imaging
    return Request(
        files=_as_files(file, folder),
        ct=folder / imaging.ct if imaging.ct else None,
        spleen=folder / file.masks.spleen if file.masks.spleen else None,
        id=file.id,
        label=file.label,
        diagnosis=file.diagnosis,
        operations=tuple(plan.operation() for plan in file.plan),
        reading=Reading(imaging.reader, imaging.status, imaging.phase, imaging.date),
        expected_sha256=tuple(
            (fold_vessel(fold_role(role)), one)
            for role, hashes in imaging.sha256.items()
            for one in hashes
        ),
        stated=stated,
        accepted=tuple(Accepted(one.code, one.by, one.why) for one in file.accepted),
        case_file=itself,
        second_reader=file.second_reader.files(folder) if file.second_reader else {},
        baseline=file.baseline.files(folder) if file.baseline else None,
        territory=file.treated.territory() if file.treated else None,
        height_cm=file.patient.height_cm,
        weight_kg=file.patient.weight_kg,
        function=file.function.files(folder) if file.function else None,
        dose=file.dose.files(folder) if file.dose else None,
        embolisation=file.embolisation.told() if file.embolisation else None,
        score_facts=file.scores.told(),
        context=file.context.told(),
        vessel_roots_mm=file.vessels.roots(),
    )


def _as_files(file: _CaseFile, folder: Path) -> MaskFiles:
    masks, label_map = file.masks, file.masks.labelmap
    given = {role: getattr(masks, role) for role in ROLES if getattr(masks, role) is not None}
    planned = {
        role_of(number, what): path
        for number, plan in enumerate(file.plan)
        for what, path in plan.drawn()
    }
    paths = {role: paths_in(folder, name) for role, name in {**given, **planned}.items()}
    return MaskFiles(
        masks={role: path for role, path in paths.items() if role in ROLES},
        planned={role: path for role, path in paths.items() if role not in ROLES},
        excluded={name: paths_in(folder, paths) for name, paths in masks.exclude.items()},
        vessels={name: paths_in(folder, paths) for name, paths in masks.vessels.items()},
        label_map=folder / label_map.file if label_map else None,
        scheme=label_map.scheme if label_map else None,
        absent_segments=frozenset(masks.absent_segments),
        no_tumour=masks.no_tumour,
        gaps_to_nearest=masks.gaps_to_nearest,
    )
