"""Function of the liver and of the remnant: mebrofenin clearance, share of counts, findings."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import DISAGREEING_PERCENT
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_ends, as_number
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.function.clearance import (
    Clearance,
    Scintigraphy,
    find_clearance_doubts,
    find_displaced,
    measure_clearance,
    measure_study,
)
from fl_planner.function.mebrofenin import FUNCTION_LIMIT
from fl_planner.function.orientation import Parts
from fl_planner.function.quality import (
    find_curve_doubts,
    find_heart_elsewhere,
    find_hot_spot,
    find_liver_steps,
    find_misplaced,
    find_motion,
    find_patient_doubts,
    find_turned_head,
)
from fl_planner.function.registration import find_registration_doubts
from fl_planner.function.scintigram import count_regions, find_cut_liver, find_shared
from fl_planner.function.spect import SpectShare, measure_spect
from fl_planner.liver.anatomy import Anatomy
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.given.case import Accepted, InputFile
from fl_planner.space.mask import Mask
from fl_planner.trials.convert import is_comparable
from fl_planner.trials.statements import FUNCTION_KEY, NORMALISATION_KEY, Amount, Stated

Range = tuple[float, float]
BILE = ("gallbladder", "bile", "duct", "choledoch", "bowel", "gut", "duodenum", "stomach")
FUNCTION_UNIT = "%/min/m2"
BILIRUBIN_KEY = "bilirubin_total"
MG_DL, UMOL_L = "mg/dL", "umol/L"


@dataclass(frozen=True, slots=True)
class LiverFunction:
    """Results of a scintigraphy; None if the input was not given.

    - `spect`: the remnant's share of counts.
    - `bilirubin_umol_per_l`: bilirubin at the time of the study, otherwise from the facts.
    - `withdrawn`: whether an error of a mask or file excludes use of the results.
    """

    given: Scintigraphy
    clearance: Clearance | None
    spect: SpectShare | None
    bilirubin_umol_per_l: Fraction | None
    findings: tuple[Finding, ...]
    withdrawn: bool = False

    @property
    def flr_per_min_m2(self) -> Fraction | None:
        """Clearance per body surface area times the remnant's share of counts [clinical.md 5.3]."""
        whole = None if self.clearance is None else self.clearance.per_min_m2
        return None if whole is None or self.spect is None else whole * self.spect.by_counts

    @property
    def range_per_min_m2(self) -> Range | None:
        """Range over each source of error alone: counts, regions, window, mask position."""
        value, clearance, spect = self.flr_per_min_m2, self.clearance, self.spect
        if value is None or clearance is None or clearance.per_min_m2 is None or spect is None:
            return None
        low, high = (float(value) * factor for factor in clearance.widest)
        by_shift = [float(clearance.per_min_m2 * share) for share in spect.range]
        return min(low, *by_shift), max(high, *by_shift)

    @property
    def usable(self) -> bool:
        """Whether no error excludes use of the result."""
        own = any(found.severity is Severity.ERROR for found in self.findings)
        return not (own or self.withdrawn)

    @property
    def to_ask(self) -> tuple[str, ...]:
        """Keys of inputs that are not stated and affect the reliability of the result."""
        known = {
            "fasting_hours": self.given.fasting_h,
            "bilirubin": self.bilirubin_umol_per_l,
            "validated_locally": self.given.validated_locally,
        }
        return tuple(name for name, value in known.items() if value is None)

    def kept_per_min_m2(self, segments: Iterable[str]) -> Fraction | None:
        """Return the function of the remaining segments; None if that of any was not measured."""
        whole = None if self.clearance is None else self.clearance.per_min_m2
        if whole is None or self.spect is None or not self.usable:
            return None
        shares = {segment.name: segment.kept_by_counts for segment in self.spect.segments}
        kept = [*segments]
        if not all(name in shares for name in kept):
            return None
        return whole * sum((shares[name] for name in kept), Fraction(0))


