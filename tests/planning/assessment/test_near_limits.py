"""Shares against limits: exact answers, mL, voxels and chances, by hand; measured or typed."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import ReadingOrigin
from fl_planner.liver.scatter.boundaries import measure_boundaries
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.near_limits import (
    EnteredLimit,
    Exactness,
    LimitedShare,
    Threshold,
    compare_entered_shares,
    compare_sides,
    compare_thresholds,
    find_narrow_margins,
    measure_exactness,
)
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.facts import compute_spreads, limit_shares, state_measured
from fl_planner.planning.given.case import Case
from fl_planner.planning.judgement import Grounds, judge_facts
from fl_planner.planning.volume_pathway.states import DiagnosisState
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from fl_planner.trials.facts.facts import Facts, Value
from tests.cases import each_case, sure
from tests.masks import LIVER_BOX, boxes, codes, liver_part, small_liver, small_segments

PROTOCOLS, TRIALS = read_protocols(), read_bundled_trials()
DRAWN = default_scatter("drawn").relative_sd


def flr(numerator: int, denominator: int, relative_sd: float = DRAWN) -> LimitedShare:
    """Make an FLR of voxels of 1 µL."""
    return LimitedShare("flr_fraction", Share(numerator, denominator), 0.001, relative_sd)


def of_dragon_2(share: LimitedShare) -> tuple[Threshold, Threshold]:
    at_30, at_40 = compare_thresholds([share], PROTOCOLS.trials_of(DiagnosisState.CRLM))
    return at_30, at_40


def test_growth_that_is_needed_by_hand() -> None:
    """300 of 1500 mL: 150 more of 1500 are 30 %, and so are 514.29 of 1714.29."""
    at_30, at_40 = of_dragon_2(flr(300_000, 1_500_000))
    assert at_30.growth_ml == pytest.approx((150.0, 150 / 0.7))
    assert at_40.growth_ml == pytest.approx((300.0, 300 / 0.6))
    enough, short = of_dragon_2(flr(450_000, 1_500_000))
    assert enough.growth_ml is None
    assert short.growth_ml == pytest.approx((150.0, 250.0))


OF_CRLM = ["dragon2.flr_30", "dragon2.flr_40"]
OF_HCC = ["dragon_plc.flr_30", "dragon_plc.flr_40", "dragon_plc.flr_50", "rescue.untreated_30"]


@each_case("diagnosis, names", [
    (DiagnosisState.CRLM, OF_CRLM),
    (DiagnosisState.HCC, OF_HCC),
    (DiagnosisState.UNDECIDED, [*OF_CRLM, *OF_HCC]),
    (DiagnosisState.BOTH, []),
    (DiagnosisState.NEITHER, []),
])  # fmt: skip
def test_limits_of_a_diagnosis(diagnosis: DiagnosisState, names: list[str]) -> None:
    untreated = LimitedShare("untreated_nontumorous_fraction", Share(1, 2), 0.001, DRAWN)
    found = compare_thresholds([flr(1, 4), untreated], PROTOCOLS.trials_of(diagnosis))
    assert [threshold.name for threshold in found] == names
    assert compare_thresholds([], PROTOCOLS.trials_of(diagnosis)) == ()


def test_h15_after_clearing_the_flr_is_compared_with_the_limits_on_the_flr() -> None:
    """By names of their own: no reader of the FLR's limits takes one for the other."""
    cleared = LimitedShare("flr_after_clearing_fraction", Share(31, 100), 0.001, DRAWN)
    for diagnosis, names in ((DiagnosisState.CRLM, OF_CRLM), (DiagnosisState.HCC, OF_HCC)):
        found = compare_thresholds([cleared], PROTOCOLS.trials_of(diagnosis))
        assert [one.name for one in found] == [
            name.replace(".flr_", ".clear_") for name in names if ".flr_" in name
        ]
        assert {one.limit.fact for one in found} == {"flr_after_clearing_fraction"}
        assert all(one.source.endswith("applied to the FLR after clearing") for one in found)


