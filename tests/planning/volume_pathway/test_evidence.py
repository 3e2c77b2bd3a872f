"""Evidence and distance in words: never on another side than the number itself.

A number keeps its side of the limits of all trials, not only of the one that is told of: 29.96 % is
below 30 %, and a trial of one's own with 20 % must not show it as 30.0 %, nor as 10.0 points above
20 %.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from operator import ge, gt, le, lt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.shown import Share
from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols, read_trials
from fl_planner.planning.assessment.near_limits import LimitedShare, Threshold, compare_thresholds
from fl_planner.planning.judgement import Grounds, Judged, judge_facts, judge_stated
from fl_planner.planning.volume_pathway.pathway import COMPARISONS, format_distance, format_evidence
from fl_planner.planning.volume_pathway.pathway_rows import BY_NAME
from fl_planner.planning.volume_pathway.situation import PathwaySituation
from fl_planner.planning.volume_pathway.states import DiagnosisState, judge_states
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.record.judgement import as_judgement
from fl_planner.trials.condition import WORDS, Compared
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import OTHER_UNITS, QUANTITIES, name_fact
from fl_planner.trials.judge import judge_criterion
from fl_planner.trials.statements import DRUG_KEY, Amount, Stated
from tests.cases import sure
from tests.planning.asked import GROUNDS

FLR, DOSE, ANY = "flr_fraction", "lung_dose_gy_at_150gy_tumour", Truth.UNKNOWN


def compared(fact: str, known: Value | None, word: str, limit: Value) -> Compared:
    """Make a comparison; how it came out is not told."""
    return Compared(fact, known, word, limit, ANY)


def of_share(known: str | None, limit: str, word: str = "less_than") -> Compared:
    exact = None if known is None else Fraction(known) / 100
    return compared(FLR, exact, word, Fraction(limit) / 100)


def near(numerator: int, denominator: int = 1000) -> tuple[Threshold, ...]:
    """Set so many voxels of 1.5 mL against the limits for CRLM."""
    share = LimitedShare(FLR, Share(numerator, denominator), 1.5, 0.0762)
    return compare_thresholds([share], read_protocols().trials_of(DiagnosisState.CRLM))


AGE, SITES, FUNCTION = "age_years", "extrahepatic_sites", "flr_function_pct_per_min_per_m2"
SIZE, LI_RADS = "largest_lesion_cm", "li_rads_category"
LIMIT = Fraction("2.67")
CALLED = {  # what people read for a key
    FLR: "FLR",
    "ecog": "ECOG",
    AGE: "age",
    SIZE: "largest liver lesion",
    FUNCTION: "FLR function",
    "cirrhosis": "cirrhosis:",
    "extrahepatic_status": "extrahepatic disease:",
    LI_RADS: "LI-RADS category:",
    SITES: "sites of extrahepatic disease:",
}


@pytest.mark.parametrize(
    ("fact", "known", "word", "limit", "told"),
    [
        (FLR, Fraction("0.2996"), "less_than", Fraction("0.3"), "29.96 % (criterion: below 30 %)"),
        (FLR, Fraction("0.25"), "less_than", Fraction("0.3"), "25 % (criterion: below 30 %)"),
        (FLR, Fraction("0.3"), "less_than", Fraction("0.3"), "30 % (criterion: below 30 %)"),
        ("ecog", Fraction(1), "at_most", Fraction(1), "1 (criterion: at most 1)"),
        (AGE, Fraction(61), "at_least", Fraction(18), "61 years (criterion: at least 18 years)"),
        (AGE, Fraction(1), "at_least", Fraction(18), "1 year (criterion: at least 18 years)"),
        (SIZE, Fraction("9.6177"), "more_than", Fraction(8), "9.6 cm (criterion: above 8 cm)"),
        (FUNCTION, LIMIT, "more_than", LIMIT, "2.67 %/min/m² (criterion: above 2.67 %/min/m²)"),
        ("cirrhosis", True, "is_false", False, "yes"),
        ("cirrhosis", False, "is_true", True, "no"),
        ("extrahepatic_status", "none", "equals", "confirmed", "none (criterion: confirmed)"),
        (LI_RADS, "LR-5", "one_of", ("LR-4", "LR-5"), "LR-5 (criterion: one of LR-4, LR-5)"),
        (SITES, ("lung",), "only", ("lung", "brain"), "lung (criterion: only lung, brain)"),
        (SITES, (), "include", ("brain",), "none (criterion: including brain)"),
    ],
)
def test_each_kind_of_fact(fact: str, known: Value, word: str, limit: Value, told: str) -> None:
    assert format_evidence([compared(fact, known, word, limit)]) == f"{CALLED[fact]} {told}"


def test_every_word_of_the_language_can_be_stated() -> None:
    words = {word for kind in FactKind for word in WORDS[kind]}
    assert words - {"is_true", "is_false"} == COMPARISONS.keys()


def test_an_unknown_fact_is_reported_only_where_it_could_change_the_answer() -> None:
    unknown = of_share(None, "30")
    assert format_evidence([unknown]) == ""
    assert format_evidence([unknown], {FLR}) == "FLR unknown (criterion: below 30 %)"
    assert format_distance([unknown], near(299)) is None


INR, HISTOLOGY = "inr_x_uln", "crc_histology"


def test_h15_a_missing_upper_limit_of_normal_is_not_a_missing_value() -> None:
    """An INR of 1.5 without the laboratory's ULN: the multiple is unknown, not the INR."""
    ratio = compared(INR, None, "less_than", Fraction("1.5"))
    assert format_evidence([ratio], {INR}) == (
        "INR, as a multiple of the ULN, unknown (criterion: below 1.5 \u00d7 ULN)"
    )
    known = compared(INR, Fraction("1.25"), "less_than", Fraction("1.5"))
    assert format_evidence([known]) == ("INR 1.25 \u00d7 ULN (criterion: below 1.5 \u00d7 ULN)")


