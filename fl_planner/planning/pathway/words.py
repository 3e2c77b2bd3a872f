"""The words that a row of the table of pathways leaves to be filled in [trials.md 9.2]."""

from collections.abc import Callable
from dataclasses import replace

from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.situation import FLR, PathwaySituation
from fl_planner.planning.pathway.states import Protocols, find_states
from fl_planner.planning.pathway.table import NOT_ANSWERED, PathwayRow, find_row
from fl_planner.planning.row_sentences import fill_in
from fl_planner.trials.facts.facts import Facts

_NAMES: dict[str, Callable[[Protocols], str]] = {
    "crlm": lambda protocols: protocols.crlm.name,
    "hcc": lambda protocols: protocols.hcc.name,
    "radioembolisation": lambda protocols: protocols.radioembolisation.name,
}
_TO_GIVE = {
    "total_liver_volume_ml": "give the liver mask",
    "tumour_volume_ml": "give the tumour mask (--no-tumour when there is none)",
    "flr_volume_ml": "outline the remnant or name its segments",
}


def say_row(row: PathwayRow, protocols: Protocols) -> str:
    """Say what a row says of any patient."""
    return fill_in(row.headline, _NAMES, protocols)


def say_headline(patient: PathwaySituation) -> str:
    """Say the pathway in one line."""
    return fill_in(patient.row.line, _WORDS, patient)


def say_not_answered(patient: PathwaySituation) -> str:
    """Say that there is no answer, and by what errors."""
    words = {**_WORDS, "headline": lambda _: NOT_ANSWERED.headline}
    return fill_in(NOT_ANSWERED.line, words, patient)


def say_flr_alone(patient: PathwaySituation) -> str:
    """Say what the FLR alone would lead to, as if there were no radioembolisation."""
    if FLR in patient.withdrawn:
        return say_not_answered(patient)
    alone = replace(patient.states, within_imaging_limits=False)
    return say_row(find_row(alone), patient.protocols)


def say_missing(facts: Facts) -> str:
    """Say what must be given before the FLR's share can be computed."""
    missing = [advice for fact, advice in _TO_GIVE.items() if facts.get(fact) is None]
    return "; ".join(missing) or "check the volumes"


def say_shunt(patient: PathwaySituation) -> str:
    """Say the largest lung shunt that keeps the lung dose, in percent."""
    shunt = patient.largest_shunt
    return "not known" if shunt is None else f"{as_number(100 * shunt)} %"


def _shunt(patient: PathwaySituation) -> str:
    if patient.largest_shunt is None:
        return ""
    return f"; a lung shunt of up to {say_shunt(patient)} passes"


def _with_damage(patient: PathwaySituation, *, damage: bool) -> str:
    facts = {**patient.facts, "chemo_liver_damage": damage}
    return say_row(find_row(find_states(facts, patient.protocols)), patient.protocols)


def _function_first(patient: PathwaySituation) -> str:
    """Open with a function that suffices: the board should first ask whether growth is needed."""
    if patient.states.function is not Truth.TRUE:
        return ""
    exceeds = f"function {patient.say_function()} exceeds {patient.function_limit}"
    return f"{exceeds}: the board should first ask whether growth is needed; "


def _causes(patient: PathwaySituation) -> str:
    return "; ".join(dict.fromkeys(one.why for one in patient.withdrawn.values()))


_WORDS: dict[str, Callable[[PathwaySituation], str]] = {
    "headline": lambda patient: say_row(patient.row, patient.protocols),
    "causes": _causes,
    "flr_alone": say_flr_alone,
    "shunt": _shunt,
    "missing": lambda patient: say_missing(patient.facts),
    "with_damage": lambda patient: _with_damage(patient, damage=True),
    "without_damage": lambda patient: _with_damage(patient, damage=False),
    "limits_of_hcc": lambda patient: patient.protocols.hcc.told("flr_small").says,
    "function_first": _function_first,
}
