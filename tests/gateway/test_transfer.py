"""Objects of an archive by command: what is refused before anything is sent."""

from contextlib import nullcontext
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.archive.push import name_of, push
from fl_planner.basis.clinical_codes import FLR_PERCENT, VOLUME
from fl_planner.gateway import transfer
from fl_planner.gateway.jobs import StoredObject
from fl_planner.gateway.pulled import PulledStudy, choose_images
from fl_planner.gateway.transfer import (
    ArchiveDoor,
    Withdrawal,
    fetch_study,
    make_query,
    pull_study,
    push_results,
    withdraw_results,
)
from tests.cases import each_case
from tests.cli.outside import ask, refused
from tests.formats.dicom.dicoms import CT, SEG, ct_slice, pack, seg
from tests.refusals import refuses

FILE_OF_ARCHIVES = """
schema = 1
[archives.pacs]
dicomweb = "https://127.0.0.1:9/dicom-web"
login = "none"
"""
DOOR = ArchiveDoor("pacs", Path("archives.toml"))


def made(profile: str, **more: Any) -> SimpleNamespace:
    kos = SimpleNamespace(path=Path("results/key_objects.dcm"))
    kos.study_instance_uid = "1.2"
    measured = SimpleNamespace(
        study_instance_uid="1.2", series_instance_uid="1.2.1", sop_instance_uid="1.2.3", path=None
    )
    return SimpleNamespace(
        profile=profile, kos=kos, measurements=measured, members=(measured,), replaces=(), **more
    )


def test_h11_a_shareable_set_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the study of the CT it would belong to another patient."""
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("shareable"))
    with refuses("archive.shareable", "results"):
        push_results(DOOR, Path("results"))
    with refuses("archive.shareable"):
        withdraw_results(DOOR, Withdrawal(Path("results")), {})


def test_a_valid_result_is_not_withdrawn_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("clinical"))
    verified = SimpleNamespace(changes=())
    monkeypatch.setattr(transfer, "read_output", lambda _: None)
    monkeypatch.setattr(transfer, "_require_same_plan", lambda *_: None)
    monkeypatch.setattr(transfer, "verify_file", lambda *_: verified)
    with refuses("archive.still_valid"):
        withdraw_results(DOOR, Withdrawal(Path("results"), Path("plan.json")), {})


COMPARED = {  # FLR in % of a result set, liver in mL and FLR in % of a plan, and whether they agree
    "same": (30.0, 1500.0, 30.0, True),
    "another liver": (30.0, 1501.0, 30.0, False),
    "another remnant": (30.0, 1500.0, 30.1, False),
    "nothing": (30.0, None, None, False),
    "no remnant": (30.0, 1500.0, None, False),
    "a remnant in the plan alone": (None, 1500.0, 30.0, False),
    "neither with a remnant": (None, 1500.0, None, True),
}


@each_case("stored_percent, liver_ml, flr_percent, same", COMPARED)
def test_h11_the_plan_of_another_case_is_no_reason_to_withdraw(
    stored_percent: float | None,
    liver_ml: float | None,
    flr_percent: float | None,
    same: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    volume, share = VOLUME.code, FLR_PERCENT.code
    read = {(1, volume): (1500.0, "cm3"), (2, volume): (450.0, "cm3")}
    if stored_percent is not None:
        read[2, share] = (stored_percent, "%")
    monkeypatch.setattr(transfer, "read_reported_values", lambda _: read)
    (tmp_path / "measurements.dcm").touch()
    result_set: Any = made("clinical")
    result_set.measurements.path = tmp_path / "measurements.dcm"
    record = {"volumes_ml": {"liver": liver_ml}, "flr_percent": flr_percent}
    output: Any = SimpleNamespace(name="plan.json", record=record)
    with nullcontext() if same else refuses("archive.other_plan", "results"):
        transfer._require_same_plan(result_set, output)


def test_a_replacement_names_what_it_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("clinical"))
    asked = Withdrawal(Path("old"), reason="quality", replacement=Path("new"))
    with refuses("archive.replacement"):
        withdraw_results(listing("1.2.3"), asked, {})


def listing(*instances: str) -> Any:
    """Return an archive that lists these objects, and whose other answers end the test."""
    session = SimpleNamespace(
        name="pacs", has=lambda one: one.instance in instances, list_instances=lambda _: ()
    )
    return SimpleNamespace(name="pacs", open=lambda: session)


def test_h12_a_set_is_not_withdrawn_from_an_archive_that_lacks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the name of the wrong archive, it would remain a valid result in the other."""
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("clinical"))
    with refuses("archive.not_found", "pacs"):
        withdraw_results(listing("1.2.4"), Withdrawal(Path("results"), reason="quality"), {})


