# SPDX-License-Identifier: GPL-3.0-or-later
"""What others do, re-implemented from their descriptions, to be compared with."""
