# SPDX-License-Identifier: GPL-3.0-or-later
"""Short runs of tests/crash: killed at random moments with lossy members,
the power cut while texts are committed, commands at random."""
import os
import pathlib
import subprocess
import sys

import pytest

CRASH = pathlib.Path(__file__).resolve().parents[1] / 'crash'
sys.path.append(str(CRASH))
import commands  # noqa: E402
import kill  # noqa: E402


def test_killed_again_and_again_with_members_behind_loss(build, folder):
    result, started, _ = kill.run(build, folder('confab'), rounds=12,
                                  loss=20, seed=7, rooms=2)
    assert len(started) == 13
    assert result.texts > 0 and not result.lost, result.examples[:10]
    assert not result.other_id
    assert result.doubled <= kill.DOUBLED_MAX * result.copies


def test_power_cuts_lose_no_acknowledged_text(build):
    run = subprocess.run(['bash', str(CRASH / 'powercut.sh'), '3'],
                         env=dict(os.environ, CONFAB_BUILD=str(build)),
                         capture_output=True, text=True, timeout=120)
    if run.returncode == 77:
        pytest.skip(run.stdout.strip())
    assert run.returncode == 0, run.stdout + run.stderr
    assert ' 0 lost, 0 corrupt' in run.stdout


def test_commands_at_random_leave_rooms_whole(build, folder):
    result = commands.run(build, folder('confab'), rounds=8, seed=11)
    assert not result.faults, result.faults[:3]
    assert result.answers[200] > 100 and result.answers[503] > 10
