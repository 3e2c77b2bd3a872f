"""Web addresses of the service [CDS Hooks 2.0]: list of services, call, feedback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.web.gate import BodyRefusedError
from fl_planner.web.hooks.call import HOOK, PREFETCH, list_templates, parse_call
from fl_planner.web.hooks.cards import HookCard, JudgedCall, list_cards
from fl_planner.web.hooks.door import JSON, answer_refused
from fl_planner.web.hooks.feedback import FeedbackLog
from fl_planner.web.limits import HOOK_LIMITS, PageLimits
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
                ClientDisconnect: _end_broken_off,
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
        self.report(f"{HOOK}: {len(cards)} cards, {1000 * (perf_counter() - began):.0f} ms")
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
        return list_cards(JudgedCall(judged, as_of, call.absent))

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


async def _end_broken_off(_: Request, gone: Exception) -> Response:
    assert isinstance(gone, ClientDisconnect)
    return Response(status_code=400)  # unread; prevents a traceback on the terminal


async def _refuse_address(_: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    remedy = "request /cds-services, which lists the services"
    return answer_refused(wrong.status_code, wrong.detail, remedy)


async def _refuse_late(_: Request, __: Exception) -> Response:
    answer = answer_refused(503, "the service is busy", "try again in a moment")
    answer.headers["retry-after"] = "2"
    return answer
