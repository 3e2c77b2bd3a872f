"""TOML that people write: lines, nearest names, and tables of which there may be several."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.given.kinds import Text, Whole
from fl_planner.given.table import Table, TableOf, Tables, check_shape, key
from fl_planner.given.toml import join_errors, read_table
from fl_planner.intake.documents.centre_file import read_centre_file
from fl_planner.intake.documents.facts_file import (
    parse_facts,
    parse_valid_facts,
    read_facts,
    refuse_all,
)
from fl_planner.trials.criterion import Offer
from fl_planner.trials.statements import Amount
from tests.cases import each_case
from tests.refusals import refuses


class Room(Table):
    """A table of which there may be several."""

    name: str = key(Text(), required=True)
    beds: int | None = key(Whole())


class Garden(Table):
    """A table that holds several others."""

    beds: tuple[Room, ...] = key(Tables(Room), required=True)


class House(Table):
    """A file."""

    room: tuple[Room, ...] = key(Tables(Room, "[[room]]"), required=True)
    garden: Garden | None = key(TableOf(Garden, optional=True))


def errors(text: str) -> str:
    house, wrong = check_shape(read_table(text, "house.unreadable", "house.toml"), House)
    assert (house is None) is bool(wrong)
    return join_errors(text, wrong)


def test_one_table_where_there_may_be_several() -> None:
    assert errors("[room]\nname = 'a'") == "line 1: room: write [[room]], in double brackets"


def test_tables_within_a_table_are_written_in_its_line() -> None:
    text = "[[room]]\nname = 'a'\n[garden]\nbeds = 'two'\n"
    told = "garden.beds: write beds = [{ name = ... }], a list of tables"
    assert errors(text) == f"line 4: {told}"


def test_the_second_of_several_tables_is_reported_by_its_line() -> None:
    text = "[[room]]\nname = 'a'\n[[room]]\nname = 'b'\nbed = 2\nbeds = 'two'\n"
    assert errors(text) == (
        "2 errors: line 5: room.1.bed: unknown key; did you mean beds?; "
        "line 6: room.1.beds: give a whole number"
    )


def test_nothing_wrong() -> None:
    assert errors("[[room]]\nname = 'a'\nbeds = 2\n") == ""


QUOTES = r"write a path with \ in single quotes: 'C:\masks\liver.nii.gz'"


@each_case(
    "line, told",
    {
        "no such month": ("day = 2026-13-01", "): the date is not a calendar date; correct that "),
        "no such day": ("day = 2026-02-30 # CT", "): the date is not a calendar date; "),
        "a drive": (r'liver = "C:\Users\x.nii"', QUOTES),
        "no escape": (r'liver = "masks\liver.nii"', QUOTES),
        "no value": ("day = ", "Invalid value (at line 2, column 7); "),
        "a real day before": ("day = 2026-02-28 x", "(at line 2, column 18); "),
        "a key twice": ("schema = 1", "(at line 2, column 11): a key or table occurs twice; give "),
        "a table after its part": (
            "[a.b]\n[a]\nb.c = 1",
            "not valid TOML (at line 4, column 8): a key or table occurs twice; give ",
        ),
        "a colon": ("day: 1", "after a key in a key/value pair (at line 2, column 4); correct "),
        "no letter": ('id = "a\x1bb"', "not valid TOML: Illegal character '\\x1b' (at line 2"),
    },
)
def test_what_is_no_toml_is_reported_for_its_own_reason(line: str, told: str) -> None:
    with refuses("house.unreadable", "house.toml") as refused:
        read_table(f"schema = 1\n{line}\n", "house.unreadable", "house.toml")
    assert told in str(refused.value)
    assert (refused.value.remedy == QUOTES) == (told == QUOTES)


def test_a_path_in_single_quotes_is_read_as_it_is() -> None:
    assert read_table(r"liver = 'C:\new\flr.nii'", "x", "x") == {"liver": r"C:\new\flr.nii"}


# ---- the centre file


IDS = ("NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198")
GOOD = """\
schema = 1
name = "Site 7"               # printed as given
as_of = 2026-11-01            # when this list was last checked

[trials.NCT05428735]
status = "referral"
contact = "HPB trial office"
where = "regional centre"

[trials.NCT06449937]
status = "open"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "centre.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_centre_file(tmp_path: Path) -> None:
    read = read_centre_file(write(tmp_path, GOOD), IDS)
    centre, file = read.centre, read.file
    assert (centre.name, centre.as_of) == ("Site 7", date(2026, 11, 1))
    assert centre.offers == {
        "NCT05428735": Offer("referral", "HPB trial office", "regional centre"),
        "NCT06449937": Offer("open"),
    }
    assert (file.role, file.file, file.format, len(file.sha256)) == (
        "centre",
        "centre.toml",
        "toml",
        64,
    )