@pytest.mark.parametrize(
    ("numerator", "denominator", "answer", "ml", "voxels"),
    [
        (375_000, 1_500_000, "below", -75.0, "75000"),
        (450_000, 1_500_000, "at", 0.0, "0"),
        (270_009, 900_030, "at", 0.0, "0"),  # 29.999999999999993 in doubles
        (999_999, 3_333_333, "below", -0.0009, "0.9"),
        (525_000, 1_500_000, "above", 75.0, "-75000"),
    ],
)
def test_against_30_percent(
    numerator: int, denominator: int, answer: str, ml: float, voxels: str
) -> None:
    at_30, _ = of_dragon_2(flr(numerator, denominator))
    assert at_30.answer == answer
    assert at_30.distance_ml == pytest.approx(ml, abs=1e-9)
    assert at_30.margin_voxels == Fraction(voxels)
    assert at_30.source == "DRAGON 2 (NCT05428735), inclusion 1"


@pytest.mark.parametrize(
    ("percent", "chance", "borderline", "inside"),
    [("30.4", 0.43, True, True), ("28", 0.17, False, True), ("20", 0.0, False, False)],
)
def test_chance_of_another_answer(
    percent: str, chance: float, borderline: bool, inside: bool
) -> None:
    at_30, _ = of_dragon_2(flr(int(10 * Fraction(percent)), 1000))
    assert round(at_30.crossing_chance, 2) == chance
    assert (at_30.is_borderline, at_30.inside_interval) == (borderline, inside)


@given(st.integers(0, 3000), st.integers(1, 3000))
def test_voxels_ml_and_answer_agree(n: int, more: int) -> None:
    for threshold in of_dragon_2(flr(n, n + more)):
        signs = {"below": 1, "at": 0, "above": -1}
        margin = threshold.margin_voxels
        assert (margin > 0) - (margin < 0) == signs[threshold.answer]
        assert threshold.distance_ml == pytest.approx(-float(margin) / 1000)


def test_decided_narrowly() -> None:
    for numerator, told in (
        (299_001, 1), (299_000, 0), (300_000, 1), (300_999, 1), (301_000, 0), (400_500, 1),
    ):  # fmt: skip
        assert len(find_narrow_margins(of_dragon_2(flr(numerator, 1_000_000)))) == told
    near = of_dragon_2(flr(299_500, 1_000_000))
    (finding,) = find_narrow_margins(near)
    says = (
        "DRAGON 2 (NCT05428735), inclusion 1: FLR 29.95 % is within 0.1 percentage points of "
        "30 %: 500 voxels (0.50 mL) below"
    )
    assert (finding.code, finding.severity) == ("threshold.by_a_hair", Severity.WARNING)
    assert (finding.message, finding.unit) == (says, "mL")
    assert finding.value == pytest.approx(-0.5)
    assert not find_narrow_margins(structs.replace(one, applies=False) for one in near)
    assert len(find_narrow_margins(structs.replace(one, applies=True) for one in near)) == 1


def test_h08_h15_slightly_on_either_side_of_a_limit_is_a_change() -> None:
    third = Fraction(299_999, 1_000_000)
    shares = {
        "a": {"R1": third, "R2": Fraction("0.30")},  # below and at: both would be shown as 30.0
        "b": {"R1": Fraction("0.35"), "R2": Fraction("0.36")},
        "c": {"R1": Fraction("0.39"), "R2": Fraction("0.41"), "R3": Fraction("0.40")},
        "once": {"R1": Fraction("0.1")},
    }
    found = {one.name: one for one in compare_sides(shares, TRIALS)}
    assert {"dragon2.flr_30", "dragon2.flr_40"} <= found.keys()
    assert found["dragon2.flr_30"].changed == ("a",)
    assert found["dragon2.flr_30"].sides["a"] == {"R1": "below", "R2": "at"}
    assert found["dragon2.flr_40"].changed == ("c",)
    assert [*found["dragon2.flr_40"].sides] == ["a", "b", "c"]


def test_without_a_share_that_was_read_twice_no_limit_is_reported() -> None:
    assert compare_sides({"a": {"R1": Fraction("0.3")}}, TRIALS) == ()
    assert compare_sides({}, TRIALS) == ()


