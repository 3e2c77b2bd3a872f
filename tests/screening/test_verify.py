"""`fl-planner verify`: what changed is named, and nothing is called true that was not looked at."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fl_planner.cli.plan import plan as cli_plan
from fl_planner.cli.verification import verify as cli_verify
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.workup.remake import hash_files
from tests.cli.outside import BUNDLED, SMALL, Record, ask, case_toml, codes, refused, told
from tests.formats.dicom.dicoms import SERIES, SLICES, ct_slice, item, pack, seg
from tests.niftis import write
from tests.record.schemas import require_valid
from tests.refusals import ends_within, refuses

pytestmark = pytest.mark.slow

CASE = """
id = "case-001"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[facts]
age = { value = 61, unit = "a" }
chemo_liver_damage = false
platelets = { value = 214, unit = "10*9/L", date = 2026-05-02 }
staging_ct_date = 2026-05-02
"""
DATED = ["--as-of", "2026-05-10"]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a case of 8000 voxels: 2400 of 7600 remain."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    return case_toml(tmp_path, CASE)


@pytest.fixture
def output(case: Path) -> Path:
    """Write its plan beside it."""
    return written(case.parent / "plan.json", "plan", case, *DATED)


def written(path: Path, *args: object) -> Path:
    """Write what a command says into a file."""
    ran = ask(*args, "--json")
    assert ran.status == 0, ran.record
    path.write_bytes(ran.stdout)
    return path


def ct_folder(at: Path) -> Path:
    """Write the slices of a CT."""
    folder = at / "ct"
    folder.mkdir()
    for layer in range(SLICES):
        write(folder / f"{layer}.dcm", pack(ct_slice(layer, number=layer + 1)))
    return folder


def verified(*args: object) -> Record:
    """Verify, and hold the answer against its schema."""
    return require_valid(told("verify", *args))


def edited(path: Path, **entries: Any) -> Path:
    """Change entries of an output."""
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**record, **entries}), "utf-8")
    return path


def changes(record: Record, kind: str) -> list[str]:
    """List what changed of a kind."""
    return [change["name"] for change in record["changes"] if change["kind"] == kind]


@pytest.mark.essential
def test_an_output_whose_files_and_date_are_the_same_holds(output: Path) -> None:
    record = verified(output, *DATED)
    assert (record["holds"], record["recomputed"], record["changes"]) == (True, True, [])
    assert (record["not_found"], record["findings"]) == ([], [])
    assert record["output"]["schema"] == "fl-planner/plan/2"
    assert "plan.json: confirmed" in ask("verify", output, *DATED).out


def test_the_demo_holds_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask("demo").status == 0
    assert verified("fl-planner-demo/plan.json")["holds"]
    assert verified("fl-planner-demo/plan.json", "--exit-code")["holds"]


def test_h12_one_voxel_of_a_mask(output: Path) -> None:
    """One voxel of 7600 more: named with what it does to the share, and nothing else named."""
    SMALL.file(output.parent / "flr.nii", SMALL.mask(0, 2401))
    record = verified(output, *DATED)
    assert not record["holds"]
    assert changes(record, "file") == ["flr"]
    (file,) = (change for change in record["changes"] if change["kind"] == "file")
    assert file["message"] == "flr: flr.nii has changed"
    assert changes(record, "rule") == changes(record, "version") == changes(record, "time") == []
    cleared = {"flr_after_clearing_fraction", "flr_after_clearing_volume_ml"}
    assert {"flr_fraction", "flr_volume_ml", *cleared} == set(changes(record, "fact"))
    assert {"voxels", "flr_percent", "ratios"} <= set(changes(record, "answer"))
    shown = ask("verify", output, *DATED)
    assert shown.status == 0
    assert "not confirmed" in shown.out
    asked = ask("verify", output, *DATED, "--exit-code")
    assert (asked.status, asked.out, asked.err) == (4, shown.out, "")
    assert ask("verify", output, *DATED, "--exit-code", "--json").status == 4


@pytest.mark.essential
def test_a_mask_that_changes_an_answer(output: Path) -> None:
    """2100 of 7600 are below 30 %: DRAGON 2's first inclusion is met."""
    SMALL.file(output.parent / "flr.nii", SMALL.mask(0, 2100))
    answers = changes(verified(output, *DATED), "answer")
    assert {"pathway", "thresholds"} <= set(answers)
    assert any(name.startswith("DRAGON 2") and name.endswith(" I1") for name in answers)


