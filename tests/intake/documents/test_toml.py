"""TOML that people write: lines, nearest names, and tables of which there may be several."""

from fl_planner.intake.documents.toml import Table, Text, check_shape, join_errors, read_table


class Room(Table):
    """A table of which there may be several."""

    name: Text
    beds: int | None = None


class House(Table):
    """A file."""

    room: list[Room]


def errors(text: str) -> str:
    house, wrong = check_shape(read_table(text, "house.unreadable", "house.toml"), House)
    assert (house is None) is bool(wrong)
    return join_errors(text, wrong)


def test_one_table_where_there_may_be_several() -> None:
    assert errors("[room]\nname = 'a'") == "line 1: room: write [[room]], in double brackets"


def test_the_second_of_several_tables_is_told_by_its_line() -> None:
    text = "[[room]]\nname = 'a'\n[[room]]\nname = 'b'\nbed = 2\nbeds = 'two'\n"
    assert errors(text) == (
        "2 errors: line 6: room.1.beds: give a whole number; "
        "line 5: room.1.bed: no such key, did you mean beds?"
    )


def test_nothing_wrong() -> None:
    assert errors("[[room]]\nname = 'a'\nbeds = 2\n") == ""
