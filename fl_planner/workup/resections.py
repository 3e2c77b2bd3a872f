"""Which resections by segments clear these lesions and leave enough."""

from collections.abc import Sequence

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.request.request import Request
from fl_planner.planning.assessment.resections import ResectionRow, choose_rows, find_asked
from fl_planner.planning.plan import Plan
from fl_planner.record.resections import ResectionsRecord, as_resections_record
from fl_planner.workup.plan import make_plan


def list_resections(
    request: Request, which: str | None = None, asked: tuple[tuple[str, ...], ...] = ()
) -> ResectionsRecord:
    """List resections: those that a board weighs up, "named" or "all"; and those `asked` for.

    Raises `InputRefused`: `usage.wrong` for a cut of a branch, which no row makes;
    `resections.no_segments` where segments do not tell what each leaves; and as planning.
    """
    request.require_no_cuts("resections")
    plan = make_plan(request)
    _require_answers(plan)
    return as_resections_record(plan, _choose(plan, which, asked))


def _require_answers(plan: Plan) -> None:
    if plan.resections:
        return
    if plan.measured.segments is None:
        why, remedy = "resections are counted by segments", "add --labelmap with Couinaud segments"
        anatomy = plan.case.anatomy
        raise anatomy.refuse_unmapped("resections.no_segments", "segments", why, remedy)
    reason = "a segment is missing from the label map, so that no resection can be counted"
    remedy = "say by --absent-segment that the patient lacks it, or correct the label map"
    raise InputRefused("resections.no_segments", "segments", reason, remedy)


def _choose(
    plan: Plan, which: str | None, asked: tuple[tuple[str, ...], ...]
) -> Sequence[ResectionRow]:
    wanted = find_asked(plan.resections, asked)
    if which == "all":
        return plan.resections
    if which == "named":
        return [row for row in plan.resections if row.resection.name or row in wanted]
    return choose_rows(plan.resections, wanted)
