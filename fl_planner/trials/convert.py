"""Conversion of stated quantities, and of an FLR percentage from a report, to facts.

A value with a unit that is not listed, or outside the plausible range, makes that fact unknown;
a finding is reported [trials.md 7.0].

An FLR percentage from a report was not measured by the program. It is used only without another
value, and is marked as entered. A drawn FLR takes precedence; if entered values differ, the FLR is
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import floor
from operator import itemgetter

from msgspec import Struct

from fl_planner.basis.constants import DISAGREEING_PERCENT, LEAST_FLR_ML, LEAST_FLR_PERCENT
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain, list_sides
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.units import METHYLPREDNISOLONE_MG_IN_MG, PERCENT_IN_ONE
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.facts import FACTS, Facts, Range, Value
from fl_planner.trials.facts.quantities import (
    QUANTITIES,
    RATIO_UNIT,
    RATIOS,
    TYPED_FLR,
    TYPED_FLR_AS,
    UPPER_LIMITS,
    Quantity,
)
from fl_planner.trials.statements import (
    DRUG_KEY,
    FUNCTION_KEY,
    NORMALISATION_KEY,
    Amount,
    EarlierEmbolisation,
    Stated,
)
from fl_planner.trials.unit_doubts import LESIONS, WITH_UNIT_DOUBTS, as_suffix, find_amount_doubts

AS_UNKNOWN = "treated as unknown"
COUNTS_AS_UNKNOWN = f"; {AS_UNKNOWN}"
TIMES = frozenset({"a", "mo", "wk", "d"})  # an implausible time is not a value in another unit
ADULT_A, MOST_AGE_A = 18, 120  # years; in months the age of a child [trials.md 7.1]
UPPER_LIMIT = Range(Fraction(0), None, low_open=True)
SMALL_LESION_CM = 2  # of 4 mL: a volume below 1 mL is then not in litres [project's choice]
# A sphere fills half of the cube of its diameter, and an elongated lesion a tenth of a sphere.
# Millimetres as centimetres are 1000 times the cube: about 100 such lesions [project's choice]
LARGE_LESION_CUBE = 20
# %/min/m2: 2.67 per minute is 0.045 per second; a healthy whole liver has 10.9 [project's choice]
USUAL_FUNCTION = Range(Fraction(1, 5), Fraction(11))
_MEASURED = [(one.fact, name) for name, one in QUANTITIES.items() if one.fact is not None]
_RATIOS = [(one.ratio, name) for name, one in QUANTITIES.items() if one.ratio is not None]


class ConvertedFacts(Struct, frozen=True):
    """Stated values in the units of their facts.

    - `amounts`: amounts by input name; `multiples`: those given as multiples of the upper limit.
    - `plain`: facts that are given under their own name.
    - `set_aside`: facts of values that were read, but are not compared; measured ones are used.

    A key is absent if it was not stated, or became unknown with a finding.
    """

    amounts: Mapping[str, Fraction]
    multiples: Mapping[str, Fraction]
    plain: Mapping[str, Value]
    findings: tuple[Finding, ...]
    set_aside: frozenset[str] = frozenset()

    @property
    def facts(self) -> dict[str, Value | None]:
        """Facts: stated values, ratios to the laboratory's upper limit, and these limits."""
        amounts = self.amounts
        facts: dict[str, Value | None] = dict(self.plain)
        facts |= {name: amounts[name] for name in UPPER_LIMITS if name in amounts}
        for fact, name in _MEASURED:
            facts[fact] = amounts[name] if name in amounts else self._from_multiples(name)
        facts |= {ratio: self._ratio(name) for ratio, name in _RATIOS}
        return facts

    def _from_multiples(self, name: str) -> Fraction | None:
        limit, multiple = self.amounts.get(f"{name}_uln"), self.multiples.get(name)
        return None if limit is None or multiple is None else multiple * limit

    def _ratio(self, name: str) -> Fraction | None:
        limit = self.amounts.get(f"{name}_uln")
        if limit is None or name not in self.amounts:
            return self.multiples.get(name)
        return self.amounts[name] / limit


