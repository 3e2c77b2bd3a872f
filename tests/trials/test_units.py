"""One unit in many spellings, through every door: one value, and one doubt [H-09]."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import Finding
from fl_planner.basis.units import as_ucum
from fl_planner.calculator.units import ANALYTES
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.documents.facts_file import read_facts_file
from fl_planner.intake.documents.new_case import parse_answer
from fl_planner.intake.patients.rows import Listed
from fl_planner.trials.convert import convert_stated, is_plausible
from fl_planner.trials.facts.quantities import QUANTITIES, UNITS, UPPER_LIMITS
from fl_planner.trials.statements import Amount, Stated, parse_stated
from fl_planner.trials.unit_doubts import find_unit_doubts
from tests.calculator.asking import results
from tests.cases import each_case
from tests.patients import parse_worksheet

MICRO, MU = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
TIMES, NINE = "\N{MULTIPLICATION SIGN}", "\N{SUPERSCRIPT NINE}"
THREE, SQUARED = "\N{SUPERSCRIPT THREE}", "\N{SUPERSCRIPT TWO}"
# as laboratories of several countries print them; a unit that is not here has one spelling
SPELLINGS = {
    "mg/dL": ("mg/dl", "mg/100 mL", "mg/100ml", "mg%", " mg/dL ", "mg / dl"),
    "g/dL": ("g/dl", "g/100 ml", "g%", "gm/dL", "gr/dl"),
    "g/L": ("g/l", "gm/l", "gr/L"),
    "mmol/L": ("mmol/l",),
    "umol/L": ("umol/l", f"{MICRO}mol/L", f"{MU}mol/L", f"{MICRO}mol/l", "mcmol/L", "micromol/l"),
    "U/L": ("U/l", "IU/L", "IU/l", "[IU]/L", "UI/L"),
    "ukat/L": ("ukat/l", f"{MICRO}kat/L", f"{MU}kat/l", "mckat/L"),
    "10*9/L": (
        *("10^9/L", "10^9/l", "10E9/L", "x10E9/L", "x10^9/L", f"{TIMES}10^9/L", "10**9/L"),
        *(f"10{NINE}/L", f"x 10{NINE}/l", "G/L", "G/l", "Gpt/l", "Gpt/L", "/nl", "/nL"),
        *("Giga/l", "giga/L", "E9/l", "1/nl"),
    ),
    "10*3/uL": (
        *("10^3/uL", f"10{THREE}/{MICRO}L", f"x10^3/{MU}l", "10E3/uL", "K/uL", f"K/{MICRO}L"),
        *("k/ul", "K/mcL", "10^3/mm3", "Tsd./ul", "thou/uL", "E3/uL"),
        *(f"10{THREE}/mm{THREE}", "10^3/mm^3", f"K/mm{THREE}", "K/cumm", f"1000/{MICRO}l"),
    ),
    "/uL": (
        f"/{MICRO}L",
        f"/{MU}l",
        "/ul",
        "/mcL",
        "cells/uL",
        "10^6/L",
        "1/ul",
        "{cells}/uL",
        "{#}/uL",
    ),
    "/mm3": ("/cmm", "/cumm", "cells/mm3", f"/mm{THREE}", "/mm^3", "1/mm3", "{cells}/mm3"),
    "mm[Hg]": ("mmHg", "mm Hg"),
    "mL": ("ml", "cm3", "cc", "ccm", f"cm{THREE}", "cm^3"),
    "mm3": (f"mm{THREE}", "mm^3"),
    "L": ("l",),
    "%": ("percent", "pct"),
    "a": ("y", "yr", "yrs", "year", "years"),
    "mo": ("month", "months"),
    "wk": ("week", "weeks"),
    "d": ("day", "days"),
    "s": ("sec", "secs", "seconds", "sek", "Sek"),
    "mL/min": ("ml/min",),
    "mL/s": ("ml/s",),
    "mL/min/{1.73_m2}": (
        *("mL/min/1.73m2", "mL/min/1.73 m2", f"ml/min/1.73 m{SQUARED}", "ml/min/1.73 m^2"),
        *("ml/min/1,73 m2", "mL/min/{1.73m2}", "ml/min/1.73qm"),
    ),
    "%/min/m2": (f"%/min/m{SQUARED}", "%/min/m^2"),
    "mg/d": ("mg/day",),
    "xULN": ("x ULN", f"{TIMES}ULN", f"{TIMES} ULN", "ULN"),
}
Read = tuple[Mapping[str, Any], list[tuple[str, str]]]  # facts, and what is doubted of them
# of every quantity a value that is usual, and one that is rare, in each of its units
NUMBERS = ("0.004", "0.06", "0.7", "0.9", "1", "3", "14", "17", "40", "60", "131", "214", "9000")


def by_facts_file(name: str, number: str, unit: str, folder: Path) -> Stated:
    file = folder / "facts.json"
    entry = f'{{"{name}": {{"value": {number}, "unit": {json.dumps(unit)}}}}}'
    file.write_text(entry, encoding="utf-8")
    return read_facts_file(file)[0]


def by_case_file(name: str, number: str, unit: str, folder: Path) -> Stated:
    quoted = json.dumps(unit, ensure_ascii=False)
    text = f"schema = 1\n[facts]\n{name} = {{ value = {number}, unit = {quoted} }}\n"
    file = folder / "case.toml"
    file.write_text(text, encoding="utf-8")
    return read_case_file(file).stated


def by_table(name: str, number: str, unit: str, _: Path) -> Stated:
    (row,) = parse_worksheet(f"id,{name} [{unit}]\np1,{number}\n")
    assert isinstance(row, Listed)
    return row.stated


def by_answer(name: str, number: str, unit: str, _: Path) -> Stated:
    return Stated({name: parse_answer(name, f"{number} {unit}")})


def by_python(name: str, number: str, unit: str, _: Path) -> Stated:
    stated, errors = parse_stated({name: {"value": Decimal(number), "unit": unit}})
    assert errors == ()
    return stated


DOORS: tuple[Callable[[str, str, str, Path], Stated], ...] = (
    by_facts_file, by_case_file, by_table, by_answer, by_python,
)  # fmt: skip


def convert(stated: Stated) -> Read:
    """Convert what was said; the file that it stands in is not compared."""
    found = convert_stated(Stated(stated.values))
    doubts = [(one.code, one.message) for one in found.findings]
    return {**found.amounts, **found.multiples}, doubts


def spelt(units: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((unit, one) for unit in units for one in SPELLINGS.get(unit, ()))


def test_every_unit_is_spelt_here_or_has_one_spelling_alone() -> None:
    plain = {"cm", "mm", "Gy", "mGy", "kPa", "1"}
    assert {*SPELLINGS, *plain} == UNITS


def test_h09_a_spelling_is_its_unit() -> None:
    wrong = {one: as_ucum(one) for unit, one in spelt(SPELLINGS) if as_ucum(one) != unit}
    assert wrong == {}


@each_case("unit", ["G/DL", "MG/DL", "mol/L", "mg/l", "nmol/L", "10^8/L", "K", "mg"])
def test_h09_what_is_no_unit_of_it_stays_refused(unit: str) -> None:
    for name in ("bilirubin_total", "platelets", "haemoglobin"):
        facts, doubts = convert(by_python(name, "14", unit, Path()))
        assert facts == {}
        assert [code.partition(".")[0] for code, _ in doubts] == ["unknown_unit"]
        assert f"unit {unit!r}" in doubts[0][1]  # as it was typed


@pytest.mark.slow
def test_h09_a_value_and_its_doubt_are_the_same_in_every_spelling() -> None:
    """Of every quantity, in every unit, for usual and for rare numbers."""
    compared = 0
    for name, quantity in ({**QUANTITIES, **UPPER_LIMITS}).items():
        drug = {"drug": "prednisolone"} if quantity.name == "corticosteroid_daily_dose" else {}
        for unit, other in spelt((*quantity.units, "xULN")):
            for number in NUMBERS:
                first, second = (
                    convert(parse_stated({name: {"value": Decimal(number), "unit": one} | drug})[0])
                    for one in (unit, other)
                )
                assert first == second, (name, number, other)
                compared += 1
    assert compared > 3000


@pytest.mark.parametrize("door", DOORS)
def test_h09_every_door_reads_every_spelling(
    door: Callable[[str, str, str, Path], Stated], tmp_path: Path
) -> None:
    said = {  # a usual value, and one of another unit, in the unit before the spellings
        "bilirubin_total": (("mg/dL", "1.0"), ("mg/dL", "17.1"), ("umol/L", "0.9")),
        "creatinine": (("mmol/L", "0.08"), ("mmol/L", "0.9"), ("umol/L", "80")),
        "ast": (("U/L", "40"), ("U/L", "3"), ("ukat/L", "0.7"), ("ukat/L", "35")),
        "platelets": (("10*9/L", "214"), ("10*3/uL", "214"), ("/uL", "214000")),
        "age": (("a", "61"),),
    }
    for name, values in said.items():
        for unit, number in values:
            wanted = convert(by_python(name, number, unit, tmp_path))
            for _, other in spelt((unit,)):
                assert convert(door(name, number, other, tmp_path)) == wanted, other


@each_case(
    "name, number, unit, shown",
    [
        ("bilirubin_total", "17.1", "mg/dl", "292.5 umol/L"),
        ("bilirubin_total", "14", "mg / 100 ml", "239.5 umol/L"),
        ("bilirubin_total", "5", "mg/dl", "85.52 umol/L"),
        ("bilirubin_total", "4.9", "mg/dl", None),
        ("bilirubin_total", "1.0", "mg/dl", None),
        ("bilirubin_total", "0.9", f"{MU}mol/l", "0.05262 mg/dL"),
        ("bilirubin_total", "12", f"{MICRO}mol/l", None),
        ("bilirubin_total_uln", "17", "mg/dl", "290.8 umol/L"),
        ("bilirubin_total", "1.2", "x ULN", None),
        ("creatinine", "0.9", "mmol/l", "10.18 mg/dL"),
        ("creatinine", "0.09", "mmol/l", None),
        ("haemoglobin", "13", "mmol/l", "20.95 g/dL"),
        ("haemoglobin", "12", "mmol/L", "19.34 g/dL"),
        ("haemoglobin", "11.9", "mmol/L", None),
        ("haemoglobin", "13", "g/dl", None),
        ("ast", "2", "IU/l", "0.03333 ukat/L"),
        ("ast", "0.7", f"{MICRO}kat/l", None),
        ("ast_uln", "0.7", "U/l", "0.01167 ukat/L"),
        ("alt", "35", f"{MICRO}kat/l", "2100 U/L"),
        ("alp", "70", "U/l", None),
        ("pao2", "75", "kPa", "562.5 mm[Hg]"),
        ("pao2", "20", "kPa", None),
        ("pao2", "75", "mm[Hg]", None),
        ("tumour_volume", "0.4", "mL", "0.0004 L"),
        ("tumour_volume", "1", "mL", None),
        ("tumour_volume", "0.4", "L", None),
        ("tumour_volume", "0", "mL", None),
        ("treated_nontumorous_volume", "1.1", "mL", "0.0011 L"),
        ("treated_nontumorous_volume", "10", "mL", None),
        ("treated_nontumorous_volume", "0", "mL", None),
        ("flr_after_clearing_volume", "0.35", "mL", "0.00035 L"),
        ("flr_after_clearing_1mm_volume", "0.35", "mL", "0.00035 L"),
        ("treated_nontumorous_volume", "500", "mm3", "0.5 mL"),
        ("tumour_volume", "60", "mm3", "0.06 mL"),
        ("tumour_volume", "1000", "mm3", None),
        ("haemoglobin", "7.9", "g/dL", "4.903 mmol/L"),
        ("haemoglobin", "8", "g/dL", None),
        ("haemoglobin", "50", "g/L", None),
        ("creatinine", "0.12", "mg/dL", "0.01061 mmol/L"),
        ("creatinine", "0.2", "mg/dL", None),
        ("creatinine", "9", "mg/dL", "unusual"),  # mg/L, in France
        ("creatinine", "4.9", "mg/dL", None),
        ("creatinine", "11", f"{MICRO}mol/L", "unusual"),
        ("creatinine", "15", f"{MICRO}mol/L", None),  # an infant
        ("creatinine", "80", "xULN", "unusual"),
        ("creatinine", "5.9", "xULN", None),
        ("bilirubin_total", "14", "xULN", "unusual"),
        ("ast", "35", "xULN", "unusual"),
        ("ast", "9.9", "xULN", None),
        ("alp", "15", "ukat/L", None),  # 900 U/L, as in cholestasis
        ("alp", "12", "xULN", None),
        ("alp", "85", "ukat/L", "5100 U/L"),
        ("alp", "85", "xULN", "unusual"),
        ("anc", "62", "10*9/L", "unusual"),  # a percentage of the leukocytes
        ("anc", "39", "K/uL", None),
        ("anc", "3.5", "/uL", "0.0035 10*9/L"),
        ("anc", "80", "/uL", None),  # profound neutropenia; not 80 10*9/L
        ("anc", "0", "/uL", None),
        ("inr", "13", "1", "unusual"),  # seconds
        ("inr", "7.9", "1", None),
        ("aptt", "34", "xULN", "unusual"),
        ("prothrombin_time", "13", "xULN", "unusual"),
        ("prothrombin_time", "85", "s", "unusual"),  # Quick's test in %
        ("prothrombin_time", "39", "s", None),
        ("creatinine_clearance", "1.8", "mL/min", "0.03 mL/s"),
        ("creatinine_clearance", "4", "mL/min", None),
        ("egfr_mdrd", "1.8", "mL/min/{1.73_m2}", "unusual"),
        ("lung_dose", "8", "mGy", "0.008 Gy"),
        ("lung_dose", "400", "mGy", None),
        ("largest_lesion", "25", "cm", "250 mm"),
        ("largest_lesion", "19.9", "cm", None),
        ("largest_lesion", "2.5", "mm", "0.25 cm"),
        ("largest_lesion_mask", "5", "mm", None),
        ("extrahepatic_indeterminate_max", "8", "cm", "80 mm"),
        ("extrahepatic_indeterminate_max", "0.8", "mm", "0.08 cm"),
        ("extrahepatic_indeterminate_max", "2", "mm", None),
        ("life_expectancy", "12", "d", "0.3943 mo"),
        ("life_expectancy", "24", "a", "288 mo"),
        ("life_expectancy", "24", "mo", None),
        ("other_malignancy_disease_free", "48", "a", "576 mo"),
        ("other_malignancy_disease_free", "0", "a", None),
    ],
)
def test_h09_a_value_that_fits_another_unit_is_shown_in_both(
    name: str, number: str, unit: str, shown: str | None
) -> None:
    """The second figure by hand: 17.1 * 17.104, 7.9 / 1.6114, 0.12 * 0.0884, 75 * 7.50062."""
    _, doubts = convert(by_python(name, number, unit, Path()))
    assert [code for code, _ in doubts] == (["lab.unit_doubt"] if shown else [])
    assert all(f"is {shown}; check whether" in message for _, message in doubts)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("0.045", True),  # 2.67 %/min/m2 per second
        ("0.2", False),
        ("2.67", False),
        ("11", False),
        ("11.01", True),
    ],
)
def test_h09_a_function_unusual_for_a_remnant_is_queried(number: str, told: bool) -> None:
    """Volunteers of 50 years and more had 10.9 ± 2.5 in the whole liver [clinical.md 5.1]."""
    entered = by_python("flr_function", number, "%/min/m2", Path())
    _, doubts = convert(entered.overlaid(Stated(EXTRAHEPATIC)))
    assert [code for code, _ in doubts] == (["function.unusual_flr"] if told else [])


EXTRAHEPATIC = {"flr_function_normalisation": "extrahepatic"}
FUNCTION_FACT = "flr_function_pct_per_min_per_m2"


@pytest.mark.parametrize(
    ("normalisation", "used", "code"),
    [
        ("extrahepatic", True, None),
        ("total_field", False, "function.not_comparable"),
        (None, True, "function.normalisation_unknown"),
    ],
)
def test_h09_an_entered_function_is_compared_by_its_normalisation(
    normalisation: str | None, used: bool, code: str | None
) -> None:
    """Whole-field values are 30 to 40 % lower; unknown: a warning [clinical.md 5.1]."""
    entered = by_python("flr_function", "2.7", "%/min/m2", Path())
    stated = Stated({} if normalisation is None else {"flr_function_normalisation": normalisation})
    found = convert_stated(entered.overlaid(stated))
    assert found.facts[FUNCTION_FACT] == (Fraction("2.7") if used else None)
    assert [one.code for one in found.findings] == ([] if code is None else [code])


def test_a_normalisation_without_an_entered_function_is_not_reported() -> None:
    assert convert_stated(Stated({"flr_function_normalisation": "total_field"})).findings == ()


def test_h09_a_function_replaced_by_an_option_has_no_normalisation_of_the_file() -> None:
    def function(number: str) -> Stated:
        return by_python("flr_function", number, "%/min/m2", Path())

    file = function("2.9").overlaid(Stated(EXTRAHEPATIC))
    other, same = file.overlaid(function("1.9")), file.overlaid(function("2.9"))
    assert "flr_function_normalisation" not in other.values
    assert same == file == file.overlaid(Stated({}))
    both = file.overlaid(function("1.9").overlaid(Stated(EXTRAHEPATIC)))
    assert both.values["flr_function_normalisation"] == "extrahepatic"


@pytest.mark.parametrize(
    ("number", "unit", "told"),
    [("0", "Gy", True), ("0", "mGy", True), ("0.4", "Gy", False), ("15", "Gy", False)],
)
def test_h16_an_entered_lung_dose_of_nothing_is_queried(number: str, unit: str, told: bool) -> None:
    _, doubts = convert(by_python("lung_dose", number, unit, Path()))
    assert [code for code, _ in doubts] == (["y90.no_shunt"] if told else [])


@each_case(
    "lesions, told",
    [
        ({"largest_lesion": "1"}, False),
        ({"largest_lesion": "2"}, False),
        ({"largest_lesion": "2.1"}, True),
        ({"largest_lesion_mask": "1"}, False),
        ({"largest_lesion_mask": "9.8"}, True),
        ({"largest_lesion": "9.8", "largest_lesion_mask": "1"}, True),
        ({"largest_lesion": "1", "largest_lesion_mask": "9.8"}, False),
    ],
)
def test_the_volume_of_a_small_lesion_is_not_queried(lesions: dict[str, str], told: bool) -> None:
    """A sphere of 1 cm has 0.52 mL, and one of 9.8 cm 0.5 L; the calliper measurement decides."""
    values = dict(by_python("tumour_volume", "0.5", "mL", Path()).values)
    for name, widest in lesions.items():
        values |= by_python(name, widest, "cm", Path()).values
    _, doubts = convert(Stated(values))
    assert [code for code, _ in doubts] == (["lab.unit_doubt"] if told else [])


@each_case(
    "widest, unit, volume, told",
    [
        ("22", "cm", None, True),
        ("22", "cm", "3200", False),
        ("22", "cm", "532.4", False),  # a twentieth of 22 cm cubed
        ("22", "cm", "532.3", True),
        ("22", "cm", "28", True),  # five lesions of 22 mm
        ("4", "mm", "3200", True),
    ],
)
def test_a_very_large_lesion_is_queried_unless_the_tumour_volume_fits(
    widest: str, unit: str, volume: str | None, told: bool
) -> None:
    """A sphere of 22 cm has 5575 mL, and one of 22 mm 5.6 mL; entered or measured on a mask."""
    lesion = by_python("largest_lesion", widest, unit, Path()).values
    ml = {} if volume is None else by_python("tumour_volume", volume, "mL", Path()).values
    _, doubts = convert(Stated({**lesion, **ml}))
    assert [code for code, _ in doubts] == (["lab.unit_doubt"] if told else [])
    measured = None if volume is None else Fraction(volume)
    found = convert_stated(Stated(lesion), tumour_ml=measured).findings
    assert [one.code for one in found] == (["lab.unit_doubt"] if told else [])


@each_case(
    "name, number, unit, odd",
    [
        ("alt_uln", "40", "U/L", False),
        ("alt_uln", "19", "U/L", False),  # women: Prati 2002
        ("alt_uln", "400", "U/L", True),
        ("ast_uln", "0.58", "ukat/L", False),
        ("alp_uln", "359", "U/L", False),  # JSCC
        ("alp_uln", "468", "U/L", False),  # boys of 13 and 14 years, CALIPER
        ("alp_uln", "900", "U/L", True),
        ("alp_uln", "12", "U/L", True),
        ("creatinine_uln", "1.2", "umol/L", False),  # with a doubt about its unit
        ("creatinine_uln", "25", "umol/L", True),
        ("creatinine_uln", "1.17", "mg/dL", False),
        ("creatinine_uln", "104", "umol/L", False),
        ("bilirubin_total_uln", "21", "umol/L", False),
        ("bilirubin_total_uln", "3", "mg/dL", True),
        ("aptt_uln", "1.2", "s", True),
        ("aptt_uln", "38", "s", False),
        ("prothrombin_time_uln", "1.2", "s", True),
        ("prothrombin_time_uln", "14.5", "s", False),
    ],
)
def test_h09_an_upper_limit_that_no_laboratory_has_is_reported(
    name: str, number: str, unit: str, odd: bool
) -> None:
    """Limits of the NORIP project, JCCLS, ABIM and older methods are ordinary."""
    _, doubts = convert(by_python(name, number, unit, Path()))
    found = [message for code, message in doubts if code == "lab.upper_limit_unusual"]
    assert len(found) == odd
    assert all(message.startswith(f"{name}: {number} {unit} is outside") for message in found)


@each_case(
    "name, number, unit, odd",
    [
        ("bilirubin_total", "0", "xULN", True),
        ("creatinine", "0.0", "x ULN", True),
        ("prothrombin_time", "0", "xULN", True),
        ("bilirubin_total", "0.1", "xULN", False),
        ("alt", "0.05", "xULN", False),
        ("anc", "0", "10*9/L", False),  # after chemotherapy
        ("other_malignancy_disease_free", "0", "a", False),  # active
    ],
)
def test_h09_a_multiple_of_0_is_reported(name: str, number: str, unit: str, odd: bool) -> None:
    """Without a result, 0 meets every upper limit; the value is used [trials.md 7.1]."""
    known, doubts = convert(by_python(name, number, unit, Path()))
    assert [code for code, _ in doubts] == ["lab.multiple_of_zero"] * odd
    assert all(message.startswith(f"{name}: 0 xULN is not measured") for _, message in doubts)
    assert known[name] == Fraction(number)


def test_h09_a_doubt_names_what_it_is_of() -> None:
    found: list[Finding] = find_unit_doubts("bilirubin_total", Fraction(17), "mg/dL", called="b")
    assert [one.message for one in found] == [
        "b: 17 mg/dL is 290.8 umol/L; check whether 17 umol/L was meant"
    ]


def test_h09_calc_converts_from_every_spelling() -> None:
    """`calc convert` has the units of the facts, and their spellings."""
    for name in ("bilirubin", "creatinine", "ast", "alt", "alp", "platelets", "hb", "albumin"):
        analyte = ANALYTES[name]
        first = next(iter(analyte.units))
        value = analyte.range.low + 5
        for unit, other in spelt(analyte.units):
            typed = str(float(value / analyte.units[unit]))
            given = {"analyte": name, "value": typed, "to": first}
            there = results("convert", **given, **{"from": unit})
            assert results("convert", **given, **{"from": other}) == there


def test_a_plausible_amount_has_an_accepted_unit_and_a_possible_value() -> None:
    amounts = [(350, "mL"), (350_000, "mL"), (350, "furlong"), (350_000, "mm3")]
    found = [is_plausible("flr_volume", Amount(Fraction(value), unit)) for value, unit in amounts]
    assert found == [True, False, False, True]
