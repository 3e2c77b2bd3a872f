"""Rows in memory: what a table of CSV with the same cells gives, and the same refusals."""

import json
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from fl_planner.intake.patients.worksheet import HeldRows
from tests.cases import each_case
from tests.refusals import refuses

TABLE = """id,crlm_present,hcc_present,age [a],ecog,platelets [10*9/L],platelets.date,lesion_count
p1,yes,no,61,1,210,2026-11-01,5
p2,yes,no,48.5,0,,,2
p3,no,yes,70,2,140,2026-10-30,1
p4,yes,no,seventy,2,140,2026-10-30,1
p4,yes,no,71,2,1e3,,1
"""
ROWS: list[dict[str, Any]] = [
    {"id": "p1", "crlm_present": True, "hcc_present": False, "age [a]": 61, "ecog": 1,
     "platelets [10*9/L]": 210, "platelets.date": date(2026, 11, 1), "lesion_count": 5},
    {"id": "p2", "crlm_present": "yes", "hcc_present": np.bool_(False), "age [a]": 48.5,
     "ecog": np.int64(0), "platelets [10*9/L]": float("nan"), "platelets.date": None,
     "lesion_count": 2.0},
    {"id": "p3", "crlm_present": "no", "hcc_present": True, "age [a]": Decimal(70), "ecog": "2",
     "platelets [10*9/L]": np.float64(140), "platelets.date": datetime(2026, 10, 30),  # noqa: DTZ001
     "lesion_count": 1},
    {"id": "p4", "crlm_present": True, "hcc_present": False, "age [a]": "seventy", "ecog": 2,
     "platelets [10*9/L]": 140, "platelets.date": "2026-10-30", "lesion_count": 1},
    {"id": "p4", "crlm_present": True, "hcc_present": False, "age [a]": 71, "ecog": 2,
     "platelets [10*9/L]": 1e3, "lesion_count": 1},
]  # fmt: skip
DAY = "2026-11-20"


def told(listed: Any, **words: Any) -> str:
    """Give the record as text, without the one thing that differs: what the rows came in."""
    record = fl_planner.screen(listed, as_of=DAY, **words).as_record()
    assert record["inputs"][0].pop("role") == "patients"
    record["inputs"] = []
    return json.dumps(record)


@pytest.fixture
def pandas() -> Any:
    """Load pandas where a test runs: its library has a thread, and `tests/hazards` forks."""
    return import_module("pandas")


