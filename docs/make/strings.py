"""Table of every text that a person can see, and of the terms to avoid in it.

`python -m docs.make.strings` prints it as Markdown; `--never` prints only texts with a term that
`words.toml` replaces, `--docstrings` includes the docstrings of the package. Texts are those of the
package's modules, TOML files, templates and scripts, of the commands' help, of the pages and their
generators, README, notebooks and changes. `python -m docs.make.changed_texts` prints those changed
since a commit.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from docs.make import commands
from docs.make.markdown import code, plain, table
from docs.make.pages import BY_HAND

PROJECT = BY_HAND.parent
PAIRS = Path(__file__).with_name("words.toml")
FOLDERS = ("notebooks", "changes", "sample_data")
ATTRIBUTE = re.compile(r'(?:title|aria-label|placeholder|alt|content)="([^"]*)"')
TAG = re.compile(r"<script\b.*?</script>|<style\b.*?</style>|<[^>]*>|{[{%#].*?[}%#]}", re.DOTALL)
QUOTED = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""")
INSERTED = re.compile(r"\${[^}]*}")
CODED = ("when", "only", "only_where", "data", "by", "values")  # keys of a criterion without text


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Shown:
    """Text and its place: a file or page, and a line or key."""

    where: str
    text: str
    docstring: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Pattern to avoid and its replacement, for the given rooms (all if empty).

    - `docstrings`, `texts`: whether it applies to docstrings, and to other texts.
    """

    never: re.Pattern[str]
    say: str
    such_as: str
    rooms: tuple[str, ...] = ()
    docstrings: bool = True
    texts: bool = True

    def finds(self, shown: Shown) -> bool:
        """Return whether a text contains the pattern."""
        here = not self.rooms or shown.where.startswith(self.rooms)
        read = self.docstrings if shown.docstring else self.texts
        return here and read and self.never.search(shown.text) is not None


def read_pairs() -> tuple[Pair, ...]:
    """Read the patterns to avoid."""
    return tuple(
        Pair(
            re.compile(entry["never"], re.IGNORECASE | re.MULTILINE),
            entry["say"],
            entry["such_as"],
            tuple(entry.get("rooms", ())),
            entry.get("docstrings", True),
            entry.get("texts", True),
        )
        for entry in tomllib.loads(PAIRS.read_text("utf-8"))["pair"]
    )


def list_shown() -> Iterator[Shown]:
    """List every text for people, file by file."""
    for page, text in commands.as_pages().items():
        yield from _of_page(f"docs/{page}", text)
    yield from list_sources()


def list_sources(project: Path = PROJECT) -> Iterator[Shown]:
    """List the texts of the package, the pages and their generators, notebooks and changes."""
    package, docs = project / "fl_planner", project / "docs"
    for path in sorted(package.rglob("*.py")):
        yield from _of_python(path, path.relative_to(package).as_posix())
    for path in sorted(package.rglob("*.toml")):
        where = path.relative_to(package).as_posix()
        yield from _of_toml(tomllib.loads(path.read_text("utf-8")), where)
    for pattern, read in (("*.html", _of_html), ("*.j2", _of_html), ("*.js", _of_script)):
        for path in sorted(package.rglob(pattern)):
            yield from read(path.read_text("utf-8"), path.relative_to(package).as_posix())
    for path in sorted((docs / "make").glob("*.py")):
        yield from _of_python(path, path.relative_to(project).as_posix())
    for path in sorted(docs.glob("*.toml")):
        where = path.relative_to(project).as_posix()
        yield from _of_toml(tomllib.loads(path.read_text("utf-8")), where)
    pages = (
        *sorted(docs.rglob("*.md")),
        *(project / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(path for folder in FOLDERS for path in sorted((project / folder).glob("*.md"))),
    )
    for path in pages:
        if path.exists():
            yield from _of_page(path.relative_to(project).as_posix(), path.read_text("utf-8"))


def list_docstrings(project: Path = PROJECT) -> Iterator[Shown]:
    """List the paragraphs of every docstring of the package."""
    package = project / "fl_planner"
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, Documented) and (text := ast.get_docstring(node)):
                line = getattr(node, "lineno", 1)
                for part in re.split(r"\n\s*\n", text):
                    yield Shown(f"{where}:{line}", " ".join(part.split()), docstring=True)


def find_never(shown: Iterable[Shown]) -> Iterator[tuple[Shown, Pair]]:
    """Find texts with a pattern to avoid."""
    pairs = read_pairs()
    return ((text, pair) for text in shown for pair in pairs if pair.finds(text))


def _of_python(path: Path, where: str) -> Iterator[Shown]:
    """List the texts of a module: more than one word, no docstring."""
    nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
    quiet = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            quiet |= {id(part) for part in node.values}
    for node in nodes:
        text = None if id(node) in quiet else _text_of(node)
        if isinstance(node, ast.expr) and text is not None and " " in text.strip():
            yield Shown(f"{where}:{node.lineno}", " ".join(text.split()))


def _text_of(node: ast.AST) -> str | None:
    """Return a text, with `{}` for inserted values."""
    match node:
        case ast.JoinedStr():
            return "".join(_text_of(part) or "{}" for part in node.values)
        case ast.Constant(value=str(text)):
            return text
    return None


def _of_toml(given: object, where: str) -> Iterator[Shown]:
    match given:
        case str() if " " in given.strip():
            yield Shown(where, " ".join(given.split()))
        case dict():
            for key, value in given.items():
                if key not in CODED:
                    yield from _of_toml(value, f"{where} {key}")
        case list():
            for value in given:
                yield from _of_toml(value, where)


def _of_html(text: str, where: str) -> Iterator[Shown]:
    """List the texts between tags, and those of attributes that are read or shown."""
    for part in (*(found[1] for found in ATTRIBUTE.finditer(text)), *TAG.split(text)):
        if " " in part.strip():
            yield Shown(where, " ".join(part.split()))


def _of_script(text: str, where: str) -> Iterator[Shown]:
    """List the quoted texts of a script: more than one word."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in QUOTED.finditer(line):
            quoted = INSERTED.sub("{}", found[2])
            if " " in quoted.strip():
                yield Shown(f"{where}:{number}", " ".join(quoted.split()))


def _of_page(page: str, text: str) -> Iterator[Shown]:
    """List the paragraphs of a page."""
    for number, part in enumerate(re.split(r"\n\s*\n", text), start=1):
        if part.strip():
            yield Shown(f"{page} {number}", " ".join(part.split()))


@click.command(help=__doc__)
@click.option("--never", is_flag=True, help="Print only texts to be changed, with the replacement.")
@click.option("--docstrings", is_flag=True, help="Include the docstrings of the package.")
def main(*, never: bool, docstrings: bool) -> None:
    """Print the table."""
    shown = [*list_shown(), *(list_docstrings() if docstrings else ())]
    if never:
        found = [(code(text.where), plain(text.text), pair.say) for text, pair in find_never(shown)]
        lines = table(("where", "text", "replacement"), found)
    else:
        lines = table(("where", "text"), [(code(text.where), plain(text.text)) for text in shown])
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
