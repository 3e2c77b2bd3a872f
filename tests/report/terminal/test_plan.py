"""A plan as lines that fit 80 columns: the answer first, then what it rests on."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.planning.given.case import Operation, Reading
from fl_planner.record.plan import as_plan_record
from fl_planner.report.terminal.plan import plan_table
from fl_planner.trials.statements import Amount, Stated
from tests.masks import liver_part, small_liver
from tests.record.planned import NO_TUMOUR, TREATED, TUMOUR, WHOLE, flat, made, shown

BORDER = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")


def table(*args: Any, verbose: bool = False, clinical: bool = False, **entries: Any) -> str:
    """Show the table of a plan."""
    record = as_plan_record(made(*args, **entries), "clinical" if clinical else "shareable")
    return shown(plan_table(record, verbose=verbose))


def test_the_answer_comes_first() -> None:
    lines = table().splitlines()
    assert lines[0] == "CRLM"
    assert " ".join(line.strip() for line in lines[1:3]) == (
        "FLR below DRAGON 2's limit: FLR augmentation for discussion (PVE, or randomisation "
        "between PVE and PVE/HVE in DRAGON 2); remnant as drawn"
    )
    assert lines[3] == "pathway pve_or_pve_hve (V13)"


@pytest.mark.parametrize(
    ("entries", "clinical", "first"),
    [
        ({"diagnosis": "hcc"}, False, "HCC"),
        ({"diagnosis": "other"}, False, "neither CRLM nor HCC"),
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


def test_without_a_name_there_is_no_empty_line() -> None:
    assert table(diagnosis=None).splitlines()[0].startswith("Diagnosis undecided: CRLM and HCC")


def test_a_borderline_pathway_says_so() -> None:
    assert "(V10, borderline)" in table(replace(WHOLE, flr=BORDER))
    assert "borderline" not in table()


def test_limits_with_side_distance_and_chance() -> None:
    """442 of 1473: 30 % are 441.9 and 40 % are 589.2."""
    text = table(replace(WHOLE, flr=BORDER))
    lines = [line.split() for line in text.splitlines()]
    assert ["Limit", "share", "is", "by", "crossing", "chance"] in lines
    assert ["dragon2.flr_30", "above", "0.10", "mL", "50", "%"] in lines
    assert ["dragon2.flr_40", "below", "147", "mL", "0", "%"] in lines
    assert "FLR: 95 of 100 readings would lie in 25.5 to 34.5 %" in text


def test_h16_no_limit_no_table() -> None:
    text = table(replace(WHOLE, tumour=None))
    assert "Limit" not in text
    assert "The tumour mask is missing: --tumour, or --no-tumour when there is none" in flat(text)
    assert "FLR of the whole liver (no tumour mask): 20.0 %" in text


def test_two_shares_have_two_intervals() -> None:
    text = table(replace(WHOLE, treated=TREATED), diagnosis="hcc")
    assert "  FLR: 95 of 100 readings" in text
    assert "  untreated part: 95 of 100 readings" in text


@pytest.mark.parametrize(
    ("tumour", "told"),
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


def test_no_word_on_the_tumour_no_lesions() -> None:
    assert "lesions\n" not in table(replace(WHOLE, tumour=None))


def test_function_and_dose_as_given() -> None:
    said = {
        "flr_function": Amount(Fraction("2.9"), "%/min/m2"),
        "lung_dose": Amount(Fraction("12.5"), "Gy"),
    }
    text = table(stated=Stated(said))
    assert "FLR function 2.9 %/min/m2, as given\n" in text
    assert "Lung dose 12.5 Gy at 150 Gy to the tumour, as given\n" in text
    assert "as given" not in table()


def test_reasons_changes_and_questions_are_listed_with_what_they_mean() -> None:
    text = table(replace(WHOLE, flr=BORDER))
    for heading in ("Why", "What would change it", "Still to be asked"):
        assert f"\n{heading}\n" in text
    meaning = "chemo_liver_damage: chemotherapy-associated liver injury (stated by a clinician)"
    assert f"- {meaning}" in flat(text)


def test_a_quantity_that_is_asked_for_is_explained_by_its_fact() -> None:
    text = flat(table(replace(WHOLE, tumour=None, flr=None), diagnosis="hcc"))
    assert "- tumour_volume: tumour volume in the liver" in text


def test_no_question_no_heading() -> None:
    said = Stated({"pve_hve_anatomically_prohibited": False, "prior_pve_hve": False})
    assert "Still to be asked" not in table(stated=said)
    assert "What would change it" not in table(diagnosis="other")


def test_every_trial_has_a_line_and_nobody_is_called_eligible() -> None:
    text = flat(table())
    for name in (
        "DRAGON 2 (NCT05428735): undecided;",
        "RESCUE (NCT06178198): for another diagnosis",
    ):
        assert name in text
    assert ": eligible" not in text


def test_what_images_answer_is_shown_of_open_trials_and_of_all_when_asked() -> None:
    brief, whole = flat(table()), flat(table(verbose=True))
    told = "I1 volume (inclusion) met: FLR 20.4 % (criterion: below 30 %; below 40 %)"
    assert told in brief
    assert "142 mL short of 30 %" in brief
    assert "I1 metastases" not in brief  # a person's answer
    rescue = "E2 (exclusion) unknown: the treated area covers all tumour: unknown"
    assert rescue not in brief
    assert rescue in whole


def test_everything_fits() -> None:
    for text in (table(verbose=True), table(id="x" * 300), table(diagnosis="hcc", verbose=True)):
        assert max(map(len, text.splitlines())) <= 80
