"""Dose of a planned radioembolisation: masses, lung shunt, ratio, and findings.

Tumour and non-tumorous liver within the treated territory count; tumour outside is reported.
Without a ratio, the answer to the trial's rule is unknown, and an upper bound is given
[clinical.md 7].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.constants import DISAGREEING_PERCENT
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_ends, as_ml, as_number, as_plain
from fl_planner.basis.units import MGY_IN_GY
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.maa_counts import PerfusedTerritory, SpectCounts, count_maa
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.space.mask import unite
from fl_planner.trials.statements import Amount, Stated
from fl_planner.y90.constants_and_limits import LUNG_SESSION_GY, RESIN_LABEL, TRIAL_DOSE_GY
from fl_planner.y90.counts import CountedShunt
from fl_planner.y90.dose import DoseModel, Known
from fl_planner.y90.lungs import find_planar_doubts
from fl_planner.y90.partition import (
    DEFAULT_LUNG_KG,
    Masses,
    Origin,
    compute_mass_kg,
    find_ratio_doubts,
    find_shunt_doubts,
    find_unusual_tumour_dose,
)

LUNG_DOSE_KEY = "lung_dose"
GY = {"Gy": Fraction(1), "mGy": 1 / MGY_IN_GY}
SHUNTS_APART_PERCENT = 25  # between two shunts or ratios [project's choice]
METHOD_WORDS: Mapping[Origin, str] = {
    "given": "as entered", "planar": "planar study", "spect_ct": "SPECT/CT",
}  # fmt: skip
# beginnings of names of excluded structures that take up hardly any microspheres
WITHOUT_FLOW = ("cyst", "cavity", "ablation", "devasculari")
# of the treated volume; activity and lung dose change by no more [project's choice]
MOST_WITHOUT_FLOW = Fraction(1, 20)
DECIDES_NOTHING = ("one_compartment", "shunt_of_tumour_alone", "density")


class TreatedVolumes(Struct, frozen=True):
    """Tumour and non-tumorous liver in the treated territory, and tumour outside it, in mL."""

    tumour_ml: Fraction
    normal_ml: Fraction
    outside_ml: Fraction


@dataclass(frozen=True, slots=True)
class TreatmentDose:
    """Dose of a planned radioembolisation, with its inputs.

    - `volumes`, `model`: None without a treated territory that contains tumour.
    - `shunts` (mapping of "given", "planar", "spect_ct" to Known): each known lung shunt; the model
      uses the chosen one.
    - `withdrawn`: whether an error of a mask or file excludes use of the dose.
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
        """Whether no error excludes use of the dose."""
        own = any(found.severity is Severity.ERROR for found in self.findings)
        return not (own or self.withdrawn)

    @property
    def lung_dose_gy(self) -> Fraction | None:
        """Lung dose at a tumour dose of 150 Gy; None if unknown or unusable."""
        return None if self.model is None or not self.usable else self.model.lung_dose_gy()

    def largest_shunt(self, limit_gy: Fraction) -> Fraction | None:
        """Largest lung shunt within a limit at 150 Gy to tumour; None if unknown or unusable."""
        return None if self.model is None or not self.usable else self.model.largest_shunt(limit_gy)


def measure_dose(given: DoseGiven, anatomy: Anatomy, *, covered: bool = True) -> TreatmentDose:
    """Measure masses, lung shunt and ratio, and compute the dose.

    - `covered`: whether the treated area covers the tumour; if not, this has already been reported.

    Raises `InputRefused`: if a study has no counts in a region, or masks do not match its
    counts.
    """
    territory, doubts = define_territory(anatomy)
    findings = [*doubts, *(find_planar_doubts(given.planar) if given.planar is not None else ())]
    spect = None
    if given.spect is not None and territory is not None:
        decides, ratio_decides = given.chosen == "spect_ct", given.tumour_to_normal is None
        spect, of_spect = count_maa(
            given.spect, territory, decides=decides, ratio_decides=ratio_decides
        )
        findings += of_spect
    shunts = _collect_shunts(given, spect)
    shunt = shunts.get(given.chosen) if given.chosen else None
    ratio, of_ratio = _choose_ratio(given, spect)
    findings += [*_of_shunt(given, shunt), *of_ratio]
    findings += find_unusual_tumour_dose(given.tumour_dose_gy)
    if territory is None:
        return TreatmentDose(given, None, None, shunts, spect, tuple(findings))
    tumour_ml, normal_ml = territory.tumour.exact_ml, territory.normal.exact_ml
    outside_ml = anatomy.organ.exact_ml - anatomy.nontumorous.exact_ml - tumour_ml
    volumes = TreatedVolumes(tumour_ml, normal_ml, outside_ml)
    model = DoseModel(
        _weigh(volumes, given), given.density_g_per_ml, shunt, ratio, given.ct_lung_kg
    )
    findings += _find_outside(outside_ml) if covered else []
    if given.tumour_to_normal is not None:
        findings += _find_without_flow(territory, anatomy)
    findings += _missing(shunt, model.over_lung)
    return TreatmentDose(given, volumes, model, shunts, spect, tuple(findings))


