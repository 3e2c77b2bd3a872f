"""CSV as offices open it: semicolons, decimal commas, a byte-order mark; read back by Python."""

import csv
from io import StringIO

import pytest

from fl_planner.export.table_writing import MARK, CsvForm, FlatTable, write_csv
from tests.cases import each_case
from tests.cli.outside import BUNDLED, ask

CRLM = BUNDLED / "crlm" / "case.toml"
TABLE = FlatTable(["id", "flr_ml"], [["1.5", 447.25], ["a;b", None], ["=A1", 3], ["c,=1", True]])


def test_semicolons_come_with_decimal_commas_and_texts_stay() -> None:
    """An id that looks like a number is none: it keeps its point."""
    text = write_csv(TABLE, CsvForm(semicolons=True))
    rows = [*csv.reader(StringIO(text), delimiter=";")]
    assert rows == [["id", "flr_ml"], ["1.5", "447,25"], ["a;b", ""], ["'=A1", "3"], ["c,'=1", "1"]]


def test_commas_come_with_decimal_points() -> None:
    rows = [*csv.reader(StringIO(write_csv(TABLE)))]
    assert rows[1:3] == [["1.5", "447.25"], ["a;b", ""]]


@pytest.mark.parametrize("semicolons", [True, False])
def test_the_mark_is_the_first_sign_and_is_once(semicolons: bool) -> None:
    text = write_csv(TABLE, CsvForm(semicolons=semicolons, mark=True))
    assert text.encode().startswith(b"\xef\xbb\xbfid")
    assert text.count(MARK) == 1


@pytest.mark.slow
@each_case(
    "command",
    {
        "plan": ("plan", CRLM, "--csv"),
        "resections": ("resections", CRLM, "--csv"),
        "screen": ("screen", BUNDLED, "--csv"),
        "consort": ("screen", BUNDLED, "--consort"),
    },
)
def test_each_table_states_the_same_in_every_form(command: tuple[object, ...]) -> None:
    """Cell by cell; only a number has another decimal sign, and none has both."""
    plain = [*csv.reader(StringIO(ask(*command).out))]
    ran = ask(*command, "--semicolons", "--bom")
    assert ran.stdout.startswith(b"\xef\xbb\xbf")
    other = [*csv.reader(StringIO(ran.stdout.decode("utf-8-sig")), delimiter=";")]
    assert [len(row) for row in other] == [len(row) for row in plain]
    pairs = [
        pair
        for ours, theirs in zip(plain, other, strict=True)
        for pair in zip(ours, theirs, strict=True)
    ]
    for ours, theirs in pairs:
        assert theirs in (ours, ours.replace(".", ","))
    changed = [(ours, theirs) for ours, theirs in pairs if ours != theirs]
    assert all(float(ours) == float(theirs.replace(",", ".")) for ours, theirs in changed)
