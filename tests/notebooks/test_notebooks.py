"""Each notebook runs, and shows what it was saved with."""

import json
from pathlib import Path

import pytest

from notebooks.refresh import PAGES, run

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("default")  # the notebook machinery warns about its own future
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_shows_what_it_was_saved_with(page: Path) -> None:
    saved = json.loads(page.with_suffix(".ipynb").read_text("utf-8"))
    assert json.loads(run(page)) == saved


def test_there_is_one() -> None:
    assert PAGES
