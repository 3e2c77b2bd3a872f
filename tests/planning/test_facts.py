"""Facts from masks and from words: exact, and none where the tumour is not known."""

from dataclasses import replace
from fractions import Fraction
from typing import cast

import pytest
from msgspec import structs

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import Remnant
from fl_planner.planning.assessment.assess import Measured, measure_volumes
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.facts import (
    choose_scatters,
    contradicts,
    describe_drawing,
    find_entered_difference,
    find_followed_segments,
    limit_shares,
    state_case,
    state_diagnosis,
    state_measured,
)
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.grid import Grid
from fl_planner.space.mask import OF_SEGMENTS, unite
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.statements import Amount, Stated, StatedValue
from tests.cases import each_case
from tests.masks import (
    OBLIQUE_225,
    SEGMENT_BOXES,
    block,
    codes,
    liver_part,
    small_liver,
    small_segments,
)
from tests.record.planned import LEFT, TREATED, TUMOUR
from tests.record.planned import WHOLE as PARTED

WHOLE = replace(PARTED, treated=TREATED)


def of(anatomy: Anatomy, *segments: str) -> Measured:
    return measure_plan(Case(anatomy, (), operations=(Operation(None, segments),)))


def test_a_diagnosis_states_which_cancer_there_is_and_words_go_before_it() -> None:
    for name, crlm, hcc in (("crlm", True, False), ("hcc", False, True), ("other", False, False)):
        found = state_diagnosis(cast("Diagnosis", name), Stated())
        assert found.values == {"crlm_present": crlm, "hcc_present": hcc}
    said = Stated({"hcc_present": True, "ecog": Fraction(1)}, {"hcc_present": "case.toml"})
    case = Case(small_liver(), (), diagnosis="crlm", stated=said)
    assert state_case(case) == Stated({"crlm_present": True, **said.values}, said.files)
    assert state_case(structs.replace(case, diagnosis=None)) == said


YES_HCC, NO_CRLM = {"hcc_present": True}, {"crlm_present": False}


@pytest.mark.parametrize(
    ("diagnosis", "facts", "left"),
    [
        # "all facts concerned become unknown": those on which both agree remain
        ("crlm", {**NO_CRLM, **YES_HCC}, {}),
        ("crlm", NO_CRLM, {}),
        ("crlm", {**NO_CRLM, "hcc_present": False}, {"hcc_present": False}),
        ("hcc", {"crlm_present": True, "hcc_present": False}, {}),
        ("other", {"crlm_present": True}, {}),
        ("other", {**NO_CRLM, **YES_HCC}, NO_CRLM),
    ],
)
def test_h15_facts_that_contradict_the_diagnosis_are_unknown(
    diagnosis: Diagnosis, facts: dict[str, StatedValue], left: dict[str, StatedValue]
) -> None:
    said = Stated({**facts, "ecog": Fraction(1)}, dict.fromkeys(facts, "case.toml"))
    assert contradicts(diagnosis, said)
    found = state_diagnosis(diagnosis, said)
    assert found.values == {**left, "ecog": 1}
    assert (found.contradicted, found.files) == (diagnosis, dict.fromkeys(left, "case.toml"))
    assert state_diagnosis("crlm", found) == found  # no other diagnosis replaces them
    assert found.overlaid(Stated({"sex": "male"})).without(["ecog"]).contradicted == diagnosis


@pytest.mark.parametrize(
    ("diagnosis", "facts"),
    [
        (None, {**NO_CRLM, **YES_HCC}),
        ("crlm", {"crlm_present": True, "hcc_present": False}),
        ("crlm", {"crlm_present": True, **YES_HCC}),  # a second cancer is possible
        ("hcc", NO_CRLM),
        ("other", NO_CRLM),
        ("other", {}),
    ],
)
def test_facts_that_fit_the_diagnosis_remain(
    diagnosis: Diagnosis | None, facts: dict[str, StatedValue]
) -> None:
    said = Stated(facts)
    assert not contradicts(diagnosis, said)
    assert facts.items() <= state_diagnosis(diagnosis, said).values.items()
    assert state_diagnosis(diagnosis, said).contradicted is None


