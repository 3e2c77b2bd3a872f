"""Hosts of web addresses: resolved once, checked, and contacted only at the checked address.

An address in a table or on a command line may lead to this computer or to internal machines of its
hospital. Their addresses are allowed only where the user permits private addresses.
"""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

if TYPE_CHECKING:
    from ssl import SSLContext

OPTION = "--private-addresses"
SECURE, PLAIN = "https", "http"
LOGIN, GONE = frozenset({401, 403}), frozenset({404, 410})  # statuses of HTTP
# IPv6 networks whose addresses contain the IPv4 address that they lead to
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
Address = IPv4Address | IPv6Address


class UnknownHostError(Exception):
    """A host whose name has no address."""


class PrivateHostError(Exception):
    """A host on this computer or a private network, which is not allowed."""


@dataclass(frozen=True, slots=True)
class WebHost:
    """A host and the one address at which it is contacted.

    - `name`: name in the address, which its certificate must have.
    - `place`: address and port.
    - `secure`: whether the connection is encrypted.
    """

    name: str
    place: tuple[str, int]
    secure: bool

    @property
    def is_public(self) -> bool:
        """Whether its address is public."""
        return is_public(self.place[0])

    def connect(self, wait_s: float, context: SSLContext | None) -> http.client.HTTPConnection:
        """Connect to the address that was checked, without resolving the name again.

        - `wait_s`: longest time until a connection, and between two parts of an answer.
        - `context`: TLS, for a secure host only.
        """
        name, port = self.name, self.place[1]
        if context is None:
            connection = http.client.HTTPConnection(name, port, timeout=wait_s)
        else:
            connection = http.client.HTTPSConnection(name, port, timeout=wait_s, context=context)
        connection.auto_open = 0  # it would resolve the name again
        plain = socket.create_connection(self.place, wait_s)
        try:
            connection.sock = (
                plain if context is None else context.wrap_socket(plain, server_hostname=self.name)
            )
        except OSError:
            plain.close()
            raise
        return connection


def find_host(parts: SplitResult, *, private: bool) -> WebHost:
    """Return the host of an address, at its first address that is allowed.

    - `private`: whether addresses of this computer and of private networks are allowed.

    Raises `ValueError` for an invalid address, `UnknownHostError`, `PrivateHostError`.
    """
    name, secure = parts.hostname or "", parts.scheme == SECURE
    port = parts.port or (443 if secure else 80)
    for found in _look_up(name, port):
        if private or is_public(found):
            return WebHost(name, (found, port), secure)
    raise PrivateHostError


def _look_up(name: str, port: int) -> list[str]:
    with suppress(ValueError):  # a name
        return [str(ip_address(name))]
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError from error
    return [str(place[0]) for *_, place in found]


def is_public(text: str) -> bool:
    """Whether the address of a host is public.

    Examples
    --------
    >>> [is_public(one) for one in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    found: Address = ip_address(text.partition("%")[0])
    within = _find_within(found) if isinstance(found, IPv6Address) else None
    return found.is_global and not found.is_multicast and (within is None or within.is_global)


def _find_within(found: IPv6Address) -> IPv4Address | None:
    if any(found in network for network in TRANSLATED):
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
