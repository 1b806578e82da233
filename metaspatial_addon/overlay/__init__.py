# SPDX-License-Identifier: GPL-3.0-or-later
"""What the viewport shows of a layout's faults and needs as lines, triangles and texts. None of it needs a window."""

from .shapes import Figure, Kept, Label, LabelKind, Layer, Shape, Style, figure_of

__all__ = ["Figure", "Kept", "Label", "LabelKind", "Layer", "Shape", "Style", "figure_of"]
