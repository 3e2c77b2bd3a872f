"""The page of codes, made from the registry.

`python -m docs.make.codes` says whether docs/codes.md is current, `--write` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click

from docs.make.markdown import code, table
from fl_planner.basis.findings import Topic, parse_topic

PAGE = Path(__file__).resolve().parents[1] / "codes.md"
REGISTRY = files("fl_planner.basis") / "codes"
TOPICS = (  # in the order of the page: as a file meets them, and then what comes of it
    *("files", "images", "packed_data", "headers", "geometry", "masks", "segments", "belonging"),
    *("ct_witness", "drawing", "liver", "remnant", "body_size", "facts", "formulas", "endpoints"),
    *("scintigraphy", "trials", "patient_lists", "commands", "carry", "spect_shift", "log", "dose"),
    *("vessels", "agree", "page", "cohort"),
)
HEAD = """\
# Codes: what was refused or found, why, and what to do

Every refusal and every finding has a code, `topic.detail`. It stands in the message's JSON
(`code`), means the same in every release, and is what `[[accepted]]` in a case file names.

| level | what it means |
|---|---|
| refused | there is no honest number: nothing is computed, and the exit status is 2 |
| error | the number is shown, but do not use it |
| warning | look before you trust the number |
| info | nothing to do; shown with `-v` and in the JSON |

**What an error touches is not answered.** The number stands in every output with "DO NOT USE"; the
pathway says "not answered: …" with the cause, limits and criteria that rest on the number have no
answer, and the route follows from that. In the JSON `withdrawn` names the numbers, the codes and
the cause. A changed file touches what was made of it: a liver everything, an FLR what is told of
the remnant, a treated area the untreated share and the dose.

An error of the masks that a reader has seen and accepted, with a reason, touches nothing any more,
and travels with the result: the liver of a patient with situs inversus looks mirrored. An error in
a study of counts stays, whoever accepts it: no look at the images makes such a number right.

Errors come first in every list, then warnings. For a person what is alike is told once, with its
files or labels; the JSON holds each finding by itself.

A level of "warning, refused" depends on how far off something is; the message says which. A name in
angle brackets stands for any of a kind: `implausible.<fact>` covers `implausible.age_years`.
"""


def read_topics() -> tuple[Topic, ...]:
    """Read the registry, in the order of the page."""
    texts = ((REGISTRY / f"{topic}.toml").read_text("utf-8") for topic in TOPICS)
    return tuple(map(parse_topic, texts))


def as_page() -> str:
    """Write the whole page."""
    lines = [line for topic in read_topics() for line in _section(topic)]
    return "\n".join([HEAD, *lines[:-1]]) + "\n"


def _section(topic: Topic) -> Iterator[str]:
    yield f"## {topic.title}"
    yield ""
    rows = [(code(one.name), ", ".join(one.levels), one.cause, one.remedy) for one in topic.codes]
    yield from table(("code", "level", "why", "what to do"), rows)
    yield ""


@click.command()
@click.option("--write", is_flag=True, help="Write docs/codes.md.")
def main(*, write: bool) -> None:
    """Say whether docs/codes.md is current, or write it."""
    if write:
        PAGE.write_text(as_page(), "utf-8")
    elif PAGE.read_text("utf-8") != as_page():
        raise click.ClickException("docs/codes.md is not current: run it with --write")


if __name__ == "__main__":
    main()
