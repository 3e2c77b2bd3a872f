"""Print dose, function, scores and additional liver assessment in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.constants import FARTHEST_SHIFT
from fl_planner.basis.shown import as_ends, as_ml, as_most, as_number, as_plain
from fl_planner.basis.standing_words import COUNTING_INTERVAL, EXTRAHEPATIC
from fl_planner.function.mebrofenin import BILIARY_FUNCTION, FUNCTION_LIMIT
from fl_planner.intake.documents.protocols import find_trial_name, read_protocol
from fl_planner.liver.names.structures import as_roman
from fl_planner.record.context import NOTE, ContextRecord, NoteRecord, ScoresRecord
from fl_planner.record.declaration.part import USUAL_LIMITS_PERCENT, list_values
from fl_planner.record.dose import (
    ComputedDoseRecord,
    DoseRecord,
    LungDoseRecord,
    TreatedVolumesRecord,
)
from fl_planner.record.dose_model import DoseLimitRecord, DosesRecord, LungShuntRecord, MassesRecord
from fl_planner.record.function import (
    ClearanceRecord,
    CountedSegmentRecord,
    CountShareRecord,
    FunctionRecord,
    ScintigraphyRecord,
)
from fl_planner.record.head import SEE, mark, mark_measured
from fl_planner.report.endpoint_words import list_scores
from fl_planner.report.terminal.table import (
    inset,
    narrow_table,
    result_table,
    wide_table,
    with_reason,
)
from fl_planner.report.vessel_words import OF_MAP
from fl_planner.report.words import PER_MIN_M2, SHUNT_METHODS, days_apart, list_activities, stated
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY

WHOSE = {"session": "usual limit per treatment", "resin_label": "product label (resin)"}  # a limit
LUNGS_BY = {"ct": "from CT", "default": "default value", "given": "as entered"}
ORIGINS = {"given": "as entered", "planar": "planar MAA", "spect_ct": "MAA SPECT/CT"}


def dose_table(record: DoseRecord, *, verbose: bool = False) -> RenderableType:
    """Print the record of `dose`."""
    return result_table(record, *dose_rows(record.dose), verbose=verbose)


def dose_rows(part: LungDoseRecord) -> Iterable[RenderableType]:
    """Print the lung dose; a computed dose is also shown if one was entered."""
    yield Text("Radioembolisation dose", style="bold")
    if part.shown is not None:
        origin = "as entered" if part.origin == "given" else "computed"
        line = f"  lung dose {part.shown} Gy at a tumour dose of {TRIAL_DOSE_GY} Gy"
        yield Text.assemble((line, "bold"), f", {origin}")
    else:
        lacking = part.computed is not None and part.computed.lacks_shunt
        why = "; the lung shunt is missing" if lacking else ""
        yield Text(f"  lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy: unknown{why}")
    if part.computed is not None:
        if not part.computed.usable:  # an entered dose may be used
            which = "the computed" if part.origin == "given" else "this"
            yield Text(f"  do not use {which} dose: see the findings", style="bold red")
        yield from _computed(part.computed)


def _computed(part: ComputedDoseRecord) -> Iterable[RenderableType]:
    if part.treated is not None and part.masses is not None:
        yield from _masses(part.treated, part.masses)
    yield from _known(part)
    for doses in part.listed_doses:
        yield from _doses(doses)
    if part.most_lung_shown is not None:
        line = f"  without a tumour-to-normal ratio: lung dose at most {part.most_lung_shown} Gy"
        yield Text(f"{line}, if tumour uptake is not below liver uptake", style="dim")
    if part.limits:
        yield _limits(part.limits)
    for one in part.variations:
        value = f"{as_number(one.value, (), 2)} {one.unit}".strip()
        otherwise = f"{one.words} ({value})"
        yield inset(f"lungs {one.lung_shown} Gy with {otherwise}", "dim", by=4)


def _masses(treated: TreatedVolumesRecord, masses: MassesRecord) -> Iterable[RenderableType]:
    tumour, liver = as_ml(treated.tumour_ml), as_ml(treated.liver_ml)
    density = f"{as_plain(masses.density_g_per_ml)} g/mL"
    yield Text(f"  treated: {tumour} of tumour, {liver} of non-tumorous liver, {density}")
    yield Text(f"  lungs {as_number(masses.lungs_kg, (), 2)} kg, {LUNGS_BY[masses.lungs_by]}")


def _known(part: ComputedDoseRecord) -> Iterable[RenderableType]:
    shunt, ratio = part.lung_shunt, part.tumour_to_normal
    if shunt is not None:
        yield _line(f"lung shunt {_format_shunt(shunt)}", shunt.origin, usable=part.usable)
    if ratio is not None:
        line = f"tumour-to-normal ratio {ratio.shown}, {ORIGINS[ratio.origin]}"
        yield _line(line, ratio.origin, usable=part.usable)
    for other in part.other_lung_shunts:
        yield inset(f"also measured, not used: {_format_shunt(other)}", "dim", by=4)


def _line(line: str, origin: str, *, usable: bool) -> RenderableType:
    """Print an indented line, with the mark of a value measured from counts with an error."""
    doubt = mark_measured(origin, usable=usable)
    return inset(with_reason(line, doubt) if doubt else line)


def _format_shunt(one: LungShuntRecord) -> str:
    method = f" ({SHUNT_METHODS[one.method]})" if one.origin == "given" else ""
    return f"{one.shown}, {ORIGINS[one.origin]}{method}{_format_ends(one)}"


def _format_ends(one: LungShuntRecord) -> str:
    if one.interval is None:
        return ""
    low, high = as_ends(one.interval, (), 4)
    return f", {COUNTING_INTERVAL} {low} to {high}"


def _doses(part: DosesRecord) -> Iterable[RenderableType]:
    liver = part.treated_liver_gy
    parts = [
        "treated liver: dose not known"
        if liver is None
        else f"treated liver {as_number(liver)} Gy",
        "lungs: dose not known" if part.lung_shown is None else f"lungs {part.lung_shown} Gy",
    ]
    yield Text(f"  tumour {as_plain(part.tumour_gy)} Gy: {', '.join(parts)}")
    for activity in list_activities(part):
        yield Text(f"    {activity}")


def _limits(limits: Iterable[DoseLimitRecord]) -> RenderableType:
    table = wide_table("Three separate limits", "limit", "value is", "largest shunt within limit")
    for one in limits:
        unit = "" if one.unit == "1" else f" {one.unit}"
        largest = one.largest_lung_shunt
        whose = one.name.partition(".")[0]
        name = WHOSE.get(whose) or find_trial_name(whose)
        table.add_row(
            f"{name}: {one.of}",
            f"{one.limit:g}{unit}",
            one.answer or "unknown",
            "" if largest is None else as_most(largest, 3),
        )
    return inset(table)


MEANINGS = {
    "fasting_hours": "duration of fasting",
    "bilirubin": "bilirubin on the day of the study",
    "validated_locally": "comparison with the site's workstation",
}


def function_table(record: FunctionRecord, *, verbose: bool = False) -> RenderableType:
    """Print the record of `function`: findings, numbers, questions."""
    of_map = mark(record, *OF_MAP)
    rows = (
        *function_rows(record.function, of_map=of_map),
        days_row(record.ct_to_scintigraphy_days),
    )
    return result_table(record, *rows, *_adequacy(record), verbose=verbose)


def function_rows(measured: ScintigraphyRecord, *, of_map: str = "") -> Iterable[RenderableType]:
    """Print the results of a scintigraphy, local validation first.

    - `of_map`: mark of the counts in segments of a label map with an error; "" without one.
    """
    yield with_reason("Liver function by scintigraphy", "" if measured.usable else SEE)
    if measured.clearance is not None:
        yield Text(f"  validated locally: {stated(measured.validated_locally)}")
        yield from _clearance(measured.clearance)
    if measured.share is not None:
        yield from _share(measured.share, of_map)
    if measured.flr_shown is not None:
        line = f"  FLR: {measured.flr_shown} {PER_MIN_M2}"
        yield Text.assemble((line, "bold"), "" if measured.usable else " (not to be used)")
        for _, declared, ends in list_values(measured, "row", str):
            yield Text(f"    {declared['row']}: {ends}", style="dim")
        yield inset(BILIARY_FUNCTION, "dim", by=4)
    for name in measured.to_ask:
        yield Text(f"  missing: {MEANINGS[name]}", style="dim")


def days_row(days: int | None) -> RenderableType:
    """Print the days between CT and scintigraphy, or that they are unknown."""
    if days is None:
        return Text(
            "  Days between CT and scintigraphy: unknown; both dates are required", style="dim"
        )
    return Text(f"  CT and scintigraphy: {days_apart(days)}")


def _clearance(part: ClearanceRecord) -> Iterable[RenderableType]:
    begin, end = (f"{second:g}" for second in part.window_s)
    by_body = "" if part.shown is None else f", {part.shown} {PER_MIN_M2}"
    yield Text(f"  whole liver: {as_number(part.pct_per_min, (), 2)} %/min{by_body}")
    variant = as_number(part.variant_of_whole_field_pct_per_min, (), 2)
    yield Text(
        f"    {begin}\u2013{end} s, {EXTRAHEPATIC}; variant, normalised to the whole\n"
        f"    field of view: {variant} %/min, not comparable with {FUNCTION_LIMIT}",
        style="dim",
    )
    for _, declared, ends in list_values(part, "row", tuple):
        low, high = as_ends(ends, (), 2)
        within = ends[0] <= part.pct_per_min <= ends[1]
        drawn = "" if within else f" ({as_number(part.pct_per_min, (), 2)} as drawn)"
        yield Text(f"    {declared['row']}: {low} to {high} %/min{drawn}", style="dim")


def _share(part: CountShareRecord, of_map: str) -> Iterable[RenderableType]:
    low, high = as_ends(part.range_by_shift_percent, USUAL_LIMITS_PERCENT)
    ratio = part.function_to_volume
    of_volume = (
        "" if ratio is None else f", {as_number(ratio, (), 2)} times its share of the volume"
    )
    yield Text(f"  FLR share of counts: {part.percent_shown} %{of_volume}")
    yield Text(
        f"    registration: {part.registered_by}; "
        f"with masks moved by up to {FARTHEST_SHIFT}: {low} to {high} %",
        style="dim",
    )
    if part.segments:
        if of_map:
            yield Text(f"    segments: {of_map}", style="bold red")
        yield _segments(part.segments)


def _segments(segments: Iterable[CountedSegmentRecord]) -> Table:
    table = narrow_table(("    segment", "% of counts", "% of volume", "function / volume"))
    for one in segments:
        ratio = one.function_to_volume
        table.add_row(
            as_roman(one.name),
            as_number(one.percent),
            as_number(one.volume_percent),
            "-" if ratio is None else as_number(ratio, (), 2),
        )
    return table


def _adequacy(record: FunctionRecord) -> Iterable[RenderableType]:
    if not record.function.usable:
        yield Text("  adequacy not assessed: see the findings", style="bold red")
    if record.adequate is not None:
        does = "exceeds" if record.adequate else "does not exceed"
        source = read_protocol("crlm").name
        yield Text(
            f"  FLR function {does} {record.limit_shown} {PER_MIN_M2} (registry entry of {source}, "
            "background section)"
        )


def context_rows(context: ContextRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Print additional liver assessment; `verbose` adds formulas, sources and missing values."""
    notes = [(declared["row"], one) for _, declared, one in list_values(context, "row", NoteRecord)]
    if verbose:
        yield Text(f"\nAdditional liver assessment: {NOTE}", style="bold")
        for row, one in notes:
            yield inset(f"{row}: {one.format_note()}")
            yield inset(one.format_origin(), "dim", by=4)
        return
    if known := "; ".join(f"{row} {one.format_note()}" for row, one in notes if one.known):
        yield Text(f"\nAdditional liver assessment: {known} ({NOTE})", style="dim")


def scores_rows(scores: ScoresRecord) -> Iterable[RenderableType]:
    """Print each score on a line."""
    yield Text("\nScores", style="bold")
    for one in list_scores(scores):
        yield inset(str(one), "" if one.known else "dim")
