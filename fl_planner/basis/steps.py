"""Steps of long work: whoever does one names it, and a command may listen and show how far it is.

A name goes one way, to whoever listens, and nothing comes back: no result can rest on it. It is no
argument because it would stand in every signature between a command and the room that works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def begin_step(name: str) -> None:
    """Name the step that begins; in plain words, and never with what could tell of a patient."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(name)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear every step that begins meanwhile, in this thread.

    Examples
    --------
    >>> heard = []
    >>> with listening(heard.append):
    ...     begin_step("reading files")
    >>> begin_step("nobody hears this")
    >>> heard
    ['reading files']
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
