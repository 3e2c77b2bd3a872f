"""Where voxels are: what every format must say of it, and headers that are text.

Edges, angles and units by rules F6 and F7 of safety.md, the same for NIfTI, NRRD and MetaImage.
Rule F6a: a mask that was written without its header has the writer's defaults for a voxel size, and
its volume may be plausible by itself; it is told once, however many such files there are.

A header may have its voxels in one file beside it or in a folder below it: one that someone sent
may not name any file of the machine [safety.md N1, M1].
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
from fl_planner.formats.stored.source import NamedFile
from fl_planner.liver.volumetry import LOOKS_UNSET
from fl_planner.planning.given.case import InputFile
from fl_planner.space.common_grid.resample import off_mm
from fl_planner.space.frame import TO_RAS
from fl_planner.space.grid import Affine, Grid

Matrix = npt.NDArray[np.float64]  # (3, 4): three columns of an edge each, and the origin

UPRIGHT_COSINE = 1e-3  # silent up to [safety.md F7]
SINGULAR = 1e-6  # least by largest singular value [safety.md F7]
SAME_LENGTH = 1e-3  # relative, of an edge and of a volume [safety.md F7, F8]
LPS_TO_RAS = np.reshape(TO_RAS["LPS"], (3, 1))
DYADIC = 1 << 12  # numbers with this denominator or less are kept as the binary says
SAME_FORM_MM = 0.001  # sform against qform at a corner: far below what any reader minds
CHECK_UNITS = "check the units and export it again"


def require_edges(header: NamedFile, edges: npt.ArrayLike) -> None:
    """Refuse a voxel whose edge no scanner makes."""
    lengths = np.asarray(edges, dtype=float)
    least, largest = float(LEAST_EDGE_MM), float(LARGEST_EDGE_MM)
    if not bool(((lengths >= least) & (lengths <= largest)).all()):
        possible = f"{least:g} to {largest:g} mm"
        reason = f"has voxels of {by_edges(lengths)} mm, of {possible} possible"
        raise header.refuse("geometry.spacing_range", reason, CHECK_UNITS)


def require_near(header: NamedFile, matrix: Matrix) -> None:
    """Refuse a place where no scanner is; near it a number still tells two voxels apart."""
    far = float(np.abs(matrix[:, 3]).max())
    if not far <= SCANNER_MM:
        reason = f"lies {far:.3g} mm away, of {SCANNER_MM:g} mm possible"
        raise header.refuse("geometry.too_far", reason, CHECK_UNITS)


def is_singular(matrix: Matrix) -> bool:
    """Whether three columns span no volume, or one beyond what numbers can hold."""
    if not np.isfinite(matrix[:, :3]).all():
        return True
    values = np.linalg.svd(matrix[:, :3], compute_uv=False)
    return not values[-1] > SINGULAR * values[0]  # a value that is not a number is no volume


def require_upright(header: NamedFile, matrix: Matrix) -> tuple[Finding, ...]:
    """Refuse axes too far from right angles; name a gantry tilt."""
    columns = matrix[:, :3] / np.linalg.norm(matrix[:, :3], axis=0)
    cosine = float(np.abs(columns.T @ columns - np.eye(3)).max())
    if cosine > SHEARED_COSINE:
        reason = f"has axes at a cosine of {cosine:.2f} to each other"
        raise header.refuse("geometry.sheared", reason)
    if cosine > UPRIGHT_COSINE:
        what = f"the grid is sheared (cosine {cosine:.3f}, gantry tilt); volumes allow for it"
        return (header.find("geometry.sheared", what),)
    return ()


def as_affine(matrix: Matrix) -> Affine:
    """Give a matrix as the rows that a grid keeps."""
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix.tolist())


def by_edges(edges: npt.ArrayLike) -> str:
    """Write three edges: 0.8 x 0.8 x 2.5."""
    return " x ".join(f"{edge:g}" for edge in np.asarray(edges, dtype=float).tolist())


def decimal_of(number: np.floating) -> float:
    """Give the decimal that a 32-bit number was made from.

    A header that holds 0.8 as a 32-bit float says 0.800000012; its shortest decimal is what
    the scanner wrote, and the same as in formats that keep 64 bits or text. Sums of small
    powers of two (0.67382812, of 345/512) are exact in 32 bits and stay as they are.

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
    """Refuse a grid without a place in the patient whose axes no format could tell either.

    Raises `InputRefused`: `convert.no_place`.
    """
    edges = Grid.upright(grid.shape, grid.spacing_mm)
    if not (grid.placed or off_mm(grid, edges) <= SAME_FORM_MM):
        reason = "its grid has a place in a space that is not the patient's: no output says that"
        remedy = "export it with its place in the patient"
        raise InputRefused("convert.no_place", name, reason, remedy)


DICOM = "dicom"  # how the formats begin whose standard asks for each voxel's size


def find_unset(name: str, grid: Grid, inputs: Iterable[InputFile]) -> tuple[Finding, ...]:
    """Find a file with a writer's default for a voxel size."""
    if not grid.looks_unset or any(one.format.startswith(DICOM) for one in inputs):
        return ()
    return (_tell([name]),)


