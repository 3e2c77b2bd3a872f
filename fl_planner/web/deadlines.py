"""A connection that does not wait for ever: uvicorn has no deadline for half-sent headers."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from fl_planner.web.limits import LIMITS


class DeadlineProtocol(H11Protocol):
    """Closes a connection whose request has not come whole, up to its body, by the deadline.

    The deadline begins with the connection, or with the end of the last answer, and no byte that
    trickles in puts it off.
    """

    header_s: float = LIMITS.header_s

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request whose header is whole is waited for no more."""
        super().data_received(data)
        if self._is_asked():
            self._stop()
        else:
            self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        if not self._is_asked():
            self._wait()

    def _is_asked(self) -> bool:
        """Whether a request has come whole, up to its body, and is not answered yet."""
        asked = cast("RequestResponseCycle | None", self.cycle)
        return asked is not None and not asked.response_complete

    def _wait(self) -> None:
        if self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.header_s, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
