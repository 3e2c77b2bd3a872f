"""What two collections hold, and each place where they differ."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

# a screening log's listing is compared in its stead; a cohort's run tells seconds and file times
LOGS = (".sqlite", ".sqlite-journal", ".sqlite-wal", "log.xlsx", "cohort.log", "inputs.json")
MOMENT = rb"T\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"
OPENED = re.compile(rb'(?<="opened_s": )[\d.]+')  # moment in seconds, of the page
HASH = rb"[0-9a-f]{64}"  # of an entry of a log, so of its moment too: in JSON, and in CSV
CHAINED = re.compile(rb'(?<="chain": ")%b|(?<="head": ")%b|(?<=,)%b(?=,[01]\b)' % ((HASH,) * 3))
WIDTH = 160
# hashes and ids made of texts, such as those of a protocol
OF_TEXTS = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# what stays of a text aside from its words: numbers, and codes such as `mask.empty` and `flr_ml`
VALUE = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?|\b[a-z0-9]+(?:[._][a-z0-9]+)+\b")


@dataclass(frozen=True, slots=True)
class Difference:
    """A scene, or one of its files, that is not the same, and where.

    `in_texts`: whether only words of texts differ, and no number, code, key or file.
    """

    scene: str
    file: str
    what: str
    in_texts: bool = False

    def __str__(self) -> str:
        """Say it as a line or several."""
        return f"{self.scene}{self.file}: {self.what}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of collected outputs."""

    folder: Path
    about: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Kept:
        """Open a folder that `collect` has filled."""
        return cls(folder, json.loads((folder / "about.json").read_text("utf-8")))

    def scenes(self) -> set[str]:
        """Name the scenes that were played."""
        runs = self.folder / "runs"
        return {path.parent.relative_to(runs).as_posix() for path in runs.rglob("1.command")}

    def files(self, scene: str) -> dict[str, Path]:
        """List the files of a scene by their name in it."""
        home = self.folder / "runs" / scene
        every = (path for path in home.rglob("*") if path.is_file() and not path.is_symlink())
        return {f"/{path.relative_to(home).as_posix()}": path for path in every}

    def read(self, path: Path) -> bytes:
        """Read a file, without what must differ: version, the folder, moments of the run."""
        content = path.read_bytes()
        version = re.escape(self.about["version"].encode())
        content = re.sub(rb"(?<![\d.])" + version + rb"(?![\d.])", b"VERSION", content)
        content = content.replace(self.about["folder"].encode(), b"FOLDER")
        for day in self.about["days"]:
            content = re.sub(day.encode() + MOMENT, b"MOMENT", content)
        return CHAINED.sub(b"HASH", OPENED.sub(b"MOMENT", content))


def compare(before: Kept, after: Kept, only: re.Pattern[str]) -> Iterator[Difference]:
    """Find each scene or file that is missing, new or not the same."""
    old, new = before.scenes(), after.scenes()
    for scene in sorted(one for one in old | new if only.search(one)):
        if scene not in new:
            yield Difference(scene, "", "was not played after")
        elif scene not in old:
            yield Difference(scene, "", "was not played before")
        else:
            yield from _compare_scene(before, after, scene)


def _compare_scene(before: Kept, after: Kept, scene: str) -> Iterator[Difference]:
    old, new = before.files(scene), after.files(scene)
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference(scene, name, "is missing after")
        elif name not in old:
            yield Difference(scene, name, "was not there before")
        elif not name.endswith(LOGS):
            first, second = before.read(old[name]), after.read(new[name])
            if first != second:
                in_texts = leave_out_texts(name, first) == leave_out_texts(name, second)
                yield Difference(scene, name, _first_place(first, second), in_texts)


def leave_out_texts(name: str, content: bytes) -> object:
    """Return what an output says aside from its words, which may be reworded.

    Of JSON and of a table, all remains but texts of several words, of which numbers and codes
    remain; of any other text, its numbers and codes in their order, whatever its lines. Hashes are
    left out, because the hash of a reworded protocol differs; bytes that are no text remain.
    """
    try:
        text = OF_TEXTS.sub("HASH", content.decode())
    except UnicodeDecodeError:
        return content
    if name.endswith(".csv"):
        return [[_reduce(cell) for cell in row] for row in csv.reader(StringIO(text))]
    try:
        return _reduce(json.loads(text))
    except ValueError:
        return VALUE.findall(text)


def _reduce(value: Any) -> Any:
    match value:
        case str():
            return VALUE.findall(value) if " " in value else value
        case list():
            return [_reduce(one) for one in value]
        case dict():
            return {key: _reduce(one) for key, one in value.items()}
    return value


def _first_place(first: bytes, second: bytes) -> str:
    """Say where two contents begin to differ."""
    try:
        return _first_line(first.decode(), second.decode())
    except UnicodeDecodeError:
        pairs = zip(first, second, strict=False)
        at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
        return f"differs from byte {at} on ({len(first)} and {len(second)} bytes)"


def _first_line(first: str, second: str) -> str:
    old, new = first.splitlines(keepends=True), second.splitlines(keepends=True)
    most = max(len(old), len(new))
    old, new = ([*lines, *[""] * (most - len(lines))] for lines in (old, new))
    wrong = [n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    at = wrong[0]
    pairs = zip(old[at], new[at], strict=False)
    column = next((n for n, (a, b) in enumerate(pairs) if a != b), 0)
    begin = max(0, column - WIDTH // 2)
    shown = [repr(line[begin : begin + WIDTH]) for line in (old[at], new[at])]
    return f"line {at + 1} of {most}, {len(wrong)} differ\n  - {shown[0]}\n  + {shown[1]}"
