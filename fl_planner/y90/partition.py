"""Partition model (Ho 1996), lung shunt, lung dose with its limits, and activity to order.

D_T = k·A·(1 - LSF)·TNR / (TNR·m_T + m_N), D_N = D_T/TNR, D_L = k·A·LSF/m_L, with A in the
patient in GBq and masses in kg; m_N is treated non-tumorous liver only [clinical.md 7.1].

The lung dose is compared with exact decimals: masses of 0.6 and 1.2 kg, ratio 4, shunt 0.1 and
lungs of 1 kg give exactly 15 Gy, but floating-point arithmetic may give 15.000000000000002
[clinical.md 7.2, 7.3].
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.units import G_IN_KG, Plausible, at_least, between
from fl_planner.y90.constants_and_limits import (
    GY_KG_PER_GBQ,
    LIVER_G_PER_ML,
    LUNG_SESSION_GY,
    RESIN_LABEL,
    TRIAL_DOSE_GY,
    Y90_HALF_LIFE_H,
)

HIGH_RATIO = Fraction(20)  # the mean of 99mTc-MAA in tumours is about 3 to 6 [project's choice]
# SPECT/CT gives some tenths of a percent at least [project's choice]
SMALL_SHUNT = Fraction(1, 1000)
# 100 to 120 Gy with resin, 205 Gy and above 400 Gy with glass microspheres (EANM 2022), more in
# small territories [project's choice]
USUAL_TUMOUR_DOSE = between("20", "1500")
LUNG_SHUNT = Plausible(between("0", "<1"), "", "a fraction is required, not a percentage")


@computes(
    f"{TRIAL_DOSE_GY} x (tumour kg + treated liver kg / ratio) / lungs kg x shunt / (1 - shunt)",
    "partition model, Ho 1996; {radioembolisation}",
    name=f"Lung dose at a tumour dose of {TRIAL_DOSE_GY} Gy",
    key="dose.computed",
    method="by the partition model: masses, lung shunt and tumour-to-normal ratio",
)
def compute_lung_dose_gy(dose_gy: Fraction, over_lung: Fraction, lung_shunt: Fraction) -> Fraction:
    """Compute the lung dose at a tumour dose, D_T·(m_T + m_N/TNR)/m_L·LSF/(1 - LSF), in Gy.

    `over_lung` is (m_T + m_N/TNR)/m_L.

    Examples
    --------
    >>> compute_lung_dose_gy(Fraction(150), Fraction("0.9"), Fraction("0.1"))
    Fraction(15, 1)
    """
    LUNG_SHUNT.check(lsf=lung_shunt)
    return dose_gy * over_lung * lung_shunt / (1 - lung_shunt)


def compute_largest_shunt(limit_gy: Fraction, dose_gy: Fraction, over_lung: Fraction) -> Fraction:
    """Compute the shunt that gives a lung dose: x/(1 + x), x = limit/(D_T·over_lung).

    Examples
    --------
    >>> compute_largest_shunt(Fraction(15), Fraction(150), Fraction("0.9"))
    Fraction(1, 10)
    """
    x = limit_gy / (dose_gy * over_lung)
    return x / (1 + x)


def find_shunt_doubts(lung_shunt: Fraction) -> list[Finding]:
    """Find a shunt above the limit of the label of resin spheres, not a trial limit, or near 0.

    A shunt in percent that was divided by 100 twice is 0.0006 instead of 0.06.
    """
    if lung_shunt == 0:
        message = "lung shunt fraction 0: every study has some activity in the lungs; check "
        message += "whether and how the shunt was measured"
        return [Finding("y90.no_shunt", Severity.WARNING, message, None, 0.0, "1")]
    value = float(lung_shunt)
    if lung_shunt < SMALL_SHUNT:
        message = f"lung shunt fraction {value:g} is {value * 100:g} %, less than is usually "
        message += "measured: check how it was measured, and that an entered shunt is a fraction "
        message += "(0.06 for 6 %); the lung dose may be underestimated"
        return [Finding("y90.shunt_small", Severity.WARNING, message, None, value, "1")]
    if lung_shunt <= RESIN_LABEL:
        return []
    shown = as_number(lung_shunt, [RESIN_LABEL], 2)
    message = f"lung shunt fraction {shown} is above {as_plain(RESIN_LABEL)}, which is a "
    message += "contraindication according to the labelling of resin microspheres"
    return [Finding("y90.shunt_above_label", Severity.WARNING, message, None, value, "1")]


def find_unusual_tumour_dose(tumour_gy: Fraction | None) -> list[Finding]:
    """Find an intended tumour dose far from those of radioembolisation: 1.5 Gy, or 15 000 cGy."""
    if tumour_gy is None or USUAL_TUMOUR_DOSE.holds(tumour_gy):
        return []
    value = float(tumour_gy)
    message = f"intended tumour dose {value:g} Gy is outside the usual range, {USUAL_TUMOUR_DOSE} "
    message += "Gy: check the number and its unit"
    return [Finding("dose.tumour_dose_unusual", Severity.WARNING, message, None, value, "Gy")]


def find_ratio_doubts(ratio: Fraction) -> list[Finding]:
    """Find a tumour-to-normal ratio below 1, or one far above those usually measured.

    Below 1, the tumour receives less than the treated liver. A high ratio lowers the lung dose.
    """
    if ratio > HIGH_RATIO:
        message = (
            f"tumour-to-normal ratio {as_number(ratio, (HIGH_RATIO,), 2)} is above "
            f"{as_plain(HIGH_RATIO)}, far above usual values: check that it is a ratio of "
            "concentrations, and not of total activities or a percentage; the lung dose may be "
            "underestimated"
        )
        return [Finding("dose.ratio_high", Severity.WARNING, message, None, float(ratio), "1")]
    if ratio >= 1:
        return []
    message = (
        "MAA uptake in the tumour is lower than in the treated liver (ratio "
        f"{as_number(ratio, (1,), 2)}): check the MAA study before using a dose"
    )
    value = float(ratio)
    return [Finding("dose.ratio_below_one", Severity.WARNING, message, None, value, "1")]


def find_above_usual(
    lungs_gy: Fraction | None, when: str = "", limits: Iterable[Fraction] = ()
) -> list[Finding]:
    """Find a lung dose above the usual limit per treatment, which is not a trial limit.

    - `when`: the tumour dose for which it is calculated, as in the message.
    - `limits`: limits that its text is not rounded across.
    """
    if lungs_gy is None or lungs_gy <= LUNG_SESSION_GY:
        return []
    message = (
        f"lung dose {as_number(lungs_gy, [LUNG_SESSION_GY, *limits])} Gy{when} is above "
        f"{LUNG_SESSION_GY} Gy, the usual limit per treatment, which is not a trial limit"
    )
    value = float(lungs_gy)
    return [Finding("dose.above_usual_limit", Severity.WARNING, message, None, value, "Gy")]


Origin = Literal["given", "planar", "spect_ct"]  # entered, or type of study
COUNTS = Plausible(at_least("0"), "counts", "counts cannot be negative")
DEFAULT_LUNG_KG = Fraction(1)  # doi 10.1186/s13550-014-0033-7 [clinical.md 7.4]


class ShuntCounts(Struct, frozen=True):
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
        """Refuse invalid counts."""
        COUNTS.check(counts_tumour=self.tumour, counts_normal=self.normal, counts_lung=self.lung)
        if self.tumour == 0:
            reason, remedy = "there are no counts", "check the tumour region"
            raise InputRefused("y90.no_counts", "counts_tumour", reason, remedy)

    @property
    def lung_shunt(self) -> Fraction:
        """LSF = C_lung / (C_lung + C_liver), a fraction."""
        return self.lung / (self.lung + self.tumour + self.normal)

    @property
    def tumour_lung_shunt(self) -> Fraction:
        """Kao's TLSF = C_lung / (C_tumour + C_lung): the shunt is assigned to the tumour."""
        return self.lung / (self.tumour + self.lung)


