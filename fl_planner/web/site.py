"""Requests of the page to the server, by address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import SECONDS_IN_MINUTE
from fl_planner.basis.version import __version__
from fl_planner.web.cases import (
    CHECKED,
    GATHERING,
    READY,
    CaseRefusedError,
    Cases,
    FullError,
    HeldCase,
    WorkerLostError,
)
from fl_planner.web.desk import as_told
from fl_planner.web.dossier.banner import name_export
from fl_planner.web.dossier.roles import KINDS
from fl_planner.web.form import as_attachment, clean_name, keep, receive_form
from fl_planner.web.gate import BodyRefusedError, Doorkeeper, refuse
from fl_planner.web.limits import LIMITS, PageLimits

BRANCH_FILE = "branches-cut.toml"  # a case file
CUT = "cut"  # query parameter of a draft
DRAFT_FILES = {  # exports of a draft, and their media types
    "draft-cut.nii.gz": "application/gzip",
    "draft-cut.seg.nrrd": "application/octet-stream",
    "draft-cut.dcm": "application/dicom",
    "draft-cut.zip": "application/zip",
}
FIELDS = {"fields": "fields", "plan-fields": "plan_fields"}
WISHES = {"draft": "draft", "draft-supply": "draft_supply", "branch-cuts": "cut_branches"}
Handler = Callable[[Request], Awaitable[Response]]
DIGEST = "x-fl-planner-sheet"  # header with the SHA-256 of the sheet
CHARTS = {"growth.svg": "image/svg+xml", "function.png": "image/png"}


@dataclass(frozen=True, slots=True)
class DraftAddresses:
    """Draft cuts of the cases of a server; requests change nothing.

    - `ready`: returns the requested case.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]

    def routes(self) -> list[Route]:
        """Return the routes."""
        handlers: dict[str, Handler] = {
            **{what: _reporting(self.cases, self.ready, what) for what in ("drafts", "branches")},
            **{name: self._answering(what) for name, what in WISHES.items()},
            "draft-fields": self.fields,
            "draft-surfaces/{side}": self.surface,
            "draft-outlines/{view}/{layer:int}": self.outlines,
            **{f"drafts/{name}": self.export for name in DRAFT_FILES},
            f"branches/{BRANCH_FILE}": self.export_branches,
        }
        return [
            Route(f"/cases/{{case}}/{name}", handler, methods=["GET"])
            for name, handler in handlers.items()
        ]

    def _answering(self, what: str) -> Handler:
        async def answer(asked: Request) -> Response:
            content = await self.cases.ask(self.ready(asked), what, _wish(asked))
            return Response(content, media_type="application/json")

        return answer

    async def fields(self, asked: Request) -> Response:
        """Return the fields by which a draft cut is painted."""
        content = await self.cases.ask(self.ready(asked), "draft_fields", _wish(asked))
        return Response(content, media_type="application/octet-stream")

    async def surface(self, asked: Request) -> Response:
        """Return the surface of what a draft cut keeps or removes."""
        side, held = asked.path_params["side"], self.ready(asked)
        content = await self.cases.ask(held, "draft_surface", side, _wish(asked))
        return Response(content, media_type="application/octet-stream")

    async def outlines(self, asked: Request) -> Response:
        """Return the outlines of a draft cut in a slice."""
        view, layer = asked.path_params["view"], asked.path_params["layer"]
        held = self.ready(asked)
        content = await self.cases.ask(held, "draft_outlines", view, layer, _wish(asked))
        return Response(content, media_type="application/json")

    async def export(self, asked: Request) -> Response:
        """Export a file of a draft cut."""
        name = asked.url.path.rpartition("/")[2]
        held = self.ready(asked)
        content = await self.cases.ask(held, "export_draft", name, _wish(asked))
        flr = await self.cases.ask(held, "draft_flr", _wish(asked))
        headers = as_attachment(name_export(name, held.banner, held.id, flr))
        return Response(content, media_type=DRAFT_FILES[name], headers=headers)

    async def export_branches(self, asked: Request) -> Response:
        """Export the case file with cut branches."""
        held = self.ready(asked)
        content = await self.cases.ask(held, "export_branches", _wish(asked))
        headers = as_attachment(name_export(BRANCH_FILE, held.banner, held.id))
        return Response(content, media_type="application/toml", headers=headers)


