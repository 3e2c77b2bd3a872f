"""Read files of masks, and folders of segments, by role.

A folder of liver_segment_1 to liver_segment_8 is read as one map of segments; TotalSegmentator
writes its task liver_segments in this form, unless --ml is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from itertools import islice
from pathlib import Path

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import list_first
from fl_planner.formats.read import contains_slices, find_drawn, is_folder, list_unread, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source, is_left_by_system, name_folder, note_input
from fl_planner.formats.voxels.slabs import SOFT_CUT
from fl_planner.formats.voxels.values import Holds, KnownGrids, LabelFile, Segment, SegmentFile
from fl_planner.intake.reading.files import FileState, add_role_to_findings, adding_role, find_state
from fl_planner.intake.reading.label_map import Mapped, map_names, map_numbers
from fl_planner.intake.reading.origin import lay_origin
from fl_planner.intake.reading.union import Paths, number_files
from fl_planner.liver.names.part_names import is_numbered, structure_of
from fl_planner.liver.names.structures import ROLES, VESSEL, plain
from fl_planner.planning.given.origin import StatedOrigin
from fl_planner.space.common_grid.same_grid import bring_together
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask

STEP_UNKNOWN, STEP_DOUBTFUL = "geometry.step_unknown", "geometry.slice_step"
BY_FILE = "file names"  # instead of a scheme
MOST_FILES = 1 << 12  # files of a folder that are examined [project's choice]
_MASK = re.compile(r"(?P<stem>[^.].*?)\.(?:nii|nii\.gz|nrrd|seg\.nrrd|nhdr|mha|mhd)", re.IGNORECASE)
_SEGMENT = re.compile(r"liver_segment_(?P<number>[1-8])")
RENAME = "name the files of segments liver_segment_1 to liver_segment_8, or give one label map"
MOST_LISTED = 12  # names in a message
ONE_MAP = (
    "give one label map of Couinaud segments (TotalSegmentator writes one with --ml), or a folder "
    "with the files liver_segment_1 to liver_segment_8"
)


def read_folder(
    folder: Path, read: Callable[[Path], LabelFile | SegmentFile], given: Iterable[str]
) -> Mapped:
    """Read the segments of a folder; `given` are names of files read separately.

    Raises `InputRefused`: `file.folder` for a folder without segments, `segments.twice` for two
    files of the same segment; see also `read`.
    """
    called = name_folder(folder)
    names = _list_masks(folder, called)
    paths: dict[str, str] = {}
    for name, stem in names.items():
        if match := _SEGMENT.fullmatch(stem):
            place = f"segment_{match['number']}"
            if place in paths:
                reason = f"{paths[place]} and {name} are two files for the same segment"
                raise InputRefused("segments.twice", called, reason, "keep one of these files")
            paths[place] = name
    if not paths:
        reason = "the folder contains none of the files liver_segment_1 to liver_segment_8"
        raise InputRefused("file.folder", called, reason, ONE_MAP)
    masks: dict[str, Mask] = {}
    for place in sorted(paths):
        masks[place] = read(folder / paths[place]).whole(place)
    recorded = {
        "file": called,
        "scheme": BY_FILE,
        "source": "names of the folder's files",
        "labels": {paths[place]: place for place in sorted(paths)},
    }
    others = {name: stem for name, stem in names.items() if name not in {*paths.values(), *given}}
    return Mapped(masks, recorded, _report_unread(called, others))


def contains_masks(folder: Path) -> bool:
    """Whether a folder contains files that may be masks by their names, unlike slices."""
    return bool(_list_masks(folder, name_folder(folder)))


def require_one_file(path: Path) -> None:
    """Refuse a folder of segments if one file is required.

    Raises `InputRefused`: `file.folder`.
    """
    if path.is_dir():
        called = name_folder(path)
        if any(map(_SEGMENT.fullmatch, _list_masks(path, called).values())):
            reason = "a folder of segment files was given instead of one file"
            remedy = "give one of its files, or a label map (TotalSegmentator writes one with --ml)"
            raise InputRefused("file.folder", called, reason, remedy)


def _list_masks(folder: Path, called: str) -> dict[str, str]:
    """List files that may be masks by their names, each with its name without the extension."""
    note_input(folder)
    try:
        names = sorted(path.name for path in islice(folder.iterdir(), MOST_FILES))
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror})"
        raise InputRefused("file.unreadable", called, reason, "check the access rights") from error
    found = ((name, _MASK.fullmatch(name)) for name in names)
    return {name: m["stem"] for name, m in found if m and not is_left_by_system(name)}


def _report_unread(folder: str, others: dict[str, str]) -> tuple[Finding, ...]:
    """Report further files in the folder that are named after roles or segments."""
    roles = [name for name, stem in others.items() if structure_of(stem) in ROLES[1:]]
    segments = [name for name, stem in others.items() if _may_be_segment(stem)]
    unread = ((roles, "give each file separately, under its role"), (segments, RENAME))
    return tuple(_report(folder, names, remedy) for names, remedy in unread if names)


def _may_be_segment(stem: str) -> bool:
    """Whether a file may be a segment in another spelling, or another copy of one."""
    return "segment" in stem.lower() or (structure_of(stem) or "").startswith("segment_")


def _report(folder: str, names: Sequence[str], remedy: str) -> Finding:
    were = "was" if len(names) == 1 else "were"
    held = f"also contains {list_first(names, MOST_LISTED)}, which {were} not read"
    return Finding("labels.passed_over", Severity.WARNING, f"{folder}: {held}; {remedy}", folder)


ONE_SCAN = (
    "give segmentations of one scan, with the CT on which they were drawn (--ct); or give each "
    "file under its role, with --resample"
)
ONE_OF_EACH = (
    "keep one of these files, or give each segment its own name, such as Tumour 1 and Tumour 2"
)
NAME_EACH = (
    "name each segment after its structure (Segment I, Tumour 1), or export all in one SEG file"
)


def _report_undrawn(folder: str, unread: Sequence[str], *, others: bool) -> Iterator[Finding]:
    """Report other content of a folder of segmentations, such as slices."""
    if unread:
        yield _report(folder, unread, "if it is a segmentation, copy it again, or unpack it")
    if others:
        message = (
            f"{folder}: only the segmentations (SEG, RTSTRUCT) are read as masks, not other DICOM "
            "files, such as slices"
        )
        yield Finding("labels.other_dicom", Severity.INFO, message, folder)


def join_files(called: str, files: Sequence[SegmentFile]) -> SegmentFile:
    """Join segmentations of one scan, such as one file per structure, to one on one grid.

    Numbers and layers of a file follow those of the file before, because each file has its own.

    Raises `InputRefused`: `grid.differs` for files of different lattices, `segments.twice` for a
    name in two files, `segments.name` for numbers that may not be Couinaud's.
    """
    if len(files) == 1:
        return files[0]
    _require_own_names(called, files)
    _require_one_numbering(called, files)
    drawn = [mask for file in files for _, mask in file.drawn()]
    try:
        placed = iter(bring_together(drawn) if drawn else ())
    except InputRefused as refused:
        raise InputRefused(refused.code, refused.source, refused.reason, ONE_SCAN) from None
    segments: list[Segment] = []
    for file in files:
        before = max((one.number for one in segments), default=0)
        layers = 1 + max((one.layer for one in segments if one.layer is not None), default=-1)
        segments += [
            structs.replace(
                one,
                number=before + one.number,
                layer=None if one.layer is None else layers + one.layer,
                mask=None if one.mask is None else next(placed),
            )
            for one in file.segments
        ]
    grids = [one.mask.grid for one in segments if one.mask is not None]
    return SegmentFile(
        called,
        (*grids, files[0].grid)[0],
        tuple(segments),
        tuple(one for file in files for one in file.inputs),
        tuple(one for file in files for one in file.findings),
    )


def _require_own_names(called: str, files: Sequence[SegmentFile]) -> None:
    """Refuse a structure's name in two files: it may be an earlier version of the other."""
    named: dict[str, SegmentFile] = {}
    for file in files:
        for name in {plain(one.name) for one, mask in file.drawn() if mask.voxel_count}:
            if (other := named.setdefault(name, file)) is not file:
                each = " and ".join(sorted({other.name, file.name}))
                each = f"both {each}" if other.name == file.name else each
                reason = f"two files ({each}) have a segment with the name {name}"
                raise InputRefused("segments.twice", called, reason, ONE_OF_EACH)


