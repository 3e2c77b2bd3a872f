"""One run of the program: what it reads and writes, how far it is, and what one thing may take.

Ledger, holder and listener are no arguments because they would stand in every signature between a
command and the room that reads, writes or works.

The rooms that read files note them in the ledger, and those that write say first what they will
write: no output is an input, and none is another output. Outputs are named before the work, so what
the work reads is held against them as it is opened.

Only a process that is held to bounds has a holder: where one of several things takes all memory or
processor time, it alone is refused. The name of a step goes one way, to whoever listens, and
nothing comes back: no result can rest on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from fl_planner.basis.findings import InputRefused, TimeUsedUpError

Identity = tuple[int, int]  # device and number of what lies on a disk


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file or a folder lies, or will lie.

    - `name`: its base name, for messages.
    - `path`: its real path, without links; "" for a stream, which has none.
    - `identity`: what lies there, whatever its spelling; None where nothing does.
    - `above`: identities of the folders that it lies in.
    - `is_folder`: whether it is a folder.
    """

    name: str
    path: str
    identity: Identity | None
    above: frozenset[Identity] = frozenset()
    is_folder: bool = False

    def is_same(self, other: Self) -> bool:
        """Whether two places are one: names that differ in case alone are, on some disks."""
        if self.identity is not None and self.identity == other.identity:
            return True
        return bool(self.path) and self.path.casefold() == other.path.casefold()

    def is_within(self, other: Self) -> bool:
        """Whether it lies below another place."""
        if other.identity is not None and other.identity in self.above:
            return True
        return bool(other.path) and self.path.casefold().startswith(f"{other.path.casefold()}/")


class Ledger:
    """The places of one run.

    A reading that is refused may be one of many, so the first conflict is kept: whoever writes
    later is refused for it.

    - `around`: what was found around folders, which are looked at once.
    """

    def __init__(self) -> None:
        self.around: dict[str, tuple[str, frozenset[Identity]]] = {}
        self._read: dict[Identity | str, Place] = {}  # by identity, and by path
        self._folders: dict[Identity, Place] = {}  # that are inputs as a whole
        self._held: dict[Identity, Place] = {}  # an input of each folder that holds one
        self._outputs: list[Place] = []
        self._growing: list[Place] = []  # outputs that are read, and added to
        self._conflict: InputRefused | None = None

    @property
    def has_outputs(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._outputs)

    def read(self, place: Place) -> None:
        """Note an input, which may not be there yet.

        Raises `InputRefused`: `output.is_input` where an output lies there or around it.
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
        """Note an output, before the work.

        Raises `InputRefused`: `output.is_input`, and `output.twice` for two outputs of one place.
        """
        for other in self._outputs:
            if place.is_same(other) or place.is_within(other) or other.is_within(place):
                reason = f"is named for two outputs ({other.name}, {place.name})"
                remedy = "give each output a name of its own"
                raise self._keep(InputRefused("output.twice", place.name, reason, remedy))
        self._outputs.append(place)
        if grows:
            self._growing.append(place)
        self.require_apart(place)

    def require_apart(self, place: Place) -> None:
        """Refuse to write where an input lies, or after an earlier conflict.

        Raises `InputRefused`: `output.is_input`, and what was refused before.
        """
        self.require_no_conflict()
        self._require_apart(place)

    def require_no_conflict(self) -> None:
        """Refuse what was refused before, of an output that a reading met."""
        if self._conflict is not None:
            raise self._conflict.within(self._conflict.source)

    def keeps(self, place: Place) -> bool:
        """Whether a place is an output that grows, such as a log, which is read before."""
        return any(place.is_same(one) for one in self._growing)

    def _require_apart(self, output: Place) -> None:
        if output.path in self._read or output.identity in self._read:
            reason = "is an input and the output at once"
        elif around := self._folders.keys() & output.above:
            folder = self._folders[min(around)]
            reason = f"lies in the folder {folder.name}, which is an input"
        elif output.identity in self._held:
            reason = f"is a folder that holds an input, {self._held[output.identity].name}"
        else:
            return
        remedy = "choose another name, or another folder, for the output"
        raise self._keep(InputRefused("output.is_input", output.name, reason, remedy))

    def _keep(self, refused: InputRefused) -> InputRefused:
        """Keep a copy of the first conflict: what is raised holds all that the run had read."""
        self._conflict = self._conflict or refused.within(refused.source)
        return refused


_LEDGER: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


def find_ledger() -> Ledger | None:
    """Find the ledger of the run; None where none was begun."""
    return _LEDGER.get()


@contextmanager
def one_run() -> Iterator[Ledger]:
    """Keep one ledger for all that is read and written meanwhile; a run within a run shares it."""
    ledger = _LEDGER.get()
    if ledger is not None:
        yield ledger
        return
    token = _LEDGER.set(ledger := Ledger())
    try:
        yield ledger
    finally:
        _LEDGER.reset(token)


Answer = TypeVar("Answer")


class Holder(Protocol):
    """What holds a process to bounds."""

    def begin_one(self) -> None:
        """Give the thing that begins a time of its own."""

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Say what a thing used up, and go on to the next."""


_HOLDER: ContextVar[Holder | None] = ContextVar("holder", default=None)


@contextmanager
def held_by(holder: Holder | None) -> Iterator[None]:
    """Let what is done meanwhile be held to bounds; None holds it to none."""
    token = _HOLDER.set(holder)
    try:
        yield
    finally:
        _HOLDER.reset(token)


def within_bounds(asked: str, work: Callable[[], Answer]) -> Answer:
    """Do one of several works; `asked` names it where no file of it is known.

    Raises `InputRefused`: `limit.memory`, `limit.time`; and what the work raises.
    """
    holder = _HOLDER.get()
    if holder is None:
        return work()
    holder.begin_one()
    try:
        return work()
    except (MemoryError, TimeUsedUpError) as ended:
        refused = holder.refuse_one(ended, asked)
    raise refused  # outside, so that nothing keeps what the work held


Thing = TypeVar("Thing")
Count = tuple[str, int, int]  # the kind of things, the number of the one at hand, how many


class Listener(Protocol):
    """Whoever shows how far the work is."""

    def begin(self, step: str, /) -> None:
        """Take the name of the step that begins."""

    def count(self, count: Count | None, /) -> None:
        """Take which of several things is at hand; None after the last of them."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def begin_step(name: str) -> None:
    """Name the step that begins; in plain words, and never with what could tell of a patient."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.begin(name)


def say_count(count: Count | None) -> None:
    """Say which of several things is at hand, where they are not taken one after the other."""
    listener = _LISTENER.get()
    if listener is not None:
        listener.count(count)


def each_counted(things: Collection[Thing], kind: str) -> Iterator[Thing]:
    """Give things one by one, and say of each when it is taken."""
    for number, thing in enumerate(things, start=1):
        say_count((kind, number, len(things)))
        yield thing
    say_count(None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear every step that begins meanwhile, in this thread."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
