"""Organs beside the liver by the words people use: no part of the question, and no liver."""

# Word -> the organ under whose name it is kept where someone excludes it.
ORGAN_OF = {
    "spleen": "spleen", "splenic": "spleen", "spleens": "spleen",
    "kidney": "kidney", "kidneys": "kidney", "renal": "kidney",
    "pancreas": "pancreas", "pancreatic": "pancreas",
    "stomach": "stomach", "gastric": "stomach", "duodenum": "duodenum", "duodenal": "duodenum",
    "colon": "colon", "rectum": "bowel", "bowel": "bowel", "bowels": "bowel", "gut": "bowel",
    "intestine": "bowel", "intestines": "bowel", "jejunum": "bowel", "ileum": "bowel",
    "oesophagus": "oesophagus", "esophagus": "oesophagus",
    "adrenal": "adrenal_gland", "adrenals": "adrenal_gland",
    "heart": "heart", "atrial": "heart", "atrium": "heart", "ventricle": "heart",
    "lung": "lung", "lungs": "lung", "trachea": "trachea", "bronchus": "trachea",
    "diaphragm": "diaphragm", "aorta": "aorta", "artery": "artery", "arteries": "artery",
    "arterial": "artery", "brachiocephalic": "great_vein",
    "pulmonary": "great_vein", "svc": "great_vein", "iliac": "great_vein", "great": "great_vein",
    "duct": "bile_duct", "ducts": "bile_duct", "cbd": "bile_duct", "choledochus": "bile_duct",
    "bladder": "urinary_bladder", "prostate": "prostate", "uterus": "uterus", "ovary": "ovary",
    "ovaries": "ovary", "thyroid": "thyroid", "brain": "brain", "breast": "breast",
    "breasts": "breast", "muscle": "muscle", "muscles": "muscle", "gluteus": "muscle",
    "autochthon": "muscle", "iliopsoas": "muscle", "psoas": "muscle",
    "rib": "bone", "ribs": "bone", "bone": "bone", "bones": "bone", "skeleton": "bone",
    "vertebra": "bone", "vertebrae": "bone", "vertebral": "bone", "spine": "bone",
    "spinal": "bone", "sacrum": "bone", "sternum": "bone", "skull": "bone", "humerus": "bone",
    "scapula": "bone", "clavicula": "bone", "clavicle": "bone", "femur": "bone", "hip": "bone",
    "pelvis": "bone", "cartilages": "bone", "cartilage": "bone",
    "skin": "skin", "body": "body", "patient": "body", "external": "body", "tissue": "tissue",
    "fat": "fat", "background": "background", "air": "background", "couch": "couch",
    "table": "couch", "couchsurface": "couch", "couchinterior": "couch",
}  # fmt: skip
_NO_ORGANS = {"body", "skin", "tissue", "fat", "background", "couch"}  # the liver lies in some
ORGANS = frozenset(ORGAN_OF.values()) - _NO_ORGANS

# Words that may stand beside those of an organ, and make it no other thing.
BESIDE_AN_ORGAN = frozenset({
    "left", "right", "lt", "rt", "l", "r", "upper", "lower", "middle", "small", "large", "big",
    "lobe", "lobes", "gland", "glands", "of", "the", "and", "vein", "veins", "vena", "superior",
    "inferior", "common", "main", "bile", "biliary", "hepatic", "cystic", "proper", "trunk",
    "celiac", "coeliac", "mesenteric", "urinary", "cyst", "column", "cord", "canal", "cervical",
    "thoracic", "lumbar", "abdominal", "appendage", "subclavian", "carotid", "costal",
    "surface", "interior", "maximus", "medius", "minimus", "subcutaneous", "visceral", "soft",
    "muscle", "mask", "segmentation", "label", "roi", "volume", "s", "t", "c",
})  # fmt: skip
