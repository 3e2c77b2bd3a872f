"""The kinds of inputs that state the origin of masks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.given.kinds import TEXT, as_toml, read_by_name, read_refused
from fl_planner.given.table import At, InputKind, Words, WrongEntryError

if TYPE_CHECKING:
    from fl_planner.planning.given.origin import StatedOrigin

ALL = ""  # in place of a structure: all masks


class OriginOfMask(InputKind):
    """Origin of one mask."""

    wants = "origin"

    def read(self, entry: object, at: At) -> StatedOrigin:
        from fl_planner.planning.given.origin import parse_origin  # few cases state it

        if not isinstance(entry, str):
            raise WrongEntryError(TEXT)
        made: StatedOrigin = read_refused(lambda: parse_origin(entry))
        return made

    def write(self, value: Any, folder: Path) -> str:
        return as_toml(value.text)


class OriginsOfMasks(InputKind):
    """Origin of masks: one for all, or by structure."""

    wants = "origin, or table of origins by structure"
    typed = "Origins"
    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made
    metavar = "[NAME=]ORIGIN"
    multiple = True

    def read(self, entry: object, at: At) -> dict[str, StatedOrigin]:
        alone = OriginOfMask()
        if isinstance(entry, str):
            return {ALL: alone.read(entry, at)}
        if isinstance(entry, Mapping) and ALL in entry:  # as `write` states several
            named = {name: one for name, one in entry.items() if name != ALL}
            return {ALL: alone.read(entry[ALL], at), **self.read(named, at)}
        return read_by_name(entry, lambda one: alone.read(one, at))

    def parse(self, typed: Any, option: str, words: Words) -> dict[str, StatedOrigin]:
        from fl_planner.planning.given.origin import parse_origin

        if isinstance(typed, Mapping):
            return {name: parse_origin(text) for name, text in typed.items()}
        found: dict[str, StatedOrigin] = {}
        for entry in (typed,) if isinstance(typed, str) else typed:
            name, equals, text = entry.rpartition("=")
            if (equals and not name.strip()) or name.strip() in found:
                reason = f"{entry!r} is not NAME=ORIGIN, or its name has already been given"
                remedy = (
                    f"write {option} flr=automatic:nnU-Net:2.5, and give each structure only once"
                )
                raise InputRefused("usage.wrong", option, reason, remedy)
            found[name.strip()] = parse_origin(text)
        return found

    def write(self, value: Any, folder: Path) -> str:
        alone = OriginOfMask()
        if value.keys() == {ALL}:
            return alone.write(value[ALL], folder)
        named = (f"{as_toml(name)} = {alone.write(one, folder)}" for name, one in value.items())
        return f"{{ {', '.join(named)} }}"
