"""What the page is sent: `page.py ["drop" FILE ... | CASE.toml]`, each answer in JSON as it comes.

Files after `drop` are dropped, and what each is is asked; a case file is planned, and its answer,
what can be seen of it, and the lists of what can be taken away are asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

BOUNDARY = "----part"
KEPT = re.compile(r'"[0-9a-f]{12,64}"')  # what is drawn by lot: names of cases
QUESTIONS = ("answer", "scan")


class Visitor:
    """A browser of one page."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.headers = {"Origin": f"http://127.0.0.1:{port}"}
        page, cookie = self.ask("GET", "/")
        self.headers["Cookie"] = (cookie or "").partition(";")[0]
        found = re.search(rb'name="token" content="([0-9a-f]+)"', page)
        self.headers["X-FL-Planner-Token"] = found[1].decode() if found else ""

    def ask(self, verb: str, address: str, parts: Any = ()) -> tuple[bytes, str | None]:
        """Ask, with a form of parts where it is sent: a head and a content each."""
        headers = dict(self.headers)
        body = None
        if verb == "POST":
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            heads = (b"--" + BOUNDARY.encode() + b"\r\n" + head + b"\r\n\r\n" for head, _ in parts)
            each = zip(heads, (content for _, content in parts), strict=True)
            body = b"".join(head + content + b"\r\n" for head, content in each)
            body += f"--{BOUNDARY}--\r\n".encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(verb, address, body, headers)
        answer = connection.getresponse()
        return answer.read(), answer.headers.get("set-cookie")

    def read(self, verb: str, address: str, parts: Any = ()) -> Any:
        """Ask for JSON."""
        return json.loads(self.ask(verb, address, parts)[0])

    def wait(self, case: str) -> Any:
        """Wait for the end of the work on a case."""
        while (held := self.read("GET", f"/cases/{case}"))["state"] == "working":
            time.sleep(0.05)
        return held


def show(what: str, told: Any) -> None:
    """Print an answer, a value a line."""
    print(what, KEPT.sub('"LOT"', json.dumps(told, indent=1, ensure_ascii=False)))


def as_file(path: Path) -> tuple[bytes, bytes]:
    """Return a file as a part of a form."""
    head = f'Content-Disposition: form-data; name="files"; filename="{path.name}"'
    return head.encode(), path.read_bytes()


def visit(visitor: Visitor, words: list[str]) -> None:
    """Drop files, or look at the case that the page was opened with."""
    if words[0] == "drop":
        case = visitor.read("POST", "/cases")["id"]
        files = [as_file(Path(word)) for word in words[1:]]
        show("dropped", visitor.read("POST", f"/cases/{case}/files", files))
        visitor.read("POST", f"/cases/{case}/check")
        show("checked", visitor.wait(case))
        show("what each is", visitor.read("GET", f"/cases/{case}/check"))
        return
    case = visitor.read("GET", "/cases")[0]["id"]
    show("state", visitor.wait(case))
    for question in QUESTIONS:
        show(question, visitor.read("GET", f"/cases/{case}/{question}"))


def main() -> None:
    """Open the page, look, and close it."""
    words = sys.argv[1:]
    opened = [] if words[0] == "drop" else words
    command = [sys.executable, "-m", "fl_planner", "serve", *opened, "--no-open", "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as ran:
        try:
            assert ran.stderr is not None
            told = ran.stderr.readline()
            visit(Visitor(int(told.split("127.0.0.1:")[1].split("/")[0])), words)
        finally:
            ran.terminate()


main()
