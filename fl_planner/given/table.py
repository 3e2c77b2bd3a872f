"""Declare tables of inputs: a table is a class, a key is a field.

One declaration serves the case file, the option, the keyword in Python, the column of a list of
patients, and the comment in a new case file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar, dataclass_transform

from msgspec import Struct, StructMeta, structs

from fl_planner.basis.overlay import list_fields
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest

Words = Mapping[str, Any]  # values by the keyword of their option: `remnant_segments`
Error = tuple[tuple[str, ...], str]  # path of keys, and what is wrong
IMAGES, PATIENT, REST = "Masks and images", "Patient and trials", "Options"  # headings of help
NO_TABLE = "give a table of keys"


class EntryError(Struct, frozen=True):
    """An error below an entry.

    - `where`: path of keys.
    - `names`: known names, of which the nearest is suggested.
    """

    where: tuple[str, ...]
    what: str
    names: tuple[str, ...] = ()


class WrongEntryError(ValueError):
    """An entry that cannot be read, with all of its errors."""

    def __init__(self, what: str = "", errors: Sequence[EntryError] = ()) -> None:
        super().__init__(what)
        self.errors = [*errors] or [EntryError((), what)]

    def below(self, name: str) -> list[EntryError]:
        """Return the errors with `name` prepended to their paths."""
        return [structs.replace(one, where=(name, *one.where)) for one in self.errors]


class At(Struct, frozen=True):
    """Location of an entry: its key, and the folder to which paths are relative."""

    folder: Path
    key: str = ""


class InputKind:
    """A kind of value: read from a case file, parsed from an option or from Python."""

    nothing: Any = None  # value of a key that was not given
    metavar: str | None = None
    multiple = False  # whether the option may be repeated
    is_flag = False
    choices: tuple[str, ...] = ()
    shape = ""  # how its text is written, if it is neither a number nor a choice
    wants = "text"  # its type in the documentation
    typed = "str"  # its type in Python, from `workup/python/types.py`

    def read(self, entry: object, at: At) -> Any:
        """Read an entry of TOML; raises `WrongEntryError`."""
        raise NotImplementedError

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        """Parse an option's value; raises `InputRefused` that names the option."""
        del option, words
        return typed

    def write(self, value: Any, folder: Path) -> str:
        """Write a value as TOML, paths from `folder`."""
        raise NotImplementedError

    def of_words(self, key: Key, words: Words) -> Any:
        """Return the value of a key from options; `nothing` if not given."""
        option = key.option
        typed = None if option is None else words.get(option.word)
        if option is None or typed is None or typed is False or typed == ():
            return self.nothing
        return self.parse(typed, option.name, words)


class Option(Struct, frozen=True):
    """The option of a key on the command line, and its keyword in Python.

    - `says`: help text.
    - `beside`: whether only commands that plan, or describe a case to be planned, have it.
    - `word`: its name among words; by default its keyword.
    """

    name: str
    says: str
    metavar: str | None = None
    heading: str = IMAGES
    beside: bool = False
    default: str | None = None
    word: str = ""

    def __post_init__(self) -> None:
        """Set the default word."""
        if not self.word:
            # as `keyword`, without a call for each of the options of every command
            structs.force_setattr(self, "word", self.name.removeprefix("--").replace("-", "_"))

    @property
    def keyword(self) -> str:
        """Return the name in Python."""
        return self.name.removeprefix("--").replace("-", "_")


