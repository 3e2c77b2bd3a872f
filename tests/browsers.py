"""One Chromium for all tests of a process.

Playwright's loop runs in the thread of the tests until its browser is closed, and a second one is
refused there: whatever needs a browser takes the fixture `chromium`, and what needs a loop of its
own is run by `run_apart`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.cases import NIGHT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# the shell has the same engine without windows around it: half of a start's time, a fifth of a
# page's; by night the tests are run in what users have
PROGRAMS = ("chromium", "chromium-headless-shell")[:: 1 if NIGHT else -1]
BROWSER = next(filter(None, map(shutil.which, PROGRAMS)), None) if find_spec("playwright") else None
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium, or no playwright")
SOFTWARE = [  # without a graphics card, its emulation paints text and boxes ten times as slowly
    *("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--disable-gpu-rasterization", "--disable-accelerated-2d-canvas"),
    "--disable-gpu-compositing",  # a tenth to a fifth of a page's time; WebGL stays as it is
]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open Chromium, which draws WebGL without a graphics card."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=SOFTWARE)
        yield browser
        browser.close()


def run_apart(ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine in a thread of its own: a browser's loop may run in that of tests."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(ask())).result()
