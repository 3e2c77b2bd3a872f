"""Tables of a cohort as Parquet, from their CSV."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from fl_planner.basis.spreadsheet_text import undo_cell_text
from fl_planner.cohort.tables import WORDS, CohortTable
from fl_planner.export.columns_from_keys import Column

CSV, PARQUET = ".csv", ".parquet"
ROWS_A_GROUP = 20_000  # of a Parquet file: what is held in memory
TYPES = {"number": "double", "integer": "int64", "yes_no": "bool"}  # others are text
BLOCK = 4 << 20  # bytes of CSV in memory
QUOTE = "'"  # before a text that a spreadsheet would run


def name_csv(table: CohortTable) -> str:
    """Return the name of a table's file."""
    return f"{table.name}{CSV}"


def list_choices(column: Column) -> str:
    """List the values of a column: each code, with its words if they differ."""
    if column.kind == "yes_no":
        return column.coded
    words = WORDS.get(column.name.rpartition(".")[2], {})
    shown = {code: words.get(code, code.replace("_", " ")) for code in column.choices}
    return " | ".join(code if code == text else f"{code}, {text}" for code, text in shown.items())


def _make_schema(table: CohortTable) -> Any:
    """Return the types of a table in Parquet, with the meaning and unit of each column."""
    arrow: Any = import_module("pyarrow")
    fields = []
    for column in table.columns:
        kind = arrow.type_for_alias(TYPES.get(column.kind, "string"))
        notes = {"meaning": column.meaning, "unit": column.unit, "choices": list_choices(column)}
        metadata = {name: note for name, note in notes.items() if note}
        fields.append(arrow.field(column.name, kind, metadata=metadata))
    return arrow.schema(fields)


def write_parquet(table: CohortTable, folder: Path) -> None:
    """Write the Parquet file of a table next to its CSV, with the same rows.

    Each group has a fixed number of rows, so that merged shards give the bytes of a whole run.
    """
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    schema = _make_schema(table)
    with parquet.ParquetWriter(folder / f"{table.name}{PARQUET}", schema) as file:
        held = schema.empty_table()
        for batch in _read_batches(folder / name_csv(table), schema):
            held = arrow.concat_tables([held, arrow.Table.from_batches([batch])])
            while len(held) >= ROWS_A_GROUP:
                file.write_table(held.slice(0, ROWS_A_GROUP).combine_chunks())
                held = held.slice(ROWS_A_GROUP)
                arrow.default_memory_pool().release_unused()
        file.write_table(held.combine_chunks())


def _read_batches(path: Path, schema: Any) -> Iterator[Any]:
    arrow: Any = import_module("pyarrow")
    text: Any = import_module("pyarrow.csv")
    options = text.ConvertOptions(
        column_types={field.name: field.type for field in schema},
        null_values=[""],
        true_values=["1"],
        false_values=["0"],
        strings_can_be_null=True,
    )
    read = text.ReadOptions(block_size=BLOCK, use_threads=False)
    # a reader of a path may close the file late, and Windows moves no open file
    with (
        arrow.OSFile(str(path)) as file,
        text.open_csv(file, read_options=read, convert_options=options) as reader,
    ):
        for batch in reader:
            columns = [_undo(column) for column in batch.columns]
            yield arrow.RecordBatch.from_arrays(columns, schema=schema)


def _undo(column: Any) -> Any:
    """Return a column of texts without the apostrophes of CSV.

    Most columns repeat a few texts, so each distinct text is restored once.
    """
    arrow: Any = import_module("pyarrow")
    if not arrow.types.is_string(column.type):
        return column
    coded = column.dictionary_encode()
    cells = coded.dictionary.to_pylist()
    texts = [undo_cell_text(cell) if QUOTE in cell else cell for cell in cells]
    return column if texts == cells else arrow.array(texts, type=column.type).take(coded.indices)
