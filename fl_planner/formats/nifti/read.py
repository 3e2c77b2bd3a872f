"""Read labels or an image from NIfTI, with checks of every byte."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import shorten_value
from fl_planner.formats.nifti.header import Header, compute_grid, read_header
from fl_planner.formats.stored.file import PlainBytes, other_ending
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.carried import find_carried, read_author
from fl_planner.formats.voxels.slabs import Stored
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.formats.voxels.voxel_file import Opened, ReadImage, require_size

HEADER_NAMES = (".hdr", ".hdr.gz", ".HDR", ".HDR.GZ")  # of a pair
DATA_NAMES = (".img", ".img.gz", ".IMG", ".IMG.GZ")  # of a pair
KEEP_ONE = "keep the file that belongs to the pair, and move the other to another folder"


def read_labels(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map, once, in pieces.

    The file is a `.nii`, a `.nii.gz`, or the `.hdr` or `.img` of a pair; the content determines the
    format, not the name. Parameters as in `formats.read`.

    Raises `InputRefused`: by the rules F1-F11 of safety.md, naming the file, the reason and the
    remedy.
    """
    with _naming(path), ExitStack() as stack:
        return _open(path, limits, stack).read_labels(role, holds)


def read_image(path: Path, role: str, limits: Limits) -> ReadImage:
    """Read an image as stored, with the same checks except those on mask values."""
    with _naming(path), ExitStack() as stack:
        return _open(path, limits, stack).read_image(role)


def list_files(path: Path, limits: Limits) -> tuple[Path, ...]:
    """List the file, or both files of a pair, with the checks of the header."""
    with _naming(path), PlainBytes(_header_of(path), limits) as head:
        header, _ = read_header(head)
        return (head.path,) if header.single else (head.path, _data_of(path, head))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the given file in a refusal of the other file of its pair."""
    try:
        yield
    except InputRefused as refusal:
        pair = path.name.endswith((*HEADER_NAMES, *DATA_NAMES))
        if not pair or shorten_value(path.name) == refusal.source:
            raise
        reason = f"the other file of the pair, {refusal.source}: {refusal.reason}"
        raise InputRefused(refusal.code, path.name, reason, refusal.remedy) from None


def _open(path: Path, limits: Limits, stack: ExitStack) -> Opened:
    head = stack.enter_context(PlainBytes(_header_of(path), limits))
    header, odd = read_header(head)
    data = head
    if not header.single:
        head.finish()
        data = stack.enter_context(PlainBytes(_data_of(path, head), limits))
        if len(data.take(header.data_offset)) < header.data_offset:
            raise data.refuse("header.too_few_bytes", "the file ends before its data begin")
    require_size(head, header.voxel_count * header.dtype.itemsize, limits)
    grid, place = compute_grid(header)
    return Opened(
        header.format,
        (head,) if data is head else (head, data),
        data,
        Stored(data.name, header.shape, header.dtype, header.slope, header.inter),
        grid,
        (*_named_otherwise(header), *odd, *place, *find_carried(header, header.text)),
        read_author(header.text),
        header.label_names,
    )


def _named_otherwise(header: Header) -> tuple[Finding, ...]:
    ending = other_ending(header.name)
    what = f"a NIfTI file whose name ends in {ending}"
    return (header.find("file.name", what),) if ending else ()


def _header_of(path: Path) -> Path:
    """Return the header of a pair if its image file was given; otherwise the file itself."""
    for ending in DATA_NAMES:
        if path.name.endswith(ending):
            stem = path.name[: -len(ending)]
            beside = [path.with_name(stem + header) for header in HEADER_NAMES]
            return _find_only(path.name, beside) or path
    return path


def _data_of(path: Path, head: PlainBytes) -> Path:
    """Return the image file of a pair: the given file, or the only one next to a given header."""
    stem = next((head.name[: -len(e)] for e in HEADER_NAMES if head.name.endswith(e)), head.name)
    beside = [path.with_name(stem + ending) for ending in DATA_NAMES]
    if not head.name.endswith(HEADER_NAMES):
        reason = "the header file of a pair does not have the extension .hdr"
        raise head.refuse("file.pair", reason, "export one file (.nii, .nii.gz)")
    if data := path if path in beside else _find_only(head.name, beside):
        return data
    reason = f"the other file of the pair, {beside[0].name}, is missing: no such file"
    raise head.refuse("file.pair", reason, "put both files in the same folder")


def _find_only(name: str, beside: Sequence[Path]) -> Path | None:
    """Find the only one of these files; of two, it is unknown which belongs to the given file."""
    found = [*filter(_is_there, beside)]
    other = next((one for one in found[1:] if not one.samefile(found[0])), None)
    if other is not None:
        first, second = found[0].name, other.name
        reason = f"two files may be the other file of the pair: {first} and {second}"
        raise InputRefused("file.pair", name, reason, KEEP_ONE)
    return found[0] if found else None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # of its folder; reported on opening the given file
        return False
