"""Reasons of a pathway: sentences with number, limit and protocol."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.constants import NAMES_BY_FACT
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_interval, as_ml, as_number, as_plain
from fl_planner.basis.standing_words import FIVE_TRIALS, INTERVAL
from fl_planner.basis.three_valued import Truth
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR, Threshold
from fl_planner.planning.volume_pathway.fill_headline import (
    FOR_DISCUSSION,
    describe_clearing,
    describe_flr_alone,
    describe_lesions_left,
    describe_missing,
    format_shunt,
    name_function_source,
)
from fl_planner.planning.volume_pathway.pathway_rows import choose_row, describe_row
from fl_planner.planning.volume_pathway.situation import FUNCTION, UNTREATED, PathwaySituation
from fl_planner.planning.volume_pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    FlrState,
    choose_limit,
    is_ruled_out,
    judge_states,
    name_treatment,
)
from fl_planner.planning.withdrawal import NUMBERS
from fl_planner.trials.condition import alternatives, fill_sentences
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.derive import FITNESS
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import name_code, name_fact
from fl_planner.trials.judge import CriterionAnswer, facts_of, judge_criterion
from fl_planner.trials.statements import TREATED_BEFORE

_LIVER = {
    "chemo_liver_damage": "chemotherapy-associated liver injury",
    "underlying_liver_disease": "liver disease",
    "cirrhosis": "cirrhosis",
}
BEST_CHILD_PUGH = 5  # A5, up to which DRAGON PLC states its limit for cirrhosis [trials.md 9.1]
COVERS = "treated_covers_tumour"
NOT_MEASURED = "Function was not measured; the assessment is based on volume alone."
_OTHER = {"crlm_present": "hcc_present", "hcc_present": "crlm_present"}


def name_liver_condition(fact: str) -> str:
    """Name the liver condition of a fact on which a limit depends."""
    return _LIVER.get(fact, FACTS[fact].meaning)


def list_reasons(patient: PathwaySituation) -> tuple[str, ...]:
    """List the reasons of a pathway, the deciding ones first."""
    return (*fill_sentences(patient.row.reasons, _PASSAGES, patient), *describe_risks(patient))


def describe_risks(patient: PathwaySituation) -> Iterator[str]:
    """Describe the recorded risks of the liver, for one cancer."""
    if patient.states.risks and patient.states.diagnosis in ONE_CANCER:
        named = join_words(patient.states.risks)
        yield f"Recorded: {named}; {FITNESS}."


def _each_diagnosis(patient: PathwaySituation) -> Iterator[str]:
    """Describe the pathway for each diagnosis that is not ruled out."""
    for fact, name in NAMES_BY_FACT.items():
        if patient.facts.get(fact) is not False:
            facts = {**patient.facts, fact: True, _OTHER[fact]: False}
            row = choose_row(judge_states(facts, patient.protocols))
            yield f"With {name}: {describe_row(row, facts, patient.protocols)}."


def _flr(patient: PathwaySituation) -> Iterator[str]:
    """Describe the FLR against the limits for this diagnosis."""
    if (withdrawn := patient.describe_withdrawn(FLR)) is not None:
        yield f"The FLR must not be used: {withdrawn}."
        return
    if patient.states.flr is FlrState.NOT_GIVEN:
        yield f"The FLR cannot be calculated; missing: {describe_missing(patient)}."
        return
    subject = f"The FLR, {patient.flr_of_liver},"
    limits = tuple(_flr_limits(patient))
    if below := [limit for limit in limits if limit.truth is Truth.TRUE]:
        yield f"{subject} is below {below[-1].text}."
        yield from describe_cirrhosis_limit(patient)
        return
    holding = choose_limit(patient.facts, patient.protocols, patient.states.diagnosis)
    yield from (
        f"{subject} is not below {limit.text}." for limit in limits if limit.value == holding
    )
    for limit in limits:
        if limit.falls_below:
            recorded = "recorded as absent" if limit.truth is Truth.FALSE else "not recorded"
            yield f"The FLR is below {limit.text}; {limit.conditions} is {recorded}."
    yield from describe_cirrhosis_limit(patient)


def describe_cirrhosis_limit(patient: PathwaySituation) -> Iterator[str]:
    """State, of cirrhosis that is not known to be Child-Pugh A5, that the limit is of A5."""
    facts, hcc = patient.facts, patient.states.diagnosis is DiagnosisState.HCC
    score, letter = facts.get("child_pugh_score"), facts.get("child_pugh_class")
    if not hcc or facts.get("cirrhosis") is not True or score == BEST_CHILD_PUGH:
        return
    if score is None and letter in (None, "A"):  # class A is a score of 5 or 6
        recorded = "the Child-Pugh score is not recorded"
    else:
        recorded = (
            f"recorded: Child-Pugh {f'class {letter}' if score is None else f'score {score}'}"
        )
    yield f"{patient.trial.name} states its limit for cirrhosis up to Child-Pugh A5; {recorded}."


class _FlrLimit(Struct, frozen=True):
    """One limit on the FLR, whether the FLR is below it, and whether it applies."""

    value: Fraction
    text: str
    conditions: str
    falls_below: bool
    truth: Truth


def _flr_limits(patient: PathwaySituation) -> Iterator[_FlrLimit]:
    """List the limits in the protocol's order, each with its liver condition."""
    trial, hcc = patient.trial, patient.states.diagnosis is DiagnosisState.HCC
    for choice in alternatives(patient.protocols.small_flr(patient.states.diagnosis)):
        leaves = {leaf.fact: leaf for leaf in choice.compared(patient.facts)}
        share = leaves.pop(FLR)
        conditions = " and ".join(map(name_liver_condition, leaves))
        value = Fraction(str(share.limit))
        text = f"{as_plain(100 * value)} %, the "
        text += f"{'background ' if hcc else ''}limit of {trial.called}"
        text += f" for {conditions}" if conditions else ""
        text += f", not one of the {FIVE_TRIALS}" if hcc else ""
        falls_below = share.truth is Truth.TRUE
        yield _FlrLimit(value, text, conditions, falls_below, choice.judge(patient.facts))


