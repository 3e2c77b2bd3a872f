"""RESCUE, its columns against trials.md section 6, and its limits by hand."""

from fractions import Fraction

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import judge_criterion, judge_trial
from tests.cases import each_case
from tests.shared import shared

(RESCUE,) = (trial for trial in read_bundled_trials() if trial.id == "NCT06178198")
MET, NOT_MET, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SHARE = "untreated_nontumorous_fraction"


def table() -> list[list[str]]:
    """Read the rows of the reference that have nine columns."""
    text = shared("trials.md").read_text("utf-8")
    section = text[text.index("## 6. RESCUE") : text.index("## 7. Shared facts")]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows if len(row) == 9]


def ids() -> list[str]:
    return [criterion.id for criterion in RESCUE.criteria]


def test_ids_in_registry_order() -> None:
    labs = [f"I9{letter}" for letter in "abcdefghij"]
    first = [f"I{number}" for number in range(1, 10)]
    last = ["I10", "I11", "I12", "E1a", "E1b", "E2", "E3", "E4", "E5", "E6"]
    assert ids() == [*first, *labs, *last]


def test_columns_of_the_reference() -> None:
    """Those that say by what, asked of whom, and what may change."""
    ours = {c.id: (" + ".join(c.by), c.asked_of, c.changes) for c in RESCUE.criteria}
    assert ours == {row[0]: tuple(row[5:8]) for row in table() if row[0] in ids()}


def test_readings_are_marked() -> None:
    marked = {row[0] for row in table() if "[R]" in "".join(row)}
    ours = {criterion.id for criterion in RESCUE.criteria if criterion.reading}
    assert marked <= ours
    assert ours - marked == {"I9", "I9g", "I9h", "I9i", "I10", "E2"}


@each_case("enzyme, id_, limit", [("ast", "I9g", 200), ("alt", "I9h", 200), ("alp", "I9i", 575)])
def test_enzymes_against_the_laboratorys_own_limit(enzyme: str, id_: str, limit: int) -> None:
    def beside(value: int, uln: int, **more: bool) -> tuple[Truth, Truth]:
        facts: Facts = {
            f"{enzyme}_u_per_l": Fraction(value),
            f"{enzyme}_x_uln": Fraction(value, uln),
            "hcc_present": True,
            **more,
        }
        answer = judge_criterion(RESCUE.criterion(id_), facts)
        return answer.truth, answer.beside

    assert beside(limit, limit // 5) == (MET, MET)
    assert beside(limit, limit // 5 - 1) == (MET, NOT_MET)
    assert beside(limit + 1, limit // 5 + 1) == (NOT_MET, MET)
    assert beside(limit, limit // 5 - 1, hcc_present=False) == (MET, UNKNOWN)


@each_case(
    "untreated, truth, told",
    [
        ("0.2999", MET, False),
        ("0.30", UNKNOWN, True),
        ("0.3001", NOT_MET, False),
    ],
)
def test_exactly_30_percent_untreated_is_unknown_and_reported(
    untreated: str, truth: Truth, told: bool
) -> None:
    """`trials.md` 1 and 8: HCC, untreated fraction exactly 0.30, "both wordings shown"."""
    facts: Facts = {
        "hcc_present": True,
        "treated_covers_tumour": True,
        "untreated_nontumorous_fraction": Fraction(untreated),
    }
    judged = judge_trial(RESCUE, facts)
    (answer,) = (one for one in judged.answers if one.criterion.id == "E2")
    assert answer.truth is truth
    found = [one for one in judged.findings if one.code == "borderline.rescue_30_percent"]
    assert bool(found) is told
    for one in found:
        assert "not below 30 %" in one.message
        assert "not over 30 %" in one.message


@each_case("more", [{"hcc_present": False}, {"treated_covers_tumour": None}, {"hcc_present": None}])
def test_it_is_reported_of_an_hcc_whose_area_covers_the_tumour_alone(more: Facts) -> None:
    facts: Facts = {
        "hcc_present": True,
        "treated_covers_tumour": True,
        "untreated_nontumorous_fraction": Fraction(3, 10),
    }
    found = judge_trial(RESCUE, {**facts, **more}).findings
    assert "borderline.rescue_30_percent" not in {one.code for one in found}


@each_case(
    "trial, id_, truth",
    [
        *(("NCT05428735", "I3", MET), ("NCT04562727", "I3", MET), ("NCT06857773", "I4", MET)),
        ("NCT06449937", "I4", NOT_MET),
        *(("NCT05428735", "E8", UNKNOWN), ("NCT06449937", "E1", UNKNOWN)),
        ("NCT06178198", "I5", UNKNOWN),
    ],
)
def test_no_extrahepatic_disease_without_recorded_staging(
    trial: str, id_: str, truth: Truth
) -> None:
    """`trials.md` 1: *none* = absent; staging is wanted only where the text names the imaging."""
    (of,) = (one for one in read_bundled_trials() if one.id == trial)
    facts: Facts = {"crlm_present": True, "extrahepatic_status": "none"}
    assert judge_criterion(of.criterion(id_), facts).truth is truth


@each_case("covered, distance", [(True, Fraction(5, 100)), (False, None), (None, None)])
def test_a_share_has_a_distance_to_30_percent_once_the_tumour_is_covered(
    covered: bool | None, distance: Fraction | None
) -> None:
    facts: Facts = {"treated_covers_tumour": covered, SHARE: Fraction(35, 100)}
    (part,) = RESCUE.criterion("E2").parts
    made = [one.distance for one in part.when.compared(facts) if one.fact == SHARE]
    assert made == [distance, distance]  # below 30 %, and at most 30 %
