"""The table of every text that a person can see, and of what among it is never said.

`python -m docs.make.strings` prints it as Markdown; `--never` prints only what `words.toml` says to
say otherwise. Texts are those of the package's rooms, of its TOML files, of the commands' help, of
the pages by hand, README and notebooks.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from docs.make import commands
from docs.make.markdown import code, plain, table
from docs.make.pages import BY_HAND

PACKAGE = BY_HAND.parent / "fl_planner"
README = BY_HAND.parent / "README.md"
NOTEBOOKS = BY_HAND.parent / "notebooks"
PAIRS = Path(__file__).with_name("words.toml")
CODED = ("when", "only", "only_where", "data", "by", "values")  # of a criterion: keys, no words


@dataclass(frozen=True, slots=True)
class Shown:
    """One text and where it stands: a file or page, and a line or key."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What is never said, what is said instead, and in which rooms that holds; none is all."""

    never: re.Pattern[str]
    say: str
    such_as: str
    rooms: tuple[str, ...] = ()

    def finds(self, one: Shown) -> bool:
        """Tell whether a text says what is never said."""
        here = not self.rooms or one.where.startswith(self.rooms)
        return here and self.never.search(one.text) is not None


def read_pairs() -> tuple[Pair, ...]:
    """Read what is never said."""
    told = tomllib.loads(PAIRS.read_text("utf-8"))["pair"]
    return tuple(
        Pair(
            re.compile(one["never"], re.IGNORECASE | re.MULTILINE),
            one["say"],
            one["such_as"],
            tuple(one.get("rooms", ())),
        )
        for one in told
    )


def list_shown() -> Iterator[Shown]:
    """List every text, file by file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _of_python(path)
    for path in sorted(PACKAGE.rglob("*.toml")):
        where = path.relative_to(PACKAGE).as_posix()
        yield from _of_toml(tomllib.loads(path.read_text("utf-8")), where)
    for page, text in commands.as_pages().items():
        yield from _of_page(f"docs/{page}", text)
    for path in (*sorted(BY_HAND.rglob("*.md")), README, *sorted(NOTEBOOKS.glob("*.md"))):
        yield from _of_page(path.relative_to(README.parent).as_posix(), path.read_text("utf-8"))


def find_never(shown: Iterable[Shown]) -> Iterator[tuple[Shown, Pair]]:
    """Find the texts that say what is never said."""
    pairs = read_pairs()
    return ((one, pair) for one in shown for pair in pairs if pair.finds(one))


def _of_python(path: Path) -> Iterator[Shown]:
    """List what a module may say: texts of more than one word, but no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    quiet = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            quiet |= {id(part) for part in node.values}
    where = path.relative_to(PACKAGE).as_posix()
    for node in ast.walk(tree):
        text = None if id(node) in quiet else _say(node)
        if isinstance(node, ast.expr) and text is not None and " " in text.strip():
            yield Shown(f"{where}:{node.lineno}", " ".join(text.split()))


def _say(node: ast.AST) -> str | None:
    """Say a text; what is filled in stands in braces."""
    match node:
        case ast.JoinedStr():
            return "".join(_say(part) or "{}" for part in node.values)
        case ast.Constant(value=str(text)):
            return text
    return None


def _of_toml(told: object, where: str) -> Iterator[Shown]:
    match told:
        case str() if " " in told.strip():
            yield Shown(where, " ".join(told.split()))
        case dict():
            for key, value in told.items():
                if key not in CODED:
                    yield from _of_toml(value, f"{where} {key}")
        case list():
            for value in told:
                yield from _of_toml(value, where)


def _of_page(page: str, text: str) -> Iterator[Shown]:
    """List the paragraphs of a page."""
    for number, part in enumerate(re.split(r"\n\s*\n", text), start=1):
        if part.strip():
            yield Shown(f"{page} {number}", " ".join(part.split()))


@click.command(help=__doc__)
@click.option("--never", is_flag=True, help="Print what is never said, and what to say instead.")
def main(*, never: bool) -> None:
    """Print the table."""
    heads: Mapping[bool, tuple[str, ...]] = {
        True: ("where", "text", "say instead"),
        False: ("where", "text"),
    }
    found = [(code(one.where), plain(one.text), pair.say) for one, pair in find_never(list_shown())]
    every = ((code(one.where), plain(one.text)) for one in list_shown())
    click.echo("\n".join(table(heads[never], found if never else every)))


if __name__ == "__main__":
    main()
