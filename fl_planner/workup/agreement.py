"""Agreement of readers on the same cases, and consensus masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from fl_planner.basis.constants import CONSENSUS
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_compared, format_count, join_first
from fl_planner.basis.run import begin_step, each_counted
from fl_planner.export.save import (
    check_folder,
    check_output,
    list_names,
    save,
    save_folder,
    saving_together,
)
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import name_folder
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.given.kinds import parse_segment_list
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.intake.readings import (
    ReadingFiles,
    ReadingOptions,
    find_alike,
    read_folder,
    read_list,
)
from fl_planner.intake.request.read_case import read_case
from fl_planner.liver.agreement.bland_altman import (
    CaseAgreement,
    QuantityAgreement,
    find_few,
    measure_repeatability,
    summarise,
)
from fl_planner.liver.agreement.reading import (
    FLR_PERCENT,
    CaseReading,
    find_pair_doubts,
    pair_readings,
)
from fl_planner.liver.agreement.second_reader import FEWEST, Consensus, Vote, compute_majority
from fl_planner.liver.scatter.reading_error import MOST_CV, ReadingError
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.assessment.near_limits import FLR, compare_sides
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import judge_identities
from fl_planner.record.agreement import (
    AgreementAnswer,
    AgreementFound,
    RefusedReading,
    WrittenConsensus,
    as_agreement,
)
from fl_planner.record.declaration.part import as_json
from fl_planner.space.common_grid.resample import report_resampled, resample_to_finest
from fl_planner.space.common_grid.same_grid import bring_together
from fl_planner.space.mask import Mask
from fl_planner.trials.criterion import Trial
from fl_planner.workup.many import SharedFiles

if TYPE_CHECKING:
    from fl_planner.report.picture.draw.picture_files import Print

DECIMALS = 6


def derive_reading_error(
    cases: Sequence[CaseAgreement], agreed: Sequence[QuantityAgreement], readers: Sequence[str]
) -> ReadingError | None:
    """Derive the CV of the FLR; None for too few cases or remnants of different origin.

    Identical remnants are counted once, so that a copied file does not narrow an interval.
    """
    found = next((each for each in agreed if each.quantity == FLR_PERCENT), None)
    if found is None:
        return None
    apart = [case.kept_apart(FLR_PERCENT) for case in cases if case.case in found.amounts]
    repeatability = measure_repeatability([[*each.values()] for each in apart if len(each) > 1])
    if not repeatability.is_enough:
        return None
    cv = repeatability.cv
    origins = {
        reading.origin
        for case in cases
        for reading in case.readings
        if reading.reader in found.amounts.get(case.case, {})
    }
    origin = origins.pop() if len(origins) == 1 else None
    if cv is None or origin is None or not cv.value <= MOST_CV:
        return None
    many = repeatability.cases
    source = f"{len(readers)} readers, {many} cases of this centre (fl-planner agree)"
    rounded = Fraction(f"{cv.value:.{DECIMALS}f}")
    return ReadingError(rounded, many, repeatability.df, origin, source)


LIST = ".csv"
USE = "give at least two folders, as NAME=FOLDER, or one CSV file of readings"


def gather_readings(
    readers: Sequence[str], options: ReadingOptions
) -> tuple[tuple[ReadingFiles, ...], tuple[InputFile, ...]]:
    """Gather the files of all readings, and their list if there is one.

    Raises `InputRefused`: `agree.readers` for fewer than two readers, or two with the same name; as
    `read_folder` and `read_list`.
    """
    if len(readers) == 1 and Path(readers[0]).suffix.lower() == LIST:
        listed, file = read_list(Path(readers[0]), options)
        return _name_alike(listed), (file,)
    named = [_name(reader) for reader in readers]
    names = [as_compared(name) for name, _ in named]
    if len(named) < 2 or len({*names}) < len(names):
        shared = [name for name in names if names.count(name) > 1]
        twice = "fewer than two readers were given"
        if shared:
            twice = f"two readers have the name {shared[0]}"
        raise InputRefused("agree.readers", "readers", twice, USE)
    every = [files for name, folder in named for files in read_folder(name, folder, options)]
    return tuple(every), ()


def _name_alike(readings: Iterable[ReadingFiles]) -> tuple[ReadingFiles, ...]:
    """Unite the names of readers that look the same: each would count as a further reader."""
    names: dict[str, str] = {}
    return tuple(
        replace(one, reader=names.setdefault(as_compared(one.reader), one.reader))
        for one in readings
    )


def _name(given: str) -> tuple[str, Path]:
    """Parse NAME=FOLDER; without NAME, the reader has the name of the folder."""
    name, equals, folder = given.partition("=")
    if not (folder if equals else given).strip():  # would be the current folder
        raise InputRefused("agree.readers", "readers", f"{given!r} names no folder", USE)
    if equals and not Path(given).is_dir():
        if not name.strip():
            raise InputRefused("agree.readers", "readers", f"{given!r} names no reader", USE)
        return name, Path(folder)
    return name_folder(Path(given)), Path(given)


def list_common(
    readings: Sequence[ReadingFiles],
) -> tuple[list[tuple[ReadingFiles, ...]], tuple[Finding, ...]]:
    """List the cases with at least two readings, and report the others.

    Raises `InputRefused`: `agree.twice` if a reader has a case twice, `agree.no_common` if no case
    has two readers.
    """
    cases: dict[str, dict[str, ReadingFiles]] = {}
    for reading in readings:
        each = cases.setdefault(as_compared(reading.case), {})
        if reading.reader in each:
            reason = f"the case was given twice for reader {reading.reader}"
            raise InputRefused(
                "agree.twice", reading.case, reason, "remove one of the two readings"
            )
        each[reading.reader] = reading
    common = [tuple(each.values()) for _, each in sorted(cases.items()) if len(each) > 1]
    once = sorted(case for case, each in cases.items() if len(each) < 2)
    if not common:
        shown = join_first(once) or "no cases found"
        reason = f"no case was read by two readers: {shown}"
        remedy = (
            "use the same case names in each folder: ID/liver.nii.gz, ID_liver.nii.gz or ID.toml"
        )
        raise InputRefused("agree.no_common", "readers", reason, remedy)
    if not once:
        return common, ()
    message = f"{format_count(len(once), 'case')} with a single reader excluded: {join_first(once)}"
    return common, (Finding("agree.read_once", Severity.WARNING, message),)


def find_missing_flrs(cases: Sequence[CaseAgreement]) -> Iterator[Finding]:
    """Report readings without an FLR that another reading of their case has.

    A reader without the FLR of any case drew livers only, and is not reported.
    """
    drew = {one.reader for case in cases for one in case.readings if FLR_PERCENT in one.amounts}
    missing = [
        f"{case.case} ({one.reader})"
        for case in cases
        for one in case.readings
        if one.reader in drew
        and FLR_PERCENT not in one.amounts
        and any(FLR_PERCENT in other.amounts for other in case.readings)
    ]
    if missing:
        message = "readings without an FLR are excluded from its summary, although another "
        message += f"reading of the same case has one: {join_first(missing)}"
        yield Finding("agree.no_flr", Severity.WARNING, message)


RECORD = "agree.json"
NOT_VERIFIED = "identity.not_verified"


@dataclass(slots=True)
class ConsensusWriter:
    """Writes consensus masks, or nothing without a folder.

    - `sitk`: SimpleITK in one thread, for STAPLE.
    - `doubts`: findings on the consensus.
    """

    wanted: bool
    vote: Vote
    sitk: Any = None
    doubts: list[Finding] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(
        cls, out: Path | None, vote: Vote, cases: Sequence[Sequence[ReadingFiles]], *, force: bool
    ) -> Iterator[ConsensusWriter]:
        """Refuse a folder that cannot be written, and open SimpleITK if required.

        Raises `InputRefused`: see `check_folder`; `extra.missing`; `agree.file_twice` for two cases
        whose files would have the same name.
        """
        if out is None:
            yield cls(False, vote)
            return
        names = [_safe(readings[0].case) for readings in cases]
        if len({*names}) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            reason = "files of two cases would have the same name"
            raise InputRefused("agree.file_twice", twice, reason, "rename one of the cases")
        held = list_names(out) if force else set()
        ours = {file for file in held if file.startswith(tuple(f"{name}_" for name in names))}
        check_folder(out, {RECORD, *ours}, force=force)
        if vote == "majority":
            yield cls(True, vote)
            return
        require_registration()
        from fl_planner.registration.scan import one_thread

        with one_thread() as sitk:
            yield cls(True, vote, sitk)

    def write(
        self, readings: Sequence[CaseReading], on_one_grid: Mapping[str, tuple[Mask, ...]]
    ) -> Iterator[WrittenConsensus]:
        """Write every structure of a case drawn by at least two readers."""
        if not self.wanted:
            return
        for name, masks in on_one_grid.items():
            whose = [reading.reader for reading in readings if name in reading.masks]
            if len(masks) < 2 or not any(mask.voxel_count for mask in masks):
                continue
            case = readings[0].case
            found = self._find(masks)
            if not found.mask.voxel_count:
                message = (
                    f"{case}: there is no voxel that a majority of readers assigned to the {name}"
                )
                self._warn("agree.no_consensus", message)
                continue
            if len(masks) < FEWEST:
                self._warn("agree.two_readings", _OF_TWO)
            file = f"{_safe(case)}_{name}.nii.gz"
            content = _as_file(found, file, name)
            yield WrittenConsensus(case, name, tuple(whose), found, file, content)

    def _find(self, masks: Sequence[Mask]) -> Consensus:
        if self.vote == "majority" or all(masks[0].is_same(mask) for mask in masks[1:]):
            return compute_majority(masks)
        from fl_planner.registration.staple import estimate_staple

        return estimate_staple(self.sitk, masks)

    def _warn(self, code: str, message: str) -> None:
        found = Finding(code, Severity.WARNING, message)
        if found not in self.doubts:
            self.doubts.append(found)


_OF_TWO = (
    "consensus of two readings: the majority mask is their intersection, and STAPLE cannot "
    "determine which reading is correct where they differ"
)


def _safe(case: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", case).strip(".-") or "case"


def _as_file(found: Consensus, file: str, name: str) -> bytes:
    """Write a mask with its mark, and read it back."""
    mask = found.mask
    message = "consensus of several readings"
    code = CONSENSUS[found.vote]
    marked = Finding(code, Severity.WARNING, message, file, found.sd_ml, "mL")
    structure = Structure.of(1, mask, None, name)
    converted = ConvertedFile(file, mask.grid, (), (marked,), (structure,))
    content = as_nifti(converted, file).content
    read_back(content, file, converted, Limits())
    return content


@dataclass(frozen=True, slots=True)
class AgreementQuestion:
    """A comparison of readers.

    - `readers`: at least two entries FOLDER or NAME=FOLDER, or one CSV of readings.
    - `role`: role of files whose names do not state a role.
    - `scheme`, `remnant_segments`, `no_tumour`: settings for readings without a case file.
    - `resample`: resample masks of a case to the finest grid instead of refusing them.
    - `trials`: a folder of additional trials, whose limits are included.
    - `out`: a new folder for a consensus of each structure by the method `consensus`.
    - `picture`: picture of differences against means.
    """

    readers: Sequence[str]
    role: str | None = None
    scheme: str | None = None
    remnant_segments: str | None = None
    no_tumour: bool = False
    resample: bool = False
    trials: Path | None = None
    out: Path | None = None
    consensus: Vote = "majority"
    picture: Path | None = None
    force: bool = False
    size_limit: int = 1

    @property
    def options(self) -> ReadingOptions:
        """Options of readings without a case file."""
        segments = parse_segment_list("--remnant-segments", self.remnant_segments)
        limits = Limits.of_gib(self.size_limit)
        return ReadingOptions(self.role, self.scheme, segments, self.no_tumour, limits)


def describe_agreement(asked: AgreementQuestion) -> AgreementAnswer:
    """Compare readers case by case, and summarise their agreement.

    Raises `InputRefused`: `agree.readers`, `agree.no_common` if no case has two readings; the first
    refusal of a reading if no case can be compared; `agree.no_picture`.
    """
    form = _prepare_picture(asked)
    readings, listed = gather_readings(asked.readers, asked.options)
    cases, once = list_common(readings)
    trials, of_trials = read_trials(asked.trials)
    with ConsensusWriter.of(asked.out, asked.consensus, cases, force=asked.force) as writer:
        comparing = _Comparing(resample=asked.resample, writer=writer)
        done = [comparing.compare(case) for case in each_counted(cases, "case")]
    if not (agreed := tuple(case for case in done if case is not None)):
        raise comparing.refused[0].refusal
    comparing.inputs[:0] = [*listed, *of_trials]
    comparing.findings += (*once, *find_alike(readings), *find_missing_flrs(agreed))
    readers = tuple({reading.reader: None for reading in readings})
    found = comparing.summarise(agreed, readers, trials)
    limits = sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)})
    record = as_agreement(found, limits)
    drawn = None if form is None else _draw(record, form)
    with saving_together():
        if asked.out is not None:
            files = {mask.file: mask.content for mask in found.consensus}
            save_folder(asked.out, files | {RECORD: as_json(record).encode()}, force=asked.force)
        if asked.picture is not None and drawn is not None:
            save(asked.picture, drawn, force=asked.force)
    return record


def _prepare_picture(asked: AgreementQuestion) -> Print | None:
    """Check the output of the picture before the work, and return its format."""
    if asked.picture is None:
        return None
    from fl_planner.report.picture.draw.picture_files import find_print

    check_output(asked.picture, force=asked.force)
    return find_print(asked.picture)


def _draw(record: AgreementAnswer, form: Print) -> bytes:
    from fl_planner.report.picture.charts.agreement import SHOWN, make_figure

    begin_step("picture")
    if not any(quantity.name in SHOWN for quantity in record.quantities):
        reason = "no liver or FLR was read twice, so there is no difference to plot"
        raise InputRefused("agree.no_picture", "--picture", reason, "omit the option")
    return form.write(lambda: make_figure(record))


# A reading, the findings on its files, and those of its files that identify patient and scan.
Read = tuple[CaseReading, tuple[Finding, ...], tuple[InputFile, ...]]


def _compare_owners(case: str, found: Sequence[Read]) -> Iterator[Finding]:
    """Compare the patients and scans of readings; what a reading reported itself is not repeated.

    Raises `InputRefused`: see `judge_identities`.
    """
    reported = {one.code for _, findings, _ in found for one in findings}
    for one in judge_identities([file for _, _, marked in found for file in marked]):
        if one.code != NOT_VERIFIED:
            yield one
        elif one.code not in reported:
            yield replace(one, message=f"{case}: {one.message}")


class _Comparing:
    """Comparison of cases, one after another, without keeping their masks in memory."""

    def __init__(self, *, resample: bool, writer: ConsensusWriter) -> None:
        self._resample = resample
        self._writer = writer
        self.inputs: list[InputFile] = []
        self.findings: list[Finding] = []
        self.refused: list[RefusedReading] = []
        self.written: list[WrittenConsensus] = []
        self._shared = SharedFiles()

    def compare(self, files: Sequence[ReadingFiles]) -> CaseAgreement | None:
        """Compare the readings of one case; None if fewer than two can be used."""
        case = files[0].case
        found = [*self._read_all(files)]
        if len(found) < 2:
            return None
        doubts = [doubt for _, findings, _ in found for doubt in findings]
        readings = [reading for reading, _, _ in found]
        begin_step("comparing")
        try:
            doubts += _compare_owners(case, found)
            pairs, on_one_grid = pair_readings(readings, self._bring_together)
            doubts += [
                doubt for pair in pairs for doubt in find_pair_doubts(pair, self._bring_together)
            ]
        except InputRefused as refused:
            self.refused.append(RefusedReading(case, None, refused))
            return None
        agreement = CaseAgreement.of(readings, pairs, doubts)
        self.findings += agreement.findings
        if agreement.counts:
            self.written += self._writer.write(readings, on_one_grid)
        return agreement

    def summarise(
        self, cases: tuple[CaseAgreement, ...], readers: tuple[str, ...], trials: Sequence[Trial]
    ) -> AgreementFound:
        """Summarise all cases."""
        for case, found in self._shared.find().items():
            self.findings.append(replace(found, message=f"{case}: {found.message}"))
        quantities = summarise(cases, readers)
        shares = {case.case: case.shares for case in cases if case.counts}
        return AgreementFound(
            readers,
            cases,
            quantities,
            compare_sides(shares, trials),
            derive_reading_error(cases, quantities, readers),
            tuple(self.written),
            tuple(self.refused),
            tuple(self.inputs),
            tuple(dict.fromkeys((*self.findings, *find_few(quantities), *self._writer.doubts))),
        )

    def _read_all(self, files: Sequence[ReadingFiles]) -> Iterator[Read]:
        for reading in files:
            try:
                yield self._read(reading)
            except InputRefused as refused:
                self.refused.append(RefusedReading(reading.case, reading.reader, refused))

    def _read(self, reading: ReadingFiles) -> Read:
        files = structs.replace(reading.request.files, resample=self._resample)
        case = read_case(replace(reading.request, files=files))
        measured = measure_volumes(case)
        whose = f"{reading.case}, {reading.reader}"
        self.inputs += [replace(each, role=f"{whose}: {each.role}") for each in case.inputs]
        findings = tuple(
            replace(each, message=f"{whose}: {each.message}")
            for each in (*case.findings, *measured.findings)
        )
        self._shared.add(reading.case, case.inputs)
        marked = tuple(
            replace(each, file=f"{whose}: {each.file}")
            for each in case.inputs
            if each.identity is not None
        )
        names = reading.case, reading.reader
        compared = CaseReading.of(names, case.anatomy, measured.remnant, measured.volumes)
        return structs.replace(compared, scanned_on=case.reading.scanned_on), findings, marked

    def _bring_together(self, masks: Sequence[Mask]) -> Sequence[Mask]:
        if self._resample:
            masks, moved = resample_to_finest(masks)
            self.findings += [report_resampled(each) for each in moved if each is not None]
        return bring_together(masks)
