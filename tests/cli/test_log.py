"""`--log` and `fl-planner log`: the same bytes everywhere, and nobody's name in what is shared."""

import csv
import json
import re
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.record.declaration.part import DENOMINATORS, WHOLE_LIVER, as_json
from fl_planner.record.plan import as_record
from fl_planner.workup.api import plan
from tests.cli.outside import BUNDLED, SMALL, Record, ask, case_toml, codes, finding, refused
from tests.niftis import both_forms, nifti, write
from tests.nrrds import nrrd
from tests.record.schemas import require_valid
from tests.screening.logs import fill, small, tamper

CRLM = BUNDLED / "crlm" / "case.toml"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def listed(log: Path, *options: str, status: int = 0) -> Record:
    ran = ask("log", log, *options, "--json")
    assert (ran.status, ran.err) == (status, "")
    return require_valid(ran.record)


def table(log: Path, *options: str, status: int = 0) -> list[dict[str, str]]:
    ran = ask("log", log, "--csv", *options)
    assert ran.status == status
    assert ran.err.startswith("refused: " if status else "")
    return list(csv.DictReader(StringIO(ran.out)))


@pytest.mark.essential
@pytest.mark.slow
def test_command_python_and_log_give_the_same_bytes(log: Path) -> None:
    ran = ask("plan", CRLM, "--json", "--log", log)
    assert ran.status == 0
    assert ran.stdout == ask("plan", CRLM, "--json").stdout
    assert ask("log", log, "--entry", "1").stdout == ran.stdout
    assert f"{as_json(as_record(plan(CRLM).plan))}\n".encode() == ran.stdout
    with closing(sqlite3.connect(log)) as base:
        ((record,),) = base.execute("SELECT record FROM entry").fetchall()
    assert record + b"\n" == ran.stdout


def test_h03_the_denominator_of_a_logged_flr_is_named(log: Path) -> None:
    """An entry of a version that did not state it has none."""
    flr = {"flr_percent": 28.7, "flr_percent_shown": "28.7"}
    known = [{**small(n), **flr, "denominator": one} for n, one in enumerate(DENOMINATORS, 1)]
    fill(log, *known, {**small(3), **flr}, {**small(4), "denominator": WHOLE_LIVER})
    entries = [one.get("denominator") for one in listed(log)["entries"]]
    assert entries == ["measured_nontumour", "measured_liver", None, None]
    assert [row["denominator"] for row in table(log)] == [one or "" for one in entries]
    lines = [line for line in ask("log", log).out.splitlines() if "case-00" in line]
    assert ["28.7 (whole liver)" in line for line in lines] == [False, True, False, False]


@pytest.mark.slow
def test_the_table_states_the_same_with_and_without_a_log(log: Path) -> None:
    assert ask("plan", CRLM, "--log", log).stdout == ask("plan", CRLM).stdout
    assert ask("plan", CRLM, "--csv", "--log", log).stdout == ask("plan", CRLM, "--csv").stdout
    assert len(listed(log)["entries"]) == 2


@pytest.mark.slow
def test_an_entry_states_case_hashes_verdicts(log: Path) -> None:
    plan = ask("plan", CRLM, "--json", "--log", log).record
    judged = ask("trials", "judge", CRLM, "--json", "--log", log).record
    record = listed(log)
    first, second = record["entries"]
    assert (record["intact"], record["head"]) == (True, second["chain"])
    assert (first["sequence"], first["case"], first["command"]) == (1, "crlm-demo", "plan")
    assert (second["sequence"], second["case"], second["command"]) == (
        2, "crlm-demo", "trials judge",
    )  # fmt: skip
    wanted = [{"role": one["role"], "sha256": one["sha256"]} for one in plan["inputs"]]
    assert first["inputs"] == wanted
    assert first["rules"] == plan["rules"]
    for entry, told_by in ((first, plan), (second, judged)):
        assert entry["verdicts"] == {one["id"]: one["verdict"] for one in told_by["trials"]}
        assert entry["pathway"] == told_by["pathway"]["name"]
        assert entry["route"] == told_by["route"]["name"]
    assert first["flr_percent"] == plan["flr_percent"]
    assert "flr_percent" not in second
    assert first["findings"] == ["threshold.by_a_hair"]


def test_a_file_of_facts_has_no_case(tmp_path: Path, log: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"crlm_present": true}', "utf-8")
    assert ask("trials", "judge", facts, "--log", log).status == 0
    (entry,) = listed(log)["entries"]
    assert "case" not in entry
    assert [one["role"] for one in entry["inputs"]] == ["facts"]


