# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and people for end-to-end tests and the demo: all on loopback,
all data in temporary folders, every process ended by its own pid."""
