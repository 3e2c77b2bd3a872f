"""Numbers as they were typed, and documents that no person writes refused before they are read."""

import json
import tomllib
from collections.abc import Callable
from decimal import Decimal
from time import process_time
from typing import Any

import pytest

from fl_planner.basis.exact_text import (
    BeyondBoundsError,
    Pairs,
    find_separator,
    parse_exact_json,
    parse_exact_toml,
    parse_strict_json,
    require_bounds,
    require_commas,
    require_depth,
    require_few_entries,
    require_short_keys,
    split_cells,
)
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_base_name, as_compared, find_nearest
from tests.cases import each_case
from tests.refusals import refuses


def test_decimals_stay_exact() -> None:
    typed = "0.1000000000000000055511151231257827"
    assert parse_exact_json(typed) == Decimal(typed)


@pytest.mark.parametrize("typed", ["NaN", "Infinity", "-Infinity", "1e99999999999999999999"])
def test_what_is_no_number_is_not_finite(typed: str) -> None:
    found = parse_exact_json(typed)
    assert isinstance(found, Decimal)
    assert not found.is_finite()


def test_keys_given_twice_are_remembered_at_every_depth() -> None:
    found = parse_exact_json('{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}')
    assert isinstance(found, Pairs)
    assert found.twice == ["a"]
    inner = found["b"]
    assert isinstance(inner, Pairs)
    assert inner.twice == ["c"]


