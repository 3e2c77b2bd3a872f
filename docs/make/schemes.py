"""The page of label schemes: which number of a label map is which structure."""

from __future__ import annotations

from docs.make.markdown import code, plain, sentence, table
from fl_planner.formats.segments.by_role import read_bundled_schemes

HEAD = """\
# Label schemes

The tables give the meaning of the numbers in a label map for each name that `--scheme` and the key
`scheme` accept. A scheme must be named and is never guessed: number 5 is the liver in one program
and segment V in another.
"""


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD]
    for name, scheme in read_bundled_schemes().items():
        other = "unknown, and reported" if scheme.complete else "ignored"
        rows = [(str(label), code(one)) for label, one in scheme.structures.items()]
        lines += ["", f"## {code(name)}", ""]
        told = f"{sentence(scheme.title)} Source: {scheme.source}. Any other number is {other}."
        lines += [plain(told), "", *table(("number", "structure"), rows)]
    return {"reference/label-schemes.md": "\n".join(lines) + "\n"}
