"""Questions, entries and exports of a case on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_plain, as_unit
from fl_planner.basis.units import METHYLPREDNISOLONE_MG_IN_MG
from fl_planner.given.facts import YES_NO_FACTS
from fl_planner.given.toml import as_toml
from fl_planner.intake.documents.new_case import parse_answer
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.planning.facts import state_case
from fl_planner.planning.next_question import list_open, try_answers
from fl_planner.planning.route.route import Question
from fl_planner.record.judgement import as_question
from fl_planner.report import words
from fl_planner.report.questions import describe_effects, describe_question, describe_tried
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS, FactKind
from fl_planner.trials.facts.quantities import (
    DAYS,
    QUANTITIES,
    RATIO_UNIT,
    UPPER_LIMITS,
    describe_fact,
)
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISATION_KINDS,
    EMBOLISED,
    RADIOEMBOLISED,
    Amount,
    EarlierEmbolisation,
    StatedValue,
)
from fl_planner.web.dossier.exports import list_charts
from fl_planner.web.dossier.hindrances import list_hindrances
from fl_planner.web.dossier.merge import merge_entries
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.sign_off import (
    SignedSheet,
    accept,
    add_begin,
    list_begins,
    list_findings,
    read_begin,
    read_day,
    read_length,
    read_name,
    sign,
    void_sign,
)

YES_NO = ("yes", "no")
WITH_OTHERS = "The effect depends on other missing answers."


def list_questions(case: PlannedCase) -> list[dict[str, Any]]:
    """List the questions: those that could change the pathway first, then the most informative."""
    plan = case.plan
    deciding = {*plan.pathway.to_ask}
    asked = list_open(plan.judged, state_case(plan.case))
    ordered = sorted(asked, key=lambda question: question.key not in deciding)
    return [_describe(each, case, deciding=each.key in deciding) for each in ordered]


def try_question(case: PlannedCase, key: str) -> dict[str, Any]:
    """Describe the effect of each answer to a question."""
    here, grounds = case.plan.judged, case.grounds
    tried = try_answers(key, here, lambda more: case.judge(more, grounds), grounds.as_of)
    answers = [
        {
            "value": _value(each.given),
            "says": describe_tried(each),
            "does": [*describe_effects(here, each)],
        }
        for each in tried
    ]
    return {"key": key, "answers": answers, "beside": "" if tried else WITH_OTHERS}


def _value(given: StatedValue) -> str:
    """Return an answer as the value of its choice; empty for a number."""
    match given:
        case bool():
            return YES_NO[not given]
        case str():
            return given
        case EarlierEmbolisation():
            return str(given.kind)
        case (one,):
            return str(one)
    return ""


def _describe(question: Question, case: PlannedCase, *, deciding: bool) -> dict[str, Any]:
    record = as_question(question)
    key = str(question.key)
    settles = words.settled(record.criteria)
    return {
        "key": key,
        "says": describe_question(record),
        "settles": settles,
        "deciding": deciding,
        "offered": None if record.computed is None else record.computed.says,
        **find_control(key, case),
    }


def format_value(value: StatedValue) -> str:
    """Format an answer."""
    match value:
        case bool():
            return words.YES_NO[value]
        case Amount():
            amount = f"{as_plain(value.value)} {as_unit(value.unit)}".strip()
            return words.joined(amount, value.drug, _day(value.date))
        case EarlierEmbolisation():
            return words.joined(value.kind or "yes", _day(value.date))
        case Fraction():
            return as_plain(value)
        case date():
            return value.isoformat()
        case str():
            return words.code(value)
    return words.numbered(words.code(find_trial_name(one)) for one in value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_control(key: str, case: PlannedCase) -> dict[str, Any]:
    """Return the input of a question: a choice, a number with its unit, or a date."""
    if key in QUANTITIES or key in UPPER_LIMITS:
        return _amount(key)
    if key in DAYS:
        return {"control": "day"}
    if key in LISTS_OF_TRIALS:
        ids = (one.trial.id for one in case.plan.judged.judgements)
        return {"control": "several", "choices": [(one, find_trial_name(one)) for one in ids]}
    if key == RADIOEMBOLISED:
        choices = [(one, one) for one in YES_NO]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    if key == EMBOLISED:
        kinds = [kind for kind, of in EMBOLISATION_KINDS.items() if kind == of]
        choices = [("no", "no"), ("yes", "yes, method unknown"), *((one, one) for one in kinds)]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    fact = FACTS[key]
    if fact.kind is FactKind.YES_NO:
        return {"control": "choice", "choices": [(one, one) for one in YES_NO]}
    if fact.kind is FactKind.WHOLE:
        return {"control": "whole"}
    several = fact.kind is FactKind.CODES
    choices = [(one, words.code(one)) for one in fact.codes]
    return {"control": "several" if several else "choice", "choices": choices}


def _amount(key: str) -> dict[str, Any]:
    quantity = QUANTITIES.get(key) or UPPER_LIMITS[key]
    units = [*quantity.units]
    if quantity.takes_ratio and key == quantity.name:
        units.append(RATIO_UNIT)
    drugs = [*METHYLPREDNISOLONE_MG_IN_MG] if key == DRUG_KEY else []
    dated = quantity.is_laboratory and key == quantity.name
    shown = [(unit, as_unit(unit) or "no unit (1)") for unit in units]
    return {"control": "amount", "units": shown, "may_have_day": dated, "drugs": drugs}


FACTS_TABLE, CALLIPER = "facts", "largest_lesion"
NO_FORM = "the case was opened from a case file, not from files with roles"


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The form of the files of a case, as it was confirmed.

    - `answers`: roles, patient and facts, as the page sends them.
    - `text`: the case file written from them.
    - `as_of`: assessment date, which no case file contains.
    """

    answers: Mapping[str, Any]
    text: CaseText
    as_of: date | None


