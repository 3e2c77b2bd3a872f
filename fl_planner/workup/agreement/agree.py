"""Readers' masks of the same cases to what they agree on, over cases and against limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.basis.steps import begin_step, each_counted
from fl_planner.export.folder import save_folder
from fl_planner.export.save import check_output, save
from fl_planner.formats.stored.file import Limits
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.intake.readings.readings import ReadingFiles, ReadingOptions
from fl_planner.intake.request.read_case import read_case
from fl_planner.liver.agreement.consensus import Vote
from fl_planner.liver.agreement.doubts import find_pair_doubts
from fl_planner.liver.agreement.over_cases import CaseAgreement, find_few, summarise
from fl_planner.liver.agreement.reading import CaseReading, pair_readings
from fl_planner.planning.assessment.assess import OF_VOLUME, measure
from fl_planner.planning.assessment.thresholds import FLR, find_side_changes
from fl_planner.planning.given.case import InputFile
from fl_planner.record.agreement.agreement import (
    AgreementAnswer,
    AgreementFound,
    RefusedReading,
    as_agreement,
)
from fl_planner.record.agreement.cases import WrittenConsensus
from fl_planner.record.declaration.part import as_json
from fl_planner.space.common_grid.lattice import bring_together
from fl_planner.space.common_grid.resample import resample_to_finest, tell_resampled
from fl_planner.space.mask import Mask
from fl_planner.trials.criterion import Trial
from fl_planner.workup.agreement.consensus import RECORD, ConsensusWriter
from fl_planner.workup.agreement.reading_error import find_reading_error
from fl_planner.workup.agreement.sources import gather_readings, list_common
from fl_planner.workup.many.same_patient import SharedFiles
from fl_planner.workup.request import parse_segment_list

if TYPE_CHECKING:
    from fl_planner.report.picture.draw.picture_files import Print


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
    record = as_agreement(found, _limits_percent(trials))
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


def _limits_percent(trials: Sequence[Trial]) -> list[Fraction]:
    return sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)})


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
            find_side_changes(shares, trials),
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
        measured = measure(case, OF_VOLUME)
        assert measured.volumes is not None  # the last part measures them
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
            self.findings += [tell_resampled(one) for one in told if one is not None]
        return bring_together(masks)
