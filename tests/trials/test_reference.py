"""The five trials against the columns of the reference: ids, numbers, who answers, readings."""

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.contradictions import RADIOEMBOLISATION_OF
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.derive import IMPLIED
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS, Facts
from fl_planner.trials.facts.quantities import QUANTITIES, TYPED_FLR, TYPED_FLR_AS
from fl_planner.trials.judge import judge_criterion, judge_trial
from fl_planner.trials.statements import RADIOEMBOLISED, TREATED_BEFORE
from tests.cases import each_case
from tests.shared import shared

TRIALS = {trial.id: trial for trial in read_bundled_trials()}
SECTIONS = {
    "NCT05428735": ("## 2. DRAGON 2", "## 3."),
    "NCT06449937": ("## 3. NCT06449937", "## 4."),
    "NCT04562727": ("## 4. NCT04562727", "## 5."),
    "NCT06857773": ("## 5. PUMP-IT", "## 6."),
    "NCT06178198": ("## 6. RESCUE", "## 7."),
}
COLUMNS = 9
KINDS = ("inclusion", "exclusion")
LETTERS = dict(zip("DLAPR", SECTIONS, strict=True))
NAME = re.compile(r"`([a-z0-9_]+)`")


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of the reference, cell by cell."""

    id: str
    says: str
    facts: str
    comparator: str
    boundary: str
    by: str
    asked_of: str
    changes: str
    remark: str


def lines(trial: str) -> list[Line]:
    text = shared("trials.md").read_text("utf-8")
    start, end = SECTIONS[trial]
    section = text[text.index(start) : text.index(end, text.index(start))]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row] for row in rows if len(row) == COLUMNS]
    return [Line(*row) for row in cells if re.fullmatch(r"[IE]\d+[a-z]?", row[0])]


CRITERIA = [(trial, line) for trial in SECTIONS for line in lines(trial)]
EACH = each_case("trial, line", {f"{trial}-{line.id}": (trial, line) for trial, line in CRITERIA})


def ours(trial: str, line: Line) -> Criterion:
    return TRIALS[trial].criterion(line.id)


def test_the_five_in_their_order() -> None:
    assert [*TRIALS] == [*SECTIONS]
    assert len(CRITERIA) == 134


@each_case("trial", [*SECTIONS])
def test_every_criterion_in_registry_order(trial: str) -> None:
    listed = [line.id for line in lines(trial)]
    criteria = {criterion.id: criterion.kind for criterion in TRIALS[trial].criteria}
    assert [one for one in criteria if one in listed] == listed
    last = {kind: max(map(_number, (i for i in listed if criteria[i] == kind))) for kind in KINDS}
    later = criteria.keys() - {*listed}  # of an amendment: numbered behind those of the reference
    assert all(_number(one) > last[criteria[one]] for one in later)


def _number(id_: str) -> int:
    return int(re.sub(r"\D", "", id_))


@EACH
def test_kind_and_source(trial: str, line: Line) -> None:
    criterion = ours(trial, line)
    kind = "inclusion" if line.id.startswith("I") else "exclusion"
    number = re.sub(r"\D", "", line.id)
    assert (criterion.kind, criterion.source) == (kind, f"{kind} {number}")


@EACH
def test_who_answers_who_is_asked_and_what_may_change(trial: str, line: Line) -> None:
    if line.by == "\N{EN DASH}":  # always met
        return
    criterion = ours(trial, line)
    by = {word for word in ("imaging", "facts", "human") if word in line.by}
    assert set(criterion.by) == by
    assert (criterion.asked_of, criterion.changes) == (line.asked_of, line.changes)


@EACH
def test_readings_and_restored_signs_are_marked(trial: str, line: Line) -> None:
    criterion = ours(trial, line)
    marked = "[R]" in line.remark + line.boundary + line.facts or "[R]" in line.comparator
    assert criterion.reading is not None or not marked
    restored = "⚠" in line.remark
    assert (criterion.note or "").startswith(
        "comparison sign lost in the registry copy"
    ) is restored


def test_readings_of_our_own_are_few() -> None:
    unmarked = {
        (trial, line.id)
        for trial, line in CRITERIA
        if ours(trial, line).reading and "[R]" not in line.remark + line.boundary + line.comparator
    }
    enzymes = {("NCT06178198", id_) for id_ in ("I9g", "I9h", "I9i")}  # the printed number decides
    assert unmarked == enzymes | {
        # two readings, not one that was chosen
        *(("NCT06449937", id_) for id_ in ("I6", "I8", "E3", "E12")),
        *(("NCT06178198", id_) for id_ in ("I9", "I10")),
        ("NCT06178198", "E2"),  # besides, an area that misses the tumour answers nothing
        ("NCT06857773", "E3"),  # marked at NCT06449937 E5
    }


def test_restored_signs_are_four() -> None:
    found = [(t, line.id) for t, line in CRITERIA if "⚠" in line.remark]
    assert found == [("NCT04562727", id_) for id_ in ("I2", "I6a", "I6b", "I6d")]


def _compared(criterion: Criterion) -> list[tuple[str, str, Fraction]]:
    return [
        (leaf.fact, leaf.word, leaf.limit)
        for part in criterion.parts
        for leaf in part.when.compared({})
        if isinstance(leaf.limit, Fraction)
    ]


# where the reference says a number in another way than we hold it
SAID_OTHERWISE: dict[tuple[str, str], list[tuple[str, int | str]]] = {
    ("NCT06449937", "I5"): [("at_least", 1), ("at_most", 2)],  # one of 1, 2
    ("NCT06449937", "I6"): [  # count 1 to 5, of all or of those ablated
        *(("less_than", 3), ("at_least", 1), ("at_most", 5)) * 2,
        *(("at_least", 1), ("at_most", 5)),
    ],
    ("NCT06449937", "I8"): [("at_least", 89), ("more_than", 92), ("at_least", 3)],
    ("NCT06178198", "I9"): [("at_most", 30), ("at_most", 31)],  # in the next column
    ("NCT06178198", "E2"): [("less_than", "0.30"), ("at_most", "0.30")],  # exactly 30 %: unknown
    ("NCT06178198", "I10"): [("at_least", 89), ("more_than", 92), ("more_than", 3)],
    ("NCT04562727", "I2"): [("at_least", 1), ("at_most", 4), ("at_most", 4)],
    ("NCT04562727", "I6a"): [("at_least", 9)],  # 90 g/L in g/dL
    ("NCT06178198", "I3"): [("at_least", 1), ("at_most", 5), ("more_than", 8)],
    ("NCT06857773", "E3"): [("at_least", 3)],  # in the next column
    ("NCT06857773", "I13i"): [("less_than", "1.5"), ("less_than", "1.5")],  # either ratio
}
NUMBER = re.compile(r"`(less_than|at_most|more_than|at_least)` (\d+(?:\.\d+)?)")


@EACH
def test_numbers_and_comparators(trial: str, line: Line) -> None:
    said = [(word, Fraction(number)) for word, number in NUMBER.findall(line.comparator)]
    if "both" in line.comparator and len(said) == 1:  # two enzymes, one limit
        said *= 2
    otherwise = SAID_OTHERWISE.get((trial, line.id))
    wanted = said if otherwise is None else [(word, Fraction(n)) for word, n in otherwise]
    compared = [(word, limit) for _, word, limit in _compared(ours(trial, line))]
    assert Counter(compared) == Counter(wanted)


FOLLOWS_FROM = {  # what we compare -> the fact that the reference names
    "life_expectancy_weeks": "life_expectancy_months",
    "life_expectancy_days": "life_expectancy_months",
    "all_lesions_ablated": "ablation_count",
    "extrahepatic_confirmed_sites": "extrahepatic_indeterminate_sites",
    "haemoglobin_mmol_per_l": "haemoglobin_g_per_dl",
    "inr_x_uln": "inr",
}
NOT_COMPARED = {  # named, and asked for in another way
    ("NCT06178198", "I12"): {"sex"},  # a man is derived not to be pregnant
    ("NCT06857773", "I13i"): {"inr_uln"},  # in the ratio
    ("NCT05428735", "E8"): {"extrahepatic_status", "extrahepatic_resectable_or_ablatable"},
}


@EACH
def test_facts(trial: str, line: Line) -> None:
    criterion = ours(trial, line)
    used = {leaf.fact for part in criterion.parts for leaf in part.when.compared({})}
    used = {FOLLOWS_FROM.get(fact, fact) for fact in used}
    named = set(NAME.findall(line.facts))
    if line.id == "E8" and trial == "NCT05428735":
        named |= NOT_COMPARED[trial, "E8"]  # "facts of E4"
    else:
        named -= NOT_COMPARED.get((trial, line.id), set())
    assert used == named


def test_every_fact_is_used_where_section_7_states() -> None:
    """Read "used by" of sections 7.1 to 7.3: D I1, R E2 ..."""
    text = shared("trials.md").read_text("utf-8")
    section = text[text.index("### 7.2") : text.index("### 7.4")]
    for row in section.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        names, used_by = NAME.findall(cells[0]), cells[-1]
        if not row.startswith("| `") or "·" in row:
            continue
        places = re.findall(r"\b([DLAPR]) ((?:[IE]\d+[a-z]?[ ,]*)+)", used_by)
        for letter, ids in places:
            for id_ in ids.replace(",", " ").split():
                criterion = TRIALS[LETTERS[letter]].criterion(id_)
                asked = {c.fact for part in criterion.parts for c in part.when.compared({})}
                asked |= {FOLLOWS_FROM.get(fact, fact) for fact in asked}
                if asked & {*RADIOEMBOLISATION_OF.values()}:
                    asked.add(RADIOEMBOLISED)
                assert asked & set(names) or id_ == "I12", (letter, id_, names)


def test_every_fact_that_a_patient_may_give_serves_a_trial_or_the_route() -> None:
    used = {
        leaf.fact
        for trial in TRIALS.values()
        for criterion in trial.criteria
        for part in criterion.parts
        for leaf in part.when.compared({})
    }
    volumes = {quantity.fact for quantity in QUANTITIES.values() if "volume" in quantity.name}
    route = {"sex", "portal_hypertension", "flr_function_pct_per_min_per_m2", "inr_uln"}
    route |= {"flr_function_normalisation"}  # whether the function is compared [clinical.md 5.1]
    route |= {"flr_after_clearing_fraction", "lesions_in_remnant_count"}
    route |= {"flr_after_clearing_1mm_fraction", "clearing_margin_mm", "flr_of_baseline_fraction"}
    design = {*TREATED_BEFORE, *(f"{one}_day" for one in TREATED_BEFORE), "prior_pve_hve_kind"}
    implying = {*IMPLIED, *LISTS_OF_TRIALS}
    ages = {fact for fact in FACTS if fact.endswith("_age_days")}
    named = used | {FOLLOWS_FROM.get(fact, fact) for fact in used}
    typed = {*TYPED_FLR_AS, TYPED_FLR}  # the FLR of a letter
    others = named | volumes | route | ages | design | implying | typed
    assert FACTS.keys() - others == {"largest_lesion_mask_cm"}


INPUTS = {name: quantity.fact for name, quantity in QUANTITIES.items()}
DATA = {
    "D": {"I1", "I2", "I3", "E4", "E8"},
    "L": {"I3", "I4", "I6", "E6", "E12"},
    "A": {"I4"},
    "P": {"I3", "I4", "I10", "E3"},
    "R": {"I4"},
}


def data_of_the_reference() -> dict[tuple[str, str], set[str]]:
    """Read which data must be on file before only a person's word is missing [trials.md 1]."""
    text = shared("trials.md").read_text("utf-8")
    said = text[text.index("Data facts of these criteria:") : text.index("Their other facts are")]
    found: dict[tuple[str, str], set[str]] = {}
    for part in said.partition(":")[2].split(" · "):
        places = re.findall(r"([DLAPR]) ([IE]\d+)", part)
        facts = {str(INPUTS.get(name, name)) for name in NAME.findall(part)} - {"true"}
        facts |= {"flr_fraction"} if "FLR fraction" in part else set()
        facts |= {"aptt_x_uln"} if "APTT ratio" in part else set()
        facts |= {"staging_ct_age_days"} if "age of the CT" in part else set()
        found |= dict.fromkeys(places, facts)
    return found


