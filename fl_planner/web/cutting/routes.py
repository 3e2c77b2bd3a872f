"""What the page asks of draft cuts, address by address. All of it reads, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fl_planner.web.cases import Cases, HeldCase
from fl_planner.web.form import as_attachment

BRANCH_FILE = "branches-cut.toml"  # a case file
CUT = "cut"  # of the address: which draft
DRAFT_FILES = {  # what may be taken away of one, and its kind on the wire
    "draft-cut.nii.gz": "application/gzip",
    "draft-cut.seg.nrrd": "application/octet-stream",
    "draft-cut.dcm": "application/dicom",
    "draft-cut.zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class DraftRoutes:
    """Draft cuts of the cases of a server.

    - `find_ready`: finds the case that is meant, where it is ready.
    """

    cases: Cases
    find_ready: Callable[[Request], HeldCase]

    def list_all(self) -> list[Route]:
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
        return JSONResponse(await self.cases.ask(self.find_ready(asked), "drafts"))

    async def answer(self, asked: Request) -> Response:
        """Tell what a draft cut comes to."""
        content = await self.cases.ask(self.find_ready(asked), "draft", _wish(asked))
        return Response(content, media_type="application/json")

    async def supply(self, asked: Request) -> Response:
        """Tell what a draft cut leaves without its vessels."""
        content = await self.cases.ask(self.find_ready(asked), "draft_supply", _wish(asked))
        return Response(content, media_type="application/json")

    async def export(self, asked: Request) -> Response:
        """Give a file of a draft cut to be taken away."""
        name = asked.url.path.rpartition("/")[2]
        content = await self.cases.ask(self.find_ready(asked), "export_draft", name, _wish(asked))
        return Response(content, media_type=DRAFT_FILES[name], headers=as_attachment(name))

    async def describe_branches(self, asked: Request) -> Response:
        """Tell of which vessel trees branches can be cut."""
        return JSONResponse(await self.cases.ask(self.find_ready(asked), "branches"))

    async def cut_branches(self, asked: Request) -> Response:
        """Tell what cut branches take."""
        content = await self.cases.ask(self.find_ready(asked), "cut_branches", _wish(asked))
        return Response(content, media_type="application/json")

    async def export_branches(self, asked: Request) -> Response:
        """Give the case file with cut branches to be taken away."""
        content = await self.cases.ask(self.find_ready(asked), "export_branches", _wish(asked))
        headers = as_attachment(BRANCH_FILE)
        return Response(content, media_type="application/toml", headers=headers)


def _wish(asked: Request) -> str:
    return asked.query_params.get(CUT, "")
