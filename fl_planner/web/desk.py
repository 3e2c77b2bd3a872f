"""The process of one case: requests, answered in sequence."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import Count, held_by, listening

if TYPE_CHECKING:
    from fl_planner.web.case import OpenCase
    from fl_planner.workup.memory_and_time_limits import BoundedProcess

STEP, SEEN, DONE, REFUSED, FAILED = "step", "seen", "done", "refused", "failed"
LOOKS = ("scan", "cut", "thumbnail")  # answered during other work
OPENING = ("open_case", "open_dropped", "open_answers")
LOADED_AHEAD = (
    "scipy.ndimage",
    "fl_planner.intake.documents.case_file",
    "fl_planner.liver.witness.witness",
    "fl_planner.workup.exports",
    "fl_planner.workup.plan",
    "fl_planner.report.page.render",
    "fl_planner.web.cuts",
    "skimage.measure",
)


@dataclass(frozen=True, slots=True)
class _Attending:
    """The case of this process, and its limits."""

    case: OpenCase
    held: BoundedProcess


class _Steps:
    """Reports progress to the server."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._sent: tuple[str, Count | None] = ("", None)

    def begin(self, step: str) -> None:
        self._send(step, self._sent[1])

    def count(self, count: Count | None) -> None:
        self._send("" if count else self._sent[0], count)

    def _send(self, step: str, count: Count | None) -> None:
        self._sent = (step, count)
        self._connection.send((STEP, self._sent))


def as_plain_refusal(refused: InputRefused) -> dict[str, str]:
    """Return a refusal as an object, worded for the page."""
    from fl_planner.web.dossier.plain_words import plain_refusal

    refusal = {"code": refused.code, "file": refused.source}
    return plain_refusal({**refusal, "reason": refused.reason, "remedy": refused.remedy})


def attend(work: Connection[Any, Any], looks: Connection[Any, Any], folder: Path) -> None:
    """Answer requests until the server closes; answer those in `looks` during other work too.

    Temporary files are in `folder`.
    """
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server handles Ctrl-C
    warnings.simplefilter("ignore")  # warnings of libraries would quote headers
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from fl_planner.web.case import OpenCase
    from fl_planner.workup.memory_and_time_limits import PAGE, BoundedProcess

    held = BoundedProcess()
    held.begin(PAGE)
    attending = _Attending(OpenCase(lambda: work.send((SEEN, None))), held)
    _warm(work)
    Thread(target=_attend_looks, args=(looks, attending), daemon=True).start()
    _attend(work, attending, {name for name in vars(OpenCase) if not name.startswith("_")})


def _attend_looks(looks: Connection[Any, Any], attending: _Attending) -> None:
    try:
        _attend(looks, attending, LOOKS)
    finally:
        os._exit(1)  # end the process, as a defect of its other work does


def _attend(
    connection: Connection[Any, Any], attending: _Attending, known: Collection[str]
) -> None:
    while True:
        try:
            what, args = connection.recv()
        except (EOFError, OSError):
            return
        _answer(connection, attending, what if what in known else "", args)


def _warm(connection: Connection[Any, Any]) -> None:
    """Load the modules of the first case, until a request arrives."""
    for name in LOADED_AHEAD:
        if connection.poll():
            return
        with suppress(ModuleNotFoundError):  # part of an extra: reported when required
            import_module(name)


def _answer(
    connection: Connection[Any, Any], attending: _Attending, what: str, args: tuple[Any, ...]
) -> None:
    """Answer one request; report a defect by its location in the code, without patient data."""
    try:
        if what in OPENING and (limit := args[-1].get("size_limit", 1)) > 1:
            attending.held.widen(size_limit=limit)
        with listening(_Steps(connection)), held_by(attending.held):
            answer = getattr(attending.case, what)(*args)
    except InputRefused as refused:
        connection.send((REFUSED, as_plain_refusal(refused)))
    except MemoryError as short:
        connection.send((REFUSED, as_plain_refusal(attending.held.as_refusal(short, "the case"))))
    except BaseException as defect:
        place = traceback.extract_tb(defect.__traceback__)[-1]
        connection.send((FAILED, f"{type(defect).__name__}, {place.name}:{place.lineno}"))
        sys.stderr = None  # the traceback would quote the case
        raise
    else:
        connection.send((DONE, answer))
