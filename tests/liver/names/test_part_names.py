"""What names mean: lists written by hand, from data sets and from what people type."""

import pytest

from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.liver.anatomy import BESIDE_THE_LIVER, Anatomy
from fl_planner.liver.names.exclusions import LISTED, fold_role, read_excluded, report_excluded
from fl_planner.liver.names.part_names import (
    adjacent_organ,
    is_numbered,
    means_other,
    mentions,
    names_no_whole_liver,
    names_other_than_liver,
    structure_of,
)
from fl_planner.liver.names.structures import USED, Naming
from tests.cases import each_case
from tests.masks import bar

MEANT = {
    "liver": "Liver; whole liver;LIVER ;liver_seg;liver-mask;total liver;hepar;Liver (mask)"
    ";Liver segmentation",
    "tumour": "Tumor_1;Tumor#2;lesion_1;HCC 1 (S8);Metastasis S8;Metastasis - S8;S8 metastasis"
    ";CRLM 3;met left lobe;Tumor S4a/8;seg8_tumor;Seg VIII lesion;liver_tumor;lesion1;HCC2b"
    ";Liver metastases;Colorectal liver metastasis;tumor no. 2;TumorS8;target lesion 1;lesion A"
    ";lesions 1 and 2;Metastasis, S8;MET VII;metastasis seg. 8;lesion right liver;TUMOURS"
    ";tumor;lesion 12;HCC;mets;all lesions;colorectal metastases",
    "flr": "FLR left;left FLR;flr right;Future Liver Remnant (FLR);left remnant;Remnant_left"
    ";FLR S2/3;FLR segments 2-3;FLR II+III;FLR (S1-4);left lateral FLR;Liver_Remnant;FLRV"
    ";FLR;flr mask",
    "resected": "resected;Resection;specimen right;to be resected;Resected right liver",
    "cyst": "Cyst;cysts;cyst 1;liver cyst;hepatic cysts;cyst S4;simple cyst left",
    "cavity": "cavity;resection cavity",
    "ablation_zone": "ablation zone;Ablation_zone_1;ablated area",
    "congested": "congested;Congested S8;congested liver;Congestion;congested parenchyma",
    "devascularised": "devascularised;Devascularized liver;devascularisation area",
    "liver_vessels": "vessels;liver_vessels;hepatic vessel",
    "hepatic_veins": "Hepatic veins;HV;Hepatic;hepaticVein;IRHV;accessory right hepatic vein"
    ";inferior right hepatic vein;RHV MHV;middle left hepatic vein;hepatic vein S8;RHV S8"
    ";Vena hepatica;Venae hepaticae;V. hepatica;Vv. hepaticae",  # Terminologia Anatomica
    "right_hepatic_vein": "RHV;right hepatic vein;hepatic vein right;RHV 2;Right_Hepatic_Vein;HV rt"
    ";RHV_mask",
    "middle_hepatic_vein": "MHV;middle hepatic vein;median hepatic vein;hepatic_vein_middle",
    "left_hepatic_vein": "LHV;left hepatic vein;HepaticVeinLeft;LHV branch 1",
    "portal_veins": "portal vein;PV;Portal;portalvein;intrahepatic portal vein;portal vein S8"
    ";left lateral portal vein;right left portal vein;left anterior portal vein"
    ";Vena portae;V. portae;v_porta;V. portae hepatis",
    "right_portal_vein": "RPV;right portal vein;portal vein right branch;portal_vein_right",
    "left_portal_vein": "LPV;left portal vein;portal vein left branch",
    "right_anterior_portal_vein": "RAPV;right anterior portal vein;anterior portal branch"
    ";RPV anterior",
    "right_posterior_portal_vein": "RPPV;right posterior portal vein;posterior portal vein",
    "portal_vein_trunk": "main portal vein;portal trunk;portal vein trunk;PV trunk;MPV",
    "inferior_vena_cava": "IVC;VCI;vena cava;Inferior Vena-Cava;retrohepatic IVC;venacava;"
    "V. cava inferior;V. cava inf.;Vena cava inf.",
    "hepatic_artery": "hepatic artery;HA;RHA;proper hepatic artery;left hepatic artery;Hepatic_Art"
    "ery",
    "bile_duct": "CBD;Common bile duct;bile ducts;right hepatic duct;biliary tree;choledochus",
    "gallbladder": "GB;Gallbladder;gall_bladder;GallBladder;gall bladder;Vesica fellea"
    ";Vesica biliaris",
    "segment_1": "1;I;i;S1;segment I;liver_segment_1;Caudate lobe;Couinaud 1;seg-1",
    "segment_4": "4;IV;iv;S4;Segment IV;liver_segment_4;Segment_4;IV seg",
    "segment_4a": "Segment IVa;S4a;S4 a;IVA;liver_segment_4a;Segment 4 (a);Sg IVa;4a;IVa"
    ";segment 4 a;Liver_Segment_IVa",
    "segment_4b": "4b;IVb;IVB;S4b;Segment IVb;liver_segment_4b",
    "segment_8": "8;S8;Liver Segment VIII;SEGMENT_8;VIII;Sg VIII;segment08;8 seg"
    ";VIII segment;liver segment VIII;S8 mask;seg-8;\u2167",
    "exclude scar": "scar;Scar S4;scars",
    "exclude haemangioma": "Haemangioma;hemangioma S4",
}
FOREIGN = {  # German; French; Dutch, as in a dictionary
    "liver": "Leber;Foie;Lever",
    "tumour": "Tumoren;Herd 3;Leberherd;L\u00e4sion S8;Laesion_1;Metastase;Lebermetastasen"
    ";Tumeur;L\u00e9sion 2;M\u00e9tastase S4a;Laesie;Levermetastasen;GTV;GTV_1;GTV2 liver",
    "flr": "zuk\u00fcnftige Restleber;Futur foie restant;toekomstige leverrest",
    "hepatic_veins": "Lebervene;Lebervenen;Veine h\u00e9patique;Levervene;Leverader",
    "portal_veins": "Pfortader;Veine porte;Poortader",
    "portal_vein_trunk": "Pfortaderstamm",
    "inferior_vena_cava": "untere Hohlvene;Veine cave inf\u00e9rieure;onderste holle ader",
    "hepatic_artery": "Leberarterie;Art\u00e8re h\u00e9patique;Leverslagader",
    "bile_duct": "Gallengang;Gallenga\u0308nge;Voies biliaires;Galgang",
    "gallbladder": "Gallenblase;V\u00e9sicule biliaire;vesicule_biliaire;Galblaas",
    "cyst": "Zyste;Leberzyste 2;Kyste S4;Cyste",
    "ablation_zone": "Ablationszone;Zone d'ablation;Ablatiezone",
    "cavity": "Resektionsh\u00f6hle",
    "exclude haemangioma": "H\u00e4mangiom S7;H\u00e9mangiome;Hemangioom",
    "exclude scar": "Narbe;Cicatrice;Litteken",
    "segment_4": "Leber Segment 4;Foie segment IV;Lever segment 4;Leber_S4",
}
MEANS_NOTHING = (
    "FLR after clearing;liver without tumour;Liver w/o tumor;non-tumorous liver;healthy liver"
    ";tumour bed;old lesion;tumour thrombus;not tumour;no tumor;FLR + tumour;Liver + Tumor"
    ";liver/tumour;liver & tumour;liver minus tumour;tumour-free liver;-tumour;!liver;lesion?"
    ";tumour margin;viable tumour;tumour necrosis;cystic lesion;treated lesion;ablated lesion"
    ";planned ablation zone;portal vein thrombus;PVT;FLR 1;FLR day 21;FLR post PVE;FLR old"
    ";FLR without tumour;resection margin;right hepatectomy;left liver;right lobe;Liver 1;liver_4"
    ";kidney tumour;lymph node metastasis;lung lesion;lesion 2024;no 2 tumour;PTV;9;IX;5a"
    ";CTV;GTVn;iGTV;iGTV 2;i-GTV;I_GTV 2;I.GTV;GTV kidney;foie restant;leverrest"
    ";Liver-Tumor;Liver-GTV;Liver-GTV1;Liver_-_GTV;Liver-all tumours;Liver-CLM;Liver-FLR"
    ";Liver - HCC;Liver - lesion 1;Liver_-_GTV1;Liver -mass 2;Liver -HCC;Liver- HCC;!Segment 4"
    ";IV?;S4+;tumor ! no. 2;0;liver lobe;segment;s;a;livers;remnants of liver;not liver;peritumoral"
    ";segment 2+3;gallbladder bed;Leber 4;Leber ohne Segment 4;Resektat;Restleber"
    ";Leber ohne Tumor;Leber/Tumor;Foie 1"
    ";Leber_1_seg;foie_2_seg;Leber 4a seg;liver_1_seg;S4 Leber"  # of a case
    ";Metastase Lunge;Leberherd?;kein Tumor;Hohlvene;rate;rein;reins;long;Galle;foie sain;;x;"
)


