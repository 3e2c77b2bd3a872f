"""What the picture of a plan says beneath its cuts, taken from the plan's record."""

from __future__ import annotations

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.planning.plan import Plan
from fl_planner.report.plan_record import say_interval
from fl_planner.report.record import DENOMINATORS, Record
from fl_planner.report.sections import Picture


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
        findings=plan.findings,
    )


def _numbers(record: Record) -> list[tuple[str, str]]:
    ml = record["volumes_ml"]
    of = DENOMINATORS[record["denominator"]]
    lines = [("Pathway by volume", record["pathway"]["headline"])]
    lines += [
        (words, as_ml(ml[name]))
        for words, name in (
            ("Whole liver (TLV)", "liver"),
            ("Tumour", "tumour"),
            ("Non-tumorous liver", "nontumorous_liver"),
        )
        if name in ml and (name == "liver" or "tumour" in ml)
    ]
    if "flr" in ml:
        share = f"{as_ml(ml['flr'])}, {record['flr_percent_shown']} % of the {of}"
        lines.append(("FLR", share + _interval(record, "flr")))
    if "untreated" in ml:
        share = f"{as_ml(ml['untreated'])}, {record['untreated_percent_shown']} % of the {of}"
        lines.append(("Outside the treated area", share + _interval(record, "untreated")))
    summary = record.get("lesion_summary")
    if summary:
        largest = summary.get("largest_axial_cm")
        size = f", largest {as_number(largest, (3, 4, 8))} cm (axial)" if largest else ""
        lines.append(("Lesions", f"{summary['count']}{size}"))
    return lines


def _interval(record: Record, name: str) -> str:
    return f" (95 of 100 readings: {say_interval(record, name)})"
