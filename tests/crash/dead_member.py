#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one dead member of a large room costs the others: the time from a
text's sending to each copy (stamped by the kernel), with everybody alive and
with one who never answers, in turns. Prints both p99 and their ratio.

    dead_member.py [--members 500] [--texts 200] [--turns 3] [--build DIR]
"""
import argparse
import shutil
import socket
import struct
import sys
import tempfile
import time

import people as crowd

SO_TIMESTAMPNS = getattr(socket, 'SO_TIMESTAMPNS', 35)
PACE = 0.05  # seconds between two texts


class Stamped(crowd.Person):
    """Knows when the kernel had a packet, however late we read it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.came = {}   # text id -> wall clock, seconds

    def receive(self):
        data, extra, _, _ = self.sock.recvmsg(65535, 64)
        seconds, nanos = struct.unpack('qq', extra[0][2][:16])
        text = crowd.TEXT.search(data.decode('utf-8', 'replace'))
        if text and data.startswith(b'MESSAGE'):
            self.came.setdefault(text.group(1), seconds + nanos / 1e9)
        return data


def measure(speaker, others, room, texts, name):
    """Sorted latencies, in ms, of all copies to those who are not deaf."""
    begun, late = {}, []
    for n in range(texts):
        text = '%s-%d' % (name, n)
        begun[text] = time.time()
        status = speaker.ask(room, '<<%s>>' % text)
        assert status == 202, status
        time.sleep(max(0, begun[text] + PACE - time.time()))
    alive = [p for p in others if not p.deaf]
    crowd.wait_for(lambda: all(t in p.came for p in alive for t in begun),
                   'all copies of ' + name)
    for person in alive:
        late += [1000 * (person.came[t] - begun[t]) for t in begun]
    return sorted(late)


def percentile(late, part):
    return late[min(len(late) - 1, int(part * len(late)))]


def run(build, folder, members, texts, turns):
    server = crowd.Server(build, folder)
    server.start()
    people = crowd.People(Stamped)
    late = {'alive': [], 'dead': []}
    try:
        room = server.room('big')
        everybody = [people.add('u%d' % n, server.domain,
                                (server.host, server.port))
                     for n in range(members + 1)]
        for person in everybody:
            assert person.ask(room, '#join') == 200
        crowd.wait_for(lambda: crowd.settled(server, ['big']), 'quiet')
        speaker, victim = everybody[0], everybody[-1]
        for turn in range(turns):
            for state in ('alive', 'dead'):
                victim.deaf = state == 'dead'
                late[state] += measure(speaker, everybody[1:], room, texts,
                                       '%s%d' % (state, turn))
            # Seen again: he gets what he missed, before the next turn.
            victim.deaf = False
            assert victim.ask(room, '#help') == 200
            crowd.wait_for(lambda: crowd.settled(server, ['big']), 'quiet',
                           120)
        assert server.stop() == 0
    finally:
        if server.process.alive():
            server.kill()
        people.close()
    return {state: sorted(values) for state, values in late.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--members', type=int, default=500)
    p.add_argument('--texts', type=int, default=200)
    p.add_argument('--turns', type=int, default=3)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-dead-')
    late = run(a.build, folder, a.members, a.texts, a.turns)
    shutil.rmtree(folder)
    p99 = {state: percentile(v, 0.99) for state, v in late.items()}
    print('members %d, texts %d: p99 %.2f ms with all alive, %.2f ms with '
          'one dead: ratio %.2f (p50 %.2f and %.2f ms)' % (
              a.members, a.texts * a.turns, p99['alive'], p99['dead'],
              p99['dead'] / p99['alive'], percentile(late['alive'], 0.5),
              percentile(late['dead'], 0.5)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
