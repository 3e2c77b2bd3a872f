"""Each notebook runs, shows what it was saved with, and answers its question with a picture."""

import json
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from docs.make.stories import MARK, STORIES, as_pages, path_of
from notebooks.refresh import PAGES, run
from tests.cases import each_case

PNG = "image/png"
SAME = 3.0  # of 255, on average: another version of matplotlib may set a letter otherwise
NOTEBOOKS = {page.stem: page for page in PAGES}


def take_pictures(cells: list[Any]) -> list[str]:
    """Take the pictures out of cells, in their order."""
    drawn = [out["data"] for cell in cells for out in cell.get("outputs", []) if "data" in out]
    return ["".join(one.pop(PNG)) for one in drawn if PNG in one]


def pixels(picture: str) -> Any:
    return np.asarray(Image.open(BytesIO(b64decode(picture))).convert("RGB"), dtype=float)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the notebook machinery warns about its own future
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(one, marks=[pytest.mark.essential] if one.stem == "first_case" else [])
        for one in PAGES
    ],
    ids=lambda page: page.stem,
)
def test_it_shows_what_it_was_saved_with(page: Path) -> None:
    saved = json.loads(page.with_suffix(".ipynb").read_text("utf-8"))
    now = json.loads(run(page))
    pictures = take_pictures(saved["cells"]), take_pictures(now["cells"])
    assert now == saved
    for before, after in zip(*pictures, strict=True):
        one, other = pixels(before), pixels(after)
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < SAME


@each_case("page", NOTEBOOKS)
def test_it_draws_and_states_in_words_what_is_seen(page: Path) -> None:
    cells = json.loads(page.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    drawing = [cell for cell in cells if take_pictures([cell])]
    assert drawing
    assert all("".join(cell["source"]).startswith(MARK) for cell in drawing)


@each_case("page", NOTEBOOKS)
def test_it_was_saved_as_its_text_form_is(page: Path) -> None:
    text = page.read_text("utf-8")
    cells = json.loads(page.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    assert all("".join(cell["source"]) in text for cell in cells)


def test_each_is_a_page_of_the_site_and_listed() -> None:
    made = as_pages()
    assert {page.stem for page in STORIES} == NOTEBOOKS.keys()
    for page in STORIES:
        assert made[path_of(page)].startswith("# ")
        assert f"({path_of(page).removeprefix('stories/')})" in made["stories/index.md"]
    assert len(STORIES) >= 6
