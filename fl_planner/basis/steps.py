"""Steps of long work: whoever does one names it, and a command may listen and show how far it is.

A name goes one way, to whoever listens, and nothing comes back: no result can rest on it. It is no
argument because it would stand in every signature between a command and the room that works.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

Thing = TypeVar("Thing")
Count = tuple[str, int, int]  # the kind of things, the number of the one at hand, how many


class Listener(Protocol):
    """Whoever shows how far the work is."""

    def begin(self, step: str, /) -> None:
        """Take the name of the step that begins."""

    def count(self, count: Count | None, /) -> None:
        """Take which of several things is at hand; None after the last of them."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def begin_step(name: str) -> None:
    """Name the step that begins; in plain words, and never with what could tell of a patient."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.begin(name)


def say_count(count: Count | None) -> None:
    """Say which of several things is at hand, where they are not taken one after the other."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.count(count)


def each_counted(things: Collection[Thing], kind: str) -> Iterator[Thing]:
    """Give things one by one, and say of each when it is taken."""
    for number, thing in enumerate(things, start=1):
        say_count((kind, number, len(things)))
        yield thing
    say_count(None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear every step that begins meanwhile, in this thread."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