@pytest.mark.parametrize(("structure", "names"), [*MEANT.items(), *FOREIGN.items()])
def test_h13_names_of_one_kind_mean_one_thing(structure: str, names: str) -> None:
    found = {name: structure_of(name) for name in names.split(";")}
    assert found == dict.fromkeys(found, structure)


@pytest.mark.parametrize(
    ("organ", "names"),
    [("spleen", "Milz;Milt"), ("kidney", "linke Niere;Niere rechts;Nier;Nieren"),
     ("stomach", "Magen;Estomac;Maag"), ("pancreas", "Pankreas;Pancr\u00e9as;Alvleesklier"),
     ("duodenum", "Zw\u00f6lffingerdarm"), ("lung", "Lunge;Poumon gauche"),
     ("heart", "Herz"), ("adrenal_gland", "Nebenniere")],
)  # fmt: skip
def test_organs_next_to_the_liver_in_other_languages(organ: str, names: str) -> None:
    assert {adjacent_organ(name) for name in names.split(";")} == {organ}
    assert {read_excluded(name) for name in names.split(";")} == {organ}


@each_case("name", [*MEANS_NOTHING.split(";"), "tumour " * 40, "lesion " + "1 " * 99])
def test_h13_a_name_that_could_mean_two_things_means_none(name: str) -> None:
    assert structure_of(name) is None
    assert adjacent_organ(name) is None


