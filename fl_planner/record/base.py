"""A record as plain dicts, for what is read back or is of no form of its own."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
