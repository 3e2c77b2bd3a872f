"""Readers' masks of the same cases to what they agree on, and to a consensus of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.constants import CONSENSUS
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_told
from fl_planner.basis.run import begin_step, each_counted
from fl_planner.export.save import check_folder, check_output, save, save_folder
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.given.kinds import parse_segment_list
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.intake.readings import ReadingFiles, ReadingOptions, read_folder, read_list
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
from fl_planner.liver.agreement.second_reader import FEWEST, Consensus, Vote, find_majority
from fl_planner.liver.scatter.reading_error import MOST_CV, ReadingError
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.assessment.near_limits import FLR, compare_sides
from fl_planner.planning.given.case import InputFile
from fl_planner.record.agreement import (
    AgreementAnswer,
    AgreementFound,
    RefusedReading,
    WrittenConsensus,
    as_agreement,
)
from fl_planner.record.declaration.part import as_json
from fl_planner.space.common_grid.lattice import bring_together
from fl_planner.space.common_grid.resample import report_resampled, resample_to_finest
from fl_planner.space.mask import Mask
from fl_planner.trials.criterion import Trial
from fl_planner.workup.many import SharedFiles

if TYPE_CHECKING:
    from fl_planner.report.picture.draw.picture_files import Print

DECIMALS = 6


def find_reading_error(
    cases: Sequence[CaseAgreement], told: Sequence[QuantityAgreement], readers: Sequence[str]
) -> ReadingError | None:
    """Find the CV of the FLR; None where too few cases tell it, or remnants are of two kinds.

    A remnant that is the same to the voxel counts once: a copied file makes no interval narrower.
    """
    found = next((one for one in told if one.quantity == FLR_PERCENT), None)
    if found is None:
        return None
    apart = [one.kept_apart(FLR_PERCENT) for one in cases if one.case in found.amounts]
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
USE = "name two folders or more, NAME=FOLDER each, or one CSV of readings"


def gather_readings(
    readers: Sequence[str], options: ReadingOptions
) -> tuple[tuple[ReadingFiles, ...], tuple[InputFile, ...]]:
    """Gather the files of all readings, and the list that names them, where there is one.

    Raises `InputRefused`: `agree.readers` for less than two readers, or two of one name; as
    `read_folder` and `read_list`.
    """
    if len(readers) == 1 and Path(readers[0]).suffix.lower() == LIST:
        listed, file = read_list(Path(readers[0]), options)
        return listed, (file,)
    named = [_name(one) for one in readers]
    names = [name for name, _ in named]
    if len(named) < 2 or len({*names}) < len(names):
        twice = f"two are called {names[-1]}" if len(named) > 1 else "less than two were named"
        raise InputRefused("agree.readers", "readers", twice, USE)
    every = [one for name, folder in named for one in read_folder(name, folder, options)]
    return tuple(every), ()


def _name(given: str) -> tuple[str, Path]:
    """Read NAME=FOLDER; a folder alone gives the reader its name."""
    name, equals, folder = given.partition("=")
    if equals and not Path(given).is_dir():
        return name, Path(folder)
    return Path(given).resolve().name, Path(given)


def list_common(
    readings: Sequence[ReadingFiles],
) -> tuple[list[tuple[ReadingFiles, ...]], tuple[Finding, ...]]:
    """List the cases that were read twice or more, and tell those that were not.

    Raises `InputRefused`: `agree.twice` where one reader has a case twice, `agree.no_common` where
    no case has two readers.
    """
    cases: dict[str, dict[str, ReadingFiles]] = {}
    for one in readings:
        each = cases.setdefault(one.case, {})
        if one.reader in each:
            reason = f"{one.reader} has it twice"
            raise InputRefused("agree.twice", one.case, reason, "keep the one that counts")
        each[one.reader] = one
    common = [tuple(each.values()) for _, each in sorted(cases.items()) if len(each) > 1]
    once = sorted(case for case, each in cases.items() if len(each) < 2)
    if not common:
        shown = join_told(once) or "no case was found"
        reason = f"no case was read by two: {shown}"
        remedy = "name cases alike in both folders: ID/liver.nii.gz, ID_liver.nii.gz or ID.toml"
        raise InputRefused("agree.no_common", "readers", reason, remedy)
    if not once:
        return common, ()
    message = f"{len(once)} cases have one reader and are left out: {join_told(once)}"
    return common, (Finding("agree.read_once", Severity.WARNING, message),)


RECORD = "agree.json"


@dataclass(slots=True)
class ConsensusWriter:
    """Writes consensus masks, or nothing where no folder was named.

    - `sitk`: SimpleITK in one thread, for STAPLE.
    - `doubts`: what is to be known of them.
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
        """Refuse a folder that cannot be written, and open SimpleITK where it is needed.

        Raises `InputRefused`: as `check_folder`; `extra.missing`; `agree.file_twice` for two cases
        whose files would have one name.
        """
        if out is None:
            yield cls(False, vote)
            return
        names = [_safe(one[0].case) for one in cases]
        if len({*names}) < len(names):
            twice = next(one for one in names if names.count(one) > 1)
            reason = "two cases would have files of one name"
            raise InputRefused("agree.file_twice", twice, reason, "name the cases apart")
        held = {one.name for one in out.iterdir()} if force and out.is_dir() else set()
        ours = {one for one in held if one.startswith(tuple(f"{name}_" for name in names))}
        check_folder(out, {RECORD, *ours}, force=force)
        if vote == "majority":
            yield cls(True, vote)
            return
        require_registration()
        from fl_planner.registration.scan import one_thread

        with one_thread() as sitk:
            yield cls(True, vote, sitk)

    def write(
        self, readings: Sequence[CaseReading], laid: Mapping[str, tuple[Mask, ...]]
    ) -> Iterator[WrittenConsensus]:
        """Write every structure of a case that two readers or more have drawn."""
        if not self.wanted:
            return
        for name, masks in laid.items():
            whose = [one.reader for one in readings if name in one.masks]
            if len(masks) < 2 or not any(one.voxel_count for one in masks):
                continue
            case = readings[0].case
            found = self._find(masks)
            if not found.mask.voxel_count:
                self._warn(
                    "agree.no_consensus", f"{case}: no voxel of the {name} is common to most"
                )
                continue
            if len(masks) < FEWEST:
                self._warn("agree.two_readings", _OF_TWO)
            file = f"{_safe(case)}_{name}.nii.gz"
            content = _as_file(found, file, name)
            yield WrittenConsensus(case, name, tuple(whose), found, file, content)

    def _find(self, masks: Sequence[Mask]) -> Consensus:
        if self.vote == "majority" or all(masks[0].is_same(one) for one in masks[1:]):
            return find_majority(masks)
        from fl_planner.registration.staple import find_staple

        return find_staple(self.sitk, masks)

    def _warn(self, code: str, message: str) -> None:
        told = Finding(code, Severity.WARNING, message)
        if told not in self.doubts:
            self.doubts.append(told)


