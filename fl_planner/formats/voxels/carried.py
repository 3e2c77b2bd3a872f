"""Mark carried masks, consensus masks and the author of a mask in the text of a header.

A SPECT registered to a CT is also marked. The mark is in the header's text and remains in the file:
a program that reads the mask again reports it, and widens intervals that depend on a carried mask.
"""

import re
from collections.abc import Iterable
from math import isfinite
from typing import get_args

from fl_planner.basis.constants import CARRIED, CARRIED_NOT_DRAWN, CARRIED_SPECT, CONSENSUS
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.stored.source import NamedFile
from fl_planner.space.mask import OF_SEGMENTS, Author, Method

KEY = "descrip"  # of the header's text in NIfTI, SimpleITK, and the NRRD and MetaImage it writes
MARK = f"fl-planner: {CARRIED_NOT_DRAWN}".encode("ascii")
LONGEST = 80  # bytes of the text, with its end [nifti1.h: descrip]
MOST_OFF_MM = 50.0  # a mark with more is invalid
CONSENSUS_MARK = b"fl-planner: consensus by "
VOTES = {"majority": "majority", "staple": "STAPLE"}  # in texts
MOST_SD_ML = 9999.99  # a mark with more is invalid
_FORM = re.compile(
    MARK + rb"; (SPECT )?off by ([0-9]{1,2}\.[0-9]{2}) mm(; automatic|; of segments)?"
)
OF_PROGRAM, OF_COMPOSED = b"; automatic", b"; of segments"  # after the mark of a carried mask
_AUTHORS = {OF_PROGRAM: Author("automatic"), OF_COMPOSED: OF_SEGMENTS}
_AUTHOR = re.compile(
    rb"fl-planner: drawn (manual|semi-automatic|automatic)(?:; by ([^;]+?))?(?:; version ([^;]+))?"
)


def carried_text(off_mm: float, *, spect: bool = False) -> bytes:
    """Write the mark, with the surface error of the mask (one standard deviation).

    - `spect`: whether it is a SPECT registered to the CT, instead of a mask.

    Examples
    --------
    >>> carried_text(5.385)
    b'fl-planner: carried, not drawn; off by 5.38 mm'
    """
    return MARK + f"; {'SPECT ' if spect else ''}off by {off_mm:.2f} mm".encode("ascii")


_OF_CONSENSUS = re.compile(
    rb"fl-planner: consensus by (majority|STAPLE); readings differ by SD ([0-9]{1,4}\.[0-9]{2}) mL"
)


def consensus_text(vote: str, sd_ml: float) -> bytes:
    """Write the mark of a consensus: its vote, and the SD of the volumes of its readings.

    Examples
    --------
    >>> consensus_text("staple", 12.345)
    b'fl-planner: consensus by STAPLE; readings differ by SD 12.35 mL'
    """
    shown = min(sd_ml, MOST_SD_ML)
    return CONSENSUS_MARK + f"{VOTES[vote]}; readings differ by SD {shown:.2f} mL".encode("ascii")


def author_text(author: Author | None) -> bytes:
    """Write the mark of an author, cut to the length of the header's text; none if unknown.

    Examples
    --------
    >>> author_text(Author("automatic", "nnU-Net", "2.5"))
    b'fl-planner: drawn automatic; by nnU-Net; version 2.5'
    """
    if author is None:
        return b""
    text = f"fl-planner: drawn {author.method}"
    if author.engine:
        text += f"; by {author.engine.replace(';', ',')}"
        version = f"; version {author.version.replace(';', ',')}" if author.version else ""
        text += version if len(text + version) < LONGEST else ""
    return text.encode("ascii", "replace")[: LONGEST - 1]


def carried_author(author: Author | None) -> bytes:
    """Write the author of a carried mask after its mark; nothing for a mask drawn by a reader.

    Examples
    --------
    >>> carried_author(Author("automatic", "nnU-Net", "2.5")), carried_author(None)
    (b'; automatic', b'')
    """
    if author is None:
        return b""
    if author.method == "automatic":
        return OF_PROGRAM
    return OF_COMPOSED if author.is_of_segments else b""


def join_marks(mark: bytes, author: Author | None) -> bytes:
    """Add the author to the mark of an output, as far as its single line of text allows."""
    if not mark:
        return author_text(author)
    return mark + carried_author(author) if mark.startswith(MARK) else mark


def read_author(text: bytes | str) -> Author | None:
    """Read the author from the text of a header; None without a mark.

    Examples
    --------
    >>> read_author(b"fl-planner: drawn automatic; by nnU-Net; version 2.5").program
    'nnU-Net 2.5'
    """
    if isinstance(text, str):
        text = text.encode("ascii", "replace")
    text = text[:LONGEST].split(b"\0", 1)[0].rstrip()
    if (carried := _FORM.fullmatch(text)) is not None:
        return _AUTHORS.get(carried.group(3))
    if (mark := _AUTHOR.fullmatch(text)) is None:
        return None
    kind, *program = (None if part is None else part.decode("ascii") for part in mark.groups())
    method = next(one for one in get_args(Method) if one == kind)
    return Author(method, *program)


def find_consensus(header: NamedFile, text: bytes) -> tuple[Finding, ...]:
    """Find a consensus mask by the text of its header.

    Raises `InputRefused`: `mask.consensus_mark` for an incomplete mark.
    """
    if (mark := _OF_CONSENSUS.fullmatch(text)) is None:
        reason = (
            "the header of this consensus mask does not state the standard deviation of its "
            "readings"
        )
        raise header.refuse("mask.consensus_mark", reason, "create it again (fl-planner agree)")
    sd_ml, vote = float(mark.group(2)), mark.group(1).decode("ascii")
    what = (
        f"a consensus of several readings, computed by {vote}, not manually drawn; the volumes of "
        f"the readings have a standard deviation of {sd_ml:.2f} mL"
    )
    return (header.find(CONSENSUS[vote.lower()], what, Severity.WARNING, sd_ml, "mL"),)


def keep_of_masks(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without that on a SPECT, for an output that contains only masks."""
    return tuple(one for one in findings if one.code != CARRIED_SPECT)


def find_carried(header: NamedFile, text: bytes | str) -> tuple[Finding, ...]:
    """Find a carried mask or SPECT, or a consensus, by the text of its header.

    - `text`: text of the header.

    Raises `InputRefused`: `mask.carried_mark` for a mark without the surface error.
    """
    if isinstance(text, str):
        text = text.encode("ascii", "replace")
    text = text[:LONGEST].split(b"\0", 1)[0]
    if text.startswith(CONSENSUS_MARK):
        return find_consensus(header, text)
    if not text.startswith(MARK):
        return ()
    mark = _FORM.fullmatch(text)
    off_mm = float(mark.group(2)) if mark else 0.0
    if not (isfinite(off_mm) and 0 < off_mm <= MOST_OFF_MM):
        reason = (
            "the header of this mask, carried over from another scan, does not state the surface "
            "error"
        )
        raise header.refuse("mask.carried_mark", reason, "carry the mask over again, or draw it")
    if mark and mark.group(1):
        what = (
            f"a SPECT registered to the CT with an error of about {off_mm:.1f} mm; a draft until "
            "both are reviewed together"
        )
        return (header.find(CARRIED_SPECT, what, Severity.WARNING, off_mm, "mm"),)
    what = (
        f"{CARRIED_NOT_DRAWN}: transferred from another scan by registration, with a surface error "
        f"of about {off_mm:.1f} mm; a draft until it is corrected"
    )
    return (header.find(CARRIED, what, Severity.WARNING, off_mm, "mm"),)
