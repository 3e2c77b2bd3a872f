"""Recalculate an output from its files, or compare the hashes of the files found."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.exact_text import parse_strict_json
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import ends_in_toml
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.given.studies import FUNCTION_FILES
from fl_planner.given.table import Words
from fl_planner.intake.documents.facts_file import read_facts_file
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.patients.one_record import is_record
from fl_planner.intake.request.request import Request
from fl_planner.record.declaration.part import RecordPart, as_json, as_plain
from fl_planner.record.dose import as_dose_record
from fl_planner.record.files.check import ReadFileRecord
from fl_planner.record.function import as_function_record
from fl_planner.record.growth import as_growth
from fl_planner.record.head import Record, name_schema, number_of
from fl_planner.record.plan import as_plan_record
from fl_planner.record.resections import as_resections_record
from fl_planner.record.trials import as_rules
from fl_planner.trials.criterion import list_dated_values
from fl_planner.trials.facts.meanings import LABORATORY
from fl_planner.trials.facts.quantities import DATES
from fl_planner.trials.statements import Amount, Stated
from fl_planner.workup.files.check import describe_files
from fl_planner.workup.judge import judge_file
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import make_request, read_request
from fl_planner.workup.volume import measure_volume

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.planning.plan import Plan

MOST_BYTES = 1 << 26  # of an output; a thousand times a usual plan [project's choice]
MOST_FILES = 1000  # inputs of a result; a case has about ten [project's choice]
KNOWN = (  # records with hashes of their files
    "volume", "plan", "resections", "function", "dose", "growth", "trials", "check", "convert",
    "carry", "spect-shift",
)  # fmt: skip
OLDER = "create the output again, or verify it with the version stated in it"
FORM = re.compile(r"fl-planner/(?P<kind>[a-z-]+)/(?P<number>[1-9]\d{0,3})")
REMEDY = "give the JSON output of plan, trials judge or another command run on a patient's files"
HASHED_ONLY = {  # records that are not recalculated, with the reason
    "convert": "the conversion was not repeated; the hashes of the file and its inputs were "
    "compared",
    "spect-shift": "the alignment was not repeated; the hashes of the files were compared",
    "carry": "the registration was not repeated; the hashes of the masks and their inputs were "
    "compared",
}
_OF_A_LOG = "check the log with fl-planner log"
OTHERS = {  # records that cannot be verified, with reason and remedy
    "screen": (
        "the output is a worklist, which lists no patient files and depends on a log",
        "screen the current list",
    ),
    "log": ("the output is a list from a log that continues to receive entries", _OF_A_LOG),
    "outcome": ("the output was entered manually and has no input files", _OF_A_LOG),
    "withdrawal": ("the output was entered manually and has no input files", _OF_A_LOG),
    "calc": (
        "the output is based on entered numbers and has no input files",
        "repeat the calculation",
    ),
    "new-case": ("the output describes a new case file", "plan the case, and verify the plan"),
    "verify": ("the output is a result of verify", "give the output that was verified"),
}


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """A result stored in a file."""

    name: str
    sha256: str
    record: Record

    @property
    def kind(self) -> str:
        """The kind of record: plan, trials ..."""
        return str(self.record["schema"]).split("/")[1]

    @property
    def inputs(self) -> tuple[Record, ...]:
        """Its input files, and its output file."""
        return tuple(self.record["inputs"])


def read_output(path: Path) -> StoredOutput:
    """Read a result with the hashes of its input files.

    Raises `InputRefused`: `verify.not_an_output`; `verify.other_schema` for the form of another
    version; `verify.refused_output` for a refusal; as any file that cannot be opened.
    """
    with PlainBytes(path, Limits()) as source:
        content = source.take(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            reason = (
                f"the file is larger than {MOST_BYTES >> 20} MiB, so it cannot be a result of this "
                "program"
            )
            raise InputRefused("verify.not_an_output", path.name, reason, REMEDY)
        source.finish()
    try:
        record = parse_strict_json(content)
    except (ValueError, RecursionError) as error:
        reason = "the file is not JSON, or contains a key twice in one object"
        raise InputRefused("verify.not_an_output", path.name, reason, REMEDY) from error
    form = str(record.get("schema")) if isinstance(record, dict) else ""
    _require_kind(path.name, form)
    if record.get("status") == "refused":
        reason = "the output is a refusal without results"
        raise InputRefused("verify.refused_output", path.name, reason, REMEDY)
    whole = with_files(record)
    _require_form(path.name, whole, form)
    return StoredOutput(path.name, sha256(content).hexdigest(), whole)


def _require_kind(name: str, form: str) -> None:
    """Refuse a record without hashes of files, or in the form of another version."""
    found = FORM.fullmatch(form)
    kind, number = ("", 0) if found is None else (found["kind"], int(found["number"]))
    if kind not in KNOWN:
        reason, remedy = OTHERS.get(
            kind, ("the file is not a result calculated from a patient's files", REMEDY)
        )
        raise InputRefused("verify.not_an_output", name, reason, remedy)
    known = number_of(kind)
    if number != known:
        reason = f"the schema is {form}, but this version reads {name_schema(kind)}"
        remedy = "install the newer version of fl_planner" if number > known else OLDER
        raise InputRefused("verify.other_schema", name, reason, remedy)


def with_files(record: Record) -> Record:
    """Add the list of inputs to a record; in the record of `check`, each file has its inputs.

    The inputs of a conversion include the file that it wrote.
    """
    form = record["schema"]
    if form == name_schema("check"):
        files = record.get("files")
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            return record
        read = [
            {**each, "role": file.get("file")} for file in files for each in file.get("inputs", ())
        ]
        return {**record, "inputs": read, "findings": []}
    listed, written = record.get("inputs"), record.get("output")
    if form == name_schema("convert") and isinstance(listed, list) and isinstance(written, dict):
        return {**record, "inputs": [*listed, {"role": "output", **written}]}
    return record


def _require_form(name: str, record: Record, form: str) -> None:
    """Refuse an output with edited keys."""
    listed = record.get("inputs")
    whole = isinstance(listed, list) and all(_is_input(entry) for entry in listed[: MOST_FILES + 1])
    if isinstance(listed, list) and len(listed) > MOST_FILES:
        reason = f"the output lists {len(listed):,} files, more than the maximum of {MOST_FILES:,}"
        raise InputRefused("verify.not_an_output", name, reason, REMEDY)
    case = record.get("case", {})
    intact = record.get("status") == "ok" and isinstance(record.get("version"), str)
    if not (whole and intact and isinstance(case, dict)):
        reason = f"the output is not a valid {form}: version or files are missing"
        raise InputRefused("verify.not_an_output", name, reason, REMEDY)


def _is_input(entry: object) -> bool:
    """Return whether an entry has a file name; paths are not accepted."""
    if not isinstance(entry, dict):
        return False
    texts = [entry.get(key) for key in ("role", "file", "sha256")]
    named = all(isinstance(text, str) for text in texts)
    return named and Path(entry["file"]).name == entry["file"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Inputs for recalculating an output.

    - `request`: files, facts and operation of a plan or of volumes.
    - `patient`: for `trials judge`: its case file, file of facts or record.
    - `fhir_map`: its mapping of FHIR codes, if it was not the default.
    - `as_of`: the assessment date.
    - `centre`, `trials`: files of these rules, as for `judge_file`.
    - `files`: for `growth`, and a plan with growth: the case files of its scans, the planned one
      last; for `check`: the files checked.
    - `size_limit`: largest size of a file, in GiB.
    """

    request: Request | None = None
    patient: Path | None = None
    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None
    files: tuple[Path, ...] = ()
    size_limit: int = 1
    fhir_map: Path | None = None


