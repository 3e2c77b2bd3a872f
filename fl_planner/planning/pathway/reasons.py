"""Why a pathway is what it is: whole sentences with number, limit and protocol."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import NAMES_BY_FACT
from fl_planner.basis.shown import as_interval, as_ml, as_number, as_plain
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR, Threshold
from fl_planner.planning.pathway.headline import (
    FOR_DISCUSSION,
    say_cleared,
    say_flr_alone,
    say_lesions_left,
    say_missing,
    say_shunt,
)
from fl_planner.planning.pathway.situation import (
    FUNCTION,
    UNTREATED,
    PathwaySituation,
    name_treatment,
)
from fl_planner.planning.pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    FlrState,
    find_states,
    is_ruled_out,
)
from fl_planner.planning.pathway.table import find_row, say_row
from fl_planner.planning.withdrawal import NUMBERS
from fl_planner.trials.condition import alternatives, tell_all
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.derive import FITNESS
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.judge import facts_of, judge_criterion
from fl_planner.trials.statements import TREATED_BEFORE

_LIVER = {
    "chemo_liver_damage": "chemotherapy-associated liver injury",
    "underlying_liver_disease": "liver disease",
    "cirrhosis": "cirrhosis",
}
COVERS = "treated_covers_tumour"
_OTHER = {"crlm_present": "hcc_present", "hcc_present": "crlm_present"}


def say_liver(fact: str) -> str:
    """Say what a liver has, of a fact on which a limit depends."""
    return _LIVER.get(fact, FACTS[fact].meaning)


def say_reasons(patient: PathwaySituation) -> tuple[str, ...]:
    """Say the reasons of a pathway, the deciding ones first."""
    return (*tell_all(patient.row.reasons, _PASSAGES, patient), *say_risks(patient))


def say_risks(patient: PathwaySituation) -> Iterator[str]:
    """Say what is on file of the liver, beside every answer for one cancer."""
    if patient.states.risks and patient.states.diagnosis in ONE_CANCER:
        named = " and ".join(patient.states.risks)
        yield f"Recorded: {named}; {FITNESS}."


def _each_diagnosis(patient: PathwaySituation) -> Iterator[str]:
    """Say what each diagnosis that may still be would give."""
    for fact, name in NAMES_BY_FACT.items():
        if patient.facts.get(fact) is not False:
            facts = {**patient.facts, fact: True, _OTHER[fact]: False}
            row = find_row(find_states(facts, patient.protocols))
            yield f"With {name}: {say_row(row, facts, patient.protocols)}."


def _flr(patient: PathwaySituation) -> Iterator[str]:
    """Say how the FLR stands to the limits for this diagnosis."""
    withdrawn = patient.say_withdrawn(FLR)
    if withdrawn is not None:
        yield f"The FLR is not to be used: {withdrawn}."
        return
    if patient.states.flr is FlrState.NOT_GIVEN:
        yield f"The FLR cannot be computed; missing: {say_missing(patient.facts)}."
        return
    subject = f"The FLR, {patient.flr_of_liver},"
    limits = tuple(_flr_limits(patient))
    below = [limit for limit in limits if limit.truth is Truth.TRUE]
    if below:
        yield f"{subject} is below {below[-1].text}."
        return
    reached = [limit for limit in limits if not limit.falls_below]
    yield f"{subject} is not below {reached[-1].text}."
    for limit in limits:
        if limit.falls_below:
            answered = "answered no" if limit.truth is Truth.FALSE else "not answered"
            yield f"It is below {limit.text}, and that is {answered}."


@dataclass(frozen=True, slots=True)
class _FlrLimit:
    """One limit on the FLR, whether the share falls below it, and whether it counts."""

    text: str
    falls_below: bool
    truth: Truth


def _flr_limits(patient: PathwaySituation) -> Iterator[_FlrLimit]:
    """Limits in the protocol's order, each with the liver that it is for."""
    trial = patient.trial
    source = f"the limit of {trial.called}"
    if patient.states.diagnosis is DiagnosisState.HCC:
        source = f"a background limit ({trial.name}, {trial.id}), which is not one of the five"
    for choice in alternatives(patient.protocols.small_flr(patient.states.diagnosis)):
        leaves = {leaf.fact: leaf for leaf in choice.compared(patient.facts)}
        share = leaves.pop(FLR)
        liver = [say_liver(fact) for fact in leaves]
        of = f" with {' and '.join(liver)}" if liver else ""
        percent = as_plain(100 * Fraction(str(share.limit)))
        text = f"{percent} %{of}, {source}"
        yield _FlrLimit(text, share.truth is Truth.TRUE, choice.judge(patient.facts))


