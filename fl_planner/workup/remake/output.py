"""A result that was written to a file, read back: what it is, and which files it rests on."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.record.base import Record
from fl_planner.record.head import number_of

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
