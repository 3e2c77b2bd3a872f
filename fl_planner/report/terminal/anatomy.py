"""The anatomy of a plan's record as tables: lesions, plans, resections, body size."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.intake.documents.bundled_trials import find_trial_name
from fl_planner.liver.scatter.interval import BORDERLINE
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.base import Record, as_percent, find_share_limits
from fl_planner.record.resections import list_slivers, say_slivers
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say

SFLR_LINES = "published lines: 20 % normal, 30 % after long chemotherapy, 40 % cirrhosis"
BW_LINE = "0.5 % or less was the group at risk (Truant 2007)"
FUNCTION = "function"
NO_ROOM = "none of the named"


def lesion_rows(record: Record) -> Iterable[RenderableType]:
    """Show how many lesions there are, and each of them."""
    summary = record.get("lesion_summary")
    if not summary:
        return
    count, largest = summary["count"], summary.get("largest_axial_cm")
    size = (
        f", the largest {as_number(largest, (3, 4, 8), 1)} cm (axial, on the mask)"
        if largest
        else ""
    )
    sides = ", on both sides of the liver" if summary.get("bilobar") else ""
    yield Text(f"\n{count} lesion{'' if count == 1 else 's'}{size}{sides}")
    if said := say.clearing(record.get("clearing"), record):
        yield Text(said)
    yield from _reason(record, "lesions")
    if not count:
        return
    mapped = any("segments" in lesion for lesion in record["lesions"])
    vessels = any("vessels_mm" in lesion for lesion in record["lesions"])
    headings = ["Lesion", "mL", "axial mm", "longest mm", "depth mm"]
    table = _table([*headings, *(["vessel mm"] if vessels else [])])
    if mapped:
        table.add_column("segments", ratio=1)
    for lesion in record["lesions"]:
        lengths = (lesion[key] for key in ("axial_diameter_mm", "longest_diameter_mm"))
        depth = lesion.get("surface_mm")
        table.add_row(
            str(lesion["number"]),
            as_ml(lesion["volume_ml"]).removesuffix(" mL"),
            *(as_number(mm, (30, 40, 80)) for mm in lengths),
            "" if depth is None else as_number(depth),
            *([as_number(min(lesion["vessels_mm"].values()))] if vessels else []),
            *([_places(lesion)] if mapped else []),
        )
    yield table


def baseline_rows(record: Record) -> Iterable[RenderableType]:
    """Show lesions of an earlier scan that are not seen now."""
    for one in record.get("baseline_lesions", ()):
        if not one["seen_now"]:
            size = f", then {as_ml(one['volume_ml'])}" if "volume_ml" in one else ""
            place = (
                f"segment {', '.join(one['clears_with'])}" if one["clears_with"] else "no segment"
            )
            yield Text(f"Baseline lesion {one['number']}: not seen now ({place}{size})")


def plan_rows(record: Record) -> Iterable[RenderableType]:
    """Show several plans side by side; a single one stands in the headline."""
    case = record["case"]
    if not case["other_plans"]:
        return
    yield Text("")
    yield from _reason(record, "plans", "flr")
    table = _table(("keeps", "FLR", "%", "lesions left", "margin mm"), "Plan")
    for number, planned in enumerate((case["plan"], *case["other_plans"]), start=1):
        kept = ", ".join(planned["remnant_segments"]) or planned.get("origin", "")
        margin = planned.get("margin_mm")
        table.add_row(
            planned.get("name") or f"plan {number}",
            kept,
            as_ml(planned["flr_ml"]) if "flr_ml" in planned else "undetermined",
            planned.get("flr_percent_shown", ""),
            _left(planned) if "lesions" in planned else "not known",
            "" if margin is None else as_number(margin),
        )
    yield table


def resection_rows(record: Record) -> Iterable[RenderableType]:
    """Show the resections that are to be shown, and the largest named one for each limit."""
    rows = [row for row in record.get("resections", ()) if row["shown"]]
    if not rows:
        return
    total = record.get("lesion_summary", {}).get("count", 0)
    yield Text("\nResections by whole segments", style="bold")
    yield from _reason(record, "resections")
    limits = find_share_limits(record["share_limits_percent"])
    cells = [_resection(row, total, limits) for row in rows]
    headings = list(dict.fromkeys(heading for row in cells for heading in row))
    table = _table(headings, "Resection")
    for row, told in zip(rows, cells, strict=True):
        name = f"{row['code']} {_short(row.get('name', ''))}".strip()
        table.add_row(name, *(told.get(heading, "-") for heading in headings), style=_style(row))
    yield table
    for line in list_slivers(rows):
        yield Text(f"  {line}", "dim")
    yield Text(f"  {rows[0]['not_assessed']}; borders of segments: about 1 cm", "dim")
    if total:
        yield Text("  +10 mm: after clearing the lesions that stay, with 10 mm around", "dim")
    if FUNCTION in headings:
        yield Text("  function: uptake of what stays, %/min/m2, by counts of its segments", "dim")
    for name, one in record["largest_resection"].items():
        named = NO_ROOM if one is None else f"{one['code']} {_short(one['name'])}"
        yield Text(f"  largest named one that leaves {_limit(name)}: {named}", "dim")


def _resection(row: Record, lesions: int, limits: list[Fraction]) -> dict[str, str]:
    """Tell one resection by column; what is not known has none."""
    told = {}
    if lesions:
        star = " *" if "slivers" in row else ""
        told["clears"] = f"{len(row['lesions']['cleared'])} of {lesions}{star}"
        told["margin mm"] = as_number(row["margin_mm"]) if "margin_mm" in row else "-"
    told |= {"FLR": as_ml(row["flr_ml"]), "%": row["flr_percent_shown"]}
    if lesions:
        told["% +10 mm"] = row["flr_after_clearing"][-1]["flr_percent_shown"]
    if "sflr_percent" in row:
        told["sFLR %"] = as_percent(row["sflr_percent"], limits)
    if "function_shown" in row:
        told[FUNCTION] = row["function_shown"]
    return told


def body_rows(record: Record) -> Iterable[RenderableType]:
    """Show the remnant against what the body's size leads one to expect."""
    body = record.get("body")
    if body is None:
        return
    yield Text("")
    if "sflr_percent" in body:
        limits = find_share_limits(record["share_limits_percent"])
        low, high = (as_percent(percent, limits) for percent in body["sflr_spread_percent"])
        expected = {one["name"]: one["ml"] for one in record["denominators"]}["vauthey_bsa"]
        yield Text(
            f"sFLR {as_percent(body['sflr_percent'], limits)} % of the {as_ml(expected)} "
            f"expected of this body (Vauthey); {low} to {high} % by nine formulas"
        )
        yield Text(f"  {SFLR_LINES}; no trial's rule", style="dim")
    if "flr_bw_percent" in body:
        yield Text(
            f"FLR to body weight {as_number(body['flr_bw_percent'], (AT_RISK_PERCENT,), 2)} %"
        )
        yield Text(f"  {BW_LINE}", style="dim")
    yield from _reason(record, "flr")