_GRAMS = "possibly grams or millilitres"
TUMOUR_MASS = Plausible(between(">0", "10"), "kg", _GRAMS)
NORMAL_MASS = Plausible(between("0", "10"), "kg", _GRAMS)
LUNG_MASS = Plausible(between("0.2", "5"), "kg", _GRAMS)
RATIO = Plausible(between(">0", "100"), "", "a ratio of activity concentrations is required")
ACTIVITY = Plausible(between(">0", "20"), "GBq", "possibly MBq or mCi")
TUMOUR_DOSE = Plausible(between(">0", "2000"), "Gy", "possibly cGy")
VOLUME = Plausible(between(">0", "10000"), "mL", "possibly mm3")
SMALL_ML = 3  # a smaller volume suggests litres [project's choice]
DENSITY = Plausible(between("0.1", "2"), "g/mL", "possibly g/L")
# liver and tumour have 1.03 to 1.06, cirrhotic ones 1.1 [clinical.md 7.4]; else project's choice
LIVER_DENSITY = Plausible(
    between("0.9", "1.2"), "g/mL", "the density of liver and tumour is 1.03 to 1.1 g/mL"
)


class Masses(Struct, frozen=True):
    """Masses in kg: tumour > 0, treated non-tumorous liver >= 0, lungs."""

    tumour_kg: Fraction
    normal_kg: Fraction
    lung_kg: Fraction = DEFAULT_LUNG_KG

    def __post_init__(self) -> None:
        """Refuse masses in another unit."""
        TUMOUR_MASS.check(m_tumour_kg=self.tumour_kg)
        NORMAL_MASS.check(m_normal_treated_kg=self.normal_kg)
        LUNG_MASS.check(m_lung_kg=self.lung_kg)