def test_h08_a_dose_is_not_joined_to_the_dose_in_its_name() -> None:
    """RESCUE E1a: 15 Gy to the lungs at 150 Gy to the tumour, not "150 Gy 15 Gy"."""
    dose = compared(DOSE, Fraction(15), "more_than", Fraction(15))
    assert format_evidence([dose]) == (
        "lung dose at a tumour dose of 150 Gy: 15 Gy (criterion: above 15 Gy)"
    )


def test_a_code_is_in_words() -> None:
    histology = compared(HISTOLOGY, "other_crc", "one_of", ("adenocarcinoma", "other_crc"))
    assert format_evidence([histology]) == (
        "histology of the colorectal cancer: other colorectal cancer (criterion: one of "
        "adenocarcinoma, other colorectal cancer)"
    )


def test_of_two_limits_the_criterion_states_where_each_holds() -> None:
    damaged = of_share("29.96", "40")._replace(where=("chemo_liver_damage",))
    assert format_evidence([of_share("29.96", "30"), damaged]) == (
        "FLR 29.96 % (criterion: below 30 %; below 40 % with chemotherapy-associated liver injury)"
    )
    assert format_evidence([damaged]) == "FLR 29.96 % (criterion: below 40 %)"


def test_a_fact_is_reported_once_with_all_that_is_asked_of_it() -> None:
    both = [of_share("29.96", "30"), of_share("29.96", "40"), of_share("29.96", "30")]
    assert format_evidence(both) == "FLR 29.96 % (criterion: below 30 %; below 40 %)"
    mixed = [both[0], compared("chemo_liver_damage", True, "is_true", True)]
    assert format_evidence(mixed) == (
        "FLR 29.96 % (criterion: below 30 %); chemotherapy-associated liver injury: yes"
    )
    twice = [compared("cirrhosis", True, "is_true", True)] * 2
    assert format_evidence(twice) == "cirrhosis: yes"


