"""What each file is, and whether files fit together: what a radiologist runs first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step, each_counted, within_bounds
from fl_planner.formats.read import is_folder, is_zip, read_image, read_labels
from fl_planner.formats.segments.content import find_ends
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.file_facts import Checked, Label, Misfit
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.intake.reading.files import find_shared
from fl_planner.intake.reading.mask_files import MAP, read_folder
from fl_planner.record.files.check import CheckRecord, as_check
from fl_planner.space.common_grid.lattice import (
    bring_together,
    find_misfit,
    measure_moved_mm,
    say_moved,
)
from fl_planner.space.mask import unite

# Refusals of a label map that leave an image possible: its numbers are no labels, or it is a
# folder, which may hold the slices of one.
NO_LABELS = frozenset(
    {
        "file.folder",
        "labels.negative",
        "mask.no_background",
        "values.fractions",
        "values.image",
        "values.not_finite",
        "values.two_backgrounds",
    }
)
NO_SLICES = "series.none"  # how a folder is refused that is nothing by itself
VOLUMES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")  # each a file for itself
ZIP = "file.format"  # what a mask's reader says of a zip, which may hold the slices of a CT
SEGMENTATION = "segmentation"
BESIDE = (".nii", ".nii.gz", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd")  # a folder's are not read
BESIDE_SHOWN = "NIfTI, NRRD, MetaImage"
MOST_FOLDERS = 3  # that are named
MOST_LABELS = 255  # more different numbers are an image, whatever they are


def describe_files(
    paths: Sequence[Source], size_limit: int = 1, *, none_read: bool = False
) -> CheckRecord:
    """Tell what each file is, and ask those with a role what `volume` asks.

    - `none_read`: whether files of which none can be read are told too.

    Raises `InputRefused`: that of the first file, where none can be read.
    """
    from fl_planner.workup.files.roles_by_name import assess_files

    limits = Limits.of_gib(size_limit)
    files = [one for path in paths for one in _unfolded(path, limits)]
    checked, misfits = check_files(files, limits)
    refused = [one for one in checked if isinstance(one, InputRefused)]
    if len(refused) == len(checked) and not none_read:
        raise refused[0]
    maps = [
        one
        for one, seen in zip(files, checked, strict=True)
        if isinstance(seen, Checked) and seen.kind != "image"
    ]
    passed = [found for path in paths for found in _find_passed_over(path, files, maps)]
    begin_step("asking what volume asks")
    return as_check(checked, misfits, assess_files(files, checked, misfits, limits), passed)


def _unfolded(path: Source, limits: Limits) -> tuple[Source, ...]:
    """Give the files of a folder of masks; one of segments or of a CT's slices is one thing.

    Masks that lie beside the slices of a CT come with it.
    """
    if not isinstance(path, Path) or not is_folder(path):
        return (path,)
    volumes = (one for one in path.iterdir() if one.name.lower().endswith(VOLUMES))
    inside = tuple(sorted(one for one in volumes if one.is_file()))
    whole = _check_bounded(path, limits) if inside else None
    if isinstance(whole, Checked) and whole.kind == "image":
        return (path, *inside)
    if isinstance(whole, InputRefused) and whole.code == NO_SLICES:
        return inside
    return (path,)


def check_files(
    paths: Sequence[Source], limits: Limits
) -> tuple[tuple[Checked | InputRefused, ...], tuple[Misfit, ...]]:
    """Check each file by itself, then each against the first that could be read.

    An image may lie on another grid than masks do: it is drawn beneath them, never counted.
    Misfits of files that share a base name give each its number.
    """
    checked = tuple(_check_bounded(path, limits) for path in each_counted(paths, "file"))
    shared = find_shared(paths)
    read = [
        replace(one, file=f"{one.file} (file {number})") if one.file in shared else one
        for number, one in enumerate(checked, start=1)
        if isinstance(one, Checked)
    ]
    masks = [one for one in read if one.kind != "image"]
    if not masks:
        return checked, ()
    first, *others = masks
    pairs = [(one, find_misfit(first.grid, one.grid) or _find_moved(first, one)) for one in others]
    pairs += [(one, _find_apart(one, first)) for one in read if one.kind == "image"]
    misfits = (Misfit(one.file, first.file, reason) for one, reason in pairs if reason)
    return checked, tuple(misfits)


def _find_moved(first: Checked, other: Checked) -> str | None:
    """Say that two files cover as much in two places; a DICOM file may leave slices out."""
    if SEGMENTATION in (first.kind, other.kind):
        return None
    mm = measure_moved_mm(first.grid, other.grid)
    return None if mm is None else say_moved(first.grid, other.grid, mm)


def _find_apart(image: Checked, mask: Checked) -> str | None:
    """Say why an image does not show what a mask marks: the middle of it, for a first look."""
    if image.grid.placed is not mask.grid.placed:
        return "only one of them says where it lies in the patient"
    middle = np.add(mask.box.start, mask.box.stop) // 2
    (place,) = mask.grid.places_mm(np.array([middle], dtype=np.intp))
    matrix = image.grid.matrix()
    index = np.linalg.solve(matrix[:, :3], place - matrix[:, 3])
    covered = ((index >= -0.5) & (index <= np.array(image.grid.shape) - 0.5)).all()
    return None if covered else "it does not cover the middle of what is marked"


def _check_bounded(path: Source, limits: Limits) -> Checked | InputRefused:
    """Check one of several files; one that takes all memory or time stops no other."""
    try:
        return within_bounds(path.name, partial(_check, path, limits))
    except InputRefused as refused:
        return refused


def _check(path: Source, limits: Limits) -> Checked | InputRefused:
    if isinstance(path, Path) and is_folder(path):
        try:
            return _as_folder(path, limits)
        except InputRefused as refused:
            if refused.code not in NO_LABELS:
                return refused
    try:
        labels = read_labels(path, "check", Holds.LABEL_MAP, limits)
    except InputRefused as refused:
        if refused.code not in NO_LABELS and not (refused.code == ZIP and is_zip(path, limits)):
            return refused
    else:
        if isinstance(labels, SegmentFile):
            return _as_segments(labels)
        if len(labels.labelled.labels) <= MOST_LABELS:
            return _as_labels(labels)
    try:
        return _as_image(path, limits)
    except InputRefused as refused:
        beside = _list_beside(path)
        return (
            _name_beside(refused, path, beside) if refused.code == NO_SLICES and beside else refused
        )


def _find_passed_over(
    path: Source, files: Collection[Source], maps: Collection[Source]
) -> Iterator[Finding]:
    """Find what lies in a folder, or below it, and is none of the files that were looked at.

    A folder that is one map tells itself of what it holds beside its segments.
    """
    passed = [
        one
        for one in _list_beside(path)
        if one not in files and not (path in maps and one.parent == path)
    ]
    if passed and isinstance(path, Path):
        was = "was" if len(passed) == 1 else "were"
        told = f"{_say_files(passed)} that {was} not looked at{_say_folders(path, passed)}"
        called = path.name or path.resolve().name  # the working folder has no name of its own
        message = f"{called}: in it {told}"
        yield Finding("check.passed_over", Severity.WARNING, message, called, len(passed))


def _say_folders(path: Source, files: Iterable[Path]) -> str:
    """Say in which folders below it they lie; of many, the first."""
    below = sorted({one.parent.name for one in files if one.parent != path})
    named = ", ".join(below[:MOST_FOLDERS]) + (", ..." if below[MOST_FOLDERS:] else "")
    return f", in {named}: check such a folder by itself" if below else ""


def _list_beside(path: Source) -> list[Path]:
    """List the files of a folder, and below it, whose names say that they are masks or images."""
    if not isinstance(path, Path) or not path.is_dir():
        return []
    return [one for one in path.rglob("*") if one.name.lower().endswith(BESIDE) and one.is_file()]


def _name_beside(refused: InputRefused, path: Source, beside: Sequence[Path]) -> InputRefused:
    """Say of a folder without slices what else lies in it."""
    below = _say_folders(path, beside)
    remedy = "check these by their names, such as fl-planner check FOLDER/*"
    if below:
        remedy = "give one of these folders, such as fl-planner check FOLDER/MASKS"
    reason = f"{refused.reason}; in it {_say_files(beside)}{below.partition(':')[0]}"
    return InputRefused(refused.code, refused.source, reason, remedy)


def _say_files(files: Sequence[Path]) -> str:
    lie = "lies 1 file" if len(files) == 1 else f"lie {len(files)} files"
    return f"{lie} of other formats ({BESIDE_SHOWN})"


def _as_labels(file: LabelFile) -> Checked:
    numbers = file.labelled.labels
    voxels = (int(np.count_nonzero(file.labelled.voxels(number))) for number in numbers)
    return Checked(
        file.labelled.stored.name,
        "label map" if len(numbers) > 1 else "mask",
        file.grid,
        file.inputs,
        labels=tuple(
            Label(number, None, count) for number, count in zip(numbers, voxels, strict=True)
        ),
        box=file.labelled.box,
        findings=file.findings,
    )


def _as_folder(path: Path, limits: Limits) -> Checked:
    """Read a folder of segments, a file each, as the one map that `--labelmap` reads it as."""
    files: list[LabelFile | SegmentFile] = []

    def read(one: Path) -> LabelFile | SegmentFile:
        files.append(read_labels(one, MAP, Holds.ONE_LABEL, limits))
        return files[-1]

    mapped = read_folder(path, read, ())
    masks = bring_together(tuple(mapped.masks.values()))
    numbered = zip(mapped.masks, masks, files, strict=True)
    return Checked(
        path.name,
        "label map",
        masks[0].grid,
        tuple(one for file in files for one in file.inputs),
        labels=tuple(
            Label(int(place.removeprefix("segment_")), file.name, mask.voxel_count)
            for place, mask, file in numbered
        ),
        box=unite(masks).box,
        findings=(*(found for file in files for found in file.findings), *mapped.findings),
    )


def _as_segments(file: SegmentFile) -> Checked:
    return Checked(
        file.name,
        SEGMENTATION,
        file.grid,
        file.inputs,
        labels=tuple(Label(one.number, one.name, mask.voxel_count) for one, mask in file.drawn()),
        box=file.whole("segments").box,
        findings=file.findings,
        held=file.held,
    )


def _as_image(path: Source, limits: Limits) -> Checked:
    image, inputs, findings = read_image(path, "check", limits)
    return Checked(
        image.file or path.name,
        "image",
        image.grid,
        inputs,
        values=find_ends(image),
        findings=findings,
    )
