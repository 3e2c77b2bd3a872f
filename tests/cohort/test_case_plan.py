"""A case of a cohort, planned: what its result rests on, and when that holds no longer."""

import gzip
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fl_planner
from fl_planner.cohort import case as planning
from fl_planner.cohort.case import (
    MISSING,
    RESULTS,
    Asked,
    CohortCase,
    describe_changes,
    hash_paths,
    make_shared_key,
    plan_case,
)
from fl_planner.cohort.source.case_table import CohortSource
from fl_planner.formats.dicom import file as dicom_folder
from fl_planner.formats.read import list_files
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.many import ForAll, plan_trusted
from tests.cli.outside import SMALL
from tests.cohort.cohorts import small_cases
from tests.formats.dicom.test_ct_series import folder as ct_folder
from tests.formats.dicom.test_ct_series import slices
from tests.formats.opening import block
from tests.formats.reading import FORMS
from tests.formats.text_headers import META, NRRD
from tests.niftis import nifti_pair
from tests.refusals import ends_within


@pytest.fixture
def case(tmp_path: Path) -> CohortCase:
    """Give one case."""
    (found,) = CohortSource(tuple(small_cases(tmp_path, 1))).read()[1]
    return found


def asked(**more: bool) -> Asked:
    said = ForAll()
    wanted = {"report": False, "pictures": False, **more}
    return Asked(said, make_shared_key(said, **wanted), **wanted)


@pytest.mark.slow
def test_h04_a_result_holds_until_what_it_rests_on_changes(case: CohortCase) -> None:
    first = plan_case(case, asked(), None)
    assert first.status == "planned"
    assert plan_case(case, asked(), first.key).status is None
    assert plan_case(case, asked(), {**first.key, RESULTS: ""}).status == "planned"
    assert plan_case(case, asked(pictures=True), first.key).status == "planned"
    said = replace(case, text=case.text.replace("crlm", "hcc"))
    assert plan_case(said, asked(), first.key).status == "planned"
    mask = Path(case.folder, "flr.nii")
    content = bytearray(mask.read_bytes())
    content[-1] ^= 1
    mask.write_bytes(content)
    assert plan_case(case, asked(), first.key).key["inputs"] != first.key["inputs"]


