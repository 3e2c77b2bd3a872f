"""Refusals and findings are cut at what a person reads, and say how much was left out."""

import pickle

import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_first, shorten, shorten_value

LONG = "k" * 1_000_000


def test_a_name_of_a_file_is_reported_whole_however_long() -> None:
    assert shorten_value("n" * 255) == "n" * 255
    assert shorten_value("n" * 256) == "n" * 200 + "... (56 more characters)"


def test_one_value_in_a_message_is_cut_and_the_rest_of_it_is() -> None:
    assert shorten(f"no such key {LONG}; did you mean flr?") == (
        f"no such key {'k' * 200}... (999,801 more characters) did you mean flr?"
    )


def test_fifty_lines_are_reported_and_the_others_counted() -> None:
    fifty = "\n".join(["line"] * 50)
    assert shorten(fifty) == fifty
    assert shorten(f"{fifty}\n") == f"{fifty}\n"
    assert shorten(f"{fifty}\nline\nline") == f"{fifty}\n... (2 more lines)"


def test_a_message_of_many_words_is_cut_too() -> None:
    words = "no such key " * 10_000
    assert shorten(words) == words[:2500] + "... (117,500 more characters)"
    assert shorten(shorten(words)) == shorten(words)


@pytest.mark.parametrize("count", [1, 50, 51, 100_000])
def test_errors_are_counted_where_they_are_not_reported(count: int) -> None:
    told = join_first([f"e{n}" for n in range(count)]).split("; ")
    assert told[:50] == [f"e{n}" for n in range(min(count, 50))]
    assert told[50:] == ([f"and {count - 50:,} more"] if count > 50 else [])


def test_long_errors_are_fewer_and_one_there_is_always() -> None:
    told = join_first(["no such key " * 80] * 9)
    assert told.count("; ") == 2
    assert told.endswith("; and 7 more")
    assert join_first(["no such key " * 1000]).endswith(" more characters)")
    assert join_first([]) == ""


def test_whoever_makes_a_refusal_or_a_finding_it_is_cut() -> None:
    refused = InputRefused("case.unreadable", LONG, f"no {LONG}", f"leave out {LONG} " * 50)
    assert str(refused) == f"{refused.source}: {refused.reason}; {refused.remedy}"
    assert len(refused.source) < 250
    assert len(refused.reason) < 250
    assert 500 <= len(refused.remedy) < 800
    sent = pickle.loads(pickle.dumps(refused))  # as from a pool of processes
    assert (vars(sent), str(sent)) == (vars(refused), str(refused))
    finding = Finding("labels.unknown", Severity.WARNING, f"label {LONG} is none")
    assert finding.message == f"label {'k' * 200}... (999,800 more characters) is none"


def test_a_blank_name_is_quoted() -> None:
    """A variable of the shell that is not set: the message began with a colon."""
    for blank in ("", " "):
        refused = InputRefused("calc.unknown", blank, "the formula does not exist", "give a name")
        assert str(refused) == f"'{blank}': the formula does not exist; give a name"
