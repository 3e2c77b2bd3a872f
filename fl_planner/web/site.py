"""Requests of the page to the server, by address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
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
from fl_planner.formats.stored.temporary import clean_name
from fl_planner.web.addresses import (
    BYTES,
    DossierAddresses,
    DraftAddresses,
    answering,
    reporting,
    send_export,
)
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
from fl_planner.web.desk import as_plain_refusal
from fl_planner.web.dossier.banner import state_same
from fl_planner.web.dossier.roles import KINDS
from fl_planner.web.form import keep, receive_form
from fl_planner.web.gate import BodyRefusedError, Doorkeeper, refuse
from fl_planner.web.limits import LIMITS, PageLimits

STATIC = (  # all static files
    "page.css", "frame.css", "theme.js", "page.js", "dom.js", "net.js", "blocks.js", "stage.js",
    "steps.js", "strip.js", "cuts.js", "drop.js", "concerns.js", "begins.js", "marks.js",
    "branches.js", "cutter.js", "figures.js", "draft.js", "plane2d.js", "supply.js", "places.js",
    "shown.js", "ask.js", "away.js", "sign.js", "time.js", "scene.js", "liver3d.js", "liver3d.css",
    "views.css", "view2d.js", "shapes.js", "morecuts.js", "calliper.js", "thumbs.js", "unpack.js",
    "camera3d.js", "origin.js", "outlines.js", "cuttools.js", "initials.js", "labels.js",
    "mesh3d.js", "paint3d.js", "picture3d.js", "plane3d.js", "tabs.js", "page.svg",
    "casenames.js", "unsent.js", "numbers.js",
)  # fmt: skip
TYPES = {  # by ending
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE, TOKEN, VERSION, LEFT = "page.html", "{{ token }}", "{{ version }}", "{{ left }}"
RUN = "{{ run }}"  # of the program; without its secret, no token of a page follows from it
THEME = "theme.js"  # runs before the page is drawn; the other scripts are modules
MODULES = "{{ modules }}"  # requested together, not one after the other as each names the next
OPENED = 202
DIGEST_OF = "of"  # query parameter: which surfaces are asked for
CASE_FILE = "case.toml"  # the export from which a case can be opened again


class NoCaseError(Exception):
    """A case that is not open or not ready."""


@dataclass(frozen=True, slots=True)
class Site:
    """The routes of the page.

    - `doorkeeper`: identifies browsers.
    - `cases`: open cases.
    - `folder`: folder for dropped files.
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
        drawing = partial(answering, cases, BYTES)
        pictures = {
            "cuts/{view}/{layer:number}": drawing(self._seen, "cut"),
            "surfaces/{number:number}": drawing(self._ready, "surface", DIGEST_OF),
            "thumbnail": drawing(self._seen, "thumbnail", "file"),
            "shells/{margin:number}": drawing(self._ready, "shell", DIGEST_OF),
            "fields": drawing(self._ready, "fields", DIGEST_OF),
            "plan-fields": drawing(self._ready, "plan_fields", DIGEST_OF),
        }
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
                Route("/cases/{case}/change", self.change, methods=post),
                Route("/cases/{case}/cancel", self.cancel, methods=post),
                Route("/cases/{case}/close", self.close, methods=post),
                Route("/cases/{case}/answer", reporting(cases, self._ready, "answer"), methods=get),
                Route("/cases/{case}/scan", reporting(cases, self._seen, "scan"), methods=get),
                *(
                    Route(f"/cases/{{case}}/{address}", draw, methods=get)
                    for address, draw in pictures.items()
                ),
                Route("/cases/{case}/files/{name}", self.export, methods=get),
                *DraftAddresses(self.cases, self._ready).routes(),
                *self._dossiers().routes(),
            ],
            exception_handlers={
                BodyRefusedError: _refuse_body,
                CaseRefusedError: _pass_refusal,
                ClientDisconnect: end_broken_off,
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
        text = text.replace(RUN, self.doorkeeper.make_token("run"))  # the token of no session
        minutes = f"{self.limits.left_s / SECONDS_IN_MINUTE:g}"
        text = text.replace(VERSION, __version__).replace(LEFT, minutes)
        scripts = (name for name in STATIC if name.endswith(".js") and name != THEME)
        links = (f'<link rel="modulepreload" href="/{name}">' for name in scripts)
        text = text.replace(MODULES, "\n".join(links))
        answer = Response(text, media_type="text/html")
        answer.set_cookie(
            self.doorkeeper.cookie_name, session, path="/", httponly=True, samesite="strict"
        )
        return answer

    async def list_cases(self, asked: Request) -> Response:
        """List the cases of a browser."""
        held = [*self.cases.of_session(self.doorkeeper.find_session(asked))]
        return JSONResponse([{**one.describe(), "same": _state_same(one, held)} for one in held])

    async def open_case(self, asked: Request) -> Response:
        """Open a bundled case, or create a case that receives its files later."""
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
        """Receive dropped files; keep valid files, and return the refused ones."""
        held, folder = self._gathering(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            refused = await run_in_threadpool(keep, form, folder, self.limits)
        held.stored = {**form.stored, **held.stored}
        held.state = GATHERING if held.state == CHECKED else held.state
        return JSONResponse([as_plain_refusal(refusal) for refusal in refused])

    async def check(self, asked: Request) -> Response:
        """Start checking dropped files; a planned case stays planned and replies immediately."""
        held = self._named(asked)
        async with receive_form(asked, self.folder, self.limits):
            if held.state == READY:
                await self.cases.ask(held, "check", held.folder)
                return JSONResponse(held.describe())
            _, folder = self._gathering(asked)
            self.cases.begin(held, "check", folder)
        return JSONResponse(held.describe(), OPENED)

    async def checked(self, asked: Request) -> Response:
        """Return the results of the check."""
        held = self._named(asked)
        as_of = self.options.get("as_of")
        given = "" if as_of is None else str(as_of)  # the page proposes today otherwise
        return JSONResponse({**await self.cases.ask(held, "checked"), "as_of": given})

    async def plan(self, asked: Request) -> Response:
        """Start planning dropped files by a case file or confirmed roles."""
        held, folder = self._gathering(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            if (name := form.words.get("case_file")) is not None:
                held.case_file = clean_name(name)
                given = (folder, held.case_file, held.stored, self.options)
                self.cases.begin(held, "open_dropped", *given)
            else:
                answers = form.words.get("answers", "")
                self.cases.begin(held, "open_answers", folder, answers, self.options)
        return JSONResponse(held.describe(), OPENED)

    async def change(self, asked: Request) -> Response:
        """Plan a planned case again, with changed files, roles or facts."""
        held = self._ready(asked)
        async with receive_form(asked, self.folder, self.limits) as form:
            words = (form.words.get(one, "") for one in ("before", "answers"))
        return JSONResponse(await self.cases.change(held, "change_answers", held.folder, *words))

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

    async def export(self, asked: Request) -> Response:
        """Export a file."""
        name = asked.path_params["name"]
        if name not in KINDS:
            raise NoCaseError
        held = self._ready(asked)
        version = held.version
        answer = await send_export(self.cases, held, (name, KINDS[name]), "export", name)
        if name == CASE_FILE:
            held.saved = version
        return answer

    def _dossiers(self) -> DossierAddresses:
        session = self.doorkeeper.find_session
        return DossierAddresses(self.cases, self._ready, session, self.folder, self.limits)

    def _named(self, asked: Request) -> HeldCase:
        held = self.cases.get_case(asked.path_params["case"], self.doorkeeper.find_session(asked))
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


def _state_same(case: HeldCase, held: Iterable[HeldCase]) -> str:
    return state_same(case.banner, ((one.number, one.banner) for one in held if one is not case))


def _read(name: str) -> str:
    return files("fl_planner.web").joinpath("static", name).read_text("utf-8")


def _static(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def give(_: Request) -> Response:
        return Response(_read(name), headers={"content-type": TYPES[Path(name).suffix]})

    return give


async def _refuse_body(_: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, BodyRefusedError)
    return wrong.response


async def end_broken_off(_: Request, gone: Exception) -> Response:
    """Answer a request whose caller has gone."""
    assert isinstance(gone, ClientDisconnect)
    return Response(status_code=400)  # unread; prevents a traceback on the terminal


async def _refuse_full(_: Request, full: Exception) -> Response:
    answer = refuse(503, *full.args)
    answer.headers["retry-after"] = "2"
    return answer


async def _refuse_input(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, InputRefused)
    return JSONResponse(as_plain_refusal(refused), 422)


async def _pass_refusal(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, CaseRefusedError)
    return JSONResponse(refused.refusal, 422)


async def _refuse_case(_: Request, __: Exception) -> Response:
    return refuse(404, "the case is not open", "go back to the page, and open the case again")


async def _refuse_lost(_: Request, __: Exception) -> Response:
    return refuse(500, "the case was closed unexpectedly", "open it again")
