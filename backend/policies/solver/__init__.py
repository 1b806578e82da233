# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded solver: arranges a room with no model, in seconds, and never breaks a hard rule."""

from .solve import Solution, Unplaced, improve, place_all, solve
from .solver_policy import SolverPolicy

__all__ = ["Solution", "SolverPolicy", "Unplaced", "improve", "place_all", "solve"]
