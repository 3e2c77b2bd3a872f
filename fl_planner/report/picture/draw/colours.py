"""Colours of pictures: lines on a CT or on paper, and surfaces."""

from collections.abc import Mapping
from dataclasses import dataclass

from fl_planner.formats.segments.colours import VESSEL_COLOURS


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours for a background: of the panel, text, surroundings and sample.

    - `sample`: background of a line in the legend; on a CT the grey of a liver, as all lines would
      look like black boxes on black.
    """

    ground: str
    text: str
    halo: str
    sample: str


ON_CT = Ink("#000000", "#ffffff", "#000000", "#7d7d7d")
ON_PAPER = Ink("#f5f4f1", "#222222", "#ffffff", "#f5f4f1")


@dataclass(frozen=True, slots=True)
class Stroke:
    """Outline of a part, on a CT and on paper: hues of Okabe and Ito (2008).

    - `on_ct`, `on_paper`: colours of the line.
    - `points`: its width.
    - `dashes`: dash and gap in widths of the line; empty for a solid line.
    - `fill`: colour inside, with its opacity, on paper only: a CT is not covered.
    - `hatch`: lines inside, on CT and paper; the CT is visible between them.
    """

    on_ct: str
    on_paper: str
    points: float
    dashes: tuple[float, ...] = ()
    fill: str | None = None
    hatch: str = ""


STROKES = {
    "liver": Stroke("#ffffff", "#303030", 1.1, (), "#e6cfc0"),
    "segments": Stroke("#e6e6e6", "#6f6f6f", 0.6),
    "treated": Stroke("#ffb8e0", "#a0488a", 1.5, (5.0, 1.6, 1.0, 1.6), "#cc79a740"),
    "remnant": Stroke("#8fd6ff", "#0072b2", 1.8, (3.2, 2.0), "#56b4e980"),
    "inflow_lost": Stroke("#ffe14d", "#7a5c00", 0.7, (1.6, 1.6), "#f0e44250", "//"),
    "outflow_lost": Stroke("#5ce1f0", "#00626e", 0.7, (3.0, 1.6), "#56e4e950", "\\\\"),
    "excluded": Stroke("#f0e442", "#6b6400", 1.4, (1.0, 1.4), "#f0e44280"),
    "vessels": Stroke("#b9cdc8", "#3d5a54", 1.1, (6.0, 1.4), "#5f7f7880"),
    "cava": Stroke("#b3c6ff", "#22408f", 1.3, (8.0, 1.4, 1.0, 1.4), "#4a68b880"),
    "hepatic": Stroke("#4fd6a8", "#00795a", 1.1, (), "#009e7380"),
    "portal": Stroke("#d9bdff", "#5b2a9e", 1.5, (), "#8a5cc880"),
    "duct": Stroke("#dbf06a", "#5c6600", 1.3, (4.6, 0.9), "#a9b83080"),
    "artery": Stroke("#ffa0a0", "#a3001b", 1.3, (2.6, 0.7), "#c8283c80"),
    "tumour": Stroke("#ffa521", "#b84300", 1.6, (), "#d55e00a0"),
    "calliper": Stroke("#ffffff", "#1a1a1a", 1.2),
    "cut": Stroke("#ffffff", "#1a1a1a", 1.8),
    "contact": Stroke("#ffffff", "#1a1a1a", 1.0),
}


@dataclass(frozen=True, slots=True)
class Look:
    """Colour of a part, also distinguishable as light, medium and dark grey (Okabe and Ito)."""

    colour: tuple[float, float, float]
    opacity: float
    label: str


VESSEL_NAMES: Mapping[str, str] = {
    "vessels": "vessels",
    "portal": "portal veins",
    "hepatic": "hepatic veins",
    "cava": "inferior vena cava",
    "artery": "hepatic artery",
    "duct": "bile duct",
}
LOOKS = {
    "liver": Look((0.93, 0.84, 0.76), 0.4, "liver"),
    "rest": Look((0.93, 0.84, 0.76), 0.4, "liver to be removed"),
    "treated": Look((0.80, 0.47, 0.65), 0.35, "treated area"),
    "remnant": Look((0.34, 0.62, 0.85), 0.55, "future liver remnant (FLR)"),
    "excluded": Look((0.85, 0.78, 0.15), 0.6, "excluded structures"),
    **{kind: Look(VESSEL_COLOURS[kind], 1.0, VESSEL_NAMES[kind]) for kind in VESSEL_COLOURS},
    "tumour": Look((0.62, 0.21, 0.0), 1.0, "tumour"),
}

SEGMENT_COLOURS = (  # Okabe and Ito, I to VIII; always shown with their names
    "#999999", "#56b4e9", "#009e73", "#e69f00", "#cc79a7", "#f0e442", "#d55e00", "#0072b2",
)  # fmt: skip
