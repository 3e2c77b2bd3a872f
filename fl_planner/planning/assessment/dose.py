"""Dose of a planned radioembolisation: masses, counts of MAA, shunt, ratio, and their doubts.

The tumour inside the treated territory counts, and treated liver without it; tumour outside is
told. Without a ratio the trial's rule stays unknown, and an upper bound is told [clinical.md 7].

Counts of a SPECT with MAA are taken in masks of a CT, laid by the patient's space as those of the
function [safety.md H-17].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import DISAGREEING_PERCENT, TRIAL_DOSE_GY
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.basis.units import MGY_IN_GY
from fl_planner.function.orientation import (
    NO_SHIFT,
    Floats,
    Laid,
    Laying,
    Parts,
    Vector,
    measure_orientation,
)
from fl_planner.function.registration import FAR_MM, MOST_LOST, find_mirrored
from fl_planner.function.spect import AXIAL_SHIFTS_MM, find_best_shift, read_counts
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.given.dose_inputs import DoseGiven, MaaSpect
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import Amount, Stated
from fl_planner.y90.counts import CountedRatio, CountedShunt, Tally
from fl_planner.y90.dose import DoseModel, Known
from fl_planner.y90.lungs import LUNG_SESSION_GY, find_planar_doubts
from fl_planner.y90.partition import (
    DEFAULT_LUNG_KG,
    RESIN_LABEL,
    Masses,
    Origin,
    find_mass_kg,
    find_shunt_doubts,
)

Bools = npt.NDArray[np.bool_]
MOST = Fraction(1, 2)  # of the liver's counts, which the treated area holds [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class PerfusedTerritory:
    """Masks of what was perfused, and of the whole liver; `normal` is treated and no tumour."""

    tumour: Mask
    normal: Mask
    organ: Mask


@dataclass(frozen=True, slots=True)
class SpectCounts:
    """What a SPECT tells.

    - `ratio`: tumour to treated liver; None where that holds no voxel or no count.
    - `ratio_by_shift` (mapping of mm along the body to Fraction): with the masks moved.
    - `shunt`: where a mask of the lungs was given.
    - `lungs_lost`: share of the lungs beyond the SPECT.
    """

    ratio: CountedRatio | None
    ratio_by_shift: Mapping[float, Fraction]
    shunt: CountedShunt | None
    lungs_lost: float

    @property
    def ratio_range(self) -> tuple[float, float] | None:
        """Least and largest ratio by the shifts; None where none can be told."""
        moved = [float(one) for one in self.ratio_by_shift.values()]
        return (min(moved), max(moved)) if moved else None


def count_maa(
    spect: MaaSpect, treated: PerfusedTerritory, *, decides: bool = False
) -> tuple[SpectCounts, tuple[Finding, ...]]:
    """Count a SPECT in the masks; `decides` says that its lung shunt is the one that counts.

    Raises `InputRefused`: `dose.off_the_counts` where the tumour is not on the SPECT; `function.*`
    as laying masks.
    """
    image, source = spect.image, spect.image.file or "spect"
    values = read_counts(image)
    perfused = (treated.tumour | treated.normal).renamed("treated")
    laying = Laying(image, Parts(perfused, treated.tumour), spect.transform)
    home = laying.at(NO_SHIFT)
    whole = image.slope == 1 and bool((values[home.tissue] == np.rint(values[home.tissue])).all())
    if not values[home.flr].sum() > 0 or home.lost > MOST_LOST:
        reason = "the tumour's mask holds no counts of the SPECT"
        if home.lost > MOST_LOST:
            reason = f"{as_number(100 * home.lost)} % of the treated liver lies beyond the SPECT"
        remedy = "check that both are of one patient and registered"
        raise InputRefused("dose.off_the_counts", source, reason, remedy)
    shunt, lost = _measure_shunt(spect, treated, values, whole=whole)
    by_shift = {
        mm: moved.ratio
        for mm in AXIAL_SHIFTS_MM
        if (moved := _measure_ratio(values, laying.at((0.0, 0.0, mm)), whole=whole)) is not None
    }
    counts = SpectCounts(_measure_ratio(values, home, whole=whole), by_shift, shunt, lost)
    shift = find_best_shift(values, home.tissue, image.grid)
    return counts, (
        *_find_elsewhere(spect, treated, values, home),
        *_find_shifted(shift, source),
        *_find_cut(counts, source, decides=decides),
    )


def _measure_ratio(values: Floats, laid: Laid, *, whole: bool) -> CountedRatio | None:
    normal = laid.tissue & ~laid.flr
    if not (values[normal].sum() > 0 and values[laid.flr].sum() > 0):
        return None
    tallies = [
        (_tally(values, part, whole=whole), int(np.count_nonzero(part)))
        for part in (laid.flr, normal)
    ]
    return CountedRatio(*tallies[0], *tallies[1])


def _measure_shunt(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats, *, whole: bool
) -> tuple[CountedShunt | None, float]:
    """Count lungs and whole liver; a voxel that both claim is the liver's."""
    if spect.lungs is None:
        return None, 0.0
    lungs = Laying(spect.image, Parts(spect.lungs, spect.lungs), spect.transform).at(NO_SHIFT)
    liver = Laying(spect.image, Parts(treated.organ, treated.organ), spect.transform).at(NO_SHIFT)
    parts = (lungs.tissue & ~liver.tissue, liver.tissue)
    return CountedShunt("spect_ct", *(_tally(values, part, whole=whole) for part in parts)), (
        lungs.lost
    )


