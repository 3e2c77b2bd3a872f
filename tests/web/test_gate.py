"""Points 1 to 4 and 8 of the page: who may ask, and how much, over a real socket."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from errno import ENETUNREACH
from http.client import HTTPConnection
from pathlib import Path

import pytest

from fl_planner.web.gate import POLICY, UNKNOWN, can_distinguish_users, check_user
from fl_planner.web.limits import LIMITS
from fl_planner.web.server import bind
from tests.browsers import run_apart
from tests.cases import each_case, of_many, sure
from tests.cli.outside import ask
from tests.web.served import BOUNDARY, Server, as_form, read_all, send, send_raw, serving

EVIL = "http://evil.example"
STATIC = Path(__file__).parents[2] / "fl_planner" / "web" / "static"
# an interpreter that any user may run: one in a home folder is not
COMMON = next(filter(os.path.exists, ("/usr/bin/python3", os.path.realpath(sys.executable))))
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


def test_h18_page_1_no_other_address_of_this_computer_is_listened_to(server: Server) -> None:
    with pytest.raises(ConnectionRefusedError):  # 127.0.0.2 reaches what listens everywhere
        socket.create_connection(("127.0.0.2", server.port), timeout=5).close()


ASK = """
import socket, sys
family, source, address, port, request = sys.argv[1:]
with socket.socket(getattr(socket, family)) as line:
    if source:
        line.bind((source, 0))
    line.settimeout(20)
    try:
        line.connect((address, int(port)))
    except ConnectionRefusedError:
        sys.exit(print("not listened to"))
    line.sendall(request.format(port=port).replace("|", chr(13) + chr(10)).encode())
    print(line.recv(65536).decode().split()[1])
