"""Lung dose of a radioembolisation by the partition model, and its limits."""

from __future__ import annotations

from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.units import Plausible, between
from fl_planner.y90.constants_and_limits import RESIN_LABEL, TRIAL_DOSE_GY

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
    """Find a shunt above the limit of the label of resin spheres, not a trial limit."""
    if lung_shunt <= RESIN_LABEL:
        return []
    value = float(lung_shunt)
    shown = as_number(lung_shunt, [RESIN_LABEL], 2)
    message = f"lung shunt fraction {shown} is above {as_plain(RESIN_LABEL)}, which is a "
    message += "contraindication according to the labelling of resin microspheres"
    return [Finding("y90.shunt_above_label", Severity.WARNING, message, None, value, "1")]