def test_a_share_is_reported_in_ml_at_this_liver() -> None:
    assert format_distance([of_share("29.9", "30")], near(299)) == "1.5 mL below 30 %"
    assert format_distance([of_share("30.1", "30")], near(301)) == "1.5 mL above 30 %"
    both = [of_share("35", "30"), of_share("35", "40")]
    assert format_distance(both, near(350)) == "75.0 mL above 30 %; 75.0 mL below 40 %"


@pytest.mark.parametrize(
    ("fact", "known", "word", "limit", "excluding", "told"),
    [
        # NYHA 3 excludes, so 2 is the most; WHO status below 2 permits 1 [trials.md 3 E7, 4 I1]
        ("nyha_class", "4", "at_least", "3", True, "2 above the maximum of 2"),
        ("nyha_class", "3", "at_least", "3", True, "1 above the maximum of 2"),
        ("nyha_class", "2", "at_least", "3", True, "equal to the maximum of 2"),
        ("ecog", "2", "less_than", "2", False, "1 above the maximum of 1"),
        ("ecog", "0", "less_than", "2", False, "1 below the maximum of 1"),
        ("ecog", "2", "at_most", "1", False, "1 above the maximum of 1"),
        ("infection_ctcae_grade", "3", "more_than", "2", True, "1 above the maximum of 2"),
        ("lesion_count", "1", "more_than", "1", False, "1 below the minimum of 2"),
    ],
)
def test_the_limit_of_a_whole_number_is_the_last_one_permitted(
    fact: str, known: str, word: str, limit: str, told: str, *, excluding: bool
) -> None:
    made = compared(fact, Fraction(known), word, Fraction(limit))
    assert format_distance([made], (), excluding=excluding) == told


def test_a_share_without_voxels_is_reported_in_points() -> None:
    """4 % above 30 % would be 31.2 % to some readers."""
    says = "4 percentage points above the maximum of 30 %"
    assert format_distance([of_share("34", "30")], ()) == says
    says = "0.04 percentage points below the maximum of 30 %"
    assert format_distance([of_share("29.96", "30")], ()) == says
    ejected = compared("lvef_percent", Fraction(49), "less_than", Fraction(50))
    assert format_distance([ejected], ()) == "1 percentage point below the maximum of 50 %"
    third = compared(FLR, Fraction(1, 3), "less_than", Fraction(3, 10))
    assert format_distance([third], ()) == "3.3 percentage points above the maximum of 30 %"


@pytest.mark.parametrize(
    ("fact", "known", "word", "limit", "told"),
    [
        ("lesion_count", "2", "at_most", "5", "3 below the maximum of 5"),
        ("lesion_count", "5", "at_most", "5", "equal to the maximum of 5"),
        (FLR, "0.3", "less_than", "0.3", "exactly 30 %"),
        (DOSE, "8.4", "more_than", "15", "6.6 Gy below the minimum of 15 Gy"),
        (DOSE, "15", "more_than", "15", "exactly 15 Gy"),
        (SIZE, "8.00001", "more_than", "8", "0.00001 cm above the minimum of 8 cm"),
    ],
)
def test_other_numbers_are_reported_in_their_own_unit(
    fact: str, known: str, word: str, limit: str, told: str
) -> None:
    one = compared(fact, Fraction(known), word, Fraction(limit))
    assert format_distance([one], near(300)) == told


def test_a_limit_is_a_minimum_or_a_maximum() -> None:
    """An exclusion turns it round, and so does what it exempts: PUMP-IT's E3, from 3 years on."""
    (e3,) = (t.criterion("E3") for t in read_bundled_trials() if t.short == "pump_it")
    cancer: Facts = {"other_malignancy_disease_free_years": Fraction(2)}
    told = format_distance(judge_criterion(e3, cancer).compared, (), excluding=True)
    assert told == "1 year below the minimum of 3 years"
    dose = compared(DOSE, Fraction(16), "more_than", Fraction(15))
    assert format_distance([dose], (), excluding=True) == "1 Gy above the maximum of 15 Gy"
    exempt = dose._replace(sought=False)
    assert format_distance([exempt], (), excluding=True) == "1 Gy above the minimum of 15 Gy"
    assert format_distance([exempt], ()) == "1 Gy above the maximum of 15 Gy"


