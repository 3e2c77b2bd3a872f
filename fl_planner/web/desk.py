"""The process of one case, from within: what it is asked, one question after another."""

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
    from fl_planner.workup.process_bounds import BoundedProcess

STEP, SEEN, DONE, REFUSED, FAILED = "step", "seen", "done", "refused", "failed"
QUESTIONS = (
    "open_case",
    "open_dropped",
    "open_answers",
    "check",
    "checked",
    "answer",
    "record",
    "surface",
    "export",
    "dossier",
    "try_question",
    "say",
    "sheet",
    "drafts",
    "draft",
    "draft_supply",
    "export_draft",
    "branches",
    "cut_branches",
    "export_branches",
    "own_text",
    "set_beside",
    "chart",
)
LOOKS = ("scan", "cut")  # answered beside the work, and never after it
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
    """The case of this process, and what the process may take."""

    case: OpenCase
    held: BoundedProcess


class _Steps:
    """Tells the server how far the work is."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._told: tuple[str, Count | None] = ("", None)

    def begin(self, step: str) -> None:
        self._tell(step, self._told[1])

    def count(self, count: Count | None) -> None:
        self._tell("" if count else self._told[0], count)

    def _tell(self, step: str, count: Count | None) -> None:
        self._told = (step, count)
        self._connection.send((STEP, self._told))


def as_told(refused: InputRefused) -> dict[str, str]:
    """Tell a refusal to the page."""
    told = {"code": refused.code, "file": refused.source}
    return {**told, "reason": refused.reason, "remedy": refused.remedy}


def attend(work: Connection[Any, Any], looks: Connection[Any, Any], folder: Path) -> None:
    """Answer questions until the server goes away: those of `looks` meanwhile, whatever is done.

    Files that are written meanwhile lie in `folder`.
    """
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    warnings.simplefilter("ignore")  # what libraries say would quote headers
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from fl_planner.web.case import OpenCase
    from fl_planner.workup.process_bounds import PAGE, BoundedProcess

    held = BoundedProcess()
    held.begin(PAGE)
    attending = _Attending(OpenCase(lambda: work.send((SEEN, None))), held)
    _warm(work)
    Thread(target=_attend_looks, args=(looks, attending), daemon=True).start()
    _attend(work, attending, QUESTIONS)


def _attend_looks(looks: Connection[Any, Any], attending: _Attending) -> None:
    try:
        _attend(looks, attending, LOOKS)
    finally:
        os._exit(1)  # the process, as a defect of its other work does


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
    """Load what the first case would wait for, until something is asked."""
    for name in LOADED_AHEAD:
        if connection.poll():
            return
        with suppress(ModuleNotFoundError):  # of an extra: whoever needs it says so
            import_module(name)


def _answer(
    connection: Connection[Any, Any], attending: _Attending, what: str, args: tuple[Any, ...]
) -> None:
    """Answer one question; a defect of ours is told by its place, with nothing of the patient."""
    try:
        if what in OPENING and (limit := args[-1].get("size_limit", 1)) > 1:
            attending.held.widen(size_limit=limit)
        with listening(_Steps(connection)), held_by(attending.held):
            answer = getattr(attending.case, what)(*args)
    except InputRefused as refused:
        connection.send((REFUSED, as_told(refused)))
    except MemoryError as short:
        connection.send((REFUSED, as_told(attending.held.as_refusal(short, "the case"))))
    except BaseException as defect:
        place = traceback.extract_tb(defect.__traceback__)[-1]
        connection.send((FAILED, f"{type(defect).__name__}, {place.name}:{place.lineno}"))
        sys.stderr = None  # what Python prints of it would quote the case
        raise
    else:
        connection.send((DONE, answer))
