"""Long lists: rows in a stream, put aside and told in their order, the same bytes as at once."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.cli import screen
from fl_planner.intake.patients import list_text
from fl_planner.intake.patients.list_text import ListText
from fl_planner.intake.patients.lists import read_patients
from fl_planner.record.declaration.part import as_json
from fl_planner.screening.screen import Spool
from fl_planner.screening.worklist_record import write_worklist_json
from tests.cases import each_case
from tests.cli.outside import ask, refused
from tests.refusals import refuses


def test_texts_come_back_in_their_order_and_equal_ones_as_they_came() -> None:
    with Spool() as spool:
        for text, order in {"c": (2,), "a1": (1, 5), "é\n": (0,), "a2": (1, 5), "": (1,)}.items():
            spool.add(text, order)
        assert len(spool) == 5
        assert [*spool] == ["é\n", "", "a1", "a2", "c"]
        assert [*spool] == ["é\n", "", "a1", "a2", "c"]


def test_a_spool_of_nothing() -> None:
    with Spool() as spool:
        assert [*spool] == []


@each_case("count", [0, 1, 3])
def test_pieces_are_the_whole(count: int) -> None:
    row = {"id": "a\u202eb\n", "days": 0.1 + 0.2, "of": {}, "x": [{}]}
    rows = [{"row": number, **row} for number in range(count)]
    head = {"schema": "fl-planner/screen/2", "findings": [], "consort": {"trials": [{"a": 1}]}}
    pieces = write_worklist_json(head, map(as_json, rows), map(as_json, rows))
    assert "".join(pieces) == as_json({**head, "rows": rows, "refused": rows}) + "\n"


def test_a_list_can_be_gone_through_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "a", "ecog": 1}\n\n{"id": "b", "ecog": 2}\n', "utf-8")
    found = read_patients(path)
    assert len(found.rows) == 2
    assert [*found.rows] == [*found.rows]
    assert found.rows[1].row == 3


def test_a_list_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,ecog\na,1\n", "utf-8")
    found = read_patients(path)
    path.write_text("id,ecog\na,2\n", "utf-8")
    with refuses("screen.unreadable", says="the list changed while it was being read"):
        list(found.rows)


def test_rows_of_one_id_far_apart_are_nobody_s(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    text = "\n".join(f"p{number % 500},1" for number in range(501))
    path.write_text(f"id,ecog\n{text}\n", "utf-8")
    found = [row for row in read_patients(path).rows if type(row).__name__ == "NotRead"]
    assert [(row.row, row.id) for row in found] == [(2, "p0"), (502, "p0")]


def test_many_rows_of_one_id_are_named_in_short(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,ecog\n" + "p,1\n" * 100, "utf-8")
    record = ask("screen", path, "--json").record
    reasons = {row["reason"] for row in record["refused"]}
    assert reasons == {f"rows {', '.join(map(str, range(2, 22)))} and 80 more have the same id"}


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_text, "LONGEST_LINE", 100)
    for name in ("list.csv", "list.jsonl"):
        (tmp_path / name).write_text(f"id,ecog\n{'x' * 200},1\n", "utf-8")
        assert refused("screen", tmp_path / name)["code"] == "screen.unreadable"


def test_lines_end_as_they_do_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b'\xef\xbb\xbfid,ecog\r\n"a\nb",1\r\nc,2')
    assert [*ListText(path, "")] == ["id,ecog\r\n", '"a\n', 'b",1\r\n', "c,2"]


def test_a_person_is_shown_the_first_and_reported_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "MOST_SHOWN", 2)
    path = tmp_path / "list.csv"
    rows = "".join(f"p{number},1\nx{number},?\n" for number in range(5))
    path.write_text(f"id,ecog\n{rows}", "utf-8")
    ran = ask("screen", path)
    assert ran.status == 3
    assert "3 more patients: --csv and --json contain all of them" in ran.out
    assert "ecog: give a whole number: rows 3 (x0), 5 (x1), 7 (x2), 9 (x3), 11 (x4)" in ran.out
    assert "10 listed, 5 not read, 5 assessed" in ran.out
    assert len([*csv.DictReader(StringIO(ask("screen", path, "--csv").out))]) == 10
    assert len(ask("screen", path, "--json").record["rows"]) == 5


def test_nothing_is_printed_where_a_list_ends_in_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"id,ecog\n" + b"p,1\n" * 20000 + b"\xff\xfe,1\n")
    for form in ("--csv", "--json"):
        ran = ask("screen", path, form)
        assert ran.status == 2
        assert (ran.out == "") is (form == "--csv")
    assert json.loads(ask("screen", path, "--json").out)["refusal"]["code"] == "screen.unreadable"
