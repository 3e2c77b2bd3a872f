"""`new-case` from outside: the file it writes, and what it asks at a terminal."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.record.over_time.new_case import as_new_centre, format_new_centre
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.statements import Amount
from tests.cases import each_case
from tests.cli.outside import BUNDLED, REPOSITORY, SMALL, Ran, Record, ask, real, refused, told
from tests.record.schemas import require_valid
from tests.workup.test_own_trials import TRIAL

HCC = {"hcc_present": True, "crlm_present": False, "ecog": 1}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return tmp_path / "case.toml"


def answered(folder: Path, facts: Record) -> Path:
    path = folder / "answers.json"
    path.write_text(json.dumps(facts), "utf-8")
    return path


def typed(monkeypatch: pytest.MonkeyPatch, text: str, *args: object) -> Ran:
    monkeypatch.setattr(sys, "stdin", StringIO(text))
    return ask("new-case", *args, "--ask")


def test_without_a_terminal_nothing_is_asked_and_all_is_listed(case: Path) -> None:
    record = require_valid(told("new-case", case))
    assert [one["key"] for one in record["questions"]] == ["crlm_present", "hcc_present"]
    assert (record["answered"], record["route"]) == (0, "needs_data")
    assert read_case_file(case).stated.values == {}


def test_answers_of_a_file_are_written_and_the_rest_is_asked(tmp_path: Path, case: Path) -> None:
    record = require_valid(
        told("new-case", case, "--id", "p1", "--answers", answered(tmp_path, HCC))
    )
    request = read_case_file(case)
    assert request.id == "p1"
    assert [*request.stated.values] == [*HCC]
    keys = [one["key"] for one in record["questions"]]
    assert "ras_status" not in keys
    text = case.read_text("utf-8")
    assert all(f"\n# {key} = " in text for key in keys)
    assert [text.index(f"\n# {key} = ") for key in keys] == sorted(
        text.index(f"\n# {key} = ") for key in keys
    )


def test_a_file_also_names_the_facts_on_women(tmp_path: Path, case: Path) -> None:
    """DRAGON 2 E1: pregnant or lactating. Of a man neither, and each once."""
    women = ["pregnant", "breastfeeding"]
    for sex, expected in (({}, women), ({"sex": "female"}, women), ({"sex": "male"}, [])):
        facts = answered(tmp_path, {"crlm_present": True, "hcc_present": False, **sex})
        told("new-case", case, "--answers", facts, "--force")
        text = case.read_text("utf-8")
        assert [key for key in women for _ in range(text.count(f"\n# {key} = "))] == expected
        assert text.count("\n# sex = ") == (not sex)


def test_the_file_is_judged_as_its_answers_are(tmp_path: Path, case: Path) -> None:
    facts = answered(tmp_path, HCC)
    told("new-case", case, "--answers", facts)
    of_case, of_facts = (told("trials", "judge", path) for path in (case, facts))
    assert of_case["trials"] == of_facts["trials"]
    assert of_case["route"] == of_facts["route"]


def test_masks_are_named_from_where_the_file_is_and_their_volumes_not_asked(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    case = tmp_path / "cases" / "case.toml"
    flr, liver = tmp_path / "flr.nii", tmp_path / "cases" / "liver.nii"
    record = told(
        "new-case", case, "--diagnosis", "crlm", "--liver", liver, "--flr", flr, "--no-tumour",
        "--ct", tmp_path / "ct",
    )  # fmt: skip
    text = case.read_text("utf-8")
    assert 'liver = "liver.nii"' in text
    assert 'flr = "../flr.nii"' in text
    assert 'ct = "../ct"' in text
    assert str(tmp_path) not in text
    keys = {one["key"] for one in record["questions"]}
    assert not keys & {"total_liver_volume", "flr_volume", "tumour_volume", "crlm_present"}
    other = told("new-case", tmp_path / "b.toml", "--diagnosis", "crlm", "--liver", liver)
    assert {"flr_volume", "tumour_volume"} <= {one["key"] for one in other["questions"]}


def test_h16_files_that_are_not_there_and_numbers_nobody_named_are_reported(
    tmp_path: Path, case: Path
) -> None:
    there = tmp_path / "segments.nii"
    there.write_bytes(b"")
    asked = ("--diagnosis", "crlm", "--liver", tmp_path / "no" / "liver.nii", "--labelmap", there)
    record = require_valid(told("new-case", case, *asked))
    found = {one["code"]: one["message"] for one in record["findings"]}
    assert found.keys() >= {"new_case.no_file", "new_case.no_scheme"}
    assert found["new_case.no_file"].startswith("liver.nii: ")
    assert "Couinaud" in found["new_case.no_scheme"]
    assert "new_case.no_file: liver.nii: " in ask("new-case", case, *asked, "--force").out
    shown = ask("new-case", case, *asked, "--scheme", "lits", "--force")
    assert "new_case.no_scheme" not in shown.out
    assert read_case_file(case).files.scheme == "lits"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (("--liver", "l.nii"), "labels.scheme_alone"),
        (("--labelmap", "s.nii"), "labels.scheme_unknown"),
    ],
)
def test_h13_a_scheme_that_cannot_be_read_is_not_written(
    case: Path, files: tuple[str, ...], code: str
) -> None:
    """Otherwise `plan` would refuse the case file."""
    assert refused("new-case", case, *files, "--scheme", "litz")["code"] == code
    assert not case.exists()


def test_another_scheme_can_be_pasted_from_the_comment(tmp_path: Path, case: Path) -> None:
    there = tmp_path / "segments.nii"
    told("new-case", case, "--diagnosis", "crlm", "--labelmap", there)
    text = case.read_text("utf-8")
    (line,) = [one for one in text.splitlines() if one.startswith("labelmap = ")]
    pasted = line.partition("otherwise ")[2].partition("}")[0] + "}"
    case.write_text(text.replace(line, f"labelmap = {pasted}"), "utf-8")
    files = read_case_file(case).files
    assert (files.label_map, files.scheme) == (there, "lits")


def test_what_exists_is_replaced_with_force_only(case: Path) -> None:
    case.write_text("mine", "utf-8")
    assert refused("new-case", case)["code"] == "output.exists"
    assert case.read_text("utf-8") == "mine"
    assert ask("new-case", case, "--force").status == 0
    assert read_case_file(case).id is None


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["case.txt"], "usage.wrong"),
        (["case.toml", "--no-tumour", "--tumour", "t.nii"], "usage.wrong"),
        (["case.toml", "--flr", "f.nii", "--resected", "r.nii"], "usage.wrong"),
        (["case.toml", "--answers", "none.json"], "file.missing"),
        (["none/case.toml"], "output.no_folder"),
    ],
)
def test_what_is_refused_writes_nothing(tmp_path: Path, args: list[str], code: str) -> None:
    name, *options = args
    assert refused("new-case", tmp_path / name, *options)["code"] == code
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_a_name_that_is_no_text_is_refused_for_toml_cannot_hold_it(tmp_path: Path) -> None:
    liver = SMALL.file(tmp_path / os.fsdecode(b"\xff.nii"), SMALL.mask(0, 8000))
    ran = real("new-case", "case.toml", "--no-ask", "--liver", liver, "--json", cwd=tmp_path)
    assert ran.status == 2
    assert json.loads(ran.out)["refusal"]["code"] == "usage.not_text"
    assert not (tmp_path / "case.toml").exists()


def test_questions_at_a_terminal(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No to CRLM, yes to HCC, a wrong and a right volume, the next passed over, then enough."""
    ran = typed(monkeypatch, "no\nyes\nmuch\n450 mL\n\nSTOP\n", case)
    assert ran.status == 0
    assert read_case_file(case).stated.values.keys() == {
        "crlm_present",
        "hcc_present",
        "flr_volume",
    }
    assert "colorectal liver metastases [tumour board; questions left: 2]" in ran.err
    assert (
        "flr_volume: the answer was not recognised; give a number and its unit: mL, L, mm3"
        in " ".join(ran.err.split())
    )
    assert "tumour_volume: a number and its unit: mL, L, mm3" in ran.err
    assert ran.out.startswith("case.toml: written; ")
    assert "\n# total_liver_volume = " in case.read_text("utf-8")  # still open