@pytest.mark.slow
def test_h04_a_result_names_the_program_that_made_it(
    case: CohortCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone that was changed has the same version."""
    before = planning.hash_program()
    package = tmp_path / "package"
    compiled = shutil.ignore_patterns("__pycache__")  # by other processes at this moment
    shutil.copytree(Path(fl_planner.__file__).parent, package, ignore=compiled)
    monkeypatch.setattr(planning, "__file__", str(package / "cohort" / "case.py"))
    assert planning.hash_program.__wrapped__() == before
    source = package / "liver" / "volumetry.py"
    source.write_text(source.read_text("utf-8") + "\n", "utf-8")
    after = planning.hash_program.__wrapped__()
    assert after != before
    first = plan_case(case, asked(), None)
    changed = replace(asked(), key={**asked().key, "code": after})
    assert plan_case(case, changed, first.key).status == "planned"
    assert describe_changes(first.key, {**first.key, "code": after}) == ("the program code",)


@pytest.mark.slow
def test_h04_a_result_rests_on_the_voxels_of_a_header_too(case: CohortCase) -> None:
    mask = Path(case.folder, "flr.nii")
    content = mask.read_bytes()
    header = bytearray(content[:348])
    header[108:112], header[344:348] = bytes(4), b"ni1\0"  # where its voxels begin, and a pair
    mask.with_suffix(".hdr").write_bytes(header)
    voxels = mask.with_name("flr.img.gz")
    voxels.write_bytes(gzip.compress(content[352:]))
    paired = replace(case, text=case.text.replace("flr.nii", "flr.hdr"))
    first = plan_case(paired, asked(), None)
    assert first.status == "planned"
    assert plan_case(paired, asked(), first.key).status is None
    voxels.write_bytes(gzip.compress(bytes(8000) + content[352 + 8000 :]))
    assert plan_case(paired, asked(), first.key).status is not None


def test_h04_a_result_rests_on_every_slice_of_a_ct(tmp_path: Path) -> None:
    """Whether its folder is named, or one slice of it."""
    files = slices()
    ct = ct_folder(tmp_path, files)
    first, *_, last = sorted(files)
    for named in (ct, ct / first):
        before = hash_paths(list_files(named, Limits()))
        content = bytearray(files[last])
        content[-1] ^= 1
        (ct / last).write_bytes(content)
        assert hash_paths(list_files(named, Limits())) != before
        (ct / last).write_bytes(files[last])
        assert hash_paths(list_files(named, Limits())) == before


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["flr.nii", "ct/IM0000"])
def test_h04_a_file_that_changes_while_it_is_read_is_refused(
    changed: str, case: CohortCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_folder(Path(case.folder), slices())
    with_ct = replace(case, text=f'{case.text}[imaging]\nct = "ct"\n')

    def change(request: Request, said: ForAll, name: str) -> tuple[Plan, PlanRecord]:
        path = Path(case.folder, changed)
        told = path.stat()
        os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + 10**9))
        return plan_trusted(replace(request, ct=None), said, name)

    monkeypatch.setattr(planning, "plan_trusted", change)
    found = plan_case(with_ct, asked(), None)
    assert found.refusal is not None
    assert found.refusal.code == "cohort.changed"


PAIR = (*zip(("m.hdr", "m.img.gz"), nifti_pair(block(), **FORMS), strict=True),)
TEXTS = (
    (name, form.content(data=b"", **{form.data: "m.raw"}))
    for form in (NRRD, META)
    for name in (form.header, form.file)  # whatever it is called
)


@pytest.mark.parametrize(
    "files",
    [PAIR, PAIR[::-1], *((one, ("m.raw", b"1")) for one in TEXTS), (("series/1.dcm", b"1"),)],
    ids=lambda files: files[0][0],
)
def test_h04_what_a_header_names_belongs_to_its_hash(
    files: tuple[tuple[str, bytes], ...], tmp_path: Path
) -> None:
    """As a series' slices do; where all of it lies does not count."""
    for folder in ("a", "b"):
        for name, content in files:
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_bytes(content)
    named, behind = files[0][0].partition("/")[0], files[-1][0]

    def key_of(folder: str) -> str:
        return hash_paths(list_files(tmp_path / folder / named, Limits()))

    first = key_of("a")
    assert key_of("b") == first
    (tmp_path / "b" / behind).write_bytes(files[-1][1] + b"2")
    assert key_of("b") != first


def test_a_file_that_is_not_there_has_a_key_too(tmp_path: Path) -> None:
    assert hash_paths([tmp_path / "none"]) == hash_paths([tmp_path / "c" / "none"])
    assert MISSING not in hash_paths([tmp_path / "none"])


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    pipe, endless, none = (tmp_path / name / "liver.nii" for name in ("pipe", "endless", "none"))
    pipe.parent.mkdir()
    endless.parent.mkdir()
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    for path in (pipe, endless):
        with ends_within(20):
            assert hash_paths([path]) == hash_paths([none])


def test_a_folder_of_too_many_files_is_refused_before_they_are_hashed(
    case: CohortCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system's whole disk may be named; a folder of segments is read without sub-folders."""
    below = Path(case.folder, "series", "below")
    below.mkdir(parents=True)
    for number in range(4):
        (below / f"{number}.txt").touch()
    monkeypatch.setattr(dicom_folder, "MOST_MEMBERS", 3)
    named = replace(case, text=case.text.replace('"liver.nii"', '"series"'))
    answer = plan_case(named, asked(), None)
    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.source) == ("limit.files", "series")
    assert answer.key["inputs"] == ""
    for number in range(1, 9):
        SMALL.file(
            below.parent / f"liver_segment_{number}.nii",
            (SMALL.segments() == number).astype(np.uint8),
        )
    mapped = replace(case, text=f'{case.text}labelmap = "series"\n')
    assert plan_case(mapped, asked(), None).status == "planned"