@dataclass(frozen=True, slots=True)
class PageEntry:
    """An entry on the page, with author and date."""

    says: str
    by: str
    on: str


class Dossier:
    """A case as opened, the entries made since, and the results.

    - `form`: the form from which its case file was written; None for a given case file.
    """

    def __init__(self, case: PlannedCase, form: FilledForm | None = None) -> None:
        self._cases = [case]
        self._forms = [form]
        self._steps: list[PageEntry] = []
        self._at = 0

    @property
    def case(self) -> PlannedCase:
        """The current case."""
        return self._cases[self._at]

    def answer(self, key: str, typed: str, by: str, on: str) -> None:
        """Use an answer to an unanswered question, and plan the case with it.

        Raises `InputRefused`: `case.answer` with the key, `page.entry` and `page.identifying`.
        """
        self._require_asked(key)
        value = parse_answer(key, typed)
        who, day = read_name(by), read_day(on)
        note = f"entered on the page by {who}, {day}"
        text = void_sign(self.case.text).with_entry(FACTS_TABLE, key, as_toml(value), note)
        says = f"{describe_fact(key)}: {format_value(value)}"
        self._answer_next(self.case.with_facts(text), PageEntry(says, who, day))

    def measure(self, mm: str, by: str, on: str) -> None:
        """Record a length as the largest lesion by calliper, and plan the case with it.

        Raises `InputRefused`: as `read_length`, and as planning.
        """
        length = read_length(mm)
        who, day = read_name(by), read_day(on)
        note = f"measured on the page by {who}, {day}"
        text = void_sign(self.case.text).with_entry(FACTS_TABLE, CALLIPER, as_toml(length), note)
        says = f"{describe_fact(CALLIPER)}: {mm} mm"
        self._answer_next(self.case.with_facts(text), PageEntry(says, who, day))

    def accept(self, code: str, why: str, by: str, on: str) -> None:
        """Accept a finding with a reason, and plan the case again from its files.

        Raises `InputRefused`: as `fl_planner.web.dossier.sign_off.accept`, and as planning.
        """
        who, day = read_name(by), read_day(on)
        said = "; ".join(one["message"] for one in list_findings(self.case) if one["code"] == code)
        text = accept(self.case, code, why, who, day)
        self._answer_next(self.case.anew(text), PageEntry(f"accepted: {said}", who, day))

    def sign(self, status: str, seen: str, despite: str, by: str, on: str) -> None:
        """Sign off a case with reader, status of the masks and contact sheet.

        - `seen`: SHA-256 of the reviewed sheet.
        - `despite`: codes of the findings shown as not accepted, separated by blanks.

        Raises `InputRefused`: as `fl_planner.web.dossier.sign_off.sign`, and as planning.
        """
        who, day = read_name(by), read_day(on)
        text = sign(self.case, status, seen, despite.split(), who, day)
        self._answer_next(self.case.anew(text), PageEntry(f"signed off: {status}", who, day))

    def begin(self, tree: str, at_mm: str, by: str, on: str) -> None:
        """Record the origin of a vessel tree, and plan the case again from its files.

        Raises `InputRefused`: as `read_begin`, and as planning.
        """
        name, place = read_begin(tree, at_mm)
        who, day = read_name(by), read_day(on)
        note = f"entered on the page by {who}, {day}"
        text = add_begin(self.case.text, name, place, note)
        where = ", ".join(f"{mm:.0f}" for mm in place)
        says = f"origin of the {name} tree at {where} mm"
        self._answer_next(self.case.anew(text), PageEntry(says, who, day))

    def assess(self, day: str) -> None:
        """Set the assessment date, and plan the case again from its files.

        Raises `InputRefused`: `page.entry` for an invalid date, and as planning.
        """
        typed = date.fromisoformat(read_day(day))
        text = void_sign(self.case.text)
        case = replace(self.case, text=text).assessed_on(typed)
        self._answer_next(case, PageEntry(f"assessment date {typed.isoformat()}", "", ""))

    def adopt(self, text: CaseText) -> None:
        """Use a draft as the plan, with the case file that has it first.

        Raises `InputRefused`: as planning.
        """
        self._answer_next(self.case.anew(text), PageEntry("plan: draft cut", "", ""))

    def compare(self, path: str, content: bytes) -> None:
        """Compare with the previous scan of another case.

        Raises `InputRefused`: as `PlannedCase.compare`.
        """
        case = self.case.compare(CaseText(Path(path), content))
        self._answer_next(case, PageEntry("compared with a previous scan", "", ""))

    def change_form(self, form: FilledForm) -> None:
        """Plan with changed files, roles or facts; what was entered since is kept.

        Raises `InputRefused`: `page.entry` for a given case file, and as planning.
        """
        before = self._forms[self._at]
        if before is None:
            raise InputRefused("page.entry", "files", NO_FORM, "edit the case file, then reopen it")
        shown = before.text  # what the form wrote if nothing were changed in it
        for key, value in self._yes_no().items():
            shown = shown.with_entry(FACTS_TABLE, key, as_toml(value))
        merged = merge_entries(shown.text, self.case.text.text, form.text.text)
        text = void_sign(CaseText(form.text.path, merged.encode()))
        text = text.without_entry("imaging", "sha256")  # of the files that were signed off
        words = {**self.case.words, "as_of": form.as_of}
        case = replace(self.case, words=words).anew(text)
        self._answer_next(case, PageEntry("files, roles or facts changed", "", ""), form)

    def fill(self) -> dict[str, Any] | None:
        """Describe the form with its current values; None for a given case file."""
        form = self._forms[self._at]
        if form is None:
            return None
        known = self._yes_no()
        entered = {o: YES_NO[not known[key]] for o, key in YES_NO_FACTS.items() if key in known}
        as_of = self.case.request.as_of
        day = "" if as_of is None else as_of.isoformat()
        return {**form.answers, "facts": entered, "as_of": day}

    def _yes_no(self) -> dict[str, bool]:
        """Return the facts that the form asks for, as they are in the case file."""
        facts = self.case.text.table.get(FACTS_TABLE, {})
        return {
            key: facts[key] for key in YES_NO_FACTS.values() if isinstance(facts.get(key), bool)
        }

    def sheet(self) -> SignedSheet:
        """Draw the contact sheet of the current case."""
        return SignedSheet.of(self.case)

    def undo(self) -> None:
        """Undo the last entry."""
        self._at = max(self._at - 1, 0)

    def redo(self) -> None:
        """Redo the last undone entry."""
        self._at = min(self._at + 1, len(self._cases) - 1)

    def describe(self) -> dict[str, Any]:
        """Describe questions, entries and whether these can be undone."""
        reading, as_of = self.case.request.reading, self.case.request.as_of
        return {
            "questions": list_questions(self.case),
            "begins": list_begins(self.case),
            "steps": [
                {"says": step.says, "by": step.by, "on": step.on}
                for step in self._steps[: self._at]
            ],
            "undo": self._at > 0,
            "redo": self._at < len(self._cases) - 1,
            "charts": list_charts(self.case),
            "hindrances": list_hindrances(self.case),
            "route": self.case.plan.route.headline,
            "as_of": None if as_of is None else as_of.isoformat(),
            "editable": self._forms[self._at] is not None,
            "files": [
                {"role": file.role, "file": file.file} for file in self.case.plan.case.inputs
            ],
            "findings": list_findings(self.case),
            "reading": {"reader": reading.reader, "status": reading.status},
        }

    def try_question(self, key: str) -> dict[str, Any]:
        """Describe the effect of each answer to an unanswered question.

        Raises `InputRefused`: `page.entry` for any other question.
        """
        self._require_asked(key)
        return try_question(self.case, key)

    def _require_asked(self, key: str) -> None:
        if key not in {question["key"] for question in list_questions(self.case)}:
            reason = "the question is no longer required for this case"
            raise InputRefused("page.entry", "question", reason, "reload the page")

    def _answer_next(
        self, case: PlannedCase, step: PageEntry, form: FilledForm | None = None
    ) -> None:
        self._forms = [*self._forms[: self._at + 1], form or self._forms[self._at]]
        self._cases = [*self._cases[: self._at + 1], case]
        self._steps = [*self._steps[: self._at], step]
        self._at += 1
