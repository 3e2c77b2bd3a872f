"""From the activity in the patient to the one that is ordered: residual, decay, two moments."""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.constants import Y90_HALF_LIFE_H
from fl_planner.basis.ranges import Plausible, between

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
        """Activity to order at calibration, times 2^(hours/64.04); None where one was not said."""
        prepared = self.prepared_gbq(in_patient_gbq)
        if prepared is None or self.delay_h is None:
            return None
        return float(prepared) * find_y90_decay(self.delay_h)


def find_y90_decay(hours: Fraction) -> float:
    """Factor by which an activity was larger so many hours before, 2^(hours/64.04).

    Examples
    --------
    >>> find_y90_decay(2 * Y90_HALF_LIFE_H)
    4.0
    """
    return float(2 ** float(hours / Y90_HALF_LIFE_H))
