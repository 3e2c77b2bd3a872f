"""A table of a result: rows as dicts, or as a frame of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, overload

from fl_planner.basis.extras import refuse_missing

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class ResultRows(Sequence[Row]):
    """ResultRows of one kind, by the keys of the record."""

    name: str
    each: tuple[Row, ...]

    @classmethod
    def of(cls, name: str, rows: Iterable[Row] | None) -> ResultRows:
        """Build a table; without rows where the record has none."""
        return cls(name, tuple(rows or ()))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.each)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        """Give a row, by its place."""
        return self.each[place]

    def __repr__(self) -> str:
        """Tell it on one line."""
        return f"<{self.name}: {len(self)} rows>"

    def _repr_html_(self) -> str | None:
        """Show the rows in a notebook as pandas shows them, where it is installed."""
        if find_spec("pandas") is None:
            return None
        html: str = self.to_frame()._repr_html_()
        return html

    def to_frame(self) -> Any:
        """Give a pandas DataFrame: a row each; nested keys are joined by a point.

        What a row does not have is missing there, as pandas has it. Lists stay lists.

        Raises `InputRefused`: `extra.missing` without pandas.
        """
        if find_spec("pandas") is None:
            instead = ", or give the rows themselves to another library"
            raise refuse_missing("pandas", ["pandas"], instead)
        pandas: Any = import_module("pandas")
        flat = [dict(_flatten(row)) for row in self.each]
        columns = list(dict.fromkeys(key for row in flat for key in row))
        return pandas.DataFrame(flat, columns=columns)


def _flatten(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
