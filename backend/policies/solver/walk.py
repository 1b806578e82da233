from __future__ import annotations
import numpy as np
def unreached(problem, poses, standing):
    return np.zeros(0, int)
