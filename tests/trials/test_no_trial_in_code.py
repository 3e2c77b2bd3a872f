"""What a trial says stands in its file: no module names a trial, or has its words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import fl_planner
from fl_planner.intake.documents.protocols import read_bundled, read_heads
from tests.cases import each_case

PACKAGE = Path(fl_planner.__file__).parent
TRIALS = [read_bundled(name) for name in read_heads()]
NAMES = {word for trial in TRIALS for word in (trial.id, trial.name, trial.short)}
NAMED = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, sorted(NAMES)))})(?![A-Za-z0-9])")
CRITERIA = {criterion.id for trial in TRIALS for criterion in trial.criteria}
SENTENCES = {
    sentence
    for trial in TRIALS
    for sentence in (
        *(criterion.says for criterion in trial.criteria if len(criterion.says.split()) > 2),
        *(text for row in trial.routes for text in row.reasons if " " in text),
        *trial.notes,
    )
}


def texts(source: str) -> Iterator[str]:
    """List every text of a module that runs: no docstring, which may name its source."""
    tree = ast.parse(source)
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def naming(source: str) -> list[str]:
    """List the texts of a module that name a trial, its criterion or its sentence."""
    return [
        text
        for text in texts(source)
        if NAMED.search(text) or text in CRITERIA or text in SENTENCES
    ]


# what bears a trial's name outside, and keeps it
KEPT = {
    "cli/log.py": "examples of its help",
    "calculator/endpoints.py": "where formulas are from",
    "calculator/radioembolisation.py": "what formulas are for",
    "calculator/scintigraphy.py": "what formulas are for",
    "calculator/scores.py": "what formulas are for",
    "calculator/trial_conditions.py": "outside names of formulas, and what they are for",
    "planning/volume_pathway/pathway_rows.py": "stable names of two pathways",
    "record/ratios.py": "an example of a stable name",
    "record/function.py": "what a key means",
}


@pytest.mark.slow
def test_no_module_names_a_trial() -> None:
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    found = {name: naming(path.read_text("utf-8")) for name, path in modules.items()}
    assert {name for name, named in found.items() if named} == {*KEPT}
    for name in KEPT:
        assert not {*found[name]} & (CRITERIA | SENTENCES), name


@each_case(
    "text",
    [
        "NCT05428735",
        "dragon2.flr_30",
        "(DRAGON 2, background section)",
        "trial_pump_it",
        "E9",
        "Liver anatomy, or tumour position at the hepatic veins, rules out combined PVE/HVE",
        "The liver metastases are few and small; no extrahepatic disease is recorded.",
        "treatment (PVE or PVE/HVE) is allocated by randomisation",
    ],
)
def test_a_text_that_names_one_is_found(text: str) -> None:
    assert naming(f"LIMIT = {text!r}") == [text]
    assert naming(f'"""Source: {text}."""') == []