GRID = Grid.upright((17, 12, 12), (20.0, 20.0, 20.0))  # each face in its own cell
LIVER = replace(boxes(GRID, LIVER_BOX, "liver"), file="liver.dcm")  # 15 x 10 x 10
TUMOUR = replace(boxes(GRID, [[12, 15, 5, 8, 5, 8]], "tumour"), file="tumour.dcm")
LEFT = replace(boxes(GRID, [[1, 4, 1, 11, 1, 11]], "flr"), file="flr.dcm")  # 3 x 10 x 10
WHOLE = Anatomy(LIVER, tumour=TUMOUR)
SHARE = Share(300, 1473)
P = 300 / 1473
# half of the faces: 100 of the cut and 220 of the remnant; of the rest 580, of the tumour 54
FLR_OFF = (50 + 110) / 1473
LIVER_OFF = ((1 - P) * 110 - P * 290) / 1473
TUMOUR_OFF = P * 27 / 1473


def carry(file: str, mm: float) -> Finding:
    return Finding("mask.carried", Severity.WARNING, "", file, mm, "mm")


def derived(*files: str, code: str = "contours.derived") -> list[Finding]:
    return [Finding(code, Severity.INFO, "", file) for file in files]


def test_the_standard_deviation_is_that_of_the_boundaries_over_the_share() -> None:
    found = measure_exactness(WHOLE, LEFT, SHARE, ())
    assert found.sd == pytest.approx(measure_boundaries(WHOLE, LEFT, SHARE).sd / P)
    assert found.widening == 0
    # of the untreated share: the same surfaces, over a share of 1173 instead of 300
    rest = measure_exactness(WHOLE, LEFT, Share(1173, 1473), (), outside=True)
    assert rest.sd * 1173 == pytest.approx(found.sd * 300)
    nothing = Share(0, 1473)  # which has no surface
    assert measure_exactness(WHOLE, LIVER, nothing, (), outside=True) == Exactness(0.0)


@each_case("files, off", [
    (["flr.dcm"], FLR_OFF),
    (["liver.dcm"], LIVER_OFF),
    (["tumour.dcm"], TUMOUR_OFF),
    (["flr.dcm", "liver.dcm", "tumour.dcm"], FLR_OFF + LIVER_OFF + TUMOUR_OFF),
    (["ct.dcm"], 0),
])  # fmt: skip
def test_contours_leave_half_a_voxel_of_their_surface_open(files: list[str], off: float) -> None:
    found = measure_exactness(WHOLE, LEFT, SHARE, derived(*files))
    assert found.widening == pytest.approx(off / P)
    assert found.sd == measure_exactness(WHOLE, LEFT, SHARE, ()).sd


def test_other_findings_and_a_missing_tumour_widen_nothing() -> None:
    odd = [Finding("contours.crossing", Severity.WARNING, "", "flr.dcm")]
    assert measure_exactness(WHOLE, LEFT, SHARE, odd).widening == 0
    plain = measure_exactness(Anatomy(LIVER), LEFT, Share(300, 1500), derived("tumour.dcm"))
    assert plain.widening == 0


def test_contours_without_their_image_leave_half_a_slice_open() -> None:
    """The grid has cubes of 20 mm; on a lattice of 2 x 2 x 20 mm, the error is the same."""
    lost = derived("flr.dcm", code="contours.no_image")
    assert measure_exactness(WHOLE, LEFT, SHARE, lost).widening == pytest.approx(FLR_OFF / P)
    liver, tumour, left = (finely(mask) for mask in (LIVER, TUMOUR, LEFT))
    fine = Anatomy(liver, tumour=tumour)
    share = Share(100 * 300, 100 * 1473)
    every = derived("flr.dcm", "liver.dcm", "tumour.dcm", code="contours.no_image")
    without = measure_exactness(fine, left, share, every).widening
    with_image = derived("flr.dcm", "liver.dcm", "tumour.dcm")
    known = measure_exactness(WHOLE, LEFT, SHARE, with_image).widening
    assert without == pytest.approx(known, rel=0.02)  # edges are rounded off in smaller cells
    assert without > 2 * measure_exactness(fine, left, share, with_image).widening


def finely(mask: Mask) -> Mask:
    """Draw the same body with ten voxels for one along x and along y."""
    voxels = mask.as_array().repeat(10, axis=0).repeat(10, axis=1)
    return Mask.of(mask.name, voxels, Grid.upright((170, 120, 12), (2.0, 2.0, 20.0)), mask.file)


# the spread of a case's shares

