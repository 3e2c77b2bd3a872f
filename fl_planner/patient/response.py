"""Response of target lesions between two time points: RECIST 1.1 and mRECIST [clinical.md 16].

Sums are of longest diameters by RECIST 1.1 (Eisenhauer 2009), of the arterially enhancing part by
mRECIST (Lencioni 2010), and of this part in only the treated area by localised mRECIST, which the
registry text does not define. Responses are not confirmed.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import ResponseCategory
from fl_planner.basis.three_valued import Truth, any_of

Criteria = Literal["recist_1_1", "mrecist", "localised_mrecist"]
NonTarget = Literal["none", "complete", "present", "not_evaluated", "progression"]

BEST_FIRST: tuple[ResponseCategory, ...] = (
    "complete_response",
    "partial_response",
    "stable_disease",
)
MOST_TARGETS, MOST_OF_AN_ORGAN = 5, 2
LEAST_MM = 10  # of a target at the baseline, or twice the slice thickness if larger
GROWN, LEAST_GROWN_MM = Fraction("1.2"), 5  # times the nadir; mm by RECIST 1.1 only
SHRUNK = Fraction("0.7")  # of the baseline
_NODE = re.compile(r"lymph|\bnod(e|es|al)\b|\blns?\b")
# organs with the usual other words for them; both sides of a paired organ are one organ
_ORGANS = {
    "liver": r"\bliver|(?<![\w-])hepatic\b(?! (flexure|ducts?\b))|\bhepar\b",
    "lung": r"\blung|pulmon",
}

_SIDES = frozenset({"left", "right", "l", "r"})
# words for a part of several organs, or for a lesion: alone they name no organ
_PART = re.compile(
    r"s(eg(ment)?s?)?|s?(\d+|i{1,3}|iv|vi{0,3})[ab]?|lobes?|lobus|sect(or|ion)s?|caudate|quadrate|dome"
    r"|anterior|posterior|medial|lateral|superior|inferior|upper|middle|lower|central"
    r"|lesions?|targets?|tumou?rs?|metastas[ei]s|mass|nodules?"
)


class TargetLesion(Struct, frozen=True):
    """One target lesion; the follow-up diameter is None if not measured, and 0 if it disappeared.

    - `treated`: whether it is in the treated area; None if not answered.
    """

    organ: str
    baseline_mm: Fraction
    followup_mm: Fraction | None = None
    treated: bool | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """Target lesions of two time points, with non-target and new lesions; None if not answered.

    - `lesions`: one to five, at most two per organ, each with its organ, no lymph nodes; by
      localised mRECIST, only those in the treated area are counted, or all if this is not answered.
    - `new_lesion`: whether there is a new lesion; by localised mRECIST, in the treated area.
    - `nontarget`: response of the other lesions; if not evaluated, disappearance of all targets is
      a partial response (RECIST 1.1, table 1).
    - `earlier_sums_mm`: sums at intermediate follow-ups.
    - `slice_mm`: slice thickness of the baseline.

    Examples
    --------
    >>> lesion = TargetLesion("liver", Fraction(40), Fraction(28))
    >>> Response("recist_1_1", (lesion,), False, "none").category
    'partial_response'
    """

    criteria: Criteria
    lesions: tuple[TargetLesion, ...]
    new_lesion: bool | None = None
    nontarget: NonTarget | None = None
    earlier_sums_mm: tuple[Fraction, ...] = ()
    slice_mm: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse invalid target lesions, and too many of them."""
        self._refuse_half_treated()
        if not 1 <= len(self.counted) <= MOST_TARGETS:
            where = " in the treated area" if len(self.counted) < len(self.lesions) else ""
            _refuse(f"{len(self.counted)} target lesions{where}", f"give 1 to {MOST_TARGETS}")
        if any(_NODE.search(lesion.organ.casefold()) for lesion in self.counted):
            remedy = "omit this lesion: lymph nodes are measured by their short axis"
            _refuse("a lymph node is given as a target lesion", remedy)
        if part := next((one.organ for one in self.counted if _is_part(one.organ)), None):
            remedy = "name the organ of each target lesion, such as liver"
            _refuse(f"a target lesion is given without its organ ({part.strip()})", remedy)
        organ, most = Counter(_name_organ(one.organ) for one in self.counted).most_common(1)[0]
        if most > MOST_OF_AN_ORGAN:
            _refuse(
                f"{most} target lesions in the same organ, {organ}",
                f"give at most {MOST_OF_AN_ORGAN}",
            )
        least = max(Fraction(LEAST_MM), 2 * (self.slice_mm or 0))
        smallest = min(lesion.baseline_mm for lesion in self.counted)
        if smallest < least:
            reason = f"baseline_mm of {float(smallest):.12g} is below {float(least):g} mm"
            _refuse(reason, "record it as a non-target lesion")

    def _refuse_half_treated(self) -> None:
        """Refuse an answer on treatment that is missing for some lesions, if it is used."""
        answers = {lesion.treated is None for lesion in self.lesions}
        if self.criteria == "localised_mrecist" and len(answers) > 1:
            reason = 'the key "treated" is set for only some lesions'
            _refuse(reason, 'set the key "treated" for every lesion')

    @property
    def counted(self) -> tuple[TargetLesion, ...]:
        """Target lesions by the criteria: by localised mRECIST in the treated area only."""
        if self.criteria != "localised_mrecist":
            return self.lesions
        return tuple(lesion for lesion in self.lesions if lesion.treated is not False)

    @property
    def baseline_sum_mm(self) -> Fraction:
        """Sum at the baseline."""
        return sum((lesion.baseline_mm for lesion in self.counted), Fraction(0))

    @property
    def nadir_sum_mm(self) -> Fraction:
        """Smallest previous sum, including the baseline."""
        return min((self.baseline_sum_mm, *self.earlier_sums_mm))

    @property
    def followup_sum_mm(self) -> Fraction | None:
        """Sum at follow-up; None if a target was not measured."""
        measured = [x.followup_mm for x in self.counted if x.followup_mm is not None]
        return sum(measured, Fraction(0)) if len(measured) == len(self.counted) else None

    @property
    def change_from_nadir_mm(self) -> Fraction | None:
        """Change of the sum from its nadir, in mm."""
        now = self.followup_sum_mm
        return None if now is None else now - self.nadir_sum_mm

    @property
    def change_from_nadir_percent(self) -> Fraction | None:
        """Change from the nadir in percent; None if that is 0."""
        return _percent(self.followup_sum_mm, self.nadir_sum_mm)

    @property
    def change_from_baseline_percent(self) -> Fraction | None:
        """Change of the sum from the baseline, in percent."""
        return _percent(self.followup_sum_mm, self.baseline_sum_mm)

    @property
    def category(self) -> ResponseCategory | None:
        """Category; None if it cannot be determined. Progression takes precedence."""
        others = None if self.nontarget is None else self.nontarget == "progression"
        progression = any_of((self._grew, _truth(self.new_lesion), _truth(others)))
        if progression is Truth.TRUE:
            return "progressive_disease"
        now = self.followup_sum_mm
        if progression is Truth.UNKNOWN or now is None:
            return None
        if now == 0 and self.nontarget in ("none", "complete"):
            return "complete_response"
        small = now <= SHRUNK * self.baseline_sum_mm
        return "partial_response" if small else "stable_disease"

    @property
    def _grew(self) -> Truth:
        """Whether the targets progress; the measured ones may be sufficient."""
        measured = [x.followup_mm for x in self.counted if x.followup_mm is not None]
        if self._is_growth(sum(measured, Fraction(0))):
            return Truth.TRUE
        return Truth.FALSE if len(measured) == len(self.counted) else Truth.UNKNOWN

    def _is_growth(self, sum_mm: Fraction) -> bool:
        nadir = self.nadir_sum_mm
        if nadir == 0:
            return sum_mm > 0
        enough = self.criteria != "recist_1_1" or sum_mm - nadir >= LEAST_GROWN_MM
        return sum_mm >= GROWN * nadir and enough


