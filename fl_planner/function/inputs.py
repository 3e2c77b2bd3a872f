"""What was given of one patient's scintigraphy, before anything is computed."""

from dataclasses import dataclass, field
from fractions import Fraction

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.glossary import RegistrationBasis
from fl_planner.function.activity import Activity
from fl_planner.function.mask_on_spect import Transform
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.regions import Regions
from fl_planner.function.scintigram import Scintigram
from fl_planner.space.image import Image


@dataclass(frozen=True, slots=True, eq=False)
class Scintigraphy:
    """A dynamic study or its curves, a SPECT, and what was said of both.

    - `study`, `regions`: frames, and what was drawn on them; both or none.
    - `activity`: curves that somebody else made; not beside frames.
    - `spect`: reconstructed counts; `basis` says why masks may be laid on them.
    - `transform` (three rows of four or None): from the CT to the SPECT.
    - `window`: 150 to 350 s unless told otherwise.
    - `validated_locally`: whether this way of computing was compared with the site's own; None:
      nobody said.
    - `fasting_h`, `bilirubin_umol_per_l`: before, and at, the study.
    - `source`: what messages call it.
    """

    source: str
    study: Scintigram | None = None
    regions: Regions | None = None
    activity: Activity | None = None
    spect: Image | None = None
    basis: RegistrationBasis | None = None
    transform: Transform | None = None
    window: SeriesWindow = field(default_factory=SeriesWindow)
    validated_locally: bool | None = None
    fasting_h: Fraction | None = None
    bilirubin_umol_per_l: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse frames without regions, and two sources of one clearance."""
        if (self.study is None) is not (self.regions is None):
            reason = "a dynamic study needs regions of liver and heart, and they need a study"
            raise InputRefused("function.regions", self.source, reason, "give both")
        if self.study is not None and self.activity is not None:
            reason = "a dynamic study and curves were both given"
            raise InputRefused("function.two_sources", self.source, reason, "give one of them")