def test_a_centre_without_trials(tmp_path: Path) -> None:
    centre = read_centre_file(write(tmp_path, GOOD[: GOOD.index("[")]), IDS).centre
    assert centre.offers == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "", "schema: is missing"),
        ("schema = 1", "schema = 2", "line 1: schema: this version of fl_planner reads schema = 1"),
        ('name = "Site 7"', "", "name: is missing"),
        ('name = "Site 7"', 'name = ""', "line 2: name: must not be empty"),
        ('name = "Site 7"', 'nam = "Site 7"', "line 2: nam: unknown key; did you mean name?"),
        ("as_of = 2026-11-01", "", "as_of: is missing"),
        ("as_of = 2026-11-01", 'as_of = "2026-11-01"', "as_of: give a date without quotes"),
        ("as_of = 2026-11-01", "as_of = 2026-11-01T00:00:00", "as_of: give a date without quotes"),
        ('status = "referral"', "", "line 5: trials.NCT05428735.status: is missing"),
        ('"referral"', '"paused"', "line 6: trials.NCT05428735.status: give 'open', 'referral' or"),
        ("contact", "kontact", "7: trials.NCT05428735.kontact: unknown key; did you mean contact?"),
        ("28735]", "2873]", "5: trials.NCT0542873: unknown trial; did you mean NCT05428735?"),
        ("[trials.NCT06449937]", "[trials.XYZ]", "line 10: trials.XYZ: unknown trial"),
        ("[trials.NCT05428735]", "[trial.NCT05428735]", "trial: unknown key; did you mean trials?"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with refuses("centre.unreadable", "centre.toml", says=said):
        read_centre_file(write(tmp_path, GOOD.replace(old, new, 1)), IDS)


@pytest.mark.parametrize("text", ["trials = 5", "trials = { NCT05428735 = 5 }"])
def test_what_is_no_table_of_trials(tmp_path: Path, text: str) -> None:
    with refuses("centre.unreadable", says="give a table of keys"):
        read_centre_file(write(tmp_path, text), IDS)


# ---- facts as one flat object


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(b'\xef\xbb\xbf{"ecog": 1, "haemoglobin": {"value": 13.1, "unit": "g/dL"}}')
    stated = read_facts(path)
    assert stated.values == {"ecog": 1, "haemoglobin": Amount(Fraction(131, 10), "g/dL")}
    assert set(stated.files.values()) == {"facts.json"}


def test_decimals_are_exact() -> None:
    stated = parse_facts('{"largest_lesion": {"value": 0.1, "unit": "cm"}}', "f")
    assert stated.values["largest_lesion"] == Amount(Fraction(1, 10), "cm")


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ("line 1 is not valid JSON",)),
        ('{"ecog": 1,\n}', ("line 2 is not valid JSON",)),
        ("[" * 9_000, ("contains objects or lists nested too deeply",)),
        ("[]", ("the file is not one flat JSON object",)),
        ('"ecog"', ("the file is not one flat JSON object",)),
        ('{"ecog": 1, "ecog": 1}', ("ecog: given twice",)),
        ('{"age": {"value": 6, "value": 61, "unit": "a"}}', ("age: value given twice",)),
        ('{"ecog": NaN}', ("ecog: NaN is not a finite number",)),
        ('{"ecog": -Infinity}', ("ecog: -Infinity is not a finite number",)),
        ('{"ecog": 1e99999999999999999999}', ("ecog: NaN is not a finite number",)),
        ('{"ecog": {"value": 1}}', ("ecog: a table is not a number",)),
        (
            '{"ecog": "1", "sex": "M", "sex": "M"}',
            (
                "sex: given twice",
                'ecog: "1" is not a number',
                'sex: "M" is not listed; use one of female, male',
            ),
        ),
    ],
)
def test_every_error_is_reported(text: str, errors: tuple[str, ...]) -> None:
    assert parse_valid_facts(text, "facts.json")[1] == errors
    with refuses("facts.unreadable", "facts.json") as refusal:
        parse_facts(text, "facts.json")
    assert all(error in str(refusal.value) for error in errors)


def test_a_number_of_many_digits_is_refused_and_not_computed_with() -> None:
    (error,) = parse_valid_facts('{"ecog": ' + "9" * 10_000 + "}", "f")[1]
    assert error == "ecog: has more than 100 digits"


def test_nothing_wrong_refuses_nothing() -> None:
    refuse_all((), "facts.json")


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00", b" " * (1 << 20) + b"{}"])
def test_a_file_that_is_no_text_of_facts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=r"^facts\.json: "):
        read_facts(path)
