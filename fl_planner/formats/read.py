"""Read a mask, a label map or an image; the format is recognised by content, not name."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from msgspec import structs

from fl_planner.basis.findings import InputRefused, naming
from fl_planner.formats.nifti import read as nifti
from fl_planner.formats.stored.file import (
    CLASS_LOOK,
    FIRST_LOOK,
    LONG_LOOK,
    PlainBytes,
    begins_with_key,
    is_metaimage,
    may_be_dicom,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldDicom, HeldImage, Source
from fl_planner.formats.voxels.geometry import find_unset
from fl_planner.formats.voxels.values import NO_GRIDS, Holds, KnownGrids, LabelFile, SegmentFile
from fl_planner.formats.voxels.voxel_file import FromFiles, Opened, ReadImage
from fl_planner.space.mask import Author

ZIP_MARK = b"PK\x03\x04"
VOLUMES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")  # endings of single files


class _Reader(Protocol):
    """The functions of the module of each format."""

    def read_labels(
        self, path: Path, role: str, holds: Holds, limits: Limits
    ) -> LabelFile | SegmentFile:
        """Read a mask, a label map or named segments."""

    def read_image(self, path: Path, role: str, limits: Limits) -> ReadImage:
        """Read an image."""

    def list_files(self, path: Path, limits: Limits) -> tuple[Path, ...]:
        """List the files of an image."""


def read_labels(
    source: Source, role: str, holds: Holds, limits: Limits, known: KnownGrids = NO_GRIDS
) -> LabelFile | SegmentFile:
    """Read a mask, a label map, or a file with named segments.

    - `source`: a file of a supported format, the folder or zip of the slices of a mask, or an image
      in memory.
    - `role`: role of the file, shown in the list of inputs; selects among named segments.
    - `holds`: one label, several that are counted together, or a label map.
    - `limits`: maximum sizes.
    - `known`: grid of the image on which contours were drawn, and those of other masks; voxels have
      their own grid.

    Raises `InputRefused`: naming the file, the reason and the remedy; an unsupported format is
    named.
    """
    with naming(source.name):
        file = _read_labels(source, role, holds, limits, known)
        path = getattr(source, "path", source)  # of an image in memory: where it was loaded
        if isinstance(file, LabelFile) and file.author is None and isinstance(path, Path):
            file = file.drawn_by(_find_engine(path))
    odd = find_unset(file.name, file.grid, file.inputs)
    return structs.replace(file, findings=(*file.findings, *odd)) if odd else file


NNU_NET = ("dataset.json", "predict_from_raw_data_args.json")  # both, next to its predictions


def _find_engine(path: Path) -> Author | None:
    """Find the program that drew a file from the files that it stores next to its outputs.

    nnU-Net (version 2) writes the arguments of a prediction into the folder of its outputs, with
    the description of the labels. The latter alone also describes training data, drawn by readers.
    """
    try:
        folders = {path.parent, path.resolve().parent}  # of a link, and of the prediction itself
        drawn = any(all((folder / name).is_file() for name in NNU_NET) for folder in folders)
    except OSError:  # the file itself was read
        return None
    return Author("automatic", "nnU-Net") if drawn else None


def _read_labels(
    source: Source, role: str, holds: Holds, limits: Limits, known: KnownGrids
) -> LabelFile | SegmentFile:
    match source:
        case HeldImage():
            from fl_planner.formats.array_image import open_held

            return _read_opened(open_held(source, limits), role, holds)
        case HeldDicom():
            from fl_planner.formats.dicom.read import DicomReader

            return DicomReader(known).read_labels(source, role, holds, limits)
    if is_folder(source) or is_zip(source, limits):
        from fl_planner.formats.dicom.read import read_slices

        return read_slices(source, role, holds, limits)
    return _reader(source, limits, known).read_labels(source, role, holds, limits)


def _read_opened(opened: Opened, role: str, holds: Holds) -> LabelFile | SegmentFile:
    """Read labels, or named segments: SimpleITK keeps the keys of an NRRD file."""
    if opened.keys:
        from fl_planner.formats.nrrd.read import read_named

        if (named := read_named(opened, role)) is not None:
            return named
    return opened.read_labels(role, holds)


class _MetaImages:
    """The reader of MetaImage, in which SimpleITK also writes the keys of an NRRD file."""

    def __init__(self, module: Any) -> None:
        self._open, self.read_image = module.open_file, module.read_image
        self.list_files = module.list_files

    def read_labels(
        self, path: Path, role: str, holds: Holds, limits: Limits
    ) -> LabelFile | SegmentFile:
        """Read a mask, a label map or named segments."""
        with ExitStack() as stack:
            return _read_opened(self._open(path, limits, stack), role, holds)


def read_image(
    source: Source, role: str, limits: Limits, drawn: tuple[Source, ...] = ()
) -> ReadImage:
    """Read an image, such as a CT, with the same checks except those on mask values.

    A folder, a zip, one of its files, or data sets in memory are read as a CT series of DICOM. Of
    several series, or two slices at one position, that named by segmentations among the files
    `drawn` is read.
    """
    with naming(source.name):
        image, inputs, findings = _read_image(source, role, limits, drawn)
    odd = find_unset(image.file or source.name, image.grid, inputs)
    return FromFiles(image, inputs, (*findings, *odd))


def _read_image(source: Source, role: str, limits: Limits, drawn: tuple[Source, ...]) -> ReadImage:
    if isinstance(source, HeldImage):
        from fl_planner.formats import array_image

        return array_image.read_image(source, role, limits)
    if isinstance(source, HeldDicom) or is_folder(source) or is_zip(source, limits):
        from fl_planner.formats.dicom.read import DicomReader

        return DicomReader(drawn=drawn).read_image(source, role, limits)
    return _reader(source, limits, drawn=drawn).read_image(source, role, limits)


def list_files(path: Path, limits: Limits) -> tuple[Path, ...]:
    """List the files of an image: a header, and its separate file of voxels.

    An invalid file is listed alone, and refused when it is read.
    """
    try:
        return _reader(path, limits).list_files(path, limits)
    except InputRefused:
        return (path,)


def is_folder(path: Source) -> bool:
    """Whether a path is an accessible folder."""
    try:
        return isinstance(path, Path) and path.is_dir()
    except OSError:  # reported when it is opened
        return False


def contains_slices(folder: Path, limits: Limits) -> bool:
    """Whether a folder or its sub-folders contain a DICOM file.

    Raises `InputRefused`: if the folder, or a file named as DICOM, cannot be read.
    """
    from fl_planner.formats.dicom.file import read_folder

    return next(read_folder(folder, limits), None) is not None


def require_few_files(folder: Path) -> None:
    """Refuse a folder that cannot be read, or with too many files for its slices to be read.

    Raises `InputRefused`: see `list_folder`.
    """
    from fl_planner.formats.dicom.file import list_folder

    list_folder(folder, below=True)


def find_series(path: Path, limits: Limits) -> str | None:
    """Return the identifier of the CT series of a slice; None for another or an unreadable file."""
    from fl_planner.formats.dicom.ct_series import find_own_series

    try:
        with PlainBytes(path, limits) as source:
            return find_own_series(path.name, source, limits)
    except InputRefused:  # reported in its row
        return None


def is_scintigram(path: Path, limits: Limits) -> bool:
    """Return whether a file is a DICOM scintigram (NM); a damaged one is not."""
    return begins_scintigram(path.name, _look(path, limits))


def _look(path: Path, limits: Limits) -> bytes:
    """Return the beginning of a file, as hundreds are not read for this; empty if it is refused."""
    try:
        with PlainBytes(path, limits) as source:
            return source.peek(CLASS_LOOK)
    except InputRefused:  # reported in its row
        return b""


def begins_scintigram(name: str, head: bytes) -> bool:
    """Return whether the beginning of a file is that of a DICOM scintigram (NM)."""
    from fl_planner.formats.dicom.file import is_dicom, read_class
    from fl_planner.formats.dicom.uids import NM

    try:
        return is_dicom(head) and read_class(name, head) == NM
    except InputRefused:
        return False


def find_referred(
    series: Sequence[Path], drawn: Sequence[Path], limits: Limits
) -> tuple[Path, ...]:
    """Find the CT series, each a folder or zip, to whose slices segmentations among files refer."""
    from fl_planner.formats.dicom.ct_series import find_slices
    from fl_planner.formats.dicom.named_slices import INSTANCE, NamedSlices, list_named

    named, by_name = list_named(drawn, limits), NamedSlices(tuple(drawn), limits)
    found = []
    for path in series:
        try:
            slices = find_slices(path, limits, by_name).slices
        except InputRefused:  # reported in its row
            continue
        if any(one.data.text(INSTANCE) in named for one in slices):
            found.append(path)
    return tuple(found)


def find_drawn(folder: Path, limits: Limits) -> tuple[tuple[Path, ...], bool, tuple[Path, ...]]:
    """Find segmentations and structure sets among the DICOM files of a folder and its sub-folders.

    Their class is read from the beginning of each file. Also returns whether there are other DICOM
    files, and the files without a class; one that cannot be opened is refused later, by its reader.

    Raises `InputRefused`: if the folder cannot be read.
    """
    from fl_planner.formats.dicom.file import list_folder

    found = [
        (path, is_drawn(path.name, _look(path, limits))) for path in list_folder(folder, below=True)
    ]
    drawn = tuple(path for path, is_one in found if is_one)
    without = tuple(path for path, is_one in found if is_one is None)
    return drawn, any(is_one is False for _, is_one in found), without


def list_unread(paths: Iterable[Path], limits: Limits) -> tuple[str, ...]:
    """List the empty files and zip archives next to segmentations, which are not read.

    - `paths`: the files without a class of `find_drawn`.

    Raises `InputRefused`: for a damaged file, as a structure would be missing.
    """
    from fl_planner.formats.dicom.file import is_dicom, read_class, require_other_name

    unread = []
    for path in paths:
        try:
            with PlainBytes(path, limits) as source:
                head = source.peek(CLASS_LOOK)
        except InputRefused as refused:
            if refused.code != "file.empty":
                raise
            head = b""
        if is_dicom(head):
            read_class(path.name, head)
        else:
            require_other_name(path.name)
            is_hidden = path.name.startswith(".")
            unread += [path.name] if head[:4] in (b"", ZIP_MARK) and not is_hidden else []
    return tuple(unread)


def is_drawn(name: str, head: bytes) -> bool | None:
    """Whether the beginning of a DICOM file is that of a SEG or RTSTRUCT; None for another file."""
    from fl_planner.formats.dicom.file import claims_class, is_dicom, read_class
    from fl_planner.formats.dicom.uids import LABELMAP_SEG, RTSTRUCT, SEG

    if not is_dicom(head):
        return None
    classes = (SEG, LABELMAP_SEG, RTSTRUCT)
    try:
        stated = read_class(name, head)
    except InputRefused:
        return None
    return stated in classes or any(claims_class(head, one) for one in classes)


def is_zip(path: Source, limits: Limits) -> bool:
    """Whether a file begins as a zip, which may contain the slices of a series."""
    if not isinstance(path, Path):
        return False
    with PlainBytes(path, limits) as source:
        return source.peek(len(ZIP_MARK)) == ZIP_MARK


def is_archive(path: Source, limits: Limits) -> bool:
    """Whether a file is a zip; a file that cannot be opened is refused later, by its reader."""
    try:
        return isinstance(path, Path) and not is_folder(path) and is_zip(path, limits)
    except InputRefused:
        return False


def _is_dicom(head: bytes) -> bool:
    from fl_planner.formats.dicom.file import is_dicom  # no other format needs it

    return is_dicom(head)


def _reader(
    path: Path, limits: Limits, known: KnownGrids = NO_GRIDS, drawn: tuple[Source, ...] = ()
) -> _Reader:
    """Return the reader for a file by its first bytes; the NIfTI reader refuses unknown formats."""
    with PlainBytes(path, limits) as source:
        head = source.peek(FIRST_LOOK)
        if may_be_dicom(head) and _is_dicom(head):
            from fl_planner.formats.dicom.read import DicomReader

            return DicomReader(known, drawn)
        if head.startswith(b"NRRD"):
            from fl_planner.formats.nrrd import read as nrrd

            return nrrd
        if begins_with_key(head) and is_metaimage(source.peek(LONG_LOOK)):
            from fl_planner.formats import metaimage

            return _MetaImages(metaimage)
    return nifti