def convert_stated(stated: Stated, *, tumour_ml: Value | None = None) -> ConvertedFacts:
    """Convert all stated values except dates.

    - `tumour_ml`: tumour volume measured on a mask, with which a stated diameter is compared.
    """
    amounts: dict[str, Fraction] = {}
    multiples: dict[str, Fraction] = {}
    plain: dict[str, Value] = {}
    findings: list[Finding] = []
    for name, value in sorted(stated.values.items(), key=itemgetter(0)):
        if type(value) is bool or type(value) is str:  # most of a list of patients
            plain[name] = value
            continue
        try:
            match value:
                case Amount():
                    in_multiples = value.unit == RATIO_UNIT  # which has no other spelling
                    (multiples if in_multiples else amounts)[name] = _convert_amount(name, value)
                case Fraction():
                    plain[name] = _convert_whole(name, value)
                case EarlierEmbolisation():
                    plain |= {name: True} | ({f"{name}_kind": value.kind} if value.kind else {})
                case [_, *_]:
                    plain[name] = value  # an empty list of sites is unknown
        except _BecomesUnknownError as unknown:
            findings.append(
                make_unknown_finding(unknown.code, str(unknown), stated.files.get(name))
            )
    tumour = {"tumour_volume": tumour_ml} if isinstance(tumour_ml, Fraction) else {}
    findings += _find_doubts(stated, amounts.keys() | multiples.keys(), tumour | amounts)
    set_aside: frozenset[str] = frozenset()
    if FUNCTION_KEY in amounts:
        normalisation, file = plain.get(NORMALISATION_KEY), stated.files.get(FUNCTION_KEY)
        unsure = find_normalisation_doubts(normalisation)
        findings += [_named(doubt, file) for doubt in unsure]
        if not is_comparable(normalisation):
            del amounts[FUNCTION_KEY]
            set_aside = frozenset({QUANTITIES[FUNCTION_KEY].subject})
    return ConvertedFacts(amounts, multiples, plain, tuple(findings), set_aside)


def make_unknown_finding(code: str, message: str, file: str | None = None) -> Finding:
    """Return the finding about a stated fact that is treated as unknown."""
    return _named(Finding(code, Severity.WARNING, f"{message}{COUNTS_AS_UNKNOWN}"), file)


def _named(finding: Finding, file: str | None) -> Finding:
    """Add the name of the file that states a fact, if any."""
    if file is None:
        return finding
    return replace(finding, message=f"{file}: {finding.message}", file=file)


class _BecomesUnknownError(Exception):
    """A value that makes its fact unknown."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=1 << 13)  # patients of a list have much in common
def _convert_amount(name: str, amount: Amount) -> Fraction:
    quantity = QUANTITIES.get(name) or UPPER_LIMITS[name]
    is_limit = name not in QUANTITIES
    # largest_lesion and largest_lesion_mask share their findings
    subject = name if is_limit else quantity.subject.replace("_mask_", "_")
    unit, accepted = amount.unit, dict(quantity.units)
    if quantity.takes_ratio and not is_limit:
        accepted[RATIO_UNIT] = Fraction(1)
    if unit not in accepted:
        message = f"{name}: unit {amount.unit!r} is not one of {', '.join(accepted)}"
        raise _BecomesUnknownError(f"unknown_unit.{subject}", message)
    value = _as_fact(name, amount, amount.value * accepted[unit])
    plausible = UPPER_LIMIT if is_limit else RATIOS if unit == RATIO_UNIT else quantity.range
    if not plausible.holds(value):
        where = plausible.name(as_suffix(unit if unit == RATIO_UNIT else quantity.unit).strip())
        message = f"{name}: {as_plain(amount.value)}{as_suffix(unit)} is outside {where}"
        message += _suggest_units(amount.value, quantity, unit) if not is_limit else ""
        raise _BecomesUnknownError(f"implausible.{subject}", message)
    return value


def is_plausible(name: str, amount: Amount) -> bool:
    """Whether an amount has an accepted unit and a plausible value.

    Examples
    --------
    >>> volumes = (Amount(Fraction(ml), "mL") for ml in (350, 350_000))
    >>> [is_plausible("flr_volume", one) for one in volumes]
    [True, False]
    """
    try:
        _convert_amount(name, amount)
    except _BecomesUnknownError:
        return False
    return True


def _suggest_units(value: Fraction, quantity: Quantity, typed: str) -> str:
    """Suggest units, or the share in %, in which the number would be plausible; never assumed."""
    if TIMES & quantity.units.keys():
        return ""
    first = {factor: unit for unit, factor in reversed(quantity.units.items())}
    own = quantity.units.get(typed)
    meant = [
        f"{as_plain(value)} {unit}"
        for factor, unit in reversed(first.items())
        if factor != own and quantity.range.holds(value * factor)
    ]
    percent = value * PERCENT_IN_ONE
    if typed == "%" and 0 < value <= 1 and quantity.range.holds(percent):
        meant.append(f"{as_plain(percent)} %")
    return f" ({' or '.join(meant)}?)" if meant else ""


def _doubt_months(name: str, typed: Amount, amounts: Mapping[str, Fraction]) -> Iterator[Finding]:
    """Find an age in months whose number would be an adult's age in years."""
    years = amounts[name]
    if typed.unit == "mo" and years < ADULT_A <= typed.value <= MOST_AGE_A:
        number = as_plain(typed.value)
        message = f"age: {number} mo (months) is {as_plain(years)} years; "
        message += f'if {number} years was meant, give the unit "a"'
        yield Finding("age.in_months", Severity.WARNING, message)


