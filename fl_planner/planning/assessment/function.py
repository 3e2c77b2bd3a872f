"""Function of a liver and of its remnant: clearance, share of counts, and how they are judged."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import hypot

from fl_planner.basis.constants import DISAGREEING_PERCENT, Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.function.clearance import (
    Clearance,
    Scintigraphy,
    find_clearance_doubts,
    measure_clearance,
    measure_study,
)
from fl_planner.function.mebrofenin import FUNCTION_LIMIT
from fl_planner.function.orientation import Parts
from fl_planner.function.quality import (
    find_curve_doubts,
    find_hot_spot,
    find_liver_steps,
    find_mirrored_head,
    find_misplaced,
    find_motion,
    find_patient_doubts,
)
from fl_planner.function.registration import find_registration_doubts
from fl_planner.function.scintigram import count_regions, find_shared
from fl_planner.function.spect import SpectShare, measure_spect
from fl_planner.liver.anatomy import Anatomy
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import Amount, Stated

Range = tuple[float, float]
BILE = ("gallbladder", "bile", "duct", "choledoch", "bowel", "gut", "duodenum", "stomach")
FUNCTION_KEY, FUNCTION_UNIT = "flr_function", "%/min/m2"
BILIRUBIN_KEY = "bilirubin_total"
MG_DL, UMOL_L = "mg/dL", "umol/L"


@dataclass(frozen=True, slots=True)
class LiverFunction:
    """What a scintigraphy tells; None where its part was not given.

    - `given`: what it rests on.
    - `clearance`: of the whole liver.
    - `spect`: the remnant's share.
    - `bilirubin_umol_per_l`: at the study, else of the facts.
    - `findings`: all doubts.
    - `withdrawn`: whether an error elsewhere forbids to use it: of the masks, or of a file.
    """

    given: Scintigraphy
    clearance: Clearance | None
    spect: SpectShare | None
    bilirubin_umol_per_l: Fraction | None
    findings: tuple[Finding, ...]
    withdrawn: bool = False

    @property
    def flr_per_min_m2(self) -> Fraction | None:
        """Clearance by body surface times the remnant's share of counts [clinical.md 5.3]."""
        whole = None if self.clearance is None else self.clearance.per_min_m2
        return None if whole is None or self.spect is None else whole * self.spect.by_counts

    @property
    def interval_per_min_m2(self) -> Range | None:
        """Its 95 % counting interval, of both studies; None where one is not known."""
        value, clearance, spect = self.flr_per_min_m2, self.clearance, self.spect
        if value is None or clearance is None or spect is None:
            return None
        if clearance.relative_sd is None or spect.relative_sd is None:
            return None
        reach = Z_95 * hypot(clearance.relative_sd, spect.relative_sd) * float(value)
        return float(value) - reach, float(value) + reach

    @property
    def range_per_min_m2(self) -> Range | None:
        """Least and largest by any one source: counts, regions, window, where the masks lie."""
        value, clearance, spect = self.flr_per_min_m2, self.clearance, self.spect
        if value is None or clearance is None or spect is None:
            return None
        low, high = (float(value) * factor for factor in clearance.widest)
        by_shift = [float(value * share / spect.by_counts) for share in spect.range]
        return min(low, *by_shift), max(high, *by_shift)

    @property
    def usable(self) -> bool:
        """Whether nothing forbids to use the number."""
        own = any(one.severity is Severity.ERROR for one in self.findings)
        return not (own or self.withdrawn)

    @property
    def to_ask(self) -> tuple[str, ...]:
        """What was not told and would change how far the number is to be trusted."""
        known = {
            "fasting_hours": self.given.fasting_h,
            "bilirubin": self.bilirubin_umol_per_l,
            "validated_locally": self.given.validated_locally,
        }
        return tuple(name for name, value in known.items() if value is None)

    def kept_per_min_m2(self, segments: Iterable[str]) -> Fraction | None:
        """Tell the function of segments that stay; None where one was not measured."""
        whole = None if self.clearance is None else self.clearance.per_min_m2
        if whole is None or self.spect is None or not self.usable:
            return None
        shares = {one.name: one.by_counts for one in self.spect.segments}
        kept = [*segments]
        if not all(name in shares for name in kept):
            return None
        return whole * sum((shares[name] for name in kept), Fraction(0))


@dataclass(frozen=True, slots=True)
class Answered:
    """A measured function by itself, and what it rests on.

    - `function`: what was measured.
    - `limits`: every limit in print on the function of a remnant, %/min/m2.
    - `adequate`: whether the remnant's exceeds DRAGON 2's figure, strictly; None where that is not
      known.
    - `limit`: that figure.
    - `inputs`: files that it rests on.
    - `findings`: doubts of the files and of the measurement.
    - `parts`: masks that were laid on the SPECT, for its picture.
    - `accepted`: findings that a reader has seen.
    - `ct_days`: from the CT to the scintigraphy; None where one of their days was not given.
    """

    function: LiverFunction
    limits: tuple[Fraction, ...]
    adequate: bool | None
    limit: Fraction
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    parts: Parts | None = None
    accepted: tuple[Accepted, ...] = ()
    ct_days: int | None = None


