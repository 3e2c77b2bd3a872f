"""What tests find on a page of a report."""

from collections.abc import Iterable
from typing import TypeVar

from fl_planner.report.document.blocks import Chapter, RowTable, Sentences

Titled = TypeVar("Titled", RowTable, Sentences)


def find_block(
    kind: type[Titled], chapters: Iterable[Chapter], title: str, within: str = ""
) -> Titled:
    """Find the one block of a kind whose title begins so, in chapters whose title does."""
    blocks = (one for each in chapters if each.title.startswith(within) for one in each.blocks)
    every = (block for block in blocks if isinstance(block, kind))
    (found,) = (one for one in every if one.title.startswith(title))
    return found
