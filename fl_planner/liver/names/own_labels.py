"""A user's own labels: which number is which structure, by the names that people use."""

import re
from collections.abc import Collection, Iterator, Mapping

from fl_planner.basis.text.nearest import find_nearest
from fl_planner.liver.names.exclusions import LISTED, read_excluded
from fl_planner.liver.names.part_names import organ_beside, structure_of, words_of
from fl_planner.liver.names.structures import EXCLUDE, USED, parse_structure

ONE_DRAWING = ("liver", "flr", "resected", "treated")  # of which two names are two drawings
_LABEL = re.compile("[1-9][0-9]{0,15}")


def parse_labels(
    table: Mapping[str, object], passed_over: Collection[str]
) -> tuple[dict[int, str], tuple[tuple[str, str], ...]]:
    """Read a user's own labels, number to structure.

    A name is read by the words that it is of (`part_names.py`). One that means none of the
    structures used is passed over, unless it comes near one: a slip of the pen would take a
    structure out of the sum without a word.

    - `table` (mapping of str to object): as typed.
    - `passed_over`: names of other structures that may come near, and are meant.

    Returns
    -------
    dict of int to str
        What is right in it.
    tuple of (key, what is wrong)
        Every error.
    """
    labels: dict[int, str] = {}
    errors: list[tuple[str, str]] = []
    for key, entry in table.items():
        wrong = [*_find_wrong(key, entry, passed_over)]
        errors += [(key, what) for what in wrong]
        if not wrong:
            labels[int(key)] = _mean(str(entry)) or str(entry).strip()
    errors += _find_two_drawings(table, labels)
    return labels, tuple(errors)


def _mean(text: str) -> str | None:
    """Tell the structure of a name; what is excluded by its one name for every spelling."""
    structure = parse_structure(text) or structure_of(text)
    if structure is None or not structure.startswith(EXCLUDE):
        return structure
    excluded = read_excluded(structure.removeprefix(EXCLUDE))
    return None if excluded is None else f"{EXCLUDE}{excluded}"


def _find_two_drawings(
    table: Mapping[str, object], labels: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """Find labels of one part under two names: one remnant to the left, and one to the right."""
    for structure in ONE_DRAWING:
        called = {n: str(table[str(n)]).strip() for n in labels if labels[n] == structure}
        first, *others = [*called] or [0]
        for other in others:
            if words_of(called[other]) != words_of(called[first]):
                what = f"{called[other]!r} and {called[first]!r} (label {first}) both mean "
                yield str(other), f"{what}{structure}: name the one that is meant"
                break


def _find_wrong(key: str, entry: object, passed_over: Collection[str]) -> Iterator[str]:
    if not (_LABEL.fullmatch(key) and int(key) < 1 << 53):
        yield "give a label, a whole number from 1; 0 is the background"
    if not isinstance(entry, str) or not entry.strip():
        yield "give the name of a structure, in quotes"
    elif _mean(entry) is None and entry.strip() not in passed_over and not organ_beside(entry):
        if entry.strip().startswith(EXCLUDE):
            yield f"{entry!r} is excluded by no name that is known: {LISTED}, or other and a name"
            return
        near = find_nearest(entry.strip().casefold(), USED)
        if near:
            yield f"no structure is called {entry!r}, did you mean {near[0]}?"
