"""Denominators of shares of the liver, by their codes."""

from typing import Annotated

from fl_planner.basis.clinical_codes import WHOLES
from fl_planner.record.declaration.part import one_of

DENOMINATORS = {name: whole.display for name, whole in WHOLES.items()}
WHOLE_LIVER = "measured_liver"  # the denominator without a tumour mask
Denominator = Annotated[str, one_of("Denominator of the shares.", DENOMINATORS)]
FlrDenominator = Annotated[
    str | None, one_of("Denominator of the FLR; absent without a measured FLR.", DENOMINATORS)
]