def _nearness(patient: PathwaySituation, fact: str) -> Iterator[str]:
    """Describe the distance to the applicable limit in mL, and limits inside the interval."""
    trials = {trial.short for trial in patient.protocols.trials_of(patient.states.diagnosis)}
    near = [t for t in patient.limited if t.limit.fact == fact and t.limit.trial in trials]
    near = [t for t in near if t.applies is not False]  # a limit of other livers is not near
    distances = [(abs(t.distance_ml), t) for t in near if t.distance_ml is not None]
    if not distances:
        return
    distance, nearest = min(distances, key=lambda pair: pair[0])
    holding = patient.find_limit(fact) if fact != UNTREATED else None
    if holding is not None and holding.distance_ml is not None:
        distance, nearest = abs(holding.distance_ml), holding
    percent, ml = as_plain(100 * nearest.limit.value), as_ml(distance)
    subject = _SUBJECTS[fact]
    yield {
        "below": f"{subject} is {ml} below {percent} %.",
        "at": f"{subject} is exactly {percent} %.",
        "above": f"{subject} is {ml} above {percent} %.",
    }[nearest.answer]
    for threshold in near:
        if isinstance(threshold, Threshold) and threshold.inside_interval:
            interval, limit = threshold.measured.interval, 100 * threshold.limit.value
            every = [100 * x for x in (threshold.limit.value, *patient.limits_on(fact))]
            ends = 100 * max(interval.low, 0.0), 100 * min(interval.high, 1.0)
            shown = as_number(100 * threshold.measured.share.fraction, every)
            after = "After clearing, the" if fact == AFTER_CLEARING else "The"
            name, advice = INTERVAL, "a second reading would help"
            if threshold.measured.read_twice:
                name, advice = (
                    "interval from two readings of this case",
                    ("joint review by both readers would help"),
                )
            readings = as_interval(ends, every, "%", of=shown)
            includes = f"{readings}, includes {as_plain(limit)} %"
            yield f"{after} {name}, {includes}: {advice}."


_SUBJECTS = {
    FLR: "The FLR",
    AFTER_CLEARING: "After clearing, the FLR",
    UNTREATED: "The untreated liver",
}


def _function(patient: PathwaySituation) -> Iterator[str]:
    """Describe the function, or state that it was not measured, if relevant."""
    yield from _known_function(patient)
    is_missing = patient.states.function is Truth.UNKNOWN and FUNCTION not in patient.withdrawn
    if is_missing and patient.number(FLR) is not None:
        yield NOT_MEASURED


