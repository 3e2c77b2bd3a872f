"""Print reader agreement, and the basis of an interval, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import fmean

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.plain_text import format_count, join_first, join_words
from fl_planner.basis.shown import as_ends, as_ml, as_number, as_plain
from fl_planner.record.agreement import (
    AgreedCaseRecord,
    AgreementAnswer,
    DifferencesRecord,
    QuantityAgreementRecord,
    ReadingErrorRecord,
    SideChangeRecord,
    StructureAgreementRecord,
)
from fl_planner.record.head import MeasuredRecord, mark
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import SecondReaderRecord, SpreadRecord
from fl_planner.report import words as phrases
from fl_planner.report.terminal.table import (
    STYLES,
    finding_rows,
    inset,
    notice,
    wide_table,
    with_reason,
)
from fl_planner.report.words import bare_ml, limit_name

MOST_CASES = 30  # of which each is shown without -v
SEGMENT = "segment_"
UNKNOWN = "-"


def agreement_table(record: AgreementAnswer, *, verbose: bool = False) -> RenderableType:
    """Print findings, agreement over cases, limits, and each case."""
    return Group(
        *finding_rows(record.findings, verbose=verbose),
        *_refused(record),
        Text(f"{_cases(len(record.cases))} read by {join_words(record.readers)}", style="bold"),
        *_over_cases(record, verbose=verbose),
        *_limits(record),
        *_error(record.reading_error),
        *_each_case(record, verbose=verbose),
        *_consensus(record),
        notice(record.notice),
    )


def _refused(record: AgreementAnswer) -> Iterator[RenderableType]:
    for one in record.refused:
        whose = one.case if one.reader is None else f"{one.case}, {one.reader}"
        yield Text.assemble(("excluded", STYLES["error"]), f" {whose}: {one.message}")
    if record.refused:
        yield Text("")


def _over_cases(record: AgreementAnswer, *, verbose: bool) -> Iterator[RenderableType]:
    for one in record.quantities:
        if one.name.startswith(SEGMENT) and not verbose:
            continue
        yield Text(f"\n{one.words}, {one.unit}: {_cases(one.cases)}, df {one.df}", style="bold")
        yield from (inset(line) for line in _format_scatter(one))
        for pair in one.pairs:
            yield from (inset(line) for line in _format_pair(pair, one.unit))
    if not verbose and any(one.name.startswith(SEGMENT) for one in record.quantities):
        yield inset("segments are shown with -v", style="dim")


def _format_scatter(one: QuantityAgreementRecord) -> Iterator[str]:
    if one.within_sd is None or one.repeatability is None:
        yield "no differences" if one.cases > 1 else "one case: no SD, CV or interval"
        return
    unit = _of_differences(one.unit)
    yield f"within-case SD {_number(one.within_sd)} {unit}{_ends(one.within_sd_interval)}"
    if one.cv_percent is not None:
        yield f"CV {_number(one.cv_percent)} %{_ends(one.cv_interval_percent)}"
    repeat, ends = one.repeatability, one.repeatability_interval
    yield f"repeatability coefficient {_number(repeat)} {unit}{_ends(ends)}"


def _format_pair(pair: DifferencesRecord, unit: str) -> Iterator[str]:
    bias = f"{pair.second} minus {pair.first}: bias {_signed(pair.bias)} {_of_differences(unit)}"
    yield bias + _ends(pair.bias_interval)
    if pair.limits_of_agreement is None:
        return
    low, high = pair.limits_of_agreement
    yield (
        f"  limits of agreement {_signed(low)}{_ends(pair.low_interval)} to "
        f"{_signed(high)}{_ends(pair.high_interval)}"
    )


def _of_differences(unit: str) -> str:
    return "percentage points" if unit == "%" else unit


def _limits(record: AgreementAnswer) -> Iterator[RenderableType]:
    if not record.limits:
        return
    yield Text("")
    table = wide_table(
        "Patients on different sides of a limit, depending on the reader", "changed", "of"
    )
    for one in record.limits:
        table.add_row(limit_name(one.name), str(one.changed), str(one.cases))
        if one.changed_cases:
            table.add_row(inset(join_first([*_format_changed(one)]), style="dim"), "", "")
    yield table


def _format_changed(limit: SideChangeRecord) -> Iterator[str]:
    for one in limit.changed_cases:
        sides = ", ".join(f"{each.reader} {each.answer}" for each in one.sides)
        yield f"{one.case} ({sides} {as_plain(limit.limit_percent)} %)"


def _error(error: ReadingErrorRecord | None) -> Iterator[RenderableType]:
    if error is None:
        return
    yield Text("\nFor the centre file (plan --centre)", style="bold")
    yield from (inset(line) for line in format_centre_lines(error))


def format_centre_lines(error: ReadingErrorRecord) -> Iterator[str]:
    """Format a reading error as lines of a centre file."""
    yield "[reading_error]"
    yield f"cv = {error.cv:g}"
    yield f"cases = {error.cases}"
    yield f"df = {error.df}"
    yield f'origin = "{error.origin}"'
    yield f'source = "{error.source}"'


def _each_case(record: AgreementAnswer, *, verbose: bool) -> Iterator[RenderableType]:
    yield Text("")
    table = wide_table("Case", "1st mL", "2nd mL", "Dice", "mean mm", "95 % mm")
    shown = record.cases if verbose else record.cases[:MOST_CASES]
    for case in shown:
        for words, each in _list_structures(case, verbose=verbose):
            table.add_row(words, *_format_structure(each))
    yield table
    if more := len(record.cases) - len(shown):
        yield inset(f"{more} more {'case' if more == 1 else 'cases'} with -v", style="dim")


def _list_structures(
    case: AgreedCaseRecord, *, verbose: bool
) -> Iterator[tuple[str, StructureAgreementRecord]]:
    several = len(case.pairs) > 1
    for pair in case.pairs:
        whose = f" ({pair.first}, {pair.second})" if several else ""
        for one in pair.structures:
            drawn = one.first_ml or one.second_ml
            if drawn and (verbose or not one.name.startswith(SEGMENT)):
                name = {"flr": "FLR"}.get(one.name, one.name.replace("_", " "))
                left = "" if case.counts else ", excluded"
                yield f"{case.case}{whose}: {name}{left}", one


def _format_structure(one: StructureAgreementRecord) -> Iterable[str]:
    yield bare_ml(one.first_ml)
    yield bare_ml(one.second_ml)
    yield UNKNOWN if one.dice is None else f"{one.dice:.3f}"
    yield UNKNOWN if one.mean_surface_mm is None else as_number(one.mean_surface_mm)
    yield UNKNOWN if one.surface_95_mm is None else as_number(one.surface_95_mm)


def _consensus(record: AgreementAnswer) -> Iterator[RenderableType]:
    if not record.consensus:
        return
    yield Text("")
    table = wide_table("Consensus (computed, not drawn)", "mL", "SD mL", "disputed", "mean Dice")
    for one in record.consensus:
        ml = map(bare_ml, (one.volume_ml, one.sd_ml))
        dice = fmean(each.dice or 0.0 for each in one.readers)
        disputed = bare_ml(one.disputed_ml)
        table.add_row(f"{one.file} ({one.vote})", *ml, disputed, f"{dice:.3f}")
    yield table


def _number(value: float) -> str:
    return as_number(value, (), 2)


def _cases(number: int) -> str:
    return format_count(number, "case")


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{_number(value)}"


def _ends(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f" ({' to '.join(as_ends(ends, (), 2))})"


NAMES = {"flr": "FLR", "liver": "liver", "tumour": "tumour"}


def spread_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print other sources of an interval than published readers, and the second reading."""
    ratios = record.ratios
    if ratios.flr is not None:
        yield from _spread(phrases.PARTS["flr"], ratios.flr.ratio.cv)
        yield from _second(ratios.flr.second_reader, record)
    if ratios.untreated is not None:
        yield from _spread(phrases.PARTS["untreated"], ratios.untreated.ratio.cv)


