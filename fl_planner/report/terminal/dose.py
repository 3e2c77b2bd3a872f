"""A dose as lines that fit 80 columns: the lung dose first, then limits by their names."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.record.base import Record
from fl_planner.report.terminal.table import finding_rows, notice

LUNGS_BY = {"ct": "by CT", "default": "the default", "given": "as given"}
ORIGINS = {"given": "as given", "planar": "planar MAA", "spect_ct": "MAA SPECT/CT"}


def dose_table(record: Record, *, verbose: bool = False) -> RenderableType:
    """Show the record of `dose`."""
    return Group(
        *finding_rows(record["findings"], verbose=verbose),
        *dose_rows(record["dose"]),
        notice(record["notice"]),
    )


def dose_rows(told: Record) -> Iterable[RenderableType]:
    """Show a lung dose; what was computed stands beside one that was typed."""
    yield Text("Dose of a radioembolisation", style="bold")
    if "shown" in told:
        origin = "as given" if told["origin"] == "given" else "computed"
        line = f"  lung dose {told['shown']} Gy when the tumour gets 150 Gy"
        yield Text.assemble((line, "bold"), f", {origin}")
    else:
        yield Text("  lung dose when the tumour gets 150 Gy: unknown")
    if "computed" in told:
        yield from _computed(told["computed"])


def _computed(told: Record) -> Iterable[RenderableType]:
    if not told["usable"]:
        yield Text("  this dose cannot be used: see the findings", style="bold red")
    if "treated" in told:
        yield from _masses(told["treated"], told["masses"])
    for key, words in (("lung_shunt", "lung shunt"), ("tumour_to_normal", "tumour to liver")):
        if key in told:
            yield Padding(Text(f"{words} {_known(told[key])}"), (0, 0, 0, 2))
    for other in told["other_lung_shunts"]:
        beside = Text(f"beside it {_known(other)}; it does not count", style="dim")
        yield Padding(beside, (0, 0, 0, 4))
    for key in ("at_150_gy", "at_planned_dose"):
        if key in told:
            yield from _doses(told[key])
    if "most_lung_gy" in told:
        line = f"  without a ratio: lung dose {told['most_lung_shown']} Gy at most"
        yield Text(f"{line}, if the tumour takes up as much as the liver or more", style="dim")
    if told["limits"]:
        yield _limits(told["limits"])
    for one in told["variations"]:
        varied = Text(f"{one['lung_shown']} Gy with {_varied(one)}", style="dim")
        yield Padding(varied, (0, 0, 0, 4))


def _masses(treated: Record, masses: Record) -> Iterable[RenderableType]:
    yield Text(
        f"  treated: {as_ml(treated['tumour_ml'])} tumour, {as_ml(treated['liver_ml'])} liver, "
        f"{as_number(masses['density_g_per_ml'], (), 2)} g/mL"
    )
    yield Text(f"  lungs {as_number(masses['lungs_kg'], (), 2)} kg, {LUNGS_BY[masses['lungs_by']]}")


def _known(one: Record) -> str:
    ends = [as_number(end, (), 4) for end in one.get("interval", ())]
    counts = f", 95 of 100 counts {ends[0]} to {ends[1]}" if ends else ""
    method = one.get("method")
    said = f" ({method})" if one["origin"] == "given" and method else ""
    return f"{one['shown']}, {ORIGINS[one['origin']]}{said}{counts}"


def _doses(told: Record) -> Iterable[RenderableType]:
    liver = told.get("treated_liver_gy")
    parts = [
        "treated liver not known" if liver is None else f"treated liver {as_number(liver)} Gy",
        f"lungs {told['lung_shown']} Gy" if "lung_shown" in told else "lungs not known",
    ]
    yield Text(f"  tumour {as_number(told['tumour_gy'], (), 0)} Gy: {', '.join(parts)}")
    if "lung_interval_shown" in told:
        yield Text(f"    95 of 100 counts: lungs {told['lung_interval_shown']} Gy", style="dim")
    for key, words in (
        ("activity_in_patient_gbq", "in the patient"),
        ("activity_prepared_gbq", "with the residual"),
        ("activity_at_calibration_gbq", "at calibration"),
    ):
        if key in told:
            yield Text(f"    {as_number(told[key], (), 2)} GBq {words}")


def _limits(limits: list[Record]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Three limits, not one for another", ratio=1)
    for heading in ("limit", "is", "largest shunt"):
        table.add_column(heading, justify="right")
    for one in limits:
        unit = "" if one["unit"] == "1" else f" {one['unit']}"
        largest = one.get("largest_lung_shunt")
        table.add_row(
            f"{one['name']}: {one['of']}",
            f"{one['limit']:g}{unit}",
            one.get("answer", "unknown"),
            "" if largest is None else as_number(largest, (), 3),
        )
    return Padding(table, (0, 0, 0, 2))


def _varied(one: Record) -> str:
    return f"{one['says']} ({as_number(one['value'], (), 2)})"
