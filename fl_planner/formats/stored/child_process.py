"""How a child process of Python is begun: nothing is imported from the folder where it stands.

The working folder of a run holds a patient's data, or what somebody sent. Python puts it before its
own library for `-m`, `-c` and for processes that are spawned: a file `random.py` in it would run.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

PYTHON = (sys.executable, "-P")  # the program, and before what it is to run
SAFE_PATH = {"PYTHONSAFEPATH": "1"}  # the same for processes that others begin, by the environment
# what is said of one that ended by itself
DEFECT = "a defect of fl_planner, please report it: plan the case by itself to see where"
_BEGINNING = Lock()


@contextmanager
def spawning_safely() -> Iterator[None]:
    """Begin processes that import nothing from the working folder, as Python's `-P` does.

    A process that is spawned takes its options from the environment alone, which all threads
    share: one begins a process at a time, and the environment is afterwards what it was.
    """
    with _BEGINNING:
        before = {name: os.environ.get(name) for name in SAFE_PATH}
        os.environ.update(SAFE_PATH)
        try:
            yield
        finally:
            for name, value in before.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value


def leave_working_folder() -> None:
    """Import nothing from the working folder from now on, where `python -m` put it first."""
    first, own = Path(sys.path[0]).absolute(), Path(__file__).parents[3]
    with suppress(FileNotFoundError):  # a working folder that was removed holds nothing
        if first.samefile(".") and first != own:
            del sys.path[0]
