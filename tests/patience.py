"""How long something may take on a machine that others use as well.

Promises are for a machine of our own: there the factor is one. It grows with the queue for the
processors, so that a test says "too slow" of us and not of whoever works beside us.
"""

import os


def allowed(seconds: float) -> float:
    """So long, by the promise; longer where so many want to run that each waits for the others."""
    waiting, processors = os.getloadavg()[0], os.cpu_count() or 1
    return seconds * max(1.0, waiting / processors)
