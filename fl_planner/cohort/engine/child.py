"""The process that plans cases for a worker, one after the other.

It reads cases on stdin and answers on stdout. It ends with its worker, even during a case.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import sys
import warnings
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from fl_planner.basis.version import __version__
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase, begin_key, hash_program, plan_case
from fl_planner.cohort.engine.sandbox import LENGTH, UNREADABLE

Task = tuple[CohortCase, Asked, dict[str, str] | None]
OUT_OF_MEMORY = "exceeded the memory limit per case"


def serve(given: BinaryIO, answers: BinaryIO) -> None:
    """Plan cases until the input ends."""
    tasks: SimpleQueue[Task] = SimpleQueue()
    Thread(target=_listen, args=(given, tasks), daemon=True).start()
    while True:
        answer = pickle.dumps(_answer(*tasks.get()), protocol=5)
        answers.write(len(answer).to_bytes(LENGTH, "big") + answer)
        answers.flush()


def _answer(case: CohortCase, asked: Asked, held: dict[str, str] | None) -> CaseAnswer:
    if asked.key["version"] != __version__:
        failure = f"its worker has fl_planner {__version__} instead of {asked.key['version']}"
        return CaseAnswer("failed", begin_key(case, asked), failure=failure)
    if asked.key["code"] != hash_program():
        failure = "the fl_planner program code of its worker differs from that of this run"
        return CaseAnswer("failed", begin_key(case, asked), failure=failure)
    try:
        return plan_case(case, asked, held)
    except MemoryError:
        gc.collect()
        return CaseAnswer("failed", begin_key(case, asked), failure=OUT_OF_MEMORY)


def _listen(given: BinaryIO, tasks: SimpleQueue[Task]) -> None:
    """Receive tasks; the end of stdin means that the worker has ended.

    A task of another version may name classes that this version does not have.
    """
    status = UNREADABLE
    try:
        while True:
            tasks.put(pickle.load(given))
    except (EOFError, OSError, pickle.UnpicklingError):
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Start the process; keep output and warnings of libraries off stdout."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
    # Ctrl-C is handled by the process that started the run
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
