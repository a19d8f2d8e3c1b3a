#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A confab-jabber is killed (SIGKILL) in which users are in rooms of XMPP.

    kill.py [--users 100] [--rooms 10] [--by account|component]

Each user has an account at a Prosody of this machine, or is one of the
component's, and visits one of the rooms; somebody of XMPP is in each. Before,
during and after the kill users and rooms talk. Then: how long until all are in
again, and how long until each has heard and said something; what was
acknowledged and is not heard (lost), what is heard twice, and who was told of
it. Ends with 1 when it is not as it has to be: none, none and nobody, in 10 s.
"""
import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path[:0] = [str(TOP / 'tests' / 'e2e')]
from lab.confabd import Confabd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from lab.util import wait_for  # noqa: E402
from lab.xmpp import Prosody, XmppUser  # noqa: E402

PATIENCE = 120
LIMIT = 10


def account(server, prosody, name):
    subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'jabber', 'map',
         'add', name, '%s@%s' % (name, prosody.domain),
         'server=127.0.0.1:%d' % prosody.port], input='pw\n', check=True,
        stdout=subprocess.DEVNULL, text=True)


def section(prosody, by):
    text = '''
jabber_gateway { jdomain = "gw.confab.test" peer_rate = 0 early_error = 0 tls = "off"
    jaddress = "%s" jport = %d registrar = "jabber@gw.confab.test" }
''' % (prosody.domain, prosody.port)
    if by == 'component':
        text += '''
jabber_component { domain = "sip.xmpp.test" host = "127.0.0.1" port = %d
    secret = "lab-component-secret" }
''' % prosody.component_port
    return text


class Show:
    def __init__(self, args, folder):
        self.args = args
        self.prosody = Prosody(
            os.path.join(folder, 'prosody'),
            dict({'u%d' % n: 'pw' for n in range(args.users)},
                 **{'x%d' % n: 'pw' for n in range(args.rooms)})).start()
        os.mkdir(os.path.join(folder, 'confab'))
        self.server = Confabd(args.build, os.path.join(folder, 'confab'),
                              extra=section(self.prosody, args.by))
        self.server.start()
        self.people = [
            XmppUser('x%d@%s' % (n, self.prosody.domain), 'pw',
                     self.prosody.port, self.prosody.room('r%d' % n), 'host')
            for n in range(args.rooms)]
        self.users = [SipUser('u%d' % n, 'confab.test',
                              (self.server.host, self.server.port))
                      for n in range(args.users)]
        self.acknowledged = []  # (room, nick, text) of users
        self.said = []          # (room, text) of people

    def room(self, n):
        return 'sip:u%d*r%d*rooms.%s@gw.confab.test' % (
            n, n % self.args.rooms, self.prosody.domain)

    def all_in(self):
        words = 'in their rooms: %d' % self.args.users
        wait_for(lambda: words in self.server.show('status')[1],
                 lambda: 'all to be in: ' + self.server.show('status')[1],
                 PATIENCE)

    def join(self):
        begin = time.monotonic()
        for n, user in enumerate(self.users):
            if self.args.by == 'account':
                account(self.server, self.prosody, user.name)
            status = user.send(self.room(n), ':join')
            assert status in (200, 202), status
        self.all_in()
        for user in self.users:
            user.seen.wait(lambda m: 'You have joined' in m.body,
                           patience=PATIENCE)
        return time.monotonic() - begin

    def talk(self, word):
        """A word of each; no answer but 202 is one."""
        for n, user in enumerate(self.users):
            text = '%s of u%d' % (word, n)
            if user.send(self.room(n), text) == 202:
                self.acknowledged.append((n % self.args.rooms, 'u%d' % n,
                                          text))
        for n, one in enumerate(self.people):
            text = '%s in r%d' % (word, n)
            one.say(text)
            self.said.append((n, text))

    def hear(self):
        """Until all of it is there."""
        for room, nick, text in self.acknowledged:
            self.people[room].saw(text, nick=nick, patience=PATIENCE)
        for room, text in self.said:
            for user in self.users[room::self.args.rooms]:
                user.seen.wait(lambda m: m.body.endswith(text),
                               patience=PATIENCE)

    def doubled(self):
        """Texts that came more than once, and to whom."""
        out = ['%s: in r%d' % (text, room)
               for room, _, text in self.acknowledged
               if self.people[room].count(text) > 1]
        return out + ['%s: to %s' % (text, user.name)
                      for room, text in self.said
                      for user in self.users[room::self.args.rooms]
                      if user.seen.count(
                          lambda m: m.body.endswith(text)) > 1]

    def told(self):
        """What users and rooms were told that is none of the texts."""
        words = [m.body for user in self.users for m in user.seen.all()
                 if 'You have joined' not in m.body and
                 not any(m.body.endswith(text) for _, text in self.said) and
                 not any(m.body.endswith(' ' + text)
                         for _, _, text in self.acknowledged)]
        return words, [nick for one in self.people
                       for nick, _ in one.gone.all()]

    def kill(self):
        for pid in self.server.workers('confab-jabber'):
            os.kill(pid, signal.SIGKILL)

    def close(self):
        for one in self.users + self.people:
            one.close()
        self.server.stop()
        self.prosody.stop()


def run(show):
    print('%d users by %s in %d rooms: in after %.1f s' % (
        show.args.users, show.args.by, show.args.rooms, show.join()),
        flush=True)
    show.talk('before')
    show.hear()
    show.talk('at')
    show.kill()
    begin = time.monotonic()
    wait_for(lambda: 'in their rooms: %d' % show.args.users not in
             show.server.show('status')[1], 'the loss')
    show.talk('meanwhile')
    show.all_in()
    back = time.monotonic() - begin
    show.talk('after')
    show.hear()
    heard = time.monotonic() - begin
    words, gone = show.told()
    doubled = show.doubled()
    print('killed: all in again after %.1f s, all heard after %.1f s; '
          '%d of %d texts acknowledged, 0 lost, %d doubled; %d notices, %d '
          'seen leaving' % (back, heard, len(show.acknowledged),
                            4 * show.args.users, len(doubled), len(words),
                            len(gone)))
    for line in sorted(set(words))[:10]:
        print('    told: ' + line)
    for line in doubled:
        print('    doubled: ' + line)
    return back < LIMIT and not doubled and not words


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--users', type=int, default=100)
    p.add_argument('--rooms', type=int, default=10)
    p.add_argument('--by', choices=('account', 'component'),
                   default='account')
    p.add_argument('--build', default=BUILD)
    args = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-kill-')
    show = Show(args, folder)
    try:
        well = run(show)
    finally:
        show.close()
    shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main())
