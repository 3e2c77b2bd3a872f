"""Check the geometry of voxels in every format, and read text headers.

Edges, angles and units are checked by rules F6 and F7 of safety.md, in the same way for NIfTI, NRRD
and MetaImage. Rule F6a: a mask written without its header has the writer's default voxel size, and
its volume may still be plausible; this is reported once for all such files.

The voxels of a header may be in one file next to it or in a sub-folder; a header may not name any
other file of the machine [safety.md N1, M1].
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from math import inf, isfinite, nan
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import LARGEST_EDGE_MM, LEAST_EDGE_MM, SCANNER_MM, SHEARED_COSINE
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.stored.file import Packing, PlainBytes
from fl_planner.formats.stored.source import NamedFile, is_file
from fl_planner.liver.volumetry import LOOKS_UNSET
from fl_planner.planning.given.case import InputFile
from fl_planner.space.common_grid.resample import off_mm
from fl_planner.space.grid import TO_RAS, Affine, Grid

Matrix = npt.NDArray[np.float64]  # (3, 4): three columns of an edge each, and the origin

UPRIGHT_COSINE = 1e-3  # silent up to [safety.md F7]
SINGULAR = 1e-6  # least by largest singular value [safety.md F7]
SAME_LENGTH = 1e-3  # relative, of an edge and of a volume [safety.md F7, F8]
LPS_TO_RAS = np.reshape(TO_RAS["LPS"], (3, 1))
DYADIC = 1 << 12  # numbers with at most this denominator keep their binary value
SAME_FORM_MM = 0.001  # tolerance of sform and qform at a corner, which no reader notices
CHECK_UNITS = "check the units and export it again"


def require_edges(header: NamedFile, edges: npt.ArrayLike) -> None:
    """Refuse a voxel size that no scanner produces."""
    lengths = np.asarray(edges, dtype=float)
    least, largest = float(LEAST_EDGE_MM), float(LARGEST_EDGE_MM)
    if not bool(((lengths >= least) & (lengths <= largest)).all()):
        possible = f"{least:g} to {largest:g} mm"
        reason = f"the voxel size is {by_edges(lengths)} mm; the accepted range is {possible}"
        raise header.refuse("geometry.spacing_range", reason, CHECK_UNITS)


def require_near(header: NamedFile, matrix: Matrix) -> None:
    """Refuse a position outside any scanner, at which rounding may merge two voxels."""
    far = float(np.abs(matrix[:, 3]).max())
    if not far <= SCANNER_MM:
        reason = f"the position is {far:.3g} mm from the origin; "
        reason += f"at most {SCANNER_MM:g} mm is possible"
        raise header.refuse("geometry.too_far", reason, CHECK_UNITS)


def is_singular(matrix: Matrix) -> bool:
    """Whether the volume spanned by three columns is zero or out of range."""
    if not np.isfinite(matrix[:, :3]).all():
        return True
    values = np.linalg.svd(matrix[:, :3], compute_uv=False)
    return not values[-1] > SINGULAR * values[0]  # also if a value is not a number


def require_upright(header: NamedFile, matrix: Matrix) -> tuple[Finding, ...]:
    """Refuse axes too far from right angles; report a gantry tilt."""
    columns = matrix[:, :3] / np.linalg.norm(matrix[:, :3], axis=0)
    cosine = float(np.abs(columns.T @ columns - np.eye(3)).max())
    if cosine > SHEARED_COSINE:
        reason = f"the axes are not perpendicular (cosine {cosine:.2f})"
        raise header.refuse("geometry.sheared", reason)
    if cosine > UPRIGHT_COSINE:
        what = (
            f"the grid is sheared (cosine {cosine:.3f}, gantry tilt); the volume calculation "
            "takes this into account"
        )
        return (header.find("geometry.sheared", what),)
    return ()


def as_affine(matrix: Matrix) -> Affine:
    """Return a matrix as the rows of a grid."""
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix.tolist())


def by_edges(edges: npt.ArrayLike) -> str:
    """Format three edges: 0.8 x 0.8 x 2.5."""
    return " x ".join(f"{edge:g}" for edge in np.asarray(edges, dtype=float).tolist())


def decimal_of(number: np.floating) -> float:
    """Return the decimal from which a 32-bit number was rounded.

    In a header, 0.8 as a 32-bit float is 0.800000012; its shortest decimal is the number written by
    the scanner, as in formats with 64 bits or text. Sums of small powers of two (0.67382812, of
    345/512) are exact in 32 bits and unchanged.

    Examples
    --------
    >>> decimal_of(np.float32(0.8)), decimal_of(np.float32(0.673828125))
    (0.8, 0.673828125)
    """
    exact = float(number)
    if number.dtype.itemsize > 4 or not isfinite(exact):
        return exact
    if Fraction(exact).denominator <= DYADIC:
        return exact
    return float(np.format_float_positional(number, unique=True))


def require_sayable(grid: Grid, name: str) -> None:
    """Refuse a grid without a position in the patient whose axes no format can represent.

    Raises `InputRefused`: `convert.no_place`.
    """
    edges = Grid.upright(grid.shape, grid.spacing_mm)
    if not (grid.placed or off_mm(grid, edges) <= SAME_FORM_MM):
        reason = "the grid is not in patient space, so no output format can represent it"
        remedy = "export the file with its position in the patient"
        raise InputRefused("convert.no_place", name, reason, remedy)


DICOM = "dicom"  # prefix of formats whose standard requires the voxel size


def find_unset(name: str, grid: Grid, inputs: Iterable[InputFile]) -> tuple[Finding, ...]:
    """Find a file with a writer's default voxel size."""
    if not grid.looks_unset or any(one.format.startswith(DICOM) for one in inputs):
        return ()
    return (_report_unset([name]),)