def _tally(values: Floats, part: Bools, *, whole: bool) -> Tally:
    return Tally.of_volume(Fraction(float(values[part].sum())), counted=whole)


def _find_elsewhere(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats, home: Laid
) -> tuple[Finding, ...]:
    """Find counts of which most lie in the liver that is not treated, or that are mirrored."""
    image, source = spect.image, spect.image.file or "spect"
    liver = Laying(image, Parts(treated.organ, treated.organ), spect.transform).at(NO_SHIFT).tissue
    parts = [home.flr, home.tissue & ~home.flr, liver & ~home.tissue]
    fit = measure_orientation(values, parts, image.grid)
    found = find_mirrored(fit, source, "dose")
    whole = Fraction(float(values[liver | home.tissue].sum()))
    share = Fraction(float(values[home.tissue].sum())) / whole
    if share < MOST:
        message = (
            f"{source}: the treated area holds {as_number(100 * share, (50,))} % of the liver's "
            "counts: most MAA lies elsewhere in the liver; look at the SPECT on the CT, and check "
            "which side is treated"
        )
        value = 100 * float(share)
        found.append(Finding("dose.elsewhere", Severity.WARNING, message, source, value, "%"))
    return tuple(found)


def _find_shifted(shift: Vector, source: str) -> tuple[Finding, ...]:
    """Find counts of the treated liver that lie a centimetre or more from its mask."""
    far = max(abs(mm) for mm in shift)
    if far < FAR_MM:
        return ()
    message = (
        f"{source}: the counts lie {far:.0f} mm from the treated liver's mask: not registered "
        "well, or another territory got the MAA"
    )
    return (Finding("dose.misregistered", Severity.WARNING, message, source, far, "mm"),)


def _find_cut(counts: SpectCounts, source: str, *, decides: bool) -> tuple[Finding, ...]:
    """Find lungs that it does not hold: beyond a twentieth, its shunt must not count."""
    if counts.shunt is None or not counts.lungs_lost:
        return ()
    percent = 100 * counts.lungs_lost
    message = (
        f"{source}: {as_number(percent)} % of the lungs lie beyond the SPECT: the shunt is larger "
        "than it tells"
    )
    much = decides and counts.lungs_lost > MOST_LOST
    severity = Severity.ERROR if much else Severity.WARNING
    return (Finding("dose.lungs_beyond", severity, message, source, percent, "%"),)


