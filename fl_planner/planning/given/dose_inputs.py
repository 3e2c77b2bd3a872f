"""What was said and measured for the dose of a radioembolisation, before anything is computed."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from fl_planner.basis.constants import LIVER_G_PER_ML
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.orientation import Transform
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
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

Decides = Literal["given", "planar", "spect_ct"]  # where the shunt that counts is from


@dataclass(frozen=True, slots=True, eq=False)
class MaaSpect:
    """A SPECT of MAA, and why masks may be laid on it.

    - `image`: reconstructed counts.
    - `basis`: one frame of reference, a transform, or the user's word.
    - `transform` (three rows of four or None): from the CT to the SPECT.
    - `lungs`: on any grid in the patient; with it the SPECT tells the lung shunt too.
    """

    image: Image
    basis: RegistrationBasis
    transform: Transform | None = None
    lungs: Mask | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DoseGiven:
    """What the table `[dose]` of a case file says; None: not given.

    - `lung_shunt`, `shunt_method`: a shunt that somebody else measured, and how.
    - `tumour_to_normal`: a ratio that somebody else measured.
    - `decides`: which shunt counts where there are several; None: the only one.
    - `planar`, `spect`: studies with MAA.
    - `lung_mass_kg`: 1.0 kg counts where none was given.
    - `ct_lung_kg`: by CT; it counts where `lung_by_ct`.
    - `density_g_per_ml`: of liver and tumour.
    - `tumour_dose_gy`: what the tumour is to get, beside the trial's 150 Gy.
    - `delivery`: residual, and hours between calibration and administration.
    - `calibrated_at`, `administered_at`: these moments; told in the clinical profile alone.
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
        """Refuse values in other units, and a choice that is not there."""
        LUNG_SHUNT.check(lung_shunt=self.lung_shunt)
        RATIO.check(tumour_to_normal=self.tumour_to_normal)
        LUNG_MASS.check(lung_mass_kg=self.lung_mass_kg)
        LIVER_DENSITY.check(density_g_per_ml=self.density_g_per_ml)
        TUMOUR_DOSE.check(tumour_dose_gy=self.tumour_dose_gy)
        if self.decides is not None and self.decides not in self.shunts:
            told = ", ".join(self.shunts) or "none"
            reason = f"{self.decides} is to decide the lung shunt, and what there is: {told}"
            raise InputRefused("dose.method", "method", reason, "give it, or name another method")
        if self.decides is None and len(self.shunts) > 1:
            reason = f"the lung shunt is there several times ({', '.join(self.shunts)})"
            remedy = "say in [dose] which one counts: method = ..."
            raise InputRefused("dose.method", "method", reason, remedy)
        if self.lung_by_ct and self.ct_lung_kg is None:
            reason = "the lungs are to be weighed by CT, and no CT with a mask of them is there"
            raise InputRefused("dose.lung_ct", "lung_mass_kg", reason, "give lungs and lung_ct")

    @property
    def shunts(self) -> tuple[Decides, ...]:
        """Name the sources of a lung shunt that are there."""
        there: tuple[tuple[Decides, bool], ...] = (
            ("given", self.lung_shunt is not None),
            ("planar", self.planar is not None),
            ("spect_ct", self.spect is not None and self.spect.lungs is not None),
        )
        return tuple(name for name, is_there in there if is_there)

    @property
    def chosen(self) -> Decides | None:
        """Which shunt counts; None where there is none."""
        return self.decides or (self.shunts[0] if self.shunts else None)
