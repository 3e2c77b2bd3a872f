"""Growth of the FLR from the case files of several scans of one patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.run import begin_step, each_counted
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.reading.files import for_patients
from fl_planner.intake.request.request import OF_REMNANT, Request, as_located
from fl_planner.planning.facts import find_entered_difference
from fl_planner.planning.given.case import Operation, Reading
from fl_planner.planning.given.identity import judge_identities
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import GrowthStory, measure_growth
from fl_planner.planning.plan import Plan
from fl_planner.record.growth import GrowthRecord, PlanGrowthRecord, as_growth
from fl_planner.record.growth_scan import ScanRecord
from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.trials.statements import Amount, Stated
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import ReadRequest, require_no_engine, write_plan
from fl_planner.workup.request import read_request

if TYPE_CHECKING:  # loaded only with a reading error
    from fl_planner.liver.scatter.reading_error import ReadingError

BASELINE = "baseline_nontumorous_volume"
OF_LIVER = (
    *("masks", "excluded", "label_map", "scheme", "labels", "absent_segments", "no_tumour"),
    "gaps_to_nearest",
)
MOST_NAMED = 6  # case files in a message
IN_MEMORY = "a plan in memory"  # without a case file
Scan = Path | Plan | Request  # a case file, its request or its plan


def describe_growth(
    cases: Sequence[Scan],
    size_limit: int = 1,
    profile: Profile = "shareable",
    picture: Path | None = None,
    *,
    force: bool = False,
) -> GrowthRecord:
    """Measure the growth between the scans of case files, and draw it if requested."""
    from fl_planner.export.save import check_output, save

    if picture is not None:
        from fl_planner.report.picture.draw.picture_files import find_print

        form = find_print(picture)
        check_output(picture, force=force)  # before the work
    record = as_growth(read_growth(cases, size_limit), profile)
    if picture is not None:
        from fl_planner.report.picture.charts.growth import draw_growth

        begin_step("picture")
        save(picture, draw_growth(record, form), force=force)
    return record


def with_growth(record: PlanRecord, growth: GrowthRecord) -> PlanRecord:
    """Add the growth up to the scan of a plan, with its findings.

    Raises `InputRefused`: `report.not_latest` if the plan is not that of the latest scan.
    """
    (own,) = (file for file in record.inputs if file.role == "case")
    latest = growth.story.time_points[-1]
    if own.sha256 not in {file.sha256 for file in latest.files if file.role == "case"}:
        reason = "the scan is not the latest"
        remedy = "plan the latest scan, and give the others with --earlier"
        raise InputRefused("report.not_latest", own.file, reason, remedy)
    seen = (each for each in growth.findings if _of_plan(each, latest) not in record.findings)
    return structs.replace(
        record,
        growth=PlanGrowthRecord(story=growth.story),
        findings=(*record.findings, *seen),
        withdrawn=(*record.withdrawn, *growth.withdrawn),
    )


def require_same_remnant(request: Request, case_file: Path) -> None:
    """Refuse options over the remnant or liver of a case file: those of other scans are of files.

    Raises `InputRefused`: `report.not_latest`.
    """
    if _list_drawn(request) != _list_drawn(read_request(case_file)):
        reason = "options replace the remnant or the liver of the case file with its growth"
        remedy = "give the masks and the plan in the case file, or remove --earlier"
        raise InputRefused("report.not_latest", "--earlier", reason, remedy)


def _list_drawn(request: Request) -> list[object]:
    """List what defines the liver, its tumours and the remnant of the first plan, by real paths."""
    plan = request.operations[0] if request.operations else Operation()
    masks = {role: file for role, file in request.files.masks.items() if role != "treated"}
    files = structs.replace(request.files, masks=masks)
    parts = (files, OF_LIVER), (plan, OF_REMNANT)
    return [as_located(getattr(one, name)) for one, names in parts for name in names]


def write_grown_plan(
    request: Request, exports: Exports, case_file: Path | None, given: Mapping[str, Any]
) -> tuple[Plan, PlanRecord]:
    """Plan the latest scan with the growth up to it, as `write_plan` does for a single scan.

    - `given`: options by keyword: `earlier`, `size_limit`, `trials`.

    Raises `InputRefused`: see `read_up_to`, `with_growth` and `write_plan`.
    """
    if given.get("engine") is not None:
        reason = "growth is measured by comparing case files"
        raise InputRefused("usage.wrong", "--earlier", reason, "remove --earlier, or --engine")
    require_no_engine(given)
    story = read_up_to(request, case_file, given["earlier"], given["size_limit"], given["trials"])
    growth = as_growth(story, exports.profile)
    outputs, amend = structs.replace(exports, growth=growth), partial(with_growth, growth=growth)
    return write_plan(since_baseline(request, story), outputs, given["trials"], amend)


def since_baseline(request: Request, story: GrowthStory) -> Request:
    """Add to the latest scan what its previous scans state.

    This is the embolisation, recorded in the case file of any scan, and, unless the tumour was
    not drawn, the non-tumorous liver of the scan before it: the FLR is then also given as a share
    of this constant volume. An entered volume that differs is reported [trials.md 7.0].
    """
    if story.embolisation is None:
        return request
    request = replace(request, embolisation=story.embolisation)
    if story.baseline.plan.measured.volumes.tumour_voxels is None:
        return request
    several, first_ml = story.baseline is not story.points[0], story.baseline.nontumorous_ml
    odd = find_entered_difference(request.stated, {f"{BASELINE}_ml": first_ml})
    stated = request.stated.overlaid(Stated({BASELINE: Amount(first_ml, "mL")}))
    embolised = structs.replace(story.embolisation, after_several=several)
    findings = (*request.findings, *odd)
    return replace(request, stated=stated, embolisation=embolised, findings=findings)


def read_up_to(
    request: Request,
    case_file: Path | None,
    earlier: Sequence[Path],
    size_limit: int,
    trials: Path | None,
) -> GrowthStory:
    """Read the growth from previous scans up to that of a case file with options over it.

    Its facts and sizes are those of the plan. Of the centre, only the reading error is used, for
    all scans. The assessment date, which the previous scans do not have, is not used.

    Raises `InputRefused`: `usage.wrong` without a case file; see also `require_same_remnant` and
    `read_growth`.
    """
    if case_file is None:
        reason = "the option requires the case file of the latest scan"
        raise InputRefused("usage.wrong", "--earlier", reason, "plan that case file")
    require_same_remnant(request, case_file)
    grounds, _ = read_grounds(trials, request.centre, None)
    scans: tuple[Scan, ...] = (*earlier, replace(request, as_of=None, centre=None))
    return read_growth(scans, size_limit, grounds.reading_error)


def _of_plan(finding: FindingRecord, latest: ScanRecord) -> FindingRecord:
    """Return a finding of the latest scan in the words of its plan, without the scan."""
    message = finding.message.removeprefix(f"scan {latest.number}: ")
    return structs.replace(finding, message=message)


def read_growth(
    cases: Sequence[Scan], size_limit: int = 1, reading_error: ReadingError | None = None
) -> GrowthStory:
    """Plan each case, and measure the growth of the FLR between their scans.

    - `reading_error`: that of the centre, for every scan that is not yet planned.

    Raises `InputRefused`: `growth.too_few` for fewer than two cases, `growth.no_date` and
    `growth.no_remnant` with the case, others of `measure_growth` with all cases,
    `identity.patients_differ` for files of two patients, and as planning.
    """
    names = name_cases(cases)
    if len(cases) < 2:
        reason = "growth requires two scans"
        remedy = (
            "give at least two case files; from numbers alone, fl-planner calc growth computes it"
        )
        raise InputRefused("growth.too_few", names[0] if names else "growth", reason, remedy)
    named = tuple(zip(cases, names, strict=True))
    points = tuple(
        _read_named(*each, size_limit, reading_error) for each in each_counted(named, "scan")
    )
    who = judge_patients(cases, points)
    try:
        story = measure_growth(points)
    except InputRefused as wrong:
        if wrong.source in {it.file for point in points for it in point.plan.case.inputs}:
            raise  # it names the mask that is wrong
        raise wrong.within(list_first(names, MOST_NAMED)) from wrong
    return replace(story, findings=(*who, *story.findings))


def name_cases(cases: Sequence[Scan]) -> tuple[str, ...]:
    """Name each case by its file, and by its position if file names are equal.

    Folder names may identify patients and are not used.

    Examples
    --------
    >>> name_cases([Path("a/case.toml"), Path("b/case.toml")])
    ('the 1st case file, case.toml', 'the 2nd case file, case.toml')
    >>> name_cases([Path("before.toml"), Path("after.toml")])
    ('before.toml', 'after.toml')
    """
    names = [_file_of(case) for case in cases]
    return tuple(
        name if names.count(name) == 1 else f"the {_ordinal(place)} case file, {name}"
        for place, name in enumerate(names, start=1)
    )


def _ordinal(number: int) -> str:
    """Format an ordinal: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else endings.get(number % 10, 'th')}"


