"""All pages of the site: manually written and generated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from os.path import relpath
from pathlib import Path
from shutil import copytree, ignore_patterns

from docs.make import (
    commands,
    facts,
    glossary,
    hazards,
    inputs,
    pathways,
    python,
    quantities,
    records,
    schemes,
    stories,
    trials,
    validation,
)
from docs.make.examples import Examples
from docs.make.stories import STORIES, path_of, run_story

BY_HAND = Path(__file__).resolve().parents[1]
MADE: tuple[Callable[[], dict[str, str]], ...] = (
    commands.as_pages,
    quantities.as_pages,
    facts.as_pages,
    inputs.as_pages,
    glossary.as_pages,
    trials.as_pages,
    pathways.as_pages,
    records.as_pages,
    schemes.as_pages,
    python.as_pages,
    hazards.as_pages,
    validation.as_pages,
    stories.as_pages,
)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_IN_ITALICS = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
PICTURES = "static"  # those of the page in a browser, which no build draws
AT_ONCE = 2  # pages whose examples run


def read_by_hand() -> dict[str, str]:
    """Read the manually written pages, by their path on the site."""
    paths = sorted(BY_HAND.rglob("*.md"))
    return {path.relative_to(BY_HAND).as_posix(): path.read_text("utf-8") for path in paths}


def make_pages() -> dict[str, str]:
    """Make the generated pages, by their path on the site."""
    return {path: text for make in MADE for path, text in make().items()}


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, with the output of their examples and their pictures."""
    by_hand, made = read_by_hand(), make_pages()
    both = sorted(by_hand.keys() & made.keys())
    if both:
        raise ValueError(f"a page is both written manually and generated: {', '.join(both)}")
    with Examples() as examples, ThreadPoolExecutor(AT_ONCE) as pool:
        linked = link_made(by_hand, made)
        run = zip(by_hand, pool.map(examples.run, linked.values()), strict=True)
        told = zip(map(path_of, STORIES), pool.map(run_story, STORIES), strict=True)
        pages = {**made, **dict(run), **dict(told)}
    for path, text in pages.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    copytree(BY_HAND / PICTURES, folder / PICTURES, ignore=ignore_patterns("*.css"))


def link_made(by_hand: Mapping[str, str], made: Mapping[str, str]) -> dict[str, str]:
    """Link titles of generated pages in italics on manually written ones.

    In a clone of the repository these pages are no files, and a link would lead nowhere.
    """
    titles = {text.partition("\n")[0].removeprefix("# "): path for path, text in made.items()}
    return {path: _linked(text, path, titles) for path, text in by_hand.items()}


def _linked(text: str, at: str, titles: Mapping[str, str]) -> str:
    folder = Path(at).parent.as_posix()

    def link(found: re.Match[str]) -> str:
        path = titles.get(found[1])
        return found[0] if path is None else f"[{found[1]}]({relpath(path, folder)})"

    blocks, between = _FENCED.findall(text), _FENCED.split(text)
    linked = [_IN_ITALICS.sub(link, part) for part in between]
    return "".join(a + b for a, b in zip(linked, [*blocks, ""], strict=True))
