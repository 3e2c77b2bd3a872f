"""A SLURM of one node, started for a proof alone, and a cohort in an array of its jobs.

    python -m tests.cohort.slurm [--cases 10000] [--shards 8] [--most-minutes 8]

Plans small cases in shards by `--shard slurm/8`, kills jobs in the middle and submits these again,
merges, and compares the tables with those of one run without shards; then measures a run that has
nothing left to plan. `munged`, `slurmctld` and `slurmd` have all their files in a temporary folder
and run in a network of this thread, which no other computer reaches. Where they are not installed
or this is not allowed, it states so and ends with 0.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from time import monotonic, sleep

import click
import pytest

from tests.archive.networks import own_network
from tests.cli.outside import SMALL
from tests.cohort.cohorts import left

NAMES = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "squeue")
PROGRAMS = {name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in NAMES}
PLANNER = (sys.executable, "-m", "fl_planner", "cohort")
STARTED_S = 120
MOST_NAMED = 5  # of files that differ
ADDRESS = "192.0.2.1"  # of documentation; with loopbacks alone its daemons find no address
CONFIG = """\
ClusterName=proof
SlurmctldHost={host}({address})
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort=6817
SlurmdPort=6818
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=0
KillWait=5
ReturnToService=2
MpiDefault=none
NodeName={host} NodeAddr={address} CPUs={cores} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class NoSlurm(Exception):
    """Why no SLURM can be started here."""


