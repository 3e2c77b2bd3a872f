"""Numbers that are not to be used: which error touches which of them [safety.md E1].

A number under an error is shown and answers nothing: no limit, no criterion, no pathway. An
error in the masks that a reader has accepted, with a reason, lifts that (situs inversus looks
mirrored). One in a study of counts does not: no look at the images makes such a number right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Case
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.planning.assessment.assess import Measured
    from fl_planner.planning.assessment.function import LiverFunction

NUMBERS = {  # what may be withdrawn, and how people call it
    "volumes": "volumes of liver and tumour",
    "flr": "FLR",
    "untreated": "untreated share",
    "lesions": "number and size of the lesions",
    "resections": "resections",
    "plans": "plans side by side",
    "function": "function",
    "dose": "lung dose",
}
OF_MASKS = tuple(NUMBERS)
SETTLE_FIRST = "Settle the errors among the findings, and plan again."
OF_REMNANT = ("flr", "function")
OF_SEGMENTS = ("resections", "plans")
FACTS = {  # number -> the measured facts that are told by it
    "volumes": ("total_liver_volume_ml", "tumour_volume_ml"),
    "flr": (
        *("flr_volume_ml", "flr_fraction"),
        *("flr_after_clearing_volume_ml", "flr_after_clearing_fraction"),
    ),
    "untreated": (
        *("treated_nontumorous_volume_ml", "untreated_nontumorous_fraction"),
        "treated_covers_tumour",
    ),
    "lesions": (
        *("lesion_count", "largest_lesion_mask_cm", "largest_lesion_cm"),
        "lesions_in_remnant_count",
    ),
    "function": ("flr_function_pct_per_min_per_m2",),
    "dose": ("lung_dose_gy_at_150gy_tumour",),
}
TYPED = {  # number -> what was typed of it: the masks decide, so that under an error nothing does
    "volumes": ("total_liver_volume", "tumour_volume"),
    "flr": (
        *("flr_volume", "flr_after_clearing_volume"),
        *("flr_of_nontumorous_liver", "flr_of_whole_liver"),
    ),
    "untreated": ("treated_nontumorous_volume", "treated_covers_tumour"),
    "lesions": ("lesions_in_remnant_count",),
}


@dataclass(frozen=True, slots=True)
class Touch:
    """What an error says in short, and which numbers it touches.

    - `why`: the cause in few words, for a headline.
    - `numbers`: of any case.
    - `by_segments`: numbers beside them where they are made of segments.
    - `of_map`: numbers where no file of its own draws the liver, which then is the map's.
    - `by_role`: whether the role of the file says which instead.
    - `by_plan`: what it touches where the file is the drawing of a further plan alone.
    - `settled`: whether a reader who accepts it settles it.
    """

    why: str
    numbers: tuple[str, ...]
    by_segments: tuple[str, ...] = ()
    of_map: tuple[str, ...] = ()
    by_role: bool = False
    settled: bool = True
    by_plan: Touch | None = None


def _of_study(why: str, number: str = "function") -> Touch:
    """Touch a number of a study of counts: no look at the images makes it right."""
    return Touch(why, (number,), settled=False)


STALE, OTHER_SEGMENTS = "growth.stale", "growth.other_segments"
WRONG_SIDE = "growth.embolised_remnant"
OF_GROWTH = (STALE, OTHER_SEGMENTS, WRONG_SIDE)
_MIRRORED_TWICE = "the posterior view was mirrored twice"
TOUCHES: Mapping[str, Touch] = {  # every code that a finding of severity error may have
    "case.mask_changed": Touch("a file is not the one that was verified", OF_MASKS, by_role=True),
    "ct.elsewhere": Touch("most of the liver lies outside the CT", OF_MASKS),
    "ct.liver_hu": Touch("the CT shows no liver where the mask is", OF_MASKS),
    "ct.mask_mirrored": Touch("the mask is mirrored or turned against the CT", OF_MASKS),
    "remnant.side": Touch(  # of another plan: the map may be the one that is mirrored
        "the remnant lies on the other side than its segments",
        (*OF_REMNANT, *OF_SEGMENTS),
        by_plan=Touch("", OF_SEGMENTS, OF_REMNANT),
    ),
    "segments.side": Touch("the segments lie on the wrong side", OF_SEGMENTS, OF_REMNANT),
    "labels.interpolated": Touch(
        "the label map was interpolated between its numbers",
        OF_SEGMENTS,
        OF_REMNANT,
        of_map=OF_MASKS,
    ),
    "function.no_uptake": _of_study("the liver took up nothing in the window"),
    "function.posterior_mirrored": _of_study(_MIRRORED_TWICE),
    "function.misregistered": _of_study("the counts do not lie on the liver's mask"),
    "function.mirrored": _of_study("the counts fit the liver better when mirrored"),
    "function.unlike_liver": _of_study("the counts do not look like the drawn liver"),
    "function.moved": _of_study("the patient moved within the study"),
    "function.liver_steps": _of_study("the curve of the liver steps as if the patient moved"),
    "region.turned": _of_study("a region was saved the other way round"),
    "dose.mirrored": _of_study("the counts fit the treated area better when mirrored", "dose"),
    "dose.lungs_beyond": _of_study("lungs lie beyond the SPECT", "dose"),
    "y90.posterior_mirrored": _of_study(_MIRRORED_TWICE, "dose"),
    "y90.regions_swapped": _of_study("most counts are in the lungs", "dose"),
    "tumour.vessel_like": Touch("a vessel was counted as tumour", OF_MASKS),
    # its share answers nothing anyhow while the area is not known to cover the tumour [RESCUE E2]
    "treated.tumour_outside": Touch("the treated area leaves tumour outside", ("dose",)),
    # of growth alone: see `find_withdrawn_growth`
    STALE: Touch("a mask is not the one that was verified", ()),
    OTHER_SEGMENTS: Touch("the remnants of two scans are of different segments", ()),
    WRONG_SIDE: Touch("the embolised segments lie in the remnant", ()),
    "log.tampered": Touch("the log is not what was written", ()),  # told above its entries
}
OF_ROLE: Mapping[str, tuple[str, ...]] = {  # of files that do not touch all numbers of the masks
    "flr": OF_REMNANT,
    "resected": OF_REMNANT,
    "second": OF_REMNANT,  # a second reader's: how far readings of it scatter
    "plan": ("plans",),
    "treated": ("untreated", "dose"),
    "baseline": ("resections",),
    **dict.fromkeys(("dynamic", "curves", "spect", "region", "regions"), ("function",)),
    **dict.fromkeys(("maa", "maa_planar", "maa_spect", "lungs", "lung_ct"), ("dose",)),
}
UNLISTED = Touch("a finding forbids it", OF_MASKS)  # what nobody listed touches all


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A number that is not to be used.

    - `number`: one of `NUMBERS`.
    - `codes`: codes of the errors, each once.
    - `why`: their causes in few words.
    """

    number: str
    codes: tuple[str, ...]
    why: str