LUNG_DOSE_KEY = "lung_dose"
GY = {"Gy": Fraction(1), "mGy": 1 / MGY_IN_GY}
SHUNTS_APART_PERCENT = 25  # between two shunts or ratios [project's choice]
DECIDES_NOTHING = ("one_compartment", "shunt_of_tumour_alone", "density")


@dataclass(frozen=True, slots=True)
class TreatedVolumes:
    """Tumour and other liver inside the treated territory, and tumour outside it, in mL."""

    tumour_ml: Fraction
    normal_ml: Fraction
    outside_ml: Fraction


@dataclass(frozen=True, slots=True)
class TreatmentDose:
    """What a radioembolisation would give, and what it rests on.

    - `given`: what was said.
    - `volumes`, `model`: None without a treated territory that holds tumour.
    - `shunts` (mapping of "given", "planar", "spect_ct" to Known): each lung shunt that is there;
      the model holds the one that counts.
    - `spect`: counts of the SPECT.
    - `findings`: all doubts.
    - `withdrawn`: whether an error elsewhere forbids to use it: of the masks, or of a file.
    """

    given: DoseGiven
    volumes: TreatedVolumes | None
    model: DoseModel | None
    shunts: Mapping[str, Known]
    spect: SpectCounts | None
    findings: tuple[Finding, ...]
    withdrawn: bool = False

    @property
    def usable(self) -> bool:
        """Whether nothing says that the numbers must not be used."""
        own = any(one.severity is Severity.ERROR for one in self.findings)
        return not (own or self.withdrawn)

    @property
    def lung_dose_gy(self) -> Fraction | None:
        """Lung dose when the tumour gets 150 Gy; None where it cannot be told or used."""
        return None if self.model is None or not self.usable else self.model.lung_dose_gy()

    def largest_shunt(self, limit_gy: Fraction) -> Fraction | None:
        """Largest lung shunt that keeps a limit when the tumour gets 150 Gy; None as above."""
        return None if self.model is None or not self.usable else self.model.largest_shunt(limit_gy)


def measure_dose(given: DoseGiven, anatomy: Anatomy, *, covered: bool = True) -> TreatmentDose:
    """Measure masses, shunt and ratio, and put them together.

    Where the tumour is not `covered`, that was told of the treated area.

    Raises `InputRefused`: where a study has no counts in a region, or masks do not lie on its
    counts.
    """
    territory, doubts = find_territory(anatomy)
    findings = [*doubts, *(find_planar_doubts(given.planar) if given.planar is not None else ())]
    spect = None
    if given.spect is not None and territory is not None:
        decides = given.chosen == "spect_ct"
        spect, of_spect = count_maa(given.spect, territory, decides=decides)
        findings += of_spect
    shunts = _find_shunts(given, spect)
    shunt = shunts.get(given.chosen) if given.chosen else None
    ratio, of_ratio = _find_ratio(given, spect)
    findings += [*_of_shunt(given, shunt), *of_ratio]
    if territory is None:
        return TreatmentDose(given, None, None, shunts, spect, tuple(findings))
    volumes = _find_volumes(territory, anatomy)
    model = DoseModel(
        _weigh(volumes, given), given.density_g_per_ml, shunt, ratio, given.ct_lung_kg
    )
    findings += _find_outside(volumes.outside_ml) if covered else []
    findings += _missing(shunt, model.over_lung)
    return TreatmentDose(given, volumes, model, shunts, spect, tuple(findings))


