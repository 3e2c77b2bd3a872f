"""Declaration of a printed formula on the function that computes it.

Its numbers are the constants of the function, so text and function always agree. The text is
printed in docstrings, in the docs, in the appendix and the additional liver assessment of a
report, and as a method in FHIR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeVar

from msgspec import Struct

Function = TypeVar("Function", bound=Callable[..., Any])


class PrintedFormula(Struct, frozen=True):
    """One formula as it is printed.

    - `text`: the formula, with its units.
    - `source`: its publication; a protocol is given by its role, in braces.
    - `name`: name of its value; "" if no report lists it.
    - `key`: keys of its value in a plan or its growth, joined by dots.
    - `method`: short description of the formula, for a receiving system.
    """

    text: str
    source: str
    name: str = ""
    key: str = ""
    method: str = ""


def computes(text: str, source: str, **more: str) -> Callable[[Function], Function]:
    """Declare the formula that a function computes; `more` are fields of `PrintedFormula`.

    `{formula}` and `{source}` in its docstring become text and source.

    Examples
    --------
    >>> @computes("h / 2, cm", "this example")
    ... def compute_girth_cm(height_cm: float) -> float:
    ...     "Girth, {formula} ({source})."
    ...     return height_cm / 2
    >>> compute_girth_cm.__doc__, formula_of(compute_girth_cm).text
    ('Girth, h / 2, cm (this example).', 'h / 2, cm')
    """
    formula = PrintedFormula(text, source, **more)

    def declare(function: Function) -> Function:
        doc = (function.__doc__ or "").replace("{formula}", text)
        function.__doc__ = doc.replace("{source}", source)
        function.formula = formula  # type: ignore[attr-defined]
        return function

    return declare


def formula_of(function: Any) -> PrintedFormula:
    """Return the formula that a function or a property computes."""
    (found,) = list_declared(function)
    return found


def list_formulas(*modules: ModuleType) -> Iterator[PrintedFormula]:
    """List the formulas that functions and methods of modules compute, in their order."""
    for module in modules:
        for value in vars(module).values():
            if getattr(value, "__module__", "") == module.__name__:
                members = vars(value).values() if isinstance(value, type) else (value,)
                yield from (found for member in members for found in list_declared(member))


def list_declared(function: Any) -> Iterator[PrintedFormula]:
    """List the formula that a function or a property declares, if any."""
    found = getattr(getattr(function, "fget", function), "formula", None)
    if isinstance(found, PrintedFormula):
        yield found
