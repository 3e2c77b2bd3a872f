"""The right names that a wrong one comes near to."""

from collections.abc import Iterable
from functools import lru_cache

LONGEST = 100  # characters; no name here has half of them, and comparing grows with the length


def find_nearest(wrong: str, names: Iterable[str], most: int = 1) -> list[str]:
    """Find the names nearest to a wrong one, the nearest first; none where none is near.

    Each wrong name is compared once, however often it comes: a thousand rows of a list may have it.

    Examples
    --------
    >>> find_nearest("tumor", ["liver", "tumour"]), find_nearest("spleen", ["liver"])
    (['tumour'], [])
    """
    return [] if len(wrong) > LONGEST else [*_compared(wrong, tuple(names), most)]


@lru_cache(maxsize=4096)
def _compared(wrong: str, names: tuple[str, ...], most: int) -> tuple[str, ...]:
    from difflib import get_close_matches  # for wrong names alone

    return tuple(get_close_matches(wrong, names, most))
