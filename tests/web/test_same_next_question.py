"""The next question of the page is that of its report, with or without the appendix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fl_planner.planning.pathway_questions import PathwayQuestions, find_pathway_questions
from fl_planner.report.page.render import make_answer_tree
from fl_planner.report.questions import list_questions, order_questions
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.questions import list_questions as list_on_page
from fl_planner.workup.report import Report, make_report
from tests.web.served import CRLM, open_here


@pytest.fixture(scope="module")
def case() -> OpenCase:
    return open_here(CRLM)


def test_questions_that_change_the_pathway_come_first_in_their_order(case: OpenCase) -> None:
    judged = case._planned().record.judged
    before = [one.key for one in list_questions(judged)]
    asked = PathwayQuestions((str(before[2]), str(before[1])), (str(before[4]),))
    after = [one.key for one in list_questions(order_questions(judged, asked))]
    assert after[:3] == [before[1], before[2], before[4]]
    assert after[3:] == [one for one in before if one not in after[:3]]
    assert order_questions(judged, None) is judged


def test_the_page_lists_questions_in_the_order_of_its_results(case: OpenCase) -> None:
    planned = case._planned()
    first = list_on_page(planned)[0]
    assert first["deciding"]
    tree = make_answer_tree(planned.record, planned.find_pathway_questions())
    (told,) = re.findall(r"'name': 'Next question', 'value': '([^']*)'", str(tree["first"]))
    assert told == first["says"]


@pytest.mark.slow
@pytest.mark.parametrize("appendix", [False, True])
def test_the_report_names_the_next_question_of_the_page(case: OpenCase, appendix: bool) -> None:
    planned = case._planned()
    assert find_pathway_questions(planned.plan) == planned.find_pathway_questions()
    wanted = Report(Path("report.html"), appendix=appendix)
    html = make_report(planned.plan, planned.record, wanted).decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    says = list_on_page(planned)[0]["says"]
    assert text.split("Next question ")[1].startswith(says)
