"""An FLR in percent, typed from a report: what it is a share of, and whether it answers.

Nobody measured it here. It answers where nothing else does, is told as typed, and goes behind what
was drawn or follows from volumes; where two differ, the drawn one stays or nothing is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import TOLD_APART_PERCENT
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import TYPED_HERE
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.facts.quantities import TYPED_FLR, TYPED_FLR_AS

FLR, FLR_VOLUME = "flr_fraction", "flr_volume_ml"
OF_NONTUMOROUS, OF_WHOLE = TYPED_FLR_AS
TYPED_DECIMALS = 1000  # a percentage with more than three decimals was computed
COUNTS = "it counts as unknown"

Laid = dict[str, Value | None]  # facts


@dataclass(frozen=True, slots=True)
class TypedShare:
    """A share of the non-tumorous liver that follows from what was typed.

    - `share`: exact.
    - `rounding`: half of the last decimal that was typed, for it may have been rounded there.
    - `says`: as it was typed.
    """

    share: Fraction
    rounding: Fraction
    says: str

    def differs(self, other: Fraction, limits: Iterable[Fraction]) -> bool:
        """Tell whether it is another share: by more than rounding, and by 5 % or over a limit."""
        apart = abs(self.share - other)
        if apart <= self.rounding:
            return False
        over = any(_side(self.share, limit) != _side(other, limit) for limit in limits)
        return over or 100 * apart > TOLD_APART_PERCENT * other


@dataclass(frozen=True, slots=True)
class Beside:
    """What a typed FLR stands beside.

    - `share`: drawn, or by typed volumes; None where there is none.
    - `limits`: of the trials, on the FLR.
    - `file`: where the FLR was typed.
    """

    share: Fraction | None
    limits: Set[Fraction]
    file: str | None


def lay_typed_flr(
    facts: Facts, measured: Facts, trials: Sequence[Trial], files: Mapping[str, str]
) -> tuple[Laid, tuple[Finding, ...]]:
    """Lay an FLR % that was typed over facts where it answers, and tell what it is worth.

    - `facts`: what is known without it; the share there is drawn, or follows from volumes.
    - `measured`: what the masks say.
    - `trials`: their limits tell whether two shares lie on different sides of one.
    - `files`: file of an input key.
    """
    typed, whole = tuple(_list_typed(facts)), facts.get(OF_WHOLE)
    key = TYPED_FLR_AS[OF_NONTUMOROUS if facts.get(OF_NONTUMOROUS) is not None else OF_WHOLE]
    known, limits = facts.get(FLR), {one.value for t in trials for one in t.limits_on(FLR)}
    beside = Beside(known if isinstance(known, Fraction) else None, limits, files.get(key))
    if measured.get(FLR) is not None or measured.get(FLR_VOLUME) is not None:
        return {}, _tell_beside_drawn(typed, beside)
    if not typed:
        return {}, (_tell_whole(whole, files.get(key)),)
    return _choose(typed, beside, exceeds=_exceeds(whole, typed[0]))


def _list_typed(facts: Facts) -> Iterator[TypedShare]:
    """List what was typed as shares of the non-tumorous liver; of the whole, by both volumes."""
    share, whole = facts.get(OF_NONTUMOROUS), facts.get(OF_WHOLE)
    if isinstance(share, Fraction):
        yield TypedShare(share / 100, _half_step(share) / 100, f"{as_plain(share)} %")
    total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not (isinstance(whole, Fraction) and isinstance(total, Fraction)):
        return
    if isinstance(tumour, Fraction) and tumour < total:
        times = total / (total - tumour) / 100
        said = f"{as_plain(whole)} % of the whole liver"
        yield TypedShare(whole * times, _half_step(whole) * times, said)


def _half_step(typed: Fraction) -> Fraction:
    """Give half of the last decimal of a typed number; such a number always has a last one."""
    step = Fraction(1)
    while (typed / step).denominator != 1:
        step /= 10
    return step / 2


def _tell_beside_drawn(typed: Iterable[TypedShare], beside: Beside) -> tuple[Finding, ...]:
    known, warning = beside.share, Severity.WARNING
    if known is None:
        message = "FLR typed in percent is not used: a remnant is drawn, and beside it none decides"
        return (Finding("flr.typed_not_used", warning, message, beside.file),)
    apart = [one for one in typed if one.differs(known, beside.limits)]
    if not apart:
        return ()
    masks = say_percent(known, beside.limits)
    message = f"FLR: {_join(apart)} typed, {masks} on the masks; the masks decide"
    return (Finding("evidence.flr_apart", warning, message, beside.file),)


def _tell_whole(whole: Value | None, file: str | None) -> Finding:
    assert isinstance(whole, Fraction)  # or nothing was typed
    message = (
        f"FLR {as_plain(whole)} % of the whole liver, typed: limits are set on the share of the "
        "liver without its tumour, which is larger; with total_liver_volume and tumour_volume it "
        f"follows; {COUNTS}"
    )
    return Finding("flr.of_whole_liver", Severity.WARNING, message, file)


def _choose(
    typed: Sequence[TypedShare], beside: Beside, *, exceeds: bool
) -> tuple[Laid, tuple[Finding, ...]]:
    """Choose among shares that nobody measured here; unknown where two of them differ."""
    first, *others = typed
    known, limits, warning = beside.share, beside.limits, Severity.WARNING
    against = [one.share for one in others] + ([] if known is None else [known])
    if exceeds or any(first.differs(one, limits) for one in against):
        by = [] if known is None else [f"{say_percent(known, limits)} by volumes"]
        message = f"FLR typed in ways that differ: {', '.join([_join(typed), *by])}; {COUNTS}"
        return {FLR: None}, (Finding("evidence.flr_apart", warning, message, beside.file),)
    if known is not None:
        return {}, ()
    share = f"FLR {say_percent(first.share, limits)} of the non-tumorous liver"
    message = f"{share}: {TYPED_HERE}; how far another reading would lie is not known"
    return (
        {FLR: first.share, TYPED_FLR: True},
        (Finding("flr.typed", warning, message, beside.file),),
    )


def say_percent(share: Fraction, limits: Iterable[Fraction]) -> str:
    """Say a share: as it was typed, or rounded where it was computed; on its side of all limits.

    Examples
    --------
    >>> say_percent(Fraction("0.28"), []), say_percent(Fraction(1, 3), [Fraction(1, 2)])
    ('28 %', '33.3 %')
    """
    percent = 100 * share
    if (percent * TYPED_DECIMALS).denominator == 1:
        return f"{as_plain(percent)} %"
    return f"{as_number(percent, [100 * limit for limit in limits])} %"


def _exceeds(whole: Value | None, share: TypedShare) -> bool:
    """Tell whether a share of the whole liver is above that of its part, which cannot be."""
    if not isinstance(whole, Fraction):
        return False
    return whole / 100 - _half_step(whole) / 100 > share.share + share.rounding


def _join(typed: Iterable[TypedShare]) -> str:
    return " and ".join(one.says for one in typed)


def _side(share: Fraction, limit: Fraction) -> int:
    return (share > limit) - (share < limit)
