"""Every code of a refusal or a finding stands in docs/codes.md, and no other does."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE, PAGE = PROJECT / "fl_planner", PROJECT / "docs" / "codes.md"
LEVELS = {"refused", "error", "warning", "info"}

CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
ROW = re.compile(r"\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
SENTENCE_END = re.compile(r"[.?!](?:\s|$)")
# texts of the same form that are no codes: names of files, rooms, hosts, settings of matplotlib
NO_CODES = re.compile(
    r".*\.(?:toml|json|png|nii|csv|md|txt|html|xml|dcm|typ|stl)|fl_planner\..*|svg\..*"
)
# and texts with a blank in them that are messages, names of files or of thresholds
NO_TEMPLATES = {
    "facts.{}", "{}.toml", "{}.{}_{}", "{}{}.{}", "{}.{}", "{}.stl", "{}.", "cuts.{}", "surface.{}",
    "contact_sheet.{}",
}  # fmt: skip


@cache
def literals() -> tuple[tuple[str, str], ...]:
    """List every text of the package, with {} for what is put in, and where it stands."""
    return tuple(_literals())


def _literals() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(PROJECT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, where
            elif isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
                yield "".join(map(str, parts)), where


def codes_of_trials() -> Iterator[tuple[str, str]]:
    """Give the codes that trials report beside their criteria."""
    for path in sorted(PACKAGE.rglob("*.toml")):
        for criterion in tomllib.loads(path.read_text("utf-8")).get("criterion", ()):
            if "beside" in criterion:
                yield criterion["beside"]["code"], f"{path.name} {criterion['id']}"


def in_source() -> dict[str, str]:
    """Find every code, and where it first stands."""
    found: dict[str, str] = {}
    for text, where in (*literals(), *codes_of_trials()):
        if CODE.fullmatch(text) and not NO_CODES.fullmatch(text):
            found.setdefault(text, where)
    return found


def templates() -> dict[str, str]:
    """Find every code that is put together, `contradiction.{}`."""
    form = re.compile(r"(?:[a-z_]+|\{\})\.(?:[a-z_]*(?:\{\})?)+")
    return {
        text: where
        for text, where in literals()
        if "{}" in text and form.fullmatch(text) and text not in NO_TEMPLATES
    }


def on_page() -> dict[str, tuple[str, str, str]]:
    """Read the rows of the page: level, cause, remedy by code."""
    rows = [ROW.fullmatch(line) for line in PAGE.read_text("utf-8").splitlines()]
    listed = [(row[1], (row[2], row[3], row[4])) for row in rows if row]
    assert len(dict(listed)) == len(listed), "a code stands twice"
    return dict(listed)


def pattern(template: str) -> re.Pattern[str]:
    """Match what a code that is put together may be, `implausible.<fact>` too."""
    return re.compile(re.escape(template).replace(r"\{\}", r"(?:[a-z0-9_]+|<[a-z]+>)"))


def find_missing(
    source: Mapping[str, str], put_together: Mapping[str, str], page: Mapping[str, object]
) -> list[str]:
    """List the codes of the source that the page lacks."""
    missing = [f"{code} ({where})" for code, where in source.items() if code not in page]
    for template, where in put_together.items():
        if not any(pattern(template).fullmatch(code) for code in page):
            missing.append(f"{template} ({where})")
    return missing


def find_invented(
    source: Mapping[str, str], put_together: Mapping[str, str], page: Mapping[str, object]
) -> list[str]:
    """List the codes of the page that the source does not have."""
    possible = [pattern(template) for template in put_together]
    return [
        code
        for code in page
        if code not in source and not any(one.fullmatch(code) for one in possible)
    ]


def test_every_code_is_on_the_page() -> None:
    assert find_missing(in_source(), templates(), on_page()) == []


def test_the_page_lists_no_other() -> None:
    assert find_invented(in_source(), templates(), on_page()) == []


def test_a_missing_code_and_an_invented_one_are_seen() -> None:
    source, put_together = {"gzip.cut": "x.py:1"}, {"implausible.{}": "y.py:2"}
    assert find_missing(source, put_together, {}) == [
        "gzip.cut (x.py:1)",
        "implausible.{} (y.py:2)",
    ]
    page = {"gzip.cut": None, "implausible.<fact>": None, "gzip.other": None}
    assert find_missing(source, put_together, page) == []
    assert find_invented(source, put_together, page) == ["gzip.other"]


@pytest.mark.parametrize(
    "code", ["gzip.damaged", "geometry.sform_qform_differ", "borderline.rescue_30_percent"]
)
def test_codes_are_found_however_they_are_written(code: str) -> None:
    assert code in in_source() or any(pattern(one).fullmatch(code) for one in templates())


def test_rows_have_a_level_a_cause_and_a_remedy_in_two_sentences_at_most() -> None:
    for code, (level, cause, remedy) in on_page().items():
        assert set(level.strip().split(", ")) <= LEVELS, code
        for cell in (cause, remedy):
            assert cell.strip().endswith("."), code
            assert len(SENTENCE_END.findall(cell)) <= 2, code
