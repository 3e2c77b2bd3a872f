"""Constants of the field with their sources, and the diagnoses that a plan is made for.

Constants of the field, each once and with its source; factors between units are in `units`.

A limit that one measurement alone sets stands beside that measurement, and a trial's in its TOML.
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
SESSION_GY = Fraction(30)  # to the lungs in one treatment (Radiopaedia) [clinical.md 7.2]
AIR_HU = -1000

# where something is
CARRIED = "mask.carried"  # the finding on a mask that no one drew
CT_FITS = "ct.fits"  # what a CT says of a mask that lies right
CONSENSUS = {  # the finding on a mask that was made of several readings, by how
    "majority": "mask.consensus_majority",
    "staple": "mask.consensus_staple",
}
CARRIED_SPECT = "spect.carried"  # and on a SPECT that was laid onto the CT
SAME_PLACE_MM = 0.01  # rounding of a header's places, far below a voxel [safety.md D2, F8, G1]
SCANNER_MM = 1e6  # from the scanner's centre; nothing is farther [project's choice: 1 km]

# days after a hepatectomy that are looked at for liver failure, that of the operation being 0
LAST_DAY_AFTER = 90  # of the peak [Mullen 2007]

# around lesions left in a remnant, when nobody says otherwise [clinical.md 2]
CLEARING_MARGIN_MM = 10

# comparing two numbers of one thing
TOLD_APART_PERCENT = 5  # from here on, a typed number and a measured one are [project's choice]

LONG_STRING = 64  # letters of a name in DICOM [PS3.5 6.2, LO]


Cancer = Literal["crlm", "hcc"]  # those that trials ask for
Diagnosis = Literal["crlm", "hcc", "other"]

CANCERS = {"crlm": "CRLM", "hcc": "HCC"}
DIAGNOSES = {**CANCERS, "other": "neither CRLM nor HCC"}
PRESENT = {cancer: f"{cancer}_present" for cancer in CANCERS}  # fact of each
NAMES_BY_FACT = {PRESENT[cancer]: name for cancer, name in CANCERS.items()}
