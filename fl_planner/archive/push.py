"""Store objects in an archive, and verify that it has them unchanged.

One archive acknowledged objects that it did not store [dicomweb-client issue 42], and another
keeps an older object with the same UID. An object therefore counts as stored only if the archive
lists it and returns it with every element as sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.archive.accepted_classes import has_same_pixels, syntax_of
from fl_planner.archive.connection import LOOK_UP_WAIT_S, LOOK_UPS, ArchiveSession, InstanceName
from fl_planner.basis.findings import InputRefused, quietly

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PIXELS = "PixelData"
CONTENTS = (PIXELS, "EncapsulatedDocument", "ContentSequence")


def read_objects(paths: Sequence[Path]) -> list[Dataset]:
    """Read DICOM files to be sent.

    Raises `InputRefused`: `archive.member` for a file that is missing or not DICOM, and for one
    that a gateway reduced to its header.
    """
    from pydicom import dcmread

    read: list[Dataset] = []
    for path in paths:
        reason, remedy = "the file is missing or not a DICOM object", "write the result set again"
        with quietly("archive.member", path.name, reason, remedy):
            read.append(dcmread(BytesIO(path.read_bytes())))
        if not any(keyword in read[-1] for keyword in CONTENTS):
            reason = "the file has a header but no pixel data, document or measurements, like the "
            reason += "copy that a gateway keeps of a stored object"
            raise InputRefused("archive.member", path.name, reason, remedy)
    return read


def name_of(one: Dataset) -> InstanceName:
    """Return the UIDs of an object."""
    uids = (one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID, one.SOPClassUID)
    return InstanceName(*map(str, uids))


def push(session: ArchiveSession, objects: Sequence[Dataset]) -> int:
    """Store objects missing from the archive, and check all; return the number of new ones.

    Raises `InputRefused`: `archive.not_stored` for an object that the archive does not list or
    does not return as sent; `archive.other_object` if it already has a different object with that
    UID; the codes of every request.
    """
    new = []
    for one in objects:
        if not session.has(name_of(one)):
            new.append(one)
        elif not _has_same(session, one):
            reason = "the archive already has a different object with the same UID as one in the "
            reason += "result set"
            remedy = "compare the two objects; a result set is never overwritten"
            raise InputRefused("archive.other_object", session.name, reason, remedy)
    session.store(new)
    for one in new:
        _require_stored(session, one)
    return len(new)


def _require_stored(session: ArchiveSession, one: Dataset) -> None:
    from time import sleep

    name = name_of(one)
    for number in range(LOOK_UPS):
        if session.has(name):
            break
        sleep(LOOK_UP_WAIT_S * (number + 1))
    else:
        reason = "the archive accepted an object but does not list it"
        remedy = (
            "check the archive's log and its free space; the object will be sent again at the next "
            "attempt"
        )
        raise InputRefused("archive.not_stored", session.name, reason, remedy)
    if not _has_same(session, one):
        reason = "the archive returns an object that differs from the one sent"
        remedy = "check whether the archive changes objects (coercion, lossy compression)"
        raise InputRefused("archive.not_stored", session.name, reason, remedy)


def _has_same(session: ArchiveSession, one: Dataset) -> bool:
    """Whether an archive returns an object as it was sent."""
    given = session.fetch(name_of(one))
    reason, remedy = "an object that the archive returns cannot be read", "check the archive"
    with quietly("archive.answer", session.name, reason, remedy):
        return is_same(one, given)


def is_same(sent: Dataset, given: Dataset) -> bool:
    """Whether two data sets have the same elements; pixels may be losslessly compressed."""
    return not any(find_differences(sent, given))


def find_differences(sent: Dataset, given: Dataset) -> Iterator[str]:
    """List the keywords of elements that differ, except in the bytes before the data set."""
    packed = syntax_of(sent) != syntax_of(given)
    for tag in sorted({*sent.keys(), *given.keys()}):
        if tag not in sent or tag not in given:
            yield f"{tag}"
            continue
        one, other = sent[tag], given[tag]
        if packed and one.keyword == PIXELS:
            if not has_same_pixels(sent, given):
                yield PIXELS
        elif one.value != other.value:
            yield one.keyword or f"{tag}"
