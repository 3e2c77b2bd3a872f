"""Lists with the columns, words, days and encoding of a hospital."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from time import process_time

import pytest

from fl_planner.intake.documents.column_mapping_file import read_mapping
from fl_planner.intake.patients.cell_words_by_language import LANGUAGES, WORDS, DayOrder, read_day
from fl_planner.intake.patients.lists import PatientList, read_patients
from fl_planner.intake.patients.mapping import ColumnMapping
from fl_planner.intake.patients.rows import Listed, NotRead, Row
from fl_planner.trials.statements import Amount, EarlierEmbolisation
from tests.cases import each_case
from tests.refusals import refuses

GERMAN = """\
schema = 1
language = "de"
ignore = ["Bemerkung"]
[columns]
"Fall" = "id"
"Thrombozyten (G/l)" = "platelets [10*9/L]"
"Zirrhose" = "cirrhosis"
"Geschlecht" = "sex"
"Labor vom" = "labs_date"
"PVE" = "prior_pve_hve"
"Herd" = "extrahepatic_sites"
[words]
yes = ["positiv"]
[values.extrahepatic_sites]
"Lunge" = "lung"
"Hirn" = "brain"
"keine Angabe" = "unknown"
"""
HEADER = "Fall;Thrombozyten (G/l);Zirrhose;Geschlecht;Labor vom;PVE;Herd;Bemerkung"


def mapping(folder: Path, text: str = GERMAN, *, cell_unknown: bool = False) -> ColumnMapping:
    (folder / "columns.toml").write_text(text, "utf-8")
    return read_mapping(folder / "columns.toml", cell_unknown=cell_unknown)


def listed(folder: Path, text: str, how: ColumnMapping, encoding: str = "utf-8") -> PatientList:
    (folder / "list.csv").write_bytes(text.encode(encoding))
    return read_patients(folder / "list.csv", mapping=how)


def one(folder: Path, cells: str, *, cell_unknown: bool = False) -> Row:
    how = mapping(folder, cell_unknown=cell_unknown)
    (row,) = listed(folder, f"{HEADER}\n{cells}\n", how).rows
    return row


def by_option(folder: Path, text: str, *columns: str, ignored: tuple[str, ...] = ()) -> PatientList:
    return listed(folder, text, read_mapping(None, columns, ignored))


def test_a_row_is_read_as_mapped(tmp_path: Path) -> None:
    row = one(tmp_path, "p1;214,5;Ja;m;3.4.2026;PVE 1.2.2026;Lunge ,  Hirn;schwach")
    assert isinstance(row, Listed)
    assert row.id == "p1"
    assert dict(row.stated.values) == {
        "platelets": Amount(Fraction(429, 2), "10*9/L"),
        "cirrhosis": True,
        "sex": "male",
        "labs_date": date(2026, 4, 3),
        "prior_pve_hve": EarlierEmbolisation("PVE", date(2026, 2, 1)),
        "extrahepatic_sites": ("lung", "brain"),
    }


def test_a_cell_of_many_blanks_does_not_take_for_ever(tmp_path: Path) -> None:
    """Blanks around the signs of a list are ignored."""
    begun = process_time()
    row = one(tmp_path, f"p1;;;;;;Lunge{' ' * 30_000}Hirn;")
    assert isinstance(row, NotRead)
    assert process_time() - begun < 2  # four seconds if each begins the blanks anew


def test_words_of_the_file_and_of_its_language(tmp_path: Path) -> None:
    row = one(tmp_path, "p1;unbekannt;POSITIV;weiblich;k.A.;nein;keine Angabe;")
    assert isinstance(row, Listed)
    assert dict(row.stated.values) == {"cirrhosis": True, "sex": "female", "prior_pve_hve": False}


@each_case(
    "cells, fault",
    {
        "word of another language": ("p;1;si;m;;;;", "cirrhosis (Zirrhose): give true or false"),
        "coded": ("p;1;1;m;;;;", "cirrhosis (Zirrhose): give true or false"),
        "neither sex": ("p;1;;d;;;;", "sex (Geschlecht): give female or male"),
        "letter of another language": ("p;1;;h;;;;", "sex (Geschlecht): give female or male"),
        "two digits of a year": ("p;1;;;3.4.26;;;", "labs_date (Labor vom): give a date"),
        "no day": ("p;1;;;31.6.2026;;;", "labs_date (Labor vom): give a date"),
        "month first": ("p;1;;;11/14/2026;;;", "labs_date (Labor vom): give a date"),
        "text": ("p;viele;;;;;;", "platelets (Thrombozyten (G/l)): give a number without a unit"),
        "below": ("p;<5;;;;;;", "platelets (Thrombozyten (G/l)): give a number without a unit"),
        "thousands": ("p;1.234;;;;;;", "platelets (Thrombozyten (G/l)): the point may be a"),
        "site": ("p;1;;;;;Leber;", "extrahepatic_sites (Herd): give a list of lung"),
    },
)
def test_h09_a_cell_that_is_no_value_costs_the_row_or_is_unknown(
    cells: str, fault: str, tmp_path: Path
) -> None:
    row = one(tmp_path, cells)
    assert isinstance(row, NotRead)
    assert row.reason.startswith(fault)
    judged = one(tmp_path, cells, cell_unknown=True)
    assert isinstance(judged, Listed)
    (doubt,) = judged.findings
    assert (doubt.code, doubt.message) == (
        "screen.cell_unknown",
        f"{row.reason}; treated as unknown",
    )
    valid = [name for name in ("platelets",) if ";1;" in cells[:4]]
    assert [*judged.stated.values] == valid + ([] if ";m;" not in cells else ["sex"])


@each_case("key", ["diagnosis", "crlm_present", "hcc_present"])
def test_h09_a_cell_that_a_diagnosis_rests_on_is_never_unknown(key: str, tmp_path: Path) -> None:
    """Otherwise the diagnosis of the option would take its place."""
    how = read_mapping(None, cell_unknown=True)
    (row,) = listed(tmp_path, f"id,{key},ecog\np,perhaps,x\n", how).rows
    assert isinstance(row, NotRead)
    assert len(row.faults) == 2


def test_a_value_with_a_wrong_day_is_unknown_as_a_whole(tmp_path: Path) -> None:
    how = read_mapping(None, cell_unknown=True)
    text = "id,anc [10*9/L],anc.date\np,2,yesterday\nq,,2026-01-01\n"
    for row in listed(tmp_path, text, how).rows:
        assert isinstance(row, Listed)
        assert (dict(row.stated.values), len(row.findings)) == ({}, 1)


@each_case(
    "cell, order, expected",
    {
        "iso": ("2026-11-14", None, "2026-11-14"),
        "sure day": ("14.11.2026", None, "2026-11-14"),
        "sure month": ("11/14/2026", None, "2026-11-14"),
        "same": ("5-5-2026", None, "2026-05-05"),
        "either": ("10.11.2026", None, None),
        "stated day": ("10.11.2026", "day first", "2026-11-10"),
        "stated month": ("10/11/2026", "month first", "2026-10-11"),
        "against the order": ("14/11/2026", "month first", None),
        "two signs": ("14.11/2026", None, None),
        "leap": ("29.2.2026", None, None),
        "other digits": ("١٤.11.2026", None, None),
    },
)
def test_h09_a_day_is_read_if_only_one_day_is_meant(
    cell: str, order: DayOrder | None, expected: str | None
) -> None:
    assert read_day(cell, order) == expected


def test_no_word_of_a_language_has_two_meanings() -> None:
    for language in LANGUAGES:
        words = [word for several in WORDS[language].values() for word in several]
        assert len({*words}) == len(words), language
        assert all(word == word.casefold() for word in words)
    assert "m" not in WORDS["es"]["male"]  # mujer, or masculino


@each_case(
    "name, target, other",
    {
        "milligrams": ("Bilirubin (µmol/l)", "bilirubin_total [mg/dL]", "umol/L"),
        "a thousand": ("Thrombozyten [/µl]", "platelets [10*9/L]", "/uL"),
        "small letters": ("Thrombozyten (g/l)", "platelets [10*9/L]", "g/L"),
        "grams": ("Hb (g/l)", "haemoglobin [g/dL]", "g/L"),
        "of another quantity": ("Albumin (mg/dl)", "albumin [g/L]", "mg/dL"),
        "percent as last word": ("FLR %", "flr_volume [mL]", "%"),
        "percent at the end": ("FLR%", "flr_volume [mL]", "%"),
        "last word": ("Bilirubin gesamt µmol/l", "bilirubin_total [mg/dL]", "umol/L"),
        "after an underscore": ("lesion_mm", "largest_lesion [cm]", "mm"),
    },
)
def test_h09_a_unit_in_the_name_that_contradicts_the_mapping_is_refused(
    name: str, target: str, other: str, tmp_path: Path
) -> None:
    with refuses("screen.header", says=f"column 2 ({name}): the column name states {other}"):
        by_option(tmp_path, f"id,{name}\np,1\n", f"{name}={target}")


@each_case(
    "name, target",
    {
        "same": ("Thrombozyten (G/l)", "platelets [10*9/L]"),
        "same size": ("Thrombozyten (Tsd/µl)", "platelets [10*9/L]"),
        "words": ("Thrombozyten (Labor)", "platelets [10*9/L]"),
        "none": ("Thrombozyten", "platelets [10*9/L]"),
        "same as last word": ("Thrombozyten Tsd/µl", "platelets [10*9/L]"),
        "number": ("Thrombozyten 1", "platelets [10*9/L]"),
        "letter": ("Thrombozyten_L", "platelets [10*9/L]"),
        "time": ("Thrombozyten 7 days", "platelets [10*9/L]"),
        "limit": ("Thrombozyten ULN", "platelets [10*9/L]"),
    },
)
def test_a_unit_in_the_name_that_agrees(name: str, target: str, tmp_path: Path) -> None:
    (row,) = by_option(tmp_path, f"id,{name}\np,90\n", f"{name}={target}").rows
    assert isinstance(row, Listed)
    assert row.stated.values["platelets"] == Amount(Fraction(90), "10*9/L")


@each_case(
    "column, says",
    {
        "unit not of the key": ("T=platelets [mg/dL]", "column 2 (T): unknown unit for platelets"),
        "no unit": ("T=platelets", "column 2 (T): platelets requires a unit"),
        "no key": ("T=trombocytes", "column 2 (T): unknown key"),
        "absent": ("Thr=platelets [/uL]", "there is no column Thr"),
        "near": ("Tt=platelets [/uL]", "there is no column Tt"),
        "twice the key": ("T=ecog", "column 3: another column already contains ecog"),
    },
)
def test_h09_a_mapping_that_does_not_fit_is_refused(column: str, says: str, tmp_path: Path) -> None:
    with refuses("screen.header", says=says):
        by_option(tmp_path, "id,T,ecog\np,1,1\n", column)


def test_unknown_columns_are_named_where_the_first_row_is_a_header(tmp_path: Path) -> None:
    text = "id,ecog,Station,Fall 4711-0815\np,1,2,3\n"
    with refuses("screen.header", says="column 3 (Station): unknown key; column 4: unknown key"):
        by_option(tmp_path, text)
    with refuses("screen.header", says="column 2: unknown key"):
        by_option(tmp_path, "ecog,Zwetschgenmeier\n1,2\n")
    clinical = ColumnMapping(clinical=True)
    with refuses("screen.header", says="column 2 (Zwetschgenmeier): unknown key"):
        listed(tmp_path, "ecog,Zwetschgenmeier\n1,2\n", clinical)
    with refuses("screen.header", says="column 2 (" + "x" * 60 + "...): unknown"):
        listed(tmp_path, f"ecog,{'x' * 99}\n1,2\n", clinical)


def test_columns_without_name_and_value_are_ignored(tmp_path: Path) -> None:
    """A value without a name may belong to any column, and a row of another length too."""
    for text in ("id,ecog,,\np,1,,\nq,0, ,\n", "id,,ecog\np,,1\nq,,0\n"):
        found = by_option(tmp_path, text)
        read = [one.stated.values if isinstance(one, Listed) else one for one in found.rows]
        assert read == [{"ecog": Fraction(1)}, {"ecog": Fraction(0)}]
        assert found.findings == ()
    with refuses("screen.header", says="column 3: a value in a column without"):
        by_option(tmp_path, "id,ecog,,\np,1,,\nq,1,x,\n")
    (row,) = by_option(tmp_path, "id,ecog\np,1,\n").rows
    assert isinstance(row, NotRead)


def test_an_ignored_column_is_not_read_and_is_reported(tmp_path: Path) -> None:
    found = by_option(tmp_path, "id,Station,ecog\np,1,x\n", ignored=("Station",))
    (row,) = found.rows
    assert isinstance(row, NotRead)
    assert row.reason == "ecog: give a whole number"
    (finding,) = found.findings
    assert (finding.code, finding.message) == (
        "screen.ignored",
        "columns that were not read: Station",
    )


@each_case(
    "text, separator",
    {
        "decimal commas": ("id;age [a];Name, Vorname\np;61,5;A\nq;62,5;B, C\n", ";"),
        "semicolons in a comment": ('id,ecog,"a;b"\np,1,x;y\nq,2,z\n', ","),
    },
)
def test_the_separator_is_the_sign_that_divides_all_rows(
    text: str, separator: str, tmp_path: Path
) -> None:
    ignored = ("Name, Vorname",) if separator == ";" else ("a;b",)
    rows = [*by_option(tmp_path, text, ignored=ignored).rows]
    assert [row.id for row in rows] == ["p", "q"]
    assert all(isinstance(row, Listed) for row in rows)


@each_case(
    "text",
    {
        "both": "id;a,ecog;b\np;1,1;2\n",
        "neither": "id;a,ecog;b\np;1;1,1\nq\n",
        "quoted for one": 'id;"ecog";a,b\np;1\n',
    },
)
def test_h09_a_separator_that_is_unclear_is_refused_unless_it_is_stated(
    text: str, tmp_path: Path
) -> None:
    with refuses("screen.unreadable", says="either may be the separator"):
        by_option(tmp_path, text)
    stated = mapping(tmp_path, 'schema = 1\nseparator = ";"\nignore = ["a,ecog", "b", "a,b"]\n')
    with refuses("screen.header", says="no column contains a fact"):
        listed(tmp_path, text.replace('"ecog"', "b"), stated)


SPANISH = "id,cirrhosis,Observación\np,yes,débil mañana\n"


def test_windows_1252_is_read_where_nothing_else_is_possible(tmp_path: Path) -> None:
    how = read_mapping(None, (), ("Observación",))
    found = listed(tmp_path, SPANISH, how, "cp1252")
    rows = [*found.rows]
    assert [type(row) for row in rows] == [Listed]
    assert [one.code for one in found.findings] == ["screen.encoding", "screen.ignored"]
    utf_8 = listed(tmp_path, SPANISH, how)
    assert [one.code for one in utf_8.findings] == ["screen.ignored"]
    assert [*utf_8.rows] == rows


@each_case(
    "encoding, text",
    {
        "DOS": ("cp850", "id,ecog,Größe für\np,1,2\n"),
        "DOS, a sharp s alone": ("cp850", "id,ecog,weiß\np,1,2\n"),
        "the same byte": ("cp1252", "id,ecog,página\np,1,2\n"),
        "Macintosh": ("mac_roman", "id,ecog,Größe für\np,1,2\n"),
        "Cyrillic": ("cp1251", "id,ecog,печень\np,1,2\n"),
        "signs of Windows": ("cp1252", "id,ecog,für „Station“\np,1,2\n"),
        "Central European": ("cp1250", "id,ecog,wątroba\np,1,2\n"),
    },
)
def test_h09_an_encoding_that_is_unclear_is_refused_unless_it_is_stated(
    encoding: str, text: str, tmp_path: Path
) -> None:
    name = text.split(",")[2].split("\n")[0]
    with refuses("screen.unreadable", says="its encoding is unclear"):
        listed(tmp_path, text, read_mapping(None, (), (name,)), encoding)
    if encoding == "cp1252":
        stated = f'schema = 1\nencoding = "cp1252"\nignore = ["{name}"]\n'
        (row,) = listed(tmp_path, text, mapping(tmp_path, stated), encoding).rows
        assert isinstance(row, Listed)


def test_a_stated_encoding_that_is_wrong_is_refused(tmp_path: Path) -> None:
    utf_8 = mapping(tmp_path, 'schema = 1\nencoding = "utf-8"\nignore = ["Größe"]\n')
    with refuses("screen.unreadable", says="not UTF-8"):
        listed(tmp_path, "id,ecog,Größe\np,1,2\n", utf_8, "cp1252")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    for content in (b"\x89PNG\r\n\x1a\n" + bytes(50), b"id\xe4\x00\x00", b"\x01\x02\xe4;id"):
        (tmp_path / "list.csv").write_bytes(content)
        with refuses("screen.unreadable", says="list of patients"):
            read_patients(tmp_path / "list.csv")


@each_case(
    "text, says",
    {
        "key": ("schema = 1\ncolumn = 1\n", "column: unknown key; did you mean columns?"),
        "language": ('schema = 1\nlanguage = "fi"\n', "language"),
        "two meanings": ('schema = 1\n[words]\nyes = ["x"]\nno = ["X"]\n', "'x' has two meanings"),
        "both": ('schema = 1\nignore = ["a"]\n[columns]\na = "id"\n', "also listed in ignore"),
        "twice": ('schema = 1\n[columns]\n"a b" = "id"\n"a  b" = "ecog"\n', "is given twice"),
        "value": ('schema = 1\n[values.ecog]\ngut = "good"\n', "give a whole number"),
        "diagnosis": ('schema = 1\n[values.diagnosis]\nx = "y"\n', "values.diagnosis.x: give crlm"),
        "quantity": ('schema = 1\n[values.platelets]\nx = "1"\n', "a quantity is a number"),
        "no key": ('schema = 1\n[values.ecg]\nx = "1"\n', "ecg is not an input key; did you mean"),
        "no text": ("schema = 1\n[columns]\na = 1\n", "columns.a"),
    },
)
def test_a_columns_file_that_is_wrong(text: str, says: str, tmp_path: Path) -> None:
    with refuses("screen.columns", "columns.toml", says=says):
        mapping(tmp_path, text)


def test_values_of_a_diagnosis(tmp_path: Path) -> None:
    text = 'schema = 1\n[values.diagnosis]\n"Lebermetastasen" = "crlm"\n"offen" = "unknown"\n'
    how = mapping(tmp_path, text)
    first, second = listed(tmp_path, "id,diagnosis\np,lebermetastasen\nq,offen\n", how).rows
    assert isinstance(first, Listed)
    assert isinstance(second, Listed)
    assert first.stated.values["crlm_present"] is True
    assert dict(second.stated.values) == {}


@each_case("column", ["platelets", "=platelets [/uL]", "T="])
def test_an_option_that_is_no_mapping(column: str) -> None:
    with refuses("usage.wrong", "--column", says="is not in the form NAME=COLUMN"):
        read_mapping(None, (column,))


def test_options_precede_the_file(tmp_path: Path) -> None:
    mapping(tmp_path)
    path = tmp_path / "columns.toml"
    how = read_mapping(path, ("Fall=record_id", "Bemerkung=label=ecog"), ("Herd",))
    assert (how.columns["Fall"], how.columns["Bemerkung=label"]) == ("record_id", "ecog")
    assert "Herd" not in how.columns
    assert how.ignored == {"Bemerkung", "Herd"}
    assert "Bemerkung" not in read_mapping(path, ("Bemerkung=ecog",)).ignored
    with refuses("usage.wrong", "--column", says="is repeated"):
        read_mapping(None, ("a=id", "a=ecog"))
    with refuses("usage.wrong", "--column", says="is also given with --ignore-column"):
        read_mapping(None, ("a=id",), ("a",))


def test_a_mapping_applies_to_tables_only(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"ecog": 1}\n', "utf-8")
    with refuses("usage.wrong", says="apply only to tables"):
        read_patients(tmp_path / "list.jsonl", mapping=read_mapping(None, cell_unknown=True))


def test_tables_of_a_folder_and_workbooks_are_mapped(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.csv").write_bytes("Fall;Zirrhose;Größe\np1;ja;x\n".encode("cp1252"))
    book = openpyxl.Workbook()
    for cells in (["Fall", "Zirrhose\n", "Größe"], ["p2", "nein", "x"]):
        book.active.append(cells)
    book.save(folder / "b.xlsx")
    text = 'schema = 1\nlanguage = "de"\nignore = ["Größe"]\n[columns]\nFall = "id"\n'
    found = read_patients(folder, mapping=mapping(tmp_path, f'{text}Zirrhose = "cirrhosis"\n'))
    rows = [row for row in found.rows if isinstance(row, Listed)]
    assert [(row.id, row.stated.values["cirrhosis"]) for row in rows] == [
        ("p1", True),
        ("p2", False),
    ]
    assert [one.role for one in found.inputs] == ["patients", "patients", "columns"]
    assert [one.code for one in found.findings] == ["screen.encoding", "screen.ignored"]
