# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of tests, and the engine that runs them."""
