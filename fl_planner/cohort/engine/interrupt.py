"""Ctrl-C while workers begin, and after: one word of whoever began them, and none of theirs.

A terminal sends it to all processes. Each worker would print what it was about; so they begin with
nowhere to print. The engine cannot be stopped while it begins; it is stopped as soon as it has.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

STDERR = 2


@contextmanager
def beginning_workers() -> Iterator[None]:
    """Begin processes that print nothing.

    Raises `KeyboardInterrupt`: at the end, where one came meanwhile.
    """
    came: list[int] = []
    with _printing_nothing():
        if current_thread() is not main_thread():  # where no signal arrives
            yield
            return
        before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            if came:
                raise KeyboardInterrupt


@contextmanager
def _printing_nothing() -> Iterator[None]:
    """Lead stderr to nowhere, for all processes that begin within."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # it was closed: they have none either
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