def test_h12_a_withdrawn_set_is_not_stored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive has all of its objects, and the note that withdraws them."""
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("clinical"))
    notes = [("1.2.5", "1.2.6"), ("1.2.7", "1.2.8")]
    monkeypatch.setattr(transfer, "name_rejections", lambda _: notes)
    with refuses("archive.withdrawn", "results"):
        push_results(listing("1.2.3", "1.2.8"), Path("results"))
    monkeypatch.setattr(transfer, "read_objects", lambda _: [])
    monkeypatch.setattr(transfer, "push", lambda *_: 0)
    assert push_results(listing("1.2.3"), Path("results")).new == 0


@each_case("named, withdrawn", [("1.2.3", True), ("1.2.4", False)])
def test_h12_a_note_of_another_version_withdraws_a_set(
    named: str, withdrawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The UIDs of a note depend on the version that wrote it, or on another program."""
    monkeypatch.setattr(transfer, "read_result_set", lambda _: made("clinical"))
    monkeypatch.setattr(transfer, "name_rejections", lambda _: [])
    monkeypatch.setattr(transfer, "read_objects", lambda _: [])
    monkeypatch.setattr(transfer, "push", lambda *_: 0)
    with refuses("archive.withdrawn", "results") if withdrawn else nullcontext():
        push_results(held_by(rejection(named)), Path("results"))