@pytest.mark.essential
@pytest.mark.slow
@each_case("kind", ["list", "DataFrame", "tuple"])
def test_rows_in_memory_give_the_record_of_the_same_table(
    kind: str, pandas: Any, tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    path.write_text(TABLE, "utf-8")
    rows = {"list": list, "DataFrame": pandas.DataFrame, "tuple": tuple}[kind](ROWS)
    assert told(rows) == told(path)
    assert told(rows, profile="clinical", sort="id") == told(path, profile="clinical", sort="id")


def test_a_frame_that_read_the_table_gives_its_record(pandas: Any, tmp_path: Path) -> None:
    """Its whole numbers beside a blank are 210.0 there, and 210 again here."""
    path = tmp_path / "patients.csv"
    path.write_text(TABLE, "utf-8")
    assert told(pandas.read_csv(path)) == told(path)


def test_h09_a_number_of_32_bits_is_the_one_that_was_stored(pandas: Any) -> None:
    """1.7 of 32 bits, as 64 bits, is 1.7000000476837158: above a limit of 1.7."""
    for kind in ("float16", "float32", "float64"):
        cells = np.array([1.7, 1.125, np.nan, np.inf], dtype=kind)
        frame = pandas.DataFrame({"id": [*"abcd"], "anc [10*9/L]": cells})
        texts = [cell for _, cell in [*HeldRows.of(frame)][1:]]
        assert texts == ["1.7", "1.1250", "", "inf"]  # 1.125 could be 1125 in a text


def test_the_hash_is_that_of_the_table_as_csv(tmp_path: Path) -> None:
    text = "id,ecog\np1,1\n"
    path = tmp_path / "patients.csv"
    path.write_text(text, "utf-8")
    by_file, held = fl_planner.screen(path), fl_planner.screen([{"id": "p1", "ecog": 1}])
    assert held["inputs"][0]["sha256"] == by_file["inputs"][0]["sha256"]
    assert held["inputs"][0]["format"] == "rows"


ODD: dict[str, Any] = {
    "no list": 5,
    "one patient": {"id": "p1"},
    "texts": ["p1,yes"],
    "bytes": b"id",
}


@each_case("given", ODD)
def test_what_is_no_table_is_refused(given: Any) -> None:
    with refuses("usage.wrong", "rows"):
        fl_planner.screen(given)


def test_a_frame_with_a_column_without_a_name_is_refused(pandas: Any) -> None:
    with refuses("usage.wrong", "rows"):
        fl_planner.screen(pandas.DataFrame({1: ["yes"]}))


def test_h11_ids_in_the_index_of_a_frame_are_not_lost(pandas: Any) -> None:
    frame = pandas.DataFrame(ROWS[:2]).set_index("id")
    with refuses("usage.wrong", "rows") as refused:
        fl_planner.screen(frame)
    assert "reset_index" in refused.value.remedy
    fl_planner.screen(frame.reset_index())


@each_case("given", {"a unit lacks": {"age": 61}, "unknown key": {"agee [a]": 61}})
def test_a_header_is_compared_with_the_rules_of_a_file(given: Any) -> None:
    with refuses("screen.header"):
        fl_planner.screen([{"id": "p1", **given}])


CELLS: dict[str, Any] = {
    "nested": {"value": 61},
    "list": [61],
    "time": datetime(2026, 5, 4, 13, 5),  # noqa: DTZ001
    "zeros": "1\0",
    "infinite": float("inf"),
    "complex": 1j,
}


@each_case("cell", CELLS)
def test_a_cell_that_holds_no_value_refuses_its_row_alone(cell: Any) -> None:
    rows = [{"id": "p1", "ecog": cell}, {"id": "p2", "ecog": 1}]
    worklist = fl_planner.screen(rows)
    assert [one["id"] for one in worklist.patients] == ["p2"]
    assert [one["row"] for one in worklist.refused] == [2]


def test_what_pandas_calls_missing_is_blank(pandas: Any) -> None:
    for value in (None, float("nan"), pandas.NA, pandas.NaT, Decimal("nan")):
        assert [*HeldRows(["ecog"], [[value]])][1] == [""]


def test_h11_an_id_that_may_have_lost_digits_is_not_read(pandas: Any) -> None:
    """A long number is a double where a column has a blank: neighbours become equal."""
    frame = pandas.DataFrame({"id": [4012345678901231, None, 1 << 60], "ecog": 1})
    worklist = fl_planner.screen(frame)
    assert [one["row"] for one in worklist.refused] == [4]
    ids = [3.1, 12.0, 13, 4012345678901234567, "3.10", float("nan")]
    listed = fl_planner.screen([{"id": one, "ecog": 1} for one in ids])
    says = "column 1: the id is a number that may have lost digits; give it as text"
    assert [(one["row"], one["reason"]) for one in listed.refused] == [(2, says)]


def test_it_can_be_gone_through_twice() -> None:
    rows = HeldRows.of(iter([{"id": "a"}, {"id": "b", "ecog": 1}]))
    assert [*rows] == [*rows] == [["id", "ecog"], ["a", ""], ["b", "1"]]


def test_a_time_of_day_is_named_as_such(pandas: Any) -> None:
    """Laboratory dates of a data frame often have one; the day is not taken from it silently."""
    at_five = pandas.Timestamp("2026-10-30 05:00")
    listed = fl_planner.screen([{"id": "p1", "labs_date": at_five}], as_of=DAY)
    says = "column 2: a date with a time of day; give the date alone"
    assert [row["reason"] for row in listed.refused] == [says]
