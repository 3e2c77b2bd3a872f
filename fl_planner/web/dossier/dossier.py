"""Questions, entries and exports of a case on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.given.toml import as_toml, read_table
from fl_planner.intake.documents.case_file import CODE
from fl_planner.intake.documents.new_case import parse_answer
from fl_planner.intake.request.request import as_fact
from fl_planner.liver.names.structures import TreeName
from fl_planner.planning.withdrawal import TOUCHES
from fl_planner.report.plain_words import as_plain_words
from fl_planner.space.grid import Place
from fl_planner.trials.facts.quantities import describe_fact
from fl_planner.trials.statements import StatedValue
from fl_planner.web.dossier.case_form import change_case, describe_kept_of_ct, describe_removed
from fl_planner.web.dossier.exports import list_charts, list_hindrances
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.plans import without_accepted
from fl_planner.web.dossier.questions import format_value, list_keys, list_questions, try_question
from fl_planner.web.dossier.sign_off import (
    ACCEPTED,
    SignedSheet,
    accept,
    add_begin,
    add_point,
    find_signed_day,
    is_sign_off_void,
    list_accepted,
    list_begins,
    list_changed_files,
    list_findings,
    list_points,
    read_day,
    read_length,
    read_name,
    read_vessel_place,
    remove_point,
    require_same_files,
    sign,
    void_sign,
    withdraw,
)

FACTS_TABLE, CALLIPER = "facts", "largest_lesion"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """An entry on the page, with author and date.

    - `changed`: names of files that were other files when the case was planned before it.
    - `notes`: what was removed with what the entry replaces, and what it leaves to be checked.
    """

    says: str
    by: str
    on: str
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The entry with its notes, and with changed files."""
        files = f"changed since the case was planned before: {', '.join(self.changed)}"
        return "; ".join((self.says, *self.notes, *([files] if self.changed else [])))