def _wish(asked: Request) -> str:
    return asked.query_params.get(CUT, "")


def _reporting(cases: Cases, ready: Callable[[Request], HeldCase], what: str) -> Handler:
    """Return the answer of a case to a request without parameters."""

    async def tell(asked: Request) -> Response:
        return JSONResponse(await cases.ask(ready(asked), what))

    return tell


@dataclass(frozen=True, slots=True)
class DossierAddresses:
    """Questions, effects of answers, and entries.

    - `ready`: returns the requested case; `session`: returns the browser.
    - `folder`: for temporary files of forms, which have none here.
    """

    cases: Cases
    ready: Callable[[Request], HeldCase]
    session: Callable[[Request], str | None]
    folder: Path
    limits: PageLimits

    def routes(self) -> list[Route]:
        """Return the routes."""
        get, post, told = ["GET"], ["POST"], _reporting(self.cases, self.ready, "dossier")
        return [
            Route("/cases/{case}/dossier", told, methods=get),
            Route("/cases/{case}/questions/{key}", self.try_question, methods=get),
            Route("/cases/{case}/sheet", self.sheet, methods=get),
            Route("/cases/{case}/charts/{name}", self.chart, methods=get),
            Route("/cases/{case}/earlier", self.compare, methods=post),
            Route("/cases/{case}/adopt", self.adopt, methods=post),
            *(
                Route(f"/cases/{{case}}/{what}", self._entering(what), methods=post)
                for what in (
                    "answer",
                    "measure",
                    "accept",
                    "sign",
                    "assess",
                    "begin",
                    "undo",
                    "redo",
                )
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
            told = {"code": "page.entry", "file": "other", "reason": "the case is not open"}
            raise CaseRefusedError({**told, "remedy": "open the case of the previous scan first"})
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


STATIC = (  # all static files
    "page.css", "page.js", "cuts.js", "drop.js", "concerns.js", "begins.js", "marks.js",
    "branches.js", "cutter.js", "figures.js", "draft.js", "plane2d.js", "supply.js", "places.js",
    "shown.js", "ask.js", "away.js", "sign.js", "time.js", "scene.js", "liver3d.js", "liver3d.css",
    "views.css", "view2d.js", "shapes.js", "morecuts.js", "calliper.js", "thumbs.js", "unpack.js",
    "camera3d.js",
    "mesh3d.js", "paint3d.js", "plane3d.js", "page.svg",
)  # fmt: skip
TYPES = {  # by ending
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE, TOKEN, VERSION, LEFT = "page.html", "{{ token }}", "{{ version }}", "{{ left }}"
OPENED = 202


class NoCaseError(Exception):
    """A case that is not open or not ready."""


@dataclass(frozen=True, slots=True)
class Site:
    """The routes of the page.

    - `doorkeeper`: identifies browsers.
    - `cases`: open cases.
    - `folder`: for dropped files.
    - `options`: options of every case: `centre`, `trials`, `as_of` ...
    """

    doorkeeper: Doorkeeper
    cases: Cases
    folder: Path
    options: Mapping[str, Any]
    limits: PageLimits = LIMITS

    def as_app(self) -> Starlette:
        """Return the routes."""
        get, post, cases = ["GET"], ["POST"], self.cases
        return Starlette(
            routes=[
                Route("/", self.page, methods=get),
                *(Route(f"/{name}", _static(name), methods=get) for name in STATIC),
                Route("/cases", self.list_cases, methods=get),
                Route("/cases", self.open_case, methods=post),
                Route("/cases/{case}", self.state, methods=get),
                Route("/cases/{case}/files", self.add_files, methods=post),
                Route("/cases/{case}/check", self.check, methods=post),
                Route("/cases/{case}/check", self.checked, methods=get),
                Route("/cases/{case}/plan", self.plan, methods=post),
                Route("/cases/{case}/cancel", self.cancel, methods=post),
                Route("/cases/{case}/close", self.close, methods=post),
                Route(
                    "/cases/{case}/answer", _reporting(cases, self._ready, "answer"), methods=get
                ),
                Route("/cases/{case}/scan", _reporting(cases, self._seen, "scan"), methods=get),
                Route("/cases/{case}/cuts/{view}/{layer:int}", self.cut, methods=get),
                Route("/cases/{case}/surfaces/{number:int}", self.surface, methods=get),
                Route("/cases/{case}/thumbnail", self.thumbnail, methods=get),
                Route("/cases/{case}/shells/{margin:int}", self.shell, methods=get),
                *(Route(f"/cases/{{case}}/{name}", self.fields, methods=get) for name in FIELDS),
                Route("/cases/{case}/files/{name}", self.export, methods=get),
                *DraftAddresses(self.cases, self._ready).routes(),
                *self._dossiers().routes(),
            ],
            exception_handlers={
                BodyRefusedError: _refuse_body,
                CaseRefusedError: _pass_refusal,
                ClientDisconnect: _end_broken_off,
                FullError: _refuse_full,
                InputRefused: _refuse_input,
                NoCaseError: _refuse_case,
                WorkerLostError: _refuse_lost,
            },
        )

    async def page(self, asked: Request) -> Response:
        """Return the page with the token of its browser."""
        session = self.doorkeeper.find_session(asked) or token_hex(32)
        text = _read(PAGE).replace(TOKEN, self.doorkeeper.make_token(session))
        minutes = f"{self.limits.left_s / SECONDS_IN_MINUTE:g}"
        text = text.replace(VERSION, __version__).replace(LEFT, minutes)
        answer = Response(text, media_type="text/html")
        answer.set_cookie(
            self.doorkeeper.cookie_name, session, path="/", httponly=True, samesite="strict"
        )
        return answer

    async def list_cases(self, asked: Request) -> Response:
        """List the cases of a browser."""
        session = self.doorkeeper.find_session(asked)
        return JSONResponse([case.describe() for case in self.cases.of_session(session)])

    async def open_case(self, asked: Request) -> Response:
        """Open a bundled case, or create one whose files follow."""
        from fl_planner.intake.documents.samples import sample_case

        async with receive_form(asked, self.folder, self.limits) as form:
            if "sample" not in form.words:
                session = self.doorkeeper.find_session(asked)
                return JSONResponse(self.cases.hold(session, self.folder).describe(), OPENED)
            case_file = sample_case(form.words.get("sample", "")) / "case.toml"
        session = self.doorkeeper.find_session(asked)
        return JSONResponse(
            self.cases.open_case(session, case_file, self.options).describe(), OPENED
        )

    async def state(self, asked: Request) -> Response:
        """Return the state of a case."""
        return JSONResponse(self._named(asked).describe())

    async def add_files(self, asked: Request) -> Response:
        """Receive dropped files; return those refused, and keep the others."""
        held, folder = self._gathering(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            refused = await run_in_threadpool(keep, form, folder, self.limits)
        held.state = GATHERING if held.state == CHECKED else held.state
        return JSONResponse([as_told(refusal) for refusal in refused])

    async def check(self, asked: Request) -> Response:
        """Start checking dropped files."""
        held, folder = self._gathering(asked)
        async with receive_form(asked, self.folder, self.limits):
            self.cases.begin(held, "check", folder)
        return JSONResponse(held.describe(), OPENED)

    async def checked(self, asked: Request) -> Response:
        """Return the results of the check."""
        held, _ = self._gathering(asked)
        as_of = self.options.get("as_of")
        given = "" if as_of is None else str(as_of)  # the page proposes today otherwise
        return JSONResponse({**await self.cases.ask(held, "checked"), "as_of": given})

    async def plan(self, asked: Request) -> Response:
        """Start planning dropped files by a case file or confirmed roles."""
        held, folder = self._gathering(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            name = form.words.get("case_file")
            if name is not None:
                self.cases.begin(held, "open_dropped", folder, clean_name(name), self.options)
            else:
                answers = form.words.get("answers", "")
                self.cases.begin(held, "open_answers", folder, answers, self.options)
        return JSONResponse(held.describe(), OPENED)

    async def cancel(self, asked: Request) -> Response:
        """Stop the work on a case."""
        async with receive_form(asked, self.folder, self.limits):
            held = self._named(asked)
        self.cases.cancel(held)
        return JSONResponse(held.describe())

    async def close(self, asked: Request) -> Response:
        """Close a case."""
        async with receive_form(asked, self.folder, self.limits):
            held = self._named(asked)
        self.cases.close(held)
        return JSONResponse(held.describe())

    async def cut(self, asked: Request) -> Response:
        """Return a slice of a case."""
        view, layer = asked.path_params["view"], asked.path_params["layer"]
        content = await self.cases.ask(self._seen(asked), "cut", view, layer)
        return Response(content, media_type="application/octet-stream")

    async def surface(self, asked: Request) -> Response:
        """Return a surface of a case."""
        number = asked.path_params["number"]
        content = await self.cases.ask(self._ready(asked), "surface", number)
        return Response(content, media_type="application/octet-stream")

    async def thumbnail(self, asked: Request) -> Response:
        """Return a thumbnail of a dropped file."""
        file = asked.query_params.get("file", "")
        content = await self.cases.ask(self._seen(asked), "thumbnail", file)
        return Response(content, media_type="application/octet-stream")

    async def shell(self, asked: Request) -> Response:
        """Return the surface of the lesions with a margin."""
        margin = asked.path_params["margin"]
        content = await self.cases.ask(self._ready(asked), "shell", margin)
        return Response(content, media_type="application/octet-stream")

    async def fields(self, asked: Request) -> Response:
        """Return the fields by which surfaces of a case are painted."""
        what = FIELDS[asked.url.path.rpartition("/")[2]]
        content = await self.cases.ask(self._ready(asked), what)
        return Response(content, media_type="application/octet-stream")

    async def export(self, asked: Request) -> Response:
        """Export a file."""
        name = asked.path_params["name"]
        if name not in KINDS:
            raise NoCaseError
        held = self._ready(asked)
        content = await self.cases.ask(held, "export", name)
        headers = as_attachment(name_export(name, held.banner, held.id))
        return Response(content, media_type=KINDS[name], headers=headers)

    def _dossiers(self) -> DossierAddresses:
        session = self.doorkeeper.find_session
        return DossierAddresses(self.cases, self._ready, session, self.folder, self.limits)

    def _named(self, asked: Request) -> HeldCase:
        session = self.doorkeeper.find_session(asked)
        held = self.cases.get_case(asked.path_params["case"], session)
        if held is None:
            raise NoCaseError
        return held

    def _gathering(self, asked: Request) -> tuple[HeldCase, Path]:
        held = self._named(asked)
        if held.folder is None:
            raise NoCaseError
        return held, held.folder

    def _seen(self, asked: Request) -> HeldCase:
        held = self._named(asked)
        if not held.seen:
            raise NoCaseError
        return held

    def _ready(self, asked: Request) -> HeldCase:
        held = self._named(asked)
        if held.state != READY:
            raise NoCaseError
        return held


def _read(name: str) -> str:
    return files("fl_planner.web").joinpath("static", name).read_text("utf-8")


def _static(name: str) -> Callable[[Request], Response]:
    def give(_: Request) -> Response:
        return Response(_read(name), headers={"content-type": TYPES[Path(name).suffix]})

    return give


async def _refuse_body(_: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, BodyRefusedError)
    return wrong.response


async def _end_broken_off(_: Request, gone: Exception) -> Response:
    assert isinstance(gone, ClientDisconnect)
    return Response(status_code=400)  # unread; prevents a traceback on the terminal


async def _refuse_full(_: Request, full: Exception) -> Response:
    answer = refuse(503, str(full), "try again in a moment")
    answer.headers["retry-after"] = "2"
    return answer


async def _refuse_input(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, InputRefused)
    return JSONResponse(as_told(refused), 422)


async def _pass_refusal(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, CaseRefusedError)
    return JSONResponse(refused.told, 422)


async def _refuse_case(_: Request, __: Exception) -> Response:
    return refuse(404, "the case is not open", "go back to the page, and open the case again")


async def _refuse_lost(_: Request, __: Exception) -> Response:
    return refuse(500, "the case was closed unexpectedly", "open it again")
