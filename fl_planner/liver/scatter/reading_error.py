"""Reading error of a centre: scatter of its readers' FLR, measured on enough cases."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.liver.agreement.bland_altman import ENOUGH, TAIL
from fl_planner.liver.remnant import ReadingOrigin

MOST_CV = Fraction(1, 2)  # of the FLR; more is not plausible for one remnant [project's choice]


class ReadingError(Struct, frozen=True):
    """Within-case CV of the FLR share between the readers of a centre, 0 < cv <= 0.5.

    - `cv`: relative to the share.
    - `df`: degrees of freedom, of `cases` that were read twice: at least 10.
    - `origin`: origin of the remnants on which it was measured ("automatic": drawn by a program);
      it applies only to such remnants.
    - `source`: readers, cases and date.
    """

    cv: Fraction
    cases: int
    df: int
    origin: ReadingOrigin
    source: str

    def __post_init__(self) -> None:
        """Refuse a CV that is implausible or based on too few pairs."""
        if not 0 < self.cv <= MOST_CV:
            reason = f"a CV of {float(self.cv):g} is not plausible for an FLR: "
            reason += f"0 to {float(MOST_CV):g} expected"
            remedy = "give it as a fraction, 0.08 for 8 %"
            raise InputRefused("centre.reading_error", "reading_error", reason, remedy)
        if not (self.df >= ENOUGH and self.cases >= 2):
            reason = (
                f"{self.df} degrees of freedom are too few for a CV: at least {ENOUGH} required"
            )
            remedy = "have more cases read twice (fl-planner agree), or omit the CV"
            raise InputRefused("centre.reading_error", "reading_error", reason, remedy)

    @property
    def relative_sd(self) -> float:
        """Relative standard deviation of the share, for an interval of ± 1.96 standard deviations.

        The CV is itself an estimate, so the interval uses Student's t and is wider by the factor
        t/1.96.

        Examples
        --------
        >>> error = ReadingError(Fraction("0.08"), 10, 10, "drawn", "two readers")
        >>> round(error.relative_sd, 5)  # 0.08 * 2.22814 / 1.96
        0.09094
        """
        from scipy.special import stdtrit  # takes a third of a second: only here

        return float(self.cv) * float(stdtrit(self.df, 1 - TAIL)) / float(Z_95)