def _nearness(patient: PathwaySituation, fact: str) -> Iterator[str]:
    """Say in mL how far the limit that holds is, and which limits lie inside the interval."""
    trials = {trial.short for trial in patient.protocols.trials_of(patient.states.diagnosis)}
    near = [t for t in patient.limited if t.limit.fact == fact and t.limit.trial in trials]
    distances = [(abs(one.distance_ml), one) for one in near if one.distance_ml is not None]
    if not distances:
        return
    distance, nearest = min(distances, key=lambda one: one[0])
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
            every = [100 * one for one in (threshold.limit.value, *patient.limits_on(fact))]
            ends = 100 * max(interval.low, 0.0), 100 * min(interval.high, 1.0)
            shown = as_number(100 * threshold.measured.share.fraction, every)
            readings = as_interval(ends, every, "%", of=shown)
            advice = (
                ", by two readings of this case: for both readers to look at together"
                if threshold.measured.read_twice
                else ": a second reading would help"
            )
            after = "After clearing, " if fact == AFTER_CLEARING else ""
            yield (
                f"{after}{as_plain(limit)} % lies inside the interval of {readings} "
                f"in which another reading is expected{advice}."
            )


_SUBJECTS = {
    FLR: "The FLR",
    AFTER_CLEARING: "After clearing the FLR",
    UNTREATED: "The untreated liver",
}


def _function(patient: PathwaySituation) -> Iterator[str]:
    """Say the function beside the volume, or that it was not measured where that matters."""
    yield from _known_function(patient)
    is_open = patient.states.function is Truth.UNKNOWN and FUNCTION not in patient.withdrawn
    if is_open and patient.number(FLR) is not None:
        yield "Function was not measured, so volume decides alone."


def _known_function(patient: PathwaySituation) -> Iterator[str]:
    """Say the function, or why it is not to be used; nothing where it was not measured."""
    limit, source = patient.function_limit, patient.protocols.crlm.name
    match patient.states.function:
        case Truth.TRUE:
            yield f"Its function, {patient.say_function()}, exceeds {limit} ({source}, background)."
        case Truth.FALSE:
            does = f"does not exceed {limit} ({source}, background)"
            yield f"Its function, {patient.say_function()}, {does}."
        case Truth.UNKNOWN if FUNCTION in patient.withdrawn:
            yield f"Its function is not to be used: {patient.say_withdrawn(FUNCTION)}."


def _withdrawn(patient: PathwaySituation) -> Iterator[str]:
    """Say which numbers are not to be used, and why; each cause once."""
    numbers: dict[str, dict[str, None]] = {}
    for fact, one in patient.withdrawn.items():
        numbers.setdefault(f"{patient.say_withdrawn(fact)}", {})[NUMBERS[one.number]] = None
    for why, named in numbers.items():
        yield f"Shown, and not to be used: {', '.join(named)}. The cause: {why}."


def _holding(patient: PathwaySituation, criteria: Iterable[Criterion]) -> Iterator[str]:
    """Say of limits on radioembolisation that they hold, with the numbers."""
    for criterion in criteria:
        facts = dict.fromkeys(
            leaf.fact for part in criterion.parts for leaf in part.when.compared(patient.facts)
        )
        numbers = " and ".join(
            _say(patient, fact) for fact in facts if patient.number(fact) is not None
        )
        holds = "met" if criterion.kind == "inclusion" else "does not apply"
        name = patient.protocols.radioembolisation.name
        yield f"{name} {criterion.id} {holds} ({numbers}): {criterion.says}."


def _largest_shunt(patient: PathwaySituation) -> Iterator[str]:
    yield (
        "The largest lung shunt that still passes follows from the masses of tumour, treated "
        "liver and lung and from the tumour to normal ratio, which are not given."
        if patient.largest_shunt is None
        else f"With these masses a lung shunt of up to {say_shunt(patient)} still passes."
    )


def _against_radioembolisation(patient: PathwaySituation) -> Iterator[str]:
    """Say for an HCC which limits on radioembolisation stand against it."""
    if patient.states.diagnosis is not DiagnosisState.HCC:
        return
    asked = patient.protocols
    for criterion in (*asked.imaging_limits, *asked.must_not_fail, *asked.lung_dose):
        if judge_criterion(criterion, patient.facts).fails:
            stands = "is not met" if criterion.kind == "inclusion" else "applies"
            yield f"{_named(patient, criterion)} {stands}: {criterion.says}."
    if _wants_area(patient):
        needs = f"{asked.radioembolisation.name} needs a treated area that covers the tumour"
        yield f"{needs}: {_what_is_wanting(patient)}."


def _what_is_wanting(patient: PathwaySituation) -> str:
    if patient.facts.get(COVERS) is False:
        return "the one given leaves tumour outside"
    given = patient.number(UNTREATED) is not None
    return "whether the one given does is not known" if given else "none is given"