def find_dose_nearness(dose: TreatmentDose, limits: Collection[Fraction]) -> tuple[Finding, ...]:
    """Find limits within the range of lung mass, ratio, and counts of a planar shunt.

    A ratio measured on a SPECT also varies with the position of the masks: a displacement of 1 cm
    may remain undetected. The lung shunt is that of the masks as drawn.
    """
    model, value = dose.model, dose.lung_dose_gy
    if model is None or value is None:
        return ()
    varied = [v.lung_dose_gy for v in model.vary() if v.name not in DECIDES_NOTHING]
    if model.ratio is not None and model.ratio.origin == "spect_ct" and dose.spect is not None:
        varied += model.lung_doses_of_ratios_gy(dose.spect.list_near_ratios())
    ends = [float(gy) for gy in (value, *varied)] + [*(model.interval_gy() or ())]
    low, high = min(ends), max(ends)
    if not (crossed := [limit for limit in sorted(set(limits)) if low <= limit <= high]):
        return ()
    every = [LUNG_SESSION_GY, *limits]
    least, most = as_ends((low, high), every)
    message = (
        f"lung dose is {as_number(value, every)} Gy at a tumour dose of {TRIAL_DOSE_GY} Gy. With "
        "a 20 % change in lung mass or tumour-to-normal ratio, that ratio with masks 1 cm higher "
        "or lower on the SPECT, the default or CT lung mass, or the counting error of a planar "
        "shunt, it ranges "
        f"from {least} to {most} Gy, which includes {join_words(map(as_plain, crossed))} Gy"
    )
    return (Finding("dose.near_limit", Severity.WARNING, message, None, float(value), "Gy"),)