def merge_unset(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Tell of all such files in the place of the first."""
    each = tuple(findings)
    files = [*dict.fromkeys(one.file for one in each if one.code == LOOKS_UNSET and one.file)]
    told = [
        _tell(files) if one.code == LOOKS_UNSET else one
        for one in each
        if one.code != LOOKS_UNSET or one.file == files[0]
    ]
    return tuple(dict.fromkeys(told))


def _tell(files: list[str]) -> Finding:
    message = (
        f"{', '.join(files)}: voxels of 1 x 1 x 1 mm and no origin, which programs write where "
        "nothing was set: was the voxel size lost? If the scan has another, every volume and "
        "diameter is wrong: export again from the scan"
    )
    return Finding(LOOKS_UNSET, Severity.WARNING, message, files[0], 1.0, "mm")


FIRST_LOOK = 1 << 12  # bytes; a usual header is shorter
LAST_HEADER = 16 << 20  # bytes; longer headers are not believed [safety.md F5]
LAST_SKIP = 16 << 20  # bytes between header and voxels; more are not believed either
DIGITS = 15  # significant digits that a 64-bit number keeps of any decimal [IEEE 754]
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
NO_UNITS = {"", "?", "??", "???", "unknown", "none"}  # what a writer without units writes


def take_header(source: PlainBytes, end: re.Pattern[bytes]) -> tuple[str, bool]:
    """Take a header: its text, and whether it ended; else all that the file holds.

    `end` matches what a header ends with, a line break last.
    """
    size = FIRST_LOOK
    while True:
        head = source.peek(size)
        if found := end.search(head):
            return _as_text(source.take(found.end())), True
        if len(head) < size:
            return _as_text(source.take(size)), False
        if size > LAST_HEADER:
            reason = f"has a header of more than {LAST_HEADER} bytes, or no end of it"
            raise source.refuse("header.no_end", reason)
        size = min(4 * size, LAST_HEADER + 1)


def _as_text(head: bytes) -> str:
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")  # never fails


def number(text: str) -> float | None:
    """Give the number that a text is; None where it is none.

    A program that writes 17 digits turns 0.7 into 0.69999999999999996, and one that kept it
    in 32 bits into 0.69999998807907104; the decimal that was meant is the same as in every
    other format.

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
    """Give the numbers that stand in a text with blanks between; None where one is none."""
    found = [number(word) for word in text.split()]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def whole_numbers(text: str) -> list[int] | None:
    """Give the whole numbers that stand in a text; None where one is none."""
    words = text.split()
    return [int(word) for word in words] if all(map(_WHOLE.fullmatch, words)) else None


def is_clean(text: str) -> bool:
    r"""Whether a value holds nothing but text and blanks; a line may end in a carriage return.

    One bit turns a minus sign into a carriage return, which would pass for a blank.

    Examples
    --------
    >>> is_clean("(-2,0,0) \t(0,3,0)\r"), is_clean("(\r2,0,0)")
    (True, False)
    """
    return text.rstrip().replace("\t", " ").isprintable()


def mm_per_unit(text: str) -> float | None:
    """Give the millimetres of a unit by name; None for a name without a meaning here.

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
_TOGETHER = "put the header and its data file into one folder"
_ONE_FILE = "export it as one file (.nrrd, .mha, .nii.gz)"


def open_data(
    stack: ExitStack, header: NamedFile, head: PlainBytes, named: str | None, more: InputRefused
) -> PlainBytes:
    """Open the file that the voxels are in, as it is stored: the header's own, or the one named.

    Raises `more` where a header names another file, and its own goes on.
    """
    if named is None:
        return head
    if head.take(LAST_HEADER).strip():
        raise more
    head.finish()
    data = _find_data(header, head.path, named)
    try:
        if data.samefile(head.path):
            raise header.refuse("file.data_itself", "names itself as its data file", _ONE_FILE)
    except OSError:  # missing, a link loop, no permission: opening it says so
        pass
    try:
        return stack.enter_context(PlainBytes(data, head.limits, Packing.NONE, header.name))
    except InputRefused as refused:
        if refused.code != "file.missing":
            raise
        reason = f"has its voxels in {data.name}, which is not beside it: no such file"
        raise header.refuse("file.data_missing", reason, _TOGETHER) from refused


def name_files(header: NamedFile, path: Path, named: str | None) -> tuple[Path, ...]:
    """Give the paths of a header, and of the data file that it names if it names one."""
    return (path,) if named is None else (path, _find_data(header, path, named))


def _find_data(header: NamedFile, path: Path, named: str) -> Path:
    """Give the path of the data file; a place other than the header's folder is refused."""
    if _LIST.match(named) or (_PATTERN.match(named) and not _is_there(path.parent / named)):
        reason = "has its voxels in several files (LIST or a pattern)"
        raise header.refuse("file.data_list", reason, _ONE_FILE)
    parts = re.split(r"[/\\]", named)
    if not parts[0] or _DRIVE.match(named) or "\0" in named:
        reason = "names a data file by a path of its own (absolute)"
        raise header.refuse("file.data_outside", reason, _TOGETHER)
    depth = 0
    for part in parts:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            reason = "names a data file outside its own folder"
            raise header.refuse("file.data_outside", reason, _TOGETHER)
    return path.parent.joinpath(*parts)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False
