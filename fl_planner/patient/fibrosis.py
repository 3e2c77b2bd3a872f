"""Fibrosis of the liver by blood values: two indices that hint, and prove nothing."""

from fractions import Fraction
from math import sqrt

from fl_planner.patient.labs import AGE, ALT_U_L, AST_U_L, AST_X_ULN, PLATELETS


def find_apri(ast_x_uln: Fraction, platelets_10e9_per_l: Fraction) -> Fraction:
    """AST to platelet ratio index, 100 (AST / ULN) / platelets in 10*9/L; exact (Wai 2003).

    Examples
    --------
    >>> float(find_apri(Fraction(90, 40), Fraction(120)))
    1.875
    """
    AST_X_ULN.check(ast_x_uln=ast_x_uln)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return 100 * ast_x_uln / platelets_10e9_per_l


def find_fib_4(
    age_years: Fraction,
    ast_u_per_l: Fraction,
    alt_u_per_l: Fraction,
    platelets_10e9_per_l: Fraction,
) -> float:
    """FIB-4, age AST / (platelets in 10*9/L root of ALT), both in U/L (Sterling 2006).

    Examples
    --------
    >>> find_fib_4(Fraction(60), Fraction(80), Fraction(64), Fraction(150))
    4.0
    """
    AGE.check(age=age_years)
    AST_U_L.check(ast_u_per_l=ast_u_per_l)
    ALT_U_L.check(alt_u_per_l=alt_u_per_l)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return float(age_years * ast_u_per_l / platelets_10e9_per_l) / sqrt(alt_u_per_l)
