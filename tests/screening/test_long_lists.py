"""Long lists: rows in a stream, put aside and told in their order, the same bytes as at once."""

import csv
import json
import os
import re
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import fl_planner
from fl_planner.cli import screen
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.intake.patients import list_text
from fl_planner.intake.patients.list_text import ListText
from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.rows import NotRead
from fl_planner.planning.worklist_order import Deadline, Pressing, Urgency
from fl_planner.record.declaration.part import as_json
from fl_planner.report.terminal.worklist import PRESSING
from fl_planner.screening.screen import Selection, Spool
from fl_planner.screening.worklist import Screened
from fl_planner.screening.worklist_record import write_worklist_json
from fl_planner.trials.patient_steps import STATES
from tests.cases import each_case
from tests.cli.outside import REPOSITORY, Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.refusals import refuses
from tests.screening.test_screen import NAME, lines, screened


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


# ---- some patients are invalid


CONSENT = "written_consent_for"


def test_h11_a_trial_that_nobody_judges_refuses_one_row_only(tmp_path: Path) -> None:
    listed = lines(
        tmp_path / "list.jsonl",
        p1={"ecog": 1},
        p2={CONSENT: ["NCT05428735", NAME]},
        p3={CONSENT: ["NCT05428735"]},
    )
    record = screened(listed, status=3)
    assert [row["id"] for row in record["rows"]] == ["p1", "p3"]
    (wrong,) = record["refused"]
    assert (wrong["row"], wrong["id"], wrong["code"]) == (2, "p2", "screen.unreadable")
    assert wrong["reason"] == f"{CONSENT}: not one of the trials assessed"
    assert "NCT05428735" in wrong["remedy"]
    assert NAME not in ask("screen", listed, "--json").out
    assert NAME in ask("screen", listed, "--json", "--profile", "clinical").out


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_h11_what_cannot_be_opened_in_a_folder_is_a_row(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", p1={"ecog": 1})
    (tmp_path / "b.json").symlink_to("gone.json")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "case.toml").symlink_to("case.toml")  # to itself
    (tmp_path / "d").symlink_to(tmp_path / "lost" / "d")  # a folder on a drive that is gone
    os.mkfifo(tmp_path / "e.jsonl")
    (tmp_path / "f").mkdir()
    (tmp_path / "g.2.840").symlink_to(tmp_path / "lost" / "g")
    for name in (".#lock", ".#a.jsonl", "notes.txt"):  # two locks of an editor
        (tmp_path / name).symlink_to("nowhere")
    found = read_patients(tmp_path).rows
    assert [row.file for row in found] == ["a.jsonl", "b.json", "c", "d", "e.jsonl", "g.2.840"]
    assert [isinstance(row, NotRead) for row in found] == [False, *[True] * 5]


# ---- part of a worklist


# p1 has 9 days of PUMP-IT's 15 left; of p4 they are over, which keeps out; p2 has HCC alone; p3 has
# no diagnosis; p5 is too old for all but DRAGON 2; p6 has metastases, and nothing else is known.
LIST = """id,crlm_present,hcc_present,age [a],platelets [10*9/L],platelets.date
p1,yes,no,61,214.5,2026-11-14
p2,no,yes,58,90,
p3,,,70,,
p4,yes,no,61,214.5,2026-11-04
p5,yes,no,91,,
p6,yes,no,,,
"""
AS_OF = ("--as-of", "2026-11-20")
DRAGON, PUMP = "NCT05428735", "NCT06857773"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("list") / "patients.csv"
    path.write_text(LIST, "utf-8")
    return path


def ids(listed: Path, *options: str) -> list[str]:
    record = told("screen", listed, *AS_OF, *options)
    require_valid(record)
    return [row["id"] for row in record["rows"]]


@each_case(
    "options, wanted",
    {
        "the whole list": ("", "p1 p2 p3 p4 p5 p6"),
        "not ruled out": ("--trial dragon2", "p1 p3 p4 p5 p6"),
        "of another disease": ("--trial RESCUE", "p2 p3"),
        "ruled out": ("--trial pump_it --only not-eligible", "p4"),
        "undecided": ("--trial NCT06857773 --only undecided", "p1 p3 p5 p6"),
        "eligible, and nobody is": ("--only eligible", ""),
        "kept out of any": ("--only not-eligible", "p4 p5"),
        "undecided for any": ("--only undecided", "p1 p2 p3 p4 p5 p6"),
    },
)
def test_who_is_reported(options: str, wanted: str, listed: Path) -> None:
    assert sorted(ids(listed, *options.split())) == wanted.split()


def test_the_order_that_is_asked_for(listed: Path) -> None:
    """Fifteen days after 14 November nine are left; of 4 November one is past."""
    by_day = ids(listed, "--sort", "deadline")
    assert by_day[:2] == ["p1", "p4"]
    assert ids(listed, "--sort", "row") == ["p1", "p2", "p3", "p4", "p5", "p6"]
    assert ids(listed, "--sort", "id", "--top", "2") == ["p1", "p2"]
    whole = ids(listed)
    assert ids(listed, "--top", "3") == whole[:3]
    assert ids(listed, "--trial", "dragon2", "--sort", "row", "--top", "3") == ["p1", "p3", "p4"]


def test_the_soonest_of_several_deadlines_counts() -> None:
    """Today, 3 days, even if a further result lasts for 40, 5; no deadline comes last."""
    judged: Any = None  # not asked

    def order(*days: int) -> tuple[object, ...]:
        ends = tuple(Deadline("t", "c", "s", Fraction(n)) for n in days)
        pressing = Pressing(Urgency.DATED, ends, ("t",), (1,))
        return Selection(sort="deadline").order(Screened(1, None, judged, (), pressing))

    orders: list[Any] = [order(0), order(40, 3), order(5), order(-2), order(-9), order()]
    assert orders == sorted(orders)
    assert len(set(orders)) == len(orders)


