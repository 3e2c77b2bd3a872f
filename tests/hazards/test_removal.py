"""A control is taken out where its words stand; where they stand twice, or not, that is told."""

import tomllib

import pytest

from tests.cases import each_case
from tests.hazards.removal import Removal, parse_removal

MODULE = '''\
"""Livers."""

NEAR_MM = 2.0  # the pen's width
WORDS: dict[str, str] = {"yes": "ja", "no": "nein", **OTHERS}
TWICE = 1
TWICE = 2


def find_far(mask, least):  # and how far
    """Find what is far."""
    if mask.empty and not least:
        raise Refused("far.empty", mask)
    far = [one for one in mask.parts if one.mm > NEAR_MM]
    kept, lost = split(mask, by=least)
    if not far or lost is None:
        return ()
    note(far)
    near = is_near(far) if far else "near"
    return (Finding("far.parts", sum(far) + lost.ml), *find_lost(lost), kept)


def list_faults(masks):
    for mask in masks:
        if not mask.whole:
            continue
        yield Finding("far.whole", mask)
    if len(masks) > 9:
        yield Finding("far.twice", masks)
    elif spared:
        yield Finding("far.twice", masks)
    else:
        yield Finding("far.few", masks)
    yield from (mark("far.small") for mask in masks if mask.ml < 1)
    code = "far.one" if masks[1:] else "far.none"


class Liver:
    limits = (30, 40)

    @property
    def share(self):
        self.seen["share"] = self.flr / self.whole
        if (left := self.left) > 0:
            left += 1
        while spread:
            left -= 1
        return left

    def place(self):
        (file, row), column = (self.file, 9), 7
        return file if (at := row) > column else at
'''
TAKEN_OUT = [
    ("find_far", 'gives = "told"', "    return told"),
    ("list_faults", 'gives = "()"', "    yield from ()"),
    ("Liver.share", 'gives = "1"', "        return 1"),
    ("Liver.share", 'gives = "half = 2; half"', "        half = 2\n        return half"),
    ("Liver.limits", 'gives = "()"', "    limits = ()"),
    ("NEAR_MM", 'gives = "9.0"', "NEAR_MM = 9.0"),
    ("WORDS", 'gives = "{}"', "WORDS: dict[str, str] = {}"),
    (
        "find_far",
        'gives = { "far.empty" = "0" }',
        "if mask.empty and (not least):\n        return 0",
    ),
    # the condition under which a code stands, or a way out before it
    ("find_far", 'untold = "far.empty"', "if False:\n        raise Refused("),
    ("find_far", 'untold = "far.parts"', "if True:\n        return ()"),
    ("list_faults", 'untold = "far.whole"', "if True:\n            continue"),
    ("list_faults", 'untold = "far.twice spared"', "elif False:"),
    ("list_faults", 'untold = "far.few"', "elif True:"),
    ("list_faults", 'untold = "far.one"', "code = 'far.one' if False else 'far.none'"),
    ("list_faults", 'untold = "far.none"', "code = 'far.one' if True else 'far.none'"),
    ("list_faults", 'untold = "far.small"', "(mark('far.small') for mask in masks if False)"),
    # the smallest condition: an operand, or the whole
    ("find_far", 'never = "empty"', "if False and (not least):"),
    ("find_far", 'always = "lost"', "if not far or True:"),
    ("find_far", 'never = "lost far"', "if False:\n        return ()"),
    ("find_far", 'always = "NEAR_MM"', "[one for one in mask.parts if True]"),
    ("find_far", 'always = "far #2"', "near = is_near(far) if True else 'near'"),
    ("Liver.share", 'never = "spread"', "while False:"),
    # what a condition gives a value has it without the control as well
    ("Liver.share", 'never = "left"', "if (left := self.left) > 0 and False:"),
    ("Liver.place", 'always = "row"', "if (at := row) > column or True else at"),
    # an entry, an argument, an operand, a statement
    (
        "find_far",
        'without = "find_lost"',
        "return (Finding('far.parts', sum(far) + lost.ml), kept)",
    ),
    ("find_far", 'without = "sum"', "Finding('far.parts', lost.ml)"),
    ("find_far", 'without = "ml"', "Finding('far.parts', sum(far))"),
    ("find_far", 'without = "sum ml"', "Finding('far.parts')"),
    ("find_far", 'without = "by"', "split(mask)"),
    ("find_far", 'without = "note"', "return ()\n    pass\n"),
    ("WORDS", 'without = "no"', "{'yes': 'ja', **OTHERS}"),
    ("WORDS", 'without = "OTHERS"', "{'yes': 'ja', 'no': 'nein'}"),
    # what a name is given, else its call, else where it is read
    ("find_far", 'instead_of = { near = "1" }', "near = 1"),
    ("find_far", 'instead_of = { lost = "mask, 0" }', "kept, lost = (mask, 0)"),
    ("Liver.place", 'instead_of = { row = "0" }', "(file, row), column = ((self.file, 0), 7)"),
    ("Liver.place", 'instead_of = { column = "0" }', "(file, row), column = ((self.file, 9), 0)"),
    ("find_far", 'instead_of = { by = "0" }', "split(mask, by=0)"),
    ("find_far", 'instead_of = { is_near = "True" }', "near = True if far else 'near'"),
    ("find_far", 'instead_of = { mm = "mask.mm" }', "if mask.mm > NEAR_MM"),
    ("list_faults", 'instead_of = { "mask #2" = "()" }', "for mask in () if mask.ml < 1)"),
    ("Liver.share", 'instead_of = { share = "0" }', "self.seen['share'] = 0"),
    ("Liver.share", 'instead_of = { "left self" = "9" }', "if (left := 9) > 0:"),
    ("Liver.share", 'instead_of = { "left 1 #2" = "2" }', "left -= 2"),
    ("Liver.limits", 'instead_of = { 40 = "50" }', "limits = (30, 50)"),
    ("WORDS", 'instead_of = { yes = "1" }', "{'yes': 1, 'no': 'nein', **OTHERS}"),
]
TOLD = [
    ("find_near", 'gives = "()"', "is not there"),
    ("Liver.find_far", 'gives = "()"', "is not there"),
    ("TWICE", 'gives = "1"', "stands 2 times"),
    ("Liver", 'gives = "1"', "gives : this is no function and no constant"),
    ("NEAR_MM", 'gives = "2.0"', "gives : changes nothing"),
    ("find_far", 'gives = { "far.full" = "()" }', "gives far.full: is not there"),
    ("find_far", 'untold = "far.full"', "untold far.full: is not there"),
    ("list_faults", 'untold = "far.twice"', "untold far.twice: stands 2 times"),
    ("Liver.share", 'untold = "share"', "untold share: is not there"),
    ("find_far", 'never = "far"', "never far: stands 2 times"),
    ("find_far", 'always = "far #3"', "always far #3: is not there"),
    ("find_far", 'without = "far"', "without far: stands 3 times"),
    ("Liver.share", 'instead_of = { left = "1" }', "instead_of left: stands 3 times"),
    ("Liver.share", 'instead_of = { right = "1" }', "instead_of right: is not there"),
]


