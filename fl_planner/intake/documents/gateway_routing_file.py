"""Read a routing file (`routing.toml`): who may send, and how a study becomes a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from fl_planner.archive.connection import Archive
from fl_planner.archive.receiver import Caller, ReceiverAddress
from fl_planner.basis.constants import DIAGNOSES, Diagnosis
from fl_planner.basis.defaults import LOOPBACK
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import (
    Flag,
    ListOf,
    OneOf,
    PathFile,
    Segments,
    Text,
    Version,
    Whole,
    read_by_name,
)
from fl_planner.given.table import (
    At,
    Error,
    InputKind,
    Table,
    TableOf,
    Tables,
    WrongEntryError,
    key,
)
from fl_planner.given.toml import read_tables
from fl_planner.intake.documents.archives_file import (
    PORT,
    Title,
    TlsTable,
    choose_archive,
    read_archives,
)
from fl_planner.liver.names.exclusions import parse_vessel, read_excluded

CODE = "routing.unreadable"
REMEDY = "correct these keys; docs/how-to/listen.md shows a routing file"
QUIET_S, OBJECT_MIB, STORE_GIB = 30, 1024, 50  # by default [project's choice]
LONGEST_QUIET_S, MOST_OBJECT_MIB, MOST_STORE_GIB = 3600, 4096, 100_000
ONE_SEGMENT = ("liver", "flr", "resected", "treated", "spleen")  # roles of a single segment


class SegmentNames(InputKind):
    """Names of segments, in any case; `*` stands for any characters."""

    wants = "name, or a list of names"
    nothing = ()

    def read(self, entry: object, at: At) -> tuple[str, ...]:
        """Read a name or a list of names; raises `WrongEntryError`."""
        listed = [entry] if isinstance(entry, str) else entry
        names: tuple[str, ...] = ListOf(Text()).read(listed, at)
        if not names:
            raise WrongEntryError("name at least one segment")
        return names


class SegmentNamesByRole(InputKind):
    """Names of segments, by names of structures."""

    nothing: Mapping[str, tuple[str, ...]] = {}

    def read(self, entry: object, at: At) -> dict[str, tuple[str, ...]]:
        """Read the names for each structure; raises `WrongEntryError`."""
        return read_by_name(entry, lambda one: SegmentNames().read(one, at))


class RoutedSegments(Table):
    """Roles of segments."""

    liver: tuple[str, ...] = key(SegmentNames())
    tumour: tuple[str, ...] = key(SegmentNames())
    flr: tuple[str, ...] = key(SegmentNames())
    resected: tuple[str, ...] = key(SegmentNames())
    treated: tuple[str, ...] = key(SegmentNames())
    spleen: tuple[str, ...] = key(SegmentNames())
    exclude: Mapping[str, tuple[str, ...]] = key(SegmentNamesByRole())
    vessels: Mapping[str, tuple[str, ...]] = key(SegmentNamesByRole())

    def check(self) -> None:
        """Refuse structures of unknown names."""
        for name in self.exclude:
            if read_excluded(name) is None:
                raise WrongEntryError(f"exclude.{name}: not a structure that can be excluded")
        for name in self.vessels:
            if parse_vessel(name) is None:
                raise WrongEntryError(f"vessels.{name}: not the name of a vessel")

    def named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """List each role with its names: "liver", "exclude cyst", "vessel portal_veins"."""
        for role in ("liver", "tumour", "flr", "resected", "treated", "spleen"):
            if names := getattr(self, role):
                yield role, names
        yield from ((f"exclude {name}", names) for name, names in self.exclude.items())
        yield from ((f"vessel {name}", names) for name, names in self.vessels.items())

    def roles_of(self, segment: str) -> list[str]:
        """Return the roles whose names match that of a segment."""
        folded = segment.strip().casefold()
        return [
            role
            for role, names in self.named()
            if any(fnmatchcase(folded, name.casefold()) for name in names)
        ]


class StudyRoute(Table):
    """Settings for planning the studies of some callers, and the archive for their results.

    - `callers`: titles of senders; any sender if empty.
    - `segments`: names of the segments of each role; the names of the program if absent.
    - `archive`: name of the archive that receives the result set; none if absent.
    """

    name: str = key(Text(), required=True)
    callers: tuple[str, ...] = key(ListOf(Title()))
    diagnosis: Diagnosis | None = key(OneOf(*DIAGNOSES))
    no_tumour: bool = key(Flag())
    couinaud: bool = key(Flag())
    remnant_segments: tuple[str, ...] | None = key(Segments())
    centre: Path | None = key(PathFile())
    archive: str | None = key(Text())
    segments: RoutedSegments | None = key(TableOf(RoutedSegments, optional=True))


class _CallerTable(Table):
    title: str = key(Title(), required=True)
    host: str | None = key(Text())
    port: int | None = key(PORT)

    def check(self) -> None:
        if (self.host is None) is not (self.port is None):
            raise WrongEntryError("give both host and port, or neither")


class _ListenTable(TlsTable):
    title: str = key(Title(), required=True)
    port: int = key(PORT, required=True)
    address: str | None = key(Text())
    callers: tuple[_CallerTable, ...] = key(Tables(_CallerTable), required=True)
    object_mib: int | None = key(Whole(1, MOST_OBJECT_MIB))
    tls: bool = key(Flag())

    def as_address(self) -> ReceiverAddress:
        callers = tuple(Caller(one.title, one.host, one.port) for one in self.callers)
        return ReceiverAddress(
            self.title,
            callers,
            self.address or LOOPBACK,
            self.port,
            (self.object_mib or OBJECT_MIB) << 20,
            self.certificates if self.tls else None,
            self.unencrypted,
        )


class _RoutingFile(Table):
    schema: int = key(Version(), required=True)
    archives: Path | None = key(PathFile())
    quiet_s: int | None = key(Whole(1, LONGEST_QUIET_S))
    store_gib: int | None = key(Whole(1, MOST_STORE_GIB))
    listen: _ListenTable | None = key(TableOf(_ListenTable, optional=True))
    route: tuple[StudyRoute, ...] = key(Tables(StudyRoute, "[[route]]"), required=True)


@dataclass(frozen=True, slots=True)
class Routing:
    """The contents of a routing file.

    - `quiet_s`: seconds without a new object, after which a study is considered complete.
    - `store_bytes`: maximum size in bytes of the studies waiting in the store.
    - `receiver`: receiver of `listen`; None if the file has no such table.
    """

    file: str
    routes: tuple[StudyRoute, ...]
    quiet_s: float
    store_bytes: int
    archives: Mapping[str, Archive] = field(default_factory=dict)
    receiver: ReceiverAddress | None = None

    def route_of(self, caller: str) -> StudyRoute | None:
        """Return the first route of a caller; None if there is none."""
        return next((one for one in self.routes if not one.callers or caller in one.callers), None)


def read_routing(path: Path) -> Routing:
    """Read a routing file; its paths are relative to its folder.

    Raises `InputRefused`: `routing.unreadable`, naming every invalid key with its line;
    `archive.unknown` for a route to an archive that is not in the archives file; as
    `read_archives`.
    """
    text, _ = read_text(path, CODE, "a routing file")
    file = read_tables(text, path, _RoutingFile, CODE, REMEDY, _find_wrong)
    archives = {} if file.archives is None else read_archives(file.archives)
    for route in file.route:
        if route.archive is not None:
            choose_archive(archives, route.archive)
    return Routing(
        path.name,
        file.route,
        float(file.quiet_s or QUIET_S),
        (file.store_gib or STORE_GIB) << 30,
        archives,
        None if file.listen is None else file.listen.as_address(),
    )


def _find_wrong(file: _RoutingFile) -> Iterator[Error]:
    """Find missing files, unknown callers, and results without an archives file."""
    known = () if file.listen is None else tuple(one.title for one in file.listen.callers)
    if file.listen is not None and not known:
        yield ("listen", "callers"), "listen.callers: name at least one caller"
    if file.listen is not None:
        yield from file.listen.find_missing(("listen",))
    names: set[str] = set()
    for number, route in enumerate(file.route):
        where = ("route", str(number))
        if route.name in names:
            yield (*where, "name"), f"route.{number}.name: another route has this name"
        names.add(route.name)
        if route.centre is not None and not route.centre.is_file():
            what = "no such file; paths are relative to the routing file"
            yield (*where, "centre"), f"route.{number}.centre: {what}"
        if route.archive is not None and file.archives is None:
            yield (*where, "archive"), f"route.{number}.archive: name the archives file as well"
        for title in route.callers:
            if file.listen is not None and title not in known:
                what = f"route.{number}.callers: {title} is not in listen.callers"
                yield (*where, "callers"), what
