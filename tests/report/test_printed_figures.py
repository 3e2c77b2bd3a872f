"""Figures in printed formulas are those that the program computes with, and those of the papers.

A figure that is wrong in a text is none of the code's; wrong in the code, none of the paper's.
"""

import re
import tomllib
from fractions import Fraction
from importlib import import_module
from inspect import getsource
from math import log10
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import inspect

from fl_planner.basis import findings
from fl_planner.basis.constants import Z_95
from fl_planner.basis.formula import PrintedFormula, list_formulas
from fl_planner.liver import volumetry
from fl_planner.liver.leaks import LEAST_STRAY_ML
from fl_planner.liver.lesions.count import LEAST_LESION_ML
from fl_planner.liver.mask_faults import PIECES_PERCENT
from fl_planner.liver.vessels.limits import NEEDED_PERCENT
from fl_planner.patient import body_size, liver_failure
from fl_planner.patient.body_size import AT_RISK_PERCENT, TLV_FORMULAS, BodySize
from fl_planner.patient.scores import (
    ALBI_1,
    ALBI_2,
    ALBI_ALBUMIN,
    ALBI_BILIRUBIN,
    MELD_LARGEST,
    MELD_LEAST,
    SODIUM_HIGH,
    SODIUM_LOW,
    compute_albi,
)
from fl_planner.planning.assessment import context
from fl_planner.planning.assessment.context import Reference
from fl_planner.record.declaration.json_form import list_keys, list_struct_keys
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.report.page.appendix import CALCULATORS
from fl_planner.report.vessel_words import NEEDED_BY
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY

# by hand from the papers: key -> figures of the formula, in the order of the text
PAPERS = {
    "vauthey_bsa": "1267.28 794.41", "vauthey_weight": "18.51 191.80", "urata": "706.2 2.4",
    "heinemann": "1072.8 345.7", "deland": "1020 220", "yoshizumi": "772",
    "yu": "21.585 0.732 0.225", "um_dubois": "908.204 464.728", "feng": "758.259 124.272",
}  # fmt: skip
# by hand from the papers, at 2.0 m2, 180 cm and 80 kg
VOLUMES = {
    "vauthey_bsa": 1740.15, "vauthey_weight": 1672.6, "urata": 1414.8, "heinemann": 1799.9,
    "deland": 1820.0, "yoshizumi": 1544.0, "yu": 21.585 * 80**0.732 * 180**0.225,
    "um_dubois": 1351.68, "feng": 1392.246,
}  # fmt: skip


def figures(text: str) -> list[Fraction]:
    return [Fraction(one) for one in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)]


def appendix() -> list[PrintedFormula]:
    """Every formula of the report's appendix."""
    every = list_formulas(*(module for modules in CALCULATORS for module in modules))
    return [one for one in every if one.key]


def printed(name: str) -> list[Fraction]:
    """Figures of a formula of the report's appendix."""
    (one,) = [one for one in appendix() if one.name == name]
    return figures(one.text)


@pytest.mark.parametrize("key", PAPERS)
def test_a_liver_volume_is_computed_and_printed_by_its_paper(key: str) -> None:
    formula = TLV_FORMULAS[key]
    text = formula.text.replace("^", " ")
    assert figures(text) == [Fraction(one) for one in PAPERS[key].split()]
    assert formula.estimate(2.0, 180.0, 80.0) == pytest.approx(VOLUMES[key])
    assert set(TLV_FORMULAS) == set(PAPERS)


def test_the_sign_of_what_is_added_is_printed() -> None:
    assert TLV_FORMULAS["vauthey_bsa"].text == "1267.28 BSA - 794.41"
    assert TLV_FORMULAS["urata"].text == "706.2 BSA + 2.4"


def test_albi_is_computed_and_printed_by_its_paper() -> None:
    """Johnson 2015: 0.66 log10 bilirubin - 0.085 albumin; -2.60 and -1.39 divide its grades."""
    assert printed("ALBI") == [Fraction("0.66"), Fraction("0.085")]
    assert (Fraction("0.66"), Fraction("0.085")) == (ALBI_BILIRUBIN, ALBI_ALBUMIN)
    by_hand = 0.66 * log10(20.52) - 0.085 * 35
    assert compute_albi(Fraction(35), Fraction("20.52")) == pytest.approx(by_hand)
    assert (Fraction("-2.60"), Fraction("-1.39")) == (ALBI_1, ALBI_2)


def test_each_figure_of_the_appendix_is_one_that_is_computed_with() -> None:
    """All figures that it prints, with the constants of the code; a unit's 1000 by hand."""
    vauthey = figures(TLV_FORMULAS["vauthey_bsa"].text)
    expected = {
        "Mask volume": [1000],
        "FLR %": [100],
        "95 % inter-reader interval": [1, Z_95],
        "Lesions": [LEAST_LESION_ML],
        "Body surface area": [3600],
        "sFLR %": [100, *vauthey],
        "FLR-to-body-weight ratio": [Fraction("1.0"), AT_RISK_PERCENT],
        "KGR": [7],
        "Lung dose at a tumour dose of 150 Gy": [TRIAL_DOSE_GY, 1],
        "ALBI": [ALBI_BILIRUBIN, ALBI_ALBUMIN],
        "MELD": [1, MELD_LEAST, MELD_LARGEST],
        "MELD-Na": [SODIUM_LOW, SODIUM_HIGH],
    }
    found = {one.name: figures(one.text) for one in appendix() if figures(one.text)}
    assert found == expected
    by_hand = [Fraction("1.96"), Fraction("0.03"), Fraction("0.5"), 150, 6, 40, 125, 137]
    assert by_hand == [
        Z_95, LEAST_LESION_ML, AT_RISK_PERCENT, TRIAL_DOSE_GY, MELD_LEAST, MELD_LARGEST, SODIUM_LOW,
        SODIUM_HIGH,
    ]  # fmt: skip
    assert BodySize(180, 80).bsa_m2() == pytest.approx((180 * 80 / 3600) ** 0.5)


