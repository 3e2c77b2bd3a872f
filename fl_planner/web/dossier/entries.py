"""What is typed and pointed at on the page: who says something, on which day, why, and where."""

from __future__ import annotations

import json
import re
from datetime import date
from sys import float_info
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.plain_text import is_plain
from fl_planner.space.grid import Frame, Place

FRAME: Frame = "RAS"  # of the page: as its cuts are lettered
MOST_NAME, MOST_REASON = 60, 300  # characters [project's choice]
# a patient's number, a day, an address, a name as DICOM writes it
_IDENTIFYING = re.compile(r"\d{6,}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|@|\^")


def read_name(typed: str) -> str:
    """Read who says something.

    Raises `InputRefused`: `page.entry`, and `page.identifying`.
    """
    return _read("by", typed, MOST_NAME, "give your mark, such as R1")


def read_reason(typed: str) -> str:
    """Read why a finding is accepted.

    Raises `InputRefused`: as `read_name`.
    """
    return _read("why", typed, MOST_REASON, "say what was looked at, and why it holds")


def read_day(typed: str) -> str:
    """Read the day on which something was said.

    Raises `InputRefused`: `page.entry`.
    """
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        raise InputRefused("page.entry", "on", "is no day", "give a day") from None


def _read(field: str, typed: str, most: int, remedy: str) -> str:
    """Read a text that goes into outputs which are shared."""
    text = " ".join(typed.split())
    if not text:
        raise InputRefused("page.entry", field, "is empty", remedy)
    if len(text) > most or not is_plain(text):
        reason = f"is longer than {most} characters, or has signs that nobody sees"
        raise InputRefused("page.entry", field, reason, "shorten it")
    if _IDENTIFYING.search(text):
        reason = "holds a number, a day, an address or a name that could tell who the patient is"
        raise InputRefused("page.identifying", field, reason, "leave that out: outputs are shared")
    return text


def read_told(text: str) -> Any:
    """Read what the page sent as JSON; None where it cannot be read, as from no page of ours."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_place(told: Any) -> Place:
    """Read a place or a direction: three finite numbers; true and false are none."""
    if not isinstance(told, list) or len(told) != 3 or not all(map(_is_number, told)):
        raise refuse_draft("has a place that is not three numbers")
    x, y, z = map(float, told)
    return x, y, z


def _is_number(one: Any) -> bool:
    counts = isinstance(one, int | float) and not isinstance(one, bool)
    return counts and abs(one) <= float_info.max  # a whole number may be beyond any float


def refuse_draft(reason: str) -> InputRefused:
    """Refuse what no page of ours sends."""
    return InputRefused("page.draft", "draft cut", reason, "reload the page, and cut again")
