"""New case files: what is written is read back as it was, whatever was typed."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.given.case import CaseTables
from fl_planner.given.table import Table, keys_of
from fl_planner.given.template import MASKS, TOP
from fl_planner.given.toml import as_toml, read_table
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.documents.new_case import (
    Draft,
    describe_entry,
    describe_fact,
    parse_answer,
    write_draft,
)
from fl_planner.intake.request.request import Request
from fl_planner.planning.full_route.route import Question
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.statements import (
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
    parse_stated,
)
from tests.cases import each_case, how_many
from tests.refusals import refuses

SAID: dict[str, StatedValue] = {
    "age": Amount(Fraction(123, 2), "a"),
    "platelets": Amount(Fraction("214.50"), "10*9/L", date(2026, 11, 10)),
    "corticosteroid_daily_dose": Amount(Fraction(5), "mg/d", None, "prednisolone"),
    "ecog": Fraction(1),
    "cirrhosis": False,
    "sex": "female",
    "extrahepatic_sites": ("lung", "brain"),
    "labs_date": date(2026, 11, 10),
}


def read_case_file_of(folder: Path, draft: Draft) -> Request:
    path = folder / "case.toml"
    path.write_text(write_draft(draft), "utf-8")
    return read_case_file(path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    asked = (
        Question("inr", "chart", (("T1", "I1"), ("T2", "I1"))),
        Question("ras_status", "chart"),
    )
    given = {
        TOP: {"id": '"p1"', "diagnosis": '"hcc"'},
        MASKS: {"liver": '"a b/liver.nii"', "treated": '"../treated.nii"', "no_tumour": "true"},
        "[imaging]": {"ct": '"ct"'},
    }
    draft = Draft("case.toml", given, Stated(SAID), asked)
    request = read_case_file_of(tmp_path, draft)
    assert (request.id, request.diagnosis) == ("p1", "hcc")
    assert request.stated.values == SAID
    assert request.files.masks == {
        "liver": tmp_path / "a b/liver.nii",
        "treated": tmp_path / "../treated.nii",
    }
    assert request.files.no_tumour
    assert request.ct == tmp_path / "ct"
    text = write_draft(draft)
    assert "# INR [ask: chart; could be decisive for 2 trials]\n# inr =    # { value" in text
    assert (
        '# RAS status [ask: chart]\n# ras_status =    # "wild_type", "mutant" or "not_determined"\n'
        in text
    )


def test_a_draft_of_nothing_is_a_case_file(tmp_path: Path) -> None:
    request = read_case_file_of(tmp_path, Draft("case.toml"))
    assert (request.id, request.diagnosis, request.ct) == (None, None, None)
    assert request.stated.values == {}
    assert request.files.masks == {}


def list_keys(table: type[Table]) -> Iterator[str]:
    """List every key of a table, and of the tables in it that have no page of their own."""
    for name, one in keys_of(table).items():
        yield name
        inner = getattr(one.kind, "table", None)
        if inner is not None:
            yield from list_keys(inner)


def test_every_key_of_a_case_file_is_reported_in_a_new_one() -> None:
    """A key that is missing here is one that nobody hears of; files of a study have their page."""
    words = {*re.findall(r"[a-z_0-9]+", write_draft(Draft("c.toml")))}
    assert {*list_keys(CaseTables)} - words == set()
    assert {"spleen", "clearing_margin_mm", "next_treatment"} <= words


def test_what_is_a_comment_is_read_with_the_sign_taken_away(tmp_path: Path) -> None:
    head, _, rest = write_draft(Draft("case.toml")).partition("schema = 1")
    text = f"schema = 1{rest}".replace("\n# ", "\n")
    (tmp_path / "case.toml").write_text(f"{head}{text}", "utf-8")
    request = read_case_file(tmp_path / "case.toml")
    assert {*request.files.masks} == {"liver", "tumour", "flr", "treated"}
    assert request.spleen == tmp_path / "spleen.nii.gz"
    assert (request.height_cm, request.weight_kg) == (Fraction(178), Fraction(81))
    assert request.operations[0].remnant_segments == ("1", "2", "3", "4")
    assert request.score_facts.encephalopathy == "none"
    assert request.context.pdff_percent == Fraction("8.4")


@each_case("key", sorted(INPUT_NAMES))
def test_every_question_states_what_it_means_and_how_it_is_answered(key: str) -> None:
    assert describe_fact(key)
    assert describe_entry(key)


def test_a_share_from_a_letter_may_be_given_in_place_of_the_flr_volume() -> None:
    share = '\n# flr_of_nontumorous_liver =    # { value = ..., unit = "%" }\n'
    asked = {key: Question(key, "radiologist") for key in ("flr_volume", "tumour_volume")}
    assert share in write_draft(Draft("case.toml", questions=(asked["flr_volume"],)))
    assert share not in write_draft(Draft("case.toml", questions=(asked["tumour_volume"],)))


def test_a_word_is_shown_as_it_is_written_in_the_file() -> None:
    assert describe_entry("primary_status") == '"in_situ" or "resected"'
    sites = '[...], a list of "lung", "brain", '
    assert describe_entry("extrahepatic_sites").startswith(sites)
    assert describe_entry("ecog") == "a whole number"
    dose = '{ value = ..., unit = "mg/d", drug = "prednisolone" }'
    assert describe_entry("corticosteroid_daily_dose") == dose


def test_an_example_that_is_filled_in_is_read(tmp_path: Path) -> None:
    text = write_draft(Draft("c.toml", questions=(Question("inr", "chart"),)))
    filled = text.replace("# inr =    # { value = ...,", "inr = { value = 1.1,")
    (tmp_path / "c.toml").write_text(filled, "utf-8")
    assert read_case_file(tmp_path / "c.toml").stated.values == {
        "inr": Amount(Fraction(11, 10), "1")
    }


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(60, 200))
@given(
    st.decimals(allow_nan=False, allow_infinity=False).filter(
        lambda n: len(n.as_tuple().digits) <= 60 and abs(n.adjusted()) <= 39
    ),
    st.text(min_size=1),
)
def test_h09_numbers_and_units_stay_as_they_were_entered(number: Decimal, unit: str) -> None:
    said, errors = parse_stated({"age": {"value": number, "unit": unit}})
    assert errors == ()
    table = read_table(f"age = {as_toml(said.values['age'])}", "x.y", "c.toml")
    assert parse_stated(table) == (said, ())


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("platelets", " 214.5  10*9/L ", Amount(Fraction(429, 2), "10*9/L")),
        ("platelets", "214 10*9/L 2026-11-10", Amount(Fraction(214), "10*9/L", date(2026, 11, 10))),
        (
            "corticosteroid_daily_dose",
            "20 mg/d prednisolone",
            Amount(Fraction(20), "mg/d", drug="prednisolone"),
        ),
        ("egfr_mdrd", "60 mL/min/1.73 m2", Amount(Fraction(60), "mL/min/1.73 m2")),
        ("alt_uln", "35 U/L", Amount(Fraction(35), "U/L")),
        ("flr_function", "2.9 %/min/m2", Amount(Fraction(29, 10), "%/min/m2")),
        ("cirrhosis", "y", True),
        ("cirrhosis", "No", False),
        ("cirrhosis", "false", False),
        ("ecog", "1", Fraction(1)),
        ("sex", "male", "male"),
        ("labs_date", "2026-11-10", date(2026, 11, 10)),
        ("extrahepatic_sites", "lung, brain", ("lung", "brain")),
        ("prior_pve_hve", "yes", True),
        ("prior_pve_hve", "LVD 2026-04-20", EarlierEmbolisation("PVE/HVE", date(2026, 4, 20))),
    ],
)
def test_answers(key: str, typed: str, value: StatedValue) -> None:
    assert parse_answer(key, typed) == value


@pytest.mark.parametrize(
    ("key", "typed", "wanted"),
    [
        ("platelets", "214", "a number and its unit"),
        ("platelets", "many 10*9/L", "a number and its unit"),
        ("platelets", "yes", "a number and its unit"),
        ("platelets", "214,5 10*9/L", "a number and its unit"),
        ("cirrhosis", "perhaps", "yes or no"),
        ("cirrhosis", "1", "yes or no"),
        ("ecog", "yes", "a whole number"),
        ("age", "61 a 2026-11-10", "a number and its unit"),
        ("sex", "f", "female or male"),
        ("labs_date", "10.11.2026", "a date YYYY-MM-DD"),
        ("prior_pve_hve", "TACE", "true, false, or a kind (PVE, HVE, PVE/HVE, ALPPS, LVD,"),
    ],
)
def test_h09_an_answer_that_is_none_is_refused(key: str, typed: str, wanted: str) -> None:
    with refuses("case.answer", key) as refused:
        parse_answer(key, typed)
    assert f"give {wanted}" in refused.value.remedy


@pytest.mark.parametrize(
    ("key", "typed", "reason"),
    [
        ("inr", "1.1", "the unit is missing"),
        ("platelets", "214,5 10*9/L", "'214,5' is not a number written with a decimal point"),
        ("platelets", "1,234 10*9/L", "'1,234' is not a number written with a decimal point"),
        ("platelets", "many 10*9/L", "the answer was not recognised"),
        ("ecog", "1,0", "the answer was not recognised"),
    ],
)
def test_h09_the_reason_names_a_missing_unit_and_a_decimal_comma(
    key: str, typed: str, reason: str
) -> None:
    with refuses("case.answer", key, says=reason):
        parse_answer(key, typed)


@pytest.mark.parametrize(
    ("key", "typed", "reason"),
    [
        ("age", "61 foo", "unit 'foo' is not one of a, mo"),
        ("haemoglobin", "13.1 mg/dL", "unit 'mg/dL' is not one of g/dL, g/L, mmol/L"),
        ("age", "610 years", "610 a is outside 0 to 120 a"),
        ("ecog", "7", "7 is outside 0 to 4"),
        ("flr_function", "1 234 %/min/m2", "'1 234' is a number with a space; write it without"),
        ("platelets", "150 000", "'150 000' is a number with a space; write it without"),
        ("platelets", "5 x/uL", "unit 'x/uL' is not one of"),
        (
            "corticosteroid_daily_dose",
            "20 mg/d",
            "no drug is stated; use one of methylprednisolone",
        ),
    ],
)
def test_h09_what_would_count_as_unknown_is_asked_again_at_once(
    key: str, typed: str, reason: str
) -> None:
    with refuses("case.answer", key, says=reason) as refused:
        parse_answer(key, typed)
    assert "counts as unknown" not in str(refused.value)
    assert parse_answer("age", "61 years") == Amount(Fraction(61), "years")


@pytest.mark.parametrize(
    ("key", "typed", "one", "other"),
    [
        ("flr_volume", "1.234 mL", "1.2340", "1234"),
        ("tumour_volume", "5.120 mL", "5.1200", "5120"),
        ("alt", "1.250 U/L", "1.2500", "1250"),
        ("anc", "1.500 /uL 2026-11-10", "1.5000", "1500"),
    ],
)
def test_h09_a_point_that_may_separate_thousands_is_asked_about(
    key: str, typed: str, one: str, other: str
) -> None:
    """Where points separate thousands, 1.250 U/L is 1250 U/L: above the limits that 1.25 meets."""
    with refuses("case.answer", key, says="may be a decimal point") as refused:
        parse_answer(key, typed)
    assert refused.value.remedy == f"write {one} or {other}"
    number, rest = typed.split(" ", 1)
    for written, value in ((one, Fraction(number)), (other, Fraction(number) * 1000)):
        answer = parse_answer(key, f"{written} {rest}")
        assert isinstance(answer, Amount)
        assert answer.value == value


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("flr_function", "2.345 %/min/m2", "2.345"),  # 2345 is implausible
        ("flr_volume", "448.125 mL", "448.125"),
        ("total_liver_volume", "1.234 L", "1.234"),
        ("inr", "1.125 1", "1.125"),
        ("alt", "0.950 ukat/L", "0.95"),
        ("albumin", "38.500 g/L", "38.5"),
        ("flr_volume", "1.23 mL", "1.23"),
    ],
)
def test_h09_a_point_with_one_plausible_reading_is_a_decimal_point(
    key: str, typed: str, value: str
) -> None:
    answer = parse_answer(key, typed)
    assert isinstance(answer, Amount)
    assert answer.value == Fraction(value)
