"""Response of target lesions [clinical.md 16; Eisenhauer 2009, Lencioni 2010]."""

from typing import Any

import pytest

from tests.calculator.asking import codes, refusal, results

RECIST = {"criteria": "recist_1_1", "new_lesion": False, "nontarget": "none"}


def lesion(before: str, now: str | None, organ: str = "liver") -> dict[str, Any]:
    return {"organ": organ, "baseline_mm": before, "followup_mm": now}


def category(*lesions: dict[str, Any], **more: Any) -> str | None:
    found: str | None = results("response", lesions=list(lesions), **{**RECIST, **more})["category"]
    return found


def test_a_growth_of_20_percent_and_5_mm_is_progression() -> None:
    assert category(lesion("25", "30")) == "progressive_disease"  # 20 % and 5 mm exactly
    assert category(lesion("25", "29.9")) == "stable_disease"
    assert category(lesion("20", "24")) == "stable_disease"  # 20 %, 4 mm
    assert category(lesion("20", "24"), criteria="mrecist") == "progressive_disease"
    assert category(lesion("20", "24"), criteria="localised_mrecist") == "progressive_disease"
    assert category(lesion("100", "106")) == "stable_disease"  # 6 mm, 6 %


def test_progression_is_from_the_nadir_and_partial_response_from_the_baseline() -> None:
    one = lesion("100", "70")
    assert category(one, earlier_sums_mm=[60]) == "partial_response"  # 16.7 % above it
    assert category(one, earlier_sums_mm=[58]) == "progressive_disease"  # 20.7 %, 12 mm
    assert category(lesion("100", "70.1")) == "stable_disease"


def test_any_regrowth_from_nothing_is_progression() -> None:
    assert category(lesion("20", "1"), earlier_sums_mm=[0]) == "progressive_disease"
    assert category(lesion("20", "0"), earlier_sums_mm=[0]) == "complete_response"
    found = results("response", lesions=[lesion("20", "1")], earlier_sums_mm=[0], **RECIST)
    assert found["change_from_nadir_pct"] is None
    assert found["change_from_nadir_mm"] == 1


def test_progression_outranks_all() -> None:
    gone = lesion("20", "0")
    assert category(gone, new_lesion=True) == "progressive_disease"
    assert category(gone, nontarget="progression") == "progressive_disease"
    assert category(gone, nontarget="complete") == "complete_response"
    assert category(gone, nontarget="present") == "partial_response"


def test_words_of_recist_for_the_other_lesions() -> None:
    gone = lesion("20", "0")
    words = {
        **dict.fromkeys(("complete_response", "gone"), "complete_response"),
        **dict.fromkeys(("stable", "non_cr_non_pd"), "partial_response"),
        **dict.fromkeys(("progressive", "progressive_disease"), "progressive_disease"),
    }
    for word, found in words.items():
        assert category(gone, nontarget=word) == found, word


def test_what_was_not_measured_or_not_answered_leaves_it_open() -> None:
    assert category(lesion("20", "10"), lesion("20", None)) is None
    assert category(lesion("20", "10"), new_lesion=None) is None
    assert category(lesion("20", "10"), nontarget=None) is None


def test_a_certain_progression_needs_no_other_answer() -> None:
    half = [lesion("20", None), lesion("20", "48")]  # 48 of 40 already
    assert category(*half, new_lesion=None) == "progressive_disease"
    assert category(lesion("20", None), new_lesion=True) == "progressive_disease"
    found = results("response", lesions=half, **RECIST)
    assert found["followup_sum_mm"] is found["change_from_nadir_mm"] is None
    assert found["change_from_baseline_pct"] is found["change_from_nadir_pct"] is None
    assert category(lesion("20", None), lesion("20", "47.9")) is None


@pytest.mark.parametrize(
    "organ", ["lymph node", "Lymph nodes", "nodal", "hilar node", "lymphatic", "LN", "hepatic LNs"]
)
def test_a_lymph_node_is_refused(organ: str) -> None:
    lesions = [lesion("20", "10"), lesion("20", "10", organ)]
    wrong = refusal("response", lesions=lesions, **RECIST)
    assert (wrong.code, wrong.source) == ("endpoint.targets", "lesions")


def test_a_nodule_is_no_lymph_node() -> None:
    assert category(lesion("20", "10", "lung nodule")) == "partial_response"


def test_each_other_refusal_of_response() -> None:
    def refused(*lesions: dict[str, Any], **more: Any) -> str:
        return refusal("response", lesions=list(lesions), **RECIST, **more).reason

    assert refused().startswith("0 target lesions")
    organs = ("liver", "liver", "lung", "lung", "brain", "bone")
    assert refused(*(lesion("20", "10", organ) for organ in organs)).startswith("6 target")
    liver = (lesion("20", "10"), lesion("20", "10", "Liver "), lesion("20", "10", "LIVER"))
    assert refused(*liver) == "3 target lesions in the same organ, liver"
    assert refused(lesion("20", "5"), lesion("9.9", "5")) == "baseline_mm of 9.9 is below 10 mm"
    assert refused(lesion("9.9999999", "5")) == "baseline_mm of 9.9999999 is below 10 mm"
    assert refused(lesion("13.9", "5"), slice_mm=7) == "baseline_mm of 13.9 is below 14 mm"
    assert category(lesion("14", "14"), slice_mm=7) == "stable_disease"
    assert category(lesion("10", "10"), slice_mm=1) == "stable_disease"


