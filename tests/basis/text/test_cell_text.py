"""A cell that no spreadsheet runs is restored to its text."""

from itertools import product

from fl_planner.basis.spreadsheet_text import as_cell_text, undo_cell_text


def test_every_text_of_signs_that_matter_is_restored() -> None:
    texts = ("".join(signs) for length in range(6) for signs in product(";'=| a", repeat=length))
    assert [text for text in texts if undo_cell_text(as_cell_text(text)) != text] == []


def test_h12_no_separator_begins_a_formula() -> None:
    """Also of a program that separates the cells at another sign than the table."""
    for sign, formula in product(",;|", ("=1", "+1", "@a", " =1")):
        cell = as_cell_text(f"left{sign}{formula}", semicolons=True)
        assert cell == f"left{sign}'{formula}"
    assert as_cell_text("left, lateral", semicolons=True) == "left, lateral"
    assert as_cell_text("left,=1") == "left,=1"  # in quotation marks, in a table with commas


def test_apostrophes_before_a_formula_in_a_text_are_kept() -> None:
    for text in ("left;'=1", "left|''-1", "; ' =1", "'=1;'+1"):
        assert undo_cell_text(as_cell_text(text)) == text
    assert as_cell_text("left;'=1") == "left;''=1"
