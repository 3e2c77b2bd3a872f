"""TOML in which a number stays the decimal that was typed, and which is no larger than people's."""

import tomllib
from decimal import Decimal
from typing import Any

from fl_planner.basis.text.bounds import (
    BeyondBoundsError,
    require_bounds,
    require_few_entries,
    require_short_keys,
)


def parse_exact_toml(text: str) -> dict[str, Any]:
    """Parse a text: numbers are `int` or `Decimal`.

    Raises `tomllib.TOMLDecodeError`, `BeyondBoundsError`: if it is no TOML, or more than people
    write.

    Examples
    --------
    >>> parse_exact_toml("inr = 1.10")
    {'inr': Decimal('1.10')}
    """
    require_short_keys(text)
    require_few_entries(text)
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise BeyondBoundsError("has tables or lists too deep in each other") from error
    except (ValueError, ArithmeticError) as error:
        raise BeyondBoundsError("holds a number of too many digits") from error
    require_bounds(table)
    return table
