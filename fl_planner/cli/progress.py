"""How far long work is: a bar on stderr, where that is a terminal and the work takes a while.

It names steps in plain words and counts; no name of a file and no word of a patient gets into it.
It is gone before anything else is printed, also where the work is refused or interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from fl_planner.basis.steps import Count, listening

if TYPE_CHECKING:
    from threading import Event

    from rich.progress import Task

DELAY_S = 1.0  # quicker work shows nothing: neither a flicker, nor the price of loading a bar
DRAWN_PER_S = 8
WORDS = {  # part of a plan -> what people call it
    "check_files": "comparing files",
    "check_masks": "checking masks",
    "check_segments": "checking segments",
    "measure_volumes": "volumes",
    "check_ct": "checking the CT",
    "measure_segment_volumes": "segments",
    "measure_all_lesions": "lesions",
    "measure_sites": "resections",
    "measure_plans": "planned operations",
    "check_embolised": "embolised segments",
    "measure_vessels": "vessels",
    "check_treated": "treated area",
    "measure_shares": "how exact the shares are",
    "compare_second_reader": "second reader",
    "measure_scintigraphy": "function",
    "check_days": "comparing days",
    "measure_treatment": "dose",
    "measure_beside": "spleen",
}


@dataclass(slots=True)
class Progress:
    """How far the work is: the step that was begun, and what is counted.

    `counted` are the kind of things, the number of the one at hand, and how many there are.
    """

    step: str
    counted: Count | None = None

    def begin(self, step: str) -> None:
        """Take the name of the step that begins."""
        self.step = WORDS.get(step, step.replace("_", " "))

    def count(self, count: Count | None) -> None:
        """Take which of several things is at hand; a step inside of it is named anew."""
        self.counted = count
        if count is not None:
            self.step = ""

    def say(self) -> str:
        """Say it in words.

        Examples
        --------
        >>> Progress("lesions", ("patient", 12, 50)).say()
        'patient 12 of 50: lesions'
        """
        count = "{} {} of {}".format(*self.counted) if self.counted else ""
        return ": ".join(part for part in (count, self.step) if part)


@contextmanager
def showing(first: str, *, quiet: bool) -> Iterator[Progress]:
    """Show how far the work inside is, from its first step on; nothing where nobody would see it.

    The bar is drawn by a thread of its own, so that also one long step shows that it goes on.
    """
    progress = Progress(first)
    stream: TextIO | None = sys.stderr  # None where it was closed
    if quiet or stream is None or not stream.isatty():
        yield progress
        return
    from threading import Event, Thread

    over = Event()
    drawing = Thread(target=_draw, args=(progress, over))
    try:
        drawing.start()
        with listening(progress):
            yield progress
    finally:
        over.set()
        drawing.join()  # what is printed next finds the terminal as it was


def _draw(progress: Progress, over: Event) -> None:
    """Draw a bar until the work is over, unless that comes soon."""
    if over.wait(DELAY_S):
        return
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False)
    if not console.is_interactive:  # a dumb terminal cannot take a line back
        return
    columns = (
        bars.BarColumn(bar_width=20),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.description}", markup=False),
    )
    bar = bars.Progress(
        *columns,
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("")
    (task,) = bar.tasks
    _update(task, progress)
    with bar:
        while not over.wait(1 / DRAWN_PER_S):
            _update(task, progress)
            bar.refresh()


def _update(task: Task, progress: Progress) -> None:
    """Set the bar to where the work is; it only moves where nobody knows how much is left."""
    _, number, total = progress.counted or ("", 1, None)
    task.description, task.total, task.completed = progress.say(), total, number - 1
