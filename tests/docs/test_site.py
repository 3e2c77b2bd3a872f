"""Sphinx is strict, the site asks nothing of the network, no page is written twice."""

import re
from collections import defaultdict
from collections.abc import Mapping
from os.path import normpath
from pathlib import Path, PurePosixPath

import pytest

from docs.make import pages
from docs.site.html import build_html
from fl_planner.given.table import keys_of
from fl_planner.intake.documents.centre_file import _CentreFile, _Trial
from fl_planner.trials.criterion import STALE_DAYS

LINKED = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
LOADED = re.compile(r"<(?:script|img|iframe)[^>]*src=\"([^\"]+)\"|<link[^>]*href=\"([^\"]+)\"")
PROJECT = Path(__file__).parents[2]
IN_CODE = re.compile(r"^```.*?^```$|`[^`]*`", re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDEX = "# Start\n\n```{toctree}\nmore\n```\n"


def write(folder: Path, **texts: str) -> Path:
    source = folder / "pages"
    source.mkdir()
    for name, text in texts.items():
        (source / f"{name}.md").write_text(text, "utf-8")
    return source


@pytest.mark.essential
@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing_from_the_network(tmp_path: Path) -> None:
    more = "# More\n\n[back](index.md), [here](#here)\n\n(here)=\n## Place\n\nWith --csv.\n"
    source = write(tmp_path, index=INDEX, more=more)
    assert build_html(source, tmp_path) == 0
    site = tmp_path / "html"
    html = (site / "more.html").read_text("utf-8")
    assert "With --csv." in html  # an option stays one
    loaded = [one for pair in LOADED.findall(html) for one in pair if one]
    assert any(one.endswith(".css") or ".css?" in one for one in loaded)
    assert [one for one in loaded if one.startswith(("http", "//"))] == []
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        pytest.param("# More\n\n[nowhere](gone.md)\n", marks=pytest.mark.essential),
        "# More\n\n[no place](#gone)\n",
        "# More\n\n### Two below\n",
    ],
)
def test_a_page_that_is_wrong_stops_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], more: str
) -> None:
    assert build_html(write(tmp_path, index=INDEX, more=more), tmp_path) != 0
    assert "WARNING" in capfd.readouterr().err


@pytest.mark.slow
def test_a_page_that_is_not_listed_stops_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path, index=INDEX, more="# More\n", lost="# Lost\n")
    assert build_html(source, tmp_path) != 0
    assert "lost.md" in capfd.readouterr().err


def test_a_page_is_written_by_hand_or_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MADE", (lambda: {"index.md": "# Again\n"},))
    with pytest.raises(ValueError, match=r"index\.md"):
        pages.write_pages(tmp_path)


FENCED = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def find_same_titles(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Find titles of pages and sections that a search would list alike: each with its pages."""
    found = defaultdict(list)
    for path, text in texts.items():
        for title in HEADING.findall(FENCED.sub("", text)):
            found[re.sub(r"[`\\*]", "", title).casefold()].append(path)
    return {title: paths for title, paths in found.items() if len(paths) > 1}


@pytest.mark.essential
@pytest.mark.slow
def test_titles_that_a_search_lists_differ() -> None:
    assert find_same_titles({**pages.read_by_hand(), **pages.make_pages()}) == {}


def test_titles_that_are_the_same_are_found() -> None:
    texts = {"a.md": "# Plan\n\n```text\n# Plan\n```\n", "b.md": "# B\n\n## `plan`\n"}
    assert find_same_titles(texts) == {"plan": ["a.md", "b.md"]}


@pytest.mark.essential
@pytest.mark.slow
def test_every_page_is_listed_in_an_index() -> None:
    every = {**pages.read_by_hand(), **pages.make_pages()}
    listed = {
        normpath(PurePosixPath(path).parent / entry)
        for path, text in every.items()
        for block in TOCTREE.findall(text)
        for entry in block.splitlines()
        if entry and not entry.startswith(":")
    }
    assert {path.removesuffix(".md") for path in every} - {"index"} == listed


def test_no_page_of_the_clone_leads_nowhere() -> None:
    """Who reads a page in the repository finds what it links to: pages that are made are named."""
    root = pages.BY_HAND.parent
    by_hand = {f"docs/{path}": text for path, text in pages.read_by_hand().items()}
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        by_hand[name] = (root / name).read_text("utf-8")
    lost = [
        f"{path}: {target}"
        for path, text in by_hand.items()
        for target in LINKED.findall(text)
        if "://" not in target and not ((root / path).parent / target).exists()
    ]
    assert lost == []


@pytest.mark.essential
@pytest.mark.slow
def test_the_site_links_what_a_clone_names() -> None:
    made = {"reference/facts.md": "# Facts\n\nAll.", "stories/index.md": "# Stories\n"}
    by_hand = {
        "how-to/a.md": "# A\n\n*Facts* and *facts*, **Facts**.\n\n```text\n*Facts*\n```\n*Stories*",
        "index.md": "*Stories*",
    }
    linked = pages.link_made(by_hand, made)
    assert linked["how-to/a.md"] == (
        "# A\n\n[Facts](../reference/facts.md) and *facts*, **Facts**.\n\n```text\n*Facts*\n```\n"
        "[Stories](../stories/index.md)"
    )
    assert linked["index.md"] == "[Stories](stories/index.md)"
    real = pages.make_pages()
    named = "".join(pages.link_made(pages.read_by_hand(), real).values())
    for path in ("facts.md", "label-schemes.md", "python/index.md", "quantities.md", "pathways.md"):
        assert f"reference/{path})" in named or f"({path})" in named, path


def test_no_unit_on_a_page_loses_its_asterisk() -> None:
    """Two of 10*9/L in one paragraph become 109/L, with the text between them in italics."""
    lost = re.compile(r"\w\*\w")
    pages = [*PROJECT.glob("docs/**/*.md"), *PROJECT.glob("notebooks/*.md"), PROJECT / "README.md"]
    texts = {page.name: IN_CODE.sub("", page.read_text("utf-8")) for page in pages}
    assert [name for name, text in texts.items() if lost.search(text)] == []
    assert lost.search(IN_CODE.sub("", "`age`: 1 to 2000 10*9/L; `10*9/L` too"))


def test_pages_by_hand_are_those_of_the_folder() -> None:
    found = pages.read_by_hand()
    assert {"index.md", "tutorial.md", "codes.md", "how-to/index.md"} <= found.keys()
    assert all(text.startswith("# ") for text in found.values())


def test_the_page_of_the_centre_file_names_each_key_and_word_of_its_declaration() -> None:
    page = pages.read_by_hand()["how-to/centre.md"]
    told = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", page, re.MULTILINE))
    head = {*keys_of(_CentreFile)} - {"trials"}
    assert set(told) == head | {f"trials.ID.{name}" for name in keys_of(_Trial)}
    words = keys_of(_Trial)["status"].kind.choices
    assert re.findall(r"`(\w+)`", told["trials.ID.status"]) == list(words)
    assert f"more than {STALE_DAYS} days" in told["as_of"]


def test_every_code_is_on_the_site() -> None:
    """The list is a page of the site; `tests/basis/test_finding_codes.py` holds it complete."""
    assert "`gzip.cut`" in pages.read_by_hand()["codes/files-and-commands.md"]
