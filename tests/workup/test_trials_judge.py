"""`trials judge` from outside: the contract's keys, every invented patient, and what is refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fl_planner.intake.documents.samples import sample_case
from tests.cases import each_case, of_many
from tests.cli.outside import Record, ask, refused, told
from tests.patients import TRIALS, case_text, facts_text, limits, patients, rows

CRITERION = {"id", "kind", "answer", "says", "evidence", "by", "asked_of", "changes", "source"}
TRIAL = {"id", "name", "verdict", "only_human_open", "failed", "unknown", "criteria"}
PATHWAY = {"name", "row", "headline", "reasons", "would_change", "to_ask", "borderline"}
ROUTE = {"name", "row", "headline", "reasons", "alternatives", "next_steps"}
STRICT = ("contradiction.", "implausible.", "unknown_unit.")


def centre_text(centre: dict[str, Any]) -> str:
    lines = ["schema = 1", f"name = {json.dumps(centre['name'])}", f"as_of = {centre['as_of']}"]
    for trial, entry in centre["trials"].items():
        lines += [f"[trials.{trial}]", *(f"{k} = {json.dumps(v)}" for k, v in entry.items())]
    return "\n".join(lines)


def judge(folder: Path, case: dict[str, Any], *more: str) -> tuple[int, Record]:
    """Judge a row of the file of patients; gives the exit status and the one JSON object."""
    told, centre = folder / "facts.json", folder / "centre.toml"
    if "case" in case:
        told = folder / "case.toml"
    told.write_text(case_text(case) if "case" in case else facts_text(case), "utf-8")
    args = ["trials", "judge", str(told), "--json", *more]
    if "as_of" in case:
        args += ["--as-of", case["as_of"]]
    if "centre" in case:
        centre.write_text(centre_text(case["centre"]), "utf-8")
        args += ["--centre", str(centre)]
    ran = ask(*args)
    return ran.status, ran.record


@pytest.mark.slow
@each_case("case", of_many([*patients()][::6], patients()))
def test_every_patient(case: dict[str, Any], tmp_path: Path) -> None:
    status, answer = judge(tmp_path, case)
    expected = case["expected"]
    assert status == 0
    assert [trial["id"] for trial in answer["trials"]] == [*expected["trials"]]
    for trial in answer["trials"]:
        wanted = expected["trials"][trial["id"]]
        assert {key: trial[key] for key in wanted} == wanted
    codes = {finding["code"] for finding in answer["findings"]}
    assert len({str(finding) for finding in answer["findings"]}) == len(answer["findings"])
    assert set(expected["findings"]) <= codes
    assert {code for code in codes if code.startswith(STRICT)} <= set(expected["findings"])
    assert answer["pathway"]["name"] == expected["pathway"]
    assert (answer["route"]["name"], answer["route"]["row"]) == (expected["route"], expected["row"])
    others = [other["name"] for other in answer["route"]["alternatives"]]
    assert others == expected.get("alternatives", others)
    assert set(expected.get("to_ask", ())) <= set(answer["pathway"]["to_ask"])


@pytest.mark.slow
@each_case("row", of_many([*limits()][::6], limits()))
def test_every_limit(row: dict[str, Any], tmp_path: Path) -> None:
    _, answer = judge(tmp_path, row)
    (trial,) = (trial for trial in answer["trials"] if trial["id"] == row["trial"])
    (found,) = (one for one in trial["criteria"] if one["id"] == row["criterion"])
    assert found["answer"] == row["answer"]
    assert found["changes"] == row.get("changes", found["changes"])


@pytest.mark.parametrize("case", rows("refused"), ids=lambda case: str(case["id"]))
def test_every_refusal(case: dict[str, Any], tmp_path: Path) -> None:
    status, answer = judge(tmp_path, case)
    assert (status, answer["status"], answer["schema"]) == (2, "refused", "fl-planner/trials/2")
    for name in case["names"]:
        assert re.search(rf"(?<!\w){name}(?!\w)", answer["refusal"]["message"])


FIRST = {"profile": "crlm_small_flr", "set": {}}


def test_the_keys_of_the_contract(tmp_path: Path) -> None:
    _, answer = judge(tmp_path, FIRST)
    assert answer["schema"] == "fl-planner/trials/2"
    assert {"trials", "pathway", "route", "findings", "version", "status"} <= answer.keys()
    assert (answer["status"], answer["refusal"], answer["findings"]) == ("ok", None, [])
    assert answer["notice"] == "research use, not a cleared device"
    assert [one["file"] for one in answer["inputs"]] == ["facts.json"]
    assert answer["pathway"].keys() == PATHWAY
    assert answer["route"].keys() >= ROUTE
    assert [len(one["criteria"]) for one in answer["trials"]] == [len(t.criteria) for t in TRIALS]
    for trial in answer["trials"]:
        assert trial.keys() >= TRIAL
        for criterion in trial["criteria"]:
            assert criterion.keys() >= CRITERION
            assert criterion["answer"] in ("met", "not_met", "unknown")


AREA = {
    "hcc_present": True,
    "total_liver_volume": {"value": 1500, "unit": "mL"},
    "tumour_volume": {"value": 100, "unit": "mL"},
    "treated_nontumorous_volume": {"value": 985, "unit": "mL"},
    "treated_covers_tumour": True,
}


def judged(folder: Path, facts: dict[str, Any]) -> Record:
    (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
    return told("trials", "judge", folder / "facts.json")


def test_h08_an_untreated_share_of_entered_volumes_is_compared_with_its_limit(
    tmp_path: Path,
) -> None:
    """Of 1500 - 100 mL, 415 mL are untreated, 29.64 %; 30 % are 420 mL [RESCUE, exclusion 2]."""
    found = judged(tmp_path, AREA)["typed_untreated"]
    assert found["percent"] == pytest.approx(100 * 415 / 1400, 1e-8)
    assert found["shown"] == "29.6 %"
    (limit,) = found["limits"]
    assert (limit["name"], limit["answer"]) == ("rescue.untreated_30", "below")
    assert (limit["distance"], limit["near"]) == ("5.0 mL below 30 %", True)


def test_an_untreated_share_that_has_no_limit_or_was_measured_is_not_an_entered_one(
    tmp_path: Path,
) -> None:
    """Without tumour in the treated area, for another diagnosis, and of drawn masks."""
    others = ({"treated_covers_tumour": False}, {"hcc_present": False, "crlm_present": True})
    for other in others:
        assert "typed_untreated" not in judged(tmp_path, {**AREA, **other})
    measured = told("trials", "judge", sample_case("hcc") / "case.toml")
    assert "untreated_nontumorous_fraction" in measured["facts"]
    assert "typed_untreated" not in measured


def test_an_answer_with_its_evidence(tmp_path: Path) -> None:
    case = {
        "profile": "crlm_unresectable_naive",
        "set": {"platelets": {"value": 98, "unit": "10*9/L"}},
    }
    _, answer = judge(tmp_path, case)
    pump = next(trial for trial in answer["trials"] if trial["name"] == "PUMP-IT")
    found = {criterion["id"]: criterion for criterion in pump["criteria"]}
    platelets = found["I13c"]
    assert platelets["answer"] == "not_met"
    assert platelets["evidence"].startswith("platelets 98 \u00d7 10\u2079/L")
    assert platelets["distance"].startswith("2 \u00d7 10\u2079/L below")
    assert (platelets["changes"], platelets["asked_of"]) == ("can_change", "chart")
    assert (found["I13"]["holds_days"], found["I3"]["holds_days"]) == (8, 14)
    assert "judged unresectable by the National Liver Panel: yes" in found["I3"]["evidence"]
    assert [part["name"] for part in found["I3"]["parts"]] == ["metastases", "panel", "ct"]
    assert (pump["verdict"], pump["shown"]) == ("not_eligible", "not eligible")


def test_what_is_in_the_way_is_how_far(tmp_path: Path) -> None:
    years = {"value": 3, "unit": "a"}
    given = {"other_malignancy_history": True, "other_malignancy_kind": "other"}
    case = {
        "profile": "crlm_extrahepatic",
        "set": {**given, "other_malignancy_disease_free": years},
    }
    _, answer = judge(tmp_path, case)
    local = next(trial for trial in answer["trials"] if trial["id"] == "NCT06449937")
    (found,) = (one for one in local["criteria"] if one["id"] == "E5")
    assert (found["answer"], found["changes"]) == ("met", "on_date")
    assert found["distance"].startswith("2 years below")
    assert "[R]" not in found["reading"]


@pytest.mark.parametrize(
    ("percent", "shown"), [(27, "meets all criteria"), (28, "potentially eligible")]
)
def test_h15_an_entered_share_near_a_limit_meets_not_all_criteria(
    percent: int, shown: str, tmp_path: Path
) -> None:
    """27 % is far enough from 30 %, 28 % is not; volumes that were typed are left out."""
    typed = {"flr_of_nontumorous_liver": {"value": percent, "unit": "%"}}
    case = {"profile": "crlm_small_flr", "set": typed, "missing": ("flr_volume",)}
    _, answer = judge(tmp_path, case)
    assert answer["trials"][0]["shown"] == shown


def test_the_reach_of_a_trial_is_reported_where_a_centre_states_it(tmp_path: Path) -> None:
    _, without = judge(tmp_path, FIRST)
    assert not any("reach" in trial for trial in without["trials"])
    centre = {
        "name": "Site 7",
        "as_of": "2026-11-01",
        "trials": {"NCT05428735": {"status": "closed"}},
    }
    _, answer = judge(tmp_path, {**FIRST, "centre": centre})
    assert [trial["reach"] for trial in answer["trials"]] == ["closed", *["referral"] * 4]
    assert answer["route"]["centre"] == "Site 7"
    assert answer["route"]["alternatives"][0]["reach"] == "closed"


def test_the_same_bytes_twice_and_no_date_and_no_path(tmp_path: Path) -> None:
    case = next(case for case in rows("cases") if case["id"] == "P49")
    first = judge(tmp_path, case)
    assert judge(tmp_path, case) == first
    text = json.dumps(first[1])
    assert not re.search(r"20\d\d-\d\d-\d\d", text)
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("args", "code", "source"),
    [
        (["--as-of", "20.11.2026"], "usage.wrong", "command line"),
        (["--trials", "nowhere"], "trial.no_folder", "nowhere"),
        (["--centre", "nowhere.toml"], "file.missing", "nowhere.toml"),
    ],
)
def test_what_else_is_refused(
    args: list[str], code: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, answer = judge(tmp_path, FIRST, *args)
    assert (status, answer["refusal"]["code"], answer["refusal"]["file"]) == (2, code, source)


def test_a_trial_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "lamp.toml").write_text(
        'schema = 1\nid = "LAMP"\nname = "Lamp"\nshort = "lamp"\ndiagnosis = "crlm"\n'
        'source = "invented"\n[[criterion]]\nid = "I1"\nkind = "inclusion"\nsays = "Adult"\n'
        'source = "1"\nasked_of = "chart"\nchanges = "on_date"\nby = ["facts"]\n'
        "when = { age_years = { at_least = 18 } }\n"
    )
    _, answer = judge(tmp_path, FIRST, "--trials", str(own))
    assert answer["trials"][-1]["id"] == "LAMP"
    assert [other["name"] for other in answer["route"]["alternatives"]] == ["trial_lamp"]
    assert "\nLamp (LAMP)\n" in ask("trials", "list", "--trials", own).out
    assert "I1    Adult" in ask("trials", "show", "LAMP", "--trials", own).out


# ---- for a person


def shown(folder: Path, case: dict[str, Any], *more: str) -> str:
    facts = folder / "facts.json"
    facts.write_text(facts_text(case), "utf-8")
    ran = ask("trials", "judge", facts, *more)
    assert ran.status == 0
    return ran.out


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("-v",)])
@pytest.mark.parametrize("id_", ["P01", "P28", "P31", "P37", "P41", "P66", "P71"])
def test_the_table_fits_eighty_columns(id_: str, more: tuple[str, ...], tmp_path: Path) -> None:
    case = next(case for case in rows("cases") if case["id"] == id_)
    printed = shown(tmp_path, case, *more)
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.rstrip().endswith("Research use, not a cleared device.")
    assert "For discussion at the tumour board" in printed
    assert "_per_" not in printed  # a fact is named in words


def test_a_person_reads_the_route_first(tmp_path: Path) -> None:
    printed = shown(tmp_path, {**FIRST, "missing": ("written_consent_for",)})
    lines = [line.rstrip() for line in printed.splitlines()]
    assert lines[0] == "Potentially eligible for DRAGON 2 (NCT05428735)"
    assert lines[1].startswith("Volume-based pathway: FLR ")
    assert "trial_dragon2" not in printed
    assert "C3" not in printed
    assert "DRAGON 2 (NCT05428735): potentially eligible" in lines
    assert any(line.startswith("PUMP-IT (NCT06857773): not eligible") for line in lines)
    assert any("I3    inclusion not met: Synchronous liver metastases" in line for line in lines)


def test_a_person_reads_the_answer_and_its_doubts_on_a_screen_or_two(tmp_path: Path) -> None:
    """What must be seen first stands behind the answer, and all else waits for -v."""
    doubtful = {**FIRST, "set": {"haemoglobin": {"value": 1, "unit": "g/L"}}}
    for case in (FIRST, doubtful, {"profile": "crlm_extrahepatic", "set": {}}):
        lines = shown(tmp_path, case).splitlines()
        assert len(lines) <= 72  # two screens of 36 lines
        if case is doubtful:
            assert lines.index("Look at this first") < 10
            assert lines.index("Look at this first") < next(
                n for n, line in enumerate(lines) if line.startswith("DRAGON 2 (NCT05428735): ")
            )
    assert "Why this route" not in shown(tmp_path, FIRST)
    assert "Why this route" in shown(tmp_path, FIRST, "-v")


def test_facts_alone_in_a_case_file_are_judged(tmp_path: Path) -> None:
    """A letter gives an FLR and there is no mask: limits are answered, by facts or case file."""
    case = tmp_path / "letter.toml"
    case.write_text(
        'schema = 1\nid = "p1"\ndiagnosis = "crlm"\n[facts]\nchemo_liver_damage = false\n'
        'flr_of_nontumorous_liver = { value = 28, unit = "%" }\n'
    )
    answer = told("trials", "judge", case)
    assert answer["pathway"]["name"] == "pve_or_pve_hve"  # 28 % is below DRAGON 2's 30 %
    assert "as entered, not measured by this program" in answer["pathway"]["headline"]
    said = " ".join(ask("trials", "judge", case).out.split())
    assert "DRAGON 2: FLR 30 %: below" in said
    page = ask("report", case, "--out", tmp_path / "r.html")
    assert (page.status, "trials judge letter.toml" in " ".join(page.err.split())) == (2, True)
    for command in ("plan", "resections"):
        why = refused(command, case)
        assert why["code"] == "input.no_liver"
        assert "fl-planner trials judge letter.toml" in why["remedy"]
    typed = ("--diagnosis", "crlm", "--flr-of-nontumorous-liver", "28")
    assert "fl-planner trials judge FACTS.json" in refused("plan", *typed)["remedy"]


def test_three_entered_volumes_are_stated_to_be_entered(tmp_path: Path) -> None:
    """420 of 1600 less 100 mL are 28 %, which nobody measured here."""
    ml = {"total_liver_volume": 1600, "tumour_volume": 100, "flr_volume": 420}
    facts = {name: {"value": value, "unit": "mL"} for name, value in ml.items()}
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"crlm_present": True, "chemo_liver_damage": False, **facts}))
    headline = told("trials", "judge", path)["pathway"]["headline"]
    assert "as entered, not measured by this program" in headline


def test_a_person_reads_what_is_missing_and_who_has_it(tmp_path: Path) -> None:
    missing = ("written_consent_for", "haemoglobin")
    printed = shown(tmp_path, {"profile": "crlm_extrahepatic", "missing": missing, "set": {}})
    lines = [line.strip() for line in printed.splitlines()]
    assert "NCT06449937 (local liver treatment): undecided; 2 criteria not answered" in lines
    words = " ".join(printed.split())
    local = "NCT06449937 (local liver treatment)"
    asked = f"- Trials for which written consent is recorded (patient): {local}"
    assert f"{asked} inclusion 2 " in words
    assert f"- Haemoglobin (chart): {local} inclusion 10c" in words
    one = shown(tmp_path, {**FIRST, "missing": ("able_to_consent",)})
    assert "DRAGON 2 (NCT05428735): undecided; 1 criterion needs clinical judgement" in one


def test_a_person_reads_readings_and_restored_signs(tmp_path: Path) -> None:
    printed = shown(tmp_path, {"profile": "crlm_few_small", "set": {"lesion_count": 5}})
    words = " ".join(printed.split())
    assert "comparison sign lost in the registry copy (printed as “=4” and “=4cm”)" in words
    assert "reading: histology of the colorectal cancer" in words


def test_the_centre_in_the_table(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text(
        'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n'
        '[trials.NCT05428735]\nstatus = "referral"\ncontact = "HPB trial office"\n'
    )
    words = " ".join(shown(tmp_path, FIRST, "--centre", str(centre)).split())
    assert "Other options - DRAGON 2 (NCT05428735): meets all criteria: by referral" in words
    assert "DRAGON 2 (NCT05428735): meets all criteria, by referral" in words
    assert "centre.trial_not_listed" in words


def test_two_readings_in_the_table(tmp_path: Path) -> None:
    given = {"inr": {"value": 1.6, "unit": "1"}}
    words = " ".join(shown(tmp_path, {"profile": "crlm_extrahepatic", "set": given}).split())
    asked = (
        "- Interpretation to be agreed (chart): NCT06449937 (local liver treatment) exclusion 12"
    )
    assert asked in words


def test_how_long_results_hold_in_the_table(tmp_path: Path) -> None:
    case = {"profile": "crlm_unresectable_naive", "set": {}, "missing": ()}
    words = " ".join(shown(tmp_path, case, "-v").split())
    assert "valid for 8 days" in words


def test_show_states_of_the_whole_trial() -> None:
    words = " ".join(ask("trials", "show", "NCT04562727").out.split())
    assert (
        "outdated (March 2021: not yet recruiting); current status to be confirmed by the trial "
        "team" in words
    )
    assert "Allocation unclear" in words


@pytest.mark.essential
@pytest.mark.slow
def test_a_case_file_is_measured_and_judged() -> None:
    case = sample_case("crlm") / "case.toml"
    judged = told("trials", "judge", case, "--as-of", "2026-11-20")
    planned = told("plan", case, "--as-of", "2026-11-20")
    for key in ("trials", "pathway", "route"):
        assert judged[key] == planned[key]
    assert len(planned["trials"]) == 5
    (volume, *_) = judged["trials"][0]["criteria"]
    assert round(volume["crossing_chance"], 2) == 0.49
    words = " ".join(ask("trials", "judge", case, "-v").out.split())
    assert "49 % chance that another reading is on the other side of the limit" in words


@pytest.mark.slow
def test_a_plan_follows_the_centre_too(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    closed = "".join(
        f'[trials.NCT{number}]\nstatus = "closed"\n'
        for number in ("05428735", "06449937", "04562727", "06857773", "06178198")
    )
    centre.write_text(f'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n{closed}')
    case = sample_case("crlm") / "case.toml"
    planned = told("plan", case, "--centre", centre)
    assert (planned["route"]["row"], planned["route"]["pending"]) == ("C11", [])
    assert [one["role"] for one in planned["inputs"]][-1] == "centre"
    printed = ask("plan", case, "--centre", centre).out
    assert "No predefined route applies; for tumour board discussion: liver tumours" in printed
    assert "C11" not in printed


def test_one_trial_is_shown_with_its_questions_and_the_route_of_all(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"crlm_present": true, "hcc_present": false}')
    every, one = (
        ask("trials", "judge", path),
        ask("trials", "judge", path, "--trial", "pump_it", "-v"),
    )
    assert one.out.splitlines()[0] == every.out.splitlines()[0]  # the route
    verdicts = re.findall(r"^\S.* \((NCT\d+)\): ", one.out, re.MULTILINE)
    assert verdicts == ["NCT06857773"]
    of_one, of_every = (
        re.findall(r"^  - .*", ran.out.partition("Most informative")[2], re.MULTILINE)
        for ran in (one, ask("trials", "judge", path, "-v"))
    )
    assert 0 < len(of_one) < len(of_every)
    assert [row for row in of_every if row in of_one] == of_one


def test_a_trial_that_is_not_known_or_is_asked_for_in_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"crlm_present": true}')
    log = tmp_path / "log.sqlite"
    ran = ask("trials", "judge", path, "--trial", "none", "--log", log)
    assert (ran.status, ran.out) == (2, "")
    assert "none: is not a known trial; give one of DRAGON 2" in ran.err.replace("\n", " ")
    assert not log.exists()
    assert refused("trials", "judge", path, "--trial", "rescue")["code"] == "usage.wrong"