@pytest.mark.essential
def test_a_fact(output: Path) -> None:
    case = output.parent / "case.toml"
    case_toml(output.parent, CASE.replace("value = 61", "value = 17"))
    record = verified(output, *DATED)
    assert changes(record, "file") == ["case"]
    (fact,) = (change for change in record["changes"] if change["kind"] == "fact")
    assert (fact["name"], fact["before"], fact["after"]) == ("age_years", "61", "17")
    assert any(name.endswith("verdict") for name in changes(record, "answer"))
    case_toml(output.parent, CASE.replace("chemo_liver_damage = false", "cirrhosis = true"))
    facts = {one["name"]: one for one in verified(output, case, *DATED)["changes"]}
    damage, cirrhosis = facts["chemo_liver_damage"], facts["cirrhosis"]
    assert (damage["before"], damage["after"]) == ("no", "nothing")
    assert (cirrhosis["before"], cirrhosis["after"]) == ("nothing", "yes")


def test_h12_a_protocol(output: Path) -> None:
    record = json.loads(output.read_text("utf-8"))
    rules = [{**one, "sha256": "0" * 64} if one["name"] == "RESCUE" else one
             for one in record["rules"]]  # fmt: skip
    edited(output, rules=[*rules, {"id": "NCT0", "name": "OLD", "sha256": "1" * 64}])
    told_of = verified(output, *DATED)
    assert not told_of["holds"]
    assert changes(told_of, "rule") == ["NCT06178198", "NCT0"]
    assert [change["kind"] for change in told_of["changes"]] == ["rule", "rule"]
    fewer = edited(output, rules=rules[1:])
    assert "was not assessed previously" in str(verified(fewer, *DATED)["changes"])


def test_h12_the_version(output: Path) -> None:
    record = verified(edited(output, version="0.0.9"), *DATED)
    (change,) = record["changes"]
    assert (change["kind"], change["before"]) == ("version", "0.0.9")
    assert not record["holds"]


def test_h12_the_passing_of_time(output: Path) -> None:
    """PUMP-IT wants blood tests of 15 days and a CT of 28, RESCUE tests of a month; 40 went by."""
    assert verified(output, "--as-of", "2026-05-12")["holds"]  # ten days: fresh still
    record = verified(output, "--as-of", "2026-06-11")
    assert not record["holds"]
    assert {change["kind"] for change in record["changes"]} == {"time"}
    told_of = {one["name"]: (one["before"], one["after"]) for one in record["changes"]}
    assert told_of == {
        "PUMP-IT (NCT06857773) I3": ("unknown", "not_met"),
        "PUMP-IT (NCT06857773) I13": ("met", "not_met"),
        "PUMP-IT (NCT06857773) verdict": ("indeterminate", "not_eligible"),
        "RESCUE (NCT06178198) I9": ("met", "not_met"),
    }


def test_h12_an_untouched_output_after_a_date_of_the_registry(case: Path) -> None:
    """NCT04861662, completion in September 2026: noted from then on, whatever is asked when."""
    undated = CASE.replace(", date = 2026-05-02", "").replace("staging_ct_date = 2026-05-02\n", "")
    case_toml(case.parent, undated)
    days: list[list[str]] = [[], DATED, ["--as-of", "2026-11-28"]]
    for number, day in enumerate(days):
        made = written(case.parent / f"{number}.json", "plan", case, *day)
        assert all(verified(made, *other)["holds"] for other in days)
        record = json.loads(made.read_text("utf-8"))
        record["trials"][0]["notes"] = ["recruiting here"]
        assert refused("verify", edited(made, **record))["code"] == "verify.other_options"