def test_distances_of_several_numbers_name_each_number() -> None:
    """0.8 cm above 4 cm is that of the largest lesion, and a count of 1 is the minimum."""
    few = compared("lesion_count", Fraction(1), "at_least", Fraction(1))
    most = compared("lesion_count", Fraction(1), "at_most", Fraction(4))
    large = compared(SIZE, Fraction("4.8"), "at_most", Fraction(4))
    assert format_distance([few, most, large], ()) == (
        "number of liver lesions: equal to the minimum of 1, 3 below the maximum of 4; "
        "largest liver lesion: 0.8 cm above the maximum of 4 cm"
    )
    tests = [
        compared(one, Fraction(2), "at_most", Fraction(2)) for one in ("alt_x_uln", "ast_x_uln")
    ]
    told = sure(format_distance(tests, ()))  # alike, and still two
    assert [part.partition(": ")[0] for part in told.split("; ")] == ["ALT", "AST"]


def test_a_distance_that_many_numbers_have_is_given_once() -> None:
    """Ages of blood tests: 1 day too old, all of them, and then all but one that is 3 days old."""
    facts = ("haemoglobin_age_days", "anc_age_days", "platelets_age_days", "inr_age_days")
    old = [compared(one, Fraction(16), "at_most", Fraction(15)) for one in facts]
    assert format_distance(old, ()) == "1 day above the maximum of 15 days"
    both = [compared(one, Fraction(16), "at_most", Fraction(14)) for one in facts]
    assert format_distance([*old, *both], ()) == (
        "1 day above the maximum of 15 days; 2 days above the maximum of 14 days"
    )
    fresh = compared("inr_age_days", Fraction(3), "at_most", Fraction(15))
    assert format_distance([*old[:3], fresh], ()) == (
        "3 values: 1 day above the maximum of 15 days; "
        "age of the INR value: 12 days below the maximum of 15 days"
    )


def test_what_is_no_number_has_no_distance() -> None:
    one = compared("cirrhosis", True, "is_true", True)
    assert format_distance([one], ()) is None
    assert format_distance([], ()) is None
    number = of_share("34", "30")
    says = "4 percentage points above the maximum of 30 %"
    assert format_distance([one, number, number], ()) == says


@pytest.mark.parametrize("covers", [True, False, None])
def test_h15_no_distance_is_told_of_an_area_that_is_not_known_to_cover_the_tumour(
    covers: bool | None,
) -> None:
    """43.1 % lie outside: 13.1 points above 30 %, which says nothing where tumour lies outside."""
    (spared,) = read_protocols().radioembolisation.asked_for("untreated_liver")
    share = {"untreated_nontumorous_fraction": Fraction("0.431")}
    answer = judge_criterion(spared, {**share, "treated_covers_tumour": covers})
    told = format_distance(answer.compared, (), excluding=True)
    assert told == ("13.1 percentage points above the minimum of 30 %" if covers else None)
    assert "outside the treated area 43.1 %" in format_evidence(answer.compared)


def side(value: Fraction, limit: Fraction) -> int:
    return (value > limit) - (value < limit)


@given(st.integers(1, 2**29), st.data())
def test_h08_no_share_is_reported_on_another_side(denominator: int, data: st.DataObject) -> None:
    """Around each limit, voxel by voxel."""
    at = data.draw(st.sampled_from([Fraction(3, 10), Fraction(2, 5)]))
    voxels = round(at * denominator) + data.draw(st.integers(-2, 2))
    exact = Fraction(min(max(voxels, 0), denominator), denominator)
    asked = [
        compared(FLR, exact, "less_than", limit) for limit in (Fraction(3, 10), Fraction(2, 5))
    ]
    told = format_evidence(asked)
    shown = Fraction(told.removeprefix("FLR ").split()[0])
    for one in asked:
        assert isinstance(one.limit, Fraction)
        assert side(shown, 100 * one.limit) == side(exact, one.limit)
    distance = format_distance(asked, ())
    for words, one in zip(sure(distance).split("; "), asked, strict=True):
        assert isinstance(one.limit, Fraction)
        sign = {"exactly": 0}.get(words.split()[0], 1 if " above " in words else -1)
        assert sign == side(exact, one.limit)
        assert sign == 0 or Fraction(words.split()[0]) > 0  # never "0.0 percentage points above"


