"""A scheduler of Dask with workers in this process: their children plan, as everywhere."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Give the address of a scheduler that the tests of a module share.

    Its threads use `random`, which has to rest while hypothesis draws examples for other tests.
    """
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
    )
    with cluster:
        yield cluster.scheduler_address