class Key(Struct, frozen=True):
    """A key of a table.

    - `example`: TOML in a new case file; empty for a key that is omitted from it.
    - `says`: comment in a new case file.
    - `stands_for`: key of which the example is omitted if this key is given.
    - `column`: column in a list of patients.
    - `role`: name of its file in texts.
    - `label`: label of its field on the local page; empty if it has none.
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
    label: str = ""


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
    label: str = "",
) -> Any:
    """Declare a key; the default of its field is the kind's `nothing`.

    An option given as a help text has the name of the key; so do a column and a role of True.
    """
    more = {"example": example, "says": says, "option": option, "required": required}
    shown = {"column": column, "role": role, "label": label}
    declared = {**more, **shown, "stands_for": stands_for, "name": name}
    return UnnamedKey(kind, declared)


class UnnamedKey(Struct, frozen=True):
    """A key as declared in a table, before it has a name."""

    kind: InputKind
    declared: Mapping[str, Any]


class _Declaring(StructMeta):
    """Metaclass that keeps the declarations of keys, each replaced by its default."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **config: Any
    ) -> Any:
        """Build a class."""
        own = {field: one for field, one in members.items() if isinstance(one, UnnamedKey)}
        inherited = (getattr(base, "declared_keys", {}) for base in reversed(bases))
        keys = {field: one for part in (*inherited, own) for field, one in part.items()}
        defaults = {field: one.kind.nothing for field, one in own.items()}
        return super().__new__(
            cls, name, bases, {**members, **defaults, "declared_keys": keys}, **config
        )


@dataclass_transform(frozen_default=True)
class Table(Struct, frozen=True, metaclass=_Declaring):
    """A table of a file with a fixed set of keys."""

    declared_keys: ClassVar[Mapping[str, UnnamedKey]]

    def check(self) -> None:
        """Check the keys for consistency; raises `WrongEntryError`."""


Shape = TypeVar("Shape", bound=Table)
Filled = TypeVar("Filled")