def test_every_limit_of_every_trial_can_be_reported() -> None:
    for trial in read_bundled_trials():
        for criterion in trial.criteria:
            for part in criterion.parts:
                leaves = tuple(part.when.compared({}))
                told = format_evidence(leaves, {leaf.fact for leaf in leaves})
                assert all(name_fact(leaf.fact) in told for leaf in leaves)
                assert all(leaf.fact in FACTS for leaf in leaves)
                assert format_distance(leaves, ()) is None


OWN = """
schema = 1
id = "OWN-1"
short = "own"
name = "Own"
diagnosis = "crlm"
source = "a trial of ours"

[[criterion]]
id = "I1"
kind = "inclusion"
says = "Remnant of {percent} % or more"
source = "section 1"
asked_of = "radiologist"
by = ["imaging"]
changes = "can_change"
when = {{ flr_fraction = {{ at_least = {share} }} }}
"""
TWENTY = Fraction(1, 5)
EVERY = {FLR: (TWENTY, Fraction(3, 10), Fraction(2, 5))}
HAIR_BELOW_30 = Fraction(29_961_234, 10**8)  # no typed number: more than three decimals


def of_own(share: Fraction) -> list[Compared]:
    return [Compared(FLR, share, "at_least", TWENTY, Truth.TRUE)]


def judge(folder: Path, facts: Facts, percent: str) -> Judged:
    """Judge by the bundled trials and one that asks for so many percent."""
    text = OWN.format(percent=percent, share=f"0.{percent.replace('.', '')}")
    (folder / "own.toml").write_text(text, "utf-8")
    trials, _ = read_trials(folder)
    return judge_facts(facts, Grounds(trials, read_protocols()))


def test_h08_evidence_and_distance_keep_their_side_of_other_trials_limits() -> None:
    own = of_own(HAIR_BELOW_30)
    assert format_evidence(own, (), EVERY) == "FLR 29.96 % (criterion: at least 20 %)"
    assert format_distance(own, (), EVERY) == "9.96 percentage points above the minimum of 20 %"


def test_h08_the_answer_of_an_own_trial_shows_the_number_of_the_plan(tmp_path: Path) -> None:
    judged = judge(tmp_path, {FLR: HAIR_BELOW_30}, "20")
    (own,) = (one for one in as_judgement(judged).trials if one.trial.id == "OWN-1")
    (answer,) = own.criteria
    assert answer.evidence == "FLR 29.96 % (criterion: at least 20 %)"
    assert answer.distance == "9.96 percentage points above the minimum of 20 %"


def test_h08_a_sentence_keeps_its_side_of_an_own_trials_limit(tmp_path: Path) -> None:
    """24.96 % would be 25.0 % by the limits of the bundled trials alone."""
    share = Fraction(24_961_234, 10**8)
    facts: Facts = {FLR: share, "crlm_present": True, "hcc_present": False}
    judged = judge(tmp_path, facts, "25")
    said = " ".join((*judged.pathway.reasons, *judged.route.reasons))
    assert "24.96 %" in said
    assert "25.0 %" not in said
    assert judged.limits[FLR][0] == Fraction(1, 4)


def test_the_limit_of_function_stays_that_of_the_protocols() -> None:
    """A trial of one's own with 2.5 changes what is shown, and not what the pathway asks."""
    protocols, facts = read_protocols(), {FUNCTION: Fraction("2.4999")}
    states = judge_states(facts, protocols)
    own = {FUNCTION: (Fraction("2.5"), Fraction("2.67"))}
    told = PathwaySituation(facts, protocols, states, BY_NAME["V9"], limits=own)
    assert told.function_limit == "2.67"
    assert told.format_function() == "2.4999 %/min/m²"
    says = "2.50 %/min/m²"
    assert PathwaySituation(facts, protocols, states, BY_NAME["V9"]).format_function() == says


