"""Points of the page over a case in three steps: files are sent, checked, then planned.

Point 6 is in `test_drop.py`; the gate before every step (1, 2, 8, 12) in `test_gate.py`; in a
browser every test shows that no other computer is asked (7).
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fl_planner.web.limits import LIMITS
from tests.cli.outside import Cube
from tests.niftis import both_forms, nifti
from tests.web.served import Browser, Server, Told, as_form, send
from tests.web.test_gate import EVIL
from tests.web.test_keeping import NAMES

pytestmark = pytest.mark.slow
STEPS = ("files", "check", "plan")
ENDS = ("cancel", "close")
OTHERS = (*ENDS, "change")
MASK = "Smith_John_1961.nii"
WORDS = {"answers": "{}"}


def mask(remnant: int = 8000) -> bytes:
    return nifti(Cube().mask(0, remnant), **both_forms((5.0, 5.0, 5.0)))


@pytest.fixture
def case(browser: Browser) -> str:
    """Open a case that has one file."""
    at = f"/cases/{browser.post('/cases').json()['id']}"
    assert browser.post(f"{at}/files", {}, [(MASK, mask())]).status == 200
    return at


def is_untouched(browser: Browser, case: str) -> bool:
    return bool(browser.get(case).json()["state"] == "gathering")


@pytest.fixture
def kept(browser: Browser, case: str, server: Server) -> Iterator[None]:
    """Show that nothing was stored, begun or closed."""
    before = server.dropped()
    yield
    assert server.dropped() == before
    assert is_untouched(browser, case)


def post(browser: Browser, address: str, files: Any = (), **headers: str) -> Told:
    return browser.post(address, WORDS, files, **headers)


@pytest.mark.essential
@pytest.mark.usefixtures("kept")
def test_h18_page_3_each_step_needs_cookie_token_and_origin(
    browser: Browser, case: str, server: Server
) -> None:
    other, ours = server.browser(), browser.headers()
    wrong = (
        {**ours, "Origin": EVIL},
        {**ours, "X-FL-Planner-Token": other.token},
        {**ours, "X-FL-Planner-Token": ""},
        {**ours, "Cookie": other.cookie},
        *({name: told for name, told in ours.items() if name != left} for left in ours),
    )
    body, kind = as_form(WORDS, [("more.nii", mask())])
    for step in (*STEPS, *OTHERS):
        for headers in wrong:
            asked = {**headers, "Content-Type": kind}
            assert send(server.port, "POST", f"{case}/{step}", asked, body).status == 403, step
        assert other.post(f"{case}/{step}", WORDS, [("more.nii", mask())]).status == 404, step
        if step != "check":  # which is also read
            assert browser.get(f"{case}/{step}").status in (404, 405), step


@pytest.mark.essential
@pytest.mark.usefixtures("kept")
def test_h18_page_4_each_step_has_its_limits(browser: Browser, case: str) -> None:
    for step in (*STEPS, *ENDS):
        at = f"{case}/{step}"
        _, kind = as_form({})
        wish = f"POST {at} HTTP/1.1"
        sizes = (f"Content-Type: {kind}", f"Content-Length: {LIMITS.body_bytes + 1}")
        head = browser.head(*sizes).replace(b"POST /cases HTTP/1.1", wish.encode())
        with closing(socket.create_connection(("127.0.0.1", browser.port), timeout=10)) as line:
            line.sendall(head)  # and not a byte of the body
            assert line.recv(100).split()[1] == b"413", step
        assert browser.post(at, {f"w{n}": "x" for n in range(51)}).status == 413, step
        assert browser.post(at, {"answers": "x" * (LIMITS.field_bytes + 1)}).status == 413, step
        for kind in ("application/json", "text/plain", ""):
            assert browser.post(at, {}, **{"Content-Type": kind}).status == 415, step
        assert browser.post(f"{at}?{'a' * LIMITS.address_bytes}").status == 414, step


@pytest.mark.essential
def test_h18_page_5_no_name_of_a_dropped_file_or_folder_leads_out(
    browser: Browser, case: str, server: Server
) -> None:
    before = {*server.folder.parent.iterdir()}
    (own,) = (one for one in server.dropped() if one.is_dir())
    for folder in ("", "../../out", "/tmp/out", "..\\out"):
        for name in NAMES:
            told = browser.post(f"{case}/files", {"folder": folder}, [(name, mask())])
            assert told.status in (200, 422), (folder, name)
    for name in NAMES:
        assert browser.post(f"{case}/plan", {"case_file": name}).status in (202, 422)
        browser.wait(case.rpartition("/")[2])
    assert {*server.folder.parent.iterdir()} == before
    assert not [*Path("/tmp").glob("escaped*")]
    assert all(one == own or own in one.parents for one in server.dropped())


@pytest.mark.essential
def test_h18_page_9_no_file_name_is_in_an_address_a_cookie_or_a_log(
    browser: Browser, case: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    bad = [(f"bad_{MASK}", b"x" * 100)]
    assert browser.post(f"{case}/files", {}, bad).status == 200
    assert browser.post(f"{case}/check").status == 202
    assert browser.wait(case.rpartition("/")[2])["state"] == "checked"
    roles = [{"file": MASK, "role": "liver"}, {"file": f"bad_{MASK}", "role": "flr"}]
    assert browser.post(f"{case}/plan", {"answers": json.dumps({"roles": roles})}).status == 202
    held = browser.wait(case.rpartition("/")[2])
    assert held["state"] == "refused"
    assert "Smith" not in case + browser.cookie + held["id"]
    assert "Smith" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.essential
@pytest.mark.usefixtures("kept")
def test_h18_page_10_what_broke_off_in_a_step_is_gone_and_the_rest_stays(
    browser: Browser, case: str, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    before = server.dropped()
    body, kind = as_form({}, [("more.nii", b"x" * 500_000)])
    head = browser.head(f"Content-Type: {kind}", f"Content-Length: {len(body)}")
    head = head.replace(b"POST /cases HTTP/1.1", f"POST {case}/files HTTP/1.1".encode())
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
        line.sendall(head + body[:300_000])
        until(lambda: server.dropped() != before)  # it is on its way
    until(lambda: server.dropped() == before)
    assert server.browser().get("/cases").status == 200
    assert caplog.text == ""  # no traceback on the terminal


def until(holds: Callable[[], bool]) -> None:
    over = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < over
        time.sleep(0.02)