def test_every_fact_of_the_masks_by_hand() -> None:
    """1500 mL, 27 of them tumour: 1473 without; the untreated are 600, all free of tumour."""
    facts = state_measured(of(WHOLE))
    assert facts == {
        "total_liver_volume_ml": 1500,
        "tumour_volume_ml": 27,
        "flr_volume_ml": 300,
        "treated_nontumorous_volume_ml": 873,
        "flr_fraction": Fraction(300, 1473),
        "untreated_nontumorous_fraction": Fraction(600, 1473),
        "lesions_in_remnant_count": 0,
        "flr_after_clearing_volume_ml": 300,
        "flr_after_clearing_fraction": Fraction(300, 1473),
        "clearing_margin_mm": 10,
        "treated_covers_tumour": True,
        "lesion_count": 1,
        "largest_lesion_mask_cm": facts["largest_lesion_mask_cm"],
    }
    diagonal = facts["largest_lesion_mask_cm"]  # of a square of 3 cm
    assert isinstance(diagonal, Fraction)
    assert abs(diagonal * diagonal - 18) < Fraction(1, 10**6)
    assert facts.keys() <= FACTS.keys()
    assert all(isinstance(value, Fraction | bool) for value in facts.values())


def test_h03_lesions_left_in_the_remnant_are_facts_by_hand() -> None:
    """A voxel in 3, one in 2 at the capsule: of 298 mL go 6 and 5 neighbours; 1471 in all."""
    left = [[2, 3, 5, 6, 3, 4], [1, 2, 5, 6, 8, 9]]
    tumour = TUMOUR | liver_part(left, "tumour")
    facts = state_measured(of(replace(WHOLE, tumour=tumour)))
    assert facts["lesions_in_remnant_count"] == 2
    assert facts["flr_volume_ml"] == 298
    assert facts["flr_after_clearing_volume_ml"] == 287
    assert facts["flr_after_clearing_fraction"] == Fraction(287, 1471)
    assert facts["flr_after_clearing_1mm_volume_ml"] == 298  # neighbours are 10 mm away
    assert facts["flr_after_clearing_1mm_fraction"] == Fraction(298, 1471)


def test_h03_the_margin_of_the_first_plan_holds() -> None:
    tumour = TUMOUR | liver_part([[2, 3, 5, 6, 3, 4]], "tumour")
    plans = (Operation(clearing_margin_mm=0), Operation("b", clearing_margin_mm=15))
    measured = measure_plan(Case(replace(WHOLE, tumour=tumour), (), operations=plans))
    assert state_measured(measured)["flr_after_clearing_volume_ml"] == 299


def test_h15_an_area_that_leaves_tumour_outside_answers_no_limit() -> None:
    """27 mL of tumour, of which 9 lie outside: the share stands there, and no limit on it."""
    treated = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    measured = of(replace(WHOLE, treated=treated))
    facts = state_measured(measured)
    assert facts["treated_covers_tumour"] is False
    assert "treated.tumour_outside" in codes(measured.findings)
    share = {"untreated_nontumorous_fraction": Fraction(600, 1473)}
    limits = [
        [one.fact for one in limit_shares(WHOLE, of(WHOLE), {**share, **covers})]
        for covers in ({"treated_covers_tumour": True}, {"treated_covers_tumour": False}, {})
    ]
    assert limits == [["untreated_nontumorous_fraction"], [], []]


def test_volumes_are_exact_where_doubles_are_not() -> None:
    """A voxel of 0.7 x 0.7 x 0.3 mm has 0.000147 mL: 7 of them are 0.001029."""
    grid = Grid.upright((9, 9, 9), (0.7, 0.7, 0.3))
    liver = block(grid, (1, 8), (1, 2), (1, 2), name="liver")
    facts = state_measured(of(Anatomy(liver, tumour=liver - liver)))
    assert facts["total_liver_volume_ml"] == Fraction("0.001029")


