"""The next question of the page is that of its report, with or without the appendix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fl_planner.planning.pathway_questions import find_pathway_questions
from fl_planner.report.page.render import make_answer_tree
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.questions import ON_NUMBER, try_question
from fl_planner.web.dossier.questions import list_questions as list_on_page
from fl_planner.workup.report import Report, make_report
from tests.web.served import CRLM, link_case, open_here

TEXT = CRLM.read_text("utf-8")


@pytest.fixture(scope="module")
def case() -> OpenCase:
    return open_here(CRLM)


def test_every_door_lists_the_questions_of_the_route_in_its_order(case: OpenCase) -> None:
    """Terminal and report print those of the record, programs read them in the JSON."""
    planned = case._planned()
    keys = [one["key"] for one in list_on_page(planned)]
    record = planned.record.judged
    asked = [one.key for one in record.route.questions]
    assert keys == [one for one in asked if one in keys]
    deciding = [one["deciding"] for one in list_on_page(planned)]
    assert deciding[0]
    assert not any(deciding[deciding.index(False) :])


def test_a_recorded_value_that_is_no_answer_is_asked_on_the_page_and_replaced(
    tmp_path: Path,
) -> None:
    """Its question is in the report; no person is 610 years old."""
    opened = open_here(link_case(tmp_path, TEXT.replace("value = 61,", "value = 610,")))
    planned = opened._planned()
    asked = {one["key"]: one for one in list_on_page(planned)}
    assert "age" in [one.key for one in planned.record.judged.route.questions]
    assert asked["age"]["recorded"] == "610 years; an answer replaces this value"
    opened.enter("answer", {"key": "age", "typed": "61 a", "by": "R1", "on": "2026-11-28"})
    assert "age" not in [one["key"] for one in list_on_page(opened._planned())]


def test_a_recorded_answer_that_is_not_enough_is_not_called_none(tmp_path: Path) -> None:
    """Consent to one trial answers for this trial; the question remains for the others."""
    hcc = CRLM.parents[1] / "hcc" / "case.toml"
    text = hcc.read_text("utf-8") + 'written_consent_for = ["NCT05428735"]\n'
    file = link_case(tmp_path, text, of=hcc)
    asked = {one["key"]: one for one in list_on_page(open_here(file)._planned())}
    assert asked["written_consent_for"]["recorded"] == "DRAGON 2; an answer replaces this value"


def test_the_page_lists_questions_in_the_order_of_its_results(case: OpenCase) -> None:
    planned = case._planned()
    first = list_on_page(planned)[0]
    assert first["deciding"]
    tree = make_answer_tree(planned.record, planned.find_pathway_questions(), None)
    (told,) = re.findall(r"'name': 'Next question', 'value': '([^']*)'", str(tree["first"]))
    assert told == first["says"]


@pytest.mark.slow
@pytest.mark.parametrize("appendix", [False, True])
def test_the_report_names_the_next_question_of_the_page(case: OpenCase, appendix: bool) -> None:
    planned = case._planned()
    assert find_pathway_questions(planned.plan.pathway) == planned.find_pathway_questions()
    wanted = Report(Path("report.html"), appendix=appendix)
    html = make_report(planned.plan, planned.record, wanted).decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    says = list_on_page(planned)[0]["says"]
    assert text.split("Next question ")[1].startswith(says)


def test_one_missing_volume_depends_on_no_other_answer(tmp_path: Path) -> None:
    """Without a tumour mask no limit applies (V6a): its volume alone leads on."""
    file = link_case(tmp_path, re.sub(r"(?m)^tumour = .*\n", "", TEXT))
    planned = open_here(file)._planned()
    assert planned.plan.pathway.row == "V6a"
    tried = try_question(planned, "tumour_volume")
    assert (tried["answers"], tried["beside"]) == ([], ON_NUMBER)
    assert next(one for one in list_on_page(planned) if one["key"] == "tumour_volume")["deciding"]