NOTHING_WITHDRAWN: Mapping[str, Withdrawn] = MappingProxyType({})


def find_withdrawn(case: Case, measured: Measured) -> tuple[Withdrawn, ...]:
    """Find the numbers of a case that are there and that errors forbid to use."""
    return _find(case, measured.findings, _find_numbers(case, measured))


def _find(case: Case, findings: Iterable[Finding], there: Iterable[str]) -> tuple[Withdrawn, ...]:
    """Find which of the numbers that are there the findings of a case forbid to use."""
    touched: dict[str, list[str]] = {}
    accepted = {one.code for one in case.accepted}
    for finding in (*case.findings, *findings):
        touch = TOUCHES.get(finding.code, UNLISTED)
        lifted = touch.settled and finding.code in accepted
        if finding.severity is Severity.ERROR and not lifted:
            for number in _find_touched(case, finding, touch):
                touched.setdefault(number, []).append(finding.code)
    return tuple(_tell(number, touched[number]) for number in there if number in touched)


def find_withdrawn_growth(
    scans: Iterable[Iterable[Withdrawn]], findings: Iterable[Finding], accepted: Collection[str]
) -> tuple[Withdrawn, ...]:
    """Find whether growth is not to be used: a remnant is not, or the scans make no growth."""
    codes = [
        code
        for scan in scans
        for one in scan
        if one.number in ("volumes", "flr")
        for code in one.codes
    ]
    codes += [
        one.code
        for one in findings
        if one.code in OF_GROWTH and one.severity is Severity.ERROR and one.code not in accepted
    ]
    return (_tell("growth", codes),) if codes else ()


