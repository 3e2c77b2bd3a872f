"""A compressed picture is stored as it is, or uncompressed where an archive requires that."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity

from fl_planner.archive.accepted_classes import CAPTURE, decompress, is_compressed
from fl_planner.archive.connection import Archive, NodeAddress, WebAddress
from fl_planner.archive.push import find_differences, is_same, name_of, push
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from tests.archive.networks import own_network
from tests.archive.pacs import NODE_PORT, TOKEN, WEB_PORT, tiny_pacs
from tests.archive.test_dicomweb import Serving, serving
from tests.formats.dicom.dicoms import seg
from tests.refusals import refuses

__all__ = ["serving"]  # a fixture
PORT = 11105
slow = pytest.mark.slow


def picture(number: int = 1) -> Dataset:
    """Make a compressed Secondary Capture."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = CAPTURE, f"1.2.826.88.{number}"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.826.88", "1.2.826.88.7"
    made.Modality, made.ConversionType = "OT", "WSD"
    made.PatientID, made.PatientName, made.StudyDate, made.StudyTime = "P", "P", "", ""
    made.StudyID = made.AccessionNumber = made.PatientBirthDate = made.PatientSex = ""
    made.SeriesNumber = made.InstanceNumber = 1
    made.Rows, made.Columns, made.SamplesPerPixel = 20, 30, 3
    made.PhotometricInterpretation, made.PlanarConfiguration = "RGB", 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.PixelData = np.random.default_rng(3).integers(0, 255, 1800, np.uint8).tobytes()
    made["PixelData"].VR = "OB"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.compress(JPEGLSLossless, generate_instance_uid=False)
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    return dcmread(BytesIO(content.getvalue()))


def test_a_decompressed_copy_counts_as_the_same() -> None:
    one = picture()
    copy = decompress(one)
    assert (is_compressed(one), is_compressed(copy)) == (True, False)
    assert copy.SOPInstanceUID == one.SOPInstanceUID
    assert is_same(one, copy)
    copy.PixelData = copy.PixelData[:-1] + bytes([copy.PixelData[-1] ^ 1])
    assert [*find_differences(one, copy)] == ["PixelData"]


def flip_a_pixel(one: Dataset) -> None:
    one.PixelData = one.PixelData[:-1] + bytes([one.PixelData[-1] ^ 1])


def space_voxels_otherwise(one: Dataset) -> None:
    one.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [1.0, 1.0]


def name_a_segment_otherwise(one: Dataset) -> None:
    one.SegmentSequence[0].SegmentLabel = "Spleen"


CHANGES = {  # of an object that an archive gives back, and the first element that differs
    "a pixel": (flip_a_pixel, "PixelData"),
    "voxels": (space_voxels_otherwise, "SharedFunctionalGroupsSequence"),
    "a name": (name_a_segment_otherwise, "SegmentSequence"),
    "another patient": (lambda one: setattr(one, "PatientID", "OTHER"), "PatientID"),
    "an element more": (lambda one: setattr(one, "ImageComments", "x"), "(0020,4000)"),
    "an element less": (lambda one: delattr(one, "PatientID"), "(0010,0020)"),
}


@pytest.mark.parametrize(("change", "differs"), CHANGES.values(), ids=[*CHANGES])
def test_an_object_of_the_same_uid_is_compared_by_its_content(change: Any, differs: str) -> None:
    one, given = seg(), seg()
    assert is_same(one, given)
    change(given)
    assert given.SOPInstanceUID == one.SOPInstanceUID
    assert not is_same(one, given)
    assert [*find_differences(one, given)] == [differs]


def test_a_damaged_picture_is_not_decompressed() -> None:
    one = picture()
    one.PixelData = one.PixelData[:1000]
    with refuses("archive.member"):
        decompress(one)


@pytest.fixture
def nodes() -> Iterator[Any]:
    with own_network():
        servers: list[Any] = []
        came: list[Dataset] = []

        def keep(event: Any) -> int:
            fetched = event.dataset
            fetched.file_meta = event.file_meta
            came.append(fetched)
            return 0

        def start(*syntaxes: str) -> tuple[Any, list[Dataset]]:
            entity = ApplicationEntity("PACS")
            entity.add_supported_context(CAPTURE, [*syntaxes])
            servers.append(
                entity.start_server(
                    ("127.0.0.1", PORT), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)]
                )
            )
            return open_session(Archive("pacs", NodeAddress("127.0.0.1", PORT, "PACS", "US"))), came

        yield start
        for one in servers:
            one.shutdown()


@pytest.mark.essential
@slow
@pytest.mark.parametrize("knows", [True, False], ids=["JPEG-LS", "uncompressed alone"])
def test_a_node_gets_what_it_accepts(knows: bool, nodes: Any) -> None:
    accepted = (ExplicitVRLittleEndian, JPEGLSLossless) if knows else (ExplicitVRLittleEndian,)
    session, came = nodes(*accepted)
    one = picture()
    session.store([one])
    (stored,) = came
    assert is_compressed(stored) is knows
    assert is_same(one, stored)


@slow
def test_a_node_that_accepts_no_picture_is_named(nodes: Any) -> None:
    session, _ = nodes("1.2.840.10008.1.2.4.50")
    with refuses("archive.no_class"):
        session.store([picture()])


@pytest.mark.parametrize("status", [415, 409, 200])
def test_a_web_archive_that_refuses_compression_gets_it_without(
    status: int, serving: Serving
) -> None:
    asked: list[str] = []
    failed = b'[{"00081198": {"vr": "SQ", "Value": [{}]}}]' if status == 200 else b""
    kinds = {"Content-Type": "application/dicom+json"}

    def answer(path: str, _: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return (status, kinds, failed[1:-1]) if len(asked) == 1 else (200, kinds, b"{}")

    serving(answer).session().store([picture()])
    assert len(asked) == 2


def test_a_web_archive_that_refuses_the_login_is_asked_once(serving: Serving) -> None:
    asked: list[str] = []

    def answer(path: str, _: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return 401, {}, b""

    with pytest.raises(InputRefused) as caught:
        serving(answer).session().store([picture()])
    assert (caught.value.code, len(asked)) == ("archive.login", 1)


@slow
@pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set")  # of theirs
@pytest.mark.parametrize("kind", ["web", "dimse"])
def test_another_archive_gives_a_compressed_picture_back_equal(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_PACS_TOKEN", TOKEN)
    address = (
        WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicomweb", "token")
        if kind == "web"
        else NodeAddress("127.0.0.1", NODE_PORT, "TINY", "FLPLANNER")
    )
    with tiny_pacs(tmp_path):
        session = open_session(Archive("pacs", address))
        one = picture()
        assert push(session, [one]) == 1
        assert push(session, [one]) == 0
        assert is_same(one, session.fetch(name_of(one)))
