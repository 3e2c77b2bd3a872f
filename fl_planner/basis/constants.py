"""Constants of the field, each once and with its source, and the diagnoses of a plan.

A limit that one measurement alone sets stands beside that measurement, a trial's in its TOML, and
factors between units in `units`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

# statistics of a normal distribution
Z_95 = Fraction("1.96")  # 95 % lie within so many standard deviations of the mean
SD_OF_MAD = 1.4826  # the standard deviation, over the median distance from the median

# decay and dose
TC99M_HALF_LIFE_H = Fraction("6.0067")  # DDEP; ENSDF has 6.0072 [clinical.md 5.2]
Y90_HALF_LIFE_H = Fraction("64.04")  # 64.04 to 64.2 h are in print [clinical.md 7.1]
GY_KG_PER_GBQ = Fraction("49.67")  # of 90Y, Ho 1996; 49.38 to 50 are in print, 1.3 % apart at most
LIVER_G_PER_ML = Fraction("1.03")  # and tumour; 1.03 to 1.06 are in print [clinical.md 7.4]
TRIAL_DOSE_GY = Fraction(150)  # to the tumour: the dose in the name of the trial's fact
AIR_HU = -1000  # by definition of the Hounsfield unit

# where something is
CARRIED = "mask.carried"  # the finding on a mask that no one drew
CarriedNotDrawn = Literal["carried, not drawn"]  # what it is worth: in its header and in records
CARRIED_NOT_DRAWN: CarriedNotDrawn = "carried, not drawn"
CT_FITS = "ct.fits"  # what a CT says of a mask that lies right
CONSENSUS = {  # the finding on a mask that was made of several readings, by how
    "majority": "mask.consensus_majority",
    "staple": "mask.consensus_staple",
}
CARRIED_SPECT = "spect.carried"  # and on a SPECT that was laid onto the CT
SAME_PLACE_MM = 0.01  # rounding of a header's places, far below a voxel [safety.md D2, F8, G1]
LEAST_EDGE_MM, LARGEST_EDGE_MM = Fraction("0.05"), Fraction(20)  # of a voxel [safety.md F6]
SHEARED_COSINE = Fraction(1, 2)  # between two axes of a grid; beyond is refused [safety.md F7]
SCANNER_MM = 1e6  # from the scanner's centre; nothing is farther [project's choice: 1 km]

# days after a hepatectomy that are looked at for liver failure, that of the operation being 0
LAST_DAY_AFTER = 90  # of the peak [Mullen 2007]

# around lesions left in a remnant, when nobody says otherwise [clinical.md 2]
CLEARING_MARGIN_MM = 10
R0_MM = 1.0  # of liver around a lesion: the least clearing that counts as R0

# vessels of a plan
NEEDED_PERCENT = 5  # of the remnant, nearest to a vein that must stay [project's choice]
CUT_PERCENT = 5  # of a vein in the liver: so little lies beyond a border by chance [same]
REACHES_MM = (1.0, 5.0, 10.0)  # of a vessel: at it, near it, within a usual margin

# comparing two numbers of one thing
TOLD_APART_PERCENT = 5  # from here on, a typed number and a measured one are [project's choice]

LONG_STRING = 64  # letters of a name in DICOM [PS3.5 6.2, LO]


Cancer = Literal["crlm", "hcc"]  # those that trials ask for
Diagnosis = Literal["crlm", "hcc", "other"]

CANCERS = {"crlm": "CRLM", "hcc": "HCC"}
DIAGNOSES = {**CANCERS, "other": "neither CRLM nor HCC"}
PRESENT = {cancer: f"{cancer}_present" for cancer in CANCERS}  # fact of each
NAMES_BY_FACT = {PRESENT[cancer]: name for cancer, name in CANCERS.items()}