def test_h16_what_was_not_given_is_no_fact() -> None:
    assert state_measured(of(replace(WHOLE, tumour=None))) == {  # and no share
        "total_liver_volume_ml": 1500,
        "flr_volume_ml": 300,
        "treated_nontumorous_volume_ml": 900,
    }
    assert state_measured(of(replace(small_liver(), tumour=TUMOUR - TUMOUR))) == {
        "total_liver_volume_ml": 1500,
        "tumour_volume_ml": 0,
        "lesion_count": 0,
        "largest_lesion_mask_cm": None,
    }
    volumes_alone = measure_volumes(Case(WHOLE, ()))
    assert "lesion_count" not in state_measured(volumes_alone)


# how far readings scatter


def cv(anatomy: Anatomy, *segments: str) -> dict[str, Fraction]:
    scatters = choose_scatters(anatomy, of(anatomy, *segments))
    assert all(scatter.cv_liver == Fraction("0.03") for scatter in scatters.values())
    return {name: scatter.cv_remnant for name, scatter in scatters.items()}


MAPPED = replace(small_liver(), tumour=TUMOUR, segments=small_segments())
DRAWN = {**SEGMENT_BOXES, "2 and 3": [[1, 4, 1, 11, 1, 11]]}


def test_a_remnant_of_segments_scatters_most_and_a_lateral_section_more_than_others() -> None:
    drawn = replace(MAPPED, flr=LEFT)
    right = {name: mask for name, mask in small_segments().items() if name > "4"}
    two = {name: mask for name, mask in small_segments().items() if name != "3"}
    half = liver_part(SEGMENT_BOXES["2"], "flr")
    for anatomy, segments, expected in (
        (MAPPED, "123", "0.12"),
        (MAPPED, "23", "0.12"),
        (replace(small_liver(), flr=LEFT), "", "0.07"),  # nobody knows
        (drawn, "23", "0.08"),  # by its name
        (drawn, "2", "0.08"),
        (drawn, "234", "0.07"),
        (drawn, "", "0.08"),  # by where it lies
        (replace(MAPPED, segments=right, flr=LEFT), "", "0.07"),  # no lateral segments
        (replace(MAPPED, segments=two, flr=half), "", "0.08"),
    ):
        assert cv(anatomy, *segments) == {"flr": Fraction(expected)}
    assert cv(replace(small_liver(), treated=TREATED)) == {"untreated": Fraction("0.07")}
    assert cv(WHOLE).keys() == {"flr", "untreated"}
    assert cv(small_liver()) == {}


@pytest.mark.parametrize(("beyond", "expected"), [(15, "0.08"), (16, "0.07")])
def test_a_drawing_that_is_lateral_to_95_percent(beyond: int, expected: str) -> None:
    """Of 285 + 15 voxels exactly 95 % lie in segments 2 and 3; of 285 + 16 fewer do."""
    lateral = [[1, 4, 1, 11, 1, 10], [1, 4, 1, 6, 10, 11]]  # 270 + 15
    other = [[4, 5, 1, 11, 1, 2], [4, 5, 1, 1 + beyond - 10, 2, 3]]
    drawn = liver_part([*lateral, *other], "flr")
    assert drawn.voxel_count == 285 + beyond
    assert cv(replace(MAPPED, flr=drawn)) == {"flr": Fraction(expected)}


# shares that trials limit


def test_each_share_comes_with_its_count_and_scatter() -> None:
    measured = of(WHOLE)
    flr, untreated = limit_shares(WHOLE, measured, state_measured(measured))
    assert (flr.fact, flr.share.fraction) == ("flr_fraction", Fraction(300, 1473))
    assert untreated.fact == "untreated_nontumorous_fraction"
    assert (untreated.share.numerator_voxels, untreated.voxel_ml) == (600, 1.0)
    assert flr.relative_sd == pytest.approx((0.07**2 + 0.03**2) ** 0.5)


