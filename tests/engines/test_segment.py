"""Engines run by contract: what each must be given, and what becomes of twelve outcomes."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.engines import process
from fl_planner.engines.engine import hash_weights
from fl_planner.engines.process import find_offline
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.documents.engine_file import (
    find_engine_file,
    list_bundled_engines,
    read_engine,
)
from fl_planner.workup.files.segment import _as_case, _collect, _EngineMask
from tests.cases import of_many
from tests.cli.outside import BUNDLED, SMALL, Ran, ask, refusal_of
from tests.engines.conftest import CRLM, CT, WEIGHTS, lower_bounds
from tests.engines.fake import choose, nifti, pack

TRUTH = json.loads((BUNDLED / "truth.json").read_text("utf-8"))["crlm"]
ENGINES = [
    "totalsegmentator", "totalsegmentator_vessels", "nnunet_liver", "moose", "monai_bundle",
    "slicer", "container",
]  # fmt: skip
CODES = {
    "half": {"gzip.cut"},
    "wrong labels": {"labels.no_liver"},
    "empty": {"engine.masks"},
    "other grid": {"engine.masks"},
    "mirrored": {"engine.masks"},
    "float": {"values.fractions"},
    "nothing": {"engine.outputs"},
    "all but failed": {"engine.failed"},
    "hang": {"engine.limit"},
    "memory": {"engine.limit"},
    "full disk": {"engine.failed"},
}


def run(home: Path, engine: str, outcome: str, *words: object) -> Ran:
    choose(home, outcome)
    return ask(
        "segment", CT, "--engine", engine, "--accept-licence", "--out", home.parent / "draft",
        "--json", *words,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [pytest.param(n, marks=pytest.mark.essential) if n == "nnunet_liver" else n for n in ENGINES],
)
def test_the_masks_of_an_engine_become_a_draft_case(home: Path, engine: str) -> None:
    ran = run(home, engine, "right")
    assert (ran.status, ran.err) == (0, "")
    record, draft = ran.record, home.parent / "draft"
    assert {path.name for path in draft.iterdir()} == {
        "case.toml", "segment.json", *(one["file"] for one in record["masks"]),
    }  # fmt: skip
    assert json.loads((draft / "segment.json").read_bytes()) == record
    assert record["engine"]["version"] == {
        "totalsegmentator": "2.18.0", "totalsegmentator_vessels": "2.18.0", "slicer": "5.8.1",
        "container": "1.0",
    }.get(engine, "1.2.3")  # fmt: skip
    with_tumour = engine not in ("moose", "slicer", "container")
    with_segments = engine not in ("moose", "nnunet_liver", "monai_bundle")
    words: tuple[object, ...] = () if with_tumour else ("--no-tumour",)
    words += ("--remnant-segments", "2,3") if with_segments else ("--flr", CRLM / "flr.nii.gz")
    seen = ask("volume", draft / "case.toml", *words, "--json").record
    truth = TRUTH["voxels"]
    share = truth["flr"] / (truth["liver"] - (truth["tumour"] if with_tumour else 0))
    assert seen["flr_percent"] == pytest.approx(100 * share, abs=1e-6)
    assert seen["masks"]["liver"]["method"] == "automatic"
    assert "segments.automatic" in {one["code"] for one in seen["findings"]}


def each_outcome() -> Sequence[tuple[str, str]]:
    """List each outcome with one engine, and by night with all that are run in a process."""
    engines = ["totalsegmentator", "nnunet_liver", "moose", "monai_bundle", "container"]
    one_each = [(one, engines[at % 5]) for at, one in enumerate(CODES)]
    return of_many(one_each, [*product(CODES, engines)])


@pytest.mark.slow
@pytest.mark.parametrize(("outcome", "engine"), each_outcome())
def test_h19_each_outcome_is_reported_and_nothing_is_half_written(
    home: Path, outcome: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower_bounds(outcome, monkeypatch)
    ran = run(home, engine, outcome, "--engine-log", home.parent / "engine.log")
    refusal = refusal_of(ran)
    assert refusal["code"] in CODES[outcome], refusal
    assert not (home.parent / "draft").exists()
    assert outcome in (home.parent / "engine.log").read_text("utf-8")
    assert not [*home.parent.glob(".fl-planner*")]


@pytest.mark.slow
def test_no_packet_of_an_engine_leaves_where_the_system_allows_that(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        (home / "port").write_text(str(listening.getsockname()[1]), "utf-8")
        ran = run(home, "nnunet_liver", "calls home")
        if not find_offline():
            assert ran.record["engine"]["offline"] is False
            assert "engine.network" in {one["code"] for one in ran.record["findings"]}
            pytest.skip("this system does not allow network namespaces")
        assert refusal_of(ran)["code"] == "engine.failed"
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.slow
def test_an_engine_that_finds_no_lesion_does_not_prove_that_there_is_none(home: Path) -> None:
    pack(np.zeros(nifti(CT).shape), CT, home / "tumour.nii.gz")
    ran = run(home, "totalsegmentator", "right")
    (tumour,) = (one for one in ran.record["masks"] if one["role"] == "tumour")
    assert (tumour["used"], tumour["volume_ml"]) == (False, 0)
    assert "engine.nothing_found" in {one["code"] for one in ran.record["findings"]}
    case = home.parent / "draft" / "case.toml"
    assert "tumour" not in case.read_text("utf-8")
    record = ask("plan", case, "--remnant-segments", "2,3", "--json").record
    assert record["denominator"] == "measured_liver"  # not of the non-tumorous liver
    assert "tumour.not_given" in {one["code"] for one in record["findings"]}


def test_what_is_missing_is_refused_with_how_to_install_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(*words: object) -> str:
        ran = ask("segment", CT, "--out", "draft", "--json", *words)
        return str(refusal_of(ran)["code"])

    assert code("--engine", "totalsegmentator") == "engine.licence"
    assert code("--engine", "totalsegmentatr") == "engine.unknown"
    assert code("--engine", "none.toml") == "engine.unknown"
    (home / WEIGHTS[0]).unlink()
    for folder in (home / WEIGHTS[0]).parents[:3]:
        folder.rmdir()
    licence = "--accept-licence"
    assert code("--engine", "totalsegmentator", licence) == "engine.weights"
    monkeypatch.setenv("PATH", "/nowhere")
    assert code("--engine", "nnunet_liver") == "engine.missing"
    monkeypatch.setattr("fl_planner.basis.extras.find_spec", lambda _: None)
    assert code("--engine", "nnunet_liver") == "extra.missing"
    assert not Path("draft").exists()


@pytest.mark.parametrize(
    ("was", "wrong", "reason"),
    [
        ('title = "nnU-Net"', "", "title"),
        ('"{images}"', '"{image}"', "{image} is not one of"),
        ("commands = [", "command = [", "did you mean commands"),
        ('role = "labelmap"', 'role = "lever"', "role"),
        ('file = "ct.nii.gz"', 'file = "../ct.nii.gz"', "within the output folder"),
        ('file = "ct.nii.gz"', 'file = "ct.nrrd"', "only NIfTI"),
        ('scheme = "lits"', 'scheme = "lits"\nlabels = { 1 = "liver" }', "scheme or labels"),
        ('scheme = "lits"', 'labels = { one = "liver" }', "not a label number"),
        ('role = "labelmap"', 'role = "liver"', "apply to role"),
        ("minutes = 60", "minutes = 0", "minutes"),
        ("schema = 1", "schema = 2", "schema = 1"),
        ("schema = 1", 'schema = 1\nfolder = "x"', "commands or the folder"),
        ("weights = ", 'weight = ', "did you mean weights"),
    ],
)  # fmt: skip
def test_an_engine_file_is_read_whole_or_refused(
    tmp_path: Path, was: str, wrong: str, reason: str
) -> None:
    text = find_engine_file("nnunet_liver").read_text("utf-8")
    assert was in text
    path, capitals = tmp_path / "mine.toml", tmp_path / "MINE.TOML"
    for each in (path, capitals):
        each.write_text(text.replace(was, wrong, 1), "utf-8")
    assert find_engine_file(str(capitals)) == capitals
    ran = ask("segment", CT, "--engine", path, "--out", tmp_path / "draft", "--json")
    refusal = refusal_of(ran)
    assert (refusal["code"], refusal["file"]) == ("engine.unreadable", "mine.toml")
    assert reason in refusal["reason"]


def test_every_bundled_engine_is_read_and_runs_no_shell() -> None:
    assert {*list_bundled_engines()} == {*ENGINES}
    for name in ENGINES:
        engine = read_engine(find_engine_file(name))
        assert engine.commands
        assert not any(one[0] in ("sh", "bash") for one in engine.commands)
        assert engine.install


def test_an_engine_reads_only_the_variables_of_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_TESTS", "x")
    engine = read_engine(find_engine_file("nnunet_liver"))
    assert "SECRET_OF_THE_TESTS" not in engine.choose_environment()
    assert engine.choose_environment()["PATH"] == os.environ["PATH"]
    monkeypatch.setenv("SYSTEMROOT", "C:\\Windows")
    assert "SYSTEMROOT" not in engine.choose_environment()
    with monkeypatch.context() as windows:  # [Python's library, subprocess: SystemRoot]
        windows.setattr(sys, "platform", "win32")
        assert engine.choose_environment()["SYSTEMROOT"] == "C:\\Windows"
    command = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    process.EngineProcess(engine, tmp_path, ()).run(command)
    assert "SECRET" not in (tmp_path / "engine.log").read_text("utf-8")


def test_totalsegmentator_weights_are_where_its_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = read_engine(find_engine_file("totalsegmentator"))
    for name, value in (("HOME", "own"), ("TOTALSEG_HOME_DIR", "shared")):
        (tmp_path / value / "nnunet" / "results").mkdir(parents=True)
        (tmp_path / value / ".totalsegmentator" / "nnunet" / "results").mkdir(parents=True)
        monkeypatch.setenv(name, str(tmp_path / value))
    assert engine.find_weights() == (tmp_path / "shared" / "nnunet" / "results",)
    monkeypatch.delenv("TOTALSEG_HOME_DIR")
    own = tmp_path / "own" / ".totalsegmentator" / "nnunet" / "results"
    assert engine.find_weights() == (own,)


def test_the_hash_of_weights_is_of_all_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "model" / "fold_0").mkdir(parents=True)
    file = tmp_path / "model" / "fold_0" / "a.pth"
    file.write_bytes(b"a")
    first = hash_weights((tmp_path / "model",))
    assert hash_weights(()) is None
    file.write_bytes(b"b")
    second = hash_weights((tmp_path / "model",))
    file.rename(file.with_name("b.pth"))
    assert len({first, second, hash_weights((tmp_path / "model",))}) == 3


@pytest.mark.essential
@pytest.mark.slow
def test_no_output_replaces_the_ct(home: Path) -> None:
    ct = home.parent / "ct.nii.gz"
    ct.write_bytes(CT.read_bytes())
    before = ct.read_bytes()
    choose(home, "right")
    for words in (("--out", "draft", "--engine-log", ct), ("--out", ct)):
        ran = ask("segment", ct, "--engine", "nnunet_liver", *words, "--force", "--json")
        assert ran.status == 2
        assert ct.read_bytes() == before
        assert not Path("draft").exists()


@pytest.mark.essential
@pytest.mark.slow
def test_a_folder_filled_by_an_engine_elsewhere_is_taken(home: Path) -> None:
    engine = home / "mine.toml"
    engine.write_text(
        'schema = 1\ntitle = "another"\ninstall = "ask the department"\nfolder = "filled"\n'
        '[[output]]\nfile = "*/liver.nii.gz"\nrole = "labelmap"\nscheme = "lits"\n',
        "utf-8",
    )
    assert refusal_of(run(home, str(engine), "right"))["code"] == "engine.outputs"
    (home / "filled" / "p1").mkdir(parents=True)
    (home / "lits.nii.gz").rename(home / "filled" / "p1" / "liver.nii.gz")
    record = run(home, str(engine), "right").record
    assert record["engine"]["offline"] is None
    assert record["engine"]["title"] == "another"


def test_a_program_that_ends_with_an_error_is_refused(tmp_path: Path) -> None:
    engine = read_engine(find_engine_file("nnunet_liver"))
    running = process.EngineProcess(engine, tmp_path, ())
    with pytest.raises(InputRefused) as caught:
        running.run([sys.executable, "-c", "raise SystemExit(3)"])
    assert caught.value.code == "engine.failed"
    assert "status 3" in caught.value.reason


def test_outputs_are_complete_on_the_grid_and_not_empty(tmp_path: Path) -> None:
    """A liver of 8 voxels, on the grid of its CT and moved by half a voxel."""
    engine = read_engine(find_engine_file("nnunet_liver"))
    voxels = SMALL.mask(0, 8)
    SMALL.file(tmp_path / "ct.nii", voxels)
    grid = read_image(tmp_path / "ct.nii", "ct", Limits()).given.grid
    out = tmp_path / "out"
    out.mkdir()
    found = "engine.outputs", "is missing"
    for name, drawn, cube in (
        (None, voxels, SMALL),
        ("ct.nii.gz", voxels, replace(SMALL, foot_mm=SMALL.foot_mm + 2.5)),
        ("ct.nii.gz", voxels * 0, SMALL),
    ):
        if name is not None:
            cube.file(out / name, drawn)
            found = "engine.masks", "grid" if drawn.any() else "is empty"
        with pytest.raises(InputRefused) as caught:
            [*_collect(engine, out, grid, Limits())]
        assert (caught.value.code, found[1] in caught.value.reason) == (found[0], True)
    SMALL.file(out / "ct.nii.gz", voxels)
    (drawn_mask,) = _collect(engine, out, grid, Limits())
    assert drawn_mask.volume_ml == pytest.approx(8 * SMALL.ml)
    assert not drawn_mask.has_tumour


def test_h19_the_case_file_states_that_a_program_drew_its_masks() -> None:
    engine = read_engine(find_engine_file("nnunet_liver"))
    (output,) = engine.outputs
    drawn = (_EngineMask(output, b"", 1500.0, False),)
    text = _as_case(engine.title, "2.8.1", drawn, "../ct.nii.gz")
    assert 'origin = "automatic:nnU-Net:2.8.1"' in text
    assert 'labelmap = { file = "labelmap.nii.gz", scheme = "lits" }' in text
    assert 'ct = "../ct.nii.gz"' in text
