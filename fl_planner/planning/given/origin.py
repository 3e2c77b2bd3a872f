"""The origin of masks as stated by the user, and its comparison with that in their files."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

from fl_planner.basis.exact_text import NUMBER
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import is_plain
from fl_planner.basis.shown import as_number
from fl_planner.space.mask import Author, Method

OriginMethod = Literal[Method, "carried", "unknown"]
METHODS: tuple[OriginMethod, ...] = (*get_args(Method), "carried", "unknown")
FORM = "manual, semi-automatic[:PROGRAM[:VERSION]], automatic[:PROGRAM[:VERSION]], carried:MM"
WRITE = f"write one of: {FORM}, unknown"
LONGEST = 64  # letters of the name of a program, as in DICOM
MOST_ERROR_MM = 50  # of a carried surface [project's choice]


class StatedOrigin(Struct, frozen=True):
    """Origin of a mask, as stated by the user.

    - `method`: "carried" is transferred from another scan by registration.
    - `engine`, `version`: the program that drew it.
    - `error_mm`: error of the surface of a carried mask.
    """

    method: OriginMethod
    engine: str | None = None
    version: str | None = None
    error_mm: float | None = None

    def __post_init__(self) -> None:
        """Refuse an engine if no program drew the mask, and a carried mask without its error."""
        named = [one for one in (self.engine, self.version) if one is not None]
        drawn_by_program = self.method in ("semi-automatic", "automatic")
        if named and not drawn_by_program:
            raise _wrong(f"no program can be given for the method {self.method}")
        if any(not one or len(one) > LONGEST or not is_plain(one) for one in named):
            raise _wrong(f"a program and its version must each have 1 to {LONGEST} characters")
        if self.version is not None and self.engine is None:
            raise _wrong("a version can be given only together with its program")
        if (self.method == "carried") is (self.error_mm is None):
            reason = (
                "a surface error in mm is required for a mask carried over from another scan, and "
                "cannot be given for any other mask"
            )
            raise _wrong(reason)
        if self.error_mm is not None and not 0 < self.error_mm <= MOST_ERROR_MM:
            raise _wrong(f"a surface error must be above 0 and at most {MOST_ERROR_MM} mm")

    @property
    def author(self) -> Author | None:
        """Author of the mask; None for carried masks and unknown origins."""
        method = next((one for one in get_args(Method) if one == self.method), None)
        return None if method is None else Author(method, self.engine, self.version)

    @property
    def text(self) -> str:
        """The origin in written form.

        Examples
        --------
        >>> StatedOrigin("automatic", "nnU-Net", "2.5").text
        'automatic:nnU-Net:2.5'
        """
        error = None if self.error_mm is None else as_number(self.error_mm)
        return ":".join(filter(None, (self.method, self.engine, self.version, error)))


def parse_origin(text: str) -> StatedOrigin:
    """Read an origin: its method, with program and version or the error in mm after colons.

    Raises `InputRefused`: `usage.wrong`.

    Examples
    --------
    >>> parse_origin("automatic:TotalSegmentator:2.4.0").author.program
    'TotalSegmentator 2.4.0'
    >>> parse_origin("carried:2.5").error_mm
    2.5
    """
    first, *rest = (part.strip() for part in text.split(":", 2))
    if (method := next((one for one in METHODS if one == first.lower()), None)) is None:
        raise _wrong(f"{first!r} is not a method")
    if method != "carried":
        engine, version = (*rest, None, None)[:2]
        return StatedOrigin(method, engine, version)
    if len(rest) != 1 or not NUMBER.fullmatch(rest[0]):  # `float` would read 2_5 as 25
        raise _wrong("a surface error in mm is required for a mask carried over from another scan")
    return StatedOrigin(method, error_mm=float(rest[0]))


def _wrong(reason: str) -> InputRefused:
    return InputRefused("usage.wrong", "--origin", reason, WRITE)


def join_origins(of_file: Author | None, stated: Author) -> tuple[Author | None, bool]:
    """Combine the origins stated by a file and by the user; also return whether they agree.

    Each statement completes the other. If they contradict each other, neither is chosen: the
    origin is unknown, or automatic if one of them is, or composed of segments, because its interval
    is wider.
    """
    if of_file is None:
        return stated, True
    ours = (of_file.method, of_file.engine, of_file.version)
    theirs = (stated.method, stated.engine, stated.version)
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one and other]
    if all(one.casefold() == other.casefold() for one, other in pairs):
        return Author(
            of_file.method, of_file.engine or stated.engine, of_file.version or stated.version
        ), True
    either = (of_file, stated)
    automatic = [one for one in either if one.method == "automatic"]
    composed = [one for one in either if one.is_of_segments]
    return next(iter(automatic + composed), None), False