@each_case("symbol, line, there", TAKEN_OUT)
def test_one_place_is_taken_out(symbol: str, line: str, there: str) -> None:
    without = parse_removal(symbol, tomllib.loads(line)).apply(MODULE)
    assert there not in MODULE
    assert without.count(there) == 1
    compile(without, "livers.py", "exec")


def test_what_is_before_and_behind_is_as_it_was() -> None:
    without = parse_removal("find_far", {"gives": "()"}).apply(MODULE)
    before, behind = MODULE.partition("def find_far")[0], MODULE.partition("def list_faults")[1:]
    assert without == f"{before}def find_far(mask, least):\n    return ()\n\n\n{''.join(behind)}"


@each_case("symbol, line, says", TOLD)
def test_no_place_and_several_are_reported(symbol: str, line: str, says: str) -> None:
    with pytest.raises(LookupError) as told:
        parse_removal(symbol, tomllib.loads(line)).apply(MODULE)
    assert told.value.args == (f"{symbol}: {says}",)


SCRIPT = """\
export const limit = 3;

export function tell(drafts, plan) {
  if (plan) {
    return drafts.length;
  }
  return plan ? [] : drafts;
}

export class Strip {
  get share() {
    return this.drafts.length;
  }

  async *list(drafts) {
    yield plan ? [] : drafts;
  }
}
"""
TAKEN_OUT_OF_SCRIPT = [
    ("tell", "plan ? [] : drafts", "[]", "  }\n  return [];\n}"),
    ("list", "plan ? [] : drafts", "plan", "    yield plan;"),
    ("share", "this.drafts.length", "null", "    return null;"),
]
TOLD_OF_SCRIPT = [
    ("tell", "drafts.share", "[]", "is not there"),
    ("find", "drafts", "[]", "is not there"),
    ("tell", "plan", "[]", "stands 3 times"),
    ("tell", "plan ? [] : drafts", "plans", "unknown words: plans"),
    ("tell", "return drafts", "return drafts", "changes nothing"),
]


@each_case("symbol, place, instead, there", TAKEN_OUT_OF_SCRIPT)
def test_one_text_of_a_script_is_taken_out(
    symbol: str, place: str, instead: str, there: str
) -> None:
    without = Removal(symbol, "script", place, instead).apply(SCRIPT)
    assert there not in SCRIPT
    assert without.count(there) == 1
    assert len(without) == len(SCRIPT) - len(place) + len(instead)


@each_case("symbol, place, instead, says", TOLD_OF_SCRIPT)
def test_no_text_and_several_of_a_script_are_reported(
    symbol: str, place: str, instead: str, says: str
) -> None:
    with pytest.raises(LookupError) as told:
        Removal(symbol, "script", place, instead).apply(SCRIPT)
    assert told.value.args == (f"{symbol}: {place}: {says}",)


def test_a_function_of_a_script_without_an_end_is_reported() -> None:
    with pytest.raises(LookupError, match="has no end"):
        Removal("tell", "script", "[]", "drafts").apply(SCRIPT.partition("\n}")[0])


@each_case("line", ['holds = "livers"', 'never = "far"\nalways = "lost"'])
def test_a_control_is_taken_out_in_one_way(line: str) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        parse_removal("find_far", tomllib.loads(line))
