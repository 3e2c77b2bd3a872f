"""The vessels of a plan at a terminal: what the remnant keeps, and all that was measured."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.record.plan import PlanRecord
from fl_planner.record.vessels.vessels import PlannedVesselsRecord
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import vessel_words as say
from fl_planner.report.terminal.table import STYLES, inset, wide_table, with_reason


def supplied_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show beside the FLR what of it keeps its supply, and what each cut takes."""
    if record.vessels is None:
        return
    if (told := record.vessels.supplied) is not None:
        reason = mark(record, "flr")
        line = f"{say.supplied_name(told)}: {say.supplied(told)} of the {record.volumes.whole}"
        yield with_reason(line, reason)
        yield inset(say.supplied_beside(told, record.vessels.plans[0].lost, reason))
        if drawn := say.impaired_beside(record):
            yield inset(drawn)
        yield inset(say.BY_NEAREST, "dim")
    several, reason = len(record.vessels.plans) > 1, mark(record, *say.OF_CUTS)
    for plan in record.vessels.plans:
        for one in plan.cuts:
            of_plan = f"{say.plan_name(plan)}: " if several else ""
            yield _told(f"{of_plan}{say.cut(one)}", reason)


def vessel_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show trees, veins, and what lies near lesions and the cut."""
    told = record.vessels
    if told is None:
        return
    yield Text("\nVessels", style="bold")
    for line in (f"drawn: {say.drawn(told)}", *map(say.tree, told.trees)):
        yield _told(line, mark(record, *say.OF_LIVER))
    for territory in told.territories:
        yield _told(say.territory(territory), mark(record, *say.OF_MAP))
    for plan in told.plans:
        yield from _plan_rows(record, plan, several=len(told.plans) > 1)
    yield from _near_rows(record)


def _told(line: str, reason: str) -> RenderableType:
    """Show a line a little to the right; with the reason behind its numbers not to use them."""
    return inset(with_reason(line, reason) if reason else line)


def _plan_rows(
    record: PlanRecord, plan: PlannedVesselsRecord, *, several: bool
) -> Iterable[RenderableType]:
    of_plan = f"{say.plan_name(plan)}: " if several else ""
    if several and plan.supplied is not None:
        told = plan.supplied
        line = (
            f"{of_plan}{say.supplied_name(told)}: {told.flr_supplied_percent.shown} %, "
            f"{say.supplied_range(told)} % by other readings of the vessels"
        )
        yield _told(line, mark(record, *say.OF_PLANS))
    for vein in plan.veins:
        yield _told(f"{of_plan}{say.vein(vein)}", mark(record, *say.OF_VEINS))
    if in_all := say.outflow_in_all(plan):
        yield _told(f"{of_plan}{in_all}", mark(record, *say.OF_VEINS))


def _near_rows(record: PlanRecord) -> Iterable[RenderableType]:
    if rows := [*say.list_near(record)]:
        table = wide_table("Of", *say.NEAR)
        for what, vessel, *near in rows:
            table.add_row(f"{what}: {vessel}", *near)
        if reason := mark(record, *say.OF_NEAR):
            yield inset(reason, STYLES["error"])
        yield table
        yield inset(say.NEAR_NOTE, "dim")