@each_case("name", ["Liver - HCC", "Liver_-_GTV", "Liver - Tumour 1", "Liver -HCC"])
def test_h13_a_liver_and_a_tumour_apart_are_not_sure_to_be_the_liver(name: str) -> None:
    """TG-263 writes "Liver-GTV" for the liver without it; with blanks it may be either."""
    assert means_other(name, "liver")
    assert not means_other("Liver-HCC", "liver")


@each_case("name", ["Liver-FLR", "Liver - FLR", "Liver_-_FLR"])
def test_h02_a_liver_without_the_remnant_is_not_read_as_the_remnant(name: str) -> None:
    """The part to be removed, in the place of what remains."""
    assert means_other(name, "flr")
    assert structure_of(name) is None


@each_case(
    "name",
    [
        *("Resektat", "Resektionspräparat", "zu resezierender Anteil", "Pièce de résection"),
        *("foie à réséquer", "partie resequee", "Resectiepreparaat", "te reseceren deel"),
        *("resected, not FLR", "resection (not FLR)"),
    ],
)
def test_h02_the_part_to_be_removed_in_other_languages_is_not_the_remnant(name: str) -> None:
    assert means_other(name, "flr")
    assert not means_other("Restleber nach Resektion", "flr")
    assert not means_other("FLR nach Resektion", "flr")


def test_every_structure_that_is_used_has_its_own_name() -> None:
    same = {name: structure_of(name) for name in USED if name != "hepatic_vessel"}
    assert same == {name: name for name in same}


def test_structures_of_every_scheme_are_used_or_organs_next_to() -> None:
    every = {n for one in read_bundled_schemes().values() for n in one.structures.values()}
    assert len(every) > 120
    assert {name for name in every - {*USED} if adjacent_organ(name) is None} == set()