def find_unusual_function(per_min_m2: Fraction, called: str = "flr_function") -> Iterator[Finding]:
    """Find an FLR function that is too small, as per second, or is that of a whole liver.

    - `called`: name in the message.
    """
    if not USUAL_FUNCTION.holds(per_min_m2):
        shown, value = as_plain(per_min_m2), float(per_min_m2)
        message = f"{called}: {shown} %/min/m² is outside the usual range for an FLR, "
        message += f"{USUAL_FUNCTION}: check the unit of time, and whether it refers to the FLR"
        yield Finding("function.unusual_flr", Severity.WARNING, message, None, value, "%/min/m2")


def is_comparable(normalisation: object) -> bool:
    """Check whether an FLR function is compared with published values, by its normalisation."""
    return normalisation != "total_field"


def find_normalisation_doubts(normalisation: Value | None) -> tuple[Finding, ...]:
    """Find an FLR function that is not, or possibly not, comparable with published values.

    - `normalisation`: None if it is not stated [clinical.md 5.1].
    """
    if normalisation == "extrahepatic":
        return ()
    if is_comparable(normalisation):
        message = (
            f"{FUNCTION_KEY}: the normalisation is not stated; with whole-field normalisation "
        )
        message += "the value is about a third lower and not comparable with published values"
        return (Finding("function.normalisation_unknown", Severity.WARNING, message),)
    message = f"{FUNCTION_KEY}: with whole-field normalisation the value is about a third lower "
    message += "than published values and is not compared with them"
    return (Finding("function.not_comparable", Severity.WARNING, message),)


def find_no_lung_dose(gy: Fraction, called: str = "lung_dose") -> Iterator[Finding]:
    """Find a lung dose of exactly 0, which may not have been measured, as a shunt of 0."""
    if gy == 0:
        message = f"{called}: 0 Gy: every study has some activity in the lungs; check whether the "
        message += "dose was measured, or rounded"
        yield Finding("y90.no_shunt", Severity.WARNING, message, None, 0.0, "Gy")


def _doubt_unit(name: str, typed: Amount, amounts: Mapping[str, Fraction]) -> Iterable[Finding]:
    calliper, mask = (amounts.get(lesion, Fraction(0)) for lesion in LESIONS)
    if name == "tumour_volume" and 0 < (calliper or mask) <= SMALL_LESION_CM:
        return ()
    is_lesion = name in LESIONS and typed.unit == "cm"
    if is_lesion and amounts[name] ** 3 <= LARGE_LESION_CUBE * amounts.get("tumour_volume", 0):
        return ()
    return find_amount_doubts(name, typed)


_Doubt = Callable[[str, Amount, Mapping[str, Fraction]], Iterable[Finding]]
_DOUBTS: dict[str, _Doubt] = {  # by input name: most inputs of a list of patients have none
    "age": _doubt_months,
    FUNCTION_KEY: lambda name, _, amounts: find_unusual_function(amounts[name]),
    **{
        name: _doubt_unit
        for name, quantity in (UPPER_LIMITS | QUANTITIES).items()
        if quantity.name in WITH_UNIT_DOUBTS
    },
    "lung_dose": lambda name, typed, amounts: (
        *find_no_lung_dose(amounts[name]),
        *_doubt_unit(name, typed, amounts),
    ),
}


def _find_doubts(
    stated: Stated, converted: Set[str], amounts: Mapping[str, Fraction]
) -> Iterator[Finding]:
    """Find doubts about the units of the stated amounts that were converted."""
    for name in sorted(_DOUBTS.keys() & converted):
        typed = stated.values[name]
        assert isinstance(typed, Amount)
        for doubt in _DOUBTS[name](name, typed, amounts):
            yield _named(doubt, stated.files.get(name))


