"""Words for the codes and numbers of a record, the same in terminal, page and pictures.

Words that other rooms also print are defined in these rooms: diagnoses in `basis/constants.py`,
verdicts and modifiability in `trials/judge.py`, recruitment in `trials/criterion.py`. Numbers are
not rounded across a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.constants import DIAGNOSES, NAMES_BY_FACT
from fl_planner.basis.plain_text import format_count, join_words
from fl_planner.basis.shown import as_ends, as_gbq, as_interval, as_ml, as_mm, as_number, as_unit
from fl_planner.basis.standing_words import (
    INTERVAL,
    READING_TO_AGREE,
    TWO_READINGS,
    TYPED_HERE,
    mark_applied,
)
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.liver.names.exclusions import IN_LIVER, NOT_WORKING, OUTSIDE
from fl_planner.record.declaration.part import DIGITS, WHOLE_LIVER, list_values
from fl_planner.record.head import FindingRecord, MeasuredRecord, mark
from fl_planner.record.volumes import ExcludedRecord
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import describe_fact, name_code, name_fact

if TYPE_CHECKING:
    from fl_planner.record.dose_model import DosesRecord
    from fl_planner.record.judgement import NextQuestionRecord, SettledRecord, TypedLimitRecord
    from fl_planner.record.operations import LesionFateKeys, ReadingRecord
    from fl_planner.record.plan import ClearingRecord, PlanRecord
    from fl_planner.record.ratios import ThresholdRecord
    from fl_planner.record.resections import DiscussedResectionsRecord, ResectionRecord
    from fl_planner.record.trials import CriterionKeys, FactValue, TrialAnswerRecord

NOT_GIVEN = "not given"
CALLIPER, ON_MASK = "largest_lesion_cm", "largest_lesion_mask_cm"  # facts
ORIGINS = {  # of a number
    None: "",
    "given": "as entered",
    "measured": "measured",
    "computed": "computed",
}
YES_NO = {True: "yes", False: "no", None: "not known"}
UNKNOWN = frozenset({NOT_GIVEN, YES_NO[None]})  # values of a line that says nothing
ANSWERS = {  # of a criterion
    "inclusion": {"met": "met", "not_met": "not met", "unknown": "not answered"},
    "exclusion": {"met": "applies", "not_met": "does not apply", "unknown": "not answered"},
}
SHUNT_METHODS = {  # of measurement
    "planar": "planar scintigraphy",
    "spect_ct": "SPECT/CT",
    "not said": "method not stated",
}
AGAINST = {"below": "below", "at": "exactly at the limit", "above": "above"}  # a share and a limit
PARTS = {"flr": "FLR", "untreated": "untreated part"}  # of which the share is
SIDES = {"flr": "FLR", "untreated": "untreated liver", "clear": "FLR after clearing"}
DAY_NOT_GIVEN = "day not given"
DATE_RECORDED = "date recorded; shown with an assessment date on or after it"
IN_APPENDIX = "listed in the appendix, if it was requested"
MOST_FAILED = 2  # criteria that are named
CLOSE_MM = 1  # a smaller margin of a resection is stated in words [project's choice]
WHOLE_FROM_ML = 100  # intervals have one decimal below
PER_MIN_M2 = as_unit("%/min/m2")
BOARD = "For discussion at the tumour board; enrolment is decided by the trial team."


def yes_no(record: PlanRecord, fact: str) -> str:
    """Format a fact that is yes, no or not known."""
    value = record.judged.facts.get(fact)
    return YES_NO[value if isinstance(value, bool) else None]


def stated(value: str) -> str:
    """Return a word of the record for readers."""
    return "not stated" if value == "not said" else value


def number(value: float, decimals: int = 1, unit: str = "") -> str:
    """Format a number with its unit."""
    return f"{as_number(value, (), decimals)} {unit}".strip()


def bare_ml(ml: float) -> str:
    """Format millilitres without the unit, for columns and the first end of an interval."""
    return as_ml(ml).removesuffix(" mL")


def share(record: PlanRecord, name: str) -> str:
    """Format a share in mL and percent, with its denominator."""
    volumes = record.volumes
    if (found := volumes.find_share(name)) is None:
        return NOT_GIVEN
    ml, percent = found
    return f"{as_ml(ml)} = {percent.shown} % of the {volumes.whole}"


def name_share(shown: str | None, denominator: str | None) -> str:
    """Format an FLR for a list of patients; a share of the whole liver is named as such."""
    return f"{shown or ''}{' (whole liver)' if denominator == WHOLE_LIVER else ''}"


def interval_ends(record: PlanRecord, part: str) -> str:
    """Format a share's 95 % inter-reader interval, without rounding its ends across a limit."""
    return side_interval(record, part)[1]


