"""The centre file: what it says, and every error of it at once."""

from datetime import date
from pathlib import Path

import pytest

from fl_planner.intake.documents.centre_file import read_centre_file
from fl_planner.trials.criterion import Offer
from tests.refusals import refuses

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
