#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of powercut.sh, which made the folder: outer/disk.img is mounted
at state, and snap is where a copy of it is to be mounted."""
import argparse
import pathlib
import random
import sqlite3
import subprocess
import sys
import time

import people as crowd

ROOMS, SPEAKERS, LISTENERS = 4, 4, 1


class Cuts:
    def __init__(self, work, build, seed):
        self.work, self.build = pathlib.Path(work), build
        self.random = random.Random(seed)
        self.checked = self.lost = self.corrupt = 0
        self.people = crowd.People()
        self.server = crowd.Server(build, self.folder('state'))
        self.server.start()
        self.talks = []
        for r in range(ROOMS):
            self.talks.append(self.talk('room%d' % r))

    def folder(self, place):
        path = self.work / place / 'confab'
        path.mkdir(exist_ok=True)
        return path

    def talk(self, name):
        address = (self.server.host, self.server.port)
        uri = self.server.room(name)
        members = [self.people.add('%s-%d' % (name, n), self.server.domain,
                                   address)
                   for n in range(SPEAKERS + LISTENERS)]
        for member in members:
            status = member.ask(uri, '#join')
            assert status == 200, (member.name, status)
        talk = crowd.Talk(uri, name, members[:SPEAKERS], members[SPEAKERS:],
                          pause=0.02, size=600)
        talk.start()
        return talk

    def cut(self):
        """The texts that were acknowledged before the power failed."""
        time.sleep(self.random.uniform(0.1, 0.6))
        acked = {text for talk in self.talks for text in list(talk.acked)}
        subprocess.run(['cp', '--reflink=always', 'outer/disk.img',
                        'outer/snap.img'], cwd=self.work, check=True)
        return acked

    def check(self, acked):
        subprocess.run(['mount', '-o', 'loop', 'outer/snap.img', 'snap'],
                       cwd=self.work, check=True)
        try:
            trouble = self.look(acked)
        finally:
            subprocess.run(['umount', 'snap'], cwd=self.work, check=True)
        if trouble:
            self.corrupt += 1
            print('corrupt: ' + trouble, file=sys.stderr)

    def look(self, acked):
        """Starts a confabd on it, then reads: what is wrong, or None."""
        other = crowd.Server(self.build, self.work / 'snap' / 'confab')
        try:
            other.start()
        except AssertionError as e:
            return 'confabd does not start: %s' % e
        other.kill()
        db = sqlite3.connect(self.work / 'snap/confab/state/confab.db')
        try:
            sound = db.execute('PRAGMA integrity_check').fetchone()[0]
            texts = ''.join(t for t, in db.execute(
                'SELECT text FROM messages'))
        except sqlite3.Error as e:
            return str(e)
        finally:
            db.close()
        have = set(crowd.TEXT.findall(texts))
        self.checked += len(acked)
        self.lost += len(acked - have)
        for text in sorted(acked - have)[:5]:
            print('lost: ' + text, file=sys.stderr)
        return None if sound == 'ok' else sound

    def run(self, cuts):
        for _ in range(cuts):
            self.check(self.cut())
        for talk in self.talks:
            talk.stop()

    def close(self):
        self.people.close()
        self.server.kill()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('work')
    p.add_argument('--cuts', type=int, default=50)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    begin = time.monotonic()
    cuts = Cuts(a.work, a.build, a.seed)
    try:
        cuts.run(a.cuts)
        acked = sum(len(t.acked) for t in cuts.talks)
    finally:
        cuts.close()
    print('cuts %d, seed %d: %d texts acknowledged, looked for %d times, '
          '%d lost, %d corrupt; %.0f s' % (
              a.cuts, a.seed, acked, cuts.checked, cuts.lost, cuts.corrupt,
              time.monotonic() - begin))
    return 1 if cuts.lost or cuts.corrupt or not cuts.checked else 0


if __name__ == '__main__':
    sys.exit(main())
