"""A table of inputs is a class, a key is a field, declared once; every door reads the declaration.

A key says of itself how it is written in a case file, by which option and keyword it is given, in
which column of a cohort's table it stands, and what a new case file says beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Words = Mapping[str, Any]  # what was typed, by the name of its option: `remnant_segments`
Error = tuple[tuple[str, ...], str]  # where, by the keys that lead there, and what is wrong
KEY: Final = "key"  # of a field's metadata
IMAGES, PATIENT, REST = "Masks and images", "Patient and trials", "Options"  # headings of help
NO_TABLE = "give a table of keys"


@dataclass(frozen=True, slots=True)
class EntryError:
    """What is wrong below an entry.

    - `where`: keys that lead there.
    - `names`: those of which one was perhaps meant.
    """

    where: tuple[str, ...]
    what: str
    names: tuple[str, ...] = ()


class WrongEntryError(ValueError):
    """An entry that cannot be read, with all that is wrong with it."""

    def __init__(self, what: str = "", errors: Sequence[EntryError] = ()) -> None:
        super().__init__(what)
        self.errors = [*errors] or [EntryError((), what)]

    def below(self, name: str) -> list[EntryError]:
        """Tell the errors as those of an entry at `name`."""
        return [replace(one, where=(name, *one.where)) for one in self.errors]


@dataclass(frozen=True, slots=True)
class At:
    """Where an entry stands: its key, and the folder that paths are relative to."""

    folder: Path
    key: str = ""


class InputKind:
    """One way in which people write a value: in a case file, as an option, in Python."""

    nothing: Any = None  # what a key holds that was not given
    metavar: str | None = None
    multiple = False  # whether the option may be given again
    is_flag = False
    choices: tuple[str, ...] = ()
    wants = "text"  # what stands at its key, in the words of the documentation
    typed = "str"  # its type in Python, one of `workup/python/types.py`

    def read(self, entry: object, at: At) -> Any:
        """Read an entry of TOML; raises `WrongEntryError`."""
        raise NotImplementedError

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        """Read what was typed; raises `InputRefused` that names the option."""
        del option, words
        return typed

    def write(self, value: Any, folder: Path) -> str:
        """Write a value as TOML, paths from `folder`."""
        raise NotImplementedError

    def of_words(self, key: Key, words: Words) -> Any:
        """Find a value among words; `nothing` where they do not say it."""
        option = key.option
        typed = None if option is None else words.get(option.word)
        if option is None or typed is None or typed is False or typed == ():
            return self.nothing
        return self.parse(typed, option.name, words)


@dataclass(frozen=True, slots=True)
class Option:
    """How a key is given on the command line, and by its keyword in Python.

    - `says`: what the help says of it.
    - `beside`: it belongs to commands that tell more than volumes.
    - `word`: what it is called among words; its keyword unless told.
    """

    name: str
    says: str
    metavar: str | None = None
    heading: str = IMAGES
    beside: bool = False
    default: str | None = None
    word: str = ""

    def __post_init__(self) -> None:
        """Name its word after it."""
        if not self.word:
            object.__setattr__(self, "word", self.keyword)

    @property
    def keyword(self) -> str:
        """Its name in Python."""
        return self.name.removeprefix("--").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table.

    - `example`: as TOML, in a new case file; empty for what is not begun there.
    - `says`: what stands behind it there.
    - `stands_for`: a key whose example goes where this one is given.
    - `column`: of a cohort's table.
    - `role`: what the page calls a file in it.
    """

    kind: InputKind
    name: str
    field: str
    example: str = ""
    says: str = ""
    option: Option | None = None
    required: bool = False
    stands_for: str = ""
    column: str = ""
    role: str = ""


def key(
    kind: InputKind,
    example: str = "",
    says: str = "",
    *,
    option: Option | str | None = None,
    name: str = "",
    required: bool = False,
    stands_for: str = "",
    column: str | bool = "",
    role: str | bool = "",
) -> Any:
    """Declare a key; its field holds the kind's `nothing` where it was not given.

    An option by its words alone has the name of the key; so have a column and a role that are True.
    """
    more = {"example": example, "says": says, "option": option, "required": required}
    told = {**more, "stands_for": stands_for, "column": column, "role": role, "name": name}
    metadata = {KEY: (kind, told)}
    if isinstance(kind.nothing, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=kind.nothing, metadata=metadata)


