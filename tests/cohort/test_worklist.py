"""The worklist of a cohort: the rows of `screen`, in its order."""

import csv
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.cohort.result import find_folder, find_unanswered, format_patient
from fl_planner.cohort.table_files import list_worklist, read_worklist
from fl_planner.cohort.tables import collect_names
from fl_planner.record.plan import as_plan_record
from fl_planner.screening.worklist_record import WorklistTable
from fl_planner.trials.statements import parse_stated
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request
from tests.cli.outside import BUNDLED, ask
from tests.cohort.folders import NO_LIVER, PLANNED, Became, write_run
from tests.record.planned import WHOLE, made
from tests.refusals import refuses

DRAGON = "NCT05428735"


def as_worklist_csv(out: Path, trials: tuple[str, ...]) -> str:
    """Write the worklist of a run as its file."""
    table = WorklistTable(trials)
    return table.header + "".join(line.text for line in list_worklist(out, table))


HCC = made(id="hcc", diagnosis="hcc")
CRLM = made(id="crlm")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Keep a run whose first case presses less than its second."""
    cases: list[tuple[str, Became]] = [
        ("hcc", as_plan_record(HCC)),
        ("crlm", as_plan_record(CRLM)),
        ("r", NO_LIVER),
        ("k", "stopped"),
        ("later", None),
        ("old", PLANNED),
    ]
    write_run(tmp_path, cases)
    for name, plan in (("hcc", HCC), ("crlm", CRLM)):
        (find_folder(tmp_path, name) / "worklist.json").write_bytes(format_patient(plan))
    return tmp_path


def test_who_presses_most_is_first_and_who_has_no_plan_last(run: Path) -> None:
    """The window of a trial may close for CRLM before the first cycle; for HCC nothing closes."""
    rows = [*csv.DictReader(StringIO(as_worklist_csv(run, (DRAGON,))))]
    assert [(one["record_id"], one["row"]) for one in rows] == [
        ("crlm", "2"),
        ("hcc", "1"),
        ("r", "3"),
        ("k", "4"),
    ]
    crlm, hcc, refused, failed = rows
    assert (crlm["urgency"], crlm["flr_pct"]) == ("window_possible", "20.3665988")
    assert crlm["shown_nct05428735"] == "undecided"
    assert hcc["shown_nct05428735"] == "for another diagnosis"
    assert (refused["refused_code"], refused["reason"]) == (
        "input.no_liver",
        "no liver mask was given",
    )
    assert (failed["refused_code"], failed["reason"]) == ("cohort.failed", "stopped")


def test_who_has_no_answer_is_first_with_the_reason(run: Path) -> None:
    """Without a remnant there is no FLR, however little presses."""
    plan = made(replace(WHOLE, flr=None), id="hcc", diagnosis="hcc")
    why = find_unanswered(as_plan_record(plan))
    assert why is not None
    (find_folder(run, "hcc") / "worklist.json").write_bytes(format_patient(plan, why))
    first, second, *_ = csv.DictReader(StringIO(as_worklist_csv(run, (DRAGON,))))
    assert (first["record_id"], second["record_id"]) == ("hcc", "crlm")
    assert first["reason"] == f"no FLR result: {why}"
    assert find_unanswered(as_plan_record(HCC)) is None


def test_an_entered_flr_is_an_answer() -> None:
    stated, _ = parse_stated({"flr_of_nontumorous_liver": {"value": 29, "unit": "%"}})
    plan = as_plan_record(made(replace(WHOLE, flr=None), stated=stated))
    assert plan.judged.typed_flr is not None
    assert find_unanswered(plan) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"order": ["1/0"], "row": {}}', b'{"order": ["x"], "row": {}}', None],
    ids=str,
)
def test_h14_a_damaged_row_is_refused(run: Path, content: bytes | None) -> None:
    """None: the row as it was, with an order that is no number."""
    kept = find_folder(run, "crlm") / "worklist.json"
    ordered = kept.read_bytes().replace(b'"order": [', b'"order": ["1/0", ')
    kept.write_bytes(ordered if content is None else content)
    with refuses("cohort.unreadable", "crlm/worklist.json"):
        read_worklist(run)


@pytest.mark.slow
def test_it_is_what_screen_gives_of_the_same_case_files(tmp_path: Path) -> None:
    """Of two bundled cases, by the command: the same bytes."""
    listed = tmp_path / "cases"
    listed.mkdir()
    names = {"crlm": "crlm-demo", "hcc": "hcc-demo"}
    for name in names:
        text = (BUNDLED / name / "case.toml").read_text("utf-8")
        masks = re.sub(r'"(\w+\.nii\.gz)"', rf'"{BUNDLED / name}/\1"', text)
        (listed / f"{name}.toml").write_text(masks, "utf-8")
    out = tmp_path / "out"
    out.mkdir()
    plans = {id_: make_plan(read_request(listed / f"{name}.toml")) for name, id_ in names.items()}
    write_run(out, [(id_, as_plan_record(plan)) for id_, plan in plans.items()])
    for id_, plan in plans.items():
        (find_folder(out, id_) / "worklist.json").write_bytes(format_patient(plan))
    screened = ask("screen", listed, "--csv")
    assert as_worklist_csv(out, collect_names(out).trials) == screened.out
