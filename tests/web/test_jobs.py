"""Points 11 and 12 of the page: many at once, and what takes too long."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from fl_planner.formats.stored.temporary import SAFE_PATH, spawning_safely
from fl_planner.web import cases
from fl_planner.web.desk import LOADED_AHEAD
from fl_planner.web.dossier.roles import ENTRIES
from fl_planner.web.limits import LIMITS
from tests.browsers import run_apart
from tests.cases import WAIT_S
from tests.web.served import CRLM, Server, as_form, read_all, send_raw, serving

HEAD = "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"


@pytest.mark.slow
def test_h18_page_11_fifty_requests_at_once_are_each_answered_as_alone(tmp_path: Path) -> None:
    hcc = CRLM.parents[1] / "hcc" / "case.toml"
    with serving(tmp_path, CRLM) as server, serving(tmp_path, hcc) as other:
        every = []
        for one in (server, other):
            browser = one.browser()
            case = browser.first()
            layers = [f"/cases/{case}/cuts/{view}/20" for view in ("axial", "coronal", "sagittal")]
            asked = [f"/cases/{case}/answer", f"/cases/{case}/files/plan.json", *layers, "/cases"]
            every += [(browser, address, browser.get(address).body) for address in asked]
        many = (every * 5)[:50]
        with ThreadPoolExecutor(50) as pool:
            told = [*pool.map(lambda one: one[0].get(one[1]), many)]
        assert [one.status for one in told] == [200] * 50
        assert [one.body for one in told] == [body for _, _, body in many]


@pytest.mark.slow
def test_h18_page_11_a_case_is_shown_to_the_browser_that_opened_it(server: Server) -> None:
    mine, other = server.browser(), server.browser()
    case = mine.open_sample()
    assert mine.wait(case)["state"] == "ready"
    assert case not in [one["id"] for one in other.get("/cases").json()]
    for what in ("", "/answer", "/scan", "/files/plan.json", "/cuts/axial/1"):
        assert mine.get(f"/cases/{case}{what}").status == 200
        assert other.get(f"/cases/{case}{what}").status == 404
    for what in ("dossier", "sheet", "questions/other_hepatic_malignancy"):
        assert other.get(f"/cases/{case}/{what}").status == 404, what
    steps = ("files", "check", "plan", "change", "cancel", "close", "earlier", "adopt")
    for what in (*steps, *ENTRIES):
        assert other.post(f"/cases/{case}/{what}").status == 404, what
    assert mine.post(f"/cases/{case}/close").status == 200
    assert mine.get(f"/cases/{case}").status == 404


@pytest.mark.essential
@pytest.mark.slow
def test_h18_page_11_more_at_once_than_it_takes_are_reported_to_wait(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, jobs=1)) as server:
        browser = server.browser()
        waiting, case = browser.post("/cases").json()["id"], browser.open_sample()
        mask = [("liver.nii.gz", b"patient")]
        assert browser.post(f"/cases/{waiting}/files", {}, mask).status == 200
        for step in ("", f"/{waiting}/check"):
            told = browser.post(f"/cases{step}", {"sample": "hcc"})
            assert (told.status, told.headers["retry-after"]) == (503, "2"), step
        assert browser.get("/").status == 200  # the page goes on meanwhile
        assert browser.wait(case)["state"] == "ready"
        assert browser.post("/cases", {"sample": "hcc"}).status == 202


@pytest.mark.slow
def test_h18_page_11_so_many_cases_are_held_and_no_more(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, cases=1)) as server:
        browser = server.browser()
        case = browser.open_sample()
        assert browser.wait(case)["state"] == "ready"
        assert browser.post("/cases", {"sample": "hcc"}).status == 503
        assert browser.post(f"/cases/{case}/close").status == 200
        assert browser.post("/cases", {"sample": "hcc"}).status == 202


def test_h18_page_11_work_can_be_cancelled(server: Server) -> None:
    browser = server.browser()
    case = browser.open_sample()
    told = browser.post(f"/cases/{case}/cancel")
    assert told.status == 200
    assert browser.wait(case)["reason"] == "cancelled"
    assert browser.get(f"/cases/{case}/answer").status == 404
    browser.post(f"/cases/{case}/close")


@pytest.mark.slow
@pytest.mark.parametrize("trickled", [False, True])
def test_h18_page_12_a_header_that_does_not_come_is_not_waited_for(
    trickled: bool, tmp_path: Path
) -> None:
    with (
        serving(tmp_path, limits=replace(LIMITS, header_s=0.5)) as server,
        closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as line,
    ):
        begun = time.monotonic()
        line.sendall(HEAD.format(server.port).encode())
        line.settimeout(0.05 if trickled else 5)
        closed = False
        while not closed and time.monotonic() < begun + 5:
            try:
                if trickled:
                    line.sendall(b"X-A: b\r\n")
                closed = line.recv(1) == b""
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                closed = True
        assert closed
        assert time.monotonic() < begun + 5


@pytest.mark.slow
def test_h18_page_12_nor_after_a_first_answer(tmp_path: Path) -> None:
    with (
        serving(tmp_path, limits=replace(LIMITS, header_s=0.5)) as server,
        closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line,
    ):
        line.sendall(f"{HEAD.format(server.port)}\r\n{HEAD.format(server.port)}".encode())
        begun = time.monotonic()
        assert read_all(line).startswith(b"HTTP/1.1 200")
        assert time.monotonic() < begun + 4


@pytest.mark.slow
def test_h18_page_12_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, body_s=0.5)) as server:
        browser = server.browser()
        body, kind = as_form({}, [("liver.nii.gz", b"x" * 1000)])
        head = browser.head(f"Content-Type: {kind}", f"Content-Length: {len(body)}")
        with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
            begun = time.monotonic()
            line.sendall(head + body[:500])
            assert read_all(line).split()[1] == b"408"
            assert time.monotonic() < begun + 5
        assert server.dropped() == []


def test_h18_page_12_a_case_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, job_s=0.01)) as server:
        browser = server.browser()
        held = browser.wait(browser.open_sample())
        assert (held["state"], held["reason"]) == ("ended", "the time limit was exceeded")
        assert browser.get("/").status == 200


def test_h18_page_12_what_is_no_http_is_refused(server: Server) -> None:
    for content in (b"\x16\x03\x01\x02\x00\x01\x00", b"x" * 200_000):
        assert send_raw(server.port, content + b"\r\n\r\n").split()[1:2] in ([b"400"], [])


def test_what_a_process_loads_ahead_is_there() -> None:
    for name in LOADED_AHEAD:
        assert find_spec(name) or name.startswith("skimage")  # of the extra alone


def test_h18_cases_that_begin_at_once_leave_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else every later process of the server, or of who called it, would have our options."""
    (name,) = SAFE_PATH
    monkeypatch.delenv(name, raising=False)
    inside, gone = Event(), Event()

    def begin_later() -> None:
        with spawning_safely():
            inside.set()
            gone.wait(5)

    later = Thread(target=begin_later)
    with spawning_safely():
        later.start()
        inside.wait(0.2)
    gone.set()
    later.join()
    assert name not in os.environ


