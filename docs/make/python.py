"""The pages of the Python names, made from their signatures, docstrings and the command line.

Each function has a page; the types share one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

import fl_planner
from docs.make.markdown import block, code, contents, plain, sentence, table, target
from fl_planner.cli import archive, load_command
from fl_planner.cli.trials import export_trials, judge

HEAD = """\
# Python functions

The names below are stable: use `fl_planner.plan(...)` or `from fl_planner import ...`. Everything
else may change between versions. Each keyword has the name and meaning of the
corresponding command-line option; [Work from Python](../../how-to/from-python.md) has examples.

A result is printed as one line; in a notebook, it is shown with its table and picture. `as_record`
returns the whole record and `result["flr_percent"]` one of its values. `lesions`, `resections`,
`criteria` and `findings` return rows, which `to_frame()` turns into a pandas data frame. `frame`
returns many plans as one data frame.
"""
FOLDER = "reference/python"
_SECTION = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)
CHOICE = "Literal["
_ENTRY = re.compile(r"\n(?=\S)")
GROUPED = {  # functions of a command within a group
    "judge": judge,
    "export_trials": export_trials,
    "find_studies": archive.find,
    "pull_study": archive.pull,
    "push_results": archive.push,
    "withdraw_results": archive.withdraw,
}
TAKES = {
    "AnyImage": "image",
    "Images": "image, or a list of images",
    "AnyPath": "path",
    "Amount": "number",
    "Segments": "segments, such as (2, 3)",
    "YesNo": "True or False",
    "YesNoUnknown": 'True, False or "unknown"',
    "Day": "date, or a string",
    "PlaceMm": "three numbers, or a string",
    "Origins": "an origin, a list of origins, or a mapping from structures to origins",
    "Planes": "planes, or a string",
    "Lesions": 'lesion numbers, or "all"',
    "bool": "True or False",
    "Iterable[str]": "list of strings",
    "int": "whole number",
    "str": "string",
}
OF_NAME = {
    "exclude": "images by name",
    "vessel": "images by name",
    "cut": "list of strings",
    "second_reader": "images by name",
    "facts": "path, or facts by key",
    "earlier": "list of paths",
    "structure": "list of names",
    "resect": "list of segments",
}


def as_pages() -> dict[str, str]:
    """Render the index, one page per function, and the page of the types."""
    named = {name: getattr(fl_planner, name) for name in fl_planner.__all__}
    types = {name: found for name, found in named.items() if inspect.isclass(found)}
    functions = {name: found for name, found in named.items() if name not in types}
    rows = ((f"[{code(name)}](#{_mark(name, found)})", plain(_first(found)[0]))
            for name, found in (functions | types).items())  # fmt: skip
    pages = {name: [*_entry(name, found, 1)] for name, found in functions.items()}
    pages["types"] = ["# Python types"]
    for name, found in types.items():
        pages["types"] += ["", *_entry(name, found, 2)]
    pages["index"] = [HEAD, *table(("name", "result"), rows), "", *contents([*pages])]
    return {f"{FOLDER}/{name}.md": "\n".join(lines) + "\n" for name, lines in pages.items()}


def _entry(name: str, found: Callable[..., Any], level: int) -> Iterator[str]:
    first, rest = _first(found)
    yield from (target(_mark(name, found)), f"{'#' * level} {code(_title(name, found))}", "")
    yield from (*block(f"{name}{_signature(found)}", "python"), "", plain(first), "")
    yield from _sections(rest)
    if inspect.isfunction(found):
        yield from _keywords(name, found)


def _first(found: Any) -> tuple[str, str]:
    """Part a docstring's first sentence from the rest, as written: keywords have a table."""
    first, _, rest = inspect.cleandoc(inspect.unwrap(found).__doc__).partition("\n\n")
    return first, rest


def _title(name: str, found: object) -> str:
    return f"{'class ' if inspect.isclass(found) else ''}fl_planner.{name}"


def _mark(name: str, found: object) -> str:
    """Mark a name's place; `plan` and `Plan` are one to Sphinx."""
    return f"python-{'type-' if inspect.isclass(found) else ''}{name}"


def _sections(text: str) -> Iterator[str]:
    """Set a docstring's paragraphs as they are, its sections as tables, its examples as code."""
    before, *rest = _SECTION.split(text)
    yield from _paragraphs(before)
    for head, body in zip(rest[::2], rest[1::2], strict=True):
        if head == "Examples":
            yield from _paragraphs(body)
            continue
        entries = [entry.partition("\n") for entry in _ENTRY.split(body.strip("\n"))]
        rows = [(*one.partition(" : ")[::2], " ".join(said.split())) for one, _, said in entries]
        heads = ("raises", "when") if head == "Raises" else (head.lower().rstrip("s"), "meaning")
        named = [
            (code(name), f"{kind}. {said}" if kind not in ("", "str") else said)
            for name, kind, said in rows
        ]
        yield from (*table(heads, [(one, plain(sentence(said))) for one, said in named]), "")


def _as_row(name: str, kind: str, said: str) -> tuple[str, str]:
    """Set what a name means; that it is text says nothing."""
    whole = said if kind in ("", "str") else f"{kind}. {said}"
    return code(name), plain(sentence(whole))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
        yield from block(paragraph, "python") if paragraph[:3] == ">>>" else [plain(paragraph)]
        yield ""


def _signature(found: Callable[..., Any]) -> str:
    """Write a signature; keywords that are options stand in the table below it."""
    signature = inspect.signature(found)
    if inspect.isclass(found) or not hasattr(found, "__signature__"):
        return str(signature).replace("'", "")
    firm = [one for one in signature.parameters.values() if not _is_option(one)]
    more = inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD)
    return str(signature.replace(parameters=[*firm, more])).replace("'", "")


def _is_option(one: inspect.Parameter) -> bool:
    return one.kind is one.KEYWORD_ONLY and one.default is not one.empty


def _keywords(name: str, found: Callable[..., Any]) -> Iterator[str]:
    """Set the options of a function as a table, in the words of the command line's help."""
    named = [one for one in inspect.signature(found).parameters.values() if _is_option(one)]
    if not hasattr(found, "__signature__") or not named:
        return
    told = list_helps(name)
    yield ""
    yield from table(
        ("keyword", "takes", "meaning"),
        ((code(one.name), plain(_takes(one)), plain(sentence(told[one.name]))) for one in named),
    )


def _takes(one: inspect.Parameter) -> str:
    named = str(one.annotation).removesuffix(" | None")
    if named.startswith(CHOICE):
        return named.removeprefix(CHOICE).removesuffix("]").replace("'", '"').replace(",", " or")
    return OF_NAME.get(one.name) or TAKES[named]


def list_helps(name: str) -> Mapping[str, str]:
    """Return the help of each keyword of a function."""
    return {**_helps("plan"), **_helps(name)}


def _helps(name: str) -> Mapping[str, str]:
    """Return the help of each option of a command, by its keyword in Python."""
    command = GROUPED.get(name) or load_command(name.replace("_", "-"))
    every = [one for one in command.params if isinstance(one, click.Option)]
    return {
        text.removeprefix("--").replace("-", "_"): one.help or ""
        for one in every
        for text in one.opts
        if text.startswith("--")
    }
