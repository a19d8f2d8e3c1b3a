# SPDX-License-Identifier: GPL-3.0-or-later
"""The yardsticks of XMPP in small: nothing is lost, nothing comes twice."""
import os
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[1] / 'bench'


def bench(build, script, *args):
    run = subprocess.run(
        [sys.executable, BENCH / script, *args, '--build', build],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, env=dict(os.environ, CONFAB_BUILD=str(build)))
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.mark.parametrize('what', ['worker', 'whole'])
def test_by_the_component_both_ways_at_once(build, what):
    text = bench(build, 'component.py', what, '--rate', '300', '--seconds',
                 '1', '--linger', '0.1')
    assert text.count('300 sent') == 2


def test_a_kill_costs_nobody_his_room(build):
    text = bench(build, 'kill.py', '--users', '5', '--rooms', '2')
    assert '20 of 20 texts acknowledged, 0 lost, 0 doubled' in text
