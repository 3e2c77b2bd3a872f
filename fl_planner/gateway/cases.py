"""A case file for the drawings of a study, according to a routing file.

Segments with unknown names are renamed in a copy of the drawing, according to their role in the
routing file; voxels, codes and authors are unchanged. A drawing without such segments is used as
received, byte by byte.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.given.toml import as_toml
from fl_planner.intake.documents.gateway_routing_file import ONE_SEGMENT, RoutedSegments, StudyRoute
from fl_planner.liver.names.exclusions import read_excluded
from fl_planner.liver.names.part_names import mentions, structure_of
from fl_planner.liver.names.structures import EXCLUDE, PARTS, VESSEL, VESSELS, plain

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CASE, SERIES_FOLDER, MAP_FOLDER = "case.toml", "ct", "segments"
CALLED = {  # role -> a name that the program understands
    "liver": "Liver",
    "tumour": "Tumour",
    "flr": "FLR",
    "resected": "Resected part",
    "treated": "Treated area",
    "spleen": "Spleen",
}
LABEL_MAP = "labelmap"
LISTED = ("liver", "tumour", "flr")  # a routing file with segments must list each of these
SEND = (
    "send one drawing that contains each structure once, or correct the routing file; then "
    "restart a running gateway, and send the drawing as a new object"
)


@dataclass(slots=True)
class _Drawing:
    """A drawing, and the role of each of its segments; `ignored` are segments without a role."""

    name: str
    content: bytes
    data: Dataset
    roles: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    renamed: bool = False

    def segments(self) -> Iterator[tuple[Dataset, str]]:
        """List the items that name segments, with the keyword of the name."""
        for item in self.data.get("SegmentSequence") or ():
            yield item, "SegmentLabel"
        for item in self.data.get("StructureSetROISequence") or ():
            yield item, "ROIName"

    def assign(self, segments: RoutedSegments | None) -> None:
        """Assign each segment to its role, and rename it if necessary.

        Raises `InputRefused`: `routing.segments`.
        """
        for item, keyword in self.segments():
            name = str(item.get(keyword) or "")
            found = [_role_of(name)] if segments is None else segments.roles_of(name)
            roles = [role for role in found if role is not None]
            if len(roles) > 1:
                raise _refuse("a segment name has several roles in the routing file")
            if roles:
                self.roles.setdefault(roles[0], []).append(name)
                self._rename(item, keyword, roles[0])
                continue
            self.ignored.append(name)
            if segments is not None:
                _require_listed(_role_of(name), segments)

    def _rename(self, item: Dataset, keyword: str, role: str) -> None:
        if role == LABEL_MAP or _role_of(str(item.get(keyword) or "")) == role:
            return  # the name is understood
        number = len(self.roles[role])
        called = CALLED.get(role) or role.removeprefix(EXCLUDE).removeprefix(VESSEL)
        setattr(item, keyword, called if role in ONE_SEGMENT else f"{called} {number}")
        self.renamed = True

    def written(self) -> bytes:
        """Return the bytes of the drawing; as received if nothing was renamed."""
        if not self.renamed:
            return self.content
        copy = BytesIO()
        with _reading():
            self.data.save_as(copy, enforce_file_format=True)
        return copy.getvalue()


def _role_of(name: str) -> str | None:
    """Return the role of a segment by its name alone; None if the program does not know it."""
    if (structure := structure_of(name)) is None:
        return "spleen" if plain(name) == "spleen" else None
    if structure in PARTS:
        return LABEL_MAP
    if structure in VESSELS:
        return f"{VESSEL}{structure}"
    if structure in CALLED:
        return structure
    excluded = read_excluded(name)
    return None if excluded is None else f"{EXCLUDE}{excluded}"


def _require_listed(role: str | None, segments: RoutedSegments) -> None:
    """Refuse an unlisted segment whose name indicates a role that must be listed.

    These are liver, tumour and FLR, even if the routing file does not have this role: a tumour
    that is ignored would be planned as absent. They are also all roles of the routing file.
    """
    if role in LISTED or role in dict(segments.named()):
        raise _refuse(f"a segment is recognised as {role} but is not in the routing file")


def _require_no_tumour(ignored: Iterable[str]) -> None:
    """Refuse to state that there is no tumour if an ignored segment may be one."""
    if any(mentions(name, "tumour") for name in ignored):
        raise _refuse("a segment without a role may be a tumour, but no_tumour is stated")


def write_case(
    folder: Path, drawings: Sequence[Path], images: Sequence[Path], route: StudyRoute, case_id: str
) -> Path:
    """Write a case file with its drawings and CT into a new folder, and return its path.

    Raises `InputRefused`: `routing.segments` if a role is in several drawings or in none,
    if the routing file does not state the role of a segment, or if it states that there is no
    tumour and a segment without a role may be one.
    """
    assigned = [*_read_drawings(drawings)]
    places: dict[str, str] = {}
    for drawing in assigned:
        with _reading():
            drawing.assign(route.segments)
        for role, names in drawing.roles.items():
            met = role in places and role != LABEL_MAP
            if met or (role in ONE_SEGMENT and len(names) > 1):
                raise _refuse(f"several segments of the study have the role {role}")
            places[role] = drawing.name
    if route.couinaud and LABEL_MAP not in places:
        raise _refuse("the study has no Couinaud segments")
    if route.no_tumour and "tumour" not in places:
        _require_no_tumour(name for drawing in assigned for name in drawing.ignored)
    folder.mkdir()
    for drawing in assigned:
        (folder / drawing.name).write_bytes(drawing.written())
    maps = [drawing.name for drawing in assigned if LABEL_MAP in drawing.roles]
    if len(maps) > 1:  # such as one file per segment, read as one map
        (folder / MAP_FOLDER).mkdir()
        for name in maps:
            _place(folder / name, folder / MAP_FOLDER / name)
        places[LABEL_MAP] = MAP_FOLDER
    (folder / SERIES_FOLDER).mkdir()
    for number, image in enumerate(images, 1):
        _place(image, folder / SERIES_FOLDER / f"{number:05}.dcm")
    case = folder / CASE
    case.write_text(_as_case(places, route, case_id), "utf-8")
    return case


def _read_drawings(paths: Sequence[Path]) -> Iterator[_Drawing]:
    from pydicom import dcmread

    for number, path in enumerate(paths, 1):
        content = path.read_bytes()
        with _reading():
            data = dcmread(BytesIO(content), force=True)
        yield _Drawing(f"drawing-{number}.dcm", content, data)


def _reading() -> AbstractContextManager[None]:
    return quietly("listen.object", "object", "the drawing cannot be read", "export it again")


def _place(image: Path, at: Path) -> None:
    """Link a file, to save space; copy it if the disk does not support links."""
    try:
        os.link(image, at)
    except OSError:
        shutil.copyfile(image, at)


def _as_case(places: dict[str, str], route: StudyRoute, case_id: str) -> str:
    """Write the case file; roles missing from the study are omitted, and therefore unknown."""
    lines = ["schema = 1", f"id = {as_toml(case_id)}"]
    if route.diagnosis is not None:
        lines.append(f"diagnosis = {as_toml(route.diagnosis)}")
    lines += ["", "[masks]"]
    for role, name in places.items():
        if role.startswith((EXCLUDE, VESSEL)) or (role == LABEL_MAP and not route.couinaud):
            continue
        lines.append(f"{role} = {as_toml(name)}")
    if route.no_tumour and "tumour" not in places:
        lines.append("no_tumour = true")
    for key, prefix in (("exclude", EXCLUDE), ("vessels", VESSEL)):
        named = {
            role.removeprefix(prefix): name
            for role, name in places.items()
            if role.startswith(prefix)
        }
        if named:
            lines.append(f"{key} = {as_toml(named)}")
    if route.remnant_segments is not None:
        lines += ["", "[[plan]]", f"remnant_segments = {as_toml(route.remnant_segments)}"]
    lines += ["", "[imaging]", f"ct = {as_toml(SERIES_FOLDER)}", ""]
    return "\n".join(lines)


def _refuse(reason: str) -> InputRefused:
    return InputRefused("routing.segments", "drawing", reason, SEND)