_OF_TWO = (
    "a consensus of two readings: the majority is what both drew, and STAPLE cannot tell who is "
    "right where they differ"
)


def _safe(case: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", case).strip(".-") or "case"


def _as_file(found: Consensus, file: str, name: str) -> bytes:
    """Write a mask with the mark, and read it back."""
    mask = found.mask
    marked = Finding(
        CONSENSUS[found.vote], Severity.WARNING, "made of several readings", file, found.sd_ml, "mL"
    )
    structure = Structure.of(1, mask, None, name)
    converted = ConvertedFile(file, mask.grid, (), (marked,), (structure,))
    content = as_nifti(converted, file).content
    read_back(content, file, converted, Limits())
    return content


@dataclass(frozen=True, slots=True)
class AgreementQuestion:
    """What is to be compared.

    - `readers`: FOLDER or NAME=FOLDER each, two at least; or one CSV of readings.
    - `role`: of files whose name tells none.
    - `scheme`, `remnant_segments`, `no_tumour`: of readings that no case file describes.
    - `resample`: bring a case's masks of other lattices onto the finest; else it is refused.
    - `trials`: a folder of more trials, whose limits count too.
    - `out`: a new folder for a consensus of each structure, found by `consensus`.
    - `picture`: of differences against means.
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
        """What holds for every reading without a case file."""
        segments = parse_segment_list("--remnant-segments", self.remnant_segments)
        limits = Limits.of_gib(self.size_limit)
        return ReadingOptions(self.role, self.scheme, segments, self.no_tumour, limits)


def describe_agreement(asked: AgreementQuestion) -> AgreementAnswer:
    """Compare readers case by case, and tell what that comes to.

    Raises `InputRefused`: `agree.readers`, `agree.no_common` where nothing was read twice; as the
    only reading that is there would be, where no case can be compared; `agree.no_picture`.
    """
    form = _find_form(asked)
    readings, listed = gather_readings(asked.readers, asked.options)
    cases, once = list_common(readings)
    trials, of_trials = read_trials(asked.trials)
    with ConsensusWriter.of(asked.out, asked.consensus, cases, force=asked.force) as writer:
        comparing = _Comparing(resample=asked.resample, writer=writer)
        done = [comparing.compare(one) for one in each_counted(cases, "case")]
    agreed = tuple(one for one in done if one is not None)
    if not agreed:
        raise comparing.refused[0].refusal
    comparing.inputs[:0] = [*listed, *of_trials]
    comparing.findings += once
    found = comparing.tell(agreed, tuple({one.reader: None for one in readings}), trials)
    limits = sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)})
    record = as_agreement(found, limits)
    drawn = None if form is None else _draw(record, form)
    if asked.out is not None:
        files = {one.file: one.content for one in found.consensus}
        save_folder(asked.out, files | {RECORD: as_json(record).encode()}, force=asked.force)
    if asked.picture is not None and drawn is not None:
        save(asked.picture, drawn, force=asked.force)
    return record


def _find_form(asked: AgreementQuestion) -> Print | None:
    """Find as what a picture is drawn, before the work and not after it."""
    if asked.picture is None:
        return None
    from fl_planner.report.picture.draw.picture_files import find_print

    check_output(asked.picture, force=asked.force)
    return find_print(asked.picture)


def _draw(record: AgreementAnswer, form: Print) -> bytes:
    from fl_planner.report.picture.charts.agreement import SHOWN, draw_agreement

    begin_step("picture")
    if not any(one.name in SHOWN for one in record.quantities):
        reason = "no liver or remnant of it was drawn by two, so there is no difference to draw"
        raise InputRefused("agree.no_picture", "--picture", reason, "leave it out")
    return draw_agreement(record, form)


class _Comparing:
    """Cases that are compared one after another, and what is kept of them: no mask."""

    def __init__(self, *, resample: bool, writer: ConsensusWriter) -> None:
        self._resample = resample
        self._writer = writer
        self.inputs: list[InputFile] = []
        self.findings: list[Finding] = []
        self.refused: list[RefusedReading] = []
        self.written: list[WrittenConsensus] = []
        self._shared = SharedFiles()

    def compare(self, files: Sequence[ReadingFiles]) -> CaseAgreement | None:
        """Compare the readings of one case; None where less than two of them can be used."""
        case = files[0].case
        found = [*self._read_all(files)]
        if len(found) < 2:
            return None
        doubts = [one for _, findings in found for one in findings]
        readings = [one for one, _ in found]
        begin_step("comparing")
        try:
            pairs, laid = pair_readings(readings, self._bring_together)
            doubts += [
                one for pair in pairs for one in find_pair_doubts(pair, self._bring_together)
            ]
        except InputRefused as refused:
            self.refused.append(RefusedReading(case, None, refused))
            return None
        told = CaseAgreement.of(readings, pairs, doubts)
        self.findings += told.findings
        if told.counts:
            self.written += self._writer.write(readings, laid)
        return told

    def tell(
        self, cases: tuple[CaseAgreement, ...], readers: tuple[str, ...], trials: Sequence[Trial]
    ) -> AgreementFound:
        """Tell what all cases come to."""
        for case, found in self._shared.find().items():
            self.findings.append(replace(found, message=f"{case}: {found.message}"))
        quantities = summarise(cases, readers)
        shares = {one.case: one.shares for one in cases if one.counts}
        return AgreementFound(
            readers,
            cases,
            quantities,
            compare_sides(shares, trials),
            find_reading_error(cases, quantities, readers),
            tuple(self.written),
            tuple(self.refused),
            tuple(self.inputs),
            tuple(dict.fromkeys((*self.findings, *find_few(quantities), *self._writer.doubts))),
        )

    def _read_all(
        self, files: Sequence[ReadingFiles]
    ) -> Iterator[tuple[CaseReading, tuple[Finding, ...]]]:
        for one in files:
            try:
                yield self._read(one)
            except InputRefused as refused:
                self.refused.append(RefusedReading(one.case, one.reader, refused))

    def _read(self, one: ReadingFiles) -> tuple[CaseReading, tuple[Finding, ...]]:
        request = replace(one.request, files=replace(one.request.files, resample=self._resample))
        case = read_case(request)
        measured = measure_volumes(case)
        whose = f"{one.case}, {one.reader}"
        self.inputs += [replace(each, role=f"{whose}: {each.role}") for each in case.inputs]
        told = tuple(
            replace(each, message=f"{whose}: {each.message}")
            for each in (*case.findings, *measured.findings)
        )
        self._shared.add(one.case, case.inputs)
        names = one.case, one.reader
        return CaseReading.of(names, case.anatomy, measured.remnant, measured.volumes), told

    def _bring_together(self, masks: Sequence[Mask]) -> Sequence[Mask]:
        if self._resample:
            masks, told = resample_to_finest(masks)
            self.findings += [report_resampled(one) for one in told if one is not None]
        return bring_together(masks)