class Dossier:
    """A case with its original state, later entries, and results."""

    def __init__(self, case: PlannedCase) -> None:
        self._cases = [case]
        self._steps: list[PageEntry] = []
        self._at = 0

    @property
    def case(self) -> PlannedCase:
        """The current case."""
        return self._cases[self._at]

    def answer(self, key: str, typed: str, by: str, on: str) -> None:
        """Record the answer to an open question, and plan the case with it.

        Raises `InputRefused`: `case.answer` with the key, `page.entry` and `page.identifying`.
        """
        self._require_asked(key)
        value = parse_answer(key, typed)
        self.case.request.stated.require_own_date(key, value)
        says = f"{describe_fact(key)}: {format_value(value)}"
        self._record(key, value, ("entered", says), by, on)

    def measure(self, mm: str, by: str, on: str) -> None:
        """Record a length as the largest lesion by calliper, and plan the case with it.

        Raises `InputRefused`: see `read_length`, and the errors of planning.
        """
        says = f"{describe_fact(CALLIPER)}: {mm} mm"
        self._record(CALLIPER, read_length(mm), ("measured", says), by, on)

    def _record(
        self, key: str, value: StatedValue, entry: tuple[str, str], by: str, on: str
    ) -> None:
        """Record a fact; warnings accepted with another value of it are to be accepted again.

        - `entry`: how the value was obtained, and the entry in words.
        """
        (how, says), who, day = entry, read_name(by), read_day(on)
        note = f"{how} on the page by {who}, {day}"
        text = void_sign(self.case.text).with_entry(FACTS_TABLE, key, as_toml(value), note)
        before = self.case.request.stated.values.get(key, value)
        if as_fact(key, before) != as_fact(key, value):
            text = without_accepted(text, kept=TOUCHES)
        self._answer_next(self.case.with_facts(text), PageEntry(says, who, day))

    def accept(self, code: str, why: str, by: str, on: str) -> None:
        """Accept a finding with a reason, and plan the case again from its files.

        Raises `InputRefused`: see `fl_planner.web.dossier.sign_off.accept`, and the errors of
        planning.
        """
        who, day = read_name(by), read_day(on)
        message = "; ".join(
            one["message"] for one in list_findings(self.case) if one["code"] == code
        )
        text = accept(self.case, code, why, who, day)
        self._confirm(text, PageEntry(f"accepted: {message}", who, day))

    def withdraw(self, code: str, by: str, on: str) -> None:
        """Withdraw the acceptance of a finding, and plan the case again from its files.

        Raises `InputRefused`: see `fl_planner.web.dossier.sign_off.withdraw`, and the errors of
        planning.
        """
        who, day = read_name(by), read_day(on)
        message = "; ".join(
            one["message"] for one in list_accepted(self.case) if one["code"] == code
        )
        text = withdraw(self.case, code)
        says = f"acceptance withdrawn: {message}"
        self._answer_next(self.case.anew(text), PageEntry(says, who, day))

    def sign(self, status: str, seen: str, despite: str, by: str, on: str) -> None:
        """Sign off a case with reader, status of the masks and contact sheet.

        - `seen`: SHA-256 of the reviewed sheet.
        - `despite`: codes of the findings shown as not accepted, separated by blanks.

        Raises `InputRefused`: see `fl_planner.web.dossier.sign_off.sign`, and the errors of
        planning.
        """
        who, day = read_name(by), read_day(on)
        text = sign(self.case, status, seen, despite.split(), who, day)
        self._confirm(text, PageEntry(f"masks recorded as {status}", who, day))

    def _confirm(self, text: CaseText, step: PageEntry) -> None:
        """Plan again with what a reader states on the current results.

        Raises `InputRefused`: `page.changed_file` if these are no longer the files of the results.
        """
        case = self.case.anew(text)
        require_same_files(self.case, case)
        self._answer_next(case, step)

    def begin(self, tree: str, at_mm: str, by: str, on: str) -> None:
        """Record the origin of a vessel tree, and plan the case again from its files.

        Raises `InputRefused`: see `read_vessel_place`, and the errors of planning.
        """
        self._place(add_begin, "origin of the {} tree at {}", (tree, at_mm), by, on)

    def point(self, tree: str, at_mm: str, by: str, on: str) -> None:
        """Record a point in a tree separated from a single label of all veins; plan the case again.

        Raises `InputRefused`: see `begin`.
        """
        self._place(add_point, "point in the {} tree at {}", (tree, at_mm), by, on)

    def remove_point(self, tree: str, at_mm: str, by: str, on: str) -> None:
        """Remove a point in a tree, and plan the case again.

        Raises `InputRefused`: see `begin`; `page.entry` if there is no such point.
        """
        self._place(remove_point, "removed: point in the {} tree at {}", (tree, at_mm), by, on)

    def _place(
        self,
        change: Callable[[CaseText, TreeName, Place, str], CaseText],
        says: str,
        where: tuple[str, str],
        by: str,
        on: str,
    ) -> None:
        """Change a place of a vessel tree, and plan again; see `_record` on accepted warnings."""
        name, place = read_vessel_place(*where)
        who, day = read_name(by), read_day(on)
        text = change(self.case.text, name, place, f"entered on the page by {who}, {day}")
        in_use = {one["tree"]: one["at_mm"] for one in list_begins(self.case)}.get(name, [])
        if change is not add_begin or in_use not in ([], [[*place]]):
            text = without_accepted(text, kept=TOUCHES)
        at = f"{', '.join(f'{mm:.0f}' for mm in place)} mm"
        self._answer_next(self.case.anew(text), PageEntry(says.format(name, at), who, day))

    def assess(self, day: str) -> None:
        """Set the assessment date, and plan the case again from its files.

        Raises `InputRefused`: `page.entry` for an invalid date, and the errors of planning.
        """
        typed = date.fromisoformat(read_day(day))
        text = self._with_day(void_sign(self.case.text), typed)
        case = replace(self.case, words={**self.case.words, "as_of": typed}).anew(text)
        self._answer_next(case, PageEntry(f"assessment date {typed.isoformat()}", "", ""))

    def adopt(self, text: CaseText) -> None:
        """Use a draft as the plan; in the case file it becomes the first plan.

        Raises `InputRefused`: the errors of planning.
        """
        self._answer_next(self.case.anew(text), PageEntry("draft cut used as the plan", "", ""))

    def compare(self, path: str, content: bytes) -> None:
        """Compare with the previous scan of another case.

        Raises `InputRefused`: see `PlannedCase.compare`.
        """
        earlier = CaseText(Path(path), content)
        case = self.case.compare(earlier)
        scan = f"the scan of {earlier.parse().reading.scanned_on}"  # without a date it is refused
        self._answer_next(case, PageEntry(f"compared with {scan}", "", ""))

    def change_form(self, before: str, after: str, as_of: date | None) -> None:
        """Plan with changed files, roles or facts; keep later entries.

        - `before`, `after`: the case files of the form as shown, and as sent.
        - `as_of`: assessment date, which a case file does not contain.

        Raises `InputRefused`: see `change_case`, and the errors of planning.
        """
        name = self.case.text.path.name
        tables = [read_table(text, CODE, name) for text in (before, after)]
        text = self._with_day(change_case(self.case, *tables), as_of)
        case = replace(self.case, words={**self.case.words, "as_of": as_of}).anew(text)
        notes = tuple(describe_kept_of_ct(text, *tables))
        self._answer_next(case, PageEntry("files, roles or facts changed", "", "", notes=notes))

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
        """Describe questions, entries, and whether entries can be undone or redone.

        - `undone`: the entry that was undone last; the page may not know an entry of another tab.
        """
        reading, as_of = self.case.request.reading, self.case.request.as_of
        made = self.case.request.embolisation
        return {
            "questions": list_questions(self.case),
            "begins": list_begins(self.case),
            "points": list_points(self.case),
            "steps": [{**asdict(step), "says": step.text} for step in self._steps[: self._at]],
            "undo": self._at > 0,
            "redo": self._at < len(self._cases) - 1,
            "undone": "".join(step.text for step in self._steps[self._at : self._at + 1]),
            "charts": list_charts(self.case),
            "hindrances": list_hindrances(self.case),
            "route": as_plain_words(self.case.plan.route.headline),
            "pathway": as_plain_words(self.case.plan.pathway.headline),
            "as_of": None if as_of is None else as_of.isoformat(),
            "embolised": "" if made is None else f"{made.kind}, {made.on.isoformat()}",
            "findings": list_findings(self.case),
            "accepted": list_accepted(self.case),
            "reading": {"reader": reading.reader, "status": reading.status},
            "signed_on": find_signed_day(self.case.text),
            "sign_off_void": is_sign_off_void(self.case.text),
        }

    def try_question(self, key: str) -> dict[str, Any]:
        """Describe the effect of each answer to an open question.

        Raises `InputRefused`: `page.entry` for any other question.
        """
        self._require_asked(key)
        return try_question(self.case, key)

    def _with_day(self, text: CaseText, day: date | None) -> CaseText:
        """Return the case file for an assessment date, which may replace another one."""
        if self.case.request.as_of in (None, day):
            return text
        return without_accepted(text, kept=TOUCHES)

    def _require_asked(self, key: str) -> None:
        if key not in list_keys(self.case):
            reason = "this question no longer applies to this case"
            raise InputRefused("page.entry", "question", reason, "reload the page")

    def _answer_next(self, case: PlannedCase, step: PageEntry) -> None:
        changed = list_changed_files(self.case, case)
        if changed and ACCEPTED in case.text.table:  # they were accepted on other files
            case = case.anew(without_accepted(void_sign(case.text)))
        notes = (*describe_removed(self.case, case.text, step.says), *step.notes)
        step = replace(step, changed=changed, notes=notes)  # numbers may differ for this alone
        self._cases = [*self._cases[: self._at + 1], case]
        self._steps = [*self._steps[: self._at], step]
        self._at += 1
