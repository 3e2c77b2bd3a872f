"""docs/screening.md: its table is screened, and what it says of cells and order is so."""

import re
from pathlib import Path

import pytest

from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.planning.worklist_order import Urgency
from fl_planner.report.terminal.worklist import PRESSING
from fl_planner.trials.patient_steps import STATES
from tests.cli.outside import REPOSITORY, Record, ask, told

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
