"""The service of cards on a real socket, and calls as a hospital's record sends them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

import uvicorn

from fl_planner.web.hooks.service import HookServing, make_hooks_server, prepare
from fl_planner.web.server import bind
from fl_planner.workup.judge import RecordJudge
from tests.intake.patients.fhir_records import Resource
from tests.web.served import Told, in_thread, send

AS_OF = date(2026, 11, 20)
ADDRESS = "/cds-services/liver-trials"
KEYS = {
    "Condition": "conditions",
    "Procedure": "procedures",
    "Observation": "observations",
    "DiagnosticReport": "reports",
    "MedicationStatement": "statements",
    "MedicationAdministration": "administrations",
}
JUDGE = RecordJudge.of(None, None, None)
PERSON: Resource = {"resourceType": "Patient", "id": "p1", "gender": "female"}


def searchset(resources: Iterable[Resource]) -> Resource:
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def as_prefetch(resources: Iterable[Resource], patient: str = "p1") -> Resource:
    """Sort the resources of one patient by the keys of the service, as its searches would."""
    found: dict[str, list[Resource]] = {key: [] for key in KEYS.values()}
    person: Resource = {}
    for one in resources:
        if one["resourceType"] == "Patient":
            person = {**one, "id": patient}
        else:
            subject = {"reference": f"Patient/{patient}"}
            found[KEYS[one["resourceType"]]].append({**one, "subject": subject})
    return {"patient": person, **{key: searchset(many) for key, many in found.items()}}


def as_call(prefetch: Resource | None, patient: str = "p1", **more: Any) -> Resource:
    context = {"userId": "Practitioner/example", "patientId": patient}
    call = {"hook": "patient-view", "hookInstance": str(uuid4()), "context": context}
    return {**call, "prefetch": prefetch, **more}


@dataclass(frozen=True, slots=True)
class Hooks:
    """A service that runs; `lines` are those of its log."""

    port: int
    lines: list[str] = field(default_factory=list)

    def get(self, address: str = "/cds-services", **headers: str) -> Told:
        """Read."""
        return send(self.port, "GET", address, headers)

    def post(
        self, body: object, address: str = ADDRESS, headers: Mapping[str, str] | None = None
    ) -> Told:
        """Send JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        asked = {"Content-Type": "application/json", **(headers or {})}
        return send(self.port, "POST", address, asked, content)

    def cards(self, *resources: Resource) -> list[dict[str, Any]]:
        """List the cards for the resources of one patient."""
        told = self.post(as_call(as_prefetch([PERSON, *resources])))
        assert told.status == 200, told.body
        cards: list[dict[str, Any]] = told.json()["cards"]
        return cards


@contextmanager
def hooking(serving: HookServing | None = None, **settings: Any) -> Iterator[Hooks]:
    """Run the service in a thread, on a free port."""
    asked = serving or prepare(JUDGE, as_of=settings.pop("as_of", AS_OF), **settings)
    lines: list[str] = []
    servers: list[uvicorn.Server] = []
    with bind(0) as bound:

        async def run() -> None:
            servers.append(make_hooks_server(replace(asked), bound, lines.append))
            await servers[0].serve(sockets=[bound])

        with in_thread(run, servers):
            yield Hooks(bound.getsockname()[1], lines)
