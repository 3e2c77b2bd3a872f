"""Site acceptance of the program, and changes of its answers: the record of `dossier`."""

from __future__ import annotations

from typing import Annotated

from fl_planner.basis.standing_words import RESEARCH_USE, ResearchUse
from fl_planner.record.declaration.part import (
    CaseId,
    Code,
    Count,
    FileName,
    RecordPart,
    Sha256,
    at_least,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, InputRecord, Version, name_schema
from fl_planner.record.trials import RuleRecord

OUTCOMES = ("passed", "differs", "refused")
PASSED, DIFFERS, REFUSED = OUTCOMES
UNKNOWN_COMMIT = "unknown"
NOT_JUDGED = "not judged"


class BuildRecord(RecordPart):
    """Source of the installed program."""

    commit: Annotated[str | None, says("Commit; null if unknown.")]
    changed: Annotated[
        bool | None, says("Whether files of the program differ from the commit; null if unknown.")
    ]
    source: Annotated[str, one_of("Source of the commit.", ("git", "release", UNKNOWN_COMMIT))]


Answers = Annotated[
    dict[str, Annotated[str, says("Answer as text; a number exactly as computed.")]],
    says("Answers by name: verdicts, routes, numbers."),
]
BookFacts = Annotated[
    dict[str, Annotated[tuple[str, ...], says("Value; several for a list of codes.")]],
    says("All known facts by name."),
]


class ComparedAnswerRecord(RecordPart):
    """Comparison of an answer with its expected value."""

    name: Annotated[str, says("Quantity, or question.")]
    expected: Annotated[str, says("Expected value.")]
    tolerance: Annotated[str | None, says("Largest accepted difference; absent for text.")] = None
    answer: Annotated[str | None, says("Answer from the program; null if there is none.")]
    outcome: Annotated[str, one_of("Outcome of the comparison.", OUTCOMES)]


class AcceptedCaseRecord(RecordPart):
    """Case of the acceptance run."""

    id: CaseId
    group: Annotated[str, one_of("Bundled case, or a case from the hospital.", ("bundled", "own"))]
    outcome: Annotated[
        str,
        one_of(
            "`passed` only if every comparison passed; `refused` if an answer is missing.", OUTCOMES
        ),
    ]
    compared: Annotated[tuple[ComparedAnswerRecord, ...], says("Comparisons.")]
    answers: Answers
    inputs: Annotated[tuple[InputRecord, ...], says("Input files, by base name and hash.")]
    code: Code | None = None
    reason: Annotated[str | None, says("Reason for a refusal.")] = None
    remedy: Annotated[str | None, says("Remedy.")] = None


class BookPatientRecord(RecordPart):
    """Fictitious patient, on one side of a limit of a trial."""

    id: Annotated[str, says("Trial, fact and value.")]
    facts: BookFacts
    answers: Answers


class AnswerChangeRecord(RecordPart):
    """Answer that differs between two versions."""

    group: Annotated[str, one_of("Source of the answer.", ("bundled", "own", "book"))]
    id: CaseId
    name: Annotated[str, says("Quantity, or question.")]
    before: Annotated[str | None, says("Previous answer; null if there was none.")]
    after: Annotated[str | None, says("Current answer; null if there is none.")]
    files_changed: Annotated[bool, says("Whether the input files of the case also differ.")]


class EarlierDossierRecord(RecordPart):
    """Earlier acceptance record with which the answers were compared."""

    file: FileName
    sha256: Sha256
    version: Version
    commit: Annotated[str | None, says("Commit; null if unknown.")]
    compared: Annotated[Count, says("Total number of cases and fictitious patients compared.")]
    not_compared: Annotated[
        tuple[str, ...], says("Cases in the earlier record that were not given again.")
    ]
    added: Annotated[
        Count, says("Total number of cases and fictitious patients without an earlier answer.")
    ]


class SignatureRecord(RecordPart):
    """Signature on the printed page; its fields remain empty in the record."""

    role: Annotated[str, says("Role of the person who signs.")]
    name: Annotated[str, says("Left blank.")] = ""
    date: Annotated[str, says("Left blank.")] = ""


class AcceptanceCountRecord(RecordPart):
    """Number of cases by outcome."""

    group: Annotated[str, one_of("Bundled cases, or the hospital's cases.", ("bundled", "own"))]
    passed: Count
    differs: Count
    refused: Count


class DossierRecord(AnswerRecord, tag_field="schema", tag=name_schema("dossier")):
    """Acceptance run at a site: answers of the program compared with expected values."""

    notice: ResearchUse = RESEARCH_USE
    build: BuildRecord
    as_of: Annotated[str | None, says("Assessment date, as given; null if none was given.")]
    outcome: Annotated[
        str,
        one_of(
            "`passed` only if every bundled case and every one of the hospital's cases passed.",
            OUTCOMES,
        ),
    ]
    counts: Annotated[tuple[AcceptanceCountRecord, ...], says("Cases by outcome."), at_least(2)]
    own_required: Annotated[Count, says("Number of the hospital's cases required for acceptance.")]
    own_different: Annotated[
        Count,
        says("Number of the hospital's cases from different patients; copies are counted once."),
    ]
    enough_own: Annotated[
        bool, says("Whether the required number of the hospital's cases was given.")
    ]
    reservations: Annotated[tuple[str, ...], says("Reservations about this run.")]
    cases: Annotated[tuple[AcceptedCaseRecord, ...], says("Cases, bundled ones first.")]
    book: Annotated[tuple[BookPatientRecord, ...], says("Fictitious patients.")]
    rules: Annotated[tuple[RuleRecord, ...], says("All protocols used, by hash.")]
    inputs: Annotated[tuple[InputRecord, ...], says("The table of cases, and the earlier record.")]
    earlier: EarlierDossierRecord | None
    changes: Annotated[
        tuple[AnswerChangeRecord, ...], says("Answers that differ from the earlier record.")
    ]
    schemas: Annotated[tuple[str, ...], says("Schemas of all records of this version.")]
    signatures: Annotated[
        tuple[SignatureRecord, ...], says("Signature lines, to be completed on paper.")
    ]
