"""The server of the service, on this computer only, until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvicorn

from fl_planner.archive.connection import Credentials, SecretPlace
from fl_planner.basis.defaults import LOOPBACK
from fl_planner.basis.findings import InputRefused
from fl_planner.web.gate import Gate
from fl_planner.web.hooks.door import HooksDoor, read_hosts, read_origins, read_token
from fl_planner.web.hooks.feedback import FeedbackLog
from fl_planner.web.hooks.service import HookService, Report
from fl_planner.web.limits import HOOK_LIMITS, HOOKS_PORT, PageLimits
from fl_planner.web.server import bind, end_by, guard, interrupt, list_hosts
from fl_planner.workup.judge import RecordJudge

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
