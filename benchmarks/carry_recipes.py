"""Plain SimpleITK recipes, as its notebooks have them: the CT alone, no liver, no check.

Each sees two voxels of the CT as one along each axis (3.2 x 3.2 x 4 mm), for time. Samples and
optimiser are those of the examples: `ImageRegistrationMethod2` (RANDOM, 0.1, regular steps),
`ImageRegistrationMethodBSpline1` (LBFGSB), `FastSymmetricForcesDemonsRegistration`.
"""

from collections.abc import Callable
from typing import Any

from fl_planner.formats.image_objects import load_simpleitk, to_sitk

TOOLS: Any = load_simpleitk()
SEED, EVERY = 20261121, 2
Recipe = Callable[[Any, Any], Any]


def _cts(source: Any, target: Any) -> tuple[Any, Any]:
    fixed, moving = (
        TOOLS.BinShrink(TOOLS.Cast(to_sitk(one.ct), TOOLS.sitkFloat32), [EVERY] * 3)
        for one in (target, source)
    )
    return fixed, moving


def _method(share: float) -> Any:
    """Take Mattes mutual information, 50 bins, random samples, three levels."""
    method: Any = TOOLS.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(share, SEED)
    method.SetInterpolator(TOOLS.sitkLinear)
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def rigid(source: Any, target: Any) -> Any:
    """Euler transform, centred on both images, by regular steps of gradient descent."""
    fixed, moving = _cts(source, target)
    start = TOOLS.CenteredTransformInitializer(
        fixed, moving, TOOLS.Euler3DTransform(), TOOLS.CenteredTransformInitializerFilter.GEOMETRY
    )
    method = _method(0.1)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 0.001, 200)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(start, inPlace=False)
    return method.Execute(fixed, moving)


def bspline(source: Any, target: Any) -> Any:
    """Do the same, then B-splines with 50 mm between nodes, by LBFGSB."""
    fixed, moving = _cts(source, target)
    first = rigid(source, target)
    lengths = (n * mm for n, mm in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True))
    nodes = [int(length / 50.0 + 0.5) for length in lengths]
    spline = TOOLS.BSplineTransformInitializer(fixed, nodes, order=3)
    method = _method(0.2)
    method.SetMovingInitialTransform(first)
    method.SetInitialTransform(spline, inPlace=True)
    method.SetOptimizerAsLBFGSB(
        gradientConvergenceTolerance=1e-5,
        numberOfIterations=15,
        maximumNumberOfCorrections=5,
        maximumNumberOfFunctionEvaluations=30,
    )
    method.Execute(fixed, moving)
    return TOOLS.CompositeTransform([first, spline])


def demons(source: Any, target: Any) -> Any:
    """Do the rigid recipe, then symmetric forces demons on the CTs, smoothed by 2 voxels."""
    fixed, moving = _cts(source, target)
    first = rigid(source, target)
    laid = TOOLS.Resample(moving, fixed, first, TOOLS.sitkLinear, -1000.0)
    method = TOOLS.FastSymmetricForcesDemonsRegistrationFilter()
    method.SetNumberOfIterations(50)
    method.SetStandardDeviations(2.0)
    field = TOOLS.DisplacementFieldTransform(method.Execute(fixed, laid))
    return TOOLS.CompositeTransform([first, field])


RECIPES: dict[str, Recipe] = {
    "SimpleITK: Euler, MI": rigid,
    "SimpleITK: Euler, B-spline, MI": bspline,
    "SimpleITK: Euler, demons": demons,
}
