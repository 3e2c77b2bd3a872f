"""Each notebook runs, and shows what it was saved with."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from notebooks.refresh import PAGES, run


@pytest.mark.filterwarnings("default")  # the notebook machinery warns about its own future
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_shows_what_it_was_saved_with(page: Path) -> None:
    saved = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    assert nbformat.writes(run(page)) == nbformat.writes(saved)


def test_there_is_one() -> None:
    assert PAGES