def remake(output: StoredOutput, sources: Sources) -> Record | None:
    """Recalculate a record, as read from JSON; None if its sources are insufficient."""
    record: RecordPart | None = None
    if sources.request is not None:
        record = _of_request(output, sources.request, sources)
    elif output.kind == "trials" and sources.patient is not None:
        record = judge_file(
            sources.patient,
            as_of=sources.as_of,
            centre=sources.centre,
            trials=sources.trials,
            fhir_map=sources.fhir_map,
            size_limit=sources.size_limit,
        ).as_record(_profile(output))
    elif sources.files:
        record = _of_files(output, sources.files, sources.size_limit)
    return None if record is None else with_files(json.loads(as_json(record)))


def list_entered_ages(sources: Sources) -> tuple[str, ...]:
    """List the dates that were entered as ages only, which do not increase with time.

    The age of the blood tests is not used if every blood test has its own date, and each rule on
    that age concerns one of them.
    """
    stated = _read_stated(sources).values
    ages = {day for day, age in DATES.items() if age in stated and day not in stated}
    labs = {key: stated[key] for key in LABORATORY if key in stated}
    dated = all(isinstance(value, Amount) and value.date is not None for value in labs.values())
    if "labs_date" in ages and dated:
        grounds, _ = read_grounds(sources.trials, None, None)
        if all(labs.keys() & set(values) for values in list_dated_values(grounds.trials)):
            ages.remove("labs_date")
    return tuple(day for day in DATES if day in ages)


