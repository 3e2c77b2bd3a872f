"""One server for all tests of the page that leave them as they were."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fl_planner.formats.stored.temporary import spawning_safely
from fl_planner.web import cases
from fl_planner.web.desk import LOADED_AHEAD
from tests.web.served import CRLM, PROJECT, Browser, Server, serving
from tests.web.viewed import open_page, serve

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page


@pytest.fixture(scope="session", autouse=True)
def _forked_cases() -> Iterator[None]:
    """Fork the process of each case from one that has loaded what cases need.

    Loading it takes a second, and a server begins two, of which one is spare. It is loaded as the
    first case begins: most tests need none, and where a control is taken out, it is gone by then. A
    server that tests run as a program of its own starts its cases anew, as it does for users.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["fl_planner.web.case", *LOADED_AHEAD])

    def running(_: str) -> BaseContext:
        with pytest.MonkeyPatch.context() as begun, spawning_safely():
            begun.setenv("OPENBLAS_NUM_THREADS", "1")  # no thread may run where a process forks
            begun.setenv("PYTHONPATH", str(PROJECT))  # else a copy would load what is installed
            forkserver.ensure_running()
        return context

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "get_context", running)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place: Path = tmp_path_factory.mktemp("page")
    with serving(place, CRLM) as running:
        running.browser().first()
        yield running


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the page of a liver of boxes."""
    with serve() as served:
        yield served


@pytest.fixture
def page(chromium: Chromium, server: Server) -> Iterator[Page]:
    """Open the page of the server's case, without its surfaces."""
    with open_page(chromium, server) as tab:
        yield tab


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    """Visit the server, and close what was dropped on it: nothing of that may stay behind."""
    visiting = server.browser()
    yield visiting
    for one in visiting.get("/cases").json():
        if one["dropped"]:
            visiting.post(f"/cases/{one['id']}/close")
    assert server.dropped() == []