def test_h12_a_withdrawn_set_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the patient would have no valid result, as both sets would be withdrawn."""
    old, new = made("clinical"), made("clinical")
    new.replaces, new.members = ("1.2.3",), (SimpleNamespace(sop_instance_uid="1.2.4"),)
    read = {Path("old"): old, Path("new"): new}.__getitem__
    monkeypatch.setattr(transfer, "read_result_set", read)
    monkeypatch.setattr(transfer, "name_rejections", lambda _: [])
    archive = held_by(rejection("1.2.4"))
    archive.has = lambda one: one.instance == "1.2.3"
    with refuses("archive.withdrawn", "results"):
        withdraw_results(archive, Withdrawal(Path("old"), None, "quality", Path("new")), {})


def rejection(*named: str, title: str = "113001") -> Dataset:
    """Write a note of another program that names these drawings."""
    note = ct_slice(0)
    note.SOPClassUID, note.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.59", "1.2.99"
    del note.PixelData
    item = Dataset()
    item.ValueType, item.ReferencedSOPSequence = "IMAGE", []
    for uid in named:
        one = Dataset()
        one.ReferencedSOPInstanceUID, one.ReferencedSOPClassUID = uid, SEG
        item.ReferencedSOPSequence.append(one)
    note.ConceptNameCodeSequence, note.ContentSequence = [Dataset()], [item]
    note.ConceptNameCodeSequence[0].CodeValue = title
    return note


TITLES = {  # of a key object selection that names a drawing, and the files that are pulled
    "quality": ("113001", 1),
    "patient safety": ("113037", 1),
    "wrong worklist entry": ("113038", 1),
    "retention": ("113039", 1),
    "manifest": ("113030", 2),
    "of interest": ("113000", 2),
}


@each_case("title, pulled", TITLES)
def test_h12_a_drawing_that_the_archive_withdrew_is_not_pulled(title: str, pulled: int) -> None:
    """Any program may have withdrawn it; this archive lists it nevertheless. Codes: CID 7010."""
    image, drawing = ct_slice(0), seg()
    drawing.StudyInstanceUID = image.StudyInstanceUID
    session = held_by(image, drawing, rejection(str(drawing.SOPInstanceUID), title=title))
    assert len(fetch_study(session, str(image.StudyInstanceUID))) == pulled


def test_a_key_object_selection_that_cannot_be_read_is_refused() -> None:
    note = ct_slice(0)
    note.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.59"
    note.ConceptNameCodeSequence = [Dataset()]
    note.ConceptNameCodeSequence[0].CodeValue = "113001"
    with refuses("archive.answer", "pacs"):
        fetch_study(held_by(ct_slice(0), note), str(note.StudyInstanceUID))


def held(instance: str, sop_class: str, series: str, *needed: str) -> StoredObject:
    return StoredObject(instance, "1.2", series, sop_class, "pacs", b"", frozenset(needed))


STUDIES = {  # objects of a study, and the refusal
    "no drawing": ([held("1", CT, "a")], "archive.not_found"),
    "no reference": ([held("1", CT, "a"), held("2", SEG, "b")], "listen.no_images"),
    "one of two without": (
        [held("1", CT, "a"), held("2", SEG, "b", "1"), held("3", SEG, "c")],
        "listen.no_images",
    ),
    "a missing image": ([held("1", CT, "a"), held("2", SEG, "b", "1", "9")], "archive.not_found"),
    "two series": (
        [held("1", CT, "a"), held("3", CT, "c"), held("2", SEG, "b", "1", "3")],
        "listen.several_series",
    ),
}


@each_case("objects, code", STUDIES)
def test_a_study_without_its_one_ct_is_refused(objects: list[StoredObject], code: str) -> None:
    with refuses(code):
        choose_images({Path(one.instance): one for one in objects})


def test_the_images_of_the_series_drawn_on_are_chosen() -> None:
    objects = [held("1", CT, "a"), held("2", CT, "a"), held("3", CT, "b"), held("4", SEG, "a", "1")]
    drawings, images = choose_images({Path(one.instance): one for one in objects})
    assert [*map(str, drawings)] == ["4"]
    assert [*map(str, images)] == ["1", "2"]


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("uid", ["1.2.3.4", None])
def test_h11_an_object_of_another_study_or_series_is_not_pulled(
    keyword: str, uid: str | None
) -> None:
    """Its results would be stored in another study than the one requested."""
    one, given = ct_slice(0), ct_slice(0)
    setattr(given, keyword, uid) if uid else delattr(given, keyword)
    session: Any = SimpleNamespace(
        name="pacs", list_instances=lambda *_: (name_of(one),), fetch=lambda _: given
    )
    with refuses("archive.answer", says="a different object"):
        fetch_study(session, str(one.StudyInstanceUID))
    session.fetch = lambda _: dcmread(BytesIO(pack(one)))
    assert [*fetch_study(session, str(one.StudyInstanceUID))] == ["00001.dcm"]


def unreadable() -> Dataset:
    """Write a CT image whose study UID has an unknown type: the library reads it when asked."""
    content = pack(ct_slice(0)).replace(b"\x20\x00\x0d\x00UI", b"\x20\x00\x0d\x00ZU")
    return dcmread(BytesIO(content))


def test_an_object_that_cannot_be_read_is_not_pulled() -> None:
    one = ct_slice(0)
    session: Any = SimpleNamespace(
        name="pacs", list_instances=lambda *_: (name_of(one),), fetch=lambda _: unreadable()
    )
    with refuses("archive.answer"):
        fetch_study(session, str(one.StudyInstanceUID))


def test_an_object_that_comes_back_unreadable_is_no_success() -> None:
    session: Any = SimpleNamespace(name="pacs", has=lambda _: True, fetch=lambda _: unreadable())
    with refuses("archive.answer"):
        push(session, [dcmread(BytesIO(pack(ct_slice(0))))])


def test_h16_a_requested_series_that_the_study_lacks_is_refused() -> None:
    """A mistyped UID of the drawing of tumours would give a plan without tumours."""
    one = ct_slice(0)
    study, series = str(one.StudyInstanceUID), str(one.SeriesInstanceUID)
    session: Any = SimpleNamespace(
        name="pacs",
        list_instances=lambda *_: (name_of(one),),
        fetch=lambda _: dcmread(BytesIO(pack(one))),
    )
    assert len(fetch_study(session, study, (series, series))) == 1
    with refuses("archive.not_found", says="1.2.3.9") as caught:
        fetch_study(session, study, (series, "1.2.3.9", "1.2.3.8"))
    assert "1.2.3.8" in caught.value.reason
    assert series not in caught.value.reason


def held_by(*objects: Any) -> Any:
    """Return an archive with these objects, as a session and as the place where it is opened."""
    session: Any = SimpleNamespace(
        name="pacs",
        list_instances=lambda *_: tuple(map(name_of, objects)),
        fetch=lambda name: next(dcmread(BytesIO(pack(one))) for one in objects
                                if name_of(one) == name),
        has=lambda name: name in map(name_of, objects),
    )  # fmt: skip
    session.open = lambda: session
    return session


def test_a_pulled_study_is_a_folder_with_its_objects(tmp_path: Path) -> None:
    slices = ct_slice(0), ct_slice(1)
    record = pull_study(held_by(*slices), slices[0].StudyInstanceUID, (), tmp_path / "study")
    assert (record.action, record.objects, record.folder) == ("pull", 2, "study")
    files = sorted((tmp_path / "study").iterdir())
    assert [one.name for one in files] == ["00001.dcm", "00002.dcm"]
    assert [dcmread(one).SOPInstanceUID for one in files] == [one.SOPInstanceUID for one in slices]


def test_a_study_without_ct_or_drawing_is_not_pulled(tmp_path: Path) -> None:
    """An MR study, and one with more objects than may be fetched."""
    other = ct_slice(0)
    other.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    with refuses("archive.not_found", "pacs", says="neither CT images nor segmentations"):
        pull_study(held_by(other), "1.2", (), tmp_path / "study")
    with refuses("limit.files", "pacs", says="more than 5,000"):
        pull_study(held_by(*[ct_slice(0)] * 5001), "1.2", (), tmp_path / "study")
    assert not (tmp_path / "study").exists()


ROUTES = {  # routes of a file, the one named, and the one chosen
    "the only one": (("a",), None, "a"),
    "the only one by name": (("a",), "a", "a"),
    "one of two": (("a", "b"), "b", "b"),
    "none of two": (("a", "b"), None, None),
    "another name": (("a",), "b", None),
}


@each_case("names, route, chosen", ROUTES)
def test_the_route_of_a_pulled_study_is_never_guessed(
    names: tuple[str, ...], route: str | None, chosen: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "routing.toml"
    tables = [f'[[route]]\nname = "{one}"\ncallers = ["{one.upper()}"]\n' for one in names]
    file.write_text("schema = 1\n" + "".join(tables), "utf-8")
    asked = PulledStudy(DOOR, "1.2", routing=file, route=route)
    with refuses("routing.no_route", file.name) if chosen is None else nullcontext():
        assert asked._choose_route().name == chosen


PERIODS = {  # first and last day, and the range of DICOM [PS3.4 C.2.2.2.5.1]
    "both": (date(2026, 1, 2), date(2026, 11, 30), "20260102-20261130"),
    "one day": (date(2026, 1, 2), date(2026, 1, 2), "20260102-20260102"),
    "since": (date(2026, 1, 2), None, "20260102-"),
    "until": (None, date(2026, 11, 30), "-20261130"),
    "none": (None, None, None),
}


@each_case("since, until, days", PERIODS)
def test_a_period_is_a_range_of_days(
    since: date | None, until: date | None, days: str | None
) -> None:
    given: Any = dict.fromkeys(("study", "patient_id", "accession", "modality"))
    assert make_query(given, since, until).as_keys().get("StudyDate") == days


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    """The archive would find nothing, as if the patient had no study."""
    words = "--since", "2026-03-01", "--until", "2026-02-28"
    refusal = refused("archive", "find", "pacs", *words)  # before the archives file is read
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", "--until")


EVERY_STUDY = {  # words of a command that would match several studies, and the option refused
    "patient of an unset variable": (
        ("archive", "find", "pacs", "--patient-id", ""),
        "--patient-id",
    ),
    "a blank number": (("archive", "find", "pacs", "--accession", " "), "--accession"),
    "no modality": (("archive", "find", "pacs", "--modality", ""), "--modality"),
    "no study": (("archive", "find", "pacs", "--study", ""), "--study"),
    "many studies": (("archive", "find", "pacs", "--study", "1.2.*"), "--study"),
    "two studies": (("archive", "find", "pacs", "--study", "1.2\\\\1.3"), "--study"),
    "no study to pull": (("archive", "pull", "pacs", "--study", "", "--out", "new"), "--study"),
    "no study to plan": (("plan", "--study", "", "--archive", "pacs"), "--study"),
    "any series": (
        ("archive", "pull", "pacs", "--study", "1.2", "--series", "*", "--out", "new"),
        "--series",
    ),
}


@each_case("words, option", EVERY_STUDY)
def test_h11_what_would_match_every_study_is_refused(
    words: tuple[str, ...], option: str, tmp_path: Path
) -> None:
    archives = tmp_path / "archives.toml"
    archives.write_text(FILE_OF_ARCHIVES, "utf-8")
    refusal = refused(*words, "--archives", archives)
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)


def test_a_study_is_pulled_again_in_place_of_an_earlier_one(tmp_path: Path) -> None:
    """Two objects, then one: no object of the earlier pull remains. Other files are kept."""
    slices, folder = (ct_slice(0), ct_slice(1)), tmp_path / "study"
    pull_study(held_by(*slices), "1.2", (), folder)
    with refuses("output.exists", "study"):
        pull_study(held_by(slices[1]), "1.2", (), folder)
    pull_study(held_by(slices[1]), "1.2", (), folder, force=True)
    (only,) = folder.iterdir()
    assert dcmread(only).SOPInstanceUID == slices[1].SOPInstanceUID
    (folder / "notes.txt").touch()
    with refuses("output.other_files", "study"):
        pull_study(held_by(slices[1]), "1.2", (), folder, force=True)


COMBINED = {  # options of a plan, and the option refused
    "archive alone": (("--archive", "pacs"), "--archive"),
    "push alone": (("--push",), "--push"),
    "study alone": (("--study", "1.2"), "--study"),
    "with a case": (("case.toml", "--study", "1.2", "--archive", "pacs"), "--study"),
    "route alone": (("--study", "1.2", "--archive", "pacs", "--route", "r"), "--route"),
    "not clinical": (("--study", "1.2", "--archive", "pacs", "--push", "--dicom", "out"), "--push"),
    "replaces alone": (("--replaces", "old"), "--replaces"),
}


@each_case("words, option", COMBINED)
def test_options_that_do_not_fit_together_are_refused(words: tuple[str, ...], option: str) -> None:
    refusal = refused("plan", *words)
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)


STARTS = {  # words of a command, and what is said
    "no folder": (("watch", "none", "routing.toml", "--store", "s"), "there is no such folder"),
    "store within": (("watch", ".", "routing.toml", "--store", "s"), "is in the watched folder"),
    "no receiver": (("listen", "routing.toml", "--store", "s"), "the file has no table [listen]"),
    "no routing": (("listen", "none.toml", "--store", "s"), "none.toml"),
}


@each_case("words, says", STARTS)
def test_a_gateway_that_cannot_work_does_not_begin(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "routing.toml").write_text('schema = 1\n[[route]]\nname = "r"\n', "utf-8")
    ran = ask(*words)
    assert ran.status == 2
    assert ran.err.startswith("refused: ")
    assert says in " ".join(ran.err.split())
    assert not (tmp_path / "s").exists()


def test_an_archives_file_next_to_the_data_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would receive the password of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    text = 'schema = 1\n[archives.pacs]\ndicomweb = "http://127.0.0.1:9/w"\n'
    (tmp_path / "archives.toml").write_text(text, "utf-8")
    assert refused("archive", "find", "pacs")["code"] == "archive.no_file"
    (tmp_path / "config" / "fl-planner").mkdir(parents=True)
    (tmp_path / "config" / "fl-planner" / "archives.toml").write_text(text, "utf-8")
    ran = ask("archive", "find", "pacs", "--json")
    assert ran.record["refusal"]["code"] == "archive.unreachable"
