"""`fl-planner validate crlm` from outside, on invented patients with published counts."""

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

import fl_planner
from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import save
from fl_planner.validation import crlm
from fl_planner.validation.set_counts import read_counts
from tests.cli.outside import ask
from tests.formats.dicom.dicoms import pack
from tests.niftis import write_nifti
from tests.refusals import refuses
from tests.validation.public_set import (
    IN_PLANE_MM,
    STEP_MM,
    as_seg,
    draw,
    make_place,
    write_patient,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that are not ours


def published(number: int) -> Mapping[str, int]:
    return asdict(read_counts()[f"CRLM-CT-{number}"])


def turn(path: Path) -> None:
    """Store the frames turned by 180 degrees, with the orientation that says so."""
    data = dcmread(path)
    rows, columns = data.Rows, data.Columns
    bits = np.unpackbits(np.frombuffer(data.PixelData, np.uint8), bitorder="little")
    frames = bits[: data.NumberOfFrames * rows * columns].reshape(-1, rows, columns)
    turned = np.packbits(frames[:, ::-1, ::-1].ravel(), bitorder="little").tobytes()
    data.PixelData = turned + b"\0" * (len(turned) % 2)
    shared = data.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
    reach = [IN_PLANE_MM * (columns - 1), IN_PLANE_MM * (rows - 1)]
    for group in data.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0].ImagePositionPatient
        group.PlanePositionSequence[0].ImagePositionPatient = [
            float(place[0]) + reach[0], float(place[1]) + reach[1], float(place[2]),
        ]  # fmt: skip
        del group.DerivationImageSequence
    data.save_as(path, enforce_file_format=True)


@pytest.mark.essential
@pytest.mark.slow
def test_patients_are_counted_planned_and_compared(tmp_path: Path) -> None:
    """Usual, turned without source images, as NIfTI, one tumour voxel more, unreadable.

    Those that are drawn have small livers.
    """
    root, out = tmp_path / "set", tmp_path / "out"
    write_patient(root, "CRLM-CT-1191", published(1191))
    turn(write_patient(root, "CRLM-CT-1004", published(1004)))
    folder = root / "CRLM-CT-1020"
    folder.mkdir()
    for name, voxels in draw(published(1020)).items():
        spacing = (STEP_MM, IN_PLANE_MM, IN_PLANE_MM)
        file = folder / f"{name.lower().replace(' ', '_')}.nii.gz"
        write_nifti(file, voxels.astype(np.uint8), spacing)
    more = {**published(1085), "tumour": published(1085)["tumour"] + 1}
    write_patient(root, "CRLM-CT-1085", more)
    make_place(root, "CRLM-CT-1070").write_bytes(b"DICM")
    ran = ask("validate", "crlm", root, "--out", out, "--workers", 1, "--quiet", "--json")
    assert (ran.status, ran.err) == (3, "")
    record = json.loads(ran.out)
    assert json.loads((out / "validation.json").read_bytes()) == record
    patients = {one["id"][-4:]: one for one in record["patients"]}
    assert {key for key, one in patients.items() if one["status"] == "planned"} == {
        "1191", "1004", "1020", "1085",
    }  # fmt: skip
    for number in (1191, 1004, 1020):
        assert patients[str(number)]["counted"] == published(number)
        assert "different" not in patients[str(number)]
    assert patients["1085"]["different"] == ["tumour"]
    assert record["different"] == ["CRLM-CT-1085"]
    assert record["not_counted"] == ["CRLM-CT-1070"]
    assert patients["1070"]["reason"]
    assert not record["equal"]
    assert len(record["absent"]) == 192
    counts = published(1191)
    measured = 100 * counts["remnant"] / (counts["liver"] - counts["tumour"])
    assert patients["1191"]["flr_percent"] == pytest.approx(measured)
    page = (out / "validation.html").read_text("utf-8")
    assert "CRLM-CT-1085" in page
    assert str(tmp_path) not in page


@pytest.mark.essential
@pytest.mark.slow
def test_counts_alone_and_what_is_refused(tmp_path: Path) -> None:
    ran = ask("validate", "crlm", "--typed", "--out", tmp_path / "typed", "--quiet")
    assert (ran.status, ran.err) == (0, "")
    assert "whole liver: 32 patients; of the non-tumorous liver: 28" in ran.out
    assert "CRLM-CT-1083" in (tmp_path / "typed" / "validation.html").read_text("utf-8")
    for words, source in (
        ((), "FOLDER"),
        ((tmp_path, "--typed"), "--typed"),
        ((tmp_path,), "--out"),
        ((tmp_path, "--out", tmp_path / "new"), tmp_path.name),
    ):
        refused = ask("validate", "crlm", *words, "--quiet")
        assert refused.status == 2
        assert source in refused.err
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_difference_ends_with_a_status_of_its_own(tmp_path: Path) -> None:
    more = {**published(1004), "portal": published(1004)["portal"] + 1}
    path = write_patient(tmp_path / "set", "CRLM-CT-1004", more)
    words = ("--workers", 1, "--quiet", "--exit-code")
    ran = ask("validate", "crlm", tmp_path / "set", "--out", tmp_path / "out", *words)
    assert ran.status == 4
    path.write_bytes(pack(as_seg(draw(published(1004)))))
    ran = ask("validate", "crlm", tmp_path / "set", "--out", tmp_path / "out", *words)
    assert ran.status == 0