@given(st.integers(0, 10**6), st.sampled_from(["20", "25", "28.6", "35"]))
def test_h08_no_limit_is_crossed_by_any_share(part: int, own: str) -> None:
    share, limit = Fraction(part, 10**6), Fraction(own) / 100
    every = {FLR: (Fraction(3, 10), Fraction(2, 5))}
    asked = [Compared(FLR, share, "at_least", limit, Truth.UNKNOWN)]
    shown = Fraction(format_evidence(asked, (), every).split()[1])
    apart = sure(format_distance(asked, (), every))
    for one in (*every[FLR], limit):
        assert (shown > 100 * one, shown < 100 * one) == (share > one, share < one)
        if not apart.startswith("exactly"):
            sign = 1 if " above " in apart else -1
            summed = 100 * limit + sign * Fraction(apart.split()[0])
            assert (summed > 100 * one, summed < 100 * one) == (share > one, share < one)


def test_without_other_limits_that_of_the_criterion_holds() -> None:
    told = format_evidence(of_own(Fraction(199_996_789, 10**9)))
    assert told == "FLR 19.9997 % (criterion: at least 20 %)"


def test_h12_a_number_that_an_error_forbids_is_stated() -> None:
    withdrawn = {FLR: Withdrawn("volumes", ("side.mirrored",), "the image is mirrored")}
    told = format_evidence([of_share(None, "30")], [FLR], withdrawn=withdrawn)
    assert told.startswith("FLR must not be used: the image is mirrored")
    assert "not to be used" not in format_evidence([of_share(None, "30")], [FLR])


HOLDS = {"less_than": lt, "at_most": le, "more_than": gt, "at_least": ge}
NUMBER = re.compile(r"\d+(?:[.]\d+)?")
APART = [Fraction(0), *(Fraction(sign, 10**places) for places in (2, 6) for sign in (-1, 1))]


@pytest.mark.slow
@pytest.mark.parametrize("diagnosis", ["crlm_present", "hcc_present"])
def test_h08_every_printed_number_is_on_the_side_of_its_limit_that_was_judged(
    diagnosis: str,
) -> None:
    """Every quantity in every unit, at every limit and just next to it: 0.01 and 0.000001."""
    limits, tested = judge_stated(Stated({diagnosis: True}), GROUNDS).limits, 0
    for name, quantity in QUANTITIES.items():
        own = {*limits.get(quantity.fact or "", ())}
        own |= {
            limit / factor
            for fact, (base, factor) in OTHER_UNITS.items()
            if base == quantity.fact
            for limit in limits.get(fact, ())
        }
        for (unit, factor), limit, by in product(quantity.units.items(), own, APART):
            typed = Fraction(round((limit / factor + by) * 10**12), 10**12)
            amount = Amount(typed, unit, drug="prednisolone" if name == DRUG_KEY else None)
            judged = judge_stated(Stated({diagnosis: True, name: amount}), GROUNDS)
            for pair in list_numbers(judged):
                text = format_evidence([pair], limits=limits).removeprefix(name_fact(pair.fact))
                shown = NUMBER.findall(text)[0]
                assert isinstance(pair.limit, Fraction)
                as_shown = HOLDS[pair.word](Fraction(shown), pair.limit)
                assert as_shown is (pair.truth is Truth.TRUE), (name, typed, unit, shown)
                tested += 1
    assert tested > 1000


def list_numbers(judged: Judged) -> Iterator[Compared]:
    """List the comparisons of numbers, except of shares, which are printed in percent."""
    for answer in (one for judgement in judged.judgements for one in judgement.answers):
        for pair in answer.compared:
            are_numbers = isinstance(pair.known, Fraction) and isinstance(pair.limit, Fraction)
            if are_numbers and pair.word in HOLDS and not pair.fact.endswith("_fraction"):
                yield pair
