"""`fl-planner dossier` from outside: exit status, files, refusals, and the same bytes twice."""

import json
import re
from pathlib import Path

import pytest

import fl_planner
from fl_planner.dossier import dossier as rooms
from fl_planner.dossier.book import make_book
from fl_planner.dossier.expected import ExpectedCase
from fl_planner.dossier.libraries import InstalledLibrary
from fl_planner.record.files.dossier import BuildRecord
from tests.cli.outside import SMALL, ask, case_toml, refused

FILES = {"index.html", "acceptance.json", "hazards.json", "hazards.csv", "sbom.cdx.json"}
UNKNOWN = BuildRecord(commit=None, changed=None, source="unknown")
HEAD = "case,flr_ml,tolerance_ml\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes seconds: bundled cases, and invented patients but one of each trial."""

    def none() -> tuple[ExpectedCase, ...]:
        return ()

    ours = InstalledLibrary("fl-planner", "1", ("Apache-2.0",), ("numpy",))
    monkeypatch.setattr(rooms, "list_libraries", lambda: [ours, InstalledLibrary("numpy", "2")])
    monkeypatch.setattr(rooms, "list_bundled", none)
    monkeypatch.setattr(rooms, "find_build", lambda: UNKNOWN)
    monkeypatch.setattr(
        rooms, "make_book", lambda rules: [one for one in make_book(rules) if "meets" in one.id]
    )


def cases(folder: Path, *rows: str) -> Path:
    SMALL.write(folder, flr=(0, 2400))
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    case_toml(folder, f'id = "p1"\n{masks}')
    table = folder / "cases.csv"
    table.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    return table


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("row", "status", "outcome"),
    [
        ("case.toml,301,1", 0, "passed"),
        ("case.toml,301,0.9", 4, "differs"),
        ("none.toml,301,1", 3, "refused"),
    ],
)
def test_h16_the_exit_status_is_that_of_the_worst_case(
    tmp_path: Path, row: str, status: int, outcome: str
) -> None:
    out = tmp_path / "out"
    ran = ask("dossier", "--out", out, "--cases", cases(tmp_path, row), "--json")
    assert (ran.status, ran.record["outcome"]) == (status, outcome)
    assert {one.name for one in out.iterdir()} == FILES
    assert json.loads((out / "acceptance.json").read_text("utf-8")) == ran.record
    assert (ran.record["own_different"], ran.record["enough_own"]) == (int(status != 3), False)


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_later_dossier_lists_what_changed_and_the_same_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    table = cases(tmp_path, "case.toml,300,0")
    words = ("--cases", table, "--as-of", "2026-11-20", "--quiet")
    first, second = tmp_path / "first", tmp_path / "second"
    assert ask("dossier", "--out", first, *words).status == 0
    again = tmp_path / "again"
    assert ask("dossier", "--out", again, *words).status == 0
    for name in FILES:
        assert (first / name).read_bytes() == (again / name).read_bytes()
    before = json.loads((first / "acceptance.json").read_text("utf-8"))
    before["cases"][0]["answers"]["flr_ml"] = "299"
    before["version"] = "0.0.9"
    (first / "acceptance.json").write_text(json.dumps(before), "utf-8")
    ran = ask("dossier", "--out", second, *words[:-1], "--before", first / "acceptance.json")
    assert ran.status == 0
    assert "answers changed since version 0.0.9: 1" in ran.out
    assert ran.err.strip() == "page: second/index.html"
    lines = (second / "changes.csv").read_text("utf-8").splitlines()
    assert lines[1:] == ["own,p1,flr_ml,299,300,0"]
    links = {*re.findall('href="([^"]+)"', (second / "index.html").read_text("utf-8"))}
    assert {name for name in links if not name.startswith("#")} == (FILES | {"changes.csv"}) - {
        "index.html"
    }


@pytest.mark.usefixtures("quick")
def test_nothing_is_written_if_an_input_is_refused(tmp_path: Path) -> None:
    out, table = tmp_path / "out", cases(tmp_path, "case.toml,300,")
    assert refused("dossier", "--out", out, "--cases", table)["code"] == "dossier.cases"
    assert refused("dossier", "--out", out, "--before", table)["code"] == "dossier.before"
    assert not out.exists()
    out.mkdir()
    (out / "own.txt").write_text("mine")
    assert refused("dossier", "--out", out, "--force")["code"] == "output.other_files"


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_h12_the_earlier_record_is_not_overwritten(tmp_path: Path) -> None:
    out, table = tmp_path / "out", cases(tmp_path, "case.toml,300,0")
    assert ask("dossier", "--out", out, "--cases", table, "--quiet").status == 0
    was = (out / "acceptance.json").read_bytes()
    words = ("dossier", "--out", out, "--cases", table)
    assert refused(*words)["code"] == "output.exists"
    before = out / "acceptance.json"
    assert refused(*words, "--before", before, "--force")["code"] == "output.is_input"
    assert (out / "acceptance.json").read_bytes() == was


def test_a_missing_extra_is_refused_with_its_install_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = "fl_planner.basis.extras.find_spec"
    monkeypatch.setattr(found, lambda name: None if name == "cyclonedx" else object())
    refusal = refused("dossier", "--out", tmp_path / "out")
    assert (refusal["code"], refusal["file"]) == ("extra.missing", "dossier")
    assert "pip install '.[dossier]'" in refusal["remedy"]


@pytest.mark.usefixtures("quick")
def test_python_gives_the_record(tmp_path: Path) -> None:
    table = cases(tmp_path, "case.toml,300,0")
    result = fl_planner.dossier(tmp_path / "out", cases=table)
    assert result["outcome"] == "passed"
    assert "Incomplete (1 of 10 hospital cases)" in repr(result)
    assert "p1 (own): passed" in result._repr_html_()


@pytest.mark.slow
def test_the_bundled_cases_pass_here(tmp_path: Path) -> None:
    ran = ask("dossier", "--out", tmp_path / "out", "--json")
    assert (ran.status, ran.record["outcome"]) == (0, "passed")
    assert [one["id"] for one in ran.record["cases"]] == ["crlm-demo", "hcc-demo"]
    flr = {one["name"]: one for one in ran.record["cases"][0]["compared"]}["flr_voxels"]
    assert (flr["answer"], flr["expected"]) == ("349738", "349738")
    assert len(ran.record["book"]) > 800
