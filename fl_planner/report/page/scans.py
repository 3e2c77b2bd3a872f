"""What a remnant and its liver did from scan to scan, as a table and sentences."""

from collections.abc import Iterator

from fl_planner.basis.glossary import INTERVAL
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.kinetic_growth import SLOW_POINTS_PER_WEEK
from fl_planner.liver.names.numerals import say_segments
from fl_planner.record.growth.change import ChangeRecord
from fl_planner.record.growth.endpoints import ResponseRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.growth.scan import ScanRecord
from fl_planner.report import words as say
from fl_planner.report.endpoint_words import (
    REACHED_BY,
    READ_BY,
    list_lesion_changes,
    say_best,
    say_category,
    say_reach,
    say_reached,
    say_sums,
)
from fl_planner.report.page.blocks import Block, RowTable, Sentences

STANDARD = "of the liver volume expected of this body, another denominator"
OWN_LIVER = "changes of the rest of the liver count in it too"
WHOLE_LESION = "mRECIST is not given: it takes the enhancing part, and masks hold whole lesions."


def growth_blocks(growth: GrowthKeys, doubt: str) -> Iterator[Block]:
    """Tell the scans, and what the remnant gained; `doubt` stands first."""
    yield _scans(growth)
    told = [line for each in growth.growth for line in _grown(each)]
    reach = growth.endpoints.limit_reach
    told += [] if reach is None else [f"FLR limit: {say_reach(reach)}."]
    yield Sentences("Growth", (*([doubt] if doubt and told else []), *told))


def response_sentences(growth: GrowthKeys, *, in_hcc: bool) -> Sentences:
    """Tell what the lesions of the liver did from the baseline to each later scan."""
    told = [line for each in growth.endpoints.responses for line in _response(each)]
    bests = growth.endpoints.best_responses or ()
    told += [f"{say.sentence(say_best(one))}." for one in bests]
    told += [WHOLE_LESION] if told and in_hcc else []
    return Sentences("Response of the liver's lesions", tuple(told))


def _scans(growth: GrowthKeys) -> RowTable:
    head = (
        "Scan",
        "Day",
        "FLR",
        INTERVAL,
        "% of the baseline liver",
        "% of its own",
        "Limit reached",
    )
    whole, done = growth.denominator, growth.embolisation
    from_day = "Days are counted from the first scan."
    if done is not None:
        of = f" of {say_segments(done.segments)}" if done.segments else ""
        from_day = f"Days are counted from the {done.kind}{of}."
    one = f"Baseline liver: {as_ml(whole.ml)} without tumour, of scan {whole.of_scan}, held fixed."
    in_print = (f"{note.says} ({note.source})" for note in growth.footnotes)
    rows = tuple(map(_scan, growth.time_points))
    return RowTable("Scans", head, rows, (f"{from_day} {one}", *in_print))


def _scan(one: ScanRecord) -> tuple[str, ...]:
    low, high = one.flr_interval_ml
    reached = say_reached(one)
    return (
        f"{one.number}{' (stale)' if one.stale else ''}",
        str(one.days),
        as_ml(one.flr_ml),
        f"{as_ml(low).removesuffix(' mL')} to {as_ml(high)}",
        f"{one.flr_percent_fixed_shown} %",
        f"{one.flr_percent_anew_shown} %",
        REACHED_BY.get(reached, reached),
    )


def _grown(one: ChangeRecord) -> Iterator[str]:
    days = "" if one.days is None else f", day {one.days}"
    within = ", within the error of reading" if one.within_reading_error else ""
    yield (
        f"Scan {one.from_scan} to scan {one.to_scan}{days}: {as_ml(one.gain_ml)} gained, "
        f"{as_number(one.relative_percent)} % of the FLR at the start; hypertrophy (DH) "
        f"{as_number(one.points)} points of the baseline liver ({INTERVAL}: "
        f"{say.pair(one.points_interval)}){within}."
    )
    if one.kinetic is not None:
        ends = say.pair(one.kinetic.kgr_interval, [SLOW_POINTS_PER_WEEK])
        standard = one.kinetic_of_standard
        by_body = ""
        if standard is not None:
            rate = standard.kgr_of_standard_points_per_week
            by_body = f"; {as_number(rate, [SLOW_POINTS_PER_WEEK])} {STANDARD}"
        yield (
            f"Kinetic growth rate {one.kinetic.kgr_shown} points a week of the baseline liver "
            f"({INTERVAL}: {ends}){by_body}."
        )
    yield f"Of each scan's own liver {as_number(one.points_anew)} points: {OWN_LIVER}."


def _response(one: ResponseRecord) -> Iterator[str]:
    yield (
        f"RECIST 1.1 {READ_BY[one.by]}, scan {one.from_scan} to scan {one.to_scan}: "
        f"{say_sums(one)}; {say_category(one)}."
    )
    changes = "; ".join(list_lesion_changes(one))
    if changes:
        yield f"{changes}."
    if one.stated is not None:
        yield f"Stated after chemotherapy: {one.stated.replace('_', ' ')}."
