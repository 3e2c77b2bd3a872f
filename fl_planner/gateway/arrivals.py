"""Received objects: checked, and stored with the images that a drawing requires."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from fl_planner.archive.accepted_classes import DRAWINGS, RECEIVED
from fl_planner.archive.receiver import Arrival
from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.export.dicom.report import MODEL
from fl_planner.formats.dicom.elements import SERIES, STUDY, Attribute
from fl_planner.formats.dicom.file import HEAD_BYTES, is_dicom, parse_dicom
from fl_planner.formats.dicom.named_slices import INSTANCE
from fl_planner.formats.dicom.pixels import PIXELS
from fl_planner.formats.dicom.seg_write import MAKER
from fl_planner.formats.dicom.uids import CT, LABELMAP_SEG, RTSTRUCT, SEG
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.gateway.jobs import StoredObject
from fl_planner.gateway.journal import writing_store
from fl_planner.gateway.store import Store

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MANUFACTURER = Attribute(0x00080070, "Manufacturer")
MODEL_NAME = Attribute(0x00081090, "ManufacturerModelName")
CONTENT = {  # the element that makes an object of each class whole
    CT: PIXELS,
    SEG: PIXELS,
    LABELMAP_SEG: PIXELS,
    RTSTRUCT: Attribute(0x30060039, "ROIContourSequence"),
}
LONGEST_UID = 64
FOLDER = "folder"  # the caller of objects that come by a watched folder
OBJECT = "object"  # the source of a refusal: a file name may hold a patient's name
COMPLETE_LOOK_S = 60.0  # between two complete looks [project's choice]
SHARE = 20  # time between two complete looks, in times their duration [project's choice]
SETTLED_S = 2.0  # a change within the step of a file system's clock cannot be seen by its time
SEND_AGAIN = "send it again, or export it again from the program that created it"


@dataclass(frozen=True, slots=True)
class Intake:
    """Interface to the store of received objects."""

    store: Store
    limits: Limits

    def keep(self, arrival: Arrival) -> None:
        """Check an object and store it; results of this program are ignored.

        Raises `InputRefused`: `listen.object` for one that is damaged, of another class, or not
        as its sender stated; see also `Store.add`.
        """
        one = read_object(arrival.content, arrival.caller, self.limits)
        if (one.sop_class, one.instance) != (arrival.sop_class, arrival.instance):
            reason = "the class or UID differs from that stated by the sender"
            raise InputRefused("listen.object", OBJECT, reason, SEND_AGAIN)
        with writing_store():
            self.add(one)

    def add(self, one: StoredObject) -> bool:
        """Store an object unless it is a result of this program; return whether it is new.

        An archive that forwards stored objects returns the results of this program; planning them
        again would never end.
        """
        if one.is_result or self.store.is_member(one.instance):
            return False
        return self.store.add(one, time())

    def commit(self, instances: Iterable[str]) -> frozenset[str]:
        """Take responsibility for objects, and return those that are on disk.

        Raises `InputRefused`: `listen.full` if the disk refuses to write.
        """
        with writing_store():
            return self.store.commit(instances)


def read_object(content: bytes, caller: str, limits: Limits) -> StoredObject:
    """Read the UIDs of an object and, for a drawing, the images that it requires.

    Raises `InputRefused`: `listen.object`.
    """
    try:
        file = parse_dicom(OBJECT, content, limits)
    except InputRefused as refused:
        raise InputRefused("listen.object", OBJECT, refused.reason, SEND_AGAIN) from None
    uids = [file.data.text(one) or "" for one in (INSTANCE, STUDY, SERIES)]
    if not all(0 < len(uid) <= LONGEST_UID for uid in uids) or file.sop_class not in RECEIVED:
        reason = "it lacks a UID, or is neither a CT image nor a segmentation (SEG, RTSTRUCT)"
        raise InputRefused("listen.object", OBJECT, reason, SEND_AGAIN)
    instance, study, series = uids
    if CONTENT[file.sop_class] not in file.data:
        reason = "it lacks pixel data or contours, so it is incomplete"
        raise InputRefused("listen.object", OBJECT, reason, SEND_AGAIN)
    needed = frozenset(find_images(content)) if file.sop_class in DRAWINGS else frozenset()
    made_by = (file.data.text(MANUFACTURER), file.data.text(MODEL_NAME))
    is_result = made_by == (MAKER, MODEL)
    return StoredObject(instance, study, series, file.sop_class, caller, content, needed, is_result)


def find_images(content: bytes) -> set[str]:
    """Find the CT images to which any element of a drawing refers.

    Raises `InputRefused`: `listen.object` for a drawing whose sequences cannot be read.
    """
    from pydicom import dcmread

    with quietly("listen.object", OBJECT, "its references to images cannot be read", SEND_AGAIN):
        drawing = dcmread(BytesIO(content), stop_before_pixels=True, force=True)
        return {
            str(one.ReferencedSOPInstanceUID)
            for one in _walk(drawing)
            if one.get("ReferencedSOPClassUID") == CT and one.get("ReferencedSOPInstanceUID")
        }


def _walk(data: Dataset) -> Iterator[Dataset]:
    yield data
    for element in data:
        if element.VR == "SQ":
            for item in element.value:
                yield from _walk(item)


@dataclass(slots=True)
class WatchedFolder:
    """A folder whose DICOM files are read once they have not changed for some seconds.

    The files are not moved. A subfolder whose files have all been read is skipped until its list
    of names changes, so the duration of a scan does not increase with the number of files. Files
    replaced under the same name are found by an occasional complete scan.
    """

    folder: Path
    intake: Intake
    quiet_s: float
    report: Callable[[str], None]
    _read: dict[Path, tuple[int, tuple[Path, ...]]] = field(default_factory=dict)
    _unreadable: set[Path] = field(default_factory=set)
    _too_large: set[tuple[str, int, int]] = field(default_factory=set)  # reported since the start
    _first_seen: dict[tuple[str, int, int], float] = field(default_factory=dict)
    _complete_at: float = 0.0
    _looked: float = 0.0  # time of the last look
    is_settling: bool = False  # a DICOM file was too recent at the last look
    _refused: set[Path] = field(default_factory=set)  # since the start, and not read since

    @property
    def has_refused(self) -> bool:
        """Whether a file is refused, or an existing file or folder was not read.

        A refused file that is later read, such as one that was still being written, has an answer.
        """
        return bool(self._refused) or any(map(os.path.lexists, self._unreadable))

    def look(self) -> int:
        """Read the files that are new or changed; return the number of new objects."""
        began = time()
        if began < self._looked:  # the clock was set back
            self._complete_at = 0.0
            self._first_seen.clear()
        self._looked = began
        is_complete = began >= self._complete_at
        self.is_settling = False
        if is_complete:
            self._read.clear()
        taken, waiting = 0, [self.folder]
        while waiting:  # folders may be nested more deeply than functions
            new, inner = self._look_in(waiting.pop())
            taken += new
            waiting += reversed(inner)
        if is_complete:
            ended = time()
            self._complete_at = ended + max(COMPLETE_LOOK_S, SHARE * (ended - began))
        return taken

    def _look_in(self, folder: Path) -> tuple[int, tuple[Path, ...]]:
        """Read a folder's files; return the number of new objects, and its folders."""
        try:
            changed = folder.stat().st_mtime_ns
            known, inner = self._read.get(folder, (None, ()))
            taken = 0
            if changed != known:
                taken, inner, is_read = self._look_at_names(folder)
                if is_read and time() - changed / 1e9 >= SETTLED_S:
                    self._read[folder] = changed, inner
        except FileNotFoundError:  # removed meanwhile
            self._read.pop(folder, None)
            return 0, ()
        except OSError:
            self._read.pop(folder, None)
            self._note_unreadable(folder, "a folder")
            return 0, ()
        self._unreadable.discard(folder)
        return taken, inner

    def _look_at_names(self, folder: Path) -> tuple[int, tuple[Path, ...], bool]:
        """Read a folder's files; return the new objects, its folders, and whether all were read."""
        with os.scandir(folder) as listed:
            names = sorted(listed, key=lambda one: one.name)
        files = [one for one in names if one.is_file(follow_symlinks=False)]
        inner = tuple(Path(one) for one in names if one.is_dir(follow_symlinks=False))
        new = [self._look_at(Path(one)) for one in files]
        return sum(one or 0 for one in new), inner, None not in new

    def _look_at(self, path: Path) -> bool | None:
        """Read a file, and return whether its object is new; None if it must be checked again."""
        try:
            seen = path.stat()
            name = os.fsencode(path.relative_to(self.folder)).decode("utf-8", "backslashreplace")
            state = (name, seen.st_size, seen.st_mtime_ns)
            if self.intake.store.has_seen(*state):
                return False
            if self._is_recent(state):
                self.is_settling |= _starts_as_dicom(path)
                return None
            if seen.st_size > self.intake.limits.stored_bytes:
                self._refuse_large(path, state)
                return False
            is_new = self._take(path)
        except FileNotFoundError:  # removed meanwhile
            return None
        except OSError:
            self._note_unreadable(path, "a file in the folder")
            return None
        self._unreadable.discard(path)
        self.intake.store.note_seen(*state)
        return is_new

    def _note_unreadable(self, path: Path, what: str) -> None:
        """Report a file or folder once, until it is read."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            self.report(f"{what} cannot be read; the program will try again")

    def _is_recent(self, state: tuple[str, int, int]) -> bool:
        """Whether a file may still change, by its time or, if that is in the future, by ours."""
        now, changed = time(), state[2] / 1e9
        if changed > now:
            changed = self._first_seen.setdefault(state, now)
        return now - changed < self.quiet_s

    def _refuse_large(self, path: Path, state: tuple[str, int, int]) -> None:
        """Report a file once; it is not noted as read, as the limit may be raised at a restart."""
        if state not in self._too_large:
            self._too_large.add(state)
            self._refused.add(path)
            self.report("a file in the folder was refused (limit.object)")

    def _take(self, path: Path) -> bool:
        content = path.read_bytes()
        if not is_dicom(content[:HEAD_BYTES]):
            return False
        try:
            is_new = self.intake.add(read_object(content, FOLDER, self.intake.limits))
        except InputRefused as refused:
            if refused.code == "listen.full":
                raise
            self._refused.add(path)
            self.report(f"a file in the folder was refused ({refused.code})")
            return False
        self._refused.discard(path)
        return is_new


def _starts_as_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return is_dicom(file.read(HEAD_BYTES))
