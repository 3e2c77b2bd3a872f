"""A patient of few facts, planned without a file: what is asked next, and what answers do."""

from datetime import date
from fractions import Fraction

from msgspec import structs

from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.case_answers import answer_case
from fl_planner.planning.given.case import Case
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.planning.next_question import TriedAnswer, try_answers
from fl_planner.planning.plan import Plan, plan
from fl_planner.trials.statements import Amount, Stated, StatedValue
from tests.patients import TRIALS
from tests.record.planned import WHOLE

PROTOCOLS, TODAY = read_protocols(), date(2026, 11, 20)
GROUNDS = Grounds(TRIALS, PROTOCOLS, as_of=TODAY)

SAID: dict[str, StatedValue] = {  # so that Local plus systemic is undecided
    "age": Amount(Fraction(61), "a"),
    "extrahepatic_status": "confirmed",
    "sex": "female",
    "lesion_count": Fraction(2),
}


def planned(said: dict[str, StatedValue] | None = None, as_of: date | None = TODAY) -> Plan:
    stated = Stated(SAID if said is None else said)
    return plan(case_of(stated, as_of), TRIALS, PROTOCOLS)


def case_of(stated: Stated, as_of: date | None = TODAY) -> Case:
    return Case(WHOLE, (), diagnosis="crlm", stated=stated, as_of=as_of)


def with_more(known: Plan, more: Stated) -> Judged:
    case = structs.replace(known.case, stated=known.case.stated.overlaid(more))
    return answer_case(
        case, known.measured, structs.replace(GROUNDS, as_of=known.case.as_of)
    ).judged


def tried(key: str, known: Plan) -> tuple[TriedAnswer, ...]:
    return try_answers(key, known.judged, lambda more: with_more(known, more), known.case.as_of)
