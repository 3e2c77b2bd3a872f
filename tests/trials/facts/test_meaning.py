"""Every input key has words for a person."""

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import DATES, QUANTITIES, UPPER_LIMITS, say_meaning
from tests.cases import each_case


@each_case("key", sorted({*FACTS, *QUANTITIES, *UPPER_LIMITS, *DATES}))
def test_every_key_has_words(key: str) -> None:
    assert say_meaning(key)


def test_words_by_hand() -> None:
    assert say_meaning("albumin") == FACTS["albumin_g_per_l"].meaning
    assert say_meaning("staging_ct_date") == "date of the staging CT"
    assert say_meaning("ast_uln") == "AST: the laboratory's upper limit"
    assert say_meaning("cirrhosis") == FACTS["cirrhosis"].meaning
