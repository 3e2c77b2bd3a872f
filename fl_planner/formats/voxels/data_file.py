"""A header whose voxels are in another file: which one, and that it may be read.

Only one file beside the header or in a folder below it: a header that someone sent may not
name any file of the machine [safety.md N1, M1].
"""

import re
from contextlib import ExitStack
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.compression import Packing
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.text_header import LAST_HEADER

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
