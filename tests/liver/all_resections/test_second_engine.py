"""Resections, margins, depths and diameters on whole livers, against scipy's own engines."""

from functools import cache
from pathlib import Path

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import root
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case
from tests.cases import sure
from tests.liver.test_public_livers import MAPS, REMNANTS, read, with_tumour

pytestmark = pytest.mark.slow

BUNDLED = Path(__file__).resolve().parents[3] / "sample_data"
TUMOURS = ["002", "008", "010"]
Array = npt.NDArray[np.float64]


@cache
def bundled(
    name: str,
) -> tuple[Measured, npt.NDArray[np.uint8], npt.NDArray[np.bool_], list[float]]:
    folder = BUNDLED / name
    paths = {part: folder / f"{part}.nii.gz" for part in ("liver", "tumour", "segments")}
    files = MaskFiles(
        {"liver": paths["liver"], "tumour": paths["tumour"]}, label_map=paths["segments"]
    )
    measured = of(read_anatomy(files, Limits()).anatomy)
    images = {part: nibabel.load(path) for part, path in paths.items()}
    arrays = {part: np.asarray(image.dataobj) for part, image in images.items()}  # type: ignore[attr-defined]
    spacing = [float(edge) for edge in images["tumour"].header.get_zooms()]  # type: ignore[attr-defined]
    return measured, arrays["segments"].astype(np.uint8), arrays["tumour"] > 0, spacing


def of(anatomy: Anatomy) -> Measured:
    return measure_plan(Case(anatomy, ()))


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_named_resections_of_public_maps_are_those_of_the_list(name: str) -> None:
    done, row = read(name)
    found = sure(of(done.anatomy).resections)
    if set("12345678") - done.anatomy.segments.keys():
        assert found == ()  # a missing segment is asked for first
        return
    by_kept = {"".join(one.kept): one for one in found}
    for key, kept in REMNANTS.items():
        percent = row["flr_percent"][key]
        assert f"{by_kept[kept].flr.percent:.{len(str(percent).partition('.')[2])}f}" == str(
            percent
        )
    for one in found:
        voxels = sum(done.anatomy.segments[segment].voxel_count for segment in one.kept)
        assert one.flr.numerator_voxels == voxels
        assert one.flr.denominator_voxels == row["liver_voxels"]


@pytest.mark.parametrize("name", ["crlm", "hcc"])
def test_every_margin_is_that_of_a_distance_transform(name: str) -> None:
    measured, segments, tumour, spacing = bundled(name)
    assert measured.sites is not None
    (box,) = ndimage.find_objects(1 * ((segments > 0) | tumour))  # nobody asks for more
    away = [
        ndimage.distance_transform_edt(~one.mask.as_array()[box], sampling=spacing)
        for one in sure(measured.lesions).items
    ]
    parts = [one.mask.as_array()[box] for one in sure(measured.lesions).items]
    free = np.where(tumour, 0, segments)[box]
    away = [far[free > 0] for far in away]
    free = free[free > 0]
    nearest = [{n: float(far[free == n].min()) for n in range(1, 9)} for far in away]
    every = measured.resections or ()
    assert len(every) == 254
    for row in (*every[::9], *(one for one in every if one.name)):
        gaps = [nearest[n - 1][int(kept)] for n in row.cleared for kept in row.kept]
        assert row.margin_mm == (pytest.approx(min(gaps)) if gaps else None)
        inside = np.isin(segments[box], [int(kept) for kept in row.kept])
        staying = [n for n, part in enumerate(parts) if 2 * inside[part].mean() > 1]
        kept_voxels = np.isin(np.arange(9), [int(kept) for kept in row.kept])[free]
        near = np.minimum.reduce([away[n][kept_voxels] for n in staying]) if staying else None
        for reach, share in row.flr_after_clearing.items():
            lost = 0 if near is None else np.count_nonzero(near <= reach + 1e-6)
            assert share.numerator_voxels == row.flr.numerator_voxels - lost


@pytest.mark.parametrize("name", TUMOURS)
def test_depths_of_public_lesions_are_those_of_a_distance_transform(name: str) -> None:
    anatomy = with_tumour(name).anatomy
    measured = of(anatomy)
    edges, organ = anatomy.liver.grid.spacing_mm, anatomy.organ.as_array()
    parts = [organ, *(vessel.as_array() for vessel in anatomy.vessels.values())]
    (box,) = ndimage.find_objects(1 * ndimage.binary_dilation(np.logical_or.reduce(parts)))
    inside = np.pad(organ[box], 1, constant_values=True)  # what lies beyond the scan is not known
    depth = ndimage.distance_transform_edt(inside, sampling=edges)[1:-1, 1:-1, 1:-1]
    far = {
        name: ndimage.distance_transform_edt(~vessel.as_array()[box], sampling=edges)
        for name, vessel in anatomy.vessels.items()
    }
    for lesion, site in zip(sure(measured.lesions).items, sure(measured.sites), strict=True):
        own = lesion.mask.as_array()[box]
        assert site.surface_mm == pytest.approx(float(depth[own].min()))
        for vessel, mm in site.vessels_mm.items():
            assert mm == pytest.approx(float(far[vessel][own].min()))


@pytest.mark.parametrize("name", TUMOURS)
def test_diameters_of_public_lesions_are_those_of_their_hulls(name: str) -> None:
    measured = of(with_tumour(name).anatomy)
    for lesion in sure(measured.lesions).items:
        grid = lesion.mask.grid
        centres = grid.places_mm(np.argwhere(lesion.mask.as_array()))
        longest: Array = pdist(centres[ConvexHull(centres).vertices])
        assert float(root(lesion.diameters.longest_centre_mm2)) == pytest.approx(longest.max())
