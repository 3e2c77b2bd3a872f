"""A formula as it is printed, declared on the function that computes it.

Its figures are the constants that the function computes with, so that the text follows them. The
appendix of a report, the methods of FHIR, what stands beside the remnant, the docstring and the
docs read it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PrintedFormula:
    """One formula as it is printed.

    - `text`: the formula, with its units.
    - `source`: who printed it; a protocol stands there by its role, in braces.
    - `name`: what its number is called; "" where no report lists it.
    - `key`: keys that lead to its number in a plan or its growth, joined by points.
    - `method`: the same in a few words, for a receiving system.
    """

    text: str
    source: str
    name: str = ""
    key: str = ""
    method: str = ""


def computes(text: str, source: str, **more: str) -> Callable[[Function], Function]:
    """Declare which formula a function computes; `more` are fields of `PrintedFormula`.

    `{formula}` and `{source}` in its docstring become text and source.

    Examples
    --------
    >>> @computes("h / 2, cm", "this example")
    ... def find_girth_cm(height_cm: float) -> float:
    ...     "Girth, {formula} ({source})."
    ...     return height_cm / 2
    >>> find_girth_cm.__doc__, formula_of(find_girth_cm).text
    ('Girth, h / 2, cm (this example).', 'h / 2, cm')
    """
    formula = PrintedFormula(text, source, **more)

    def declare(function: Function) -> Function:
        said = (function.__doc__ or "").replace("{formula}", text)
        function.__doc__ = said.replace("{source}", source)
        function.formula = formula  # type: ignore[attr-defined]
        return function

    return declare


def formula_of(function: Any) -> PrintedFormula:
    """Give the formula that a function, or a property, computes."""
    (found,) = list_declared(function)
    return found


def list_formulas(*modules: ModuleType) -> Iterator[PrintedFormula]:
    """List the formulas that functions and methods of modules compute, in their order."""
    for module in modules:
        for one in vars(module).values():
            if getattr(one, "__module__", "") == module.__name__:
                members = vars(one).values() if isinstance(one, type) else (one,)
                yield from (found for member in members for found in list_declared(member))


def list_declared(function: Any) -> Iterator[PrintedFormula]:
    """List what a function, or a property, computes: one formula, or none."""
    found = getattr(getattr(function, "fget", function), "formula", None)
    if isinstance(found, PrintedFormula):
        yield found
