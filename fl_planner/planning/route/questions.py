"""What to find out next: the answers that could still settle a trial, and who has them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.planning.pathway.open_facts import missing_inputs
from fl_planner.trials.criterion import AskedOf
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.per_trial import PER_TRIAL, key_of
from fl_planner.trials.facts.quantities import inputs_of
from fl_planner.trials.judge import CriterionAnswer, Judgement

# of the facts that the route rests on beside the trials; volumes and anything else: radiologist
ASKED_OF: dict[str, AskedOf] = {
    "crlm_present": "tumour board",
    "hcc_present": "tumour board",
    "chemo_liver_damage": "tumour board",
    "underlying_liver_disease": "chart",
    "cirrhosis": "chart",
    "portal_hypertension": "chart",
    "prior_pve_hve": "chart",
    "recist_response_after_chemo": "chart",
}


@dataclass(frozen=True, slots=True)
class Computed:
    """What values on file come to: offered to be confirmed, and no answer before it is.

    - `value`: a number, or a code.
    - `says`: the same with its unit and formula, for a person.
    """

    value: Fraction | str
    says: str


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out.

    - `key`: the input key to be answered; None where all facts are on file and a person must choose
      between two readings of a criterion.
    - `asked_of`: who can answer; where criteria name several, the first of them.
    - `criteria` (tuple of (str, str)): trial id and criterion id of what it could settle; empty for
      what the route alone asks.
    - `computed`: what values on file come to, where a formula answers it; a person confirms it.
    """

    key: str | None
    asked_of: AskedOf
    criteria: tuple[tuple[str, str], ...] = ()
    computed: Computed | None = None

    @property
    def trials(self) -> int:
        """How many verdicts it could settle."""
        return len({trial for trial, _ in self.criteria})


def find_questions(judgements: Iterable[Judgement], facts: Facts) -> tuple[Question, ...]:
    """Find what is missing for these trials, what settles most verdicts first.

    Only facts that could still change an answer are asked for, each once.
    """
    found: dict[str, Question] = {}
    for judged in (one for one in judgements if one.applies):
        for answer in judged.answers:
            of = (judged.trial.id, answer.criterion.id)
            for key in _keys(answer, facts):
                name = key or f"{of}"
                before = found.get(name, Question(key, answer.criterion.asked_of))
                found[name] = Question(key, before.asked_of, (*before.criteria, of))
    return tuple(sorted(found.values(), key=lambda question: -question.trials))


def ask_besides(keys: Iterable[str], questions: Iterable[Question]) -> tuple[Question, ...]:
    """Ask for input keys that no trial's question names yet."""
    asked = {question.key for question in questions}
    return tuple(
        Question(key, ASKED_OF.get(key, "radiologist")) for key in keys if key not in asked
    )


def _keys(answer: CriterionAnswer, facts: Facts) -> tuple[str | None, ...]:
    """Input keys that an unknown answer waits for.

    What is on file and unclear is asked again where nothing is missing beside it; None alone
    where every fact is on file and clear.
    """
    if not answer.open_parts:
        return ()
    per_trial = {key_of(fact, facts) for fact in answer.open_facts if fact in PER_TRIAL}
    others = answer.open_facts - PER_TRIAL.keys()
    missing = per_trial | {key for fact in others for key in missing_inputs(fact, facts)}
    unclear = {key for fact in others for key in inputs_of(fact)}
    return tuple(sorted(missing or unclear)) or (None,)
