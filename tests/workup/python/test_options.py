"""Every option of the command line is a keyword in Python, and the other way round."""

import ast
import inspect
import math
import pickle
import pydoc
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast, get_type_hints

import click
import numpy as np
import pytest

import fl_planner
from docs.make.markdown import sentence
from docs.make.python import list_helps
from docs.make.python_stub import list_functions
from fl_planner.cli import archive as archive_commands
from fl_planner.cli import load_command
from fl_planner.cli.commands import COMMANDS as COMMAND_LINE
from fl_planner.cli.trials import export_trials, judge
from fl_planner.workup.python.options import (
    BoardOptions,
    PlanOptions,
    ResectionOptions,
    SizeOptions,
)
from fl_planner.workup.python.words import as_words, explain_keywords, taking
from tests.refusals import refuses

PRINTED = {
    "json",
    "csv",
    "semicolons",
    "bom",
    "quiet",
    "verbose",
    "exit_code",
}  # how a command prints: a result is no print
OTHERWISE = {
    "log": "add_to_log(result, log)",
    "from": "carry(source, ...), for `from` is a word of Python",
    "consort": "result.consort_csv()",
    "xlsx": "the command line alone writes workbooks",
    **dict.fromkeys(
        ("study", "archive", "archives", "series", "routing", "route", "push"),
        "find_studies, pull_study and push_results reach archives",
    ),
    "lesions_csv": "result.lesions.to_frame().to_csv(name)",
    "resections_csv": "result.resections.to_frame().to_csv(name)",
}  # options that are a function or a method of the result
OF_A_WORKBOOK = {"resections": {"force"}, "screen": {"force"}}  # which these replace, if any
ONLY_CHOICE = {"export_trials": {"format"}}  # of an option with one
ONLY_SHOWN = {"judge": {"trial"}}  # a table of one trial: the result has all
OF_TRIALS = {"judge": judge, "export_trials": export_trials}
OF_ARCHIVES = {
    "find_studies": archive_commands.find,
    "pull_study": archive_commands.pull,
    "push_results": archive_commands.push,
    "withdraw_results": archive_commands.withdraw,
}
COMMANDS = (
    *OF_ARCHIVES,
    *OF_TRIALS,
    *("agree", "carry", "check", "cohort", "convert", "dose", "dossier", "function"),
    *("growth", "pictures", "plan", "report", "resections", "screen", "spect_shift", "validate"),
    "volume",
)


def options_of(name: str) -> set[str]:
    command = (OF_ARCHIVES | OF_TRIALS).get(name) or load_command(name.replace("_", "-"))
    every = [p for p in command.params if isinstance(p, click.Option)]
    long = {text.removeprefix("--") for one in every for text in one.opts if text[:2] == "--"}
    return {text.replace("-", "_") for text in long} - PRINTED


