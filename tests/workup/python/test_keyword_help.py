"""Each keyword is explained where a stranger looks: `help`, a notebook, an editor."""

import ast
import inspect
import pydoc
import re
from pathlib import Path
from typing import Any, cast

import pytest

import fl_planner
from docs.make.markdown import sentence
from docs.make.python import list_helps
from docs.make.python_stub import list_functions
from fl_planner.workup.python.words import explain_keywords

WITH_KEYWORDS = [*list_functions()]


def flat(text: str) -> str:
    return " ".join(text.split())


def entries(doc: str) -> dict[str, str]:
    """Read the entries `NAME : TYPE` of a docstring, each with its words on one line."""
    found = re.findall(r"^(\w+) : [^\n]+\n((?:    [^\n]+\n?)+)", inspect.cleandoc(doc), re.M)
    return {name: flat(said) for name, said in found}


@pytest.mark.parametrize("name", WITH_KEYWORDS)
def test_each_keyword_has_the_words_of_its_option(name: str) -> None:
    """The docstring against the help of the command line."""
    found = getattr(fl_planner, name)
    told, explained = list_helps(name), entries(found.__doc__)
    optional = [
        one.name
        for one in inspect.signature(found).parameters.values()
        if one.kind is one.KEYWORD_ONLY and one.default is not one.empty
    ]
    assert optional
    wrong = [one for one in optional if explained.get(one) != flat(sentence(told[one]))]
    assert wrong == []


def test_the_stub_of_editors_has_signatures_and_words_of_the_functions() -> None:
    tree = ast.parse((Path(fl_planner.__file__).with_suffix(".pyi")).read_text("utf-8"))
    defined = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    assert [*defined] == WITH_KEYWORDS
    for name, node in defined.items():
        found = getattr(fl_planner, name)
        assert ast.get_docstring(node) == inspect.getdoc(found)
        arguments = (*node.args.args, *filter(None, [node.args.vararg]), *node.args.kwonlyargs)
        assert [one.arg for one in arguments] == [*inspect.signature(found).parameters]


def test_help_explains_the_keywords_of_plan() -> None:
    text = pydoc.plain(pydoc.render_doc(fl_planner.plan))
    assert "labelmap : AnyImage\n        Couinaud segments 1 to 8" in text
    assert "size_limit : int, default 1\n" in text
    assert text.index("Parameters") < text.index("labelmap : ") < text.index("Raises")


def test_an_entry_follows_options_and_a_default_is_stated() -> None:
    doc = "Measure.\n\nParameters\n----------\noptions\n    Optional.\n\nRaises\n------\nX\n    Y"
    explained = explain_keywords("volume", doc, [("spleen", "AnyImage", None), ("dpi", "int", 300)])
    lines = explained.splitlines()
    at = lines.index("options")
    assert lines[at + 1 : at + 5] == [
        "    Optional.", "spleen : AnyImage", lines[at + 3], "dpi : int, default 300",
    ]  # fmt: skip
    assert lines[-5:-3] == ["", "Raises"]
    assert (
        explain_keywords("x", doc, [("no_such", "str", ())]).count("no_such : str\n\nRaises") == 1
    )


@pytest.mark.slow
def test_a_notebook_shows_them_after_a_question_mark(capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = cast("Any", InteractiveShell)()
    shell.run_cell("import fl_planner")
    shell.run_line_magic("pinfo", "fl_planner.plan")
    shown = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert "Drawn future liver remnant." in shown
    text = "fl_planner.plan(remn"
    with provisionalcompleter():
        completed = [one.text for one in shell.Completer.completions(text, len(text))]
    assert "remnant_segments=" in completed
