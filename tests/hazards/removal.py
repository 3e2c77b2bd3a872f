"""How a control is taken out of the code: a symbol, and one way to take out what it does.

| way | without the control |
|---|---|
| `gives = "()"` | the function returns this at once; the constant is this |
| `gives = { "header.magic" = "True" }` | the function returns this instead of that statement |
| `untold = "stray.vessels"` | the condition never comes that leads to this refusal or finding |
| `never = "REFUSED"` | that condition is false |
| `always = "REFUSED"` | that condition is true |
| `without = "describe_displacement"` | that entry, argument, operand or statement is left out |
| `instead_of = { near = "True" }` | the name is given this; else so is its call, or what it reads |
| `script = { "a < b" = "a > b" }` | this text of a script of the page is replaced by that |

What a place is says `places.py`. Words behind a code or a name are of the condition or the value
that is meant. Prefer a code to a name, and a name to a number: it says more, and it lasts.
"""

import ast
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from tests.hazards.places import (
    Node,
    find_symbol,
    list_conditions,
    list_decisions,
    list_parts,
    list_statements,
    list_values,
    pick,
)
from tests.hazards.scripts import take_out

SCRIPT = "script"
Change = tuple[Node, Node | None]  # what stands there, and what stands there without the control


@dataclass(frozen=True, slots=True)
class Removal:
    """One way to take a control out.

    - `symbol`: as its module calls it: `find_stray`, `Mask.unite`, `NEAR_MM`.
    - `way`: one of `WAYS`, or `SCRIPT`.
    - `place`: what within the symbol; empty where the whole symbol is meant.
    - `instead`: the expression that stands there then; empty where the way says it.
    """

    symbol: str
    way: str
    place: str = ""
    instead: str = ""

    def apply(self, source: str) -> str:
        """Give a module without the control; `LookupError` unless there is one such place."""
        if self.way == SCRIPT:
            return self._apply_to_script(source)
        tree = ast.parse(source)
        outer = find_symbol(tree, self.symbol.partition(".")[0])
        symbol, whole, lines = (
            find_symbol(tree, self.symbol),
            ast.unparse(outer),
            source.split("\n"),
        )
        try:
            old, new = WAYS[self.way](symbol, self)
        except LookupError as error:
            raise LookupError(f"{self.symbol}: {self.way} {self.place}: {error.args[0]}") from None
        without = ast.unparse(_Changed(old, new).visit(outer))
        if without == whole:
            raise LookupError(f"{self.symbol}: {self.way} {self.place}: changes nothing")
        first = min([outer.lineno, *(one.lineno for one in getattr(outer, "decorator_list", ()))])
        return "\n".join([*lines[: first - 1], without, *lines[outer.end_lineno :]])

    def _apply_to_script(self, source: str) -> str:
        try:
            return take_out(source, self.symbol, self.place, self.instead)
        except LookupError as error:
            raise LookupError(f"{self.symbol}: {self.place}: {error.args[0]}") from None


class _Changed(ast.NodeTransformer):
    """A tree with one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> Any:
        """Give the other node for the one, and look within all others."""
        return self._new if node is self._old else self.generic_visit(node)


def _give(symbol: ast.stmt, removal: Removal) -> Change:
    if isinstance(symbol, ast.Assign | ast.AnnAssign) and symbol.value:
        return symbol.value, _parse(removal.instead)
    if not isinstance(symbol, ast.FunctionDef):
        raise LookupError("this is no function and no constant")
    *before, last = ast.parse(removal.instead).body
    assert isinstance(last, ast.Expr)
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(symbol))
    gives = ast.Expr(ast.YieldFrom(last.value)) if yields else ast.Return(last.value)
    if removal.place:
        return pick(list_statements(symbol), removal.place), gives
    short = copy(symbol)
    short.body = [*before, gives]
    return symbol, short


def _leave_unreported(symbol: ast.stmt, removal: Removal) -> Change:
    code, _, rest = removal.place.partition(" ")
    answers = dict(list_decisions(symbol, code))
    decision = pick(answers, rest)
    return decision, _decide(decision, answer=answers[decision])


def _never(symbol: ast.stmt, removal: Removal) -> Change:
    condition = pick(list_conditions(symbol), removal.place)
    return condition, _decide(condition, answer=False)


def _always(symbol: ast.stmt, removal: Removal) -> Change:
    condition = pick(list_conditions(symbol), removal.place)
    return condition, _decide(condition, answer=True)


def _decide(condition: ast.expr, *, answer: bool) -> ast.expr:
    """Decide a condition; the names to which it gives a value keep it."""
    decided = ast.Constant(answer)
    if not any(isinstance(node, ast.NamedExpr) for node in ast.walk(condition)):
        return decided
    return ast.BoolOp(ast.Or() if answer else ast.And(), [condition, decided])


def _leave_out(symbol: ast.stmt, removal: Removal) -> Change:
    changes = {part: (old, new) for part, old, new in list_parts(symbol)}
    return changes[pick(changes, removal.place)]


def _replace(symbol: ast.stmt, removal: Removal) -> Change:
    name, _, rest = removal.place.partition(" ")
    return pick(list_values(symbol, name), rest), _parse(removal.instead)


def _parse(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def parse_removal(symbol: str, told: Mapping[str, Any]) -> Removal:
    """Parse how a symbol is taken out; other keys of the entry are passed over."""
    (way,) = told.keys() & {*WAYS, SCRIPT}
    if isinstance(told[way], dict):
        ((place, instead),) = told[way].items()
        return Removal(symbol, way, place, instead)
    place, instead = ("", told[way]) if way == "gives" else (told[way], "")
    return Removal(symbol, way, place, instead)


WAYS: dict[str, Callable[[ast.stmt, Removal], Change]] = {
    "gives": _give,
    "untold": _leave_unreported,
    "never": _never,
    "always": _always,
    "without": _leave_out,
    "instead_of": _replace,
}
