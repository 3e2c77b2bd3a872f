"""Validation on the public set *Colorectal-Liver-Metastases*: each patient planned and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.run import each_counted
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.cohort.result import CaseResult, read_results
from fl_planner.cohort.run import CohortOptions, plan_cohort
from fl_planner.cohort.source.layout import PUBLIC_SET, read_layout
from fl_planner.export.save import check_folder, save, save_folder, unwritable
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.liver.scatter.crossing_chance import compute_interval, default_scatter
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.record.declaration.part import WHOLE_LIVER, Sided, as_json, as_sided
from fl_planner.record.files.validation import (
    SetCountsRecord,
    SetLimitRecord,
    ValidatedPatientRecord,
    ValidationRecord,
)
from fl_planner.validation.page import make_page
from fl_planner.validation.set_counts import CRLM, SetCounts, count_drawn, read_counts
from fl_planner.workup.python.words import as_words

RECORD, PAGE = "validation.json", "validation.html"


@dataclass(frozen=True, slots=True)
class ValidationQuestion:
    """A validation.

    - `folder`: download of the set.
    - `typed`: whether the published counts alone are used, without images.
    - `out`: folder of results; required with images.
    - `workers`: cases in parallel.
    - `force`: whether a folder of other results may be used.
    """

    folder: Path | None
    typed: bool = False
    out: Path | None = None
    workers: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class SetPatient:
    """A given patient: counts in the files and plan, or the reason why there are none."""

    counts: SetCounts | None
    result: CaseResult
    refusal: InputRefused | None = None


def validate_crlm(
    asked: ValidationQuestion, notify: Callable[[str], None] = lambda _: None
) -> ValidationRecord:
    """Plan every patient of the set, compare voxel counts, and write page and record to a folder.

    Raises `InputRefused`: `cohort.layout` if no folder is that of a patient; `usage.wrong` for
    images without a folder of results, for neither images nor published counts, and for both; see
    also `plan_cohort` and `check_folder`.
    """
    _require_one_source(asked)
    given: Mapping[str, SetPatient] = {}
    if asked.folder is not None:
        if asked.out is None:
            reason = "is required to make plans from images"
            raise InputRefused("usage.wrong", "--out", reason, "name a folder for the results")
        given = _plan_all(asked.folder, asked.out, asked, notify)
    elif asked.out is not None:
        check_folder(asked.out, {RECORD, PAGE}, force=asked.force)
    record = as_validation(given, images=asked.folder is not None)
    if asked.out is not None:
        files = {RECORD: f"{as_json(record)}\n".encode(), PAGE: make_page(record)}
        if asked.folder is None:
            save_folder(asked.out, files, force=asked.force)
        else:
            _save_with_plans(asked.out, files)
    return record


def _save_with_plans(out: Path, files: Mapping[str, bytes]) -> None:
    """Save page and record in the folder of the plans.

    Those of a previous run are removed first: if the process is stopped, none is next to another
    result.

    Raises `InputRefused`: `output.unwritable`.
    """
    try:
        for name in files:
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error
    for name, content in files.items():
        save(out / name, content, force=True)


def _require_one_source(asked: ValidationQuestion) -> None:
    """Check that either images or the published counts alone are used."""
    if asked.typed and asked.folder is not None:
        reason = "cannot be combined with a folder"
        raise InputRefused("usage.wrong", "--typed", reason, "omit one of them")
    if not asked.typed and asked.folder is None:
        reason = "is required, unless only the published counts are used"
        remedy = "give the folder that contains the downloaded data set, or --typed"
        raise InputRefused("usage.wrong", "FOLDER", reason, remedy)


def _plan_all(
    folder: Path, out: Path, asked: ValidationQuestion, notify: Callable[[str], None]
) -> Mapping[str, SetPatient]:
    """Plan each patient into the folder of results, then count the voxels of its files."""
    by_id = {case.id: case for case in read_layout(folder.absolute(), PUBLIC_SET)}
    options: CohortOptions = {"layout": "crlm", "diagnosis": "crlm", "force": asked.force}
    if asked.workers is not None:
        options["workers"] = asked.workers
    words = as_words("cohort", CohortOptions, options)
    plan_cohort([folder], {**words, "out": out}, notify)
    found: dict[str, SetPatient] = {}
    for result in each_counted([*read_results(out)], "patient"):
        try:
            found[result.id] = SetPatient(count_drawn(by_id[result.id], Limits()), result)
        except InputRefused as refused:
            found[result.id] = SetPatient(None, result, refused)
    return found


def as_validation(given: Mapping[str, SetPatient], *, images: bool) -> ValidationRecord:
    """Return the record of given patients and of all published ones."""
    published = read_counts()
    limits = _list_limits()
    ids = [*published, *(id_ for id_ in given if id_ not in published)]
    patients = [_as_patient(id_, given.get(id_), limits, images=images) for id_ in ids]

    def those(holds: Callable[[ValidatedPatientRecord], bool]) -> tuple[str, ...]:
        return tuple(one.id for one in patients if holds(one))

    different = those(lambda one: bool(one.different))
    uncounted = those(lambda one: one.id in given and one.counted is None)
    unpublished = those(lambda one: one.published is None)
    return ValidationRecord(
        refusal=None,
        data_set=CRLM.name,
        doi=CRLM.doi,
        licence=CRLM.licence,
        described_in=CRLM.described_in,
        counts_from=CRLM.counts_from,
        images=images,
        equal=not (different or uncounted or unpublished),
        patients=tuple(patients),
        limits=tuple(_count_sides(limit, patients, images=images) for limit in limits),
        different=different,
        not_counted=uncounted,
        not_planned=those(lambda one: one.status in ("refused", "failed")),
        absent=those(lambda one: one.status == "absent"),
        unpublished=unpublished,
        exceeding=those(lambda one: one.exceeds_liver and one.status != "absent"),
    )


def _list_limits() -> tuple[Fraction, ...]:
    """List the limits of the bundled trials on the FLR, in percent."""
    trials, _ = read_trials(None)
    return tuple(sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)}))


def _as_patient(
    id_: str, given: SetPatient | None, limits: Iterable[Fraction], *, images: bool
) -> ValidatedPatientRecord:
    published = read_counts().get(id_)
    counted = None if given is None else given.counts
    counts = counted or published
    plan = None if given is None else given.result.plan
    return ValidatedPatientRecord(
        id=id_,
        status=("absent" if images else "counts") if given is None else given.result.status,
        published=_as_counts(published),
        counted=_as_counts(counted),
        different=published.find_different(counted) if published and counted else (),
        flr_of_liver_percent=None if counts is None else as_sided(counts.flr_of_liver, limits),
        flr_of_nontumorous_liver_percent=None
        if counts is None
        else as_sided(counts.flr_of_nontumorous_liver, limits),
        exceeds_liver=counts is not None and counts.exceeds_liver,
        flr_percent=None
        if plan is None or plan.volumes.denominator == WHOLE_LIVER
        else plan.volumes.flr_percent,
        limits_within_interval=tuple(_find_borderline(given, counts, limits)),
        **_explain(given),
    )


def _as_counts(counts: SetCounts | None) -> SetCountsRecord | None:
    return None if counts is None else SetCountsRecord(**asdict(counts))


def _find_borderline(
    given: SetPatient | None, counts: SetCounts | None, limits: Iterable[Fraction]
) -> Iterator[float]:
    """List the limits in the interval of the plan, otherwise in that of the FLR from counts."""
    if given is not None and given.result.plan is not None:
        thresholds = given.result.plan.thresholds
        near = {one.limit_percent for one in thresholds if one.is_on("flr") and one.inside_interval}
        yield from sorted(near)
        return
    share = None if counts is None else counts.flr_of_nontumorous_liver
    if share is not None:
        interval = compute_interval(share, default_scatter("drawn").relative_sd)
        yield from (float(limit) for limit in limits if interval.holds(limit / 100))


def _explain(given: SetPatient | None) -> dict[str, str]:
    """Return why a patient was not counted, or was not planned."""
    if given is None:
        return {}
    if (why := given.refusal or given.result.refusal) is not None:
        return {"code": why.code, "reason": f"{why.source}: {why.reason}", "remedy": why.remedy}
    return {} if given.result.failure is None else {"reason": given.result.failure}


def _count_sides(
    limit: Fraction, patients: Iterable[ValidatedPatientRecord], *, images: bool
) -> SetLimitRecord:
    percent, shown = float(limit), [one for one in patients if one.status != "absent"]
    of_liver = {one.id for one in shown if _is_below(one.flr_of_liver_percent, percent)}
    of_rest = {one.id for one in shown if _is_below(one.flr_of_nontumorous_liver_percent, percent)}
    return SetLimitRecord(
        limit_percent=percent,
        below_of_liver=len(of_liver),
        below_of_nontumorous_liver=len(of_rest),
        below_measured=sum(_is_below(one.flr_percent, percent) for one in shown)
        if images
        else None,
        side_changed_by_denominator=tuple(
            one.id
            for one in shown
            if one.flr_of_nontumorous_liver_percent is not None and one.id in of_liver - of_rest
        ),
        within_interval=tuple(one.id for one in shown if percent in one.limits_within_interval),
    )


def _is_below(shown: Sided[float] | None, percent: float) -> bool:
    """Compare the shown text, which is not rounded across a limit."""
    return shown is not None and Fraction(shown.shown) < Fraction(str(percent))


def format_validation(record: ValidationRecord) -> Iterator[str]:
    """Format as a few lines."""
    yield f"{record.data_set} (doi {record.doi}, {record.licence}; {record.described_in})"
    shown = [one for one in record.patients if one.status != "absent"]
    if record.images:
        counted = sum(one.counted is not None for one in shown)
        planned = sum(one.status == "planned" for one in shown)
        patients = format_count(len(shown), "patient")
        yield f"{patients}: voxels counted for {counted}, plan computed for {planned}"
        equal = sum(map(_is_equal, shown))
        yield f"  patients whose voxel counts equal the published counts: {equal}"
    else:
        yield f"{format_count(len(shown), 'patient')}, from published counts: {record.counts_from}"
    for limit in record.limits:
        measured = "" if limit.below_measured is None else f"; as measured: {limit.below_measured}"
        yield (
            f"  FLR below {limit.limit_percent:g} % of the whole liver: {limit.below_of_liver} "
            f"patients; of the non-tumorous liver: {limit.below_of_nontumorous_liver}{measured}"
        )
        if limit.side_changed_by_denominator:
            names = ", ".join(limit.side_changed_by_denominator)
            yield f"    below the limit or not, depending on the denominator: {names}"
        if limit.within_interval:
            yield f"    {INTERVAL} includes the limit: {len(limit.within_interval)}"
    yield from _list_ids(record)
    yield from (
        f"  {one.id}: {one.status}: {one.reason}{'' if one.remedy is None else f'; {one.remedy}'}"
        for one in shown
        if one.reason is not None
    )


def _is_equal(one: ValidatedPatientRecord) -> bool:
    """Whether voxels were counted, counts are published, and all counts are equal."""
    return one.counted is not None and one.published is not None and not one.different


def _list_ids(record: ValidationRecord) -> Iterator[str]:
    lists = {
        "remnant and tumour together exceed the liver volume": record.exceeding,
        "voxel counts differ": record.different,
        "without published counts": record.unpublished,
    }
    yield from (f"  {what}: {', '.join(ids)}" for what, ids in lists.items() if ids)
    if record.absent:
        absent = format_count(len(record.absent), "patient")
        yield f"  missing from the folder: {absent} with published counts"
