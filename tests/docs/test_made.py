"""Everything that the program has occurs on the pages that are made from it."""

import inspect
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest

import fl_planner
from docs.make.pages import make_pages
from docs.make.rests_on import find_words, prose
from docs.make.trials import BY, CHANGES, RULES, WORDS
from fl_planner.calculator.formula import Formula, every_formula
from fl_planner.cli import planner
from fl_planner.intake.documents.protocols import read_route_rows
from fl_planner.planning.volume_pathway.pathway_rows import ROWS
from fl_planner.record.json_schema import names
from fl_planner.trials import condition
from fl_planner.trials.facts.facts import FACTS
from fl_planner.workup.schema import describe_record
from tests.shared import shared

PACKAGE = Path(__file__).resolve().parents[2] / "fl_planner"
TRIALS = sorted((PACKAGE / "trials" / "data").glob("*.toml"))
SOURCED = re.compile(r"(?:18|19|20)\d\d|DDEP|UCUM|PMC|project's choice")


@cache
def pages() -> dict[str, str]:
    return make_pages()


def squeezed(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


@pytest.mark.essential
@pytest.mark.slow
def test_every_command_has_a_page_with_its_options() -> None:
    context = click.Context(planner)
    every = planner.list_commands(context)
    assert set(every) >= {"volume", "plan", "check", "trials", "calc"}
    for name in every:
        command = planner.get_command(context, name)
        assert command is not None
        page = pages()[f"reference/commands/{name}.md"]
        assert f"(command-{name.replace(' ', '-')})=" in page
        listed = [one for one in command.params if one.param_type_name == "option"]
        assert [one.opts[0] for one in listed if one.opts[0] not in page] == [], name


def test_every_public_name_has_its_place_and_a_function_its_keywords() -> None:
    for name in fl_planner.__all__:
        found = getattr(fl_planner, name)
        if inspect.isclass(found):
            assert f"(python-type-{name})=" in pages()["reference/python/types.md"]
            continue
        page = pages()[f"reference/python/{name}.md"]
        assert page.startswith(f"(python-{name})=\n# ")
        if inspect.isfunction(found):
            keywords = [one.name for one in inspect.signature(found).parameters.values()]
            assert [one for one in keywords if one not in page] == [], name


def test_the_index_lists_every_name_functions_before_types() -> None:
    page = pages()["reference/python/index.md"]
    listed = re.findall(r"^\| \[`(\w+)`\]\(#python-(type-)?", page, re.MULTILINE)
    assert {name for name, _ in listed} == set(fl_planner.__all__)
    assert [bool(kind) for _, kind in listed] == sorted(bool(kind) for _, kind in listed)


def test_a_docstring_is_set_and_not_dumped() -> None:
    every = pages()
    page = "".join(text for path, text in every.items() if path.startswith("reference/python/"))
    assert "----------" not in page
    assert "| `origin_mm` | Three numbers. Position of voxel (0, 0, 0): one number per axis" in page


def test_commands_of_commands_are_on_its_page() -> None:
    page = pages()["reference/commands/trials.md"]
    for name in ("list", "show", "judge"):
        assert f"(command-trials-{name})=" in page
        assert f"## fl-planner trials {name}" in page


def test_the_examples_of_a_command_are_shown() -> None:
    page = pages()["reference/commands/volume.md"]
    assert "Examples:\n\n```text\nfl-planner volume --liver liver.nii.gz" in page


def test_every_key_of_a_case_file_has_a_meaning_or_an_example() -> None:
    rows = pages()["reference/case-file-keys.md"].splitlines()
    cells = [row.split(" | ") for row in rows if row.startswith("| `")]
    assert len(cells) > 100
    assert [row[0] for row in cells if not (row[2].strip() or row[3].strip())] == []


def test_every_formula_has_its_inputs_units_and_results() -> None:
    page = pages()["reference/quantities.md"]
    for formula in every_formula():
        section = page.partition(f"(quantity-{formula.name})=")[2].partition("\n(quantity-")[0]
        for one in formula.inputs:
            (row,) = [line for line in section.splitlines() if f"| `{one.name}` |" in line][:1]
            assert f"| {one.unit} |" in squeezed(row), one.name
        assert [name for name in formula.results if f"| `{name}` |" not in section] == []


@pytest.mark.parametrize("formula", tuple(every_formula()), ids=lambda one: one.name)
def test_every_formula_states_how_it_is_computed_and_where_it_is_from(formula: Formula) -> None:
    words = find_words(formula)
    assert words
    assert all(one.says for one in words)
    page = pages()["reference/quantities.md"]
    section = page.partition(f"(quantity-{formula.name})=")[2].partition("\n(quantity-")[0]
    assert SOURCED.search(section) or "The limits are those of" in section
    assert not re.search(r"specification|clinical\.md|fl_planner\.|`(?:liver|patient)\.", section)


def test_every_quantity_of_the_independent_calculator_is_there() -> None:
    vectors = json.loads(shared("vectors.json").read_text("utf-8"))["vectors"]
    of_masks = {"mask_accounting", "lesion_count", "diameters"}
    page = pages()["reference/quantities.md"]
    asked = {vector["quantity"] for vector in vectors} - of_masks
    assert [name for name in asked if f"(quantity-{name})=" not in page] == []


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_every_criterion_of_a_trial_is_reported(path: Path) -> None:
    """The TOML is read here by itself, and not by the program's loader."""
    trial = tomllib.loads(path.read_text("utf-8"))
    name = trial["id"].lower()
    page = pages()[f"reference/trials/{name}.md"]
    plain = squeezed(page)
    assert trial["source"] in plain
    for one in trial.get("criterion", ()):
        section = plain.partition(f"({name}-{one['id'].lower()})=")[2]
        section = section.partition(f"\n({name}-")[0]
        for key in ("says", "source", "asked_of", "reading", "note"):
            assert str(one.get(key, ""))[1:] in section, (one["id"], key)
        assert CHANGES[one["changes"]] in section
        for fact in facts_of([part["when"] for part in one.get("part", [one])]):
            assert f"[`{fact}`](#fact-{fact})" in section, one["id"]


def facts_of(when: object) -> set[str]:
    if isinstance(when, list):
        return {name for one in when for name in facts_of(one)}
    if not isinstance(when, dict):
        return set()
    return {key for key in when if key in FACTS}.union(*map(facts_of, when.values()))


def test_a_limit_is_reported_as_it_was_entered() -> None:
    page = pages()["reference/trials/nct05428735.md"]
    assert "- [`flr_fraction`](#fact-flr_fraction) below 0.3\n" in page
    assert "- [`flr_fraction`](#fact-flr_fraction) below 0.4\n" in page
    assert "- [`chemo_liver_damage`](#fact-chemo_liver_damage) is yes\n" in page


def test_every_word_of_the_language_of_trials_is_known() -> None:
    words = {word for of_kind in condition.WORDS.values() for word in of_kind}
    assert words - {"is_true", "is_false"} == set(WORDS)
    assert set(condition.RULES) == set(RULES)
    assert set(BY) == {"imaging", "facts", "human"}


def test_every_fact_is_reported_with_its_codes() -> None:
    page = pages()["reference/facts.md"]
    for name, fact in FACTS.items():
        section = page.partition(f"(fact-{name})=")[2].partition("\n(fact-")[0]
        assert section, name
        assert all(f"`{code}`" in section for code in fact.codes), name


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("chemo_liver_damage", "[DRAGON 2 I1](#nct05428735-i1)"),
        ("flr_function_pct_per_min_per_m2", "[the background of DRAGON 2](#trial-nct05428735)"),
        ("total_liver_volume_ml", "Not used by any criterion of a bundled trial."),
        ("life_expectancy_weeks", "Number in wk."),
    ],
)
def test_who_asks_a_fact_is_linked(fact: str, told: str) -> None:
    page = pages()["reference/facts.md"]
    assert told in page.partition(f"(fact-{fact})=")[2].partition("\n(fact-")[0]


