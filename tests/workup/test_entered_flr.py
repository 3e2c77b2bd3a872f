"""An FLR % of a letter, in everything that a plan, a patient and a list come out as.

The liver is 8000 voxels, 200 of them tumour: what was typed is of the 7800 others.
"""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.record.plan import PlanRecord
from fl_planner.report.document.blocks import Card, Cards
from fl_planner.report.page.values import value_blocks
from tests.cli.outside import SMALL, Record, ask, case_toml, codes, finding, refused, told
from tests.record.planned import flat, read_plan

HERE = "as entered, not measured by this program"
FACTS = {
    "crlm_present": True,
    "hcc_present": False,
    "chemo_liver_damage": False,
    "liver_tumour_resectability": "potentially_resectable",
}


def letter(percent: object, key: str = "flr_of_nontumorous_liver", **more: object) -> str:
    return json.dumps({**FACTS, key: {"value": percent, "unit": "%"}, **more})


@pytest.fixture
def masks(tmp_path: Path) -> list[str]:
    """Hold a liver with its tumour, and no remnant."""
    return [*SMALL.write(tmp_path, tumour=(7800, 8000)), "--diagnosis", "crlm"]


def planned(masks: list[str], percent: str, *more: object) -> Record:
    return told("plan", *masks, "--flr-of-nontumorous-liver", percent, *more)


def first_criterion(record: Record) -> Record:
    (one,) = (one for one in record["trials"][0]["criteria"] if one["id"] == "I1")
    return dict(one)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("percent", "name", "answer"),
    [
        ("25", "pve_or_pve_hve", "below"),
        ("29.9", "pve_or_pve_hve", "below"),
        ("30", "no_growth_needed", "at"),
        ("30.1", "no_growth_needed", "above"),
        ("41", "no_growth_needed", "above"),
    ],
)
def test_an_entered_share_answers_limits_pathway_and_criterion(
    percent: str, name: str, answer: str, masks: list[str]
) -> None:
    record = planned(masks, percent, "--chemo-damage", "no")
    typed = record["typed_flr"]
    assert typed["percent"] == float(percent)
    assert typed["limits"][0]["name"] == "dragon2.flr_30"
    assert typed["limits"][0]["answer"] == answer
    assert record["pathway"]["name"] == name
    assert f"FLR {HERE}" in record["pathway"]["headline"]
    assert f"FLR {percent} %, {HERE}" in first_criterion(record)["evidence"]
    assert "flr.typed" in codes(record)


def test_h15_nothing_is_made_up_for_an_entered_share(masks: list[str]) -> None:
    record = planned(masks, "31")
    assert record["thresholds"] == []
    assert not record.keys() & {"flr_percent", "flr_percent_shown"}
    assert "flr" not in record["ratios"]
    assert "flr" not in record["volumes_ml"]
    assert "crossing_chance" not in first_criterion(record)
    near = record["typed_flr"]["limits"][0]
    assert (near["near"], near["distance"]) == (True, "1 percentage point above 30 %")
    assert record["pathway"]["borderline"]
    near = "FLR 31 %, 1 percentage point above 30 %, 9 percentage points below 40 % (DRAGON 2); "
    near += "borderline: "
    assert record["pathway"]["headline"].startswith(near)
    assert record["typed_flr"]["shown"] == "31 %"  # the figure of the letter, in every line
    assert finding(record, "flr.typed_near_limit")["severity"] == "warning"


@pytest.mark.essential
@pytest.mark.slow
def test_a_drawn_remnant_decides_next_to_a_letter(masks: list[str], tmp_path: Path) -> None:
    flr = SMALL.file(tmp_path / "flr.nii", SMALL.mask(0, 2418))  # 31 % of 7800
    drawn = told("plan", *masks, "--flr", flr)
    both = planned(masks, "28", "--flr", flr)
    assert both["pathway"] == drawn["pathway"]
    assert both["thresholds"] == drawn["thresholds"]
    assert "typed_flr" not in both
    told_of = finding(both, "evidence.flr_apart")["message"]
    assert told_of == "FLR: 28 % entered, 31 % measured from the masks; the masks take precedence"
    assert codes(planned(masks, "31", "--flr", flr)) == codes(drawn)


