"""One line for people on each row of the table of pathways [trials.md 9.2]."""

from __future__ import annotations

from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.rows import Row, find_flr_row, find_row
from fl_planner.planning.pathway.situation import FLR, Told
from fl_planner.planning.pathway.states import find_states
from fl_planner.trials.facts.facts import Facts

GROWTH_ROWS = (Row.V12, Row.V13, Row.V14)
HEADLINES = {
    Row.V0: "not answered",
    Row.V1: "these volumes exclude each other: check the masks",
    Row.V2: "no threshold fits two cancers at once: tumour board",
    Row.V3: "no threshold of the five trials applies",
    Row.V4: "the diagnosis is needed first: CRLM and HCC have other limits",
    Row.V5: "within RESCUE's imaging limits",
    Row.V6: "within RESCUE's imaging limits, the lung dose is not known",
    Row.V7: "the future liver remnant is needed",
    Row.V8: "volume suffices, function does not: for the board",
    Row.V9: "the remnant suffices by volume",
    Row.V10: "it depends on damage by chemotherapy",
    Row.V11: "it depends on liver disease and cirrhosis",
    Row.V12: "make the remnant grow first: PVE (combined PVE/HVE is ruled out by anatomy)",
    Row.V13: "make the remnant grow first: PVE, or PVE/HVE by randomisation within DRAGON 2",
    Row.V14: "the remnant is too small: none of the five trials; DRAGON PLC",
}
_TO_GIVE = {
    "total_liver_volume_ml": "give the liver mask",
    "tumour_volume_ml": "give the tumour mask (--no-tumour when there is none)",
    "flr_volume_ml": "outline the remnant or name its segments",
}


def say_headline(told: Told) -> str:
    """Say the pathway in one line.

    Where the function exceeds its limit and the volume is too small, the line opens with that:
    the board should first ask whether growth is needed.
    """
    line = HEADLINES[told.row]
    match told.row:
        case Row.V0:
            return say_not_answered(told)
        case Row.V5 | Row.V6:
            return f"{line}{_shunt(told)}; by the FLR alone: {say_flr_alone(told)}"
        case Row.V7:
            return f"{line}: {say_missing(told.facts)}"
        case Row.V10:
            return f"{line}: if so, {_with_damage(told, True)}; if not, {_with_damage(told, False)}"
        case Row.V11:
            return f"{line}: {told.protocols.dragon_plc.told('flr_small').says}"
    if told.row in GROWTH_ROWS and told.states.function is Truth.TRUE:
        exceeds = f"function {told.say_function()} exceeds {told.function_limit}"
        return f"{exceeds}: the board should first ask whether growth is needed; {line}"
    return line


def say_not_answered(told: Told) -> str:
    """Say that there is no answer, and by what errors."""
    causes = dict.fromkeys(one.why for one in told.withdrawn.values())
    return f"{HEADLINES[Row.V0]}: {'; '.join(causes)}"


def say_flr_alone(told: Told) -> str:
    """Say what the FLR alone would lead to."""
    if FLR in told.withdrawn:
        return say_not_answered(told)
    return HEADLINES[find_flr_row(told.states)]


def say_missing(facts: Facts) -> str:
    """Say what must be given before the FLR's share can be computed."""
    missing = [advice for fact, advice in _TO_GIVE.items() if facts.get(fact) is None]
    return "; ".join(missing) or "check the volumes"


def _with_damage(told: Told, damage: bool) -> str:
    facts = {**told.facts, "chemo_liver_damage": damage}
    return HEADLINES[find_row(find_states(facts, told.protocols))]


def say_shunt(told: Told) -> str:
    """Say the largest lung shunt that keeps the lung dose, in percent."""
    return "not known" if told.largest_shunt is None else f"{as_number(100 * told.largest_shunt)} %"


def _shunt(told: Told) -> str:
    shown = told.row is Row.V6 and told.largest_shunt is not None
    return f"; a lung shunt of up to {say_shunt(told)} passes" if shown else ""
