"""JSON in which a number stays the decimal that was typed, and a key given twice is noticed."""

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from fl_planner.basis.text.bounds import BeyondBoundsError, require_depth

MOST_PARTS = 2_000_000  # commas and brackets; 64 MB of patients have fewer [project's choice]


class Pairs(dict[str, object]):
    """A JSON object that remembers the keys it was given twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice: Sequence[str] = ()
        if len(self) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            self.twice = sorted(key for key, times in counted.items() if times > 1)


def parse_exact_json(text: str, most_parts: int = MOST_PARTS) -> object:
    """Parse a text: numbers are `Decimal`, objects are `Pairs`.

    Raises `json.JSONDecodeError`, `BeyondBoundsError`: if it is no JSON, has more than
    `most_parts`, or is nested too deep.

    Examples
    --------
    >>> parse_exact_json('{"inr": 1.10}')
    {'inr': Decimal('1.10')}
    """
    if sum(text.count(sign) for sign in ",[{") > most_parts:
        raise BeyondBoundsError(f"holds over {most_parts:,} entries")
    try:
        found: object = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_number,
            object_pairs_hook=Pairs,
        )
    except RecursionError as error:
        raise BeyondBoundsError("has objects or lists too deep in each other") from error
    require_depth(found)
    return found


def _number(text: str) -> Decimal:
    """Keep a number exact; one that no decimal can hold is not finite, and refused with its key."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")