def test_h16_no_share_is_limited_where_the_tumour_is_not_known_or_facts_contradict() -> None:
    bare = replace(WHOLE, tumour=None)
    assert limit_shares(bare, of(bare), {"flr_fraction": Fraction(1, 5)}) == ()  # of typed volumes
    measured = of(WHOLE)
    facts = {**state_measured(measured), "flr_fraction": None}  # withdrawn
    (left,) = limit_shares(WHOLE, measured, facts)
    assert left.fact == "untreated_nontumorous_fraction"


def test_h05_after_clearing_the_cut_is_as_unsure_as_before() -> None:
    """A voxel in 3: of the 299 mL around it go 6, and 7 % of 299 are 7.14 % of 293."""
    tumour = TUMOUR | liver_part([[2, 3, 5, 6, 3, 4]], "tumour")
    anatomy = replace(WHOLE, treated=None, tumour=tumour)
    measured = of(anatomy)
    drawn, cleared = limit_shares(anatomy, measured, state_measured(measured))
    assert (drawn.fact, drawn.share) == ("flr_fraction", Share(299, 1472))
    assert (cleared.fact, cleared.share) == ("flr_after_clearing_fraction", Share(293, 1472))
    assert cleared.relative_sd == pytest.approx(((0.07 * 299 / 293) ** 2 + 0.03**2) ** 0.5)
    plans = (Operation(clearing_margin_mm=200),)  # which uses the remnant up
    measured = measure_plan(Case(anatomy, (), operations=plans))
    _, cleared = limit_shares(anatomy, measured, state_measured(measured))
    assert (cleared.share.numerator_voxels, cleared.interval.high) == (0, 0)


# typed volumes beside those of the masks


MEASURED = {
    "total_liver_volume_ml": Fraction(1500),
    "tumour_volume_ml": Fraction(0),
    "flr_volume_ml": Fraction(300),
}


def typed(name: str, value: str, unit: str = "mL") -> Stated:
    return Stated({name: Amount(Fraction(value), unit)}, {name: "case.toml"})


@pytest.mark.parametrize(
    ("name", "value", "unit", "apart"),
    [
        ("total_liver_volume", "1575", "mL", False),  # 5 % is not above 5 %
        ("total_liver_volume", "1575.001", "mL", True),
        ("total_liver_volume", "1425", "mL", False),
        ("total_liver_volume", "1424.999", "mL", True),
        ("total_liver_volume", "1.5", "L", False),
        ("total_liver_volume", "1500000", "mm3", False),
        ("total_liver_volume", "1500", "L", True),
        ("total_liver_volume", "1", "bottle", False),  # told where units are judged
        ("flr_volume", "320", "mL", True),
        ("tumour_volume", "0", "mL", False),
        ("tumour_volume", "0.001", "mL", True),
        ("treated_nontumorous_volume", "900", "mL", False),  # nothing drawn to compare with
    ],
)
def test_an_entered_volume_more_than_5_percent_apart_is_reported(
    name: str, value: str, unit: str, apart: bool
) -> None:
    assert bool(find_entered_difference(typed(name, value, unit), MEASURED)) is apart


def test_it_is_reported_which_of_them_decides() -> None:
    found = find_entered_difference(typed("flr_volume", "0.32", "L"), MEASURED)
    says = (
        "FLR volume, excluding tumour: 320 mL entered, 300 mL measured from the masks; the masks "
        "are used"
    )
    apart = Finding("evidence.typed_apart", Severity.WARNING, says, "case.toml", 20.0, "mL")
    assert found == (apart,)
    assert find_entered_difference(Stated({"ecog": Fraction(1)}), MEASURED) == ()
    assert find_entered_difference(typed("flr_volume", "300"), {}) == ()


