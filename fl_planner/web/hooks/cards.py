"""CDS Hooks cards: a summary, then one card for each trial of the patient's disease.

A card states a verdict with its reasons, the FLR with its date, and unknown information. It names
no arm and suggests no action. A record without a stated disease has only the summary. A record
unrelated to liver tumours has no card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import uuid4

from msgspec import Struct

from fl_planner.basis.clinical_codes import ELIGIBILITY, OVERRIDE_REASONS, Term
from fl_planner.basis.constants import PRESENT
from fl_planner.basis.plain_text import as_plain_text, format_count, list_first
from fl_planner.basis.shown import as_ml
from fl_planner.basis.standing_words import FOR_ANOTHER, NOT_CHECKED, RESEARCH_USE, TYPED_HERE
from fl_planner.basis.version import __version__
from fl_planner.intake.patients.fhir.resources import CONDITION
from fl_planner.planning.assessment.near_limits import FLR, EnteredLimit, read_entered_share
from fl_planner.planning.full_route.route import Question, list_questions
from fl_planner.planning.judgement import Judged
from fl_planner.planning.only_just_eligible import list_only_just
from fl_planner.record.head import state_level
from fl_planner.record.judgement import as_question
from fl_planner.report import words as phrases
from fl_planner.screening.worklist import list_doubts
from fl_planner.trials.convert import format_entered
from fl_planner.trials.criterion import REACH, find_offer
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import describe_fact
from fl_planner.trials.judge import VERDICTS, Judgement, Verdict
from fl_planner.workup.judge import JudgedFile

LONGEST_SUMMARY = 139  # characters [CDS Hooks, card attributes]
MOST_NAMED = 3  # criteria in a summary
MOST_LISTED = 10  # answers or codes in a list
ORDER = (Verdict.ELIGIBLE, Verdict.INDETERMINATE, Verdict.NOT_ELIGIBLE)
FLR_VOLUMES = ("flr_volume", "total_liver_volume", "tumour_volume")
BEYOND = "another reading may be on the other side of the limit"
OF_TYPED_FLR = ("flr_of_nontumorous_liver", "flr_of_whole_liver")
# facts by which a record concerns a tumour of the liver, although no disease is stated
OF_LIVER = (
    *("other_hepatic_malignancy", "liver_tumour_resectability", "lesion_count"),
    *("largest_lesion_cm", "li_rads_category", "prior_pve_hve", "flr_fraction"),
    *("flr_volume_ml", "total_liver_volume_ml", "tumour_volume_ml"),
)
DIFFER = ("fhir.contradiction", "fhir.several_values")
# conditions that do the same, also if not confirmed: ICD-10, and primary and secondary malignancy
# of liver in SNOMED CT
_OF_LIVER = re.compile(r"(C22|C78\.7).*|109841003|94381002", re.ASCII)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")


class CardCoding(Struct, frozen=True):
    """A code with its display."""

    system: str
    code: str
    display: str


class CardSource(Struct, frozen=True, omit_defaults=True):
    """Source of a card."""

    label: str
    topic: CardCoding
    url: str | None = None


class CardLink(Struct, frozen=True):
    """A link of a card."""

    label: str
    url: str
    type: str = "absolute"


class HookCard(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A card [CDS Hooks, card attributes].

    `extension` contains the verdict for programs, with codes and criteria as in `trials judge`.
    """

    uuid: str
    summary: str
    detail: str
    source: CardSource
    override_reasons: tuple[CardCoding, ...]
    extension: Mapping[str, Mapping[str, object]]
    links: tuple[CardLink, ...] = ()
    indicator: str = ""


def _as_coding(term: Term) -> CardCoding:
    return CardCoding(term.system.uri, term.code, term.display)


