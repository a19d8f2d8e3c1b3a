#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""confabd is killed at random moments, under load, while its members lose
packets both ways. Afterwards, and after quiet, each text that was answered
with 202 has to be at each member of its room, and hardly any twice: a double
is a copy that a device can't tell from a new one by its transaction, and it
has to have the Call-ID of the first.

    kill.py [--rounds 300] [--loss 20] [--seed 1] [--build DIR]
"""
import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import people as crowd

RELAY = pathlib.Path(__file__).with_name('relay.py')
DOUBLED_MAX = 0.005  # of all copies


class Relay:
    def __init__(self, server, loss, seed):
        self.process = subprocess.Popen(
            [sys.executable, str(RELAY), '%s:%d' % server, '--loss',
             str(loss / 100), '--seed', str(seed)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = ('127.0.0.1', int(self.process.stdout.readline()))

    def close(self):
        """Its counters."""
        self.process.terminate()
        return self.process.communicate(timeout=20)[1].strip()


class Result:
    """Counts of one run."""

    def __init__(self, talks):
        self.texts = sum(len(t.acked) for t in talks)
        self.refused = sum(sum(t.refused.values()) for t in talks)
        self.copies = self.lost = self.doubled = self.other_id = 0
        self.examples = []
        for talk in talks:
            for member in talk.members:
                self.member(talk, member)

    def member(self, talk, member):
        for text, speaker in talk.acked.items():
            if speaker is member:
                continue
            self.copies += 1
            if text not in member.heard:
                self.lost += 1
                self.examples.append((member.name, text))
        for text, copies in member.heard.items():
            self.doubled += len(copies) - 1
            self.other_id += sum(1 for c in copies[1:]
                                 if c.call_id != copies[0].call_id)

    def good(self):
        return (self.copies > 0 and not self.lost and not self.other_id and
                self.doubled <= DOUBLED_MAX * self.copies)


def in_rooms(server, people, address, rooms, listeners, speakers=2):
    """Talks, one a room, whose members have joined."""
    talks = []
    for r in range(rooms):
        uri = server.room('room%d' % r)
        members = [people.add('u%d-%d' % (r, n), server.domain, address)
                   for n in range(speakers + listeners)]
        for member in members:
            status = member.ask(uri, '#join')
            assert status == 200, (member.name, status)
        talks.append(crowd.Talk(uri, 'room%d' % r, members[:speakers],
                                members[speakers:]))
    return talks


def wait_quiet(server, people, rooms, patience):
    """Nothing waits for anybody any more."""
    crowd.wait_for(lambda: crowd.settled(server, rooms),
                   lambda: 'quiet: %r' % [server.ctl('members', r)
                                          for r in rooms], patience)


def run(build, folder, rounds, loss, seed, rooms=4, listeners=4,
        patience=180):
    """(Result, seconds of each start, what the relay counted)"""
    rand = random.Random(seed)
    server = crowd.Server(build, folder)
    server.start()
    relay = Relay((server.host, server.port), loss, seed)
    people = crowd.People()
    try:
        talks = in_rooms(server, people, relay.address, rooms, listeners)
        for talk in talks:
            talk.start()
        for n in range(rounds):
            time.sleep(rand.uniform(0.05, 0.9))
            server.kill()
            server.start()
        for talk in talks:
            talk.stop()
        wait_quiet(server, people, ['room%d' % r for r in range(rooms)],
                   patience)
        assert server.stop() == 0, server.text()[-3000:]
    finally:
        if server.process.alive():
            server.kill()
        counted = relay.close()
        people.close()
    return Result(talks), server.started, counted


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--rounds', type=int, default=300)
    p.add_argument('--loss', type=float, default=20, help='percent')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-kill-')
    begin = time.monotonic()
    result, started, counted = run(a.build, folder, a.rounds, a.loss, a.seed)
    for name, text in result.examples[:10]:
        print('lost: %s did not get %s' % (name, text), file=sys.stderr)
    print(counted, file=sys.stderr)
    print('kills %d, loss %g %%, seed %d: %d texts acknowledged (%d '
          'refused), %d copies, %d lost, %d doubled (%.2f %%), %d of them '
          'with another Call-ID; start %.0f ms (median), %.0f ms (worst); '
          '%.0f s' % (
              a.rounds, a.loss, a.seed, result.texts, result.refused,
              result.copies, result.lost, result.doubled,
              100 * result.doubled / max(1, result.copies), result.other_id,
              1000 * statistics.median(started), 1000 * max(started),
              time.monotonic() - begin))
    if not result.good():
        print('its files are in ' + folder, file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