@pytest.mark.parametrize("name", names())
def test_every_key_of_a_record_is_reported(name: str) -> None:
    page = pages()[f"reference/records/{name}.md"]
    asked = describe_record(name)
    answered = asked["oneOf"][0] if "oneOf" in asked else asked
    told = {key.rpartition(".")[2].rstrip("[]") for key in re.findall(r"^\| `([^`]+)`", page, re.M)}
    assert keys_of(answered) - told == set()


def keys_of(schema: object) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    inner = [*schema.get("properties", {}).values(), *schema.get("patternProperties", {}).values()]
    inner += [schema["items"]] if "items" in schema else []
    forms = [one for one in schema.get("oneOf", ()) if one.get("type") != "null"]
    return set(schema.get("properties", ())).union(*map(keys_of, [*inner, *forms[:1]]))


def test_the_codebook_names_its_columns() -> None:
    page = pages()["reference/records/codebook.md"]
    assert "`record_id`" in page
    assert "`dragon2_flr_30`" in page


def test_every_hazard_is_reported() -> None:
    page = pages()["what-can-go-wrong.md"]
    assert re.findall(r"^## (H-\d\d)", page, re.M) == [f"H-{n:02}" for n in range(1, 20)]


def test_sections_of_a_docstring_are_left_out() -> None:
    told = prose("""Add, a + b [clinical.md 3.1].

    Parameters
    ----------
    a : int
        One.
    """)
    assert told == "Add, a + b."
    assert prose("Add [Gauss 1801; clinical.md 5.1].") == "Add [Gauss 1801]."
    assert prose("Add.\n\n- `a`: one.\n\nRaises `InputRefused`: where it is none.") == "Add."
    assert prose(None) == ""


def test_every_row_of_pathways_and_routes_is_reported() -> None:
    page = pages()["reference/pathways.md"]
    told = dict(re.findall(r"^\| (\w+) \|.* \| (.+) \|$", page, re.MULTILINE))
    names = {row.name for row in ROWS} | {row.name for row in read_route_rows()}
    assert set(told) - {"row"} == names
    assert told["V7"] == "FLR cannot be calculated."
    assert told["C1"].startswith("Potentially eligible for ")
    assert "PUMP-IT (NCT06857773)" in told["C1"]
    assert told["C5"].endswith("registry status as of 2021: not yet recruiting.")
