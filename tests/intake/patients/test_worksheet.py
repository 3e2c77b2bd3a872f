"""Tables of patients: columns with their units, decimal commas, and rows that are no rows."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.mapping import MappedRows
from fl_planner.intake.patients.rows import Listed, NotRead
from fl_planner.intake.patients.worksheet import HeldRows, Worksheet
from fl_planner.trials.statements import Amount, EarlierEmbolisation, StatedValue
from tests.cases import each_case
from tests.patients import parse_worksheet


def one(text: str) -> dict[str, StatedValue]:
    (row,) = parse_worksheet(text)
    assert isinstance(row, Listed), row
    return dict(row.stated.values)


def reason(text: str) -> str:
    (row,) = parse_worksheet(text)
    assert isinstance(row, NotRead), row
    assert (row.row, row.code) == (2, "screen.unreadable")
    return row.reason


def refused(text: str) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        parse_worksheet(text)
    assert refusal.value.source == "list of patients"
    return refusal.value


@each_case(
    "foot",
    {
        "in the column of ids": "Total,ECOG,214",
        "with a count": "Mean (n = 2),,214",
        "in another language": "Mittelwert:,1,214",
        "next to the ids": ",Summe,214",
        "of how many": "Total 12,,214",
        "of how many patients": "Total 12 patients,,214",
        "with a decimal": "Mean 64.2,,214",
        "of what": "Mean age,,64",
        "a range": "IQR,1,99",
        "with its range in brackets": "Median [IQR],1,64",
    },
)
def test_h16_a_line_below_the_patients_is_not_one(foot: str) -> None:
    rows = parse_worksheet(f"id,ecog,platelets [10*9/L]\nTotal-1,1,90\nMeander,1,99\n{foot}\n")
    assert [isinstance(row, Listed) for row in rows] == [True, True, False]
    assert isinstance(rows[2], NotRead)
    assert (rows[2].id, rows[2].reason) == (
        None,
        "the row is a total, a mean or a count of the list, not a patient",
    )


IDS_AND_AGES = "id,diagnosis,age [a]\np1,crlm,61\np2,crlm,70\n"


@each_case(
    "foot",
    {
        "a mean": ",,65.5",
        "a mean outside the range": ",,655",
        "with a standard deviation": ",,65.5 (6.4)",
        "after an empty row": ",,\n,,65.5",
        "below a mean": "Mean,,65.5\n,,6.4",
        "blanks for an id": "  ,,65.5",
    },
)
def test_h16_numbers_without_an_id_are_of_no_patient_if_others_have_one(foot: str) -> None:
    *_, last = parse_worksheet(f"{IDS_AND_AGES}{foot}\n")
    assert isinstance(last, NotRead)
    assert (last.id, last.code, last.reason, last.remedy) == (
        None,
        "screen.unreadable",
        "the row has no id and contains only numbers, so it may be a total or a mean",
        "enter the id of the patient, or delete the row",
    )


def test_h16_a_patient_without_an_id_is_read_with_a_doubt_if_others_have_one() -> None:
    *others, last = parse_worksheet(f"{IDS_AND_AGES},crlm,65\n")
    assert isinstance(last, Listed)
    assert [(one.code, one.severity.value, one.message) for one in last.findings] == [
        (
            "screen.no_id",
            "warning",
            "the row has no id, unlike other rows, and may not be a patient",
        )
    ]
    assert dict(last.stated.values)["age"] == Amount(Fraction(65), "a")
    assert not any(row.findings for row in others if isinstance(row, Listed))


def test_an_error_of_a_row_without_an_id_is_reported_as_before() -> None:
    *_, last = parse_worksheet(f"{IDS_AND_AGES},crlm,old\n")
    assert isinstance(last, NotRead)
    assert last.reason.startswith("age: ")


@each_case(
    "text",
    {
        "no column": "age [a],platelets [10*9/L]\n61,90\n65.5,95\n",
        "an empty column": "id,age [a]\n,61\n,65.5\n",
        "only a total": "id,age [a]\n,61\n,70\nTotal,131\n",
    },
)
def test_a_list_wholly_without_ids_is_read_as_before(text: str) -> None:
    first, second, *_ = parse_worksheet(text)
    for row in (first, second):
        assert isinstance(row, Listed)
        assert not row.findings


def test_h16_short_words_below_a_mean_are_of_no_patient() -> None:
    """A patient with the initials SD, four lines of statistics with one empty, and a patient."""
    text = "id,ecog\nSD,1\nMean,1\n,\nSD [95% CI],1\nMin.,0\nn,1\nSmith,1\nn,0\n"
    rows = [*parse_worksheet(text)]
    assert [isinstance(row, Listed) for row in rows] == [True, *[False] * 4, True, True]


def test_a_sign_for_none_in_the_first_cell_is_an_answer() -> None:
    assert reason("cirrhosis,ecog\nø,1\n").startswith("cirrhosis: ")


def test_a_patient_whose_id_is_such_a_word_is_given_another() -> None:
    (row,) = parse_worksheet("id,ecog\nMedia,1\n")
    assert isinstance(row, NotRead)
    assert row.remedy == "delete the row; if it is a patient, give another id"


@each_case(
    "text",
    {
        "initials as an id: MW is also short for Mittelwert": "id,ecog\nMW,1\nSD,1\nn,1\nMax,1\n",
        "without ids, the first cell may be the answer no": "cirrhosis,ecog\nno,1\n",
    },
)
def test_a_short_word_in_the_first_cell_is_not_a_total(text: str) -> None:
    assert all(isinstance(row, Listed) for row in parse_worksheet(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("platelets [10*9/L]\n214.5\n", Fraction(429, 2)),
        ("ecog,platelets [10*9/L]\n1,1e2\n", Fraction(100)),
        ("ecog;platelets [10*9/L]\n1;214,5\n", Fraction(429, 2)),
        ("ecog;platelets [10*9/L]\r\n1;214.5\r\n", Fraction(429, 2)),
        ("ecog;platelets [10*9/L]\n1;0.125\n", Fraction(1, 8)),
        ("ecog;platelets [10*9/L];anc [10*9/L]\n1;1,234;2,5\n", Fraction(617, 500)),
        ("ecog;platelets [10*9/L]\n1;1234.567\n", Fraction(1234567, 1000)),
        ('ecog,"platelets [10*9/L]"\n1," 214 "\n', Fraction(214)),
    ],
)
def test_h09_numbers_with_point_and_comma(text: str, value: Fraction) -> None:
    assert one(text)["platelets"] == Amount(value, "10*9/L")


@pytest.mark.parametrize(
    "cell",
    [
        "214,5,",
        "<5",
        "2 14",
        "214 10*9/L",
        "n/a",
        "214.5.",
        "1.",
        "nan",
        "<214",
        "1 214",
        "1\u2009214",
        "0x1",
        "1e9999999999999999999",
        "٢",
    ],
)
def test_h09_what_is_no_number_with_a_point_costs_the_row(cell: str) -> None:
    said = reason(f'platelets [10*9/L]\n"{cell}"\n')
    assert said == "platelets: give a number without a unit, a space or a sign such as <"


def test_h09_a_point_next_to_decimal_commas_is_none() -> None:
    rows = parse_worksheet("ecog;inr [1];anc [10*9/L]\n1;1,1;2\n1;1;2.5\n")
    assert isinstance(rows[0], Listed)
    assert isinstance(rows[1], NotRead)
    assert rows[1].reason == (
        "anc: write the number with a decimal comma, as elsewhere in the table"
    )


@pytest.mark.parametrize("cell", ["214,5", "-0,5", "1,5e2"])
def test_h09_a_decimal_comma_between_commas_is_named(cell: str) -> None:
    assert reason(f'ecog,platelets [10*9/L]\n1,"{cell}"\n') == (
        "platelets: write the number with a decimal point, or separate the cells with semicolons"
    )


@pytest.mark.parametrize("cell", ["1.234", "+214.000", "-12.345"])
def test_h09_a_point_that_may_be_for_thousands_costs_the_row(cell: str) -> None:
    said = reason(f"ecog;platelets [/uL]\n1;{cell}\n")
    assert said == "platelets: the point may be a thousands separator; write the number without it"
    assert isinstance(parse_worksheet(f"ecog,platelets [/uL]\n1,{cell}\n")[0], Listed)


@pytest.mark.parametrize("cell", ["1,234", "+214,000", "-12,345"])
def test_h09_a_sole_comma_that_may_be_for_thousands_costs_the_row(cell: str) -> None:
    """Another number of the table shows which of both it is; "0,125" shows it by itself."""
    said = reason(f"ecog;platelets [/uL]\n1;{cell}\n")
    assert said == "platelets: the comma may be a thousands separator; write the number without it"
    assert reason(f'ecog,platelets [/uL]\n1,"{cell}"\n') == said
    for sure in (f"1;{cell};1,1", f"1;{cell};0,125"):
        assert one(f"ecog;platelets [/uL];inr [1]\n{sure}\n")["ecog"] == 1


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("anc [/uL]", "1.500"),  # 0.0015 or 1.5 G/L
        ("flr_volume [mL]", "1.250"),
        ("alt [U/L]", "+1.250"),
        ("labs_age [d]", "2.000"),
    ],
)
def test_h09_a_sole_point_with_two_plausible_readings_costs_the_row(column: str, cell: str) -> None:
    """Where points separate thousands, 1.500/uL is 1500/uL; another number shows which it is."""
    key = column.partition(" ")[0]
    said = f"{key}: the point may be a decimal point or separate thousands; "
    said += "write the number with four decimals, or without the point"
    assert reason(f"ecog,{column},inr [1]\n1,{cell},\n") == said
    held = {"ecog": 1, column: cell}
    (row,) = Worksheet(MappedRows(HeldRows.of([held])))
    assert isinstance(row, NotRead)
    assert row.reason == said
    for written in (f"{cell}0", cell.replace(".", "")):
        assert key in one(f"ecog,{column},inr [1]\n1,{written},\n")
    for sure in ("0.125", "1.1", "1.125"):  # an INR of 1125 is implausible
        assert one(f"ecog,{column},inr [1]\n1,{cell},{sure}\n")[key] == Amount(
            Fraction(cell), column.partition("[")[2][:-1]
        )


def test_h09_a_point_with_one_plausible_reading_is_a_decimal_point() -> None:
    """A number in memory has no thousands either, unlike a text."""
    for column, cell in (("creatinine [mg/dL]", "1.125"), ("flr_volume [mL]", "412.250")):
        (amount,) = one(f"{column}\n{cell}\n").values()
        assert isinstance(amount, Amount)
        assert amount.value == Fraction(cell)
    for number in (1.125, Decimal("1.125")):
        (row,) = Worksheet(MappedRows(HeldRows.of([{"anc [/uL]": number}])))
        assert isinstance(row, Listed)
        assert row.stated.values == {"anc": Amount(Fraction(9, 8), "/uL")}


def test_facts_without_a_unit() -> None:
    header = "ecog,sex,cirrhosis,hcc_present,crlm_present,extrahepatic_sites,labs_date,lesion_count"
    said = one(f"{header}\n1,female,YES,false,unknown,lung brain,2026-11-10,\n")
    assert said == {
        "ecog": Fraction(1),
        "sex": "female",
        "cirrhosis": True,
        "hcc_present": False,
        "extrahepatic_sites": ("lung", "brain"),
        "labs_date": date(2026, 11, 10),
    }


@each_case(
    "text, said",
    [
        ("ecog\n1.5\n", "ecog: give a whole number"),
        ("ecog\none\n", "ecog: give a whole number"),
        ("cirrhosis\n1\n", "cirrhosis: give true or false"),
        ("cirrhosis\nja\n", "cirrhosis: give true or false"),
        ("sex\nf\n", "sex: give female or male"),
        ("labs_date\n10.11.2026\n", "labs_date: give a date YYYY-MM-DD"),
        ("labs_date\n2026-02-30\n", "labs_date: give a date YYYY-MM-DD"),
        (
            "extrahepatic_sites\nliver\n",
            "extrahepatic_sites: give a list of lung, brain, lymph_node, peritoneum, bone, "
            "adrenal or other",
        ),
        ("diagnosis,ecog\ncholangiocarcinoma,1\n", "diagnosis: give crlm, hcc, other, or omit it"),
        ("ecog,sex\nx,y\n", "ecog: give a whole number; sex: give female or male"),
    ],
)
def test_a_cell_that_is_no_value_costs_the_row_and_is_not_repeated(text: str, said: str) -> None:
    assert reason(text) == said


def test_dates_and_drugs_next_to_their_quantities() -> None:
    said = one(
        "anc [10*9/L],anc.date,corticosteroid_daily_dose [mg/d],corticosteroid_daily_dose.drug\n"
        "2.1,2026-11-10,5,prednisolone\n"
    )
    assert said["anc"] == Amount(Fraction(21, 10), "10*9/L", date(2026, 11, 10))
    assert said["corticosteroid_daily_dose"] == Amount(Fraction(5), "mg/d", None, "prednisolone")
    assert one("ecog,anc [10*9/L],anc.date\n1,2.1,\n")["anc"] == Amount(Fraction(21, 10), "10*9/L")
    assert reason("anc [10*9/L],anc.date\n,2026-11-10\n") == "anc: a date without a value"
    for day in ("yesterday", "10.11.2026", "46336"):
        assert (
            reason(f"anc [10*9/L],anc.date\n2,{day}\n") == "anc: give a valid date, as YYYY-MM-DD"
        )


VALID_DATE = "prior_pve_hve: give a valid date, as YYYY-MM-DD"
WANTED = (
    "prior_pve_hve: give true, false, or a kind (PVE, HVE, PVE/HVE, ALPPS, LVD, eLVD, DVE, PVL), "
    "a date, or both"
)


@pytest.mark.parametrize(
    ("cell", "kind", "on"),
    [
        ("PVE", "PVE", None),
        ("hve", "HVE", None),
        ("PVE/HVE", "PVE/HVE", None),
        ("LVD", "PVE/HVE", None),  # trials.md 7.2: read as PVE/HVE
        ("eLVD", "PVE/HVE", None),
        ("DVE", "PVE/HVE", None),
        ("PVL", "PVE", None),  # trials.md 7.2: portal vein ligation as PVE
        ("2026-04-20", None, date(2026, 4, 20)),
        ("PVE 2026-04-20", "PVE", date(2026, 4, 20)),
    ],
)
def test_an_embolisation_has_its_kind_and_its_date(
    cell: str, kind: str | None, on: date | None
) -> None:
    said = one(f"crlm_present,prior_pve_hve\nyes,{cell}\n")
    assert said["prior_pve_hve"] == EarlierEmbolisation(kind, on)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("PVE,2026-04-20", EarlierEmbolisation("PVE", date(2026, 4, 20))),
        ("yes,2026-04-20", EarlierEmbolisation(None, date(2026, 4, 20))),
        (",2026-04-20", EarlierEmbolisation(None, date(2026, 4, 20))),
        ("dve,unknown", EarlierEmbolisation("PVE/HVE")),
        ("yes,", True),
        ("no,", False),
    ],
)
def test_the_date_of_an_embolisation_may_have_a_column_of_its_own(
    row: str, value: StatedValue
) -> None:
    assert one(f"prior_pve_hve,prior_pve_hve.date\n{row}\n") == {"prior_pve_hve": value}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("TACE,", WANTED),
        ("PVE HVE,", WANTED),
        ("PVE 2026-02-30,", VALID_DATE),
        ("PVE,2026-02-30", VALID_DATE),
        ("TACE,2026-04-20", WANTED),
        ("PVE 2026-04-20 2026-04-21,", WANTED),
        ("no,2026-04-20", "prior_pve_hve: the answer is 'no', but a date is given"),
        ("PVE 2026-04-20,2026-04-20", "prior_pve_hve: has two dates; give only one"),
    ],
)
def test_h16_what_is_no_embolisation_costs_the_row(row: str, said: str) -> None:
    assert reason(f"prior_pve_hve,prior_pve_hve.date\n{row}\n") == said


def test_units_with_brackets_of_their_own() -> None:
    assert one("pao2 [mm[Hg]]\n80\n")["pao2"] == Amount(Fraction(80), "mm[Hg]")
    assert one("ast [[IU]/L]\n80\n")["ast"] == Amount(Fraction(80), "[IU]/L")
    assert one("ast_uln[U/L]\n35\n")["ast_uln"] == Amount(Fraction(35), "U/L")


@each_case(
    "header, said",
    [
        ("platelet [10*9/L]", "column 1: unknown key; did you mean platelets?"),
        ("ecog,Maria Zwetschgenmeier", "column 2: unknown key"),
        ("ecog,age (years)", "column 2: unknown key; did you mean age?"),
        ("ecog,tumour volume [cc]", "column 2: unknown key; did you mean tumour_volume?"),
        ("ecog,Zwetschgenmeier (61)", "column 2: unknown key"),
        ("ecog,liver,tumour", "column 2: read only by fl-planner cohort; column 3: read only by"),
        ("ecog,liver,flr", "cohort; column 3: FLR denominator not stated"),
        ("ecog,platelets", "column 2: platelets requires a unit, one of 10*9/L, 10*3/uL"),
        ("ecog,platelets []", "column 2: platelets requires a unit"),
        ("name,ecog,platelets", "column 1: unknown key; column 3: platelets requires a unit"),
        ("age,ecog", "column 1: age requires a unit, one of a (years), mo, such as age [a]"),
        ("ecog,inr", "column 2: inr has no unit; name the column inr [1]"),
        ("ecog [1]", "column 1: ecog does not take a unit"),
        ("ecog,ecog", "column 2: another column already contains ecog"),
        ("age [a],age.date", "column 2: age cannot have a separate date column"),
        ("anc [/uL],anc.drug", "column 2: anc cannot have a separate drug column"),
        ("anc [/uL],anc.date [d]", "column 2: a date does not take a unit"),
        ("anc.drugs", "column 1: unknown key"),
        ("ecog.date", "column 1: ecog cannot have a separate date column"),
        ("id", "no column contains a fact"),
        ("id,record_id,ecog", "two columns contain an id"),
        ("ecog,\n1,x", "column 2: a value in a column without a name"),
        ("ID,sex", "did you mean id?"),
        ("alat,sex", "column 1: unknown key; did you mean alt?"),
        ("ECOG,sex", "did you mean ecog?"),
        ("Lesion_Count,sex", "did you mean lesion_count?"),
    ],
)
def test_a_header_is_refused_by_the_places_of_its_columns(header: str, said: str) -> None:
    refusal = refused(f"{header}\n")
    assert refusal.code == "screen.header"
    assert said in refusal.reason
    assert "Zwetschgenmeier" not in str(refusal)


@each_case("age", ["Alter", "alter", "ALTER", "Alter (Jahre)", "leeftijd", "usage", "Stage"])
def test_another_word_is_not_suggested_as_the_abbreviation_of_a_test(age: str) -> None:
    """*Alter* is the age in German, and `alt` an enzyme: its three letters are no slip."""
    assert "did you mean" not in refused(f"ecog,{age}\n").reason


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    rows = parse_worksheet("id,ecog\n\nx,1\n,\n y ,2,3\nz,one\n,0\n")
    assert [(row.row, row.id) for row in rows] == [(3, "x"), (5, None), (6, "z"), (7, None)]
    assert isinstance(rows[1], NotRead)
    assert rows[1].reason == "the row has 3 cells, but the header has 2"


@pytest.mark.parametrize("text", ['ecog\n"1\n', f"ecog\n{'1' * 140_000}\n"])
def test_what_is_no_csv(text: str) -> None:
    assert refused(text).code == "screen.unreadable"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the first row is empty"),
        ("\r\n\r\nid,ecog\r\np1,1\r\n", "the first row is empty"),
        ("sep=;\nid;ecog\np1;1\n", "the first row is 'sep=;', without column names"),
        ("id\tecog\np1\t1\n", "the cells are separated by tabs"),
        ("id|ecog\np1|1\n", "the cells are separated by vertical bars"),
    ],
)
def test_a_table_without_a_header(text: str, why: str) -> None:
    assert refused(text).reason == why


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("bilirubin_total [mg/hl]", "mg/dL, umol/L, xULN"),
        ("platelets [Zwetschgenmeier]", "10*9/L, 10*3/uL, /uL, /mm3"),
        ("inr [xULN]", "1"),
        ("alt_uln [xULN]", "U/L, ukat/L"),
        ("haemoglobin [G/dl]", "g/dL, g/L, mmol/L"),
        ("flr_volume [ hl ]", "mL, L, mm3"),
    ],
)
def test_h09_a_unit_of_the_header_that_is_not_listed_refuses_the_table(
    column: str, said: str
) -> None:
    """Its values would be unknown in every row, and nobody would look."""
    refusal = refused(f"id,ecog,{column}\np1,1,2\n")
    key = column.partition(" ")[0]
    told = f"column 3: unknown unit for {key}; give one of {said}"
    assert (refusal.code, refusal.reason) == ("screen.header", told)


@pytest.mark.parametrize("unit", ["10^9/L", "10*9/L", " 10*9/L ", "G/l"])
def test_synonyms_of_a_listed_unit_are_taken(unit: str) -> None:
    assert "platelets" in one(f"platelets [{unit}]\n214\n")


@pytest.mark.parametrize(
    ("cell", "facts"),
    [
        ("crlm", {"crlm_present": True, "hcc_present": False}),
        ("HCC", {"crlm_present": False, "hcc_present": True}),
        ("other", {"crlm_present": False, "hcc_present": False}),
        ("", {}),
        ("unknown", {}),
    ],
)
def test_a_diagnosis_is_read_as_in_a_case_file(cell: str, facts: dict[str, bool]) -> None:
    assert one(f"id,diagnosis,ecog\na,{cell},1\n") == {**facts, "ecog": Fraction(1)}


def test_a_stated_fact_goes_before_the_diagnosis() -> None:
    both = one("diagnosis,hcc_present\ncrlm,yes\n")
    assert both == {"crlm_present": True, "hcc_present": True}
