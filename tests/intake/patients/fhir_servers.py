"""A FHIR R4 server on this computer, which answers well, or as badly as a test wants."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from fl_planner.intake.patients.fhir.entries import RecordServer
from fl_planner.intake.patients.fhir.resources import KINDS
from fl_planner.intake.patients.fhir.server import parse_server

Resource = dict[str, Any]
Heads = dict[str, str]
Reply = tuple[int, Heads, bytes]
FHIR = {"Content-Type": "application/fhir+json"}
BASE = "/r4"


def reply(resource: Any, status: int = 200, **heads: str) -> Reply:
    """Answer with a resource."""
    return status, {**FHIR, **heads}, json.dumps(resource).encode()


def capability(
    kinds: Sequence[str] = KINDS, *, everything: bool = False, version: str = "4.0.1"
) -> Resource:
    """State that these kinds may be searched by patient."""
    search = [{"code": "search-type"}]
    params = [{"name": "patient", "type": "reference"}]
    offered: list[Resource] = [
        {"type": kind, "interaction": search, "searchParam": params}
        for kind in (*kinds, "Medication")
    ]
    whole = {"name": "everything", "definition": "http://x/OperationDefinition/Patient-everything"}
    patient = {"type": "Patient", "interaction": search}
    offered.append({**patient, **({"operation": [whole]} if everything else {})})
    return {
        "resourceType": "CapabilityStatement",
        "fhirVersion": version,
        "rest": [{"mode": "server", "resource": offered}],
    }


def page(resources: Sequence[Resource], **more: Any) -> Resource:
    """Put resources into the result of a search."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


class FakeFhir:
    """A server with resources, of which single answers may be replaced.

    `replies`: by the path and query of a request, or the path alone, below the base.
    `size`: results of one page.
    """

    def __init__(
        self, resources: Sequence[Resource], secure: SSLContext | None = None, size: int = 50
    ) -> None:
        self.resources = [*resources]
        self.size = size
        self.replies: dict[str, Reply | Callable[[str], Reply]] = {"metadata": reply(capability())}
        self.asked: list[str] = []
        self.heads: list[Heads] = []
        self.methods: set[str] = set()
        self.connections = 0
        self.closes = False  # connections, without a word
        self.host = self._start(secure)
        self.base = f"http{'s' if secure else ''}://{self.host}{BASE}"

    def _start(self, secure: SSLContext | None) -> str:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """The requests of one connection."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                fake.connections += 1

            def do_GET(self) -> None:
                fake.methods.add(self.command)
                fake.heads.append(dict(self.headers))
                below = self.path.removeprefix(f"{BASE}/")
                fake.asked.append(below)
                status, heads, body = fake.answer(below)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **heads}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection |= fake.closes or "Content-Length" in heads

            do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            """A server that prints nothing of connections that were ended."""

            def handle_error(self, *_: object) -> None:
                """Print nothing."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if secure is not None:
            listening = self.server.socket
            self.server.socket = secure.wrap_socket(
                listening, server_side=True, do_handshake_on_connect=False
            )
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return f"127.0.0.1:{self.server.server_address[1]}"

    def answer(self, below: str) -> Reply:
        """Answer a request, by the reply set for it, or from the resources."""
        path, _, query = below.partition("?")
        found = self.replies.get(below) or self.replies.get(path)
        if found is not None:
            return found(below) if callable(found) else found
        kind, _, rest = path.partition("/")
        if rest.endswith("/$everything"):
            who = f"{kind}/{rest.partition('/')[0]}"
            own = [one for one in self.resources if who in (name(one), owner(one))]
            return self._give(own, below)
        if rest:
            for one in self.resources:
                if name(one) == path:
                    return reply(one)
            return reply({"resourceType": "OperationOutcome"}, 404)
        asked = parse_qs(query)
        who = asked.get("patient", asked.get("subject", [""]))[0]
        found_here = [
            one for one in self.resources if one["resourceType"] == kind and who in ("", owner(one))
        ]
        return self._give(found_here, below)

    def _give(self, found: Sequence[Resource], below: str) -> Reply:
        """Give a page of a list, and the link to the next one."""
        plain, _, start = below.partition("&_start=")
        first = int(start or 0)
        links = [{"relation": "self", "url": f"{self.base}/{below}"}]
        if len(found) > first + self.size:
            following = f"{self.base}/{plain}&_start={first + self.size}"
            links.append({"relation": "next", "url": following})
        shown = found[first : first + self.size]
        return reply(page(shown, total=len(found), link=links))

    def one(self, id_: str = "p1") -> RecordServer:
        """Name a patient of this server."""
        return parse_server(f"{self.base}/Patient/{id_}", None, None, private=True)

    def several(self, query: str = "Patient?gender=female") -> RecordServer:
        """Name the patients of a search."""
        return parse_server(self.base, query, None, private=True)

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()


def name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def owner(resource: Mapping[str, Any]) -> str:
    found: str = resource.get("subject", {}).get("reference", "")
    return found


@contextmanager
def fake_fhir(
    *resources: Resource, secure: SSLContext | None = None, size: int = 50
) -> Iterator[FakeFhir]:
    """Serve resources until the block ends."""
    fake = FakeFhir(resources, secure, size)
    try:
        yield fake
    finally:
        fake.stop()


def patient(id_: str = "p1", **more: Any) -> Resource:
    """Write a patient."""
    return {"resourceType": "Patient", "id": id_, "gender": "female", **more}


def owned(resources: Sequence[Resource], who: str = "p1") -> list[Resource]:
    """Give the resources of a record their ids, and a patient of a server."""
    found = []
    for number, one in enumerate(resources, start=1):
        if one["resourceType"] == "Patient":
            found.append({**one, "id": who})
        else:
            subject = {"subject": {"reference": f"Patient/{who}"}}
            found.append({"id": f"{who}-{number}", **one, **subject})
    return found
