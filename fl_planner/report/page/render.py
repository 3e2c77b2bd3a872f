"""A plan's report: one page of HTML or a PDF, both from the same words and pictures."""

import json
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

from fl_planner.basis.shown import hold_units
from fl_planner.basis.version import __version__
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.record.declaration.part import as_written, printable
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.report.page.blocks import Page, as_tree
from fl_planner.report.page.board_page import board_pages
from fl_planner.report.page.chapters import appendix_of
from fl_planner.report.page.first_page import first_page
from fl_planner.report.page.pictures import Pictures
from fl_planner.report.picture.draw.font import escape_missing
from fl_planner.report.words import sentence

Paper = Literal["a4", "letter"]

TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
PAPERS = {"a4": "a4", "letter": "us-letter"}
HTML, PDF, STYLE = "page.html.j2", "page.pdf.typ", "page.css"


def make_page(
    record: PlanRecord,
    pictures: Pictures,
    growth: GrowthKeys | None = None,
    *,
    appendix: bool = False,
) -> Page:
    """Make a report of the record as its JSON has it, so both have the same numbers.

    Its criteria, sources and contact sheet are an `appendix` to its two pages.
    """
    told, grown = printable(as_written(record)), printable(as_written(growth))
    named = [told.case.id, told.case.label, told.case.plan.name]
    title = " · ".join(name for name in named if name)
    second, measured = board_pages(told, grown, pictures.charts)
    return Page(
        f"Liver plan: {title}" if title else "Liver plan",
        f"fl_planner {__version__}",
        f"{sentence(told.notice)}.",
        first_page(told, pictures.first, grown),
        second,
        measured,
        appendix_of(told, pictures.sheet, grown) if appendix else (),
    )


def as_html(page: Page, pictures: Mapping[str, bytes]) -> bytes:
    """Write a page with its pictures inside: it asks nothing of any network."""
    inside = {name: _inside(name, content) for name, content in pictures.items()}
    return fill_template(_template(HTML), page=as_tree(page), pictures=inside)


def fill_template(template: str, **values: object) -> bytes:
    """Fill a page's template, whose `style` is that of all pages; what is filled in is escaped."""
    from jinja2 import BaseLoader, Environment, StrictUndefined

    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["held"] = hold_units
    text = environment.from_string(template).render(style=_template(STYLE), **values)
    return text.encode("utf-8", "backslashreplace")


def as_pdf(page: Page, pictures: Mapping[str, bytes], paper: Paper = "a4") -> bytes:
    """Set a page as PDF in the letters that come with matplotlib; same input, same bytes.

    The words reach the type-setter as data, so nothing in them is a command to it.
    """
    import matplotlib
    import typst

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with temporary_folder() as place:
        for name, content in pictures.items():
            place.joinpath(name).write_bytes(content)
        place.joinpath("page.json").write_text(_as_data(as_tree(page)), "utf-8")
        place.joinpath("page.typ").write_text(_template(PDF), "utf-8")
        written: bytes = typst.compile(
            place / "page.typ",
            root=place,
            font_paths=[fonts],
            ignore_system_fonts=True,
            sys_inputs={"paper": PAPERS[paper]},
        )
    return written


def _as_data(tree: dict[str, Any]) -> str:
    """Write JSON; what the letters of a PDF lack is written as its escape."""
    return json.dumps(_as_set(tree), ensure_ascii=False)


def _as_set(part: Any) -> Any:
    if isinstance(part, str):
        return escape_missing(escape_missing(normalize("NFC", part)), bold=True)
    if isinstance(part, dict):
        return {key: _as_set(value) for key, value in part.items()}
    return [_as_set(one) for one in part] if isinstance(part, list | tuple) else part


def _inside(name: str, content: bytes) -> str:
    return f"data:{TYPES[Path(name).suffix]};base64,{b64encode(content).decode()}"


def _template(name: str) -> str:
    return files("fl_planner.report.page").joinpath("templates", name).read_text("utf-8")
