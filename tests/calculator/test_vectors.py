"""Every worked example of the reference but those on voxels, through the catalogue."""

import json
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from tests.calculator.asking import answer
from tests.shared import shared

ON_VOXELS = {"mask_accounting", "lesion_count", "diameters"}
Vector = dict[str, Any]


def vectors() -> list[Vector]:
    books = (shared(name) for name in ("vectors.json", "endpoints.json"))
    read = (one for book in books for one in json.loads(book.read_text("utf-8"))["vectors"])
    return [vector for vector in read if vector["quantity"] not in ON_VOXELS]


def holds(have: Any, want: Any, tolerance: Any) -> bool:
    """Tell whether a result is the expected one; of a list, entry by entry."""
    if isinstance(want, list):
        pairs = zip(have, want, strict=True)
        return all(holds(*pair, tolerance) for pair in pairs)
    if not isinstance(tolerance, dict):
        return bool(have == want)
    margin = max(tolerance.get("abs", 0), tolerance.get("rel", 0) * abs(want))
    return have is not None and abs(float(have) - want) <= margin


def names_in(inputs: Any) -> list[str]:
    """List every name of an input, nested ones too."""
    if isinstance(inputs, dict):
        return [*inputs, *(name for one in inputs.values() for name in names_in(one))]
    return [name for one in inputs for name in names_in(one)] if isinstance(inputs, list) else []


def test_every_worked_example() -> None:
    rows = vectors()
    assert len(rows) >= 59 + 16
    for row in rows:
        if row["expected"].get("rejected"):
            with pytest.raises(InputRefused) as refused:
                answer(row["quantity"], row["inputs"])
            assert any(name in str(refused.value) for name in names_in(row["inputs"])), row["id"]
            continue
        found = answer(row["quantity"], row["inputs"])
        for name, want in row["expected"].items():
            tolerance = row["tolerance"].get(name, "exact")
            assert holds(found.results[name], want, tolerance), (row["id"], name)
        assert not [one for one in found.findings if one.severity.value == "error"], row["id"]


def test_every_quantity_of_the_reference_has_its_inputs_and_results() -> None:
    from fl_planner.calculator.formula import find_formula

    for row in vectors():
        formula = find_formula(row["quantity"])
        assert row["inputs"].keys() <= {one.name for one in formula.inputs}, row["id"]
        assert row["expected"].keys() - {"rejected", "why"} <= formula.results.keys(), row["id"]
