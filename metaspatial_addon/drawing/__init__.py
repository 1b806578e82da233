# SPDX-License-Identifier: GPL-3.0-or-later
"""A room drawn in plan by mouse and keys: what is said with them, what may become of it, and how it is built.

`plan` and `sketch` know neither Blender nor numpy; `building` makes the objects.
"""