@pytest.mark.parametrize(
    "name",
    ["spleen", "left kidney", "Aorta", "ribs", "lumbar vertebral column", "right lung", "tissue",
     "BODY", "External", "CouchSurface", "cystic artery", "cystic duct", "splenic vein",
     "subcutaneous fat", "superior vena cava", "Lung upper lobe left", "kidney_cyst_left"],
)  # fmt: skip
def test_organs_next_to_the_liver(name: str) -> None:
    assert adjacent_organ(name)
    assert structure_of(name) is None


def test_names_that_a_program_gave() -> None:
    assert [is_numbered(name) for name in ("Segment_4", "4", " 12 ")] == [True] * 3
    assert not any(map(is_numbered, ("S4", "Segment IV", "liver_segment_4", "Tumor 4", "")))
    found = [structure_of(name, automatic=True) for name in ("4", "Segment_4", "Segment IV")]
    assert found == [None, None, "segment_4"]
    assert structure_of("liver", automatic=True) == "liver"  # from a list of terms


@pytest.mark.parametrize(
    ("name", "role"),
    [("Spleen", "liver"), ("Liver", "tumour"), ("healthy liver", "tumour"), ("no tumour", "tumour"),
     ("tumour-free liver", "tumour"), ("kein Tumor", "tumour"), ("Milz", "tumour"),
     ("Restleber", "liver"), ("liver remnant v2", "liver"), ("not liver", "liver"),
     ("nicht Tumor", "tumour"), ("hors tumeur", "tumour"), ("Tumor-frei", "tumour"),
     ("tumour", "liver"), ("Leber", "tumour"), ("liver after resection", "flr"), ("GB", "liver"),
     ("left liver", "liver"), ("rechter Leberlappen", "liver"), ("foie gauche", "liver"),
     ("S2-3", "liver"), ("Leber exkl Tumor", "tumour"), ("liver tissue", "flr"),
     ("soft tissue", "liver"), ("background", "liver"), ("hepatic arterial", "liver"),
     ("remaining liver", "liver"), ("liver_wo_tumor", "tumour"),
     ("left liver rest", "resected"), ("rest of left liver", "treated"),
     ("future left liver", "resected"), ("left liver, part of FLR", "treated"),
     ("left liver tissue", "liver"), ("left liver final", "liver"), ("left_liver_v2", "liver"),
     ("left liver 1", "liver"), ("Leber links, corrected", "liver"), ("rt lobe", "liver"),
     ("left liver parenchyma", "liver"), ("S5-8 v2", "liver"), ("segments 2+3 copy 4", "liver"),
     ("Leberrest", "liver"), ("Leberrest links", "resected"), ("linke Restleber", "resected"),
     ("Restleber", "resected"), ("leverrest", "resected"), ("Restleber ohne Tumor", "resected"),
     ("Restleber nach Resektion", "resected"),
     ("left liver pre PVE", "liver"), ("right liver post PVE", "liver"), ("half liver", "liver"),
     ("left lobe 3 months", "liver"), ("linke Leber vor PVE", "liver"), ("hemiliver 2", "liver"),
     ("linke Leberh\u00e4lfte", "liver"), ("demi-foie", "liver"), ("left liver half", "liver"),
     ("left liver residual", "liver"), ("left liver preserved", "liver"), ("milza", "liver"),
     ("preserved liver", "liver"), ("liver residual", "liver"), ("removed liver", "liver"),
     ("left liver preserved", "resected"), ("removed liver", "flr"), ("bazo", "tumour"),
     ("embolized lobe", "flr"), ("embolised liver", "flr"), ("untreated liver", "treated"),
     ("non-embolised liver", "resected"), ("liver minus FLR", "flr"), ("no FLR", "flr"),
     ("liver pre PVE FLR", "liver"), ("liver_pre_FLR", "liver"), ("liver before FLR", "liver"),
     ("left liver before resection", "liver"), ("left liver arterial", "liver"),
     ("left liver portal venous", "liver"), ("hemifoie gauche", "liver"),
     ("linke Leberhaelfte", "liver"), ("demi-foie gauche", "liver"), ("spared liver", "liver"),
     ("liver left over", "liver"), ("Leber ohne Restleber", "liver"),
     ("left liver pre PVE tumour", "flr"), ("left liver postop HCC", "flr"),
     ("right liver day 21 resected", "flr"), ("left liver pre resected part", "flr"),
     ("right lobe venous phase, resected", "flr"), ("left hepatic arterial territory", "flr"),
     ("Leber ohne Restleber", "flr"), ("Resektat ohne Restleber", "flr"),
     ("no resection, HCC", "flr"), ("tumour without FLR", "resected"), ("cyst, no FLR", "resected"),
     ("HCC, no FLR", "treated"), ("right liver post PVE tumour", "treated"),
     ("left liver without tumour", "liver"), ("half liver post PVE", "liver"),
     ("left liver without FLR", "flr"), ("linke Leber ohne Restleber", "flr"),
     ("Restleber", "treated"), ("left lobe preop, Restleber", "treated"),
     ("right liver before resection, HCC", "resected"),
     ("liver before resection", "resected"), ("linke Leber postop Resektat", "flr"),
     ("foie gauche portal r\u00e9s\u00e9qu\u00e9", "flr"), ("left liver preop embolised", "flr"),
     ("right liver not embolised", "resected"), ("right liver post PVE untreated", "treated"),
     ("right liver preop left over", "resected"), ("rechte Leber nicht reseziert", "resected"),
     ("foie droit non r\u00e9s\u00e9qu\u00e9", "resected"),
     ("rechte Leber nicht behandelt", "treated"), ("tumour left after resection", "flr"),
     ("rechter lever niet gereseceerd", "resected"), ("untreated left liver", "treated"),
     ("verbleibende Leber nach Resektion, Tumor", "flr"), ("before resection left liver", "liver"),
     ("arterial phase left liver", "liver"), ("portal venous phase right lobe", "liver"),
     ("linke Leber nach PVE + rechter Lappen", "flr"), ("Resektat, Leber unbehandelt", "flr"),
     ("right liver preop unresected", "resected"), ("linke Leber postop Resektat", "liver"),
     ("linke Leber ohne rechten Lappen", "liver"), ("left liver without right lobe", "liver")],
)  # fmt: skip
def test_h13_what_is_called_something_else(name: str, role: str) -> None:
    assert means_other(name, role)


