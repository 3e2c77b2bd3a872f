"""Points of the page over a case in three steps: files are sent, checked, then planned.

Point 6 is in `test_drop.py`; the gate before every step (1, 2, 8, 12) in `test_gate.py`; in a
browser every test shows that no other computer is asked (7).
"""

from __future__ import annotations

import json
import shutil
import socket
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import clean_name
from fl_planner.given.file_roles import ROLES
from fl_planner.web.case import OpenCase
from fl_planner.web.form import Form, keep
from fl_planner.web.limits import LIMITS
from tests.cases import of_many
from tests.cli.outside import Cube, ask
from tests.niftis import both_forms, nifti
from tests.shared import shared
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


# ---- bad inputs at both doors


ANSWERS = {
    "--remnant-segments": "remnant_segments",
    "--scheme": "scheme",
    "--diagnosis": "diagnosis",
}
TYPED = ("volume", "plan")  # verbs whose inputs the page takes
NOT_ON_PAGE = {"--resample", "--facts", "--plane"}  # options that its form does not offer
PARTS = 8  # the corpus in parts, so that two processors share it
LEAST = 300  # cases that both doors take


@dataclass(frozen=True)
class BadInput:
    """A case of the corpus as typed at the command line.

    - `roles`: role of the page, file and name, in the order of the options.
    - `told`: other answers of the form.
    """

    id: str
    folder: Path
    roles: tuple[tuple[str, str, str], ...]
    told: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> BadInput | None:
        """Read a case; None where the form of the page cannot ask for it."""
        case = json.loads((folder / "case.json").read_text("utf-8"))
        args, told = [*case["args"]], dict[str, Any]()
        roles = [(role, one, "") for role, of in case["files"].items() for one in as_list(of)]
        if case.get("verb", "volume") not in TYPED or NOT_ON_PAGE & {*args} or case["prepare"]:
            return None  # a browser sends files only: no FIFO, link or file without permission
        if args and not args[0].startswith("--"):  # a case file, which needs no form
            return None
        while args:
            option = args.pop(0)
            if option == "--no-tumour":
                told["no_tumour"] = True
            elif option == "--exclude":
                name, _, file = args.pop(0).rpartition("=")
                roles.append(("exclude", Path(file).name, name))
            else:
                told[ANSWERS[option]] = args.pop(0)
        return cls(case["id"], folder, tuple(roles), told)

    def typed(self) -> tuple[str, str, list[str]]:
        """Plan it at the command line: state, code of the refusal, codes of the findings."""
        words = [f"--{role}={n and f'{n}='}{self.folder / file}" for role, file, n in self.roles]
        words += ["--no-tumour"] if "no_tumour" in self.told else []
        words += [f"{o}={self.told[key]}" for o, key in ANSWERS.items() if key in self.told]
        return outcome(ask("plan", *words, "--json").record)

    def dropped(self, place: Path) -> tuple[str, str, list[str]]:
        """Drop it on the page, and confirm the same roles."""
        kept, names, held = place / "case", dict[str, str](), OpenCase()
        unusable = set[str]()
        kept.mkdir()
        try:
            for file in sorted(one for one in self.folder.rglob("*") if one.is_file()):
                if file.name != "case.json":
                    where = file.relative_to(self.folder)
                    names[str(where)] = drop(file, where, kept)
            roles = [
                {"file": names.get(file, file), "role": role, "name": name}
                for role, file, name in self.roles
            ]
            held.check(kept)
            rows = {one["file"]: one for one in held.checked()["told"]["files"]}
            found = [rows[one["file"]] for one in roles if one["file"] in rows]
            unusable = {one["refusal"]["code"] for one in found if one["status"] == "refused"}
            held.open_answers(kept, json.dumps({**self.told, "roles": roles}), {})
        except InputRefused as refused:
            by_row = not unusable or refused.code in unusable  # its row says so before
            return "refused", refused.code if by_row else f"not as in rows: {unusable}", []
        assert not unusable, self.id
        return outcome(json.loads(held.record()))


def drop(file: Path, where: Path, kept: Path) -> str:
    """Drop a file, in its folder where it is in one; give the name that it has on the page."""
    place, before = kept.parent / "sent", {*kept.rglob("*")}
    place.mkdir()
    sent = place / clean_name(file.name)
    shutil.copyfile(file, sent)
    words = {"folder": where.parts[0]} if len(where.parts) > 1 else {}
    try:
        for refused in keep(Form(words, [sent]), kept, LIMITS):
            raise refused
    finally:
        shutil.rmtree(place)
    (new,) = (one for one in kept.rglob("*") if one.is_file() and one not in before)
    return new.name


def outcome(record: dict[str, Any]) -> tuple[str, str, list[str]]:
    code = (record["refusal"] or {}).get("code", "")
    return record["status"], code, [one["code"] for one in record.get("findings", ())]


def as_list(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[BadInput]:
    place = tmp_path_factory.mktemp("open")
    with tarfile.open(shared("badinputs", "open.tar.gz")) as packed:
        packed.extractall(place, filter="data")
    read = (BadInput.read(one) for one in sorted(place.iterdir()))
    return [one for one in read if one is not None]


def differences(some: list[BadInput], place: Path) -> Iterator[str]:
    for number, one in enumerate(some):
        (place / str(number)).mkdir()
        typed, dropped = one.typed(), one.dropped(place / str(number))
        shutil.rmtree(place / str(number))
        if typed != dropped:
            yield f"{one.id}: typed {typed}, dropped {dropped}"


def test_the_corpus_is_taken_by_both_doors(corpus: list[BadInput]) -> None:
    assert len(corpus) >= LEAST
    assert {role for one in corpus for role, *_ in one.roles} <= ROLES.keys()


@pytest.mark.parametrize("part", of_many([0, 3], range(PARTS)))
def test_h13_what_the_command_line_refuses_the_page_refuses(
    part: int, corpus: list[BadInput], tmp_path: Path
) -> None:
    assert [*differences(corpus[part::PARTS], tmp_path)] == []
