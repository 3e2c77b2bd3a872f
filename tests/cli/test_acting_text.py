"""Text that acts: signs in ids, names of files and labels, walked through every output."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.plain_text import is_plain
from tests.cli.outside import SMALL, Ran, ask, case_toml
from tests.workup.test_scans import write_case

SIGNS = {
    "escape": "\x1b[31m", "bell": "\x07", "delete": "\x7f", "csi": "\x9b2J", "next line": "\x85",
    "override": "\u202e", "isolate": "\u2066", "mark": "\u200f", "zero width": "\u200b",
    "joiner": "\u2060", "line": "\u2028", "paragraph": "\u2029", "bom": "\ufeff",
    "soft hyphen": "\u00ad", "filler": "\u3164", "selector": "\ufe0f", "tag": "\U000e0041",
    "lines": "\r\n", "tab": "\t",
}  # fmt: skip
ACTING = "".join(SIGNS.values())
POISON = f"=1+1{ACTING}[/b]<b>"
STARTS = [
    "=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\u2212",
    "\t", "\r", "\n", "\r\n", '"', "'", " =", "\u00a0=", "\u2028=", "\ufeff=",
]  # fmt: skip


def require_plain(text: str) -> None:
    """Fail where a text holds a sign that acts, or that nobody sees."""
    assert {char for char in text if char != "\n" and not is_plain(char)} == set()


def require_still(table: str) -> None:
    """Fail where a cell of a table could be run; numbers are none that could."""
    for row in csv.reader(StringIO(table)):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "@", '"', "\uff1d")), cell
            assert not cell.startswith("-") or float(cell) < 0, cell
            assert "\n" not in cell, cell


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a case, a list and a log with poison wherever a person can type."""
    folder = tmp_path_factory.mktemp("acting")
    SMALL.write(folder, flr=(0, 400), tumour=(7600, 8000))
    said = json.dumps(POISON)
    for role in ("liver", "flr", "tumour"):
        (folder / f"{role}.nii").rename(folder / f"{POISON.replace('/', '')}{role}.nii")
    masks = "\n".join(
        f"{role} = {json.dumps(POISON.replace('/', '') + role + '.nii')}"
        for role in ("liver", "flr", "tumour")
    )
    text = f"""
id = {said}
label = {said}
diagnosis = "crlm"
[masks]
{masks}
[[plan]]
name = {said}
[imaging]
date = 2026-05-04
reader = {said}
phase = {said}
[facts]
albumin = {{ value = 40, unit = {said} }}
corticosteroid_daily_dose = {{ value = 5, unit = "mg/d", drug = {said} }}
[[accepted]]
code = "plausibility.share_small"
by = {said}
why = {said}
""".replace("\U000e0041", "\\U000E0041").replace("\\udb40\\udc41", "\\U000E0041")
    case_toml(folder, text)
    rows: list[dict[str, Any]] = [
        {"id": POISON + str(n), "albumin": {"value": 40, "unit": POISON}} for n in range(2)
    ]
    rows += [{"id": start + "p", "ecog": 1} for start in STARTS]
    rows += [{"id": "\ud800", "ecog": POISON}]
    (folder / "list.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


def commands(folder: Path) -> Iterator[list[object]]:
    """List commands and forms that print or write what a person typed."""
    case, patients, log = folder / "case.toml", folder / "list.jsonl", folder / "log.sqlite"
    liver = next(folder.glob("*liver.nii"))
    yield ["outcome", log, POISON, "NCT06857773", "approached"]
    yield ["outcome", log, "=p", "NCT06857773", "declined"]
    for form in ([], ["--json"], ["--csv"], ["--verbose"]):
        yield ["plan", case, *form, "--as-of", "2026-05-20", "--log", log]
        yield ["plan", case, *form, "--profile", "clinical"]
    for form in ([], ["--json"], ["--verbose"]):
        yield ["volume", case, *form]
        yield ["trials", "judge", case, *form, "--log", log]
    for form in ([], ["--json"], ["--csv"]):
        yield ["resections", case, *form]
        yield ["growth", case, *form]
        yield ["screen", patients, *form, "--outcomes", log]
        yield ["screen", folder, *form, "--profile", "clinical"]
        yield ["log", log, *form]
    yield ["screen", patients, "--consort"]
    for form in ([], ["--json"]):
        yield ["check", liver, folder / POISON.replace("/", ""), *form]
        yield ["convert", liver, folder / f"{POISON.replace('/', '')}.nrrd", "--force", *form]
        yield ["outcome", log, "p", POISON, "approached", *form]
        yield ["trials", "show", POISON, *form]
        yield ["calc", POISON, *form]
        yield ["verify", folder / POISON.replace("/", ""), *form]
        yield [POISON, *form]
        yield ["plan", f"--{POISON}", *form]
        yield ["plan", case, "--centre", folder / POISON.replace("/", ""), *form]
    yield ["log", log, "--entry", "3"]


@pytest.mark.slow
def test_signs_come_out_of_no_stream(folder: Path) -> None:
    for words in commands(folder):
        ran: Ran = ask(*words)
        assert ran.status in (0, 2, 3), (words, ran.err)
        require_plain(ran.out)
        require_plain(ran.err)
        if "--csv" in words and ran.status != 2:
            require_still(ran.out)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *(
            pytest.param(one, marks=pytest.mark.essential)
            for one in ("report.html", "bundle.json", "made.toml")
        ),
        "pictures",
    ],
)
def test_signs_come_out_in_no_file(folder: Path, name: str, tmp_path: Path) -> None:
    case, to = folder / "case.toml", tmp_path / name
    made = {
        "report.html": ["report", case, "--out", to],
        "bundle.json": ["plan", case, "--fhir", to, "--profile", "clinical"],
        "made.toml": ["new-case", to, "--id", POISON, "--no-ask"],
        "pictures": ["pictures", case, "--out", to],
    }[name]
    ran = ask(*made)
    assert ran.status == 0, ran.err
    require_plain(ran.out + ran.err)
    files = [*to.iterdir()] if to.is_dir() else [to]
    for file in files:
        if file.suffix != ".png":
            require_plain(file.read_text("utf-8").replace("\u00a0", " "))


