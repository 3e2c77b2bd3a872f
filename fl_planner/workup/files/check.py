"""Check files: format, geometry, labels, and whether they match each other."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.run import begin_step, each_counted, within_bounds
from fl_planner.formats.read import (
    VOLUMES,
    find_drawn,
    find_referred,
    is_archive,
    is_folder,
    is_zip,
    read_image,
    read_labels,
)
from fl_planner.formats.segments.content import find_ends
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source, name_folder
from fl_planner.formats.voxels.file_facts import Checked, Label, Misfit
from fl_planner.formats.voxels.values import NO_GRIDS, Holds, KnownGrids, LabelFile, SegmentFile
from fl_planner.intake.reading.files import find_shared
from fl_planner.intake.reading.mask_files import MAP, STEP_UNKNOWN, is_doubtful, read_folder
from fl_planner.record.files.check import CheckRecord, as_check
from fl_planner.space.common_grid.same_grid import (
    bring_together,
    describe_misfit,
    describe_moved,
    measure_moved_mm,
)
from fl_planner.space.grid import Grid
from fl_planner.space.mask import unite

# Refusals of a label map after which the file may be an image: its numbers are not labels, or it is
# a folder, which may contain slices, of which other files may name those of one acquisition.
NO_LABELS = frozenset({
    "file.folder", "geometry.slice_twice", "image.dataset", "labels.negative",
    "mask.no_background", "series.several", "values.fractions", "values.image",
    "values.not_finite", "values.two_backgrounds",
})  # fmt: skip
# Refusals of a file that another one may remedy by its grid.
LACKING_GRID = frozenset({STEP_UNKNOWN, "contours.none", "contours.plane"})
NO_SLICES = "series.none"  # refusal of a folder without slices
ZIP = "file.format"  # refusal of a zip as a mask; it may contain the slices of a CT
SEGMENTATION = "segmentation"
BESIDE = (".nii", ".nii.gz", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd")  # not read in a folder
BESIDE_SHOWN = "NIfTI, NRRD, MetaImage"
MOST_FOLDERS = 3  # listed by name
MOST_LABELS = 255  # a file with more different numbers is an image


def describe_files(
    paths: Sequence[Source], size_limit: int = 1, *, none_read: bool = False
) -> CheckRecord:
    """Describe each file, and apply the checks of `volume` to those with a role.

    A zip archive of a study is described as its folder is: each SEG and RTSTRUCT separately.

    - `none_read`: whether files are described even if none can be read.

    Raises `InputRefused`: the refusal of the first file if none can be read.
    """
    limits = Limits.of_gib(size_limit)
    if not any(is_archive(path, limits) for path in paths):
        return _describe(paths, limits, none_read=none_read)
    from fl_planner.workup.files.study_archive import unpacked  # few paths are archives

    with unpacked(paths, contains_masks, limits) as unfolded:
        return _describe(unfolded, limits, none_read=none_read)


def _describe(paths: Sequence[Source], limits: Limits, *, none_read: bool) -> CheckRecord:
    from fl_planner.workup.files.roles_by_name import assess_files

    files = [file for path in paths for file in _unfolded(path, limits)]
    checked, misfits = check_files(files, limits)
    refused = [each for each in checked if isinstance(each, InputRefused)]
    if len(refused) == len(checked) and not none_read:
        raise refused[0]
    maps = [
        file
        for file, seen in zip(files, checked, strict=True)
        if isinstance(seen, Checked) and seen.kind != "image"
    ]
    passed = [found for path in paths for found in _report_ignored(path, files, maps)]
    begin_step("checking volumes")
    return as_check(checked, misfits, assess_files(files, checked, misfits, limits), passed)


def _unfolded(path: Source, limits: Limits) -> tuple[Source, ...]:
    """Return the files of a folder of masks; a folder of segments or of slices counts as one item.

    Masks in the folder of the slices of a CT are included, also those of DICOM (SEG, RTSTRUCT) in
    its sub-folders, as in an exported study.
    """
    if not isinstance(path, Path) or not is_folder(path):
        return (path,)
    drawn, others = _find_drawn(path, limits)
    volumes = (file for file in path.iterdir() if file.name.lower().endswith(VOLUMES))
    inside = (*sorted(file for file in volumes if file.is_file() and file not in drawn), *drawn)
    whole = _check_bounded(path, limits) if len(inside) > len(drawn) else None
    if isinstance(whole, Checked):
        return (path, *inside) if whole.kind == "image" else (path, *drawn)
    if isinstance(whole, InputRefused) and whole.code == NO_SLICES:
        return inside
    if not drawn:
        return (path,)
    return (path, *inside) if others else inside


def contains_masks(folder: Path, size_limit: int = 1) -> bool:
    """Return whether a folder contains masks, also next to the slices of a CT."""
    return _unfolded(folder, Limits.of_gib(size_limit)) != (folder,)


def _find_drawn(folder: Path, limits: Limits) -> tuple[tuple[Path, ...], bool]:
    """Find SEG and RTSTRUCT in a folder; none if it cannot be read, as its row reports."""
    try:
        return find_drawn(folder, limits)[:2]
    except InputRefused:
        return (), True


def check_files(
    paths: Sequence[Source], limits: Limits
) -> tuple[tuple[Checked | InputRefused, ...], tuple[Misfit, ...]]:
    """Check each file, then each against the first that can be read.

    The grid of an image may differ from that of masks, because it is only displayed.
    Files that share a base name are numbered in misfits.
    """
    drawn = tuple(paths)
    first = [_check_bounded(path, limits, drawn=drawn) for path in each_counted(paths, "file")]
    checked = _check_again(paths, first, limits)
    shared = find_shared(paths)
    read = [
        replace(each, file=f"{each.file} (file {number})") if each.file in shared else each
        for number, each in enumerate(checked, start=1)
        if isinstance(each, Checked)
    ]
    masks = [each for each in read if each.kind != "image"]
    images = [each for each in read if each.kind == "image"]
    return checked, tuple(_find_misfits(masks, images)) if masks else ()


def _find_misfits(masks: Sequence[Checked], images: Sequence[Checked]) -> Iterator[Misfit]:
    """Compare files with the first mask, and by owner with the first that names one."""
    first, *others = masks
    files = (*masks, *images)
    owned = next((one for one in files if one.inputs[0].identity is not None), first)
    for mask in others:
        if reason := _find_other_scan(owned, mask):
            yield Misfit(mask.file, owned.file, reason)
        elif reason := describe_misfit(first.grid, mask.grid) or _find_moved(first, mask):
            yield Misfit(mask.file, first.file, reason)
    for image in images:
        if reason := _find_other_patient(owned, image):
            yield Misfit(image.file, owned.file, reason)
        elif reason := _find_apart(image, first):
            yield Misfit(image.file, first.file, reason)


def _check_again(
    paths: Sequence[Source], checked: Sequence[Checked | InputRefused], limits: Limits
) -> tuple[Checked | InputRefused, ...]:
    """Check contours, and files whose slice distance is in doubt, again with the other grids."""
    pairs = [*zip(paths, checked, strict=True)]
    read = [(path, each) for path, each in pairs if isinstance(each, Checked)]
    images = {path: each.grid for path, each in read if each.kind == "image" and each.grid.placed}
    masks = [one for one in read if one[1].kind != "image"]
    masks.sort(key=lambda one: _is_doubtful(one[1]))  # the first grid that fits is used

    def again(path: Source, each: Checked | InputRefused) -> Checked | InputRefused:
        if isinstance(each, InputRefused):
            return read_on(path) if each.code in LACKING_GRID else each
        if each.kind == SEGMENTATION and _is_doubtful(each):
            return read_on(path)
        if not each.is_contours or not images:
            return each
        found = read_on(path)
        return each if isinstance(found, InputRefused) else found

    def read_on(path: Source) -> Checked | InputRefused:
        image = _find_image(path, images, limits)
        others = (each.grid for other, each in masks if other != path)
        return _check_bounded(path, limits, KnownGrids(image, (*images.values(), *others)))

    return tuple(again(path, each) for path, each in pairs)


def _is_doubtful(each: Checked) -> bool:
    return any(map(is_doubtful, each.findings))


def _find_image(path: Source, images: Mapping[Source, Grid], limits: Limits) -> Grid | None:
    """Return the grid of the image on which contours were drawn: of several, the one they name."""
    if len(images) > 1 and isinstance(path, Path):
        series = [one for one in images if isinstance(one, Path) and is_folder(one)]
        images = {one: images[one] for one in find_referred(series, [path], limits)}
    return next(iter(images.values())) if len(images) == 1 else None


def _find_other_patient(first: Checked, other: Checked) -> str | None:
    """Describe two files of different patients; most formats do not name any."""
    ours, theirs = first.inputs[0].identity, other.inputs[0].identity
    if ours is None or theirs is None or ours.same_patient(theirs) != "different":
        return None
    return "the two files belong to different patients"


def _find_other_scan(first: Checked, mask: Checked) -> str | None:
    """Describe two masks of different patients or scans."""
    if reason := _find_other_patient(first, mask):
        return reason
    ours, theirs = first.inputs[0].identity, mask.inputs[0].identity
    if ours is None or theirs is None or ours.same_frame(theirs) != "different":
        return None
    return "they were drawn on different scans (the frames of reference differ)"


def _find_moved(first: Checked, other: Checked) -> str | None:
    """Describe two grids of equal extent at different positions; DICOM may omit slices."""
    if SEGMENTATION in (first.kind, other.kind):
        return None
    mm = measure_moved_mm(first.grid, other.grid)
    return None if mm is None else describe_moved(first.grid, other.grid, mm)


def _find_apart(image: Checked, mask: Checked) -> str | None:
    """Describe why an image does not cover a mask, tested at the centre of the mask."""
    if image.grid.placed is not mask.grid.placed:
        return "only one of the two files has a known position in the patient"
    middle = np.add(mask.box.start, mask.box.stop) // 2
    (place,) = mask.grid.places_mm(np.array([middle], dtype=np.intp))
    matrix = image.grid.matrix()
    index = np.linalg.solve(matrix[:, :3], place - matrix[:, 3])
    covered = ((index >= -0.5) & (index <= np.array(image.grid.shape) - 0.5)).all()
    return None if covered else "the image does not cover the centre of the mask"


def _check_bounded(
    path: Source, limits: Limits, known: KnownGrids = NO_GRIDS, drawn: tuple[Source, ...] = ()
) -> Checked | InputRefused:
    """Check one of several files; its memory and time limits do not affect the others.

    - `drawn`: files that may name the slices of a series.
    """
    try:
        return within_bounds(path.name, partial(_check, path, limits, known, drawn))
    except InputRefused as refused:
        return refused


def _check(
    path: Source, limits: Limits, known: KnownGrids, drawn: tuple[Source, ...]
) -> Checked | InputRefused:
    if isinstance(path, Path) and is_folder(path):
        try:
            return _as_folder(path, limits)
        except InputRefused as refused:
            if refused.code not in NO_LABELS:
                return refused
    try:
        labels = read_labels(path, "check", Holds.LABEL_MAP, limits, known)
    except InputRefused as refused:
        if refused.code not in NO_LABELS and not (refused.code == ZIP and is_zip(path, limits)):
            return refused
    else:
        if isinstance(labels, SegmentFile):
            return _as_segments(labels)
        if len(labels.labelled.labels) <= MOST_LABELS:
            return _as_labels(labels)
    try:
        return _as_image(path, limits, drawn)
    except InputRefused as refused:
        beside = _list_beside(path)
        return (
            _name_beside(refused, path, beside) if refused.code == NO_SLICES and beside else refused
        )


def _report_ignored(
    path: Source, files: Collection[Source], maps: Collection[Source]
) -> Iterator[Finding]:
    """Find files in a folder, or below it, that were not checked.

    A folder of segments itself reports other files.
    """
    passed = [
        file
        for file in _list_beside(path)
        if file not in files and not (path in maps and file.parent == path)
    ]
    if passed and isinstance(path, Path):
        was = "was" if len(passed) == 1 else "were"
        where = _describe_folders(path, passed)
        name = name_folder(path)
        message = f"{name}: {_count_files(passed)} {was} not checked{where}"
        yield Finding("check.passed_over", Severity.WARNING, message, name, len(passed))


def _describe_folders(path: Source, files: Iterable[Path]) -> str:
    """Describe the subfolders that contain the files; of many, the first."""
    below = sorted({file.parent.name for file in files if file.parent != path})
    named = ", ".join(below[:MOST_FOLDERS]) + (", ..." if below[MOST_FOLDERS:] else "")
    these = "this folder" if len(below) == 1 else "these folders"
    return f", in {named}: check {these} separately" if below else ""


def _list_beside(path: Source) -> list[Path]:
    """List the files of a folder and its subfolders with extensions of masks or images."""
    if not isinstance(path, Path) or not path.is_dir():
        return []
    named = (  # without subfolders that are removed meanwhile, or may not be read
        Path(place, name)
        for place, _, names in os.walk(path)
        for name in names
        if name.lower().endswith(BESIDE)
    )
    return [file for file in named if file.is_file()]


def _name_beside(refused: InputRefused, path: Source, beside: Sequence[Path]) -> InputRefused:
    """Add the other files of a folder without slices to its refusal."""
    below = _describe_folders(path, beside)
    remedy = "check the files, for example with fl-planner check FOLDER/*"
    if below:
        remedy = "check one of these folders, for example with fl-planner check FOLDER/MASKS"
    found = f"{_count_files(beside)}{below.partition(':')[0]}"
    reason = f"{refused.reason}; the folder contains {found}"
    return InputRefused(refused.code, refused.source, reason, remedy)


def _count_files(files: Sequence[Path]) -> str:
    count = format_count(len(files), "file")
    return f"{count} in other formats ({BESIDE_SHOWN})"


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
    """Read a folder of segments, one file each, as a label map, as `--labelmap` does."""
    files: list[LabelFile | SegmentFile] = []

    def read(file: Path) -> LabelFile | SegmentFile:
        files.append(read_labels(file, MAP, Holds.ONE_LABEL, limits))
        return files[-1]

    mapped = read_folder(path, read, ())
    masks = bring_together(tuple(mapped.masks.values()))
    numbered = zip(mapped.masks, masks, files, strict=True)
    return Checked(
        path.name,
        "label map",
        masks[0].grid,
        tuple(each for file in files for each in file.inputs),
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
        labels=tuple(
            Label(each.number, each.name, mask.voxel_count) for each, mask in file.drawn()
        ),
        box=file.whole("segments").box,
        findings=file.findings,
        held=file.held,
    )


def _as_image(path: Source, limits: Limits, drawn: tuple[Source, ...]) -> Checked:
    image, inputs, findings = read_image(path, "check", limits, drawn)
    return Checked(
        image.file or path.name,
        "image",
        image.grid,
        inputs,
        values=find_ends(image),
        findings=findings,
    )