def _read_stated(sources: Sources) -> Stated:
    """Read the statements on the patient; none of an electronic record, whose results are dated."""
    patient = sources.patient
    if sources.request is not None:
        return sources.request.stated
    if patient is None:
        return Stated()
    if ends_in_toml(patient.name):
        return read_request(patient).stated
    return Stated() if is_record(patient) else read_facts_file(patient)[0]


def _of_request(output: StoredOutput, request: Request, sources: Sources) -> RecordPart | None:
    match output.kind:
        case "plan":
            return _plan(output, request, sources)
        case "volume":
            return measure_volume(request)
        case "resections":
            return _resections(output, make_plan(request))
        case "dose":
            return as_dose_record(make_plan(request, resections=False), _profile(output))
        case "function":
            from fl_planner.workup.function import measure_request

            return as_function_record(*measure_request(request))
    return None


def _plan(output: StoredOutput, request: Request, sources: Sources) -> RecordPart:
    """Plan again, with the growth of the output if the other scans are given."""
    if "growth" not in output.record or not sources.files:
        return as_plan_record(make_plan(request, sources.trials), _profile(output))
    from fl_planner.workup.growth import read_up_to, since_baseline, with_growth

    *earlier, case_file = sources.files
    story = read_up_to(request, case_file, earlier, sources.size_limit, sources.trials)
    plan = make_plan(since_baseline(request, story), sources.trials)
    record = as_plan_record(plan, _profile(output))
    return with_growth(record, as_growth(story, _profile(output)))


def _of_files(output: StoredOutput, files: tuple[Path, ...], size_limit: int) -> RecordPart | None:
    if output.kind == "growth":
        from fl_planner.workup.growth import describe_growth

        return describe_growth(files, size_limit, _profile(output))
    described = describe_files(files, size_limit)
    was = Counter(one["file"] for one in output.record["files"])
    now = Counter(one.file for one in described.files)
    return described if now == was else None  # misfits require all files


def _resections(output: StoredOutput, plan: Plan) -> RecordPart:
    """List resections in the order of the output, which depends on options."""
    by_code = {row.resection.code: row for row in plan.resections}
    listed = output.record.get("resections", ())
    seen = [by_code[row["code"]] for row in listed if row["shown"] and row["code"] in by_code]
    return as_resections_record(plan, seen)


def _profile(output: StoredOutput) -> Profile:
    """Return the profile of a record: only clinical ones have dates and the label of the case."""
    dates = ("date", "labs_date", "calibrated_at", "administered_at")
    text = json.dumps(output.record)
    labelled = "label" in (output.record.get("case") or {})
    clinical = labelled or any(f'"{key}": ' in text for key in dates)
    return "clinical" if clinical else "shareable"


def read_rules(folder: Path | None) -> Record:
    """Read the current protocols, under their key in records."""
    grounds, _ = read_grounds(folder, None, None)
    return {"rules": as_plain(as_rules(grounds.rules))}


def hash_files(
    inputs: Iterable[Record], places: Sequence[Path], size_limit: int
) -> dict[str, frozenset[str]]:
    """Locate files by base name, in folders or among files, and compute the SHA-256 of each.

    A folder of slices, and a DICOM file that represents its series, are hashed as `check` does; a
    CT is that to which the segmentations among the files refer.
    """
    found: dict[str, frozenset[str]] = {}
    located = [(entry, _locate(entry["file"], places)) for entry in inputs]
    drawn = tuple(path for _, paths in located for path in paths)
    for entry, paths in located:
        name = entry["file"]
        for path in paths:
            now = _hash(path)
            now = entry["sha256"] if _is_same(path, now, entry, size_limit, drawn) else now
            found[name] = found.get(name, frozenset()) | {now}
    return found