FINDINGS = tuple(derived("flr.nii.gz"))
SMALL = replace(
    small_liver(), tumour=liver_part([[12, 15, 5, 8, 5, 8]], "tumour"),
    flr=liver_part([[1, 4, 1, 11, 1, 11]], "flr"),
    treated=liver_part([[7, 16, 1, 11, 1, 11]], "treated"),
)  # fmt: skip
WIDER = liver_part([[1, 5, 1, 11, 1, 11]], "flr_2")


def spreads(case: Case) -> dict[str, Spread]:
    return compute_spreads(case.anatomy, measure_plan(case))


def test_each_share_has_its_exactness() -> None:
    found = spreads(Case(SMALL, ()))
    assert found.keys() == {"flr", "untreated"}
    assert all(0 < one.geometry < one.of_readers for one in found.values())
    assert all(one.decided_by == "readers" for one in found.values())
    bare = compute_spreads(SMALL, structs.replace(measure_plan(Case(SMALL, ())), exactness={}))
    assert [one.geometry for one in bare.values()] == [0, 0]
    assert spreads(Case(small_liver(), ())) == {}


def test_a_second_reader_counts_for_the_remnant_alone() -> None:
    """300 and 400 of 1473 mL."""
    case = Case(SMALL, (), second=SecondMasks(WIDER))
    found = spreads(case)
    assert found["flr"].second_reader == pytest.approx(100 / 300 / 2**0.5)
    assert found["untreated"].second_reader is None
    measured = measure_plan(case)
    shares = limit_shares(SMALL, measured, state_measured(measured))
    assert [share.read_twice for share in shares] == [True, False]
    assert "second_reader.liver_once" in codes(measured.findings)
    measured = measure_plan(Case(small_liver(), (), second=SecondMasks(WIDER)))  # without a first
    assert measured.second is None
    (told,) = (one for one in measured.findings if one.code == "second_reader.no_first")
    assert (told.file, told.severity) == ("flr_2.nii.gz", Severity.WARNING)


def test_contours_widen_the_share_of_what_they_drew() -> None:
    found = spreads(Case(SMALL, (), findings=FINDINGS))
    plain = spreads(Case(SMALL, ()))
    assert found["flr"].relative_sd > plain["flr"].relative_sd
    assert found["untreated"] == plain["untreated"]


CARRIED_ONE = {
    "drawn": ({}, 0, 0, 0),
    "liver": ({"liver": 5.0}, 0, 5, 0),
    "tumour": ({"tumour": 5.0}, 0, 0, 5),
    "remnant": ({"flr": 5.0}, 5, 0, 0),
    "structure next to it": ({"excluded": 5.0}, 0, 5, 0),
    "vessel": ({"vessels": 50.0}, 0, 0, 0),
    "unused map": ({"segments": 50.0}, 0, 0, 0),
    "treated area": ({"treated": 50.0}, 0, 0, 0),
}


@each_case("carried, cut_mm, liver_mm, tumour_mm", CARRIED_ONE)
def test_h04_only_carried_masks_that_define_a_share_widen_its_interval(
    carried: dict[str, float], cut_mm: int, liver_mm: int, tumour_mm: int
) -> None:
    """All files have the same base name: a name does not state which mask was carried."""

    def mark(name: str, mask: Mask | None) -> Mask:
        assert mask is not None
        return replace(mask, file="mask.nii.gz", carried_mm=carried.get(name))

    cava = liver_part([[16, 17, 1, 11, 1, 11]], "ivc")
    whole = replace(
        SMALL,
        liver=mark("liver", SMALL.liver),
        tumour=mark("tumour", SMALL.tumour),
        flr=mark("flr", SMALL.flr),
        treated=mark("treated", SMALL.treated),
        excluded=(mark("excluded", cava),),
        vessels={"portal_veins": mark("vessels", liver_part([[6, 7, 1, 11, 5, 6]], "portal"))},
        segments={name: mark("segments", one) for name, one in small_segments().items()},
    )
    case = Case(whole, (), findings=tuple(carry("mask.nii.gz", mm) for mm in carried.values()))
    found = spreads(case)["flr"]
    remnant = whole.working(sure(whole.flr))
    share = Share((remnant & whole.nontumorous).voxel_count, whole.nontumorous.voxel_count)
    per_mm = measure_boundaries(whole, remnant, share).moved
    parts = (
        cut_mm * per_mm.cut_per_mm, liver_mm * per_mm.liver_per_mm,
        tumour_mm * per_mm.tumour_per_mm,
    )  # fmt: skip
    assert found.registration == pytest.approx(sum(parts) / float(share.fraction))
    assert bool(found.registration) is bool(cut_mm or liver_mm or tumour_mm)