"""
READ = "GET / HTTP/1.1|Host: 127.0.0.1:{port}|Connection: close||"
CHANGE = "POST /cases HTTP/1.1|Host: 127.0.0.1:{port}|Content-Length: 0|Connection: close||"
WAYS = {  # family, own address, address that is asked
    "IPv4": ("AF_INET", "", "127.0.0.1"),
    "another address of its own": ("AF_INET", "127.0.0.7", "127.0.0.1"),
    "IPv4 by a socket of IPv6": ("AF_INET6", "", "::ffff:127.0.0.1"),
    "that from another address": ("AF_INET6", "::ffff:127.0.0.7", "::ffff:127.0.0.1"),
}


def ask_as(user: int, *words: str) -> str:
    """Ask the page from a process of another user."""
    asked = [COMMON, "-I", "-c", ASK, *words]
    told = subprocess.run(asked, user=user, cwd="/", capture_output=True, text=True, check=True)
    return told.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as somebody else")
@each_case("way", of_many(["IPv4", "that from another address"], WAYS))
def test_h18_page_1_another_user_of_this_computer_is_refused(
    way: tuple[str, str, str], server: Server
) -> None:
    for request in (READ, CHANGE):
        assert ask_as(65534, *way, str(server.port), request) == "403"
    assert ask_as(0, *way, str(server.port), READ) == "200"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as somebody else")
def test_h18_page_1_ipv6_is_not_listened_to(server: Server) -> None:
    for user in (65534, 0):
        told = ask_as(user, "AF_INET6", "", "::1", str(server.port), READ)
        assert told == "not listened to"


def test_h18_page_1_who_is_not_known_is_refused() -> None:
    assert can_distinguish_users()  # on any Linux
    with closing(socket.create_server(("127.0.0.1", 0))) as ours:
        address = ours.getsockname()
        for family, _, host in WAYS.values():
            client = socket.socket(getattr(socket, family))
            client.connect((host, address[1]))
            here, end = ours.accept()
            assert check_user(end, address) == ""
            client.close()  # the kernel says of it that it is root's from now on
            assert check_user(end, address) == UNKNOWN
            here.close()
            assert check_user(end, address) == UNKNOWN
    assert check_user(None, address) == UNKNOWN


def test_h18_page_1_a_user_is_looked_up_once_per_connection(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []

    def look_up(client: tuple[str, int], _: tuple[str, int]) -> set[int]:
        looked_up.append(client)
        return {os.geteuid() if len(looked_up) != 1 else 65534}

    monkeypatch.setattr("fl_planner.web.gate._find_users", look_up)
    told = []
    for _ in range(2):
        with closing(HTTPConnection("127.0.0.1", server.port)) as line:
            for _ in range(3):
                line.request("GET", "/page.js")
                answer = line.getresponse()
                answer.read()
                told.append(answer.status)
    assert told == [403, 200, 200, 200, 200, 200]  # a refused caller is looked up again
    assert len(looked_up) == 3
    assert looked_up[0] == looked_up[1] != looked_up[2]


def test_small_replies_are_sent_without_delay() -> None:
    """Or a reply waits some 40 ms for the browser to confirm its header."""
    delayed = []

    async def look(_: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        ours = line.get_extra_info("socket")
        delayed.append(not ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        line.close()

    async def call() -> None:
        with closing(bind(0)) as bound:
            async with await asyncio.start_server(look, sock=bound):
                reader, line = await asyncio.open_connection(*bound.getsockname())
                await reader.read()
                line.close()

    run_apart(call)
    assert delayed == [False]


def test_scripts_are_requested_together(server: Server) -> None:
    """A module that is not announced is requested only once another names it."""
    page = server.browser().get("/").body.decode()
    announced = re.findall(r'<link rel="modulepreload" href="/([a-z0-9]+\.js)">', page)
    modules = {one.name for one in STATIC.glob("*.js")} - {"theme.js"}
    assert sorted(announced) == sorted(modules)
    assert '<script src="/theme.js">' in page


def test_no_spell_checker_and_no_translator_is_used(server: Server) -> None:
    """Browsers may do both on other computers, and a translation is not checked."""
    page = server.browser().get("/").body.decode()
    (head,) = re.findall(r"<html [^>]*>", page)
    assert 'lang="en" translate="no" spellcheck="false"' in head


def test_h18_page_1_a_system_that_does_not_state_users_states_this(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("fl_planner.web.gate.TABLES", (tmp_path / "tcp", tmp_path / "tcp6"))
    monkeypatch.setattr("fl_planner.web.server.serve", lambda _, ready: ready("http://address/"))
    can_distinguish_users.cache_clear()
    try:
        told = ask("serve", "--no-open", "--quiet").err
    finally:
        monkeypatch.undo()
        can_distinguish_users.cache_clear()
    assert "anyone who is logged in can open the page" in " ".join(told.split())


def test_a_computer_without_its_loopback_interface_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in some containers, where a port can be bound, but not reached."""

    def fail(_: object) -> None:
        raise OSError(ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr("fl_planner.web.server.serve", lambda _, ready: ready("http://address/"))
    can_distinguish_users.cache_clear()
    monkeypatch.setattr(socket, "create_connection", fail)
    ran = ask("serve", "--no-open", "--quiet")
    can_distinguish_users.cache_clear()
    said = " ".join(ran.err.split())
    assert ran.status == 2
    assert "cannot be reached from this computer: Network is unreachable; activate the loop" in said


def test_h18_page_2_another_host_is_refused_before_any_address(server: Server) -> None:
    ours, evil = f"127.0.0.1:{server.port}", f"evil.example:{server.port}"
    for host in ("evil.example", evil, "127.0.0.1", f"{ours}.", f"127.0.0.1@{evil}", ""):
        for method in METHODS:
            for address in ("/", "/cases", "/nowhere"):
                assert send(server.port, method, address, {"Host": host}).status == 421, host


def test_h18_page_2_two_hosts_or_none_are_refused(server: Server) -> None:
    ours = f"Host: 127.0.0.1:{server.port}\r\n"
    for hosts in (f"{ours}Host: evil.example\r\n", ""):
        told = send_raw(server.port, f"GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        assert told.split()[1] in (b"400", b"421")
        assert b"token" not in told


def test_h18_page_2_its_own_names_are_answered(server: Server) -> None:
    for host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}"):
        assert send(server.port, "GET", "/", {"Host": host}).status == 200


def test_h18_page_3_a_change_needs_cookie_token_and_origin(server: Server) -> None:
    browser, other = server.browser(), server.browser()
    ours = browser.headers()
    assert browser.cookie != other.cookie
    wrong = (
        {**ours, "Origin": EVIL},
        {**ours, "Origin": "null"},
        {**ours, "Origin": f"http://localhost:{server.port}"},  # and asked by 127.0.0.1
        {**ours, "X-FL-Planner-Token": "0" * 64},
        {**ours, "X-FL-Planner-Token": other.token},
        {**ours, "X-FL-Planner-Token": ""},
        {**ours, "Cookie": other.cookie},
        {**ours, "Cookie": ""},
        {name: told for name, told in ours.items() if name != "Origin"},
        {name: told for name, told in ours.items() if name != "X-FL-Planner-Token"},
    )
    body, kind = as_form({"sample": "crlm"})
    for headers in wrong:
        told = send(server.port, "POST", "/cases", {**headers, "Content-Type": kind}, body)
        assert told.status == 403
    assert len(browser.get("/cases").json()) == 1  # that of the command line


def test_h18_page_3_no_other_origin_may_read_and_no_get_changes(server: Server) -> None:
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    for method, status in (("OPTIONS", 405), ("GET", 200)):
        told = send(server.port, method, "/cases", asked)
        assert told.status == status
        assert not [name for name in told.headers if name.startswith("access-control")]
    case = server.browser().get("/cases").json()[0]["id"]
    for what in ("cancel", "close"):
        assert server.browser().get(f"/cases/{case}/{what}").status == 405
    assert server.browser().get(f"/cases/{case}").status == 200


def test_h18_page_3_the_cookie_is_kept_from_other_sites_and_scripts(server: Server) -> None:
    told = send(server.port, "GET", "/", {}).headers["set-cookie"].lower()
    assert "samesite=strict" in told
    assert "httponly" in told


def test_h18_page_4_what_is_too_large_is_refused_while_it_comes(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, body_bytes=200_000)) as server:
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
        head = server.browser().head(kind, "Transfer-Encoding: chunked")
        part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        body = part.encode() + b"x" * 300_000
        with closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as line:
            line.sendall(head + f"{len(body):x}\r\n".encode() + body + b"\r\n")
            assert read_all(line).split()[1] == b"413"
        assert server.dropped() == []


