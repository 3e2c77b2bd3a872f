"""What the picture of a plan says beneath its cuts, taken from the plan's record."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.planning.plan import Plan
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import SEE, mark, say_accepted, warn
from fl_planner.report.findings import gather_alike
from fl_planner.report.picture.slices.calliper import find_calliper
from fl_planner.report.picture.slices.plan_vessels import draw_lost, list_marks
from fl_planner.report.picture.slices.sections import Picture, say_lesion
from fl_planner.report.picture.stamp import as_stamp
from fl_planner.report.words import days_apart, interval


def as_picture(plan: Plan, record: PlanRecord) -> Picture:
    """Choose what the picture of a plan shows."""
    lesions = plan.measured.lesions
    largest = lesions.largest if lesions else None
    size = _size(record)
    return Picture(
        plan.case.anatomy,
        remnant=plan.measured.remnant,
        image=plan.case.ct,
        lesion=largest.mask if largest else None,
        lesions=tuple(one.mask for one in lesions.items) if lesions else (),
        calliper=find_calliper(
            largest.mask,
            largest.number,
            f"diameter of {say_lesion(largest.number)} by mask: {size}",
        )
        if largest
        else None,
        lost=draw_lost(plan, record),
        marks=list_marks(plan, record),
        stamp=as_stamp(record),
        numbers=tuple(_numbers(record)),
        findings=tuple(_findings(record)),
        not_to_use=warn(record),
    )


def _findings(record: PlanRecord) -> Iterator[Finding]:
    for one in gather_alike(record.findings):
        yield Finding(one.code, Severity(one.severity), one.message, one.file)


def _numbers(record: PlanRecord) -> list[tuple[str, str]]:
    volumes = record.volumes
    ml = volumes.volumes_ml
    lines = [("Pathway by volume", record.judged.pathway.headline + say_accepted(record))]
    parts = [("Whole liver (TLV)", ml.liver)]
    if ml.tumour is not None:
        parts += [("Tumour", ml.tumour), ("Non-tumorous liver", ml.nontumorous_liver)]
    lines += [(words, _marked(record, as_ml(each), "volumes")) for words, each in parts]
    for name, words in (("flr", "FLR"), ("untreated", "Outside the treated area")):
        found = volumes.find_share(name)
        if found is not None:
            share = f"{as_ml(found[0])}, {found[1].shown} % of the {volumes.whole}"
            told = f"{share} ({interval(record, name)})"
            lines.append((words, _marked(record, told, name)))
    lines += _function(record.function or RemnantFunctionRecord())
    summary = record.tumour.lesion_summary
    if summary is not None:
        size = _size(record)
        told = f"{summary.count}, largest {size} (axial)" if size else f"{summary.count}"
        lines.append(("Lesions", _marked(record, told, "lesions")))
    return lines


def _size(record: PlanRecord) -> str:
    """Say how large the largest lesion is; nothing where none was drawn."""
    summary = record.tumour.lesion_summary
    largest = summary.largest_axial_cm if summary else None
    return f"{as_number(largest, (3, 4, 8))} cm" if largest else ""


def _marked(record: PlanRecord, text: str, number: str) -> str:
    """Set behind a number why it is not to be used."""
    return "; ".join(part for part in (text, mark(record, number)) if part)


def _function(told: RemnantFunctionRecord) -> Iterator[tuple[str, str]]:
    """Tell the function that decides, and what a scintigraphy gave; nothing where none is known."""
    unusable = f"; {SEE}" if told.unusable else ""
    if told.known is not None:
        end = ", as typed" if told.origin == "given" else unusable
        yield "FLR function", f"{told.known} %/min/m2{end}"
    parts = [f"clearance {told.clearance} %/min/m2"] if told.clearance else []
    parts += [f"{told.share} % of the counts in the FLR"] if told.share else []
    if parts:
        days = told.ct_to_scintigraphy_days
        apart = [] if days is None else [f"CT and scintigraphy {days_apart(days)}"]
        yield "Scintigraphy", "; ".join((*parts, *apart)) + unusable
