"""A cohort in an array of a real SLURM of one node, small; `.ci/night` runs 10,000 cases."""

from pathlib import Path

import pytest

from tests.archive.networks import own_network
from tests.cohort.slurm import NoSlurm, prove


@pytest.mark.slow
def test_killed_jobs_of_an_array_repeat_nothing_and_merge_to_the_run_without_shards(
    tmp_path: Path,
) -> None:
    with own_network():
        try:
            lines, _ = prove(tmp_path, count=40, shards=4, cores=2)
        except NoSlurm as why:
            pytest.skip(str(why))
    assert lines[0].startswith("40 cases in 4 jobs: ")
