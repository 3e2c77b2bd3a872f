"""Published thresholds of the FLR, with their sources."""

from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.shown import as_plain


class PublishedLine(Struct, frozen=True):
    """A published threshold of FLR size: information, never a rule.

    - `percent`: percent of the liver volume estimated from body size, or of body weight.
    - `of`: liver to which it applies, with its preposition.
    """

    percent: Fraction
    of: str
    source: str


NORMAL_LIVER = PublishedLine(Fraction(20), "in normal liver", "Kishi")
# of an sFLR; sources as in PMC6422720 table 1 [clinical.md 3.2]
LONG_CHEMOTHERAPY = PublishedLine(
    Fraction(30), "after more than 12 weeks of chemotherapy", "Shindoh"
)
INJURED_LIVER = PublishedLine(
    Fraction(40), "in injured liver, as a share of the measured volume", "Azoulay"
)
SFLR_LINES = (NORMAL_LIVER, LONG_CHEMOTHERAPY, INJURED_LIVER)
# of an FLR to body weight, never a finding [clinical.md 3.3]
GRAFT = PublishedLine(
    Fraction("0.8"),
    "in injured liver",
    "graft-to-recipient weight ratio in living-donor transplantation",
)
CIRRHOSIS = PublishedLine(Fraction("1.4"), "in cirrhosis", "Lin 2014")
WEIGHT_LINES = (GRAFT, CIRRHOSIS)


def format_lines(lines: Iterable[PublishedLine]) -> str:
    """Format published thresholds with their sources.

    Examples
    --------
    >>> format_lines(WEIGHT_LINES[1:])
    '1.4 % in cirrhosis (Lin 2014)'
    """
    return ", ".join(f"{as_plain(line.percent)} % {line.of} ({line.source})" for line in lines)