def test_a_table_of_growth_holds_no_formula(tmp_path: Path) -> None:
    more = '[embolisation]\ndate = 2026-03-02\nkind = "PVE"\n'
    scans = [("before", "2026-02-20", 2400, ""), ("day21", "2026-03-23", 4000, more)]
    cases = [write_case(tmp_path, *scan) for scan in scans]
    for path in cases:
        text = path.read_text("utf-8").replace('"case-001"', '"=c"')
        tumour = f'tumour = "{path.stem}/tumour.nii"'
        path.write_text(text.replace(tumour, "no_tumour = true"), "utf-8")
    ran = ask("growth", *cases, "--csv")
    assert ran.status == 0, ran.err
    require_still(ran.out)
    assert "'=c" in ran.out


@pytest.mark.parametrize("start", STARTS, ids=ascii)
def test_a_cell_begins_no_formula(start: str, tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"id": f"{start}cmd", "ecog": 1}), "utf-8")
    ran = ask("screen", path, "--csv")
    assert ran.status == 0
    (row,) = csv.DictReader(StringIO(ran.out))
    assert row["record_id"].startswith("'")
    assert row["record_id"].endswith("cmd")


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    facts = {"hcc_present": True, "crlm_present": False, "labs_age": {"value": 33, "unit": "d"}}
    path.write_text(json.dumps({"id": "p", **facts}), "utf-8")
    (row,) = csv.DictReader(StringIO(ask("screen", path, "--csv").out))
    assert float(row["deadline_days"]) == -3


def test_brackets_in_an_id_are_no_markup(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "[/b]", "ecog": 1}\n{"id": "[red]x", "ecog": 1}\n', "utf-8")
    ran = ask("screen", path)
    assert (ran.status, ran.err) == (0, "")
    assert "[/b]" in ran.out
    assert "[red]x" in ran.out


def test_json_means_what_was_entered(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"id": POISON, "ecog": 1}), "utf-8")
    assert ask("screen", path, "--json").record["rows"][0]["id"] == POISON