def _as_fact(name: str, amount: Amount, value: Fraction) -> Fraction:
    """Round ages down to completed years; convert steroids to methylprednisolone."""
    if name == "age":
        return Fraction(floor(value))
    if name != DRUG_KEY or value <= 0:
        return value
    if amount.drug not in METHYLPREDNISOLONE_MG_IN_MG:
        known = ", ".join(METHYLPREDNISOLONE_MG_IN_MG)
        stated = None if amount.drug is None else f"drug {amount.drug!r} is not one of {known}"
        message = f"{name}: {stated or f'no drug is stated; use one of {known}'}"
        raise _BecomesUnknownError(f"unknown_drug.{QUANTITIES[name].subject}", message)
    return value * METHYLPREDNISOLONE_MG_IN_MG[amount.drug]


def _convert_whole(name: str, value: Fraction) -> Fraction:
    plausible = FACTS[name].range
    if plausible is not None and not plausible.holds(value):
        message = f"{name}: {as_plain(value)} is outside {plausible.name()}"
        raise _BecomesUnknownError(f"implausible.{name}", message)
    return value


FLR, FLR_VOLUME = "flr_fraction", "flr_volume_ml"
OF_NONTUMOROUS, OF_WHOLE = TYPED_FLR_AS
# remnants below are not planned; a percentage entered as mL is below it in a liver of 950 mL
LEAST_FLR = Fraction(LEAST_FLR_PERCENT, 100)
TYPED_DECIMALS = 1000  # a percentage with more than three decimals was calculated

FactValues = dict[str, Value | None]  # facts


class EnteredShare(Struct, frozen=True):
    """A share of the non-tumorous liver that follows from an entered value.

    - `share`: exact share.
    - `rounding`: half a unit of the last decimal that was entered.
    - `says`: the share as entered.
    """

    share: Fraction
    rounding: Fraction
    says: str

    def differs(self, other: Fraction, limits: Set[Fraction]) -> bool:
        """Check whether two shares differ: beyond rounding, and by 5 % or across a limit."""
        apart = abs(self.share - other)
        if apart <= self.rounding:
            return False
        over = list_sides(self.share, limits) != list_sides(other, limits)
        return over or 100 * apart > DISAGREEING_PERCENT * other


class OtherEvidence(Struct, frozen=True):
    """Other evidence on the FLR, with which an entered percentage is compared.

    - `share`: drawn share, or share from entered volumes; None if there is none.
    - `limits`: limits of the trials on the FLR.
    - `file`: file that states the FLR percentage.
    """

    share: Fraction | None
    limits: Set[Fraction]
    file: str | None


def apply_entered_flr(
    facts: Facts, measured: Facts, trials: Sequence[Trial], files: Mapping[str, str]
) -> tuple[FactValues, tuple[Finding, ...]]:
    """Return the facts that an entered FLR percentage sets, and findings on it.

    - `facts`: facts known without it; the FLR among them is drawn or follows from volumes.
    - `measured`: facts measured on the masks.
    - `trials`: trials whose limits two shares may straddle.
    - `files`: file of each input key.
    """
    typed, whole = tuple(_list_entered(facts)), facts.get(OF_WHOLE)
    key = TYPED_FLR_AS[OF_NONTUMOROUS if facts.get(OF_NONTUMOROUS) is not None else OF_WHOLE]
    known, limits = (
        facts.get(FLR),
        {limit.value for trial in trials for limit in trial.limits_on(FLR)},
    )
    evidence = OtherEvidence(known if isinstance(known, Fraction) else None, limits, files.get(key))
    if measured.get(FLR_VOLUME) is not None:  # a measured share has one
        return {}, _compare_with_drawn(typed, evidence)
    if not typed:
        return {}, (_report_whole(whole, files.get(key)),)
    return _choose(typed, evidence, exceeds=_exceeds(whole, typed[0]))


def find_small_flr(facts: Facts, files: Mapping[str, str]) -> Iterator[Finding]:
    """Find an entered FLR volume too small for a remnant: litres or a percentage as mL.

    An entered volume is plausible from 0 mL on [trials.md 7.1], so it is used and queried.
    """
    flr, share = facts.get(FLR_VOLUME), facts.get(FLR)
    if not isinstance(flr, Fraction):
        return
    of_liver = ""
    if isinstance(share, Fraction) and share < LEAST_FLR:
        of_liver = f", {as_number(100 * share, (0, 100 * LEAST_FLR))} % of the non-tumorous liver"
    elif flr >= LEAST_FLR_ML:
        return
    message = f"FLR volume {as_ml(flr)}, as entered{of_liver}: check whether it is right, and "
    message += "in mL, not in L or %"
    file = files.get("flr_volume")
    yield Finding("flr.typed_small", Severity.WARNING, message, file, float(flr), "mL")


