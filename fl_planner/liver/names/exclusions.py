"""Names of excluded structures, folded: one name for every spelling, and what each leaves.

What lies beside the liver leaves the organ; all else stays in it and in the denominator, and what
has lost its blood supply leaves the working remnant [clinical.md 1.2, 2; safety.md S3].
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import BESIDE_THE_LIVER, Anatomy
from fl_planner.liver.mask_finding import warn
from fl_planner.liver.names.part_names import organ_beside, structure_of, words_of
from fl_planner.liver.names.structures import EXCLUDE, EXCLUDED
from fl_planner.liver.names.vessel_trees import CAVA, DUCT, TRUNK, tree_of
from fl_planner.liver.names.vocabulary import SPARED
from fl_planner.space.components import split_parts
from fl_planner.space.mask import Mask, unite

OWN = "other "  # before a name of the user's own, for what lies in the liver
OUTSIDE, NOT_WORKING, IN_LIVER = "outside", "not_working", "liver"  # as what a part is counted
BRANCHES = "portal_branches"
_PORTAL = {"portal_veins", "portal_vein_and_splenic_vein"}
_BRANCH = {"left", "right", "branch", "branches", "rpv", "lpv", "rapv", "rppv", "intrahepatic"}
_WITHIN = {*EXCLUDED, "hepatic_veins", "liver_vessels"}
LISTED = ", ".join(
    (*EXCLUDED, "gallbladder", CAVA, TRUNK, BRANCHES, "hepatic_veins", "liver_vessels", *SPARED)
)


def read_excluded(name: str) -> str | None:
    """Read the name of an excluded structure; None where it means none that is known.

    Examples
    --------
    >>> [read_excluded(name) for name in ("GB", "gall_bladder", "Cysts", "VCI", "PV trunk")]
    ['gallbladder', 'gallbladder', 'cyst', 'inferior_vena_cava', 'portal_vein_trunk']
    >>> [read_excluded(name) for name in ("portal vein", "RPV", "left kidney", "Other x", "Galle")]
    ['portal_vein_trunk', 'portal_branches', 'kidney', 'other x', None]
    """
    folded = " ".join(name.casefold().replace("_", " ").split())
    if folded.startswith(OWN):
        return folded
    structure = tree_of(structure_of(name) or "")
    if structure in _PORTAL:
        return BRANCHES if _BRANCH.intersection(words_of(name)) else TRUNK
    if structure.startswith(EXCLUDE):
        return structure.removeprefix(EXCLUDE)
    if structure in _WITHIN or (structure in BESIDE_THE_LIVER and structure != DUCT):
        return structure
    organ = organ_beside(name)
    return organ if organ in BESIDE_THE_LIVER else None


def fold_role(role: str) -> str:
    """Give a role its one name where it is that of an excluded structure.

    Examples
    --------
    >>> fold_role("exclude GB"), fold_role("liver"), fold_role("exclude cist")
    ('exclude gallbladder', 'liver', 'exclude cist')
    """
    name = role.removeprefix(EXCLUDE)
    return role if name == role else f"{EXCLUDE}{read_excluded(name) or name}"


@dataclass(frozen=True, slots=True)
class ExcludedPart:
    """An excluded structure: what of it the liver mask holds, and as what that is counted.

    `counted` is "outside" for what leaves the liver, "not_working" for what stays in it and
    leaves the working remnant, and "liver" for what stays in both.
    """

    name: str
    volume_ml: float
    in_liver_ml: float
    counted: str


def list_excluded(anatomy: Anatomy) -> tuple[ExcludedPart, ...]:
    """List the excluded structures that were drawn, and what each leaves."""
    drawn = [mask for mask in anatomy.excluded if mask.voxel_count]
    if not drawn:
        return ()
    organ = anatomy.delivered
    return tuple(
        ExcludedPart(
            mask.name, mask.volume_ml, (mask & organ).volume_ml, _counted_as(mask, anatomy)
        )
        for mask in drawn
    )


def find_excluded(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Tell of each excluded structure whether it leaves the liver or stays in it."""
    told = "; ".join(map(_tell, list_excluded(anatomy)))
    return (Finding("exclude.counted", Severity.INFO, f"excluded: {told}"),) if told else ()


def require_beside(anatomy: Anatomy) -> None:
    """Demand that what lies beside the liver leaves it most of what was drawn of it.

    Raises `InputRefused`: `exclude.takes_liver`, by the file of the structure and not by that of
    the part that it takes.
    """
    drawn = (anatomy.flr, anatomy.resected, anatomy.treated)
    parts = (anatomy.delivered, *(part for part in drawn if part is not None))
    for mask in anatomy.beside:
        for part in parts:
            held = part & mask
            if 2 * held.voxel_count > part.voxel_count:
                reason = (
                    f"was given as {mask.name}, which lies beside the liver, and holds "
                    f"{as_ml(held.volume_ml)} of the {as_ml(part.volume_ml)} of {part.source} "
                    f"({part.name})"
                )
                remedy = f"check which file that is, and give the {mask.name.replace('_', ' ')}"
                raise InputRefused("exclude.takes_liver", mask.source, reason, remedy)


def find_excluded_tumour(anatomy: Anatomy) -> Iterator[Finding]:
    """Tell of lesions that lie mostly in a structure that leaves the liver, and leave with it."""
    tumour = anatomy.tumour
    if tumour is None:
        return
    for mask in anatomy.beside:
        if not (tumour & mask).voxel_count:
            continue
        lesions = anatomy.lesions or split_parts(tumour, 26)
        held = [one & mask for one in lesions if 2 * (one & mask).voxel_count > one.voxel_count]
        if held:
            held_ml = unite(held).volume_ml
            message = (
                f"{as_ml(held_ml)} of tumour lie in what is excluded as {mask.name} "
                "and leave the liver with it: check which of the two they are"
            )
            yield warn("overlap.excluded_tumour", mask, message, held_ml, "mL")


def _counted_as(mask: Mask, anatomy: Anatomy) -> str:
    if any(mask is one for one in anatomy.beside):
        return OUTSIDE
    return NOT_WORKING if any(mask is one for one in anatomy.impaired) else IN_LIVER


def _tell(part: ExcludedPart) -> str:
    named = f"{part.name} ({as_ml(part.volume_ml)}"
    if part.counted == OUTSIDE:
        return f"{named}, {as_ml(part.in_liver_ml)} of it in the liver mask) leaves the liver"
    if part.counted == NOT_WORKING:
        return f"{named}) stays in the liver and leaves the working remnant"
    return f"{named}) stays in the liver and in the denominator"
