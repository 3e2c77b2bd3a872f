"""Messages that a person can read: what is too long of them is left out, and counted.

A file may hold a hundred thousand wrong keys, or one of a megabyte. Refusals and findings come
through here, whatever made them.
"""

import re
from collections.abc import Sequence

MOST_LINES = 50  # of a message at a terminal, and of errors told in one
MOST_VALUE = 200  # characters that are repeated of a value
LONGEST_NAME = 255  # of a file [POSIX, NAME_MAX]: a value up to here may be one, and is told whole
MOST_CHARACTERS = 2500  # of a message: with what to do, some forty lines [project's choice]
_VALUE = re.compile(rf"\S{{{LONGEST_NAME + 1},}}")


def shorten_value(text: str) -> str:
    """Cut one value of an input, and count what is left out.

    Examples
    --------
    >>> shorten_value("liver.nii.gz"), len(shorten_value("k" * 255))
    ('liver.nii.gz', 255)
    >>> shorten_value("k" * 1_000_000)[-33:]
    'kkkk... (999,800 more characters)'
    """
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[:MOST_VALUE]}... ({len(text) - MOST_VALUE:,} more characters)"


def shorten(message: str, most: int = MOST_CHARACTERS) -> str:
    r"""Cut a message: each value in it, and what comes after `most` characters or 50 lines.

    Examples
    --------
    >>> shorten("holds two labels")
    'holds two labels'
    >>> shorten("a b " * 100, 8)
    'a b a b ... (392 more characters)'
    >>> shorten("x\n" * 60)[-19:]
    '... (10 more lines)'
    """
    message = _VALUE.sub(lambda value: shorten_value(value[0]), message)
    lines = message.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        kept = "\n".join(lines[:MOST_LINES])
        message = f"{kept}\n... ({len(lines) - MOST_LINES:,} more lines)"
    if len(message) <= most + LONGEST_NAME:  # what was cut is not cut again
        return message
    return f"{message[:most]}... ({len(message) - most:,} more characters)"


def list_first(names: Sequence[str], most: int) -> str:
    """List the first `most` of some names, and count the rest.

    Examples
    --------
    >>> list_first(["liver", "flr"], 2), list_first(["liver", "flr", "cyst"], 1)
    ('liver, flr', 'liver and 2 more')
    """
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


def join_told(parts: Sequence[str], between: str = "; ") -> str:
    """Join what is to be told to one text, as much as a message holds, and count the rest.

    Examples
    --------
    >>> join_told(["line 1: no such key", "line 2: is missing"])
    'line 1: no such key; line 2: is missing'
    >>> join_told([str(n) for n in range(90_000)])[-23:]
    '48; 49; and 89,950 more'
    """
    told: list[str] = []
    room = MOST_CHARACTERS
    for part in parts[:MOST_LINES]:
        short = shorten(part)
        room -= len(short) + len(between)
        if told and room < 0:
            break
        told.append(short)
    left = len(parts) - len(told)
    return between.join([*told, *([f"and {left:,} more"] if left else [])])
