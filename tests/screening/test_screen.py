"""`screen` and `outcome` from outside: who comes first, who is refused, what comes out of it."""

import csv
import json
import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.report.terminal.worklist import describe_deadline
from fl_planner.screening.worklist import list_doubts
from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, Record, ask, case_toml, codes, refused, told
from tests.intake.documents.test_protocols import OWN
from tests.intake.patients.test_fhir_bundle import observed, patient
from tests.patients import case_text, facts_text, patients
from tests.record.schemas import require_valid
from tests.screening.logs import tamper
from tests.workup.test_trials_judge import centre_text

AS_OF = ["--as-of", "2026-11-20"]
NAME, NUMBER, DAY = "Zwetschgenmeier", "PID-4711-XY", "1961-07-23"
CANARIES = (NAME, NUMBER, DAY, "19610723", "23.07.1961", "2026-11-04", "20261104")
RESCUE, DRAGON_2 = "NCT06178198", "NCT05428735"


def profile(name: str, missing: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Take the facts of an invented patient."""
    row = {"profile": name, "set": more, "missing": missing}
    facts: dict[str, Any] = json.loads(facts_text(row))
    return facts


def days(value: int) -> dict[str, Any]:
    """Write an age in days."""
    return {"value": value, "unit": "d"}


def lines(path: Path, **patients: dict[str, Any]) -> Path:
    """Write JSON lines, a patient each."""
    text = "\n".join(json.dumps({"id": id_, **facts}) for id_, facts in patients.items())
    path.write_text(text, "utf-8")
    return path


def screened(path: Path, *options: object, status: int = 0) -> Record:
    """Screen a list, after the form of its record was looked at."""
    ran = ask("screen", path, *options, "--json")
    assert (ran.status, ran.err) == (status, "")
    return require_valid(ran.record)


def one(path: Path, facts: dict[str, Any], *options: object) -> Record:
    """Screen a list of one."""
    (row,) = screened(lines(path / "list.jsonl", p=facts), *options)["rows"]
    assert isinstance(row, dict)
    return row


def table(path: Path, *options: object, status: int = 0, err: str = "") -> list[dict[str, str]]:
    """Screen a list as CSV."""
    ran = ask("screen", path, *options)
    assert (ran.status, " ".join(ran.err.split())) == (status, err)
    return list(csv.DictReader(StringIO(ran.out)))


@pytest.mark.slow
@each_case("case", patients())
def test_every_patient_has_the_verdicts_and_the_route_expected(
    case: dict[str, Any], tmp_path: Path
) -> None:
    options = ["--as-of", case["as_of"]] if "as_of" in case else []
    if "centre" in case:
        centre = tmp_path / "centre.toml"
        centre.write_text(centre_text(case["centre"]), "utf-8")
        options += ["--centre", str(centre)]
    if "case" in case:
        (tmp_path / "list").mkdir(exist_ok=True)
        case_toml(tmp_path / "list", case_text(case).removeprefix("schema = 1\n"))
        (row,) = screened(tmp_path / "list", *options)["rows"]
    else:
        row = one(tmp_path, json.loads(facts_text(case)), *options)
    expected = case["expected"]
    assert row["verdicts"] == {id_: t["verdict"] for id_, t in expected["trials"].items()}
    assert (row["route"], row["route_row"]) == (expected["route"], expected["row"])
    assert set(expected["findings"]) <= set(row["findings"])
    told = {id_: t["shown"] for id_, t in expected["trials"].items() if "shown" in t}
    assert told == {id_: row["verdicts_shown"][id_] for id_ in told}


def test_who_presses_most_comes_first(tmp_path: Path) -> None:
    """First cycle, then results by the day, then who has time, last who has nothing open."""
    path = lines(
        tmp_path / "list.jsonl",
        nothing=profile("crlm_few_small", crlm_present=False),
        time=profile("crlm_small_flr"),
        later=profile("hcc_large", labs_age=days(10)),
        sooner=profile("hcc_large", labs_age=days(24)),
        past=profile("hcc_large", labs_age=days(33)),
        window=profile("crlm_unresectable_naive"),
        asked=profile(
            "crlm_unresectable_naive", ("prior_systemic_therapy_crc", "labs_age", "staging_ct_age")
        ),
    )
    found = screened(path)["rows"]
    wanted = ["window", "sooner", "later", "past", "asked", "time", "nothing"]
    assert [row["id"] for row in found] == wanted
    of = {row["id"]: row for row in found}
    assert of["window"]["urgency"] == "window"
    assert (of["past"]["deadline"]["days"], of["past"]["deadline"]["trial"]) == (-3, RESCUE)
    assert of["past"]["verdicts"][RESCUE] == "not_eligible"
    assert RESCUE in of["past"]["possible"]
    assert (of["sooner"]["deadline"]["days"], of["later"]["deadline"]["days"]) == (6, 20)
    assert (of["asked"]["urgency"], of["asked"]["deadlines"][0]["criterion"]) == (
        "window_possible",
        "I5",
    )
    assert (of["time"]["urgency"], of["nothing"]["urgency"]) == ("open", "nothing")
    assert of["nothing"]["deadlines"] == []


def test_equal_patients_keep_the_order_of_the_list(tmp_path: Path) -> None:
    same = profile("crlm_small_flr")
    found = screened(lines(tmp_path / "list.jsonl", b=same, a=same, c=same))["rows"]
    assert [row["id"] for row in found] == ["b", "a", "c"]


def test_the_next_question_settles_most(tmp_path: Path) -> None:
    row = one(tmp_path, profile("crlm_extrahepatic", ("platelets", "ecog", "dpd_deficiency")))
    assert row["next_question"] == {"key": "ecog", "asked_of": "chart", "trials": 1}
    assert row["questions"] == 2  # DPD is PUMP-IT's, which this patient cannot enter


def test_the_csv_by_column(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,crlm_present,hcc_present,ecog\n=p1,no,yes,1\np2,no,yes,x\n", "utf-8")
    first, second = table(path, "--csv", status=3)
    assert first["record_id"] == "'=p1"  # no spreadsheet runs it
    assert first["row"] == "2"
    assert (first["verdict_nct06178198"], first["verdict_nct05428735"]) == (
        "indeterminate",
        "not_eligible",
    )
    assert (first["route"], first["refused_code"]) == ("needs_data", "")
    assert (second["record_id"], second["refused_code"]) == ("p2", "screen.unreadable")
    assert (second["reason"], second["route"]) == ("ecog: give a whole number", "")
    assert all(len(name) <= 26 and name.isascii() and name.islower() for name in first)


def test_refused_rows_end_with_3_and_cost_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id;ecog;crlm_present\na;1;yes\nb;x;yes\nc;0;yes\n", "utf-8")
    record = screened(path, status=3)
    assert [row["id"] for row in record["rows"]] == ["a", "c"]
    (row,) = record["refused"]
    assert (row["row"], row["id"], row["code"]) == (3, "b", "screen.unreadable")
    assert record["consort"]["listed"] == 3
    assert record["consort"]["not_read"] == 1
    shown = ask("screen", path)
    assert shown.status == 3
    assert "ecog: give a whole number: row 3 (b)" in shown.out


def test_the_diagnosis_of_all(tmp_path: Path) -> None:
    path = lines(tmp_path / "list.jsonl", p1={"ecog": 1}, p2={"crlm_present": False, "ecog": 1})
    of = {row["id"]: row for row in screened(path, "--diagnosis", "crlm")["rows"]}
    # the list's diagnosis is not that of p2: nothing follows from it on HCC either
    assert (of["p1"]["route_row"], of["p2"]["route_row"]) == ("C10", "R2")


@pytest.mark.essential
@pytest.mark.slow
def test_a_folder_with_cases_and_bundles(tmp_path: Path) -> None:
    case = (BUNDLED / "crlm" / "case.toml").read_text("utf-8")
    for file in (BUNDLED / "crlm").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lost_case = case.replace("liver.nii", "lost.nii").replace("crlm-demo", "lost-demo")
    (tmp_path / "lost.toml").write_text(lost_case, "utf-8")
    (tmp_path / "facts.json").write_text('{"hcc_present": true}', "utf-8")
    record = screened(tmp_path, *AS_OF, status=3)
    judged = ask("trials", "judge", tmp_path / "case.toml", *AS_OF, "--json").record
    (row,) = (one for one in record["rows"] if one.get("id") == "crlm-demo")
    assert row["verdicts"] == {one["id"]: one["verdict"] for one in judged["trials"]}
    assert row["route"] == judged["route"]["name"]
    (lost,) = record["refused"]
    assert (lost["row"], lost["code"]) == (3, "file.missing")
    assert lost["id"] == "lost-demo"
    assert lost["reason"].startswith("liver: no such file")
    assert "lost.nii" not in json.dumps(record)
    clinical = screened(tmp_path, *AS_OF, "--profile", "clinical", status=3)
    assert {row["file"] for row in clinical["rows"]} == {"case.toml", "facts.json"}
    assert clinical["refused"][0]["file"] == "lost.toml"


def test_a_trial_of_ones_own_has_its_columns(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.toml").write_text(OWN, "utf-8")
    path = tmp_path / "list.csv"
    path.write_text("ecog,crlm_present\n1,yes\n", "utf-8")
    (row,) = table(path, "--csv", "--trials", tmp_path / "own")
    assert row["verdict_hospital_1"] == "indeterminate"


# ---- nobody's name, number or date comes out


def plant(folder: Path) -> list[Path]:
    """Write lists with a name, a number and dates wherever one can stand."""
    folder.mkdir()
    texts = {
        f"{NAME}.csv": f"id,ecog,platelets [10*9/L],platelets.date,ras_status\n"
        f"p1,1,90,2026-11-04,wild_type\np2,{NAME},90,{DAY},{NUMBER}\np3,1,{NUMBER},,\n",
        f"{NUMBER}.csv": f"id,{NAME},{DAY},platelets [{NAME}]\np1,1,2,3\n",
        f"{DAY}.csv": f"id,platelets [{NAME}],corticosteroid_daily_dose [mg/d],"
        f"corticosteroid_daily_dose.drug\np1,90,5,{NAME}\n",
        f"{NAME}.jsonl": f'{{"ecog": "{NAME}"}}\n{{"{NAME}": 1}}\n{{"labs_date": "{DAY}x"}}\n'
        f'{{"labs_date": "2026-11-04", "crlm_present": true}}\n{{"{NAME}\n'
        f'{{"albumin": {{"value": 40, "unit": "{NAME}", "{NUMBER}": 1}}}}\n',
    }
    unit, someone = {"value": 90, "unit": NAME}, f"Patient/{NUMBER}"
    who = {"identifier": [{"value": NUMBER}], "name": [{"family": NAME}], "birthDate": DAY}
    subject = {"reference": someone, "display": NAME}
    said = {"note": [{"text": f"{NAME} {NUMBER} {DAY}"}]}
    at = "2026-11-04T08:00:00Z"
    entries = [
        {"fullUrl": f"http://{NAME}/{someone}", "resource": patient(NUMBER, gender=NAME, **who)},
        {"resource": observed("777-3", unit, status=NAME, subject=subject)},
        {"resource": observed("718-7", unit, someone, effectiveDateTime=at, **said)},
    ]
    bundle = {"resourceType": "Bundle", "id": NUMBER, "entry": entries}
    texts[f"{NAME}-{DAY}.json"] = json.dumps(bundle)
    texts[f"{NAME}.toml"] = (
        f'schema = 1\nid = "case-001"\nlabel = "{NAME}"\ndiagnosis = "crlm"\n[masks]\n'
        f'[imaging]\nreader = "{NAME}"\ndate = 2026-11-04\n[facts]\nlabs_date = 2026-11-04\n'
    )
    texts[f"{NUMBER}.toml"] = f'schema = 1\n{NAME} = "{DAY}"\n[masks]\nliver = "{NAME}.nii"\n'
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]


def test_planted_names_numbers_and_dates_come_out_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / f"{NAME}_{NUMBER}_19610723"
    inputs = [folder, *plant(folder), folder / f"{NAME}-none.csv"]
    statuses = []
    for path in inputs:
        for form in ([], ["--json"], ["--csv"], ["--consort"]):
            ran = ask("screen", path, *AS_OF, *form)
            statuses.append(ran.status)
            assert ran.status in (0, 2, 3)
            for word in CANARIES:
                assert word.encode() not in ran.stdout + ran.stderr, (path, form, word)
    assert set(statuses) == {0, 2, 3}


# ---- what became of them


def record_all(log: Path, *outcomes: str) -> None:
    """Record outcomes, each written as one text."""
    for outcome in outcomes:
        ran = ask("outcome", log, *outcome.split())
        assert (ran.status, ran.err) == (0, ""), ran.err


@pytest.fixture
def flow(tmp_path: Path) -> tuple[Path, Path]:
    """Write a list and what became of its patients."""
    path = lines(
        tmp_path / "list.jsonl",
        a=profile("hcc_large"),
        b=profile("hcc_large"),
        c=profile("hcc_large", ecog=2),
        d=profile("hcc_large", ("ecog",)),
        e=profile("crlm_small_flr"),
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("\n[]\n")
    log = tmp_path / "screening.sqlite"
    record_all(
        log,
        f"a {RESCUE} approached",
        f"a {RESCUE} consented",
        f"a {RESCUE} screen_failure --criterion I7",
        f"b {RESCUE} consented",
        f"b {RESCUE} declined",
        f"d {RESCUE} screen_failure --criterion E1a",
        f"d {RESCUE} screen_failure --criterion I8",
        f"gone {RESCUE} declined",
        f"e {DRAGON_2} approached",
    )
    return path, log


def test_the_counts_by_hand(flow: tuple[Path, Path]) -> None:
    path, log = flow
    record = screened(path, "--outcomes", log, status=3)
    consort = record["consort"]
    assert (consort["listed"], consort["not_read"], consort["assessed"]) == (6, 1, 5)
    counts = {one["trial"]: one for one in consort["trials"]}
    rescue = counts[RESCUE]
    # a, b eligible; c fails I8 (ECOG 2); d open; e has no HCC: I2 comes first
    assert (rescue["eligible"], rescue["open"], rescue["not_eligible"]) == (2, 1, 2)
    assert rescue["kept_out_by"] == [
        {"criterion": "I2", "patients": 1},
        {"criterion": "I8", "patients": 1},
    ]
    # of a, b and d something is recorded; b took it back; a and d failed screening
    assert (rescue["approached"], rescue["consented"], rescue["declined"]) == (3, 1, 1)
    assert rescue["screen_failures"] == 2
    assert rescue["failed_on"] == [
        {"criterion": "I7", "patients": 1},
        {"criterion": "I8", "patients": 1},
    ]
    assert (counts[DRAGON_2]["approached"], counts[DRAGON_2]["consented"]) == (1, 0)
    assert codes(record) == ["outcome.not_listed"]
    assert record["findings"][0]["value"] == 1
    of = {row.get("id"): row for row in record["rows"]}
    assert of["a"]["outcomes"] == {RESCUE: {"became": "screen_failure", "criterion": "I7"}}
    assert "outcomes" not in of["c"]


def test_whom_the_design_alone_keeps_out_is_counted_by_its_reason(tmp_path: Path) -> None:
    """An arm of DRAGON 2 was given: no criterion of its text fails [trials.md 1, by_design]."""
    path = tmp_path / "list.csv"
    path.write_text("id,crlm_present,hcc_present,prior_pve_hve\na,yes,no,yes\nb,yes,no,no\n")
    record = screened(path)
    (dragon,) = (one for one in record["consort"]["trials"] if one["trial"] == DRAGON_2)
    assert (dragon["not_eligible"], dragon["open"], dragon["kept_out_by"]) == (1, 1, [])
    (kept,) = dragon["kept_out_by_design"]
    assert (kept["reason"], kept["patients"]) == ("arm_already_given", 1)
    says = (
        "Embolisation already performed; randomisation between PVE and PVE/HVE is no longer "
        "possible"
    )
    assert kept["says"] == says
    found = table(path, "--consort")
    of = {(one["trial"], one["step"], one["criterion"]): one["patients"] for one in found}
    assert of[DRAGON_2, "kept_out_by_design", "arm_already_given"] == "1"
    shown = " ".join(ask("screen", path).out.split())
    assert f"by trial design: {says}" in shown


LOST = (
    "warning: outcomes of 1 patient not on this list, or in rows that were not read, were not "
    "counted (outcome.not_listed)"
)


def test_the_counts_as_a_table(flow: tuple[Path, Path]) -> None:
    path, log = flow
    found = table(path, "--outcomes", log, "--consort", status=3, err=LOST)
    of = {(one["trial"], one["step"], one["criterion"]): one["patients"] for one in found}
    assert (of["", "listed", ""], of[RESCUE, "consented", ""]) == ("6", "1")
    assert of[RESCUE, "failed_on", "I7"] == "1"
    csv_rows = table(path, "--outcomes", log, "--csv", status=3, err=LOST)
    (first,) = (one for one in csv_rows if one["record_id"] == "a")
    assert first["outcome_nct06178198"] == "screen_failure I7"
    shown = ask("screen", path, "--outcomes", log).out
    assert "2 failed screening" in shown
    assert "RESCUE: declined" in shown


@pytest.mark.parametrize("form", [["--consort"], ["--csv"], ["--xlsx", "list.xlsx"]])
def test_a_table_comes_with_the_warnings_about_the_list(
    flow: tuple[Path, Path], form: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The log has an outcome of `gone`, who is not on the list: the counts of the table omit it."""
    monkeypatch.chdir(tmp_path)
    path, log = flow
    err = " ".join(ask("screen", path, "--outcomes", log, *form, "--quiet").err.split())
    assert err == LOST
    assert ask("screen", path, *form, "--quiet", "--force").err == ""


def test_an_outcome_is_an_entry_of_the_log(flow: tuple[Path, Path]) -> None:
    _, log = flow
    record = told("log", log, "--case", "a")
    assert [entry["command"] for entry in record["entries"]] == ["outcome"] * 3
    assert record["entries"][2]["outcome"] == {
        "trial": RESCUE,
        "became": "screen_failure",
        "criterion": "I7",
    }
    assert "RESCUE: screen failure on I7" in ask("log", log).out
    (row, *_) = csv.DictReader(StringIO(ask("log", log, "--csv").out))
    assert (row["outcome"], row["outcome_trial"]) == ("approached", RESCUE)


@pytest.mark.essential
@pytest.mark.slow
def test_plans_in_the_log_are_no_outcomes(tmp_path: Path) -> None:
    log, path = tmp_path / "log.sqlite", lines(tmp_path / "list.jsonl", p={"ecog": 1})
    assert ask("plan", BUNDLED / "crlm" / "case.toml", "--log", log).status == 0
    record_all(log, f"p {RESCUE} approached")
    assert screened(path, "--outcomes", log)["findings"] == []


def test_h12_a_log_that_was_changed_is_not_counted(flow: tuple[Path, Path]) -> None:
    path, log = flow
    tamper(log, "UPDATE entry SET case_id = 'c' WHERE sequence = 2")
    assert refused("screen", path, "--outcomes", log)["code"] == "log.entry_changed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["p", "NCT1", "approached"], "trial.unknown"),
        (["p", RESCUE, "screen_failure"], "outcome.criterion"),
        (["p", RESCUE, "screen_failure", "--criterion", "I99"], "outcome.criterion"),
        (["p", RESCUE, "declined", "--criterion", "I7"], "outcome.criterion"),
        ([" ", RESCUE, "declined"], "outcome.case"),
        (["p", RESCUE, "gone"], "usage.wrong"),
    ],
)
def test_an_outcome_that_is_none(tmp_path: Path, words: list[str], code: str) -> None:
    log = tmp_path / "log.sqlite"
    assert refused("outcome", log, *words)["code"] == code
    assert not log.exists()


