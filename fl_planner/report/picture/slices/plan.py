"""What the picture of a plan says beneath its cuts, taken from the plan's record."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record
from fl_planner.record.volumes import DENOMINATORS
from fl_planner.record.withdrawal_words import SEE, mark, say_accepted, warn
from fl_planner.report.findings import gather_alike
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.report.words import days_apart, interval


def as_picture(plan: Plan, record: Record) -> Picture:
    """Choose what the picture of a plan shows."""
    lesions = plan.measured.lesions
    largest = lesions.largest if lesions else None
    named = (plan.case.id, plan.case.operations[0].name)
    return Picture(
        plan.case.anatomy,
        remnant=plan.measured.remnant,
        image=plan.case.ct,
        lesion=largest.mask if largest else None,
        lesions=tuple(one.mask for one in lesions.items) if lesions else (),
        title=" · ".join(name for name in named if name) or None,
        numbers=tuple(_numbers(record)),
        findings=tuple(_findings(record)),
        not_to_use=warn(record),
    )


def _findings(record: Record) -> Iterator[Finding]:
    for one in gather_alike(record["findings"]):
        yield Finding(one.code, Severity(one.severity), one.message, one.file)


def _numbers(record: Record) -> list[tuple[str, str]]:
    ml = record["volumes_ml"]
    of = DENOMINATORS[record["denominator"]]
    lines = [("Pathway by volume", record["pathway"]["headline"] + say_accepted(record))]
    lines += [
        (words, _marked(record, as_ml(ml[name]), "volumes"))
        for words, name in (
            ("Whole liver (TLV)", "liver"),
            ("Tumour", "tumour"),
            ("Non-tumorous liver", "nontumorous_liver"),
        )
        if name in ml and (name == "liver" or "tumour" in ml)
    ]
    if "flr" in ml:
        share = f"{as_ml(ml['flr'])}, {record['flr_percent_shown']} % of the {of}"
        told = _marked(record, share + _interval(record, "flr"), "flr")
        lines.append(("FLR", told))
    if "untreated" in ml:
        share = f"{as_ml(ml['untreated'])}, {record['untreated_percent_shown']} % of the {of}"
        told = _marked(record, share + _interval(record, "untreated"), "untreated")
        lines.append(("Outside the treated area", told))
    lines += _function(record.get("function", {}))
    summary = record.get("lesion_summary")
    if summary:
        largest = summary.get("largest_axial_cm")
        size = f", largest {as_number(largest, (3, 4, 8))} cm (axial)" if largest else ""
        lines.append(("Lesions", _marked(record, f"{summary['count']}{size}", "lesions")))
    return lines


def _marked(record: Record, text: str, number: str) -> str:
    """Set behind a number why it is not to be used."""
    return "; ".join(part for part in (text, mark(record, number)) if part)


def _function(told: Record) -> list[tuple[str, str]]:
    """Tell the function that decides, and what a scintigraphy gave; nothing where none is known."""
    measured = told.get("measured", {})
    unusable = f"; {SEE}" if measured.get("usable") is False else ""
    lines = []
    if "shown" in told:
        typed = told["origin"] == "given"
        end = ", as typed" if typed else unusable
        lines.append(("FLR function", f"{told['shown']} %/min/m2{end}"))
    elif "flr_shown" in measured:
        lines.append(("FLR function", f"{measured['flr_shown']} %/min/m2{unusable}"))
    clearance, share = measured.get("clearance", {}), measured.get("share", {})
    parts = [f"clearance {clearance['shown']} %/min/m2"] if "shown" in clearance else []
    parts += [f"{share['percent_shown']} % of the counts in the FLR"] if share else []
    if parts:
        days = days_apart(told)
        apart = [f"CT and scintigraphy {days}"] if days else []
        lines.append(("Scintigraphy", "; ".join((*parts, *apart)) + unusable))
    return lines


def _interval(record: Record, name: str) -> str:
    return f" ({interval(record, name)})"
