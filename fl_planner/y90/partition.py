"""The partition model (Ho 1996), the shunt to the lungs, and the activity to order.

D_T = k·A·(1 - LSF)·TNR / (TNR·m_T + m_N), D_N = D_T/TNR, D_L = k·A·LSF/m_L, with A in the
patient in GBq and masses in kg; m_N is the treated non-tumorous liver only [clinical.md 7.1].

The lung dose is compared on exact decimals: masses 0.6 and 1.2 kg, ratio 4, shunt 0.1 and lungs of
1 kg give exactly 15 Gy, which one order of operations in doubles makes 15.000000000000002
[clinical.md 7.2, 7.3].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fl_planner.basis.constants import GY_KG_PER_GBQ, LIVER_G_PER_ML, TRIAL_DOSE_GY, Y90_HALF_LIFE_H
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.units import G_IN_KG, Plausible, at_least, between

Origin = Literal["given", "planar", "spect_ct"]  # typed, or of which study
LUNG_SHUNT = Plausible(between("0", "<1"), "", "a fraction is wanted, not percent")
COUNTS = Plausible(at_least("0"), "counts", "counts are not negative")
RESIN_LABEL = Fraction(1, 5)  # above it the label of resin spheres contraindicates (Sirtex)
DEFAULT_LUNG_KG = Fraction(1)  # doi 10.1186/s13550-014-0033-7 [clinical.md 7.4]


@dataclass(frozen=True, slots=True)
class ShuntCounts:
    """Counts of one 99mTc-MAA study, by one method, of one territory.

    tumour > 0, normal >= 0, lung >= 0.

    Examples
    --------
    >>> counts = ShuntCounts(Fraction(640_000), Fraction(280_000), Fraction(80_000))
    >>> counts.lung_shunt, counts.tumour_lung_shunt
    (Fraction(2, 25), Fraction(1, 9))
    """

    tumour: Fraction
    normal: Fraction
    lung: Fraction

    def __post_init__(self) -> None:
        """Refuse counts that no study has."""
        COUNTS.check(counts_tumour=self.tumour, counts_normal=self.normal, counts_lung=self.lung)
        if self.tumour == 0:
            remedy = "check the tumour's region"
            raise InputRefused("y90.no_counts", "counts_tumour", "0 counts", remedy)

    @property
    def lung_shunt(self) -> Fraction:
        """LSF = C_lung / (C_lung + C_liver), a fraction."""
        return self.lung / (self.lung + self.tumour + self.normal)

    @property
    def tumour_lung_shunt(self) -> Fraction:
        """Kao's TLSF = C_lung / (C_tumour + C_lung): all the shunt is the tumour's."""
        return self.lung / (self.tumour + self.lung)


@computes(
    f"{TRIAL_DOSE_GY} x (tumour kg + treated liver kg / ratio) / lungs kg x shunt / (1 - shunt)",
    "partition model, Ho 1996; {radioembolisation}",
    name=f"Lung dose at {TRIAL_DOSE_GY} Gy",
    key="dose.computed",
    method="by the partition model: masses, lung shunt and ratio of tumour to liver",
)
def find_lung_dose_gy(dose_gy: Fraction, over_lung: Fraction, lung_shunt: Fraction) -> Fraction:
    """Lung dose with a tumour dose, D_T·(m_T + m_N/TNR)/m_L·LSF/(1 - LSF), in Gy; k cancels.

    `over_lung` is (m_T + m_N/TNR)/m_L.

    Examples
    --------
    >>> find_lung_dose_gy(Fraction(150), Fraction("0.9"), Fraction("0.1"))
    Fraction(15, 1)
    """
    LUNG_SHUNT.check(lsf=lung_shunt)
    return dose_gy * over_lung * lung_shunt / (1 - lung_shunt)


def find_largest_shunt(limit_gy: Fraction, dose_gy: Fraction, over_lung: Fraction) -> Fraction:
    """Shunt at which a lung dose is met: x/(1 + x), x = limit/(D_T·over_lung).

    Examples
    --------
    >>> find_largest_shunt(Fraction(15), Fraction(150), Fraction("0.9"))
    Fraction(1, 10)
    """
    x = limit_gy / (dose_gy * over_lung)
    return x / (1 + x)


def find_shunt_doubts(lung_shunt: Fraction) -> list[Finding]:
    """Find a shunt above what the label of resin spheres allows; it is not a trial's limit."""
    if lung_shunt <= RESIN_LABEL:
        return []
    value = float(lung_shunt)
    told = as_number(lung_shunt, [RESIN_LABEL], 2)
    message = f"lsf: a lung shunt of {told} is above {as_plain(RESIN_LABEL)}, where the label of "
    message += "resin spheres contraindicates them"
    return [Finding("y90.shunt_above_label", Severity.WARNING, message, None, value, "1")]


