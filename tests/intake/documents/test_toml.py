"""TOML that people write: lines, nearest names, and tables of which there may be several."""

from fl_planner.given.kinds import Text, Whole
from fl_planner.given.table import Table, TableOf, Tables, check_shape, key
from fl_planner.given.toml import join_errors, read_table
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
        "no such month": ("day = 2026-13-01", "2026-13-01 is not a calendar date; correct that "),
        "no such day": ("day = 2026-02-30 # CT", "2026-02-30 is not a calendar date; "),
        "a drive": (r'liver = "C:\Users\x.nii"', QUOTES),
        "no escape": (r'liver = "masks\liver.nii"', QUOTES),
        "no value": ("day = ", "Invalid value (at line 2, column 7); "),
        "a real day before": ("day = 2026-02-28 x", "(at line 2, column 18); "),
        "a key twice": ("schema = 1", "(at line 2, column 11): a key or table occurs twice; give "),
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