def _known_function(patient: PathwaySituation) -> Iterator[str]:
    """Describe the function, or why it is not to be used; empty if it was not measured."""
    limit, source = patient.function_limit, name_function_source(patient)
    match patient.states.function:
        case Truth.UNKNOWN if FUNCTION in patient.withdrawn:
            yield f"FLR function must not be used: {patient.describe_withdrawn(FUNCTION)}."
        case Truth.TRUE | Truth.FALSE as exceeds:
            does = "exceeds" if exceeds is Truth.TRUE else "does not exceed"
            limit = f"{limit} ({source}, background section)"
            yield f"FLR function, {patient.format_function()}, {does} {limit}."


def _withdrawn(patient: PathwaySituation) -> Iterator[str]:
    """Describe the numbers that are not to be used, and why; each cause once."""
    numbers: dict[str, dict[str, None]] = {}
    for fact, number in patient.withdrawn.items():
        numbers.setdefault(f"{patient.describe_withdrawn(fact)}", {})[NUMBERS[number.number]] = None
    for why, named in numbers.items():
        yield f"Shown, but must not be used: {', '.join(named)}. Cause: {why}."


def _met_limits(patient: PathwaySituation, criteria: Iterable[Criterion]) -> Iterator[str]:
    """Describe the limits on radioembolisation that are met, with the numbers."""
    for criterion in criteria:
        met = "is met" if criterion.kind == "inclusion" else "does not apply"
        numbers = _format_numbers(patient, criterion)
        yield f"{_named(patient, criterion)} {met} ({numbers}): {criterion.says}."


def _format_numbers(patient: PathwaySituation, criterion: Criterion) -> str:
    """Format the known numbers that a criterion compares; "" if it compares none."""
    facts = dict.fromkeys(
        leaf.fact for part in criterion.parts for leaf in part.when.compared(patient.facts)
    )
    return " and ".join(
        _format(patient, fact) for fact in facts if patient.number(fact) is not None
    )


def _largest_shunt(patient: PathwaySituation) -> Iterator[str]:
    shunt = patient.largest_shunt
    yield (
        "The largest lung shunt that keeps the lung dose within its limit is unknown: the mass of "
        "tumour, treated liver or the lungs, or the tumour-to-normal ratio, is not given."
        if shunt is None
        else "With the given tissue masses, the lung dose is within the limit up to a lung shunt "
        f"of {format_shunt(shunt)}."
    )


def _against_radioembolisation(patient: PathwaySituation) -> Iterator[str]:
    """Describe, in HCC, the criteria that exclude radioembolisation."""
    if patient.states.diagnosis is not DiagnosisState.HCC:
        return
    asked = patient.protocols
    for criterion in (*asked.imaging_limits, *asked.must_not_fail, *asked.lung_dose):
        if judge_criterion(criterion, patient.facts).fails:
            numbers = _format_numbers(patient, criterion)
            known = f" ({numbers})" if numbers else ""
            yield f"{_named(patient, criterion)} {_failing(criterion)}{known}: {criterion.says}."
    if _requires_area(patient):
        name = asked.radioembolisation.name
        yield f"{name} requires a treated area covering the tumour, but {_missing_area(patient)}."


def _failing(criterion: Criterion) -> str:
    return "is not met" if criterion.kind == "inclusion" else "applies"


def _missing_area(patient: PathwaySituation) -> str:
    if patient.facts.get(COVERS) is False:
        return "part of the tumour is outside the treated area"
    if patient.number(UNTREATED) is not None:
        return "it is not known whether the treated area covers the tumour"
    return "none is given"


def _requires_area(patient: PathwaySituation) -> bool:
    """Check whether number and size of the lesions fit, and only the treated area is missing."""
    trial = patient.protocols.radioembolisation
    lesions = trial.asked_for("lesions")
    fit = all(judge_criterion(part, patient.facts).truth is Truth.TRUE for part in lesions)
    if is_ruled_out(trial, patient.facts):
        return False
    return fit and (patient.facts.get(COVERS) is not True or patient.number(UNTREATED) is None)


def _named(patient: PathwaySituation, criterion: Criterion) -> str:
    return f"{patient.protocols.radioembolisation.name}'s {criterion.source}"


def _format(patient: PathwaySituation, fact: str) -> str:
    if fact in (FLR, UNTREATED):
        return patient.format_share(fact)
    if fact != "lesion_count":
        return patient.format_number(fact)
    return f"{patient.format_number(fact)} lesion{'' if patient.number(fact) == 1 else 's'}"


