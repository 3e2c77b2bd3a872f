"""All that is said of a case on the page, step by step; each step can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.new_case import as_toml, parse_answer
from fl_planner.trials.facts.meaning import say_meaning
from fl_planner.web.dossier.away import list_charts
from fl_planner.web.dossier.begins import add_begin, list_begins, read_begin
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.web.dossier.entries import read_day, read_name
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.questions import list_questions, say_value, try_question
from fl_planner.web.dossier.sign_off import SignedSheet, accept, list_findings, sign, void_sign

FACTS = "facts"


@dataclass(frozen=True, slots=True)
class SaidStep:
    """One thing that was said: what, by whom, and on which day."""

    says: str
    by: str
    on: str


class Dossier:
    """A case as it was brought, what was said of it since, and what it comes to."""

    def __init__(self, case: PlannedCase) -> None:
        self._cases = [case]
        self._steps: list[SaidStep] = []
        self._at = 0

    @property
    def case(self) -> PlannedCase:
        """The case as it stands."""
        return self._cases[self._at]

    def answer(self, key: str, typed: str, by: str, on: str) -> None:
        """Use an answer to an open question, and plan the case with it.

        Raises `InputRefused`: `case.answer` naming the key, `page.entry` and `page.identifying`.
        """
        self._require_asked(key)
        value = parse_answer(key, typed)
        who, day = read_name(by), read_day(on)
        said = f"said on the page by {who}, {day}"
        text = void_sign(self.case.text).with_entry(FACTS, key, as_toml(value), said)
        says = f"{say_meaning(key)}: {say_value(value)}"
        self._go_on(self.case.with_facts(text), SaidStep(says, who, day))

    def accept(self, code: str, why: str, by: str, on: str) -> None:
        """Accept a finding with a reason, and plan the case again from its files.

        Raises `InputRefused`: as `fl_planner.web.dossier.sign_off.accept`, and as planning.
        """
        who, day = read_name(by), read_day(on)
        text = accept(self.case, code, why, who, day)
        self._go_on(self.case.anew(text), SaidStep(f"accepted: {code}", who, day))

    def sign(self, status: str, seen: str, by: str, on: str) -> None:
        """Sign off a case: who read it, how far it was checked, and the sheet that was looked at.

        - `seen`: SHA-256 of that sheet.

        Raises `InputRefused`: as `fl_planner.web.dossier.sign_off.sign`, and as planning.
        """
        who, day = read_name(by), read_day(on)
        text = sign(self.case, status, seen, who, day)
        self._go_on(self.case.anew(text), SaidStep(f"signed off: {status}", who, day))

    def begin(self, tree: str, at_mm: str, by: str, on: str) -> None:
        """Say where a vessel tree begins, and plan the case again from its files.

        Raises `InputRefused`: as `read_begin`, and as planning.
        """
        name, place = read_begin(tree, at_mm)
        who, day = read_name(by), read_day(on)
        said = f"said on the page by {who}, {day}"
        text = add_begin(self.case.text, name, place, said)
        where = ", ".join(f"{mm:.0f}" for mm in place)
        says = f"the {name} tree begins at {where} mm"
        self._go_on(self.case.anew(text), SaidStep(says, who, day))

    def set_beside(self, path: str, content: bytes) -> None:
        """Set the scan of another case before this one.

        Raises `InputRefused`: as `PlannedCase.beside`.
        """
        case = self.case.beside(CaseText(Path(path), content))
        self._go_on(case, SaidStep("an earlier scan set beside", "", ""))

    def sheet(self) -> SignedSheet:
        """Draw the contact sheet of the case as it stands."""
        return SignedSheet.of(self.case)

    def undo(self) -> None:
        """Take the last step back."""
        self._at = max(self._at - 1, 0)

    def redo(self) -> None:
        """Do once more what was taken back."""
        self._at = min(self._at + 1, len(self._cases) - 1)

    def tell(self) -> dict[str, Any]:
        """Tell the page what is open, what was said, and whether it can be taken back."""
        reading = self.case.request.reading
        return {
            "questions": list_questions(self.case),
            "begins": list_begins(self.case),
            "steps": [
                {"says": one.says, "by": one.by, "on": one.on} for one in self._steps[: self._at]
            ],
            "undo": self._at > 0,
            "redo": self._at < len(self._cases) - 1,
            "charts": list_charts(self.case),
            "route": self.case.plan.route.headline,
            "findings": list_findings(self.case),
            "reading": {"reader": reading.reader, "status": reading.status},
        }

    def try_question(self, key: str) -> dict[str, Any]:
        """Tell what each answer to an open question would do.

        Raises `InputRefused`: `page.entry` for one that is not open.
        """
        self._require_asked(key)
        return try_question(self.case, key)

    def _require_asked(self, key: str) -> None:
        if key not in {one["key"] for one in list_questions(self.case)}:
            reason = "is not asked of this case any more"
            raise InputRefused("page.entry", "question", reason, "reload the page")

    def _go_on(self, case: PlannedCase, step: SaidStep) -> None:
        self._cases = [*self._cases[: self._at + 1], case]
        self._steps = [*self._steps[: self._at], step]
        self._at += 1
