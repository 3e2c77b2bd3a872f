"""The CDS Hooks service [CDS Hooks 2.0]: its addresses, and its server on this computer only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from fl_planner.archive.connection import Credentials, SecretPlace
from fl_planner.basis.defaults import HOOKS_PORT, LOOPBACK
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.web.gate import BodyRefusedError, Gate
from fl_planner.web.hooks.call import HOOK, PREFETCH, list_templates, parse_call
from fl_planner.web.hooks.cards import HookCard, JudgedCall, list_cards
from fl_planner.web.hooks.door import (
    JSON,
    HooksDoor,
    answer_refused,
    read_hosts,
    read_origins,
    read_token,
)
from fl_planner.web.hooks.feedback import FeedbackLog
from fl_planner.web.limits import HOOK_LIMITS, PageLimits
from fl_planner.web.server import bind, end_by, guard, interrupt, list_hosts
from fl_planner.web.site import end_broken_off
from fl_planner.workup.judge import RecordJudge

SERVICE = "liver-trials"
TITLE = "Liver surgery trials"
STATUSES = {  # by code of the refusal; others are 422
    "hooks.request": 400,
    "hooks.feedback": 400,
    "hooks.prefetch": 412,
    "output.unwritable": 500,
}
DEAD = "fhir.deceased"
WORKERS = 1  # calls judged at once: one after the other
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HookService:
    """The service: it judges one call at a time and keeps no data from calls.

    - `judge`: the rules.
    - `feedback`: the log of feedback.
    - `report`: receives one line per request, without data of the patient.
    - `as_of`: the assessment date; if None, the date of the call.
    - `worker`: the single thread for all calls.
    """

    judge: RecordJudge
    feedback: FeedbackLog
    report: Report
    as_of: date | None = None
    limits: PageLimits = HOOK_LIMITS
    worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS))

    def as_app(self) -> Starlette:
        """Return the routes."""
        base = f"/cds-services/{SERVICE}"
        return Starlette(
            routes=[
                Route("/cds-services", self.list_services, methods=["GET"]),
                Route(base, self.call, methods=["POST"]),
                Route(f"{base}/feedback", self.keep_feedback, methods=["POST"]),
            ],
            exception_handlers={
                BodyRefusedError: _refuse_body,
                ClientDisconnect: end_broken_off,
                HTTPException: _refuse_address,
                InputRefused: self._refuse,
                TimeoutError: _refuse_late,
            },
        )

    async def list_services(self, _: Request) -> Response:
        """Return the list of services."""
        service = {
            "hook": HOOK,
            "id": SERVICE,
            "title": TITLE,
            "description": "Shows for each liver surgery trial whether the patient is potentially "
            "eligible or not eligible, or whether this is undecided, and shows the FLR; "
            f"{RESEARCH_USE}.",
            PREFETCH: list_templates(self.judge.codes),
            "usageRequirements": "Requires the prefetch; does not contact a FHIR server.",
        }
        return _answer({"services": [service]})

    async def call(self, asked: Request) -> Response:
        """Return the cards of a patient."""
        text, began = await _read_text(asked, "hooks.request"), perf_counter()
        cards = await self._work(self.list_cards, text)
        self.feedback.remember(cards)
        took_ms = 1000 * (perf_counter() - began)
        self.report(f"{HOOK}: {format_count(len(cards), 'card')}, {took_ms:.0f} ms")
        return _answer({"cards": cards})

    def list_cards(self, text: str) -> tuple[HookCard, ...]:
        """List the cards of a call; none for a patient who has died.

        Raises `InputRefused`: as `parse_call` and `RecordJudge.judge`.
        """
        call = parse_call(text)
        as_of = self.as_of or datetime.now(UTC).astimezone().date()
        try:
            judged = self.judge.judge(call.entries, as_of, PREFETCH)
        except InputRefused as refused:
            if refused.code == DEAD:
                return ()
            raise
        conditions = frozenset(call.list_conditions(self.judge.codes.systems))
        return list_cards(JudgedCall(judged, as_of, call.absent, conditions))

    async def keep_feedback(self, asked: Request) -> Response:
        """Add feedback to the log."""
        if not self.feedback.is_kept:
            raise HTTPException(404)
        count = await self._work(self.feedback.keep, await _read_text(asked, "hooks.feedback"))
        self.report(f"feedback: {count}")
        return _answer({})

    async def _work(self, work: Callable[[str], Any], text: str) -> Any:
        """Run one job at a time, in a thread.

        Raises `TimeoutError` if the job is not done in time; a job that has not begun is then
        cancelled.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.limits.job_s):
            return await loop.run_in_executor(self.worker, work, text)

    async def _refuse(self, asked: Request, refused: Exception) -> Response:
        assert isinstance(refused, InputRefused)
        status = STATUSES.get(refused.code, 422)
        self.report(f"{asked.url.path.rpartition('/')[2]}: {status} {refused.code}")
        return answer_refused(status, refused.reason, refused.remedy, refused.code)


