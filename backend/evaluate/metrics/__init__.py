# SPDX-License-Identifier: GPL-3.0-or-later
"""Other projects' deterministic measures of a layout, by their published definitions."""
