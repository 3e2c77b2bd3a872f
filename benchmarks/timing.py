"""Whole cold processes side by side: CPU time and peak memory, and the ratios of pairs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START = """
import json, os, sys
telling = int(sys.argv[1])
os.set_inheritable(telling, False)
started = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(started, 0)
took = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
os.write(telling, json.dumps(took).encode())
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took."""

    cpu_s: float
    peak_mib: float


def compare(contenders: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Run]]:
    """Run each once to warm the disk, and then all in turn, `runs` times."""
    taken: dict[str, list[Run]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, command in contenders.items():
            run = measure(command)
            if turn:
                taken[name].append(run)
    return taken


def measure(command: Sequence[str]) -> Run:
    """Run a process that must succeed, without its output, and take what it used."""
    code, run = run_alone(command, stdout=subprocess.DEVNULL)
    if code:
        raise SystemExit(f"{command[:4]} failed with {code}")
    return run


def run_alone(command: Sequence[str], **options: Any) -> tuple[int, Run]:
    """Run a process and take its exit code, CPU time and peak memory from the system.

    A small process starts it: Linux counts what the process that started another one had held
    as the peak of that other one. `options` are those of `subprocess.Popen`.
    """
    told, telling = os.pipe()
    start = [sys.executable, "-S", "-c", START, str(telling), *command]
    with subprocess.Popen(start, pass_fds=[telling], **options):
        os.close(telling)
        with os.fdopen(told) as numbers:
            code, cpu_s, peak_mib = json.load(numbers)
    return code, Run(cpu_s, peak_mib)


def report(runs: Mapping[str, list[Run]]) -> None:
    """Print medians, and the medians of the ratios pair by pair."""
    print(f"{'':24}{'CPU s':>8}{'peak MiB':>10}")
    for name, taken in runs.items():
        cpu = statistics.median(run.cpu_s for run in taken)
        peak = statistics.median(run.peak_mib for run in taken)
        print(f"{name:24}{cpu:8.2f}{peak:10.0f}")
    ours, *others = runs.values()
    for name, theirs in zip(list(runs)[1:], others, strict=True):
        pairs = list(zip(ours, theirs, strict=True))
        cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
        peak = statistics.median(a.peak_mib / b.peak_mib for a, b in pairs)
        print(f"{'ratio to ' + name:24}{cpu:8.3f}{peak:10.2f}")
