"""What the page asks of the server about draft cuts and about a dossier, address by address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fl_planner.web.cases import READY, Cases, HeldCase
from fl_planner.web.form import as_attachment, receive_form
from fl_planner.web.limits import PageLimits
from fl_planner.web.worker import CaseRefusedError

BRANCH_FILE = "branches-cut.toml"  # a case file
CUT = "cut"  # of the address: which draft
DRAFT_FILES = {  # what may be taken away of one, and its kind on the wire
    "draft-cut.nii.gz": "application/gzip",
    "draft-cut.seg.nrrd": "application/octet-stream",
    "draft-cut.dcm": "application/dicom",
    "draft-cut.zip": "application/zip",
}
DIGEST = "x-fl-planner-sheet"  # the header that tells which sheet this is
ANSWER = "answer"
CHARTS = {"growth.svg": "image/svg+xml", "function.png": "image/png"}


@dataclass(frozen=True, slots=True)
class DraftAddresses:
    """Draft cuts of the cases of a server. All of it reads, and nothing changes.

    - `ready`: finds the case that is asked for.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]

    def routes(self) -> list[Route]:
        """Lay out the addresses."""
        return [
            Route("/cases/{case}/drafts", self.describe, methods=["GET"]),
            Route("/cases/{case}/draft", self.answer, methods=["GET"]),
            Route("/cases/{case}/draft-supply", self.supply, methods=["GET"]),
            Route("/cases/{case}/branches", self.describe_branches, methods=["GET"]),
            Route("/cases/{case}/branch-cuts", self.cut_branches, methods=["GET"]),
            Route(f"/cases/{{case}}/branches/{BRANCH_FILE}", self.export_branches, methods=["GET"]),
            *(
                Route(f"/cases/{{case}}/drafts/{name}", self.export, methods=["GET"])
                for name in DRAFT_FILES
            ),
        ]

    async def describe(self, asked: Request) -> Response:
        """Tell what draft cuts there can be."""
        return JSONResponse(await self.cases.ask(self.ready(asked), "drafts"))

    async def answer(self, asked: Request) -> Response:
        """Tell what a draft cut comes to."""
        content = await self.cases.ask(self.ready(asked), "draft", _wish(asked))
        return Response(content, media_type="application/json")

    async def supply(self, asked: Request) -> Response:
        """Tell what a draft cut leaves without its vessels."""
        content = await self.cases.ask(self.ready(asked), "draft_supply", _wish(asked))
        return Response(content, media_type="application/json")

    async def export(self, asked: Request) -> Response:
        """Give a file of a draft cut to be taken away."""
        name = asked.url.path.rpartition("/")[2]
        content = await self.cases.ask(self.ready(asked), "export_draft", name, _wish(asked))
        return Response(content, media_type=DRAFT_FILES[name], headers=as_attachment(name))

    async def describe_branches(self, asked: Request) -> Response:
        """Tell of which vessel trees branches can be cut."""
        return JSONResponse(await self.cases.ask(self.ready(asked), "branches"))

    async def cut_branches(self, asked: Request) -> Response:
        """Tell what cut branches take."""
        content = await self.cases.ask(self.ready(asked), "cut_branches", _wish(asked))
        return Response(content, media_type="application/json")

    async def export_branches(self, asked: Request) -> Response:
        """Give the case file with cut branches to be taken away."""
        content = await self.cases.ask(self.ready(asked), "export_branches", _wish(asked))
        headers = as_attachment(BRANCH_FILE)
        return Response(content, media_type="application/toml", headers=headers)


def _wish(asked: Request) -> str:
    return asked.query_params.get(CUT, "")


@dataclass(frozen=True, slots=True)
class DossierAddresses:
    """What is open, what an answer would do, and what was said.

    - `ready`: finds the case that is asked for; `session` which browser asks.
    - `folder`: where a form's files would lie meanwhile; it has none.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]
    session: Callable[[Request], str | None]
    folder: Path
    limits: PageLimits

    def routes(self) -> list[Route]:
        """Lay out the addresses."""
        get, post = (["GET"], ["POST"])
        return [
            Route("/cases/{case}/dossier", self.tell, methods=get),
            Route("/cases/{case}/questions/{key}", self.try_question, methods=get),
            Route("/cases/{case}/sheet", self.sheet, methods=get),
            Route("/cases/{case}/charts/{name}", self.chart, methods=get),
            Route("/cases/{case}/earlier", self.set_beside, methods=post),
            *(
                Route(f"/cases/{{case}}/{what}", self._saying(what), methods=post)
                for what in (ANSWER, "accept", "sign", "begin", "undo", "redo")
            ),
        ]

    async def tell(self, asked: Request) -> Response:
        """Tell what is open and what was said."""
        return JSONResponse(await self.cases.ask(self.ready(asked), "dossier"))

    async def try_question(self, asked: Request) -> Response:
        """Tell what each answer to a question would do."""
        key = asked.path_params["key"]
        return JSONResponse(await self.cases.ask(self.ready(asked), "try_question", key))

    async def sheet(self, asked: Request) -> Response:
        """Give the contact sheet."""
        digest, png = await self.cases.ask(self.ready(asked), "sheet")
        return Response(png, media_type="image/png", headers={DIGEST: digest})

    async def chart(self, asked: Request) -> Response:
        """Give a chart."""
        name = asked.path_params["name"]
        content = await self.cases.ask(self.ready(asked), "chart", name)
        return Response(content, media_type=CHARTS.get(name, CHARTS["growth.svg"]))

    async def set_beside(self, asked: Request) -> Response:
        """Set the scan of another case of this browser before that of this one."""
        held = self.ready(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            other = form.words.get("other", "")
        earlier = self.cases.find_shown(other, self.session(asked))
        if earlier is None or earlier is held or earlier.state != READY:
            told = {"code": "page.entry", "file": "other", "reason": "is not open"}
            raise CaseRefusedError({**told, "remedy": "open the earlier scan's case first"})
        path, content = await self.cases.ask(earlier, "own_text")
        return JSONResponse(await self.cases.ask(held, "set_beside", path, content))

    def _saying(self, what: str) -> Callable[[Request], object]:
        async def say(asked: Request) -> Response:
            async with receive_form(asked, self.folder, self.limits) as form:
                words = dict(form.words)
            told = await self.cases.ask(self.ready(asked), "say", what, words)
            return JSONResponse(told)

        return say