def side_interval(record: PlanRecord, side: str) -> tuple[str, str]:
    """Format a share that has limits, in percent, and its 95 % inter-reader interval.

    - `side`: "flr", "untreated" or, after clearing, "clear".
    """
    near = (Fraction(str(limit.limit_percent)) for limit in record.thresholds)
    limits = [*record.volumes.share_limits, *near]
    shown = _format_share(record, side)
    return shown, as_interval(record.ratios.by_side[side].ends_percent, limits, "%", of=shown)


def _format_share(record: PlanRecord, side: str) -> str:
    if side == "clear":
        after = None if record.clearing is None else record.clearing.after
        return "" if after is None else after.flr_after_clearing_percent.shown
    found = record.volumes.find_share(side)
    return "" if found is None else found[1].shown


def interval(record: PlanRecord, part: str) -> str:
    """Name and format the interval of a share; "" if unknown."""
    if part not in record.ratios.by_part:
        return ""
    read_twice = record.ratios.by_part[part].cv.is_of_two
    return f"{TWO_READINGS if read_twice else INTERVAL}: {interval_ends(record, part)}"


def limit_name(name: str) -> str:
    """Write a limit's stable name in words.

    Examples
    --------
    >>> limit_name("dragon2.flr_30"), limit_name("own.flr_25")
    ('DRAGON 2: FLR 30 %', 'own: FLR 25 %')
    """
    trial, _, rest = name.partition(".")
    side, _, percent = rest.rpartition("_")
    return f"{find_trial_name(trial)}: {SIDES.get(side, side)} {percent} %"


def name_applied(limit: ThresholdRecord | TypedLimitRecord) -> str:
    """Write the name of a limit, and whether it does not apply to this liver."""
    return mark_applied(limit_name(limit.name), applies=limit.applies)


def against(threshold: ThresholdRecord) -> str:
    """Describe the side of a limit on which a share is, and the distance."""
    return place_against(threshold.answer, threshold.distance_ml)


def place_against(answer: str, distance_ml: float | None) -> str:
    """Describe the side of a limit, and the distance if it is known and not 0."""
    side = AGAINST[answer]
    return side if answer == "at" or distance_ml is None else f"{as_ml(abs(distance_ml))} {side}"


def against_entered(limit: TypedLimitRecord) -> str:
    """Describe the side of a limit on which an entered share is; its distance in mL is unknown."""
    near = ", near the limit" if limit.is_close and limit.answer != "at" else ""
    return f"{AGAINST[limit.answer]}{near}; {TYPED_HERE}"


def crossing(crossing_chance: float) -> str:
    """Describe the chance that another reading crosses a limit."""
    # `check` has words, but no chance: imported at the first one
    from fl_planner.liver.scatter.crossing_chance import as_crossing_chance

    chance = as_crossing_chance(crossing_chance)
    return f"{chance} chance that another reading is on the other side of the limit"


def span_ml(ends: Iterable[float]) -> str:
    """Format both ends in mL, the unit once, whole mL if both are 100 mL or more."""
    return f"{bare_span(ends)} mL"


def bare_span(ends: Iterable[float], between: str = "to") -> str:
    """Format both ends in mL without the unit, rounded outwards."""
    both = [*ends]
    return f" {between} ".join(as_ends(both, (), int(min(map(abs, both)) < WHOLE_FROM_ML)))


def spaced(count: int) -> str:
    """Format a count with a space between thousands."""
    return f"{count:,}".replace(",", " ")


