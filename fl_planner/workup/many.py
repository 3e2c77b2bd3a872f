"""Plans of many case files, and detection of one patient under two ids.

If two cases have the same files or masks, either one patient is counted twice, or a row was copied
with incorrect files and one case has the numbers of the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, json

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_compared, join_first
from fl_planner.basis.run import current_ledger, each_counted, within_bounds
from fl_planner.export.plan_columns import list_local_trials
from fl_planner.export.save import require_trusted
from fl_planner.formats.stored.file import read_text
from fl_planner.intake.documents.protocols import read_grounds, read_trials
from fl_planner.intake.patients.lists import find_id
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.head import FindingRecord, as_findings
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.workup.growth import name_cases
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request

if TYPE_CHECKING:
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan

ID_TWICE = "another of these cases has the same id, so one row would replace the other"


@dataclass(frozen=True, slots=True)
class ForAll:
    """Options of all cases; options of a single case are in its case file."""

    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None
    size_limit: int = 1
    profile: Profile = "shareable"


def list_own(trials: Path | None) -> list[str]:
    """List the ids of additional trials in a folder."""
    return list_local_trials(trial.id for trial in read_trials(trials)[0])


def plan_each(
    cases: Sequence[Path], options: ForAll
) -> Iterator[tuple[Plan, PlanRecord] | InputRefused]:
    """Plan cases one after another; a refused case yields its refusal with the case name.

    A plan whose numbers must not be used is refused, because a database keeps numbers without
    their findings. Cases that share an id are refused.

    Raises `InputRefused` for the trials or the centre file, before any case.
    """
    read_grounds(options.trials, options.centre, options.as_of)
    ids = [_find_id(case) for case in cases]
    require_all_apart(cases)
    times = Counter(as_compared(id_) for id_ in ids if id_ is not None)
    named = [*zip(cases, name_cases(cases), ids, strict=True)]
    for case, name, id_ in each_counted(named, "case"):
        try:
            if id_ is not None and times[as_compared(id_)] > 1:
                raise InputRefused("screen.id_twice", id_, ID_TWICE, "give each case a unique id")
            yield within_bounds(case.name, partial(_plan_one, case, options))
        except InputRefused as wrong:
            own = wrong.source == case.name
            yield wrong.within(name if own else f"{wrong.source} of {name}")


def require_all_apart(cases: Sequence[Path]) -> None:
    """Refuse outputs that would overwrite a file of any case, before planning.

    Raises `InputRefused`: `output.is_input`.
    """
    ledger = current_ledger()
    if ledger is None or not ledger.has_outputs:
        return
    for case in cases:
        with suppress(InputRefused):  # reported when planned; the ledger keeps a conflict
            read_request(case)
    ledger.require_no_conflict()


def _find_id(case: Path) -> str | None:
    """Return the id of a case; None if it has none or is unreadable, which is reported later."""
    try:
        return find_id(read_text(case, "case.unreadable", "a case file")[0])
    except InputRefused:
        return None


def _plan_one(case: Path, options: ForAll) -> tuple[Plan, PlanRecord]:
    request = read_request(
        case, as_of=options.as_of, centre=options.centre, size_limit=options.size_limit
    )
    return plan_trusted(request, options, case.name)


def plan_trusted(request: Request, options: ForAll, name: str) -> tuple[Plan, PlanRecord]:
    """Plan a case for a table; `name` is its name in refusals.

    Raises `InputRefused`: see `make_plan`, and `output.doubtful`.
    """
    made = make_plan(request, options.trials)
    record = as_plan_record(made, options.profile)
    require_trusted(record, name)
    return made, record


# files that two patients cannot share; small tumour masks are excluded
OF_ONE_PATIENT = frozenset(
    {"liver", "flr", "resected", "treated", "tumour", "labelmap", "spleen", "ct"}
)
LEAST_VOXELS = 10_000  # equal counts above this are not by chance [project's choice]
Sign = tuple[object, ...]
Counted = tuple[Mapping[str, int], Sequence[float]]  # voxels by part, and the edges of one in mm
NOT_COUNTED: Counted = ({}, ())


class UsedFile(Protocol):
    """An input file of a result."""

    @property
    def role(self) -> str:
        """Its role."""

    @property
    def sha256(self) -> str:
        """Its SHA-256."""


class _NamedFile(Struct, frozen=True):
    role: str
    sha256: str


class _UsedFiles(Struct, frozen=True):
    inputs: tuple[_NamedFile, ...] = ()
    voxels: dict[str, int] = {}
    voxel_mm: tuple[float, ...] = ()


class SharedFiles:
    """Files of many cases, and those shared by two cases.

    Two cases belong to one patient if they share a mask or a CT byte for byte, or if the voxel
    counts of liver, remnant and tumour and the voxel size are equal, as in a copy in another
    format. Empty and small tumour masks are excluded, because they may be equal by chance.
    """

    def __init__(self) -> None:
        self._cases: dict[Sign, dict[str, str]] = defaultdict(dict)

    def add(self, case_id: str, files: Iterable[UsedFile], counted: Counted = NOT_COUNTED) -> None:
        """Add files of a case, and their voxel counts."""
        for sign, what in _list_signs(files, counted):
            self._cases[sign][case_id] = what

    def add_signs(self, case_id: str, signs: Iterable[tuple[str, str]]) -> None:
        """Add features of a case, as returned by `read_signs`."""
        for sign, what in signs:
            self._cases[(sign,)][case_id] = what

    def add_plan(self, record: PlanRecord, number: int) -> None:
        """Add the files of a plan; without an id, it is named by its number."""
        counted = as_dict(record.volumes.voxels), record.voxel_mm or ()
        self.add(record.case.id or f"case {number}", record.inputs, counted)

    def find(self) -> dict[str, Finding]:
        """Return a finding for each case that shares its patient with another, by id."""
        others: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for sharing in self._cases.values():
            for case_id, what in sharing.items() if len(sharing) > 1 else ():
                others[case_id][what] |= sharing.keys() - {case_id}
        return {case_id: _as_finding(shared) for case_id, shared in others.items()}


def find_same_patients(plans: Iterable[tuple[str, Path]]) -> dict[str, tuple[FindingRecord, ...]]:
    """Find cases of one patient; `plans` are JSON files by their ids."""
    shared = SharedFiles()
    for case_id, path in plans:
        with suppress(OSError, ValueError):  # not planned; damaged plans are refused elsewhere
            used = json.decode(path.read_bytes(), type=_UsedFiles)
            shared.add(case_id, used.inputs, (used.voxels, used.voxel_mm))
    return as_doubts(shared)


def as_doubts(shared: SharedFiles) -> dict[str, tuple[FindingRecord, ...]]:
    """Return the findings on cases of one patient as records, by id."""
    return {case_id: as_findings([found]) for case_id, found in shared.find().items()}


def read_signs(plan: Path) -> tuple[tuple[str, str], ...]:
    """Return a hash of the features of a plan that two patients cannot share, and their names.

    A case without a readable plan has none.
    """
    with suppress(OSError, ValueError):
        used = json.decode(plan.read_bytes(), type=_UsedFiles)
        signs = _list_signs(used.inputs, (used.voxels, used.voxel_mm))
        return tuple((sha256(repr(sign).encode()).hexdigest(), what) for sign, what in signs)
    return ()


def _list_signs(files: Iterable[UsedFile], counted: Counted) -> Iterator[tuple[Sign, str]]:
    """List features that identify a patient, with their names."""
    voxels, voxel_mm = counted
    for file in files:
        role = file.role.partition(" ")[0]
        small = role == "tumour" and voxels.get(role, 0) < LEAST_VOXELS
        if role in OF_ONE_PATIENT and not small:
            yield (file.sha256,), role
    parts = {name: voxels[name] for name in ("liver", "flr") if voxels.get(name)}
    if len({*parts.values()}) == 2 and parts["liver"] >= LEAST_VOXELS:
        yield (*sorted(voxels.items()), *voxel_mm), "voxel counts"


def _as_finding(shared: Mapping[str, Iterable[str]]) -> Finding:
    ids = join_first(sorted({other for each in shared.values() for other in each}))
    message = (
        f"has the same files as {ids} ({', '.join(sorted(shared))}): one patient under two ids, "
        "or a case with another patient's files; correct or remove one of the cases"
    )
    return Finding("cohort.one_patient", Severity.WARNING, message)