def find_withdrawn_facts(withdrawn: Iterable[Withdrawn], facts: Facts) -> dict[str, Withdrawn]:
    """Find the facts that are unknown because a number was withdrawn; what was typed is known."""
    return {
        fact: one
        for one in withdrawn
        for fact in FACTS.get(one.number, ())
        if facts.get(fact) is None
    }


def withdraw_measured(measured: Measured, withdrawn: Iterable[Withdrawn]) -> Measured:
    """Mark function and dose that are not to be used."""
    names = {one.number for one in withdrawn}
    function, dose = measured.function, measured.dose
    if function is not None and "function" in names:
        measured = replace(measured, function=replace(function, withdrawn=True))
    if dose is not None and "dose" in names:
        measured = replace(measured, dose=replace(dose, withdrawn=True))
    return measured


def withdraw_function(
    case: Case, function: LiverFunction, findings: Iterable[Finding]
) -> LiverFunction:
    """Mark a function by itself where an error of its case forbids to use it."""
    names = {one.number for one in _find(case, (*findings, *function.findings), ("function",))}
    return replace(function, withdrawn="function" in names)


def withdraw_facts(seen: Facts, withdrawn: Iterable[Withdrawn]) -> Facts:
    """Leave out what the images say of withdrawn numbers."""
    gone = {fact for one in withdrawn for fact in FACTS.get(one.number, ())}
    return {fact: value for fact, value in seen.items() if fact not in gone}


def withdraw_stated(stated: Stated, withdrawn: Iterable[Withdrawn]) -> Stated:
    """Leave out typed volumes of withdrawn numbers: typed beside masks, they never decide."""
    return stated.without({key for one in withdrawn for key in TYPED.get(one.number, ())})


def without_withdrawn(keys: Iterable[str], withdrawn: Iterable[Withdrawn]) -> tuple[str, ...]:
    """Leave out input keys that would not help: a volume typed beside masks never decides."""
    gone = {key for one in withdrawn for key in TYPED.get(one.number, ())}
    return tuple(key for key in keys if key not in gone)


def _find_numbers(case: Case, measured: Measured) -> tuple[str, ...]:
    volumes = measured.volumes
    there = {
        "volumes": True,
        "flr": volumes.flr_voxels is not None,
        "untreated": volumes.untreated_voxels is not None,
        "lesions": measured.lesions is not None,
        "resections": measured.segments is not None and _are_found(case),
        "plans": len(measured.planned) > 1,
        "function": measured.function is not None,
        "dose": measured.dose is not None,
    }
    return tuple(number for number in OF_MASKS if there[number])


def _are_found(case: Case) -> bool:
    """Whether resections are found in the map of segments, which `volume` does not ask."""
    from fl_planner.liver.segments.territories import lacks_segments

    return not lacks_segments(case.anatomy)


def _find_touched(case: Case, finding: Finding, touch: Touch) -> tuple[str, ...]:
    roles = [one.role.split()[0] for one in case.inputs if one.file == finding.file]
    if touch.by_plan is not None and {*roles} == {"plan"}:
        touch = touch.by_plan
    if touch.by_role:
        of_roles = [OF_ROLE.get(role, touch.numbers) for role in roles] or [touch.numbers]
        return tuple(dict.fromkeys(number for numbers in of_roles for number in numbers))
    if touch.of_map and not any(one.role == "liver" for one in case.inputs):
        return touch.of_map
    numbers = touch.numbers
    drawn = case.anatomy.flr is not None or case.anatomy.resected is not None
    first = case.operations[0]
    drawn = drawn or (first.transection is not None and not first.remnant_segments)
    if touch.by_segments and not drawn:  # then the first plan's remnant is made of segments
        numbers += touch.by_segments
    if touch.by_segments and case.anatomy.treated_by_segments:
        numbers += ("untreated", "dose")
    return numbers


def _tell(number: str, codes: Iterable[str]) -> Withdrawn:
    every = tuple(dict.fromkeys(codes))
    causes = dict.fromkeys(TOUCHES.get(code, UNLISTED).why for code in every)
    return Withdrawn(number, every, "; ".join(causes))