TOPIC = _as_coding(ELIGIBILITY)
OVERRIDES = tuple(map(_as_coding, OVERRIDE_REASONS))
EXTENSION = "fl_planner"


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """The judged resources of a call, the assessment date, and what was not received.

    - `conditions`: codes of conditions that are neither refuted nor past.
    """

    file: JudgedFile
    as_of: date
    absent: Mapping[str, str]
    conditions: frozenset[str]

    @property
    def judged(self) -> Judged:
        """The verdicts."""
        return self.file.judged


def list_cards(call: JudgedCall) -> tuple[HookCard, ...]:
    """List the cards of a call; none if the record does not concern a tumour of the liver."""
    applying = [one for one in call.judged.judgements if one.applies]
    if not applying or not _concerns_liver(call):
        return ()
    ordered = sorted(applying, key=lambda one: ORDER.index(one.verdict))
    facts = call.judged.facts
    stated = [one for one in ordered if facts.get(PRESENT[one.trial.diagnosis]) is True]
    return (_summarise(call, ordered), *(_make_card(call, one) for one in stated))


def _concerns_liver(call: JudgedCall) -> bool:
    """Whether a fact, a contradiction or a condition concerns a tumour of the liver.

    It may, if the conditions were not received: no card would be read as no tumour.
    """
    facts = call.judged.facts
    if CONDITION in call.absent:
        return True
    if any(facts.get(fact) is True for fact in PRESENT.values()):
        return True
    if any(facts.get(fact) not in (None, False) for fact in OF_LIVER):
        return True
    doubted = {one.message.partition(":")[0] for one in call.file.findings if one.code in DIFFER}
    if not doubted.isdisjoint((*PRESENT.values(), *OF_LIVER, *FLR_VOLUMES, *OF_TYPED_FLR)):
        return True
    return any(map(_OF_LIVER.fullmatch, call.conditions))


def _build(
    source: CardSource,
    summary: str,
    detail: Iterable[str],
    extension: Mapping[str, object],
    links: tuple[CardLink, ...] = (),
) -> HookCard:
    return HookCard(
        uuid=str(uuid4()),
        summary=_shorten(summary),
        detail="\n\n".join(detail),
        source=source,
        override_reasons=OVERRIDES,
        extension={EXTENSION: extension},
        links=links,
        indicator="info",
    )


def _shorten(summary: str) -> str:
    """Shorten a summary to the last word that fits."""
    plain = as_plain_text(summary)
    if len(plain) <= LONGEST_SUMMARY:
        return plain
    return f"{plain[: LONGEST_SUMMARY - 2].rpartition(' ')[0]} …"