def judge_best_response(found: Iterable[ResponseCategory | None]) -> ResponseCategory | None:
    """Determine the best category before progression; None if unknown categories could change it.

    - `found`: category at each later time point, in order.

    Examples
    --------
    >>> judge_best_response(["stable_disease", "partial_response", "progressive_disease"])
    'partial_response'
    >>> judge_best_response(["stable_disease", None, "partial_response"]) is None
    True
    """
    rank: dict[ResponseCategory, int] = {
        category: place for place, category in enumerate(BEST_FIRST)
    }
    rank["progressive_disease"] = len(rank)
    every = tuple(found)
    # best categories of all possible courses
    going: set[ResponseCategory] = {"progressive_disease"} if every else set()
    ended: set[ResponseCategory] = set()
    for category in every:
        may_be = (category,) if category is not None else tuple(rank)
        if "progressive_disease" in may_be:
            ended |= going
        going = {
            min(best, now, key=rank.__getitem__)
            for best in going
            for now in may_be
            if now != "progressive_disease"
        }
    possible = going | ended
    return next(iter(possible)) if len(possible) == 1 else None


def _name_organ(text: str) -> str:
    """Name the organ of "liver, segment 4" or "left adrenal": RECIST 1.1 limits lesions of each."""
    words = re.sub(r"[^\w-]+|_+", " ", text.casefold())
    known = [organ for organ, pattern in _ORGANS.items() if re.search(pattern, words)]
    return known[0] if known else " ".join(word for word in words.split() if word not in _SIDES)


def _is_part(text: str) -> bool:
    """Whether "left lobe" or "S4" names only a part, which may be of the liver as of a lung."""
    return all(map(_PART.fullmatch, _name_organ(text).split()))


def _truth(answer: bool | None) -> Truth:
    if answer is None:
        return Truth.UNKNOWN
    return Truth.TRUE if answer else Truth.FALSE


def _percent(now: Fraction | None, before: Fraction) -> Fraction | None:
    return None if now is None or before == 0 else 100 * (now - before) / before


def _refuse(reason: str, remedy: str) -> None:
    raise InputRefused("endpoint.targets", "lesions", reason, remedy)
