"""The mark of a mask that nobody drew: carried from another scan, or made of several readings.

A SPECT that was laid onto a CT bears it, too. It stands in the header's text and goes where the
file goes: a program that reads the mask again names it, and widens what rests on one that was
carried.
"""

import re
from math import isfinite

from fl_planner.basis.constants import CARRIED, CARRIED_NOT_DRAWN, CARRIED_SPECT, CONSENSUS
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.stored.source import NamedFile

KEY = "descrip"  # of the header's text in NIfTI, SimpleITK, and the NRRD and MetaImage it writes
MARK = f"fl-planner: {CARRIED_NOT_DRAWN}".encode("ascii")
LONGEST = 80  # bytes of the text, with its end [nifti1.h: descrip]
MOST_OFF_MM = 50.0  # a mark that says more is none of ours
CONSENSUS_MARK = b"fl-planner: consensus by "
VOTES = {"majority": "majority", "staple": "STAPLE"}  # as people read them
MOST_SD_ML = 9999.99  # a mark that says more is none of ours
_FORM = re.compile(MARK + rb"; (SPECT )?off by ([0-9]{1,2}\.[0-9]{2}) mm")


def carried_text(off_mm: float, *, spect: bool = False) -> bytes:
    """Write the mark: how far the surface of the mask may be off, one standard deviation.

    - `spect`: a SPECT that was laid onto the CT, and no mask.

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
    """Write the mark of a consensus: by which vote, and how far its readings' volumes scatter.

    Examples
    --------
    >>> consensus_text("staple", 12.345)
    b'fl-planner: consensus by STAPLE; readings differ by SD 12.35 mL'
    """
    shown = min(sd_ml, MOST_SD_ML)
    return CONSENSUS_MARK + f"{VOTES[vote]}; readings differ by SD {shown:.2f} mL".encode("ascii")


def find_consensus(header: NamedFile, said: bytes) -> tuple[Finding, ...]:
    """Name a mask that is a consensus, by the text of its header.

    Raises `InputRefused`: `mask.consensus_mark` where the text says so, and not of what.
    """
    mark = _OF_CONSENSUS.fullmatch(said)
    if mark is None:
        reason = "is a consensus of several readings, and its mark does not say how they differ"
        raise header.refuse("mask.consensus_mark", reason, "make it again (fl-planner agree)")
    sd_ml, vote = float(mark.group(2)), mark.group(1).decode("ascii")
    what = (
        f"a consensus of several readings by {vote}, drawn by nobody; the volumes of the readings "
        f"differ by {sd_ml:.2f} mL (1 SD)"
    )
    return (header.find(CONSENSUS[vote.lower()], what, Severity.WARNING, sd_ml, "mL"),)


def find_carried(header: NamedFile, text: bytes | str) -> tuple[Finding, ...]:
    """Name a mask or a SPECT that was carried, or a consensus, by the text of its header.

    - `text`: what the header says of itself, as bytes or as text.

    Raises `InputRefused`: `mask.carried_mark` where the text says so, and not how far it is off.
    """
    if isinstance(text, str):
        text = text.encode("ascii", "replace")
    said = text[:LONGEST].split(b"\0", 1)[0]
    if said.startswith(CONSENSUS_MARK):
        return find_consensus(header, said)
    if not said.startswith(MARK):
        return ()
    mark = _FORM.fullmatch(said)
    off_mm = float(mark.group(2)) if mark else 0.0
    if not (isfinite(off_mm) and 0 < off_mm <= MOST_OFF_MM):
        reason = "was carried from another scan, and its mark does not say how far it may be off"
        raise header.refuse("mask.carried_mark", reason, "carry it again, or draw it")
    if mark and mark.group(1):
        what = (
            f"a SPECT that was laid onto the CT by registration, off by {off_mm:.1f} mm or so; a "
            "draft until somebody has looked at both together"
        )
        return (header.find(CARRIED_SPECT, what, Severity.WARNING, off_mm, "mm"),)
    what = (
        f"{CARRIED_NOT_DRAWN}: laid over from another scan by registration, its surface off by "
        f"{off_mm:.1f} mm or so; a draft until somebody has corrected it"
    )
    return (header.find(CARRIED, what, Severity.WARNING, off_mm, "mm"),)