def describe_lesions(patient: PathwaySituation) -> Iterator[str]:
    """Describe the lesions left in the remnant, with the FLR before and after clearing."""
    if patient.states.lesions_left is Truth.UNKNOWN:
        if patient.states.flr is FlrState.SUFFICIENT:
            yield "It is not known whether lesions are left in the remnant."
    elif patient.states.lesions_left is Truth.TRUE and patient.number(FLR) is not None:
        drawn = f"FLR {patient.format_share(FLR)} {patient.made}, {describe_clearing(patient)}"
        options = f"{FOR_DISCUSSION[0].upper()}{FOR_DISCUSSION[1:]}"
        yield f"{describe_lesions_left(patient)}: {drawn}. {options}."


def _embolisation(patient: PathwaySituation) -> Iterator[str]:
    """Describe the denominator after a previous embolisation, and the time since then."""
    if not patient.states.embolised:
        return
    yield (
        f"{patient.scan_of_day[0].upper()}{patient.scan_of_day[1:]}: the FLR is given as a "
        "percentage of the non-tumorous liver on this scan. Growth since the baseline scan is "
        "reported separately."
    )
    for treatment in TREATED_BEFORE:
        if (days := patient.number(f"{treatment}_age_days")) is not None:
            name = name_treatment(treatment, patient.facts)
            plural = "" if days == 1 else "s"
            done = f"{name[0].upper()}{name[1:]} was performed {as_plain(days)} day{plural}"
            yield f"{done} before the assessment date."


def _crlm_ruled_out(patient: PathwaySituation) -> Iterator[str]:
    """Describe the first failed criterion of the trial that randomises."""
    trial = patient.protocols.crlm
    own = facts_of(trial, patient.facts)
    answers = (judge_criterion(part, own) for part in trial.criteria)
    if (failed := next((answer for answer in answers if answer.fails), None)) is not None:
        first = failed.criterion
        yield f"{trial.name}'s {first.source} {_failing(first)}: {format_stated(failed)}."


def describe_no_tumour(patient: PathwaySituation) -> Iterator[str]:
    """Describe a tumour that is diagnosed but absent: a complete response, or what may be wrong."""
    if patient.facts.get("recist_response_after_chemo") == "complete_response":
        trial = patient.protocols.crlm
        for part in patient.protocols.complete_response:
            yield f"A complete response is recorded ({trial.name}, {part.source}: {part.says})."
        return
    vanished = patient.facts.get("crlm_present") is True  # what is asked for [trials.md 8]
    response = ", a complete response has not been recorded," if vanished else ","
    yield (
        "A liver tumour has been diagnosed, but tumour volume or lesion count is 0. Either these "
        f"values are incorrect{response} or the tumour was resected or ablated."
    )


_PASSAGES: dict[str, Callable[[PathwaySituation], Iterable[str]]] = {
    "withdrawn": _withdrawn,
    "each_diagnosis": _each_diagnosis,
    "flr": _flr,
    "flr_nearness": lambda patient: _nearness(patient, FLR),
    "cleared_nearness": lambda patient: _nearness(patient, AFTER_CLEARING),
    "untreated_nearness": lambda patient: _nearness(patient, UNTREATED),
    "by_flr_alone": lambda patient: [f"Based on FLR alone: {describe_flr_alone(patient)}."],
    "lesions_left": describe_lesions,
    "embolisation": _embolisation,
    "crlm_ruled_out": _crlm_ruled_out,
    "no_tumour_reasons": describe_no_tumour,
    "function": _function,
    "known_function": _known_function,
    "limits_that_hold": lambda patient: _met_limits(patient, patient.protocols.imaging_limits),
    "lung_dose_that_holds": lambda patient: _met_limits(patient, patient.protocols.lung_dose),
    "largest_shunt": _largest_shunt,
    "against_radioembolisation": _against_radioembolisation,
}


def format_stated(answer: CriterionAnswer) -> str:
    """Format a criterion with the recorded answers that fail, if it also requires others.

    Its words alone do not show which of them fails: with resectable tumours, “potentially
    resectable; FLR below 30 %” is not met although the FLR is below 30 %.
    """
    says = answer.criterion.says
    against = {pair.fact: pair.known for pair in answer.against}
    if answer.criterion.kind == "exclusion" or against.keys() >= {
        pair.fact for pair in answer.compared
    }:
        return says
    words = {True: "yes", False: "no"}
    recorded = [
        f"{name_fact(fact)}: {words[known] if isinstance(known, bool) else name_code(known)}"
        for fact, known in against.items()
        if isinstance(known, bool | str)
    ]
    return f"{says}, recorded: {', '.join(recorded)}" if recorded else says