MIB = 1 << 20
JOINED = "more than 32 dotted parts on line {line}"
HOSTILE = {  # what would take minutes, or all memory
    "a key of 10,000 names": ("a" + ".a" * 10_000 + " = 1", JOINED.format(line=1)),
    "a table of 10,000 names": ("b = 1\n[a" + ".a" * 10_000 + "]", JOINED.format(line=2)),
    "a list of tables": ("[[ a" + " . a" * 40 + "]]", JOINED.format(line=1)),
    "quoted names": ('"a\'\\""' + ".'a.b'" * 40 + " = 1", JOINED.format(line=1)),
    "in an inline table": ("x = {b = 1, a" + ".a" * 40 + " = 1}", JOINED.format(line=1)),
    "all that a file may hold": ("a" + ".a" * (MIB // 2 - 4) + "=1", JOINED.format(line=1)),
    "50,000 keys": ("".join(f"k{n} = 1\n" for n in range(50_000)), "more than 10,000 entries"),
    "100,000 tables": ("".join(f"[t{n}]\n" for n in range(100_000)), "more than 10,000 entries"),
    "100,000 times one table": ("[[plan]]\n" * 100_000, "more than 10,000 entries"),
    "a list of numbers": ("x = [" + "1," * 400_000 + "]", "more than 10,000 entries"),
    "a key of 1 MB": ("k" * (MIB - 8) + " = 1", "a string of more than 4,096 characters"),
    "a text of 1 MB": (f'k = "{"v" * (MIB - 8)}"', "a string of more than 4,096 characters"),
    "lists in each other": ("x = " + "[" * 33 + "]" * 33, "nested too deeply: more than 32"),
    "hundreds in each other": ("x = " + "[" * 400 + "]" * 400, "nested too deeply"),
    "thousands in each other": ("x = " + "[" * 9000 + "]" * 9000, "nested too deeply"),
    "a number of 5,000 digits": ("x = " + "9" * 5000, "too many digits"),
    "one of 101": ("x = 1" + "0" * 100, "a number with more than 100 digits"),
    "one of base 16": ("x = 0x" + "f" * 900_000, "a number with more than 100 digits"),
    "an endless exponent": ("x = 1e99999999999999999999", "too many digits"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_toml_never_written_is_refused_at_once(name: str) -> None:
    text, words = HOSTILE[name]
    began = process_time()
    with pytest.raises(BeyondBoundsError, match=words):
        parse_exact_toml(text)
    assert process_time() - began < 5


def test_toml_that_people_write_is_read_as_it_is() -> None:
    uid = ".".join(["1"] * 32)
    text = f"""# a.{uid}.{uid}
[[plan]]
uid = "{uid}"
points = [{", ".join(["[1.5, 2.5, 3.5]"] * 500)}]
notes = '''
{uid}'''
[a.b.c."d e".f]
most = {10**100 - 1}
"""
    assert parse_exact_toml(text) == tomllib.loads(text, parse_float=lambda x: parse_exact_json(x))
    with pytest.raises(tomllib.TOMLDecodeError):
        parse_exact_toml("a = ")


def test_32_names_joined_with_dots_are_the_most() -> None:
    require_short_keys("a" + ".a" * 31 + " = 1")
    with pytest.raises(BeyondBoundsError, match="more than 32 dotted parts"):
        require_short_keys("a" + ".a" * 32 + " = 1")
    with pytest.raises(BeyondBoundsError, match="more than 32 dotted parts"):
        parse_exact_toml("a" + ".a" * 32 + " = 1")


def test_what_is_in_texts_and_comments_parts_no_entries() -> None:
    many = "=," * 20_000
    for text in (
        f"# {many}",
        f'a = "{many}"',
        f"a = '{many}'",
        "a = " + chr(34) * 3 + many + '\n\\"""' + many + chr(34) * 3,
        "a = " + chr(34) * 3 + many + chr(34) * 5 + " # " + many,
        "a = [" + chr(34) * 3 + "b" + chr(34) * 4 + ", 1]",
        f"a = '''\n{many}\n''" + many + "'''",
    ):
        require_few_entries(text)
        with pytest.raises(BeyondBoundsError, match="10,000 entries"):
            require_few_entries(text + "\nb = [" + "1," * 10_001 + "]")


def test_a_text_without_an_end_is_passed_over_once() -> None:
    """Otherwise it is read again from each quotation mark in it: 1 MB for half an hour."""
    many = '\\"' + "," * 20_000
    for text in (f'a = "{many}', f'a = "{many}\nb = 1', 'a = """' + many, f"a = '{many}"):
        require_few_entries(text)
        with pytest.raises(tomllib.TOMLDecodeError):
            parse_exact_toml(text)


def nested(depth: int) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize("demand", [require_bounds, require_depth])
def test_32_lists_in_each_other_are_the_most(demand: Callable[[object], None]) -> None:
    demand(nested(32))
    demand({"a": nested(31)})
    with pytest.raises(BeyondBoundsError):
        demand(nested(33))
    with pytest.raises(BeyondBoundsError):
        demand({"a": nested(32)})


def test_10_000_entries_are_the_most() -> None:
    require_bounds([1] * 10_000)
    require_bounds({"a": [1] * 9_999})
    with pytest.raises(BeyondBoundsError, match="10,000"):
        require_bounds({"a": [1] * 10_000})


@pytest.mark.parametrize(
    ("text", "most", "words"),
    [
        ("[" * 33 + "]" * 33, 100, "nested too deeply: more than 32"),
        ("[" * 50_000 + "]" * 50_000, 100_000, "nested too deeply"),
        ('{"a":' * 500 + "1" + "}" * 500, 1000, "nested too deeply"),
        ("[1, 1, 1]", 2, "more than 2 entries"),
        ('{"a": {}}', 1, "more than 1 entries"),
    ],
)
def test_json_never_written(text: str, most: int, words: str) -> None:
    with pytest.raises(BeyondBoundsError, match=words):
        parse_exact_json(text, most)


def test_json_that_people_write() -> None:
    assert parse_exact_json("[" * 32 + "]" * 32) == json.loads("[" * 32 + "]" * 32)
    assert parse_exact_json("[1, 1, 1]", 3) == [1, 1, 1]


def test_an_abbreviation_is_suggested_for_one_letter_more_or_fewer() -> None:
    names = ["age", "alp", "alt", "ast", "ecog", "inr"]
    slips = (("alat", "alt"), ("altt", "alt"), ("nr", "inr"), ("ALT", "alt"))
    marked = (("inr_1", "inr"), ("alt-1", "alt"), ("ALT_2", "alt"))  # digits and signs: no letters
    for slip, meant in (*slips, *marked):
        assert find_nearest(slip, names) == [meant], slip
    for word in ("alter", "Alter", "image", "stage", "inrich"):
        assert find_nearest(word, names) == [], word
    assert find_nearest("ecog_ps", names) == ["ecog"]  # of a longer name, as before


@each_case("wrong, names, near", [
    ("liver_volume", ["flr_volume", "total_liver_volume"], ["total_liver_volume"]),
    ("bilirubin_direct", ["bilirubin_total"], []),
    ("Left hepatic vein", ["right_hepatic_vein"], []),
    ("left-hepatic-vain", ["right_hepatic_vein", "left_hepatic_vein"], ["left_hepatic_vein"]),
    ("totallivervolume", ["total_liver_volume"], ["total_liver_volume"]),  # no word replaced
    ("flr_ov_whole_liver", ["flr_of_whole_liver"], ["flr_of_whole_liver"]),  # of two letters
])  # fmt: skip
def test_no_suggestion_replaces_a_word(wrong: str, names: list[str], near: list[str]) -> None:
    assert find_nearest(wrong, names) == near


def test_a_name_longer_than_any_is_compared_with_none() -> None:
    assert find_nearest("tumour" * 20, ["tumour" * 20]) == []
    assert find_nearest("tumor" * 20, ["tumour" * 20]) == ["tumour" * 20]
    assert find_nearest("sega", ["sgga", "ssga"], 2) == ["ssga", "sgga"]


def test_h11_ids_that_look_the_same_are_compared_as_one() -> None:
    """U+00C9 is E with an acute accent; U+200B and U+FE0F are not seen."""
    seen = ["\u00c9a", "E\u0301a", "\u00c9\u200ba", "\u00c9a\ufe0f"]
    assert {as_compared(one) for one in seen} == {"\u00c9a"}
    assert [as_compared(one) for one in ("p1", "P1", "p 1", "")] == ["p1", "P1", "p 1", ""]
    assert {as_compared(one) for one in ("p\u00a01", "p\u20091", "p\t1")} == {"p 1"}
    assert as_compared("p\u00b2") == "p\u00b2"  # a superscript is not the digit
    assert as_compared("\uff50\uff12") == "p2"
    assert as_compared("\uff8a\uff9e") == "\u30d0"  # half-width katakana, of two characters


@pytest.mark.parametrize(
    ("name", "base"),
    [
        (r"C:\Users\Jane Doe\liver.nii.gz", "liver.nii.gz"),
        (r"C:\liver.nii.gz", "liver.nii.gz"),
        ("d:/masks/liver.nii.gz", "liver.nii.gz"),
        (r"\\server\Jane Doe\liver.nii.gz", "liver.nii.gz"),
        (r"sub\liver.nii.gz", r"sub\liver.nii.gz"),  # a name on this system
        ("a: b/c", "a: b/c"),
        ("liver.nii.gz", "liver.nii.gz"),
    ],
)
def test_a_windows_path_is_named_by_its_base_name(name: str, base: str) -> None:
    assert as_base_name(name) == base
    assert InputRefused("file.missing", name, "no such file", "check it").source == base


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 1}', b'[{"a": NaN}]', b'{"a": -Infinity}', b"{"])
def test_h12_a_record_that_programs_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of JSON itself, too
        parse_strict_json(text)


@pytest.mark.parametrize("row", ['a,"no end', f"a,{'x' * 131_073}"])
def test_a_cell_without_an_end_or_too_long_is_refused(row: str) -> None:
    with refuses("dossier.cases", "cases.csv", says="quotation mark"):
        [*split_cells(["id,note", row], ",", "dossier.cases", "cases.csv")]


@pytest.mark.parametrize(
    ("header", "separator"),
    [("id,liver", ","), ("id;liver", ";"), ("id;liver, mL", ";"), ("id", ","), ("", ",")],
)
def test_a_semicolon_in_the_header_separates_the_cells(header: str, separator: str) -> None:
    assert find_separator(header, "agree.list", "list.csv") == separator


@pytest.mark.parametrize("header", ["id\tliver", "id\tliver\r\n", "\tid"])
def test_cells_separated_by_tabs_are_refused_as_such(header: str) -> None:
    with refuses("agree.list", "list.csv", says="the cells are separated by tabs"):
        find_separator(header, "agree.list", "list.csv")


@pytest.mark.parametrize("header", ["id|liver", "id | liver\r\n"])
def test_cells_separated_by_vertical_bars_are_refused_as_such(header: str) -> None:
    with refuses("agree.list", "list.csv", says="the cells are separated by vertical bars"):
        find_separator(header, "agree.list", "list.csv")


@pytest.mark.parametrize(
    "header", ["id,liver\tof reader 1", "id;\tliver", "id", "id,liver|right", "id;a|b"]
)
def test_a_tab_or_bar_next_to_another_separator_is_not_one(header: str) -> None:
    require_commas(header, "agree.list", "list.csv")
