"""One server a module, for tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs.site.axe import find_browser
from tests.web.served import CRLM, Browser, Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place: Path = tmp_path_factory.mktemp("page")
    with serving(place, CRLM) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Open Chromium; only where it and playwright are installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    """Visit the server, and close what was dropped on it: nothing of that may stay behind."""
    visiting = server.browser()
    yield visiting
    for one in visiting.get("/cases").json():
        if one["dropped"]:
            visiting.post(f"/cases/{one['id']}/close")
    assert server.dropped() == []
