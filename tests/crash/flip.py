#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random bytes of the database are changed, and confabd is started with it:
it refuses with one line that says so, or it runs; it never crashes, and no
text reaches anybody who is not in its room.

    flip.py [--rounds 500] [--seed 1] [--build DIR]
"""
import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile

import people as crowd
from lab.sip import SipUser
from lab.util import Timeout, wait_for

ROOMS = {'reds': ('alice', 'bob'), 'blues': ('carol', 'dave')}
BYTES_MAX = 64
ANSWER_MAX = 20  # seconds


class Result:
    def __init__(self):
        self.refused = self.ran = 0
        self.faults = []


class Damage:
    """A daemon with two rooms, whose database is damaged again and again."""

    def __init__(self, build, folder, seed):
        self.rand = random.Random(seed)
        self.server = crowd.Server(build, folder)
        self.server.start()
        self.users = {n: SipUser(n, self.server.domain, (
            self.server.host, self.server.port))
            for names in ROOMS.values() for n in names}
        for room, names in ROOMS.items():
            for n in names:
                self.users[n].join(self.server.room(room))
            for i in range(30):
                self.say(room, '%s before %d' % (room, i))
        assert self.server.stop() == 0
        self.whole = pathlib.Path(self.server.database).read_bytes()

    def say(self, room, text):
        user = self.users[ROOMS[room][0]]
        return user.transact(user.build('MESSAGE', self.server.room(room),
                                        text.encode()), ANSWER_MAX)[0]

    def damage(self):
        data = bytearray(self.whole)
        for _ in range(self.rand.randint(1, BYTES_MAX)
                       if self.rand.random() < 0.5 else 1):
            at = self.rand.randrange(len(data))
            data[at] ^= self.rand.randint(1, 255)
        path = pathlib.Path(self.server.database)
        for more in ('-wal', '-shm'):
            path.with_name(path.name + more).unlink(missing_ok=True)
        path.write_bytes(data)

    def begin(self):
        """Whether it runs, and what it said."""
        size = os.path.getsize(self.server.log)
        crowd.Confabd.start(self.server, wait=False)
        wait_for(lambda: 'is ready' in self.server.grown(size) or
                 not self.server.process.alive(), 'it to start or to refuse')
        return self.server.process.alive(), self.server.grown(size)

    def wrong(self):
        """Texts that came to somebody who is not in their room."""
        for user in self.users.values():
            for m in user.seen.all():
                for room, names in ROOMS.items():
                    if room + ' after' in m.body and \
                            m.to[4:].split('@')[0] not in names:
                        yield '%s got %r' % (m.to, m.body)

    def use(self, n):
        for room in ROOMS:
            try:
                self.say(room, '%s after %d' % (room, n))
            except Timeout:
                yield 'round %d: no answer in %s' % (n, room)
        for words in (('status',), ('rooms',), ('members', 'reds')):
            self.server.ctl(*words, check=False)
        size = os.path.getsize(self.server.log)
        status = self.server.stop()
        if status:
            yield 'round %d: ended with %d: %s' % (
                n, status, self.server.grown(max(0, size - 3000)))

    def round(self, n, result):
        self.damage()
        runs, said = self.begin()
        if runs:
            result.ran += 1
            result.faults += self.use(n)
            return
        result.refused += 1
        status = self.server.process.wait()
        lines = said.splitlines()
        if status != 1 or len(lines) != 1 or 'confab.db' not in lines[0]:
            result.faults.append('round %d: refused with %d: %s' % (
                n, status, said[-3000:]))

    def close(self):
        if self.server.process.alive():
            self.server.kill()
        for user in self.users.values():
            user.close()


def run(build, folder, rounds, seed):
    result = Result()
    damage = Damage(build, folder, seed)
    try:
        for n in range(rounds):
            damage.round(n, result)
            result.faults += damage.wrong()
            for user in damage.users.values():
                user.seen.items.clear()
    finally:
        damage.close()
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--rounds', type=int, default=500)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-flip-')
    result = run(a.build, folder, a.rounds, a.seed)
    for fault in result.faults[:20]:
        print(fault, file=sys.stderr)
    print('rounds %d, seed %d: refused %d, ran %d, %d faults' % (
        a.rounds, a.seed, result.refused, result.ran, len(result.faults)))
    if result.faults:
        print('its files are in ' + folder, file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