@pytest.mark.parametrize(
    ("name", "role"),
    [("tumour bed", "tumour"), ("FLR after clearing", "flr"), ("L\u00e9ber", "liver"),
     ("liver without tumour", "liver"), ("my drawing", "flr"), ("Metastasis S8", "tumour"),
     ("Segment IV", "flr"), ("Liver", "liver"), ("case 7 final", "liver"), ("left liver", "flr"),
     ("right lobe of the liver", "resected"), ("foie restant", "flr"), ("liver tissue", "liver"),
     ("background liver", "liver"), ("Leber exkl Tumor", "liver"), ("liver RT", "liver"),
     ("right and left liver", "liver"), ("Segment 23", "liver"), ("left lobe", "tumour"),
     ("liver_wo_tumor", "liver"), ("remaining liver", "flr"), ("left liver rest", "flr"),
     ("left liver final", "flr"), ("right liver v2", "resected"), ("liver final", "liver"),
     ("liver post PVE right", "liver"), ("liver 2 lt", "liver"), ("liver_RT_v2", "liver"),
     ("Segment_2 final", "liver"), ("left liver tissue", "flr"), ("segment v 23", "liver"),
     ("S5-8 v2", "resected"), ("Leberrest links", "flr"), ("Leberrest", "flr"),
     ("Resektat ohne Restleber", "resected"),
     ("rest", "resected"),
     ("liver post PVE", "liver"), ("liver after left PVE", "liver"), ("liver half res", "liver"),
     ("liver half", "liver"), ("left and right hemiliver", "liver"), ("post", "liver"),
     ("liver with residual veins", "liver"), ("liver before resection", "liver"),
     ("liver pre resection", "liver"), ("left liver pre PVE", "flr"), ("half liver", "flr"),
     ("left liver preserved", "flr"), ("residual liver", "flr"), ("unembolised liver", "flr"),
     ("non-embolised liver", "flr"), ("opposite to the embolised lobe", "flr"),
     ("right liver pre PVE", "resected"), ("liver minus FLR", "resected"), ("Liver-FLR", "treated"),
     ("removed liver", "resected"), ("embolised liver", "resected"), ("embolised liver", "treated"),
     ("behandelte Leber", "treated"), ("embolised liver", "liver"), ("half", "liver"),
     ("liver arterial phase", "liver"), ("liver right after PVE", "liver"),
     ("liver_right_before_PVE", "liver"), ("left lobe post PVE + right lobe", "liver"),
     ("tumour arterial phase", "tumour"), ("tumour tissue", "tumour"),
     ("left liver before resection", "flr"), ("liver_left_after_resection", "flr"),
     ("left over liver", "flr"), ("Restleber ohne Tumor", "flr"),
     ("nicht resezierte Leber", "flr"), ("unresected liver", "flr"),
     ("foie non r\u00e9s\u00e9qu\u00e9", "flr"), ("liver minus resected", "flr"),
     ("spared liver", "flr"), ("verbleibende Leber", "flr"), ("foie r\u00e9siduel", "flr"),
     ("Leber ohne Restleber", "resected"), ("Leber minus Restleber", "treated"),
     ("left liver without tumour", "flr"), ("linke Leber ohne Tumor", "flr"),
     ("right liver excl HCC", "resected"), ("half liver post PVE", "flr"),
     ("left liver without FLR", "resected"), ("linke Leber ohne Restleber", "resected"),
     ("right liver not embolised", "flr"), ("right liver post PVE untreated", "flr"),
     ("left liver preop embolised", "resected"), ("linke Leber nicht reseziert", "flr"),
     ("linker lever niet gereseceerd", "flr"), ("linke Leber nach Resektion", "flr"),
     ("left liver without cyst", "flr"), ("remaining liver after resection", "flr"),
     ("remaining liver after resection portal phase", "flr"),
     ("before resection left liver", "flr"), ("arterial phase left liver", "resected"),
     ("phase left", "liver"), ("left FLR preop embolised", "flr"),
     ("rechte Leber postop Resektat", "resected"),
     ("linker Lappen nach PVE + rechter Lappen", "liver"),
     ("left liver without right lobe", "flr")],
)  # fmt: skip
def test_what_may_be_called_so(name: str, role: str) -> None:
    assert not means_other(name, role)


