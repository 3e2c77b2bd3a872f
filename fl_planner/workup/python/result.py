"""Results of use cases in Python: the record, and tables of it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from html import escape
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from rich.console import Console
from rich.text import Text

from fl_planner.basis.extras import OF_FRAMES, require_pandas
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_ml
from fl_planner.record.declaration.json_form import list_keys
from fl_planner.record.declaration.part import DIGITS, WHOLE_LIVER, RecordPart, as_json, printable
from fl_planner.record.head import SEE
from fl_planner.report.terminal.table import asking_all_by

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import RenderableType


Row = dict[str, Any]
RowOf = TypeVar("RowOf", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True, repr=False)
class ResultRows(Sequence[RowOf], Generic[RowOf]):
    """Rows of one kind, with the keys of the record."""

    name: str
    each: tuple[RowOf, ...]

    @classmethod
    def of(cls, name: str, rows: Iterable[RowOf] | None) -> ResultRows[RowOf]:
        """Create a table; empty if the record has no rows."""
        return cls(name, tuple(rows or ()))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.each)

    @overload
    def __getitem__(self, place: int) -> RowOf: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RowOf, ...]: ...
    def __getitem__(self, place: int | slice) -> RowOf | tuple[RowOf, ...]:
        """Return a row by its position."""
        return self.each[place]

    def __repr__(self) -> str:
        """Return a one-line summary."""
        return f"<{self.name}: {format_count(len(self), 'row')}>"

    def _repr_html_(self) -> str | None:
        """Show the rows in a notebook by pandas, if installed."""
        if find_spec(OF_FRAMES) is None:
            return None
        made: Any = self.to_frame()
        html: str = made._repr_html_()
        return html

    def to_frame(self) -> DataFrame:
        """Return a pandas DataFrame with one row per entry; nested keys are joined by a point.

        Missing values are those of pandas. Lists remain lists.

        Raises `InputRefused`: `extra.missing` without pandas.
        """
        require_pandas()
        pandas: Any = import_module("pandas")
        flat = [dict(_flatten(row)) for row in self.each]
        columns = list(dict.fromkeys(key for row in flat for key in row))
        made: DataFrame = pandas.DataFrame(flat, columns=columns)
        return made


def _flatten(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


Record = TypeVar("Record", bound="RecordPart | Mapping[str, Any]")
MOST_PLACES = 3  # that a refusal of a key names
COLUMNS = 100  # of a table in a notebook
SEVERITIES = ("error", "warning")
KEYS_OF_CALC = {  # keys of every calculation that are not results
    "calc", "findings", "formula", "inputs", "not_given", "notice", "refusal", "schema", "status",
    "version",
}  # fmt: skip
FRAME = (  # on white, as the picture, independent of the colours of the notebook
    '<pre tabindex="0" style="white-space:pre;overflow:auto hidden;line-height:1.3;'
    'color:#000;background:#fff;padding:0.5em">{code}</pre>'
)
DARKER = {"#7f7f7f": "#595959", "#808000": "#665200"}  # colours of rich that are too pale on white


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class NotebookView(Generic[Record]):
    """Display of a result: its table, and a picture if it has one."""

    table: Callable[[Record], RenderableType]
    picture: Callable[[], bytes] | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Result(Mapping[str, Any], Generic[Record]):
    """A result: the record that the command line prints with --json, by its keys.

    - `call`: the use case.
    - `record`: its record.
    - `shown`: its display in a notebook.
    """

    call: str
    record: Record
    shown: NotebookView[Record]
    digits: int = DIGITS
    _written: str = field(default="", init=False)

    def as_record(self) -> Row:
        """Return the JSON of the command line as a dict."""
        row: Row = json.loads(self.as_json())
        return row

    def as_json(self) -> str:
        """Return the JSON of the command line; it is written once, because each key reads it."""
        if not self._written:
            object.__setattr__(self, "_written", as_json(self.record, self.digits))
        return self._written

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key; None for a declared key without a value in this record.

        Raises `KeyError`: for a key that no such record has; the message names its place below
        another key, otherwise a similar key.
        """
        row = self.as_record()
        if key in row:
            return row[key]
        names = self._list_names(row)
        if key in names:
            return None
        raise KeyError(f"the record of {self.call} has no {key!r}{_suggest(str(key), names, row)}")

    def __contains__(self, key: object) -> bool:
        """Whether the record has a value for a key."""
        return key in self.as_record()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default if the record has none."""
        return self.as_record().get(key, default)

    def _list_names(self, row: Row) -> list[str]:
        """List the keys that this kind of record may have."""
        kind = type(self.record)
        declared = list_keys(kind) if issubclass(kind, RecordPart) else ()
        return [*dict.fromkeys((*row, *(key.name for key in declared)))]

    def _ipython_key_completions_(self) -> list[str]:
        """List the keys for completion in IPython and Jupyter."""
        return self._list_names(self.as_record())

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of the record."""
        return iter(self.as_record())

    def __len__(self) -> int:
        """Return the number of keys of the record."""
        return len(self.as_record())

    def rows(self, key: str) -> ResultRows[Any]:
        """Return a list of the record as a table, such as `findings`, `inputs` or `thresholds`."""
        found = self.as_record().get(key)
        return ResultRows.of(key, found if isinstance(found, list) else None)

    @property
    def findings(self) -> ResultRows[Any]:
        """The findings on inputs and numbers."""
        return self.rows("findings")

    def __repr__(self) -> str:
        """Return a one-line summary."""
        summary = "; ".join(_summarise(self.as_record())) or "no findings"
        return f"<fl_planner.{self.call}: {summary}>"

    def _repr_html_(self) -> str:
        """Show the table of the terminal and the picture."""
        with asking_all_by(".as_record()"):
            html = _as_html(self.shown.table(printable(self.record)))
        if self.shown.picture is None:
            return html
        png = b64encode(self.shown.picture()).decode("ascii")
        alt = escape(self.shown.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/png;base64,{png}" style="max-width:100%">'
        return f"{html}\n{image}"


def _suggest(key: str, names: Sequence[str], row: Row) -> str:
    """Suggest the places of a key below others, otherwise the most similar key."""
    if below := ["".join(f"[{one!r}]" for one in path) for path in _list_places(row, key)]:
        return f"; it is in {' and in '.join(below[:MOST_PLACES])}"
    near = get_close_matches(key, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _list_places(row: Mapping[str, Any], key: str) -> Iterator[tuple[str, ...]]:
    """List the paths to a key in parts of a record; `flr_ml` is `flr` of `volumes_ml`."""
    for name, part in row.items():
        if isinstance(part, Mapping):
            unit = name[name.rfind("_") :] if "_" in name else ""
            yield from ((name, one) for one in part if key in (one, f"{one}{unit}"))
            yield from ((name, *path) for path in _list_places(part, key))


def _summarise(record: Mapping[str, Any]) -> Iterator[str]:
    """Summarise the volumes, the headline, and the number of findings."""
    volumes = record.get("volumes_ml", {})
    doubts = {one["number"]: f" ({SEE})" for one in record.get("withdrawn", ())}
    if "liver" in volumes:
        yield f"liver {as_ml(volumes['liver'])}{doubts.get('volumes', '')}"
    if "flr_percent_shown" in record:
        of = " of the whole liver" if record.get("denominator") == WHOLE_LIVER else ""
        yield f"FLR {record['flr_percent_shown']} %{of}{doubts.get('flr', '')}"
    for part in ("pathway", "route"):
        if headline := record.get(part, {}).get("headline"):
            yield headline
            break
    found = [finding["severity"] for finding in record.get("findings", ())]
    for severity in SEVERITIES:
        if count := found.count(severity):
            yield f"{count} {severity}{'' if count == 1 else 's'}"
    if record.get("schema") == "fl-planner/calc/1":
        yield from _summarise_calculation(record)


def _summarise_calculation(record: Mapping[str, Any]) -> Iterator[str]:
    """Format each result of a formula as on the terminal."""
    from fl_planner.workup.calc import format_result

    for key in sorted(record.keys() - KEYS_OF_CALC):
        yield f"{key} {format_result(key, record[key])}"


def as_text(lines: str) -> RenderableType:
    """Return lines of plain text for display as a table."""
    return Text("\n".join(map(printable, lines.split("\n"))))  # as one text, "\\n" would be shown


def _as_html(table: RenderableType) -> str:
    """Convert a table of the terminal to HTML; file names are escaped."""
    console = Console(
        file=StringIO(),
        record=True,
        width=COLUMNS,
        markup=False,
        highlight=False,
        emoji=False,
        force_jupyter=False,  # in a notebook, the table would be shown here and again as the result
    )
    console.print(table)
    html = console.export_html(inline_styles=True, code_format=FRAME)
    for pale, colour in DARKER.items():
        html = html.replace(pale, colour)
    return html