def find_dose_apart(
    dose: TreatmentDose, stated: Stated, limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find an entered lung dose that the computed one contradicts; the entered value is used.

    The entered value may be from the site's own planning system.
    """
    entered, computed = stated.values.get(LUNG_DOSE_KEY), dose.lung_dose_gy
    if not isinstance(entered, Amount) or computed is None or entered.unit not in GY:
        return ()
    entered_gy, every = entered.value * GY[entered.unit], [LUNG_SESSION_GY, *limits]
    across = any((entered_gy > limit) is not (computed > limit) for limit in every[1:])
    if not across and 100 * abs(entered_gy - computed) <= DISAGREEING_PERCENT * computed:
        return ()
    sides = ", on different sides of a trial's limit" if across else ""
    message = (
        f"lung dose: {as_number(entered_gy, every)} Gy entered, {as_number(computed, every)} Gy "
        f"computed at a tumour dose of {TRIAL_DOSE_GY} Gy{sides}; the entered value is used"
    )
    apart, file = float(entered_gy - computed), stated.files.get(LUNG_DOSE_KEY)
    return (Finding("evidence.lung_dose_apart", Severity.WARNING, message, file, apart, "Gy"),)


def find_shunts_apart(dose: TreatmentDose, limits: Iterable[Fraction]) -> tuple[Finding, ...]:
    """Find a lung shunt that differs from the one used, or gives another answer."""
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
            sides = [RESIN_LABEL, *(x for x in largest if x not in (ours, other.value))]
            shown = [as_number(shunt, sides, 3) for shunt in (ours, other.value)]
            message = (
                f"lung shunt {shown[0]} ({METHOD_WORDS[model.shunt.origin]}) is used; "
                f"{shown[1]} ({METHOD_WORDS[other.origin]}) was also given"
            )
            message += ", on the other side of a trial's lung dose limit" if across else ""
            value = float(other.value - ours)
            found.append(Finding("dose.shunts_apart", Severity.WARNING, message, None, value, "1"))
    return tuple(found)


def find_planar_above(
    dose: TreatmentDose, stated: Stated, limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find a lung dose above a limit by a planar shunt alone [clinical.md 7.3].

    Planar shunts tend to be overestimated (PMC9793490; AJR 2022;218:728). Nothing is found if a
    lung dose, which is then used, or a shunt from SPECT/CT was given.
    """
    value, given = dose.lung_dose_gy, dose.given
    methods = {given.shunt_method if name == "given" else name for name in dose.shunts}
    above = [limit for limit in sorted(set(limits)) if value is not None and value > limit]
    if methods != {"planar"} or not above or LUNG_DOSE_KEY in stated.values:
        return ()
    message = (
        f"lung dose: above {join_words(map(as_plain, above))} Gy at a tumour dose of "
        f"{TRIAL_DOSE_GY} Gy by a planar lung shunt; planar imaging tends to overestimate the "
        "shunt, due to attenuation and scatter"
    )
    return (Finding("dose.planar_above", Severity.INFO, message),)


def define_territory(anatomy: Anatomy) -> tuple[PerfusedTerritory | None, tuple[Finding, ...]]:
    """Define the treated territory; None if it is not given or contains no tumour."""
    if anatomy.treated is None:
        message = "no treated area is given: the dose cannot be calculated"
        return None, (Finding("dose.no_territory", Severity.WARNING, message),)
    organ = anatomy.organ
    treated = anatomy.treated & organ
    if anatomy.tumour is None or not (anatomy.tumour & treated).voxel_count:
        message = "there is no tumour in the treated area: the tumour dose cannot be calculated"
        return None, (Finding("dose.no_tumour", Severity.WARNING, message),)
    return PerfusedTerritory(treated & anatomy.tumour, treated - anatomy.tumour, organ), ()


def _weigh(volumes: TreatedVolumes, given: DoseGiven) -> Masses:
    density, normal_ml = given.density_g_per_ml, volumes.normal_ml
    lung_kg = DEFAULT_LUNG_KG if given.lung_mass_kg is None else given.lung_mass_kg
    if given.lung_by_ct and given.ct_lung_kg is not None:
        lung_kg = given.ct_lung_kg
    return Masses(
        compute_mass_kg(volumes.tumour_ml, density),
        compute_mass_kg(normal_ml, density) if normal_ml else Fraction(0),
        lung_kg,
    )


def _collect_shunts(given: DoseGiven, spect: SpectCounts | None) -> dict[str, Known]:
    found: dict[str, Known] = {}
    if given.lung_shunt is not None:
        found["given"] = Known(given.lung_shunt, "given")
    if given.planar is not None:
        found["planar"] = _as_known(given.planar.shunt, "planar")
    if spect is not None and spect.shunt is not None:
        found["spect_ct"] = _as_known(spect.shunt, "spect_ct")
    return found


def _as_known(shunt: CountedShunt, origin: Origin) -> Known:
    return Known(shunt.fraction, origin, shunt.interval)


def _choose_ratio(
    given: DoseGiven, spect: SpectCounts | None
) -> tuple[Known | None, list[Finding]]:
    """Choose the ratio: an entered one before that of the SPECT, with findings on both."""
    counted = None if spect is None else spect.ratio
    entered, found = given.tumour_to_normal, []
    ratio = None if entered is None else Known(entered, "given")
    if counted is not None:
        by_spect = Known(counted.ratio, "spect_ct")
        ratio = ratio or by_spect
        apart = ratio.value - by_spect.value
        if 100 * abs(apart) > SHUNTS_APART_PERCENT * by_spect.value:
            shown = [as_number(known.value, (), 2) for known in (ratio, by_spect)]
            message = f"tumour-to-normal ratio {shown[0]} (as entered) is used; that "
            message += f"measured on the SPECT is {shown[1]}"
            found.append(
                Finding("dose.ratios_apart", Severity.WARNING, message, None, float(apart), "1")
            )
    if ratio is not None:
        found += find_ratio_doubts(ratio.value)
    return ratio, found


def _of_shunt(given: DoseGiven, shunt: Known | None) -> list[Finding]:
    if shunt is None:
        return []
    found = find_shunt_doubts(shunt.value)
    if shunt.origin == "given" and given.shunt_method is None:
        message = (
            "the method used to measure the lung shunt is not stated; planar imaging gives "
            "higher values than SPECT/CT"
        )
        found.append(Finding("dose.method_unknown", Severity.INFO, message))
    return found


def _find_outside(outside_ml: Fraction) -> list[Finding]:
    if not outside_ml:
        return []
    value = float(outside_ml)
    message = f"{as_ml(outside_ml)} of tumour is outside the treated area and receives no dose"
    return [Finding("dose.tumour_outside", Severity.WARNING, message, None, value, "mL")]


def _find_without_flow(territory: PerfusedTerritory, anatomy: Anatomy) -> list[Finding]:
    """Find cysts, ablation zones and devascularised liver that are much of the treated volume.

    A ratio measured by the SPECT is that of the treated liver with them, so the dose is unaffected.
    """
    treated = territory.normal | territory.tumour
    parts = {
        mask.name.strip().replace("_", " "): part
        for mask in anatomy.excluded
        if mask.name.strip().casefold().startswith(WITHOUT_FLOW)
        and (part := mask & treated).voxel_count
    }
    if not parts:
        return []
    found = unite(parts.values())
    if Fraction(found.voxel_count, treated.voxel_count) <= MOST_WITHOUT_FLOW:
        return []
    message = (
        f"{as_ml(found.exact_ml)} of the treated area ({join_words(parts)}) takes up few "
        "microspheres but is counted as treated liver or tumour: with the entered "
        "tumour-to-normal ratio, activity and lung dose may be overestimated"
    )
    value = found.volume_ml
    return [Finding("dose.without_flow", Severity.WARNING, message, None, value, "mL")]


def _missing(shunt: Known | None, over_lung: Fraction | None) -> list[Finding]:
    lacking = [
        name
        for name, known in (("lung shunt", shunt), ("tumour-to-normal ratio", over_lung))
        if not known
    ]
    if not lacking:
        return []
    message = f"{' and '.join(lacking)} not known: the lung dose cannot be calculated"
    return [Finding("dose.incomplete", Severity.INFO, message)]
