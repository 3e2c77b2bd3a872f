"""Frames of reference of points in the patient: all points of this program are in RAS+ mm."""

from __future__ import annotations

from typing import Literal

Frame = Literal["RAS", "LPS"]  # x to the right and y to the front, or to the left and the back
Place = tuple[float, float, float]  # mm in the patient, RAS+
# Signs that bring a place of another frame into RAS+, and back. NIfTI is RAS+; DICOM, ITK and
# MetaImage are LPS+.
TO_RAS = {"RAS": (1.0, 1.0, 1.0), "LPS": (-1.0, -1.0, 1.0)}
