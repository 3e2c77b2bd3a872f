"""Values that a living patient can have, each in its unit: what lies outside is in another one."""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Range:
    """Values a living patient can have, low <= value <= high; an open end is left out.

    Examples
    --------
    >>> albumin_g_per_l = Range(Fraction(10), Fraction(70), low_open=True)
    >>> albumin_g_per_l.holds(Fraction(10)), albumin_g_per_l.holds(Fraction(70))
    (False, True)
    """

    low: Fraction
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        """Refuse a range that nothing is in."""
        if self.high is not None and not self.low < self.high:
            raise ValueError(f"no range from {self.low} to {self.high}")

    def holds(self, value: Fraction | float) -> bool:
        """Tell whether the value is possible; something that is not a number is not."""
        if not value >= self.low or (self.low_open and value == self.low):
            return False
        if self.high is None:
            return True
        return value < self.high or (value == self.high and not self.high_open)

    def __str__(self) -> str:
        """Tell it to a person: "above 10, to 70"."""
        low = f"above {float(self.low):g}" if self.low_open else f"{float(self.low):g}"
        if self.high is None:
            return low if self.low_open else f"{low} or more"
        end = f"below {float(self.high):g}" if self.high_open else f"{float(self.high):g}"
        return f"{low}{',' if self.low_open else ''} to {end}"


def between(low: str, high: str) -> Range:
    """Range of two decimals; ">10" and "<60" leave the end itself out."""
    ends = Fraction(low.lstrip(">")), Fraction(high.lstrip("<"))
    return Range(*ends, low_open=low.startswith(">"), high_open=high.startswith("<"))


def at_least(low: str) -> Range:
    """Range without an upper end; ">0" leaves the lower one out."""
    return Range(Fraction(low.lstrip(">")), None, low_open=low.startswith(">"))


@dataclass(frozen=True, slots=True)
class Plausible:
    """What a quantity can be in its unit, and what is wrong, most often, where it is not.

    Examples
    --------
    >>> height = Plausible(between("100", "250"), "cm", "metres or inches were perhaps meant")
    >>> height.tell_wrong(Fraction("1.75"))
    '1.75 is outside 100 to 250 cm: metres or inches were perhaps meant'
    """

    range: Range
    unit: str
    doubt: str

    def tell_wrong(self, value: Fraction | float) -> str | None:
        """Tell what is wrong with a value; None where it can be one."""
        if self.range.holds(value):
            return None
        unit = f" {self.unit}" if self.unit else ""
        told = f"{float(value):g}"
        if self.range.holds(Fraction(told)):  # rounded, it would lie inside
            told = repr(float(value))
        return f"{told} is outside {self.range}{unit}: {self.doubt}"

    def check(self, **fields: Fraction | float | None) -> None:
        """Refuse the first field that lies outside, by its name; one that is None was not given.

        Raises `InputRefused`: `value.implausible`.
        """
        for name, value in fields.items():
            wrong = None if value is None else self.tell_wrong(value)
            if wrong is not None:
                remedy = f"give {name} in {self.unit}" if self.unit else f"check {name}"
                raise InputRefused("value.implausible", name, wrong, remedy)