@pytest.mark.parametrize(
    ("organs", "name"),
    [
        (("liver S4", "liver, segment VI", "Liver_S8"), "liver"),
        (("hepatic", "liver", "left liver"), "liver"),
        (("left lung", "Right lung", "pulmonary"), "lung"),
        (("left adrenal", "right adrenal", "adrenal"), "adrenal"),
        (("adrenal, left", "adrenal (right)", "adrenal"), "adrenal"),
    ],
)
def test_parts_and_sides_of_an_organ_are_one_organ(organs: tuple[str, ...], name: str) -> None:
    """RECIST 1.1: at most two target lesions of an organ, whatever its parts are named."""
    lesions = [lesion("20", "10", organ) for organ in organs]
    wrong = refusal("response", lesions=lesions, **RECIST)
    assert wrong.reason == f"3 target lesions in the same organ, {name}"
    assert category(*lesions[:2]) == "partial_response"


@pytest.mark.parametrize(
    "organ",
    ["caudate", "left lobe", "S4", "segment IVa", "Seg. 7", "right", "lesion 2", "VIII", "4", "_"],
)
def test_a_part_without_its_organ_is_refused(organ: str) -> None:
    """As organs of their own, parts of the liver would give it more than two target lesions."""
    lesions = [lesion("20", "10", each) for each in ("liver", "liver", organ)]
    wrong = refusal("response", lesions=lesions, **RECIST)
    assert wrong.code == "endpoint.targets"
    assert wrong.reason == f"a target lesion is given without its organ ({organ})"
    assert wrong.remedy == "name the organ of each target lesion, such as liver"
    assert category(lesion("20", "10"), lesion("20", "10", f"lung, {organ}")) == "partial_response"


@pytest.mark.parametrize(
    "organ",
    [
        "sub-hepatic space",
        "extra-hepatic",
        "hepatic  flexure",
        "common hepatic duct",
        "delivery",
        "spleen",
        "skin",
    ],
)
def test_what_is_not_the_liver_is_another_organ(organ: str) -> None:
    lesions = [lesion("20", "10", each) for each in ("liver", "liver", organ)]
    assert category(*lesions) == "partial_response"


@pytest.mark.parametrize(
    ("responses", "best"),
    [
        (["stable_disease", "partial_response", "progressive_disease"], "partial_response"),
        ("SD, PR, PD, CR", "partial_response"),  # as typed; after progression nothing counts
        (["PD", "CR"], "progressive_disease"),
        (["CR", None, "PD"], "complete_response"),  # nothing is better
        (["SD", None, "PR"], None),  # it may have progressed between them
        ("SD,unknown,PR", None),
    ],
)
def test_the_best_response_is_the_best_before_progression(
    responses: object, best: str | None
) -> None:
    assert results("best_response", responses=responses) == {"best_category": best}


def test_a_category_that_is_none_is_refused() -> None:
    wrong = refusal("best_response", responses=["SD", "mixed"])
    assert "entry 2: " in wrong.reason
    assert "complete_response, partial_response" in wrong.reason


def test_others_that_were_not_evaluated_leave_a_partial_response() -> None:
    """RECIST 1.1, table 1: targets gone, non-targets not evaluated, no new lesion: partial."""
    for word in ("not_evaluated", "not evaluated", "not_all_evaluated", "NE"):
        assert category(lesion("20", "0"), nontarget=word) == "partial_response"
        assert category(lesion("20", "14"), nontarget=word) == "partial_response"
        assert category(lesion("20", "19"), nontarget=word) == "stable_disease"
        assert category(lesion("20", "30"), nontarget=word) == "progressive_disease"
        assert category(lesion("20", None), nontarget=word) is None


def treated(before: str, now: str | None, answer: bool | None, **more: str) -> dict[str, Any]:
    return {**lesion(before, now, **more), "treated": answer}


def test_localised_mrecist_counts_lesions_in_the_treated_area_alone() -> None:
    """`clinical.md` 16: of the enhancing part in the treated area only (`localised_mrecist`)."""
    lesions = [treated("50", "20", answer=True), treated("30", "60", answer=False)]
    local = {**RECIST, "criteria": "localised_mrecist"}
    found = results("response", lesions=lesions, **local)
    assert (found["baseline_sum_mm"], found["followup_sum_mm"]) == (50, 20)
    assert found["category"] == "partial_response"
    for other in ("mrecist", "recist_1_1"):  # 80 mm of 80: all of them
        found = results("response", lesions=lesions, **{**RECIST, "criteria": other})
        assert (found["baseline_sum_mm"], found["category"]) == (80, "stable_disease")
    unsaid = [treated("50", "20", None), treated("30", "60", None)]
    assert results("response", lesions=unsaid, **local)["baseline_sum_mm"] == 80
    many = [treated("50", "20", answer=True), *[treated("9", "9", answer=False)] * 6]
    assert results("response", lesions=many, **local)["category"] == "partial_response"


def test_localised_mrecist_refuses_what_it_cannot_count() -> None:
    local = {**RECIST, "criteria": "localised_mrecist"}
    none = refusal("response", lesions=[treated("50", "20", answer=False)], **local)
    assert "0 target lesions in the treated area" in none.reason
    some = [treated("50", "20", answer=True), lesion("30", "30")]
    assert '"treated" is set for only some' in refusal("response", lesions=some, **local).reason
    assert category(*some) is not None  # RECIST 1.1 does not ask


@pytest.mark.parametrize(
    ("now", "earlier", "told"),
    [("3.1", [], True), ("5", [], False), ("0", [], False), (None, [], False), ("30", ["4"], True)],
)
def test_h09_diameters_in_cm_are_queried(now: str | None, earlier: list[str], told: bool) -> None:
    """Lesions too small to measure are recorded as 5 mm (Eisenhauer 2009)."""
    given = {**RECIST, "lesions": [lesion("45", now)], "earlier_sums_mm": earlier}
    assert codes("response", **given) == (["response.small_diameter"] if told else [])