def test_a_trial_that_is_not_assessed_costs_no_earlier_answer(
    tmp_path: Path, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = answered(tmp_path, HCC)
    keys = [one["key"] for one in told("new-case", case, "--answers", known)["questions"]]
    before = "\n" * keys.index("written_consent_for")
    answers = f"{before}NCT00000000\nNCT06178198\nstop\n"
    ran = typed(monkeypatch, answers, case, "--answers", known, "--force")
    assert "NCT00000000 is not one of the trials assessed" in " ".join(ran.err.split())
    assert ran.status == 0
    assert read_case_file(case).stated.values["written_consent_for"] == ("NCT06178198",)


def test_facts_that_contradict_end_the_questions(
    tmp_path: Path, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = answered(tmp_path, {"hcc_present": True, "crlm_present": True})
    ran = typed(monkeypatch, "", case, "--answers", facts)
    assert ran.status == 0
    said = " ".join(ran.err.split())
    assert (
        said
        == "no further questions: these facts contradict each other (contradiction.hcc_and_crlm)"
    )
    assert "contradiction.hcc_and_crlm: " in ran.out


def test_the_questions_may_come_to_an_end(
    tmp_path: Path, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = answered(tmp_path, {"hcc_present": False})
    ran = typed(monkeypatch, "no\n", case, "--answers", facts)
    assert (ran.status, ran.out) == (0, "case.toml: written; 0 questions not yet answered\n")


def test_who_breaks_off_leaves_no_file(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(monkeypatch, "no\n", case).status == 130
    assert not case.exists()


@pytest.mark.slow
def test_json_is_never_asked_for_at_a_terminal(tmp_path: Path) -> None:
    """And without it a terminal is."""
    for options, typed_by_user in ((["--json"], b""), ([], b"no\nstop\n")):
        main, terminal = pty.openpty()
        os.write(main, typed_by_user)
        ran = subprocess.run(
            [sys.executable, "-m", "fl_planner", "new-case", "case.toml", "--force", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=terminal,
            capture_output=True,
            check=False,
            timeout=60,
        )
        os.close(main)
        os.close(terminal)
        assert ran.returncode == 0
        assert (b"questions left: 2" in ran.stderr) is (options == [])
    assert read_case_file(tmp_path / "case.toml").stated.values == {"crlm_present": False}


def test_volumes_that_masks_will_give_are_not_asked(tmp_path: Path, case: Path) -> None:
    record = told(
        "new-case", case, "--diagnosis", "hcc", "--labelmap", tmp_path / "map.nii",
        "--remnant-segments", "2,3", "--treat-tumour", "--tumour", tmp_path / "tumour.nii",
    )  # fmt: skip
    keys = {one["key"] for one in record["questions"]}
    volumes = {"total_liver_volume", "flr_volume", "tumour_volume", "treated_nontumorous_volume"}
    assert keys & volumes == set()


def test_a_weight_offers_the_clearance(tmp_path: Path, case: Path) -> None:
    facts = {
        "crlm_present": True, "hcc_present": False, "sex": "male",
        "age": {"value": 55, "unit": "a"}, "creatinine": {"value": 1.09, "unit": "mg/dL"},
    }  # fmt: skip
    record = told("new-case", case, "--answers", answered(tmp_path, facts), "--weight-kg", 72)
    computed = {one["key"]: one.get("computed") for one in record["questions"]}
    assert computed["creatinine_clearance"]["says"].startswith(
        "computed: 78.0 mL/min"
    )  # 85·72/(72·1.09)


def test_h15_a_test_typed_without_its_date_has_not_that_of_the_tests_of_a_file(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inr = {"value": 1.1, "unit": "1"}
    dated = answered(tmp_path, {**HCC, "inr": inr, "labs_date": "2026-05-01"})
    keys = [one["key"] for one in told("new-case", case, "--answers", dated)["questions"]]
    assert "platelets" in keys
    lines = "214 10*9/L\n214 10*9/L 2026-06-01\n\n" * len(keys) + "stop\n"
    ran = typed(monkeypatch, lines, case, "--answers", dated, "--force")
    assert "give the date of this test as well" in " ".join(ran.err.split())
    platelets = Amount(Fraction(214), "10*9/L", date(2026, 6, 1))
    assert read_case_file(case).stated.values["platelets"] == platelets


# ---- new-centre


SAID = ("--name", "Site 7", "--as-of", "2026-11-01")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "centre.toml"


def typed_of_centre(
    monkeypatch: pytest.MonkeyPatch, *lines: str, options: tuple[object, ...] = ()
) -> Ran:
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))
    return ask("new-centre", *options, "--ask")


def judged(centre: Path) -> Record:
    return told("trials", "judge", BUNDLED / "crlm" / "case.toml", "--centre", centre,
                "--as-of", "2026-11-20")  # fmt: skip


def test_where_every_trial_is_answered_none_counts_otherwise() -> None:
    trials = read_bundled_trials()[:2]
    offers = {one.id: Offer("open") for one in trials}
    for count in (1, 2):
        centre = Centre("Site 7", date(2026, 11, 1), dict([*offers.items()][:count]))
        said = [*format_new_centre(as_new_centre("c.toml", centre, trials))]
        assert said[0] == f"c.toml: written; answers for {count} of 2 trials"
        assert any("other trials (comments in the file)" in line for line in said) is (count == 1)


@pytest.mark.slow
def test_without_a_person_every_trial_is_listed_as_a_comment(out: Path) -> None:
    record = require_valid(told("new-centre", "--out", out, *SAID))
    ids = [one["id"] for one in told("trials", "list")["trials"]]
    assert [one["id"] for one in record["trials"]] == ids
    assert not any("reach" in one for one in record["trials"])
    table = tomllib.loads(out.read_text("utf-8"))
    assert (table["schema"], table["name"], str(table["as_of"])) == (1, "Site 7", "2026-11-01")
    assert "trials" not in table
    codes = [one["code"] for one in judged(out)["findings"]]
    assert codes.count("centre.trial_not_listed") == len(ids)


@pytest.mark.essential
@pytest.mark.slow
def test_its_comments_are_a_centre_file_too(out: Path) -> None:
    """Whoever takes the # away has what every trial needs."""
    ask("new-centre", "--out", out, *SAID)
    lines = out.read_text("utf-8").splitlines()
    bare = [line.removeprefix("# ") if line.startswith(("# [", "# status", "# contact", "# where"))
            else line for line in lines]  # fmt: skip
    out.write_text("\n".join(bare), "utf-8")
    codes = [one["code"] for one in judged(out)["findings"]]
    assert "centre.trial_not_listed" not in codes


@pytest.mark.essential
@pytest.mark.slow
def test_answers_at_a_terminal_are_what_the_file_states(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("Site 7", "2026-02-30", "2026-11-01", "open", "HPB trial office", "maybe", "referral",
             "", 'Harbour "North"', "", "closed", "", "stop")  # fmt: skip
    ran = typed_of_centre(monkeypatch, *lines, options=("--out", out))
    assert ran.status == 0
    assert "'2026-02-30' is not a date in the form 2026-11-01" in ran.err
    assert "'maybe' is not one of open, referral, closed" in ran.err
    ids = [one["id"] for one in told("trials", "list")["trials"]]
    assert tomllib.loads(out.read_text("utf-8"))["trials"] == {
        ids[0]: {"status": "open", "contact": "HPB trial office"},
        ids[1]: {"status": "referral", "where": 'Harbour "North"'},
        ids[3]: {"status": "closed"},
    }
    reach = {one["id"]: one["reach"] for one in judged(out)["trials"]}
    assert [reach[id_] for id_ in ids] == ["open", "referral", "referral", "closed", "referral"]


def test_a_hospital_s_trials_are_asked_too(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "harbour.toml").write_text(TRIAL.replace("HARBOUR-1", "harbour.1"), "utf-8")
    options = ("--out", out, *SAID, "--trials", own)
    assert typed_of_centre(monkeypatch, *[""] * 5, "open", "", options=options).status == 0
    assert tomllib.loads(out.read_text("utf-8"))["trials"] == {"harbour.1": {"status": "open"}}


def test_a_file_that_is_there_stays(out: Path) -> None:
    out.write_text("mine", "utf-8")
    assert refused("new-centre", "--out", out, *SAID)["code"] == "output.exists"
    assert out.read_text("utf-8") == "mine"
    assert ask("new-centre", "--out", out, *SAID, "--force").status == 0


@each_case(
    "wrong",
    {
        "no name": (SAID[2:], "--name"),
        "no day": (SAID[:2], "--as-of"),
        "blank": (("--name", " ", *SAID[2:]), "--name"),
    },
)
def test_what_nobody_states_is_refused(out: Path, wrong: tuple[tuple[str, ...], str]) -> None:
    options, source = wrong
    assert refused("new-centre", "--out", out, *options)["file"] == source
    assert not out.exists()


def test_its_name_states_what_it_is(tmp_path: Path) -> None:
    assert refused("new-centre", "--out", tmp_path / "centre.txt", *SAID)["file"] == "--out"
