"""Runs pytest again and again without paying for its imports each time.

Started in a copy of the project as a script, never imported, so that nothing of the project is
loaded before a control is taken out. It reads one line of JSON a run: `arguments` of pytest, and
whether it `keeps_bytecode`. A child made by fork runs them, and the answer is a line of JSON: the
exit code (null where the tests did not end) and what pytest printed.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

MOST_SECONDS = 600  # of one run: tests that never end, not those of a slow machine


def preload() -> None:
    """Load what most tests load and what holds nothing of the project."""
    import numpy
    import pydantic
    import pytest
    import scipy.ndimage
    import scipy.spatial

    assert all((numpy, pydantic, pytest, scipy))


def run_in_child(arguments: list[str], *, keeps_bytecode: bool) -> tuple[int | None, str]:
    """Run pytest in a child of this process, its standard output in a file."""
    import pytest

    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            code = 3
            try:
                signal.alarm(MOST_SECONDS)
                sys.dont_write_bytecode = not keeps_bytecode
                if not keeps_bytecode:  # the processes that tests begin write none either
                    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                code = int(pytest.main(arguments))
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else None), output.read()


def main() -> None:
    """Answer runs until the input ends."""
    sys.path[:] = [str(Path.cwd()), *sys.path[1:]]  # not this script's folder
    preload()
    for line in sys.stdin:
        asked = json.loads(line)
        answer = run_in_child(asked["arguments"], keeps_bytecode=asked["keeps_bytecode"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