def _locate(name: str, places: Sequence[Path]) -> tuple[Path, ...]:
    """Return all files of a name, which masks of two scans may share."""
    return tuple(dict.fromkeys(path.resolve() for path in _list_named(name, places)))


def _is_same(path: Path, now: str, was: Record, size_limit: int, drawn: tuple[Path, ...]) -> bool:
    """Return whether a file, or the series that it represents or contains, has the same hash."""
    if now == was["sha256"]:
        return True
    if not path.is_dir() and "dicom" not in was.get("format", ""):
        return False
    if was.get("role") == "ct":
        try:
            _, inputs, _ = read_image(path, "ct", Limits.of_gib(size_limit), drawn)
        except InputRefused:
            return False
        return was["sha256"] in {source.sha256 for source in inputs}
    described = describe_files([path], size_limit, none_read=True).files
    listed = (one.inputs for one in described if isinstance(one, ReadFileRecord))
    return was["sha256"] in {source.sha256 for inputs in listed for source in inputs}


def _hash(path: Path) -> str:
    """Compute the SHA-256 of a file; empty for a folder, a pipe or a device."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        remedy = "check the disk and the access rights"
        raise InputRefused("file.unreadable", path.name, reason, remedy) from error


OWN = ("liver", "flr", "resected", "tumour", "treated", "labelmap")  # options for a liver


def locate_sources(
    output: StoredOutput, sources: tuple[Path, ...], places: tuple[Path, ...], given: Words
) -> Sources:
    """Locate the inputs of an output: as given, or in its folder by the names in it."""
    limit, trials = given["size_limit"], given["trials"]
    if output.kind == "growth":
        return Sources(files=_cases(output, sources, places), size_limit=limit)
    if output.kind == "check":
        return Sources(files=_list_checked(output, places), size_limit=limit)
    case = _first(sources, ".toml") or held(output, "case", places)
    facts = given["facts"] or _first(sources, ".json") or held(output, "facts", places)
    centre = given["centre"] or held(output, "centre", places)
    if output.kind == "trials":
        patient = case or facts or _first(sources, ".ndjson") or held(output, "record", places)
        fhir_map = held(output, "fhir_map", places)
        return Sources(
            None, patient, given["as_of"], centre, trials, size_limit=limit, fhir_map=fhir_map
        )
    if case is None and not any(given[name] for name in (*OWN, *FUNCTION_FILES)):
        return Sources()
    request = make_request(case, {**given, "facts": facts, "centre": centre})
    if output.kind == "volume" and all(file["role"] != "ct" for file in output.inputs):
        request = replace(request, ct=None)  # not read by that command
    scans = (*given["earlier"], case) if given["earlier"] and case else ()
    return Sources(request, trials=trials, files=scans, size_limit=limit)


def _first(sources: tuple[Path, ...], ending: str) -> Path | None:
    return next((source for source in sources if source.suffix.lower() == ending), None)


def _cases(
    output: StoredOutput, sources: tuple[Path, ...], places: tuple[Path, ...]
) -> tuple[Path, ...]:
    if named := tuple(source for source in sources if ends_in_toml(source.name)):
        return named
    names = [file["file"] for file in output.inputs if file["role"] == "case"]
    if len(set(names)) < len(names):  # from two folders: they cannot be distinguished
        return ()
    found = tuple(path for name in names if (path := _named(name, places)) is not None)
    return found if len(found) == len(names) else ()


def held(output: StoredOutput, role: str, places: tuple[Path, ...]) -> Path | None:
    """Return the file of a role by its name in an output."""
    found = (_named(file["file"], places) for file in output.inputs if file["role"] == role)
    return next((path for path in found if path is not None and path.is_file()), None)


def _list_checked(output: StoredOutput, places: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files that were checked; files inside a checked folder belong to it."""
    found = [_named(file["file"], places) for file in output.record["files"]]
    paths = [path.resolve() for path in found if path is not None]
    return tuple(path for path in paths if not {*path.parents} & {*paths})


def _named(name: str, places: Sequence[Path]) -> Path | None:
    return next(_list_named(name, places), None)


def _list_named(name: str, places: Sequence[Path]) -> Iterator[Path]:
    beside = (place if place.name == name else place / name for place in places)
    return (path for path in beside if path.exists())