def merge_unset(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Merge the findings of all such files into the first."""
    each = tuple(findings)
    files = [*dict.fromkeys(one.file for one in each if one.code == LOOKS_UNSET and one.file)]
    merged = [
        _report_unset(files) if one.code == LOOKS_UNSET else one
        for one in each
        if one.code != LOOKS_UNSET or one.file == files[0]
    ]
    return tuple(dict.fromkeys(merged))


def _report_unset(files: list[str]) -> Finding:
    message = (
        f"{', '.join(files)}: voxels of 1 x 1 x 1 mm without an origin are the default if no "
        "geometry was set. Check the voxel size: if it differs from that of the scan, every volume "
        "and diameter is wrong. In that case, export the file again with the geometry of the scan"
    )
    return Finding(LOOKS_UNSET, Severity.WARNING, message, files[0], 1.0, "mm")


FIRST_LOOK = 1 << 12  # bytes; a usual header is shorter
LAST_HEADER = 16 << 20  # bytes; longer headers are refused [safety.md F5]
LAST_SKIP = 16 << 20  # bytes between header and voxels; more are refused
DIGITS = 15  # significant decimal digits of a 64-bit number [IEEE 754]
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NO_NUMBERS = {
    "nan": nan, "-nan": nan, "+nan": nan,
    "inf": inf, "+inf": inf, "-inf": -inf, "infinity": inf, "-infinity": -inf,
}  # fmt: skip
MM_PER_UNIT = {
    "mm": 1.0, "millimeter": 1.0, "millimetre": 1.0,
    "um": 0.001, "\N{MICRO SIGN}m": 0.001, "\N{GREEK SMALL LETTER MU}m": 0.001,
    "micron": 0.001, "micrometer": 0.001, "micrometre": 0.001,
    "m": 1000.0, "meter": 1000.0, "metre": 1000.0,
    "cm": 10.0, "centimeter": 10.0, "centimetre": 10.0,
    "dm": 100.0, "decimeter": 100.0, "decimetre": 100.0,
    "nm": 1e-6, "nanometer": 1e-6, "nanometre": 1e-6,
    "in": 25.4, "inch": 25.4, "inches": 25.4,
}  # fmt: skip
NO_UNITS = {"", "?", "??", "???", "unknown", "none"}  # from writers without units


def read_text_header(source: PlainBytes, end: re.Pattern[bytes]) -> tuple[str, bool]:
    """Read a header: its text, and whether it ended; otherwise the whole file.

    `end` matches the end of a header, including its line break.
    """
    size = FIRST_LOOK
    while True:
        head = source.peek(size)
        if found := end.search(head):
            return decode(source.take(found.end())), True
        if len(head) < size:
            return decode(source.take(size)), False
        if size > LAST_HEADER:
            reason = f"the header does not end within {LAST_HEADER} bytes"
            raise source.refuse("header.no_end", reason)
        size = min(4 * size, LAST_HEADER + 1)


def decode(head: bytes) -> str:
    """Decode a text as UTF-8, or as Latin-1 if it is not."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")  # never fails