@dataclass(frozen=True, slots=True)
class Slurm:
    """A SLURM of one node: its folder, with the output of each job."""

    folder: Path

    def ask(self, program: str, *words: str) -> str:
        """Run one of its programs."""
        ran = subprocess.run(
            [str(PROGRAMS[program]), *words], env=self.environment(), capture_output=True,
            text=True, check=True, cwd=self.folder,
        )  # fmt: skip
        return ran.stdout.strip()

    def environment(self) -> dict[str, str]:
        """Return the environment of its programs and jobs."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def submit(self, array: str, command: str) -> str:
        """Submit an array; return its number."""
        output = f"{self.folder}/job-%a"
        words = ["--parsable", f"--array={array}", "--ntasks=1", "--no-requeue"]
        files = [f"--output={output}.json", f"--error={output}.err", "--open-mode=truncate"]
        return self.ask("sbatch", *words, *files, "--wrap", command)

    def list_jobs(self, state: str = "all") -> list[str]:
        """List the jobs of its arrays that have not ended, such as 3_7."""
        words = ["--noheader", "--array", f"--states={state}", "--format=%i"]
        return self.ask("squeue", *words).split()

    def wait(self) -> None:
        """Wait until all jobs have ended."""
        while self.list_jobs("pending,running,completing"):
            sleep(0.5)


@contextmanager
def slurm(folder: Path, cores: int) -> Iterator[Slurm]:
    """Start a SLURM in this network, and end it.

    Raises `NoSlurm`: it is not installed, or does not start here.
    """
    if missing := [name for name, place in PROGRAMS.items() if place is None]:
        raise NoSlurm(f"{', '.join(missing)} is not installed")
    if os.geteuid() != 0:
        raise NoSlurm("only root may start it")
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    host = socket.gethostname().partition(".")[0]
    (folder / "slurm.conf").write_text(
        CONFIG.format(host=host, address=ADDRESS, folder=folder, cores=cores)
    )
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    one = Slurm(folder)
    words = {
        "munged": ["--foreground", "--force", f"--key-file={key}",
                   f"--socket={folder}/munge.socket", f"--pid-file={folder}/munged.pid",
                   f"--seed-file={folder}/munged.seed", f"--log-file={folder}/munged.log"],
        "slurmctld": ["-D"],
        "slurmd": ["-D", "-N", host],
    }  # fmt: skip
    running: list[subprocess.Popen[bytes]] = []
    try:
        for name, options in words.items():
            with (folder / f"{name}.out").open("ab") as log:
                command = [str(PROGRAMS[name]), *options]
                running.append(
                    subprocess.Popen(command, env=one.environment(), stdout=log, stderr=log)
                )
            sleep(1)
        _wait_for_node(one, running)
        yield one
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(60)


def _wait_for_node(one: Slurm, running: list[subprocess.Popen[bytes]]) -> None:
    until = monotonic() + STARTED_S
    probe = one.submit
    while monotonic() < until:
        if any(process.poll() is not None for process in running):
            break
        try:
            probe("1", "true")
        except subprocess.CalledProcessError:
            sleep(1)
            continue
        one.wait()
        return
    logs = [path.read_text("utf-8", "replace").splitlines()[-3:]
            for path in sorted(one.folder.glob("*.[lo][ou][gt]"))]  # fmt: skip
    raise NoSlurm("it does not start: " + " | ".join(line for log in logs for line in log))


def write_table(folder: Path, count: int) -> Path:
    """Write small cases as a table of cases; no two have a mask in common."""
    rows = []
    for number in range(count):
        first, more = divmod(number, 1000)
        place = folder / f"p{number:05d}"
        place.mkdir(parents=True)
        parts = {"liver": (first, 7000 + more), "flr": (first, 1200 + more),
                 "tumour": (5000 + first, 6000 + more)}  # fmt: skip
        files = {role: SMALL.file(place / f"{role}.nii", SMALL.mask(*part))
                 for role, part in parts.items()}  # fmt: skip
        named = {role: path.relative_to(folder) for role, path in files.items()}
        rows.append({"id": place.name, "diagnosis": "crlm", **named})
    table = folder / "cases.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return table


def kill_some(one: Slurm, out: Path, count: int) -> list[str]:
    """Kill the running jobs when some of their cases are planned; return their numbers."""
    while len([*out.glob("cases/*/plan.json")]) < min(count // 20 + 1, 200):
        if not one.list_jobs("pending,running,completing"):
            raise AssertionError((one.folder / "job-1.json").read_text())
        sleep(0.1)
    killed = one.list_jobs("running")
    for job in killed:
        one.ask("scancel", "--signal=KILL", "--full", job)
    return [job.partition("_")[2] for job in killed]


def prove(folder: Path, count: int, shards: int, cores: int) -> tuple[list[str], float]:
    """Plan in an array, kill, submit again, merge, compare; return what was seen, and minutes."""
    table, out, whole = write_table(folder / "in", count), folder / "out", folder / "whole"
    words = ["--out", str(out), "--shard", f"slurm/{shards}", "--workers", "1", "--json", "--quiet"]
    planner = shlex.join([*PLANNER, str(table), *words])
    command = f"{planner}; ended=$?; times >> cpu-$SLURM_ARRAY_TASK_ID; exit $ended"
    with slurm(folder / "slurm", cores) as one:
        began = monotonic()
        one.submit(f"1-{shards}", command)
        killed = kill_some(one, out, count)
        one.wait()
        kept = {path: path.stat().st_mtime_ns for path in out.glob("cases/*/plan.json")}
        complete = {path.parent.name for path in out.glob("shards/*/shard.json")}
        again = [str(n) for n in range(1, shards + 1) if f"{n}-of-{shards}" not in complete]
        assert set(killed) >= set(again) != set(), (killed, again)
        one.submit(",".join(again), command)
        one.wait()
        minutes = (monotonic() - began) / 60
        cpu = sum(read_times(path) for path in one.folder.glob("cpu-*"))
        counts = [json.loads((one.folder / f"job-{n}.json").read_text())["counts"]
                  for n in range(1, shards + 1)]  # fmt: skip
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "a kept plan was made again"
    assert sum(counted["cases"] for counted in counts) == count, counts
    assert sum(counted["planned"] for counted in counts) == count, counts
    held = sum(counts[int(n) - 1]["held"] for n in again)
    assert held > 0, "nothing of a killed job was kept"
    assert sum(counted["held"] for counted in counts) == held
    _call("merge", str(out))
    _call(str(table), "--out", str(whole), "--workers", str(cores))
    merged, expected = left(out), left(whole)
    expected.pop("index.html")
    _require_equal({n: b for n, b in merged.items() if not n.startswith("shards/")}, expected)
    began, before = monotonic(), os.times()
    record = json.loads(_call(str(table), "--out", str(out), "--workers", str(cores), "--json"))
    after, elapsed = os.times(), monotonic() - began
    assert record["counts"]["held"] == count, record["counts"]
    used = sum(after[2:4]) - sum(before[2:4])
    return [
        f"{count:,} cases in {shards} jobs: {minutes:.1f} min, {cpu:.0f} s of CPU",
        f"jobs killed and submitted again: {', '.join(again)}; {held} of their plans kept",
        "merged tables and results equal those of a run without shards, byte by byte",
        f"a run without anything to plan: {elapsed:.0f} s, {used / count * 1000:.2f} ms of CPU"
        " a case with its start and tables",
    ], minutes


def _require_equal(merged: Mapping[str, bytes], expected: Mapping[str, bytes]) -> None:
    """Require equal files; otherwise name them, with the first line that differs in each."""
    assert merged.keys() == expected.keys(), sorted(merged.keys() ^ expected.keys())[:MOST_NAMED]
    for name in [one for one in expected if merged[one] != expected[one]][:MOST_NAMED]:
        lines = zip_longest(merged[name].splitlines(), expected[name].splitlines(), fillvalue=b"")
        click.echo(
            f"{name}: " + repr(next((one for one in lines if one[0] != one[1]), "ends of lines"))
        )
    assert merged == expected, "a merged file differs from that of a run without shards"


def read_times(path: Path) -> float:
    """Read the seconds of all children from the output of `times` of a shell.

    Examples
    --------
    >>> from tempfile import NamedTemporaryFile
    >>> with NamedTemporaryFile("w+") as file:
    ...     _ = file.write("0m0.01s 0m0.00s" + chr(10) + "1m2.50s 0m1.00s" + chr(10))
    ...     file.flush()
    ...     read_times(Path(file.name))
    63.5
    """
    of_children = path.read_text().splitlines()[1::2]
    found = [re.findall(r"(\d+)m([\d.]+)s", line) for line in of_children]
    return sum(60 * int(minutes) + float(seconds) for line in found for minutes, seconds in line)


def _call(*words: str) -> str:
    ran = subprocess.run([*PLANNER, *words, "--quiet"], capture_output=True, text=True, check=True)
    return ran.stdout


@click.command(help=__doc__)
@click.option("--cases", default=10_000)
@click.option("--shards", default=8)
@click.option("--cores", default=2)
@click.option("--most-minutes", default=8.0)
def main(cases: int, shards: int, cores: int, most_minutes: float) -> None:
    """Print what was seen; end with 1 where it took longer."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with own_network():
                lines, minutes = prove(Path(folder), cases, shards, cores)
        except (NoSlurm, pytest.skip.Exception) as why:
            click.echo(f"not run: {why}")
            return
    click.echo("\n".join(lines))
    if minutes > most_minutes:
        click.echo(f"more than {most_minutes:g} minutes")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