def borderline(is_borderline: bool) -> str:
    """Mark a limit that at least one in five readings would cross."""
    return ", borderline" if is_borderline else ""


def clearing(kept: ClearingRecord | None, record: MeasuredRecord) -> str:
    """Describe the FLR of a plan after clearance of the lesions that remain in it; otherwise ""."""
    if kept is None or kept.after is None:
        return ""
    count = kept.lesions_in_remnant_count
    remain = f"{format_count(count, 'lesion')} {'remains' if count == 1 else 'remain'}"
    reason = mark(record, "flr", "lesions")
    ml, percent = kept.after.flr_after_clearing_ml, kept.after.flr_after_clearing_percent.shown
    mm = kept.after.margin_mm
    margin = f"with a {mm:g} mm margin" if mm else "without a margin"
    return (
        f"{remain} in the FLR, {as_ml(kept.lesions_in_remnant_ml)}: FLR {as_ml(ml)} = {percent} % "
        f"after clearing {margin}{f'; {reason}' if reason else ''}"
    )


def as_cm(fact: FactValue | None) -> str:
    """Format a diameter of lesions, not rounded across a limit of a trial."""
    return f"{as_number(fact, (3, 4, 8))} cm" if isinstance(fact, int | float) else NOT_GIVEN


def entered_lesions(record: PlanRecord) -> str:
    """Describe a reader's number and diameter of lesions that differ from the mask's, or "".

    The criteria use those of the reader [trials.md 7.0].
    """
    facts, summary = record.judged.facts, record.tumour.lesion_summary
    if summary is None:
        return ""
    count = facts.get("lesion_count", summary.count)
    size, on_mask = (as_cm(facts.get(fact)) for fact in (CALLIPER, ON_MASK))
    parts = [] if count == summary.count else [f"{count} lesion{'' if count == 1 else 's'}"]
    if size not in (NOT_GIVEN, on_mask):
        parts.append(f"largest {size} by calliper")
    return f"as entered, and used in the criteria: {', '.join(parts)}" if parts else ""


def discussed(
    found: DiscussedResectionsRecord | None, rows: Iterable[ResectionRecord] = ()
) -> list[str]:
    """Describe the two named resections for discussion, with the FLR before and after clearing.

    - `rows`: the resections, with the margin of the first of the two, and the slivers it leaves.
    """
    if found is None:
        return []
    fates = {row.code: row.fates for row in rows}
    clears, leaves = found.leaves_no_lesion, found.with_local_treatment
    first = "no named resection clears all lesions"
    margin = f"{found.margin_mm:g} mm margin" if found.margin_mm else "no margin"
    if clears is not None:
        first = f"smallest named resection that clears all lesions: {clears.code}"
        if (those := fates.get(clears.code)) is not None:
            close = those.margin_mm
            if close is not None and close < CLOSE_MM:
                first += f" (margin {as_mm(close)} mm)"
            first += f", except {those.format_slivers()}" if those.slivers else ""
    lines = [f"for discussion: {first}"]
    if leaves is not None:
        largest = "" if leaves.largest_left_cm is None else as_number(leaves.largest_left_cm, (3,))
        lines.append(
            f"for discussion: {leaves.name} with ablation or wedge resection of "
            f"{lesions_named(leaves.lesions.left)} (largest {largest} cm): {leaves.code}, FLR "
            f"{leaves.flr_percent.shown} %, {leaves.flr_after_clearing_percent.shown} % after "
            f"clearing ({margin})"
        )
    return lines


def lesions_named(numbers: Sequence[int]) -> str:
    """Name lesions in a sentence.

    Examples
    --------
    >>> lesions_named([3]), lesions_named([2, 3, 4])
    ('L3', 'L2, L3 and L4')
    """
    return join_words([f"L{number}" for number in numbers])


def numbered(names: Iterable[object], none: str = "none") -> str:
    """Join names by commas."""
    return ", ".join(map(str, names)) or none


def lesions_left(fates: LesionFateKeys, cut: str = "cut") -> str:
    """Name the lesions left: whole, those cut through, and slivers."""
    if fates.lesions is None:
        return "not known"
    whole = [f"L{number}" for number in fates.lesions.left]
    through = [f"L{number} ({cut})" for number in fates.lesions.cut]
    return numbered([*whole, *through, *([fates.format_slivers()] if fates.slivers else [])])


