"""An output made again from its files, or the hashes of what is found of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.voxels.file_facts import Checked
from fl_planner.given.table import Words
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.request.request import Request
from fl_planner.record.declaration.part import RecordPart, as_json, as_plain
from fl_planner.record.head import Record, number_of
from fl_planner.record.plan import as_plan_record
from fl_planner.record.trials import as_rules
from fl_planner.workup.files.check import check_files, describe_files
from fl_planner.workup.judge import judge_file
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import make_request
from fl_planner.workup.volume import measure_volume

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.planning.plan import Plan

MOST_BYTES = 1 << 26  # of an output: a thousand times a plan of some size [project's choice]
MOST_FILES = 1000  # that a result rests on; a case has some ten [project's choice]
KNOWN = (  # records that name their files by hash
    "volume", "plan", "resections", "function", "dose", "growth", "trials", "check", "convert",
    "carry", "spect-shift",
)  # fmt: skip
OLDER = "make the output again and verify that, or verify it with the version that it names"
FORM = re.compile(r"fl-planner/(?P<kind>[a-z-]+)/(?P<number>[1-9]\d{0,3})")
REMEDY = "give the JSON that plan, trials judge or another command on a patient's files printed"
HASHED_ONLY = {  # records that are never made again, and why
    "convert": "a file is not converted again to see whether it would be the same: it was looked "
    "at by its hash, and by those of the files that it was made from",
    "spect-shift": "a SPECT is not laid onto the liver again to see whether it would lie the same: "
    "the files were looked at by their hashes",
    "carry": "masks are not carried again to see whether they would be the same: their files were "
    "looked at by their hashes, and those that they were made from",
}
_OF_A_LOG = "ask the log itself whether it is whole: fl-planner log"
OTHERS = {  # other records: why nobody can say whether they hold, and what to do
    "screen": (
        "is a worklist, which names no files of its patients and rests on what a log held then",
        "screen the list as it is today",
    ),
    "log": ("lists a log, which grows", _OF_A_LOG),
    "outcome": ("is what a person recorded, and rests on no file", _OF_A_LOG),
    "withdrawal": ("is what a person recorded, and rests on no file", _OF_A_LOG),
    "calc": ("rests on typed numbers and no file", "calculate it again"),
    "new-case": ("tells of a case file that was begun", "plan the case, and verify that"),
    "verify": ("is the answer of verify", "give the output that it is about"),
}


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """A result that was written to a file."""

    name: str
    sha256: str
    record: Record

    @property
    def kind(self) -> str:
        """Which record it is: plan, trials ..."""
        return str(self.record["schema"]).split("/")[1]

    @property
    def inputs(self) -> tuple[Record, ...]:
        """The files that it rests on, and the one that it tells of."""
        return tuple(self.record["inputs"])


def read_output(path: Path) -> StoredOutput:
    """Read a result that names the files that it rests on by their hashes.

    Raises `InputRefused`: `verify.not_an_output`; `verify.other_schema` for one in the form of
    another version; `verify.refused_output` for one that tells a refusal; as any other file if it
    cannot be opened.
    """
    with PlainBytes(path, Limits()) as source:
        content = source.take(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            reason = f"is not a result: it is over {MOST_BYTES >> 20} MiB"
            raise InputRefused("verify.not_an_output", path.name, reason, REMEDY)
        source.finish()
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputRefused("verify.not_an_output", path.name, "is no JSON", REMEDY) from error
    form = str(record.get("schema")) if isinstance(record, dict) else ""
    _require_kind(path.name, form)
    if record.get("status") == "refused":
        reason = "tells a refusal, and nothing that could hold"
        raise InputRefused("verify.refused_output", path.name, reason, REMEDY)
    whole = with_files(record)
    _require_form(path.name, whole, form)
    return StoredOutput(path.name, sha256(content).hexdigest(), whole)


def _require_kind(name: str, form: str) -> None:
    """Refuse a record that names no files by hash, and one in the form of another version."""
    found = FORM.fullmatch(form)
    kind, number = ("", 0) if found is None else (found["kind"], int(found["number"]))
    if kind not in KNOWN:
        reason, remedy = OTHERS.get(
            kind, ("is not a result that rests on a patient's files", REMEDY)
        )
        raise InputRefused("verify.not_an_output", name, reason, remedy)
    known = number_of(kind)
    if number != known:
        reason = f"has the schema {form}, and this version knows fl-planner/{kind}/{known}"
        remedy = "install the newer fl_planner" if number > known else OLDER
        raise InputRefused("verify.other_schema", name, reason, remedy)


def with_files(record: Record) -> Record:
    """Give a record the list of files that others have: `check` names them one by one.

    A conversion is of the file that it wrote, as well as of those that it read.
    """
    form = record["schema"]
    if form == "fl-planner/check/1":
        files = record.get("files")
        if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
            return record
        read = [
            {**each, "role": one.get("file")} for one in files for each in one.get("inputs", ())
        ]
        return {**record, "inputs": read, "findings": []}
    listed, written = record.get("inputs"), record.get("output")
    if form == "fl-planner/convert/1" and isinstance(listed, list) and isinstance(written, dict):
        return {**record, "inputs": [*listed, {"role": "output", **written}]}
    return record


def _require_form(name: str, record: Record, form: str) -> None:
    """Refuse an output whose keys were edited; those of other versions may have other keys."""
    listed = record.get("inputs")
    whole = isinstance(listed, list) and all(_is_input(one) for one in listed[: MOST_FILES + 1])
    if isinstance(listed, list) and len(listed) > MOST_FILES:
        reason = f"names {len(listed):,} files, more than {MOST_FILES:,}"
        raise InputRefused("verify.not_an_output", name, reason, REMEDY)
    case = record.get("case", {})
    said = record.get("status") == "ok" and isinstance(record.get("version"), str)
    if not (whole and said and isinstance(case, dict)):
        reason = f"is not what {form} must be: it names no version and no files"
        raise InputRefused("verify.not_an_output", name, reason, REMEDY)


def _is_input(one: object) -> bool:
    """Tell whether an entry names a file; a path would lead to files of other people."""
    if not isinstance(one, dict):
        return False
    texts = [one.get(key) for key in ("role", "file", "sha256")]
    return all(isinstance(text, str) for text in texts) and Path(one["file"]).name == one["file"]


CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sources:
    """What an output is to be made again from.

    - `request`: for a plan or volumes: files, facts and operation.
    - `patient`: for `trials judge`: its case file or file of facts.
    - `as_of`: the assessment date.
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
            from fl_planner.record.dose import as_dose_record

            return as_dose_record(make_plan(request, resections=False), _profile(output))
        case "function":
            from fl_planner.record.function import as_function_record
            from fl_planner.workup.function import measure_request

            return as_function_record(measure_request(request))
    return None


