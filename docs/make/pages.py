"""All pages of the site: those written by hand, those made from the program."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docs.make import (
    commands,
    facts,
    glossary,
    hazards,
    pathways,
    python,
    quantities,
    records,
    schemes,
    stories,
    trials,
    validation,
)
from docs.make.examples import run_examples
from docs.make.stories import STORIES, path_of, run_story

BY_HAND = Path(__file__).resolve().parents[1]
MADE: tuple[Callable[[], dict[str, str]], ...] = (
    commands.as_pages,
    quantities.as_pages,
    facts.as_pages,
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
AT_ONCE = 2  # pages whose examples run


def read_by_hand() -> dict[str, str]:
    """Read the pages written by hand, by their path on the site."""
    paths = sorted(BY_HAND.rglob("*.md"))
    return {path.relative_to(BY_HAND).as_posix(): path.read_text("utf-8") for path in paths}


def make_pages() -> dict[str, str]:
    """Make the pages that the program makes, by their path on the site."""
    return {path: text for make in MADE for path, text in make().items()}


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, with what their examples print."""
    by_hand, made = read_by_hand(), make_pages()
    both = sorted(by_hand.keys() & made.keys())
    if both:
        raise ValueError(f"written by hand and made: {', '.join(both)}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        run = zip(by_hand, pool.map(run_examples, by_hand.values()), strict=True)
        told = zip(map(path_of, STORIES), pool.map(run_story, STORIES), strict=True)
        pages = {**made, **dict(run), **dict(told)}
    for path, text in pages.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
