"""Write a merged table as Parquet, from its CSV."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from fl_planner.basis.spreadsheet_text import undo_cell_text
from fl_planner.cohort.table_files import PARQUET, ROWS_A_GROUP, make_schema, name_csv
from fl_planner.cohort.tables import CohortTable

BLOCK = 4 << 20  # bytes of CSV in memory
QUOTE = "'"  # before a text that a spreadsheet would run


def write_parquet(table: CohortTable, folder: Path) -> None:
    """Write the Parquet file of a table next to its CSV, with the same rows.

    Each group has the same rows as in a run without shards, so that the bytes are equal.
    """
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    schema = make_schema(table)
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
    with text.open_csv(path, read_options=read, convert_options=options) as reader:
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
