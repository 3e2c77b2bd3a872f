"""Masks of one liver and of adjacent organs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import sub
from typing import Any, TypeVar

from fl_planner.basis.findings import InputRefused
from fl_planner.space.components import (
    LESION_CONNECTIVITY,
    find_apart,
    find_holes,
    find_near,
    split_parts,
)
from fl_planner.space.grid import NOWHERE
from fl_planner.space.mask import Mask, unite

# word -> name of the organ when it is excluded
ORGAN_OF = {
    "spleen": "spleen", "splenic": "spleen", "spleens": "spleen",
    "kidney": "kidney", "kidneys": "kidney", "renal": "kidney",
    "pancreas": "pancreas", "pancreatic": "pancreas",
    "stomach": "stomach", "gastric": "stomach", "duodenum": "duodenum", "duodenal": "duodenum",
    "colon": "colon", "rectum": "bowel", "bowel": "bowel", "bowels": "bowel", "gut": "bowel",
    "intestine": "bowel", "intestines": "bowel", "jejunum": "bowel", "ileum": "bowel",
    "oesophagus": "oesophagus", "esophagus": "oesophagus",
    "adrenal": "adrenal_gland", "adrenals": "adrenal_gland",
    "heart": "heart", "atrial": "heart", "atrium": "heart", "ventricle": "heart",
    "lung": "lung", "lungs": "lung", "trachea": "trachea", "bronchus": "trachea",
    "diaphragm": "diaphragm", "aorta": "aorta", "artery": "artery", "arteries": "artery",
    "arterial": "artery", "brachiocephalic": "great_vein",
    "pulmonary": "great_vein", "svc": "great_vein", "iliac": "great_vein", "great": "great_vein",
    "duct": "bile_duct", "ducts": "bile_duct", "cbd": "bile_duct", "choledochus": "bile_duct",
    "bladder": "urinary_bladder", "prostate": "prostate", "uterus": "uterus", "ovary": "ovary",
    "ovaries": "ovary", "thyroid": "thyroid", "brain": "brain", "breast": "breast",
    "breasts": "breast", "muscle": "muscle", "muscles": "muscle", "gluteus": "muscle",
    "autochthon": "muscle", "iliopsoas": "muscle", "psoas": "muscle",
    "rib": "bone", "ribs": "bone", "bone": "bone", "bones": "bone", "skeleton": "bone",
    "vertebra": "bone", "vertebrae": "bone", "vertebral": "bone", "spine": "bone",
    "spinal": "bone", "sacrum": "bone", "sternum": "bone", "skull": "bone", "humerus": "bone",
    "scapula": "bone", "clavicula": "bone", "clavicle": "bone", "femur": "bone", "hip": "bone",
    "pelvis": "bone", "cartilages": "bone", "cartilage": "bone",
    "skin": "skin", "body": "body", "patient": "body", "external": "body", "tissue": "tissue",
    "fat": "fat", "background": "background", "air": "background", "couch": "couch",
    "table": "couch", "couchsurface": "couch", "couchinterior": "couch",
    # German, French and Dutch words of one meaning
    "milz": "spleen", "milt": "spleen",
    "niere": "kidney", "nieren": "kidney", "nier": "kidney",
    "pankreas": "pancreas", "bauchspeicheldrüse": "pancreas", "pancréas": "pancreas",
    "alvleesklier": "pancreas", "magen": "stomach", "estomac": "stomach", "maag": "stomach",
    "zwölffingerdarm": "duodenum", "zwoelffingerdarm": "duodenum", "duodénum": "duodenum",
    "dickdarm": "colon", "darm": "bowel", "dünndarm": "bowel", "duenndarm": "bowel",
    "speiseröhre": "oesophagus", "speiseroehre": "oesophagus", "slokdarm": "oesophagus",
    "nebenniere": "adrenal_gland", "nebennieren": "adrenal_gland", "bijnier": "adrenal_gland",
    # Italian, Spanish and Portuguese
    "milza": "spleen", "bazo": "spleen", "baço": "spleen",
    "riñón": "kidney", "riñon": "kidney", "stomaco": "stomach", "estómago": "stomach",
    "estomago": "stomach", "páncreas": "pancreas", "polmone": "lung", "polmoni": "lung",
    "pulmón": "lung", "pulmões": "lung", "cuore": "heart", "corazón": "heart",
    "herz": "heart", "coeur": "heart", "lunge": "lung", "lungen": "lung", "poumon": "lung",
    "poumons": "lung", "zwerchfell": "diaphragm", "diaphragme": "diaphragm", "aorte": "aorta",
}  # fmt: skip
_NO_ORGANS = {"body", "skin", "tissue", "fat", "background", "couch"}  # the liver is inside some
ORGANS = frozenset(ORGAN_OF.values()) - _NO_ORGANS

# words that may qualify the name of an organ
BESIDE_AN_ORGAN = frozenset({
    "left", "right", "lt", "rt", "l", "r", "upper", "lower", "middle", "small", "large", "big",
    "lobe", "lobes", "gland", "glands", "of", "the", "and", "vein", "veins", "vena", "superior",
    "inferior", "common", "main", "bile", "biliary", "hepatic", "cystic", "proper", "trunk",
    "celiac", "coeliac", "mesenteric", "urinary", "cyst", "column", "cord", "canal", "cervical",
    "thoracic", "lumbar", "abdominal", "appendage", "subclavian", "carotid", "costal",
    "surface", "interior", "maximus", "medius", "minimus", "subcutaneous", "visceral", "soft",
    "muscle", "mask", "segmentation", "label", "roi", "volume", "s", "t", "c",
    "links", "linke", "rechts", "rechte", "gauche", "droit", "droite",
})  # fmt: skip


SEGMENTS = ("1", "2", "3", "4", "5", "6", "7", "8")  # Couinaud I-VIII
HALVES = ("4a", "4b")  # upper and lower half of IV; if both are drawn, IV is their union

# Structures adjacent to the liver: subtracted from the liver label. All other excluded structures
# are in the liver and stay in the denominator of trials, which subtract the tumour only
# [clinical.md 1.1, 1.2].
BESIDE_THE_LIVER = ORGANS | {"gallbladder", "inferior_vena_cava", "ivc", "portal_vein_trunk"}
# Prefixes of names of liver without inflow or outflow: in the organ and in the denominator, but
# not in the working remnant, as it is "to be removed from FLR" [clinical.md 2].
IMPAIRED = ("devasculari", "congest")
SURROUNDED_PERCENT = 75  # of the liver around a lesion [project's choice]

Found = TypeVar("Found")


def require_drawn(role: str, mask: Mask) -> Mask:
    """Refuse an empty mask of a liver, plan or vessel; it is a failed drawing, not 0 mL.

    Raises `InputRefused`: `mask.empty`, naming the role.
    """
    if not mask.voxel_count:
        reason = f"the {role} mask is empty"
        remedy = "check the label and the export, or omit the mask if this structure was not drawn"
        raise InputRefused("mask.empty", mask.source, reason, remedy)
    return mask


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Masks of one liver, all on one grid; None or empty means not given.

    - `liver`: the liver as drawn, with or without the tumour.
    - `tumour`: all lesions; an empty mask means that there is no tumour.
    - `flr`, `resected`, `treated`: future liver remnant, part to be removed, area to be
      radioembolised.
    - `excluded`: cysts, ablation zones, cavities, devascularised or congested liver, and adjacent
      structures, by name.
    - `segments` (mapping of "1" ... "8" to Mask): Couinaud segments that are present; empty
      without a label map of segments.
    - `absent_segments`: segments that the patient does not have, by anatomy or after surgery, "
        "including "4a" and "4b".
    - `mapped`: the liver of a label map, if a liver mask was also given; or the union of its
    segments, if the map also contains the liver.
    - `lesions`: one mask per lesion, if each has its own label; together with `tumour_vessels` and
      pieces too small for a lesion, they form `tumour`.
    - `tumour_vessels`: labels in `tumour` that look like vessels and are not lesions
      (`lesions/count.py`).
    - `vessels` (mapping of name to Mask): hepatic and portal veins, ...: for distances of lesions;
      not part of any volume.
    - `segment_parts` (mapping of "4a" and "4b" to Mask): halves of IV, if a map divides it. IV is
      in `segments` only if both halves are known.
    - `treated_by_segments`: whether the treated area was defined by segments or by a margin, and
      not drawn.
    - `map_file`: base name of the label map's file; None without a map.
    """

    liver: Mask
    tumour: Mask | None = None
    flr: Mask | None = None
    resected: Mask | None = None
    treated: Mask | None = None
    excluded: tuple[Mask, ...] = ()
    segments: Mapping[str, Mask] = field(default_factory=dict)
    absent_segments: frozenset[str] = frozenset()
    mapped: Mask | None = None
    lesions: tuple[Mask, ...] = ()
    tumour_vessels: tuple[Mask, ...] = ()
    vessels: Mapping[str, Mask] = field(default_factory=dict)
    segment_parts: Mapping[str, Mask] = field(default_factory=dict)
    treated_by_segments: bool = False
    map_file: str | None = None
    _found: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse an empty liver and empty parts: a failed drawing is not 0 mL."""
        segments = self.drawn_segments.values()
        for part in (self.liver, self.flr, self.resected, self.treated, *segments):
            if part is not None:
                require_drawn(part.name, part)
        if self.flr is not None and self.resected is not None:
            reason = "the remnant and the part to be removed were both given"
            remedy = "give only one of them: the remnant is the liver without the resected part"
            raise InputRefused("remnant.two_masks", self.resected.source, reason, remedy)

    def once(self, name: str, find: Callable[[], Found]) -> Found:
        """Compute a value at its first use, and keep it under `name`."""
        if name not in self._found:
            self._found[name] = find()
        found: Found = self._found[name]
        return found

    @property
    def organ(self) -> Mask:
        """Whole organ: liver with its tumours, without adjacent structures."""
        return self.once("organ", lambda: reduce(sub, self.beside, self.delivered))

    @property
    def delivered(self) -> Mask:
        """Liver with its tumours as drawn, including adjacent structures in the drawing."""
        liver, tumour = self.liver, self.tumour
        return self.once("delivered", lambda: liver if tumour is None else liver | tumour)

    @property
    def specimen(self) -> Mask | None:
        """Part to be removed, with the tumour enclosed in it; None if not given."""
        if (resected := self.resected) is None:
            return None
        return self.once("specimen", lambda: fill_hollows(resected, self.organ, self.tumour))

    @property
    def unassigned(self) -> Mask | None:
        """Non-tumorous liver in no segment of a label map; None without segments."""
        if not (segments := self.drawn_segments.values()):
            return None
        return self.once("unassigned", lambda: self.nontumorous - unite(segments))

    @property
    def drawn_segments(self) -> dict[str, Mask]:
        """Segments, then halves of IV, by name."""
        return {**self.segments, **self.segment_parts}

    @property
    def lacking_segments(self) -> frozenset[str]:
        """Absent segments that the label map does not contain either, as a whole or in part."""
        drawn = "".join(self.drawn_segments)
        return frozenset(name for name in self.absent_segments if name not in drawn)

    def refuse_unmapped(self, code: str, asked: str, why: str, remedy: str) -> InputRefused:
        """Return the refusal for requested segments (`asked`) when no segments were drawn."""
        if self.map_file is None:
            return InputRefused(
                code, asked, f"{why}, but no label map with segments was given", remedy
            )
        reason = f"{why}, but the label map has no voxels in segments I to VIII"
        return InputRefused(code, self.map_file, reason, remedy)

    @property
    def beside(self) -> tuple[Mask, ...]:
        """Excluded structures adjacent to the liver."""
        return tuple(mask for mask in self.excluded if mask.name in BESIDE_THE_LIVER)

    @property
    def spared(self) -> Mask | None:
        """Structures that drawings may omit: the tumour and the excluded structures."""
        parts = (self.tumour, *self.excluded)
        drawn = [part for part in parts if part is not None and part.voxel_count]
        return unite(drawn) if drawn else None

    @property
    def within(self) -> tuple[Mask, ...]:
        """Excluded structures in the liver: cysts, cavities, ablation zones."""
        apart = {id(mask) for mask in (*self.beside, *self.impaired)}
        return tuple(mask for mask in self.excluded if id(mask) not in apart)

    @property
    def impaired(self) -> tuple[Mask, ...]:
        """Devascularised and congested liver, not counted in a remnant."""
        return tuple(
            mask for mask in self.excluded if mask.name.strip().casefold().startswith(IMPAIRED)
        )

    def working(self, part: Mask) -> Mask:
        """Return a part without impaired liver, as counted in a remnant."""
        return reduce(sub, self.impaired, part)

    @property
    def nontumorous(self) -> Mask:
        """Organ without its tumours: the denominator."""
        if (tumour := self.tumour) is None:
            return self.organ
        return self.once("nontumorous", lambda: self.organ - tumour)


def fill_hollows(part: Mask, organ: Mask, tumour: Mask | None) -> Mask:
    """Add the tumour in holes and notches of a part of the organ to that part.

    A lesion at the cut is also added if the part surrounds it almost completely.

    A hole is closed on all sides. A notch is a piece of the remaining organ, open to the surface,
    in which every voxel is within one step of tumour: a lesion at the capsule around which the part
    was drawn. A wedge of liver around a lesion is not a notch. A lesion that no part of the organ
    touches (`find_islands`) belongs to the part only if the rest of the organ is not nearer.
    """
    if tumour is None:
        return part
    beside = tumour - part
    if not beside.voxel_count:
        return part
    rest = organ - part
    near = find_near(rest, beside)
    notches = find_apart(near, rest.cropped(near.box.grown(1)) - near)
    if notches.voxel_count:
        notches = notches - _unite_farther(find_islands(organ, tumour), part, rest)
    within = (find_holes(part) | notches) & beside
    return part | unite([within, *_list_surrounded(part, organ, beside - within)])


def find_islands(organ: Mask, tumour: Mask) -> Mask:
    """Find the pieces of an organ in which every voxel is within one step of tumour.

    They are lesions outside the liver, with a gap to it. Without any other liver, there are none.
    """
    near = find_near(organ, tumour)
    body = organ - near
    return find_apart(near, body) if body.voxel_count else near.cropped(NOWHERE)


def _unite_farther(islands: Mask, part: Mask, rest: Mask) -> Mask:
    """Return the islands that are farther from a part of the organ than from its rest."""
    from fl_planner.space.gap import gather_outline, measure_gap_mm  # few livers have islands

    here, there = part - islands, rest - islands
    farther = [islands.cropped(NOWHERE)]
    if there.voxel_count:
        # gathered once: specks of a noisy drawing are thousands of islands
        rest_outline = gather_outline(there)
        part_outline = gather_outline(here) if here.voxel_count else None
        for island in split_parts(islands, LESION_CONNECTIVITY):
            own = gather_outline(island)
            far_mm = measure_gap_mm(own, rest_outline)
            if part_outline is None or measure_gap_mm(own, part_outline) > far_mm:
                farther.append(island)
    return unite(farther)


def _list_surrounded(part: Mask, organ: Mask, beside: Mask) -> list[Mask]:
    """List the lesions that the part surrounds almost completely within the organ."""
    surrounded = []
    for lesion in split_parts(beside, LESION_CONNECTIVITY):
        rim = find_near(organ.cropped(lesion.box.grown(1)), lesion) - lesion
        if 100 * (rim & part).voxel_count > SURROUNDED_PERCENT * rim.voxel_count:
            surrounded.append(lesion)
    return surrounded