@dataclass(frozen=True, slots=True)
class Answered:
    """Function measured without a plan, with its inputs.

    - `limits`: all published limits of FLR function, %/min/m2.
    - `adequate`: whether FLR function is strictly above the limit of DRAGON 2; None if not known.
    - `limit`: the limit of DRAGON 2.
    - `parts`: masks mapped onto the SPECT, for its picture.
    - `ct_days`: days from the CT to the scintigraphy; None if a date was not given.
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
    """Measure the function of a liver by scintigraphy, and of its remnant if one is drawn.

    Raises `InputRefused`: if there is no valid clearance, or the masks do not match the counts
    of the SPECT.
    """
    bsa_m2 = None if size is None else Fraction(size.bsa_m2())
    try:
        clearance, doubts = _clear(given, bsa_m2)
    except InputRefused as refused:  # a region's error names the region; a curve has no file name
        named = refused.code.startswith("region.")
        raise refused if named else refused.within(given.source) from refused
    spect = None
    if given.spect is not None and anatomy is not None and remnant is not None:
        assert given.basis is not None
        spect = measure_spect(
            given.spect, select_parts(anatomy, remnant), given.basis, given.transform
        )
        doubts += find_registration_doubts(spect, given.spect.file or "spect")
    elif given.spect is not None:
        message = "a SPECT was given without a remnant: the functional share cannot be calculated"
        doubts += (Finding("function.no_remnant", Severity.WARNING, message),)
    bilirubin = given.bilirubin_umol_per_l
    bilirubin = _bilirubin_of(stated) if bilirubin is None else bilirubin
    of_patient = find_patient_doubts(given.fasting_h, bilirubin) if clearance else ()
    return LiverFunction(given, clearance, spect, bilirubin, (*doubts, *of_patient))


def find_nearness(function: LiverFunction, limits: Collection[Fraction]) -> tuple[Finding, ...]:
    """Find limits within the range of counts, regions, window and mask position."""
    value, ends = function.flr_per_min_m2, function.range_per_min_m2
    if value is None or ends is None:
        return ()
    crossed = [limit for limit in sorted(set(limits)) if ends[0] <= limit <= ends[1]]
    if not crossed:
        return ()
    low, high = as_ends(ends, limits, 2)
    included = join_words(as_number(limit, (limit,), 2) for limit in crossed)
    message = (
        f"FLR function is {as_number(value, limits, 2)} %/min/m²; with variations in counts, "
        f"regions, window or mask position, it ranges from {low} to {high}, which includes "
        f"{included}"
    )
    return (Finding("function.near_limit", Severity.WARNING, message),)


def find_function_apart(
    function: LiverFunction, stated: Stated, limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find an entered function that the measured one contradicts.

    The entered value is used, and the measured value is shown in addition: the limit of 2.67 was
    validated on the site's own workstation [trials.md 7.0].
    """
    entered, measured = stated.values.get(FUNCTION_KEY), function.flr_per_min_m2
    if not isinstance(entered, Amount) or measured is None or entered.unit != FUNCTION_UNIT:
        return ()
    if not is_comparable(stated.values.get(NORMALISATION_KEY)):
        return ()  # the measured value is used, and the other is expected to be lower
    every = sorted(set(limits))
    across = any((entered.value > limit) is not (measured > limit) for limit in every)
    if not across and 100 * abs(entered.value - measured) <= DISAGREEING_PERCENT * measured:
        return ()
    message = (
        f"FLR function: {as_number(entered.value, every, 2)} entered, "
        f"{as_number(measured, every, 2)} measured by scintigraphy; the entered value is used"
    )
    apart = float(entered.value - measured)
    file = stated.files.get(FUNCTION_KEY)
    return (
        Finding("evidence.function_apart", Severity.WARNING, message, file, apart, FUNCTION_UNIT),
    )


def find_unvalidated(given: Scintigraphy) -> tuple[Finding, ...]:
    """Find a clearance that was not validated against the site's own computation."""
    if given.validated_locally is True:
        return ()
    state = "clearance not validated at this site"
    if given.validated_locally is None:
        state = "validation of the clearance at this site not stated"
    message = (
        f"{given.source}: {state}; workstations differ, so compare this value with the result of "
        f"your workstation before applying the limit of {FUNCTION_LIMIT}"
    )
    return (Finding("function.not_validated", Severity.WARNING, message, given.source),)


def _clear(
    given: Scintigraphy, bsa_m2: Fraction | None
) -> tuple[Clearance | None, tuple[Finding, ...]]:
    """Measure the clearance from frames or curves, with its findings."""
    window = given.window
    if given.study is not None and given.regions is not None:
        study, regions = given.study, given.regions
        activity = count_regions(study, regions)
        clearance = measure_study(study, regions, window, bsa_m2)
        turned = (
            *find_misplaced(study, regions, window),
            *find_turned_head(study, regions, window),
        )
        of_frames = (
            *find_shared(regions),
            *find_cut_liver(study, regions, window.stop_s),
            *turned,
            *(() if turned else find_displaced(study, regions, clearance)),
            *find_heart_elsewhere(study, regions, window),
            *find_hot_spot(study, regions, window),
            *find_motion(study, regions, window),
        )
    elif given.activity is not None:
        activity = given.activity
        clearance = measure_clearance(activity, window, bsa_m2)  # refuses a short curve
        of_frames = find_liver_steps(activity, window)
    else:
        return None, ()
    return clearance, (
        *find_unvalidated(given),
        *find_clearance_doubts(clearance, given.source),
        *of_frames,
        *find_curve_doubts(activity, window, None if given.study is None else given.study.late_s),
    )


def select_parts(anatomy: Anatomy, remnant: Mask) -> Parts:
    """Select non-tumorous liver, remnant, bile and impaired liver for measurement on a SPECT.

    The halves of IV are measured as well as IV: a resection may remove one of them.
    """
    bile = tuple(
        mask for mask in anatomy.excluded if any(word in mask.name.casefold() for word in BILE)
    )
    return Parts(anatomy.nontumorous, remnant, bile, anatomy.drawn_segments, anatomy.impaired)


def _bilirubin_of(stated: Stated) -> Fraction | None:
    """Return the entered bilirubin in umol/L; None in another unit."""
    amount = stated.values.get(BILIRUBIN_KEY)
    if not isinstance(amount, Amount):
        return None
    factor = {UMOL_L: Fraction(1), MG_DL: BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL}.get(amount.unit)
    return None if factor is None else amount.value * factor
