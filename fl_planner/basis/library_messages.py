"""Other programs' words, kept from every stream: they quote headers, and headers hold names."""

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from fl_planner.basis.errors import InputRefused

_RAISED = (  # by libraries, over what a file says; never by running out of something
    ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError, OSError,
    EOFError, AssertionError, struct.error,
)  # fmt: skip


@contextmanager
def quietly(code: str, source: str, reason: str, remedy: str) -> Iterator[None]:
    """Call a library without its warnings and its log; what it raises becomes this refusal.

    Raises `InputRefused`: that of the call itself, else the one that is given, without a word of
    the library's.
    """
    before = logging.root.manager.disable
    with warnings.catch_warnings(action="ignore"):
        logging.disable(logging.CRITICAL)
        try:
            yield
        except InputRefused:
            raise
        except _RAISED:
            raise InputRefused(code, source, reason, remedy) from None
        finally:
            logging.disable(before)
