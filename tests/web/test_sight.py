"""Cuts that are seen before the answer, and beside all other work on a case."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from docs.site.axe import find_browser
from fl_planner.basis.findings import InputRefused
from fl_planner.web.case import OpenCase
from fl_planner.web.cases import Worker, WorkerLostError
from tests.browsers import run_apart
from tests.web.served import CRLM
from tests.web.test_browser import barriers, head, wait_for_cuts, wide
from tests.web.test_cuts import read_cut
from tests.web.viewed import ANSWERED, MS, choose_theme

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAYER, WITHIN_S = 50, 120.0


@pytest.mark.essential
def test_masks_are_seen_as_they_are_before_anything_is_measured() -> None:
    seen: list[tuple[dict[str, Any], bytes]] = []

    def look() -> None:
        seen.append((case.scan(), case.cut("axial", LAYER)))
        with pytest.raises(InputRefused, match="the case has not been planned"):
            case.answer()

    case = OpenCase(look)
    with pytest.raises(InputRefused, match="the case has not been read yet"):
        case.scan()
    case.open_case(CRLM, {})
    ((scan, early),) = seen
    assert scan["surfaces"]["parts"] == scan["lesions"] == []
    planned = case.scan()
    assert [one["name"] for one in planned["lesions"]] == ["L1", "L2", "L3", "L4", "L5"]
    for key in ("matrix", "shape", "placed", "segments"):
        assert scan[key] == planned[key]
    first, last = (read_cut(one) for one in (early, case.cut("axial", LAYER)))
    assert np.array_equal(first[1], last[1], equal_nan=True)
    assert {*first[0]["parts"]} >= {"liver", "tumour", "remnant"}
    for key in ("parts", "segments"):
        assert first[0][key] == last[0][key]
    assert (first[0]["lesions"], [*last[0]["lesions"]]) == ({}, ["L2", "L4"])


def test_a_cut_waits_for_no_other_work_and_what_waits_ends_with_the_case(tmp_path: Path) -> None:
    async def ask_all() -> None:
        worker = Worker(tmp_path)
        before = worker.seen
        await worker.ask("open_case", CRLM, {}, within_s=WITHIN_S)
        assert (before, worker.seen) == (False, True)
        work = asyncio.create_task(worker.ask("export", "report.html", within_s=WITHIN_S))
        waiting = asyncio.create_task(worker.ask("dossier", within_s=WITHIN_S))
        for layer in range(3):
            await worker.ask("cut", "axial", LAYER + layer, within_s=WITHIN_S)
        assert not work.done()
        worker.end()
        for one in (work, waiting):
            with pytest.raises(WorkerLostError):
                await one

    run_apart(ask_all)


def test_what_is_no_question_ends_the_case_and_states_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def ask_wrong(what: str) -> None:
        worker = Worker(tmp_path)
        with pytest.raises(WorkerLostError):
            await worker.ask(what, within_s=WITHIN_S)
        with pytest.raises(WorkerLostError):  # neither way answers any more
            await worker.ask("checked", within_s=WITHIN_S)
        worker.end()

    for what in ("_planned", "cut"):  # no question, and one with too little
        run_apart(partial(ask_wrong, what))
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(find_browser() is None or find_spec("playwright") is None, reason="no Chromium")
def test_cuts_are_and_are_used_while_the_answer_is_worked_out(page: Page) -> None:
    still = {"state": "working", "seen": True, "step": "check_ct", "counted": None}

    def hold(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **still})

    page.route(re.compile(r"/cases/[0-9a-f]{32}$"), hold)
    page.reload()
    page.wait_for_selector("#case[data-answered=false]:not([hidden])", timeout=MS)
    wait_for_cuts(page)
    page.locator("#said").filter(has_text="being calculated").wait_for(timeout=MS)
    for section in ("#answer", "#ask", "#cutter", "#sign", "#away", "#scene", "#drop"):
        assert page.locator(section).is_hidden(), section
    assert page.get_by_role("button", name="Cancel").is_visible()
    page.locator("#step").filter(has_text="check CT").wait_for(timeout=MS)
    before = head(page, 0)
    page.locator("#views canvas").first.press("PageUp")
    wait_for_cuts(page)
    moved = head(page, 0)
    assert moved != before
    page.select_option("#window", "Lung")
    for scheme in ("light", "dark"):
        choose_theme(page, scheme)
        assert [*barriers(page), *wide(page)] == []
    still.clear()
    page.wait_for_selector(ANSWERED, timeout=MS)
    wait_for_cuts(page)
    assert page.locator("#share-percent").is_visible()
    assert page.locator("#work").is_hidden()
    assert head(page, 0) == moved  # what the reader chose stays
    assert page.locator("#window").input_value() == "Lung"
