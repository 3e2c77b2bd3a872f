"""Who asks: a browser by its cookie, a page of ours by its token."""

import hmac
import re
from dataclasses import dataclass
from secrets import token_hex

from starlette.requests import HTTPConnection

TOKEN_HEADER = "x-fl-planner-token"
_COOKIE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Knows the browsers of one server without keeping a list of them.

    - `port`: of the server, in the cookie's name: browsers send cookies to every port of a host.
    - `secret`: of this run; what a page's token is made with.
    """

    port: int
    secret: bytes

    @property
    def cookie_name(self) -> str:
        """What the cookie is called."""
        return f"fl_planner_{self.port}"

    def find_session(self, asked: HTTPConnection) -> str | None:
        """Find which browser asks; None where it bears no cookie of ours."""
        cookie = asked.cookies.get(self.cookie_name, "")
        return cookie if _COOKIE.fullmatch(cookie) else None

    def make_token(self, session: str) -> str:
        """Make the token that each page of a browser sends with whatever changes something."""
        return hmac.new(self.secret, session.encode(), "sha256").hexdigest()

    def admits(self, asked: HTTPConnection) -> bool:
        """Whether a request comes from a page of ours: by its own origin and the page's token."""
        session = self.find_session(asked)
        origin, host = asked.headers.get("origin", ""), asked.headers.get("host", "")
        token = asked.headers.get(TOKEN_HEADER, "")
        known = self.make_token(session or token_hex(32))
        same = hmac.compare_digest(token.encode(), known.encode())  # also where there is no cookie
        return session is not None and origin == f"http://{host}" and same