def test_a_deadline_of_another_trial_is_none_of_this_one(listed: Path) -> None:
    of_pump = ids(listed, "--trial", "pump_it", "--sort", "deadline")
    of_dragon = ids(listed, "--trial", "dragon2", "--sort", "deadline")
    need = [one for one in ids(listed) if one in of_dragon]
    assert (of_pump[0], sorted(of_pump)) == ("p1", ["p1", "p3", "p5", "p6"])
    assert of_dragon == need  # it asks no blood test: nobody has a day


def test_the_counts_are_those_of_the_whole_list(listed: Path) -> None:
    whole = told("screen", listed, *AS_OF)
    part = told("screen", listed, *AS_OF, "--trial", "dragon2", "--top", "2")
    assert part["consort"] == whole["consort"]
    assert "selection" not in whole
    assert part["selection"] == {
        "trial": DRAGON, "sort": "need", "top": 2, "told": 2, "left_out": 4
    }  # fmt: skip
    only = told("screen", listed, *AS_OF, "--only", "undecided")["selection"]
    assert (only["only"], only["left_out"]) == ("indeterminate", 0)


def test_a_person_reads_how_many_are_listed(listed: Path) -> None:
    options = ("--trial", "dragon2", "--only", "undecided", "--top", "2")
    line = "2 of 6 patients are listed: undecided for DRAGON 2, the first 2, by urgency"
    assert line in ask("screen", listed, *AS_OF, *options).out
    csv = ask("screen", listed, *AS_OF, *options, "--csv")
    assert (csv.out.count("\np"), csv.err) == (2, f"{line}\n")
    assert ask("screen", listed, *AS_OF, *options, "--csv", "--quiet").err == ""
    assert "not excluded from RESCUE" in ask("screen", listed, *AS_OF, "--trial", "RESCUE").out
    by_id = ask("screen", listed, *AS_OF, "--sort", "id").out
    assert "6 of 6 patients are listed: by id" in by_id
    assert "patients are listed" not in ask("screen", listed, *AS_OF).out


def test_a_row_that_cannot_be_read_is_reported_whoever_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,crlm_present\np1,perhaps\np2,no\n", "utf-8")
    record = ask("screen", tmp_path / "list.csv", "--trial", "dragon2", "--json").record
    assert [row["id"] for row in record["refused"]] == ["p1"]
    assert record["rows"] == []


def test_what_is_no_part_of_a_list_is_refused(listed: Path) -> None:
    for options, code in (
        ("--trial none", "trial.unknown"),
        ("--trial DRAGON", "trial.unknown"),  # of two: a list is not guessed
        ("--only open", "usage.wrong"),
        ("--top 0", "usage.wrong"),
        ("--sort name", "usage.wrong"),
        ("--consort --top 3", "usage.wrong"),
        ("--consort --trial dragon2", "usage.wrong"),
    ):
        assert refused("screen", listed, *options.split())["code"] == code


def test_python_takes_the_same(listed: Path) -> None:
    options = {"as_of": "2026-11-20", "trial": "dragon2", "sort": "row", "top": 2}
    result = fl_planner.screen(listed, **options)  # type: ignore[arg-type]
    by_options = told("screen", listed, *AS_OF, "--trial", "dragon2", "--sort", "row", "--top", "2")
    assert fl_planner.as_record(result) == by_options


# ---- docs/screening.md


PAGE = (REPOSITORY / "docs" / "screening.md").read_text("utf-8")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Copy the page's table as it says."""
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "patients.csv"
    path.write_text(example, "utf-8")
    return path


def test_the_table_of_the_page(table: Path) -> None:
    record = told("screen", table, "--as-of", "2026-11-20")
    of: dict[str, Record] = {row["id"]: row for row in record["rows"]}
    assert [*of] == ["p1", "p3", "p2"]
    assert (of["p1"]["urgency"], of["p1"]["route_row"]) == ("window", "C10")
    # platelets of 14 November are 6 days old on the 20th: 15 - 6 = 9 days are left
    assert [one["days"] for one in of["p1"]["deadlines"] if "days" in one] == [9]
    assert of["p2"]["verdicts"]["NCT06178198"] == "indeterminate"
    assert of["p3"]["next_question"]["key"] == "crlm_present"
    assert record["refused"] == []


def test_what_the_page_calls_refused_is(table: Path) -> None:
    text = table.read_text("utf-8")
    table.write_text(text.replace("p1,yes", "p1,1"), "utf-8")
    assert ask("screen", table).status == 3
    table.write_text(text.replace("ecog", "record_number"), "utf-8")
    assert ask("screen", table).status == 2


def test_every_word_of_the_order_and_of_the_outcomes_is_there() -> None:
    assert set(PRESSING) | {"dated"} == {one.name.lower() for one in Urgency}
    assert all(f"*{words}*" in PAGE for words in PRESSING.values() if words)
    assert all(f"`{word}`" in PAGE for word in STATES)
    windows = [trial.short for trial in read_bundled_trials() if trial.window]
    assert windows == ["pump_it"]


def test_the_commands_of_the_page(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    lines = [line for line in PAGE.splitlines() if line.startswith("fl-planner ")]
    commands = [line.partition(" > ")[0].split()[1:] for line in lines]
    commands = [words for words in commands if "bundles/" not in words]
    assert len(commands) == 16
    assert [ask(*words).status for words in commands] == [0] * 16
