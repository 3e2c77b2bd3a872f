"""Who or what drew a segment, read from DICOM SEG and from 3D Slicer, and written again.

The words are those of DICOM [PS3.3 C.8.20.4]; 3D Slicer stores them as tags of a segment.
"""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from fl_planner.formats.segments.by_role import as_dicom_words, author_of
from fl_planner.formats.voxels.values import SegmentFile
from fl_planner.space.mask import Author
from tests.formats.dicom.dicoms import item, pack, read, seg
from tests.masks import UPRIGHT
from tests.nrrds import seg_nrrd, segment

TOTAL = Author("automatic", "TotalSegmentator", "2.4.0")
# type, name, version of the file -> what it states; None: the author is unknown
STATED: list[tuple[str | None, str | None, str | None, Author | None]] = [
    ("AUTOMATIC", "TotalSegmentator", "2.4.0", TOTAL),
    ("AUTOMATIC", "nnU-Net", None, Author("automatic", "nnU-Net")),
    ("AUTOMATIC", None, None, Author("automatic")),
    ("AUTOMATIC", "unknown", "1", Author("automatic")),
    ("SEMIAUTOMATIC", "Grow from seeds", None, Author("semi-automatic", "Grow from seeds")),
    ("SEMIAUTOMATIC", "unknown", None, None),
    ("MANUAL", None, None, Author("manual")),
    ("", None, None, None),
    (None, "TotalSegmentator", None, None),
    ("ROBOT", "TotalSegmentator", None, None),
]


def in_seg(kind: str | None, engine: str | None, version: str | None) -> Dataset:
    data = seg()
    (part,) = data.SegmentSequence
    del part.SegmentAlgorithmType
    if kind is not None:
        part.SegmentAlgorithmType = kind
    if engine is not None:
        part.SegmentAlgorithmName = engine
    if version is not None:
        named = item(AlgorithmName=engine, AlgorithmVersion=version)
        part.SegmentationAlgorithmIdentificationSequence = [named]
    return data


def in_tags(kind: str | None, engine: str | None, version: str | None) -> bytes:
    said = (
        ("DICOM.SegmentAlgorithmType", kind),
        ("DICOM.SegmentAlgorithmName", engine),
        ("DICOM.AlgorithmVersion", version),
    )
    tags = [f"{tag}:{value}" for tag, value in said if value is not None]
    keys = segment(0, "Liver") | {"Segment0_Tags": "|".join(["Segmentation.Status:done", *tags])}
    voxels = np.zeros((6, 5, 4), dtype=np.uint8)
    voxels[1:4, 1:3, 1:3] = 1
    return seg_nrrd([voxels], UPRIGHT, keys)


def author_in(file: SegmentFile) -> Author | None:
    return file.whole("liver").author


@pytest.mark.parametrize(("kind", "engine", "version", "author"), STATED)
def test_the_author_of_a_dicom_seg_and_of_a_segment_of_slicer(
    kind: str | None, engine: str | None, version: str | None, author: Author | None, tmp_path: Path
) -> None:
    assert author_in(read(tmp_path, pack(in_seg(kind, engine, version)))) == author
    file = read(tmp_path, in_tags(kind, engine, version), name="liver.seg.nrrd")
    assert author_in(file) == author


def test_an_engine_in_the_sequence_alone_is_read(tmp_path: Path) -> None:
    data = in_seg("AUTOMATIC", None, None)
    engines = [item(AlgorithmName="MONAI", AlgorithmVersion="1.3")]
    data.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence = engines
    assert author_in(read(tmp_path, pack(data))) == Author("automatic", "MONAI", "1.3")


def test_an_automatic_segment_is_reported_with_its_program(tmp_path: Path) -> None:
    file = read(tmp_path, pack(in_seg("AUTOMATIC", "TotalSegmentator", "2.4.0")))
    (found,) = file.findings
    assert found.code == "segments.automatic"
    assert found.message == "liver.dcm: drawn automatically by TotalSegmentator 2.4.0: Liver"
    nameless = read(tmp_path, pack(in_seg("AUTOMATIC", None, None)), name="other.dcm")
    assert "by an unnamed program" in nameless.findings[0].message


@pytest.mark.parametrize(("kind", "engine"), [("MANUAL", None), ("SEMIAUTOMATIC", "Seeds")])
def test_a_segment_of_a_reader_is_silent(kind: str, engine: str | None, tmp_path: Path) -> None:
    assert read(tmp_path, pack(in_seg(kind, engine, None))).findings == ()


@pytest.mark.parametrize(
    "author", [None, TOTAL, Author("manual"), Author("semi-automatic", "Seeds", "5")]
)
def test_what_is_written_is_read_again(author: Author | None) -> None:
    assert author_of(*as_dicom_words(author)) == author