# Excluded structures.

SPELLED = {
    "gallbladder": "GB;Gallbladder;gall_bladder;GALL-BLADDER;gallbladders; gall  bladder",
    "inferior_vena_cava": "IVC;ivc;VCI;vena_cava;Vena cava;inferior vena cava;cava",
    "portal_vein_trunk": "portal vein;Portal_Vein;PV;PV trunk;portal trunk;main portal vein;MPV"
    ";portal_vein_and_splenic_vein",
    "portal_branches": "RPV;left portal vein;portal branches",
    "cyst": "Cyst;CYSTS;liver_cyst;hepatic cyst",
    "ablation_zone": "ablation zone;Ablation-Zone",
    "kidney": "kidney;left kidney;Kidneys",
    "other thing": "other thing;Other_thing",
}


@pytest.mark.parametrize("name", SPELLED)
def test_h03_an_excluded_structure_has_one_name_for_every_spelling(name: str) -> None:
    found = {spelled: read_excluded(spelled) for spelled in SPELLED[name].split(";")}
    assert found == dict.fromkeys(found, name)
    assert read_excluded(name) == name
    assert {fold_role(f"exclude {spelled}") for spelled in found} == {f"exclude {name}"}


def test_what_is_listed_or_next_to_the_liver_has_a_name() -> None:
    assert all(read_excluded(name) == name for name in LISTED.split(", "))
    assert {read_excluded(name) for name in BESIDE_THE_LIVER} == BESIDE_THE_LIVER - {"ivc"}
    none = ("tumour", "liver", "FLR", "IV", "body", "Galle", "rate", "x", "")
    assert {name: read_excluded(name) for name in none} == dict.fromkeys(none)


