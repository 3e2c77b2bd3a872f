"""Every abbreviation in use is explained, and every explained term is used."""

import re
from collections.abc import Iterator

import pytest

from docs.make import glossary
from docs.make.glossary import Entry, read_glossary
from docs.make.strings import Shown, list_shown
from fl_planner.basis import standing_words as words
from fl_planner.calculator.formula import every_formula

MARKED = re.compile(r"\*\w[^*]*\*")
CAPITALS = re.compile(
    r"(?<![\w./`<{\[-])[a-z]{0,2}[A-Z][A-Za-z]*[A-Z][A-Za-z0-9]*(?:-[A-Z0-9]\w*)?(?![\w(=\]`>}-])"
)
WORD = re.compile(r"[\w-]+")
ROOMS = (
    *("basis", "calculator", "function", "liver", "patient", "planning", "record", "report"),
    *("trials", "y90"),
)
FORMATS = {"CSV", "HTML", "JPEG", "JSON", "MetaImage", "NIfTI-1", "PDF", "SVG", "TOML", "UTF-8"}
DATA_SETS = {"AMOS", "BTCV", "FLARE", "HepaticVessel", "LiTS", "MSD", "VISTA3D", "WORD"}
SOURCES = {"AAPM", "DeLand", "ESSO", "ESSR", "TG-132", "WJG"}
PROGRAMS = {"README", "SimpleITK", "SQLite", "TotalSegmentator"}
EMPHASIS = {
    "CASE",
    "DO",
    "DRAFT",
    "FILE",
    "LABEL",
    "MASK",
    "NAME",
    "NEW",
    "NOT",
    "OUT",
    "UNKNOWN",
    "USE",
}
ENVIRONMENT = {"TMPDIR"}  # an environment variable in messages
PLACEHOLDERS = {"MM", "PROGRAM", "YYYYMMDD"}  # of what is typed, in messages
PLURALS = {"CTs", "UIDs"}
TYPES = {"CutPlane", "EmbolisationKind", "NonTarget", "TypedLimit"}
KNOWN = {
    *FORMATS,
    *DATA_SETS,
    *SOURCES,
    *PROGRAMS,
    *EMPHASIS,
    *ENVIRONMENT,
    *PLACEHOLDERS,
    *PLURALS,
    *TYPES,
    "ALB",
    "MDRD-4",
    "UTC",
}
NUMBERED = re.compile(r"NCT\d+|PMC\d+|[IV]+")  # ids of texts, and segments


def entries() -> Iterator[Entry]:
    return (one for section in read_glossary().values() for one in section)


def find_unlisted(shown: list[Shown]) -> set[str]:
    """Find abbreviations of clinical rooms without an entry."""
    listed = {
        word for one in entries() for word in WORD.findall(f"{one.term} {one.says} {one.means}")
    }
    used = {
        word for one in shown if one.where.startswith(ROOMS) for word in CAPITALS.findall(one.text)
    }
    return {word for word in used - listed - KNOWN if not NUMBERED.fullmatch(word)}


@pytest.mark.slow
def test_every_abbreviation_in_use_is_listed() -> None:
    assert find_unlisted(list(list_shown())) == set()


def test_an_unlisted_abbreviation_is_found() -> None:
    shown = [Shown("liver/x.py:1", "the XYZ of the FLR, in NCT00000001")]
    assert find_unlisted(shown) == {"XYZ"}


@pytest.mark.slow
def test_every_term_is_used() -> None:
    said = "\n".join(one.text for one in list_shown())
    said += " ".join(name for one in every_formula() for name in one.results)
    unsaid = [
        one.term
        for one in entries()
        if not re.search(rf"(?<!\w){re.escape(one.term)}(?!\w)", said, re.IGNORECASE)
    ]
    assert unsaid == []


def test_every_shared_term_is_listed() -> None:
    """Questions and headings need no explanation."""
    headings = {"QUESTIONS", "LOOK_FIRST", "OTHER_OPTIONS", "READING_TO_AGREE"}
    texts = {
        name for name in vars(words) if name.isupper() and isinstance(getattr(words, name), str)
    }
    assert texts - headings == {one.word for one in entries() if one.word}


def test_a_word_that_was_changed_since_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "UNDECIDED", "open")
    with pytest.raises(ValueError, match="'undecided' is not the text of UNDECIDED: 'open'"):
        read_glossary()


def test_a_term_is_on_the_page_with_unit_source_and_formula() -> None:
    page = glossary.as_pages()["reference/glossary.md"]
    section = page.partition("\nKGR\n")[2].partition("\nRECIST\n")[0]
    assert "Kinetic growth rate." in section
    assert "Unit: percentage points per week. Source: Shindoh 2013." in section
    assert "[`calc growth`](#quantity-growth)" in section


def test_formulas_that_are_named_are_there() -> None:
    assert {name for one in entries() for name in one.calc} <= {one.name for one in every_formula()}


def test_no_entry_is_marked_with_asterisks() -> None:
    """The page escapes all characters outside code: an asterisk would be printed."""
    entries = [one for section in read_glossary().values() for one in section]
    texts = (text for one in entries for text in (one.says, one.means, one.source))
    assert [text for text in texts if MARKED.search(text)] == []
    assert MARKED.search("the *remnant*")
