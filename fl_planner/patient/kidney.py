"""Kidney function by three equations with different results [clinical.md 8].

PUMP-IT requires MDRD, which CKD-EPI does not replace. Cockcroft-Gault is not normalised to body
surface area.
"""

from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.formula import computes
from fl_planner.patient.body_size import BodySize
from fl_planner.patient.scores import AGE, CREATININE_MG_DL, Sex

_TYPICAL_HEIGHT_CM = Fraction(170)  # any valid height: only the weight is checked


class Kidney(Struct, frozen=True):
    """Creatinine in mg/dL, age in years and sex of a patient.

    Examples
    --------
    >>> kidney = Kidney(Fraction("1.09"), Fraction(55), "M")  # admiral's test row: 80 and 70.2
    >>> round(kidney.ckd_epi_2021), round(kidney.mdrd_4, 1)
    (80, 70.2)
    """

    creatinine_mg_dl: Fraction
    age_years: Fraction
    sex: Sex

    def __post_init__(self) -> None:
        """Refuse values in other units, and the ages of children."""
        CREATININE_MG_DL.check(creatinine_mg_dl=self.creatinine_mg_dl)
        AGE.check(age=self.age_years)

    @property
    @computes(
        "from creatinine, age and sex, without race",
        "Inker 2021",
        name="CKD-EPI",
        key="scores.kidney.ckd_epi_2021_ml_per_min_per_1_73m2",
    )
    def ckd_epi_2021(self) -> float:
        """CKD-EPI 2021, without race, in mL/min/1.73 m2 ({source}).

        142·min(Cr/k, 1)^a·max(Cr/k, 1)^-1.200·0.9938^age, ·1.012 if female; k 0.7 and a -0.241
        for women, 0.9 and -0.302 for men.
        """
        female = self.sex == "F"
        kappa, alpha = (Fraction("0.7"), -0.241) if female else (Fraction("0.9"), -0.302)
        ratio = float(self.creatinine_mg_dl / kappa)
        return (
            142
            * float(min(ratio, 1.0) ** alpha)
            * float(max(ratio, 1.0) ** -1.200)
            * float(0.9938 ** float(self.age_years))
            * (1.012 if female else 1.0)
        )

    @property
    def mdrd_4(self) -> float:
        """MDRD-4 without the factor for race, in mL/min/1.73 m2.

        175·Cr^-1.154·age^-0.203, ·0.742 if female.
        """
        creatinine, age = float(self.creatinine_mg_dl), float(self.age_years)
        return float(175 * creatinine**-1.154 * age**-0.203 * (0.742 if self.sex == "F" else 1.0))

    def cockcroft_gault_ml_min(self, weight_kg: Fraction) -> Fraction:
        """Creatinine clearance in mL/min, (140 - age)·w/(72·Cr), ·0.85 if female; exact.

        Examples
        --------
        >>> kidney = Kidney(Fraction(85) / Fraction("88.4"), Fraction(65), "F")
        >>> float(kidney.cockcroft_gault_ml_min(Fraction(60)))
        55.25
        """
        weight = BodySize(_TYPICAL_HEIGHT_CM, weight_kg).weight_kg
        clearance = (140 - self.age_years) * Fraction(weight) / (72 * self.creatinine_mg_dl)
        return clearance * (Fraction("0.85") if self.sex == "F" else 1)