@pytest.mark.slow
def test_python_gives_the_record_of_the_command(tmp_path: Path) -> None:
    """One patient less a voxel, one unreadable: counted, planned and named as by the command."""
    root = tmp_path / "set"
    write_patient(root, "CRLM-CT-1085", {**published(1085), "liver": published(1085)["liver"] + 1})
    make_place(root, "CRLM-CT-1070").write_bytes(b"DICM")
    made = fl_planner.validate("crlm", root, out=tmp_path / "python", workers=1)
    ran = ask("validate", "crlm", root, "--out", tmp_path / "out", "--workers", 1, "--json")
    assert made.as_record() == json.loads(ran.out)
    assert (tmp_path / "python" / "validation.html").exists()
    assert repr(made) == (
        "<fl_planner.validate: 2 patients, 1 with different counts, 1 not counted, "
        "1 without a plan>"
    )
    assert not made["equal"]
    assert "CRLM-CT-1085" in made._repr_html_()


def test_python_computes_published_counts_and_refuses_other_sources(tmp_path: Path) -> None:
    """32 of 197 are below 30 % of the whole liver, 28 of the non-tumorous liver."""
    made = fl_planner.validate("crlm", typed=True)
    assert repr(made) == "<fl_planner.validate: 197 patients from published counts>"
    assert len(made.patients) == 197
    below = {one["limit_percent"]: one for one in made.limits}[30]
    assert (below["below_of_liver"], below["below_of_nontumorous_liver"]) == (32, 28)
    with refuses("usage.wrong", "data_set"):
        fl_planner.validate("hcc", typed=True)  # type: ignore[arg-type]  # another set
    with refuses("usage.wrong", "FOLDER"):
        fl_planner.validate("crlm")
    with refuses("usage.wrong", "--typed"):
        fl_planner.validate("crlm", tmp_path, typed=True)
    with refuses("usage.wrong", "--out"):
        fl_planner.validate("crlm", tmp_path)


def test_a_page_and_a_record_of_two_runs_are_never_next_to_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves both files of the earlier run."""
    out = tmp_path / "out"
    fl_planner.validate("crlm", typed=True, out=out)
    for name in ("validation.json", "validation.html"):
        (out / name).write_text("old")
    files_full_from(monkeypatch, 2)
    with refuses("output.unwritable"):
        fl_planner.validate("crlm", typed=True, out=out, force=True)
    assert {one.name: one.read_text() for one in out.iterdir()} == {
        "validation.json": "old",
        "validation.html": "old",
    }


def test_a_validation_that_was_stopped_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        files_full_from(patch, 2)
        with refuses("output.unwritable"):
            fl_planner.validate("crlm", typed=True, out=tmp_path / "out")
    fl_planner.validate("crlm", typed=True, out=tmp_path / "out")


@pytest.mark.slow
def test_no_earlier_page_remains_next_to_new_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full once the new record has been written; then the old page is not removable."""
    make_place(tmp_path / "set", "CRLM-CT-1070").write_bytes(b"DICM")
    out, right = tmp_path / "out", Path.unlink
    fl_planner.validate("crlm", tmp_path / "set", out=out, workers=1)
    (out / "validation.html").write_text("old")

    def fill(path: Path, content: bytes, *, force: bool) -> None:
        if path.name == "validation.html":
            raise InputRefused("output.unwritable", path.name, "the disk is full", "free space")
        save(path, content, force=force)

    with monkeypatch.context() as patch, refuses("output.unwritable"):
        patch.setattr(crlm, "save", fill)
        fl_planner.validate("crlm", tmp_path / "set", out=out, workers=1)
    assert (out / "validation.json").is_file()
    assert not (out / "validation.html").exists()

    def fail(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == "validation.json":
            raise OSError(errno.EIO, "Input/output error")
        right(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", fail)
    with refuses("output.unwritable"):
        fl_planner.validate("crlm", tmp_path / "set", out=out, workers=1)


def files_full_from(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the disk be full from the nth file on."""
    written, sync = count(1), os.fsync

    def fill(descriptor: int) -> None:
        if next(written) >= number:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fill)