@pytest.mark.parametrize(
    ("module", "old", "new", "name", "printed_then"),
    [
        ("patient.scores", '"0.66"', '"0.67"', "ALBI", "0.67 0.085"),
        ("patient.scores", "MELD_LEAST, MELD_LARGEST = 6, 40", "MELD_LEAST, MELD_LARGEST = 7, 41",
         "MELD", "1 7 41"),
        ("patient.scores", "Fraction(125), Fraction(137)", "Fraction(126), Fraction(138)",
         "MELD-Na", "126 138"),
        ("patient.body_size", '"-794.41"', '"-749.41"', "sFLR %", "100 1267.28 749.41"),
        ("patient.body_size", "MOSTELLER = 3600", "MOSTELLER = 3601", "Body surface area", "3601"),
        ("patient.body_size", "AT_RISK_PERCENT = Fraction(1, 2)", "AT_RISK_PERCENT = Fraction(5)",
         "FLR-to-body-weight ratio", "1 5"),
        ("liver.lesions.count", '"0.03"', '"0.04"', "Lesions", "0.04"),
        ("liver.scatter.crossing_chance", "import Z_95",
         "import DISAGREEING_PERCENT as Z_95", "95 % inter-reader interval", "1 5"),
        ("y90.partition", "LUNG_SHUNT = ",
         "TRIAL_DOSE_GY, RESIN_LABEL = Fraction(5), Fraction(1)\nLUNG_SHUNT = ",
         "Lung dose at a tumour dose of 5 Gy", "5 1"),
    ],
)  # fmt: skip
def test_a_changed_constant_changes_the_printed_formula(
    module: str, old: str, new: str, name: str, printed_then: str
) -> None:
    changed = import_module(f"fl_planner.{module}")
    source = getsource(changed)
    assert source.count(old) == 1
    copy = ModuleType(changed.__name__)
    exec(compile(source.replace(old, new), "<changed>", "exec"), vars(copy))
    (one,) = [one for one in list_formulas(copy) if one.name == name]
    assert figures(one.text) == [*map(Fraction, printed_then.split())]


def test_a_needed_vein_is_reported_by_the_share_that_is_compared() -> None:
    assert NEEDED_PERCENT == 5
    assert figures(NEEDED_BY) == [NEEDED_PERCENT] * 2
    told = causes("vessels")["vessels.vein_needed"]
    assert figures(told) == [NEEDED_PERCENT] * 2


def causes(topic: str) -> dict[str, str]:
    path = Path(findings.__file__).parent / "finding_codes" / f"{topic}.toml"
    entries = tomllib.loads(path.read_text("utf-8"))
    return {code: entry["cause"] for code, entry in entries.items() if code != "title"}


def test_causes_have_the_limits_that_are_compared() -> None:
    height, weight = (causes("body_size")[f"body.{name}"] for name in ("height", "weight"))
    assert figures(height) == [body_size.LEAST_HEIGHT_CM, body_size.LARGEST_HEIGHT_CM]
    assert figures(weight) == [body_size.LEAST_WEIGHT_KG, body_size.LARGEST_WEIGHT_KG]
    share = causes("liver")["plausibility.flr_share"]
    ends = [volumetry.LEAST_SHARE_PERCENT, volumetry.LARGEST_SHARE_PERCENT]
    lateral = volumetry.LEAST_LATERAL_PERCENT
    assert figures(share) == [ends[0], lateral, ends[1], ends[1]]
    assert figures(causes("drawing")["parts.pieces"]) == [PIECES_PERCENT, LEAST_STRAY_ML]


def test_each_formula_of_the_appendix_names_a_number_of_the_plan() -> None:
    """A key that no record has would never be printed."""
    plan, growth = ({key.name: key for key in list_keys(one)} for one in (PlanRecord, GrowthKeys))
    for one in appendix():
        first, *rest = one.key.split(".")
        key = growth["growth"] if first == "growth" else plan[first]
        for name in [] if first == "growth" else rest:
            assert isinstance(key.kind, inspect.StructType), one.key
            key = {inner.name: inner for inner in list_struct_keys(key.kind)}[name]


def test_each_limit_next_to_the_remnant_is_printed_as_it_is_compared() -> None:
    """Every limit stands in its text, and no limit's text without it."""
    every = [one for one in vars(context).values() if isinstance(one, Reference)]
    for one in every:
        text = one.formula.replace("-", " ")
        missing = {abs(limit) for limit in one.limits} - {*figures(text)}
        assert not missing, (one.name, missing)
    fifty = [liver_failure.FIFTY_PERCENT, liver_failure.FIFTY_UMOL_L, liver_failure.FROM_DAY]
    assert figures(context.FIFTY_FIFTY.formula) == fifty
    assert figures(context.PHLF.formula) == [liver_failure.FROM_DAY]
    assert context.PEAK_BILIRUBIN.limits == (liver_failure.PEAK_MG_DL,)
