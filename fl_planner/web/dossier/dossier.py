"""All that is said and asked of a case on the page, and what may be taken away of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_plain, as_unit
from fl_planner.basis.units import METHYLPREDNISOLONE_MG_IN_MG
from fl_planner.given.toml import as_toml
from fl_planner.intake.documents.new_case import parse_answer
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.planning.facts import state_case
from fl_planner.planning.next_question import list_open, try_answers
from fl_planner.planning.route.route import Question
from fl_planner.record.judgement import as_question
from fl_planner.report import words as say
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.questions import say_effects, say_question, say_tried
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS, FactKind
from fl_planner.trials.facts.quantities import (
    DAYS,
    QUANTITIES,
    RATIO_UNIT,
    UPPER_LIMITS,
    say_meaning,
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
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.sign_off import (
    SignedSheet,
    accept,
    add_begin,
    list_begins,
    list_findings,
    read_begin,
    read_day,
    read_name,
    sign,
    void_sign,
)

YES_NO = ("yes", "no")
WITH_OTHERS = "It counts together with other answers."


def list_questions(case: PlannedCase) -> list[dict[str, Any]]:
    """List what is to be asked: what could change the pathway first, then the most informative."""
    plan = case.plan
    deciding = {*plan.pathway.to_ask}
    asked = list_open(plan.judged, state_case(plan.case))
    ordered = sorted(asked, key=lambda one: one.key not in deciding)
    return [_describe(one, case, deciding=one.key in deciding) for one in ordered]


def try_question(case: PlannedCase, key: str) -> dict[str, Any]:
    """Tell what each answer to a question would do."""
    here, grounds = case.plan.judged, case.grounds
    tried = try_answers(key, here, lambda more: case.judge(more, grounds), grounds.as_of)
    told = [
        {"value": _value(one.given), "says": say_tried(one), "does": [*say_effects(here, one)]}
        for one in tried
    ]
    return {"key": key, "answers": told, "beside": "" if tried else WITH_OTHERS}


def _value(given: StatedValue) -> str:
    """Give an answer as its choice has it; a number is none."""
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
    settles = say.settled(record.criteria)
    return {
        "key": key,
        "says": say_question(record),
        "settles": settles,
        "deciding": deciding,
        "offered": None if record.computed is None else record.computed.says,
        **find_control(key, case),
    }


def say_value(value: StatedValue) -> str:
    """Say an answer as it was given."""
    match value:
        case bool():
            return say.YES_NO[value]
        case Amount():
            told = f"{as_plain(value.value)} {as_unit(value.unit)}".strip()
            return say.joined(told, value.drug, _day(value.date))
        case EarlierEmbolisation():
            return say.joined(value.kind or "yes", _day(value.date))
        case Fraction():
            return as_plain(value)
        case date():
            return value.isoformat()
        case str():
            return say.code(value)
    return say.numbered(say.code(find_trial_name(one)) for one in value)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_control(key: str, case: PlannedCase) -> dict[str, Any]:
    """Find how a question is answered: by a choice, a number with its unit, or a day."""
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
        choices = [("no", "no"), ("yes", "yes, kind not known"), *((one, one) for one in kinds)]
        return {"control": "choice", "choices": choices, "may_have_day": True}
    fact = FACTS[key]
    if fact.kind is FactKind.YES_NO:
        return {"control": "choice", "choices": [(one, one) for one in YES_NO]}
    if fact.kind is FactKind.WHOLE:
        return {"control": "whole"}
    several = fact.kind is FactKind.CODES
    choices = [(one, say.code(one)) for one in fact.codes]
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


EPOCH = (1980, 1, 1, 0, 0, 0)  # of members of a zip: it tells no time


def _csv(case: PlannedCase, _: str) -> bytes:
    from fl_planner.export.csv import write_csv
    from fl_planner.export.rows import PlanTables
    from fl_planner.export.save import require_trusted

    require_trusted(case.record, "CSV")
    return write_csv(PlanTables.of(case.record).plans).encode()


def _fhir(case: PlannedCase, name: str) -> bytes:
    from fl_planner.workup.exports import as_fhir

    return as_fhir(case.record, name)


def _report(case: PlannedCase, name: str) -> bytes:
    from fl_planner.workup.report import Report, make_report

    wanted = Report(Path(name), profile=case.words["profile"])
    return make_report(case.plan, case.record, wanted, case.growth)


def _dicom(case: PlannedCase, name: str) -> bytes:
    from fl_planner.export.save import require_trusted
    from fl_planner.formats.write import require_dicom
    from fl_planner.workup.exports import make_dicom, require_ct

    require_dicom()
    require_ct(case.request)
    require_trusted(case.record, name)
    return _packed(make_dicom(case.request, case.plan, case.record, case.words["profile"]))


def _segments(case: PlannedCase, _: str) -> bytes:
    from fl_planner.workup.files.slicer import MASKS_FILE, as_slicer

    return as_slicer(case.plan.case, case.request.limits)[MASKS_FILE]


def _niftis(case: PlannedCase, _: str) -> bytes:
    from fl_planner.workup.files.slicer import as_niftis

    return _packed(as_niftis(case.plan, case.request.limits))


def list_charts(case: PlannedCase) -> list[str]:
    """Name the charts that a case has: of growth, and of function."""
    function = case.record.function is not None and case.record.function.measured is not None
    return ["growth.svg"] * (case.growth is not None) + ["function.png"] * function


def draw_chart(case: PlannedCase, name: str) -> bytes:
    """Draw a chart as the report does, its limits in it; nothing where there is none."""
    if name not in list_charts(case):
        raise InputRefused("page.no_chart", name, "is not there", "reload the page")
    if case.growth is not None and name == "growth.svg":
        from fl_planner.report.picture.charts.growth import draw_growth

        return draw_growth(case.growth, Print("svg"))
    from fl_planner.report.page.render import draw_charts

    return draw_charts(case.plan, case.record, None)["function"]


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a zip, the same bytes each time."""
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(ZipInfo(name, EPOCH), content, ZIP_DEFLATED)
    return held.getvalue()


MAKERS: dict[str, Callable[[PlannedCase, str], bytes]] = {  # each name of `KINDS`
    "plan.json": lambda case, _: f"{case.as_json()}\n".encode(),
    "plan.csv": _csv,
    "plan.fhir.json": _fhir,
    "report.html": _report,
    "report.pdf": _report,
    "contact_sheet.png": lambda case, _: SignedSheet.of(case).png,
    "dicom.zip": _dicom,
    "masks.seg.nrrd": _segments,
    "masks.zip": _niftis,
    "case.toml": lambda case, _: case.text.content,
}


FACTS_TABLE = "facts"


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
        text = void_sign(self.case.text).with_entry(FACTS_TABLE, key, as_toml(value), said)
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
