"""The words in which the keys of a record are declared: kinds of values, and what they say.

A kind has a unit and bounds; `says` adds the words, which end with the unit unless they are a whole
sentence: `Annotated[Ml, says("All tumour")]` is "All tumour, mL." in the schema.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, overload

from msgspec import Meta

from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_number
from fl_planner.basis.terms import DAY, ML, MM, MM2, PERCENT, Term
from fl_planner.record.declaration.part import Sided


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a sentence says it, and its term of UCUM; None where it has none."""

    says: str
    term: Term | None = None

    @property
    def sign(self) -> str:
        """What stands beside a number."""
        return self.says if self.term is None else self.term.code


def measured_in(unit: Unit, least: float | None = None, most: float | None = None) -> Meta:
    """Give a kind of numbers its unit and bounds."""
    return Meta(ge=least, le=most, extra={"unit": unit})


def says(words: str, **more: str | int | Term) -> Meta:
    """Say what a key holds; `more` are words for single outputs, and its term in a code system."""
    return Meta(description=words, extra=dict(more) or None)


def column(name: str, meaning: str, **more: str) -> Meta:
    """Say which column it is of a study's row; in `more` its type, where the value's is another.

    `{}` stands for what holds the key, "flr", or the entry of a list; `{end}` for that of a range.
    """
    return Meta(extra={"column": name, "meaning": meaning, **more})


def one_of(words: str, choices: Iterable[str]) -> Meta:
    """Say what a text is, and which words it may be."""
    return Meta(description=words, extra_json_schema={"enum": [*choices]})


def by_name(words: str, kinds: Mapping[str, object]) -> Meta:
    """Say what a mapping holds: values that any of these names may have, each of its own kind."""
    return Meta(description=words, extra={"kinds": kinds})


def at_least(entries: int, most: int | None = None) -> Meta:
    """Say how many entries a list has."""
    return Meta(min_length=entries, max_length=most)


def like(pattern: str) -> Meta:
    """Say which pattern a text follows."""
    return Meta(pattern=pattern)


USUAL_LIMITS_PERCENT = (Fraction(20), Fraction(30), Fraction(40))  # in print, of any remnant

Voxels = Annotated[int, measured_in(Unit("voxels"), 0)]
SomeVoxels = Annotated[int, measured_in(Unit("voxels"), 1)]
Ml = Annotated[float, measured_in(Unit("mL", ML), 0)]
PERCENTAGE = Unit("percent", PERCENT)
Percent = Annotated[float, measured_in(PERCENTAGE, 0, 100)]
PercentOfAnother = Annotated[float, measured_in(PERCENTAGE, 0)]  # may pass 100
Points = Annotated[float, measured_in(Unit("percentage points", PERCENT))]
Days = Annotated[int, measured_in(Unit("days", DAY))]
Mm = Annotated[float, measured_in(Unit("mm", MM), 0)]
Mm2 = Annotated[float, measured_in(Unit("mm2", MM2), 0)]
Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1)]  # of one among its like, the first one 1

Code = Annotated[
    str,
    says("topic.detail, stable; docs/codes.md lists them all."),
    like(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"),
]
FileName = Annotated[str, says("Base name of a file, never a path.")]
ClinicalDate = Annotated[
    Annotated[str, like("^[0-9-]{10}$")] | None, says("In the clinical profile alone.")
]
Sha256 = Annotated[str, says("SHA-256 of the file."), like("^[0-9a-f]{64}$")]
Segments = Annotated[tuple[str, ...], says('Couinaud segments, "1" to "8", "4a", "4b".')]
CaseId = Annotated[str, says("The user's pseudonym, as given.")]
TrialId = Annotated[str, says("Registry id."), like("^[A-Za-z0-9._-]+$")]
CriterionId = Annotated[str, says("Id of the criterion.")]


def as_float(value: Fraction | float | None) -> float | None:
    """Give a number as JSON writes it; None where it is not known."""
    return None if value is None else float(value)


def as_percent(percent: float, limits: Iterable[Fraction]) -> str:
    """Write a percentage of a record on its side of every limit; the float as JSON writes it."""
    return as_number(Fraction(str(percent)), limits)


@overload
def as_sided(share: Share, limits_percent: Iterable[Fraction]) -> Sided[float]: ...
@overload
def as_sided(share: Share | None, limits_percent: Iterable[Fraction]) -> Sided[float] | None: ...
def as_sided(share: Share | None, limits_percent: Iterable[Fraction]) -> Sided[float] | None:
    """Tell a share in percent, its text on its side of every limit; None where it is not known."""
    if share is None:
        return None
    return Sided(value=share.percent, shown=as_number(100 * share.fraction, limits_percent))
