"""A doubt about one mask: it names the mask's source, and its file."""

from fl_planner.basis.findings import Finding, Severity
from fl_planner.space.mask import Mask


def warn(
    code: str, mask: Mask, says: str, value: float | None = None, unit: str | None = None
) -> Finding:
    """Warn of a mask: look before you trust it."""
    return Finding(code, Severity.WARNING, f"{mask.source}: {says}", mask.file, value, unit)