def test_h12_an_untouched_output_of_an_embolised_patient_on_a_later_day(tmp_path: Path) -> None:
    """Ages of the embolisation and of the blood tests are also in the results, not only facts."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    labs = "".join(
        f'{name} = {{ value = {value}, unit = "{unit}", date = 2026-05-02 }}\n'
        for name, value, unit in (("bilirubin_total", 1, "mg/dL"), ("albumin", 38, "g/L"))
    )
    tables = '[imaging]\ndate = 2026-05-04\n[embolisation]\ndate = 2026-04-20\nkind = "PVE"\n'
    case = case_toml(tmp_path, CASE.replace("[facts]", f"{tables}[facts]") + labs)
    output = written(tmp_path / "plan.json", "plan", case, *DATED)
    plan = json.loads(output.read_text("utf-8"))
    assert plan["embolisation"]["age_days"] == 20
    assert plan["scores"]["albi"]["labs_age_days"] == 8
    assert verified(output, "--as-of", "2026-05-11")["holds"]  # nothing expires on that day
    record = verified(output, "--as-of", "2026-06-11")
    assert {change["kind"] for change in record["changes"]} == {"time"}
    assert refused("verify", output)["code"] == "verify.as_of_missing"
    later = edited(output, embolisation={**plan["embolisation"], "day": 15})
    assert refused("verify", later, "--as-of", "2026-06-11")["code"] == "verify.other_options"
    older = edited(output, embolisation={**plan["embolisation"], "age_days": 21})
    assert refused("verify", older, *DATED)["code"] == "verify.other_options"


def test_h12_an_untouched_output_with_a_dated_scan_alone_on_a_later_day(tmp_path: Path) -> None:
    """The age of the scan is in the results; no fact has a date."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    undated = CASE.partition("platelets")[0]
    case = case_toml(tmp_path, undated.replace("[facts]", "[imaging]\ndate = 2026-05-04\n[facts]"))
    output = written(tmp_path / "plan.json", "plan", case, *DATED)
    plan = json.loads(output.read_text("utf-8"))
    assert plan["case"]["reading"]["age_days"] == 6
    for day in ("2026-05-10", "2026-05-11", "2026-06-11"):
        assert verified(output, "--as-of", day)["holds"], day
    assert refused("verify", output)["code"] == "verify.as_of_missing"
    wrong = {**plan["pathway"], "headline": "FLR 45 %"}
    later = edited(output, pathway=wrong)
    assert refused("verify", later, "--as-of", "2026-06-11")["code"] == "verify.other_options"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("[facts]\nprior_radioembolisation = { date = 2012-05-02 }", "implausible."),
        (
            '[imaging]\ndate = 2026-05-04\n[embolisation]\ndate = 2026-05-20\nkind = "PVE"',
            "date.embolised_later",
        ),
        ("[function]\ndate = 2026-06-20", "function.date_after_assessment"),
    ],
    ids=["years before", "to come", "study"],
)
def test_h12_a_finding_that_counts_days_on_a_later_day(
    more: str, code: str, tmp_path: Path
) -> None:
    """The days to the assessment date differ; the finding is the same."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    case_toml(tmp_path, f"{CASE.partition('[facts]')[0]}{more}")
    output = written(tmp_path / "plan.json", "plan", tmp_path / "case.toml", *DATED)
    for day in ("2026-05-11", "2026-06-11"):
        assert verified(output, "--as-of", day)["holds"], day
    findings = json.loads(output.read_text("utf-8"))["findings"]
    (found,) = (one for one in findings if one["code"].startswith(code))
    found["message"] += " or not"
    edited(output, findings=findings)
    assert refused("verify", output, "--as-of", "2026-05-11")["code"] == "verify.other_options"


INR = {"value": 1, "unit": "1"}


@pytest.mark.essential
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"labs_age": {"value": 7, "unit": "d"}}, "labs_age was entered as an age"),
        (
            {"labs_age": {"value": 7, "unit": "d"}, "staging_ct_age": {"value": 2, "unit": "wk"}},
            "labs_age and staging_ct_age were entered as ages",
        ),
        ({"labs_date": "2026-05-03"}, None),
        ({}, None),
        # INR, with its own date, counts in PUMP-IT I13 and RESCUE I9, prothrombin time in I13 only
        ({"labs_age": {"value": 7, "unit": "d"}, "inr": {**INR, "date": "2026-04-01"}}, None),
        ({"labs_age": {"value": 7, "unit": "d"}, "inr": INR}, "labs_age was entered as an age"),
        (
            {
                "labs_age": {"value": 7, "unit": "d"},
                "inr": {**INR, "date": "2026-04-01"},
                "platelets": {"value": 214, "unit": "10*9/L"},
            },
            "labs_age was entered as an age",
        ),
        (
            {
                "labs_age": {"value": 7, "unit": "d"},
                "prothrombin_time": {"value": 12, "unit": "s", "date": "2026-04-01"},
            },
            "labs_age was entered as an age",
        ),
    ],
)
def test_h12_ages_without_a_date_are_as_old_on_every_day(
    tmp_path: Path, given: dict[str, Any], told: str | None
) -> None:
    """Blood tests of 7 days are too old for PUMP-IT after 9 days [trials.md 5, I13]."""
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps({"crlm_present": True, **given}), "utf-8")
    made = written(tmp_path / "made.json", "trials", "judge", facts, *DATED)
    record = verified(made, facts, "--as-of", "2026-06-11")
    found = [one["message"] for one in record["findings"] if one["code"] == "verify.ages_entered"]
    assert [told in message for message in found] == ([True] if told else [])
    assert record["holds"] is ("labs_date" not in given)


def test_h12_ages_of_a_case_file_are_found_as_well(case: Path) -> None:
    age, undated = 'labs_age = { value = 7, unit = "d" }\n', 'inr = { value = 1, unit = "1" }\n'
    for more, found in ((age, False), (age + undated, True)):  # its platelets have their own date
        changed = case.with_name(f"{found}.toml")
        changed.write_text(case.read_text("utf-8") + more, "utf-8")
        for command in (("plan",), ("trials", "judge")):
            made = written(case.parent / "made.json", *command, changed, *DATED)
            assert ("verify.ages_entered" in codes(verified(made, changed, *DATED))) is found
            made.unlink()


@pytest.mark.essential
def test_time_and_a_mask_are_distinguished(output: Path) -> None:
    SMALL.file(output.parent / "flr.nii", SMALL.mask(0, 2100))
    record = verified(output, "--as-of", "2026-06-11")
    assert changes(record, "file") == ["flr"]
    assert any(name.startswith("DRAGON 2") for name in changes(record, "answer"))
    assert changes(record, "time")
    assert not any(name.endswith(" I1") for name in changes(record, "time"))


def test_h12_without_a_date_nobody_can_state(output: Path) -> None:
    assert refused("verify", output)["code"] == "verify.as_of_missing"
    SMALL.file(output.parent / "flr.nii", SMALL.mask(0, 2100))
    record = verified(output)
    assert not record["holds"]
    assert codes(record) == ["verify.time_not_checked"]
    assert "Look at this first" in ask("verify", output).out


def test_h12_files_that_are_not_there(output: Path) -> None:
    (output.parent / "flr.nii").unlink()
    refusal = refused("verify", output, *DATED)
    assert refusal["code"] == "verify.files_missing"
    assert "flr.nii" in refusal["reason"]
    SMALL.file(output.parent / "tumour.nii", SMALL.mask(7601, 8000))
    record = verified(output, *DATED)
    assert (record["holds"], record["recomputed"]) == (False, False)
    assert record["not_found"] == ["flr.nii"]
    assert changes(record, "file") == ["tumour"]
    assert codes(record) == ["verify.not_remade", "verify.time_not_checked"]
    assert "not found: flr.nii" in ask("verify", output, *DATED).out


def test_h12_a_pipe_in_place_of_a_mask_is_not_waited_for(case: Path, output: Path) -> None:
    mask = case.with_name("flr.nii")
    mask.unlink()
    os.mkfifo(mask)
    with ends_within(60):
        record = verified(output, *DATED)
    assert record["holds"] is False
    assert changes(record, "file") == ["flr"]


@pytest.mark.essential
def test_an_output_far_from_its_files(tmp_path: Path, output: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    moved = output.rename(away / "plan.json")
    assert refused("verify", moved, *DATED)["code"] == "verify.files_missing"
    for place in (tmp_path / "case.toml", tmp_path):
        assert verified(moved, place, *DATED)["holds"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("liver.nii", "flr.nii", "tumour.nii"):
        (tmp_path / name).rename(elsewhere / name)
    places = [tmp_path / "case.toml", elsewhere]  # where the case file does not look for them
    assert refused("verify", moved, *places, *DATED)["code"] == "verify.no_case"


def test_h11_another_patient_s_case_file_is_refused(tmp_path: Path, output: Path) -> None:
    other = case_toml(tmp_path, CASE.replace("case-001", "case-002"), "other.toml")
    assert refused("verify", output, other, *DATED)["code"] == "verify.other_case"


def test_h12_options_must_be_those_that_it_was_made_with(case: Path) -> None:
    path = case.parent / "damaged.json"
    made = written(path, "plan", case, *DATED, "--chemo-damage", "yes")
    refusal = refused("verify", made, *DATED)
    assert refusal["code"] == "verify.other_options"
    assert "chemo_liver_damage" in refusal["reason"]
    assert verified(made, *DATED, "--chemo-damage", "yes")["holds"]


@pytest.mark.parametrize(
    "key",
    [
        *("flr_percent", "pathway", "headline", "criterion", "findings", "case", "shown"),
        *("evidence", "severity", "message", "notice"),
    ],
)
def test_h12_an_edited_output_does_not_pass_for_true(output: Path, key: str) -> None:
    record = json.loads(output.read_text("utf-8"))
    if key == "criterion":
        record["trials"][0]["criteria"][0]["answer"] = "met"
    if key == "evidence":
        record["trials"][0]["criteria"][0]["evidence"] = "FLR 29.0 %"
    if key == "case":
        record["case"]["plan"]["flr_percent"] = 29.0
    if key == "shown":
        record["flr_percent_shown"] = "29.0"
    if key in ("severity", "message"):
        assert record["findings"][0]["severity"] != "info"
        record["findings"][0][key] = "info"
    if key == "notice":
        record["notice"] = "a cleared device"
    entries = {"flr_percent": 29.0, "pathway": {**record["pathway"], "name": "pve"}, "findings": []}
    if key == "headline":
        record["pathway"]["headline"] = "FLR 42.0 %: FLR volume not below 40 % (DRAGON 2)"
    edited(output, **({key: entries[key]} if key in entries else record))
    if key == "findings" and not record["findings"]:
        edited(output, findings=[{"code": "parts.pieces"}])
    assert refused("verify", output, *DATED)["code"] == "verify.other_options"


@pytest.mark.parametrize("added", ['"flr_percent": 29.0,', '"notes": NaN,'])
def test_h12_an_output_with_a_key_twice_or_no_number_is_refused(output: Path, added: str) -> None:
    # programs disagree on which of two values counts
    output.write_text(output.read_text("utf-8").replace("{", "{" + added, 1), "utf-8")
    assert refused("verify", output, *DATED)["code"] == "verify.not_an_output"


def test_h12_a_clinical_plan_is_compared_with_a_clinical_one(case: Path) -> None:
    path = case.parent / "clinical.json"
    made = written(path, "plan", case, *DATED, "--profile", "clinical")
    assert verified(made, *DATED)["holds"]


@pytest.mark.parametrize("profile", ["clinical", "shareable"])
def test_h12_the_growth_of_a_plan_is_compared_in_its_profile(tmp_path: Path, profile: str) -> None:
    """The clinical profile adds dates to the scans."""
    scans: list[Path] = []
    for day, flr in ((4, 2400), (25, 2800)):
        folder = tmp_path / str(day)
        folder.mkdir()
        cube = replace(SMALL, foot_mm=30 + day / 1000)
        cube.write(folder, flr=(0, flr), tumour=(7600 + day, 8000))
        tables = f"[imaging]\ndate = 2026-05-{day:02}\n[facts]"
        scans.append(case_toml(folder, CASE.replace("[facts]", tables)))
    words = [scans[1], "--earlier", scans[0], "--as-of", "2026-05-28"]
    made = written(tmp_path / "plan.json", "plan", *words, "--profile", profile)
    assert verified(made, *words)["holds"]


@pytest.mark.essential
def test_masks_by_options_without_a_case_file(tmp_path: Path) -> None:
    """Nothing but hashes can be looked at, unless the options are given again."""
    masks = SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    more = ["--diagnosis", "crlm", "--chemo-damage", "no"]
    made = written(tmp_path / "plan.json", "plan", *masks, *more)
    record = verified(made)
    assert (record["holds"], record["recomputed"]) == (True, False)
    unedited = made.read_text("utf-8")
    edited(made, flr_percent=44.4)  # hashes of files cannot show it
    shown = ask("verify", made).out
    assert "plan.json: files unchanged, results not recomputed" in shown
    assert "confirmed" not in shown
    made.write_text(unedited, "utf-8")
    assert verified(made, *masks, *more)["recomputed"]
    SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 7999))
    assert changes(verified(made), "file") == ["liver"]


@pytest.mark.essential
@pytest.mark.parametrize("command", ["volume", "resections"])
def test_volumes_and_resections(tmp_path: Path, command: str) -> None:
    shutil.copytree(BUNDLED / "crlm", tmp_path / "copy")
    case = tmp_path / "copy" / "case.toml"
    made = written(tmp_path / "copy" / "made.json", command, case)
    record = verified(made)
    assert (record["holds"], record["recomputed"]) == (True, True)
    case.write_text(case.read_text("utf-8") + "\n# seen\n", "utf-8")
    assert changes(verified(made), "file") == ["case"]


@pytest.mark.essential
def test_a_patient_s_answers(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"crlm_present": true, "labs_date": "2026-05-02"}', "utf-8")
    made = written(tmp_path / "made.json", "trials", "judge", facts, *DATED)
    assert verified(made, *DATED)["recomputed"]
    assert verified(made, facts, *DATED)["holds"]
    late = verified(made, "--as-of", "2026-06-11")
    assert {change["kind"] for change in late["changes"]} == {"time"}
    facts.write_text('{"crlm_present": false, "labs_date": "2026-05-02"}', "utf-8")
    assert "crlm_present" in changes(verified(made, *DATED), "fact")
    facts.unlink()
    assert refused("verify", made, *DATED)["code"] == "verify.files_missing"


def test_h12_trials_of_a_hospital_must_be_given_again(tmp_path: Path) -> None:
    trials, facts = tmp_path / "ours", tmp_path / "facts.json"
    trials.mkdir()
    source = BUNDLED.parent / "fl_planner" / "trials" / "data" / "rescue.toml"
    alone, _, _ = source.read_text("utf-8").partition("\n[plan]\n")
    text = alone.replace("NCT06178198", "NCT00000001")
    own = trials / "own.toml"
    own.write_text(text.replace('short = "rescue"', 'short = "own"'), "utf-8")
    facts.write_text('{"hcc_present": true}', "utf-8")
    made = written(tmp_path / "made.json", "trials", "judge", facts, "--trials", trials)
    assert refused("verify", made)["code"] == "verify.files_missing"
    assert verified(made, "--trials", trials)["holds"]
    own.write_text(own.read_text("utf-8") + "\n# seen\n", "utf-8")
    record = verified(made, "--trials", trials)
    assert (changes(record, "file"), changes(record, "rule")) == (["trial"], ["NCT00000001"])


@pytest.mark.essential
def test_a_centre_file_and_a_file_of_facts_next_to_the_output(case: Path) -> None:
    centre, facts = case.parent / "centre.toml", case.parent / "more.json"
    centre.write_text('schema = 1\nname = "Site 7"\nas_of = 2026-05-01\n', "utf-8")
    facts.write_text('{"ecog": 1}', "utf-8")
    path = case.parent / "made.json"
    made = written(path, "plan", case, *DATED, "--centre", centre, "--facts", facts)
    assert verified(made, case, *DATED)["holds"]
    stale = verified(made, case, "--as-of", "2026-05-11", "--centre", centre)
    assert stale["holds"]
    dated = (", date = 2026-05-02", "staging_ct_date = 2026-05-02\n")
    case_toml(case.parent, CASE.replace(dated[0], "").replace(dated[1], ""))
    made = written(path, "plan", case, *DATED, "--centre", centre)
    later = ["--as-of", "2026-07-31"]  # 91 days after the list of the centre
    record = verified(made, case, *later, "--centre", centre)
    assert [(one["kind"], one["after"]) for one in record["changes"]] == [("time", "centre.stale")]
    written(path, "plan", case, *later, "--centre", centre)
    assert verified(made, case, "--centre", centre)["holds"]  # on no date
    made = written(path, "plan", case, *DATED, "--centre", centre, "--facts", facts)
    centre.write_text('schema = 1\nname = "Site 8"\nas_of = 2026-05-01\n', "utf-8")
    assert "centre" in changes(verified(made, case, *DATED), "file")


@pytest.mark.essential
def test_a_ct_of_slices_is_hashed_as_a_series(tmp_path: Path) -> None:
    folder = ct_folder(tmp_path)
    _, (one,), _ = read_image(folder, "ct", Limits())
    was = {"role": "ct", "file": one.file, "format": one.format, "sha256": one.sha256}
    assert hash_files([was], [tmp_path], 1) == {one.file: {one.sha256}}
    data, other = seg(), ct_slice(0)
    data.ReferencedSeriesSequence = [item(SeriesInstanceUID=SERIES)]
    drawn = {"role": "liver", "file": write(tmp_path / "liver.dcm", pack(data)).name}
    other.SeriesInstanceUID = f"{SERIES}.9"
    write(folder / "other.dcm", pack(other))  # of another series
    both = [was, {**drawn, "sha256": "", "format": "dicom-seg"}]
    assert hash_files(both, [tmp_path], 1)[one.file] == {one.sha256}
    assert hash_files([was], [tmp_path], 1) != {one.file: {one.sha256}}
    (folder / "other.dcm").unlink()
    next(folder.iterdir()).unlink()
    assert hash_files(both, [tmp_path], 1)[one.file] != {one.sha256}


@pytest.mark.essential
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "verify.not_an_output"),
        ("[]", "verify.not_an_output"),
        ("{}", "verify.not_an_output"),
        ('{"schema": "fl-planner/check/1"}', "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/2", "status": "refused"}', "verify.refused_output"),
        ('{"schema": "fl-planner/plan/2", "status": "ok"}', "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/2", "status": "ok", "version": "1", "inputs": [1]}',
         "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/2", "status": "ok", "version": "1", "case": 1, "inputs": []}',
         "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/2", "status": "ok", "version": "1", "rules": [1], '
         '"inputs": []}', "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/2", "status": "ok", "version": "1", "inputs": '
         '[{"role": "a", "file": "../a", "sha256": "b"}]}', "verify.not_an_output"),
        ('{"schema": "fl-planner/plan/1", "status": "ok", "version": "1", "inputs": []}',
         "verify.other_schema"),
        ('{"schema": "fl-planner/volume/9", "status": "ok"}', "verify.other_schema"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_output(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "made.json"
    path.write_text(text, "utf-8")
    refusal = refused("verify", path)
    assert (refusal["code"], refusal["file"]) == (code, "made.json")


@pytest.mark.essential
def test_a_label_map_and_more_masks_are_looked_at(tmp_path: Path) -> None:
    labels = SMALL.file(tmp_path / "labels.nii", SMALL.segments())
    options = ["--labelmap", labels, "--no-tumour", "--remnant-segments", "2,3"]
    made = written(tmp_path / "made.json", "plan", *options)
    assert verified(made, *options)["recomputed"]
    refusal = refused("verify", made, *options[:-1], "2,3,4")
    assert refusal["code"] == "verify.other_options"


@pytest.mark.essential
def test_what_was_not_given_then(tmp_path: Path, output: Path) -> None:
    SMALL.file(tmp_path / "treated.nii", SMALL.mask(4000, 8000))
    record = verified(output, *DATED, "--treated", tmp_path / "treated.nii")
    (file,) = (change for change in record["changes"] if change["kind"] == "file")
    assert file["message"] == "treated: treated.nii was added"


@pytest.mark.essential
def test_a_list_of_codes_is_reported_in_words(output: Path) -> None:
    sites = 'extrahepatic_sites = ["lung", "brain"]'
    case_toml(output.parent, f"{CASE}{sites}\n")
    (fact,) = (one for one in verified(output, *DATED)["changes"] if one["kind"] == "fact")
    assert (fact["before"], fact["after"]) == ("nothing", "lung, brain")


def test_a_file_that_cannot_be_read(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", broken)
    with refuses("file.unreadable"):
        hash_files([{"file": "flr.nii", "sha256": "x"}], [output.parent], 1)


@pytest.mark.essential
def test_every_option_that_a_plan_rests_on_can_be_given_again() -> None:
    outputs = {"picture", "fhir", "fhir_as", "dicom", "replaces", "study", "archive", "archives",
               "series", "routing", "route", "push", "log", "as_csv", "as_json",
               "quiet", "verbose", "force", "profile", "case_files", "semicolons", "bom", "xlsx",
               "lesions_csv", "resections_csv", "engine", "masks_out", "accept_licence",
               "engine_log"}  # fmt: skip
    plan, verify = ({str(one.name) for one in command.params} for command in (cli_plan, cli_verify))
    assert plan - outputs - verify == set()


def test_a_case_that_names_files_of_other_folders(tmp_path: Path) -> None:
    """A scintigraphy beside the case file, the masks elsewhere."""
    for name in ("function", "crlm"):
        shutil.copytree(BUNDLED / name, tmp_path / name)
    case = tmp_path / "function" / "function.toml"
    for command in ("plan", "function"):
        made = written(tmp_path / "function" / f"{command}.json", command, case)
        record = verified(made)
        assert (record["holds"], record["recomputed"]) == (True, True)
    spect = tmp_path / "function" / "spect.nii.gz"
    spect.write_bytes(spect.read_bytes() + bytes(64))
    assert changes(verified(made), "file") == ["spect"]


def test_a_case_file_that_cannot_be_read_any_more(output: Path) -> None:
    """Its hash says that it changed, whatever is wrong with it."""
    case_toml(output.parent, CASE.replace("diagnosis", "diagnoses"))
    record = verified(output, *DATED)
    assert (changes(record, "file"), record["recomputed"]) == (["case"], False)
    assert codes(record) == ["verify.not_remade", "verify.time_not_checked"]


@pytest.mark.essential
def test_wrong_options_are_reported_at_once(output: Path) -> None:
    assert refused("verify", output, "--flr-function", "x")["code"] == "usage.wrong"