def _read_named(
    case: Scan, name: str, size_limit: int, reading_error: ReadingError | None
) -> TimePoint:
    """Read one scan; a refusal names its case."""
    try:
        return _read_point(case, size_limit, reading_error)
    except InputRefused as wrong:
        file = _file_of(case)
        if name == file:
            raise
        source = name if wrong.source == file else f"{wrong.source} of {name}"
        raise wrong.within(source) from wrong


def _file_of(case: Scan) -> str:
    """Return the name of the case file of a scan; for a plan, from its inputs."""
    if isinstance(case, Path):
        return case.name
    if isinstance(case, Request):
        return IN_MEMORY if case.case_file is None else case.case_file.file
    return next((file.file for file in case.case.inputs if file.role == "case"), IN_MEMORY)


def _read_point(case: Scan, size_limit: int, reading_error: ReadingError | None) -> TimePoint:
    name = _file_of(case)
    if isinstance(case, Plan):
        on, plan = _require_day(case.case.reading, name), case
    else:
        request = read_request(case, size_limit=size_limit) if isinstance(case, Path) else case
        on = _require_day(request.reading, name)
        read = ReadRequest.of(replace(request, ct=None))
        own = structs.replace(read.case, reading_error=reading_error)
        plan = structs.replace(read, case=own).plan(resections=False)
    if plan.measured.volumes.flr_voxels is None:
        reason = "no remnant is defined"
        remedy = "add flr, resected or remnant_segments"
        raise InputRefused("growth.no_remnant", name, reason, remedy)
    return TimePoint(plan, on)


def _require_day(reading: Reading, name: str) -> date:
    if reading.scanned_on is None:
        reason = "the scan has no date"
        remedy = "give the scan date (imaging.date)"
        if name == IN_MEMORY:
            remedy = (
                "plan the images with a case file that states a date under [imaging]; the case "
                "file need not contain masks"
            )
        raise InputRefused("growth.no_date", name, reason, remedy)
    return reading.scanned_on


def _on(named: tuple[str, TimePoint]) -> date:
    return named[1].on


def judge_patients(cases: Sequence[Scan], points: Sequence[TimePoint]) -> tuple[Finding, ...]:
    """Compare the patient identities of all scans; their frames of reference may differ.

    In the order of their dates, so that the order of the case files changes no message.
    """
    named = [
        replace(file, file=f"{file.file} ({name})")
        for name, point in sorted(zip(name_cases(cases), points, strict=True), key=_on)
        for file in for_patients(point.plan.case.inputs)
        if file.identity is not None
    ]
    return judge_identities(named)