def number(text: str) -> float | None:
    """Parse a number; None for any other text.

    A program that writes 17 digits converts 0.7 to 0.69999999999999996, and in 32 bits to
    0.69999998807907104; the original decimal is returned, as in every other format.

    Examples
    --------
    >>> number("0.69999999999999984"), number("0.69999998807907104"), number("1_000")
    (0.7, 0.7, None)
    """
    if not _NUMBER.fullmatch(text):
        return _NO_NUMBERS.get(text.lower())
    value = float(f"{float(text):.{DIGITS}g}")
    with np.errstate(over="ignore", under="ignore"):
        short = np.float32(value)
    same = f"{float(short):.{DIGITS}g}" == f"{value:.{DIGITS}g}"
    return decimal_of(short) if same else value


def numbers(text: str) -> list[float] | None:
    """Parse numbers separated by blanks; None if any is invalid."""
    found = [number(word) for word in text.split()]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def whole_numbers(text: str) -> list[int] | None:
    """Parse whole numbers separated by blanks; None if any is invalid."""
    words = text.split()
    return [int(word) for word in words] if all(map(_WHOLE.fullmatch, words)) else None


def is_clean(text: str) -> bool:
    r"""Whether a value contains only text and blanks; a line may end in a carriage return.

    A single-bit error can convert a minus sign to a carriage return, which could be read as a
    blank.

    Examples
    --------
    >>> is_clean("(-2,0,0) \t(0,3,0)\r"), is_clean("(\r2,0,0)")
    (True, False)
    """
    return text.rstrip().replace("\t", " ").isprintable()


def mm_per_unit(text: str) -> float | None:
    """Return the millimetres of a unit by name; None for an unknown name.

    Examples
    --------
    >>> mm_per_unit("um"), mm_per_unit("Metres"), mm_per_unit("???"), mm_per_unit("furlong")
    (0.001, 1000.0, 1.0, None)
    """
    word = text.strip().casefold()
    if word in NO_UNITS:
        return 1.0
    return MM_PER_UNIT.get(word, MM_PER_UNIT.get(word.removesuffix("s")))


_LIST = re.compile(r"LIST\b", re.IGNORECASE)
_PATTERN = re.compile(r".*%[0-9]*d")  # of the names of slices
_DRIVE = re.compile(r"[A-Za-z]:")  # of a Windows path
_TOGETHER = "put the header and its data file in the same folder"
_ONE_FILE = "export one file (.nrrd, .mha, .nii.gz)"


def open_data(
    stack: ExitStack, header: NamedFile, head: PlainBytes, named: str | None, more: InputRefused
) -> PlainBytes:
    """Open the file of the voxels, as stored: that of the header, or the named data file.

    Raises `more` if a header names a data file but its own file also contains data.
    """
    if named is None:
        return head
    data = _find_data(header, head.path, named)
    if head.take(LAST_HEADER).strip():  # after LIST, these are the names of the files
        raise more
    head.finish()
    try:
        if data.samefile(head.path):
            reason = "the header names itself as its data file"
            raise header.refuse("file.data_itself", reason, _ONE_FILE)
    except OSError:  # missing, a link loop, no permission: reported on opening
        pass
    try:
        return stack.enter_context(PlainBytes(data, head.limits, Packing.NONE, header.name))
    except InputRefused as refused:
        if refused.code != "file.missing":
            raise
        reason = f"its data file {data.name} is missing: no such file"
        raise header.refuse("file.data_missing", reason, _TOGETHER) from refused


def name_files(header: NamedFile, path: Path, named: str | None) -> tuple[Path, ...]:
    """Return the paths of a header, and of its data file if any."""
    return (path,) if named is None else (path, _find_data(header, path, named))


def _find_data(header: NamedFile, path: Path, named: str) -> Path:
    """Return the path of the data file; refused outside the header's folder."""
    if _LIST.match(named) or (_PATTERN.match(named) and not is_file(path.parent / named)):
        reason = "the voxel data are in several files (LIST or a pattern)"
        raise header.refuse("file.data_list", reason, _ONE_FILE)
    parts = re.split(r"[/\\]", named)
    if not parts[0] or _DRIVE.match(named) or "\0" in named:
        reason = "the header gives an absolute path to its data file"
        raise header.refuse("file.data_outside", reason, _TOGETHER)
    depth = 0
    for part in parts:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            reason = "the data file is outside the folder of the header"
            raise header.refuse("file.data_outside", reason, _TOGETHER)
    return path.parent.joinpath(*parts)