def test_a_suspended_computer_closes_no_case_whose_page_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some clocks, as that of Windows, count the hours for which a computer is suspended."""
    now_s = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: now_s, time=time.time)
    monkeypatch.setattr(cases, "time", clock)
    monkeypatch.setattr(cases, "Worker", lambda _: SimpleNamespace(end=lambda: None))
    opened = cases.Cases(tmp_path)
    case = opened.hold("browser").id
    asked: list[bool] = []

    def pauses() -> Iterator[float]:
        yield 8 * LIMITS.left_s  # suspended
        asked.append(opened.get_case(case, "browser") is not None)  # its page goes on
        for _ in range(2 * cases.LOOKS_PER_LIMIT):  # and is then closed
            yield LIMITS.left_s / cases.LOOKS_PER_LIMIT

    passing = pauses()

    async def sleep(_: float) -> None:
        nonlocal now_s
        paused_s = next(passing, None)
        if paused_s is None:
            raise asyncio.CancelledError
        now_s += paused_s

    # of this module only: servers of other tests may run in threads of their own
    monkeypatch.setattr(cases, "asyncio", SimpleNamespace(sleep=sleep))
    with pytest.raises(asyncio.CancelledError):
        run_apart(opened.close_left_ones)
    assert asked == [True]
    assert opened.get_case(case, "browser") is None


@pytest.mark.parametrize(
    ("sessions", "remedy"),
    [
        (["here", "here"], "close a case"),
        (["gone", "here"], "close a case, also in another browser"),
        (
            ["gone", "gone"],  # nothing that this page can close
            "close a case in its browser, or restart fl_planner, which closes all cases",
        ),
    ],
)
def test_h18_the_remedy_of_too_many_cases_can_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: list[str], remedy: str
) -> None:
    monkeypatch.setattr(cases, "Worker", lambda _: SimpleNamespace(end=lambda: None))
    opened = cases.Cases(tmp_path, replace(LIMITS, cases=2))
    for one in sessions:
        opened.hold(one)
    with pytest.raises(cases.FullError) as refused:
        opened.hold("here")
    assert refused.value.args[1] == remedy


# ---- cases that their browser left

LEFT_S = 6.0  # opening the cases takes less, also on a busy machine


@pytest.mark.slow
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
        assert refused.json()["remedy"] == "close a case, also in another browser"
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


@pytest.mark.slow
def test_the_time_is_on_the_page(tmp_path: Path) -> None:
    with serving(tmp_path, None, replace(LIMITS, left_s=1800.0)) as server:
        assert b"30 minutes after the last tab" in server.browser().get("/").body
