"""A plan as lines that fit 80 columns: the answer first, then what it rests on."""

import re
import shutil
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Accepted, Operation, Reading
from fl_planner.planning.volume_pathway.pathway_rows import ROWS
from fl_planner.record.growth import GrowthKeys, PlanGrowthRecord
from fl_planner.record.head import WithdrawnRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.report.findings import list_grave
from fl_planner.report.questions import describe_question
from fl_planner.report.terminal.plan import plan_table
from fl_planner.space.mask import unite
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import QUANTITIES
from fl_planner.trials.statements import Amount, Stated
from tests.cases import each_case
from tests.cli.outside import BUNDLED, ask
from tests.masks import liver_part, small_liver, small_segments
from tests.record.planned import (
    NO_TUMOUR,
    TREATED,
    TUMOUR,
    WHOLE,
    flat,
    made,
    read_part,
    shown,
)  # fmt: skip

BORDER = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")


def table(*args: Any, verbose: bool = False, clinical: bool = False, **entries: Any) -> str:
    """Show the table of a plan."""
    record = as_plan_record(made(*args, **entries), "clinical" if clinical else "shareable")
    return shown(plan_table(record, verbose=verbose))


def test_the_flr_against_its_limits_comes_first_then_pathway_and_doubts() -> None:
    """As on page 1 of the report: number, limits, pathway, what must be looked at."""
    lines = [line.rstrip() for line in table().splitlines()]
    assert lines[:3] == [
        "CRLM",
        "FLR 20.4 % = 300 mL of 1473 mL non-tumorous liver",
        "  95 % inter-reader interval: 17.3 to 23.5 %; 2 warnings: see below",
    ]
    assert " ".join(lines[4].split()) == "DRAGON 2: FLR 30 % 142 mL below < 1 %"
    assert lines[6] == "FLR 20.4 %, 142 mL below 30 % (DRAGON 2); < 1 % chance of crossing: FLR"
    assert lines[7].startswith("augmentation for discussion (PVE, or randomisation between PVE")
    order = ("Look at this first", "Whole liver", "1 lesion,", "Trials: ", "Most informative next")
    places = [next(n for n, one in enumerate(lines) if one.startswith(words)) for words in order]
    assert places == sorted(places)


def test_an_accepted_warning_is_not_counted_at_the_number() -> None:
    first, _ = list_grave(as_plan_record(made()).findings)
    text = table(accepted=(Accepted(first.code, "R1", "both read"),))
    assert "17.3 to 23.5 %; 1 warning: see below" in text


def test_no_row_and_no_key_is_before_a_person() -> None:
    names = "|".join(row.name for row in ROWS if row.name[-1:].isdigit())
    for diagnosis, verbose in product(("crlm", "hcc", "other", None), (False, True)):
        text = table(diagnosis=diagnosis, verbose=verbose)
        assert not re.search(rf"\b({names})\b", text)
        keys = {*FACTS, *QUANTITIES} | {row.pathway for row in ROWS}
        assert not [key for key in keys if "_" in key and key in text]


@each_case(
    "entries, clinical, first",
    [
        ({"diagnosis": None}, False, "FLR 20.4 % = 300 mL of 1473 mL non-tumorous liver"),
        ({"diagnosis": "hcc"}, False, "HCC"),
        ({"diagnosis": "other"}, False, "neither CRLM nor HCC"),
        ({"stated": Stated({"hcc_present": True})}, False, "CRLM and HCC"),
        ({"stated": Stated({"hcc_present": True}), "diagnosis": None}, False, "HCC"),
        (
            {"id": "case-001", "operations": (Operation("left hepatectomy"),)},
            False,
            "case-001 · left hepatectomy · CRLM",
        ),
        ({"label": "Bed 12", "reading": Reading(scanned_on=date(2026, 5, 4))}, False, "CRLM"),
        (
            {"label": "Bed 12", "reading": Reading(scanned_on=date(2026, 5, 4))},
            True,
            "Bed 12 · scan of 2026-05-04 · CRLM",
        ),
    ],
)
def test_whose_case_it_is(entries: dict[str, Any], clinical: bool, first: str) -> None:
    assert table(clinical=clinical, **entries).splitlines()[0] == first


