"""A case of a study pulled from an archive: its drawings, and the CT to which they refer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fl_planner.archive.accepted_classes import DRAWINGS
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.dicom.uids import CT
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import private_folder
from fl_planner.gateway.arrivals import read_object
from fl_planner.gateway.cases import write_case
from fl_planner.gateway.jobs import StoredObject
from fl_planner.gateway.transfer import ArchiveDoor, fetch_study, require_uids
from fl_planner.intake.documents.gateway_routing_file import StudyRoute, read_routing

PREFIX = "fl-planner-pulled-"
NAME = "study"  # of a route that no routing file states


@dataclass(frozen=True, slots=True)
class PulledStudy:
    """A study to be pulled.

    - `series`: UIDs of the drawings' and the CT's series; the whole study if empty.
    - `routing`, `route`: routing file, and the name of its route; without one, names of segments
      are used.
    - `case_id`: pseudonym of the case.
    """

    door: ArchiveDoor
    study: str
    series: tuple[str, ...] = ()
    routing: Path | None = None
    route: str | None = None
    case_id: str = NAME

    @contextmanager
    def as_case(self, size_limit: int) -> Iterator[Path]:
        """Pull the study into a folder of this user only, and return its case file.

        - `size_limit`: largest object, in GiB.

        Raises `InputRefused`: see `fetch_study`, `read_object`, `choose_images` and `write_case`.
        """
        require_uids(self.study, self.series)
        route, limits = self._choose_route(), Limits.of_gib(size_limit)
        files = fetch_study(self.door.open(), self.study, self.series)
        with private_folder(PREFIX) as folder:
            objects = {}
            for name, content in files.items():
                path = folder / name
                path.write_bytes(content)
                objects[path] = read_object(content, self.door.name, limits)
            drawings, images = choose_images(objects)
            yield write_case(folder / "case", drawings, images, route, self.case_id)

    def _choose_route(self) -> StudyRoute:
        if self.routing is None:
            return StudyRoute(name=NAME)
        routes = {one.name: one for one in read_routing(self.routing).routes}
        if self.route is None and len(routes) == 1:
            return next(iter(routes.values()))
        if self.route not in routes:
            reason = "the routing file has several routes and none was selected, "
            reason += "or no route has this name"
            remedy = f"give one of {', '.join(routes)}"
            raise InputRefused("routing.no_route", self.routing.name, reason, remedy)
        return routes[self.route]


def choose_images(objects: Mapping[Path, StoredObject]) -> tuple[list[Path], list[Path]]:
    """Select the drawings, and the images of the single series to which they refer.

    Raises `InputRefused`: `listen.no_images`, `listen.several_series`; `archive.not_found` if
    the study lacks the drawings or images to which they refer.
    """
    drawings = {
        path: one
        for path, one in objects.items()
        if one.sop_class in DRAWINGS and not one.is_result
    }
    if not drawings:
        reason = "the study has no segmentation (SEG or RTSTRUCT)"
        raise InputRefused(
            "archive.not_found", "study", reason, "store it in the archive, or give its series"
        )
    if not all(one.needed for one in drawings.values()):
        reason = "a drawing does not refer to CT images"
        remedy = "export it with references to the CT on which it was drawn"
        raise InputRefused("listen.no_images", "drawing", reason, remedy)
    needed = frozenset().union(*(one.needed for one in drawings.values()))
    series = {one.series for one in objects.values() if one.instance in needed}
    if missing := needed - {one.instance for one in objects.values()}:
        reason = f"a drawing refers to {format_count(len(missing), 'missing image')}"
        remedy = "check that the archive has the whole CT, and that the CT series is given"
        raise InputRefused("archive.not_found", "study", reason, remedy)
    if len(series) != 1:
        reason = f"the drawings refer to {len(series)} CT series"
        remedy = "give the UIDs of the two series: one drawing and its CT"
        raise InputRefused("listen.several_series", "drawing", reason, remedy)
    images = [path for path, one in objects.items() if one.series in series and one.sop_class == CT]
    return list(drawings), images
