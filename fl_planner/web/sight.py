"""What is seen of a case, in cuts and as surfaces: as it was read, and then as it is planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.web.cuts import Viewer
from fl_planner.web.surfaces import Surfaces


@dataclass(frozen=True, slots=True, eq=False)
class SeenCase:
    """A case to be looked at: `viewer` cuts it, `surfaces` are none before it is planned."""

    viewer: Viewer
    surfaces: Surfaces

    @classmethod
    def of(cls, plan: Plan, record: PlanRecord) -> SeenCase:
        """Show what the picture of a plan shows."""
        picture = as_picture(plan, record)
        return cls(Viewer.of(picture), Surfaces.of(picture))

    @classmethod
    def before(cls, case: Case) -> SeenCase:
        """Show the masks as they were read: nothing is measured, and no lesion is told apart.

        Raises `InputRefused`: where masks lie on several grids.
        """
        anatomy = case.anatomy
        drawn = None if anatomy.flr is None else Remnant(anatomy.flr, "drawn")
        picture = Picture(anatomy, remnant=drawn, image=case.ct)
        return cls(Viewer.of(picture), Surfaces((), anatomy.organ))

    def describe(self) -> dict[str, Any]:
        """Tell what can be seen."""
        return {**self.viewer.describe(), "surfaces": self.surfaces.describe()}
