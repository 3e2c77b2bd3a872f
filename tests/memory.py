"""How much memory a piece of work holds at once, as Python and NumPy ask for it."""

import tracemalloc
from collections.abc import Callable


def peak_bytes(work: Callable[[], object]) -> int:
    """Do a work, and measure the most that it holds at once; what was held before is left out."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
