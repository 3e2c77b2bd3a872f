"""How a row of a clinical table says what differs from patient to patient.

A row's texts hold names in braces; `{flr}` in a line stands for words, alone it stands for whole
sentences, which may be none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

Of = TypeVar("Of")


def fill_in(line: str, words: Mapping[str, Callable[[Of], str]], patient: Of) -> str:
    """Fill the names in a line.

    Examples
    --------
    >>> fill_in("{who} may go home", {"who": str.title}, "anna")
    'Anna may go home'
    """
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]](patient), line)


def tell_all(
    texts: Iterable[str], passages: Mapping[str, Callable[[Of], Iterable[str]]], patient: Of
) -> Iterator[str]:
    """Tell sentences in order; a name alone stands for those that are made for this patient.

    Examples
    --------
    >>> [*tell_all(["First.", "{each}"], {"each": lambda names: names}, ["A.", "B."])]
    ['First.', 'A.', 'B.']
    """
    for text in texts:
        if text.startswith("{"):
            yield from passages[text.strip("{}")](patient)
        else:
            yield text