def _require_one_numbering(called: str, files: Sequence[SegmentFile]) -> None:
    """Refuse numbers that are a program's in one file and Couinaud's in another.

    A "Segment_1" alone in its file has the name that a program gives; "Segment_2" does not.
    """
    parts = [one for file in files for one in file.segments if is_numbered(one.name)]
    unread = [one.name for one in parts if one.structure is None]
    if unread and len(unread) < len(parts):
        reason = f"{unread[0]} may be a Couinaud segment, or a number given by a program"
        raise InputRefused("segments.name", called, reason, NAME_EACH)


MAP = "labelmap"
READ = ("files", "findings", "masks", "lesions", "parts")  # what a file adds to `MaskReading`
DRAWN_PARTS = frozenset({"flr", "resected", "treated"})  # parts of the liver, drawn on their own
COUNTED_TOGETHER = {"liver", "tumour"}  # roles with all labels counted together


class MaskReading:
    """Mask files while they are read.

    Masks are kept by name, each on the grid of its file. Messages add the role to a base name
    shared by several files (`shared`). `origins` are stated by the user, by role.
    """

    def __init__(
        self,
        limits: Limits,
        on: Grid | None,
        shared: frozenset[str],
        origins: Mapping[str, StatedOrigin],
    ) -> None:
        self.limits = limits
        self.origins = origins
        self.on = on
        self.shared = shared
        self.findings: list[Finding] = []
        self.masks: dict[str, Mask] = {}
        self.files: list[LabelFile | SegmentFile] = []
        self.named: dict[str, str] = {}  # names in the files of drawn parts of the liver
        self.lesions: dict[str, str] = {}  # key and name of masks that may each be one lesion
        self.parts: dict[str, list[str]] = {}  # keys of the masks of a role with several files
        self.postponed: dict[str, Callable[[], object]] = {}  # by role
        self.mapped: Mapped | None = None  # structures of a label map
        self.states: dict[Path, FileState] = {}  # of the files, when they were first opened

    def read_role(self, role: str, files: Paths, name: str = "") -> None:
        """Read the files of a role as masks of this name; a tumour may have several lesions."""
        self._read_or_postpone(role, partial(self._read_role, role, files, name))

    def _read_or_postpone(self, role: str, read: Callable[[], object]) -> None:
        """Read files; later, with the grids of all others, if their slice distance is in doubt."""
        if not self._is_read(read):
            self.postponed[role] = read

    def _is_read(self, read: Callable[[], object]) -> bool:
        """Read files; read nothing if they do not show their slice distance beyond doubt."""
        before = {name: copy(getattr(self, name)) for name in READ}
        first = len(self.findings)
        try:
            read()
        except InputRefused as refused:
            if refused.code != STEP_UNKNOWN:
                raise
        else:
            if self.on or not any(map(is_doubtful, self.findings[first:])):
                return True
        for name, value in before.items():  # of several files, the first may have been read
            setattr(self, name, value)
        return False

    def require_unchanged(self, paths: Iterable[Path]) -> None:
        """Check that files are those that were opened first; masks of two versions do not fit.

        Raises `InputRefused`: `file.changed`.
        """
        for path in paths:
            state = find_state(path)
            if self.states.setdefault(path, state) != state:
                reason = "the file was changed while the masks were being read"
                remedy = "repeat the command when all files are complete"
                raise InputRefused("file.changed", path.name, reason, remedy)

    def _read_role(self, role: str, files: Paths, name: str) -> None:
        holds = Holds.LABELS if role in COUNTED_TOGETHER else Holds.ONE_LABEL
        keys = number_files(role, files)
        self.parts |= {role: [key for key, _ in keys]} if len(keys) > 1 else {}
        for key, path in keys:
            file = self._read(path, role, holds, key)
            mask = file.whole(name or role)
            if not mask.voxel_count and ({name, role} & {"liver", *DRAWN_PARTS}):
                _require_above_threshold(file)
            self.masks[key] = self._mark(mask, key)
            if role == "tumour":
                self._note_lesions(key, file)
            if (name or role) in DRAWN_PARTS:
                self.named[key] = _name_of(file)

    def read_vessel(self, name: str, sources: Sequence[tuple[Source, int | None]]) -> None:
        """Read the files of a vessel; from each, its only label or the selected one.

        Raises `InputRefused`: `vessels.no_label` if a file does not contain the selected label.
        """
        role = f"{VESSEL}{name}"
        self._read_or_postpone(role, partial(self._read_vessel, role, name, sources))

    def _read_vessel(
        self, role: str, name: str, sources: Sequence[tuple[Source, int | None]]
    ) -> None:
        keys = [role]
        if len(sources) > 1:
            keys = [f"{role}, file {number}" for number, _ in enumerate(sources, start=1)]
            self.parts[role] = keys
        for key, (path, label) in zip(keys, sources, strict=True):
            holds = Holds.ONE_LABEL if label is None else Holds.LABEL_MAP
            try:
                file = self._read(path, role, holds, key)
            except InputRefused as wrong:
                if wrong.code != "labels.several":
                    raise
                remedy = f"select a label: {name}#LABEL instead of {name}"
                raise InputRefused(wrong.code, wrong.source, wrong.reason, remedy) from None
            mask = file.whole(name) if label is None else _read_label_mask(file, name, label)
            self.masks[key] = self._mark(mask, key)

    def _note_lesions(self, key: str, file: LabelFile | SegmentFile) -> None:
        """Record parts that may each be one lesion: labels, segments, or several files."""
        if isinstance(file, SegmentFile):
            parts = [(f"segment {one.name}", mask) for one, mask in file.drawn()]
        else:
            labels = file.labelled.labels
            parts = [(f"label {label}", file.mask("tumour", label)) for label in labels]
        of_several = key != "tumour"
        if len(parts) < 2:
            self.lesions |= {key: file.name} if of_several else {}
            return
        for number, (name, mask) in enumerate(parts, 1):
            part = f"{key} part {number}"
            self.masks[part] = self._mark(mask.renamed("tumour"), key)
            self.lesions[part] = name + (f" of {file.name}" if of_several else "")

    def read_map(self, path: Source, scheme: LabelScheme, *, named: bool) -> None:
        """Read a label map; `named` is whether the user named this scheme."""
        mapped = self._mapped(path, scheme, named=named)
        self.mapped = structs.replace(
            mapped,
            masks={place: self._mark(mask, MAP) for place, mask in mapped.masks.items()},
            tumours=tuple(self._mark(mask, MAP) for mask in mapped.tumours),
            findings=tuple(add_role_to_findings(mapped.findings, MAP, self.shared)),
        )

    def _mapped(self, path: Source, scheme: LabelScheme, *, named: bool) -> Mapped:
        if isinstance(path, Path) and is_folder(path) and self._contains_files(path):
            given = [one.file for file in self.files for one in file.inputs]
            return read_folder(path, lambda one: self._read(one, MAP, Holds.ONE_LABEL, MAP), given)
        file = self._read_drawn(path) or self._read(path, MAP, Holds.LABEL_MAP, MAP)
        with adding_role(MAP, self.shared):
            if isinstance(file, SegmentFile):
                return map_names(file, scheme, self.given())
            return map_numbers(file, scheme, named=named)

    def _read_drawn(self, folder: Source) -> SegmentFile | None:
        """Read the segmentations of a folder as one; None if there are none."""
        if not isinstance(folder, Path) or not is_folder(folder):
            return None
        drawn, others, rest = find_drawn(folder, self.limits)
        if not drawn:
            return None
        called, first = name_folder(folder), len(self.files)
        self.findings += _report_undrawn(called, list_unread(rest, self.limits), others=others)
        reads = [partial(self._read, path, MAP, Holds.LABEL_MAP, MAP) for path in drawn]
        for read in [one for one in reads if not self._is_read(one)]:
            read()
        files = [one for one in self.files[first:] if isinstance(one, SegmentFile)]
        with adding_role(MAP, self.shared):
            return join_files(called, files)

    def _contains_files(self, folder: Path) -> bool:
        """Whether a folder contains files of single segments, not slices of one map."""
        return contains_masks(folder) or not contains_slices(folder, self.limits)

    def given(self) -> frozenset[str]:
        """Return the roles with separate files."""
        return frozenset(self.by_role()) | self.postponed.keys()

    def by_role(self) -> dict[str, tuple[Mask, ...]]:
        """Return the masks of the files of each role."""
        several = {role: tuple(self.masks[key] for key in self.parts[role]) for role in self.parts}
        return {key: (mask,) for key, mask in self.masks.items()} | several

    def each_finding(self) -> tuple[Finding, ...]:
        """Return the findings on the files, each once, those on the label map last."""
        of_map = self.mapped.findings if self.mapped else ()
        return tuple(dict.fromkeys((*self.findings, *of_map)))

    def _read(self, path: Source, role: str, holds: Holds, key: str) -> LabelFile | SegmentFile:
        if isinstance(path, Path):
            self.require_unchanged((path,))
        with adding_role(key, self.shared):
            known = KnownGrids(self.on, tuple(dict.fromkeys(one.grid for one in self.files)))
            file = read_labels(path, role, holds, self.limits, known)
            if role in self.origins:
                file = lay_origin(file, self.origins[role])
        self.files.append(file)
        self.findings += add_role_to_findings(file.findings, key, self.shared)
        return file

    def _mark(self, mask: Mask, key: str) -> Mask:
        """Add the role to the mask's name in messages if its base name is shared."""
        return mask.owned_by(key) if mask.file in self.shared else mask

    def whole(self) -> set[str]:
        """Return the files that store every voxel of their scan; DICOM files may omit slices."""
        inputs = (one for file in self.files for one in file.inputs)
        return {one.file for one in inputs if not one.format.startswith("dicom")}


