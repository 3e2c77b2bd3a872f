"""What Python explains of each keyword, made from the help of the command line.

`python -m docs.make.python_stub --write` makes the texts of docstrings, and then with `--stub` the
signatures that editors and type checkers read. Without `--write` the exit status says whether both
are as they would be made.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from textwrap import wrap
from types import FunctionType

import fl_planner
from docs.make.markdown import sentence
from docs.make.python import list_helps
from fl_planner.workup.python import types as known_types

PACKAGE = Path(fl_planner.__file__).parent
TEXTS = PACKAGE / "workup" / "python" / "keyword_texts.py"
STUB = PACKAGE / "__init__.pyi"
HEAD_OF_TEXTS = '"""Explanations of keywords; made by `docs/make/python_stub.py`."""\n'
HEAD_OF_STUB = '"""Signatures of the public functions; made by `docs/make/python_stub.py`."""\n'
WIDTH = 76  # of an explanation: wrapped here, which would take time at each import
OF_ABC = ("Iterable", "Mapping", "Sequence")
OF_TYPING = ("Any", "Literal")
BUILT_IN = ("None", "bool", "dict", "float", "int", "object", "str", "tuple")


@cache
def list_functions() -> dict[str, FunctionType]:
    """List the functions with keywords of the command line."""
    named = {name: getattr(fl_planner, name) for name in fl_planner.__all__}
    return {
        name: found
        for name, found in named.items()
        if isinstance(found, FunctionType) and hasattr(found, "__signature__")
    }


def as_texts() -> str:
    """Make the module of explanations: those of most functions, and those of single ones."""
    told = {name: list_helps(name) for name in list_functions()}
    each: dict[str, dict[str, str]] = {
        name: {
            one.name: "\n".join(wrap(sentence(told[name][one.name]), WIDTH))
            for one in _parameters(name)
            if one.kind is one.KEYWORD_ONLY and one.name in told[name]
        }
        for name in told
    }
    names = sorted({keyword for texts in each.values() for keyword in texts})
    common = {
        name: Counter(t[name] for t in each.values() if name in t).most_common(1)[0][0]
        for name in names
    }
    lines = [HEAD_OF_TEXTS.rstrip(), "# ruff: noqa: E501", "", "COMMON = {"]
    lines += [f"    {_quote(name)}: {_quote(text)}," for name, text in common.items()]
    lines += ["}", "OWN: dict[str, dict[str, str]] = {"]
    for name, texts in each.items():
        own = {key: text for key, text in texts.items() if text != common[key]}
        if own:
            lines += [f"    {_quote(name)}: {{"]
            lines += [f"        {_quote(key)}: {_quote(text)}," for key, text in own.items()]
            lines += ["    },"]
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    """Quote a text as `ruff format` does."""
    quoted = repr(text)
    if quoted.startswith("'") and '"' not in text:
        return f'"{quoted[1:-1]}"'
    return quoted


def as_stub() -> str:
    """Make the stub: functions in full, all other names as imports."""
    functions = list_functions()
    imports = {("fl_planner.basis.version", "__version__ as __version__")}
    for name in fl_planner.__all__:
        if name not in functions:
            found = getattr(fl_planner, name)
            imports.add((found.__module__, f"{found.__name__} as {name}"))
    bodies: list[str] = []
    for name in functions:
        bodies += ["", *_define(name)]
        imports |= {*_find_imports(name)}
    listed = [f"from {module} import {names}" for module, names in sorted(imports)]
    shown = [f"    {_quote(name)}," for name in fl_planner.__all__]
    return "\n".join([HEAD_OF_STUB, *listed, "", "__all__ = [", *shown, "]", *bodies]) + "\n"


def _parameters(name: str) -> Sequence[inspect.Parameter]:
    return [*inspect.signature(list_functions()[name]).parameters.values()]


def _define(name: str) -> Iterator[str]:
    """Write a function with a parameter a line, and its docstring."""
    found, starred = list_functions()[name], False
    yield f"def {name}("
    for one in _parameters(name):
        if one.kind is one.KEYWORD_ONLY and not starred:
            yield "    *,"
        starred = starred or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        yield f"    {one},"
    yield f") -> {inspect.signature(found).return_annotation}:"
    first, *rest = inspect.cleandoc(found.__doc__ or "").replace("\\", "\\\\").splitlines()
    yield f'    """{first}'
    yield from (f"    {line}".rstrip() for line in rest)
    yield '    """'


def _find_imports(name: str) -> Iterator[tuple[str, str]]:
    """Find the homes of the types of a function."""
    found = inspect.unwrap(list_functions()[name])
    signature = inspect.signature(list_functions()[name])
    texts = [f"{one.annotation}" for one in signature.parameters.values()]
    shown = re.sub(r"'[^']*'|\"[^\"]*\"", "", " ".join([*texts, f"{signature.return_annotation}"]))
    homes = _list_homes(found.__module__)
    for word in sorted({*re.findall(r"[A-Za-z_]\w*", shown)} - {*BUILT_IN}):
        if word in OF_ABC:
            yield "collections.abc", word
        elif word in OF_TYPING:
            yield "typing", word
        elif hasattr(known_types, word):
            yield known_types.__name__, word
        else:
            yield homes.get(word, found.__module__), word


@cache
def _list_homes(module: str) -> dict[str, str]:
    """List the names that a module imports, with their homes."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        one.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for one in node.names
    }


MADE = {TEXTS: as_texts, STUB: as_stub}


def main(args: Sequence[str]) -> int:
    """Write both files, or say whether they are as they would be made."""
    if "--write" not in args:
        return int(any(path.read_text("utf-8") != make() for path, make in MADE.items()))
    path = STUB if "--stub" in args else TEXTS
    path.write_text(MADE[path](), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
