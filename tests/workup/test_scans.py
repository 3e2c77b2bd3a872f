"""`growth` from outside: three scans of a small liver, volumes counted by hand."""

import csv
import json
import re
from dataclasses import replace
from html import unescape
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from tests.cli.outside import SMALL, Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.refusals import refuses

EMBOLISATION = '[embolisation]\ndate = 2026-03-02\nkind = "PVE/HVE"\nsegments = [5, 6, 7, 8]\n'
SCANS = {
    "before": ("2026-02-20", 2400),
    "day21": ("2026-03-23", 4000),
    "day42": ("2026-04-13", 4400),
}

MINUS = "\u2212"


def write_case(folder: Path, name: str, day: str | None, voxels: int, more: str = "") -> Path:
    """Write a scan: a remnant of so many voxels of an eighth of a millilitre, 1000 mL of liver."""
    own = folder / name
    own.mkdir(exist_ok=True)
    scanned = replace(SMALL, foot_mm=30.0 + 0.02 * (voxels // 100 % 12))  # no two scans lie alike
    scanned.write(own, flr=(0, voxels))
    block = np.zeros((SMALL.side,) * 3, np.uint8)
    block[15:, 15:, 16:] = 1  # 100 voxels, as compact as tumours are
    scanned.file(own / "tumour.nii", np.pad(block, 1))
    date = f"date = {day}\n" if day else ""
    text = f"""schema = 1
id = "case-001"
label = "Bed 12"
[masks]
liver = "{name}/liver.nii"
tumour = "{name}/tumour.nii"
flr = "{name}/flr.nii"
[imaging]
{date}reader = "R1"
status = "draft"
phase = "portal venous"
{more}"""
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Hold three scans, the embolisation in the second one's file."""
    folder = tmp_path_factory.mktemp("growth")
    size = "[patient]\nheight_cm = 180\nweight_kg = 80\n"
    function = '[facts]\nflr_function = {{ value = {}, unit = "%/min/m2" }}\n'
    more = {
        "before": size + function.format(2.1),
        "day21": EMBOLISATION + function.format(2.9),
        "day42": "",
    }
    return [write_case(folder, name, *scan, more[name]) for name, scan in SCANS.items()]


@pytest.fixture(scope="module")
def record(cases: list[Path]) -> Record:
    return require_valid(told("growth", cases[2], cases[0], cases[1]))


def test_scans_are_reported_in_the_order_of_their_days(record: Record) -> None:
    points = record["time_points"]
    assert [one["days"] for one in points] == [-10, 21, 42]
    assert [one["flr_ml"] for one in points] == [300, 500, 550]
    assert [one["baseline"] for one in points] == [True, False, False]
    assert record["embolisation"] == {"kind": "PVE/HVE", "segments": ["5", "6", "7", "8"]}
    assert all(len(file["sha256"]) == 64 for one in points for file in one["files"])


def test_growth_by_hand(record: Record) -> None:
    """300 to 500 mL in 21 days, of 987.5 mL: 20.253 points, 66.7 %, 9.52 mL a day."""
    first, second = record["growth"]
    assert record["denominator"]["ml"] == 987.5
    assert first["gain_ml"] == 200
    assert first["points"] == pytest.approx(100 * 200 / 987.5)
    assert first["relative_percent"] == pytest.approx(100 * 2 / 3)
    assert first["ml_per_day"] == pytest.approx(200 / 21)
    assert first["relative_percent_per_day"] == pytest.approx(100 * 2 / 3 / 21)
    assert first["kgr_points_per_week"] == pytest.approx(100 * 200 / 987.5 / 3)
    assert first["kgr_below_2"] is False
    assert first["points_of_standard"] == pytest.approx(100 * 200 / 1740.15)
    assert first["kgr_of_standard_below_2"] is False
    of_gain = [100 * end / 1740.15 / 3 for end in first["gain_interval_ml"]]  # in three weeks
    assert first["kgr_of_standard_interval"] == pytest.approx(of_gain)
    assert first["function_gain_pct_per_min_per_m2"] == pytest.approx(0.8)
    assert second["gain_ml"] == 250
    assert "kgr_points_per_week" not in second
    assert "function_gain_pct_per_min_per_m2" not in second


def test_a_step_has_a_rate_that_is_not_called_the_growth_rate(record: Record) -> None:
    step = record["between_scans"][1]
    assert (step["days"], step["gain_ml"]) == (21, 50)
    assert step["within_reading_error"] is True
    assert step["points_per_week"] == pytest.approx(100 * 50 / 987.5 / 3)


def test_no_date_leaves_the_program_unless_asked_for(cases: list[Path], record: Record) -> None:
    assert "2026-0" not in json.dumps(record)
    clinical = require_valid(told("growth", *cases, "--profile", "clinical"))
    assert [one["date"] for one in clinical["time_points"]] == [
        "2026-02-20", "2026-03-23", "2026-04-13",
    ]  # fmt: skip
    assert clinical["embolisation"]["date"] == "2026-03-02"
    assert clinical["time_points"][0]["label"] == "Bed 12"


def test_a_table_fits_eighty_columns(cases: list[Path]) -> None:
    out = ask("growth", *cases).out
    assert max(map(len, out.splitlines())) <= 80
    assert "20.3 percentage points with the baseline liver as denominator\n" in out
    assert "66.7 % of the FLR volume at baseline\n" in out
    assert "KGR (baseline liver) 6.8 percentage points per week, not below 2" in out
    assert "From scan to scan (these are not kinetic growth rates)" in out
    assert "Shindoh 2013" in out


def test_a_row_for_each_scan(cases: list[Path], tmp_path: Path) -> None:
    lines = ask("growth", *cases, "--csv").out.splitlines()
    assert len(lines) == 4
    header = lines[0].split(",")
    second = dict(zip(header, lines[2].split(","), strict=True))
    record = require_valid(told("growth", *cases))
    point = record["time_points"][1]
    by_hand = {
        "scan": 2, "days": 21, "flr_ml": 500, "nontumorous_ml": 987.5, "gain_ml": 200,
        "gain_pct": 100 * 200 / 300, "gain_points": 100 * 200 / 987.5,
        "flr_sd_ml": 500 * point["cv"],
    }  # fmt: skip
    assert {name: float(second[name]) for name in by_hand} == pytest.approx(by_hand)
    by_size = float(second["kgr_of_standard_points_per_week"])  # of 180 cm and 80 kg: 1740.15 mL
    assert by_size == pytest.approx(100 * 200 / 1740.15 / 3)
    assert float(second["kgr_points_per_week"]) == pytest.approx(100 * 200 / 987.5 / 3)
    found = [one["code"] for one in record["findings"]]
    assert found
    assert second["findings_codes"].split() == [*dict.fromkeys(found)]
    assert ask("growth", *cases, "--csv", "--json").status == 2
    out = tmp_path / "growth.xlsx"
    ran = ask("growth", *cases, "--xlsx", out)
    assert (ran.status, ran.err) == (0, "table of growth: growth.xlsx\n")
    book: Any = import_module("openpyxl").load_workbook(out)
    names, *_ = book["growth"].iter_rows(values_only=True)
    assert [*names] == lines[0].split(",")


@pytest.mark.slow
def test_a_picture_is_the_same_each_time(cases: list[Path], tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert ask("growth", *cases, "--picture", first).err.strip() == "picture: a.png"
    ask("growth", *cases, "--picture", second, "--quiet")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG")
    assert ask("growth", *cases, "--picture", first).status == 2


def test_a_table_without_body_size_states_nothing_of_what_it_expects(tmp_path: Path) -> None:
    scans = [
        write_case(tmp_path, "before", *SCANS["before"]),
        write_case(tmp_path, "day21", *SCANS["day21"], EMBOLISATION),
    ]
    out = ask("growth", *scans).out
    assert "kinetic growth rate 6.8 percentage points per week" in out
    # 200 mL, two thirds of 300 mL, in 21 days; 31 days between the scans
    assert "  since the embolisation, per day: 9.5 mL, 3.17 % of the baseline FLR\n" in out
    assert "body size" not in out


def test_without_an_embolisation_days_are_counted_from_the_first_scan(cases: list[Path]) -> None:
    found = require_valid(told("growth", cases[0], cases[2]))
    assert [one["days"] for one in found["time_points"]] == [0, 52]
    assert "kgr_points_per_week" not in found["growth"][0]
    assert "growth.no_embolisation" in [one["code"] for one in found["findings"]]
    out = ask("growth", cases[0], cases[2]).out
    assert "Days are counted from the first scan." in out
    assert "\n  kinetic growth rate" not in out


def test_what_makes_no_story_is_refused(cases: list[Path], tmp_path: Path) -> None:
    for given, file in ((), "growth"), (cases[:1], cases[0].name):
        found = refused("growth", *given)
        assert (found["code"], found["file"]) == ("growth.too_few", file)
    undated = write_case(tmp_path, "undated", None, 3000)
    found = refused("growth", cases[0], undated)
    assert (found["code"], found["file"]) == ("growth.no_date", "undated.toml")
    bare = write_case(tmp_path, "bare", "2026-05-01", 3000)
    lines = [one for one in bare.read_text("utf-8").splitlines() if not one.startswith("flr")]
    bare.write_text("\n".join(lines), "utf-8")
    assert refused("growth", cases[0], bare)["code"] == "growth.no_remnant"
    again = cases[0].with_name("again.toml")
    again.write_bytes(cases[0].read_bytes())
    found = refused("growth", cases[0], again)
    assert (found["code"], found["file"]) == ("growth.same_date", f"{cases[0].name}, again.toml")


@pytest.mark.essential
@pytest.mark.slow
def test_h12_a_mask_that_was_changed_makes_a_scan_stale(cases: list[Path], tmp_path: Path) -> None:
    changed = write_case(
        tmp_path, "later", "2026-04-20", 4600, f'[imaging.sha256]\nflr = "{"0" * 64}"\n'
    )
    found = require_valid(told("growth", *cases, changed))
    assert [one["stale"] for one in found["time_points"]] == [False, False, False, True]
    assert "growth.stale" in [one["code"] for one in found["findings"]]
    assert ask("growth", *cases, changed, "--csv").status == 2
    picture = tmp_path / "stale.png"
    out = ask("growth", *cases, changed, "--picture", picture)
    assert "4 (stale)" in out.out
    assert picture.exists()


def test_h08_a_share_of_the_table_stays_on_its_side_of_the_limits(tmp_path: Path) -> None:
    """2367 of 7900 voxels are 29.962 %, below 30: no table of growth shows 30.0 %."""
    first = write_case(tmp_path, "first", "2026-02-20", 2367)
    later = write_case(tmp_path, "later", "2026-03-23", 3952, EMBOLISATION)  # 50.025 %
    scans = require_valid(told("growth", first, later))["time_points"]
    for key in ("flr_percent_fixed_shown", "flr_percent_anew_shown"):
        assert [one[key] for one in scans] == ["29.96", "50.03"]
    out = ask("growth", first, later).out
    assert out.count("29.96 %") == out.count("50.03 %") == 2
    assert "30.0 %" not in out
    assert "50.0 %" not in out


LATER = (
    '[facts]\nflr_function = {{ value = {}, unit = "%/min/m2" }}\nchemo_liver_damage = {}\n'
    'ecog = {}\nrecist_response_after_chemo = "stable_disease"\n'
    'albumin = {{ value = 40, unit = "g/L", date = {} }}\n'
    'bilirubin_total = {{ value = {}, unit = "umol/L", date = {} }}\n'
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Hold a case of CRLM before and after a radioembolisation, with facts of each time."""
    folder = tmp_path_factory.mktemp("followed")
    facts = {
        "before": LATER.format(1.9, "false", 0, "2026-02-20", 10, "2026-02-20"),
        "day21": LATER.format(2.7, "false", 1, "2026-03-23", 20, "2026-03-23"),
    }
    day0 = '[embolisation]\ndate = 2026-03-02\nkind = "Y90"\n'
    paths = []
    for name, (day, _) in [*SCANS.items()][:2]:
        voxels = 2200 if name == "before" else 2320  # 27.8 and 29.4 %
        path = write_case(
            folder, name, day, voxels, (day0 if name == "day21" else "") + facts[name]
        )
        path.write_text('diagnosis = "crlm"\n' + path.read_text("utf-8"), "utf-8")
        paths.append(path)
    return paths


@pytest.mark.essential
@pytest.mark.slow
def test_endpoints_are_in_record_table_and_row(followed: list[Path]) -> None:
    record = require_valid(told("growth", *followed))
    assert record["limit_reach"] == {
        "reached": True, "at_baseline": False, "first_day": 21, "first_day_at_latest": 21,
        "by": "function",
    }  # fmt: skip
    assert [one["limit_reached"] for one in record["time_points"]] == [False, True]
    (response,) = record["responses"]
    assert (response["category"], response["stated"]) == ("stable_disease", "stable_disease")
    assert response["matched"] == [{"before": 1, "after": 1}]
    of = {one["score"]: one for one in record["score_changes"]}
    assert (of["ecog"]["last"]["change"], of["albi"]["last"]["day"]) == (1, 21)
    out = ask("growth", *followed).out
    assert max(map(len, out.splitlines())) <= 80
    for line in (
        "FLR limit: first reached on day 21, by function",
        "RECIST 1.1 measured on masks, scan 1 to scan 2",
        "stable disease (not confirmed; liver lesions only)",
        "recorded response after chemotherapy: stable disease",
        "ALBI up to day 90",
        "-2.74 (grade 1) on day -10 to -2.54 (grade 2) on day 21, +0.20",
        "0 on day -10 to 1 on day 21, +1",
    ):
        assert line in out, (line, out)
    assert "below 2" not in out
    rows = [*csv.DictReader(StringIO(ask("growth", *followed, "--csv").out))]
    assert [row["limit_reached"] for row in rows] == ["0", "1"]
    assert rows[1]["recist_category"] == "stable_disease"


@pytest.mark.essential
@pytest.mark.slow
def test_a_report_states_in_words_what_the_trials_measure(
    followed: list[Path], tmp_path: Path
) -> None:
    """The page holds what `growth` tells, on a sheet of its own, and no key of the record."""
    before, latest = followed
    out = tmp_path / "report.html"
    assert ask("report", latest, "--earlier", before, "--out", out).status == 0
    text = " ".join(re.sub(r"<[^>]*>", " ", out.read_text("utf-8").partition("<main>")[2]).split())
    page = unescape(text).partition(" Growth, function and scores ")[2].replace("\u00a0", " ")
    for told_ in (
        "Scans Scan Day FLR 95 % inter-reader interval % of the baseline liver",
        "FLR limit: first reached on day 21, by function, not by volume.",
        "RECIST 1.1 measured on masks, scan 1 to scan 2: sum of target lesion diameters",
        "stable disease (not confirmed; liver lesions only).",
        "Recorded response after chemotherapy: stable disease.",
        "Scores (computed; to be confirmed)",
        f"ALBI up to day 90: {MINUS}2.74 (grade 1) on day {MINUS}10 to {MINUS}2.54 (grade 2) on "
        "day 21, +0.20.",
        f"ECOG up to day 90: 0 on day {MINUS}10 to 1 on day 21, +1.",
    ):
        assert told_ in page, (told_, page)
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", page.replace("fl_planner", ""))


@pytest.mark.essential
@pytest.mark.slow
def test_a_plan_states_the_growth_up_to_its_scan(followed: list[Path], tmp_path: Path) -> None:
    before, latest = followed
    story = told("growth", *followed)
    ran = ask("plan", latest, "--earlier", before, "--json")
    record = require_valid(ran.record)
    assert record["growth"]["limit_reach"] == story["limit_reach"]
    assert record["growth"]["growth"] == story["growth"]
    assert {one["code"] for one in story["findings"]} <= {one["code"] for one in record["findings"]}
    assert "growth" not in told("plan", latest)
    shown = ask("plan", latest, "--earlier", before, "-v").out
    assert "FLR limit: first reached on day 21, by function, not by volume" in shown
    output = tmp_path / "plan.json"
    output.write_bytes(ran.stdout)
    verified = ask("verify", output, latest, "--earlier", before)
    assert (verified.status, "plan.json: confirmed" in verified.out) == (0, True)


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("recorded", ["before", "after"])
def test_h15_a_plan_with_an_earlier_scan_is_of_the_time_after_the_embolisation(
    tmp_path: Path, recorded: str
) -> None:
    """The case file of either scan may record it; 250 of 987.5 mL, below 30 %."""
    facts = "[facts]\nchemo_liver_damage = false\n"
    before, after = (
        write_case(tmp_path, name, day, voxels, facts + (EMBOLISATION if name == recorded else ""))
        for name, day, voxels in (("before", "2026-02-20", 1600), ("after", "2026-03-23", 2000))
    )
    for path in (before, after):
        text = path.read_text("utf-8")
        path.write_text(text.replace("[masks]", 'diagnosis = "crlm"\n[masks]'), "utf-8")
    plan = told("plan", after, "--earlier", before)
    assert plan["embolisation"] | {"flr_of_baseline_percent": 0.0} == {
        "kind": "PVE/HVE",
        "day": 21,
        "flr_of_baseline_percent": 0.0,
        "flr_of_baseline_percent_shown": "25.3",
    }
    verdicts = {trial["id"]: trial["verdict"] for trial in plan["trials"]}
    assert verdicts["NCT05428735"] == "not_eligible"  # DRAGON 2: an arm was given already
    assert "after PVE/HVE" in plan["pathway"]["headline"]
    assert "prior_pve_hve" not in {each["key"] for each in plan["route"]["questions"]}


@pytest.mark.parametrize(("scans", "named"), [(1, "first"), (2, "baseline")])
def test_the_headline_names_the_first_scan_only_if_it_is_the_baseline(
    tmp_path: Path, scans: int, named: str
) -> None:
    """290 mL of 950 mL now, and of 987.5 mL on the last scan before the embolisation."""
    facts = "[facts]\nchemo_liver_damage = false\n"
    earlier = [
        write_case(tmp_path, f"before{day}", f"2026-02-{day}", 1400 + 10 * day)
        for day in (20, 10)[:scans]
    ]
    after = write_case(tmp_path, "after", "2026-03-23", 2320, facts + EMBOLISATION)
    block = np.zeros((SMALL.side,) * 3, np.uint8)
    block[10:, 10:, 16:] = 1  # 400 voxels, 50 mL
    scanned = replace(SMALL, foot_mm=30.0 + 0.02 * (2320 // 100 % 12))
    scanned.file(after.with_suffix("") / "tumour.nii", np.pad(block, 1))
    text = after.read_text("utf-8")
    after.write_text(text.replace("[masks]", 'diagnosis = "crlm"\n[masks]'), "utf-8")
    options = [part for path in earlier for part in ("--earlier", path)]
    headline = told("plan", after, *options)["pathway"]["headline"]
    assert f"30.5 % of this scan's liver, 29.4 % of the {named} scan's" in headline


def test_h03_the_liver_of_an_earlier_scan_is_measured_not_entered(tmp_path: Path) -> None:
    """250 mL of the 987.5 mL of the first scan, whatever was entered: not 250 of 2000."""
    entered = "baseline_nontumorous_volume = { value = 2, unit = 'L' }"
    before = write_case(tmp_path, "before", "2026-02-20", 1600)
    after = write_case(tmp_path, "after", "2026-03-23", 2000, f"[facts]\n{entered}\n{EMBOLISATION}")
    plan = told("plan", after, "--earlier", before)
    assert plan["embolisation"]["flr_of_baseline_percent_shown"] == "25.3"
    (odd,) = (one for one in plan["findings"] if one["code"] == "evidence.typed_apart")
    assert "2000 mL entered, 988 mL measured" in odd["message"]


@pytest.mark.slow
def test_h03_a_plan_without_tumour_masks_states_no_share_of_the_baseline(tmp_path: Path) -> None:
    """The liver before the embolisation holds an unknown tumour: it is no denominator."""
    before, after = (
        write_case(tmp_path, name, day, voxels, EMBOLISATION)
        for name, day, voxels in (("before", "2026-02-20", 1600), ("after", "2026-03-23", 2000))
    )
    for path in (before, after):
        lines = path.read_text("utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("tumour")]
        path.write_text("\n".join(kept), "utf-8")
    plan = told("plan", after, "--earlier", before)
    assert plan["embolisation"] == {"kind": "PVE/HVE", "day": 21}
    assert "growth.no_tumour_mask" in {one["code"] for one in plan["findings"]}


@pytest.mark.essential
@pytest.mark.slow
def test_h12_a_plan_s_growth_is_verified_with_all_its_scans(
    followed: list[Path], tmp_path: Path
) -> None:
    before, latest = followed
    output = tmp_path / "plan.json"
    output.write_bytes(ask("plan", latest, "--earlier", before, "--json").stdout)
    assert refused("verify", output, latest)["code"] == "verify.other_options"
    edited = output.read_text("utf-8").replace('"first_day": 21', '"first_day": 14')
    output.write_text(edited, "utf-8")
    edited_one = refused("verify", output, latest, "--earlier", before)
    assert edited_one["code"] == "verify.other_options"


def test_growth_in_a_plan_needs_the_case_file_of_the_latest_scan(followed: list[Path]) -> None:
    before, latest = followed
    not_latest = refused("plan", before, "--earlier", latest)
    assert (not_latest["code"], not_latest["reason"]) == (
        "report.not_latest",
        "the scan is not the latest",
    )
    liver = latest.with_suffix("") / "liver.nii"
    for other in (("--flr", liver), ("--no-tumour",)):
        one = refused("plan", latest, "--earlier", before, *other)
        assert one["code"] == "report.not_latest"
        assert "replace the remnant or the liver" in one["reason"]
    masks = latest.with_suffix("") / "liver.nii"
    assert refused("plan", "--liver", masks, "--earlier", before)["code"] == "usage.wrong"


def test_growth_in_a_report_is_not_that_of_another_remnant(
    followed: list[Path], tmp_path: Path
) -> None:
    before, latest = followed
    other, out = latest.with_suffix("") / "liver.nii", tmp_path / "report.html"
    with refuses("report.not_latest"):
        fl_planner.report(latest, out=out, earlier=[before], flr=other)
    assert not out.exists()


def test_growth_in_a_plan_is_of_the_facts_and_sizes_given_by_options(followed: list[Path]) -> None:
    """29.4 % and 2.7 %/min/m2 in the file: 2.6 is below 2.67, so that no limit was reached.

    Gain 120 voxels of an eighth of a millilitre; the liver estimated from body size is
    1267.28 * BSA - 794.41 mL, with 2 m2 for 180 cm and 80 kg (Mosteller): 1740.15 mL.
    """
    before, latest = followed
    options = ("--flr-function", "2.6", "--height-cm", "180", "--weight-kg", "80")
    plan = told("plan", latest, "--earlier", before, *options)
    assert plan["function"]["flr_function_pct_per_min_per_m2"] == 2.6
    growth = plan["growth"]
    assert growth["time_points"][-1]["function_pct_per_min_per_m2"] == 2.6
    assert growth["limit_reach"]["reached"] is False
    (change,) = growth["growth"]
    assert change["gain_ml"] == 15
    assert change["points_of_standard"] == pytest.approx(100 * 15 / 1740.15)


def test_a_plan_with_growth_and_options_is_confirmed(followed: list[Path], tmp_path: Path) -> None:
    """From the same files and options; without the options it is another plan."""
    before, latest = followed
    options = ("--earlier", before, "--flr-function", "2.6", "--height-cm", "180")
    output = tmp_path / "plan.json"
    output.write_bytes(ask("plan", latest, *options, "--json").stdout)
    assert "plan.json: confirmed" in ask("verify", output, latest, *options).out
    assert refused("verify", output, latest, *options[:2])["code"] == "verify.other_options"


def test_masks_of_the_case_file_named_otherwise_are_its_masks(
    followed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two names of a file, and one file in a list; a treated area defines no remnant."""
    before, latest = followed
    folder = latest.with_suffix("")
    monkeypatch.chdir(folder)
    gain = told("plan", latest, "--earlier", before)["growth"]["growth"][0]["gain_ml"]
    for role, file in (("flr", "flr.nii"), ("tumour", "tumour.nii"), ("treated", "tumour.nii")):
        ran = ask("plan", latest, "--earlier", before, f"--{role}", file, "--json")
        assert ran.record["growth"]["growth"][0]["gain_ml"] == gain == 15
    wrong = refused("plan", latest, "--earlier", before, "--tumour", "flr.nii")
    assert wrong["code"] == "report.not_latest"


def test_the_fhir_bundle_of_a_plan_with_growth_has_the_growth_to_its_scan(
    cases: list[Path], tmp_path: Path
) -> None:
    """1600 voxels of 0.125 mL are gained on 2400, of 7900 non-tumorous; day 21 is three weeks."""
    before, latest, _ = cases
    size = ("--height-cm", "180", "--weight-kg", "80")
    file = tmp_path / "plan.fhir.json"
    assert ask("plan", latest, "--earlier", before, *size, "--fhir", file).status == 0
    found = {
        one["resource"]["code"]["coding"][0]["code"]: one["resource"]
        for one in json.loads(file.read_bytes())["entry"]
        if one["resource"]["resourceType"] == "Observation"
    }
    points = 100 * 1600 / 7900
    expected = {
        "flr-gain-volume": (200, "mL"),
        "flr-gain-relative-percent": (100 * 1600 / 2400, "%"),
        "flr-degree-of-hypertrophy": (points, "%"),
        "kinetic-growth-rate": (points / 3, "%/wk"),
        "kinetic-growth-rate-standardised": (100 * 200 / 1740.15 / 3, "%/wk"),
    }
    for code, (number, unit) in expected.items():
        quantity = found[code]["valueQuantity"]
        assert (quantity["value"], quantity["code"]) == (pytest.approx(number, rel=1e-5), unit)
        low, high = (one["valueQuantity"]["value"] for one in found[code]["component"])
        assert low < quantity["value"] < high
    alone = tmp_path / "alone.fhir.json"
    assert ask("plan", latest, "--fhir", alone).status == 0
    assert not any(code in alone.read_text("utf-8") for code in expected)
