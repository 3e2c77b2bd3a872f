"""Changes of answers between an earlier acceptance record and this version.

Fictitious patients of the earlier record are judged again from the facts recorded there, so that a
change of a trial does not exchange the patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import each_counted
from fl_planner.dossier.book import BookPatient, judge_patient, read_facts
from fl_planner.formats.stored.file import read_text
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.judgement import Grounds
from fl_planner.record.files.dossier import (
    NOT_JUDGED,
    AcceptedCaseRecord,
    AnswerChangeRecord,
    BookPatientRecord,
    EarlierDossierRecord,
)
from fl_planner.record.head import name_schema

CODE = "dossier.before"
MOST_BYTES = 64 << 20
REMEDY = "give the acceptance.json of an earlier dossier"


class EarlierRecord(msgspec.Struct, frozen=True):
    """The schema of a record; None for a file that states none."""

    schema: str | None = None


class EarlierFile(msgspec.Struct, frozen=True):
    """Keys of a file that are compared."""

    role: str
    sha256: str


class EarlierCase(msgspec.Struct, frozen=True):
    """Keys of a case of the earlier record that are compared."""

    id: str
    group: str
    answers: dict[str, str]
    inputs: tuple[EarlierFile, ...]


class EarlierPatient(msgspec.Struct, frozen=True):
    """Keys of a fictitious patient of the earlier record."""

    id: str
    facts: dict[str, tuple[str, ...]]
    answers: dict[str, str]


class EarlierBuild(msgspec.Struct, frozen=True):
    """Source of the earlier program."""

    commit: str | None


class EarlierAcceptance(msgspec.Struct, frozen=True):
    """Keys of the earlier record that are compared; others are ignored."""

    schema: str
    version: str
    build: EarlierBuild
    as_of: str | None
    cases: tuple[EarlierCase, ...]
    book: tuple[EarlierPatient, ...]


def read_earlier(path: Path, as_of: str | None) -> tuple[EarlierAcceptance, InputFile]:
    """Read an earlier acceptance record.

    Raises `InputRefused`: `dossier.before` for another file; `dossier.as_of` if its assessment date
    differs, because answers would then differ without a change of the program.
    """
    text, digest = read_text(path, CODE, "an acceptance record", MOST_BYTES, instead=REMEDY)
    earlier = _decode(text, path.name)
    if earlier.as_of != as_of:
        reason = (
            f"was made with the assessment date {earlier.as_of or '(none)'}, but this run uses "
            f"{as_of or '(none)'}"
        )
        remedy = (
            "give the assessment date of the earlier record with --as-of; omit --as-of if that "
            "record has none"
        )
        raise InputRefused("dossier.as_of", path.name, reason, remedy)
    return earlier, InputFile("before", path.name, "json", digest)


def _decode(text: str, name: str) -> EarlierAcceptance:
    """Decode an acceptance record; another record is refused by its schema."""
    reason = "is not an acceptance record of this program"
    try:
        schema = msgspec.json.decode(text, type=EarlierRecord).schema
        if schema == name_schema("dossier"):
            reason += ": keys are missing or invalid"
            return msgspec.json.decode(text, type=EarlierAcceptance)
    except msgspec.DecodeError as error:
        raise InputRefused(CODE, name, reason, REMEDY) from error
    if schema is not None:
        reason = f"is a record with the schema {schema}, not {name_schema('dossier')}"
    raise InputRefused(CODE, name, reason, REMEDY)


class Comparison(msgspec.Struct, frozen=True):
    """Changes, and the numbers of compared cases and patients, including those not comparable."""

    changes: tuple[AnswerChangeRecord, ...]
    compared: int
    not_compared: tuple[str, ...]
    added: int

    def as_record(self, earlier: EarlierAcceptance, file: InputFile) -> EarlierDossierRecord:
        """Return the record of the comparison."""
        return EarlierDossierRecord(
            file=file.file,
            sha256=file.sha256,
            version=earlier.version,
            commit=earlier.build.commit,
            compared=self.compared,
            not_compared=self.not_compared,
            added=self.added,
        )


def compare_earlier(
    earlier: EarlierAcceptance,
    cases: Sequence[AcceptedCaseRecord],
    book: Sequence[BookPatientRecord],
    grounds: Grounds,
) -> Comparison:
    """Compare every answer of the earlier record with the answer of this version."""
    now = {(case.group, case.id): case for case in cases}
    again = [case for case in earlier.cases if (case.group, case.id) in now]
    absent = tuple(case.id for case in earlier.cases if (case.group, case.id) not in now)
    changes: list[AnswerChangeRecord] = []
    for case in again:
        changes += _compare_case(case, now[case.group, case.id])
    for patient in each_counted(earlier.book, "fictitious patient"):
        changes += _compare_patient(patient, grounds)
    known = {patient.id for patient in earlier.book}
    added = len(cases) - len(again) + sum(patient.id not in known for patient in book)
    return Comparison(tuple(changes), len(again) + len(earlier.book), absent, added)


def _compare_case(before: EarlierCase, after: AcceptedCaseRecord) -> Iterator[AnswerChangeRecord]:
    was = sorted((file.role, file.sha256) for file in before.inputs)
    now = sorted((file.role, file.sha256) for file in after.inputs)
    differ = bool(was and now) and was != now  # a refused case has no list of files
    yield from _compare((after.group, after.id), before.answers, after.answers, files=differ)


def _compare_patient(patient: EarlierPatient, grounds: Grounds) -> Iterator[AnswerChangeRecord]:
    """Judge the facts of an earlier patient again; a patient who cannot be judged is a change."""
    try:
        facts = read_facts(patient.facts)
    except ValueError as error:
        answers = {"all answers": f"{NOT_JUDGED}: {error}"}
    else:
        answers = judge_patient(BookPatient(patient.id, facts), grounds)
    yield from _compare(("book", patient.id), patient.answers, answers, files=False)


def _compare(
    where: tuple[str, str], before: Mapping[str, str], after: Mapping[str, str], *, files: bool
) -> Iterator[AnswerChangeRecord]:
    group, id_ = where
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield AnswerChangeRecord(
                group=group, id=id_, name=name, before=was, after=now, files_changed=files
            )
