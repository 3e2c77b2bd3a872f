"""The pages of codes, made from the registry: an index and one page per chapter.

`python -m docs.make.codes` checks whether they are current, `--write` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from docs.make.code_registry import Topic, parse_topic
from docs.make.markdown import code, contents, table

PAGES = Path(__file__).resolve().parents[1]
INDEX = "codes.md"
REGISTRY = files("fl_planner.basis") / "finding_codes"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of codes: the name of its file, its title, and the topics that it lists."""

    name: str
    title: str
    topics: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return the path of the page below `docs`."""
        return f"codes/{self.name}.md"


CHAPTERS = (
    Chapter(
        "files-and-commands",
        "Codes for files, commands and outputs",
        ("files", "images", "packed_data", "headers", "commands", "engines", "log"),
    ),
    Chapter(
        "geometry-and-masks",
        "Codes for geometry, masks and segments",
        ("geometry", "masks", "segments", "belonging", "drawing", "carry"),
    ),
    Chapter(
        "liver-and-remnant",
        "Codes for liver, remnant and vessels",
        ("ct_witness", "liver", "remnant", "vessels"),
    ),
    Chapter(
        "patient-and-trials",
        "Codes for the patient, formulas and trials",
        ("body_size", "facts", "formulas", "endpoints", "trials"),
    ),
    Chapter(
        "function-and-dose",
        "Codes for scintigraphy, SPECT and dose",
        ("scintigraphy", "spect_shift", "dose"),
    ),
    Chapter(
        "many-patients",
        "Codes for patient lists, cohorts, readers and the local page",
        ("patient_lists", "cohort", "validation", "dossier", "agree", "page", "hooks"),
    ),
    Chapter(
        "archives",
        "Codes for archives and gateways",
        ("archive",),
    ),
)
HEAD = """\
# Codes: causes and remedies

Each refusal and each finding has a code of the form `topic.detail`. The code is in the JSON
(`code`), keeps its meaning in every release, and is the name used by `[[accepted]]` in a case file.

| level | meaning |
|---|---|
| refused | no valid number can be given: nothing is computed, and the exit status is 2 \
(3 if other patients, cases or readings have results) |
| error | the number is shown, but must not be used |
| warning | check before relying on the number |
| info | no action needed; shown with `-v` and in the JSON |

**Results affected by an error are withdrawn.** The number is marked "DO NOT USE" in every output.
The pathway is "not answered", with the cause. Limits and criteria that depend on the number are not
assessed, and the route is determined accordingly. In the JSON, `withdrawn` lists the numbers, the
codes and the cause. A file that has changed since it was verified affects everything measured from
it: a liver mask affects all results, an FLR mask the results for the remnant, and a treated area
the untreated share and the dose.

A reader may review an error in the masks and accept it with a reason. Results are then no longer
withdrawn because of this error, but it remains in the output. An example of such an error is a
liver that looks mirrored in a patient with situs inversus. An error in a
scintigraphy study cannot be accepted in this way, because no review of the images makes such a
number valid.

Lists show errors first, then warnings. Tables and reports combine findings of the same kind and
list their files or labels. The JSON lists each finding separately.

For a code with the level "warning, refused", the size of the deviation determines the level, which
the message states. A name in angle brackets is a placeholder: for example, `implausible.<fact>`
includes `implausible.age_years`.
"""


def read_topics() -> tuple[Topic, ...]:
    """Read every topic of the registry, in the order of the pages."""
    return tuple(topic for chapter in CHAPTERS for topic in _read(chapter))


def as_pages() -> dict[str, str]:
    """Render the index and each chapter, by their path below `docs`."""
    return {INDEX: _index(), **{one.path: _page(one) for one in CHAPTERS}}


def list_stale() -> list[str]:
    """List the pages that differ from the registry, and those that have no chapter any more."""
    pages = as_pages()
    found = {path.relative_to(PAGES).as_posix() for path in PAGES.glob("codes/*.md")}
    return sorted(
        {path for path, text in pages.items() if _text(path) != text} | found - pages.keys()
    )


def _text(path: str) -> str | None:
    page = PAGES / path
    return page.read_text("utf-8") if page.exists() else None


def _read(chapter: Chapter) -> tuple[Topic, ...]:
    return tuple(
        parse_topic((REGISTRY / f"{topic}.toml").read_text("utf-8")) for topic in chapter.topics
    )


def _index() -> str:
    rows = [
        (f"[{one.title}]({one.path})", "; ".join(topic.title for topic in _read(one)))
        for one in CHAPTERS
    ]
    listed = contents([one.path.removesuffix(".md") for one in CHAPTERS])
    return "\n".join([HEAD, *table(("page", "topics"), rows), "", *listed]) + "\n"


def _page(chapter: Chapter) -> str:
    above = f"[Codes](../{INDEX}) explains the four levels."
    lines = [line for topic in _read(chapter) for line in _section(topic)]
    return "\n".join([f"# {chapter.title}", "", above, "", *lines[:-1]]) + "\n"


def _section(topic: Topic) -> Iterator[str]:
    yield f"## {topic.title}"
    yield ""
    rows = [(code(one.name), ", ".join(one.levels), one.cause, one.remedy) for one in topic.codes]
    yield from table(("code", "level", "why", "what to do"), rows)
    yield ""


@click.command()
@click.option("--write", is_flag=True, help="Write docs/codes.md and docs/codes/.")
def main(*, write: bool) -> None:
    """Check whether the pages of codes are current, or write them."""
    stale = list_stale()
    if not write and stale:
        raise click.ClickException(f"not current: {', '.join(stale)}; run with --write")
    pages = as_pages()
    for path in stale:
        if path in pages:
            (PAGES / path).parent.mkdir(exist_ok=True)
            (PAGES / path).write_text(pages[path], "utf-8")
        else:
            (PAGES / path).unlink()


if __name__ == "__main__":
    main()
