"""Memory and processor time of one thing among several: where it takes all, it alone is refused.

Only a process that is held to bounds has any. What holds it is no argument because it would stand
in every signature between a command and the room that reads a file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from fl_planner.basis.errors import InputRefused, TimeUsedUpError

Answer = TypeVar("Answer")


class Holder(Protocol):
    """What holds a process to bounds."""

    def begin_one(self) -> None:
        """Give the thing that begins a time of its own."""

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Say what a thing used up, and go on to the next."""


_HOLDER: ContextVar[Holder | None] = ContextVar("holder", default=None)


@contextmanager
def held_by(holder: Holder | None) -> Iterator[None]:
    """Let what is done meanwhile be held to bounds; None holds it to none."""
    token = _HOLDER.set(holder)
    try:
        yield
    finally:
        _HOLDER.reset(token)


def within_bounds(asked: str, work: Callable[[], Answer]) -> Answer:
    """Do one of several works; `asked` names it where no file of it is known.

    Raises `InputRefused`: `limit.memory`, `limit.time`; and what the work raises.
    """
    holder = _HOLDER.get()
    if holder is None:
        return work()
    holder.begin_one()
    try:
        return work()
    except (MemoryError, TimeUsedUpError) as ended:
        refused = holder.refuse_one(ended, asked)
    raise refused  # outside, so that nothing keeps what the work held
