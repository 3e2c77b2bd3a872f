"""A list of 300 patients in German, Spanish and English: read as mapped, with the same verdicts."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from fl_planner import screen
from tests.cases import each_case, of_many
from tests.cli.outside import Ran, ask, refused
from tests.screening.hospitals import (
    AS_OF,
    BAD,
    BAD_ROWS,
    COUNT,
    HOSPITALS,
    KEYS,
    OWN,
    Hospital,
    write_columns,
    write_list,
)

MOST_LINES = 12  # of the faults of a list at a terminal


def screened(folder: Path, hospital: Hospital, *options: object, bad: bool = True) -> Ran:
    (folder / "list.csv").write_bytes(write_list(hospital, bad=bad))
    if hospital.columns:
        (folder / "columns.toml").write_text(write_columns(hospital), "utf-8")
        options = ("--columns", folder / "columns.toml", *options)
    return ask("screen", folder / "list.csv", "--as-of", AS_OF.isoformat(), *options)


def verdicts(ran: Ran) -> dict[str, tuple[str, ...]]:
    rows = [*csv.DictReader(StringIO(ran.out))]
    kept = [name for name in rows[0] if name.startswith(("verdict_", "shown_", "route", "dead"))]
    kept += ["questions", "urgency"]
    return {row["record_id"]: tuple(row[name] for name in kept) for row in rows}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, ...]]:
    """Return the verdicts of the list under the names, words and units of this program."""
    ran = screened(tmp_path_factory.mktemp("own"), OWN, "--csv", bad=False)
    assert (ran.status, ran.err) == (0, "")
    found = verdicts(ran)
    assert len(found) == COUNT
    assert len({*found.values()}) > 40  # the list is not all alike
    return found


@each_case("hospital", HOSPITALS)
def test_h09_a_list_has_the_same_verdicts_in_each_language(
    hospital: Hospital, own: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    ran = screened(tmp_path, hospital, "--csv", bad=False)
    assert (ran.status, ran.err) == (0, "")
    assert verdicts(ran) == own


@each_case("hospital", of_many(["German"], HOSPITALS))
def test_h09_invalid_cells_cost_their_rows_and_change_no_other(
    hospital: Hospital, own: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    ran = screened(tmp_path, hospital, "--csv")
    assert ran.status == 3
    rows = {row["record_id"]: row for row in csv.DictReader(StringIO(ran.out))}
    lost = {id_ for id_, row in rows.items() if row["refused_code"]}
    assert lost == {f"p{number}" for number in BAD_ROWS}
    assert {id_: told for id_, told in verdicts(ran).items() if id_ not in lost} == {
        id_: told for id_, told in own.items() if id_ not in lost
    }


@pytest.mark.slow
@each_case("hospital", HOSPITALS)
def test_faults_are_listed_by_column_in_few_lines(hospital: Hospital, tmp_path: Path) -> None:
    for options, head in (
        ((), f"Rows not read: {len(BAD_ROWS)}"),
        (("--cell-unknown",), "Invalid cells"),
    ):
        ran = screened(tmp_path, hospital, *options)
        part = ran.out[ran.out.index(head) :].split("\n\n")[0]
        assert len(part.splitlines()) <= MOST_LINES, part
        shown = " ".join(part.split())
        for key, cells in BAD.items():
            name = f"{key.split(' ')[0]} ({hospital.names[key]}): "
            of_key = shown[shown.index(name) :]
            first = min(cells)
            assert f"{first + 1} (p{first})" in of_key
            assert shown.count(name) == 1
        assert shown.count("Remedy:") == 1


@pytest.mark.slow
def test_h09_an_invalid_cell_is_unknown_on_request_in_each_language(tmp_path: Path) -> None:
    found = {}
    for name, hospital in HOSPITALS.items():
        ran = screened(tmp_path, hospital, "--cell-unknown", "--csv")
        assert ran.status == 0
        found[name] = verdicts(ran)
    assert found["German"] == found["Spanish"] == found["English"]
    assert len(found["German"]) == COUNT
    blank = write_list(OWN, bad=True).decode()
    for number in sorted(BAD_ROWS):
        row = blank.split("\r\n")[number].split(",")
        for key, cells in BAD.items():
            if number in cells:
                row[KEYS.index(key)] = ""
        blank = "\r\n".join(
            ",".join(row) if at == number else line for at, line in enumerate(blank.split("\r\n"))
        )
    (tmp_path / "blank.csv").write_text(blank, "utf-8", newline="")
    told = ask("screen", tmp_path / "blank.csv", "--as-of", AS_OF.isoformat(), "--csv")
    assert verdicts(told) == found["German"]


def test_doubts_and_faults_of_unknown_cells_in_json(tmp_path: Path) -> None:
    record = screened(tmp_path, HOSPITALS["German"], "--cell-unknown", "--json").record
    of = {row["id"]: row for row in record["rows"]}
    assert of["p133"]["findings"][-1] == "screen.cell_unknown"
    assert [doubt["message"] for doubt in of["p120"]["doubts"]] == [
        "cirrhosis (Zirrhose): give true or false; treated as unknown"
    ]
    assert {one["count"] for one in record["faults"]} == {2, 3, 5}
    assert all(one["judged"] for one in record["faults"])
    assert [one["code"] for one in record["findings"]] == ["screen.encoding", "screen.ignored"]
    assert [one["role"] for one in record["inputs"]][:2] == ["patients", "columns"]


def test_the_columns_of_a_list_from_python(tmp_path: Path) -> None:
    rows = [{"Fall": "p1", "ECOG": 1, "Zirrhose": "vielleicht", "Rest": None}]
    (tmp_path / "columns.toml").write_text('schema = 1\nlanguage = "de"\n', "utf-8")
    found = screen(
        rows,
        columns=tmp_path / "columns.toml",
        column=["Fall=id", "ECOG=ecog", "Zirrhose=cirrhosis"],
        ignore_column=["Rest"],
        cell_unknown=True,
    )
    assert [row["id"] for row in found.patients] == ["p1"]
    assert found.record.faults[0].fault == "cirrhosis (Zirrhose): give true or false"


def test_a_list_with_a_fault_in_each_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fl_planner.screening.worklist.MOST_KINDS", 9)
    text = "".join(f"p{number},1{',1' * number}\n" for number in range(1, 31))
    (tmp_path / "list.csv").write_text(f"id,ecog\n{text}", "utf-8")
    ran = ask("screen", tmp_path / "list.csv")
    assert "the row has 10 cells, but the header has 2: row 9 (p8)\n" not in ran.out
    assert "further kinds of fault: 2, listed with --json" in ran.out
    faults = ask("screen", tmp_path / "list.csv", "--json").record["faults"]
    assert (len(faults), faults[-1]["fault"], faults[-1]["count"]) == (10, "other faults", 21)


def test_many_rows_with_one_fault(tmp_path: Path) -> None:
    text = "".join(f"p{number},x\n" for number in range(1, 41))
    (tmp_path / "list.csv").write_text(f"id,ecog\n{text}", "utf-8")
    shown = " ".join(ask("screen", tmp_path / "list.csv").out.split())
    assert "ecog: give a whole number: rows 2 (p1), 3 (p2), 4 (p3), 5 (p4), 6 (p5)" in shown
    assert "9 (p8) and 32 more" in shown


def test_options_on_columns_of_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text('{"ecog": 1}', "utf-8")
    why = refused("screen", tmp_path / "facts.json", "--ignore-column", "a")
    assert why["code"] == "usage.wrong"