def test_data_that_must_be_there_before_only_a_person_is_missing() -> None:
    reference = data_of_the_reference()
    assert {letter: {i for le, i in reference if le == letter} for letter in DATA} == DATA
    for letter, ids in DATA.items():
        trial = TRIALS[LETTERS[letter]]
        mixed = {c.id for c in trial.criteria if "human" in c.by and len(c.by) > 1}
        assert mixed == ids
        for id_ in ids:
            criterion, wanted = trial.criterion(id_), reference[letter, id_]
            if (letter, id_) in (("D", "E8"), ("L", "I4")):
                assert criterion.data_when is not None
                wanted -= {"staging_ct_done"}
            if (letter, id_) == ("P", "E3"):  # all but one
                every = {c.fact for part in criterion.parts for c in part.when.compared({})}
                wanted = every - wanted
            if (letter, id_) == ("R", "I4"):  # none
                wanted = set()
            assert set(criterion.data) == wanted, (letter, id_)


@pytest.mark.parametrize("trial", TRIALS.values(), ids=lambda trial: trial.short)
def test_what_a_person_reads_is_there(trial: Trial) -> None:
    assert trial.notes
    for criterion in trial.criteria:
        said = [criterion.says, criterion.reading or "x", criterion.note or "x"]
        assert all(text == text.strip() and not text.endswith(".") for text in said)
        assert "healthy" not in " ".join(said).lower()


# ---- RESCUE


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
    [("0.2999", MET, False), ("0.30", UNKNOWN, True), ("0.3001", NOT_MET, False)],
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