_GRAMS = "grams or millilitres were perhaps meant"
TUMOUR_MASS = Plausible(between(">0", "10"), "kg", _GRAMS)
NORMAL_MASS = Plausible(between("0", "10"), "kg", _GRAMS)
LUNG_MASS = Plausible(between("0.2", "5"), "kg", _GRAMS)
RATIO = Plausible(between(">0", "100"), "", "it is a ratio of activity concentrations")
ACTIVITY = Plausible(between(">0", "20"), "GBq", "MBq or mCi were perhaps meant")
TUMOUR_DOSE = Plausible(between(">0", "2000"), "Gy", "cGy were perhaps meant")
VOLUME = Plausible(between(">0", "10000"), "mL", "mm3 were perhaps meant")
SMALL_ML = 3  # of a mass: litres were perhaps meant [project's choice]
DENSITY = Plausible(between("0.1", "2"), "g/mL", "g/L were perhaps meant")
# liver and tumour have 1.03 to 1.06, cirrhotic ones 1.1 [clinical.md 7.4]; else project's choice
LIVER_DENSITY = Plausible(between("0.9", "1.2"), "g/mL", "liver and tumour have 1.03 to 1.1")


@dataclass(frozen=True, slots=True)
class Masses:
    """Masses in kg: tumour > 0, treated non-tumorous liver >= 0, lungs."""

    tumour_kg: Fraction
    normal_kg: Fraction
    lung_kg: Fraction = DEFAULT_LUNG_KG

    def __post_init__(self) -> None:
        """Refuse masses in another unit."""
        TUMOUR_MASS.check(m_tumour_kg=self.tumour_kg)
        NORMAL_MASS.check(m_normal_treated_kg=self.normal_kg)
        LUNG_MASS.check(m_lung_kg=self.lung_kg)


@dataclass(frozen=True, slots=True)
class Partition:
    """Masses, and the ratio of concentrations tumour to normal (TNR), in the treated volume.

    Examples
    --------
    >>> one = Partition(Masses(Fraction("0.6"), Fraction("1.2")), Fraction(4))
    >>> one.over_lung
    Fraction(9, 10)
    """

    masses: Masses
    tnr: Fraction

    def __post_init__(self) -> None:
        """Refuse what is no ratio."""
        RATIO.check(tnr=self.tnr)

    @property
    def over_lung(self) -> Fraction:
        """(m_T + m_N/TNR)/m_L, by which a tumour dose becomes a lung dose."""
        masses = self.masses
        return (masses.tumour_kg + masses.normal_kg / self.tnr) / masses.lung_kg

    def activity_gbq(self, dose_gy: Fraction, lung_shunt: Fraction) -> Fraction:
        """Activity for a wanted tumour dose, D_T·(m_T + m_N/TNR)/(k·(1 - LSF))."""
        TUMOUR_DOSE.check(dose_tumour_gy=dose_gy)
        LUNG_SHUNT.check(lsf=lung_shunt)
        weighed = self.over_lung * self.masses.lung_kg
        return dose_gy * weighed / (GY_KG_PER_GBQ * (1 - lung_shunt))

    def tumour_dose_gy(self, activity_gbq: Fraction, lung_shunt: Fraction) -> Fraction:
        """Tumour dose of an activity in the patient.

        Examples
        --------
        >>> one = Partition(Masses(Fraction(1), Fraction(0)), Fraction(4))
        >>> float(one.tumour_dose_gy(Fraction(1), Fraction(0)))
        49.67
        """
        ACTIVITY.check(activity_gbq=activity_gbq)
        LUNG_SHUNT.check(lsf=lung_shunt)
        weighed = self.over_lung * self.masses.lung_kg
        return GY_KG_PER_GBQ * activity_gbq * (1 - lung_shunt) / weighed


def find_lung_dose_of_activity_gy(
    activity_gbq: Fraction, lung_shunt: Fraction, lung_kg: Fraction
) -> Fraction:
    """Lung dose of an activity in the patient, k·A·LSF/m_L in Gy; it needs no ratio.

    Examples
    --------
    >>> float(find_lung_dose_of_activity_gy(Fraction("2.4"), Fraction("0.06"), Fraction(1)))
    7.15248
    """
    ACTIVITY.check(activity_gbq=activity_gbq)
    LUNG_SHUNT.check(lsf=lung_shunt)
    LUNG_MASS.check(m_lung_kg=lung_kg)
    return GY_KG_PER_GBQ * activity_gbq * lung_shunt / lung_kg