def _escape(text: str) -> str:
    """Escape text for Markdown, where it could otherwise become a link or an HTML element."""
    return _MARKDOWN.sub(r"\\\1", as_plain_text(text))


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Format a list with its title; omit an empty list."""
    every = [*lines]
    if every:
        yield "\n".join((f"**{title}**", "", *(f"- {_escape(line)}" for line in every)))


def _summarise(call: JudgedCall, ordered: list[Judgement]) -> HookCard:
    counts = {verdict: sum(one.verdict is verdict for one in ordered) for verdict in ORDER}
    counted = ", ".join(f"{count} {VERDICTS[one]}" for one, count in counts.items() if count)
    flr = _format_share(call.judged)
    others = [one.trial.called for one in call.judged.judgements if not one.applies]
    unstated = [
        one.trial.called
        for one in ordered
        if call.judged.facts.get(PRESENT[one.trial.diagnosis]) is not True
    ]
    questions = call.judged.route.questions if len(unstated) == len(ordered) else ()
    absent = (f"{kind}: {why}" for kind, why in call.absent.items())
    detail = (
        _escape(_describe_flr(call)),
        *_list("The disease studied in these trials is not recorded", unstated),
        *_list("Missing answers, and who can give them", _describe_questions(questions)),
        *_list(_capital(FOR_ANOTHER), others),
        *_list("Findings about the record", _list_findings(call)),
        *_list("Not received; the facts in these resources are unknown", absent),
        *_list("Codes without a mapping rule, not used", _list_unmapped(call)),
        _close(call),
    )
    verdicts = {one.trial.id: one.verdict.value for one in call.judged.judgements}
    source = CardSource(f"fl_planner {__version__}, {RESEARCH_USE}", TOPIC)
    lines = ("Liver trials: " + counted, flr or "FLR not known", *_ask_first(questions))
    return _build(source, "; ".join(lines), detail, {"verdicts": verdicts})


def _make_card(call: JudgedCall, one: Judgement) -> HookCard:
    judged, trial = call.judged, one.trial
    only_just = list_only_just(one, judged.facts, judged.limited)
    shown = one.shown(only_just=bool(only_just))
    questions = _list_missing(judged, one)
    detail = (
        f"**{_escape(trial.called)}: {shown}**",
        *_list("Why not eligible", _list_reasons(judged, one)),
        *_list("Missing answers, and who can give them", _describe_questions(questions)),
        *_list("Criteria only just met", (f"{id_}: {why}" for id_, why in only_just.items())),
        _escape(_describe_flr(call)),
        *_list("FLR and the limits of this trial", _list_limits(judged, one)),
        _escape(_describe_reach(judged, one)),
        _close(call),
    )
    extension = {
        "trial": trial.id,
        "verdict": one.verdict.value,
        "failed": one.failed,
        "unknown": one.unknown,
        "only_human_open": one.only_human_open,
    }
    summary = "; ".join((f"{trial.name}: {shown}", *_give_reason(judged, one, questions)))
    url = trial.link if (trial.link or "").startswith("https://") else None
    links = () if url is None else (CardLink(f"Registry entry for {trial.name}", url),)
    return _build(CardSource(trial.called, TOPIC, url), summary, detail, extension, links)


def _give_reason(judged: Judged, one: Judgement, questions: tuple[Question, ...]) -> Iterator[str]:
    """List the reasons for a verdict briefly."""
    if one.verdict is Verdict.NOT_ELIGIBLE:
        if one.failed:
            yield f"excluded by {list_first(one.failed, MOST_NAMED)}"
        else:
            yield "excluded by the trial design"
    yield from _ask_first(questions)
    if limits := _find_limits(judged, one):
        yield f"FLR {limits[0].distance}"


def _ask_first(questions: tuple[Question, ...]) -> Iterator[str]:
    """Name the first missing answer, who can give it, and the number of other missing answers."""
    if questions:
        first = phrases.question(as_question(questions[0]), brief=True)
        more = f" and {len(questions) - 1} more" if len(questions) > 1 else ""
        yield f"missing: {first}{more}"


def _list_missing(judged: Judged, one: Judgement) -> tuple[Question, ...]:
    """List the missing answers of an undecided trial, in the order of the patient's questions."""
    if one.verdict is not Verdict.INDETERMINATE:
        return ()
    order = [each.key for each in judged.route.questions]
    found = list_questions((one,), judged.facts)
    place = {key: number for number, key in enumerate(order)}
    return tuple(sorted(found, key=lambda each: place.get(each.key, len(place))))


def _list_reasons(judged: Judged, one: Judgement) -> Iterator[str]:
    """List why a patient is not eligible; for an exclusion by design, omit the names of arms."""
    reasons = judged.why_not.get(one.trial.id, ())
    if one.by_design is not None and reasons:
        yield "Excluded by the trial design because of a previous treatment."
        reasons = reasons[1:]
    yield from reasons


def _describe_questions(questions: tuple[Question, ...]) -> Iterator[str]:
    for one in questions[:MOST_LISTED]:
        asked = phrases.question(as_question(one), brief=False)
        settles = phrases.settled(as_question(one).criteria)
        yield f"{asked}: {settles}" if settles else asked
    if len(questions) > MOST_LISTED:
        yield f"and {len(questions) - MOST_LISTED} more"