def joined(*parts: str | None) -> str:
    """Join the parts that are not empty by semicolons."""
    return "; ".join(part for part in parts if part)


def marks(criterion: CriterionKeys) -> list[str]:
    """List the chosen reading of a criterion and its note."""
    every = {"reading": criterion.reading, "note": criterion.note}
    return [f"{name}: {words}" for name, words in every.items() if words is not None]


def question(next_: NextQuestionRecord, *, brief: bool = True) -> str:
    """Describe a missing answer and who can supply it; `brief` omits explanations."""
    what = READING_TO_AGREE if next_.key is None else describe_fact(next_.key)
    return f"{sentence(what.partition(' (')[0] if brief else what)} ({next_.asked_of})"


def criteria(count: int) -> str:
    """Count criteria."""
    return format_count(count, "criterion", "criteria")


def missing(trial: TrialAnswerRecord) -> int:
    """Count the unanswered criteria that are still relevant: none if a trial is not eligible."""
    return len(trial.unknown) if trial.applies and trial.verdict != "not_eligible" else 0


def obstacles(trial: TrialAnswerRecord) -> Iterator[str]:
    """Explain briefly what excludes the patient: the design, the first criteria, their number."""
    if not trial.applies:
        return
    if trial.by_design:
        yield trial.reasons[0].removesuffix(".")
    lost = [answer for answer in trial.criteria if answer.in_the_way is not None]
    for answer in lost[:MOST_FAILED]:
        # the value asked for excludes in an exclusion, and is required in an inclusion
        yield f"{ANSWERS[answer.criterion.kind][answer.answer]}: {answer.in_the_way}"
    if len(lost) > MOST_FAILED:
        yield f"further criteria not satisfied: {len(lost) - MOST_FAILED}"


SHARE = "_fraction"  # ending of a fact that is a share of 1; people read it in %


def fact(name: str, value: FactValue, share_limits: Iterable[Fraction] = ()) -> tuple[str, str]:
    """Format a fact and its value with its unit; no share is rounded across a limit.

    Examples
    --------
    >>> fact("age_years", 61), fact("extrahepatic_status", "not_recorded")
    (('Age', '61 years'), ('Extrahepatic disease', 'not recorded'))
    >>> fact("flr_fraction", 0.299604825, [Fraction(30)])
    ('FLR', '29.96 %')
    """
    known = FACTS.get(name)
    words, unit = (name_fact(name), known.unit) if known else (name.replace("_", " "), "")
    match value:
        case bool():
            shown = YES_NO[value]
        case str():
            shown = name_code(value)
        case tuple():
            shown = numbered(map(name_code, value))
        case number if name.endswith(SHARE):
            shown = f"{as_number(100 * Fraction(str(number)), share_limits)} %"
        case number:
            shown = f"{number:.{DIGITS}g} {as_unit(unit)}".strip()
    return sentence(words), shown


def settled(criteria: Iterable[SettledRecord]) -> str:
    """Name the criteria that an answer would settle, by trial."""
    by_trial: dict[str, list[str]] = {}
    for each in criteria:
        by_trial.setdefault(each.trial, []).append(criterion(each.criterion))
    named = (f"{find_trial_name(trial)} {', '.join(ids)}" for trial, ids in by_trial.items())
    return "; ".join(named)


def criterion(id_: str) -> str:
    """Write a criterion's id as the registry numbers it; a hospital's own id is kept."""
    kind = {"I": "inclusion", "E": "exclusion"}.get(id_[:1])
    return f"{kind} {id_[1:]}" if kind and id_[1:2].isdigit() else id_


def diagnosis(record: PlanRecord) -> str:
    """Name the cancers recorded as present, both if both are; otherwise the diagnosis as given."""
    facts = record.judged.facts
    present = [name for fact, name in NAMES_BY_FACT.items() if facts.get(fact)]
    return " and ".join(present) or DIAGNOSES.get(record.case.diagnosis or "", NOT_GIVEN)


