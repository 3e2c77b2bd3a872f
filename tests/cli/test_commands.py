"""One case of each command that shows a use case: its record, its table, and its files."""

from pathlib import Path

import pytest

from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml
from tests.record.schemas import require_valid
from tests.workup.test_scans import EMBOLISATION, write_case

SHOWN = {
    "convert": "convert liver.nii --to liver.nrrd --force",
    "dose": "dose treated.toml --lung-shunt 0.06 --tumour-to-normal 3.2",
    "function": f"function {BUNDLED / 'function' / 'function.toml'}",
    "growth": "growth before.toml after.toml",
    "resections": f"resections {BUNDLED / 'crlm' / 'case.toml'}",
    "screen": "screen patients.csv --as-of 2026-11-20",
    "trials judge": "trials judge facts.json",
    "verify": "verify judged.json facts.json",
}
WRITTEN = {
    "pictures": ("pictures treated.toml --out drawn", "drawn", "pictures: drawn, "),
    "report": ("report treated.toml --out report.html", "report.html", "report: report.html"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with small inputs of every kind."""
    monkeypatch.chdir(tmp_path)
    SMALL.write(tmp_path, tumour=(7600, 8000), treated=(4000, 8000))
    case_toml(
        tmp_path,
        'diagnosis = "hcc"\n[masks]\nliver = "liver.nii"\ntumour = "tumour.nii"\n'
        'treated = "treated.nii"\n',
        "treated.toml",
    )
    write_case(tmp_path, "before", "2026-02-20", 2400)
    write_case(tmp_path, "after", "2026-03-23", 4000, EMBOLISATION)
    (tmp_path / "patients.csv").write_text("id,hcc_present\np1,yes\n", "utf-8")
    (tmp_path / "facts.json").write_text('{"hcc_present": true}', "utf-8")
    (tmp_path / "judged.json").write_bytes(ask("trials", "judge", "facts.json", "--json").stdout)
    return tmp_path


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("here")
@each_case("words", SHOWN)
def test_it_is_reported_to_a_program_and_to_a_person(words: str) -> None:
    ran = ask(*words.split(), "--json")
    assert (ran.status, ran.err) == (0, "")
    require_valid(ran.record)
    ran = ask(*words.split())
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.strip()


@pytest.mark.essential
@pytest.mark.slow
@each_case("words, file, told", WRITTEN)
def test_it_is_written_and_named(words: str, file: str, told: str, here: Path) -> None:
    ran = ask(*words.split())
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.startswith(told)
    assert (here / file).exists()
