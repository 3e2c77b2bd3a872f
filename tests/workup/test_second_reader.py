"""A second reader's masks from outside: the interval, the record, the table, what is refused."""

from math import sqrt
from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, codes, doubts, finding, refused, told

CRLM = ["--diagnosis", "crlm"]


@pytest.fixture
def masks(tmp_path: Path) -> list[str]:
    """Draw a remnant of 2560 of 8000 voxels, 32 %; the second reader's has 2720, 34 %."""
    SMALL.file(tmp_path / "flr-2.nii", SMALL.mask(0, 2720))
    SMALL.file(tmp_path / "liver-2.nii", SMALL.mask(0, 7600))  # a layer less
    tumour = SMALL.file(tmp_path / "tumour.nii", SMALL.beside())
    return [*SMALL.write(tmp_path, flr=(0, 2560)), "--tumour", str(tumour), *CRLM]


def second(folder: Path, *names: str) -> list[str]:
    return [part for name in names for part in ("--second-reader", f"{name}={folder}/{name}-2.nii")]


def test_the_measured_difference_replaces_the_figures_in_print(
    tmp_path: Path, masks: list[str]
) -> None:
    """32 and 34 %: a standard deviation of 2/√2 points, and 1.96 of them either way."""
    (ratio,) = told("plan", *masks, *second(tmp_path, "flr"))["ratios"].values()
    reach = 1.96 * 2 / sqrt(2)
    assert ratio["interval_percent"] == pytest.approx([32 - reach, 32 + reach], abs=1e-6)
    cv = ratio["cv"]
    assert cv["decided_by"] == "second_reader"
    assert cv["second_reader_sd"] == pytest.approx(2 / sqrt(2) / 32)
    assert cv["readers_sd"] == pytest.approx(sqrt(0.0058))
    assert (cv["remnant"], cv["liver"]) == (0.07, 0.03)  # what would have been
    assert 0 < cv["geometry_sd"] < cv["second_reader_sd"]


def test_h03_a_liver_read_as_the_second_remnant_is_reported(tmp_path: Path) -> None:
    """Of a remnant of 60 %, the whole liver has a Dice of 2 x 60 / 160 = 0.75: not far apart."""
    liver = SMALL.file(tmp_path / "liver-2.nii", SMALL.mask(0, 7999))
    given = [*SMALL.write(tmp_path, flr=(0, 4800)), "--no-tumour", *CRLM]
    found = told("plan", *given, "--second-reader", liver)
    (odd,) = (one for one in found["findings"] if one["code"] == "plausibility.flr_share")
    assert (odd["file"], odd["severity"]) == ("liver-2.nii", "warning")
    assert "second_reader.apart" not in codes(found)


def test_dice_volumes_and_surfaces_by_hand(tmp_path: Path, masks: list[str]) -> None:
    """Layers of 20 x 20 voxels of 5 mm: 6.4 and 6.8 of them; a voxel has 0.125 mL."""
    reading = told("plan", *masks, *second(tmp_path, "flr", "liver"))["ratios"]["flr"]
    other = reading["second_reader"]
    assert (other["numerator_voxels"], other["denominator_voxels"]) == (2720, 7600)
    assert other["percent"] == pytest.approx(100 * 2720 / 7600)
    assert other["percent_shown"] == "35.8"
    assert other["difference_points"] == pytest.approx(100 * 2720 / 7600 - 32)
    flr, liver = other["structures"]
    assert (flr["name"], liver["name"]) == ("flr", "liver")
    assert (flr["first_ml"], flr["second_ml"]) == (320, 340)
    assert flr["dice"] == pytest.approx(2 * 2560 / (2560 + 2720))
    assert (liver["first_ml"], liver["second_ml"]) == (1003.125, 953.125)  # 3.125 mL of tumour
    assert liver["dice"] == pytest.approx(2 * 7625 / 15650)
    # the lower layer's 400 voxels are 5 mm apart, both ways; the sides are the same but for its rim
    assert 0 < liver["mean_surface_mm"] < 5
    assert liver["surface_95_mm"] == 5


def test_the_second_reader_changes_no_answer(tmp_path: Path, masks: list[str]) -> None:
    alone, both = told("plan", *masks), told("plan", *masks, *second(tmp_path, "flr"))
    for key in ("voxels", "flr_percent", "flr_percent_shown"):
        assert both[key] == alone[key]
    answers = [
        [(trial["verdict"], [one["answer"] for one in trial["criteria"]]) for trial in trials]
        for trials in (alone["trials"], both["trials"])
    ]
    assert answers[0] == answers[1]
    assert both["pathway"]["name"] == alone["pathway"]["name"]
    sides = [[limit["answer"] for limit in record["thresholds"]] for record in (alone, both)]
    assert sides[0] == sides[1]
    chances = [record["thresholds"][0]["crossing_chance"] for record in (alone, both)]
    assert chances[1] < chances[0]  # readers who agree better than those in print


