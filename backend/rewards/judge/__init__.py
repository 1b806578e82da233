# SPDX-License-Identifier: GPL-3.0-or-later
"""The rendered grade: pictures of a layout judged by a vision language model."""
