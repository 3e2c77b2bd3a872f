"""From masks by name, all on one grid, to one anatomy."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.names.structures import EXCLUDE, ROLES
from fl_planner.liver.names.vessel_trees import BESIDE_LIVER, VESSEL
from fl_planner.liver.names.vessels import NAMES
from fl_planner.liver.segments.halves import join_halves
from fl_planner.space.mask import Mask, unite

OF_MAP = "map "  # before a structure that a label map gave


def build_anatomy(
    placed: Mapping[str, Mask],
    lesions: tuple[Mask, ...],
    excluded: Iterable[str],
    *,
    absent: frozenset[str],
    no_tumour: bool,
) -> Anatomy:
    """Give each mask its place; a mask given by role wins over the label map's.

    A vena cava or a portal trunk is no part of the liver, and leaves it however it was given.

    - `placed` (mapping of str to Mask): by role, "exclude NAME" or "vessel NAME"; a label map's
      with `OF_MAP` before. All on one grid.
    - `lesions`: what may be one lesion each.
    - `excluded`: names of excluded structures that have files of their own.
    - `absent`: segments that the patient does not have.
    - `no_tumour`: whether it was said that there is none.
    """
    of_map = {
        key.removeprefix(OF_MAP): mask for key, mask in placed.items() if key.startswith(OF_MAP)
    }
    drawn = {
        name: of_map[key]
        for name in (*SEGMENTS, *HALVES)
        if (key := f"segment_{name}") in of_map and of_map[key].voxel_count
    }
    segments, halves = join_halves(drawn, absent)
    liver, mapped = _find_liver(placed, of_map, [*drawn.values()])
    masks = {role: placed.get(role, of_map.get(role)) for role in ROLES[1:]}
    if no_tumour:
        masks["tumour"] = replace(liver - liver, name="tumour", file=None)  # said, not drawn
    every = {name: _find_vessel(name, placed, of_map) for name in NAMES}
    vessels = {name: mask for name, mask in every.items() if mask is not None}
    further = {key: of_map[key] for key in of_map if key.startswith(EXCLUDE) and key not in placed}
    for name in BESIDE_LIVER:
        if name in vessels and f"{EXCLUDE}{name}" not in {*placed, *further}:
            further[name] = vessels[name]
    return Anatomy(
        liver,
        tumour=masks["tumour"],
        flr=masks["flr"],
        resected=masks["resected"],
        treated=masks["treated"],
        excluded=(
            *(placed[f"{EXCLUDE}{name}"] for name in excluded),
            *further.values(),
        ),
        segments=segments,
        segment_parts=halves,
        absent_segments=absent,
        mapped=mapped,
        lesions=lesions,
        vessels=vessels,
    )


def _find_vessel(name: str, placed: Mapping[str, Mask], of_map: Mapping[str, Mask]) -> Mask | None:
    """Find a vessel: by its own file, in the label map, or among what was excluded."""
    found = (
        placed.get(f"{VESSEL}{name}"),
        of_map.get(name),
        placed.get(f"{EXCLUDE}{name}"),
        of_map.get(f"{EXCLUDE}{name}"),
    )
    drawn = (mask for mask in found if mask is not None and mask.voxel_count)
    return next(drawn, None)


def _find_liver(
    placed: Mapping[str, Mask], of_map: Mapping[str, Mask], segments: list[Mask]
) -> tuple[Mask, Mask | None]:
    """Find the liver, and what a label map tells of it to be held against it.

    A map of both a liver and segments is held against itself. Tumour that it carves out of its
    liver leaves no hole where a file tells the tumour otherwise.
    """
    told = [*segments, *(of_map[key] for key in ("liver", "tumour") if key in of_map)]
    if "liver" in placed:
        return placed["liver"], unite(told).renamed("liver") if told else None
    parts = told if "tumour" in placed else [part for part in told if part.name != "tumour"]
    both = segments and "liver" in of_map
    mapped = unite(segments).renamed("segments") if both else None
    return unite(parts).renamed("liver"), mapped
