"""`new-centre` from outside: the file it writes is a centre file, and says what was answered."""

import sys
import tomllib
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.record.over_time.new_case import as_new_centre, format_new_centre
from fl_planner.trials.criterion import Centre, Offer
from tests.cases import each_case
from tests.cli.outside import BUNDLED, Ran, Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.workup.test_own_trials import TRIAL

SAID = ("--name", "Site 7", "--as-of", "2026-11-01")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "centre.toml"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str, options: tuple[object, ...] = ()) -> Ran:
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))
    return ask("new-centre", *options, "--ask")


def judged(centre: Path) -> Record:
    return told("trials", "judge", BUNDLED / "crlm" / "case.toml", "--centre", centre,
                "--as-of", "2026-11-20")  # fmt: skip


def test_where_every_trial_is_answered_none_counts_otherwise() -> None:
    trials = read_bundled_trials()[:2]
    offers = {one.id: Offer("open") for one in trials}
    for count in (1, 2):
        centre = Centre("Site 7", date(2026, 11, 1), dict([*offers.items()][:count]))
        said = [*format_new_centre(as_new_centre("c.toml", centre, trials))]
        assert said[0] == f"c.toml: written; answers for {count} of 2 trials"
        assert any("other trials (comments in the file)" in line for line in said) is (count == 1)


@pytest.mark.slow
def test_without_a_person_every_trial_is_listed_as_a_comment(out: Path) -> None:
    record = require_valid(told("new-centre", "--out", out, *SAID))
    ids = [one["id"] for one in told("trials", "list")["trials"]]
    assert [one["id"] for one in record["trials"]] == ids
    assert not any("reach" in one for one in record["trials"])
    table = tomllib.loads(out.read_text("utf-8"))
    assert (table["schema"], table["name"], str(table["as_of"])) == (1, "Site 7", "2026-11-01")
    assert "trials" not in table
    codes = [one["code"] for one in judged(out)["findings"]]
    assert codes.count("centre.trial_not_listed") == len(ids)


@pytest.mark.essential
@pytest.mark.slow
def test_its_comments_are_a_centre_file_too(out: Path) -> None:
    """Whoever takes the # away has what every trial needs."""
    ask("new-centre", "--out", out, *SAID)
    lines = out.read_text("utf-8").splitlines()
    bare = [line.removeprefix("# ") if line.startswith(("# [", "# status", "# contact", "# where"))
            else line for line in lines]  # fmt: skip
    out.write_text("\n".join(bare), "utf-8")
    codes = [one["code"] for one in judged(out)["findings"]]
    assert "centre.trial_not_listed" not in codes


@pytest.mark.essential
@pytest.mark.slow
def test_answers_at_a_terminal_are_what_the_file_states(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("Site 7", "2026-02-30", "2026-11-01", "open", "HPB trial office", "maybe", "referral",
             "", 'Harbour "North"', "", "closed", "", "stop")  # fmt: skip
    ran = typed(monkeypatch, *lines, options=("--out", out))
    assert ran.status == 0
    assert "'2026-02-30' is not a date in the form 2026-11-01" in ran.err
    assert "'maybe' is not one of open, referral, closed" in ran.err
    ids = [one["id"] for one in told("trials", "list")["trials"]]
    assert tomllib.loads(out.read_text("utf-8"))["trials"] == {
        ids[0]: {"status": "open", "contact": "HPB trial office"},
        ids[1]: {"status": "referral", "where": 'Harbour "North"'},
        ids[3]: {"status": "closed"},
    }
    reach = {one["id"]: one["reach"] for one in judged(out)["trials"]}
    assert [reach[id_] for id_ in ids] == ["open", "referral", "referral", "closed", "referral"]


def test_a_hospital_s_trials_are_asked_too(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "harbour.toml").write_text(TRIAL.replace("HARBOUR-1", "harbour.1"), "utf-8")
    options = ("--out", out, *SAID, "--trials", own)
    assert typed(monkeypatch, *[""] * 5, "open", "", options=options).status == 0
    assert tomllib.loads(out.read_text("utf-8"))["trials"] == {"harbour.1": {"status": "open"}}


def test_a_file_that_is_there_stays(out: Path) -> None:
    out.write_text("mine", "utf-8")
    assert refused("new-centre", "--out", out, *SAID)["code"] == "output.exists"
    assert out.read_text("utf-8") == "mine"
    assert ask("new-centre", "--out", out, *SAID, "--force").status == 0


@each_case(
    "wrong",
    {
        "no name": (SAID[2:], "--name"),
        "no day": (SAID[:2], "--as-of"),
        "blank": (("--name", " ", *SAID[2:]), "--name"),
    },
)
def test_what_nobody_states_is_refused(out: Path, wrong: tuple[tuple[str, ...], str]) -> None:
    options, source = wrong
    assert refused("new-centre", "--out", out, *options)["file"] == source
    assert not out.exists()


def test_its_name_states_what_it_is(tmp_path: Path) -> None:
    assert refused("new-centre", "--out", tmp_path / "centre.txt", *SAID)["file"] == "--out"