def is_doubtful(found: Finding) -> bool:
    """Whether the slice distance in the header of a file contradicts its positions."""
    return found.code == STEP_DOUBTFUL and found.severity is not Severity.INFO


def _require_above_threshold(file: LabelFile | SegmentFile) -> None:
    """Refuse a probability map without a voxel that is counted; it is not an empty drawing."""
    for one in file.findings:
        if one.code == "values.probability_map":
            reason = f"no voxel of the probability map is above {SOFT_CUT:g}"
            remedy = "apply a lower threshold in the original program, and export the mask"
            raise InputRefused("mask.empty", file.name, reason, remedy)


def _name_of(file: LabelFile | SegmentFile) -> str:
    """Return the name of the only segment, or else of the file without its ending."""
    names = [one.name for one, _ in file.drawn()] if isinstance(file, SegmentFile) else []
    return names[0] if len(names) == 1 else file.name.partition(".")[0]


def _read_label_mask(file: LabelFile | SegmentFile, name: str, label: int) -> Mask:
    if isinstance(file, LabelFile) and label in file.labelled.labels:
        return file.mask(name, label)
    held = "named segments"
    if isinstance(file, LabelFile):
        held = f"labels {list_first([str(one) for one in file.labelled.labels], MOST_LISTED)}"
    reason = f"{name} was given as label {label}, but the file contains {held}"
    remedy = "select a label of the file; named segments are recognised without a number"
    raise InputRefused("vessels.no_label", file.name, reason, remedy)