class Partition(Struct, frozen=True):
    """Masses and tumour-to-normal ratio of concentrations (TNR) in the treated volume.

    Examples
    --------
    >>> treated = Partition(Masses(Fraction("0.6"), Fraction("1.2")), Fraction(4))
    >>> treated.over_lung
    Fraction(9, 10)
    """

    masses: Masses
    tnr: Fraction

    def __post_init__(self) -> None:
        """Refuse an invalid ratio."""
        RATIO.check(tnr=self.tnr)

    @property
    def over_lung(self) -> Fraction:
        """(m_T + m_N/TNR)/m_L, which converts a tumour dose to a lung dose."""
        masses = self.masses
        return (masses.tumour_kg + masses.normal_kg / self.tnr) / masses.lung_kg

    def activity_gbq(self, dose_gy: Fraction, lung_shunt: Fraction) -> Fraction:
        """Activity for a required tumour dose, D_T·(m_T + m_N/TNR)/(k·(1 - LSF))."""
        TUMOUR_DOSE.check(dose_tumour_gy=dose_gy)
        LUNG_SHUNT.check(lsf=lung_shunt)
        weighed = self.over_lung * self.masses.lung_kg
        return dose_gy * weighed / (GY_KG_PER_GBQ * (1 - lung_shunt))

    def tumour_dose_gy(self, activity_gbq: Fraction, lung_shunt: Fraction) -> Fraction:
        """Tumour dose of an activity in the patient.

        Examples
        --------
        >>> treated = Partition(Masses(Fraction(1), Fraction(0)), Fraction(4))
        >>> float(treated.tumour_dose_gy(Fraction(1), Fraction(0)))
        49.67
        """
        ACTIVITY.check(activity_gbq=activity_gbq)
        LUNG_SHUNT.check(lsf=lung_shunt)
        weighed = self.over_lung * self.masses.lung_kg
        return GY_KG_PER_GBQ * activity_gbq * (1 - lung_shunt) / weighed


def compute_lung_dose_of_activity_gy(
    activity_gbq: Fraction, lung_shunt: Fraction, lung_kg: Fraction
) -> Fraction:
    """Compute the lung dose of an activity in the patient, k·A·LSF/m_L in Gy.

    Examples
    --------
    >>> float(compute_lung_dose_of_activity_gy(Fraction("2.4"), Fraction("0.06"), Fraction(1)))
    7.15248
    """
    ACTIVITY.check(activity_gbq=activity_gbq)
    LUNG_SHUNT.check(lsf=lung_shunt)
    LUNG_MASS.check(m_lung_kg=lung_kg)
    return GY_KG_PER_GBQ * activity_gbq * lung_shunt / lung_kg