def scanned_on(reading: ReadingRecord) -> str:
    """Describe the date of the CT, as far as the profile permits; "" if it was not given."""
    days = reading.age_days
    if reading.date is not None or days is None:
        return reading.date or (DATE_RECORDED if reading.dated else "")
    return f"{format_count(days, 'day')} before the assessment date"


def scanned(reading: ReadingRecord) -> str:
    """Describe the date of the CT, as far as the profile permits, and its phase."""
    return f"{scanned_on(reading) or DAY_NOT_GIVEN}, {reading.phase or 'phase not given'}"


def days_apart(days: int) -> str:
    """Describe the days between CT and scintigraphy.

    Examples
    --------
    >>> days_apart(-1), days_apart(12)
    ('1 day apart, scintigraphy first', '12 days apart, CT first')
    """
    if days == 0:
        return "on the same day"
    apart = f"{format_count(abs(days), 'day')} apart"
    return f"{apart}, {'CT' if days > 0 else 'scintigraphy'} first"


def edges(spacing_mm: Iterable[float]) -> str:
    """Format the edges of a voxel."""
    return " x ".join(as_number(edge, (), 2) for edge in spacing_mm) + " mm"


def sentence(text: str) -> str:
    """Begin a text with a capital letter, except for eGFR."""
    return text if text[1:2].isupper() else f"{text[:1].upper()}{text[1:]}"


def describe_finding(finding: FindingRecord) -> str:
    """Format a finding with its level, its code, and the reader who accepted it."""
    accepted = finding.accepted
    seen = f" Accepted by {accepted.by}: {accepted.why}." if accepted else ""
    return f"{finding.severity.upper()}: {finding.message} ({finding.code}).{seen}"


def format_finding(finding: FindingRecord) -> str:
    """Format a finding with its level and the reader who accepted it; its code has a column."""
    return f"{finding.severity.capitalize()}: {format_accepted_finding(finding)}"


def format_accepted_finding(finding: FindingRecord) -> str:
    """Format a finding as a sentence, with the reader who accepted it and the reason."""
    accepted = finding.accepted
    seen = f" Accepted by {accepted.by}: {accepted.why}." if accepted else ""
    return f"{finding.message}.{seen}"


def margin(margin_mm: float) -> str:
    """Format the distance of the nearest resected lesion to the remaining liver."""
    return "0 mm (in contact)" if margin_mm == 0 else f"{as_mm(margin_mm)} mm"


def describe_excluded(parts: Iterable[ExcludedRecord]) -> str:
    """Describe the excluded parts, and parts counted as liver; "" if none was drawn.

    The volumes refer to the liver mask as drawn; a part outside it changes no volume.

    Examples
    --------
    >>> parts = [("gallbladder", 26.8, "outside"), ("cyst", 5.0, "liver"), ("ivc", 0, "outside")]
    >>> describe_excluded(
    ...     ExcludedRecord(name=name, volume_ml=ml, in_liver_ml=ml, counted=counted)
    ...     for name, ml, counted in parts
    ... )
    'without gallbladder (26.8 mL); cyst (5.0 mL) counted as liver; ivc outside the liver mask'
    """
    every = [*parts]
    apart = join_words([name_code(part.name) for part in every if not part.in_liver_ml] or [""])
    out, cut, held = (
        _listed(part for part in every if part.in_liver_ml and part.counted == counted)
        for counted in (OUTSIDE, NOT_WORKING, IN_LIVER)
    )
    return joined(
        f"without {out}" if out else "",
        f"{held} counted as liver" if held else "",
        f"{cut} counted as liver, not as remnant" if cut else "",
        f"{apart} outside the liver mask" if apart else "",
    )


def _listed(parts: Iterable[ExcludedRecord]) -> str:
    named = [f"{name_code(part.name)} ({as_ml(part.in_liver_ml)})" for part in parts]
    return join_words(named or [""])


def list_activities(doses: DosesRecord) -> list[str]:
    """List the activities of Y-90 for a tumour dose, in GBq, each with its point of time."""
    found = list_values(doses, "row", float)
    return [f"{as_gbq(gbq)} {declared['row']}" for _, declared, gbq in found]
