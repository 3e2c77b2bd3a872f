"""The twelve points of the page [safety.md 3] for the service of cards."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.web.gate import HEADERS
from fl_planner.web.hooks import door
from fl_planner.web.hooks.door import read_hosts, read_origins, read_token
from fl_planner.web.hooks.service import HookService, HookServing, prepare
from fl_planner.web.limits import HOOK_LIMITS
from tests.cli.outside import ask
from tests.intake.patients.fhir_records import stated
from tests.web.hooks.hooked import (
    ADDRESS,
    AS_OF,
    JUDGE,
    PERSON,
    Hooks,
    as_call,
    as_prefetch,
    hooking,
)
from tests.web.served import PROJECT, read_all, send, send_raw

EHR, EVIL = "https://ehr.example", "https://evil.example"
TOKEN = "correct-horse-battery"
CALL = as_call(as_prefetch([PERSON, stated("crlm_present", valueBoolean=True)]))
LENGTH = ("Content-Type: application/json", f"Content-Length: {HOOK_LIMITS.body_bytes + 1}")


def head(port: int, *more: str) -> bytes:
    lines = (f"POST {ADDRESS} HTTP/1.1", f"Host: 127.0.0.1:{port}", *more, "", "")
    return "\r\n".join(lines).encode()


def limited(**limits: Any) -> HookServing:
    return replace(prepare(JUDGE, as_of=AS_OF), limits=replace(HOOK_LIMITS, **limits))


def test_h18_point_1_only_this_computer_is_listened_to(hooks: Hooks) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", hooks.port), timeout=5).close()


def test_h18_point_1_another_user_is_refused_without_a_token(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "check_caller", lambda *_: "another user")
    assert hooks.get().status == hooks.post(CALL).status == 403
    monkeypatch.setenv("FL_PLANNER_HOOKS_TOKEN", TOKEN)
    with hooking(token="environment") as guarded:
        assert guarded.get(Authorization=f"Bearer {TOKEN}").status == 200


def test_h18_point_2_another_host_is_refused(hooks: Hooks) -> None:
    names = ("evil.example", f"evil.example:{hooks.port}", "127.0.0.1", "cds.example", "")
    for name in names:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            assert send(hooks.port, method, ADDRESS, {"Host": name}).status == 421
    assert hooks.get(Host=f"localhost:{hooks.port}").status == 200


def test_h18_point_2_a_named_host_is_that_of_a_proxy_with_a_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputRefused, match="requires a token"):
        prepare(JUDGE, host=("cds.example",))
    monkeypatch.setenv("FL_PLANNER_HOOKS_TOKEN", TOKEN)
    with hooking(host=("cds.example",), token="environment") as hooks:
        given = {"Host": "cds.example", "Authorization": f"Bearer {TOKEN}"}
        assert hooks.get(**given).status == 200
        assert hooks.get(**{**given, "Host": "other.example"}).status == 421


def test_h18_point_3_only_named_origins_may_call_and_read(hooks: Hooks) -> None:
    for origin in (EVIL, "null", EHR, f"http://127.0.0.1:{hooks.port}"):
        for told in (hooks.get(Origin=origin), hooks.post(CALL, headers={"Origin": origin})):
            assert told.status == 403
            assert not [name for name in told.headers if name.startswith("access-control")]
    with hooking(origin=(EHR,)) as named:
        told = named.post(CALL, headers={"Origin": EHR})
        assert told.status == 200
        assert told.headers["access-control-allow-origin"] == EHR
        assert told.headers["vary"] == "Origin"
        for origin in (EVIL, "null", f"{EHR}.evil.example", EHR.upper()):
            told = named.post(CALL, headers={"Origin": origin})
            assert told.status == 403
            assert "access-control-allow-origin" not in told.headers
        assert named.post(CALL).status == 200  # a program states no origin
        assert "access-control-allow-origin" not in named.get().headers


def test_h18_point_3_a_browser_asks_before_it_calls() -> None:
    with hooking(origin=(EHR,)) as hooks:
        asked = {"Origin": EHR, "Access-Control-Request-Method": "POST"}
        told = send(hooks.port, "OPTIONS", ADDRESS, asked)
        assert told.status == 204
        assert told.headers["access-control-allow-origin"] == EHR
        assert "POST" in told.headers["access-control-allow-methods"]
        assert "Authorization" in told.headers["access-control-allow-headers"]
        wrong = {**asked, "Access-Control-Request-Method": "DELETE"}
        assert send(hooks.port, "OPTIONS", ADDRESS, wrong).status == 405
        assert send(hooks.port, "OPTIONS", ADDRESS, {**asked, "Origin": EVIL}).status == 403
        assert send(hooks.port, "OPTIONS", ADDRESS, {}).status == 405


def test_h18_point_3_the_token_is_asked_for_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PLANNER_HOOKS_TOKEN", TOKEN)
    with hooking(token="environment", origin=(EHR,)) as hooks:
        for given in ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \xe9"):
            headers = {"Authorization": given.encode("latin-1").decode("latin-1")}
            told = hooks.get(**headers)
            assert told.status == hooks.post(CALL, headers=headers).status == 401
            assert told.headers["www-authenticate"] == "Bearer"
        assert hooks.get().status == 401
        assert hooks.get(Authorization=f"bearer {TOKEN}").status == 200
        assert hooks.post(CALL, headers={"Authorization": f"Bearer {TOKEN}"}).status == 200
        asked = {"Origin": EHR, "Access-Control-Request-Method": "POST"}
        assert send(hooks.port, "OPTIONS", ADDRESS, asked).status == 204  # bears no token


def test_h18_a_token_is_not_short_and_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in (None, "", "short", "é" * 20):
        if given is None:
            monkeypatch.delenv("FL_PLANNER_HOOKS_TOKEN", raising=False)
        else:
            monkeypatch.setenv("FL_PLANNER_HOOKS_TOKEN", given)
        with pytest.raises(InputRefused) as wrong:
            read_token("environment")
        assert wrong.value.code == "hooks.token"
        assert given is None or not given or given not in str(wrong.value)
    monkeypatch.setenv("FL_PLANNER_HOOKS_TOKEN", TOKEN)
    assert TOKEN not in repr(read_token("environment"))
    assert read_token(None) is None


def test_h18_a_token_may_be_in_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    monkeypatch.setattr(keyring, "get_password", lambda service, _: f"{service} {TOKEN}")
    found = read_token("keyring")
    assert found is not None
    assert found.secret == f"fl-planner hooks {TOKEN}"


def test_h18_point_3_origins_and_hosts_are_exact() -> None:
    for wrong in (
        "*", "null", "http://ehr.example", "https://ehr.example/", "https://EHR.example",
        "https://a@ehr.example", "ehr.example", "https://*.example", "https://",
    ):  # fmt: skip
        with pytest.raises(InputRefused, match="--origin"):
            read_origins([wrong])
    for wrong in ("*", "https://cds.example", "cds.example/", "CDS.example", "", "a b"):
        with pytest.raises(InputRefused, match="--host"):
            read_hosts([wrong])


def test_h18_point_4_sizes_types_and_methods_have_limits(hooks: Hooks) -> None:
    with closing(socket.create_connection(("127.0.0.1", hooks.port), timeout=10)) as line:
        line.sendall(head(hooks.port, *LENGTH))  # and not a byte of the body
        assert line.recv(100).split()[1] == b"413"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert hooks.post(CALL, headers={"Content-Type": kind}).status == 415
    kind = "application/json; charset=utf-8"
    assert hooks.post(CALL, headers={"Content-Type": kind}).status == 200
    assert hooks.get("/" + "a" * 8200).status == 414
    for method in ("PUT", "DELETE", "PATCH"):
        assert send(hooks.port, method, ADDRESS, {}).status == 405
    wrong = head(hooks.port, "Content-Type: application/json", "Content-Length: -5")
    assert send_raw(hooks.port, wrong).split()[1] == b"400"


def test_h18_point_4_what_is_too_large_is_refused_while_it_comes() -> None:
    with hooking(limited(body_bytes=100_000)) as hooks:
        given = head(hooks.port, "Content-Type: application/json", "Transfer-Encoding: chunked")
        body = b" " * 200_000
        with closing(socket.create_connection(("127.0.0.1", hooks.port), timeout=10)) as line:
            line.sendall(given + f"{len(body):x}\r\n".encode() + body + b"\r\n")
            assert read_all(line).split()[1] == b"413"


def test_h18_points_5_and_10_nothing_of_a_call_is_stored(tmp_path: Path) -> None:
    """A process whose folders for temporary files are watched."""
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-m", "fl_planner", "hooks", "--as-of", "2026-11-20"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=env
    ) as ran:
        try:
            assert ran.stderr is not None
            line = ran.stderr.readline()
            hooks = Hooks(int(line.split("127.0.0.1:")[1].split("/")[0]))
            assert len(hooks.post(CALL).json()["cards"]) == 5
            assert "5 cards" in ran.stderr.readline()
            assert [*tmp_path.iterdir()] == []
            ran.send_signal(signal.SIGTERM)
            out, err = ran.communicate(timeout=30)
        finally:
            ran.kill()
    assert (ran.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_h18_points_7_and_8_every_answer_bears_the_policy(hooks: Hooks) -> None:
    told = [hooks.get(), hooks.get("/nowhere"), hooks.post(CALL), hooks.post(b"{")]
    told += [hooks.get(Host="evil.example"), hooks.get(Origin=EVIL)]
    assert [one.status for one in told] == [200, 404, 200, 400, 421, 403]
    for one in told:
        for name, value in HEADERS.items():
            assert one.headers[name] == value
        assert one.headers["content-type"] == "application/json"
        assert "server" not in one.headers
        assert "set-cookie" not in one.headers


def test_h18_point_9_no_identifier_is_in_a_log_or_a_refusal() -> None:
    name = "Zwetschgenmeier"
    person = {**PERSON, "id": name, "name": [{"family": name}], "birthDate": "1951-02-03"}
    lost = {**stated("crlm_present", valueBoolean=True), "subject": {"reference": "Patient/x"}}
    with hooking() as hooks:
        prefetch = as_prefetch([person], name)
        answers = [hooks.post(as_call({**prefetch, "patient": person}, name))]
        answers.append(hooks.post(as_call({**prefetch, "reports": lost}, name)))
        answers.append(hooks.post(as_call(prefetch, f"{name}2")))
        answers.append(hooks.post(as_call({**prefetch, "patient": None}, name)))
        answers.append(hooks.post(as_call({}, f"{name} / ")))
        answers.append(hooks.get(f"/cds-services/{name}"))
        lines = [*hooks.lines]
    assert len(lines) == 5
    for text in (*lines, *(one.body.decode() for one in answers)):
        assert name not in text
        assert "1951" not in text


def test_h18_point_11_one_call_after_the_other_then_503() -> None:
    def slow(_: HookService, __: str) -> tuple[()]:
        running.append(1)
        most.append(len(running))
        time.sleep(0.4)
        running.pop()
        return ()

    running: list[int] = []
    most: list[int] = []
    with pytest.MonkeyPatch.context() as patch, hooking(limited(job_s=1.0)) as hooks:
        patch.setattr(HookService, "list_cards", slow)
        with ThreadPoolExecutor(8) as pool:
            told = [*pool.map(hooks.post, [CALL] * 8)]
    assert max(most) == 1
    assert {one.status for one in told} == {200, 503}
    late = next(one for one in told if one.status == 503)
    assert late.headers["retry-after"] == "2"


def test_h18_point_12_header_and_body_have_deadlines() -> None:
    with hooking(limited(header_s=0.5, body_s=0.5)) as hooks:
        began = time.monotonic()
        half = head(hooks.port)[:-4]
        assert send_raw(hooks.port, half) == b""
        body = head(hooks.port, "Content-Type: application/json", "Content-Length: 50")
        assert send_raw(hooks.port, body + b"{").split()[1] == b"408"
        assert time.monotonic() - began < 10


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    for words, reason in (
        (("--origin", "*"), "not an origin"),
        (("--host", "cds.example"), "requires a token"),
        (("--feedback", tmp_path / "none" / "log.jsonl"), "cannot be written"),
        (("--fhir-map", tmp_path / "none.toml"), "none.toml"),
    ):
        ran = ask("hooks", *words)
        assert (ran.status, ran.out) == (2, "")
        assert reason in ran.err
