"""Every text that a person can see says what the field says."""

from functools import cache

import pytest
from click.testing import CliRunner

from docs.make.strings import Pair, Shown, find_never, list_shown, main, read_pairs


@cache
def shown() -> tuple[Shown, ...]:
    return tuple(list_shown())


@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.such_as)
def test_what_is_never_said_is_found_where_it_is_said(pair: Pair) -> None:
    where = f"{(pair.rooms or ('report',))[0]}/harbour.py:1"
    assert pair.finds(Shown(where, pair.such_as))
    assert pair.finds(Shown(where, f"Second sentence. {pair.such_as}."))
    assert not pair.finds(Shown(where, pair.say))


@pytest.mark.slow
def test_nothing_that_is_never_said_is_said() -> None:
    said = [(one.where, one.text, pair.say) for one, pair in find_never(shown())]
    assert said == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("report/page/chapters.py", "Reference volume"),  # the report
        ("space/grid.py", "Volume of a mask"),  # the report's appendix
        ("report/terminal/table.py", "FLR not calculated: no remnant was given."),  # the terminal
        ("report/picture/slices/captions.py", "future liver remnant (FLR)"),  # pictures
        ("planning/pathway/table.py", "FLR volume not below {limit}"),
        ("trials/data/dragon2.toml", "Pregnant or lactating"),
        ("trials/facts/facts.py", "able to understand the trial and consent"),
        ("basis/codes/liver.toml", ""),  # findings and refusals
        ("docs/reference/commands/plan.md", "--second-reader"),  # help
        ("docs/uncertainty.md", "inter-reader interval"),  # a page by hand
    ],
)
def test_the_table_holds_every_kind_of_text(where: str, text: str) -> None:
    assert any(one.where.startswith(where) and text in one.text for one in shown())


def test_docstrings_and_keys_of_conditions_are_no_texts_for_people() -> None:
    texts = {one.text for one in shown()}
    assert not any("Kinds of a fact" in text for text in texts)
    assert not any(one.where.startswith("trials/data") and "is_true" in one.text for one in shown())


@pytest.mark.slow
@pytest.mark.parametrize(("options", "some"), [([], "Pregnant or lactating"), (["--never"], "say")])
def test_it_prints_a_table(options: list[str], some: str) -> None:
    ran = CliRunner().invoke(main, options)
    assert ran.exit_code == 0
    assert ran.output.startswith("| where | text |")
    assert some in ran.output