class CountedPartition(Struct, frozen=True):
    """Partition with ratio and shunt from one set of counts."""

    counts: ShuntCounts
    masses: Masses

    def __post_init__(self) -> None:
        """Refuse counts of a treated liver with a mass of 0."""
        if self.counts.normal > 0 and self.masses.normal_kg == 0:
            reason = f"{float(self.counts.normal):g} counts are given, but m_normal_treated_kg is 0"
            remedy = "give the mass of the treated non-tumorous liver"
            raise InputRefused("y90.no_mass", "counts_normal", reason, remedy)

    @property
    def tnr(self) -> Fraction | None:
        """Counts per kg of tumour divided by those of normal liver; None if the latter is 0."""
        if self.counts.normal == 0:
            return None
        tumour = self.counts.tumour / self.masses.tumour_kg
        return tumour / (self.counts.normal / self.masses.normal_kg)

    def lung_dose_gy(self, dose_gy: Fraction) -> Fraction:
        """Lung dose by the partition model, with LSF and TNR of the counts."""
        normal_by_ratio = self.counts.normal * self.masses.tumour_kg / self.counts.tumour
        over_lung = (self.masses.tumour_kg + normal_by_ratio) / self.masses.lung_kg
        return compute_lung_dose_gy(dose_gy, over_lung, self.counts.lung_shunt)

    def lung_dose_by_tumour_shunt_gy(self, dose_gy: Fraction) -> Fraction:
        """Lung dose by Kao's convention, D_T·(m_T/m_L)·TLSF/(1 - TLSF): the same value.

        In practice, a difference indicates inconsistent inputs [clinical.md 7.3].
        """
        over_lung = self.masses.tumour_kg / self.masses.lung_kg
        return compute_lung_dose_gy(dose_gy, over_lung, self.counts.tumour_lung_shunt)


def find_small_volume(volume_ml: Fraction) -> list[Finding]:
    """Find a small volume, possibly entered in litres."""
    if volume_ml >= SMALL_ML:
        return []
    value = float(volume_ml)
    message = f"volume_ml: {value:g} mL is very small: possibly litres"
    return [Finding("y90.small_volume", Severity.WARNING, message, None, value, "mL")]


def compute_mass_kg(volume_ml: Fraction, density_g_per_ml: Fraction = LIVER_G_PER_ML) -> Fraction:
    """Compute the mass of a volume in kg.

    Examples
    --------
    >>> float(compute_mass_kg(Fraction(720)))
    0.7416
    """
    VOLUME.check(volume_ml=volume_ml)
    DENSITY.check(density_g_per_ml=density_g_per_ml)
    return volume_ml * density_g_per_ml / G_IN_KG


RESIDUAL = Plausible(between("0", "<0.5"), "", "a fraction is required, not a percentage")
DELAY_H = Plausible(between("-336", "336"), "h", "the two times are more than two weeks apart")


class Delivery(Struct, frozen=True):
    """Loss of activity between order and administration.

    - `residual_fraction`: part of the activity remaining in vial and lines, from 0 to below 0.5;
      None if not stated.
    - `delay_h`: hours from calibration to administration, negative if administered before; None if
      not stated.

    Examples
    --------
    >>> delivery = Delivery(Fraction("0.02"), Y90_HALF_LIFE_H)
    >>> float(delivery.prepared_gbq(Fraction("0.98"))), delivery.calibrated_gbq(Fraction("0.98"))
    (1.0, 2.0)
    """

    residual_fraction: Fraction | None = None
    delay_h: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse percentages, and times more than two weeks apart."""
        RESIDUAL.check(residual_fraction=self.residual_fraction)
        DELAY_H.check(hours_from_calibration_to_administration=self.delay_h)

    def prepared_gbq(self, in_patient_gbq: Fraction) -> Fraction | None:
        """Activity at administration, A/(1 - residual); None without a residual."""
        if self.residual_fraction is None:
            return None
        return in_patient_gbq / (1 - self.residual_fraction)

    def calibrated_gbq(self, in_patient_gbq: Fraction) -> float | None:
        """Activity to order at calibration, multiplied by 2^(hours/half-life); None if unknown."""
        prepared = self.prepared_gbq(in_patient_gbq)
        if prepared is None or self.delay_h is None:
            return None
        return float(prepared) * compute_y90_decay(self.delay_h)


@computes(f"2^(hours/{as_plain(Y90_HALF_LIFE_H)})", "half-life of 90Y")
def compute_y90_decay(hours: Fraction) -> float:
    """Compute the factor of activity this many hours before, {formula} ({source}).

    Examples
    --------
    >>> compute_y90_decay(2 * Y90_HALF_LIFE_H)
    4.0
    """
    return float(2 ** float(hours / Y90_HALF_LIFE_H))
