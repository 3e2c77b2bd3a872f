"""Small right studies of nuclear medicine: frames with regions, curves, SPECTs, planar MAA.

The matrix is 8 x 8, the study 13 frames of 30 s; its columns hold unlike counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from sample_data.nuclear import Phase, dynamic, static, tomo
from tests.fuzz.specimens import Specimen, packed
from tests.masks import block
from tests.niftis import both_forms, nifti

FRAMES, FRAME_MS = 13, 30_000
SIDE = 8  # rows and columns
GRID = Grid.upright((SIDE, SIDE, SIDE), (20.0, 20.0, 20.0))
OF_SPECT = frozenset({"function.bile_not_given", "function.share_by_shift"})
FIRST_MM = (-140.0, -140.0, 0.0)  # LPS: the SPECT covers GRID


def region(rows: tuple[int, int], columns: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Draw a block on the matrix, (columns, rows, 1) as a mask has it."""
    drawn = np.zeros((SIDE, SIDE, 1), np.uint8)
    drawn[slice(*columns), slice(*rows)] = 1
    return drawn


LIVER, HEART, LUNGS = region((3, 6), (1, 5)), region((0, 2), (4, 7)), region((0, 3), (1, 8))


def heads(mids_s: Sequence[float]) -> dict[str, npt.NDArray[np.uint16]]:
    """Count a liver that takes up what all else loses, as each head sees it, without noise."""
    mids = np.array(mids_s)[:, None, None]
    left, decayed = np.exp(-0.12 * mids / 60), 0.5 ** (mids / 21_624)
    liver, heart = LIVER[:, :, 0].T * 1.0, HEART[:, :, 0].T * 1.0
    lost = (300 * liver.size + 1_500 * heart.sum()) / liver.sum()
    seen = (300 + 1_500 * heart) * left + lost * (1 - left) * liver
    seen = seen * decayed * (1 + 0.001 * np.arange(SIDE))  # from side to side no two alike
    return {
        "anterior": seen.astype(np.uint16),
        "posterior": (0.7 * seen)[:, :, ::-1].astype(np.uint16),
    }


def maa() -> dict[str, npt.NDArray[np.uint16]]:
    """Count a liver full of MAA, and a little in the lungs."""
    liver, lungs = LIVER[:, :, 0].T * 9_000.0, LUNGS[:, :, 0].T * 300.0
    seen = 20 + liver + lungs + 3 * np.arange(SIDE)
    return {
        "anterior": seen.astype(np.uint16),
        "posterior": (0.8 * seen)[:, ::-1].astype(np.uint16),
    }


def volume(*parts: tuple[Mask, float]) -> npt.NDArray[np.uint16]:
    """Fill masks on `GRID` with counts, the last one over the others: slices, rows, columns."""
    counts = np.full(GRID.shape, 30.0)
    for part, level in parts:
        counts[part.as_array()] = level
    counts *= 1 + 0.001 * np.arange(SIDE)  # from side to side no two alike
    return counts[::-1, ::-1].T.astype(np.uint16)


def anatomy() -> Anatomy:
    """Draw a liver on the SPECT's own grid, with a tumour, a remnant and what is treated."""
    return Anatomy(
        block(GRID, (1, 7), (1, 6), (1, 6), name="liver"),
        tumour=block(GRID, (5, 6), (2, 4), (2, 4), name="tumour"),
        flr=block(GRID, (1, 3), (1, 6), (1, 6), name="flr"),
        treated=block(GRID, (3, 7), (1, 6), (1, 6), name="treated"),
    )


def table(columns: Mapping[str, Iterable[object]], mark: str = ",") -> bytes:
    rows = zip(*(map(str, column) for column in columns.values()), strict=True)
    return "\n".join([mark.join(columns), *map(mark.join, rows), ""]).encode()


def of_function() -> Iterator[Specimen]:
    mids = [n * 30 + 15 for n in range(FRAMES)]
    seen, forms = heads(mids), both_forms((9.6, 9.6, 5.0), (0.0, 0.0, 0.0))
    regions = {
        "liver.nii.gz": packed(nifti(LIVER, **forms)), "heart.nii": nifti(HEART, **forms)
    }  # fmt: skip
    study = dynamic(seen, [Phase(FRAMES, FRAME_MS)], 9.6)
    yield Specimen("nm dynamic", {"dyn.dcm": study, **regions}, "dynamic")
    phases = [Phase(6, FRAME_MS), Phase(4, 2 * FRAME_MS, 500, 20)]
    apart = heads([*mids[:6], *(210.52 + 60.02 * n for n in range(4))])
    apart = {view: np.concatenate([one[:6], 2 * one[6:]]) for view, one in apart.items()}
    study = dynamic(apart, phases, 9.6)
    coarse = frozenset({"function.coarse_frames"})  # a second phase of a frame a minute
    yield Specimen("nm phases", {"dyn.dcm": study, **regions}, "dynamic", usual=coarse)
    of = {view: frames.astype(np.int64) for view, frames in seen.items()}
    liver, heart = (drawn[:, :, 0].T.astype(bool) for drawn in (LIVER, HEART))
    of["posterior"] = of["posterior"][:, :, ::-1]
    counts = {
        f"{part}_{view}_counts": frames[:, drawn].sum(axis=1)
        for part, drawn in (("liver", liver), ("heart", heart), ("field", liver | True))
        for view, frames in of.items()
    }
    yield Specimen("curves", {"curves.csv": table({"time_s": mids, **counts})}, "curves")
    both = {name: counts[f"{name}_anterior_counts"] for name in ("liver", "heart", "field")}
    begun: dict[str, Iterable[object]] = {
        "start_s": [n * 30 for n in range(FRAMES)],
        "duration_s": ["30,0"] * FRAMES,
    }
    both_named = {f"{name}_counts": one for name, one in both.items()}
    spaced = b"# counted at a workstation\n" + table({**begun, **both_named}, ";")
    yield Specimen("curves ;", {"curves.csv": spaced}, "curves")
    reconstructed = tomo(volume((anatomy().liver, 900)), (20.0, 20.0, 20.0), FIRST_MM, "mebrofenin")
    yield Specimen("nm tomo", {"spect.dcm": reconstructed}, "spect", OF_SPECT)


def of_dose() -> Iterator[Specimen]:
    forms = both_forms((9.6, 9.6, 5.0), (0.0, 0.0, 0.0))
    lungs = LUNGS * (1 - LIVER)
    regions = {"liver.nii": nifti(LIVER, **forms), "lungs.nii.gz": packed(nifti(lungs, **forms))}
    planar = {"maa.dcm": static(maa(), 300_000, 9.6, "maa"), **regions}
    cut = frozenset({"y90.region_cut"})  # on so small a matrix the lungs reach its edge
    yield Specimen("nm planar", planar, "planar", usual=cut)
    drawn = anatomy()
    assert drawn.treated is not None
    assert drawn.tumour is not None
    full = volume((drawn.treated & drawn.liver, 700), (drawn.tumour, 3_000))
    counts = tomo(full, (20.0, 20.0, 20.0), FIRST_MM, "maa")
    yield Specimen("maa tomo", {"spect.dcm": counts}, "maa spect")


def every_nuclear() -> tuple[Specimen, ...]:
    return (*of_function(), *of_dose())
