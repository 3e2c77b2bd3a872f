"""Table of the texts that have changed since a commit, before and after.

`python -m docs.make.changed_texts COMMIT` prints it as Markdown. Texts are those of
`python -m docs.make.strings --docstrings`, except pages generated from the help of commands: their
texts are in the package.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from docs.make.markdown import code, plain, table
from docs.make.strings import PROJECT, Shown, list_docstrings, list_sources

LEAST_ALIKE = 0.4  # share of words in common of a sentence before and after editing
RARE = 4  # rarest words of a text that select the older texts to compare
WORD = re.compile(r"\w+|\{\}")


@dataclass(frozen=True, slots=True)
class Change:
    """Text before and after; None if it was added or removed."""

    before: Shown | None
    after: Shown | None


def compare_commit(commit: str, project: Path = PROJECT) -> list[Change]:
    """Compare the texts and docstrings of a commit with those of the working tree."""
    with tempfile.TemporaryDirectory() as folder:
        _extract(commit, project, Path(folder))
        before = _list_all(Path(folder))
    return pair_texts(before, _list_all(project))


def pair_texts(before: Iterable[Shown], after: Iterable[Shown]) -> list[Change]:
    """Pair the texts that differ, most similar first and within the same file first.

    A text that occurs in both lists is unchanged, wherever it is.
    """
    old, new = list(before), list(after)
    kept = Counter(one.text for one in old) & Counter(one.text for one in new)
    old, new = list(_without(old, kept)), list(_without(new, kept))
    pairs = _pair(old, new)
    added = [Change(None, new[n]) for n in sorted(set(range(len(new))) - set(pairs.values()))]
    return [
        *(Change(one, new[pairs[n]] if n in pairs else None) for n, one in enumerate(old)),
        *added,
    ]


def _extract(commit: str, project: Path, folder: Path) -> None:
    asked = ["git", "archive", "--format=tar", commit]
    packed = subprocess.run(asked, cwd=project, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def _list_all(project: Path) -> list[Shown]:
    return [*list_sources(project), *list_docstrings(project)]


def _without(texts: Iterable[Shown], kept: Counter[str]) -> Iterator[Shown]:
    left = kept.copy()
    for one in texts:
        if left[one.text] > 0:
            left[one.text] -= 1
        else:
            yield one


def _pair(old: list[Shown], new: list[Shown]) -> dict[int, int]:
    """Pair indices of old and new texts that have enough words in common."""
    words = [Counter(WORD.findall(one.text.casefold())) for one in (*old, *new)]
    times = Counter(word for counted in words for word in counted)
    holders = defaultdict(list)
    for n, counted in enumerate(words[: len(old)]):
        for word in counted:
            holders[word].append(n)
    found = []
    for m, counted in enumerate(words[len(old) :]):
        rare = sorted((word for word in counted if word in holders), key=lambda word: times[word])
        for n in {n for word in rare[:RARE] for n in holders[word]}:
            alike = 2 * (words[n] & counted).total() / (words[n].total() + counted.total())
            if alike >= LEAST_ALIKE:
                found.append((alike + (_file(old[n]) == _file(new[m])), n, m))
    pairs: dict[int, int] = {}
    taken = set()
    for _, n, m in sorted(found, key=lambda one: (-one[0], one[1:])):
        if n not in pairs and m not in taken:
            pairs[n] = m
            taken.add(m)
    return pairs


def _file(shown: Shown) -> str:
    return re.split(r"[: ]", shown.where, maxsplit=1)[0]


def _as_row(change: Change) -> tuple[str, str, str]:
    before, after = (plain(one.text) if one else "" for one in (change.before, change.after))
    return code((change.after or change.before or Shown("", "")).where), before, after


@click.command(help=__doc__)
@click.argument("commit")
def main(commit: str) -> None:
    """Print the table."""
    try:
        changes = compare_commit(commit)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise click.ClickException(f"{commit} cannot be read: {''.join(reason)}") from None
    click.echo("\n".join(table(("where", "before", "after"), map(_as_row, changes))))


if __name__ == "__main__":
    main()