@each_case("key, said, seen, told", [
    ("lesions_in_remnant_count", Fraction(2), Fraction(1),
     "remnant: 2 entered, 1 according to the masks"),
    ("treated_covers_tumour", True, False,
     "tumour covered by the treated area: yes entered, no according to the masks"),
    ("treated_covers_tumour", False, False, None),
    ("lesions_in_remnant_count", Fraction(0), Fraction(0), None),
])  # fmt: skip
def test_h15_an_entered_answer_that_the_masks_contradict_is_reported(
    key: str, said: Fraction | bool, seen: Fraction | bool, told: str | None
) -> None:
    found = find_entered_difference(Stated({key: said}, {key: "case.toml"}), {key: seen})
    assert codes(found) == (["evidence.typed_apart"] if told else [])
    if told is not None:
        assert f"{told}; the masks are used" in found[0].message
        assert found[0].file == "case.toml"


def test_an_entered_clearing_margin_that_was_not_used_is_reported() -> None:
    used = {"clearing_margin_mm": Fraction(10)}
    for value, unit, apart in (
        ("5", "mm", -5.0), ("2", "cm", 10.0), ("1", "cm", None), ("10", "mm", None),
        ("5", "ft", None),
    ):  # fmt: skip
        found = find_entered_difference(typed("clearing_margin", value, unit), used)
        assert [each.value for each in found] == ([] if apart is None else [apart])
    (five,) = find_entered_difference(typed("clearing_margin", "5", "mm"), used)
    said = "clearing margin: 5 mm entered, 10 mm used with the masks; the latter applies"
    assert (five.code, five.message) == ("evidence.typed_apart", said)


def test_h16_a_remnant_not_drawn_is_not_called_drawn() -> None:
    segments = small_segments()
    alone, mapped = small_liver(), replace(small_liver(), segments=segments)
    left = unite((segments["2"], segments["3"]))
    carried = "carried over from another scan, not drawn"
    moved = replace(left, carried_mm=4.0)
    first = segments["1"] | segments["2"]
    part = segments["1"] - liver_part([[4, 5, 1, 4, 1, 11]], "part")
    assert 0 < part.voxel_count < segments["1"].voxel_count
    named = Remnant(left, "segments", ("2", "3"))
    for anatomy, remnant, said in (
        (alone, Remnant(left, "drawn"), "remnant as drawn"),
        (mapped, Remnant(left, "drawn", ("2", "3")), "remnant as drawn, without segment I"),
        (mapped, named, "remnant: segments II, III, without segment I"),
        (alone, named, "remnant: segments II, III"),
        (mapped, Remnant(first, "segments", ("1", "2")), "remnant: segments I, II"),
        (alone, Remnant(segments["4"], "segments", ("4",)), "remnant: segment IV"),
        (alone, Remnant(moved, "drawn", ()), f"remnant {carried}"),
        (mapped, Remnant(moved, "drawn", ()), f"remnant {carried}, without segment I"),
        (alone, Remnant(moved, "segments", ("2", "3")), f"remnant: segments II, III, {carried}"),
        (mapped, Remnant(first, "drawn"), "remnant as drawn, with segment I"),
        (mapped, Remnant(first.drawn_by(OF_SEGMENTS), "drawn"),
         "remnant from a mask composed of segments, with segment I"),
        (mapped, Remnant(part | segments["2"], "drawn"),
         "remnant as drawn, with part of segment I"),
    ):  # fmt: skip
        assert describe_drawing(anatomy, remnant) == said


def test_a_segment_without_liver_is_not_one_that_a_drawing_keeps() -> None:
    segments = small_segments()
    anatomy = replace(small_liver(), segments=segments, tumour=segments["8"])
    drawn = Remnant(segments["2"] | segments["3"], "drawn")
    assert find_followed_segments(anatomy, drawn) == {"2", "3"}  # 8 is tumour, and not in it


def test_h08_volumes_on_an_oblique_grid_are_those_of_its_settled_voxels() -> None:
    """A volume is compared with a limit: 6000 and 1600 voxels of 0.225 mL."""
    grid = Grid((20, 20, 20), OBLIQUE_225)
    liver, remnant = (block(grid, (0, n), (0, 20), (0, 20)) for n in (15, 4))
    facts = state_measured(of(Anatomy(liver, tumour=remnant - remnant, flr=remnant)))
    assert (facts["total_liver_volume_ml"], facts["flr_volume_ml"]) == (1350, 360)