@dataclass(frozen=True, slots=True)
class CountedPartition:
    """A partition whose ratio and shunt come from one set of counts."""

    counts: ShuntCounts
    masses: Masses

    def __post_init__(self) -> None:
        """Refuse counts of a treated liver that has no mass."""
        if self.counts.normal > 0 and self.masses.normal_kg == 0:
            reason = f"{float(self.counts.normal):g} counts in 0 kg of m_normal_treated_kg"
            remedy = "give the mass of the treated non-tumorous liver"
            raise InputRefused("y90.no_mass", "counts_normal", reason, remedy)

    @property
    def tnr(self) -> Fraction | None:
        """Counts per kg of tumour over those of normal liver; None where that one has none."""
        if self.counts.normal == 0:
            return None
        tumour = self.counts.tumour / self.masses.tumour_kg
        return tumour / (self.counts.normal / self.masses.normal_kg)

    def lung_dose_gy(self, dose_gy: Fraction) -> Fraction:
        """Lung dose by the partition model, with LSF and TNR of the counts."""
        normal_by_ratio = self.counts.normal * self.masses.tumour_kg / self.counts.tumour
        over_lung = (self.masses.tumour_kg + normal_by_ratio) / self.masses.lung_kg
        return find_lung_dose_gy(dose_gy, over_lung, self.counts.lung_shunt)

    def lung_dose_by_tumour_shunt_gy(self, dose_gy: Fraction) -> Fraction:
        """Lung dose by Kao's convention, D_T·(m_T/m_L)·TLSF/(1 - TLSF): the same number.

        A difference in practice shows inputs that do not belong together [clinical.md 7.3].
        """
        over_lung = self.masses.tumour_kg / self.masses.lung_kg
        return find_lung_dose_gy(dose_gy, over_lung, self.counts.tumour_lung_shunt)


def find_small_volume(volume_ml: Fraction) -> list[Finding]:
    """Find a volume so small that it was perhaps typed in litres."""
    if volume_ml >= SMALL_ML:
        return []
    value = float(volume_ml)
    message = f"volume_ml: {value:g} mL is very small: litres were perhaps meant"
    return [Finding("y90.small_volume", Severity.WARNING, message, None, value, "mL")]


def find_mass_kg(volume_ml: Fraction, density_g_per_ml: Fraction = LIVER_G_PER_ML) -> Fraction:
    """Mass of a volume in kg.

    Examples
    --------
    >>> float(find_mass_kg(Fraction(720)))
    0.7416
    """
    VOLUME.check(volume_ml=volume_ml)
    DENSITY.check(density_g_per_ml=density_g_per_ml)
    return volume_ml * density_g_per_ml / G_IN_KG


RESIDUAL = Plausible(between("0", "<0.5"), "", "a fraction is wanted, not percent")
DELAY_H = Plausible(between("-336", "336"), "h", "the two moments lie more than two weeks apart")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What lies between an order and the patient.

    - `residual_fraction`: part of the activity that stays in vial and lines; 0 <= it < 0.5. None:
      not said.
    - `delay_h`: hours from calibration to administration, negative where it is given before. None:
      not said.

    Examples
    --------
    >>> one = Delivery(Fraction("0.02"), Y90_HALF_LIFE_H)
    >>> float(one.prepared_gbq(Fraction("0.98"))), one.calibrated_gbq(Fraction("0.98"))
    (1.0, 2.0)
    """

    residual_fraction: Fraction | None = None
    delay_h: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse percent, and moments that are weeks apart."""
        RESIDUAL.check(residual_fraction=self.residual_fraction)
        DELAY_H.check(hours_from_calibration_to_administration=self.delay_h)

    def prepared_gbq(self, in_patient_gbq: Fraction) -> Fraction | None:
        """Activity to have at administration, A/(1 - residual); None where none was said."""
        if self.residual_fraction is None:
            return None
        return in_patient_gbq / (1 - self.residual_fraction)

    def calibrated_gbq(self, in_patient_gbq: Fraction) -> float | None:
        """Activity to order at calibration, times 2^(hours/half-life); None if one is unsaid."""
        prepared = self.prepared_gbq(in_patient_gbq)
        if prepared is None or self.delay_h is None:
            return None
        return float(prepared) * find_y90_decay(self.delay_h)


@computes(f"2^(hours/{as_plain(Y90_HALF_LIFE_H)})", "half-life of 90Y")
def find_y90_decay(hours: Fraction) -> float:
    """Factor by which an activity was larger so many hours before, {formula} ({source}).

    Examples
    --------
    >>> find_y90_decay(2 * Y90_HALF_LIFE_H)
    4.0
    """
    return float(2 ** float(hours / Y90_HALF_LIFE_H))
