"""Where a value stands in a record: keys, and entries of a list by one of their keys."""

from collections.abc import Mapping
from typing import Any

from fl_planner.record.base import Record

Step = str | tuple[str, str]
Path = tuple[Step, ...]


def find(record: Record, path: Path) -> Any:
    """Find what stands at a place; None where there is nothing."""
    found: Any = record
    for step in path:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            key, value = step
            found = next((one for one in found or () if one[key] == value), None)
    return found
