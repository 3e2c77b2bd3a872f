"""An output made again from its files; or, where that cannot be, the hashes of what is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.file_facts import Checked
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.request.request import Request
from fl_planner.record.base import Record
from fl_planner.record.declaration.part import RecordPart, as_json, as_plain
from fl_planner.record.plan import as_plan_record
from fl_planner.record.trials.trials import as_rules
from fl_planner.workup.files.check import check_files, describe_files
from fl_planner.workup.judge import judge_file
from fl_planner.workup.plan import make_plan
from fl_planner.workup.remake.output import StoredOutput, with_files
from fl_planner.workup.volume import measure_volume

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan
    from fl_planner.record.head import Profile

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sources:
    """What an output is to be made again from.

    - `request`: for a plan or volumes: files, facts and operation.
    - `patient`: for `trials judge`: its case file or file of facts.
    - `as_of`: the judging date.
    - `centre`, `trials`: as `judge_file` takes them.
    - `files`: for `growth`, and a plan that tells it: the case files of its scans, the planned one
      last; for `check`: what it looked at.
    - `size_limit`: how large one of `files` may be, in GiB.
    """

    request: Request | None = None
    patient: Path | None = None
    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None
    files: tuple[Path, ...] = ()
    size_limit: int = 1


def remake(output: StoredOutput, sources: Sources) -> Record | None:
    """Make a record again, as it comes back from JSON; None where its sources do not allow it."""
    record: RecordPart | None = None
    if sources.request is not None:
        record = _of_request(output, sources.request, sources)
    elif output.kind == "trials" and sources.patient is not None:
        record = judge_file(
            sources.patient, as_of=sources.as_of, centre=sources.centre, trials=sources.trials
        ).as_record()
    elif sources.files:
        record = _of_files(output, sources.files, sources.size_limit)
    return None if record is None else with_files(json.loads(as_json(record)))


def _of_request(output: StoredOutput, request: Request, sources: Sources) -> RecordPart | None:
    match output.kind:
        case "plan":
            return _plan(output, request, sources)
        case "volume":
            return measure_volume(request)
        case "resections":
            return _resections(output, make_plan(request))
        case "dose":
            from fl_planner.record.dose.answer import as_dose_record

            return as_dose_record(make_plan(request), _profile(output))
        case "function":
            from fl_planner.record.function_answer import as_function_record
            from fl_planner.workup.function import measure_request

            return as_function_record(measure_request(request))
    return None


def _plan(output: StoredOutput, request: Request, sources: Sources) -> RecordPart:
    """Plan again, with the growth that the output tells where the other scans are named."""
    record = as_plan_record(make_plan(request, sources.trials))
    if "growth" not in output.record or not sources.files:
        return record
    from fl_planner.workup.growth import describe_growth, with_growth

    return with_growth(record, describe_growth(sources.files, sources.size_limit))


def _of_files(output: StoredOutput, files: tuple[Path, ...], size_limit: int) -> RecordPart | None:
    if output.kind == "growth":
        from fl_planner.workup.growth import describe_growth

        return describe_growth(files, size_limit, _profile(output))
    if len(files) < len(output.record["files"]):  # how they fit is told of all together
        return None
    return describe_files(files, size_limit)


def _resections(output: StoredOutput, plan: Plan) -> RecordPart:
    """Tell resections in the order of the output: which a person saw was an option."""
    from fl_planner.record.resections import as_resections_record

    by_code = {row.resection.code: row for row in plan.resections}
    listed = output.record.get("resections", ())
    seen = [by_code[one["code"]] for one in listed if one["shown"] and one["code"] in by_code]
    return as_resections_record(plan, seen)


def _profile(output: StoredOutput) -> Profile:
    """Tell by its dates with which profile a record was made: others have none."""
    told = json.dumps(output.record)
    clinical = any(f'"{key}": ' in told for key in ("date", "calibrated_at", "administered_at"))
    return "clinical" if clinical else "shareable"


def read_rules(folder: Path | None) -> Record:
    """Read the protocols as they are now, under the key that records have them by."""
    grounds, _ = read_grounds(folder, None, None)
    return {"rules": as_plain(as_rules(grounds.rules))}


def find_files(
    inputs: Iterable[Record], places: Sequence[Path], limits: Limits
) -> dict[str, frozenset[str]]:
    """Find files by base name, in folders or among files, and give the SHA-256 of each.

    A folder of slices, and a DICOM file that stands for its series, are hashed as `check` does.
    """
    found: dict[str, frozenset[str]] = {}
    for one in inputs:
        for path in _find(one["file"], places):
            now = _hash(path)
            now = one["sha256"] if _is_same(path, now, one, limits) else now
            found[one["file"]] = found.get(one["file"], frozenset()) | {now}
    return found


def _find(name: str, places: Sequence[Path]) -> tuple[Path, ...]:
    """Find all of a name: masks of two scans may share one."""
    beside = (place if place.name == name else place / name for place in places)
    return tuple(dict.fromkeys(path.resolve() for path in beside if path.exists()))


def _is_same(path: Path, now: str, was: Record, limits: Limits) -> bool:
    """Tell whether a file, or the series that it stands for, has the hash it had."""
    if now == was["sha256"]:
        return True
    if not path.is_dir() and "dicom" not in was.get("format", ""):
        return False
    (checked,), _ = check_files([path], limits)
    return isinstance(checked, Checked) and was["sha256"] in {i.sha256 for i in checked.inputs}


def _hash(path: Path) -> str:
    """Hash a file, a piece at a time; a folder has no hash of its own."""
    digest = sha256()
    if path.is_dir():
        return ""
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    except OSError as error:
        reason, remedy = f"cannot be read: {error.strerror}", "check the disk and your access"
        raise InputRefused("file.unreadable", path.name, reason, remedy) from error
    return digest.hexdigest()
