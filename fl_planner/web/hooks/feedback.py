"""Feedback on cards: accepted or overridden, with the reason, in a log without patients.

A line of the log contains the card, its trial and verdict, the day, the outcome and the reason
code. A comment may name a patient, so only its presence is recorded.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from fl_planner.basis.exact_text import Pairs
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.fhir.resources import text_at
from fl_planner.web.hooks.call import parse_body
from fl_planner.web.hooks.cards import EXTENSION, OVERRIDES, HookCard

CODE = "hooks.feedback"
ACCEPTED, OVERRIDDEN = "accepted", "overridden"
BEGIN = b'{"card":'  # of each line
UNLISTED = "unlisted"  # a reason that the card did not offer
MOST_CARDS = 10_000  # whose trial is remembered [project's choice]
MOST_FEEDBACK = 1000  # of one request [project's choice]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
Line = dict[str, object]


class FeedbackLog:
    """The feedback log, a file to which lines are added; without a file, no feedback is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._cards: OrderedDict[str, tuple[object, object]] = OrderedDict()
        if path is not None:
            self._append(b"")  # refuses a file that cannot be written, at the start
            _require_log(path)

    @property
    def is_kept(self) -> bool:
        """Whether there is a log."""
        return self._path is not None

    def remember(self, cards: Iterable[HookCard]) -> None:
        """Remember trial and verdict of the latest cards, by their random identifiers."""
        for card in cards:
            about = card.extension[EXTENSION]
            self._cards[card.uuid] = (about.get("trial"), about.get("verdict"))
        while len(self._cards) > MOST_CARDS:
            self._cards.popitem(last=False)

    def keep(self, text: str) -> int:
        """Add all feedback of a request, or none; return the number of entries.

        Raises `InputRefused`: `hooks.feedback`; `output.unwritable`.
        """
        given = parse_body(text, CODE).get("feedback")
        if not isinstance(given, list) or not 0 < len(given) <= MOST_FEEDBACK:
            raise _refuse(f"feedback is not a list of 1 to {MOST_FEEDBACK} entries")
        lines = [dict(self._read(one)) for one in given]
        self._append(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        return len(lines)

    def _read(self, given: object) -> Iterator[tuple[str, object]]:
        """Read an entry, without anything that could name a patient."""
        card, outcome = text_at(given, "card"), text_at(given, "outcome")
        if card is None or not _UUID.fullmatch(card.lower()):
            raise _refuse("card is not a card identifier")
        if outcome not in (ACCEPTED, OVERRIDDEN):
            raise _refuse(f"outcome is neither {ACCEPTED} nor {OVERRIDDEN}")
        trial, verdict = self._cards.get(card.lower(), (None, None))
        yield "card", card.lower()
        yield "trial", trial
        yield "verdict", verdict
        yield "on", _read_day(text_at(given, "outcomeTimestamp"))
        yield "outcome", outcome
        why = given.get("overrideReason") if isinstance(given, Mapping) else None
        if isinstance(why, Pairs):
            yield "reason", _read_reason(why)
            yield "commented", bool(why.get("userComment"))

    def _append(self, content: bytes) -> None:
        if self._path is None:
            return
        try:
            private = partial(os.open, mode=0o600)
            with open(self._path, "ab", buffering=0, opener=private) as log:
                log.write(content)
        except OSError as error:
            reason = f"the feedback log cannot be written: {error.strerror}"
            remedy = "give another file, or free up disk space"
            raise InputRefused("output.unwritable", self._path.name, reason, remedy) from None


def _require_log(path: Path) -> None:
    """Refuse a file that contains anything other than feedback."""
    with path.open("rb") as log:
        begun = log.read(len(BEGIN))
    if begun not in (b"", BEGIN):
        reason = "the file exists but is not a feedback log"
        raise InputRefused("output.exists", path.name, reason, "give another file")


def _read_day(time: str | None) -> str:
    if time is None or not _TIME.fullmatch(time):
        raise _refuse("outcomeTimestamp is not a date and time with a time zone")
    try:
        return datetime.fromisoformat(time.upper()).date().isoformat()
    except ValueError:
        raise _refuse("outcomeTimestamp is not a valid date and time") from None


def _read_reason(why: Pairs) -> str | None:
    """Return the code of the reason, if the card offered it."""
    if not isinstance(why.get("reason"), Pairs):
        return None
    system, code = text_at(why, "reason", "system"), text_at(why, "reason", "code")
    is_ours = any((one.system, one.code) == (system, code) for one in OVERRIDES)
    return code if is_ours else UNLISTED


def _refuse(reason: str) -> InputRefused:
    return InputRefused(CODE, "feedback", reason, "send feedback in the CDS Hooks format")
