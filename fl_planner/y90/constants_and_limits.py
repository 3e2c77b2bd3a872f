"""Constants of yttrium-90 doses and limits of the lungs, with their sources.

Limits of trials, such as 15 Gy to the lungs, are in `trials/data`.
"""

from __future__ import annotations

from fractions import Fraction

Y90_HALF_LIFE_H = Fraction("64.04")  # published: 64.04 to 64.2 h [clinical.md 7.1]
GY_KG_PER_GBQ = Fraction("49.67")  # of 90Y, Ho 1996; published: 49.38 to 50, at most 1.3 % apart
LIVER_G_PER_ML = Fraction("1.03")  # and tumour; published: 1.03 to 1.06 [clinical.md 7.4]
TRIAL_DOSE_GY = Fraction(150)  # to the tumour: the dose named in the trial's fact
LUNG_SESSION_GY = Fraction(30)  # to the lungs in one treatment (Radiopaedia) [clinical.md 7.2]
LUNG_LIFETIME_GY = Fraction(50)  # to the lungs in all treatments together (Radiopaedia), as above
RESIN_LABEL = Fraction(1, 5)  # lung shunt; above: contraindication by the label (Sirtex)
