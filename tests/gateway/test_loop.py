"""From a workstation through the gateway to an archive, and back."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.archive.push import is_same, push
from fl_planner.formats.dicom.uids import SEG
from tests.archive.networks import PASSWORD, Orthanc, orthanc
from tests.archive.studies import FLR_PERCENT, IDENTIFIERS, make_study
from tests.cli.outside import refused, told
from tests.gateway.chaos import Chaos
from tests.gateway.gateways import ENVIRONMENT, Gateway, open_archive, send, write_files

pytestmark = pytest.mark.slow
hd: Any = import_module("highdicom")  # its calls are untyped
VOXELS = [8000, 200, 2400]  # of liver, tumour and remnant, as drawn


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc") / "data") as running:
        yield running


def title_of(one: Dataset) -> str:
    """Give the code of a key object selection's title; empty for anything else."""
    if one.Modality != "KO":
        return ""
    return str(one.ConceptNameCodeSequence[0].CodeValue)


def require_valid(objects: Iterable[Dataset], folder: Path) -> None:
    """Require that the validator of dicom3tools finds no error in objects as fetched."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dicom3tools is not installed")
    for one in objects:
        path = folder / f"{one.SOPInstanceUID}.checked.dcm"
        one.save_as(path, enforce_file_format=True)
        ran = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        said = ran.stdout + ran.stderr
        assert one.Modality in ("KO", "OT", "DOC", "SEG", "SR")
        assert "Error" not in said, f"{one.Modality}: {said}"


def require_no_identifier(gateway: Gateway, *secrets: str) -> None:
    """Require that no text that a gateway writes has what is in the objects, or a secret."""
    store = gateway.store
    texts = [gateway.log, *store.glob("worklist.*"), *store.glob("finished/*.csv")]
    texts += store.glob("jobs/*/plan.json")
    assert len(texts) >= 5
    for path in texts:
        text = path.read_text("utf-8")
        assert [one for one in (*IDENTIFIERS, *secrets) if one in text] == [], path.name


@pytest.mark.essential
@pytest.mark.usefixtures("server")
def test_a_study_is_planned_and_its_results_are_in_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    study = make_study(21)
    gateway = Gateway(tmp_path, "listen", write_files(tmp_path))
    gateway.start()
    try:
        assert send(study.objects) == [0] * 23
        (row,) = gateway.wait_until("stored")
        assert row["id"] == "study-1"
        assert row["flr_percent"] == pytest.approx(FLR_PERCENT, abs=1e-6)
        gateway.wait_until_finished()  # what it keeps of its results is written after "stored"
        web = open_archive()
        found = web.list_instances(study.uid)
        made = gateway.store / "jobs" / "1" / "results"
        sent = {str(dcmread(one).SOPInstanceUID): dcmread(one) for one in made.iterdir()}
        assert len(sent) == 5
        assert {one.instance for one in found} == set(sent)
        for one in found:
            fetched, kept = web.fetch(one), sent[one.instance]  # its header, once it is stored
            assert all(fetched[element.tag] == element for element in kept)
            assert fetched.SOPClassUID == kept.SOPClassUID
            if fetched.SOPClassUID == SEG:
                drawn = hd.seg.Segmentation.from_dataset(fetched).get_volume(combine_segments=False)
                assert (drawn.array > 0).sum(axis=(0, 1, 2)).tolist() == VOXELS
        require_valid(map(web.fetch, found), tmp_path)
    finally:
        assert gateway.stop() == 130
    assert "study-1: plan completed" in gateway.log.read_text()
    require_no_identifier(gateway)


@pytest.mark.usefixtures("server")
def test_a_study_of_the_archive_is_planned_stored_found_and_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    monkeypatch.chdir(tmp_path)
    routing, study = write_files(tmp_path), make_study(31)
    archives = ("--archives", tmp_path / "archives.toml")
    push(open_archive(), study.objects)
    found = told("archive", "find", "web", *archives, "--study", study.uid)
    assert [one["instances"] for one in found["studies"]] == [23]
    told("archive", "pull", "node", *archives, "--study", study.uid, "--out", "pulled", "--quiet")
    pulled = {one.SOPInstanceUID: one for one in map(dcmread, (tmp_path / "pulled").iterdir())}
    assert len(pulled) == len(study.objects)
    assert all(is_same(one, pulled[one.SOPInstanceUID]) for one in study.objects)

    asked = ("plan", "--study", study.uid, "--archive", "web", *archives, "--routing", routing,
             "--profile", "clinical", "--json", "--quiet")  # fmt: skip
    record = told(*asked, "--dicom", "first", "--push")
    assert record["flr_percent"] == pytest.approx(FLR_PERCENT, abs=1e-6)
    (tmp_path / "plan.json").write_text(json.dumps(record), "utf-8")
    assert told("archive", "push", "node", "first", *archives, "--quiet")["new"] == 0

    told(*asked, "--dicom", "second", "--replaces", "first", "--no-tumour")
    valid = refused("archive", "withdraw", "web", "first", *archives)
    assert valid["code"] == "archive.no_reason"
    withdrawn = told("archive", "withdraw", "web", "first", *archives, "--quiet",
                     "--reason", "quality", "--replacement", "second")  # fmt: skip
    assert withdrawn["objects"] == 5
    pushed = refused("archive", "push", "web", "first", *archives)
    assert pushed["code"] == "archive.withdrawn"
    told("archive", "pull", "web", *archives, "--study", study.uid, "--out", "again", "--quiet")
    assert len([*(tmp_path / "again").iterdir()]) == 23 + 1  # the SEG of the second set alone
    stored = [open_archive().fetch(one) for one in open_archive().list_instances(study.uid)]
    assert len(stored) == 23 + 5 + 5 + 1
    (note,) = [one for one in stored if title_of(one) == "113001"]
    named = {item.ReferencedSOPInstanceUID for each in note.ContentSequence
             for item in each.get("ReferencedSOPSequence", ())}  # fmt: skip
    first = {dcmread(one).SOPInstanceUID for one in (tmp_path / "first").iterdir()}
    assert named == first
    require_valid([one for one in stored if one.Manufacturer == note.Manufacturer], tmp_path)
    for each in (record, valid, withdrawn):  # the study alone is named, by who asked for it
        assert [one for one in IDENTIFIERS if one in f"{each}".replace(study.uid, "")] == []


@pytest.mark.usefixtures("server")
def test_a_corrected_drawing_withdraws_the_results_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a folder, with a wrong password at first."""
    study, corrected = make_study(51), make_study(51, flr=(0, 3000), version=2)
    routing = write_files(tmp_path)
    study.write(tmp_path / "exports")
    gateway = Gateway(tmp_path, "watch", tmp_path / "exports", routing)
    with pytest.MonkeyPatch.context() as context:
        context.setitem(ENVIRONMENT, "FL_PLANNER_WEB_PASSWORD", "wrong")
        gateway.start(wait=False)
        (row,) = gateway.wait_until("planned")
        while "code" not in row:
            (row,) = gateway.wait_until("planned")
        assert row["code"] == "archive.login"
        assert gateway.stop() == 130
    corrected.seg.save_as(tmp_path / "exports" / "corrected.dcm")
    gateway.start(wait=False)
    rows = gateway.wait_until("stored", "withdrawn")
    gateway.wait_until_finished()
    assert gateway.stop() == 130
    percents = [row["flr_percent"] for row in rows]
    assert percents == pytest.approx([100 * 3000 / 7800, FLR_PERCENT], abs=1e-6)
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    archive = open_archive()
    stored = [archive.fetch(one) for one in archive.list_instances(study.uid)]
    assert len(stored) == 5 + 5 + 1
    (note,) = [one for one in stored if title_of(one) == "113001"]
    named = {item.ReferencedSOPInstanceUID for each in note.ContentSequence
             for item in each.get("ReferencedSOPSequence", ())}  # fmt: skip
    assert not (gateway.store / "jobs" / "1").exists()
    later = (gateway.store / "jobs" / "2" / "results").iterdir()
    others = {note.SOPInstanceUID, *(dcmread(one).SOPInstanceUID for one in later)}
    assert named == {one.SOPInstanceUID for one in stored} - others
    assert len(named) == 5
    (report,) = [one for one in stored if "PredecessorDocumentsSequence" in one]
    (before,) = report.PredecessorDocumentsSequence
    (referred,) = before.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert referred.ReferencedSOPInstanceUID in named
    require_valid(stored, tmp_path)
    require_no_identifier(gateway, PASSWORD)
    assert "wrong" not in gateway.log.read_text()


@pytest.fixture
def killed_server(tmp_path: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path / "orthanc") as running:
        yield running


def test_nothing_is_lost_and_nothing_is_there_twice(
    killed_server: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    Chaos(tmp_path, killed_server, range(41, 42), seed=1).kill_gateway(1)
