"""Numbers that are not to be used, and the errors that affect them [safety.md E1].

A number with an error is shown, but used for no limit, criterion or pathway. It is used again once
a reader accepts an error in the masks and gives a reason (situs inversus, for example, appears
mirrored). An error in a study of counts cannot be accepted: a review of the images does not make
such a number correct.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Case
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.planning.assessment.assess import Measured
    from fl_planner.planning.assessment.function import LiverFunction

NUMBERS = {  # numbers that may be withdrawn, in words
    "volumes": "volumes of liver and tumour",
    "flr": "FLR",
    "untreated": "untreated liver",
    "lesions": "number and size of the lesions",
    "segments": "segments of the label map",
    "resections": "resections",
    "plans": "comparison of plans",
    "function": "function",
    "dose": "lung dose",
}
OF_MASKS = tuple(NUMBERS)
SETTLE_FIRST = "Resolve the errors among the findings, then plan the case again."
OF_REMNANT = ("flr", "function")
OF_SEGMENTS = ("segments", "resections", "plans")
FACTS = {  # number -> the measured facts that depend on it
    "volumes": ("total_liver_volume_ml", "tumour_volume_ml"),
    "flr": (
        *("flr_volume_ml", "flr_fraction"),
        *("flr_after_clearing_volume_ml", "flr_after_clearing_fraction"),
        *("flr_after_clearing_1mm_volume_ml", "flr_after_clearing_1mm_fraction"),
        "lesions_in_remnant_count",
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
TYPED = {  # number -> entered values of it, which never replace those of masks with an error
    "volumes": ("total_liver_volume", "tumour_volume"),
    "flr": (
        *("flr_volume", "flr_after_clearing_volume", "flr_after_clearing_1mm_volume"),
        *("flr_of_nontumorous_liver", "flr_of_whole_liver", "lesions_in_remnant_count"),
    ),
    "untreated": ("treated_nontumorous_volume", "treated_covers_tumour"),
    "lesions": ("lesions_in_remnant_count",),
}


class Touch(Struct, frozen=True):
    """The cause of an error in short, and the numbers that it affects.

    - `why`: the cause in a few words, for a headline.
    - `numbers`: numbers affected in any case.
    - `by_segments`: numbers also affected if they are composed of segments.
    - `of_map`: numbers affected instead if the liver is taken from the label map.
    - `by_role`: whether the affected numbers depend on the role of the file instead.
    - `by_plan`: numbers affected instead if the file only draws a further plan.
    - `settled`: whether acceptance by a reader resolves the error.
    """

    why: str
    numbers: tuple[str, ...]
    by_segments: tuple[str, ...] = ()
    of_map: tuple[str, ...] = ()
    by_role: bool = False
    settled: bool = True
    by_plan: Touch | None = None


def _of_study(why: str, number: str = "function") -> Touch:
    """Return the effect on a number from a study of counts; acceptance does not resolve it."""
    return Touch(why, (number,), settled=False)


STALE, OTHER_SEGMENTS = "growth.stale", "growth.other_segments"
WRONG_SIDE = "growth.embolised_remnant"
OF_GROWTH = (STALE, OTHER_SEGMENTS, WRONG_SIDE)
OF_SIDE = frozenset({"segments.side", "remnant.side"})  # the scan may be mirrored
SPARED, AREA_MISSES = "untreated", "treated.tumour_outside"  # a number, and an error on it
_MIRRORED_TWICE = "the posterior view was mirrored twice"
_UPSIDE_DOWN = "one of the two views is upside down"
TOUCHES: Mapping[str, Touch] = {  # every code of a finding of severity error
    "case.mask_changed": Touch("a file has changed since it was verified", OF_MASKS, by_role=True),
    "contours.other_slice": Touch("the contours name the wrong CT slices", OF_MASKS),
    "ct.elsewhere": Touch("most of the liver mask is outside the CT", OF_MASKS),
    "ct.liver_hu": Touch("the CT does not show liver at the mask position", OF_MASKS),
    "ct.mask_mirrored": Touch("the mask is mirrored or rotated relative to the CT", OF_MASKS),
    "remnant.side": Touch(  # in another plan the map itself may be mirrored
        "the remnant is on the opposite side to its segments",
        (*OF_REMNANT, *OF_SEGMENTS),
        by_plan=Touch("", OF_SEGMENTS, OF_REMNANT),
    ),
    "segments.side": Touch("the segments are on the wrong side", OF_SEGMENTS, OF_REMNANT),
    "labels.interpolated": Touch(
        "the label map was resampled with interpolation", OF_SEGMENTS, OF_REMNANT, of_map=OF_MASKS
    ),
    "function.no_uptake": _of_study("no liver uptake in the time window"),
    "function.posterior_mirrored": _of_study(_MIRRORED_TWICE),
    "function.view_upside_down": _of_study(_UPSIDE_DOWN),
    "function.misregistered": _of_study("the counts are not registered to the liver mask"),
    "function.mirrored": _of_study("the counts fit the liver better when mirrored"),
    "function.unlike_liver": _of_study("the counts do not match the liver mask"),
    "function.moved": _of_study("the patient moved during the study"),
    "function.liver_steps": _of_study("the liver curve has a step that suggests motion"),
    "region.turned": _of_study("a region was saved upside down or mirrored"),
    "dose.mirrored": _of_study("the counts fit the treated area better when mirrored", "dose"),
    "dose.lungs_beyond": _of_study("the lungs extend beyond the SPECT", "dose"),
    "y90.posterior_mirrored": _of_study(_MIRRORED_TWICE, "dose"),
    "y90.view_upside_down": _of_study(_UPSIDE_DOWN, "dose"),
    "y90.region_mirrored": _of_study("a region was saved mirrored", "dose"),
    "y90.regions_swapped": _of_study("most counts are in the lungs", "dose"),
    "tumour.vessel_like": Touch("a vessel was counted as tumour", OF_MASKS),
    # of the untreated share: see `find_unusable`
    "treated.tumour_outside": Touch("part of the tumour is outside the treated area", ("dose",)),
    # for growth only: see `find_withdrawn_growth`
    STALE: Touch("a mask has changed since it was verified", ()),
    OTHER_SEGMENTS: Touch("the remnants on two scans consist of different segments", ()),
    WRONG_SIDE: Touch("the embolised segments are in the remnant", ()),
    "log.tampered": Touch("the log was altered after it was written", ()),  # shown above it
}
OF_ROLE: Mapping[str, tuple[str, ...]] = {  # of files that do not affect all numbers of the masks
    "flr": OF_REMNANT,
    "resected": OF_REMNANT,
    "second": OF_REMNANT,  # a second reader's mask: the spread between readings
    "plan": ("plans",),
    "treated": ("untreated", "dose"),
    "baseline": ("resections",),
    **dict.fromkeys(("dynamic", "curves", "spect", "region", "regions"), ("function",)),
    **dict.fromkeys(("maa", "maa_planar", "maa_spect", "lungs", "lung_ct"), ("dose",)),
}
UNLISTED = Touch("an error among the findings", OF_MASKS)  # an unlisted code affects all numbers


class Withdrawn(Struct, frozen=True):
    """A number that is not to be used.

    - `number`: one of `NUMBERS`.
    - `codes`: codes of the errors, each once.
    - `why`: their causes in a few words.
    """

    number: str
    codes: tuple[str, ...]
    why: str


NOTHING_WITHDRAWN: Mapping[str, Withdrawn] = MappingProxyType({})


def find_withdrawn(case: Case, measured: Measured) -> tuple[Withdrawn, ...]:
    """List the available numbers of a case that are not to be used because of errors."""
    return _find(case, measured.findings, _find_numbers(case, measured))


def find_unusable(case: Case, measured: Measured) -> tuple[Withdrawn, ...]:
    """List the numbers to be marked where they are shown: those withdrawn, and one more.

    An area that misses tumour overestimates the untreated liver. The criteria know this and answer
    no limit, so no fact is withdrawn; but the number is not to be used either [RESCUE E2].
    """
    withdrawn = find_withdrawn(case, measured)
    known = measured.volumes.untreated_voxels is not None
    missed = AREA_MISSES in {finding.code for finding in measured.findings}
    accepted = AREA_MISSES in {acceptance.code for acceptance in case.accepted}
    if not (known and missed) or accepted or SPARED in {one.number for one in withdrawn}:
        return withdrawn
    every = (*withdrawn, _withdraw(SPARED, (AREA_MISSES,)))
    return tuple(sorted(every, key=lambda one: OF_MASKS.index(one.number)))


def may_be_mirrored(case: Case, measured: Measured) -> bool:
    """Check for an unresolved error in a side: lesions may then be at the site of others."""
    return any(finding.code in OF_SIDE for finding in _find_errors(case, measured.findings))


def _find_errors(case: Case, findings: Iterable[Finding]) -> Iterable[Finding]:
    """List the errors that no acceptance resolves."""
    accepted = {acceptance.code for acceptance in case.accepted}
    for finding in (*case.findings, *findings):
        lifted = TOUCHES.get(finding.code, UNLISTED).settled and finding.code in accepted
        if finding.severity is Severity.ERROR and not lifted:
            yield finding


def _find(case: Case, findings: Iterable[Finding], there: Iterable[str]) -> tuple[Withdrawn, ...]:
    """List the available numbers that are not to be used because of errors."""
    touched: dict[str, list[str]] = {}
    for finding in _find_errors(case, findings):
        for number in _find_touched(case, finding, TOUCHES.get(finding.code, UNLISTED)):
            touched.setdefault(number, []).append(finding.code)
    return tuple(_withdraw(number, touched[number]) for number in there if number in touched)


def find_withdrawn_growth(
    scans: Iterable[Iterable[Withdrawn]], findings: Iterable[Finding], accepted: Collection[str]
) -> tuple[Withdrawn, ...]:
    """Return growth that is not to be used, with errors in a remnant or between the scans."""
    codes = [
        code
        for scan in scans
        for number in scan
        if number.number in ("volumes", "flr")
        for code in number.codes
    ]
    errors = (finding.code for finding in findings if finding.severity is Severity.ERROR)
    codes += [code for code in errors if code in OF_GROWTH and code not in accepted]
    return (_withdraw("growth", codes),) if codes else ()


def map_withdrawn_facts(withdrawn: Iterable[Withdrawn], facts: Facts) -> dict[str, Withdrawn]:
    """Map the facts that are unknown because a number was withdrawn; entered facts are known."""
    return {
        fact: number
        for number in withdrawn
        for fact in FACTS.get(number.number, ())
        if facts.get(fact) is None
    }


def withdraw_measured(measured: Measured, withdrawn: Iterable[Withdrawn]) -> Measured:
    """Mark function and dose that are not to be used."""
    names = {number.number for number in withdrawn}
    function, dose = measured.function, measured.dose
    if function is not None and "function" in names:
        measured = structs.replace(measured, function=replace(function, withdrawn=True))
    if dose is not None and "dose" in names:
        measured = structs.replace(measured, dose=replace(dose, withdrawn=True))
    return measured


def withdraw_function(
    case: Case, function: LiverFunction, findings: Iterable[Finding]
) -> tuple[LiverFunction, tuple[Withdrawn, ...]]:
    """Mark a function, measured without a plan, that is not to be used because of an error.

    The numbers that are not to be used are listed, also those of the counts by segment.
    """
    by_segment = function.spect is not None and bool(function.spect.segments)
    there = (*(("volumes", "segments") if by_segment else ()), "function")
    withdrawn = _find(case, (*findings, *function.findings), there)
    wrong = any(one.number == "function" for one in withdrawn)
    return replace(function, withdrawn=wrong), withdrawn


def withdraw_study(
    function: LiverFunction, findings: Iterable[Finding], accepted: Collection[str]
) -> tuple[LiverFunction, tuple[Withdrawn, ...]]:
    """Mark a function measured without masks; `accepted`: codes of the accepted findings."""
    codes = [
        finding.code
        for finding in (*findings, *function.findings)
        if finding.severity is Severity.ERROR
        if not (TOUCHES.get(finding.code, UNLISTED).settled and finding.code in accepted)
    ]
    withdrawn = (_withdraw("function", codes),) if codes else ()
    return replace(function, withdrawn=bool(codes)), withdrawn


def withdraw_facts(seen: Facts, withdrawn: Iterable[Withdrawn]) -> Facts:
    """Omit the measured facts that depend on withdrawn numbers."""
    gone = {fact for number in withdrawn for fact in FACTS.get(number.number, ())}
    return {fact: value for fact, value in seen.items() if fact not in gone}


def withdraw_stated(stated: Stated, withdrawn: Iterable[Withdrawn]) -> Stated:
    """Omit entered volumes of withdrawn numbers, which never replace those of masks."""
    return stated.without(_entered(withdrawn))


def without_withdrawn(keys: Iterable[str], withdrawn: Iterable[Withdrawn]) -> tuple[str, ...]:
    """Omit the input keys of these volumes."""
    gone = _entered(withdrawn)
    return tuple(key for key in keys if key not in gone)


def _entered(withdrawn: Iterable[Withdrawn]) -> set[str]:
    return {key for number in withdrawn for key in TYPED.get(number.number, ())}


def _find_numbers(case: Case, measured: Measured) -> tuple[str, ...]:
    volumes = measured.volumes
    there = {
        "volumes": True,
        "flr": volumes.flr_voxels is not None,
        "untreated": volumes.untreated_voxels is not None,
        "lesions": measured.lesions is not None,
        "segments": measured.segments is not None,
        "resections": measured.segments is not None and _are_found(case),
        "plans": len(measured.planned) > 1,
        "function": measured.function is not None,
        "dose": measured.dose is not None,
    }
    return tuple(number for number in OF_MASKS if there[number])


def _are_found(case: Case) -> bool:
    """Check whether the map contains the segments for resections; `volume` does not require it."""
    from fl_planner.liver.segments.territories import lacks_segments

    return not lacks_segments(case.anatomy)


def _find_touched(case: Case, finding: Finding, touch: Touch) -> tuple[str, ...]:
    roles = [file.role.split()[0] for file in case.inputs if file.file == finding.file]
    if touch.by_plan is not None and {*roles} == {"plan"}:
        touch = touch.by_plan
    if touch.by_role:
        of_roles = [OF_ROLE.get(role, touch.numbers) for role in roles] or [touch.numbers]
        return tuple(dict.fromkeys(number for numbers in of_roles for number in numbers))
    if touch.of_map and not any(file.role == "liver" for file in case.inputs):
        return touch.of_map
    numbers = touch.numbers
    drawn = case.anatomy.flr is not None or case.anatomy.resected is not None
    first = case.operations[0]
    drawn = drawn or (first.transection is not None and not first.remnant_segments)
    if touch.by_segments and not drawn:  # the first plan's remnant is then made of segments
        numbers += touch.by_segments
    if touch.by_segments and case.anatomy.treated_by_segments:
        numbers += ("untreated", "dose")
    return numbers


def _withdraw(number: str, codes: Iterable[str]) -> Withdrawn:
    every = tuple(dict.fromkeys(codes))
    causes = dict.fromkeys(TOUCHES.get(code, UNLISTED).why for code in every)
    return Withdrawn(number, every, "; ".join(causes))
