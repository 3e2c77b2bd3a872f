"""Which files each reader has of each case, as requests that are read like any case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import Limits
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import MANY, Paths
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import ROLES
from fl_planner.planning.given.case import Operation

LABEL_MAP = "labelmap"
MAPS = frozenset({LABEL_MAP, "couinaud", "segments"})  # how files of label maps are called
NAMED = (*ROLES, LABEL_MAP)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What holds for every reading that no case file describes.

    - `role`: of files whose name tells none: "liver" or "labelmap".
    - `scheme`: what a label map's numbers mean.
    - `segments`: that remain, of a label map.
    - `no_tumour`: no case has one.
    """

    role: str | None = None
    scheme: str | None = None
    segments: tuple[str, ...] = ()
    no_tumour: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class ReadingFiles:
    """The files of one reading."""

    case: str
    reader: str
    request: Request


def role_of_name(name: str) -> str | None:
    """Tell the role that a file's name, without its ending, or the head of a column means.

    Examples
    --------
    >>> [role_of_name(name) for name in ("liver", "tumor", "couinaud", "ct")]
    ['liver', 'tumour', 'labelmap', None]
    """
    word = name.strip().lower()
    if word in MAPS:
        return LABEL_MAP
    found = structure_of(word)
    return found if found in ROLES else None


def gather_reading(
    names: tuple[str, str], files: Iterable[tuple[str, Path]], options: ReadingOptions
) -> ReadingFiles:
    """Gather the files of one reading, each with its role; `names` are the case's and reader's.

    Raises `InputRefused`: `agree.role_twice` where a role that holds one has several.
    """
    case, reader = names
    given: dict[str, tuple[Path, ...]] = {}
    for role, path in files:
        if role in given and role not in MANY:
            reason = f"{reader} has several files of {role}: {given[role][0].name}, {path.name}"
            raise InputRefused("agree.role_twice", case, reason, "keep the one that counts")
        given[role] = (*given.get(role, ()), path)
    maps = given.pop(LABEL_MAP, ())
    masks: Mapping[str, Paths] = {
        role: paths[0] if len(paths) == 1 else paths for role, paths in given.items()
    }
    every = (*maps, *(path for paths in given.values() for path in paths))
    request = Request(
        files=MaskFiles(
            masks=masks,
            label_map=maps[0] if maps else None,
            scheme=options.scheme if maps else None,
            no_tumour=options.no_tumour,
        ),
        id=case,
        operations=(Operation(None, options.segments),) if options.segments and maps else (),
        written={path: f"{case}, {reader}: {path.name}" for path in every},
        limits=options.limits,
    )
    return ReadingFiles(case, reader, request)


def take_case_file(
    names: tuple[str, str], request: Request, options: ReadingOptions
) -> ReadingFiles:
    """Take of a case file what volumes need: its masks and its plan."""
    case, reader = names
    kept = replace(
        request,
        ct=None,
        spleen=None,
        second_reader={},
        baseline=None,
        function=None,
        dose=None,
        limits=options.limits,
    )
    if options.segments:
        kept = replace(kept, operations=(Operation(None, options.segments),))
    return ReadingFiles(case, reader, kept)