def _plan(output: StoredOutput, request: Request, sources: Sources) -> RecordPart:
    """Plan again, with the growth that the output tells where the other scans are named."""
    if "growth" not in output.record or not sources.files:
        return as_plan_record(make_plan(request, sources.trials))
    from fl_planner.record.growth import as_growth
    from fl_planner.workup.growth import read_growth, since_baseline, with_growth

    story = read_growth(sources.files, sources.size_limit)
    record = as_plan_record(make_plan(since_baseline(request, story), sources.trials))
    return with_growth(record, as_growth(story))


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
    return tuple(dict.fromkeys(path.resolve() for path in _list_named(name, places)))


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


OWN = ("liver", "flr", "resected", "tumour", "treated", "labelmap")  # options that name a liver
STUDIES = ("dynamic", "curves", "spect")  # and those that name what function rests on


def find_sources(
    output: StoredOutput,
    sources: tuple[Path, ...],
    places: tuple[Path, ...],
    given: Words,
) -> Sources:
    """Find what an output was made from: named, or beside it under the names that it holds."""
    limit, trials = given["size_limit"], given["trials"]
    if output.kind == "growth":
        return Sources(files=_cases(output, sources, places), size_limit=limit)
    if output.kind == "check":
        found = [_named(one["file"], places) for one in output.record["files"]]
        return Sources(files=tuple(path for path in found if path is not None), size_limit=limit)
    case = _first(sources, ".toml") or held(output, "case", places)
    facts = given["facts"] or _first(sources, ".json") or held(output, "facts", places)
    centre = given["centre"] or held(output, "centre", places)
    if output.kind == "trials":
        return Sources(None, case or facts, given["as_of"], centre, trials)
    if case is None and not any(given[name] for name in (*OWN, *STUDIES)):
        return Sources()
    request = make_request(case, {**given, "facts": facts, "centre": centre})
    if output.kind == "volume" and all(one["role"] != "ct" for one in output.inputs):
        request = replace(request, ct=None)  # at which that command did not look
    scans = (*given["earlier"], case) if given["earlier"] and case else ()
    return Sources(request, trials=trials, files=scans, size_limit=limit)


def _first(sources: tuple[Path, ...], ending: str) -> Path | None:
    return next((source for source in sources if source.suffix.lower() == ending), None)


def _cases(
    output: StoredOutput, sources: tuple[Path, ...], places: tuple[Path, ...]
) -> tuple[Path, ...]:
    named = tuple(source for source in sources if source.suffix.lower() == ".toml")
    if named:
        return named
    names = [one["file"] for one in output.inputs if one["role"] == "case"]
    if len(set(names)) < len(names):  # of two folders: nobody can say which is which
        return ()
    found = tuple(path for name in names if (path := _named(name, places)) is not None)
    return found if len(found) == len(names) else ()


def held(output: StoredOutput, role: str, places: tuple[Path, ...]) -> Path | None:
    """Find the file of a role by the name that an output holds."""
    found = (_named(one["file"], places) for one in output.inputs if one["role"] == role)
    return next((path for path in found if path is not None and path.is_file()), None)


def _named(name: str, places: Sequence[Path]) -> Path | None:
    return next(_list_named(name, places), None)


def _list_named(name: str, places: Sequence[Path]) -> Iterator[Path]:
    beside = (place if place.name == name else place / name for place in places)
    return (path for path in beside if path.exists())
