"""Runs pytest again and again without paying for its imports each time.

Started in a copy of the project as a script, never imported. It reads one line of JSON a run:
`arguments` of pytest, the `most_seconds` that they may take, whether it `keeps_bytecode`, and the
`change` of a function, if any. A child made by fork runs them, and the answer is a line of JSON:
the exit code (null where the tests did not end in time) and what pytest printed.

    runner.py          # nothing of the project is loaded before a run: any change is seen
    runner.py TEST...  # loads the project and the files of these tests once, for all runs

In the second, a change must be laid into what is loaded: the code of one function is exchanged, so
that whoever imported the function runs it. Where that cannot be done, the answer is `CANNOT`.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

CANNOT = 99  # exit code of a run whose change cannot be laid into what is loaded


def preload(tests: Sequence[str]) -> None:
    """Load what most tests load; with tests, their files and all that these import."""
    import numpy
    import pytest
    import scipy.ndimage
    import scipy.spatial

    assert all((numpy, pytest, scipy))
    if tests:
        with tempfile.TemporaryFile("w+") as output:
            kept = [os.dup(stream) for stream in (1, 2)]
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-m", "", *tests])
            sys.stdout.flush()
            for stream, before in zip((1, 2), kept, strict=True):
                os.dup2(before, stream)
                os.close(before)
            if code:
                output.seek(0)
                raise SystemExit(output.read())
        gc.collect()
        gc.freeze()  # children look at none of it, and so copy none of it


def place_in(change: Mapping[str, str]) -> bool:
    """Exchange the code of a loaded function; False where that cannot be done.

    - `change`: `module` and `symbol` of the function, and the whole `source` that its module would
      have.
    """
    module = import_module(change["module"])
    code: CodeType | None = compile(change["source"], module.__file__ or "", "exec")
    place: Any = module
    for name in change["symbol"].split("."):
        found = [one for one in _codes(code) if one.co_name == name] if code else []
        code = found[0] if len(found) == 1 else None
        place = vars(place).get(name)
    if isinstance(place, staticmethod | classmethod):
        place = place.__func__
    elif isinstance(place, property | cached_property):
        place = place.fget if isinstance(place, property) else place.func
    while hasattr(place, "__wrapped__"):
        if hasattr(place, "cache_clear"):
            place.cache_clear()
        place = place.__wrapped__
    if not isinstance(place, FunctionType) or code is None:
        return False
    if place.__code__.co_freevars != code.co_freevars:
        return False
    place.__code__ = code
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def run_in_child(
    arguments: list[str],
    *,
    most_seconds: int,
    keeps_bytecode: bool,
    change: Mapping[str, str] | None = None,
) -> tuple[int | None, str]:
    """Run pytest in a child of this process, its standard output in a file."""
    import pytest

    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            code = 3
            try:
                signal.alarm(most_seconds)
                sys.dont_write_bytecode = not keeps_bytecode
                if not keeps_bytecode:  # the processes that tests begin write none either
                    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                laid_in = change is None or place_in(change)
                code = int(pytest.main(arguments)) if laid_in else CANNOT
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else None), output.read()


def main() -> None:
    """Answer runs until the input ends."""
    sys.path[:] = [str(Path.cwd()), *sys.path[1:]]  # not this script's folder
    preload(sys.argv[1:])
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(run_in_child(asked.pop("arguments"), **asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