def test_a_borderline_pathway_and_limits_with_side_distance_and_chance() -> None:
    """442 of 1473: 30 % are 441.9 and 40 % are 589.2."""
    text = table(replace(WHOLE, flr=BORDER))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "Limit share is crossing chance",
        "DRAGON 2: FLR 30 % 0.10 mL above 50 %, borderline",
        "DRAGON 2: FLR 40 % 147 mL below < 1 %",
    ):
        assert line in lines
    assert "FLR 30.01 % = 442 mL of 1473 mL non-tumorous liver" in text
    assert "95 % inter-reader interval: 25.52 to 34.49 %" in text
    said = "FLR 30.01 %, 0.10 mL above 30 %, 147 mL below 40 % (DRAGON 2); borderline, 50 % chance"
    assert f"{said} of crossing 30 %: " in flat(text)
    assert "borderline" not in table()


def test_h16_no_limit_no_table() -> None:
    text = table(replace(WHOLE, tumour=None), verbose=True)
    assert "Limit" not in text
    assert "lesions\n" not in text
    assert "Tumour not given: give its mask (--tumour) or volume, or state" in flat(text)
    assert "FLR of the whole liver (no tumour mask): 20.0 %" in text


def test_two_shares_have_two_intervals() -> None:
    text = table(replace(WHOLE, treated=TREATED), diagnosis="hcc", verbose=True)
    assert "  FLR: 95 % inter-reader interval" in text
    assert "  untreated part: 95 % inter-reader interval" in text
    brief = flat(table(replace(WHOLE, treated=TREATED), diagnosis="hcc"))
    assert brief.count("95 % inter-reader") == 2


@each_case(
    "tumour, told",
    [
        (TUMOUR, "1 lesion, the largest 4.2 cm (axial, on the mask)"),
        (NO_TUMOUR, "0 lesions\n"),
        (
            TUMOUR | liver_part([[8, 9, 2, 3, 2, 3]], "tumour"),
            "2 lesions, the largest 4.2 cm (axial, on the mask)",
        ),
    ],
)
def test_lesions(tumour: Any, told: str) -> None:
    assert told in table(replace(WHOLE, tumour=tumour))


def test_h08_the_largest_lesion_stays_on_its_side_of_the_limits() -> None:
    """Eight by nothing: 8 x 1 voxels of 10 mm reach 8.06 cm; shown above 8."""
    thin = liver_part([[7, 15, 5, 6, 5, 6]], "tumour")
    assert "the largest 8.1 cm" in table(replace(small_liver(), tumour=thin))


@each_case(
    "stated, told",
    [
        ({"lesion_count": Fraction(3)}, "3 lesions"),
        ({"largest_lesion": Amount(Fraction("4.5"), "cm")}, "largest 4.5 cm by calliper"),
        (
            {"lesion_count": Fraction(2), "largest_lesion": Amount(Fraction("29.96"), "mm")},
            "2 lesions, largest 2.996 cm by calliper",
        ),
    ],
)
def test_h15_what_a_reader_entered_of_lesions_is_next_to_the_mask(
    stated: dict[str, Any], told: str
) -> None:
    """The mask has 1 lesion of 3 by 3 voxels of 10 mm: 4.24 cm; the reader's values decide."""
    text = table(stated=Stated(stated))
    first = "1 lesion, the largest 4.2 cm (axial, on the mask)"
    assert f"{first}\n  as entered, and used in the criteria: {told}\n" in text
    assert "as entered, and used" not in table()
    assert "as entered, and used" not in table(stated=Stated({"lesion_count": Fraction(1)}))
    same = Stated({"largest_lesion": Amount(Fraction("4.2"), "cm")})
    assert "as entered, and used" not in table(stated=same)
    assert "as entered, and used" not in table(replace(WHOLE, tumour=None), stated=Stated(stated))


def test_function_and_dose_as_given() -> None:
    said = {
        "flr_function": Amount(Fraction("2.9"), "%/min/m2"),
        "lung_dose": Amount(Fraction("12.5"), "Gy"),
    }
    text = table(stated=Stated(said), verbose=True)
    assert "FLR function 2.9 %/min/m\u00b2, as entered\n" in text
    assert "Lung dose 12.5 Gy at a tumour dose of 150 Gy, as entered\n" in text
    assert "as entered" not in table(verbose=True)
    brief = table(stated=Stated(said))
    assert "FLR function 2.9 %/min/m\u00b2, as entered\n" in brief
    assert "Lung dose 12.5 Gy at a tumour dose of 150 Gy, as entered\n" in brief


