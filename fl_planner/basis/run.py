"""State of one run of the program: its inputs and outputs, its progress, and its bounds.

Ledger, holder and listener are context variables. As arguments, they would appear in every
signature between a command and the code that reads, writes or computes.

Every input and output is recorded in the ledger, outputs before the work: no output may be an
input or another output. An input is checked against the outputs when it is opened.

Only a process with bounds has a holder: if one of several cases uses up memory or processor time,
this case alone is refused. Listeners receive the names of steps and return nothing, so no result
depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from fl_planner.basis.findings import InputRefused, TimeUsedUpError

Identity = tuple[int, int]  # device and inode of a file or a folder


@dataclass(frozen=True, slots=True)
class Place:
    """Location of a file or a folder, existing or planned.

    - `name`: its base name, for messages.
    - `path`: its real path, without links; "" for a stream.
    - `identity`: its identity, independent of the spelling of its path; None if it does not exist.
    - `above`: identities of the folders that contain it.
    - `is_folder`: whether it is a folder.
    """

    name: str
    path: str
    identity: Identity | None
    above: frozenset[Identity] = frozenset()
    is_folder: bool = False

    def is_same(self, other: Self) -> bool:
        """Whether both are the same location; on some disks, names that differ only in case are."""
        if self.identity is not None and self.identity == other.identity:
            return True
        return bool(self.path) and self.path.casefold() == other.path.casefold()

    def is_within(self, other: Self) -> bool:
        """Whether this location is below another."""
        if other.identity is not None and other.identity in self.above:
            return True
        return bool(other.path) and self.path.casefold().startswith(f"{other.path.casefold()}/")


class Ledger:
    """The locations used in one run.

    A run may continue after a refused input. The first conflict is therefore kept, and later
    writing is refused because of it.

    - `around`: folders around each folder, looked up once.
    """

    def __init__(self) -> None:
        self.around: dict[str, tuple[str, frozenset[Identity]]] = {}
        self._read: dict[Identity | str, Place] = {}  # by identity, and by path
        self._folders: dict[Identity, Place] = {}  # that are inputs as a whole
        self._held: dict[Identity, Place] = {}  # folder -> an input in it
        self._outputs: list[Place] = []
        self._growing: list[Place] = []  # outputs that are read, and added to
        self._conflict: InputRefused | None = None

    @property
    def has_outputs(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._outputs)

    def read(self, place: Place) -> None:
        """Record an input, which need not exist yet.

        Raises `InputRefused`: `output.is_input` if it is an output, or within one.
        """
        if place.identity is not None:
            self._read.setdefault(place.identity, place)
            if place.is_folder:
                self._folders.setdefault(place.identity, place)
            for folder in place.above:
                self._held.setdefault(folder, place)
        self._read.setdefault(place.path, place)
        for output in self._outputs:
            self._require_apart(output)

    def write(self, place: Place, *, grows: bool = False) -> None:
        """Record an output, before the work.

        Raises `InputRefused`: `output.is_input`, and `output.twice` for two outputs at one
        location.
        """
        for other in self._outputs:
            if place.is_same(other) or place.is_within(other) or other.is_within(place):
                reason = f"is used for two outputs ({other.name}, {place.name})"
                remedy = "give each output a different name"
                raise self._keep(InputRefused("output.twice", place.name, reason, remedy))
        self._outputs.append(place)
        if grows:
            self._growing.append(place)
        self.require_apart(place)

    def require_apart(self, place: Place) -> None:
        """Check that a location is not an input, and that no conflict occurred before.

        Raises `InputRefused`: `output.is_input`, and the first conflict.
        """
        self.require_no_conflict()
        self._require_apart(place)

    def require_no_conflict(self) -> None:
        """Raise the first conflict, if any."""
        if self._conflict is not None:
            raise self._conflict.within(self._conflict.source)

    def keeps(self, place: Place) -> bool:
        """Whether a location is an output that is read first and then extended, such as a log."""
        return any(place.is_same(output) for output in self._growing)

    def _require_apart(self, output: Place) -> None:
        if output.path in self._read or output.identity in self._read:
            reason = "is both an input and an output"
        elif around := self._folders.keys() & output.above:
            folder = self._folders[min(around)]
            reason = f"is in the folder {folder.name}, which is an input"
        elif output.identity in self._held:
            reason = f"is a folder that contains an input, {self._held[output.identity].name}"
        else:
            return
        remedy = "choose another name, or another folder, for the output"
        raise self._keep(InputRefused("output.is_input", output.name, reason, remedy))

    def _keep(self, refused: InputRefused) -> InputRefused:
        """Keep a copy of the first conflict; the one raised refers to everything read so far."""
        self._conflict = self._conflict or refused.within(refused.source)
        return refused


_LEDGER: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


def current_ledger() -> Ledger | None:
    """Return the ledger of the run; None outside a run."""
    return _LEDGER.get()


@contextmanager
def one_run() -> Iterator[Ledger]:
    """Use one ledger for everything read and written in this context; nested runs share it."""
    if (ledger := _LEDGER.get()) is not None:
        yield ledger
        return
    token = _LEDGER.set(ledger := Ledger())
    try:
        yield ledger
    finally:
        _LEDGER.reset(token)


Answer = TypeVar("Answer")


class Holder(Protocol):
    """Bounds of memory and time of a process."""

    def begin_one(self) -> None:
        """Start timing one task."""

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Return the refusal for a task that used up memory or time."""


_HOLDER: ContextVar[Holder | None] = ContextVar("holder", default=None)


@contextmanager
def held_by(holder: Holder | None) -> Iterator[None]:
    """Apply the bounds of a holder in this context; None applies no bounds."""
    token = _HOLDER.set(holder)
    try:
        yield
    finally:
        _HOLDER.reset(token)


def within_bounds(asked: str, work: Callable[[], Answer]) -> Answer:
    """Run one of several tasks within the bounds; `asked` names the task if no file is known.

    Raises `InputRefused`: `limit.memory`, `limit.time`; and whatever the task raises.
    """
    if (holder := _HOLDER.get()) is None:
        return work()
    holder.begin_one()
    try:
        return work()
    except (MemoryError, TimeUsedUpError) as ended:
        refused = holder.refuse_one(ended, asked)
    raise refused  # outside, so that the memory of the work is freed


Thing = TypeVar("Thing")
Count = tuple[str, int, int]  # kind of things, number of the current one, their total


class Listener(Protocol):
    """Receiver of progress."""

    def begin(self, step: str, /) -> None:
        """Receive the name of the step that begins."""

    def count(self, count: Count | None, /) -> None:
        """Receive the number of the current item; None after the last."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def begin_step(name: str) -> None:
    """Report the step that begins, in plain words and without data of a patient."""
    if (listener := _LISTENER.get()) is not None:
        listener.begin(name)


def report_count(count: Count | None) -> None:
    """Report which of several items is being processed."""
    if (listener := _LISTENER.get()) is not None:
        listener.count(count)


def each_counted(things: Collection[Thing], kind: str) -> Iterator[Thing]:
    """Yield items one by one, and report the number of each."""
    for number, thing in enumerate(things, start=1):
        report_count((kind, number, len(things)))
        yield thing
    report_count(None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report every step that begins in this context and thread to a listener."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
