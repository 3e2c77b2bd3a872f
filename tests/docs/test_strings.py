"""Texts and docstrings use one term for one thing."""

import re
from collections.abc import Callable, Iterable
from functools import cache

import pytest
from click.testing import CliRunner

from docs.make.strings import Pair, Shown, find_never, list_docstrings, list_shown, main, read_pairs
from tests.cases import each_case

CORRECT = {  # texts, and whether they are kept
    "kept there is no": (True, "There is no tumour in the remnant"),
    "kept disease-free": (True, "the answer is no or unknown"),
    "kept abbreviation": (True, "H stands for hepatectomy"),
    "kept link": (True, "see [the page](additional-assessments.md)"),
    "kept threshold": (True, "held-out cases, a breath-hold, a threshold"),
    "kept no longer": (True, "the output no longer holds"),
    "kept geometry": (True, "the lesion mask is outside the liver"),
    "kept key": (True, "the keys `told`, `says`, `beside`, `held` and `typed`"),
    "kept method": (True, ">>> interval.holds(0.3)"),
    "kept name": (True, 'a mask named "liver without tumour"'),
    "kept comparative": (True, "the path was no shorter than the other"),
    "kept more than": (True, "no more than 50 plans"),
    "kept tumour board": (True, "for discussion at the tumour board"),
    "avoided program": (False, "the report says where the tumour is"),
    "avoided file": (False, "a file that tells no side"),
    "avoided answer": (False, "the mask is no liver"),
}


@cache
def shown() -> tuple[Shown, ...]:
    return tuple(list_shown())


@cache
def docstrings() -> tuple[Shown, ...]:
    return tuple(list_docstrings())


@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.such_as)
def test_a_term_to_avoid_is_found_and_its_replacement_is_not(pair: Pair) -> None:
    where = f"{(pair.rooms or ('report',))[0]}/harbour.py:1"
    assert pair.finds(Shown(where, pair.such_as, docstring=not pair.texts))
    later = f"Second sentence.{' ' if pair.texts else chr(10)}{pair.such_as}."
    assert pair.finds(Shown(where, later, docstring=not pair.texts))
    assert not pair.finds(Shown(where, pair.say))


@pytest.mark.slow
@pytest.mark.parametrize("listed", [pytest.param(shown, marks=pytest.mark.essential), docstrings])
def test_no_term_to_avoid_is_used(listed: Callable[[], Iterable[Shown]]) -> None:
    found = [(text.where, text.text, pair.say) for text, pair in find_never(listed())]
    assert found == []


@each_case("kept, text", CORRECT)
def test_correct_english_is_kept(kept: bool, text: str) -> None:
    assert (not list(find_never([Shown("report/x.py:1", text)]))) is kept


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("report/page/appendix.py", "Reference volume"),  # the report
        ("space/grid.py", "Mask volume"),  # the report's appendix
        (
            "report/terminal/table.py",
            "FLR not calculated: give the mask of the remnant",
        ),  # the terminal
        ("report/picture/slices/captions.py", "future liver remnant (FLR)"),  # pictures
        ("planning/volume_pathway/pathway_rows.py", "FLR volume not below {limit}"),
        ("trials/data/dragon2.toml", "Pregnant or lactating"),
        ("trials/facts/meanings.py", "able to understand the trial and to consent"),
        ("basis/finding_codes/liver.toml", ""),  # findings and refusals
        ("docs/reference/commands/plan.md", "--second-reader"),  # help
        ("docs/uncertainty.md", "inter-reader interval"),  # a page
        ("docs/make/pathways.py", "the applicable limit"),  # a generated page
        ("docs/glossary.toml", "total liver volume"),
        ("report/page/templates/page.html.j2", "crossing chance"),
        ("web/static/page.html", "Axial slices from head to foot"),  # an attribute
        ("web/static/ask.js", "Recorded: {}"),  # a script
        ("changes/README.md", "One file per change"),
        ("CHANGELOG.md", "schema number"),
        ("sample_data/README.md", "two fictitious patients"),
    ],
)
def test_the_table_contains_every_kind_of_text(where: str, text: str) -> None:
    assert any(one.where.startswith(where) and text in one.text for one in shown())


@pytest.mark.slow
def test_docstrings_are_listed_separately() -> None:
    assert all(one.docstring for one in docstrings())
    assert not any(one.docstring for one in shown())
    assert {"record/plan.py:1", "basis/findings.py:1"} <= {one.where for one in docstrings()}
    keys = Pair(re.compile("a_key"), "the key in words", "a_key", docstrings=False)
    assert not keys.finds(Shown("report/x.py:1", "a_key", docstring=True))


@pytest.mark.essential
@pytest.mark.slow
def test_keys_of_conditions_are_not_texts_for_people() -> None:
    assert not any(one.where.startswith("trials/data") and "is_true" in one.text for one in shown())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "some"),
    [
        ([], "Pregnant or lactating"),
        (["--never"], "replacement"),
        (["--docstrings"], "record/plan.py:1"),
    ],
)
def test_it_prints_a_table(options: list[str], some: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.make.strings.list_shown", shown)  # listed once
    monkeypatch.setattr("docs.make.strings.list_docstrings", docstrings)
    ran = CliRunner().invoke(main, options)
    assert ran.exit_code == 0
    assert ran.output.startswith("| where | text |")
    assert some in ran.output
