"""The summary always shown on the page: FLR and limits, pathway, warnings and lesions.

Every text is taken from the report; the numbers of the bar only determine the positions of its
marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.standing_words import UNDECIDED
from fl_planner.liver.names.structures import TreeName, as_roman
from fl_planner.planning.volume_pathway.pathway_rows import BY_NAME, describe_row
from fl_planner.record.anatomy import LesionRecord
from fl_planner.record.files.origin import as_mask_origin
from fl_planner.record.head import NOT_ANSWERED, find_why, mark, state_accepted
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.findings import split_by_acceptance
from fl_planner.report.page.values import LIMITS, VOLUMES, find_concerns
from fl_planner.report.picture.slices.plan import with_halves
from fl_planner.report.picture.slices.sections import list_surroundings
from fl_planner.report.vessel_words import (
    NOT_DETERMINED,
    OF_MAP,
    OF_REMNANT,
    list_supply_states,
    list_unknown_supply,
)
from fl_planner.report.words import NOT_GIVEN
from fl_planner.space.mask import join_authors, join_carried_mm, unite
from fl_planner.web.dossier.limit_lines import (
    CLEARED,
    ENTERED,
    ShownLimit,
    find_entered,
    fold_limits,
    list_fates,
    name_trials,
)
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.sign_off import VERIFIED, find_signed_day

PARTS = {"liver": "liver", "tumour": "tumour", "remnant": "flr"}
NEAR = (VOLUMES, LIMITS)  # cards of the report with the numbers of the strip
IN_BRACKETS = re.compile(r" \([^()]*\)")
OF_BOTH = "Portal inflow and venous outflow of the remnant"
CM_LIMITS = (3, 4, 8)  # sizes of lesions in limits of trials, cm
SupplyRow = tuple[str, str, str]  # name, state, finding that gives the reason


def describe_strip(case: PlannedCase) -> dict[str, Any]:
    """Describe the strip of a planned case."""
    record = case.record
    judged = record.judged
    open_, _ = split_by_acceptance(record.findings)
    signed = record.case.reading.status == VERIFIED
    return {
        "share": _share(case),
        "fates": [*_list_fates(record)],
        "lesions_open": _count_open(record),
        "signed": _state_sign_off(case),
        "signed_despite": f"findings not accepted: {len(open_)}" if signed and open_ else "",
        "answer": phrases.sentence(_name_pathway(case)),
        "pathway": phrases.sentence(judged.pathway.headline),
        "accepted": state_accepted(record.findings).removeprefix(", "),
        "route": phrases.sentence(judged.route.headline),
        "undecided": len(judged.route.pending),
        "open_trials": sum(one.applies and one.shown == UNDECIDED for one in judged.trials),
        "warnings": _warnings(record),
        "seen": [phrases.describe_finding(one) for one in split_by_acceptance(record.findings)[1]],
        "supply": [*_list_supply(case)],
        "lesions": [*_lesions(case)],
        "volumes": dict(_volumes(case)),
        "origins": dict(_origins(case)),
    }


def find_undetermined(case: PlannedCase) -> dict[TreeName, tuple[str, str]]:
    """Find why drawn trees give no territories: the reason, and the finding that states it.

    The reason is the first sentence of the finding. The finding is written as in the results; ""
    if it is not among them.
    """
    vessels = case.plan.measured.vessels
    by_message = {one.message: one for one in case.record.findings}
    found: dict[TreeName, tuple[str, str]] = {}
    for tree, why in () if vessels is None else vessels.undetermined.items():
        one = by_message.get(why)
        sentence = "" if one is None else phrases.describe_finding(one)
        reason, _, _ = why.removeprefix(f"{one.file if one else ''}: ").partition(". ")
        found[tree] = reason, sentence
    return found


def list_draft_supply(case: PlannedCase, trees: Iterable[str]) -> Iterator[dict[str, str]]:
    """List the rows of inflow and outflow in the table of drafts.

    - `trees`: those whose branches can be cut; the state of a draft is computed later.
    """
    undetermined = find_undetermined(case)
    whys = {tree: why for tree, (why, _) in undetermined.items()}
    sentences = {OF_REMNANT[tree]: sentence for tree, (_, sentence) in undetermined.items()}
    unknown = list_unknown_supply(case.record.vessels, whys)
    names = {tree: name for tree, name in OF_REMNANT.items() if tree in {*unknown, *trees}}
    rows = [
        (
            name,
            f"{NOT_DETERMINED}: {unknown[tree]}" if tree in unknown else "",
            sentences.get(name, ""),
        )
        for tree, name in names.items()
    ]
    for tree, (name, state, finding) in zip(names, _unite_equal(rows), strict=False):
        yield {"tree": tree, "name": name, "state": state, "finding": finding}


def _list_supply(case: PlannedCase) -> Iterator[SupplyRow]:
    """List whether the remnant keeps inflow and outflow, with the finding that gives the reason."""
    undetermined = find_undetermined(case)
    sentences = {OF_REMNANT[tree]: sentence for tree, (_, sentence) in undetermined.items()}
    states = list_supply_states(case.record, {tree: why for tree, (why, _) in undetermined.items()})
    yield from _unite_equal([(name, state, sentences.get(name, "")) for name, state in states])


def _unite_equal(rows: list[SupplyRow]) -> list[SupplyRow]:
    """Unite the rows of both trees if neither is determined for the same reason."""
    same = len(rows) > 1 and len({state for _, state, _ in rows}) == 1
    if same and rows[0][1].startswith(NOT_DETERMINED):
        return [(OF_BOTH, *rows[0][1:])]
    return rows


def _state_sign_off(case: PlannedCase) -> str:
    """State whether the case is signed off, by whom and when."""
    reading, day = case.record.case.reading, find_signed_day(case.text)
    if reading.status != VERIFIED:
        return "draft, not signed off"
    return (
        f"verified by {reading.reader}"
        if day is None
        else f"signed off by {reading.reader} on {day}"
    )


def _name_pathway(case: PlannedCase) -> str:
    """Name the pathway in one line; its full text has sources and numbers."""
    plan = case.plan
    row = BY_NAME[plan.pathway.row]
    return IN_BRACKETS.sub("", describe_row(row, plan.judged.facts, plan.grounds.protocols))


def _list_fates(record: PlanRecord) -> Iterator[str]:
    """List the lesions that the plan crosses or leaves: "leaves L4"; none if they are withdrawn."""
    fates = record.case.plan.fates.lesions
    if fates is not None and not mark(record, "flr", "lesions"):
        yield from list_fates(fates.cut, fates.left)


def _count_open(record: PlanRecord) -> int:
    """Count the lesions of `_list_fates`."""
    fates = record.case.plan.fates.lesions
    return len({*fates.cut, *fates.left}) if fates is not None and [*_list_fates(record)] else 0


def _share(case: PlannedCase) -> dict[str, Any]:
    """Describe the main share: the FLR, or otherwise the untreated liver.

    - `no_plan`: whether there is no share yet, so that a draft is not a plan either.
    """
    record, entered = case.record, find_entered(case)
    found = record.volumes.find_share
    other = entered is None and found("flr") is None and found("untreated") is not None
    name = "untreated" if other else "flr"
    named = {
        "name": "Future liver remnant" if name == "flr" else phrases.sentence(phrases.SIDES[name])
    }
    if (why := find_why(record, name)) is not None:
        return {**named, "percent": NOT_ANSWERED, "note": why}
    if entered is not None:
        shown = {"percent": entered.percent, "ml": entered.ml, "note": ENTERED}
        return {**named, **shown, **_limits(entered.limits), "chance_note": entered.scatter}
    if (share := found(name)) is None:
        return {**named, "percent": NOT_GIVEN, "note": "", "no_plan": True}
    ml, percent = share
    sides = ("flr", CLEARED) if name == "flr" else (name,)
    near = [one for one in record.thresholds if any(map(one.is_on, sides))]
    ratio = record.ratios.by_part.get(name)
    return {
        **named,
        "percent": f"{percent.shown} %",
        "ml": as_ml(ml),
        "note": f"of the {record.volumes.whole}",
        "interval": phrases.interval(record, name),
        **_limits(map(ShownLimit.of, near)),
        "bar": None if ratio is None else {"at": percent.value, "ends": ratio.ends_percent},
    }


def _limits(limits: Iterable[ShownLimit]) -> dict[str, Any]:
    """Describe the limits line by line, and the trials that set them."""
    lines = fold_limits(limits)
    return {"limits": lines, "limits_of": name_trials(lines)}


def _warnings(record: PlanRecord) -> list[dict[str, str]]:
    """List errors and warnings that were not accepted; those about the share come first."""
    near = {one.sentence for one in find_concerns(record) if one.card in NEAR}
    open_, _ = split_by_acceptance(record.findings)
    listed = [{"severity": one.severity, "says": phrases.describe_finding(one)} for one in open_]
    return sorted(listed, key=lambda one: (one["severity"] != "error", one["says"] not in near))


def _lesions(case: PlannedCase) -> Iterator[dict[str, Any]]:
    """List the lesions with size, segments, and their margin or fate under the plan."""
    record = case.record
    if mark(record, "lesions"):
        return
    fates = None if mark(record, "flr") else record.case.plan.fates.lesions
    usable = () if mark(record, "flr") else record.case.plan.margins
    margins = {one.lesion: one.margin_mm for one in usable}
    for one in record.tumour.lesions or ():
        fate = ""
        if fates is not None and one.number in fates.left:
            fate = "not removed"
        elif fates is not None and one.number in fates.cut:
            fate = "cut through"
        margin = margins.get(one.number)
        yield {
            "name": f"L{one.number}",
            "cm": as_number(one.axial_diameter_mm / 10, CM_LIMITS),
            "ml": as_ml(one.volume_ml),
            "segments": "" if mark(record, *OF_MAP) else ", ".join(_segments(one)),
            "margin": fate if margin is None else phrases.margin(margin),
            "margin_mm": None if fate else margin,
        }


def _segments(lesion: LesionRecord) -> Iterable[str]:
    return (as_roman(part.name) for part in lesion.segments or ())


def _volumes(case: PlannedCase) -> Iterator[tuple[str, str]]:
    """List the volume of each drawn structure by its key in the pictures."""
    record, anatomy = case.record, with_halves(case.plan)
    for key, part in PARTS.items():
        ml = getattr(record.volumes.volumes_ml, part)
        hidden = mark(record, "flr") if key == "remnant" else mark(record, "volumes")
        if ml is not None and not hidden:
            yield key, as_ml(ml)
    if anatomy.treated is not None and not mark(record, "volumes"):
        yield "treated", as_ml((anatomy.organ & anatomy.treated).volume_ml)  # as it is drawn
    for segment in () if mark(record, *OF_MAP) else record.segments or ():
        yield f"segment {segment.name}", as_ml(segment.volume_ml)
    for key, masks in list_surroundings(anatomy).items():
        yield key, as_ml(unite(masks).volume_ml)


def _origins(case: PlannedCase) -> Iterator[tuple[str, str]]:
    """List how each structure was made, by its key in the pictures."""
    anatomy, masks = with_halves(case.plan), case.record.volumes.masks
    drawn = masks.flr or masks.resected
    named = {"liver": masks.liver, "tumour": masks.tumour, "segments": masks.segments}
    for key, one in {**named, "treated": masks.treated, "remnant": drawn}.items():
        if one is not None:
            yield key, one.shown
    for key, parts in list_surroundings(anatomy).items():
        joined = replace(parts[0], author=join_authors(parts), carried_mm=join_carried_mm(parts))
        yield key, as_mask_origin(joined).shown
