"""Access to the service: named origins, and callers with the token.

A browser states the origin of its page; other programs state no origin. Without a token, only
programs of the user who started the service may call it. The same applies to the page.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from fl_planner.archive.connection import Credentials, SecretPlace, find_secret
from fl_planner.basis.findings import InputRefused
from fl_planner.web.gate import check_caller

NAME = "hooks"  # of the service, in the names of variables and of keyrings
LEAST_TOKEN = 16  # characters [project's choice]
LONGEST_NAME = 253  # characters of a name in DNS
PREFLIGHT, METHODS = "OPTIONS", ("GET", "POST")
JSON = "application/json"
_ORIGIN = re.compile(
    r"https://(?P<host>[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?"
    r"|http://(?:localhost|127\.0\.0\.1)(?::\d{1,5})?",
    re.ASCII,
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.ASCII)
OF_CORS = {  # for a named origin [CDS Hooks, Cross-Origin Resource Sharing]
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "Accept, Authorization, Content-Type, Origin",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-max-age": "600",
}


def answer_refused(status: int, reason: str, remedy: str, code: str | None = None) -> Response:
    """Return a refusal as an OperationOutcome, as CDS Hooks recommends.

    - `code`: code of the refusal, from the list of codes.
    """
    issue = {
        "severity": "error",
        "code": "processing",
        "details": {"text": reason if code is None else f"{code}: {reason}"},
        "diagnostics": remedy,
    }
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [issue]}, status)


def read_origins(named: Iterable[str]) -> frozenset[str]:
    """Read the origins of browsers that may call the service.

    Raises `InputRefused`: `usage.wrong` unless each is an origin with TLS or on this computer.

    Examples
    --------
    >>> sorted(read_origins(["https://ehr.example", "http://localhost:4200"]))
    ['http://localhost:4200', 'https://ehr.example']
    """
    origins = frozenset(named)
    for one in origins:
        if not _ORIGIN.fullmatch(one) or len(one) > LONGEST_NAME:
            reason = (
                "not an origin, which consists of https:// and a host name in lower case, "
                "without a path"
            )
            raise InputRefused(
                "usage.wrong", "--origin", reason, "give https://HOST or https://HOST:PORT"
            )
    return origins


def read_hosts(named: Iterable[str]) -> frozenset[str]:
    """Read further host names under which a proxy forwards calls to the service.

    Raises `InputRefused`: `usage.wrong` unless each is a host name, with or without a port.

    Examples
    --------
    >>> sorted(read_hosts(["cds.hospital.example", "cds:8443"]))
    ['cds.hospital.example', 'cds:8443']
    """
    hosts = frozenset(named)
    for one in hosts:
        if not _HOST.fullmatch(one) or len(one) > LONGEST_NAME:
            reason = "not a host name in lower case, with or without a port"
            remedy = "give a host name such as cds.hospital.example"
            raise InputRefused("usage.wrong", "--host", reason, remedy)
    return hosts


def read_token(place: SecretPlace | None) -> Credentials | None:
    """Read the token of callers; None if no token is required.

    Raises `InputRefused`: `hooks.token` if it is missing or too short.
    """
    if place is None:
        return None
    secret, remedy = find_secret(NAME, "TOKEN", place)
    if not secret:
        raise InputRefused("hooks.token", "--token", "the token was not found", remedy)
    if len(secret) < LEAST_TOKEN or not (secret.isascii() and secret.isprintable()):
        reason = f"the token has fewer than {LEAST_TOKEN} characters, or contains unprintable ones"
        raise InputRefused("hooks.token", "--token", reason, "create a random token")
    return Credentials(secret)


@dataclass(frozen=True, slots=True)
class HooksDoor:
    """Passes calls from named origins that have the token.

    - `origins`: origins of browsers. - `token`: token of callers; None if only the user of the
      service may call it.
    """

    origins: frozenset[str]
    token: Credentials | None = None

    @property
    def media_type(self) -> str:
        """The content type of a call."""
        return JSON

    def judge_caller(self, asked: HTTPConnection) -> Response | None:
        """Refuse other origins, users and tokens; answer the preflight request of a browser."""
        named = asked.headers.getlist("origin")
        if named and not self._is_named(asked):
            reason = "the origin of the page is not permitted"
            return self.refuse(403, reason, "permit it with --origin")
        if asked.scope["method"] == PREFLIGHT:
            return self._answer_preflight(asked)
        if self.token is not None:
            return self._judge_token(asked, self.token.secret)
        stranger = check_caller(asked.scope)
        if not stranger:
            return None
        return self.refuse(
            403,
            "without a token, only the user who started the service may call it",
            "give --token",
        )

    def judge_change(self, asked: HTTPConnection) -> Response | None:
        """Return None, because `judge_caller` has already checked the caller."""
        del asked
        return None

    def list_headers(self, asked: HTTPConnection) -> Mapping[str, str]:
        """List the headers that allow a page of a named origin to read the reply."""
        if not self._is_named(asked):
            return {"vary": "Origin"}
        return {"vary": "Origin", "access-control-allow-origin": asked.headers["origin"], **OF_CORS}

    def refuse(self, status: int, reason: str, remedy: str) -> Response:
        """Return a refusal as an OperationOutcome."""
        return answer_refused(status, reason, remedy)

    def _is_named(self, asked: HTTPConnection) -> bool:
        return asked.headers.getlist("origin") in [[one] for one in self.origins]

    def _answer_preflight(self, asked: HTTPConnection) -> Response:
        if asked.headers.get("access-control-request-method") in METHODS and self._is_named(asked):
            return Response(status_code=204)
        return self.refuse(405, "the request method is not supported", "use GET or POST")

    def _judge_token(self, asked: HTTPConnection, secret: str) -> Response | None:
        given = asked.headers.getlist("authorization")
        scheme, _, token = (given[0] if len(given) == 1 else "").partition(" ")
        same = hmac.compare_digest(token.strip().encode(), secret.encode())
        if same and scheme.lower() == "bearer":
            return None
        answer = self.refuse(401, "the token is missing or wrong", "send the service token")
        answer.headers["www-authenticate"] = "Bearer"
        return answer
