"""Web addresses for the drafts and entries of a case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fl_planner.web.cases import READY, CaseRefusedError, Cases, HeldCase
from fl_planner.web.dossier.banner import name_export
from fl_planner.web.dossier.roles import ENTRIES
from fl_planner.web.form import as_attachment, receive_form
from fl_planner.web.limits import PageLimits

BRANCH_FILE = "branches-cut.toml"  # a case file
CUT = "cut"  # query parameter of a draft
DRAFT_FILES = {  # exports of a draft, and their media types
    "draft-cut.nii.gz": "application/gzip",
    "draft-cut.seg.nrrd": "application/octet-stream",
    "draft-cut.dcm": "application/dicom",
    "draft-cut.zip": "application/zip",
}
BYTES, JSON = "application/octet-stream", "application/json"
WISHES = {  # what a case is asked about a draft, by address
    JSON: {
        "draft": "draft",
        "draft-supply": "draft_supply",
        "draft-details": "draft_details",
        "vein-cut": "follow_vein",
        "branch-cuts": "cut_branches",
        "draft-outlines/{view}/{layer:number}": "draft_outlines",
        "branch-outlines/{view}/{layer:number}": "branch_outlines",
    },
    BYTES: {
        "draft-fields": "draft_fields",
        "branch-fields": "branch_fields",
        "draft-surfaces/{side}": "draft_surface",
    },
}
Handler = Callable[[Request], Awaitable[Response]]
DIGEST = "x-fl-planner-sheet"  # header with the SHA-256 of the sheet
CHARTS = {"growth.svg": "image/svg+xml", "function.png": "image/png"}


class _NumberConvertor(IntegerConvertor):
    """A number in an address; Python does not convert one of more than 4300 digits."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _NumberConvertor())


@dataclass(frozen=True, slots=True)
class DraftAddresses:
    """Handle requests for draft cuts; these requests change nothing.

    - `ready`: returns the requested case.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]

    def routes(self) -> list[Route]:
        """Return the routes."""
        handlers: dict[str, Handler] = {
            **{what: reporting(self.cases, self.ready, what) for what in ("drafts", "branches")},
            **{
                name: answering(self.cases, media_type, self.ready, what, CUT)
                for media_type, named in WISHES.items()
                for name, what in named.items()
            },
            **{f"drafts/{name}": self.export for name in DRAFT_FILES},
            f"branches/{BRANCH_FILE}": self.export_branches,
        }
        return [
            Route(f"/cases/{{case}}/{name}", handler, methods=["GET"])
            for name, handler in handlers.items()
        ]

    async def export(self, asked: Request) -> Response:
        """Export a file of a draft cut."""
        name, wish = asked.url.path.rpartition("/")[2], asked.query_params.get(CUT, "")
        what = "export_draft", name, wish
        return await send_export(self.cases, self.ready(asked), (name, DRAFT_FILES[name]), *what)

    async def export_branches(self, asked: Request) -> Response:
        """Export the case file with cut branches."""
        file, what = (BRANCH_FILE, "application/toml"), "export_branches"
        wish = asked.query_params.get(CUT, "")
        return await send_export(self.cases, self.ready(asked), file, what, wish)


async def send_export(
    cases: Cases, held: HeldCase, file: tuple[str, str], what: str, *args: str
) -> Response:
    """Send an export named after its case; `file`: its own name, and its media type."""
    stated, content = await cases.ask(held, "take", what, *args)
    headers = as_attachment(name_export(file[0], stated, held.id))
    return Response(content, media_type=file[1], headers=headers)


def reporting(cases: Cases, ready: Callable[[Request], HeldCase], what: str) -> Handler:
    """Return the reply of a case to a request without parameters."""

    async def tell(asked: Request) -> Response:
        return JSONResponse(await cases.ask(ready(asked), what))

    return tell


def answering(
    cases: Cases, media_type: str, ready: Callable[[Request], HeldCase], what: str, *queried: str
) -> Handler:
    """Return the content that a case gives for the parameters in the path, then those `queried`."""

    async def answer(asked: Request) -> Response:
        given = [part for name, part in asked.path_params.items() if name != "case"]
        given += [asked.query_params.get(name, "") for name in queried]
        return Response(await cases.ask(ready(asked), what, *given), media_type=media_type)

    return answer


@dataclass(frozen=True, slots=True)
class DossierAddresses:
    """Handle requests for questions, effects of answers, and entries.

    - `ready`: returns the requested case; `session`: returns the browser.
    - `folder`: folder for temporary files; these forms contain no files.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]
    session: Callable[[Request], str | None]
    folder: Path
    limits: PageLimits

    def routes(self) -> list[Route]:
        """Return the routes."""
        get, post, refusal = ["GET"], ["POST"], reporting(self.cases, self.ready, "dossier")
        return [
            Route("/cases/{case}/dossier", refusal, methods=get),
            Route("/cases/{case}/questions/{key}", self.try_question, methods=get),
            Route("/cases/{case}/sheet", self.sheet, methods=get),
            Route("/cases/{case}/charts/{name}", self.chart, methods=get),
            Route("/cases/{case}/earlier", self.compare, methods=post),
            Route("/cases/{case}/adopt", self.adopt, methods=post),
            *(
                Route(f"/cases/{{case}}/{what}", self._entering(what), methods=post)
                for what in ENTRIES
            ),
        ]

    async def try_question(self, asked: Request) -> Response:
        """Return the effect of each answer to a question."""
        key = asked.path_params["key"]
        return JSONResponse(await self.cases.ask(self.ready(asked), "try_question", key))

    async def sheet(self, asked: Request) -> Response:
        """Return the contact sheet."""
        digest, png = await self.cases.ask(self.ready(asked), "sheet")
        return Response(png, media_type="image/png", headers={DIGEST: digest})

    async def chart(self, asked: Request) -> Response:
        """Return a chart."""
        name = asked.path_params["name"]
        content = await self.cases.ask(self.ready(asked), "chart", name)
        return Response(content, media_type=CHARTS.get(name, CHARTS["growth.svg"]))

    async def compare(self, asked: Request) -> Response:
        """Compare with the previous scan of another case of this browser."""
        held = self.ready(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            other = form.words.get("other", "")
        earlier = self.cases.get_case(other, self.session(asked))
        if earlier is None or earlier is held or earlier.state != READY:
            refusal = {"code": "page.entry", "file": "other", "reason": "the case is not open"}
            raise CaseRefusedError(
                {**refusal, "remedy": "open the case of the previous scan first"}
            )
        path, content = await self.cases.ask(earlier, "own_text")
        return JSONResponse(await self.cases.change(held, "compare", path, content))

    async def adopt(self, asked: Request) -> Response:
        """Use a draft cut as the plan."""
        async with receive_form(asked, self.folder, self.limits) as form:
            wish = form.words.get(CUT, "")
        return JSONResponse(await self.cases.change(self.ready(asked), "adopt", wish))

    def _entering(self, what: str) -> Handler:
        async def enter(asked: Request) -> Response:
            async with receive_form(asked, self.folder, self.limits) as form:
                words = dict(form.words)
            return JSONResponse(await self.cases.change(self.ready(asked), "enter", what, words))

        return enter
