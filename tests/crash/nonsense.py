#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nonsense at the SIP edge, by the thousands, from members who answer in all
ways: confabd lives, and at its end nothing is left in memory (built with
--enable-sanitize). What it got last is kept where it does not.

    nonsense.py [--seconds 60] [--seed N]
"""
import argparse
import os
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from conftest import check_log  # noqa: E402
from lab.confabd import Confabd  # noqa: E402
from lab.nonsense import talk  # noqa: E402
from lab.wire import Wire  # noqa: E402

BATCH = 20


def run(server, seconds, seed):
    """How many were sent."""
    wire, count = Wire(server), 0
    end = time.monotonic() + seconds
    for last in talk(wire, seed, BATCH):
        count += BATCH
        if not server.process.alive():
            pathlib.Path('nonsense.last').write_bytes(b'\n\n'.join(last))
            raise SystemExit('it ended: see nonsense.last')
        if count % 1000 == 0:
            for words in ('status',), ('rooms',), ('contact', 'alice'), \
                    ('contact', 'bob'), ('members', 'lobby'):
                server.show(*words)
        if time.monotonic() > end:
            break
    wire.close()
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--seed', type=int, default=time.time_ns())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Confabd(BUILD, folder).start()
        try:
            count = run(server, args.seconds, args.seed)
        finally:
            status = server.stop()
        check_log(server)
    print('%d requests of seed %d' % (count, args.seed))
    return status


if __name__ == '__main__':
    sys.exit(main())
