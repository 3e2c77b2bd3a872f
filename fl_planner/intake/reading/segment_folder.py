"""A folder of single files, liver_segment_1 to liver_segment_8, read as one map of segments.

TotalSegmentator writes its task liver_segments so, unless it is asked for one file (--ml).
"""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.stored.places import note_input
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.intake.reading.label_map import Mapped
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import ROLES
from fl_planner.space.mask import Mask

BY_FILE = "file names"  # in place of a scheme
MOST_FILES = 1 << 12  # of a folder that are looked at [project's choice]
_MASK = re.compile(r"(?P<stem>[^.].*?)\.(?:nii|nii\.gz|nrrd|seg\.nrrd|nhdr|mha|mhd)", re.IGNORECASE)
_SEGMENT = re.compile(r"liver_segment_(?P<number>[1-8])")
ONE_MAP = (
    "give one label map of Couinaud segments (TotalSegmentator writes one with --ml), or a folder "
    "of liver_segment_1 to liver_segment_8"
)


def read_folder(
    folder: Path, read: Callable[[Path], LabelFile | SegmentFile], given: Iterable[str]
) -> Mapped:
    """Read the segments of a folder; `given` are names of files that were read for themselves.

    Raises `InputRefused`: `file.folder` where it holds no segments, `segments.twice` where one
    stands twice; and what is wrong with a file.
    """
    called = folder.name or "the folder"
    names = _list_masks(folder, called)
    paths: dict[str, str] = {}
    for name, stem in names.items():
        if match := _SEGMENT.fullmatch(stem):
            place = f"segment_{match['number']}"
            if place in paths:
                reason = f"holds {paths[place]} and {name}, two files of one segment"
                raise InputRefused("segments.twice", called, reason, "leave one of them")
            paths[place] = name
    if not paths:
        reason = "is a folder, and holds no liver_segment_1 to liver_segment_8"
        raise InputRefused("file.folder", called, reason, ONE_MAP)
    masks: dict[str, Mask] = {}
    for place in sorted(paths):
        file = read(folder / paths[place])
        masks[place] = file.whole(place)
    told = {
        "file": called,
        "scheme": BY_FILE,
        "source": "names of the folder's files",
        "labels": {paths[place]: place for place in sorted(paths)},
    }
    others = {name: stem for name, stem in names.items() if name not in {*paths.values(), *given}}
    return Mapped(masks, told, _find_unread(called, others))


def holds_masks(folder: Path) -> bool:
    """Whether files lie in a folder that may be masks by their names; slices bear none of these."""
    return bool(_list_masks(folder, folder.name or "the folder"))


def require_one_file(path: Path) -> None:
    """Refuse a folder of segments where one file is wanted.

    Raises `InputRefused`: `file.folder`.
    """
    if path.is_dir():
        called = path.name or "the folder"
        if any(map(_SEGMENT.fullmatch, _list_masks(path, called).values())):
            reason = "is a folder of liver_segment_1 to liver_segment_8, and one file is wanted"
            remedy = "give one file of it, or one label map (TotalSegmentator writes one with --ml)"
            raise InputRefused("file.folder", called, reason, remedy)


def _list_masks(folder: Path, called: str) -> dict[str, str]:
    """List what may be masks by their names, each with that name before its ending."""
    note_input(folder)
    try:
        names = sorted(path.name for path in islice(folder.iterdir(), MOST_FILES))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise InputRefused("file.unreadable", called, reason, ONE_MAP) from error
    found = ((name, _MASK.fullmatch(name)) for name in names)
    return {name: match["stem"] for name, match in found if match}


def _find_unread(folder: str, others: dict[str, str]) -> tuple[Finding, ...]:
    """Tell files beside the segments that are a part of the question by their names."""
    unread = [name for name, stem in others.items() if structure_of(stem) in ROLES[1:]]
    if not unread:
        return ()
    message = f"{folder}: holds {', '.join(unread)} too, not read: give each by its role"
    return (Finding("labels.passed_over", Severity.WARNING, message, folder),)
