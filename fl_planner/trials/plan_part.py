"""Use of a bundled trial in a patient's plan: order, role in the pathway, rows of the route.

This is the table `[plan]` at the end of the trial's file. The protocol above the table is read
like any other; its hash does not cover the table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

from msgspec import Struct

from fl_planner.trials.condition import Condition, RouteRow
from fl_planner.trials.criterion import (
    ClosingWindow,
    Criterion,
    FollowUpDays,
    PathwayRole,
    Randomised,
    Role,
    Trial,
)
from fl_planner.trials.load import as_trial, refused, require_keys

_TABLES = {"order", "randomised", "site", "pathway", "window", "follow_up", "route"}
BEGINS = "\n[plan]\n"
_BLOCK = r"\n(?=\[\[(?:criterion|background)\]\])"  # start of a block that may contain a limit
# role -> purposes of its criteria in the pathway, and whether it sets an FLR limit
_PURPOSES: dict[Role, tuple[set[str], bool]] = {
    "crlm": ({"no_pve_hve", "complete_response"}, True),
    "hcc": (set(), True),
    "radioembolisation": ({"lesions", "untreated_liver", "must_not_fail", "lung_dose"}, False),
}


class Head(Struct, frozen=True):
    """Names of a bundled trial, without its criteria.

    - `judged`: False for a protocol with limits but without criteria.
    - `order`: its position among the trials; None for the last.
    """

    id: str
    name: str
    short: str
    judged: bool
    order: int | None = None
    role: Role | None = None


def parse_head(text: str) -> Head:
    """Parse the names and the role of a bundled trial, without its criteria."""
    protocol, plan = _split(text.partition("\n[[plan.")[0])
    named = tomllib.loads(protocol.partition("\n[")[0])
    role = plan.get("pathway", {}).get("role")
    judged = "\n[[criterion]]" in protocol
    return Head(named["id"], named["name"], named["short"], judged, plan.get("order"), role)


def parse_naming(text: str, facts: Collection[str]) -> Trial:
    """Parse only those parts of a bundled trial that contain one of some facts.

    They include all limits on these facts; `volume` reads only these, in a third of the time.
    """
    head, *blocks = re.split(_BLOCK, text.partition(BEGINS)[0])
    kept = (block for block in blocks if any(fact in block for fact in facts))
    return _as_trial("\n".join([head.partition("\n[")[0], *kept]))


def _as_trial(protocol: str) -> Trial:
    """Parse a bundled protocol: its size is known, which takes a third of the time to check."""
    return as_trial(tomllib.loads(protocol, parse_float=Decimal), protocol)


def parse_bundled(text: str) -> Trial:
    """Parse a bundled trial with its table `[plan]`.

    Raises `InputRefused` as `parse_trial`, and for an unknown row, criterion or role.
    """
    protocol, plan = _split(text)
    trial = _as_trial(protocol)
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
    require_keys("file after [plan]", table, {"plan"})  # would not be covered by the hash
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
    """Return the condition of a part of a criterion, `I1.volume`, or of a background."""
    id_, _, part = named.partition(".")
    known = {item.name: item.when for item in trial.background}
    if part:
        known = {f"{id_}.{item.name}": item.when for item in _criterion(trial, id_).parts}
    if named not in known:
        raise refused(trial.id, named, "name a part of a criterion, or a background entry")
    return known[named]


def _criterion(trial: Trial, id_: str) -> Criterion:
    if id_ not in {criterion.id for criterion in trial.criteria}:
        raise refused(trial.id, id_, "use a criterion of this trial")
    return trial.criterion(id_)


def _parse_window(trial: Trial, table: Mapping[str, Any]) -> ClosingWindow:
    require_keys("window", table, {"criterion", "closes"})
    return ClosingWindow(_criterion(trial, table["criterion"]).id, table["closes"])


def _parse_follow_up(table: Mapping[str, Any]) -> FollowUpDays:
    require_keys("follow_up", table, {"scores", "function"})
    if not all(isinstance(days, int) and days > 0 for days in table.values()):
        raise refused("follow_up", f"{dict(table)}", "give whole numbers of days")
    return FollowUpDays(**table)


def _parse_row(trial: Trial, table: Mapping[str, Any]) -> RouteRow:
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
