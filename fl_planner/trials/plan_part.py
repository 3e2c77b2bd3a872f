"""What the plan of a patient takes from a bundled trial: its place, the pathway's, its rows.

It stands at the end of the trial's file, under `[plan]`; the protocol above is read as any other,
and its hash ends there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from fl_planner.trials.condition import Condition
from fl_planner.trials.criterion import (
    ClosingWindow,
    Criterion,
    FollowUpDays,
    PathwayRole,
    Randomised,
    Role,
    Trial,
)
from fl_planner.trials.load import parse_trial, refused, require_keys

if TYPE_CHECKING:
    from fl_planner.trials.condition import RouteRow

_TABLES = {"order", "randomised", "site", "pathway", "window", "follow_up", "route"}
BEGINS = "\n[plan]\n"
_BLOCK = r"\n(?=\[\[(?:criterion|background)\]\])"  # what a limit may stand in begins here
# of each role, what the pathway asks criteria for, and whether it takes a limit on the FLR
_PURPOSES: dict[Role, tuple[set[str], bool]] = {
    "crlm": ({"no_pve_hve", "complete_response"}, True),
    "hcc": (set(), True),
    "radioembolisation": ({"lesions", "untreated_liver", "must_not_fail", "lung_dose"}, False),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What a bundled trial is called, without its criteria.

    `judged` is False of a protocol that lends its limits and has no criteria; `order` is its place
    among the trials, None for the last.
    """

    id: str
    name: str
    short: str
    judged: bool
    order: int | None = None
    role: Role | None = None


def parse_head(text: str) -> Head:
    """Read what a bundled trial is called and what it is for, without its criteria."""
    protocol, plan = _split(text.partition("\n[[plan.")[0])
    named = tomllib.loads(protocol.partition("\n[")[0])
    role = plan.get("pathway", {}).get("role")
    judged = "\n[[criterion]]" in protocol
    return Head(named["id"], named["name"], named["short"], judged, plan.get("order"), role)


def parse_naming(text: str, facts: Collection[str]) -> Trial:
    """Read of a bundled trial what names one of some facts: all of its limits on them are there.

    `volume` needs no more of a trial, and reads it in a third of the time.
    """
    head, *blocks = re.split(_BLOCK, text.partition(BEGINS)[0])
    kept = (block for block in blocks if any(fact in block for fact in facts))
    return parse_trial("\n".join([head.partition("\n[")[0], *kept]))


def parse_bundled(text: str) -> Trial:
    """Read a bundled trial with what the plan takes from it.

    Raises `InputRefused` as `parse_trial`, and for a row, a criterion or a role that is not there.
    """
    protocol, plan = _split(text)
    trial = parse_trial(protocol)
    require_keys("plan", plan, set(), _TABLES)
    randomised = plan.get("randomised", trial.randomised)
    if randomised not in get_args(Randomised):
        raise refused(trial.id, f"randomised = {randomised!r}", f"use {get_args(Randomised)}")
    return replace(
        trial,
        pathway=_parse_role(trial, plan["pathway"]) if "pathway" in plan else None,
        window=_parse_window(trial, plan["window"]) if "window" in plan else None,
        routes=tuple(_parse_row(trial, row) for row in plan.get("route", ())),
        randomised=randomised,
        site=plan.get("site"),
        follow_up=_parse_follow_up(plan["follow_up"]) if "follow_up" in plan else None,
    )


def _split(text: str) -> tuple[str, dict[str, Any]]:
    protocol, _, plan = text.partition(BEGINS)
    table: dict[str, Any] = tomllib.loads(f"{BEGINS}{plan}")
    require_keys("file behind [plan]", table, {"plan"})  # what stood there would be in no hash
    return protocol, table["plan"]


def _parse_role(trial: Trial, table: Mapping[str, Any]) -> PathwayRole:
    role = table.get("role")
    if role not in _PURPOSES:
        raise refused(trial.id, f"role = {role!r}", f"use {[*_PURPOSES]}")
    purposes, limits_flr = _PURPOSES[role]
    require_keys("pathway", table, {"role", *purposes, *(["small_flr"] if limits_flr else [])})
    criteria = {name: tuple(_criterion(trial, id_) for id_ in table[name]) for name in purposes}
    small = _condition(trial, table["small_flr"]) if limits_flr else None
    return PathwayRole(role, criteria, small)


def _condition(trial: Trial, named: str) -> Condition:
    """Find a part of a criterion, `I1.volume`, or what the background says."""
    id_, _, part = named.partition(".")
    told = [(one.name, one.when) for one in trial.background]
    if part:
        told = [(f"{id_}.{one.name}", one.when) for one in _criterion(trial, id_).parts]
    if named not in dict(told):
        raise refused(trial.id, named, "name a part of a criterion, or of the background")
    return dict(told)[named]


def _criterion(trial: Trial, id_: str) -> Criterion:
    if id_ not in {criterion.id for criterion in trial.criteria}:
        raise refused(trial.id, id_, "name a criterion that it has")
    return trial.criterion(id_)


def _parse_window(trial: Trial, table: Mapping[str, Any]) -> ClosingWindow:
    require_keys("window", table, {"criterion", "closes"})
    return ClosingWindow(_criterion(trial, table["criterion"]).id, table["closes"])


def _parse_follow_up(table: Mapping[str, Any]) -> FollowUpDays:
    require_keys("follow_up", table, {"scores", "function"})
    if not all(isinstance(days, int) and days > 0 for days in table.values()):
        raise refused("follow_up", f"{dict(table)}", "give whole days")
    return FollowUpDays(**table)


def _parse_row(trial: Trial, table: Mapping[str, Any]) -> RouteRow:
    from fl_planner.trials.condition import RouteRow  # `volume` reads limits alone

    must = {"row", "route", "csv", "when", "headline", "reasons", "next_steps"}
    require_keys(f"row {table.get('row')}", table, must, {"beside_resection"})
    return RouteRow(
        table["row"],
        trial.diagnosis,
        table["route"],
        table["csv"],
        table["headline"],
        tuple(table["when"]),
        tuple(table["reasons"]),
        tuple(table["next_steps"]),
        trial.short,
        beside_resection=table.get("beside_resection", False),
    )
