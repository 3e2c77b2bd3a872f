"""What a person reads for the codes and numbers of a record, in every shape of a report.

A code has its words here, unless a room below says them too: diagnoses in `basis/constants.py`,
verdicts and what may change in `trials/judge.py`, reach in `trials/criterion.py`. Numbers stay on
their side of a limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_margin, as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL, TWO_READINGS, TYPED_HERE
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.liver.names.exclusions import IN_LIVER, NOT_WORKING, OUTSIDE
from fl_planner.record.declaration.part import DIGITS, as_percent
from fl_planner.record.head import FindingRecord, mark
from fl_planner.record.volumes import ExcludedRecord
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import say_fact, say_meaning

if TYPE_CHECKING:
    from fl_planner.record.head import MeasuredRecord
    from fl_planner.record.judgement import NextQuestionRecord, SettledRecord, TypedLimitRecord
    from fl_planner.record.operations import LesionFateKeys, ReadingRecord
    from fl_planner.record.plan import ClearingRecord, PlanRecord
    from fl_planner.record.ratios import ThresholdRecord
    from fl_planner.record.resections import DiscussedResectionsRecord
    from fl_planner.record.trials import CriterionKeys, FactValue, TrialAnswerRecord

NOT_GIVEN = "not given"
ORIGINS = {  # of a number
    None: "",
    "given": "as typed",
    "measured": "measured",
    "computed": "computed",
}
YES_NO = {True: "yes", False: "no", None: "not known"}
ANSWERS = {  # of a criterion
    "inclusion": {"met": "met", "not_met": "not met", "unknown": "not answered"},
    "exclusion": {"met": "applies", "not_met": "does not apply", "unknown": "not answered"},
}
AGAINST = {"below": "below", "at": "exactly at", "above": "above"}  # a share and a limit
PARTS = {"flr": "FLR", "untreated": "untreated part"}  # what such a share is of
# the same, at more length
SIDES = {"flr": "FLR", "untreated": "untreated liver", "clear": "FLR after clearing"}
SAID_UNITS = {"a": "years", "d": "days", "mo": "months", "xULN": "times the upper limit"}
DAY_NOT_GIVEN = "day not given"
WHICH_READING = "which reading holds"  # a question that has no key
BOARD = "For discussion at the tumour board; enrolment is decided by the trial team."


def yes_no(record: PlanRecord, fact: str) -> str:
    """Say a fact that is yes, no or not known."""
    value = record.judged.facts.get(fact)
    return YES_NO[value if isinstance(value, bool) else None]


def number(value: float, decimals: int = 1, unit: str = "") -> str:
    """Say a number with its unit."""
    return f"{as_number(value, (), decimals)} {unit}".strip()


def bare_ml(ml: float) -> str:
    """Say millilitres under a heading, or before another end, that names the unit."""
    return as_ml(ml).removesuffix(" mL")


def pair(ends: Iterable[float], limits: Collection[Fraction | int] = (), unit: str = "") -> str:
    """Say from where to where, each end on its side of every limit."""
    low, high = (as_number(Fraction(str(end)), limits) for end in ends)
    return f"{low} to {high} {unit}".strip()


def share(record: PlanRecord, name: str) -> str:
    """Say a share in mL and percent, never without what it is a share of."""
    volumes = record.volumes
    found = volumes.find_share(name)
    if found is None:
        return NOT_GIVEN
    ml, percent = found
    return f"{as_ml(ml)} = {percent.shown} % of the {volumes.whole}"


def interval_ends(record: PlanRecord, part: str) -> str:
    """Say the ends of a share's 95 % inter-reader interval, each on its side of all limits."""
    near = (Fraction(str(limit.limit_percent)) for limit in record.thresholds)
    limits = [*record.volumes.share_limits, *near]
    low, high = record.ratios.by_part[part].ends_percent
    return f"{as_percent(low, limits)} to {as_percent(high, limits)} %"


def interval(record: PlanRecord, part: str) -> str:
    """Say where other readings of a share would lie; nothing where it is not known."""
    if part not in record.ratios.by_part:
        return ""
    read_twice = record.ratios.by_part[part].cv.is_of_two
    return f"{TWO_READINGS if read_twice else INTERVAL}: {interval_ends(record, part)}"


def limit_name(name: str) -> str:
    """Say a limit's stable name in words.

    Examples
    --------
    >>> limit_name("dragon2.flr_30"), limit_name("own.flr_25")
    ('DRAGON 2: FLR 30 %', 'own: FLR 25 %')
    """
    trial, _, rest = name.partition(".")
    side, _, percent = rest.rpartition("_")
    return f"{find_trial_name(trial)}: {SIDES.get(side, side)} {percent} %"


def against(threshold: ThresholdRecord) -> str:
    """Say on which side of a limit a share lies, and by how much."""
    side = f"{AGAINST[threshold.answer]} it"
    if threshold.answer == "at":
        return side
    return f"{side} by {as_ml(abs(threshold.distance_ml))}"


