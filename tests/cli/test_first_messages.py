"""The first message that a newcomer meets answers the newcomer's question."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.outside import BUNDLED, ask, refused
from tests.niftis import write_nifti

CASE = BUNDLED / "crlm"


def masks(*roles: str) -> list[object]:
    """List options that give masks of the bundled case by role."""
    return [word for role in roles for word in (f"--{role}", CASE / f"{role}.nii.gz")]


def shown(*words: object) -> str:
    ran = ask(*words)
    assert ran.status == 0, ran.err
    return " ".join(ran.out.split())


def test_which_mask_do_i_give() -> None:
    for command in ("plan", "volume"):
        wrong = refused(command)
        assert wrong["reason"] == "no liver mask was given"
        assert wrong["remedy"].startswith("give --liver, or --labelmap")


def test_where_is_the_liver_of_a_case_file(tmp_path: Path) -> None:
    """A new case file has no masks yet."""
    case = tmp_path / "new.toml"
    case.write_text('schema = 1\nid = "a"\ndiagnosis = "crlm"\n')
    assert "under [masks]" in refused("plan", case)["remedy"]


@pytest.mark.parametrize("command", ["volume", "plan"])
def test_why_is_there_no_flr(command: str) -> None:
    text = shown(command, *masks("liver", "tumour"))
    assert "FLR not calculated: give the mask of the remnant (--flr)" in text
    assert "segments (--labelmap and --remnant-segments)" in text
    assert "FLR not calculated" not in shown(command, *masks("liver", "tumour", "flr"))


def test_why_is_there_no_flr_where_it_was_entered_or_another_share_is_given() -> None:
    """A value of a letter is an FLR, and a treated area asks for no remnant."""
    typed = shown("plan", *masks("liver", "tumour"), "--flr-of-nontumorous-liver", "28")
    assert "FLR not calculated" not in typed
    treated = shown("plan", *masks("liver"), "--no-tumour", "--treated", CASE / "tumour.nii.gz")
    assert "FLR not calculated" not in treated


def test_where_are_my_masks_given_where_a_mask_means_a_case_file() -> None:
    wrong = refused("plan", CASE / "liver.nii.gz")
    assert wrong["reason"] == "a case file must not be gzipped"
    assert wrong["remedy"].startswith("give masks with options such as --liver, --tumour and --flr")


def test_where_are_my_masks_given_if_there_are_three() -> None:
    wrong = refused("plan", *(CASE / f"{role}.nii.gz" for role in ("liver", "tumour", "flr")))
    assert wrong["file"] == "liver.nii.gz"
    assert wrong["remedy"].startswith("give masks with options such as --liver, --tumour and --flr")
    case = CASE / "case.toml"
    assert "add --csv or --xlsx" in refused("plan", case, case)["remedy"]


def test_where_is_my_spreadsheet_read(tmp_path: Path) -> None:
    """Neither a case file nor a file of facts: the commands for tables are named."""
    for name in ("list.csv", "List.XLSX"):
        (tmp_path / name).write_text("id,ecog\np1,1\n")
        for command in (("plan",), ("volume",), ("trials", "judge")):
            wrong = refused(*command, tmp_path / name)
            assert wrong["reason"].startswith("a table is not a")
            assert "fl-planner cohort" in wrong["remedy"]
            assert "fl-planner screen" in wrong["remedy"]
    assert "no such file" in refused("plan", tmp_path / "none.csv")["reason"]


@pytest.mark.parametrize("typed", ["28", "28%", "28,5", "400mL"])
def test_where_do_i_enter_a_number_instead_of_a_mask(typed: str) -> None:
    wrong = refused("plan", *masks("liver", "tumour"), "--flr", typed)
    assert "docs/how-to/letter.md" in wrong["remedy"]
    assert wrong["reason"].startswith("no such file")
    wrong = refused("plan", *masks("liver", "tumour"), "--flr", "28.nii")
    assert wrong["remedy"] == "check the name and the folder"


def test_which_percentage_is_meant_where_no_option_takes_one() -> None:
    for command in (("trials", "judge"), ("screen",), ("new-case",)):
        remedy = refused(*command, "x", "--flr-percent", "28")["remedy"]
        assert "the fact flr_of_nontumorous_liver or flr_of_whole_liver" in remedy


def test_a_fraction_is_not_asked_for_by_a_number_out_of_its_range() -> None:
    wrong = refused("dose", CASE / "case.toml", "--lung-shunt", "6%")
    assert wrong["remedy"] == "give a number without a unit"


def test_a_missing_choice_is_asked_for_on_one_line() -> None:
    assert refused("validate")["reason"] == "Missing argument 'crlm'. Choose from: crlm"


def test_where_is_the_case_file_of_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASE)
    for folder in (".", CASE):
        wrong = refused("plan", folder)
        assert (wrong["file"], wrong["reason"]) == (
            "crlm",
            "the path leads to a folder, not to a case file",
        )
        assert "fl-planner new-case" in wrong["remedy"]


def test_can_i_plan_from_the_record_of_a_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"schema": "fl_planner/plan/1"}')
    wrong = refused("plan", tmp_path / "plan.json")
    assert wrong["reason"] == "a JSON file is not a case file"
    assert "a case file" in wrong["remedy"]


def test_what_was_not_looked_at_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "masks" / "old"
    folder.mkdir(parents=True)
    for at in (folder, folder.parent):
        (at / "liver.nii.gz").write_bytes((CASE / "tumour.nii.gz").read_bytes())
    monkeypatch.chdir(folder.parent)
    assert "warning: masks: 1 file in other formats" in shown("check", ".")


def test_why_is_there_no_list_of_resections() -> None:
    wrong = refused("resections", *masks("liver"))
    assert wrong["remedy"] == "add --labelmap with Couinaud segments"


def test_why_is_there_no_trial_yet() -> None:
    text = shown("plan", *masks("liver", "tumour", "flr"))
    assert "Diagnosis undecided: CRLM and HCC have different limits" in text


def test_which_liver_is_this_a_share_of() -> None:
    text = shown("volume", *masks("liver", "flr"))
    assert "FLR of the whole liver (no tumour mask): 28.7 %" in text
    assert "not compared with limits. Give the tumour mask (--tumour), or state that" in text
    assert "No tumour mask" not in shown("volume", *masks("liver", "flr"), "--no-tumour")
    assert "No tumour mask" not in shown("volume", *masks("liver", "flr", "tumour"))
    assert "No tumour mask" not in shown("volume", *masks("liver"))


def test_why_is_no_limit_answered() -> None:
    text = shown("plan", *masks("liver", "flr"), "--diagnosis", "crlm")
    assert "Tumour not given: give its mask (--tumour) or volume, or state that there is" in text


def test_what_do_the_numbers_of_my_label_map_mean(tmp_path: Path) -> None:
    """A map of one program, in which the liver has the number 5."""
    voxels = np.zeros((60, 60, 60), dtype=np.uint8)
    voxels[5:55, 5:55, 5:55] = 5  # 125,000 voxels of 12 mm³
    file = write_nifti(tmp_path / "total.nii.gz", voxels, (2.0, 2.0, 3.0))
    wrong = refused("volume", "--labelmap", file, "--no-tumour")
    assert wrong["reason"].endswith(
        "only label 5 (1500 mL); the numbers fit the scheme totalsegmentator"
    )
    assert wrong["remedy"].startswith("name the scheme (--scheme): totalsegmentator")


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("age = 71", 'give a value and its unit, such as value 71 with unit "a" or "mo"'),
        ('sex = "m"', '"m" is not listed; use one of female, male'),
    ],
)
def test_how_do_i_enter_a_fact(tmp_path: Path, fact: str, answer: str) -> None:
    case = tmp_path / "case.toml"
    case.write_text(f"schema = 1\n[masks]\nno_tumour = true\n[facts]\n{fact}\n", "utf-8")
    assert answer in refused("plan", case)["reason"]


def test_where_is_my_file() -> None:
    wrong = refused("volume", "--liver", "nosuch.nii.gz")
    assert wrong["reason"] == "no such file: --liver nosuch.nii.gz"


def test_how_are_the_columns_of_a_list_named(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("Name,Thrombozyten\nA,200\n", "utf-8")
    remedy = refused("screen", table)["remedy"]
    assert "as column names, each quantity with its unit: platelets [10*9/L]" in remedy
    assert remedy.endswith("map the columns with --column, and omit others with --ignore-column")


@pytest.mark.parametrize(("words", "formula"), [("kgr", "growth"), ("lung-dose", "y90_required")])
def test_which_formula_gives_this_number(words: str, formula: str) -> None:
    remedy = refused("calc", words)["remedy"]
    assert formula in remedy
    assert "bsa" not in remedy


def test_how_many_scans_does_growth_need() -> None:
    wrong = refused("growth", CASE / "case.toml")
    assert wrong["reason"] == "growth requires two scans"
    assert wrong["remedy"].endswith("from numbers alone, fl-planner calc growth computes it")
    assert "fl-planner calc growth" in shown("growth", "--help")


@pytest.mark.parametrize(
    ("option", "place"),
    [("--resected-segments", "under [[plan]]"), ("--date", "under [imaging]"), ("--label", "at")],
)
def test_a_key_without_an_option_leads_to_the_case_file(option: str, place: str) -> None:
    """The most similar option to --resected-segments states a treated area."""
    remedy = refused("plan", CASE / "case.toml", option, "1")["remedy"]
    assert remedy.startswith(f"state {option[2:].replace('-', '_')} {place}")
    assert remedy.endswith("in a case file")


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("--tumor", "--tumour"),
        ("--weight", "--weight-kg"),
        ("--flr-mask", "--flr"),
        ("--segments", "--labelmap or --remnant-segments or --treated-segments"),
        ("--couinaud", "--labelmap"),
        ("--lesions", "--tumour or --lesions-csv"),
        ("--scan", "--ct"),
        ("--damage", "--chemo-damage"),
        ("--remnant", "--flr or --remnant-segments"),  # not --treated
        ("--lung-shunt", ""),  # a fraction; --lung-dose is in Gy
        ("--steatosis", ""),
        ("--format", ""),  # not --force
        ("--pve", ""),
        ("--chemotherapy", ""),
    ],
)
def test_an_unknown_option_leads_to_what_it_means_or_to_the_help(option: str, meant: str) -> None:
    remedy = refused("plan", CASE / "case.toml", option, "1")["remedy"]
    helped = "see fl-planner plan --help"
    assert remedy == (f"did you mean {meant}? {helped}" if meant else helped)


def test_an_output_is_found_by_the_beginning_of_its_option() -> None:
    wrong = refused("report", CASE / "case.toml", "--output", "x.html")
    assert wrong["remedy"] == "did you mean --out? see fl-planner report --help"


@pytest.mark.parametrize("option", ["--flr", "--before", "--flr-percentile"])
def test_no_unknown_option_leads_to_the_replacement_of_outputs(option: str) -> None:
    assert "--force" not in refused("growth", CASE / "case.toml", option, "28")["remedy"]
    near = refused("growth", CASE / "case.toml", "--forced")["remedy"]
    assert near.startswith("did you mean --force?")