def _format_share(judged: Judged) -> str | None:
    """Format the FLR; None if it is unknown."""
    share = judged.facts.get(FLR)
    if not isinstance(share, Fraction):
        return None
    return f"FLR {format_entered(share, judged.limits.get(FLR, ()))}"


def _describe_flr(call: JudgedCall) -> str:
    """Describe the FLR with its volumes and the date of its record."""
    judged = call.judged
    if (share := _format_share(judged)) is None:
        return "The record does not contain the FLR."
    typed = read_entered_share(judged.facts) is not None
    volumes = "" if typed else _describe_volumes(judged.facts)
    origin = TYPED_HERE if typed else "from volumes in the record"
    days = _describe_days(call, OF_TYPED_FLR if typed else FLR_VOLUMES)
    return f"{share} of the non-tumorous liver{volumes}, {origin}; {days}."


def _describe_volumes(facts: Facts) -> str:
    flr, total, tumour = (facts.get(f"{key}_ml") for key in FLR_VOLUMES)
    known = [one for one in (flr, total, tumour) if isinstance(one, Fraction)]
    if len(known) < len(FLR_VOLUMES):
        return ""
    return f" (FLR {as_ml(known[0])}, liver {as_ml(known[1])}, of which tumours {as_ml(known[2])})"


def _describe_days(call: JudgedCall, keys: tuple[str, ...]) -> str:
    """Describe the dates of the resources that state these facts."""
    found = [one for one in call.file.sources if one.key in keys]
    days = {one.date for one in found}
    if len(days) == 1 and (on := next(iter(days))) is not None:
        before = format_count((call.as_of - on).days, "day")
        return f"recorded on {on.isoformat()}, {before} before the assessment date"
    if days <= {None}:
        return "date of recording not known"
    each = (
        f"{describe_fact(one.key)} {'on an unknown date' if one.date is None else one.date}"
        for one in found
    )
    return f"volumes recorded on different dates: {', '.join(dict.fromkeys(each))}"


def _find_limits(judged: Judged, one: Judgement) -> list[EnteredLimit]:
    """Find the comparisons of the FLR with the limits of this trial."""
    of_flr = (each for each in judged.entered if each.limit.fact == FLR)
    return [each for each in of_flr if each.limit.trial == one.trial.short]


def _list_limits(judged: Judged, one: Judgement) -> Iterator[str]:
    for limit in _find_limits(judged, one):
        near = f"; {BEYOND}" if limit.is_close else ""
        yield f"{limit.distance} ({limit.source}){near}"


def _describe_reach(judged: Judged, one: Judgement) -> str:
    """Describe recruitment and the date of the registry text, without notes, which name arms."""
    text = one.trial.text_date
    dated = f"registry entry dated {text}" if text else "registry entry not dated"
    if judged.centre is None:
        return f"{NOT_CHECKED}; {dated}."
    return f"{_capital(REACH[find_offer(judged.centre, one.trial).status])}; {dated}."


def _list_findings(call: JudgedCall) -> Iterator[str]:
    """List the warnings and errors, without quotations from the record."""
    for one in list_doubts(call.file.findings, of_case=False):
        yield f"{one.code}: {state_level(one.severity, one.message)}"


def _list_unmapped(call: JudgedCall) -> Iterator[str]:
    """List the codes without a rule by their systems, and count those that are not shown."""
    found = call.file.unmapped
    shown = [one for one in found if one.code is not None]
    for one in shown[:MOST_LISTED]:
        yield f"{one.resource}: {one.system} {one.code}"
    if rest := sum(found.values()) - sum(found[one] for one in shown[:MOST_LISTED]):
        yield f"and {rest} more"


def _close(call: JudgedCall) -> str:
    return (
        f"Assessment date {call.as_of.isoformat()}. For discussion by the clinical team; "
        f"{RESEARCH_USE}."
    )


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
