"""Part of a worklist: who is told, in what order; all are judged and counted."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import fl_planner
from fl_planner.planning.worklist_order import Deadline, Pressing, Urgency
from fl_planner.screening.screen import Selection
from fl_planner.screening.worklist import Screened
from tests.cases import each_case
from tests.cli.outside import ask, refused, told
from tests.record.schemas import require_valid

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
    """3 days come before 5, even if a further result lasts for 40; no deadline comes last."""
    judged: Any = None  # not asked

    def order(*days: int) -> tuple[object, ...]:
        ends = tuple(Deadline("t", "c", "s", Fraction(n)) for n in days)
        pressing = Pressing(Urgency.DATED, ends, ("t",), (1,))
        return Selection(sort="deadline").order(Screened(1, None, judged, (), pressing))

    orders: list[Any] = [order(40, 3), order(5), order(-2), order(-9), order()]
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
