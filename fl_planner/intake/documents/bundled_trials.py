"""The protocols that the package brings along, each read once: a file each in `trials/data`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.trials.criterion import Role, Trial
from fl_planner.trials.plan_part import Head, parse_bundled, parse_head, parse_protocol

if TYPE_CHECKING:  # `volume` asks no pathway
    from fl_planner.planning.pathway.states import Protocols
    from fl_planner.trials.route_row import RouteRow

# by their path: `importlib.resources` takes 13 ms of each start
PROTOCOLS = Path(__file__).parents[2] / "trials" / "data"


@cache
def read_heads() -> Mapping[str, Head]:
    """Read what each bundled protocol is called, by the name of its file, in their one order.

    That order is the one of trials.md, wherever trials are listed, signed or told.
    """
    named = {path.stem: parse_head(path.read_text("utf-8")) for path in PROTOCOLS.glob("*.toml")}
    last = 1 + max(head.order or 0 for head in named.values())
    return dict(sorted(named.items(), key=lambda one: (one[1].order or last, one[0])))


@cache  # a worklist judges hundreds of patients by the same few
def read_bundled(name: str) -> Trial:
    """Read a bundled protocol by the name of its file, `dragon2`."""
    return parse_bundled((PROTOCOLS / f"{name}.toml").read_text("utf-8"))


@cache
def read_bundled_trials() -> tuple[Trial, ...]:
    """Read every trial that is judged, in their order."""
    return tuple(read_bundled(name) for name, head in read_heads().items() if head.judged)


@cache
def read_lending_trials() -> tuple[Trial, ...]:
    """Read every trial that lends a limit, and judges no patient."""
    return tuple(read_bundled(name) for name, head in read_heads().items() if not head.judged)


def read_limiting() -> tuple[Trial, ...]:
    """Read the protocols whose limits the pathway uses, without what a plan takes from them."""
    names = [name for name, head in read_heads().items() if head.role is not None]
    return tuple(parse_protocol((PROTOCOLS / f"{name}.toml").read_text("utf-8")) for name in names)


@cache
def read_protocol(role: Role) -> Trial:
    """Read the protocol that has this role in the pathway by volume."""
    (name,) = (name for name, head in read_heads().items() if head.role == role)
    return read_bundled(name)


def read_protocols() -> Protocols:
    """Read the protocols whose limits the pathway uses."""
    from fl_planner.planning.pathway.states import Protocols

    return Protocols(
        read_protocol("crlm"), read_protocol("hcc"), read_protocol("radioembolisation")
    )


@cache
def read_route_rows() -> tuple[RouteRow, ...]:
    """Read the whole table of routes."""
    from fl_planner.planning.route.table import merge_rows  # none for what asks for no route

    return merge_rows(read_bundled(name) for name in read_heads())


def find_trial_name(short: str) -> str:
    """Say the name of a bundled protocol by its short one or its id; any other stays as it is.

    Examples
    --------
    >>> find_trial_name("harbour")
    'harbour'
    """
    heads = read_heads().values()
    names = {key: head.name for head in heads for key in (head.short, head.id)}
    return names.get(short, short)


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Put trials in their order, each once; a hospital's own come last, as they came.

    Examples
    --------
    >>> in_order(["HARBOUR-1", "NCT06178198", "NCT05428735", "NCT06178198"])
    ('NCT05428735', 'NCT06178198', 'HARBOUR-1')
    """
    found = dict.fromkeys(ids)
    known = [head.id for head in read_heads().values() if head.id in found]
    return (*known, *(id_ for id_ in found if id_ not in known))
