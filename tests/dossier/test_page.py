"""The page and the lines: what they may state, by outcome."""

import csv
import io
import json
from itertools import product

import pytest

from docs.make.dossier import DATA, as_text
from fl_planner.dossier import dossier as rooms
from fl_planner.dossier.dossier import FinishedRun, as_dossier, format_dossier, write_files
from fl_planner.dossier.libraries import InstalledLibrary
from fl_planner.dossier.page import MOST, describe_outcome, make_index
from fl_planner.dossier.register import read_register, read_statements, write_trace
from fl_planner.record.files.dossier import (
    AnswerChangeRecord,
    BuildRecord,
    DossierRecord,
    EarlierDossierRecord,
)
from tests.dossier.dossiers import QUESTION, case, record
from tests.hazards.register import read_controls, read_hazards

OURS = InstalledLibrary("fl-planner", "1", ("Apache-2.0",), ("numpy",))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask neither git nor the environment."""
    build = BuildRecord(commit="ab12", changed=False, source="git")
    monkeypatch.setattr(rooms, "find_build", lambda: build)
    monkeypatch.setattr(rooms, "list_libraries", lambda: [OURS, InstalledLibrary("numpy", "2")])


def page(made: DossierRecord, *libraries: InstalledLibrary) -> str:
    return make_index(made, [OURS, *libraries], read_register(), b"{}").decode()


def test_h16_passed_is_stated_only_if_every_case_passed_and_own_cases_suffice() -> None:
    for outcomes in product(("passed", "differs", "refused"), repeat=3):
        for different in (9, 10):
            cases = [case(f"p{n}", outcome) for n, outcome in enumerate(outcomes)]
            made = record(cases, different)
            complete = outcomes == ("passed",) * 3 and different == 10
            assert describe_outcome(made).startswith("Passed") is complete
            assert next(iter(format_dossier(made))).startswith("Passed") is complete
            if different == 10 and outcomes[0] == outcomes[1]:
                assert ("<p>Passed" in page(made)) is complete
            assert made.enough_own is (different == 10)


def test_fewer_than_ten_own_cases_are_stated() -> None:
    made = record([case("crlm-demo", "passed", "bundled")])
    reservation = (
        "10 hospital cases from different patients are required, but the number counted is 0: "
        "acceptance at this site is not complete"
    )
    assert reservation in made.reservations
    assert page(made).count(f"{reservation}.") == 1
    copies = record([case("a", "passed"), case("b", "passed"), case("c", "refused", answers={})], 1)
    assert any(one.endswith("not counted: 1 of 3") for one in copies.reservations)


def test_a_refusal_and_a_difference_are_shown_with_their_reason() -> None:
    why = {"code": "mask.empty", "reason": "flr.nii: no voxel set", "remedy": "check the label"}
    made = record([case("p1", "differs"), case("p2", "refused", answers={}, **why)])
    lines = [*format_dossier(made)]
    assert lines[1:5] == [
        "  p1 (own): differs",
        "    flr_ml: 300, expected 310",
        "  p2 (own): refused",
        "    flr_ml: 300, expected 310",
    ]
    assert "    flr.nii: no voxel set; check the label" in lines
    assert "flr.nii: no voxel set; check the label" in page(made)


def test_names_and_dates_are_blank_and_the_record_is_named_by_its_hash() -> None:
    made = record([case("p1", "passed")])
    assert {(one.name, one.date) for one in made.signatures} == {("", "")}
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # of {}
    assert empty in page(made)


def test_changes_are_listed_and_a_missing_comparison_is_stated() -> None:
    made = record([case("p1", "passed")])
    assert "No earlier record was given" in page(made)
    assert "changes.csv" not in page(made)
    earlier = EarlierDossierRecord(
        file="a.json", sha256="0" * 64, version="0.0.9", commit=None, compared=2,
        not_compared=("p9",), added=1,
    )  # fmt: skip
    change = AnswerChangeRecord(
        group="own", id="p1", name="route", before="=a", after=None, files_changed=True
    )

    done = FinishedRun(made.cases, (), 0)
    both = as_dossier(QUESTION, done, (), earlier, (change,) * (MOST + 1))
    text = page(both)
    assert "Compared with version 0.0.9 (commit unknown)" in text
    assert "In the earlier record only: p9." in text
    assert "Number of further rows in the files: 1." in text
    assert "answers changed since version 0.0.9: 501" in "\n".join(format_dossier(both))
    rows = [*csv.reader(io.StringIO(write_files(both)["changes.csv"].decode()))]
    assert rows[0] == ["group", "id", "name", "before", "after", "files_changed"]
    assert rows[1] == ["own", "p1", "route", "'=a", "", "1"]


def test_libraries_without_a_licence_are_named() -> None:
    made = record([case("p1", "passed")])
    assert "Libraries that state no licence: odd." in page(made, InstalledLibrary("odd", "1"))
    assert "Libraries that state no licence" not in page(made)


def test_h16_markup_in_an_id_is_shown_as_text() -> None:
    assert "<script>" not in page(record([case("<script>", "passed")]))


def test_every_hazard_control_and_test_is_in_the_trace_with_the_commit() -> None:
    build = BuildRecord(commit="ab12", changed=False, source="git")
    rows = [*csv.DictReader(io.StringIO(write_trace(read_register(), build).decode()))]
    shown = {(row["hazard"], row["place"], row["test"]) for row in rows}
    assert shown == {
        (hazard, one.guard, test)
        for one in read_controls()
        for hazard in one.hazards
        for test in one.tests
    }
    assert {row["commit"] for row in rows} == {"ab12"}
    assert {row["hazard"] for row in rows} <= {one.id for one in read_hazards()}


def test_the_statements_are_those_of_the_documentation() -> None:
    assert DATA.read_text("utf-8") == as_text(), "python -m docs.make.dossier --write"
    titles = [one.title for one in read_statements()]
    assert titles[:4] == ["Intended purpose", "Intended users", "Inputs", "How answers are derived"]
    assert "Errors in the drawings" in titles
    limits = next(
        one for one in read_statements() if one.title == "Beyond the scope of the question"
    )
    assert limits.sentences[0].startswith("Whether to operate. The pathway is volume-based")


def test_the_record_is_written_as_it_is_hashed() -> None:
    made = record([case("p1", "passed")])
    files = write_files(made)
    assert json.loads(files["acceptance.json"])["outcome"] == "passed"
    assert set(files) == {
        "index.html",
        "acceptance.json",
        "hazards.json",
        "hazards.csv",
        "sbom.cdx.json",
    }


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (BuildRecord(commit=None, changed=None, source="unknown"), "the program commit"),
        (BuildRecord(commit="a", changed=True, source="git"), "program files were changed"),
    ],
)
def test_h12_an_unknown_or_changed_program_is_stated(
    monkeypatch: pytest.MonkeyPatch, build: BuildRecord, says: str
) -> None:
    monkeypatch.setattr(rooms, "find_build", lambda: build)
    made = record([case("p1", "passed")], 10)
    assert [one.startswith(says) for one in made.reservations] == [True]
