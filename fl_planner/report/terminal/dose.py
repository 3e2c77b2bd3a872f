"""A dose as lines that fit 80 columns: the lung dose first, then limits by their names."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.glossary import COUNTING_INTERVAL
from fl_planner.basis.shown import as_ml, as_most, as_number
from fl_planner.intake.documents.bundled_trials import find_trial_name
from fl_planner.record.declaration.values import list_values
from fl_planner.record.dose.answer import DoseRecord, LungDoseRecord
from fl_planner.record.dose.dose import ComputedDoseRecord, TreatedVolumesRecord
from fl_planner.record.dose.limits import DoseLimitRecord
from fl_planner.record.dose.model import (
    DosesRecord,
    LungShuntRecord,
    MassesRecord,
    TumourToNormalRecord,
)
from fl_planner.report.terminal.table import finding_rows, inset, notice, wide_table

WHOSE = {"session": "usual for one session", "resin_label": "label of resin spheres"}  # a limit
LUNGS_BY = {"ct": "by CT", "default": "the default", "given": "as given"}
ORIGINS = {"given": "as given", "planar": "planar MAA", "spect_ct": "MAA SPECT/CT"}


def dose_table(record: DoseRecord, *, verbose: bool = False) -> RenderableType:
    """Show the record of `dose`."""
    return Group(
        *finding_rows(record.findings, verbose=verbose),
        *dose_rows(record.dose),
        notice(record.notice),
    )


def dose_rows(told: LungDoseRecord) -> Iterable[RenderableType]:
    """Show a lung dose; what was computed stands beside one that was typed."""
    yield Text("Dose of a radioembolisation", style="bold")
    if told.shown is not None:
        origin = "as given" if told.origin == "given" else "computed"
        line = f"  lung dose {told.shown} Gy when the tumour gets 150 Gy"
        yield Text.assemble((line, "bold"), f", {origin}")
    else:
        yield Text("  lung dose when the tumour gets 150 Gy: unknown")
    if told.computed is not None:
        yield from _computed(told.computed)


def _computed(told: ComputedDoseRecord) -> Iterable[RenderableType]:
    if not told.usable:
        yield Text("  this dose cannot be used: see the findings", style="bold red")
    if told.treated is not None and told.masses is not None:
        yield from _masses(told.treated, told.masses)
    yield from _known(told)
    for doses in (told.at_150_gy, told.at_planned_dose):
        if doses is not None:
            yield from _doses(doses)
    if told.most_lung_shown is not None:
        line = f"  without a ratio: lung dose {told.most_lung_shown} Gy at most"
        yield Text(f"{line}, if the tumour takes up as much as the liver or more", style="dim")
    if told.limits:
        yield _limits(told.limits)
    for one in told.variations:
        otherwise = f"{one.words} ({as_number(one.value, (), 2)})"
        yield inset(f"{one.lung_shown} Gy with {otherwise}", "dim", by=4)


def _masses(treated: TreatedVolumesRecord, masses: MassesRecord) -> Iterable[RenderableType]:
    yield Text(
        f"  treated: {as_ml(treated.tumour_ml)} tumour, {as_ml(treated.liver_ml)} liver, "
        f"{as_number(masses.density_g_per_ml, (), 2)} g/mL"
    )
    yield Text(f"  lungs {as_number(masses.lungs_kg, (), 2)} kg, {LUNGS_BY[masses.lungs_by]}")


def _known(told: ComputedDoseRecord) -> Iterable[RenderableType]:
    shunt, ratio = told.lung_shunt, told.tumour_to_normal
    if shunt is not None:
        yield inset(f"lung shunt {_say_shunt(shunt)}")
    if ratio is not None:
        known = f"{ratio.shown}, {ORIGINS[ratio.origin]}{_say_ends(ratio)}"
        yield inset(f"tumour to liver {known}")
    for other in told.other_lung_shunts:
        beside = Text(f"beside it {_say_shunt(other)}; it does not count", style="dim")
        yield inset(beside, by=4)


def _say_shunt(one: LungShuntRecord) -> str:
    said = f" ({one.method})" if one.origin == "given" else ""
    return f"{one.shown}, {ORIGINS[one.origin]}{said}{_say_ends(one)}"


def _say_ends(one: LungShuntRecord | TumourToNormalRecord) -> str:
    if one.interval is None:
        return ""
    low, high = (as_number(end, (), 4) for end in one.interval)
    return f", {COUNTING_INTERVAL} {low} to {high}"


def _doses(told: DosesRecord) -> Iterable[RenderableType]:
    liver = told.treated_liver_gy
    parts = [
        "treated liver not known" if liver is None else f"treated liver {as_number(liver)} Gy",
        "lungs not known" if told.lung_shown is None else f"lungs {told.lung_shown} Gy",
    ]
    yield Text(f"  tumour {as_number(told.tumour_gy, (), 0)} Gy: {', '.join(parts)}")
    if told.lung_interval_shown is not None:
        yield Text(f"    {COUNTING_INTERVAL}: lungs {told.lung_interval_shown} Gy", style="dim")
    for _, declared, gbq in list_values(told, "row", float):
        yield Text(f"    {as_number(gbq, (), 2)} GBq {declared['row']}")


def _limits(limits: Iterable[DoseLimitRecord]) -> RenderableType:
    table = wide_table("Three limits, not one for another", "limit", "is", "largest shunt")
    for one in limits:
        unit = "" if one.unit == "1" else f" {one.unit}"
        largest = one.largest_lung_shunt
        table.add_row(
            f"{_say_whose(one)}: {one.of}",
            f"{one.limit:g}{unit}",
            one.answer or "unknown",
            "" if largest is None else as_most(largest, 3),
        )
    return inset(table)


def _say_whose(limit: DoseLimitRecord) -> str:
    whose = limit.name.partition(".")[0]
    return WHOSE.get(whose) or find_trial_name(whose)
