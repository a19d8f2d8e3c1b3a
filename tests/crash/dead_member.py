#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one dead member of a large room costs the others: the time from a
text's sending to each copy (stamped by the kernel), and confabd's CPU time,
with everybody alive and with one who never answers. Short rounds of the one
and the other follow each other, so that a busy machine slows down both: what
counts is the median of the ratios of neighbours.

    dead_member.py [--members 500] [--texts 20] [--pairs 30] [--build DIR]
"""
import argparse
import collections
import os
import shutil
import socket
import statistics
import struct
import sys
import tempfile
import time

import people as crowd

SO_TIMESTAMPNS = getattr(socket, 'SO_TIMESTAMPNS', 35)
PACE = 0.1   # seconds between two texts
MAX = 1.2    # what a dead member may cost the others

Round = collections.namedtuple('Round', 'p50 p99 cpu')  # ms; cpu: a text


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


def cpu_ms(server):
    """That all threads of it have used."""
    tasks = '/proc/%d/task' % server.process.pid
    used = 0
    for task in os.listdir(tasks):
        with open('%s/%s/schedstat' % (tasks, task)) as f:
            used += int(f.read().split()[0])
    return used / 1e6


def percentile(late, part):
    return late[min(len(late) - 1, int(part * len(late)))]


def measure(server, speaker, others, room, texts, name):
    """One round: of all copies to those who are not deaf."""
    begun, late = {}, []
    cpu = cpu_ms(server)
    for n in range(texts):
        text = '%s-%d' % (name, n)
        begun[text] = time.time()
        status = speaker.ask(room, '<<%s>>' % text)
        assert status == 202, status
        time.sleep(max(0, begun[text] + PACE - time.time()))
    alive = [p for p in others if not p.deaf]
    crowd.wait_for(lambda: all(t in p.came for p in alive for t in begun),
                   'all copies of ' + name)
    cpu = cpu_ms(server) - cpu
    for person in alive:
        late += [1000 * (person.came[t] - begun[t]) for t in begun]
    late.sort()
    return Round(percentile(late, 0.5), percentile(late, 0.99), cpu / texts)


class Room:
    """A large one; the last who came can be deaf."""

    def __init__(self, server, people, members):
        self.server = server
        self.uri = server.room('big')
        self.all = [people.add('u%d' % n, server.domain,
                               (server.host, server.port))
                    for n in range(members + 1)]
        for person in self.all:
            assert person.ask(self.uri, '#join') == 200
        self.quiet()

    def quiet(self):
        crowd.wait_for(lambda: crowd.settled(self.server, ['big']), 'quiet',
                       120)

    def round(self, texts, name, deaf):
        victim = self.all[-1]
        victim.deaf = deaf
        got = measure(self.server, self.all[0], self.all[1:], self.uri, texts,
                      name)
        # Seen again: he gets what he missed, before the next round.
        victim.deaf = False
        assert victim.ask(self.uri, '#help') == 200
        self.quiet()
        return got


def run(build, folder, members, texts, pairs):
    """[(round with all alive, round with one dead)]"""
    server = crowd.Server(build, folder)
    server.start()
    people = crowd.People(Stamped)
    rounds = []
    try:
        room = Room(server, people, members)
        for n in range(pairs):
            # ABBA: what grows or wanes with time is no difference.
            order = [False, True] if n % 2 == 0 else [True, False]
            got = {deaf: room.round(texts, '%d-%d' % (n, deaf), deaf)
                   for deaf in order}
            rounds.append((got[False], got[True]))
        assert server.stop() == 0
    finally:
        if server.process.alive():
            server.kill()
        people.close()
    return rounds


def ratio(rounds, field):
    """(median of dead to alive, lower and upper quartile)"""
    ratios = [getattr(dead, field) / getattr(alive, field)
              for alive, dead in rounds]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, low, high


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--members', type=int, default=500)
    p.add_argument('--texts', type=int, default=20)
    p.add_argument('--pairs', type=int, default=30)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-dead-')
    rounds = run(a.build, folder, a.members, a.texts, a.pairs)
    shutil.rmtree(folder)
    print('members %d, %d pairs of rounds of %d texts; alive, one dead, and '
          'the median of the ratios (quartiles):' % (
              a.members, a.pairs, a.texts))
    for field, what in (('p50', 'p50, ms'), ('p99', 'p99, ms'),
                        ('cpu', 'CPU a text, ms')):
        alive, dead = (statistics.median(getattr(r[k], field) for r in rounds)
                       for k in (0, 1))
        print('%-15s %7.2f %7.2f   %.3f (%.3f to %.3f)' % (
            (what, alive, dead) + ratio(rounds, field)))
    return 0 if ratio(rounds, 'p99')[0] <= MAX else 1


if __name__ == '__main__':
    sys.exit(main())
