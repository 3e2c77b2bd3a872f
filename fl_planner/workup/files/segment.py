"""Let an engine draw masks on a CT, check them, and write them with a case file.

Nothing is written unless every output is complete, on the grid of the CT, and without an error
that would withdraw its numbers.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fl_planner.basis.extras import require_engines
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.engines.engine import (
    CT,
    IMAGES,
    LABEL_MAP,
    OUT,
    SCRATCH,
    TUMOUR,
    VESSEL,
    WEIGHTS,
    EngineOutput,
    SegmentationEngine,
    hash_weights,
)
from fl_planner.engines.process import EngineProcess, find_offline
from fl_planner.export.save import check_folder, check_output, save, save_folder
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.segments.content import ConvertedFile
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.formats.voxels.voxel_file import ReadImage
from fl_planner.formats.write import as_nifti
from fl_planner.given.toml import as_toml
from fl_planner.intake.documents.engine_file import find_engine_file, read_engine
from fl_planner.liver.names.part_names import structure_of
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.segment import DrawnMaskRecord, EngineRecord, SegmentationRecord
from fl_planner.record.head import FindingRecord, as_findings, as_inputs
from fl_planner.space.common_grid.same_grid import describe_misfit
from fl_planner.space.grid import Grid
from fl_planner.space.labels import find_scheme
from fl_planner.workup.request import read_request
from fl_planner.workup.volume import measure_volume

CASE, RECORD = "case.toml", "segment.json"
CT_FILE, IMAGE = "ct.nii.gz", "ct_0000.nii.gz"  # the latter as nnU-Net reads it


@dataclass(frozen=True, slots=True)
class SegmentationRequest:
    """A CT, the engine that draws on it, and the new folder for its masks.

    - `engine`: name of a bundled engine file, or path of another.
    - `accept_licence`: whether the licence of the engine is accepted.
    - `engine_log`: file for the messages of the engine; they may contain names of files.
    """

    ct: Path
    engine: str
    out: Path
    accept_licence: bool = False
    engine_log: Path | None = None
    size_limit: int = 1
    force: bool = False


@dataclass(frozen=True, slots=True)
class _EngineMask:
    """A mask of an engine, as written."""

    output: EngineOutput
    content: bytes
    volume_ml: float
    has_tumour: bool

    @property
    def is_used(self) -> bool:
        """Whether a case file names it: an engine that found nothing does not prove absence."""
        return self.volume_ml > 0


@dataclass(frozen=True, slots=True)
class EngineMasks:
    """The masks that an engine drew, checked and not yet written.

    - `doubts`: findings on the run of the engine, not on its masks.
    """

    asked: SegmentationRequest
    record: SegmentationRecord
    doubts: tuple[Finding, ...]
    _drawn: tuple[_EngineMask, ...]

    def as_files(self, folder: Path) -> dict[str, bytes]:
        """Return masks and case file for a folder, from which the case file refers to the CT."""
        ct, engine = Path(os.path.relpath(self.asked.ct, folder)), self.record.engine
        files = {one.output.saved_as: one.content for one in self._drawn}
        files[CASE] = _as_case(engine.title, engine.version, self._drawn, ct.as_posix()).encode()
        files[RECORD] = as_json(self.record).encode()
        return files

    def save(self) -> None:
        """Write the folder; raises `InputRefused`: as `save_folder`."""
        out = self.asked.out
        files = self.as_files(out)
        save_folder(out, files, force=self.asked.force, instead_of={*files})


def segment(asked: SegmentationRequest) -> SegmentationRecord:
    """Run an engine on a CT, and write its masks with a case file.

    Raises `InputRefused`: see `draw_masks` and `save_folder`.
    """
    masks = draw_masks(asked)
    masks.save()
    return masks.record


def draw_masks(asked: SegmentationRequest) -> EngineMasks:
    """Run an engine on a CT, and check its masks.

    Raises `InputRefused`: `extra.missing`; see also `find_engine_file`, `read_engine`,
    `SegmentationEngine`, `EngineProcess.run`; `engine.outputs` if an output is missing,
    `engine.masks` if it is not on the grid of the CT or has an error.
    """
    require_engines()
    engine = read_engine(find_engine_file(asked.engine))
    engine.require_licence(accepted=asked.accept_licence)
    weights = engine.find_weights()
    names = {one.saved_as for one in engine.outputs} | {CASE, RECORD}
    check_folder(asked.out, names, force=asked.force)
    if asked.engine_log is not None:
        check_output(asked.engine_log, force=asked.force)
    limits = Limits.of_gib(asked.size_limit)
    read = read_image(asked.ct, "ct", limits)
    with temporary_folder() as scratch:
        ran = _Ran(engine, read, scratch, weights)
        try:
            ran.run()
        finally:
            log = scratch / "engine.log"
            if asked.engine_log is not None and log.is_file():
                save(asked.engine_log, log.read_bytes(), force=asked.force, apart=True)
        drawn = tuple(_collect(engine, ran.out, read.given.grid, limits))
        doubts = tuple(_find_doubts(ran, drawn))
        findings = (*as_findings(doubts), *_check(engine, ran, drawn, asked.size_limit))
    return EngineMasks(asked, _describe(asked, ran, read, drawn, findings), doubts, drawn)


class _Ran:
    """The run of an engine on a CT: its version, and the folder of its outputs."""

    def __init__(
        self, engine: SegmentationEngine, read: ReadImage, scratch: Path, weights: tuple[Path, ...]
    ) -> None:
        self.engine, self.scratch, self.weights = engine, scratch, weights
        self.ct, self.images, self.out = scratch / CT_FILE, scratch / IMAGES, scratch / OUT
        self.version: str | None = None
        self.offline: bool | None = None
        self._read = read

    def run(self) -> None:
        """Run the commands; raises `InputRefused` as `EngineProcess.run`."""
        if self.engine.folder is not None:
            self.out = self.engine.folder
            self._write_ct()
            return
        prefix = find_offline()
        self.offline = bool(prefix)
        process = EngineProcess(self.engine, self.scratch, prefix)
        process.require_programs()
        self._write_ct()
        self.version = process.read_version()
        work = self.scratch / SCRATCH
        for folder in (self.images, self.out, work):
            folder.mkdir()
        shutil.copyfile(self.ct, self.images / IMAGE)
        places = {CT: self.ct, IMAGES: self.images, OUT: self.out, SCRATCH: work}
        if self.weights:
            places[WEIGHTS] = self.weights[0]
        for command in self.engine.commands:
            begin_step(f"running {Path(command[0]).name}")
            process.run(self.engine.fill(command, places))

    def _write_ct(self) -> None:
        image, inputs, _ = self._read
        converted = ConvertedFile(image.file or CT, image.grid, inputs, image=image)
        self.ct.write_bytes(as_nifti(converted, self.ct.name).content)


def _collect(
    engine: SegmentationEngine, out: Path, grid: Grid, limits: Limits
) -> Iterator[_EngineMask]:
    """Read every output.

    Raises `InputRefused`: `engine.outputs`, naming those that are missing; `engine.masks` for
    a different grid from that of the CT; see also `read_labels`.
    """
    found = [(one, [*_match(out, one.file)]) for one in engine.outputs]
    if missing := [one.file for one, files in found if len(files) != 1]:
        what = "is missing or matches" if len(missing) == 1 else "are missing or match"
        reason = f"the engine finished, but {', '.join(missing)} {what} several files"
        remedy = (
            "repeat the command with --engine-log FILE to read the engine's messages, and compare "
            "[[output]] in the engine file with the files that the engine wrote"
        )
        raise InputRefused("engine.outputs", engine.name, reason, remedy)
    for one, (path,) in found:
        holds = Holds.LABEL_MAP if one.role == LABEL_MAP else Holds.LABELS
        file = read_labels(path, one.role, holds, limits)
        if not isinstance(file, LabelFile):  # no other kind of file ends in .nii
            raise _refuse_masks(engine, f"{path.name} is not a label map")
        if (misfit := _find_misfit(grid, file.grid)) is not None:
            raise _refuse_masks(engine, f"{path.name} is not on the grid of the CT: {misfit}")
        counts = file.labelled.counts()
        voxels = sum(counts.values())
        if not voxels and not one.may_be_empty:
            raise _refuse_masks(engine, f"{path.name} is empty")
        tumours = counts.keys() if one.role == TUMOUR else _list_tumour_labels(one)
        has_tumour = any(counts.get(number) for number in tumours)
        yield _EngineMask(one, path.read_bytes(), voxels * file.grid.voxel_ml, has_tumour)


def _find_misfit(ct: Grid, mask: Grid) -> str | None:
    """Describe why a mask is not on the grid of the CT; None if it is, in any order of axes."""
    misfit = describe_misfit(ct, mask)
    if misfit is None and sorted(mask.shape) != sorted(ct.shape):
        return "the mask is cropped, or larger than the CT"
    return misfit


def _match(out: Path, pattern: str) -> Iterator[Path]:
    """List the files of a pattern; links are omitted, as they could lead out of the folder."""
    root = out.resolve()
    for path in sorted(out.glob(pattern)):
        if path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(root):
            yield path


def _refuse_masks(engine: SegmentationEngine, reason: str) -> InputRefused:
    remedy = "do not use these masks; check the engine file and the CT"
    return InputRefused("engine.masks", engine.name, reason, remedy)


def _check(
    engine: SegmentationEngine, ran: _Ran, drawn: tuple[_EngineMask, ...], size_limit: int
) -> tuple[FindingRecord, ...]:
    """Measure the masks as `volume` does, with the CT; an error is refused."""
    folder = ran.scratch / "check"
    folder.mkdir()
    for one in drawn:
        (folder / one.output.saved_as).write_bytes(one.content)
    shutil.copyfile(ran.ct, folder / ran.ct.name)
    alone = not any(one.has_tumour for one in drawn)  # what a reader must state is taken as given
    case = _as_case(engine.title, ran.version, drawn, ran.ct.name, no_tumour=alone)
    (folder / CASE).write_text(case, "utf-8")
    record = measure_volume(read_request(folder / CASE, size_limit=size_limit))
    if errors := [one for one in record.findings if one.severity == Severity.ERROR.value]:
        raise _refuse_masks(engine, f"{errors[0].message} ({errors[0].code})")
    return record.findings


def _list_tumour_labels(one: EngineOutput) -> frozenset[int]:
    if one.labels is not None:
        return frozenset(int(n) for n, name in one.labels.items() if structure_of(name) == TUMOUR)
    if one.scheme is None:
        return frozenset()
    named = find_scheme(read_bundled_schemes(), one.scheme).structures
    return frozenset(number for number, name in named.items() if name == TUMOUR)


def _find_doubts(ran: _Ran, drawn: tuple[_EngineMask, ...]) -> Iterator[Finding]:
    if ran.offline is False:
        message = "the engine ran with access to the network, because this system cannot prevent it"
        yield Finding("engine.network", Severity.WARNING, message)
    for one in drawn:
        if not one.is_used:
            message = (
                f"{one.output.saved_as}: the engine found nothing, which does not prove that there "
                "is no tumour; this file is not listed in the case file"
            )
            yield Finding("engine.nothing_found", Severity.WARNING, message, one.output.saved_as)


def _as_case(
    title: str,
    version: str | None,
    drawn: tuple[_EngineMask, ...],
    ct: str,
    *,
    no_tumour: bool = False,
) -> str:
    """Write the case file: masks with their automatic origin, and the CT.

    - `no_tumour`: whether to state that there is no tumour; used for the check of masks only,
      never for a user.
    """
    origin = ":".join(filter(None, ("automatic", title, version)))
    used = [one.output for one in drawn if one.is_used]
    lines = [
        "# drawn by a program, not verified: check every mask before using numbers based on it",
        "schema = 1",
        "",
        "[masks]",
        f"origin = {as_toml(origin)}",
    ]
    if no_tumour:
        lines.append("no_tumour = true")
    vessels = {}
    for one in used:
        if one.role.startswith(VESSEL):
            vessels[one.role.removeprefix(VESSEL)] = one.saved_as
        elif one.scheme or one.labels:
            key, held = ("scheme", one.scheme) if one.scheme else ("labels", dict(one.labels or {}))
            file, meaning = as_toml(one.saved_as), as_toml(held)
            lines.append(f"{one.role} = {{ file = {file}, {key} = {meaning} }}")
        else:
            lines.append(f"{one.role} = {as_toml(one.saved_as)}")
    if vessels:
        lines.append(f"vessels = {as_toml(vessels)}")
    return "\n".join([*lines, "", "[imaging]", f"ct = {as_toml(ct)}", ""])


def _describe(
    asked: SegmentationRequest,
    ran: _Ran,
    read: ReadImage,
    drawn: tuple[_EngineMask, ...],
    findings: tuple[FindingRecord, ...],
) -> SegmentationRecord:
    engine = ran.engine
    masks = (
        DrawnMaskRecord(
            file=one.output.saved_as,
            role=one.output.role,
            sha256=sha256(one.content).hexdigest(),
            volume_ml=one.volume_ml,
            used=one.is_used,
        )
        for one in drawn
    )
    return SegmentationRecord(
        refusal=None,
        inputs=as_inputs(read.inputs),
        engine=EngineRecord(
            name=engine.name,
            title=engine.title,
            version=ran.version,
            weights_sha256=hash_weights(ran.weights),
            licence=engine.licence,
            offline=ran.offline,
        ),
        folder=asked.out.name,
        case_file=CASE,
        masks=tuple(masks),
        findings=findings,
    )
