"""Comparison of the name of a plan with the segments that it removes.

A name such as "right hepatectomy" is understood by everyone who reads a plan. If the remnant
includes a segment that this name removes, either the name or the segments are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.names.resection_names import NamedResection, parse_resections
from fl_planner.liver.names.structures import list_remaining, list_segments
from fl_planner.planning.assessment.operations import MUCH, Planned, measure_segment_shares

CAUDATE, FOURTH = "1", "4"
Atoms = frozenset[str]  # segments, with IV as its halves


def find_named_otherwise(anatomy: Anatomy, planned: Sequence[Planned]) -> Iterator[Finding]:
    """Find plans whose name removes other segments than the plan.

    Nothing is found for a name that is not a known resection, or without known segments. Segment I
    is compared only if the name states it.
    """
    for each in planned:
        name = each.operation.name or ""
        known = parse_resections(name)
        kept, gone = _list_fates(anatomy, each) if known else (frozenset(), frozenset())
        for one in known:
            words = _describe_difference(one, kept, gone)
            if words:
                message = f"plan {name}: {words}. Check the name of the plan and its segments"
                yield Finding("plan.name_differs", Severity.WARNING, message)


def _list_fates(anatomy: Anatomy, each: Planned) -> tuple[Atoms, Atoms]:
    """List the segments that remain and those that are removed; both empty if not known.

    For a drawn or cut remnant, more than half of a segment decides.
    """
    operation, remnant = each.operation, each.remnant
    drawn = remnant is not None and (remnant.origin == "drawn" or remnant.transection is not None)
    if drawn and remnant is not None:
        shares = measure_segment_shares(anatomy, remnant.mask)
        if {*HALVES} <= shares.keys():
            shares.pop(FOURTH, None)
        kept = [name for name, share in shares.items() if share > MUCH]
        return _split(kept), _split(shares.keys() - kept)
    absent = _split(anatomy.absent_segments)
    kept = [*operation.remnant_segments]
    gone = operation.resected_segments or (list_remaining(kept) if kept else ())
    kept = kept or [*(list_remaining(gone) if gone else ())]
    return _split(kept) - absent, _split(gone) - absent


def _split(names: Iterable[str]) -> Atoms:
    """Replace IV by its halves."""
    return frozenset(part for name in names for part in (HALVES if name == FOURTH else (name,)))


def _join(atoms: Atoms) -> list[str]:
    """List segments in order, both halves of IV as one."""
    whole = atoms >= {*HALVES}
    return sorted([*(atoms - {*HALVES}), FOURTH] if whole else atoms)


def _describe_difference(one: NamedResection, kept: Atoms, gone: Atoms) -> str:
    """Describe how a plan differs from a name; empty if it does not in one meaning of the name."""
    differences = []
    for removes in one.removes:
        part = _split(one.in_part)
        stays = (_split(removes) & kept) - (part if part & gone else frozenset())
        also = gone - _split(removes) - {CAUDATE} if one.is_whole else frozenset()
        if one.caudate is not None:
            stays |= {CAUDATE} & kept if one.caudate else frozenset()
            also |= {CAUDATE} & gone if not one.caudate else frozenset()
        differences.append((removes, stays, also))
    removes, stays, also = min(differences, key=lambda one: len(one[1]) + len(one[2]))
    if not stays and not also:
        return ""
    named = [*([CAUDATE] if one.caudate else []), *removes]
    parts = [f"the remnant includes {list_segments(_join(stays))}"] if stays else []
    parts += [f"the plan also removes {list_segments(_join(also))}"] if also else []
    return f"{one.called} removes {list_segments(named)}, but {' and '.join(parts)}"
