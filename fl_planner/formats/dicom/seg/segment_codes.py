"""What a segment is, as codes: SNOMED CT where there is one, else this project's own scheme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fl_planner.basis import terms
from fl_planner.basis.terms import LOCAL, STRUCTURES, Coded
from fl_planner.formats.segments.content import Structure
from fl_planner.liver.names.numerals import plain
from fl_planner.liver.names.structures import PARTS
from fl_planner.liver.names.vessel_trees import VESSELS, WHOLE_HEPATIC, WHOLE_PORTAL

if TYPE_CHECKING:
    from pydicom.sr.coding import Code

_VESSELS = tuple(name for name in VESSELS if name in STRUCTURES)
_SPELLED = {plain(name): name for name in _VESSELS} | {  # as a name that is not understood
    "hepatic vein": WHOLE_HEPATIC,
    "portal vein": WHOLE_PORTAL,
}
_CODES = {  # meaning or plain name -> category and type
    **{
        name: (terms.ANATOMY.coded, STRUCTURES[name][0].coded)
        for name in ("liver", *PARTS, *_VESSELS, "gallbladder", "spleen")
    },
    **{
        spelled: (terms.ANATOMY.coded, STRUCTURES[name][0].coded)
        for spelled, name in _SPELLED.items()
    },
    "tumour": (terms.ABNORMAL.coded, STRUCTURES["tumour"][0].coded),
    "flr": (terms.PLANNED.coded, terms.FLR.coded),
    "resected": (terms.PLANNED.coded, terms.RESECTED.coded),
    "treated": (terms.PLANNED.coded, terms.TREATED.coded),
}


def codes_of(name: str, meaning: str | None) -> tuple[Coded, Coded]:
    """Give the category and the type of a structure.

    - `name`: what it is called.
    - `meaning`: what that means here, `segment_4`.

    Examples
    --------
    >>> codes_of("Tumor_1", "tumour")[1]
    ('108369006', 'SCT', 'Neoplasm')
    >>> codes_of("Portal_Vein", None)[1][0], codes_of("GREEN", None)[1][0]
    ('32764006', 'NOTCODED')
    """
    return _CODES.get(meaning or plain(name), (terms.NOT_CODED.coded, terms.NOT_CODED.coded))


def list_local(structures: Iterable[Structure]) -> list[str]:
    """List the structures whose code is this project's own."""
    types = ((one.called, codes_of(one.called, one.meaning)[1]) for one in structures)
    return [called for called, (_, scheme, _) in types if scheme == LOCAL.designator]


def as_code(coded: Coded) -> Code:
    """Write a code as the libraries take it."""
    from pydicom.sr.coding import Code

    return Code(*coded)
