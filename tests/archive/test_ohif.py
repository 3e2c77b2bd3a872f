"""A plan of a real CT, stored in an archive, as a hospital's viewer shows it.

The masks are bodies of a known shape on the CT, so that the voxels of each slice, and where they
are on the screen, are known without the program.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from fl_planner.archive.push import push
from tests.archive.networks import PASSWORD, orthanc
from tests.archive.ohif import needs_viewer, viewer
from tests.archive.ohif_visit import SEEN, SLICES
from tests.browsers import needs_browser
from tests.cli.outside import REPOSITORY, told
from tests.gateway.gateways import open_archive, write_files
from tests.shared import shared

pytestmark = [
    pytest.mark.slow,
    needs_viewer,
    needs_browser,
    pytest.mark.filterwarnings("ignore:The string .* is unlikely to represent:UserWarning"),
]
hd: Any = import_module("highdicom")  # its calls are untyped
Mask = np.ndarray[Any, np.dtype[np.bool_]]

SHOWN = (8, 12, 22, 30, 36)  # slices; nothing is drawn on the first and the last
MOST_S = 400  # of a visit: twenty times as long as on an idle computer
COLOURED = 12  # of 255: least difference of the channels where something is drawn over a grey CT
NAMES = {"Liver": "liver", "Tumour": "tumour", "Future liver remnant": "flr"}  # as shown -> mask


@dataclass(frozen=True)
class Drawn:
    """The CT, from the feet upwards, and bodies that were drawn on it."""

    slices: Sequence[Dataset]
    masks: dict[str, Mask]

    @property
    def study(self) -> str:
        """The UID of the study."""
        return str(self.slices[0].StudyInstanceUID)

    def as_seg(self) -> Dataset:
        """Make the SEG of a workstation."""
        described = [
            hd.seg.SegmentDescription(
                number, name, codes.SCT.Organ, kind, hd.seg.SegmentAlgorithmTypeValues.MANUAL
            )
            for number, (name, kind) in enumerate(
                [
                    ("Liver", codes.SCT.Liver),
                    ("Tumour", codes.SCT.Neoplasm),
                    ("FLR", codes.SCT.Liver),
                ],
                1,
            )
        ]
        made = hd.seg.Segmentation(
            self.slices,
            np.stack([*self.masks.values()], axis=-1).astype(np.uint8),
            hd.seg.SegmentationTypeValues.BINARY,
            described,
            series_instance_uid="1.2.826.77.1004.1",
            series_number=7,
            sop_instance_uid="1.2.826.77.1004.2",
            instance_number=1,
            manufacturer="tests",
            manufacturer_model_name="tests",
            software_versions="1",
            device_serial_number="1",
            series_description="Drawing",
        )
        content = BytesIO()
        made.save_as(content)
        return dcmread(BytesIO(content.getvalue()))


def draw() -> Drawn:
    """Draw an ellipsoid, a smaller one in it, and the part of the first on one side of a plane."""
    paths = shared("data", "crlm", "CRLM-CT-1004").glob("*.dcm")
    slices = sorted(map(dcmread, paths), key=lambda one: float(one.ImagePositionPatient[2]))
    k, row, column = np.ogrid[: len(slices), :512, :512]
    liver = ((k - 22) / 12) ** 2 + ((row - 240) / 72) ** 2 + ((column - 160) / 65) ** 2 <= 1
    tumour = ((k - 22) / 2.5) ** 2 + ((row - 240) / 14) ** 2 + ((column - 120) / 14) ** 2 <= 1
    return Drawn(slices, {"liver": liver, "tumour": tumour, "flr": liver & (column >= 150)})


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw()


@pytest.fixture(scope="module")
def folder(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store CT and SEG, plan, store the result set, and look at it in the viewer."""
    place = tmp_path_factory.mktemp("ohif")
    with pytest.MonkeyPatch.context() as patch, orthanc(place / "orthanc"):
        patch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
        patch.chdir(place)
        write_files(place)
        push(open_archive(), [*drawn.slices, drawn.as_seg()])
        told("plan", "--study", drawn.study, "--archive", "web", "--archives",
             place / "archives.toml", "--profile", "clinical", "--dicom", "results", "--push",
             "--json", "--quiet")  # fmt: skip
        asked = [
            {"instance": str(one.SOPInstanceUID), "places": corners(one)}
            for one in (drawn.slices[k] for k in SHOWN)
        ]
        (place / SLICES).write_text(json.dumps(asked), "utf-8")
        series = str(result(place).SeriesInstanceUID)
        with viewer() as address:
            command = (sys.executable, "-m", "tests.archive.ohif_visit")
            given = (address, drawn.study, series, str(place))
            found = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
            subprocess.run([*command, *given], env=found, check=True, timeout=MOST_S)
    return place