def test_h18_page_4_parts_words_address_and_kind_have_limits(server: Server) -> None:
    browser = server.browser()
    words = {f"w{n}": "x" for n in range(51)}
    assert browser.post("/cases", words).status == 413
    assert browser.post("/cases", {"sample": "x" * (64 * 1024 + 1)}).status == 413
    assert browser.get("/" + "a" * 8200).status == 414
    assert browser.get("/?" + "a" * 8200).status == 414
    for place in ("cuts/axial", "surfaces", "shells", "draft-outlines/axial"):
        for digits in ("9" * 5000, "9"):  # of a case that is not open
            assert browser.get(f"/cases/0/{place}/{digits}").status == 404, place
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", ""):
        assert browser.post("/cases", {}, **{"Content-Type": kind}).status == 415
    for boundary in ("", "x" * 71, "another"):
        kind = f"multipart/form-data; boundary={boundary}"
        assert browser.post("/cases", {}, **{"Content-Type": kind}).status in (400, 415)
    assert server.dropped() == []


def test_h18_page_7_nothing_is_asked_of_another_computer() -> None:
    for path in STATIC.iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|wss?://|@import|url\(|//[a-z0-9-]+\.[a-z]", text), (
            path.name
        )


def test_h18_page_8_every_answer_bears_the_policy(server: Server) -> None:
    browser = server.browser()
    answer = f"/cases/{browser.first()}/answer"
    addresses = ("/", "/page.js", "/cases", answer, "/nowhere", "/" + "a" * 9000)
    told = [browser.get(address) for address in addresses]
    told += [send(server.port, "GET", "/", {"Host": "evil.example"}), browser.post("/nowhere")]
    told += [browser.post("/cases", {}, **{"Content-Type": "text/plain"})]
    assert [one.status for one in told] == [200, 200, 200, 200, 404, 414, 421, 404, 415]
    for one in told:
        assert one.headers["content-security-policy"] == POLICY
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["referrer-policy"] == "no-referrer"
        assert one.headers["cache-control"] == "no-store"
        assert "server" not in one.headers


def test_h18_page_8_the_policy_lets_no_inline_script_run() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules == {
        "default-src": "'self'",
        "script-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


# ---- what one script of the page lends to others

TAKES = "Object.assign(this, page"  # in the constructors of classes that take all that is lent
METHOD = re.compile(r"^  (?:async |get )?(\w+)\(.*\{$", re.MULTILINE)


def test_nothing_lent_replaces_a_method_of_the_class_that_takes_it() -> None:
    """The question of a button was not opened: `choose` was that of the page."""
    lent = sure(re.search(r"const lent = \{(.*)\};", (STATIC / "page.js").read_text("utf-8")))
    names = {one.partition(":")[0].strip() for one in lent[1].split(",")}
    takers = [one for one in STATIC.glob("*.js") if TAKES in one.read_text("utf-8")]
    assert len(takers) > 3
    for script in takers:
        methods = {*METHOD.findall(script.read_text("utf-8"))}
        assert methods, script.name
        assert not names & methods, script.name
