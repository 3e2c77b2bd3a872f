"""Words of a report: each code has them, each stands once, numbers stay on their sides."""

import ast
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

import fl_planner
from fl_planner.basis import standing_words
from fl_planner.basis.constants import CANCERS, DIAGNOSES, Cancer, Diagnosis
from fl_planner.basis.three_valued import Truth
from fl_planner.record.judgement import SettledRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.resections import DiscussedResectionsRecord
from fl_planner.report import words as phrases
from fl_planner.report.questions import name_route
from fl_planner.report.words import interval_ends
from fl_planner.trials.criterion import REACH, Changes, Reach
from fl_planner.trials.judge import CHANGES, VERDICTS, Verdict
from tests.record.planned import between, read_part

PACKAGE = Path(fl_planner.__file__).parent
SAID = (
    *(said for name, said in vars(standing_words).items()
      if name.isupper() and isinstance(said, str)),
    *phrases.PARTS.values(), *DIAGNOSES.values(), phrases.AGAINST["at"],
    phrases.BOARD, ", borderline",
)  # fmt: skip


def test_every_code_has_words() -> None:
    assert DIAGNOSES.keys() == {*get_args(Diagnosis)}
    assert CANCERS.keys() == {*get_args(Cancer)}
    assert REACH.keys() == {*get_args(Reach)}
    assert CHANGES.keys() == {*get_args(Changes)}
    assert all(said.keys() == {truth.value for truth in Truth} for said in phrases.ANSWERS.values())
    assert VERDICTS.keys() == {*Verdict}
    said = {*VERDICTS.values(), *REACH.values(), *CHANGES.values()}
    assert said < {*SAID}


@pytest.mark.slow
def test_words_are_once() -> None:
    texts = Counter(
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in SAID
    )
    several = {said for said, count in texts.items() if count > 1}
    assert several <= {"undecided", "FLR"}  # a code and a name of other things too
    assert texts.keys() == {*SAID}


def test_criteria_that_a_question_settles_are_by_their_trials_in_words() -> None:
    settled = [("NCT05428735", "I1"), ("OWN-1", "Extra"), ("NCT05428735", "E10")]
    criteria = [SettledRecord(trial=trial, criterion=id_) for trial, id_ in settled]
    assert phrases.settled(criteria) == "DRAGON 2 inclusion 1, exclusion 10; OWN-1 Extra"


@pytest.mark.parametrize(
    ("ends", "limits", "told"),
    [
        ([24.943, 34.978], [30.0, 40.0], "24.9 to 35.0 %"),
        ([24.943, 29.9995], [30.0], "24.9430 to 29.9995 %"),
        ([30.0, 40.02], [30.0, 40.0], "30.0 to 40.1 %"),
        ([-3.5, 12.0], [30.0], "0.0 to 12.0 %"),
        ([91.0, 104.2], [], "91.0 to 100.0 %"),
    ],
)
def test_h08_an_interval_stays_on_its_sides_and_within_0_and_100(
    ends: list[float], limits: list[float], told: str
) -> None:
    plan = between(
        ends,
        [],
        thresholds=[read_part(ThresholdRecord, {"limit_percent": limit}) for limit in limits],
    )
    assert interval_ends(plan, "flr") == told


def test_no_route_is_reported_by_its_key() -> None:
    assert name_route("trial_rescue") == "RESCUE"
    assert name_route("needs_mdt") == "for tumour board discussion"
    after = "resection after FLR augmentation or radioembolisation, for discussion"
    assert name_route("resection_after_augmentation") == after  # of Y90 too, by its name alone
    assert name_route("trial_of_our_own").count("_") == 0


def test_a_sentence_begins_with_a_capital_letter_or_with_its_own() -> None:
    assert phrases.sentence("portal vein") == "Portal vein"
    assert phrases.sentence("eGFR by MDRD") == "eGFR by MDRD"
    assert phrases.sentence("") == ""


def test_h08_a_margin_short_of_a_whole_mm_is_not_written_as_this() -> None:
    """One pixel of a scanner, 500 mm / 512: less than 1 mm; ten of them are less than 10 mm."""
    pixel = 500 / 512
    told = [phrases.margin(mm) for mm in (pixel, 10 * pixel, 9.97, 10.0, 10.04, 3.16, 0.0)]
    assert told[:3] == ["0.98 mm", "9.8 mm", "9.97 mm"]
    assert told[3:] == ["10.0 mm", "10.0 mm", "3.2 mm", "0 mm (in contact)"]
    single = [sum([float.fromhex("0x1.666666p-1")] * n) for n in (10, 5)]  # 0.7 mm in a NIfTI
    assert [phrases.margin(mm) for mm in single] == ["7.0 mm", "3.5 mm"]


def test_h08_a_resection_for_discussion_states_the_flr_before_and_after_clearing() -> None:
    """Ablation is for lesions below 3 cm: 2.96 cm are not rounded to the limit."""
    one = {
        "code": "H5678", "name": "right hepatectomy",
        "flr_percent": 34.0, "flr_percent_shown": "34.0",
        "flr_after_clearing_percent": 29.96, "flr_after_clearing_percent_shown": "29.96",
        "lesions_left": 2, "lesions": {"cleared": [1], "cut": [], "left": [2, 4]},
        "largest_left_cm": 2.96,
    }  # fmt: skip
    told = {"margin_mm": 10.0, "leaves_no_lesion": None, "with_local_treatment": one}
    assert phrases.discussed(read_part(DiscussedResectionsRecord, told)) == [
        "for discussion: no named resection clears all lesions",
        "for discussion: right hepatectomy with ablation or wedge resection of L2 and L4 (largest "
        "2.96 cm): H5678, FLR 34.0 %, 29.96 % after clearing (10 mm margin)",
    ]
    told = {"margin_mm": 0.0, "leaves_no_lesion": one, "with_local_treatment": None}
    assert phrases.discussed(read_part(DiscussedResectionsRecord, told)) == [
        "for discussion: smallest named resection that clears all lesions: H5678"
    ]


def test_h08_a_diameter_is_not_rounded_to_a_limit_of_a_trial() -> None:
    """3 cm to ablate, 4 and 8 cm in two trials."""
    assert [phrases.as_cm(cm) for cm in (2.96, 3.96, 7.96, 8.04, 4.96)] == [
        "2.96 cm", "3.96 cm", "7.96 cm", "8.04 cm", "5.0 cm",
    ]  # fmt: skip
