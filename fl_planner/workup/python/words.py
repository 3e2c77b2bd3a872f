"""Convert keywords of Python to options, with images as sources; docstrings name each keyword."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, partial
from numbers import Real
from os import PathLike, fspath
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from fl_planner.basis.defaults import BOUNDS, DEFAULTS
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import one_run
from fl_planner.formats.image_objects import as_source, is_series
from fl_planner.formats.stored.source import Source
from fl_planner.given.case import AskedTable, CaseTables
from fl_planner.given.table import options_of
from fl_planner.intake.reading.union import Paths, require_one
from fl_planner.trials.facts.quantities import WHICH_LIVER, names_no_liver
from fl_planner.workup.python import types as known_types
from fl_planner.workup.python.keyword_texts import COMMON, OWN

_OF_DAYS = re.compile(r"datetime64\[(\d*[YMW]|\d+D)\]")  # types of numpy, of several days
SHARE = "flr_of_nontumorous_liver"  # keyword of calls that take an FLR percentage from a letter
OPTIONS = "options"  # entry that stands for all keywords
INDENT = "    "
Keyword = tuple[str, str, object]  # name, type, default


def explain_keywords(call: str, doc: str, keywords: Iterable[Keyword]) -> str:
    """Return a docstring whose entry `options` is followed by an entry for each keyword."""
    lines = inspect.cleandoc(doc).splitlines()
    end = lines.index(OPTIONS) + 1
    while end < len(lines) and lines[end].startswith(INDENT):
        end += 1
    entries = (line for keyword in keywords for line in _as_entry(call, keyword))
    return "\n".join([*lines[:end], *entries, *lines[end:]])


def _as_entry(call: str, keyword: Keyword) -> Iterator[str]:
    name, typed, default = keyword
    usual = "" if default in (None, (), False) else f", default {default!r}"
    yield f"{name} : {typed}{usual}"
    text = OWN.get(call, {}).get(name) or COMMON.get(name, "")
    yield from (f"{INDENT}{line}" for line in text.splitlines())


Call = TypeVar("Call", bound=Callable[..., Any])
WRITTEN = {
    "cut": '"portal=x,y,z", or "portal=" and the name of a branch',
    "portal_point": '"x,y,z", or a list of these',
    "hepatic_point": '"x,y,z", or a list of these',
}  # otherwise any text
ONE_RESECTION = "a resection, such as (6, 7); write a list of resections as [(5, 6), (6, 7)]"
LONGEST_SHOWN = 60  # characters of a wrong value in a message
WIDEST = 88  # of a signature on one line
DEFAULT_WORDS: dict[str, Any] = {
    **{one.keyword: () for key, one in options_of(CaseTables) if key.kind.multiple},
    **{one.keyword: one.default for _, one in options_of(AskedTable) if one.default is not None},
    **DEFAULTS,
    "earlier": (), "structure": (), "from_mask": (), "to_mask": (),
    "carry": (), "series": (), "resect": (), "pattern": (), "slurm": (),
    "column": (), "ignore_column": (),
}  # fmt: skip


def taking(options: type) -> Callable[[Call], Call]:
    """Show the options by name in the signature and the docstring of a function."""

    def declare(function: Call) -> Call:
        own = inspect.signature(function)
        firm = [
            each.replace(annotation=_Named(each.annotation))
            for each in own.parameters.values()
            if each.kind is not each.VAR_KEYWORD
        ]
        given = [
            (name, _name_type(options, name, hint), _default(name, hint))
            for name, hint in _hints(options).items()
        ]
        keywords = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=_Named(f"{typed} | None") if default is None else typed,
            )
            for name, typed, default in given
        ]
        gives = _Named(own.return_annotation)
        signature = ShownSignature([*firm, *keywords], return_annotation=gives)
        apart = one_run()(function)
        apart.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it
        if function.__doc__ is not None:  # PYTHONOPTIMIZE=2 removes it
            apart.__doc__ = explain_keywords(function.__name__, function.__doc__, given)
        return apart

    return declare


class ShownSignature(inspect.Signature):
    """A signature with one parameter per line if it is long."""

    def __str__(self) -> str:
        """Format the signature."""
        line = super().__str__()
        if len(line) <= WIDEST:
            return line
        rows, kinds = [], [each.kind for each in self.parameters.values()]
        for each in self.parameters.values():
            if (
                each.kind is each.KEYWORD_ONLY
                and "*," not in rows
                and each.VAR_POSITIONAL not in kinds
            ):
                rows.append("*,")
            rows.append(f"{each},")
        return "\n    ".join(["(", *rows]) + f"\n) -> {self.return_annotation}"


class _Named(str):
    """Name of a type, shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the name."""
        return str(self)


def _name_type(options: type, name: str, hint: Any) -> _Named:
    """Return the declared name of a type, which is shorter than the list of its parts."""
    if get_origin(hint) is Literal:
        return _Named(f"Literal[{', '.join(map(repr, get_args(hint)))}]")
    declared = options.__annotations__[name]
    return _Named(getattr(declared, "__forward_arg__", declared))


def as_words(call: str, options: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert keywords to options; missing and None keywords have their defaults.

    Raises `TypeError` for an unknown keyword.

    Raises `InputRefused`: `usage.wrong` with the keyword for an invalid value; and for an unusable
    image.
    """
    hints = _hints(options)
    for name in given:
        if name not in hints:
            near = get_close_matches(name, hints, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            if names_no_liver(name) and SHARE in hints:
                meant = f"; {WHICH_LIVER}"
            raise TypeError(f"{call}() has no keyword {name!r}{meant}")
    words = {name: _default(name, hint) for name, hint in hints.items()}
    used = {name: value for name, value in given.items() if value is not None}
    return words | {name: _as_word(name, hints[name], value) for name, value in used.items()}


def as_exact(value: object) -> object:
    """Convert floats to their shortest decimals, also in lists, tables and arrays.

    A fraction is converted if it has a finite decimal form.
    """
    if isinstance(value, float):
        return Decimal(float.__repr__(value))
    if isinstance(value, Fraction):
        exact = Decimal(value.numerator) / value.denominator
        return exact if Fraction(exact) == value else value
    if isinstance(value, Mapping):
        return {key: as_exact(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_exact(entry) for entry in value]
    if type(value).__module__ == "numpy":
        return _exact_of_numpy(value)
    return value


def _exact_of_numpy(value: Any) -> object:
    """Convert numbers of numpy; a float32 becomes the decimal that it shows."""
    if (unit := _OF_DAYS.fullmatch(value.dtype.name)) is not None:  # refused: it names no day
        return _each(partial(_as_period, unit=unit[1]), value.astype(str).tolist())
    if value.dtype.kind == "M":  # of nanoseconds, `tolist` makes a whole number
        days = value.astype("datetime64[D]")
        value = days if (days == value).all() else value.astype("datetime64[us]")
    if value.dtype.kind == "f":
        return as_exact(_each(Decimal, value.astype(str).tolist()))
    return as_exact(value.tolist())


def _as_period(text: str, unit: str) -> str | None:
    """Return a month or year as its text, and any other period so that it cannot be a date."""
    if text == "NaT":
        return None
    return text if unit in ("Y", "M") else f"{text} [{unit}]"


def _each(make: Callable[[str], object], shown: Any) -> object:
    return [_each(make, entry) for entry in shown] if isinstance(shown, list) else make(shown)


@cache
def _hints(options: type) -> dict[str, Any]:
    return get_type_hints(options)


def _default(name: str, hint: Any) -> Any:
    return DEFAULT_WORDS.get(name, False if hint is bool else None)


def _as_word(name: str, hint: Any, value: Any) -> Any:
    of_numpy = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    if of_numpy and value.dtype.kind in "biuM":
        value = as_exact(value)  # an answer, whole number or date from a row of a data frame
    if hint is bool:
        return _require(name, value, isinstance(value, bool), "True or False")
    if hint is int:
        low, high = BOUNDS[name]
        whole = isinstance(value, int) and not isinstance(value, bool)
        fits = whole and low <= value <= high
        return _require(name, value, fits, f"a whole number from {low} to {high}")
    if hint in (known_types.YesNo, known_types.YesNoUnknown) and isinstance(value, bool):
        return "yes" if value else "no"
    if choices := _choices(hint):
        return _choose(name, value, choices)
    if hint == known_types.Amount:
        fits = isinstance(value, Real | Decimal | str) and not isinstance(value, bool)
        return str(as_exact(_require(name, value, fits, "a number")))
    if hint == known_types.Day:
        return _parse_day(name, value)
    return _as_image_or_name(name, hint, value)


def _as_image_or_name(name: str, hint: Any, value: Any) -> Any:
    if read := _READERS.get(hint):
        return read(name, value)
    if hint == known_types.Lesions:
        return str(value) if isinstance(value, int) else _list_segments(name, value)
    if hint == known_types.Segments:
        if (several := DEFAULT_WORDS.get(name) == ()) and value == ():  # the default, given
            return ()
        listed = _list_segments(name, value)
        return (listed,) if several else listed
    if name == "facts":
        found = _is_by_name(value)
        return as_exact(value) if found else as_path(name, value, "a dict of facts, or a path")
    if name == "earlier":
        return as_paths(name, value)
    if name == "resect":
        return tuple(_list_segments(name, entry, ONE_RESECTION) for entry in _listed(name, value))
    if hint == Iterable[str]:
        return _texts(name, value)
    if hint == known_types.AnyPath:
        return as_path(name, value)
    return require_text(name, value) if hint is str else value


def _choices(hint: Any) -> tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in (UnionType, Union):
        return tuple(text for part in get_args(hint) for text in _choices(part))
    return ()


def _choose(name: str, value: Any, choices: Sequence[str]) -> Any:
    if isinstance(value, str):  # case-insensitive, as on the command line
        value = {choice.lower(): choice for choice in choices}.get(value.lower(), value)
    if name == "diagnosis" and not (isinstance(value, str) and value in choices):
        remedy = f"give one of {', '.join(choices)}"
        raise InputRefused(
            "input.diagnosis", "diagnosis", f"{_show(value)} is not a known diagnosis", remedy
        )
    fits = isinstance(value, str) and value in choices
    also = "True, False, or " if "yes" in choices else ""
    return _require(name, value, fits, f"{also}one of {', '.join(choices)}")


def _require(name: str, value: Any, fits: bool, wanted: str) -> Any:
    if not fits:
        reason = f"{_show(value)} is not {wanted.partition('; ')[0]}"
        raise InputRefused("usage.wrong", name, reason, f"give {wanted}")
    return value


def _show(value: Any) -> str:
    """Show a value in a message; an array, another long value or an object only by its type."""
    shown = repr(value)
    short = len(shown) <= LONGEST_SHOWN and "\n" not in shown and " at 0x" not in shown
    return shown if short else type(value).__name__


def _listed(name: str, value: Any, wanted: str = "a list") -> tuple[Any, ...]:
    """Return the entries of a list; a single entry is a list of one."""
    if isinstance(value, str | PathLike):
        return (value,)
    fits = isinstance(value, Iterable) and not isinstance(value, Mapping | bytes | bytearray)
    return tuple(_require(name, value, fits, wanted))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    """Return the texts of a list, as on the command line."""
    what = WRITTEN.get(name, "text")
    listed = _listed(name, value, what)
    return tuple(_require(name, text, isinstance(text, str), what) for text in listed)


def _origins(name: str, value: Any) -> Any:
    """Return origins by structure, or their texts as on the command line."""
    if not isinstance(value, Mapping):
        return _texts(name, value)
    texts = _texts(name, list(value.values()))
    return dict(zip(_texts(name, list(value)), texts, strict=True))


def as_path(name: str, value: Any, wanted: str = "a path") -> Path:
    """Return the path of an argument or keyword.

    Raises `InputRefused`: `usage.wrong` naming the argument for anything else, such as a list.
    """
    text = fspath(value) if isinstance(value, str | PathLike) else None
    fits = isinstance(text, str) and bool(text.strip()) and "\0" not in text
    if isinstance(text, str) and text.lstrip().startswith("{"):  # the content of a JSON file
        remedy = f"give {wanted}; write the text to a file first"
        raise InputRefused("usage.wrong", name, "the text of a JSON file is not a path", remedy)
    return Path(_require(name, value, fits, wanted))


def as_paths(name: str, value: Any) -> tuple[Path, ...]:
    """Return the paths of a list; a single path is a list of one. Refused as by `as_path`."""
    return tuple(
        as_path(name, entry) for entry in _listed(name, value, "a path or a list of paths")
    )


def as_each_path(name: str, call: str, values: Iterable[Any]) -> tuple[Path, ...]:
    """Return the paths of arguments that are given one by one; a list requires `*`.

    Raises `InputRefused`: as `as_path`, with the call to be written for a list.
    """
    return tuple(as_path(name, value, one_by_one(name, call)) for value in values)


def one_by_one(name: str, call: str, kind: str = "a path") -> str:
    """Describe an argument that is given one by one."""
    return f"{kind}; for a list, write {call}(*{name})"


def as_case_file(value: Any) -> Path | None:
    """Return the path of a case file; None if there is none. Refused as by `as_path`."""
    return None if value is None else as_path("case_file", value, "the path of a case file")


def require_text(name: str, value: Any, wanted: str = "text") -> str:
    """Return the text of an argument; raises `InputRefused`: `usage.wrong` for anything else."""
    text: str = _require(name, value, isinstance(value, str), wanted)
    return text


def require_kind(name: str, value: Any, kind: type, wanted: str) -> None:
    """Refuse an argument of another type; raises `InputRefused`: `usage.wrong`."""
    _require(name, value, isinstance(value, kind), wanted)


def as_entries(name: str, value: Any) -> Mapping[str, object]:
    """Return values by name; raises `InputRefused`: `usage.wrong` for anything else."""
    wanted = "a dict with names as keys"
    found: Mapping[str, object] = _require(name, value, _is_by_name(value), wanted)
    return found


def _is_by_name(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _parse_day(name: str, value: Any) -> date:
    try:
        if isinstance(value, date):  # of a datetime its date; the NaT of pandas has none
            return date(value.year, value.month, value.day)
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:  # Python also reads 20261120 and 2026-W47-5
        reason = f"{value!r} is not a date"
        raise InputRefused("usage.wrong", name, reason, "give a date such as 2026-11-20")
    return day


def _planes(name: str, value: Any) -> tuple[Any, ...]:
    """Return planes as texts or objects; a single plane is a list of one."""
    from fl_planner.liver.cut_plane import CutPlane  # few cases have one

    what = 'a CutPlane, or "x,y,z;a,b,c"'
    listed = (value,) if isinstance(value, CutPlane) else _listed(name, value, what)
    return tuple(_require(name, plane, isinstance(plane, str | CutPlane), what) for plane in listed)


def _place(name: str, value: Any) -> str:
    """Format a point as on the command line: x, y and z in this order, not as a set."""
    if isinstance(value, str):
        return value
    wanted = "three numbers, x, y and z in mm"
    numbers = () if isinstance(value, Set) else _listed(name, value, wanted)
    are = [isinstance(mm, Real | Decimal) and not isinstance(mm, bool) for mm in numbers]
    _require(name, value, are == [True] * 3, wanted)
    return ",".join(map(str, numbers))


def _list_segments(name: str, value: Any, wanted: str = "a list, such as (2, 3)") -> str:
    return ",".join(map(str, _listed(name, value, wanted)))


def as_sources(role: str, given: Any) -> Paths:
    """Create a source for each image of a role, given singly or as a list."""
    if not _is_list(given):
        return (as_source(given, role),)
    several = len(given) > 1
    return tuple(
        as_source(image, f"{role} {n}" if several else role) for n, image in enumerate(given, 1)
    )


def _is_list(given: Any) -> bool:
    return isinstance(given, list | tuple) and not is_series(given)


def as_each_image(given: Iterable[Any]) -> Paths:
    """Create a source for each image that `check` is given; a list requires `*`.

    Raises `InputRefused`: `usage.wrong` with the call to be written for a list.
    """
    images, wanted = tuple(given), one_by_one("files", "check", "an image or its path")
    for image in images:
        _require("files", image, not _is_list(image), wanted)
    return as_sources("image", images)


def _one_image(role: str, given: Any) -> Source:
    if not _is_list(given):
        return as_source(given, role)
    sources = as_sources(role, given)
    require_one(role, sources)
    return sources[0] if isinstance(sources, tuple) else sources


def _named_images(name: str, given: Any) -> Any:
    """Create sources of images by name; texts NAME=FILE are kept as on the command line."""
    wanted = 'a dict of images by name, or a list of "NAME=FILE"'
    named = given if isinstance(given, Mapping) else _listed(name, given, wanted)
    for text in named:
        _require(name, text, isinstance(text, str), wanted)
    if not isinstance(given, Mapping):
        return tuple(named)
    role = name.replace("_", " ")
    return {key: as_sources(f"{role} {key}", images) for key, images in given.items()}


_READERS: Mapping[Any, Callable[[str, Any], Any]] = {  # by the type of a keyword
    known_types.AnyImage: _one_image,
    known_types.Images: as_sources,
    known_types.ImagesByName: _named_images,
    known_types.Origins: _origins,
    known_types.Planes: _planes,
    known_types.PlaceMm: _place,
}
