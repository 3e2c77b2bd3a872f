"""What a person is told of a case file or centre file that was begun: the first, and how many."""

from datetime import date

from fl_planner.planning.judgement import Grounds, judge_stated
from fl_planner.record.over_time.new_case import (
    MOST_SHOWN,
    as_new_case,
    as_new_centre,
    format_new_case,
    format_new_centre,
)
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.statements import Stated
from tests.cases import each_case
from tests.record.planned import PROTOCOLS, TRIALS


@each_case(
    "count, last",
    {"few": (MOST_SHOWN, None), "many": (MOST_SHOWN + 2, "  and 2 more")},
)
def test_questions_beyond_the_first_are_counted(count: int, last: str | None) -> None:
    judged = judge_stated(Stated({"crlm_present": True}), Grounds(TRIALS, PROTOCOLS))
    questions = judged.route.questions[:count]
    told = as_new_case("new.toml", judged, questions, asked=1)
    first, *said = [line for line in format_new_case(told) if not line.startswith("evidence.")]
    assert first == f"new.toml: written; {count} questions not yet answered"
    assert [line.split()[0] for line in said[:MOST_SHOWN]] == [
        f"{one.key}:" for one in questions[:MOST_SHOWN]
    ]
    words = "  hcc_present: hepatocellular carcinoma (tumour board)"
    assert (words in said) is ("hcc_present" in [one.key for one in questions[:MOST_SHOWN]])
    assert len(said) == min(count, MOST_SHOWN + 1)
    assert last is None or said[-1].startswith(last)


def test_trials_of_a_centre_are_reported_by_how_a_patient_reaches_them() -> None:
    offers = {"NCT05428735": Offer("open"), "NCT06178198": Offer("closed")}
    centre = Centre("Site 7", date(2026, 11, 1), offers)
    first, *said = format_new_centre(as_new_centre("centre.toml", centre, TRIALS))
    assert first == f"centre.toml: written; answers for 2 of {len(TRIALS)} trials"
    assert [line.rpartition(": ")[2] for line in said[:-1]] == ["recruiting here", "closed here"]
    assert said[0].startswith("  DRAGON 2 (NCT05428735)")
    assert said[-1] == (
        "  other trials (comments in the file): assumed to be available by referral"
    )
    every = Centre("Site 7", date(2026, 11, 1), {one.id: Offer("referral") for one in TRIALS})
    assert len([*format_new_centre(as_new_centre("centre.toml", every, TRIALS))]) == 1 + len(TRIALS)