def test_reasons_changes_and_questions_are_listed_in_words() -> None:
    text = table(replace(WHOLE, flr=BORDER), verbose=True)
    for heading in (
        "Why this pathway",
        "What would change the pathway",
        "Most informative next questions",
    ):
        assert f"\n{heading}\n" in text
    assert "- Chemotherapy-associated liver injury" in flat(text)


def test_five_questions_and_how_many_more() -> None:
    """Of CRLM without facts; what could change the pathway stands first."""
    lines = table().splitlines()
    record = as_plan_record(made())
    every = [f"- {describe_question(one)}" for one in record.judged.route.questions]
    first = lines.index(f"Most informative next questions; {len(every) - 5} more with -v")
    assert [line[:4] for line in lines[first + 1 : first + 7]] == [*["  - "] * 5, ""]
    whole = flat(table(verbose=True))
    assert all(flat(one) in whole for one in every)
    deciding = len(record.judged.pathway.to_ask)
    keys = [one.key for one in record.judged.route.questions]
    assert {*keys[:deciding]} == {*record.judged.pathway.to_ask}


@pytest.mark.essential
@pytest.mark.slow
def test_of_many_lesions_and_resections_the_first_are_shown() -> None:
    spots = [liver_part([[x, x + 1, 2, 3, z, z + 1]], "tumour") for x in (8, 10, 12, 14)
             for z in (2, 8)]  # fmt: skip
    anatomy = replace(WHOLE, tumour=unite(spots), segments=small_segments())
    assert "  Lesions not shown: 2 (-v)." in table(anatomy)
    assert "Lesions not shown" not in table(anatomy, verbose=True)
    told = as_plan_record(made(anatomy)).by_segments
    assert told is not None
    shown_rows = len(told.shown)
    assert shown_rows > 4
    assert f"  Resections not shown: {shown_rows - 4} (-v)." in table(anatomy)


def test_the_resection_for_discussion_is_in_the_table_of_two_plans() -> None:
    """A lesion in IV to VIII: only trisectionectomies remove it, the one that keeps I is named."""
    spot = liver_part([[6, 13, 5, 11, 4, 8]], "tumour")
    anatomy = replace(WHOLE, flr=None, tumour=spot, segments=small_segments())
    plans = Operation("a", ("1", "2", "3", "6", "7")), Operation("b", ("2", "3"))
    told = table(anatomy, operations=plans)
    assert "smallest named resection that clears all lesions: H45678" in told
    rows = [line for line in told.splitlines() if re.match("H[1-8]+ ", line)]
    assert [row.split()[0] for row in rows] == ["H45678", "H145678", "H234", "H458", "H5678"]
    assert "1 of 1" in rows[0]


def test_h16_no_error_is_hidden_behind_a_count() -> None:
    told = [Finding(f"doubt.n{n}", Severity.WARNING, f"doubt {n}") for n in range(8)]
    errors = [Finding(f"error.n{n}", Severity.ERROR, f"error {n}") for n in range(7)]
    text = table(findings=(*told, *errors))
    assert all(f"error {n}" in text for n in range(7))
    hidden = 8 + len([one for one in as_plan_record(made()).findings if one.severity == "warning"])
    assert f"  {hidden} more with -v" in text
    assert "doubt 7" in table(findings=(*told, *errors), verbose=True)


def test_every_trial_has_a_line_and_nobody_is_called_eligible() -> None:
    text = flat(table(verbose=True))
    for name in ("DRAGON 2 (NCT05428735): undecided;", "RESCUE (NCT06178198): for another"):
        assert name in text
    assert ": eligible" not in text
    assert "RESCUE for another diagnosis" in flat(table())


def test_what_excludes_from_the_trial_of_the_diagnosis_is_reported(tmp_path: Path) -> None:
    case = Path(shutil.copytree(BUNDLED / "hcc", tmp_path / "hcc")) / "case.toml"
    case.write_text(case.read_text("utf-8").replace("ecog = 0", "ecog = 3"), "utf-8")
    told = flat(ask("plan", case).out)
    assert "RESCUE not eligible; 4 others for another diagnosis RESCUE: not met: ECOG 3 (" in told
    crlm = flat(ask("plan", BUNDLED / "crlm" / "case.toml").out)  # DRAGON 2 is undecided
    assert "not met" not in crlm