def test_what_works_no_more_has_no_surface_of_its_own() -> None:
    """A congested slab at the remnant's foot: what is left of it is what is counted."""
    congested = liver_part([[1, 4, 1, 11, 1, 3]], "congested")
    with_slab = spreads(Case(replace(SMALL, excluded=(congested,)), ()))["flr"]
    rest = replace(SMALL, flr=liver_part([[1, 4, 1, 11, 3, 11]], "flr"))
    assert with_slab.geometry == pytest.approx(spreads(Case(rest, ()))["flr"].geometry)


def limits(percent: str) -> tuple[EnteredLimit, ...]:
    facts: Facts = {"flr_fraction": Fraction(percent) / 100, "flr_share_typed": True}
    return compare_entered_shares(facts, (PROTOCOLS.crlm,))


@each_case("percent, answers, near", [
    ("27.1", ("below", "below"), (False, False)),
    ("27.2", ("below", "below"), (True, False)),
    ("30", ("at", "below"), (True, False)),
    ("33.4", ("above", "below"), (True, False)),
    ("33.5", ("above", "below"), (False, False)),
    ("36.2", ("above", "below"), (False, False)),
    ("36.3", ("above", "below"), (False, True)),
    ("40", ("above", "at"), (False, True)),
    ("44.6", ("above", "above"), (False, True)),
    ("44.7", ("above", "above"), (False, False)),
])  # fmt: skip
def test_h15_a_side_of_each_limit_and_whether_it_is_near(
    percent: str, answers: tuple[str, str], near: tuple[bool, bool]
) -> None:
    found = limits(percent)
    assert [one.name for one in found] == ["dragon2.flr_30", "dragon2.flr_40"]
    assert tuple(one.answer for one in found) == answers
    assert tuple(one.is_borderline for one in found) == near
    assert {one.finding.code for one in found} == {"flr.typed_near_limit"}
    assert tuple(one.is_close for one in found) == near
    assert not any(structs.replace(one, applies=False).is_close for one in found)


@each_case("percent, said", [
    ("31", "1 percentage point above 30 %"),
    ("28.5", "1.5 percentage points below 30 %"),
    ("30", "exactly at 30 %"),
])  # fmt: skip
def test_the_distance_is_in_points(percent: str, said: str) -> None:
    one = limits(percent)[0]
    assert (one.distance, one.distance_ml, one.has_chance) == (said, None, False)


def test_h15_only_the_limits_that_are_near_are_reported() -> None:
    facts: Facts = {
        "crlm_present": True,
        "flr_fraction": Fraction(31, 100),
        "flr_share_typed": True,
    }
    judged = judge_facts(facts, Grounds((), PROTOCOLS))
    near = [one.message for one in judged.findings if one.code == "flr.typed_near_limit"]
    (told,) = near
    assert "FLR, as entered, not measured by this program, is 1 percentage point above 30 %" in told
    assert [one.name for one in judged.entered] == ["dragon2.flr_30", "dragon2.flr_40"]