def _list_entered(facts: Facts) -> Iterator[EnteredShare]:
    """List entered values as shares of the non-tumorous liver."""
    share, whole = facts.get(OF_NONTUMOROUS), facts.get(OF_WHOLE)
    if isinstance(share, Fraction):
        yield EnteredShare(share / 100, _half_step(share) / 100, f"{as_plain(share)} %")
    total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not (isinstance(whole, Fraction) and isinstance(total, Fraction)):
        return
    if isinstance(tumour, Fraction) and tumour < total:
        times = total / (total - tumour) / 100
        yield EnteredShare(
            whole * times, _half_step(whole) * times, f"{as_plain(whole)} % of the whole liver"
        )


def _half_step(typed: Fraction) -> Fraction:
    """Return half a unit of the last decimal of an entered number."""
    step = Fraction(1)
    while (typed / step).denominator != 1:
        step /= 10
    return step / 2


def _compare_with_drawn(
    typed: Iterable[EnteredShare], evidence: OtherEvidence
) -> tuple[Finding, ...]:
    known, warning = evidence.share, Severity.WARNING
    if known is None:
        message = "FLR entered as a percentage is not used: a drawn remnant takes precedence"
        return (Finding("flr.typed_not_used", warning, message, evidence.file),)
    if not (apart := [share for share in typed if share.differs(known, evidence.limits)]):
        return ()
    masks = format_entered(known, evidence.limits)
    message = (
        f"FLR: {_join(apart)} entered, {masks} measured from the masks; the masks take precedence"
    )
    return (Finding("evidence.flr_apart", warning, message, evidence.file),)


def _report_whole(whole: Value | None, file: str | None) -> Finding:
    assert isinstance(whole, Fraction)  # otherwise nothing was entered
    message = (
        f"FLR {as_plain(whole)} % of the whole liver, as entered, is {AS_UNKNOWN}: limits "
        "refer to the "
        "FLR as a share of the non-tumorous liver, and this share is larger; give "
        "total_liver_volume and "
        "tumour_volume to calculate it"
    )
    return Finding("flr.of_whole_liver", Severity.WARNING, message, file)


def _choose(
    typed: Sequence[EnteredShare], evidence: OtherEvidence, *, exceeds: bool
) -> tuple[FactValues, tuple[Finding, ...]]:
    """Choose among entered shares; unknown if two of them differ."""
    first, *others = typed
    known, limits, warning = evidence.share, evidence.limits, Severity.WARNING
    against = [other.share for other in others] + ([] if known is None else [known])
    if exceeds or any(first.differs(share, limits) for share in against):
        by = [] if known is None else [f"{format_entered(known, limits)} from the volumes"]
        message = f"entered FLR values differ: {', '.join([_join(typed), *by])}; FLR {AS_UNKNOWN}"
        return {FLR: None}, (Finding("evidence.flr_apart", warning, message, evidence.file),)
    if known is not None:
        return {}, ()
    share = f"FLR {format_entered(first.share, limits)} of the non-tumorous liver"
    message = f"{share}: {TYPED_HERE}; no interval can be calculated"
    return (
        {FLR: first.share, TYPED_FLR: True},
        (Finding("flr.typed", warning, message, evidence.file),),
    )


def format_entered(share: Fraction, limits: Iterable[Fraction]) -> str:
    """Format a share: as entered, or rounded if calculated; on the correct side of all limits.

    Examples
    --------
    >>> format_entered(Fraction("0.28"), []), format_entered(Fraction(1, 3), [Fraction(1, 2)])
    ('28 %', '33.3 %')
    """
    percent = 100 * share
    if (percent * TYPED_DECIMALS).denominator == 1:
        return f"{as_plain(percent)} %"
    return f"{as_number(percent, [100 * limit for limit in limits])} %"


def _exceeds(whole: Value | None, share: EnteredShare) -> bool:
    """Check whether a share of the whole liver exceeds that of its part, which is impossible."""
    if not isinstance(whole, Fraction):
        return False
    return whole / 100 - _half_step(whole) / 100 > share.share + share.rounding


def _join(typed: Iterable[EnteredShare]) -> str:
    return " and ".join(share.says for share in typed)
