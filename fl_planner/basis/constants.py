"""Constants of the field with their sources, and the diagnoses of a plan.

Limits used by a single measurement are defined with it, limits of a trial in its TOML file, and
unit factors in `units`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

# statistics of a normal distribution
Z_95 = Fraction("1.96")  # 95 % are within so many standard deviations of the mean
SD_OF_MAD = 1.4826  # standard deviation over median absolute deviation

# decay and dose
TC99M_HALF_LIFE_H = Fraction("6.0067")  # DDEP; ENSDF has 6.0072 [clinical.md 5.2]
AIR_HU = -1000  # by definition of the Hounsfield unit

# place and origin of masks and SPECT
CONTOURS = "dicom-rtstruct"  # format of a file that consists of contours
CARRIED = "mask.carried"  # finding on a mask that registration carried over
CarriedNotDrawn = Literal["carried, not drawn"]  # the mark of its header and of records
CARRIED_NOT_DRAWN: CarriedNotDrawn = "carried, not drawn"
CT_FITS = "ct.fits"  # finding on a mask that agrees with the CT
CT_SEVERAL = "ct.several"  # finding on several CTs, of which none is compared with the masks
CONSENSUS = {  # finding on a consensus mask, by method
    "majority": "mask.consensus_majority",
    "staple": "mask.consensus_staple",
}
AXIAL_SHIFTS_MM = (-20.0, -10.0, 10.0, 20.0)  # of masks over a SPECT, mm [safety.md H-17]
FARTHEST_SHIFT = f"{max(AXIAL_SHIFTS_MM) / 10:g} cm"
CARRIED_SPECT = "spect.carried"  # finding on a SPECT that registration shifted to the CT
SAME_PLACE_MM = 0.01  # rounding of a header's places, far below a voxel [safety.md D2, F8, G1]
LEAST_EDGE_MM, LARGEST_EDGE_MM = Fraction("0.05"), Fraction(20)  # of a voxel [safety.md F6]
# Pixel of an image that was not given, at most, or the distance of its slices, if longer: an image
# is hardly ever finer across slices than within them [project's choice].
UNKNOWN_PIXEL_MM = 1.0
SHEARED_COSINE = Fraction(1, 2)  # between two axes of a grid; beyond is refused [safety.md F7]
SCANNER_MM = 1e6  # largest distance from the scanner's centre [project's choice: 1 km]

# days after a hepatectomy assessed for liver failure; the day of the operation is 0
LAST_DAY_AFTER = 90  # of the peak [Mullen 2007]

R0_MM = 1.0  # of liver around a lesion: the narrowest margin that counts as R0

# comparing two values of one quantity
DISAGREEING_PERCENT = 5  # between an entered and a measured value [project's choice]

# least size expected of an FLR, drawn or entered
LEAST_FLR_PERCENT = 10  # of the non-tumorous liver [safety.md W1]
LEAST_LIVER_ML, LARGEST_LIVER_ML = 500, 6000  # [safety.md W1]
LEAST_FLR_ML = 10  # [project's choice]

LONG_STRING = 64  # characters of a name in DICOM [PS3.5 6.2, LO]


Cancer = Literal["crlm", "hcc"]  # the diagnoses of trials
Diagnosis = Literal["crlm", "hcc", "other"]

CANCERS = {"crlm": "CRLM", "hcc": "HCC"}
DIAGNOSES = {**CANCERS, "other": "neither CRLM nor HCC"}
PRESENT = {cancer: f"{cancer}_present" for cancer in CANCERS}  # fact of each
NAMES_BY_FACT = {PRESENT[cancer]: name for cancer, name in CANCERS.items()}
