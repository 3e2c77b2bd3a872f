"""An output made again from its files; or, where that cannot be, the hashes of what is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.intake._bytes import Limits
from fl_planner.intake.check import check_files
from fl_planner.intake.judging import judge_file
from fl_planner.intake.protocols import read_protocols, read_share_limits, read_trials
from fl_planner.intake.request import Request, plan_request, read_case
from fl_planner.planning.checked import Checked
from fl_planner.planning.measured import OF_VOLUME, measure
from fl_planner.report.plan_record import as_record
from fl_planner.report.record import Record, as_json, as_volumes
from fl_planner.report.trials_record import as_judged, as_rules
from fl_planner.screening.verify import Output

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sources:
    """What an output is to be made again from.

    Parameters
    ----------
    request : Request or None
        For a plan or volumes: files, facts and operation.
    patient : Path or None
        For `trials judge`: its case file or file of facts.
    as_of : date or None
        The judging date.
    centre, trials : Path or None
        As `judge_file` takes them.
    """

    request: Request | None = None
    patient: Path | None = None
    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None


def remake(output: Output, sources: Sources, limits: Limits) -> Record | None:
    """Make a record again, as it comes back from JSON; None where its sources do not allow it.

    Resections, function and dose are not made again: their options stand in no file.

    Raises
    ------
    InputRefused
        As the command that made it.
    """
    request, record = sources.request, None
    if output.kind == "plan" and request is not None:
        record = as_record(plan_request(request, limits))
    elif output.kind == "volume" and request is not None:
        case = read_case(request, limits)
        record = as_volumes(case, measure(case, OF_VOLUME), read_share_limits())
    elif output.kind == "trials" and sources.patient is not None:
        done = judge_file(
            sources.patient, as_of=sources.as_of, centre=sources.centre, trials=sources.trials
        )
        record = as_judged(done.judged, done.inputs, done.findings, done.accepted, done.id)
    if record is None:
        return None
    again: Record = json.loads(as_json(record))
    return again


def read_rules(folder: Path | None) -> Record:
    """Read the protocols as they are now, under the key that records have them by."""
    judged, _ = read_trials(folder)
    rules = {trial.id: trial for trial in (*judged, *read_protocols().each)}
    return {"rules": as_rules(rules.values())}


def find_files(inputs: Iterable[Record], places: Sequence[Path], limits: Limits) -> dict[str, str]:
    """Find files by base name, in folders or among files, and give their SHA-256.

    A folder of slices, and a DICOM file that stands for its series, are hashed as `check` does.
    """
    found: dict[str, str] = {}
    for one in inputs:
        path = _find(one["file"], places)
        if path is not None:
            now = _hash(path)
            found[one["file"]] = one["sha256"] if _is_same(path, now, one, limits) else now
    return found


def find_named(named: object) -> tuple[Path, ...]:
    """Find every file that a request names."""
    match named:
        case Path():
            return (named,)
        case Mapping():
            parts: Iterable[object] = named.values()
        case tuple() | list():
            parts = named
        case _ if is_dataclass(named):
            parts = (getattr(named, field.name) for field in fields(named))
        case _:
            parts = ()
    return tuple(path for part in parts for path in find_named(part))


def _find(name: str, places: Sequence[Path]) -> Path | None:
    for place in places:
        if place.name == name and place.exists():
            return place
        if place.is_dir() and (place / name).exists():
            return place / name
    return None


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
