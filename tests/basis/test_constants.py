"""Constants of the field: what they must be by their definition, and that each stands once."""

import ast
import tomllib
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import pytest

from fl_planner.basis import constants
from fl_planner.basis.standing_words import FIVE_TRIALS
from fl_planner.y90 import constants_and_limits as of_yttrium

PACKAGE = Path(constants.__file__).parents[1]
NORMAL = NormalDist()
FEW_DIGITS = 3  # numbers of fewer digits mean many things


def test_constants_of_the_normal_distribution() -> None:
    assert round(NORMAL.inv_cdf(0.975), 2) == float(constants.Z_95)
    assert round(1 / NORMAL.inv_cdf(0.75), 4) == constants.SD_OF_MAD


def test_energy_of_a_decay_of_yttrium() -> None:
    """What 1 GBq in 1 kg leaves there until it is gone, at 0.933 MeV a decay."""
    decays = 1e9 * float(of_yttrium.Y90_HALF_LIFE_H) * 3600 / 0.6931471805599453
    assert abs(decays * 0.933e6 * 1.602176634e-19 / float(of_yttrium.GY_KG_PER_GBQ) - 1) < 0.01


@pytest.mark.essential
@pytest.mark.slow
def test_no_constant_is_written_again() -> None:
    named = {**vars(constants), **vars(of_yttrium)}
    values = {f"{float(value)}" for value in named.values() if isinstance(value, Fraction)}
    values.add(f"{constants.SD_OF_MAD}")
    once = {value for value in values if len(_significant(value)) >= FEW_DIGITS}
    found = {
        (path.relative_to(PACKAGE).as_posix(), literal.value)
        for path in PACKAGE.rglob("*.py")
        for literal in ast.walk(ast.parse(path.read_text()))
        if isinstance(literal, ast.Constant) and str(literal.value) in once
    }
    assert {place for place, _ in found} == {"basis/constants.py", "y90/constants_and_limits.py"}
    assert len(found) == len(once)


def _significant(value: str) -> str:
    return value.removesuffix(".0").replace(".", "").strip("0")


def test_texts_name_the_farthest_shift_of_masks_over_a_spect() -> None:
    """2 cm along the body [safety.md H-17]; a cause in a TOML file cannot enter it by name."""
    assert constants.FARTHEST_SHIFT == "2 cm"
    causes = tomllib.loads((PACKAGE / "basis/finding_codes/scintigraphy.toml").read_text())
    assert f" {constants.FARTHEST_SHIFT}." in causes["function.share_by_shift"]["cause"]


def test_five_trials_are_assessed() -> None:
    """All files of trials but those that only provide a limit."""
    files = map(Path.read_text, sorted((PACKAGE / "trials/data").glob("*.toml")))
    assessed = [text for text in files if tomllib.loads(text).get("criterion")]
    assert len(assessed) == 5
    assert FIVE_TRIALS == "five trials"
