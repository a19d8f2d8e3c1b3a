#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some people give commands at random, at the same time, about a few rooms,
while the disk fails now and then. After each round rooms and members have to
be what they were before when confabd is killed and started; each room whose
members made it has an owner; and each command was answered.

    commands.py [--rounds 100] [--seed 1] [--build DIR]
"""
import argparse
import errno
import pathlib
import random
import shutil
import sys
import tempfile

import people as crowd
from lab.faults import Faults
from lab.sip import SipUser
from lab.util import Timeout, together

PEOPLE = ['u%d' % n for n in range(6)]
ROOMS = ('red', 'green', 'blue')
EACH = 60       # commands of each in a round
ANSWERS = (200, 200, 200, 404, 480, 415, 403, 503)
TROUBLE = ('AddressSanitizer', 'runtime error:', 'LeakSanitizer',
           'reference to a dead object', 'UNIQUE')
COMMANDS = (
    '#create {room}', '#create {room} private', '#join {room}',
    '#join {room}', '#join {room}', '#invite {user} {room}',
    '#add {user} {room}', '#accept {room}', '#accept {room}',
    '#reject {room}', '#remove {user} {room}', '#leave {room}',
    '#destroy {room}', '#members {room}', '#who {room}',
    '#modify {user} owner {room}', '#modify {user} admin {room}',
    '#modify {user} member {room}', '#rooms', '#topic {word}',
    '#nick {word} {room}', '#nick - {room}', '#away {word}', '#away',
    '#history 5 {room}', '#status {room}', '#ban {user} {room}',
    '#unban {user} {room}', '#unban {user} {room}', '#bans {room}',
    '#mute {user} 1 {room}', '#unmute {user} {room}', '#private {room}',
    '#public {room}', '#public {room}', '#link echo:{word}', '#links',
    '#unlink {room}-1', 'hello', 'hello {word}')


class Result:
    def __init__(self):
        self.answers = {}
        self.faults = []


class Crowd:
    def __init__(self, build, folder, seed):
        folder = pathlib.Path(folder)
        self.rand = random.Random(seed)
        self.disk = Faults(folder)
        self.server = crowd.Server(build, folder, env=self.disk.env, imc='''
            links_by = "admin"
            history_on_join = 5''')
        self.server.start()
        self.users = [SipUser(n, self.server.domain, (
            self.server.host, self.server.port)) for n in PEOPLE]

    def command(self, rand):
        user = rand.choice(PEOPLE + ['nobody', 'red', 'u1@other.example'])
        word = rand.choice(['tea', 'Zed', 'a@b', '%s', 'x' * 600, '\u202e'])
        return rand.choice(COMMANDS).format(room=rand.choice(ROOMS),
                                            user=user, word=word)

    def talk(self, user, rand):
        """(command, status) of each."""
        said = []
        for _ in range(EACH):
            text = self.command(rand)
            to = self.server.room(rand.choice(ROOMS))
            user.answer = rand.choice(ANSWERS)
            try:
                status = user.transact(user.build('MESSAGE', to,
                                                  text.encode()))[0]
            except Timeout:
                status = None
            said.append((text, status))
        return said

    def trouble(self):
        """The disk fails for some of the next calls."""
        self.disk.fail(self.rand.randint(1, 60), self.rand.randint(0, 40),
                       self.rand.choice([errno.ENOSPC, errno.EIO]))

    def view(self):
        return {r['room']: (r['private'], sorted(
            (m['address'], m['role'], m['state'])
            for m in self.server.ctl('members', r['room'])))
            for r in self.server.ctl('rooms')}

    def wrong(self, view, said):
        for room, (_, members) in view.items():
            if not [m for m in members if m[1:] == ('owner', 'joined')]:
                yield '%s has no owner: %r' % (room, members)
        for text, status in said:
            if status is None or status >= 500 and status != 503:
                yield '%r was answered with %s' % (text, status)

    def write(self):
        """What the disk refused may be on it all the same until something
        else is written there: nobody was told that it was stored."""
        room = self.server.room('calm')
        for command in '#create', '#destroy':
            status = self.users[0].send(room, command)
            if status != 200:
                yield '%s on a disk that works: %s' % (command, status)

    def round(self, result):
        self.trouble()
        said = sum(together([
            lambda u=u, r=random.Random(self.rand.random()): self.talk(u, r)
            for u in self.users]), [])
        self.disk.fail_none()
        for user in self.users:
            user.answer = 200
            user.send(self.server.manager, '#rooms')
        result.faults += self.write()
        for _, status in said:
            result.answers[status] = result.answers.get(status, 0) + 1
        view = self.view()
        result.faults += self.wrong(view, said)
        self.server.kill()
        self.server.start()
        if self.view() != view:
            result.faults.append('before %r, after %r' % (view, self.view()))

    def clear(self):
        """Some rooms end, so that others can begin."""
        for room in ROOMS:
            for user in self.users:
                if self.rand.random() < 0.7:
                    user.send(self.server.room(room), '#destroy')

    def close(self):
        status = self.server.stop()
        for user in self.users:
            user.close()
        text = self.server.text()
        if status:
            yield 'ended with %d: %s' % (status, text[-3000:])
        for word in TROUBLE:
            if word in text:
                yield text[text.index(word) - 200:][:3000]


def run(build, folder, rounds, seed):
    result, people = Result(), Crowd(build, folder, seed)
    try:
        for _ in range(rounds):
            people.round(result)
            people.clear()
    finally:
        result.faults += people.close()
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--rounds', type=int, default=100)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--build', default=crowd.BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-commands-')
    result = run(a.build, folder, a.rounds, a.seed)
    for fault in result.faults[:10]:
        print(fault, file=sys.stderr)
    print('rounds %d, seed %d: answers %s, %d faults' % (
        a.rounds, a.seed, sorted(result.answers.items()),
        len(result.faults)))
    if result.faults:
        print('its files are in ' + folder, file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