def test_h12_a_letter_does_not_replace_what_an_error_forbids(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7800, 8000))
    drawn = 'liver = "liver.nii"\nflr = "flr.nii"\ntumour = "tumour.nii"'
    was = f'[imaging]\nstatus = "verified"\n[imaging.sha256]\nflr = "{"0" * 64}"'
    case = case_toml(tmp_path, f'id = "p1"\ndiagnosis = "crlm"\n[masks]\n{drawn}\n{was}\n')
    record = told("plan", case, "--flr-of-nontumorous-liver", "28")
    assert "typed_flr" not in record
    assert first_criterion(record)["answer"] == "unknown"


@pytest.mark.essential
@pytest.mark.slow
def test_it_goes_through_every_output(masks: list[str], tmp_path: Path) -> None:
    options = [*masks, "--flr-of-nontumorous-liver", "28"]
    for more in ([], ["-v"]):
        shown = flat(ask("plan", *options, *more).out)
        assert f"FLR 28 % of the non-tumorous liver, {HERE}" in shown
        assert "DRAGON 2: FLR 30 % below, near the limit unknown, borderline" in shown
    (row,) = csv.DictReader(StringIO(ask("plan", *options, "--csv").out))
    assert (row["flr_typed_pct"], row["flr_pct"]) == ("28", "")
    to = tmp_path / "plan.json"
    told("plan", *options, "--fhir", to, "--quiet")
    entries = (one["resource"] for one in json.loads(to.read_text("utf-8"))["entry"])
    (seen,) = (
        one
        for one in entries
        if one["resourceType"] == "Observation"
        and one["code"]["coding"][0]["code"] == "flr-percent-typed"
    )
    assert seen["valueQuantity"]["value"] == 28
    assert HERE in seen["method"]["text"]
    notes = {one["text"] for one in seen["note"]}
    assert {"warning: flr.typed", "warning: flr.typed_near_limit"} <= notes


def test_the_first_page_of_a_report_states_this(masks: list[str]) -> None:
    record: PlanRecord = read_plan(planned(masks, "28"))
    blocks = [one for one in value_blocks(record, None) if isinstance(one, Cards | Card)]
    cards = [card for one in blocks for card in (one.cards if isinstance(one, Cards) else [one])]
    lines = {card.title: card.lines for card in cards}
    (flr,) = (one for one in lines["Volumes"] if one.name == "FLR")
    assert (flr.value, flr.beside) == ("28 % of the non-tumorous liver", HERE)
    limit, _ = lines["Comparison with limits"]
    assert (limit.value, limit.beside) == (
        f"below, near the limit; {HERE}",
        "2 percentage points below 30 %",
    )
    why = f"The FLR, 28 % of the non-tumorous liver ({HERE}), is below 30 %"
    assert record.judged.pathway.reasons[0].startswith(why)


def test_a_share_of_the_whole_liver_follows_by_the_masks(masks: list[str]) -> None:
    """29.25 % of 8000 voxels are 2340, and 30 % of 7800."""
    record = told("plan", *masks, "--flr-of-whole-liver", "29.25")
    assert (record["typed_flr"]["percent"], record["typed_flr"]["shown"]) == (30.0, "30 %")
    assert record["typed_flr"]["limits"][0]["answer"] == "at"


def test_a_patient_by_facts_alone(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(letter(28), "utf-8")
    record = told("trials", "judge", facts)
    assert record["typed_flr"]["percent"] == 28
    assert first_criterion(record)["answer"] == "met"
    assert HERE in flat(ask("trials", "judge", facts).out)


def test_in_a_list(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    head = "id,crlm_present,hcc_present,flr_of_nontumorous_liver [%]"
    table.write_text(f"{head}\np1,yes,no,28\np2,yes,no,\np3,yes,no,0.28\n", "utf-8")
    rows = {
        row["record_id"]: row for row in csv.DictReader(StringIO(ask("screen", table, "--csv").out))
    }
    assert [rows[one]["flr_typed_pct"] for one in ("p1", "p2", "p3")] == ["28", "", ""]
    assert rows["p1"]["findings_codes"] == "flr.typed flr.typed_near_limit"
    assert HERE in rows["p1"]["doubts"]
    assert "implausible" in rows["p3"]["findings_codes"]
    assert HERE in flat(ask("screen", table).out)


@pytest.mark.parametrize("header", ["FLR [%]", "flr_percent [%]", "FLR % [%]"])
def test_h04_a_column_that_does_not_state_of_which_liver_is_asked(
    header: str, tmp_path: Path
) -> None:
    table = tmp_path / "list.csv"
    table.write_text(f"id,crlm_present,{header}\np1,yes,28\n", "utf-8")
    assert "denominator not stated; use flr_of_nontumorous" in refused("screen", table)["reason"]