def find_dose_nearness(dose: TreatmentDose, limits: Collection[Fraction]) -> tuple[Finding, ...]:
    """Find limits that other counts, another lung mass or another ratio would cross."""
    model, value = dose.model, dose.lung_dose_gy
    if model is None or value is None:
        return ()
    varied = [one.lung_dose_gy for one in model.vary() if one.name not in DECIDES_NOTHING]
    ends = [float(one) for one in (value, *varied)] + [*(model.interval_gy() or ())]
    low, high = min(ends), max(ends)
    crossed = [one for one in sorted(set(limits)) if low <= one <= high]
    if not crossed:
        return ()
    every = [LUNG_SESSION_GY, *limits]
    shown = [as_number(one, every) for one in (value, low, high)]
    told = ", ".join(map(as_plain, crossed))
    message = (
        f"lung dose is {shown[0]} Gy when the tumour gets {TRIAL_DOSE_GY} Gy; by counts, lung mass "
        f"and ratio otherwise by a fifth {shown[1]} to {shown[2]} Gy, which holds {told} Gy"
    )
    return (Finding("dose.near_limit", Severity.WARNING, message, None, float(value), "Gy"),)


def find_dose_apart(
    dose: TreatmentDose, stated: Stated, limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find a typed lung dose that the computed one contradicts; what was typed decides.

    As of function and of the largest lesion: it may be of the site's own planning system.
    """
    typed, computed = stated.values.get(LUNG_DOSE_KEY), dose.lung_dose_gy
    if not isinstance(typed, Amount) or computed is None or typed.unit not in GY:
        return ()
    typed_gy, every = typed.value * GY[typed.unit], [LUNG_SESSION_GY, *limits]
    across = any((typed_gy > limit) is not (computed > limit) for limit in every[1:])
    if not across and 100 * abs(typed_gy - computed) <= DISAGREEING_PERCENT * computed:
        return ()
    sides = ": on different sides of a trial's limit" if across else ""
    message = (
        f"lung dose: {as_number(typed_gy, every)} Gy typed, {as_number(computed, every)} Gy "
        f"computed when the tumour gets {TRIAL_DOSE_GY} Gy{sides}; the typed one decides"
    )
    apart, file = float(typed_gy - computed), stated.files.get(LUNG_DOSE_KEY)
    return (Finding("evidence.lung_dose_apart", Severity.WARNING, message, file, apart, "Gy"),)


def find_shunts_apart(dose: TreatmentDose, limits: Iterable[Fraction]) -> tuple[Finding, ...]:
    """Find another lung shunt that gives a different answer from the one that counts."""
    model, chosen = dose.model, dose.given.chosen
    if model is None or model.shunt is None:
        return ()
    ours, found = model.shunt.value, []
    bounds = (model.largest_shunt(limit) for limit in sorted(set(limits)))
    largest = [bound for bound in bounds if bound is not None]
    for name, other in dose.shunts.items():
        across = any((other.value > limit) is not (ours > limit) for limit in largest)
        apart = 100 * abs(other.value - ours) > SHUNTS_APART_PERCENT * ours
        if name != chosen and (across or apart):
            sides = [RESIN_LABEL, *(one for one in largest if one not in (ours, other.value))]
            shown = [as_number(one, sides, 3) for one in (ours, other.value)]
            message = (
                f"the lung shunt is {shown[0]} ({chosen}), which counts, and {shown[1]} ({name})"
            )
            message += ": on different sides of a trial's limit on the lung dose" if across else ""
            value = float(other.value - ours)
            found.append(Finding("dose.shunts_apart", Severity.WARNING, message, None, value, "1"))
    return tuple(found)


def find_territory(anatomy: Anatomy) -> tuple[PerfusedTerritory | None, tuple[Finding, ...]]:
    """Find what is treated; None where nothing says so, or no tumour lies in it."""
    if anatomy.treated is None:
        message = "nothing says what is treated: no dose can be told"
        return None, (Finding("dose.no_territory", Severity.WARNING, message),)
    organ = anatomy.organ
    treated = anatomy.treated & organ
    if anatomy.tumour is None or not (anatomy.tumour & treated).voxel_count:
        message = "no tumour lies in the treated area: no dose to it can be told"
        return None, (Finding("dose.no_tumour", Severity.WARNING, message),)
    tumour = treated & anatomy.tumour
    return PerfusedTerritory(tumour, treated - anatomy.tumour, organ), ()


def _find_volumes(territory: PerfusedTerritory, anatomy: Anatomy) -> TreatedVolumes:
    tumour_ml = territory.tumour.exact_ml
    whole_ml = anatomy.organ.exact_ml - anatomy.nontumorous.exact_ml
    return TreatedVolumes(tumour_ml, territory.normal.exact_ml, whole_ml - tumour_ml)


def _weigh(volumes: TreatedVolumes, given: DoseGiven) -> Masses:
    density, normal_ml = given.density_g_per_ml, volumes.normal_ml
    lung_kg = DEFAULT_LUNG_KG if given.lung_mass_kg is None else given.lung_mass_kg
    if given.lung_by_ct and given.ct_lung_kg is not None:
        lung_kg = given.ct_lung_kg
    return Masses(
        find_mass_kg(volumes.tumour_ml, density),
        find_mass_kg(normal_ml, density) if normal_ml else Fraction(0),
        lung_kg,
    )


def _find_shunts(given: DoseGiven, spect: SpectCounts | None) -> dict[str, Known]:
    found: dict[str, Known] = {}
    if given.lung_shunt is not None:
        found["given"] = Known(given.lung_shunt, "given")
    if given.planar is not None:
        found["planar"] = _as_known(given.planar.shunt, "planar")
    if spect is not None and spect.shunt is not None:
        found["spect_ct"] = _as_known(spect.shunt, "spect_ct")
    return found


def _as_known(shunt: CountedShunt, origin: Origin) -> Known:
    return Known(shunt.fraction, origin, shunt.relative_variance, shunt.interval)


def _find_ratio(given: DoseGiven, spect: SpectCounts | None) -> tuple[Known | None, list[Finding]]:
    """Choose the ratio: a typed one goes before the SPECT's, which is told beside it."""
    counted = None if spect is None else spect.ratio
    typed, found = given.tumour_to_normal, []
    ratio = None if typed is None else Known(typed, "given")
    if counted is not None:
        by_spect = Known(counted.ratio, "spect_ct", counted.relative_variance, counted.interval)
        ratio = ratio or by_spect
        apart = ratio.value - by_spect.value
        if 100 * abs(apart) > SHUNTS_APART_PERCENT * by_spect.value:
            shown = [as_number(one.value, (), 2) for one in (ratio, by_spect)]
            message = f"tumour to normal liver is {shown[0]} as typed, which counts, and "
            message += f"{shown[1]} on the SPECT"
            found.append(
                Finding("dose.ratios_apart", Severity.WARNING, message, None, float(apart), "1")
            )
    if ratio is not None and ratio.value < 1:
        value = float(ratio.value)
        message = (
            f"the tumour takes up less than the treated liver (ratio {as_number(value, (), 2)}): "
            "look at the MAA study before you trust a dose"
        )
        found.append(Finding("dose.ratio_below_one", Severity.WARNING, message, None, value, "1"))
    return ratio, found


def _of_shunt(given: DoseGiven, shunt: Known | None) -> list[Finding]:
    if shunt is None:
        return []
    found = find_shunt_doubts(shunt.value)
    if shunt.origin == "given" and given.shunt_method is None:
        message = (
            "nothing says how the lung shunt was measured: planar ones are larger than those of "
            "SPECT/CT"
        )
        found.append(Finding("dose.method_unknown", Severity.INFO, message))
    return found


def _find_outside(outside_ml: Fraction) -> list[Finding]:
    if not outside_ml:
        return []
    value = float(outside_ml)
    message = f"{as_ml(outside_ml)} of tumour lie outside the treated area and get no dose"
    return [Finding("dose.tumour_outside", Severity.WARNING, message, None, value, "mL")]


def _missing(shunt: Known | None, over_lung: Fraction | None) -> list[Finding]:
    lacking = [
        name for name, there in (("the lung shunt", shunt), ("the ratio", over_lung)) if not there
    ]
    if not lacking:
        return []
    message = f"{' and '.join(lacking)} is not known: the lung dose stays unknown"
    return [Finding("dose.incomplete", Severity.INFO, message)]
