"""Dose of a radioembolisation to tumour, treated liver and lungs, and its sensitivity.

The partition model is used [clinical.md 7]. Three limits are distinct and never interchanged: a
trial's 15 Gy at a tumour dose of 150 Gy, 30 Gy to the lungs in one treatment, and the labelling of
resin microspheres, a lung shunt of 20 %.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct

from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY
from fl_planner.y90.counts import Interval
from fl_planner.y90.partition import (
    DEFAULT_LUNG_KG,
    LUNG_SHUNT,
    RATIO,
    Masses,
    Origin,
    Partition,
    compute_largest_shunt,
    compute_lung_dose_gy,
)

VARIATION = Fraction(1, 5)  # of lung mass and ratio [project's choice]
CIRRHOTIC_DENSITY = Fraction("1.1")  # g/mL, 15 explants, PMC3921016 [clinical.md 7.4]
ONE_COMPARTMENT = Fraction(1)  # ratio of the MIRD method: an upper bound for ratios above


class Known(Struct, frozen=True):
    """A known lung shunt or ratio, with its origin and, of a planar shunt, counting interval."""

    value: Fraction
    origin: Origin
    interval: Interval | None = None


class Variation(Struct, frozen=True):
    """Lung dose with one input changed; no answer depends on it.

    - `name`: stable name of the changed input.
    - `value`: changed value.
    - `lung_dose_gy`: lung dose at a tumour dose of 150 Gy.
    """

    name: str
    value: Fraction
    lung_dose_gy: Fraction


@dataclass(frozen=True, slots=True)
class DoseModel:
    """Masses, shunt and ratio of one territory; None if not known.

    0 <= shunt < 1, 0 < ratio.

    - `masses`: tumour and non-tumorous liver in the treated territory, and lungs.
    - `shunt`, `ratio`: lung shunt, and concentration in the tumour divided by that in the treated
      liver.
    - `density_g_per_ml`: density of liver and tumour, to convert volumes to masses.
    - `ct_lung_kg`: lung mass from CT, if known.

    Examples
    --------
    >>> model = DoseModel(Masses(Fraction("0.6"), Fraction("1.2")), Fraction("1.03"),
    ...     Known(Fraction("0.1"), "given"), Known(Fraction(4), "given"))
    >>> model.lung_dose_gy(), model.largest_shunt(Fraction(15))
    (Fraction(15, 1), Fraction(1, 10))
    """

    masses: Masses
    density_g_per_ml: Fraction
    shunt: Known | None = None
    ratio: Known | None = None
    ct_lung_kg: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse a shunt in percent, and an invalid ratio."""
        LUNG_SHUNT.check(lung_shunt=None if self.shunt is None else self.shunt.value)
        RATIO.check(tumour_to_normal=None if self.ratio is None else self.ratio.value)

    @property
    def partition(self) -> Partition | None:
        """Masses with the ratio; None if the ratio is not known."""
        return None if self.ratio is None else Partition(self.masses, self.ratio.value)

    @property
    def over_lung(self) -> Fraction | None:
        """(m_T + m_N/TNR)/m_L; no ratio is required for a treated liver of 0 kg."""
        if self.partition is not None:
            return self.partition.over_lung
        return None if self.masses.normal_kg else self.masses.tumour_kg / self.masses.lung_kg

    def lung_dose_gy(self, tumour_gy: Fraction = TRIAL_DOSE_GY) -> Fraction | None:
        """Lung dose at a tumour dose, exact; None if shunt or ratio is not known."""
        if self.over_lung is None or self.shunt is None:
            return None
        return compute_lung_dose_gy(tumour_gy, self.over_lung, self.shunt.value)

    def most_lung_dose_gy(self) -> Fraction | None:
        """Upper bound of the lung dose at 150 Gy, with a tumour-to-normal ratio of 1.

        This is the one-compartment method; for a ratio of 1 or more, the dose is not higher.
        """
        if self.shunt is None:
            return None
        over = Partition(self.masses, ONE_COMPARTMENT).over_lung
        return compute_lung_dose_gy(TRIAL_DOSE_GY, over, self.shunt.value)

    def interval_gy(self) -> Interval | None:
        """Lung dose at 150 Gy with the ends of the shunt's counting interval, and one ratio."""
        over = self.over_lung
        if over is None or self.shunt is None or self.shunt.interval is None:
            return None
        ends = (Fraction(end) for end in self.shunt.interval)
        low, high = (float(compute_lung_dose_gy(TRIAL_DOSE_GY, over, end)) for end in ends)
        return low, high

    def liver_dose_gy(self, tumour_gy: Fraction = TRIAL_DOSE_GY) -> Fraction | None:
        """Dose to treated non-tumorous liver, D_T/TNR; None for 0 kg, or without a ratio."""
        if self.ratio is None or not self.masses.normal_kg:
            return None
        return tumour_gy / self.ratio.value

    def activity_gbq(self, tumour_gy: Fraction = TRIAL_DOSE_GY) -> Fraction | None:
        """Activity in the patient required for a tumour dose."""
        if self.over_lung is None or self.shunt is None:
            return None
        ratio = ONE_COMPARTMENT if self.ratio is None else self.ratio.value
        return Partition(self.masses, ratio).activity_gbq(tumour_gy, self.shunt.value)

    def largest_shunt(
        self, limit_gy: Fraction, tumour_gy: Fraction = TRIAL_DOSE_GY
    ) -> Fraction | None:
        """Largest lung shunt within a limit on the lung dose; independent of the measured one."""
        over = self.over_lung
        return None if over is None else compute_largest_shunt(limit_gy, tumour_gy, over)

    def vary(self) -> tuple[Variation, ...]:
        """Compute the lung dose at 150 Gy with another lung mass, ratio, density, or shunt.

        The dose is proportional to 1/m_L and to the density of liver and tumour.
        """
        dose = self.lung_dose_gy()
        if dose is None or self.shunt is None:
            return ()
        used, by_tumour = self.masses.lung_kg, self.masses.tumour_kg / self.masses.lung_kg
        alone = compute_lung_dose_gy(TRIAL_DOSE_GY, by_tumour, self.shunt.value)
        return (
            *(Variation(name, kg, dose * used / kg) for name, kg in self._lungs()),
            *self._ratios(self.shunt.value),
            Variation(
                "density", CIRRHOTIC_DENSITY, dose * CIRRHOTIC_DENSITY / self.density_g_per_ml
            ),
            Variation("shunt_of_tumour_alone", self.shunt.value, alone),
        )

    def _lungs(self) -> Iterator[tuple[str, Fraction]]:
        used = self.masses.lung_kg
        if used != DEFAULT_LUNG_KG:
            yield "lung_mass_default", DEFAULT_LUNG_KG
        if self.ct_lung_kg is not None and self.ct_lung_kg != used:
            yield "lung_mass_ct", self.ct_lung_kg
        yield "lung_mass_less", used * (1 - VARIATION)
        yield "lung_mass_more", used * (1 + VARIATION)

    def _ratios(self, shunt: Fraction) -> Iterator[Variation]:
        if self.ratio is None or not self.masses.normal_kg:
            return
        for name, value in (
            ("tumour_to_normal_less", self.ratio.value * (1 - VARIATION)),
            ("tumour_to_normal_more", self.ratio.value * (1 + VARIATION)),
            ("one_compartment", ONE_COMPARTMENT),
        ):
            yield Variation(name, value, self._dose_of_ratio_gy(value, shunt))

    def lung_doses_of_ratios_gy(self, ratios: Iterable[Fraction]) -> tuple[Fraction, ...]:
        """Lung doses at 150 Gy with other ratios above 0; none if the shunt is not known."""
        if self.shunt is None:
            return ()
        return tuple(self._dose_of_ratio_gy(ratio, self.shunt.value) for ratio in ratios)

    def _dose_of_ratio_gy(self, ratio: Fraction, shunt: Fraction) -> Fraction:
        over = (self.masses.tumour_kg + self.masses.normal_kg / ratio) / self.masses.lung_kg
        return compute_lung_dose_gy(TRIAL_DOSE_GY, over, shunt)
