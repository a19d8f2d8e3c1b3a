#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests cost that are much work for a parser, by UDP and, with long
bodies, by TCP: microseconds of CPU of confabd for each, the probe's part in it
included. None may cost 5 ms.

    datagrams.py [--count 1000]
"""
import argparse
import os
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.wire import Pipe, Wire, bulky, cost, greedy  # noqa: E402

LIMIT_US = 5000


def measure(server, wire, packets, count):
    """Prints them; the names of those that cost too much."""
    bad = []
    cost(server, wire, packets['plain'], count)
    for name, packet in packets.items():
        us = cost(server, wire, packet, count) / 1000
        print('%-16s %6d bytes %9.1f us' % (name, len(packet), us))
        if us >= LIMIT_US:
            bad.append(name)
    wire.close()
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--count', type=int, default=1000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        server = Confabd(BUILD, folder).start()
        try:
            bad = measure(server, Wire(server), greedy(), count) + \
                measure(server, Pipe(server), bulky(), count)
        finally:
            server.stop()
    for name in bad:
        print('%s: 5 ms or more' % name, file=sys.stderr)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
