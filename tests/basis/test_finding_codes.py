"""The registry of codes: each stands where it is raised and as one entry, at the same levels."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import fl_planner
from docs.make.code_registry import LEVELS, Code, parse_topic
from docs.make.codes import CHAPTERS, REGISTRY, as_pages, list_stale, read_topics
from fl_planner.basis.findings import Finding, Severity
from fl_planner.trials.plan_part import parse_bundled
from tests.basis.raised import Raise, Reader

PRINTED = re.compile(r"\(([a-z_]+\.[a-z_]+)\)\"")
PACKAGE = Path(fl_planner.__file__).parent
SENTENCE_END = re.compile(r"[.?!](?:\s|$)")
ENTRY = 'title = "Sizes"\n["size.small"]\nlevel = "{}"\ncause = "It is small."\nremedy = "Grow it."'


@cache
def registry() -> dict[str, Code]:
    every = [code for topic in read_topics() for code in topic.codes]
    assert len({code.name for code in every}) == len(every), "a code stands twice"
    return {code.name: code for code in every}


@cache
def raised() -> tuple[Raise, ...]:
    """List what the package raises, and what its trials report beside their criteria."""
    reader = Reader(PACKAGE)
    found = reader.read()
    assert reader.unclear == [], "write the code where it is raised"
    for path in sorted(PACKAGE.glob("trials/data/*.toml")):
        for criterion in parse_bundled(path.read_text("utf-8")).criteria:
            if beside := criterion.beside:
                level = frozenset({beside.severity.value})
                found.append(Raise(beside.code, level, f"{path.name} {criterion.id}"))
    return (*found, *find_printed())


def find_printed() -> list[Raise]:
    """Find the codes that the lines of a gateway's log state in brackets."""
    return [
        Raise(code, frozenset({"refused"}), path.name)
        for room in ("archive", "gateway")
        for path in sorted((PACKAGE / room).glob("*.py"))
        for code in PRINTED.findall(path.read_text("utf-8"))
    ]


def fits(raised: str, listed: str) -> bool:
    """Whether a code of the source, `implausible.{}`, may be that of an entry."""
    if "{}" not in raised:
        return raised == listed
    form = re.escape(raised).replace(r"\{\}", r"(?:[a-z0-9_]+|<[a-z]+>)")
    return re.fullmatch(form, listed) is not None


def find_unlisted(raised: Iterable[Raise], listed: Iterable[str]) -> list[str]:
    names = [*listed]
    missing = (one for one in raised if not any(fits(one.code, name) for name in names))
    return sorted({f"{one.code} ({one.where})" for one in missing})


def find_wrong(raised: Iterable[Raise], listed: Iterable[Code]) -> list[str]:
    """List the entries that nobody raises, or at other levels.

    A code that is put together has the levels of all that may come of it, and more than its own.
    """
    every = {level: [one for one in raised if level in one.levels] for level in LEVELS}
    wrong = []
    for entry in listed:
        exact = {n for n, those in every.items() if any(one.code == entry.name for one in those)}
        made = {n for n, those in every.items() if any(fits(one.code, entry.name) for one in those)}
        if exact != {*entry.levels} if exact else not {*entry.levels} <= made:
            wrong.append(f"{entry.name}: {', '.join(entry.levels)}, not {sorted(exact or made)}")
    return wrong


@pytest.mark.slow
@pytest.mark.essential
def test_every_code_that_is_raised_is_listed() -> None:
    assert find_unlisted(raised(), registry()) == []


@pytest.mark.slow
@pytest.mark.essential
def test_every_code_that_is_listed_is_raised_at_its_levels() -> None:
    # refused where a scheme is needed; a warning where `check` asks what a file would be
    warned = Raise("labels.which_scheme", frozenset({"warning"}), "intake/assessment.py")
    assert find_wrong((*raised(), warned), registry().values()) == []


SOURCE = """
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.findings import Finding, Severity

EMPTY = "size.empty"
ODD = (("size.long", 3), ("size.broad", 4))

def _find(code, what, severity=Severity.INFO):
    return Finding(code, severity, what)

def judge(size, name):
    if not size:
        raise InputRefused(EMPTY, "a", "b", "c")
    for code, limit in ODD:
        if size > limit:
            yield Finding(code, Severity.WARNING, "")
    yield _find("size.small" if size < 2 else f"size.{name}", "")
    yield _find("size.large", "", Severity.ERROR)
    try:
        judge(size)
    except InputRefused as other:
        yield Finding(other.code, Severity.WARNING, "")
    yield Finding(name(), Severity.WARNING, "")
"""


