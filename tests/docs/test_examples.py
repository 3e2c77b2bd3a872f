"""Examples on the pages run, fail loudly, and use options that there are."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from docs.make.examples import Examples
from docs.make.pages import read_by_hand
from fl_planner.cli import planner
from fl_planner.liver.names.part_names import structure_of

FENCED = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def examples() -> Iterator[Examples]:
    """Run examples of several tests; what waits for commands is ended after the last."""
    with Examples() as running:
        yield running


def typed() -> Iterator[tuple[str, list[str]]]:
    """Find the commands in the blocks of the pages: the page, and its words."""
    for path, page in read_by_hand().items():
        for block in FENCED.findall(page):
            for line in block.replace("\\\n", " ").splitlines():
                line = line.partition("&& ")[2] if "&& fl-planner" in line else line
                if line.startswith("fl-planner "):
                    yield path, shlex.split(line.partition(" > ")[0], comments=True)[1:]


def find_wrong(words: list[str]) -> list[str]:
    """Find options that a command does not have; the command itself where there is none."""
    found: click.Command = planner
    context = click.Context(planner)
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        inner = found.get_command(context, words[0])
        if inner is None:
            return words[:1]
        found, words = inner, words[1:]
    known = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
    return [word for word in words if word.startswith("--") and word not in known | {"--help"}]


def test_the_names_on_the_page_about_labels_are_read_as_it_states() -> None:
    (page,) = (text for path, text in read_by_hand().items() if path.endswith("own-labels.md"))
    _, _, table = page.partition("| name | read as |\n|---|---|\n")
    rows = (line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines())
    read = {means: [*map(structure_of, re.split("[,;] ", names))] for names, means in rows}
    unknown = [found for means, found in read.items() if means.startswith("unknown")]
    assert [{*found} for found in unknown] == [{None}, {None}]
    known = [found for means, found in read.items() if not means.startswith(("unknown", "another"))]
    assert len(known) == 6
    assert not any(None in found for found in known)


def test_the_pages_name_commands_and_options_that_there_are() -> None:
    found = list(typed())
    assert len(found) > 40
    assert [(path, wrong) for path, words in found if (wrong := find_wrong(words))] == []


def test_a_command_or_option_that_there_is_not_is_found() -> None:
    assert find_wrong(["paln", "case.toml"]) == ["paln"]
    assert find_wrong(["plan", "case.toml", "--tumor", "t.nii"]) == ["--tumor"]
    assert find_wrong(["trials", "show", "X", "--trials", "f"]) == []


def test_a_page_without_examples_stays_as_it_is(examples: Examples) -> None:
    page = "# Page\n\n```text\nfl-planner demo\n```\n"
    assert examples.run(page) == page


@pytest.mark.slow
def test_what_was_printed_is_below_the_command(examples: Examples) -> None:
    page = examples.run(
        "```run first=1\nfl-planner calc bsa --height-cm 180 \\\n  --weight-kg 80\n```"
    )
    assert page.startswith(
        "```console\n$ fl-planner calc bsa --height-cm 180 \\\n  --weight-kg 80\n"
    )
    assert "2" in page.splitlines()[3]
    assert page.endswith("\n...\n\n```")


@pytest.mark.slow
def test_a_file_is_there_for_the_commands_after_it(examples: Examples) -> None:
    file = '```file facts.json\n{"age": {"value": 61, "unit": "a"}}\n```\n'
    page = examples.run(f"{file}```run first=3\nfl-planner trials judge facts.json\n```")
    assert page.startswith('`facts.json`:\n\n```text\n{"age"')
    assert "$ fl-planner trials judge facts.json\n" in page


@pytest.mark.slow
def test_a_picture_that_a_command_drew_is_shown(examples: Examples) -> None:
    drawn = "```picture fl-planner-demo/plan.png\nThree\ncuts\n```"
    page = examples.run(f"```run first=1\nfl-planner demo\n```\n\n{drawn}\n")
    assert "![Three cuts](data:image/png;base64,iVBORw0KGgo" in page  # how every PNG begins


@pytest.mark.slow
def test_the_first_page_of_a_pdf_is_shown(examples: Examples) -> None:
    run = "```run first=1\nfl-planner plan sample_data/crlm/case.toml --picture plan.pdf\n```"
    page = examples.run(f"{run}\n\n```picture plan.pdf\nThree cuts\n```\n")
    assert "![Three cuts](data:image/png;base64,iVBORw0KGgo" in page


def test_a_how_to_shows_what_is_seen() -> None:
    """A picture where the program draws one, else its output: as the example printed it."""
    for path, text in read_by_hand().items():
        if path.startswith("how-to/") and path != "how-to/index.md":
            assert re.search(r"^```(?:run|python-run|picture)", text, re.MULTILINE), path


@pytest.mark.slow
def test_a_script_is_shown_with_what_it_prints(examples: Examples) -> None:
    text = 'import fl_planner\nprint(fl_planner.calc("bsa", height_cm=180, weight_kg=80))\n'
    page = examples.run(f"```python-run\n{text}```")
    assert page == f"```python\n{text}```\n\n```text\n<fl_planner.calc: bsa_m2 2>\n```"


@pytest.mark.slow
def test_the_last_line_is_shown_as_a_notebook_shows_it(examples: Examples) -> None:
    text = """import pandas

rows = [{"mL": 38.9}]
pandas.DataFrame(
    rows
)
"""
    page = examples.run(f"```notebook-run\n{text}```")
    assert page.startswith(
        f'```python\n{text}```\n\n````{{raw}} html\n<div class="seen" tabindex="0"><div>'
    )
    assert "<td>38.9</td>" in page
    assert "<th></th>" not in page  # a head that says nothing


@pytest.mark.slow
def test_a_refusal_is_shown_where_it_is_expected(examples: Examples) -> None:
    page = examples.run("```run refused\nfl-planner calc bas\n```")
    assert "refused: bas" in page


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("block", "error"),
    [
        ("```run\nfl-planner calc bas\n```", RuntimeError),
        ("```run refused\nfl-planner calc bsa --height-cm 180 --weight-kg 80\n```", RuntimeError),
        ("```run\nrm -r x\n```", ValueError),
        ("```python-run\nimport fl_planner\nfl_planner.plam\n```", RuntimeError),
        ("```notebook-run\nrows = 1\n```", ValueError),
        ("```run maybe\nfl-planner demo\n```", ValueError),
    ],
)
def test_an_example_that_does_not_hold_stops_the_site(
    examples: Examples, block: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        examples.run(block)
