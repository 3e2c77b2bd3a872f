"""Cases that their browser left: closed after a time, and those of the command line kept."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fl_planner.web.limits import LIMITS
from tests.cases import WAIT_S
from tests.web.served import CRLM, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
LEFT_S = 6.0  # opening the cases takes less, also on a busy machine


def test_h18_a_case_that_its_browser_left_is_closed_after_a_time(tmp_path: Path) -> None:
    limits = replace(LIMITS, cases=3, left_s=LEFT_S)
    with serving(tmp_path, CRLM, limits) as server:
        gone, here = server.browser(), server.browser()
        left = gone.post("/cases").json()["id"]
        gone.post(f"/cases/{left}/files", {}, [("a.nii", b"x")])
        mine = here.post("/cases").json()["id"]
        refused = here.post("/cases")
        assert refused.status == 503
        assert refused.json()["reason"] == (
            "the maximum of 3 open cases has been reached. "
            "Cases open in other browsers: 1; each is closed 0.1 minutes after its page is left"
        )
        over = time.monotonic() + WAIT_S
        while (server.folder / left).exists():
            if time.monotonic() > over:
                raise TimeoutError("the case is still open")
            time.sleep(0.2)
            ours = [one["id"] for one in here.get("/cases").json()]  # as an open page does
        assert mine in ours
        assert len(ours) == 2  # and that of the command line
        assert gone.get(f"/cases/{left}").status == 404
        assert here.post("/cases").status == 202


def test_the_time_is_on_the_page(tmp_path: Path) -> None:
    with serving(tmp_path, None, replace(LIMITS, left_s=1800.0)) as server:
        assert b"30 minutes after the last tab" in server.browser().get("/").body
