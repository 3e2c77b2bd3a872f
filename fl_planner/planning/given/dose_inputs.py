"""Inputs of the dose of a radioembolisation, before anything is computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.orientation import Transform
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.y90.constants_and_limits import LIVER_G_PER_ML
from fl_planner.y90.counts import Method
from fl_planner.y90.lungs import PlanarStudy
from fl_planner.y90.partition import (
    LIVER_DENSITY,
    LUNG_MASS,
    LUNG_SHUNT,
    RATIO,
    TUMOUR_DOSE,
    Delivery,
)

Decides = Literal["given", "planar", "spect_ct"]  # source of the lung shunt in use
SHUNT_WORDS: Mapping[Decides, str] = {
    "given": "entered value", "planar": "planar scintigraphy", "spect_ct": "SPECT/CT",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class MaaSpect:
    """A SPECT of MAA, and the basis of its registration with the masks.

    - `image`: reconstructed counts.
    - `basis`: a common frame of reference, a transform, or the user's statement.
    - `transform` (three rows of four or None): transform from the CT to the SPECT.
    - `lungs`: mask of the lungs on any grid with a position in the patient; with it, the SPECT
      also gives the lung shunt.
    """

    image: Image
    basis: RegistrationBasis
    transform: Transform | None = None
    lungs: Mask | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DoseGiven:
    """The table `[dose]` of a case file; None if not given.

    - `lung_shunt`, `shunt_method`: a shunt measured elsewhere, and its method.
    - `tumour_to_normal`: a ratio measured elsewhere.
    - `decides`: which of several shunts is used; None if there is only one.
    - `planar`, `spect`: studies with MAA.
    - `lung_mass_kg`: 1.0 kg by default.
    - `ct_lung_kg`: lung mass from CT; used if `lung_by_ct`.
    - `density_g_per_ml`: density of liver and tumour.
    - `tumour_dose_gy`: planned tumour dose, in addition to the 150 Gy of the radioembolisation
      trial.
    - `delivery`: residual activity, and hours between calibration and administration.
    - `calibrated_at`, `administered_at`: these times; reported in the clinical profile only.
    """

    lung_shunt: Fraction | None = None
    shunt_method: Method | None = None
    tumour_to_normal: Fraction | None = None
    decides: Decides | None = None
    planar: PlanarStudy | None = None
    spect: MaaSpect | None = None
    lung_mass_kg: Fraction | None = None
    ct_lung_kg: Fraction | None = None
    lung_by_ct: bool = False
    density_g_per_ml: Fraction = LIVER_G_PER_ML
    tumour_dose_gy: Fraction | None = None
    delivery: Delivery = field(default_factory=Delivery)
    calibrated_at: datetime | None = None
    administered_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse values in other units, and the choice of a shunt or mass that was not given."""
        LUNG_SHUNT.check(lung_shunt=self.lung_shunt)
        RATIO.check(tumour_to_normal=self.tumour_to_normal)
        LUNG_MASS.check(lung_mass_kg=self.lung_mass_kg)
        LIVER_DENSITY.check(density_g_per_ml=self.density_g_per_ml)
        TUMOUR_DOSE.check(tumour_dose_gy=self.tumour_dose_gy)
        if self.decides is not None and self.decides not in self.shunts:
            given = self._name_shunts() or "none"
            reason = (
                f"no lung shunt from {SHUNT_WORDS[self.decides]} is given; values given: {given}"
            )
            remedy = "give this value, or choose another method"
            raise InputRefused("dose.method", "method", reason, remedy)
        if self.decides is None and len(self.shunts) > 1:
            reason = f"more than one value for the lung shunt is given ({self._name_shunts()})"
            keys = " or ".join(f'"{name}"' for name in self.shunts)
            remedy = f"give only one of them, or state in [dose] which one is used: method = {keys}"
            raise InputRefused("dose.method", "method", reason, remedy)
        if self.lung_by_ct and self.ct_lung_kg is None:
            reason = "the lung mass is to be taken from CT, but no CT with a lung mask is given"
            raise InputRefused("dose.lung_ct", "lung_mass_kg", reason, "give lungs and lung_ct")

    @property
    def shunts(self) -> tuple[Decides, ...]:
        """Name the sources of a lung shunt that are given."""
        sources: tuple[tuple[Decides, bool], ...] = (
            ("given", self.lung_shunt is not None),
            ("planar", self.planar is not None),
            ("spect_ct", self.spect is not None and self.spect.lungs is not None),
        )
        return tuple(name for name, is_given in sources if is_given)

    def _name_shunts(self) -> str:
        return ", ".join(SHUNT_WORDS[name] for name in self.shunts)

    @property
    def chosen(self) -> Decides | None:
        """The shunt in use; None if there are none."""
        return self.decides or (self.shunts[0] if self.shunts else None)
