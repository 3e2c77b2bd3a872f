"""Many case files, planned one after the other, and one patient under two ids.

Two cases whose files, or whose masks, are the same are of one patient, who is counted twice; or a
row was copied and its files were not put right: then one of the two has the numbers of another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, json

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_told
from fl_planner.basis.run import current_ledger, each_counted, within_bounds
from fl_planner.export.rows import find_own
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

ID_TWICE = "is the id of another of these cases too: one row would replace the other"


@dataclass(frozen=True, slots=True)
class ForAll:
    """What is said of all cases alike; of each by itself its case file speaks."""

    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None
    size_limit: int = 1
    profile: Profile = "shareable"


def list_own(trials: Path | None) -> list[str]:
    """List the ids of a hospital's trials, which a folder holds."""
    return find_own(trial.id for trial in read_trials(trials)[0])


def plan_each(
    cases: Sequence[Path], said: ForAll
) -> Iterator[tuple[Plan, PlanRecord] | InputRefused]:
    """Plan case after case; of one that is refused give the refusal, which names the case.

    A plan whose numbers are not to be used is refused: a data base keeps the numbers, and not what
    was found. So is each of several cases of one id.

    Raises `InputRefused`: what is wrong with the trials or the centre file, before any case.
    """
    read_grounds(said.trials, said.centre, said.as_of)
    ids = [_find_id(case) for case in cases]
    require_all_apart(cases)
    times = Counter(ids)
    named = [*zip(cases, name_cases(cases), ids, strict=True)]
    for case, name, id_ in each_counted(named, "case"):
        try:
            if id_ is not None and times[id_] > 1:
                remedy = "give each case an id of its own"
                raise InputRefused("screen.id_twice", id_, ID_TWICE, remedy)
            yield within_bounds(case.name, partial(_plan_one, case, said))
        except InputRefused as wrong:
            own = wrong.source == case.name
            yield wrong.within(name if own else f"{wrong.source} of {name}")


def require_all_apart(cases: Sequence[Path]) -> None:
    """Refuse outputs over a file of any case, before the first is planned.

    Raises `InputRefused`: `output.is_input`.
    """
    ledger = current_ledger()
    if ledger is None or not ledger.has_outputs:
        return
    for case in cases:
        with suppress(InputRefused):  # its plan will tell, and the ledger keeps a conflict
            read_request(case)
    ledger.require_no_conflict()


def _find_id(case: Path) -> str | None:
    """Find the id of a case; None also where the file cannot be read, as its plan will tell."""
    try:
        return find_id(read_text(case, "case.unreadable", "a case file")[0])
    except InputRefused:
        return None


def _plan_one(case: Path, said: ForAll) -> tuple[Plan, PlanRecord]:
    request = read_request(case, as_of=said.as_of, centre=said.centre, size_limit=said.size_limit)
    return plan_trusted(request, said, case.name)


def plan_trusted(request: Request, said: ForAll, name: str) -> tuple[Plan, PlanRecord]:
    """Plan a case into a table; `name` is what the refusal of a doubtful one calls it.

    Raises `InputRefused`: as `make_plan`, and `output.doubtful`.
    """
    made = make_plan(request, said.trials)
    record = as_plan_record(made, said.profile)
    require_trusted(record, name)
    return made, record


# files that two patients cannot have in common; a small mask of tumour is none of these
OF_ONE_PATIENT = frozenset(
    {"liver", "flr", "resected", "treated", "tumour", "labelmap", "spleen", "ct"}
)
LEAST_VOXELS = 10_000  # of a liver or a tumour that no other has by chance [project's choice]
Sign = tuple[object, ...]
Counted = tuple[Mapping[str, int], Sequence[float]]  # voxels by part, and the edges of one in mm
NOT_COUNTED: Counted = ({}, ())


class UsedFile(Protocol):
    """A file that a result rests on."""

    @property
    def role(self) -> str:
        """What it is."""

    @property
    def sha256(self) -> str:
        """Its hash."""


class _NamedFile(Struct, frozen=True):
    role: str
    sha256: str


class _UsedFiles(Struct, frozen=True):
    inputs: tuple[_NamedFile, ...] = ()
    voxels: dict[str, int] = {}
    voxel_mm: tuple[float, ...] = ()


class SharedFiles:
    """Files of many cases, and which of them two cases have in common.

    Two are of one patient where they have a mask or a CT in common, byte for byte; or where the
    voxels of liver, remnant and tumour are as many, on voxels of one size: a copy in another
    format. A tumour mask that is empty is the same for everyone, and a small one for many.
    """

    def __init__(self) -> None:
        self._cases: dict[Sign, dict[str, str]] = defaultdict(dict)

    def add(self, case_id: str, files: Iterable[UsedFile], counted: Counted = NOT_COUNTED) -> None:
        """Add files of a case, and what was counted on them."""
        for sign, what in _list_signs(files, counted):
            self._cases[sign][case_id] = what

    def add_plan(self, record: PlanRecord, number: int) -> None:
        """Add the files of a plan; one without an id is called by its number."""
        counted = as_dict(record.volumes.voxels), record.voxel_mm or ()
        self.add(record.case.id or f"case {number}", record.inputs, counted)

    def find(self) -> dict[str, Finding]:
        """Tell each case that is of the patient of another, by its id."""
        others: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for sharing in self._cases.values():
            for one, what in sharing.items() if len(sharing) > 1 else ():
                others[one][what] |= sharing.keys() - {one}
        return {one: _tell(shared) for one, shared in others.items()}


def find_same_patients(plans: Iterable[tuple[str, Path]]) -> dict[str, tuple[FindingRecord, ...]]:
    """Find the cases that are of one patient, and tell it of each; `plans` as JSON by their ids."""
    shared = SharedFiles()
    for case_id, path in plans:
        with suppress(OSError, ValueError):  # not planned; a damaged plan is refused elsewhere
            used = json.decode(path.read_bytes(), type=_UsedFiles)
            shared.add(case_id, used.inputs, (used.voxels, used.voxel_mm))
    return {one: as_findings([found]) for one, found in shared.find().items()}


def _list_signs(files: Iterable[UsedFile], counted: Counted) -> Iterator[tuple[Sign, str]]:
    """List what tells a patient from others, and what to call it."""
    voxels, voxel_mm = counted
    for file in files:
        role = file.role.partition(" ")[0]
        small = role == "tumour" and voxels.get(role, 0) < LEAST_VOXELS
        if role in OF_ONE_PATIENT and not small:
            yield (file.sha256,), role
    parts = {name: voxels[name] for name in ("liver", "flr") if voxels.get(name)}
    if len({*parts.values()}) == 2 and parts["liver"] >= LEAST_VOXELS:
        yield (*sorted(voxels.items()), *voxel_mm), "counts of voxels"


def _tell(shared: Mapping[str, Iterable[str]]) -> Finding:
    ids = join_told(sorted({other for each in shared.values() for other in each}))
    message = (
        f"has the same files as {ids} ({', '.join(sorted(shared))}): one patient under two ids, "
        "or a row with the files of another; correct the row, or leave one out"
    )
    return Finding("cohort.one_patient", Severity.WARNING, message)
