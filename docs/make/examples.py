"""Examples on the pages, run while the site is built, so that they show the real output.

A block `run` holds commands, one a line; the site shows each with its output, and the build fails
where a command does. `run refused` must be refused; `run first=12` shows the first lines only. A
block `python-run` is a script of its own, shown with what it prints; of a block `notebook-run` the
last line is shown as a notebook shows it, tables and pictures too. A block
`file NAME` is written before the commands that follow it read it, and `picture NAME` shows a
PNG that a command before it drew, or the first page of a PDF, with its text for who cannot see it.
Every page has a folder of its own, with the bundled cases in `sample_data`. Commands are run in
forks of a process that has imported the program, and scripts in processes of their own.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Self

from benchmarks.same_outputs.warm import Warm

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = "fl-planner"
REFUSED = 2
SEEN = "seen.html"
ALONE = {
    "FL_PLANNER_NO_SETTINGS": "0",
    "NO_COLOR": "1",
    "COLUMNS": "80",
    "PYTHONPATH": str(PROJECT),
}
PATIENCE_S = 600
FIRST_PAGE = """\
#set page(width: auto, height: auto, margin: 0pt)
#image("{name}", page: 1, width: 210mm)
"""
PAGE_PPI = 110
_BLOCK = re.compile(
    r"^```(run|python-run|notebook-run|file|picture)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(r"(?:.*\\\n)*.+")  # a line, and those that go on behind a backslash


@dataclass(frozen=True, slots=True)
class Asked:
    """Options of a block `run`."""

    status: int = 0
    lines: int | None = None


def parse_asked(words: str) -> Asked:
    """Read the options after `run`.

    Examples
    --------
    >>> parse_asked(" refused first=5")
    Asked(status=2, lines=5)
    """
    asked = Asked()
    for word in words.split():
        name, _, value = word.partition("=")
        if word == "refused":
            asked = Asked(REFUSED, asked.lines)
        elif name == "first":
            asked = Asked(asked.status, int(value))
        else:
            raise ValueError(f"a block accepts refused or first=N, not {word!r}")
    return asked


@dataclass(frozen=True, slots=True)
class Examples:
    """Runs the examples of pages; `idle` are the processes that wait for the next command."""

    idle: SimpleQueue[Warm] = field(default_factory=SimpleQueue)

    def __enter__(self) -> Self:
        """Give itself; what waits is ended at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what waits for commands."""
        while not self.idle.empty():
            self.idle.get().stop()

    def run(self, page: str) -> str:
        """Run the examples of a page, and return the page with their output."""
        if not _BLOCK.search(page):
            return page
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "sample_data").symlink_to(PROJECT / "sample_data")
            return _BLOCK.sub(lambda found: self._replaced(found, folder), page)

    def _replaced(self, found: re.Match[str], folder: Path) -> str:
        kind, words, text = found.groups()
        if kind == "file":
            target = folder / words.strip()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            return f"`{words.strip()}`:\n\n```text\n{text}```"
        if kind == "picture":
            drawn = b64encode(_as_png(folder / words.strip())).decode()
            return f"![{' '.join(text.split())}](data:image/png;base64,{drawn})"
        asked = parse_asked(words)
        if kind == "python-run":
            printed = _run_script(text, asked, folder)
            return f"```python\n{text}```\n\n```text\n" + "\n".join(printed) + "\n```"
        if kind == "notebook-run":
            _run_script(_as_cell(text), asked, folder)
            html = (folder / SEEN).read_text("utf-8").replace("<th></th>", "<td></td>")
            seen = f'<div class="seen" tabindex="0">{html}</div>'
            return f"```python\n{text}```\n\n````{{raw}} html\n{seen}\n````"
        shown = [self._shown(command, asked, folder) for command in _COMMAND.findall(text)]
        return "```console\n" + "\n".join(shown) + "\n```"

    def _shown(self, command: str, asked: Asked, folder: Path) -> str:
        """Run one command, and format it with its output as on a terminal."""
        words = shlex.split(command.replace("\\\n", " "))
        if not words or words[0] != PROGRAM:
            raise ValueError(f"an example may run {PROGRAM} only, not {command!r}")
        try:
            warm = self.idle.get_nowait()
        except Empty:
            warm = Warm.start([sys.executable], {**os.environ, **ALONE})
        with tempfile.NamedTemporaryFile() as file:
            printed = Path(file.name)
            streams, own = [Path(os.devnull), printed, printed], {"XDG_CONFIG_HOME": str(folder)}
            status = warm.run(words[1:], folder, streams, PATIENCE_S, own)
            self.idle.put(warm)
            lines = _list_lines(status, printed.read_text("utf-8"), command, asked)
        return "\n".join([f"$ {command}", *lines, ""])


def _as_png(path: Path) -> bytes:
    """Return a PNG as it is, and of a PDF its first page."""
    if path.suffix != ".pdf":
        return path.read_bytes()
    import typst

    page = path.with_suffix(".typ")
    page.write_text(FIRST_PAGE.format(name=path.name), "utf-8")
    drawn: bytes = typst.compile(page, root=path.parent, format="png", ppi=PAGE_PPI)
    return drawn


def _as_cell(text: str) -> str:
    """Make a script write the notebook output of its last line."""
    *before, last = ast.parse(text).body
    if not isinstance(last, ast.Expr):
        raise ValueError(
            f"a notebook cell shows the value of its last line, but this line has no value:\n{text}"
        )
    lines = text.splitlines()[: last.lineno - 1] if before else []
    seen = f"({ast.unparse(last.value)})._repr_html_()"
    write = f"import pathlib; pathlib.Path({SEEN!r}).write_text({seen}, 'utf-8')"
    return "\n".join([*lines, write])


def _run_script(text: str, asked: Asked, folder: Path) -> list[str]:
    """Run a script in the page's folder, and list the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        env={**os.environ, **ALONE, "XDG_CONFIG_HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return _list_lines(str(done.returncode), done.stdout, "a script", asked)


def _list_lines(status: str, printed: str, command: str, asked: Asked) -> list[str]:
    """List the lines that an example prints, as many as asked for; its status must be expected."""
    if status != str(asked.status):
        raise RuntimeError(f"{command}: exit {status}, not {asked.status}\n{printed}")
    lines = [one.rstrip() for one in printed.rstrip("\n").splitlines()]
    if asked.lines is not None and len(lines) > asked.lines:
        lines = [*lines[: asked.lines], "..."]
    return lines
