"""The cases of a cohort in words: for people, first those without an answer, then by urgency."""

import csv
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.cohort.result import find_folder, find_unanswered, format_patient
from fl_planner.cohort.table_files import write_tables
from fl_planner.planning.given.case import Accepted
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.statements import Stated, parse_stated
from fl_planner.workup.exports import TableBook
from tests.cohort.folders import NO_LIVER, PLANNED, Became, write_run
from tests.masks import liver_part
from tests.record.planned import TREATED, WHOLE, made

openpyxl: Any = import_module("openpyxl")
ACTS = "=HYPERLINK(1)"
HCC, CRLM = made(id="hcc", diagnosis="hcc"), made(id="crlm")
CASES: list[tuple[str, Became]] = [
    ("hcc", as_plan_record(HCC)),
    (ACTS, NO_LIVER),
    ("007", as_plan_record(CRLM)),
    ("k", "stopped"),
    ("later", None),
    ("none", PLANNED),
    ("old", PLANNED),
]
FILES = {"hcc": (HCC, None), "007": (CRLM, None), "none": (CRLM, "no remnant was drawn")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    write_run(out, CASES)
    for name, (plan, why) in FILES.items():
        (find_folder(out, name) / "worklist.json").write_bytes(format_patient(plan, why))
    write_tables(out, book=TableBook(out / "book.xlsx", "cases", force=False))
    return out


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "cases_in_words.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, strict=True)]


def test_who_has_no_answer_is_first_then_by_urgency_then_those_without_a_plan(run: Path) -> None:
    """A case that the worklist does not list is last; one not yet processed is in no table."""
    assert [one["Case"] for one in rows(run)] == ["none", "007", "hcc", f"'{ACTS}", "k", "old"]
    assert [one["Status"] for one in rows(run)] == [
        *("planned", "planned", "planned", "refused", "not completed", "planned")
    ]


def test_cells_are_words_and_numbers_with_their_unit_in_the_header(run: Path) -> None:
    """By hand: FLR 300 mL of 1500 - 27 = 1473 mL that is no tumour, 20.3665988 %."""
    none, first, hcc, refused, failed, old = rows(run)
    assert (first["FLR (%)"], first["FLR (mL)"], first["Tumour (mL)"]) == ("20.4", "300", "27")
    assert (first["Non-tumorous liver (mL)"], first["Whole liver (mL)"]) == ("1473", "1500")
    assert (first["Diagnosis"], hcc["Diagnosis"]) == ("CRLM", "HCC")
    assert first["DRAGON 2"] == "undecided"
    assert hcc["DRAGON 2"] == "for another diagnosis"
    assert first["Near a limit"] in ("yes", "no")
    assert " to " in first["FLR interval (%)"]
    assert none["Why there is no answer"] == "no FLR result: no remnant was drawn"
    assert refused["Why there is no answer"] == "liver: no liver mask was given"
    assert refused["What to do"] == "give one"
    assert failed["Why there is no answer"] == "stopped"
    assert {old["FLR (%)"], refused["FLR (%)"], refused["Near a limit"]} == {""}


def test_h08_near_a_limit_and_the_diagnosis_are_those_of_the_pages(tmp_path: Path) -> None:
    """438 of 1473 mL are untreated, 29.7 %: near RESCUE's 30 %; the FLR, 20.4 %, near no limit.

    Drawn by hand, 95 % of readings are within 15 % of a share: 25.3 to 34.2 %, and 17.3 to 23.5 %.
    """
    area = TREATED | liver_part([[5, 7, 1, 10, 1, 10]], "more")
    spared = made(replace(WHOLE, treated=area), id="hcc", diagnosis="hcc")
    both = made(id="two", stated=Stated({"hcc_present": True}))
    write_run(tmp_path, [("hcc", as_plan_record(spared)), ("two", as_plan_record(both))])
    for name, plan in {"hcc": spared, "two": both}.items():
        (find_folder(tmp_path, name) / "worklist.json").write_bytes(format_patient(plan, None))
    write_tables(tmp_path)
    found = {one["Case"]: one for one in rows(tmp_path)}
    assert (found["hcc"]["Near a limit"], found["hcc"]["Diagnosis"]) == ("yes", "HCC")
    assert found["two"]["Diagnosis"] == "CRLM and HCC"
    assert found["two"]["Near a limit"] == ""  # no limit applies


def test_the_shown_flr_is_that_of_the_other_tables(run: Path) -> None:
    with (run / "cases.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["id"]: row for row in csv.DictReader(file, strict=True)}
    for row in rows(run):
        if row["FLR (%)"]:
            assert row["FLR (%)"] == codes[row["Case"]]["flr_percent_shown"]
        assert row["Pathway"] == codes[row["Case"]]["pathway.headline"]


def test_the_workbook_begins_with_the_words(run: Path) -> None:
    """Numbers are numbers; texts are texts, whatever they begin with."""
    words, codes = openpyxl.load_workbook(run / "book.xlsx").worksheets
    assert (words.title, codes.title) == ("cases in words", "cases")
    assert (words.auto_filter.ref, words.freeze_panes) == (words.dimensions, "B2")
    assert words["A5"].value == ACTS
    assert (words["A5"].data_type, words["A5"].quotePrefix) == ("s", True)
    header = [cell.value for cell in words[1]]
    flr = words.cell(3, header.index("FLR (%)") + 1)
    assert (flr.value, flr.data_type) == (20.4, "n")
    assert words.column_dimensions["D"].width > words.column_dimensions["A"].width
    assert [row[0].value for row in codes.iter_rows(min_row=2)] == [
        *("hcc", ACTS, "007", "k", "none", "old")
    ]
    names = [cell.value for cell in codes[1]]
    assert codes.cell(2, names.index("flr_percent") + 1).value == pytest.approx(20.3665988)
    assert codes.cell(2, names.index("pathway.borderline") + 1).value in (0, 1)


def test_what_a_reader_accepted_and_what_was_entered_are_on_the_row(tmp_path: Path) -> None:
    error = Finding("remnant.side", Severity.ERROR, "the remnant is on the left")
    seen = Accepted("remnant.side", "R1", "situs inversus")
    stated, _ = parse_stated({"flr_of_nontumorous_liver": {"value": 29, "unit": "%"}})
    plans = {
        "accepted": made(id="accepted", findings=(error,), accepted=(seen,)),
        "letter": made(replace(WHOLE, flr=None), id="letter", stated=stated),
    }
    write_run(tmp_path, [(name, as_plan_record(plan)) for name, plan in plans.items()])
    for name, plan in plans.items():
        kept = format_patient(plan, find_unanswered(as_plan_record(plan)))
        (find_folder(tmp_path, name) / "worklist.json").write_bytes(kept)
    write_tables(tmp_path)
    found = {one["Case"]: one for one in rows(tmp_path)}
    assert (
        "error: the remnant is on the left (accepted by R1: situs inversus)"
        in (found["accepted"]["Warnings"])
    )
    assert found["accepted"]["Pathway"].endswith(", despite an error accepted by R1 (remnant.side)")
    letter = found["letter"]
    assert (letter["FLR as entered (%)"], letter["FLR (%)"]) == ("29", "")
    assert letter["Why there is no answer"] == ""
