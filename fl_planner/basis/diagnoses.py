"""What a plan is made for: each diagnosis by its code, with what people read and the fact of it."""

from typing import Literal

Cancer = Literal["crlm", "hcc"]  # those that trials ask for
Diagnosis = Literal["crlm", "hcc", "other"]

CANCERS = {"crlm": "CRLM", "hcc": "HCC"}
DIAGNOSES = {**CANCERS, "other": "neither CRLM nor HCC"}
PRESENT = {cancer: f"{cancer}_present" for cancer in CANCERS}  # fact of each
NAMES_BY_FACT = {PRESENT[cancer]: name for cancer, name in CANCERS.items()}