def measure_function(
    given: Scintigraphy,
    stated: Stated,
    size: BodySize | None,
    anatomy: Anatomy | None = None,
    remnant: Mask | None = None,
) -> LiverFunction:
    """Measure what a scintigraphy tells of a liver, and of its remnant where one is drawn.

    Raises `InputRefused`: where there is no honest clearance, or the masks do not lie on the
    SPECT's counts.
    """
    bsa_m2 = None if size is None else Fraction(size.bsa_m2())
    try:
        clearance, doubts = _clear(given, bsa_m2)
    except InputRefused as refused:  # a region is named itself; a curve knows of no file
        named = refused.code.startswith("region.")
        raise refused if named else refused.within(given.source) from refused
    spect = None
    if given.spect is not None and anatomy is not None and remnant is not None:
        assert given.basis is not None
        spect = measure_spect(
            given.spect, find_parts(anatomy, remnant), given.basis, given.transform
        )
        doubts += find_registration_doubts(spect, given.spect.file or "spect")
    elif given.spect is not None:
        message = "a SPECT was given, and no remnant: no share of function can be told"
        doubts += (Finding("function.no_remnant", Severity.WARNING, message),)
    bilirubin = given.bilirubin_umol_per_l
    bilirubin = _bilirubin_of(stated) if bilirubin is None else bilirubin
    of_patient = find_patient_doubts(given.fasting_h, bilirubin) if clearance else ()
    return LiverFunction(given, clearance, spect, bilirubin, (*doubts, *of_patient))


def find_nearness(function: LiverFunction, limits: Collection[Fraction]) -> tuple[Finding, ...]:
    """Find limits that another count, region, window or place of the masks would cross."""
    value, ends = function.flr_per_min_m2, function.range_per_min_m2
    if value is None or ends is None:
        return ()
    crossed = [one for one in sorted(set(limits)) if ends[0] <= one <= ends[1]]
    if not crossed:
        return ()
    low, high = (as_number(end, limits, 2) for end in ends)
    told = ", ".join(as_number(one, (one,), 2) for one in crossed)
    message = (
        f"function of the remnant is {as_number(value, limits, 2)} %/min/m2; by counts, regions, "
        f"window or place of the masks {low} to {high}, which holds {told}"
    )
    return (Finding("function.near_limit", Severity.WARNING, message),)


def find_function_apart(
    function: LiverFunction, stated: Stated, limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find a typed function that the measured one contradicts.

    As of the largest lesion, what a reader typed decides, and the measured figure stands beside
    it: a site's own workstation is what 2.67 was validated on there [trials.md 7.0].
    """
    typed, measured = stated.values.get(FUNCTION_KEY), function.flr_per_min_m2
    if not isinstance(typed, Amount) or measured is None or typed.unit != FUNCTION_UNIT:
        return ()
    every = sorted(set(limits))
    across = any((typed.value > limit) is not (measured > limit) for limit in every)
    if not across and 100 * abs(typed.value - measured) <= DISAGREEING_PERCENT * measured:
        return ()
    message = (
        f"FLR function: {as_number(typed.value, every, 2)} typed, "
        f"{as_number(measured, every, 2)} measured on the scintigraphy: the typed one decides"
    )
    apart = float(typed.value - measured)
    file = stated.files.get(FUNCTION_KEY)
    return (
        Finding("evidence.function_apart", Severity.WARNING, message, file, apart, FUNCTION_UNIT),
    )


def find_unvalidated(given: Scintigraphy) -> tuple[Finding, ...]:
    """Find a clearance that nobody compared with the site's own way of computing it."""
    if given.validated_locally is True:
        return ()
    said = "no" if given.validated_locally is False else "not said"
    message = (
        f"{given.source}: validated locally: {said}; workstations differ, so compare it with your "
        f"own before it is set against {FUNCTION_LIMIT}"
    )
    return (Finding("function.not_validated", Severity.WARNING, message, given.source),)


def _clear(
    given: Scintigraphy, bsa_m2: Fraction | None
) -> tuple[Clearance | None, tuple[Finding, ...]]:
    """Measure the clearance of frames or of curves, with its doubts."""
    window = given.window
    if given.study is not None and given.regions is not None:
        study, regions = given.study, given.regions
        activity = count_regions(study, regions)
        clearance = measure_study(study, regions, window, bsa_m2)
        of_frames = (
            *find_shared(regions),
            *find_misplaced(study, regions, window),
            *find_mirrored_head(study, regions, window),
            *find_hot_spot(study, regions, window),
            *find_motion(study, regions, window),
        )
    elif given.activity is not None:
        activity = given.activity
        clearance = measure_clearance(activity, window, bsa_m2)  # which refuses a short curve
        of_frames = find_liver_steps(activity, window)
    else:
        return None, ()
    return clearance, (
        *find_unvalidated(given),
        *find_clearance_doubts(clearance, given.source),
        *of_frames,
        *find_curve_doubts(activity, window),
    )


def find_parts(anatomy: Anatomy, remnant: Mask) -> Parts:
    """Tell what of a liver counts on a SPECT, what remains of it, and what is bile."""
    bile = tuple(
        mask for mask in anatomy.excluded if any(word in mask.name.casefold() for word in BILE)
    )
    return Parts(anatomy.nontumorous, remnant, bile, anatomy.segments)


def _bilirubin_of(stated: Stated) -> Fraction | None:
    """Give the bilirubin of the facts in umol/L; None in another unit."""
    amount = stated.values.get(BILIRUBIN_KEY)
    if not isinstance(amount, Amount):
        return None
    factor = {UMOL_L: Fraction(1), MG_DL: BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL}.get(amount.unit)
    return None if factor is None else amount.value * factor
