"""Hosts of web addresses: contacted only at the address that was checked."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest

from fl_planner.archive import web_host
from fl_planner.archive.web_host import PrivateHostError, UnknownHostError, find_host


def test_the_first_address_that_is_allowed_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_host, "_look_up", lambda *_: ["10.0.0.1", "8.8.8.8"])
    parts = urlsplit("https://fhir.example/r4")
    assert find_host(parts, private=False).place == ("8.8.8.8", 443)
    assert find_host(parts, private=True).place == ("10.0.0.1", 443)
    monkeypatch.setattr(web_host, "_look_up", lambda *_: ["10.0.0.1"])
    with pytest.raises(PrivateHostError):
        find_host(parts, private=False)


def test_an_unknown_name() -> None:
    with pytest.raises(UnknownHostError):
        find_host(urlsplit("https://fhir.invalid/r4"), private=False)
    with pytest.raises(UnknownHostError):
        find_host(urlsplit(f"https://{'a' * 64}.example/r4"), private=False)


def test_h18_a_closed_connection_does_not_resolve_the_name_again() -> None:
    """A second look-up could lead elsewhere than the one that was checked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        host = find_host(urlsplit(f"http://127.0.0.1:{port}/"), private=True)
        connection = host.connect(1, None)
        connection.close()
        try:
            with pytest.raises(http.client.NotConnected):
                connection.request("GET", "/")
        finally:
            connection.close()
