"""The partition model: doses to tumour, treated liver and lungs from one activity (Ho 1996).

D_T = k·A·(1 - LSF)·TNR / (TNR·m_T + m_N), D_N = D_T/TNR, D_L = k·A·LSF/m_L, with A in the
patient in GBq and masses in kg; m_N is the treated non-tumorous liver only [clinical.md 7.1].
"""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import GY_KG_PER_GBQ, LIVER_G_PER_ML
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.ranges import Plausible, between
from fl_planner.basis.units import G_IN_KG
from fl_planner.y90.lung_shunt import DEFAULT_LUNG_KG, LUNG_SHUNT, ShuntCounts, find_lung_dose_gy

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