def test_days_are_counted_and_times_are_clinical(log: Path) -> None:
    fill(log, small(1), small(2), small(1))
    entries = listed(log)["entries"]
    assert [entry["day"] for entry in entries] == [0, 1, 2]
    assert all("logged_at" not in entry for entry in entries)
    clinical = listed(log, "--profile", "clinical")["entries"]
    assert clinical[1]["logged_at"] == "2026-11-21T12:00:00+00:00"
    assert "2026" not in ask("log", log, "--json").out
    assert table(log, "--profile", "clinical")[2]["logged_at_utc"] == "2026-11-22T12:00:00+00:00"
    assert "logged_at_utc" not in table(log)[2]


def test_one_case_of_many(log: Path) -> None:
    fill(log, small(1), small(2), small(1))
    assert [entry["sequence"] for entry in listed(log, "--case", "case-001")["entries"]] == [1, 3]
    assert [row["sequence"] for row in table(log, "--case", "case-002")] == ["2"]


@pytest.mark.parametrize("changed", [False, True])
def test_h12_a_case_that_is_not_in_the_log_is_reported_with_the_entries_of_others(
    changed: bool, log: Path
) -> None:
    """A mistyped id is not a patient without entries; an id as compared is found."""
    fill(log, small(1), small(2), small(1))
    for known in ("case-001", "\uff43ase-002", None):
        assert codes(listed(log, *(() if known is None else ("--case", known)))) == []
    if changed:
        tamper(log, "UPDATE entry SET version = 'x' WHERE sequence = 2")
    record = listed(log, "--case", "case-003", status=2 if changed else 0)
    assert record["entries"] == []
    assert codes(record) == ["log.tampered"] * changed + ["log.none_of_case"]
    message = "log.sqlite: none of its 3 entries is for this case"
    assert record["findings"][-1]["message"] == message
    assert message in ask("log", log, "--case", "case-003").out
    one = log.with_name("one.sqlite")
    fill(one, small(1))
    (found,) = listed(one, "--case", "x")["findings"]
    assert found["message"] == "one.sqlite: its only entry is for another case"


@pytest.mark.essential
@pytest.mark.slow
def test_the_csv(log: Path) -> None:
    ask("plan", CRLM, "--log", log)
    fill(log, small(1))
    first, second = table(log)
    assert next(iter(first)) == "record_id"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name) for name in first)
    assert (first["record_id"], first["intact"]) == ("crlm-demo", "1")
    assert first["verdict_nct06178198"] == "not_eligible"
    assert (second["verdict_nct06178198"], second["verdict_nct05428735"]) == ("", "eligible")
    assert second["inputs_sha256"] == f"liver:{'0' * 64}"
    assert second["rules_sha256"] == f"NCT05428735:{'1' * 64}"


def test_h12_a_log_that_was_emptied_is_refused(log: Path) -> None:
    """It is begun with its first entry: without one, somebody took them all."""
    fill(log, small(1))
    tamper(log, "DELETE FROM entry")
    refusal = refused("log", log)
    assert refusal["code"] == "log.entry_changed"
    assert refusal["reason"].startswith("was changed: it contains no entry")


def test_h12_a_changed_entry_is_reported_and_its_content_is_not(log: Path) -> None:
    fill(log, small(1), small(2), small(3))
    tamper(log, 'UPDATE entry SET verdicts = \'{"NCT05428735": "not\' WHERE sequence = 2')
    record = listed(log, status=2)
    assert record["refusal"]["code"] == "log.entry_changed"
    assert "was changed: entry 2 differs from what was logged" in record["refusal"]["reason"]
    assert not record["intact"]
    assert record["entries"][1] == {"sequence": 2, "intact": False}
    assert finding(record, "log.tampered")["severity"] == "error"
    assert "entry 2 " in finding(record, "log.tampered")["message"]
    row = table(log, status=2)[1]
    assert {name for name, cell in row.items() if cell} == {"sequence", "intact"}
    assert refused("log", log, "--entry", "2")["code"] == "log.entry_changed"
    assert ask("log", log, "--entry", "3").status == 0
    shown = ask("log", log)
    assert shown.status == 2
    assert "was changed: entry 2" in " ".join(shown.err.split())
    assert "changed, or entries before it are missing" in shown.out
    assert "the log was changed" in shown.out


def test_a_time_that_is_none_any_more(log: Path) -> None:
    fill(log, small(1), small(2))
    tamper(log, "UPDATE entry SET logged_at = 'x' WHERE sequence = 1")
    record = listed(log, status=2)
    assert "day" not in record["entries"][1]
    assert codes(record) == ["log.tampered"]


