"""Services for all tests that leave them as they were."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import cache

import pytest

from tests.web.hooks.hooked import AS_OF, Hooks, hooking


@pytest.fixture(scope="session")
def hooks_at() -> Iterator[Callable[[date], Hooks]]:
    """Services of different assessment dates."""
    with ExitStack() as running:
        yield cache(lambda as_of: running.enter_context(hooking(as_of=as_of)))


@pytest.fixture(scope="session")
def hooks(hooks_at: Callable[[date], Hooks]) -> Hooks:
    return hooks_at(AS_OF)
