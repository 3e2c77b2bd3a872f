"""JSON in which a number stays the decimal that was typed, and a key given twice is noticed."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal, InvalidOperation


class Pairs(dict[str, object]):
    """A JSON object that remembers the keys it was given twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(
            key for key, times in Counter(key for key, _ in pairs).items() if times > 1
        )


def parse_exact_json(text: str) -> object:
    """Parse a text: numbers are `Decimal`, objects are `Pairs`.

    Raises
    ------
    json.JSONDecodeError, RecursionError
        If it is no JSON, or nested too deep.

    Examples
    --------
    >>> parse_exact_json('{"inr": 1.10}')
    {'inr': Decimal('1.10')}
    """
    return json.loads(
        text,
        parse_float=_number,
        parse_int=_number,
        parse_constant=_number,
        object_pairs_hook=Pairs,
    )


def _number(text: str) -> Decimal:
    """Keep a number exact; one that no decimal can hold is not finite, and refused with its key."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")