def keywords_of(name: str) -> set[str]:
    signature = inspect.signature(getattr(fl_planner, name))
    named = signature.parameters.values()
    return {
        one.name
        for one in named
        if one.kind is one.KEYWORD_ONLY or (one.kind is one.POSITIONAL_OR_KEYWORD)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_a_keyword(name: str) -> None:
    otherwise: set[str] = set() if name in OF_ARCHIVES else {*OTHERWISE}
    of_it = (of.get(name, set()) for of in (OF_A_WORKBOOK, ONLY_CHOICE, ONLY_SHOWN))
    alone = otherwise.union(*of_it)
    assert options_of(name) - alone - keywords_of(name) == set()


POSITIONS = {
    "case_file",
    "listed",
    "patient",
    "archive",
    "results",
    "image",
    "source",
    "data_set",
    "folder",
}  # what a command takes as its argument


@pytest.mark.parametrize("name", COMMANDS)
def test_every_keyword_is_an_option(name: str) -> None:
    more = set(get_type_hints(BoardOptions)) if name in ("pictures", "report") else set()
    assert keywords_of(name) - options_of(name) - POSITIONS - more == set()


def test_every_command_that_answers_is_a_function() -> None:
    """Those that start a file, run over time or print themselves are the command line's own."""
    alone = {
        "demo",
        "log",
        "new_case",
        "new_centre",
        "settings",
        "outcome",
        "schema",
        "serve",
        "trials",
        "verify",
        "cohort merge",  # joins what runs of the command line left
        *("archive", "listen", "watch"),  # a group of commands, and services that run over time
        *("hooks", "mcp", "segment"),  # for a record, an assistant, and with programs of others
    }
    commands = {name.replace("-", "_") for name in COMMAND_LINE}
    missing = commands - alone - set(fl_planner.__all__)
    assert missing == set()


NAMED = {"AnyImage", "Images", "Segments", "Amount", "YesNo", "YesNoUnknown", "Day", "AnyPath"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_signature_names_types_and_does_not_list_their_parts(name: str) -> None:
    """`help` shows it: a keyword a line, each type by a name that `help(fl_planner)` explains."""
    shown = str(inspect.signature(getattr(fl_planner, name)))
    assert max(map(len, shown.splitlines())) <= 100
    assert not re.search('PathLike|ArrayImage|ForwardRef|fl_planner|typing|["]', shown)
    explained = {one for one in NAMED if f"`{one}`" in (fl_planner.__doc__ or "")}
    assert explained == NAMED


def test_help_of_plan_is_a_keyword_a_line() -> None:
    text = pydoc.plain(pydoc.render_doc(fl_planner.plan))
    assert "\n    liver: AnyImage | None = None,\n" in text
    assert "\n    diagnosis: Literal['crlm', 'hcc', 'other'] | None = None,\n" in text
    assert "\n    size_limit: int = 1,\n" in text
    assert text.index("case_file: AnyPath | None = None,\n    *,\n") > 0
    assert "-> PlanResult" in text


def words(**given: Any) -> dict[str, Any]:
    return as_words("plan", PlanOptions, given)


def test_what_is_not_stated_is_as_the_command_line_has_it() -> None:
    said = words(liver=None)
    assert (said["liver"], said["tumour"], said["no_tumour"], said["size_limit"]) == (
        None, (), False, 1,
    )  # fmt: skip
    assert said["profile"] == "shareable"


def test_python_values_become_the_words_of_options() -> None:
    said = words(
        remnant_segments=(2, "III"),
        absent_segment=[1],
        chemo_damage=True,
        cirrhosis="unknown",
        flr_function=2.67,
        lung_dose=Decimal("12.5"),
        as_of="2026-11-20",
        treated_segments="5,8",
        earlier="before.toml",
        facts={"ecog": 1, "largest_lesion": {"value": 2.6, "unit": "cm"}},
    )
    assert said["remnant_segments"] == "2,III"
    assert said["absent_segment"] == ("1",)
    assert (said["chemo_damage"], said["cirrhosis"]) == ("yes", "unknown")
    assert (said["flr_function"], said["lung_dose"]) == ("2.67", "12.5")
    assert said["as_of"] == date(2026, 11, 20)
    assert said["treated_segments"] == "5,8"
    assert said["earlier"] == (Path("before.toml"),)
    assert said["facts"]["largest_lesion"]["value"] == Decimal("2.6")


@pytest.mark.parametrize("name", ["plan", "volume", "dose", "function"])
def test_a_default_may_be_given(name: str) -> None:
    """Each default that a signature names, such as `absent_segment=()`, changes nothing."""
    function = getattr(fl_planner, name)
    options = get_type_hints(function)["options"].__args__[0]
    parameters = inspect.signature(function).parameters.values()
    defaults = {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert () in defaults.values()
    assert as_words(name, options, defaults) == as_words(name, options, {})


def test_numbers_of_numpy_and_a_moment_are_taken() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    said = words(flr_function=np.float32(2.9), height_cm=np.int64(180), as_of=noon)
    assert (said["flr_function"], said["height_cm"]) == ("2.9", "180")
    assert said["as_of"] == date(2026, 11, 20)
    assert not isinstance(said["as_of"], datetime)


def test_a_keyword_that_is_none_is_reported_with_the_nearest() -> None:
    with pytest.raises(TypeError, match="no keyword 'tumor'; did you mean 'tumour'"):
        words(tumor="tumour.nii")
    with pytest.raises(TypeError, match=r"no keyword 'zzz'$"):
        words(zzz=1)


NO_VALUES = {
    "no_tumour": "yes",
    "size_limit": 65,
    "chemo_damage": "perhaps",
    "profile": "public",
    "flr_function": True,
    "as_of": "20 November",
    "earlier": 3,
    "remnant_segments": 3.5,
    "scheme": 1,
    "centre": 2,
    "facts": 3,
}
# As pandas.NaT: a datetime whose parts are no numbers.
NOT_A_TIME = type("NaTType", (datetime,), {"year": property(lambda _: math.nan)})(2026, 11, 20)
NO_PLACE = ((True, 30, 22), (None, 30, 22), (72, 30), {72, 30, 22}, b"\1\2\3", 72)
WRONG = [
    *NO_VALUES.items(),
    *[("cut", one) for one in ([("portal", (84, 30, 22))], [None], {"portal": (84, 30, 22)}, 5)],
    *[("portal_root", one) for one in NO_PLACE],
    *[("portal_point", one) for one in ([(72, 30, 22)], [None], 5)],
    *[("vessel", one) for one in ([None], [("RPV", "x.nii")], 3, {3: "x.nii"})],
    *[("exclude", [None]), ("second_reader", [None])],
    *[("wedge", one) for one in (1.5, b"\1", {1: 5.0})],
    *[("plane", one) for one in ([None], [((80, 0, 0), (1, 0, 0))], {"80,0,0;1,0,0": 1})],
    ("remnant_segments", b"\2"),
    *[("size_limit", True), ("facts", {1: 2})],
    *[("as_of", one) for one in (NOT_A_TIME, "20261120", "2026-W47-5")],
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_a_keyword_cannot_have_is_refused(name: str, value: object) -> None:
    with refuses("usage.wrong", name):
        words(**{name: value})


REMEDIES = {
    "vessel": 'give a dict of images by name, or a list of "NAME=FILE"',
    "cut": 'give "portal=x,y,z", or "portal=" and the name of a branch',
    "portal_root": "give three numbers, x, y and z in mm",
    "plane": 'give a CutPlane, or "x,y,z;a,b,c"',
    "remnant_segments": "give a list, such as (2, 3)",
}


@pytest.mark.parametrize("name", REMEDIES)
def test_a_number_is_refused_with_what_the_keyword_takes(name: str) -> None:
    with refuses("usage.wrong", name) as refused:
        words(**{name: 3})
    assert refused.value.remedy == REMEDIES[name]
    assert refused.value.reason == refused.value.remedy.replace("give", "3 is not", 1)


@pytest.mark.parametrize("value", [[None], [5, 6], 5, [{5: 6}]])
def test_what_is_no_list_of_resections_is_refused(value: object) -> None:
    with refuses("usage.wrong", "resect"):
        as_words("resections", ResectionOptions, {"resect": value})
    said = as_words("resections", ResectionOptions, {"resect": [(5, "VI"), "7,8"]})
    assert said["resect"] == ("5,VI", "7,8")


def test_places_and_cuts_of_python_are_the_words_of_options() -> None:
    said = words(portal_root=np.array([72, 30, 22.5]), hepatic_root="1,2,3", cut="portal=RPV")
    assert (said["portal_root"], said["hepatic_root"]) == ("72.0,30.0,22.5", "1,2,3")
    assert said["cut"] == ("portal=RPV",)
    assert words(portal_point="1,2,3", hepatic_point=["4,5,6"])["portal_point"] == ("1,2,3",)
    assert words(cut=iter(["hepatic=MHV"]), vessel="RPV=r.nii")["cut"] == ("hepatic=MHV",)
    assert [words(wedge=given)["wedge"] for given in (1, (1, 3))] == ["1", "1,3"]


def test_a_structure_that_nobody_reads_twice_is_refused() -> None:
    with refuses("usage.wrong", "--second-reader"):
        fl_planner.plan(liver="liver.nii", second_reader={"spleen": "s.nii"})


def test_answers_and_whole_numbers_of_a_data_frame_are_those_of_python() -> None:
    """`row["chemo"]` of a data frame is a bool of NumPy, and so is a count an integer of it."""
    for typed in (True, np.True_):
        assert words(chemo_damage=typed)["chemo_damage"] == "yes"
        assert words(no_tumour=typed)["no_tumour"] is True
    assert words(chemo_damage=np.False_)["chemo_damage"] == "no"
    for count in (np.int64(2), np.uint8(2)):
        assert words(size_limit=count)["size_limit"] == 2
    for wrong in (np.int64(1), np.array([True]), np.float64(1), np.poly1d([1]), np.add):
        with refuses("usage.wrong", "chemo_damage"):
            words(chemo_damage=wrong)


def test_a_percentage_without_its_liver_is_no_keyword() -> None:
    for name in ("flr_percent", "flr_pct", "flr_share"):
        with pytest.raises(TypeError, match="denominator not stated; use flr_of_nontumorous_liver"):
            words(**{name: 28})
    with pytest.raises(TypeError, match=r"has no keyword 'flr_pct'$"):  # nor any of an FLR
        as_words("check", SizeOptions, {"flr_pct": 28})
    with refuses("image.kind", "flr", says="an object of type int is not an image"):
        words(flr=28)


def test_results_and_refusals_come_back_from_another_process(tmp_path: Path) -> None:
    """A pool of processes sends them by pickle; an exception without it stops the pool."""
    made = fl_planner.calc("bsa", height_cm=180, weight_kg=80)
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again._repr_html_() == made._repr_html_()
    with refuses("file.missing") as refused:
        fl_planner.plan(tmp_path / "none.toml")
    refused.value.add_note("of the first patient")
    sent = pickle.loads(pickle.dumps(refused.value))
    assert (str(sent), sent.__notes__) == (str(refused.value), ["of the first patient"])
    for part in ("code", "source", "reason", "remedy"):
        assert getattr(sent, part) == getattr(refused.value, part)


def test_a_result_is_shown_once_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook, rich would display the table while it is converted, before the result."""
    displayed: list[object] = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *shown: displayed.append(shown))
    html = fl_planner.calc("bsa", height_cm=180, weight_kg=80)._repr_html_()
    assert displayed == []
    shown = re.sub("<[^>]*>", "", html).split("\n")
    assert shown[:2] == ["Body surface area, m2: 2  (bsa_m2)", "Formula used: mosteller  (formula)"]


# ---- each keyword is explained where a stranger looks


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


def test_a_function_without_a_docstring_keeps_its_keywords() -> None:
    """PYTHONOPTIMIZE=2 removes docstrings."""

    def measure(**options: object) -> None:
        pass

    declared = taking(PlanOptions)(measure)
    assert declared.__doc__ is None
    assert "flr" in inspect.signature(declared).parameters
