"""A record as plain dicts, for what is read back or is of no form of its own."""

from typing import Any

Record = dict[str, Any]


def given(**entries: Any) -> Record:
    """Keep the entries that are known: absent is not null and not 0."""
    return {key: value for key, value in entries.items() if value is not None}