async def _read_text(asked: Request, code: str) -> str:
    try:
        return (await asked.body()).decode()
    except UnicodeDecodeError:
        raise InputRefused(code, "request", "the body is not UTF-8", "send UTF-8") from None


def _answer(content: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(content), media_type=JSON)


async def _refuse_body(_: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, BodyRefusedError)
    answer = answer_refused(wrong.status, wrong.reason, wrong.remedy)
    answer.headers["connection"] = "close"
    return answer


async def _refuse_address(_: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    remedy = "request /cds-services, which lists the services"
    return answer_refused(wrong.status_code, wrong.detail, remedy)


async def _refuse_late(_: Request, __: Exception) -> Response:
    answer = answer_refused(503, "the service is busy", "try again in a moment")
    answer.headers["retry-after"] = "2"
    return answer


ADDRESS = "/cds-services"
WARM = (  # a call without findings, so that the first patient does not wait for modules
    '{"hook": "patient-view", "hookInstance": "start", "context": {"patientId": "1"}, "prefetch": '
    '{"patient": {"resourceType": "Patient", "id": "1"}, "conditions": null}}'
)


@dataclass(frozen=True, slots=True)
class HookServing:
    """Settings of a server of the service.

    - `judge`, `feedback`, `as_of`: as in `HookService`.
    - `origins`: origins of browsers that may call it; `hosts`: its names behind a proxy. - `token`:
      token of callers; None if only its user may call it.
    - `port`: None for the usual port, or any free one.
    """

    judge: RecordJudge
    feedback: FeedbackLog
    as_of: date | None = None
    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    token: Credentials | None = None
    port: int | None = None
    limits: PageLimits = HOOK_LIMITS


def prepare(
    judge: RecordJudge,
    *,
    origin: tuple[str, ...] = (),
    host: tuple[str, ...] = (),
    token: SecretPlace | None = None,
    feedback: Path | None = None,
    as_of: date | None = None,
    port: int | None = None,
) -> HookServing:
    """Check the settings of a server.

    Raises `InputRefused`: `usage.wrong`, `hooks.token`, `output.unwritable`.
    """
    if host and token is None:
        reason = "requires a token, because a proxy forwards calls from other computers"
        raise InputRefused("usage.wrong", "--host", reason, "give --token as well")
    origins, hosts, secret = read_origins(origin), read_hosts(host), read_token(token)
    return HookServing(judge, FeedbackLog(feedback), as_of, origins, hosts, secret, port)


def serve_hooks(serving: HookServing, ready: Callable[[str], None], report: Report) -> None:
    """Serve until interrupted; `ready` is called with the address.

    Raises `InputRefused`: `page.port` if another program uses the port.
    """
    end_by(interrupt)
    with bind(serving.port, HOOKS_PORT) as bound, suppress(KeyboardInterrupt):
        server = make_hooks_server(serving, bound, report)
        end_by(server.handle_exit)
        ready(f"http://{LOOPBACK}:{bound.getsockname()[1]}{ADDRESS}")
        asyncio.run(server.serve(sockets=[bound]))


def make_hooks_server(serving: HookServing, bound: socket.socket, report: Report) -> uvicorn.Server:
    """Create a server that checks deadlines, then applies the gate."""
    service = HookService(serving.judge, serving.feedback, report, serving.as_of, serving.limits)
    service.list_cards(WARM)
    hosts = list_hosts(bound.getsockname()[1]) | serving.hosts
    door = HooksDoor(serving.origins, serving.token)
    return guard(Gate(service.as_app(), door, hosts, serving.limits))