@pytest.mark.slow
def test_the_second_reader_s_files_are_named(tmp_path: Path, masks: list[str]) -> None:
    record = told("plan", *masks, *second(tmp_path, "flr", "liver"))
    roles = {one["role"]: one["file"] for one in record["inputs"]}
    assert roles["second reader flr"] == "flr-2.nii"
    assert roles["second reader liver"] == "liver-2.nii"
    assert doubts(record) == doubts(told("plan", *masks))
    once = told("plan", *masks, *second(tmp_path, "flr"))
    assert finding(once, "second_reader.liver_once")["severity"] == "info"


def test_a_person_reads_both(tmp_path: Path, masks: list[str]) -> None:
    shown = " ".join(ask("plan", *masks, *second(tmp_path, "flr", "liver"), "-v").out.split())
    assert "FLR according to the second reader: 35.8 % (+3.8 percentage points)" in shown
    assert "FLR 320 mL and 340 mL, Dice 0.97" in shown
    assert "liver 1003 mL and 953 mL, Dice 0.97" in shown


def test_what_was_read_twice_is_not_to_be_read_a_second_time(
    tmp_path: Path, masks: list[str]
) -> None:
    """30 % lies within 2.77 points of 32 %."""
    alone, both = told("plan", *masks), told("plan", *masks, *second(tmp_path, "flr"))
    texts = [" ".join(record["pathway"]["reasons"]) for record in (alone, both)]
    assert "a second reading would help" in texts[0]
    assert "second reading would help" not in texts[1]
    assert "interval from two readings of this case" in texts[1]


def test_a_file_alone_is_the_remnant(tmp_path: Path, masks: list[str]) -> None:
    named = told("plan", *masks, *second(tmp_path, "flr"))
    assert told("plan", *masks, "--second-reader", tmp_path / "flr-2.nii") == named


@pytest.mark.essential
@pytest.mark.slow
def test_a_case_file_names_the_second_reader_too(tmp_path: Path, masks: list[str]) -> None:
    text = """
diagnosis = "crlm"
[masks]
liver = "liver.nii"
flr = "flr.nii"
tumour = "tumour.nii"
[second_reader]
flr = "flr-2.nii"
liver = "liver-2.nii"
"""
    record = told("plan", case_toml(tmp_path, text))
    by_options = told("plan", *masks, *second(tmp_path, "flr", "liver"))
    assert record["ratios"] == by_options["ratios"]
    other = told("plan", case_toml(tmp_path, text), "--flr", tmp_path / "flr-2.nii")
    assert "second_reader" not in other["ratios"]["flr"]  # it was read of another remnant
    over = told("plan", case_toml(tmp_path, text), "--second-reader", f"liver={tmp_path}/liver.nii")
    assert over["ratios"]["flr"]["second_reader"]["denominator_voxels"] == 8000


def test_a_hash_of_a_second_reader_s_file_is_looked_at(tmp_path: Path, masks: list[str]) -> None:
    text = f"""
[masks]
liver = "liver.nii"
flr = "flr.nii"
[second_reader]
flr = "flr-2.nii"
[imaging.sha256]
"second reader flr" = "{"0" * 64}"
"""
    assert "case.mask_changed" in codes(told("plan", case_toml(tmp_path, text)))
    refusal = refused("plan", case_toml(tmp_path, text.replace("second reader flr", "second flr")))
    assert "second flr" in refusal["reason"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["liver={0}/liver-2.nii"], "second_reader.no_flr"),
        (["flr={0}/flr.nii"], "second_reader.same"),
        (["resected={0}/flr-2.nii"], "usage.wrong"),
        (["flr="], "usage.wrong"),
        (["flr={0}/flr-2.nii", "{0}/flr-2.nii"], "option.repeated"),
        (["flr={0}/none.nii"], "file.missing"),
    ],
)
def test_h16_what_is_no_second_reading_is_refused(
    tmp_path: Path, masks: list[str], options: list[str], code: str
) -> None:
    given = [part for one in options for part in ("--second-reader", one.format(tmp_path))]
    assert refused("plan", *masks, *given)["code"] == code


def test_a_remnant_that_is_not_known_is_compared_with_nothing(tmp_path: Path) -> None:
    SMALL.file(tmp_path / "flr-2.nii", SMALL.mask(0, 2720))
    record = told("plan", *SMALL.write(tmp_path), *CRLM, *second(tmp_path, "flr"))
    assert record["ratios"] == {}
    assert finding(record, "second_reader.no_first")["severity"] == "warning"
