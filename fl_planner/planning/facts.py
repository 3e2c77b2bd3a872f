"""Derive the exact facts for the trials from a case and its measurements."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import structs

from fl_planner.basis.constants import DISAGREEING_PERCENT, PRESENT, Diagnosis
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share, as_ml, as_plain
from fl_planner.basis.standing_words import CARRIED_FROM_ANOTHER_SCAN
from fl_planner.basis.units import ML_IN_L, MM3_IN_ML
from fl_planner.liver.all_resections import CAUDATE
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import as_roman, name_segments
from fl_planner.liver.remnant import Remnant, find_carried_mm, find_reading_origin
from fl_planner.liver.scatter.crossing_chance import Origin, Scatter, default_scatter
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR, Exactness, LimitedShare
from fl_planner.planning.given.case import Case
from fl_planner.trials.convert import convert_stated
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.facts.quantities import name_fact
from fl_planner.trials.statements import Amount, Stated

LATERAL = ("2", "3")  # the left lateral section, with larger differences between readers
MOSTLY_PERCENT = 95  # of a drawn remnant in the lateral section, to count as lateral
TYPED = {  # input name of a volume -> the corresponding measured fact
    "total_liver_volume": "total_liver_volume_ml",
    "tumour_volume": "tumour_volume_ml",
    "flr_volume": "flr_volume_ml",
    "treated_nontumorous_volume": "treated_nontumorous_volume_ml",
    "flr_after_clearing_volume": "flr_after_clearing_volume_ml",
    "flr_after_clearing_1mm_volume": "flr_after_clearing_1mm_volume_ml",
    "baseline_nontumorous_volume": "baseline_nontumorous_volume_ml",  # of an earlier scan
}
ANSWERED = {  # other facts that are entered and measured, in words
    "lesions_in_remnant_count": "lesions left in the remnant",
    "treated_covers_tumour": "tumour covered by the treated area",
}
OTHER: Diagnosis = "other"  # neither cancer
COVERS, AFTER = "treated_covers_tumour", "flr_after_clearing"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
FLR_FUNCTION = "flr_function_pct_per_min_per_m2"
MARGIN_KEY, MARGIN = "clearing_margin", "clearing_margin_mm"
ML_PER_UNIT = {"mL": Fraction(1), "L": ML_IN_L, "mm3": 1 / MM3_IN_ML}


def state_case(case: Case) -> Stated:
    """Return the stated facts of a case, with those that follow from its diagnosis."""
    return state_diagnosis(case.diagnosis, case.stated)


def state_diagnosis(diagnosis: Diagnosis | None, stated: Stated) -> Stated:
    """Add the facts that follow from the diagnosis; stated facts take precedence.

    If they contradict the diagnosis, only the facts on which both agree remain [trials.md 1]. A
    second cancer does not contradict it.
    """
    if stated.contradicted is not None:
        return stated
    facts = _of_diagnosis(diagnosis)
    if not contradicts(diagnosis, stated):
        return Stated(facts).overlaid(stated)
    apart = [fact for fact, there in facts.items() if stated.values.get(fact) is not there]
    return structs.replace(stated.without(apart), contradicted=diagnosis)


def contradicts(diagnosis: Diagnosis | None, stated: Stated) -> bool:
    """Check whether facts state that the diagnosed cancer is absent, or one although none is."""
    facts, values = _of_diagnosis(diagnosis), stated.values
    denied = any(there and values.get(fact) is False for fact, there in facts.items())
    return denied or (diagnosis == OTHER and any(values.get(fact) is True for fact in facts))


def _of_diagnosis(diagnosis: Diagnosis | None) -> dict[str, bool]:
    return {fact: cancer == diagnosis for cancer, fact in PRESENT.items()} if diagnosis else {}


def state_measured(measured: Measured) -> Facts:
    """Return the measured facts: volumes, fractions, lesions, function, dose.

    No fraction is returned without information on the tumour: the denominator of every trial is the
    non-tumorous liver, which is then unknown.
    """
    facts: dict[str, Value | None] = {}
    volumes, function = measured.volumes, measured.function
    if measured.dose is not None and measured.dose.lung_dose_gy is not None:
        facts[LUNG_DOSE] = measured.dose.lung_dose_gy
    voxel_ml = volumes.exact_voxel_ml
    facts["total_liver_volume_ml"] = volumes.liver_voxels * voxel_ml
    if volumes.flr_voxels is not None:
        facts["flr_volume_ml"] = volumes.flr_voxels * voxel_ml
    if volumes.untreated_voxels is not None:
        treated = volumes.nontumorous_voxels - volumes.untreated_voxels
        facts["treated_nontumorous_volume_ml"] = treated * voxel_ml
    if volumes.tumour_voxels is None:
        return facts
    # an undeclared tumour would count as liver tissue in both sums of the counts
    if function is not None and function.usable and function.flr_per_min_m2 is not None:
        facts[FLR_FUNCTION] = function.flr_per_min_m2
    facts["tumour_volume_ml"] = volumes.tumour_voxels * voxel_ml
    if volumes.flr_share is not None:
        facts["flr_fraction"] = volumes.flr_share.fraction
    if volumes.untreated_share is not None:
        facts["untreated_nontumorous_fraction"] = volumes.untreated_share.fraction
    if (clearing := measured.clearing) is not None:
        facts["lesions_in_remnant_count"] = Fraction(len(clearing.numbers))
        facts["flr_after_clearing_volume_ml"] = clearing.after.numerator_voxels * voxel_ml
        facts["flr_after_clearing_fraction"] = clearing.after.fraction
        facts["clearing_margin_mm"] = Fraction(str(clearing.margin_mm))
        if clearing.after_1mm is not None:
            facts["flr_after_clearing_1mm_volume_ml"] = (
                clearing.after_1mm.numerator_voxels * voxel_ml
            )
            facts["flr_after_clearing_1mm_fraction"] = clearing.after_1mm.fraction
    if measured.untreated_tumour is not None:
        facts[COVERS] = measured.untreated_tumour.covered
    if measured.lesions is not None:
        facts["lesion_count"] = Fraction(measured.lesions.count)
        facts["largest_lesion_mask_cm"] = measured.lesions.largest_cm
    return facts


def choose_scatters(anatomy: Anatomy, measured: Measured) -> dict[str, Scatter]:
    """Choose the scatter between readings of each share: `flr`, `untreated`."""
    scatters: dict[str, Scatter] = {}
    origin: Origin
    if measured.remnant is not None:
        lateral = _is_lateral(anatomy, measured.remnant)
        origin = measured.reading_origin or find_reading_origin(measured.remnant)
        scatters["flr"] = default_scatter(origin, only_2_and_3_remain=lateral)
    if anatomy.treated is not None:
        author = anatomy.treated.author
        by_segments = anatomy.treated_by_segments or (author is not None and author.is_of_segments)
        automatic = author is not None and author.method == "automatic"
        origin = "automatic" if automatic else "segments" if by_segments else "drawn"
        scatters["untreated"] = default_scatter(origin)
    return scatters


def compute_spreads(anatomy: Anatomy, measured: Measured) -> dict[str, Spread]:
    """Compute the spread between readings of each share, due to readers and to the masks.

    A second reader's masks and a centre's reading error apply to the remnant; published figures
    apply to the untreated share. Clearing does not change the cut, nor the difference between
    readings of it in mL.
    """
    spreads, scatters = {}, choose_scatters(anatomy, measured)
    if AFTER in measured.exactness:
        scatters[AFTER] = scatters["flr"]
    for name, scatter in scatters.items():
        exact = measured.exactness.get(name, Exactness(0.0))
        second = None if name == "untreated" or measured.second is None else measured.second
        read = None if second is None else second.relative_sd
        carried = _carry(measured) if name == AFTER else Fraction(1)
        own = None if name == "untreated" else measured.own_error
        spreads[name] = Spread(
            scatter, exact.sd, read, exact.widening, carried, exact.registration, own
        )
    return spreads


def _carry(measured: Measured) -> Fraction:
    volumes, clearing = measured.volumes, measured.clearing
    assert clearing is not None  # measured together with the exactness
    return carry_spread(volumes.flr_voxels or 0, clearing.after)


def carry_spread(drawn: int, after: Share) -> Fraction:
    """Compute the ratio of the remnant to the remnant after clearing; 1 if nothing is left."""
    kept = after.numerator_voxels
    return Fraction(drawn, kept) if kept else Fraction(1)


def limit_shares(anatomy: Anatomy, measured: Measured, facts: Facts) -> tuple[LimitedShare, ...]:
    """Return the shares on which trials set limits; none if the tumour is not known.

    No limit applies to an area that is not known to cover the tumour [trials.md, RESCUE E2].
    """
    volumes = measured.volumes
    if volumes.tumour_voxels is None:
        return ()
    spreads = compute_spreads(anatomy, measured)
    clearing = measured.clearing
    shares = {
        "flr": (FLR, volumes.flr_share),
        AFTER: (AFTER_CLEARING, clearing.after if clearing and clearing.numbers else None),
        "untreated": (
            "untreated_nontumorous_fraction",
            volumes.untreated_share if facts.get(COVERS) is True else None,
        ),
    }
    return tuple(
        LimitedShare(
            fact,
            share,
            volumes.voxel_ml,
            spreads[name].relative_sd,
            read_twice=spreads[name].is_of_two,
        )
        for name, (fact, share) in shares.items()
        if share is not None and facts.get(fact) is not None
    )


def find_entered_difference(stated: Stated, measured: Facts) -> tuple[Finding, ...]:
    """Find entered values that differ from the masks; the masks are used."""
    found = [*_answered_apart(stated, measured), *_margin_apart(stated, measured)]
    for name, fact in TYPED.items():
        typed, drawn = stated.values.get(name), measured.get(fact)
        if not (isinstance(typed, Amount) and isinstance(drawn, Fraction)):
            continue
        if typed.unit not in ML_PER_UNIT:
            continue
        typed_ml = typed.value * ML_PER_UNIT[typed.unit]
        if 100 * abs(typed_ml - drawn) > DISAGREEING_PERCENT * drawn:
            message = (
                f"{name_fact(fact)}: {as_ml(typed_ml)} entered, {as_ml(drawn)} measured from "
                "the masks; the masks are used"
            )
            apart, file = float(typed_ml - drawn), stated.files.get(name)
            found.append(
                Finding("evidence.typed_apart", Severity.WARNING, message, file, apart, "mL")
            )
    return tuple(found)


def describe_drawing(anatomy: Anatomy, remnant: Remnant) -> str:
    """Describe the drawing of an FLR, and whether it includes segment I, if a map has it.

    A caudate lobe with at least 95 % inside or outside the remnant counts as wholly inside or
    outside.
    """
    carried = find_carried_mm(anatomy, remnant) is not None
    mark = f", {CARRIED_FROM_ANOTHER_SCAN}" if carried else ""
    composed = remnant.outline == "segments"
    drawing = "remnant from a mask composed of segments" if composed else "remnant as drawn"
    drawing = f"remnant {CARRIED_FROM_ANOTHER_SCAN}" if carried else drawing
    cut = "" if remnant.transection is None else remnant.transection.describe()
    if remnant.is_cut:
        drawing = f"remnant cut by {cut}{mark}"
    if remnant.origin == "segments":
        drawing = f"remnant: {name_segments(remnant.segments)}{mark}"
        drawing += f", cut by {cut}" if cut else ""
        if CAUDATE in remnant.segments and not cut:
            return drawing
    caudate = anatomy.segments.get(CAUDATE)
    if caudate is None or not caudate.voxel_count:
        return drawing
    percent = 100 * (remnant.mask & caudate).voxel_count / caudate.voxel_count
    extent = "with part of"
    if percent >= MOSTLY_PERCENT:
        extent = "with"
    elif percent <= 100 - MOSTLY_PERCENT:
        extent = "without"
    return f"{drawing}, {extent} segment {as_roman(CAUDATE)}"


def find_followed_segments(anatomy: Anatomy, remnant: Remnant) -> frozenset[str]:
    """Find the segments that a drawn remnant consists of; empty if it cuts through one.

    As of the caudate lobe, at least 95 % of a segment's non-tumorous liver count as all of it.
    """
    kept = set[str]()
    for name, segment in anatomy.segments.items():
        liver = segment & anatomy.nontumorous
        inside, every = 100 * (remnant.mask & liver).voxel_count, liver.voxel_count
        if (100 - MOSTLY_PERCENT) * every < inside < MOSTLY_PERCENT * every:
            return frozenset()
        if every and inside >= MOSTLY_PERCENT * every:
            kept.add(name)
    return frozenset(kept)


def _answered_apart(stated: Stated, measured: Facts) -> Iterator[Finding]:
    for name, words in ANSWERED.items():
        typed, seen = stated.values.get(name), measured.get(name)
        if typed is not None and seen is not None and typed != seen:
            values = f"{_format(typed)} entered, {_format(seen)} according to the masks"
            message, file = f"{words}: {values}; the masks are used", stated.files.get(name)
            yield Finding("evidence.typed_apart", Severity.WARNING, message, file)


def _margin_apart(stated: Stated, measured: Facts) -> Iterator[Finding]:
    """Find an entered clearing margin that is not the one measured with."""
    typed, used = stated.values.get(MARGIN_KEY), measured.get(MARGIN)
    if not (isinstance(typed, Amount) and isinstance(used, Fraction)):
        return
    typed_mm = convert_stated(Stated({MARGIN_KEY: typed})).amounts.get(MARGIN_KEY)
    if typed_mm is None or typed_mm == used:
        return
    values = f"{as_plain(typed_mm)} mm entered, {as_plain(used)} mm used with the masks"
    message, file = f"clearing margin: {values}; the latter applies", stated.files.get(MARGIN_KEY)
    apart = float(typed_mm - used)
    yield Finding("evidence.typed_apart", Severity.WARNING, message, file, apart, "mm")


def _format(answer: object) -> str:
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else str(answer)


def _is_lateral(anatomy: Anatomy, remnant: Remnant) -> bool:
    """Check whether only segments 2 and 3 remain, by their names or by the drawing."""
    if remnant.segments:
        return set(remnant.segments) <= set(LATERAL)
    lateral = sum(
        (remnant.mask & anatomy.segments[name]).voxel_count
        for name in LATERAL
        if name in anatomy.segments
    )
    return is_lateral(lateral, remnant.mask.voxel_count)


def is_lateral(lateral: int, drawn: int) -> bool:
    """Check whether a drawing is in the left lateral section, from its voxel counts."""
    return 100 * lateral >= MOSTLY_PERCENT * drawn