def _wants_area(patient: PathwaySituation) -> bool:
    """Tell whether number and size of the lesions fit, and only the treated area is wanting."""
    trial = patient.protocols.radioembolisation
    lesions = trial.asked_for("lesions")
    fit = all(judge_criterion(one, patient.facts).truth is Truth.TRUE for one in lesions)
    if is_ruled_out(trial, patient.facts):
        return False
    return fit and (patient.facts.get(COVERS) is not True or patient.number(UNTREATED) is None)


def _named(patient: PathwaySituation, criterion: Criterion) -> str:
    return f"{patient.protocols.radioembolisation.name}'s {criterion.source}"


def _say(patient: PathwaySituation, fact: str) -> str:
    if fact in (FLR, UNTREATED):
        return patient.say_share(fact)
    if fact != "lesion_count":
        return patient.say_number(fact)
    return f"{patient.say_number(fact)} lesion{'' if patient.number(fact) == 1 else 's'}"


def say_lesions(patient: PathwaySituation) -> Iterator[str]:
    """Say what stays in the remnant, with the FLR before and after it is cleared."""
    if patient.states.lesions_left is Truth.UNKNOWN:
        if patient.states.flr is FlrState.SUFFICIENT:
            yield "Whether lesions stay in the remnant is not known."
    elif patient.states.lesions_left is Truth.TRUE and patient.number(FLR) is not None:
        drawn = f"FLR {patient.say_share(FLR)} {patient.made}, {say_cleared(patient)}"
        yield f"{say_lesions_left(patient)} in the remnant: {drawn}. {_FOR_DISCUSSION}."


_FOR_DISCUSSION = f"{FOR_DISCUSSION[0].upper()}{FOR_DISCUSSION[1:]}"


def _embolisation(patient: PathwaySituation) -> Iterator[str]:
    """Say what an earlier embolisation means for the share, and how long ago it was."""
    if not patient.states.embolised:
        return
    yield (
        f"This scan is of {patient.say_day()}: the FLR is a share of the non-tumorous liver of "
        "this scan; growth since the baseline is a measure of its own."
    )
    for treatment in TREATED_BEFORE:
        days = patient.number(f"{treatment}_age_days")
        if days is not None:
            name = name_treatment(treatment, patient.facts)
            plural = "" if days == 1 else "s"
            yield f"{name} was {as_plain(days)} day{plural} before the assessment date."


def _crlm_ruled_out(patient: PathwaySituation) -> Iterator[str]:
    """Say what keeps the patient out of the trial that randomises: its first failed criterion."""
    trial = patient.protocols.crlm
    own = facts_of(trial, patient.facts)
    failed = (one for one in trial.criteria if judge_criterion(one, own).fails)
    first = next(failed, None)
    if first is not None:
        stands = "is not met" if first.kind == "inclusion" else "applies"
        yield f"{trial.name}'s {first.source} {stands}: {first.says}."


def say_no_tumour(patient: PathwaySituation) -> Iterator[str]:
    """Say what the absence of any tumour means: a forgotten mask, or a complete response."""
    if patient.facts.get("recist_response_after_chemo") == "complete_response":
        trial = patient.protocols.crlm
        for one in patient.protocols.complete_response:
            yield f"Complete response is on file: {trial.name}'s {one.source} ({one.says})."
        return
    yield (
        "A tumour of the liver is diagnosed, and the tumour's volume or the count of lesions is 0: "
        "a forgotten tumour mask, or a complete response that is not on file."
    )


_PASSAGES: dict[str, Callable[[PathwaySituation], Iterable[str]]] = {
    "withdrawn": _withdrawn,
    "each_diagnosis": _each_diagnosis,
    "flr": _flr,
    "flr_nearness": lambda patient: _nearness(patient, FLR),
    "cleared_nearness": lambda patient: _nearness(patient, AFTER_CLEARING),
    "untreated_nearness": lambda patient: _nearness(patient, UNTREATED),
    "by_flr_alone": lambda patient: [f"By the FLR alone: {say_flr_alone(patient)}."],
    "lesions_left": say_lesions,
    "embolisation": _embolisation,
    "crlm_ruled_out": _crlm_ruled_out,
    "no_tumour_reasons": say_no_tumour,
    "function": _function,
    "known_function": _known_function,
    "limits_that_hold": lambda patient: _holding(patient, patient.protocols.imaging_limits),
    "lung_dose_that_holds": lambda patient: _holding(patient, patient.protocols.lung_dose),
    "largest_shunt": _largest_shunt,
    "against_radioembolisation": _against_radioembolisation,
}
