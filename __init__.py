# SPDX-License-Identifier: GPL-3.0-or-later
"""MetaSpatial: arrange the furniture of a Blender room, by hand of a solver or a vision language model.

The repository root is Blender's extension and the Python package ``metaspatial`` at once. Nothing here needs ``bpy``
until Blender calls :func:`register`.
"""

__version__ = "0.1.0"


def register() -> None:
    """Blender's entry: add the panel, the operators and the properties."""
    from .metaspatial_addon import ui

    ui.register()


def unregister() -> None:
    """Blender's exit: take away everything :func:`register` added."""
    from .metaspatial_addon import ui

    ui.unregister()