@pytest.mark.parametrize(
    ("diagnosis", "percent", "liver", "near"),
    [
        ("crlm", "39.9", {"chemo_liver_damage": False}, []),
        ("crlm", "39.9", {"chemo_liver_damage": True}, ["40 %"]),
        ("crlm", "39.9", {}, ["40 %"]),
        ("crlm", "30.1", {"chemo_liver_damage": True}, []),
        ("crlm", "30.1", {"chemo_liver_damage": False}, ["30 %"]),
        ("hcc", "49.9", {"cirrhosis": False}, []),
        ("hcc", "49.9", {"cirrhosis": True}, ["50 %"]),
        ("hcc", "49.9", {}, ["50 %"]),
        ("hcc", "30.1", {"underlying_liver_disease": True}, []),
        ("hcc", "30.1", {"underlying_liver_disease": False, "cirrhosis": False}, ["30 %"]),
        (None, "39.9", {"chemo_liver_damage": False, "cirrhosis": True}, []),
        (None, "39.9", {"chemo_liver_damage": True, "cirrhosis": True}, ["40 %"]),
    ],
)
def test_h15_a_limit_that_does_not_apply_to_this_liver_is_not_reported(
    diagnosis: str | None, percent: str, liver: dict[str, bool], near: list[str]
) -> None:
    """30 and 40 % of DRAGON 2, and 30, 40 and 50 % for HCC, by the liver [trials.md 9.1]."""
    known = {"crlm_present": diagnosis == "crlm", "hcc_present": diagnosis == "hcc"}
    facts: Facts = {**(known if diagnosis else {}), **entered(str(15 * Fraction(percent))), **liver}
    judged = judge_facts(facts, Grounds((), PROTOCOLS))
    found = [one.message for one in judged.findings if one.code == "flr.typed_near_limit"]
    assert [message.partition(";")[0][-4:] for message in found] == near


# shares of volumes that were entered


def entered(flr_ml: str, **more: Value | None) -> Facts:
    """Enter an FLR of 1500 mL without tumour."""
    return {
        "total_liver_volume_ml": Fraction(1700),
        "tumour_volume_ml": Fraction(200),
        "flr_fraction": Fraction(flr_ml) / 1500,
        **more,
    }


@pytest.mark.parametrize(
    ("flr_ml", "said", "chance", "near"),
    [
        ("449.85", "0.15 mL below 30 %", 0.50, True),
        ("450", "exactly at 30 %", 0.50, True),
        ("424.5", "25.5 mL below 30 %", 0.22, True),
        ("420", "30.0 mL below 30 %", 0.17, False),
        ("456", "6.0 mL above 30 %", 0.43, True),
    ],
)
def test_entered_volumes_scatter_as_a_drawing_by_hand(
    flr_ml: str, said: str, chance: float, near: bool
) -> None:
    """`clinical.md` 13: 28 % have a chance of 17 %, 30.4 % one of 43 %; of 28.3 %, 22 %."""
    one = compare_entered_shares(entered(flr_ml), (PROTOCOLS.crlm,))[0]
    assert (one.name, one.distance) == ("dragon2.flr_30", said)
    assert one.distance_ml == pytest.approx(float(flr_ml) - 450)
    assert round(one.crossing_chance, 2) == chance
    assert (one.has_chance, one.is_borderline) == (True, near)


@pytest.mark.parametrize(
    ("cv", "origin", "chance"),
    [("0.1", "drawn", 0.265), ("0.03", "drawn", 0.174), ("0.1", "segments", 0.174)],
)
def test_h08_entered_volumes_have_a_larger_reading_error_of_the_centre(
    cv: str, origin: ReadingOrigin, chance: float
) -> None:
    """10 % with t = 2.228: SD 3.183 points, and 2 points are 0.628 SD. Who read is not known.

    Of a smaller error, and one of other remnants, 7.616 % remain: 0.938 SD. Normal tables.
    """
    error = ReadingError(Fraction(cv), 10, 10, origin, "two readers")
    one = compare_entered_shares(entered("420"), (PROTOCOLS.crlm,), error=error)[0]
    assert one.crossing_chance == pytest.approx(chance, abs=0.0005)


@pytest.mark.parametrize(("cv", "near"), [("0.15", True), ("0.1", False)])
def test_h08_an_entered_percentage_is_never_less_borderline_than_the_same_volume(
    cv: str, near: bool
) -> None:
    """26.5 % against 30 %: 15 % with t = 2.086 are 4.23 points, and 3.5 are 0.827 SD: 0.204.

    Of 12.37 %, as for segment labels, they are 1.068 SD: 0.143; that is more than 10 % with t.
    """
    error = ReadingError(Fraction(cv), 20, 20, "drawn", "two readers")
    facts: Facts = {"flr_fraction": Fraction("0.265"), "flr_share_typed": True}
    for each in (facts, entered("397.5")):
        one = compare_entered_shares(each, (PROTOCOLS.crlm,), error=error)[0]
        assert one.is_borderline is near


