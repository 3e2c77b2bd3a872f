"""Pages of the stories in `notebooks/`: run while the site is built, with output and pictures.

A cell that draws begins with a comment `# Picture: …`, what the picture shows, for who cannot see
it; the site sets it as the picture's text and leaves it out of the code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.make.markdown import block, contents, sentence, table
from notebooks.refresh import PAGES, run

HEAD = """\
# Stories

Each story uses Python to answer one question about fictitious patients, from masks or from a table,
and shows the answer as a picture. The stories are notebooks in the folder `notebooks/`. They can be
opened and changed in Jupyter, and are run when this site is built.
"""
ORDER = (
    "first_case", "choosing_a_resection", "function_of_the_remnant", "growth_over_time",
    "dose_for_rescue", "screening_fifty", "adding_a_trial",
)  # fmt: skip
STORIES = tuple(sorted(PAGES, key=lambda page: ORDER.index(page.stem)))
FOLDER = "stories/"
MARK = "# Picture: "
PNG = "image/png"
_FRONT = re.compile(r"\A---\n.*?^---\n+", re.MULTILINE | re.DOTALL)
_TOLD = re.compile(rf"\A{MARK}(.*?)\n(?!#)", re.DOTALL)


def path_of(page: Path) -> str:
    """Return the place of a story on the site."""
    return f"{FOLDER}{page.stem.replace('_', '-')}.md"


def as_pages() -> dict[str, str]:
    """Make their index, and the pages as they are before they are run."""
    texts = {path_of(page): _FRONT.sub("", page.read_text("utf-8")) for page in STORIES}
    rows, names = [], [path.removeprefix(FOLDER) for path in texts]
    for name, text in zip(names, texts.values(), strict=True):
        title, asked = text.split("\n\n")[:2]
        rows.append((f"[{title.removeprefix('# ')}]({name})", asked))
    fence, *listed = contents(name.removesuffix(".md") for name in names)
    lines = [HEAD, *table(("story", "question"), rows), "", fence, ":hidden:", *listed, ""]
    return {f"{FOLDER}index.md": "\n".join(lines), **texts}


def run_story(page: Path) -> str:
    """Run a story, and return its page with output and pictures."""
    cells = json.loads(run(page))["cells"]
    return "\n\n".join(part for cell in cells for part in _parts(cell)) + "\n"


def _parts(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    told = _TOLD.match(source)
    shown = source[told.end() :] if told else source
    yield "\n".join(block(shown, "python"))
    for output in cell["outputs"]:
        if "text" in output:
            yield "\n".join(block("".join(output["text"])))
        elif told is None:
            raise ValueError(
                f"a cell with a picture requires {MARK!r} and a description:\n{source}"
            )
        else:
            alt = sentence(" ".join(told[1].replace("\n#", " ").split()))
            yield f"![{alt}](data:{PNG};base64,{''.join(output['data'][PNG].split())})"