def _named(name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Insert the key's name for a column, role or option declared without a name."""
    own: dict[str, Any] = {key: name for key in ("column", "role") if declared[key] is True}
    if isinstance(declared["option"], str):
        own["option"] = Option(f"--{name.replace('_', '-')}", declared["option"])
    return {**declared, **own, "name": name}


_LISTED: dict[type[Table], Mapping[str, Key]] = {}  # cache of `keys_of`


def keys_of(table: type[Table]) -> Mapping[str, Key]:
    """List the keys of a table by their names."""
    if table not in _LISTED:
        found = {}
        for field, one in table.declared_keys.items():
            name = one.declared["name"] or field
            found[name] = Key(one.kind, field=field, **_named(name, one.declared))
        _LISTED[table] = found
    return _LISTED[table]


def read_entries(table: type[Shape], entry: object, at: At) -> Shape:
    """Read the entries of a table; raises `WrongEntryError` with all errors."""
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
    errors += [EntryError((name,), "unknown key", (*known,)) for name in others]
    if errors:
        raise WrongEntryError(errors=errors)
    made = table(**values)
    made.check()
    return made


def check_shape(
    table: Mapping[str, Any], shape: type[Shape], folder: Path | None = None
) -> tuple[Shape | None, list[Error]]:
    """Read the tables of a file; return them, or all errors."""
    try:
        return read_entries(shape, table, At(folder or Path())), []
    except WrongEntryError as wrong:
        return None, [_describe(number, error) for number, error in enumerate(wrong.errors)]


def _describe(number: int, error: EntryError) -> Error:
    near = meant(error.where[-1], error.names) if error.names and number < MOST_LINES else ""
    return error.where, as_plain_text(f"{'.'.join(error.where)}: {error.what}{near}")


def meant(key: str, names: Sequence[str]) -> str:
    """Suggest the known name nearest to an unknown one, if any is near.

    Examples
    --------
    >>> meant("tumor", ["liver", "tumour"]), meant("spleen", ["liver"])
    ('; did you mean tumour?', '')
    """
    near = find_nearest(key, names)
    return f"; did you mean {near[0]}?" if near else ""


def of_words(table: type[Shape], words: Words) -> Shape:
    """Return the table of keys given as options."""
    found = {one.field: one.kind.of_words(one, words) for one in keys_of(table).values()}
    return table(**found)


def fill(noun: type[Filled], words: Words, **others: Any) -> Filled:
    """Return a struct or dataclass filled from the words named as its fields, and from `others`."""
    names = (name for name in list_fields(noun) if name not in others)
    make: Callable[..., Filled] = noun
    return make(**{name: words[name] for name in names}, **others)


def options_of(*tables: type[Table]) -> Iterator[tuple[Key, Option]]:
    """List the options of tables and their inner tables, in order."""
    for table in tables:
        for one in keys_of(table).values():
            if one.option is not None:
                yield one, one.option
            if (inner := getattr(one.kind, "table", None)) is not None:
                yield from options_of(inner)


def columns_of(table: type[Table], within: str = "") -> Iterator[tuple[str, str, Key]]:
    """List the keys that are columns in a list of patients, each with its table and name."""
    for name, one in keys_of(table).items():
        if one.column:
            yield within, name, one
        if (inner := getattr(one.kind, "table", None)) is not None:
            yield from columns_of(inner, name)


class TableOf(InputKind):
    """A table within a table.

    - `alone`: key that receives an entry which is not a table.
    - `mark`: a word of its options; a table named as text is imported only if it was given.
    - `optional`: whether an absent table differs from an empty one.
    """

    def __init__(
        self, table: type[Table] | str, *, alone: str = "", mark: str = "", optional: bool = False
    ) -> None:
        self._named, self._alone, self._mark = table, alone, mark
        self.nothing = None if isinstance(table, str) or alone or optional else table()

    @property
    def table(self) -> type[Table] | None:
        """The table, if already imported; otherwise None."""
        return None if isinstance(self._named, str) else self._named

    def load(self) -> type[Table]:
        """Return the table, imported if necessary."""
        if not isinstance(self._named, str):
            return self._named
        module, _, name = self._named.partition(":")
        loaded: type[Table] = getattr(import_module(module), name)
        return loaded

    def read(self, entry: object, at: At) -> Any:
        """Read the entries of the table."""
        if self._alone and isinstance(entry, str | list):
            entry = {self._alone: entry}
        return read_entries(self.load(), entry, at)

    def of_words(self, key: Key, words: Words) -> Any:
        """Return the table of its options; `nothing` if none was given."""
        del key
        if isinstance(self._named, str) and self._mark not in words:
            return self.nothing
        table = self.load()
        made = of_words(table, words)
        return self.nothing if made == table() else made

    def write(self, value: Any, folder: Path) -> str:
        """Write an inline table; only the value if `alone` is its only key."""
        written = {
            name: one.kind.write(entry, folder)
            for name, one in keys_of(type(value)).items()
            if (entry := getattr(value, one.field)) != one.kind.nothing
        }
        if [*written] == [self._alone]:
            return written[self._alone]
        return f"{{ {', '.join(f'{name} = {entry}' for name, entry in written.items())} }}"


class Made(TableOf):
    """The object to which a table within a table is converted."""

    def __init__(self, table: type[Table]) -> None:
        super().__init__(table)
        self.nothing = None

    def read(self, entry: object, at: At) -> Any:
        """Read the entries, and return the object."""
        return super().read(entry, at).made()

    def of_words(self, key: Key, words: Words) -> Any:
        """Return the object of the options."""
        table = super().of_words(key, words)
        return None if table is None else table.made()


class Tables(InputKind):
    """Several tables of one kind.

    - `head`: header of each at the top level, such as `[[plan]]`.
    - `one_alone`: whether a single table is accepted as a list of one.
    - `made`: whether each is converted to its object.
    """

    nothing = ()

    def __init__(
        self, table: type[Table], head: str = "", *, one_alone: bool = False, made: bool = False
    ) -> None:
        self.table, self._head, self._one_alone, self._made = table, head, one_alone, made

    def read(self, entry: object, at: At) -> tuple[Any, ...]:
        """Read each table."""
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
        """Return the table of its options, or the value of the one option for all."""
        if key.option is not None:
            return super().of_words(key, words)
        made = of_words(self.table, words)
        return () if made == self.table() else (made,)


def read_each(entries: Sequence[object], read: Any) -> list[Any]:
    """Read the entries of a list; raises `WrongEntryError` with all errors."""
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
