"""The first message that a newcomer meets answers the newcomer's question."""

from pathlib import Path

import pytest

from tests.cli.outside import BUNDLED, ask, refused

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
        assert wrong["reason"] == "no liver was given"
        assert wrong["remedy"].startswith("give --liver, or --labelmap")


@pytest.mark.parametrize("command", ["volume", "plan"])
def test_why_is_there_no_flr(command: str) -> None:
    text = shown(command, *masks("liver", "tumour"))
    assert "FLR not calculated: no remnant was given. Give its mask (--flr)" in text
    assert "segments (--labelmap and --remnant-segments)" in text
    assert "FLR not calculated" not in shown(command, *masks("liver", "tumour", "flr"))


def test_why_is_there_no_flr_where_it_was_typed_or_another_share_is_given() -> None:
    """A value of a letter is an FLR, and a treated area asks for no remnant."""
    typed = shown("plan", *masks("liver", "tumour"), "--flr-of-nontumorous-liver", "28")
    assert "FLR not calculated" not in typed
    treated = shown("plan", *masks("liver"), "--no-tumour", "--treated", CASE / "tumour.nii.gz")
    assert "FLR not calculated" not in treated


def test_where_are_my_masks_given_where_a_mask_stands_for_a_case_file() -> None:
    wrong = refused("plan", CASE / "liver.nii.gz")
    assert wrong["reason"] == "a case file must not be gzipped"
    assert wrong["remedy"].startswith("give masks by options such as --liver, --tumour and --flr")


def test_where_is_the_case_file_of_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASE)
    for folder in (".", CASE):
        wrong = refused("plan", folder)
        assert (wrong["file"], wrong["reason"]) == ("crlm", "a folder is not a case file")
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
    assert "warning: masks: 1 file of other formats" in shown("check", ".")


def test_why_does_american_spelling_fail() -> None:
    wrong = refused("plan", "--liver", "liver.nii.gz", "--tumor", "tumor.nii.gz")
    assert wrong["remedy"].startswith("did you mean --tumour?")


def test_where_do_i_enter_an_flr_of_a_letter() -> None:
    remedy = refused("plan", "--flr-percent", "28")["remedy"]
    assert "--flr-of-nontumorous-liver or --flr-of-whole-liver" in remedy


def test_why_is_there_no_list_of_resections() -> None:
    wrong = refused("resections", *masks("liver"))
    assert wrong["remedy"] == "add --labelmap with Couinaud segments"


def test_why_is_there_no_trial_yet() -> None:
    text = shown("plan", *masks("liver", "tumour", "flr"))
    assert "Diagnosis undecided: CRLM and HCC have different limits" in text


def test_did_i_give_one_file_twice() -> None:
    flr = CASE / "tumour.nii.gz"
    wrong = refused("plan", *masks("liver", "tumour"), "--flr", flr)
    assert wrong["reason"] == "the same file was given as tumour and as flr"
