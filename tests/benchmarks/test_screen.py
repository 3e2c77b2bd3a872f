"""The invented table of the benchmark on long lists has every key, and each of its rows is read."""

import csv
from pathlib import Path

from benchmarks.screen import write_table
from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.rows import NotRead
from fl_planner.trials.facts.quantities import QUANTITIES, TYPED_PLAINLY, UPPER_LIMITS


def test_every_key_is_a_column_and_every_row_is_read(tmp_path: Path) -> None:
    table = tmp_path / "patients.csv"
    write_table(table, 40)
    with table.open(newline="") as file:
        head = next(csv.reader(file))
    assert {name.partition(" [")[0] for name in head} > {*QUANTITIES, *UPPER_LIMITS, *TYPED_PLAINLY}
    rows = [*read_patients(table).rows]
    assert len(rows) == 40
    assert [row for row in rows if isinstance(row, NotRead)] == []