def test_h08_an_untreated_share_has_no_reading_error_of_remnants() -> None:
    """33.3 % against 30 %: 7.616 % of it are 2.539 points, and 3.333 are 1.313 SD: 0.0946."""
    error = ReadingError(Fraction("0.1"), 10, 10, "drawn", "two readers")
    more: dict[str, Value | None] = {REST: Fraction(1, 3), COVERS: True}
    facts = entered("450", **more)
    found = compare_entered_shares(facts, PROTOCOLS.each, error=error)
    (rest,) = (one for one in found if one.limit.fact == REST)
    assert rest.crossing_chance == pytest.approx(0.0946, abs=0.0005)


@each_case("drawn_ml, left, chance", [
    ("450", Fraction(1, 4), 0.0125),
    ("375", Fraction(1, 4), 0.0043),
    ("450", Fraction(0), 0.0),  # of which nothing is left: certainly below
])  # fmt: skip
def test_h08_an_entered_flr_after_clearing_scatters_as_the_flr_in_ml(
    drawn_ml: str, left: Fraction, chance: float
) -> None:
    """7 % of 450 mL are 8.4 % of 375: with 3 %, SD 2.230 points of 25, and 5 are 2.242 SD."""
    facts = entered(drawn_ml, **{CLEARED: left, COUNT: Fraction(2)})
    found = compare_entered_shares(facts, (PROTOCOLS.crlm,))
    (cleared,) = (one for one in found if one.name == "dragon2.clear_30")
    assert cleared.answer == "below"
    assert cleared.crossing_chance == pytest.approx(chance, abs=0.0002 if chance else 0)


CLEARED, COUNT = "flr_after_clearing_fraction", "lesions_in_remnant_count"
REST, COVERS = "untreated_nontumorous_fraction", "treated_covers_tumour"


@each_case("more, answers", [
    ({CLEARED: Fraction(1, 4), COUNT: Fraction(2)}, True),
    ({CLEARED: Fraction(1, 4), COUNT: Fraction(0)}, False),
    ({CLEARED: Fraction(1, 4), COUNT: None}, False),
    ({REST: Fraction(1, 3), COVERS: True}, True),
    ({REST: Fraction(1, 3), COVERS: False}, False),
    ({REST: Fraction(1, 3), COVERS: None}, False),
])  # fmt: skip
def test_h15_a_share_that_answers_nothing_has_no_limit(
    more: dict[str, Value | None], answers: bool
) -> None:
    """After clearing where lesions are left; untreated where the area covers the tumour."""
    (other,) = (name for name in more if name.endswith("_fraction"))
    found = compare_entered_shares(entered("450", **more), PROTOCOLS.each)
    facts = {one.limit.fact for one in found}
    assert facts == {"flr_fraction"} | ({other} if answers else set())
    assert all(one.whole_ml == 1500 for one in found)


def test_a_share_that_masks_gave_was_not_entered() -> None:
    facts = entered("450", **{CLEARED: Fraction(1, 4), COUNT: Fraction(1)})
    found = compare_entered_shares(facts, (PROTOCOLS.crlm,), of_dragon_2(flr(300, 1000)))
    assert {one.limit.fact for one in found} == {CLEARED}
    assert all(one.source.endswith("applied to the FLR after clearing") for one in found)
    for none in ({"flr_share_typed": True}, entered("450", flr_fraction=None)):  # without a share
        assert compare_entered_shares(none, (PROTOCOLS.crlm,)) == ()


def test_a_measured_share_has_a_chance_and_an_entered_one_is_reported_once() -> None:
    """The finding is of the FLR; of other shares the headline tells."""
    assert all(one.has_chance for one in of_dragon_2(flr(300, 1000)))
    rest: dict[str, Value | None] = {REST: Fraction("0.31"), COVERS: True}
    facts: Facts = {"hcc_present": True, **entered("615", **rest)}
    judged = judge_facts(facts, Grounds((), PROTOCOLS))
    near = [one.limit.fact for one in judged.entered if one.is_borderline]
    assert near == ["flr_fraction", REST]  # 41 beside 40 %, and 31 beside 30 %
    (told,) = (one for one in judged.findings if one.code == "flr.typed_near_limit")
    assert "FLR, as entered, not measured by this program, is 15.0 mL above 40 %" in told.message
