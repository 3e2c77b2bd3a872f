"""Functions called by a formula, with their docstrings.

The formulas of `calc` only read inputs and name results; definition, formula, unit and source
stand with the functions that compute. Those are found by following the names in the code.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from fl_planner.basis.formula import list_declared
from fl_planner.calculator.formula import Formula
from fl_planner.report.page.appendix import format_source

HOME = "fl_planner.calculator."
# refusals, findings, near names, numbers as text and plausible ranges tell of inputs, not of what
# is computed
NO_CALCULATORS = (HOME, "fl_planner.basis.findings", "fl_planner.basis.plain_text",
                  "fl_planner.basis.shown", "fl_planner.basis.units",
                  "fl_planner.trials.")  # fmt: skip
SECTIONS = ("Parameters", "Examples", "Raises", "Returns", "Yields")
_SECTION = re.compile(rf"^(?:(?:{'|'.join(SECTIONS)})\n-+$|- `|Raises `)", re.MULTILINE)
_BRIEF = r"(?:clinical|safety|trials|conventions)\.md[^\];]*"  # what the house was built to
_SPECIFICATION = re.compile(rf"\s*\[{_BRIEF}\]|; {_BRIEF}(?=\])")
_GUARD = re.compile(r"refuse_|find_\w+_doubts$")  # of inputs, which computes nothing


@dataclass(slots=True)
class Used:
    """Calculators and tables used by a formula, with the attributes accessed."""

    found: dict[str, Any] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Words:
    """Docstring and place of a function.

    - `name`: of the function; a module has none that means anything to who reads a formula.
    """

    where: str
    says: str
    name: str = ""


def find_words(formula: Formula) -> tuple[Words, ...]:
    """List the docstrings of the calculators of a formula, and of their modules."""
    used = find_used(formula)
    words = [one for name in sorted(used.found) for one in _told(used.found[name], used)]
    if not words:  # it computes by itself, so its own module tells how
        return (_of_module(sys.modules[formula.compute.__module__]),)
    homes = {one.__module__: None for one in used.found.values() if hasattr(one, "__module__")}
    modules = [_of_module(sys.modules[name]) for name in sorted(homes) if _calculates(name)]
    return tuple({one.where: one for one in (*modules, *words)}.values())


def find_tables(formula: Formula) -> tuple[Mapping[str, Any], ...]:
    """Find tables of published formulas, each entry with its text and source."""
    return tuple(one for one in find_used(formula).found.values() if _is_table(one))


def find_sources(formula: Formula) -> str:
    """List the sources of a formula that are not stated in its docstrings."""
    if formula.source:
        return formula.source
    used, words = find_used(formula), " ".join(one.says for one in find_words(formula))
    members = [
        member
        for one in used.found.values()
        for name, member in (vars(one).items() if isinstance(one, type) else ())
        if name in used.attributes
    ]
    printed = [one for each in (*used.found.values(), *members) for one in list_declared(each)]
    told = dict.fromkeys(format_source(one) for one in printed)
    return "; ".join(one for one in told if one not in words)


def find_used(formula: Formula) -> Used:
    """Follow the names in a formula's code, through helpers of the formulas' rooms."""
    used, seen = Used(), set[tuple[str, str]]()
    todo: list[tuple[str, str]] = [(formula.compute.__module__, formula.compute.__name__)]
    while todo:
        place = todo.pop()
        if place not in seen:
            seen.add(place)
            todo += _follow(sys.modules[place[0]], place[1], used)
    return used


def _follow(module: ModuleType, name: str, used: Used) -> Iterator[tuple[str, str]]:
    """Process one name: record a calculator, or return the names in the code of a helper."""
    node = _definitions(module).get(name)
    if node is not None:
        for one in _walk(node):
            if isinstance(one, ast.Attribute):
                used.attributes.add(one.attr)
            elif isinstance(one, ast.Name):
                yield module.__name__, one.id
        return
    value = getattr(module, name, None)
    if _is_table(value):
        used.found[name] = value
    elif isinstance(value, type) or inspect.isfunction(value):
        if value.__module__.startswith(HOME):
            yield value.__module__, value.__name__
        elif _calculates(value.__module__):
            used.found[name] = value


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Traverse a helper, except the declarations of a formula: results, words and units."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Annotated":
        return
    yield node
    declared = node.decorator_list if isinstance(node, ast.FunctionDef) else ()
    for inner in ast.iter_child_nodes(node):
        if inner not in declared:
            yield from _walk(inner)


@cache
def _definitions(module: ModuleType) -> Mapping[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
    return found


def _calculates(module: str) -> bool:
    return module.startswith("fl_planner.") and not module.startswith(NO_CALCULATORS)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        hasattr(one, "text") and hasattr(one, "source") for one in value.values()
    )


def _told(calculator: Any, used: Used) -> Iterator[Words]:
    """Return the docstring of a function; of a class also those of the methods used."""
    if not isinstance(calculator, type | Callable):  # a table
        return
    if _GUARD.match(calculator.__name__):
        return
    where = f"{calculator.__module__}.{calculator.__name__}"
    yield Words(where, prose(calculator.__doc__), calculator.__name__)
    if isinstance(calculator, type):
        for name, member in vars(calculator).items():
            inner = getattr(member, "fget", member)
            if name in used.attributes and not name.startswith("_") and inner.__doc__:
                yield Words(f"{where}.{name}", prose(inner.__doc__), name)


def _of_module(module: ModuleType) -> Words:
    return Words(module.__name__, prose(module.__doc__))


def prose(docstring: str | None) -> str:
    """Return the paragraphs of a docstring, without its sections on parameters and examples.

    What the house was built to is in nobody's hands who reads a page, so it is not named there.

    Examples
    --------
    >>> prose("Sum of two, a + b [clinical.md 3.1].")
    'Sum of two, a + b.'
    """
    text = inspect.cleandoc(docstring or "")
    section = _SECTION.search(text)
    paragraphs = (text[: section.start()] if section else text).strip()
    return _SPECIFICATION.sub("", paragraphs)