def corners(one: Dataset) -> list[list[float]]:
    """Give the centres of three corner pixels of an axial slice, in millimetres."""
    x, y, z = map(float, one.ImagePositionPatient)
    far = 511 * float(one.PixelSpacing[0])
    return [[x, y, z], [x + far, y, z], [x, y + far, z]]


def result(folder: Path) -> Dataset:
    return dcmread(folder / "results" / "segmentation.dcm")


@pytest.fixture(scope="module")
def seen(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / SEEN).read_text("utf-8"))
    return read


def test_the_study_has_the_result_set_and_one_patient(seen: dict[str, Any]) -> None:
    described = {(one["modality"], one["description"]) for one in seen["objects"]}
    assert described == {
        ("CT", "CT CH/AB/PEL"),
        ("SEG", "Drawing"),
        ("SEG", "Liver plan: segmentation"),
        ("SR", "Liver plan: measurements"),
        ("OT", "Liver plan: contact sheet"),
        ("DOC", "Liver plan: report"),
        ("KO", "Liver plan: manifest"),
    }
    assert {tuple(who) for one in seen["objects"] for who in one["patients"]} == {
        ("CRLM-CT-1004", "CRLM-CT-1004")
    }
    assert "multiple patients" not in seen["text"].lower()
    assert seen["console"] == []


def test_the_segments_are_listed_by_name_and_colour(seen: dict[str, Any], folder: Path) -> None:
    """The names of the plan, in the colours that its SEG recommends."""
    assert [one["name"] for one in seen["segments"]] == [*NAMES]
    items = result(folder).SegmentSequence
    assert [item.SegmentLabel for item in items] == [*NAMES]
    for item, one in zip(items, seen["segments"], strict=True):
        wanted = hd.color.CIELabColor.from_dicom_value(item.RecommendedDisplayCIELabValue).to_rgb()
        assert colour(one["colour"]) == pytest.approx(wanted, abs=2)


def colour(text: str) -> list[int]:
    return [int(one) for one in text.removeprefix("rgb(").removesuffix(")").split(",")]


def test_each_slice_has_the_voxels_that_were_drawn(seen: dict[str, Any], drawn: Drawn) -> None:
    """Of the remnant and the tumour all; of the liver those that no other segment covers."""
    masks = {**drawn.masks, "liver": drawn.masks["liver"] & ~drawn.masks["tumour"]}
    for k, one in enumerate(drawn.slices):
        counts = seen["counts"][str(one.SOPInstanceUID)]
        found = {seen["names"][number]: count for number, count in counts.items()}
        for name in ("Tumour", "Future liver remnant"):
            assert found.get(name, 0) == masks[NAMES[name]][k].sum()
        most = drawn.masks["liver"][k].sum()
        assert most - drawn.masks["tumour"][k].sum() <= found.get("Liver", 0) <= most


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_what_is_drawn_is_where_it_was_drawn(
    number: int, seen: dict[str, Any], folder: Path, drawn: Drawn
) -> None:
    """In place, size and colour, on the screen."""
    from matplotlib.image import imread

    k = SHOWN[number]
    shown = seen["drawn"][str(drawn.slices[k].SOPInstanceUID)]
    picture = (255 * imread(folder / shown["picture"])[..., :3]).astype(int)
    is_drawn = np.ptp(picture, axis=-1) >= COLOURED
    liver = drawn.masks["liver"][k]
    origin, right, down = map(np.array, shown["places"])
    across, along = (right - origin) / 511, (down - origin) / 511  # of a voxel, on the screen
    area = abs(across[0] * along[1] - across[1] * along[0])
    assert is_drawn.sum() == pytest.approx(liver.sum() * area, rel=0.01)
    if not liver.any():
        return
    found = np.argwhere(is_drawn).mean(axis=0)[::-1] + 0.5
    rows, columns = np.nonzero(liver)
    assert found == pytest.approx(origin + columns.mean() * across + rows.mean() * along, abs=1)
    colours = {one["name"]: np.array(colour(one["colour"])) for one in seen["segments"]}
    for name, mask in NAMES.items():
        own = drawn.masks[mask][k].copy()
        if mask == "liver":
            own &= ~drawn.masks["flr"][k] & ~drawn.masks["tumour"][k]
        if own.any():
            place = inner_voxel(own)
            x, y = origin + place[1] * across + place[0] * along
            tint = as_tint(picture[int(y), int(x)])
            assert tint @ as_tint(colours[name]) > 0.95


def inner_voxel(mask: Mask) -> tuple[int, int]:
    """Find a voxel far from the rim of a mask."""
    from scipy.ndimage import distance_transform_edt

    row, column = np.unravel_index(np.argmax(distance_transform_edt(mask)), mask.shape)
    return int(row), int(column)


def as_tint(rgb: Any) -> Any:
    """Give the direction of a colour away from grey; a drawing over a grey CT keeps it."""
    away = rgb - np.mean(rgb)
    return away / np.linalg.norm(away)
