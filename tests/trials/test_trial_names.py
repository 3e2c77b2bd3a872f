"""A trial by its number, its name or its short name, whatever its capitals and blanks."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.criterion import find_by_words, find_trial
from tests.refusals import refuses

TRIALS = read_bundled_trials()
DRAGON, LOCAL = TRIALS[0], TRIALS[1]


@pytest.mark.parametrize("word", ["NCT05428735", "nct05428735", "DRAGON 2", "dragon2", " Dragon 2"])
def test_dragon_2_by_any_of_its_names(word: str) -> None:
    assert find_trial(word, TRIALS).id == "NCT05428735"


def test_a_short_name() -> None:
    assert find_trial("local_plus_systemic", TRIALS) is LOCAL
    assert find_trial("local plus systemic", TRIALS) is LOCAL


@pytest.mark.parametrize("word", ["DRAGON", "", "NCT0542873", "dragon 22"])
def test_a_part_of_a_name_is_no_trial(word: str) -> None:
    with refuses("trial.unknown", says="no such trial here") as refused:
        find_trial(word, TRIALS)
    assert refused.value.remedy == f"give one of {', '.join(one.id for one in TRIALS)}"


def test_a_name_of_two_trials_is_nobody() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="dragon  2")
    with pytest.raises(InputRefused, match="several trials here are called so") as refused:
        find_trial("DRAGON 2", (*TRIALS, twin))
    assert refused.value.remedy == "give one of NCT05428735, OWN-1"


def test_a_number_goes_before_a_name() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="NCT05428735")
    assert find_trial("NCT05428735", (*TRIALS, twin)) is DRAGON


def test_words_that_two_trials_have_are_nobody() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="Dragon 3")
    assert find_by_words("dragon 3", (*TRIALS, twin)) is twin
    with refuses("trial.unknown", says="several trials here are called so") as refused:
        find_by_words("drag", (*TRIALS, twin))
    assert refused.value.remedy == "give one of NCT05428735, OWN-1"


@pytest.mark.parametrize("word", ["", " ", "-", "agon", "dragon 4"])
def test_no_word_of_a_name_is_no_trial(word: str) -> None:
    with refuses("trial.unknown", says="no such trial here"):
        find_by_words(word, TRIALS)


def test_one_that_lends_a_limit_is_meant_last() -> None:
    lending = replace(DRAGON, id="OWN-2", short="lending", name="Dragon PLC")
    assert find_by_words("dragon", TRIALS, (lending,)) is DRAGON
    assert find_by_words("plc", TRIALS, (lending,)) is lending
