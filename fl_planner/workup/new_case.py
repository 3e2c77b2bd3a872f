"""Create a case file or a centre file, with known facts and missing information."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal, Protocol, get_args

from msgspec import structs

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import ends_in_toml
from fl_planner.export.save import check_output, save
from fl_planner.given.case import CaseTables
from fl_planner.given.kinds import name_option
from fl_planner.given.table import Words, of_words
from fl_planner.given.template import TOP, list_entries
from fl_planner.given.toml import as_toml
from fl_planner.intake.documents.centre_file import OFFICE, STATUSES, write_centre
from fl_planner.intake.documents.facts_file import read_facts
from fl_planner.intake.documents.new_case import (
    MEASURED,
    Draft,
    describe_answer,
    describe_fact,
    parse_answer,
    write_draft,
)
from fl_planner.intake.documents.protocols import read_grounds, read_trials
from fl_planner.intake.reading.files import list_named
from fl_planner.intake.reading.masks import require_scheme
from fl_planner.intake.request.request import Request
from fl_planner.planning.facts import state_diagnosis
from fl_planner.planning.full_route.route import OF_WOMEN, SEX, Question
from fl_planner.planning.judgement import Grounds
from fl_planner.planning.next_question import Open, list_open_questions
from fl_planner.record.over_time.new_case import (
    NewCaseRecord,
    NewCentreRecord,
    as_new_case,
    as_new_centre,
)
from fl_planner.trials.criterion import Centre, Offer, Reach, Trial
from fl_planner.trials.derive import require_judged
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.statements import Stated
from fl_planner.workup.request import make_request

STOP: Final = "stop"
NOT_OF_A_FILE = {"resample": False, "size_limit": 1, "as_of": None, "centre": None}
HELP = f'leave empty if unknown; "{STOP}" to end'


class Person(Protocol):
    """Interface to a person who answers questions."""

    def answer(self, question: str, /) -> str:
        """Return the answer to a question."""

    def hear(self, message: str, /) -> None:
        """Receive a message about an answer."""


@dataclass(frozen=True, slots=True)
class Interview:
    """Known facts of a patient during the questions.

    `measured` are keys answered by the masks; `passed` are keys left unanswered.
    """

    grounds: Grounds
    diagnosis: Diagnosis | None
    stated: Stated
    measured: frozenset[str]
    weight_kg: Fraction | None = None
    passed: frozenset[str] = frozenset()
    asked: int = 0

    def list_missing(self, *, again: bool = True) -> Open:
        """List the missing information; unanswered questions are included only with `again`."""
        stated = state_diagnosis(self.diagnosis, self.stated)
        skipped = self.measured if again else self.measured | self.passed
        return list_open_questions(stated, self.grounds, skipped, self.weight_kg)


def begin_case(
    out: Path, given: Words, person: Person | None, *, force: bool = False
) -> NewCaseRecord:
    """Write a case file of known facts and list the missing ones, after asking a person.

    Raises `InputRefused` if a case file cannot contain what was given, or cannot be written.
    """
    _check_given(out, given)
    check_output(out, force=force)
    words = {**given, **NOT_OF_A_FILE}
    request = make_request(None, words)
    require_scheme(request.files)
    known = _begin(given, request.weight_kg)
    if person is not None:
        known = interview(known, person)
    left = known.list_missing()
    questions = tuple(_with_those_of_women(left))
    entries = {**list_entries(of_words(CaseTables, words), out.parent), TOP: _head(given)}
    draft = Draft(out.name, entries, known.stated, questions)
    save(out, write_draft(draft).encode(), force=force)
    judged = structs.replace(left.judged, findings=(*left.judged.findings, *_find_doubts(request)))
    return as_new_case(out.name, judged, questions, asked=known.asked)


def _with_those_of_women(left: Open) -> Iterator[Question]:
    """List the questions of a file: those on women too, which a person is asked after the sex."""
    for question in left.questions:
        yield question
        if question.key == SEX:
            yield from (one for one in left.judged.route.questions if one.key in OF_WOMEN)


def _find_doubts(request: Request) -> Iterator[Finding]:
    """Find missing files, and a label map without a scheme."""
    files = request.files
    for path in list_named(request):
        if isinstance(path, Path) and not path.exists():
            message = f"{path.name}: the file does not exist yet; fl-planner plan requires it"
            yield Finding("new_case.no_file", Severity.WARNING, message, path.name)
    if files.label_map is not None and files.scheme is None:
        name = files.label_map.name
        message = (
            f"{name}: no scheme was given; numbers are read as Couinaud segments 1 to 8 unless the "
            "file contains segment names; for any other numbering, give --scheme NAME"
        )
        yield Finding("new_case.no_scheme", Severity.INFO, message, name)


def interview(known: Interview, person: Person) -> Interview:
    """Ask until no information is missing, facts contradict each other, or the person ends."""
    begun = known.stated  # of a file, with its date of all blood tests
    while (left := known.list_missing(again=False)).questions:
        question = left.questions[0]
        key = str(question.key)
        entered = person.answer(_format_question(question, len(left.questions))).strip()
        if entered.lower() == STOP:
            return known
        if not entered:
            known = replace(known, passed=known.passed | {key})
            continue
        try:
            value = parse_answer(key, entered)
            begun.require_own_date(key, value)
            require_judged(Stated({key: value}), known.grounds.trials)
        except InputRefused as wrong:
            person.hear(str(wrong))
            continue
        stated = known.stated.overlaid(Stated({key: value}))
        known = replace(known, stated=stated, asked=known.asked + 1)
    if left.contradicted:
        codes = sorted(
            {f.code for f in left.judged.findings if f.code.startswith("contradiction.")}
        )
        person.hear(f"no further questions: these facts contradict each other ({', '.join(codes)})")
    return known


def _format_question(question: Question, left: int) -> str:
    key, computed = str(question.key), question.computed
    offered = "" if computed is None else f"\n  {computed.says} by entering it"
    return (
        f"{describe_fact(key)} [{question.asked_of}; questions left: {left}]\n"
        f"  {key}: {describe_answer(key)} ({HELP})" + offered
    )


def _check_given(out: Path, given: Words) -> None:
    if not ends_in_toml(out.name):
        reason = "the name of a case file must end in .toml"
        raise InputRefused("usage.wrong", out.name, reason, "use a name such as case.toml")
    for first, other in (("tumour", "no_tumour"), ("flr", "resected")):
        if given[first] and given[other]:
            reason = f"cannot be combined with {name_option(first)}"
            raise InputRefused("usage.wrong", name_option(other), reason, "give only one of them")


def _begin(given: Words, weight_kg: Fraction | None) -> Interview:
    grounds, _ = read_grounds(given["trials"], given["centre"], given["as_of"])
    stated = read_facts(given["answers"]) if given["answers"] else Stated()
    measured = {key for role, keys in MEASURED.items() if given[role] for key in keys}
    if given["no_tumour"]:
        measured.add("tumour_volume")
    return Interview(grounds, given["diagnosis"], stated, frozenset(measured), weight_kg)


def _head(given: Words) -> dict[str, str]:
    head = {"id": given["case_id"], "diagnosis": given["diagnosis"]}
    return {key: as_toml(value) for key, value in head.items() if value is not None}


NAME = "Name of the centre, printed as given"
REACHES: tuple[Reach, ...] = get_args(Reach)
DAY = "Date on which the list of trials was last checked (YYYY-MM-DD)"


def is_fact(key: str) -> bool:
    """Whether a case file has this key under `[facts]`."""
    return key in INPUT_NAMES


def begin_centre(
    out: Path, given: Mapping[str, object], person: Person | None, *, force: bool = False
) -> NewCentreRecord:
    """Write a centre file and list the unanswered trials, after asking a person.

    - `given`: `name`, `as_of`, and `trials`, a folder of trials in addition to the bundled ones.

    Raises `InputRefused`: `usage.wrong` if the name or the date is missing, or for another
    extension of `out`; see also `check_output` and `read_trials`.
    """
    if not ends_in_toml(out.name):
        reason = f"the name {out.name} does not end in .toml"
        raise InputRefused("usage.wrong", "--out", reason, "use a name such as centre.toml")
    check_output(out, force=force)
    folder = given["trials"]
    trials, _ = read_trials(folder if isinstance(folder, Path) else None)
    name = given["name"] or (None if person is None else person.answer(NAME).strip())
    as_of = given["as_of"] or _ask_day(person)
    if not isinstance(name, str) or not name.strip():
        raise InputRefused(
            "usage.wrong", "--name", "the name of the centre is missing", 'give --name "Site 7"'
        )
    if not isinstance(as_of, date):
        reason = "the date on which the list of trials was last checked is missing"
        raise InputRefused("usage.wrong", "--as-of", reason, "give it, such as --as-of 2026-11-01")
    centre = Centre(name, as_of, {} if person is None else _interview(trials, person))
    save(out, write_centre(out.name, centre, trials).encode(), force=force)
    return as_new_centre(out.name, centre, trials)


def _ask_day(person: Person | None) -> date | None:
    while person is not None and (entered := person.answer(DAY).strip()):
        try:
            return date.fromisoformat(entered)
        except ValueError:
            person.hear(f"{entered!r} is not a date in the form 2026-11-01")
    return None


def _interview(trials: Sequence[Trial], person: Person) -> dict[str, Offer]:
    """Ask about each trial, until all are answered or the person ends."""
    offers: dict[str, Offer] = {}
    for number, trial in enumerate(trials):
        status = _ask_status(trial, len(trials) - number, person)
        if status == STOP:
            break
        if status is not None:
            contact = person.answer(f"  contact: {OFFICE} (leave empty if none)").strip()
            where = ""
            if status == "referral":
                where = person.answer("  where: the other centre (leave empty if none)").strip()
            offers[trial.id] = Offer(status, contact or None, where or None)
    return offers


def _ask_status(trial: Trial, left: int, person: Person) -> Reach | Literal["stop"] | None:
    question = (
        f'{trial.called} [trials left: {left}]\n  {STATUSES} (leave empty to omit; "{STOP}" to end)'
    )
    while entered := person.answer(question).strip().lower():
        if entered == STOP:
            return STOP
        for known in REACHES:
            if entered == known:
                return known
        person.hear(f"{entered!r} is not one of {', '.join(REACHES)}")
    return None
