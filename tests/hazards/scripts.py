"""A control in a script of the page: a text within one function, and what is there without it.

A script has no syntax tree here. The text must therefore occur once in the function, and what
replaces it must have only words that the script has: without a known word, any test would fail.
"""

import re

WORD = re.compile(r"[A-Za-z_$][\w$]*")
OWN_WORDS = {"true", "false", "null", "undefined"}


def take_out(source: str, symbol: str, place: str, instead: str) -> str:
    """Replace a text within a function of a script; `LookupError` unless it is there once."""
    begin, end = _find_function(source, symbol)
    body = source[begin:end]
    if (times := body.count(place)) != 1:
        raise LookupError(f"stands {times} times" if times else "is not there")
    if unknown := {*WORD.findall(instead)} - {*WORD.findall(source)} - OWN_WORDS:
        raise LookupError(f"unknown words: {', '.join(sorted(unknown))}")
    if place == instead:
        raise LookupError("changes nothing")
    return source[:begin] + body.replace(place, instead) + source[end:]


def _find_function(source: str, name: str) -> tuple[int, int]:
    """Find a function or method: from the line that begins it to the brace at its indentation."""
    begins = rf"^( *)(?:export |async |function |get |static )*\*?{re.escape(name)}\(.*\{{$"
    found = [*re.finditer(begins, source, re.MULTILINE)]
    if len(found) != 1:
        raise LookupError(f"stands {len(found)} times" if found else "is not there")
    ends = re.compile(rf"^{found[0][1]}\}}", re.MULTILINE).search(source, found[0].end())
    if ends is None:
        raise LookupError("has no end")
    return found[0].start(), ends.end()
