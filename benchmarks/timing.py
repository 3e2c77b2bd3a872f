"""Whole cold processes side by side: CPU time and peak memory, and the ratios of pairs."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
    """Run a process and take its CPU time and peak memory from the system."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


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
