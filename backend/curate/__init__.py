# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes to learn from and to be measured on: generated, described, captured."""
