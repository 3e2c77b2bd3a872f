"""How soon a card is answered: a judged patient, beside a trivial request on the same server.

    python -m benchmarks.hooks [--calls 200]

Wanted: p95 of 200 ms on two cores for a judged patient of the open book, as a record sends it. The
list of services is asked for in turn, on the same connection: what it takes is the socket, the
server and the gate. The service runs in a process of its own; its CPU time is read where Linux
tells it, as a busy computer lengthens the wall clock only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

from tests.intake.patients.fhir_records import as_resources
from tests.patients import facts_text, patients
from tests.web.hooks.hooked import ADDRESS, AS_OF, as_call, as_prefetch

PATIENTS = ("P01", "P02", "P05", "P20")
JSON = {"Content-Type": "application/json"}


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    asked = parser.parse_args()
    bodies = [as_body(name) for name in PATIENTS]
    print(f"{asked.calls} calls; {sum(map(len, bodies)) / len(bodies) / 1024:.0f} KiB each")
    with running() as (pid, connection):
        judged, trivial, cpu = list[float](), list[float](), list[float]()
        for turn in range(asked.calls + len(bodies)):
            body = bodies[turn % len(bodies)]
            before = read_cpu_s(pid)
            call = measure(lambda body=body: request(connection, "POST", ADDRESS, body))
            spent = read_cpu_s(pid) - before
            plain = measure(lambda: request(connection, "GET", "/cds-services", None))
            if turn >= len(bodies):  # each patient once, to warm it
                judged.append(call)
                trivial.append(plain)
                cpu.append(spent)
    for name, taken in (("judged patient", judged), ("list of services", trivial)):
        ordered = sorted(taken)
        p50, p95 = ordered[len(ordered) // 2], ordered[round(0.95 * len(ordered)) - 1]
        print(f"{name:24}p50 {1000 * p50:7.1f} ms   p95 {1000 * p95:7.1f} ms")
    ratio = statistics.median(one / other for one, other in zip(judged, trivial, strict=True))
    print(f"{'ratio to the list':24}{ratio:7.1f}")
    print(f"{'CPU of a judged patient':24}{1000 * statistics.mean(cpu):7.1f} ms")


def as_body(name: str) -> bytes:
    """Write the call for a patient of the open book."""
    resources = as_resources(json.loads(facts_text(patients()[name])), AS_OF)
    return json.dumps(as_call(as_prefetch(resources))).encode()


@contextmanager
def running() -> Iterator[tuple[int, HTTPConnection]]:
    """Run the service, and connect to it."""
    words = [sys.executable, "-m", "fl_planner", "hooks", "--as-of", AS_OF.isoformat(), "--quiet"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as ran:
        try:
            assert ran.stderr is not None
            port = int(ran.stderr.readline().split("127.0.0.1:")[1].split("/")[0])
            with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                yield ran.pid, connection
        finally:
            ran.terminate()


def request(connection: HTTPConnection, method: str, address: str, body: bytes | None) -> None:
    """Send one request that must be answered."""
    connection.request(method, address, body, JSON if body else {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {address}: {answer.status} {content[:200]!r}")


def read_cpu_s(pid: int) -> float:
    """Read the CPU time of a process; 0 where the system does not tell it."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def measure(work: Callable[[], object]) -> float:
    """Measure how long a work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    main()