def test_an_outcome_states_what_was_recorded(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    said = ask("outcome", log, "p", RESCUE, "screen_failure", "--criterion", "I7")
    assert said.out.splitlines() == [
        "recorded: p, RESCUE: screen failure on I7",
        "a new log was created: log.sqlite",
    ]
    record = require_valid(told("outcome", log, "p", RESCUE, "approached"))
    assert record["outcome"] == {"trial": RESCUE, "became": "approached"}


def test_one_form_at_a_time(tmp_path: Path) -> None:
    path = lines(tmp_path / "list.jsonl", p={"ecog": 1})
    for forms in (["--csv", "--json"], ["--csv", "--consort"], ["--consort", "--json"]):
        ran = ask("screen", path, *forms)
        assert ran.status == 2
    assert refused("screen", path, "--csv", "--json")["code"] == "usage.wrong"


@each_case(
    "urgency, days, said",
    [
        ("window", [6.0], "before the first cycle, 6 d"),
        ("window_possible", [], "before the first cycle, if untreated"),
        ("dated", [0.0], "0 d"),
        ("nothing", [], "no trial possible"),
    ],
)
def test_until_when(urgency: str, days: list[float], said: str) -> None:
    assert describe_deadline(urgency, days) == said


def test_what_expires_is_named_with_its_days(tmp_path: Path) -> None:
    """By hand: within one month, 30 days, of 8 and of 33 days."""
    facts = {"hcc_present": True, "crlm_present": False}
    path = lines(
        tmp_path / "list.jsonl",
        valid={**facts, "labs_age": {"value": 8, "unit": "d"}},
        past={**facts, "labs_age": {"value": 33, "unit": "d"}},
        none=facts,
    )
    says = "Blood tests within one month of enrolment"
    shown = " ".join(ask("screen", path).out.split())
    assert f"22 d, RESCUE: {says}" in shown
    assert f"expired 3 d ago, RESCUE: {says}" in shown
    rows = {
        row["record_id"]: row for row in csv.DictReader(StringIO(ask("screen", path, "--csv").out))
    }
    names = ("days", "says", "criterion")
    told = {id_: tuple(row[f"deadline_{name}"] for name in names) for id_, row in rows.items()}
    expires = {"valid": ("22", says, "I9"), "past": ("-3", says, "I9"), "none": ("", "", "")}
    assert told == expires
    for stated in screened(path)["rows"]:
        row, asked = rows[stated["id"]], stated["next_question"]
        same = ("urgency", "route", "route_row", "questions")
        assert [row[name] for name in same] == [str(stated[name]) for name in same]
        columns = (row["next_question"], row["asked_of"], row["settles_trials"])
        assert columns == (asked["key"], asked["asked_of"], str(asked["trials"]))


def test_a_row_whose_reading_a_person_chooses(tmp_path: Path) -> None:
    facts = profile("crlm_extrahepatic", inr={"value": 1.6, "unit": "1"}, bleeding_tendency=False)
    assert "Interpretation to be agreed (chart)" in ask(
        "screen", lines(tmp_path / "list.jsonl", p=facts)
    ).out.replace("\n", " ")


def test_facts_that_contradict_are_named_and_not_last(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "list.jsonl",
        nothing=profile("crlm_few_small", crlm_present=False),
        open={"sex": "male", "pregnant": True, "hcc_present": True, "crlm_present": False},
    )
    found = screened(path)["rows"]
    assert [(row["id"], row["route_row"]) for row in found] == [("open", "R1"), ("nothing", "R3")]
    assert "contradiction.sex_pregnancy" in ask("screen", path).out


def test_a_doubt_on_a_case_file_names_neither_the_file_nor_its_text(tmp_path: Path) -> None:
    """A file may be called after a patient, and so may what stands in place of a unit."""
    days = '[facts]\nlabs_date = 2026-11-10\nlabs_age = { value = 200, unit = "d" }\n'
    named = '[facts]\nage = { value = 61, unit = "Kowalski" }\n'
    for number, text in enumerate((days, named)):
        case_toml(tmp_path, f'id = "p{number}"\n{text}', f"Kowalski {number}.toml")
    record = screened(tmp_path, "--as-of", "2026-11-20")
    found = {one["code"]: one["message"] for row in record["rows"] for one in row["doubts"]}
    (unit,) = (text for code, text in found.items() if code.startswith("unknown_unit."))
    assert found["contradiction.labs_age"].startswith("labs_age and labs_date contradict")
    assert unit == "age: its unit is not one of a, mo; treated as unknown"
    assert "Kowalski" not in json.dumps(record["rows"])


def test_an_error_and_a_warning_of_one_code_are_an_error() -> None:
    """Of a case file, both have the same text, as for two heads of a camera."""
    code = "function.view_upside_down"
    error, warning = (
        Finding(code, severity, f"{severity.value} head")
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    for both in ((error, warning), (warning, error)):
        (doubt,) = list_doubts(both, of_case=True)
        assert (doubt.code, doubt.severity) == (code, "error")
        clinical = list_doubts(both, of_case=True, clinical=True)
        assert [one.severity for one in clinical] == [one.severity.value for one in both]


def test_a_folder_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("", "utf-8")
    record = screened(tmp_path, status=3)
    assert (record["inputs"], record["rows"], record["consort"]["trials"]) == ([], [], [])
    assert record["refused"][0]["code"] == "file.empty"
    assert ask("screen", tmp_path).status == 3


# ---- what is doubtful, in words beside its row


DOUBTFUL: dict[str, dict[str, Any]] = {
    "out": {"platelets": {"value": 987654, "unit": "10*9/L"}},
    "unit": {"albumin": {"value": 40, "unit": NAME}},
    "drug": {"corticosteroid_daily_dose": {"value": 5, "unit": "mg/d", "drug": NUMBER}},
    "no drug": {"corticosteroid_daily_dose": {"value": 5, "unit": "mg/d"}},
    "whole": {"ecog": 1, "lesion_count": 4711},
    "day": {"labs_date": DAY},
    "own day": {"inr": {"value": 1, "unit": "1", "date": DAY}},
    "limit": {"alt_uln": {"value": -4711, "unit": "U/L"}},
}
SAID = {
    "out": "platelets: 987654 10*9/L is outside 1 to 2000 10*9/L (987654 /uL?)",
    "unit": "albumin: its unit is not one of g/L, g/dL; treated as unknown",
    "drug": "corticosteroid_daily_dose: its drug is not one of methylprednisolone, ",
    "no drug": "corticosteroid_daily_dose: no drug is stated; use one of methylprednisolone, ",
    "whole": "lesion_count: 4711 is outside 0 to 500; treated as unknown",
    "day": "labs_date: 23861 days before the assessment date is outside 0 to 3650 d",
    "own day": "inr: 23861 days before the assessment date is outside 0 to 3650 d",
    "limit": "alt_uln: -4711 U/L is outside the permitted range (above 0 U/L); treated as unknown",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DOUBTFUL)
def test_h09_a_doubt_is_reported_in_words_next_to_its_row(name: str, tmp_path: Path) -> None:
    """In the table, in CSV and in JSON, with value and range; no text of the list is repeated."""
    path = lines(tmp_path / "list.jsonl", clean={"ecog": 1}, p=DOUBTFUL[name])
    of = {row["id"]: row for row in screened(path, *AS_OF)["rows"]}
    assert of["clean"]["doubts"] == []
    (doubt,) = of["p"]["doubts"]
    assert doubt["message"].startswith(SAID[name])
    assert of["p"]["findings"] == [doubt["code"]]
    cells = {row["record_id"]: row for row in table(path, "--csv", *AS_OF)}
    assert (cells["clean"]["doubts"], cells["p"]["doubts"]) == ("", doubt["message"])
    shown = ask("screen", path, *AS_OF)
    assert SAID[name].split(":")[0].split(" is ")[0] in shown.out
    for out in (shown.out, ask("screen", path, *AS_OF, "--json").out):
        assert not {word for word in CANARIES if word in out}


def test_h15_an_egfr_that_creatinine_contradicts_is_reported_next_to_its_row(
    tmp_path: Path,
) -> None:
    facts = {
        "age": {"value": 60, "unit": "a"},
        "sex": "male",
        "creatinine": {"value": 180, "unit": "umol/L"},
        "egfr_mdrd": {"value": 85, "unit": "mL/min/{1.73_m2}"},
    }
    (row,) = screened(lines(tmp_path / "list.jsonl", p=facts))["rows"]
    assert row["findings"] == ["score.egfr_apart"]
    assert row["doubts"][0]["message"].startswith("eGFR (MDRD): 85.0 mL/min/1.73")


def test_h10_bilirubin_is_reported_next_to_the_function_of_a_row(tmp_path: Path) -> None:
    """`clinical.md` 5.1: warn above about 50 umol/L."""
    function: dict[str, Any] = {"flr_function": {"value": 2.4, "unit": "%/min/m2"}}
    function["flr_function_normalisation"] = "extrahepatic"
    yellow, clear = ({"bilirubin_total": {"value": n, "unit": "umol/L"}} for n in (95, 50))
    every: dict[str, Any] = {"p": function | yellow, "clear": function | clear, "none": yellow}
    of = {row["id"]: row for row in screened(lines(tmp_path / "list.jsonl", **every))["rows"]}
    assert of["p"]["findings"] == ["function.bilirubin"]
    assert of["clear"]["findings"] == of["none"]["findings"] == []


def test_a_doubt_that_is_not_quoted_names_a_command_that_shows_it(tmp_path: Path) -> None:
    """Of a case without masks too, which `plan` refuses."""
    facts = (
        'flr_function = { value = 2.4, unit = "%/min/m2" }\n'
        'flr_function_normalisation = "extrahepatic"\n'
        'bilirubin_total = { value = 95, unit = "umol/L" }\n'
    )
    path = case_toml(tmp_path, f'id = "p"\n[facts]\n{facts}')
    (doubt,) = screened(path)["rows"][0]["doubts"]
    assert doubt["code"] == "function.bilirubin"
    assert "run fl-planner trials judge on the case" in doubt["message"]
    assert ask("plan", path).status == 2
    shown = told("trials", "judge", path)["findings"]
    assert doubt["code"] in {one["code"] for one in shown}


def test_doubts_in_one_cell_are_separated_by_what_none_of_them_contains(tmp_path: Path) -> None:
    """Two that end in "; treated as unknown", joined by semicolons, would look like four."""
    path = lines(tmp_path / "list.jsonl", p={**DOUBTFUL["unit"], **DOUBTFUL["whole"]})
    messages = [doubt["message"] for doubt in screened(path, *AS_OF)["rows"][0]["doubts"]]
    assert len(messages) == 2
    assert all("; " in message for message in messages)
    (row,) = table(path, "--csv", *AS_OF)
    assert row["doubts"].split(" | ") == messages


def test_a_doubt_about_the_facts_of_a_case_file_is_in_words(tmp_path: Path) -> None:
    facts = (
        'age = { value = 60, unit = "mo" }\nsex = "male"\nchild_pugh_class = "B"\n'
        'albumin = { value = 40, unit = "g/L" }\ninr = { value = 1.0, unit = "1" }\n'
        'bilirubin_total = { value = 10, unit = "umol/L" }\nascites = "none"\n'
        "labs_date = 2026-05-02\n"
    )
    of_score = 'encephalopathy = "none"'
    path = case_toml(tmp_path, f'id = "p"\n[scores]\n{of_score}\n[facts]\n{facts}')
    (row,) = screened(path)["rows"]
    told = {doubt["code"]: doubt["message"] for doubt in row["doubts"]}
    assert told["age.in_months"].startswith("age: 60 mo (months) is 5 years")
    assert told["score.child_pugh_apart"].startswith("Child-Pugh class: B entered, A (5 points)")


def test_facts_that_exclude_each_other_in_a_case_file_are_in_words(tmp_path: Path) -> None:
    """As in a row of a table: a verdict may depend on the fact that is then unknown."""
    facts = (
        'sex = "male"\nmenopausal_status = "postmenopausal"\nage = { value = 40, unit = "a" }\n'
        "other_malignancy_history = true\n"
        'other_malignancy_disease_free = { value = 492, unit = "mo" }\n'
        "lesion_count = 2\nablation_count = 3\n"
        'li_rads_category = "LR-TIV"\nvascular_invasion = false\n'
    )
    table = lines(tmp_path / "list.jsonl", p=tomllib.loads(facts))
    cases = tmp_path / "cases"
    cases.mkdir()
    case_toml(cases, f'id = "p"\n[facts]\n{facts}')
    of_row, of_case = (
        {doubt["code"]: doubt["message"] for doubt in screened(path)["rows"][0]["doubts"]}
        for path in (table, cases)
    )
    assert of_case == of_row
    assert {*of_case} == {
        f"evidence.{name}_apart" for name in ("menopause", "disease_free", "ablations", "invasion")
    }
    assert "interval of 41 years" in of_case["evidence.disease_free_apart"]


def test_a_threshold_published_for_body_size_is_in_words(tmp_path: Path) -> None:
    """FLR 340 mL of 70 kg is 0.486 %, at or below 0.5 % [clinical.md 3.3]."""
    volumes = {"total_liver": 1500, "tumour": 0, "flr": 340}
    facts = "".join(
        f'{name}_volume = {{ value = {ml}, unit = "mL" }}\n' for name, ml in volumes.items()
    )
    size = "[patient]\nheight_cm = 170\nweight_kg = 70\n"
    (row,) = screened(case_toml(tmp_path, f'id = "p"\n{size}[facts]\n{facts}'))["rows"]
    told = {doubt["code"]: doubt["message"] for doubt in row["doubts"]}
    assert told["background.flr_body_weight"].startswith("FLR-to-body-weight ratio 0.49 %")


def test_a_doubt_about_masks_names_no_file(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 400))
    for role in ("liver", "flr"):
        (tmp_path / f"{role}.nii").rename(tmp_path / f"{NAME}-{role}.nii")
    masks = "\n".join(f'{role} = "{NAME}-{role}.nii"' for role in ("liver", "flr"))
    text = f'id = "p"\ndiagnosis = "crlm"\n[masks]\n{masks}\nno_tumour = true\n'
    path = case_toml(tmp_path, text)
    record = screened(path)
    (row,) = record["rows"]
    assert "plausibility.flr_share" in row["findings"]
    assert any(
        "run fl-planner trials judge on the case to see it" in doubt["message"]
        for doubt in row["doubts"]
    )
    assert NAME not in json.dumps(record)
    told = screened(path, "--profile", "clinical")["rows"][0]["doubts"]
    assert any(NAME in doubt["message"] for doubt in told)


# ---- whose row it is


def test_h11_one_id_in_two_case_files_of_a_folder_is_nobody(tmp_path: Path) -> None:
    """As in a table: nobody knows which of them is the patient, so every one is named."""
    for name, id_ in {"a": "p1", "b": "p2", "c": "p1"}.items():
        case_toml(tmp_path, f'id = "{id_}"\ndiagnosis = "crlm"\n[masks]\n', f"{name}.toml")
    (tmp_path / "d.json").write_text('{"id": "p1", "ecog": 1}', "utf-8")
    record = screened(tmp_path, status=3)
    assert [row["id"] for row in record["rows"]] == ["p2"]
    told = [(row["row"], row["id"], row["code"], row["reason"]) for row in record["refused"]]
    reason = "rows 1, 3, 4 have the same id"
    assert told == [(row, "p1", "screen.id_twice", reason) for row in (1, 3, 4)]


@pytest.mark.parametrize(
    ("text", "id_", "reason"),
    [
        (f'id = "p1"\n[masks]\nliver = "{NAME}/{NUMBER}.nii"\n', "p1", "liver: no such file"),
        (
            f'id = "p1"\n[masks]\nlivre = "{NAME}.nii"\n',
            "p1",
            "the case file, or a file listed in it",
        ),
        (f'id = "p1"\n{NAME} = "{DAY}"\n', "p1", "the case file, or a file listed in it"),
        (f"id = {NAME}", None, "the case file, or a file listed in it"),
        ('id = 7\n[masks]\nliver = "x.nii"\n', None, "the case file, or a file listed in it"),
    ],
)
def test_a_refused_case_is_named_by_id_and_reason(
    text: str, id_: str | None, reason: str, tmp_path: Path
) -> None:
    case_toml(tmp_path, text)
    case_toml(tmp_path, 'id = "p2"\ndiagnosis = "crlm"\n[masks]\n', "other.toml")
    record = screened(tmp_path, status=3)
    (row,) = record["refused"]
    assert row.get("id") == id_
    assert row["reason"].startswith(reason)
    assert not {word for word in CANARIES if word in json.dumps(record)}
    assert reason in " ".join(ask("screen", tmp_path).out.split())


def test_the_trials_are_named_above_their_signs(tmp_path: Path) -> None:
    path = lines(tmp_path / "list.jsonl", p={"hcc_present": True, "crlm_present": False})
    shown = ask("screen", path).out.splitlines()
    stair = ["DRAGON 2", "|NCT06449937", "||NCT04562727", "|||PUMP-IT", "||||RESCUE"]
    heads = [next(line for line in shown if step in line) for step in stair]
    row = next(line for line in shown if "----?" in line)
    places = {head.index(step) for head, step in zip(heads, stair, strict=True)}
    assert places == {row.index("----?")}
    legend = "NCT06449937 (local liver treatment), NCT04562727 (ablation, perioperative"
    text = " ".join(" ".join(shown).split())
    assert f"DRAGON 2 (NCT05428735), {legend}" in text
    of_other = "not eligible or for another diagnosis"
    assert f"- {of_other}, ?" in text
    assert f"PUMP-IT: 1 {of_other}" in text


def test_a_list_of_which_no_row_can_be_read_has_no_table(tmp_path: Path) -> None:
    listed = tmp_path / "p.csv"
    listed.write_text("id,crlm_present,hcc_present,ecog\na,yes,no,much\n")
    ran = ask("screen", listed)
    assert ran.status == 3
    assert "row  id" not in ran.out
    assert "Trials, left to right" not in ran.out
    assert "ecog: give a whole number: row 2 (a)" in " ".join(ran.out.split())
    listed.write_text("id,crlm_present,hcc_present,ecog\na,yes,no,much\nb,yes,no,1\n")
    assert "row  id" in ask("screen", listed).out


def test_the_diagnosis_of_a_row_goes_before_that_of_the_option(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("id,diagnosis,ecog\na,hcc,1\nb,,1\n", "utf-8")
    stated = tmp_path / "stated.csv"
    rows = "id,crlm_present,hcc_present,ecog\na,no,yes,1\nb,yes,no,1\n"
    stated.write_text(rows, "utf-8")
    found, expected = screened(path, "--diagnosis", "crlm"), screened(stated)
    assert found["rows"] == expected["rows"]
    listed = lines(tmp_path / "l.jsonl", a={"diagnosis": "hcc", "ecog": 1})
    (of_lines,) = screened(listed)["rows"]
    assert of_lines["route_row"] == next(p for p in found["rows"] if p["id"] == "a")["route_row"]


def test_h15_a_row_whose_facts_contradict_its_diagnosis_is_undecided(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("id,diagnosis,crlm_present,hcc_present\na,crlm,no,yes\nb,other,yes,\n", "utf-8")
    listed = lines(tmp_path / "l.jsonl", a={"diagnosis": "crlm", "crlm_present": False})
    for given in (path, listed):
        for options in ((), ("--diagnosis", "hcc")):
            for row in screened(given, *options)["rows"]:
                assert [each["code"] for each in row["doubts"]] == ["discordance.diagnosis"]
                assert row["route_row"] == "R2"