@pytest.mark.essential
@pytest.mark.slow
def test_the_table_for_a_person(log: Path) -> None:
    ask("plan", CRLM, "--log", log)
    shown = ask("log", log)
    assert (shown.status, shown.err) == (0, "")
    row = next(line for line in shown.out.splitlines() if "crlm-demo" in line)
    assert row.split() == ["1", "0", "crlm-demo", "29.96", "information", "missing", "?----"]
    assert "1 entry; all hashes are valid" in shown.out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--csv", "--json"], "usage.wrong"),
        (["--csv", "--entry", "1", "--json"], "usage.wrong"),
        (["--entry", "7"], "log.no_entry"),
    ],
)
def test_what_is_refused(log: Path, options: list[str], code: str) -> None:
    fill(log, small(1))
    assert refused("log", log, *options)["code"] == code


def test_a_refused_plan_is_not_logged_and_no_log_no_plan(tmp_path: Path, log: Path) -> None:
    assert ask("plan", "--liver", tmp_path / "none.nii", "--log", log).status == 2
    assert not log.exists()
    other = tmp_path / "none" / "log.sqlite"
    ran = ask("plan", CRLM, "--json", "--log", other)
    assert (ran.status, ran.record["refusal"]["code"]) == (2, "log.unwritable")


NAME, NUMBER, DAY = "Zwetschgenmeier", "PID-4711-XY", "1961-07-23"
CANARIES = (NAME, NUMBER, DAY, "19610723", "23.07.1961", "2026-05-04", "20260504")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Write a case with a name, a number and dates wherever a file can hold them."""
    folder = tmp_path / f"{NAME}_{NUMBER}_19610723"
    folder.mkdir()
    forms = both_forms((SMALL.step_mm,) * 3, (-40.0, -60.0, 30.0))
    field = f"{NAME} {NUMBER} {DAY}".encode()
    voxels = SMALL.mask(0, SMALL.voxels)
    liver = nifti(voxels, **forms, descrip=field, intent_name=NUMBER.encode())
    write(folder / f"{NAME}.nii", liver)
    rows = [[5.0, 0, 0, -40.0], [0, 5.0, 0, -60.0], [0, 0, 5.0, 30.0]]
    content = nrrd(SMALL.mask(0, 2400), rows, pairs={"patient": f"{NAME} {NUMBER} {DAY}"})
    write(folder / f"{NUMBER}-{DAY}.nrrd", content)
    text = f"""
id = "case-001"
label = "{NAME} {NUMBER}"
diagnosis = "crlm"
[masks]
liver = "{NAME}.nii"
flr = "{NUMBER}-{DAY}.nrrd"
no_tumour = true
[[plan]]
name = "right hepatectomy of {NAME}"
[imaging]
date = 2026-05-04
phase = "as {NAME} lay"
reader = "{NAME}"
[facts]
age = {{ value = 65, unit = "a" }}
platelets = {{ value = 214, unit = "10*9/L", date = 2026-05-04 }}
"""
    return case_toml(folder, text, f"{NAME}.toml")


@pytest.mark.essential
@pytest.mark.slow
def test_planted_names_numbers_and_dates_come_out_nowhere(planted: Path, log: Path) -> None:
    """The row and the log's listings: what a study gets. Its own words stand in the record."""
    dated = ["--as-of", "2026-05-20"]
    outputs = [
        ask("plan", planted, *dated, "--csv", "--log", log),
        ask("plan", planted, *dated, "--profile", "clinical", "--csv", "--log", log),
        ask("trials", "judge", planted, *dated, "--json", "--log", log),
        *(ask("log", log, *form) for form in ([], ["--json"], ["--csv"])),
    ]
    assert [ran.status for ran in outputs] == [0] * len(outputs)
    del outputs[2]  # names its files
    for ran in outputs:
        for word in CANARIES:
            assert word.encode() not in ran.stdout + ran.stderr, word


def test_the_record_holds_no_header_no_date_no_label_and_no_folder(
    planted: Path, log: Path
) -> None:
    """What the user calls files, plan and reader is printed as given; all else stays inside."""
    shareable = ask("plan", planted, "--as-of", "2026-05-20", "--json", "--log", log)
    clinical = ask(
        "plan", planted, "--as-of", "2026-05-20", "--json", "--profile", "clinical", "--log", log
    )
    assert clinical.record["case"]["label"] == f"{NAME} {NUMBER}"
    first, second = (ask("log", log, "--entry", n).stdout for n in (1, 2))
    assert first == second == shareable.stdout  # what is logged is always shareable
    record = json.loads(first)
    given = [record["case"]["plan"].pop("name"), record["case"].pop("reading")]
    assert "date" not in given[1]
    text = json.dumps(record)
    for one in record["inputs"]:
        text = text.replace(one["file"], "")
    for word in CANARIES:
        assert word not in text, word