def _reason(record: Record, *numbers: str) -> Iterable[RenderableType]:
    """Show why numbers are not to be used; nothing where they may be."""
    reason = mark(record, *numbers)
    if reason:
        yield Text(f"  {reason}", style="bold red")


def _table(headings: Iterable[str], first: str | None = None) -> Table:
    """Begin a table: one column of words, if any, and then numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    if first is not None:
        table.add_column(first)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _places(lesion: Record) -> str:
    """Name the segments of a lesion, the largest share first."""
    shares = sorted(lesion["segments"], key=lambda one: -one["percent"])
    names = [f"{one['name']} ({as_number(one['percent'], (), 0)} %)" for one in shares]
    if lesion["in_no_segment_ml"]:
        names.append(f"none ({as_ml(lesion['in_no_segment_ml'])})")
    return ", ".join(names)


def _left(planned: Record) -> str:
    lesions = planned["lesions"]
    cut = [f"{number} (cut)" for number in lesions["cut"]]
    slivers = [say_slivers(planned)] if "slivers" in planned else []
    return ", ".join([*map(str, lesions["left"]), *cut, *slivers]) or "-"


def _short(name: str) -> str:
    return name.replace(" and segment ", " + ")


def _limit(name: str) -> str:
    """Say a limit's name, `dragon2.flr_30`, in words."""
    trial, _, percent = name.rpartition(".flr_")
    return f"{percent} % ({find_trial_name(trial)})"


def _style(row: Record) -> str:
    near = any(limit["crossing_chance"] >= BORDERLINE for limit in row["thresholds"])
    return "yellow" if near else ""
