"""The few words that the JSON Schemas of the records are written in (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]
Keys = Mapping[str, Schema]

CODE = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
SHA256 = "^[0-9a-f]{64}$"


def table(says: str, must: Keys, may: Keys | None = None) -> Schema:
    """Describe an object: keys that it always has, keys that it may have, and no other.

    Examples
    --------
    >>> sorted(table("A part.", {"ml": number("Volume, mL.")}))
    ['additionalProperties', 'description', 'properties', 'required', 'type']
    """
    return {
        "type": "object",
        "description": says,
        "properties": {**must, **(may or {})},
        "required": sorted(must),
        "additionalProperties": False,
    }


def named(says: str, each: Schema, names: str = ".") -> Schema:
    """Describe an object whose keys are names that match a pattern."""
    return {
        "type": "object",
        "description": says,
        "patternProperties": {names: each},
        "additionalProperties": False,
    }


def rows(says: str, each: Schema, least: int = 0) -> Schema:
    """Describe a list."""
    return {"type": "array", "description": says, "items": each, "minItems": least}


def number(says: str, low: float | None = None, high: float | None = None) -> Schema:
    """Describe a number; its unit stands in what is said of it."""
    ends = {"minimum": low, "maximum": high}
    bounds = {word: end for word, end in ends.items() if end is not None}
    return {"type": "number", "description": says, **bounds}


def amount(says: str) -> Schema:
    """Describe a number that cannot be below zero."""
    return number(says, 0)


def count(says: str, least: int = 0) -> Schema:
    """Describe a whole number."""
    return {"type": "integer", "description": says, "minimum": least}


def text(says: str, pattern: str | None = None) -> Schema:
    """Describe a text."""
    return {"type": "string", "description": says, **({"pattern": pattern} if pattern else {})}


def one_of(says: str, words: Iterable[str]) -> Schema:
    """Describe a text that is one of some words."""
    return {"type": "string", "description": says, "enum": list(words)}


def yes_no(says: str) -> Schema:
    """Describe what is true or false."""
    return {"type": "boolean", "description": says}


def always(value: str | int | bool | None, says: str = "") -> Schema:
    """Describe what is always the same."""
    return {"const": value, **({"description": says} if says else {})}


def texts(says: str) -> Schema:
    """Describe a list of texts."""
    return rows(says, {"type": "string"})