@dataclass(frozen=True)
class Table:
    """A table of a file: its keys and no other."""

    def check(self) -> None:
        """Compare keys with each other; raises `WrongEntryError`."""


Shape = TypeVar("Shape", bound=Table)
Filled = TypeVar("Filled", bound="DataclassInstance")


def _named(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was declared of a key the key's name where it has no other."""
    own: dict[str, Any] = {key: name for key in ("column", "role") if told[key] is True}
    if isinstance(told["option"], str):
        own["option"] = Option(f"--{name.replace('_', '-')}", told["option"])
    return {**told, **own, "name": name}


_LISTED: dict[type[Table], Mapping[str, Key]] = {}  # each table's keys, once they were asked


def keys_of(table: type[Table]) -> Mapping[str, Key]:
    """List the keys of a table by their names."""
    if table not in _LISTED:
        found = {}
        for one in fields(table):
            kind, told = one.metadata[KEY]
            name = told["name"] or one.name
            found[name] = Key(kind, field=one.name, **_named(name, told))
        _LISTED[table] = found
    return _LISTED[table]


def read_entries(table: type[Shape], entry: object, at: At) -> Shape:
    """Read the entries of a table; raises `WrongEntryError` with all that is wrong."""
    if not isinstance(entry, Mapping):
        raise WrongEntryError(NO_TABLE)
    known, errors, values = keys_of(table), [], {}
    for name, one in known.items():
        if name not in entry:
            if one.required:
                errors.append(EntryError((name,), "is missing"))
            continue
        try:
            values[one.field] = one.kind.read(entry[name], At(at.folder, name))
        except WrongEntryError as wrong:
            errors += wrong.below(name)
    others = (name for name in entry if name not in known)
    errors += [EntryError((name,), "no such key", (*known,)) for name in others]
    if errors:
        raise WrongEntryError(errors=errors)
    made = table(**values)
    made.check()
    return made


def check_shape(
    table: Mapping[str, Any], shape: type[Shape], folder: Path | None = None
) -> tuple[Shape | None, list[Error]]:
    """Read a file's tables; gives them, or every error."""
    try:
        return read_entries(shape, table, At(folder or Path())), []
    except WrongEntryError as wrong:
        return None, [_tell(number, one) for number, one in enumerate(wrong.errors)]


def _tell(number: int, error: EntryError) -> Error:
    near = meant(error.where[-1], error.names) if error.names and number < MOST_LINES else ""
    return error.where, as_plain_text(f"{'.'.join(error.where)}: {error.what}{near}")


def meant(key: str, names: Sequence[str]) -> str:
    """Say the nearest right name of a wrong one, if one is near.

    Examples
    --------
    >>> meant("tumor", ["liver", "tumour"]), meant("spleen", ["liver"])
    (', did you mean tumour?', '')
    """
    near = find_nearest(key, names)
    return f", did you mean {near[0]}?" if near else ""


def of_words(table: type[Shape], words: Words) -> Shape:
    """Make a table of the options that are its keys."""
    found = {one.field: one.kind.of_words(one, words) for one in keys_of(table).values()}
    return table(**found)


def fill(noun: type[Filled], words: Words, **others: Any) -> Filled:
    """Make a noun of the words that bear the names of its fields, and of `others`."""
    names = (one.name for one in fields(noun) if one.name not in others)
    make: Callable[..., Filled] = noun
    return make(**{name: words[name] for name in names}, **others)


def options_of(*tables: type[Table]) -> Iterator[tuple[Key, Option]]:
    """List the options of tables, and of the tables within them, in order."""
    for table in tables:
        for one in keys_of(table).values():
            if one.option is not None:
                yield one, one.option
            inner = getattr(one.kind, "table", None)
            if inner is not None:
                yield from options_of(inner)


def columns_of(table: type[Table], within: str = "") -> Iterator[tuple[str, str, Key]]:
    """List the keys that a cohort's table has columns for, each with its table and its name."""
    for name, one in keys_of(table).items():
        if one.column:
            yield within, name, one
        inner = getattr(one.kind, "table", None)
        if inner is not None:
            yield from columns_of(inner, name)


class TableOf(InputKind):
    """A table within a table.

    - `alone`: its key that is meant where an entry is no table.
    - `mark`: a word of its options; a table that is named as text is imported only for that.
    - `optional`: whether a case without it says other than one whose table is empty.
    """

    def __init__(
        self, table: type[Table] | str, *, alone: str = "", mark: str = "", optional: bool = False
    ) -> None:
        self._named, self._alone, self._mark = table, alone, mark
        self.nothing = None if isinstance(table, str) or alone or optional else table()

    @property
    def table(self) -> type[Table] | None:
        """The table, where it need not be imported for it."""
        return None if isinstance(self._named, str) else self._named

    def load(self) -> type[Table]:
        """Give the table."""
        if not isinstance(self._named, str):
            return self._named
        module, _, name = self._named.partition(":")
        loaded: type[Table] = getattr(import_module(module), name)
        return loaded

    def read(self, entry: object, at: At) -> Any:
        """Read its entries."""
        if self._alone and isinstance(entry, str | list):
            entry = {self._alone: entry}
        return read_entries(self.load(), entry, at)

    def of_words(self, key: Key, words: Words) -> Any:
        """Make it of its options; nothing where none was given."""
        del key
        if isinstance(self._named, str) and self._mark not in words:
            return self.nothing
        table = self.load()
        made = of_words(table, words)
        return self.nothing if made == table() else made

    def write(self, value: Any, folder: Path) -> str:
        """Write it in its line; by its one key where that says all."""
        said = {
            name: one.kind.write(entry, folder)
            for name, one in keys_of(type(value)).items()
            if (entry := getattr(value, one.field)) != one.kind.nothing
        }
        if [*said] == [self._alone]:
            return said[self._alone]
        return f"{{ {', '.join(f'{name} = {entry}' for name, entry in said.items())} }}"


class Made(TableOf):
    """What is made of a table within a table."""

    def __init__(self, table: type[Table]) -> None:
        super().__init__(table)
        self.nothing = None

    def read(self, entry: object, at: At) -> Any:
        """Read its entries, and make what they say."""
        return super().read(entry, at).made()

    def of_words(self, key: Key, words: Words) -> Any:
        """Make it of its options."""
        told = super().of_words(key, words)
        return None if told is None else told.made()


class Tables(InputKind):
    """Several tables of one kind.

    - `head`: how they are written where they stand by themselves, `[[plan]]`.
    - `one_alone`: whether a table by itself counts as one.
    - `made`: whether they hold what each makes.
    """

    nothing = ()

    def __init__(
        self, table: type[Table], head: str = "", *, one_alone: bool = False, made: bool = False
    ) -> None:
        self.table, self._head, self._one_alone, self._made = table, head, one_alone, made

    def read(self, entry: object, at: At) -> tuple[Any, ...]:
        """Read each."""
        if self._one_alone and isinstance(entry, Mapping):
            entry = [entry]
        if not isinstance(entry, list):
            first = next(iter(keys_of(self.table)))
            within = f"write {at.key} = [{{ {first} = ... }}], a list of tables"
            head = f"write {self._head}, in double brackets"
            raise WrongEntryError(head if self._head else within)
        read = read_each(entry, lambda one: read_entries(self.table, one, at))
        return tuple(one.made() for one in read) if self._made else tuple(read)

    def of_words(self, key: Key, words: Words) -> Any:
        """Make one of its options, or of the option that holds all."""
        if key.option is not None:
            return super().of_words(key, words)
        made = of_words(self.table, words)
        return () if made == self.table() else (made,)


def read_each(entries: Sequence[object], read: Any) -> list[Any]:
    """Read the entries of a list; raises `WrongEntryError` with all that is wrong."""
    errors: list[EntryError] = []
    values = []
    for number, one in enumerate(entries):
        try:
            values.append(read(one))
        except WrongEntryError as wrong:
            errors += wrong.below(str(number))
    if errors:
        raise WrongEntryError(errors=errors)
    return values
