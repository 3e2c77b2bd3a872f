"""A file as refusals and findings name it: by its base name."""

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity

EXPORT_AGAIN = "export it again from the program that made it, or copy it again"


class NamedFile:
    """A file, or what was read of one, that names it in refusals and findings."""

    __slots__ = ()

    name: str

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names the file."""
        return InputRefused(code, self.name, reason, remedy)

    def find(
        self,
        code: str,
        what: str,
        severity: Severity = Severity.WARNING,
        value: float | None = None,
        unit: str | None = None,
    ) -> Finding:
        """Build a finding that names the file."""
        return Finding(code, severity, f"{self.name}: {what}", self.name, value, unit)
