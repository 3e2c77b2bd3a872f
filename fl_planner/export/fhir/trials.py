"""Trials as FHIR R5: a ResearchStudy each, with its criteria as FHIRPath expressions.

Like the criteria [trials.md 1], FHIRPath has three-valued logic, in which an empty result means
unknown [FHIRPath 2.0, 6.5]. An expression is therefore true, false or empty exactly as its
criterion is met, not met or unknown, if each fact is one final `Observation` with its input key as
code, in one of the accepted units of UCUM. A fact that is derived from other facts, or may be
contradicted by them, is not the value of one observation; a criterion that uses it has no
expression.

R5 is used because a ResearchStudy of R4 cannot refer to its eligibility criteria. The registry
texts do not state recruitment, so the status is `unknown`. The same trials give the same bytes:
identifiers are derived from the texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from uuid import UUID, uuid5

from fl_planner.basis.clinical_codes import LOCAL, UCUM
from fl_planner.basis.constants import PRESENT
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.export.fhir.research import URN, identify_trial
from fl_planner.record.declaration.part import printable
from fl_planner.record.head import Record
from fl_planner.trials.condition import Compare, Condition, Fresh, Group
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import FACTS, PER_TRIAL, Range, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import OTHER_UNITS, QUANTITIES, Quantity, name_fact

Obstacles = tuple[str, ...]
FINAL = ("final", "amended", "corrected")
NUMBERS = {"less_than": "<", "at_most": "<=", "more_than": ">", "at_least": ">=", "equals": "="}
EMPTY = "{}"
PER_TRIAL_WORDS = "is recorded separately for each trial"
AGED = "depends on the assessment date"
SEVERAL = "is a list"
OF_LIMIT = "is a multiple of the laboratory's upper limit of normal"
BY_LIMIT = "may be given as a multiple of the laboratory's upper limit of normal"
DERIVED = "is derived from other facts"
# facts that other facts set or contradict, of those that are given under one key [trials.md 7, 8]
BOUND = {
    "child_pugh_score": "may be contradicted by the class",
    "child_pugh_class": "may be implied by the score",
    "ascites_malignant": "may be implied by the absence of ascites",
    "prior_hepatic_local_treatment": "may be implied by a liver resection or radioembolisation",
    "prior_hepatectomy": "may be contradicted by another answer on liver treatment",
    "prior_hcc_treatment": "may be implied by a radioembolisation",
    "prior_radioembolisation": "depends on the date of treatment",
    "prior_pve_hve": "depends on the date of treatment",
    "extrahepatic_status": "may be contradicted by the sites",
    "lesion_count": "may be contradicted by the diagnosis",
    "tumour_volume_ml": "may be contradicted by the diagnosis",
    "largest_lesion_cm": "may be measured from the mask",
    "corticosteroid_methylprednisolone_eq_mg_per_day": "depends on the drug",
}
# facts that others set or contradict: expressions, with a name for its value as observed
_UNLESS_MALE = "iif([sex] = 'male', iif([pregnant] or [breastfeeding], {}, false), [fact])"
_IF_TREATED = (
    "iif([prior_systemic_therapy_crc].not() and (([recist_response_after_chemo] != "
    "'no_chemotherapy') or [chemo_liver_damage]), {}, [fact])"
)
SETTLED = {
    "sex": "iif([sex] = 'male' and ([pregnant] or [breastfeeding]), {}, [sex])",
    "pregnant": _UNLESS_MALE,
    "breastfeeding": _UNLESS_MALE,
    "coumarin_use": "iif([coumarin_use] and [anticoagulant_use].not(), {}, [coumarin_use])",
    "anticoagulant_use": (
        "iif([coumarin_use], iif([anticoagulant_use].not(), {}, true), [anticoagulant_use])"
    ),
    "prior_systemic_therapy_crc": _IF_TREATED,
    "recist_response_after_chemo": _IF_TREATED,
    "chemo_liver_damage": _IF_TREATED,
}
_NAMED = re.compile(r"\[(\w+)\]")
ROUNDED_DOWN = "age_years"
_OF_FACT = {quantity.fact: quantity for quantity in QUANTITIES.values() if quantity.fact}


def find_obstacles(criterion: Criterion) -> Obstacles:
    """List why a criterion has no expression: each fact that is not one value, with the reason.

    Examples
    --------
    >>> from fl_planner.trials.condition import Compare
    >>> from fl_planner.trials.criterion import Part
    >>> part = Part("", ("facts",), Compare("child_pugh_class", "equals", "A"))
    >>> find_obstacles(Criterion("I1", "inclusion", "", "", "chart", "permanent", (part,)))
    ('Child-Pugh class may be implied by the score',)
    """
    found = (reason for part in criterion.parts for reason in _find_obstacles(part.when))
    return tuple(dict.fromkeys(found))


def _find_obstacles(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from _find_obstacles(part)
    elif isinstance(condition, Fresh):
        yield f"{name_fact(condition.age.fact)} {AGED}"
    elif reason := explain_fact(condition.fact):
        yield f"{name_fact(condition.fact)} {reason}"


def explain_fact(fact: str) -> str | None:
    """Return why a fact is not the value of one observation; None if it is.

    Examples
    --------
    >>> explain_fact("cirrhosis"), explain_fact("flr_fraction")
    (None, 'is derived from other facts')
    """
    if fact in PER_TRIAL:
        return PER_TRIAL_WORDS
    if fact in BOUND:
        return BOUND[fact]
    if fact.endswith("_x_uln"):
        return OF_LIMIT
    if fact.endswith("_age_days"):
        return AGED
    kind, quantity = FACTS[fact].kind, _OF_FACT.get(_base(fact)[0])
    if kind in (FactKind.CODES, FactKind.TRIALS):
        return SEVERAL
    if quantity is not None and quantity.takes_ratio:
        return BY_LIMIT
    is_derived = kind is FactKind.NUMBER and quantity is None
    return DERIVED if is_derived or fact == "all_lesions_ablated" else None


def as_fhirpath(criterion: Criterion) -> str:
    """Return the expression of a criterion without obstacles; for an exclusion, true if it applies.

    Examples
    --------
    >>> from fl_planner.trials.condition import Compare
    >>> from fl_planner.trials.criterion import Part
    >>> part = Part("", ("facts",), Compare("ecog", "at_most", Fraction(1)))
    >>> text = as_fhirpath(Criterion("I1", "inclusion", "", "", "chart", "permanent", (part,)))
    >>> text[:34], text[-5:]
    ('(entry.resource.ofType(Observation', ' <= 1')
    """
    return _join("and", [_express(part.when) for part in criterion.parts])


def _express(condition: Condition) -> str:
    if isinstance(condition, Compare):
        return _compare(condition)
    assert isinstance(condition, Group)  # an age is an obstacle
    parts = [_express(part) for part in condition.parts]
    match condition.rule:
        case "all":
            return _join("and", parts)
        case "any":
            return _join("or", parts)
        case "none":
            return f"{_join('or', parts)}.not()"
        case "once":  # the others, once the first is true
            return f"iif({parts[0]}, {_join('and', parts[1:])}, {EMPTY})"
        case "readings":  # the common answer of all
            same = " and ".join(f"({parts[0]}) = ({part})" for part in parts[1:])
            return f"iif({same}, {parts[0]}, {EMPTY})"
        case "sources":  # the common answer of those that have one
            known = " | ".join(f"({part})" for part in parts)
            return f"iif(({known}).count() = 1, ({known}), {EMPTY})"
    *before, text = parts  # first_known
    for part in reversed(before):
        text = f"iif(({part}).exists(), {part}, {text})"
    return text


def _join(word: str, parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"({f' {word} '.join(f'({part})' for part in parts)})" if parts else "true"


def _compare(condition: Compare) -> str:
    value = _value(condition.fact)
    for unknown in condition.unknown_if:
        value += f".where($this != {_literal(unknown)})"
    wanted = condition.wanted
    match condition.word:
        case "is_true":
            return f"({value})"
        case "is_false":
            return f"({value}).not()"
        case "one_of":
            assert isinstance(wanted, tuple)
            return f"({value}) in ({' | '.join(map(_literal, wanted))})"
    return f"({value}) {NUMBERS[condition.word]} {_literal(wanted)}"


def _literal(value: Value) -> str:
    return as_plain(value) if isinstance(value, Fraction) else f"'{value}'"


def _base(fact: str) -> tuple[str, Fraction]:
    """Return the fact as given, and the factor to the unit of this one."""
    return OTHER_UNITS.get(fact, (fact, Fraction(1)))


def _value(fact: str) -> str:
    """Return the expression of a fact: empty if it is unknown."""
    if (settled := SETTLED.get(fact)) is None:
        return _observed(fact)
    return _NAMED.sub(lambda found: _observed(fact if found[1] == "fact" else found[1]), settled)


def _observed(fact: str) -> str:
    """Return the value of a fact as observed; empty if it is not plausible."""
    given, factor = _base(fact)
    quantity, known = _OF_FACT.get(given), FACTS[given]
    if quantity is not None:
        value = f"{_answer(quantity.name)}.ofType(Quantity).where(system = '{UCUM.uri}')"
        return f"{value}.select({_convert(quantity, factor)})"
    answer = _answer(fact)
    if known.kind is FactKind.YES_NO:
        return f"{answer}.ofType(boolean)"
    if known.kind is FactKind.WHOLE:
        assert known.range is not None
        return f"{answer}.ofType(integer).where({_within('$this', known.range)})"
    return f"{answer}.ofType(CodeableConcept).coding.where(system = '{LOCAL.uri}').code"


def _answer(key: str) -> str:
    status = " or ".join(f"status = '{one}'" for one in FINAL)
    coded = f"code.coding.where(system = '{LOCAL.uri}' and code = '{key}').exists()"
    return f"entry.resource.ofType(Observation).where(({status}) and {coded}).value"


def _convert(quantity: Quantity, to: Fraction) -> str:
    """Return the value in a unit; empty if it is in no accepted unit, or not plausible.

    - `to`: factor from the unit of the fact as given.
    """
    text = EMPTY
    for unit, factor in reversed(quantity.units.items()):
        given = _times("value", factor)
        if quantity.fact == ROUNDED_DOWN:
            given = f"({given}).floor()"
        value = given if to == 1 else _times("value", factor * to)
        holds = f"code = '{unit}' and {_within(given, quantity.range)}"
        text = f"iif({holds}, {value}, {text})"
    return text


def _times(value: str, factor: Fraction) -> str:
    """Return the product with an exact factor, by whole numbers.

    Examples
    --------
    >>> [_times("value", Fraction(factor)) for factor in ("0.1", "1.75", "1")]
    ['value / 10', 'value * 7 / 4', 'value']
    """
    times, divided = factor.as_integer_ratio()
    product = value if times == 1 else f"{value} * {times}"
    return product if divided == 1 else f"{product} / {divided}"


def _within(value: str, plausible: Range) -> str:
    """Return the condition that a value is plausible; any other value is unknown."""
    limits = (
        (">" if plausible.low_open else ">=", plausible.low),
        ("<" if plausible.high_open else "<=", plausible.high),
    )
    return " and ".join(
        f"{value} {sign} {as_plain(limit)}" for sign, limit in limits if limit is not None
    )


FHIRPATH = "text/fhirpath"
READ_ON = (
    "An expression is evaluated on a Bundle that contains one final Observation for each fact, "
    "coded with the input key. The result is true if the criterion is met, false if it is not met, "
    "and empty if it is unknown."
)
NO_EXPRESSION = "no single expression"


def as_trial_bundle(trials: Iterable[Trial]) -> Record:
    """Describe trials as a Bundle of R5: a ResearchStudy and an EvidenceVariable for each."""
    entries = [
        {"fullUrl": f"{URN}{one['id']}", "resource": one}
        for trial in trials
        for one in (_study(trial), _eligibility(trial))
    ]
    bundle: Record = printable({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return bundle


def _id(trial: Trial, what: str) -> str:
    return str(uuid5(UUID(LOCAL.uri.removeprefix(URN)), f"{trial.sha256 or trial.id} {what}"))


def _notes(texts: Iterable[str]) -> list[Record]:
    return [{"text": text} for text in texts]


def _study(trial: Trial) -> Record:
    notes = [*trial.notes, *([trial.by_design.describe()] if trial.by_design else [])]
    source: Record = {"type": "derived-from", "display": trial.source}
    if trial.link is not None:
        source["document"] = {"url": trial.link}
    study: Record = {
        "resourceType": "ResearchStudy",
        "id": _id(trial, "study"),
        "identifier": [identify_trial(trial.id)],
        "title": trial.name,
        "status": "unknown",
        "relatedArtifact": [source],
        "condition": [{"text": FACTS[PRESENT[trial.diagnosis]].meaning}],
        "note": _notes([*notes, RESEARCH_USE.capitalize()]),
        "recruitment": {"eligibility": {"reference": f"{URN}{_id(trial, 'eligibility')}"}},
    }
    if trial.text_date is not None:
        study["version"] = trial.text_date  # day or month of the registry text
    if trial.arms:
        study["comparisonGroup"] = [{"name": arm} for arm in trial.arms]
    return study


def _eligibility(trial: Trial) -> Record:
    return {
        "resourceType": "EvidenceVariable",
        "id": _id(trial, "eligibility"),
        "identifier": [identify_trial(trial.id)],
        "version": __version__,
        "title": f"Eligibility for {trial.name}",
        "status": "unknown",
        "note": _notes([READ_ON, *_list_unexpressed(trial)]),
        "characteristic": [_characteristic(criterion) for criterion in trial.criteria],
    }


def _list_unexpressed(trial: Trial) -> Iterator[str]:
    for criterion in trial.criteria:
        if obstacles := find_obstacles(criterion):
            yield f"{criterion.id}: {NO_EXPRESSION}, because {'; '.join(obstacles)}"


def _characteristic(criterion: Criterion) -> Record:
    made: Record = {
        "linkId": criterion.id,
        "description": criterion.says,
        "exclude": criterion.kind == "exclusion",
    }
    notes = [criterion.source]
    if criterion.reading is not None:
        notes.append(f"interpretation: {criterion.reading}")
    if criterion.note is not None:
        notes.append(criterion.note)
    if obstacles := find_obstacles(criterion):
        notes.append(f"{NO_EXPRESSION}, because {'; '.join(obstacles)}")
    else:
        made["definitionExpression"] = {"language": FHIRPATH, "expression": as_fhirpath(criterion)}
    return {**made, "note": _notes(notes)}