def test_h13_a_name_with_words_of_another_structure_is_no_whole_liver() -> None:
    """Among other words as well; a dictionary gives Restleber and reste du foie as remainders."""
    other = (
        "FLR final;liver remnant v2;liver minus FLR;Liver resected 3;Restleber;Restleber neu"
        ";Leberrest;foie restant;spleen v2;Milz neu;S4;tumour bed;Leberherd?;body;liver FLR"
        ";liver and FLR;liver tumour v2;Leber Metastase;tumeur du foie;foie kyste"
        ";liver tumour, free fluid;free liver tumour"
    )
    whole = (
        "liver;Leber;liver v2;Leber Gr\u00f6\u00dfe;liver portal phase;series 7"
        ";liver and tumour;Leber mit Tumor;Leber ohne Tumor;foie sans kyste;lever + tumor"
        ";tumour-free liver;liver excl. tumour;liver free of tumour;Liver_free_of_tumor"
    )
    assert [name for name in other.split(";") if not names_other_than_liver(name)] == []
    assert [name for name in whole.split(";") if names_other_than_liver(name)] == []


def test_h03_it_is_stated_what_leaves_the_liver_and_what_stays() -> None:
    parts = tuple(
        bar(name, start, stop, 1000.0)
        for name, start, stop in (("gallbladder", 5, 15), ("cyst", 40, 50), ("congested", 60, 65))
    )
    liver = bar("liver", 10, 100, step_mm=1000.0)
    (finding,) = report_excluded(Anatomy(liver, excluded=parts))
    assert (finding.code, finding.severity.value) == ("exclude.counted", "info")
    assert finding.message == (
        "excluded: gallbladder (10.0 mL, 5.0 mL of it in the liver mask) is subtracted from the "
        "liver; cyst (10.0 mL) remains in the liver and in the denominator; congested (5.0 mL) "
        "remains in the liver and is subtracted from the functioning remnant"
    )
    assert report_excluded(Anatomy(bar("liver", 10, 100), excluded=(bar("cyst", 0, 0),))) == ()
    across = tuple(bar(name, 95, 107, 1000.0) for name in ("cyst", "congested"))
    (finding,) = report_excluded(Anatomy(liver, excluded=across))
    assert finding.message == (
        "excluded: cyst (12.0 mL, 5.0 mL of it in the liver mask) remains in the liver and in the "
        "denominator; congested (12.0 mL, 5.0 mL of it in the liver mask) remains in the liver "
        "and is subtracted from the functioning remnant"
    )


def test_a_name_mentions_what_it_does_not_deny() -> None:
    for name in ("Tumor_1", "HCC after TACE", "tumour and cyst"):
        assert mentions(name, "tumour")
    # denied before, denied after, another, too long
    for name in ("liver without tumour", "tumour-free liver", "Zyste", "tumour " * 30):
        assert not mentions(name, "tumour")


def test_the_longest_name_of_a_part_is_looked_for_first() -> None:
    """So that the words of "portal vein" are not left over when "portal" has been found."""
    assert Naming("part", "a|b c d|e f").phrases() == [["b", "c", "d"], ["e", "f"], ["a"]]


NO_WHOLE_LIVER = (
    "flr;remnant;FLR pre PVE;FLR_post;FLR-final;liver_FLR;Liver remnant v2;remnant liver;Leberrest"
    ";restlever new;FLR left;flr mask;tumour;lesions;Lebertumor;resected;specimen;spleen"
    ";left kidney;kidney_left;stomach;remaining liver;foie restant v2;planned resection pre PVE"
    ";renal artery"
)
MAY_BE_WHOLE = (
    "liver;hepar;liver v2;Liver_1;HCC;CRLM 3;colorectal metastases 2;FLR liver;FLR_012"
    ";tumour liver;liver_tumour;liver with tumour;resected_liver;liver after resection;spleen_12"
    ";colon 7;arterial;portal;body;background;mask;left;pre;day 21;s0011;seg;rest;resection pre PVE"
    ";resection_post;resection day 3;pancreatic;renal pre;gastric mask;great"
)


def test_h04_names_of_no_whole_liver() -> None:
    def judge(names: str) -> list[bool]:
        return [names_no_whole_liver(name) is not None for name in names.split(";")]

    assert all(judge(NO_WHOLE_LIVER))
    assert not any(judge(MAY_BE_WHOLE))
