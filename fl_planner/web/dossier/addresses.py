"""What the page asks of the server about a dossier, address by address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fl_planner.web.cases import Cases, HeldCase
from fl_planner.web.form import receive_form
from fl_planner.web.limits import PageLimits

DIGEST = "x-fl-planner-sheet"  # the header that tells which sheet this is
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class DossierAddresses:
    """What is open, what an answer would do, and what was said.

    - `ready`: finds the case that is asked for.
    - `folder`: where a form's files would lie meanwhile; it has none.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]
    folder: Path
    limits: PageLimits

    def routes(self) -> list[Route]:
        """Lay out the addresses."""
        get, post = (["GET"], ["POST"])
        return [
            Route("/cases/{case}/dossier", self.tell, methods=get),
            Route("/cases/{case}/questions/{key}", self.try_question, methods=get),
            Route("/cases/{case}/sheet", self.sheet, methods=get),
            *(
                Route(f"/cases/{{case}}/{what}", self._saying(what), methods=post)
                for what in (ANSWER, "accept", "sign", "undo", "redo")
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

    def _saying(self, what: str) -> Callable[[Request], object]:
        async def say(asked: Request) -> Response:
            async with receive_form(asked, self.folder, self.limits) as form:
                words = dict(form.words)
            told = await self.cases.ask(self.ready(asked), "say", what, words)
            return JSONResponse(told)

        return say
