"""`fl-planner screen` on a long list, beside a plain rule table of pandas.

    python -m benchmarks.screen [--rows 200000] [--runs 1] [--peer PYTHON]

Invents a table of patients with every input key as a column, judges it as a whole cold process, and
prints CPU time, peak memory and milliseconds a row, and what each further row takes compared with
a list a tenth as long: time without the start, and memory that grows with the list. The peer is
what people write today: a dozen limits of one trial as columns of a pandas frame; it knows no
unknown, no unit and no date, asks nothing and gives one verdict where we give five with their
deadlines. `--peer` is an interpreter that has pandas, which the package itself never needs.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.timing import compare, report
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import QUANTITIES, TYPED_PLAINLY, UPPER_LIMITS, Quantity

AS_OF = date(2026, 11, 20)
UNKNOWN_SHARE = 0.15  # of the cells
PANDAS = """
import sys, pandas
table = pandas.read_csv(sys.argv[1])
yes = lambda name: table[name].eq("yes")
met = (
    (table["age [a]"] >= 18) & yes("crlm_present") & (table["ecog"] <= 2)
    & (table["platelets [10*9/L]"] >= 75) & (table["haemoglobin [g/dL]"] >= 9)
    & (table["albumin [g/L]"] >= 25) & (table["bilirubin_total [mg/dL]"] <= 2)
    & (table["inr [1]"] <= 1.5) & (table["alt [U/L]"] <= 200) & (table["lesion_count"] <= 10)
    & ~yes("cirrhosis") & ~yes("pregnant") & ~yes("active_infection")
)
table.assign(verdict=met.map({True: "eligible", False: "not_eligible"}))[["id", "verdict"]].to_csv(
    sys.stdout, index=False
)
"""
Make = Callable[[random.Random], str]


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--peer", default=sys.executable)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "patients.csv")
        write_table(table, asked.rows)
        print(f"{asked.rows} rows, {table.stat().st_size / 2**20:.0f} MiB")
        planner = [sys.executable, "-m", "fl_planner", "screen", str(table), "--quiet"]
        planner += ["--as-of", AS_OF.isoformat()]
        contenders = {
            "fl-planner screen --csv": [*planner, "--csv"],
            "fl-planner screen --json": [*planner, "--json"],
        }
        has_pandas = subprocess.run([asked.peer, "-c", "import pandas"], capture_output=True)
        if has_pandas.returncode == 0:
            contenders["pandas, one trial"] = [asked.peer, "-c", PANDAS, str(table)]
        runs = compare(contenders, asked.runs)
        report(runs)
        short = Path(folder, "short.csv")
        write_table(short, asked.rows // 10)
        shorter = {
            name: [str(short) if word == str(table) else word for word in command]
            for name, command in contenders.items()
        }
        begun, further = compare(shorter, asked.runs), asked.rows - asked.rows // 10
        for name, taken in runs.items():
            cpu_s, first_s = (min(one.cpu_s for one in each) for each in (taken, begun[name]))
            mib, first_mib = (min(one.peak_mib for one in each) for each in (taken, begun[name]))
            print(
                f"{name:24}{1000 * cpu_s / asked.rows:8.3f} ms a row; "
                f"{1000 * (cpu_s - first_s) / further:.3f} ms and "
                f"{1024 * (mib - first_mib) / further:.2f} KiB each further row"
            )


def write_table(path: Path, rows: int, seed: int = 1) -> None:
    """Write a table of invented patients, the same for the same seed."""
    chance = random.Random(seed)
    columns = dict(_columns())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *columns])
        for number in range(rows):
            cells = [
                "" if chance.random() < UNKNOWN_SHARE else make(chance) for make in columns.values()
            ]
            writer.writerow([f"p{number:06}", *cells])


def _columns() -> Iterator[tuple[str, Make]]:
    for name in sorted({*QUANTITIES, *UPPER_LIMITS}):
        quantity = QUANTITIES.get(name) or UPPER_LIMITS[name]
        yield f"{name} [{quantity.unit}]", _amounts(quantity)
    for name in sorted(TYPED_PLAINLY):
        fact = FACTS[name]
        if fact.kind is FactKind.YES_NO:
            yield name, _one_of(("yes", "no", "no", "no"))
        elif fact.kind is FactKind.WHOLE and fact.range is not None:
            low, high = int(fact.range.low), min(int(fact.range.high or 0), 12)
            yield name, _one_of([str(value) for value in range(low, high + 1)])
        elif fact.kind is FactKind.TRIALS:
            yield name, _one_of([trial.id for trial in read_bundled_trials()])
        else:
            yield name, _one_of(fact.codes)
    yield "labs_date", lambda chance: (AS_OF - timedelta(chance.randint(0, 60))).isoformat()


def _one_of(texts: Sequence[str]) -> Make:
    return lambda chance: chance.choice(texts)


def _amounts(quantity: Quantity) -> Make:
    """Values from the low end of what is possible to ten times as much, as laboratories write."""
    low = float(quantity.range.low) or 1.0
    high = min(10 * low, float(quantity.range.high or 10 * low))
    digits = 1 if low >= 1 else 2
    return lambda chance: f"{chance.uniform(low, high):.{digits}f}"


if __name__ == "__main__":
    main()