def against_typed(limit: TypedLimitRecord) -> str:
    """Say on which side of a limit a typed share lies; it has no mL."""
    near = ", near" if limit.near else ""
    return f"{AGAINST[limit.answer]} it, {TYPED_HERE}{near}"


def chance(crossing_chance: float) -> str:
    """Say the chance that another reading falls on the other side.

    What is not nothing is never said to be 0 %, and what is not sure never 100 %.
    """
    percent = Fraction(100 * crossing_chance)
    if 0 < percent < Fraction(1, 2):
        return "< 1 %"
    return f"{as_number(percent, (100,), 0)} %"


def crossing(crossing_chance: float) -> str:
    """Say the chance that another reading lies on the other side of a limit."""
    return f"chance that another reading crosses it {chance(crossing_chance)}"


def span_ml(ends: Iterable[float]) -> str:
    """Say from where to where in mL, the unit once."""
    low, high = ends
    return f"{bare_ml(low)} to {as_ml(high)}"


def spaced(count: int) -> str:
    """Write a count with a blank between thousands."""
    return f"{count:,}".replace(",", " ")


def borderline(is_borderline: bool) -> str:
    """Say, behind a limit or a pathway, that one of five readings would answer otherwise."""
    return ", borderline" if is_borderline else ""


def clearing(told: ClearingRecord | None, record: MeasuredRecord) -> str:
    """Say what a plan's remnant comes to once the lesions that stay are cleared; else nothing."""
    if told is None or told.after is None:
        return ""
    count = told.lesions_in_remnant_count
    stay = "1 lesion stays" if count == 1 else f"{count} lesions stay"
    reason = mark(record, "flr", "lesions")
    ml, percent = told.after.flr_after_clearing_ml, told.after.flr_after_clearing_percent.shown
    return (
        f"{stay} in the FLR, {as_ml(told.lesions_in_remnant_ml)}: FLR {as_ml(ml)} = {percent} % "
        f"after clearing {as_margin(told.after.margin_mm)}{f'; {reason}' if reason else ''}"
    )


def discussed(told: DiscussedResectionsRecord | None) -> list[str]:
    """Say the two named resections to discuss, each with the FLR before and after clearing."""
    if told is None:
        return []
    clears, leaves = told.leaves_no_lesion, told.with_local_treatment
    first = "no named resection clears all lesions"
    if clears is not None:
        first = f"smallest that leaves no lesion: {clears.code}, FLR {clears.flr_percent.shown} %"
    said = [f"for discussion: {first}"]
    if leaves is not None:
        largest = "" if leaves.largest_left_cm is None else as_number(leaves.largest_left_cm, (3,))
        said.append(
            f"for discussion: {leaves.name} with ablation or wedge resection of "
            f"{lesions_named(leaves.lesions.left)} (largest {largest} cm): {leaves.code}, FLR "
            f"{leaves.flr_percent.shown} %, {leaves.flr_after_clearing_percent.shown} % at "
            f"+{told.margin_mm:g} mm"
        )
    return said


def lesions_named(numbers: Sequence[int]) -> str:
    """Name lesions in a sentence.

    Examples
    --------
    >>> lesions_named([3]), lesions_named([2, 3, 4])
    ('L3', 'L2, L3 and L4')
    """
    return join_words([f"L{number}" for number in numbers])


def numbered(names: Iterable[object], none: str = "none") -> str:
    """List names by commas."""
    return ", ".join(map(str, names)) or none


def lesions_left(fates: LesionFateKeys, cut: str = "cut", none: str = "none") -> str:
    """Name the lesions that stay: whole, where the cut runs through them, and slivers."""
    if fates.lesions is None:
        return "not known"
    whole = [f"L{number}" for number in fates.lesions.left]
    through = [f"L{number} ({cut})" for number in fates.lesions.cut]
    slivers = [fates.say_slivers()] if fates.slivers else []
    return numbered([*whole, *through, *slivers], none)


def joined(*parts: str | None) -> str:
    """Join what there is by semicolons."""
    return "; ".join(part for part in parts if part)


def marks(criterion: CriterionKeys) -> list[str]:
    """Tell the reading of a criterion that was chosen, and what to know of it."""
    told = {"reading": criterion.reading, "note": criterion.note}
    return [f"{mark}: {words}" for mark, words in told.items() if words is not None]


def asked(key: str) -> str:
    """Say what is asked for.

    Examples
    --------
    >>> asked("labs_age")
    'age of the blood tests'
    """
    return say_meaning(key)


def question(one: NextQuestionRecord, *, brief: bool = True) -> str:
    """Say what is to be found out, and who can tell it; `brief` leaves explanations out."""
    what = WHICH_READING if one.key is None else asked(one.key)
    return f"{sentence(what.partition(' (')[0] if brief else what)} ({one.asked_of})"


