"""The process of one case, from within: what it is asked, one question after another."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from threading import Thread
from typing import TYPE_CHECKING, Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import Count, listening

if TYPE_CHECKING:
    from fl_planner.web.case import OpenCase

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
LOADED_AHEAD = (
    "scipy.ndimage",
    "fl_planner.intake.documents.case_file",
    "fl_planner.liver.witness.witness",
    "fl_planner.workup.exports",
    "fl_planner.workup.plan",
    "fl_planner.report.page.render",
    "fl_planner.web.sight",
    "skimage.measure",
)


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


def attend(work: Connection[Any, Any], looks: Connection[Any, Any]) -> None:
    """Answer questions until the server goes away: those of `looks` meanwhile, whatever is done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    warnings.simplefilter("ignore")  # what libraries say would quote headers
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from fl_planner.web.case import OpenCase

    case = OpenCase(lambda: work.send((SEEN, None)))
    _warm(work)
    Thread(target=_attend_looks, args=(looks, case), daemon=True).start()
    _attend(work, case, QUESTIONS)


def _attend_looks(looks: Connection[Any, Any], case: OpenCase) -> None:
    try:
        _attend(looks, case, LOOKS)
    finally:
        os._exit(1)  # the process, as a defect of its other work does


def _attend(connection: Connection[Any, Any], case: OpenCase, known: Collection[str]) -> None:
    while True:
        try:
            what, args = connection.recv()
        except (EOFError, OSError):
            return
        _answer(connection, case, what if what in known else "", args)


def _warm(connection: Connection[Any, Any]) -> None:
    """Load what the first case would wait for, until something is asked."""
    for name in LOADED_AHEAD:
        if connection.poll():
            return
        with suppress(ModuleNotFoundError):  # of an extra: whoever needs it says so
            import_module(name)


def _answer(
    connection: Connection[Any, Any], case: OpenCase, what: str, args: tuple[Any, ...]
) -> None:
    """Answer one question; a defect of ours is told by its place, with nothing of the patient."""
    try:
        with listening(_Steps(connection)):
            answer = getattr(case, what)(*args)
    except InputRefused as refused:
        connection.send((REFUSED, as_told(refused)))
    except BaseException as defect:
        place = traceback.extract_tb(defect.__traceback__)[-1]
        connection.send((FAILED, f"{type(defect).__name__}, {place.name}:{place.lineno}"))
        sys.stderr = None  # what Python prints of it would quote the case
        raise
    else:
        connection.send((DONE, answer))