def _spread(part: str, cv: SpreadRecord) -> Iterable[RenderableType]:
    if cv.centre is not None and cv.decided_by == "centre":
        yield _line(f"{part}: interval based on this centre's readers, {cv.centre.words}")
    if cv.decided_by == "geometry":
        yield _line(f"{part}: interval determined by the voxel size of the masks")
    if cv.contour_widening is not None:
        widening = as_number(100 * cv.contour_widening)
        yield _line(
            f"{part}: interval widened at each end by {widening} % of the share (masks from "
            "contours)"
        )
    if cv.registration_sd is not None:
        carried = as_number(100 * cv.registration_sd)
        yield _line(
            f"{part}: interval wider because masks were carried over from another scan "
            f"(CV {carried} %)"
        )


def _second(second: SecondReaderRecord | None, record: MeasuredRecord) -> Iterable[RenderableType]:
    if second is None:
        return
    points = second.difference_points
    apart = f"{'+' if points > 0 else ''}{as_number(points)} percentage points"
    line = f"FLR according to the second reader: {second.percent.shown} % ({apart})"
    yield _line(line, mark(record, "flr"))
    for one in second.structures:
        line = f"{NAMES[one.name]} {as_ml(one.first_ml)} and {as_ml(one.second_ml)}"
        if one.dice is not None:
            line += f", Dice {as_number(one.dice, (1,), 2)}"
        if one.mean_surface_mm is not None and one.surface_95_mm is not None:
            mean, far = as_number(one.mean_surface_mm), as_number(one.surface_95_mm)
            line += f", surfaces: mean distance {mean} mm, 95 % within {far} mm"
        yield _line(f"  {line}", mark(record, "flr" if one.name == "flr" else "volumes"))


def _line(words: str, reason: str = "") -> Text:
    return with_reason(f"  {words}", reason) if reason else Text(f"  {words}", style="dim")
