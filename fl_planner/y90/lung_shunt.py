"""The shunt to the lungs, and the lung dose that comes with a dose to the tumour.

Compared on exact decimals: masses 0.6 and 1.2 kg, ratio 4, shunt 0.1 and lungs of 1 kg give
exactly 15 Gy, which one order of operations in doubles makes 15.000000000000002
[clinical.md 7.2, 7.3].
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.ranges import Plausible, at_least, between
from fl_planner.basis.shown import as_number

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
    message = f"lsf: a lung shunt of {told} is above 0.2, where the label of resin spheres "
    message += "contraindicates them"
    return [Finding("y90.shunt_above_label", Severity.WARNING, message, None, value, "1")]