def test_codes_are_found_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "sizes.py").write_text(SOURCE, "utf-8")
    reader = Reader(tmp_path)
    found = {(one.code, *one.levels) for one in reader.read()}
    assert found == {
        ("size.empty", "refused"),
        ("size.long", "warning"),
        ("size.broad", "warning"),
        ("size.small", "info"),
        ("size.{}", "info"),
        ("size.large", "error"),
    }
    assert reader.unclear == [f"{tmp_path / 'sizes.py'}:23"]


def test_a_missing_code_an_invented_one_and_another_level_are_seen() -> None:
    there = [
        Raise("gzip.cut", frozenset({"refused"}), "x.py:1"),
        Raise("implausible.{}", frozenset({"warning", "info"}), "y.py:2"),
    ]
    assert find_unlisted(there, ["gzip.other"]) == ["gzip.cut (x.py:1)", "implausible.{} (y.py:2)"]
    assert find_unlisted(there, ["gzip.cut", "implausible.<fact>"]) == []
    entries = {
        name: [Code(name, (level,), "It is.", "Mend it.")]
        for name, level in (("gzip.cut", "refused"), ("implausible.<fact>", "warning"))
    }
    assert not any(find_wrong(there, entry) for entry in entries.values())
    other = Code("gzip.cut", ("refused", "warning"), "It is.", "Mend it.")
    assert find_wrong(there, [other]) == ["gzip.cut: refused, warning, not ['refused']"]
    other = Code("implausible.age", ("error",), "It is.", "Mend it.")
    assert find_wrong(there, [other]) == ["implausible.age: error, not ['info', 'warning']"]
    other = Code("gzip.other", ("refused",), "It is.", "Mend it.")
    assert find_wrong(there, [other]) == ["gzip.other: refused, not []"]


def test_an_entry_has_a_form_a_level_a_cause_and_a_remedy() -> None:
    assert parse_topic(ENTRY.format("info")).codes == (
        Code("size.small", ("info",), "It is small.", "Grow it."),
    )
    with pytest.raises(ValueError, match=r"size\.small: grave"):
        parse_topic(ENTRY.format("grave"))
    with pytest.raises(ValueError, match="Size"):
        Code("Size", ("info",), "It is small.", "Grow it.")
    with pytest.raises(ValueError, match="no remedy"):
        Code("size.small", ("info", "warning"), "It is small.", "")
    with pytest.raises(ValueError, match="no cause"):
        Code("size.small", ("info",), "", "Grow it.")


def test_causes_and_remedies_are_two_sentences_at_most() -> None:
    for name, code in registry().items():
        for text in (code.cause, code.remedy):
            assert text.endswith("."), name
            assert len(SENTENCE_END.findall(text)) <= 2, name


def test_each_topic_is_on_one_page_and_the_pages_are_current() -> None:
    topics = [topic for chapter in CHAPTERS for topic in chapter.topics]
    assert sorted(f"{one}.toml" for one in topics) == sorted(one.name for one in REGISTRY.iterdir())
    assert list_stale() == [], "run python -m docs.make.codes --write"


def test_each_code_is_in_one_table() -> None:
    text = "".join(as_pages().values())
    assert [name for name in registry() if text.count(f"\n| `{name}` |") != 1] == []


def test_a_page_that_differs_or_has_no_chapter_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docs.make.codes.PAGES", tmp_path)
    (tmp_path / "codes").mkdir()
    for path, text in as_pages().items():
        (tmp_path / path).write_text(text, "utf-8")
    assert list_stale() == []
    (tmp_path / "codes" / "old.md").write_text("# Old\n", "utf-8")
    (tmp_path / CHAPTERS[0].path).write_text("# Other\n", "utf-8")
    (tmp_path / CHAPTERS[1].path).unlink()
    assert list_stale() == sorted([CHAPTERS[0].path, CHAPTERS[1].path, "codes/old.md"])


def test_no_command_reads_the_registry() -> None:
    """Reading it takes 25 ms; its module is for docs, tests, and who looks a code up."""
    sources = (path for path in PACKAGE.rglob("*.py") if path.name != "codes.py")
    assert not [path for path in sources if "basis.finding_codes" in path.read_text("utf-8")]


def test_the_statement_of_a_finding_is_without_the_name_of_its_file() -> None:
    plain = Finding("date.future", Severity.WARNING, "the day is in the future")
    named = Finding("date.future", Severity.WARNING, f"a.toml: {plain.message}", "a.toml")
    assert plain.statement == named.statement == "the day is in the future"


def test_a_liver_large_by_cysts_is_not_left_as_it_is() -> None:
    """Cysts count as liver [clinical.md 1.2]: the FLR without them needs their masks."""
    remedy = registry()["body.unexpected_volume"].remedy
    assert "--exclude cyst=FILE" in remedy
    assert "no action needed" not in remedy.casefold()
