"""The points of the page over a case in three steps: files are sent, checked, then planned.

Point 6 is in `test_drop.py`; in a browser every test shows that no other computer is asked (7).
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fl_planner.web.gate import POLICY
from fl_planner.web.limits import LIMITS
from tests.cli.outside import Cube
from tests.niftis import both_forms, nifti
from tests.web.served import BOUNDARY, Browser, Server, Told, as_form, read_all, send, serving
from tests.web.test_gate import EVIL, WAYS, ask_as
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


@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as somebody else")
@pytest.mark.usefixtures("kept")
def test_h18_page_1_another_user_reaches_no_step(
    browser: Browser, case: str, server: Server
) -> None:
    body = f"--{BOUNDARY}--|"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    own = {**browser.headers(), "Content-Type": kind, "Connection": "close"}
    lines = "|".join(f"{name}: {told}" for name, told in own.items())
    for step in (*STEPS, *OTHERS):
        head = f"POST {case}/{step} HTTP/1.1|Host: 127.0.0.1:{{port}}|{lines}"
        request = f"{head}|Content-Length: {len(body) + 1}||{body}"
        told = ask_as(65534, *WAYS["IPv4"], str(server.port), request)
        assert told == "403", step
    head = f"POST {case}/files HTTP/1.1|Host: 127.0.0.1:{{port}}|{lines}"
    request = f"{head}|Content-Length: {len(body) + 1}||{body}"
    assert ask_as(0, *WAYS["IPv4"], str(server.port), request) == "200"  # all else is right


@pytest.mark.essential
@pytest.mark.usefixtures("kept")
def test_h18_page_2_no_step_is_taken_under_another_host(browser: Browser, case: str) -> None:
    for step in (*STEPS, *OTHERS):
        for host in ("evil.example", f"evil.example:{browser.port}", ""):
            told = post(browser, f"{case}/{step}", [("more.nii", mask())], Host=host)
            assert told.status == 421, (step, host)


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
def test_h18_page_8_every_answer_of_a_step_bears_the_policy(browser: Browser, case: str) -> None:
    told = [post(browser, f"{case}/{step}") for step in STEPS]
    browser.wait(case.rpartition("/")[2])
    told += [browser.get(f"{case}/check"), post(browser, "/cases/none/files")]
    told += [browser.post(f"{case}/files", {}, **{"Content-Type": "text/plain"})]
    assert {one.status for one in told} >= {200, 202, 404, 415}
    for one in told:
        assert one.headers["content-security-policy"] == POLICY
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["cache-control"] == "no-store"
        assert not [name for name in one.headers if name.startswith("access-control")]


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
    browser: Browser, case: str, server: Server
) -> None:
    before = server.dropped()
    body, kind = as_form({}, [("more.nii", b"x" * 500_000)])
    head = browser.head(f"Content-Type: {kind}", f"Content-Length: {len(body)}")
    head = head.replace(b"POST /cases HTTP/1.1", f"POST {case}/files HTTP/1.1".encode())
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
        line.sendall(head + body[:300_000])
        over = time.monotonic() + 20
        while server.dropped() == before and time.monotonic() < over:
            time.sleep(0.01)
        assert server.dropped() != before  # it was on its way
    over = time.monotonic() + 20
    while server.dropped() != before and time.monotonic() < over:
        time.sleep(0.02)


def test_h18_page_11_a_step_beyond_what_it_takes_is_reported_to_wait(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, jobs=1)) as server:
        browser = server.browser()
        busy = browser.open_sample()
        at = f"/cases/{browser.post('/cases').json()['id']}"
        assert browser.post(f"{at}/files", {}, [("liver.nii", mask())]).status == 200
        told = browser.post(f"{at}/check")
        assert (told.status, told.headers["retry-after"]) == (503, "2")
        assert browser.wait(busy)["state"] == "ready"
        assert browser.post(f"{at}/check").status == 202
        assert browser.wait(at.rpartition("/")[2])["state"] == "checked"


def test_h18_page_12_no_step_is_waited_for_without_end(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, body_s=0.5, job_s=0.01)) as server:
        browser = server.browser()
        at = f"/cases/{browser.post('/cases').json()['id']}"
        assert browser.post(f"{at}/files", {}, [("liver.nii", mask())]).status == 200
        before = server.dropped()
        body, kind = as_form({}, [("more.nii", b"x" * 1000)])
        for step in STEPS:
            head = browser.head(f"Content-Type: {kind}", f"Content-Length: {len(body)}")
            head = head.replace(b"POST /cases HTTP/1.1", f"POST {at}/{step} HTTP/1.1".encode())
            with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
                line.sendall(head + body[:500])
                assert read_all(line).split()[1] == b"408", step
        assert server.dropped() == before
        assert browser.post(f"{at}/check").status == 202
        held = browser.wait(at.rpartition("/")[2])
        assert (held["state"], held["reason"]) == ("ended", "the time limit was exceeded")
        assert browser.post(f"{at}/close").status == 200
        assert server.dropped() == []