def test_trials_of_another_diagnosis_are_counted() -> None:
    told = flat(table(replace(WHOLE, treated=TREATED), diagnosis="hcc"))
    assert "4 others for another diagnosis" in told
    alone = flat(table(diagnosis="other"))
    local, ablation = "(local liver treatment)", "(ablation, perioperative chemotherapy)"
    names = f"NCT06449937 {local}, NCT04562727 {ablation}, PUMP-IT and RESCUE"
    assert f"Trials: DRAGON 2, {names} for" in alone


def test_what_images_answer_is_reported_when_asked() -> None:
    whole = flat(table(verbose=True))
    asked = "below 30 %; below 40 % with chemotherapy-associated liver injury"
    says = "I1 (inclusion) not answered: Colorectal liver metastases, primarily unresectable"
    assert says in whole  # the criterion's words stand beside its id, no name of a part
    assert f"met: FLR 20.4 % (criterion: {asked})" in whole
    assert "142 mL below 30 %" in whole
    assert "I1 volume" not in whole
    assert "I1 (" not in table()


@pytest.mark.slow
def test_a_criterion_that_fails_is_in_its_words() -> None:
    whole = " ".join(ask("plan", BUNDLED / "crlm" / "case.toml", "-v").out.split())
    ablation = "NCT04562727 (ablation, perioperative chemotherapy)"  # 15 criteria not answered
    cancer = "Histologically confirmed colorectal cancer; at most four liver metastases"
    says = f"I2 (inclusion) not met: {cancer}"
    assert f"{ablation}: not eligible {says}" in whole  # where it is lost, they do not matter
    primary = "I10 (inclusion) not met: Primary in situ and resectable without neoadjuvant therapy"
    assert f"{primary} colorectal primary: resected (criterion: in situ)" in whole
    assert "RESCUE (NCT06178198): for another diagnosis Research use" in whole  # one line


def test_everything_fits() -> None:
    for text in (table(verbose=True), table(id="x" * 300), table(diagnosis="hcc", verbose=True)):
        assert max(map(len, text.splitlines())) <= 80


def test_growth_up_to_the_scan_is_on_one_screen() -> None:
    """`clinical.md` 4: gain, and the rate of the sFLR before that of the baseline liver."""
    change = {
        "from_scan": 1, "to_scan": 2, "days": 28, "points": 8.8, "points_interval": [1.7, 16.0],
        "gain_ml": 154, "gain_interval_ml": [30.2, 276.9], "relative_percent": 35.7,
        "within_reading_error": False, "kgr_shown": "2.2", "kgr_interval": [0.4, 4.0],
        "kgr_below_2": False, "kgr_of_standard_points_per_week": 1.94,
        "kgr_of_standard_interval": [0.38, 3.5], "kgr_of_standard_below_2": True,
    }  # fmt: skip
    story = read_part(GrowthKeys, {"growth": [change]})
    record = structs.replace(as_plan_record(made()), growth=PlanGrowthRecord(story=story))
    lines = [line.rstrip() for line in shown(plan_table(record)).splitlines()]
    first = lines.index("FLR growth")
    assert lines[first + 1 : first + 8] == [
        "Scan 1 to scan 2",
        "  gain 154 mL; 95 % inter-reader interval 30.2 to 276.9 mL",
        "  8.8 percentage points with the baseline liver as denominator",
        "  KGR (sFLR) 1.9 percentage points per week, below 2",
        "    95 % inter-reader interval: 0.3 to 3.5",
        "  KGR (baseline liver) 2.2 percentage points per week, not below 2",
        "    95 % inter-reader interval: 0.4 to 4.0",
    ]


def test_h03_growth_of_a_withdrawn_remnant_is_not_answered() -> None:
    """`safety.md` E1: under an error that touches a number no output shows it as its answer."""
    story = read_part(GrowthKeys, {"growth": [{"from_scan": 1, "to_scan": 2, "gain_ml": 154}]})
    lost = (WithdrawnRecord(number="growth", codes=("remnant.side",), why="it is mirrored"),)
    known = structs.replace(as_plan_record(made()), growth=PlanGrowthRecord(story=story))
    text = shown(plan_table(structs.replace(known, withdrawn=lost)))
    assert "Growth not answered: it is mirrored" in text
    assert "154 mL" not in text
