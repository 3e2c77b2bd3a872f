"""Formula that counts what became of the patients of a trial, as CONSORT 2010 lists them."""

from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind
from fl_planner.trials.outcomes import STATES, TrialStep, count_outcomes, say_state
from fl_planner.trials.trial_names import find_trial


def _outcome_counts(given: Given) -> Answer:
    trial = find_trial(given.word("trial") or "", given.judged)
    counts = count_outcomes(
        trial,
        [
            TrialStep(one.word("id") or "", one.word("became") or "", one.word("arm"))
            for one in given.entries("records") or ()
        ],
    )
    return Answer(
        {
            **{state: counts.patients[state] for state in STATES},
            "resected_of": counts.resected_of,
            "resected_pct": counts.resected_percent,
            "by_arm": dict(counts.arms) or None,
        }
    )


FORMULAS = (
    Formula(
        "outcome_counts",
        "how many patients of a trial came how far, from records in order of time",
        (
            Input("trial", Kind.TEXT, "registry number or name", required=True),
            Input(
                "records",
                Kind.ENTRIES,
                "one state each, in order of time",
                required=True,
                parts=(
                    Input("id", Kind.TEXT, "pseudonym", required=True),
                    Input(
                        "became",
                        Kind.WORD,
                        "what became of the patient",
                        words={state: state for state in STATES},
                        required=True,
                    ),
                    Input("arm", Kind.TEXT, "arm or group, as it was told"),
                ),
            ),
        ),
        {
            **{state: f"patients: {say_state(state)}" for state in STATES},
            "resected_of": "what the percentage is of",
            "resected_pct": "resected of these, %",
            "by_arm": "patients by arm or group; not a comparison",
        },
        _outcome_counts,
        names_trial=True,
    ),
)