def criteria(count: int) -> str:
    """Count criteria."""
    return "1 criterion" if count == 1 else f"{count} criteria"


def missing(trial: TrialAnswerRecord) -> int:
    """Count the criteria whose answer can still matter: none of a trial that is lost."""
    return len(trial.unknown) if trial.applies and trial.verdict != "not_eligible" else 0


def fact(name: str, value: FactValue) -> tuple[str, str]:
    """Say a fact and its value with its unit.

    Examples
    --------
    >>> fact("age_years", 61), fact("extrahepatic_status", "not_recorded")
    (('Age', '61 years'), ('Extrahepatic disease', 'not recorded'))
    """
    known = FACTS.get(name)
    words, unit = (say_fact(name), known.unit) if known else (name.replace("_", " "), "")
    match value:
        case bool():
            told = YES_NO[value]
        case str():
            told = code(value)
        case tuple():
            told = numbered(map(code, value))
        case number:
            told = f"{number:.{DIGITS}g} {said_unit(unit)}".strip()
    return sentence(words), told


def code(value: str) -> str:
    """Say a code of the field."""
    return value.replace("_", " ")


def said_unit(unit: str) -> str:
    """Say a unit as people do; that of a number without one is nothing."""
    return "" if unit == "1" else SAID_UNITS.get(unit, unit)


def settled(criteria: Iterable[SettledRecord]) -> str:
    """Name the criteria that a question settles, trial by trial, each in words."""
    by_trial: dict[str, list[str]] = {}
    for one in criteria:
        by_trial.setdefault(one.trial, []).append(criterion(one.criterion))
    told = (f"{find_trial_name(trial)} {', '.join(ids)}" for trial, ids in by_trial.items())
    return "; ".join(told)


def criterion(id_: str) -> str:
    """Say a criterion's id as a registry numbers it; a hospital's own stays as it is."""
    kind = {"I": "inclusion", "E": "exclusion"}.get(id_[:1])
    return f"{kind} {id_[1:]}" if kind and id_[1:2].isdigit() else id_


def diagnosis(record: PlanRecord) -> str:
    """Say what is treated."""
    return DIAGNOSES.get(record.case.diagnosis or "", NOT_GIVEN)


def scanned(reading: ReadingRecord) -> str:
    """Say when the CT was made, as the profile allows, and in which phase."""
    days = reading.age_days
    when = reading.date or (None if days is None else f"{days} days before the assessment date")
    if when is None:
        when = "day known, and told with an assessment date" if reading.dated else DAY_NOT_GIVEN
    return f"{when}, {reading.phase or 'phase not given'}"


def days_apart(days: int) -> str:
    """Say how many days lie between CT and scintigraphy.

    Examples
    --------
    >>> days_apart(-1), days_apart(12)
    ('1 day apart, the scintigraphy first', '12 days apart, the CT first')
    """
    if days == 0:
        return "on one day"
    apart = f"{abs(days)} day{'s' if abs(days) > 1 else ''} apart"
    return f"{apart}, the {'CT' if days > 0 else 'scintigraphy'} first"


def edges(spacing_mm: Iterable[float]) -> str:
    """Say the edges of a voxel."""
    return " x ".join(as_number(edge, (), 2) for edge in spacing_mm) + " mm"


def sentence(text: str) -> str:
    """Begin with a capital letter; eGFR stays as it is."""
    return text if text[1:2].isupper() else f"{text[:1].upper()}{text[1:]}"


def told(finding: FindingRecord) -> str:
    """Say a finding with its level, file, code, and who accepted it."""
    accepted = finding.accepted
    seen = f" Accepted by {accepted.by}: {accepted.why}." if accepted else ""
    return f"{finding.severity.upper()}: {finding.message} ({finding.code}).{seen}"


def say_excluded(parts: Iterable[ExcludedRecord]) -> str:
    """Say which parts the liver's volume is without, and which are in it; "" where none was drawn.

    The millilitres are those in the liver mask as it was drawn.

    Examples
    --------
    >>> parts = [("gallbladder", 26.8, "outside"), ("cyst", 5.0, "liver")]
    >>> say_excluded(
    ...     ExcludedRecord(name=name, volume_ml=ml, in_liver_ml=ml, counted=counted)
    ...     for name, ml, counted in parts
    ... )
    'without gallbladder (26.8 mL); cyst (5.0 mL) counted as liver'
    """
    every = [*parts]
    out, cut, held = (
        _listed(one for one in every if one.counted == counted)
        for counted in (OUTSIDE, NOT_WORKING, IN_LIVER)
    )
    return joined(
        f"without {out}" if out else "",
        f"{held} counted as liver" if held else "",
        f"{cut} counted as liver, not as remnant" if cut else "",
    )


def _listed(parts: Iterable[ExcludedRecord]) -> str:
    told = [f"{one.name.replace('_', ' ')} ({as_ml(one.in_liver_ml)})" for one in parts]
    return join_words(told or [""])
