# SPDX-License-Identifier: GPL-3.0-or-later
"""A short run of tests/bench/idle.py; what a member costs in bytes is counted
in tests/unit/t_core_idle.c."""
import pathlib
import sys

BENCH = pathlib.Path(__file__).resolve().parents[1] / 'bench'
sys.path.append(str(BENCH))
import idle  # noqa: E402


def test_a_daemon_with_many_members_answers(build, folder):
    empty, full = idle.run(build, str(folder('confab')), rooms=100,
                           members=10000, rooms_each=2)
    assert full.resident > empty.resident
    assert full.seconds < 10
