"""What a refusal must say."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused


@contextmanager
def refuses(
    code: str, source: str | None = None, *, says: str = ""
) -> Iterator[pytest.ExceptionInfo[InputRefused]]:
    """Demand that what is done within is refused by this code, of this file, for this reason."""
    with pytest.raises(InputRefused) as refusal:
        yield refusal
    assert refusal.value.code == code
    assert source in (None, refusal.value.source)
    assert says in refusal.value.reason


@contextmanager
def nested_deeply(place: Path) -> Iterator[tuple[Path, Path]]:
    """Create more levels of sub-folders than a recursive reader can enter: the first, the last.

    Another library may have raised the limit of recursion in this process.
    """
    levels = [place / "deep"]
    levels += [Path(f"{levels[0]}{'/a' * n}") for n in range(1, 1010)]
    for level in levels:
        level.mkdir()
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # as Python begins
    try:
        yield levels[0], levels[-1]
    finally:
        sys.setrecursionlimit(before)
        for level in reversed(levels):  # `rmtree` is recursive too: it would end each later run
            for left in level.iterdir():
                left.unlink()
            level.rmdir()


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Demand that what is done within ends, such as without waiting for the writer of a pipe."""

    def end(*_: object) -> None:
        raise AssertionError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
