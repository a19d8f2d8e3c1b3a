#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A room on SIP, XMPP and IRC: somebody talks on each side while the XMPP
server, the IRC server and confabd are stopped, killed and started again in
turn. Afterwards each text that its own server took has to be once at each of
the others who was there; what could not be had has to be named in the room
("... is missing here"). With --kill confabd has no time to say goodbye: then
a few words that links had just taken come twice.

    three_way.py [--minutes 10] [--kill] [--build DIR]
"""
import argparse
import pathlib
import random
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))

from lab.confabd import Confabd  # noqa: E402
from lab.irc import IrcUser, Ngircd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from lab.util import wait_for  # noqa: E402
from lab.xmpp import Prosody, XmppUser  # noqa: E402

SECTIONS = '''
jabber "home" { jid = "gw@%s" password = "gwpw" server = "127.0.0.1"
    port = %d tls = "off" }
link "lobby-x" { room = "sip:lobby@confab.test" to = "xmpp:%s" via = "home" }
irc "libera" { server = "127.0.0.1" port = %d tls = no nick = "confab"
    flood_burst = 1000 flood_ms = 1 }
link "lobby-i" { room = "sip:lobby@confab.test" to = "irc:libera/#lobby" }
'''
PAUSE = 0.2
GAP = 'is missing here'
ON_ITS_WAY = 0.5


class Talker(threading.Thread):
    """Says numbered words, until it is stopped; said: (time, text) of those
    that its own server took."""

    def __init__(self, word, say):
        super().__init__(daemon=True)
        self.word, self.say, self.said = word, say, []
        self.on, self.over = threading.Event(), False
        self.idle = threading.Event()

    def run(self):
        n = 0
        while not self.over:
            if not self.on.wait(1):
                continue
            self.idle.clear()
            text, start = '%s-%d' % (self.word, n), time.monotonic()
            if self.say(text):
                self.said.append((start, time.monotonic(), text))
            n += 1
            self.idle.set()
            time.sleep(PAUSE)

    def pause(self):
        self.on.clear()
        self.idle.wait(70)


class World:
    def __init__(self, build, folder, kill):
        self.kill = kill
        for name in ('prosody', 'ngircd'):
            (pathlib.Path(folder) / name).mkdir(mode=0o755)
        self.prosody = Prosody(folder + '/prosody',
                               {'gw': 'gwpw', 'xenia': 'pw'}).start()
        self.ngircd = Ngircd(folder + '/ngircd').start()
        self.server = Confabd(build, folder)
        self.server.write(extra=SECTIONS % (
            self.prosody.domain, self.prosody.port,
            self.prosody.room('lobby'), self.ngircd.port))
        self.server.start()
        self.room = self.server.room('lobby')
        self.links()
        self.alice, self.bob = (SipUser(n, self.server.domain,
                                        ('127.0.0.1', self.server.port))
                                for n in ('alice', 'bob'))
        self.alice.join(self.room)
        self.bob.join(self.room)
        self.heard = {'xmpp': [], 'irc': []}  # texts of users who left
        self.away = {'xmpp': [], 'irc': [], 'confabd': []}
        self.enter_xmpp()
        self.enter_irc()
        self.talkers = {
            'sip': Talker('sip', self.say_sip),
            'xmpp': Talker('xmpp', self.say_xmpp),
            'irc': Talker('irc', self.say_irc)}
        for talker in self.talkers.values():
            talker.start()

    def links(self):
        for label in ('lobby-x', 'lobby-i'):
            self.server.link_up(label)

    def enter_xmpp(self):
        self.xenia = XmppUser('xenia@' + self.prosody.domain, 'pw',
                              self.prosody.port, self.prosody.room('lobby'),
                              'xenia')

    def enter_irc(self):
        self.ines = IrcUser('ines', self.ngircd.port, '#lobby')
        self.listener = IrcUser('lara', self.ngircd.port, '#lobby')

    # -- one word; true: the speaker's own server has taken it

    def say_sip(self, text):
        packet = self.alice.build('MESSAGE', self.room, text.encode())
        try:
            return self.alice.transact(packet, patience=60)[0] == 202
        except AssertionError:
            return False

    def say_xmpp(self, text):
        self.xenia.say(text)
        try:
            self.xenia.seen.wait(lambda s: s[1] == text, patience=10)
        except AssertionError:
            return False
        return True

    def say_irc(self, text):
        self.ines.say(text)
        try:
            self.listener.saw(text, patience=10)
        except AssertionError:
            return False
        return True

    # -- rounds

    def round(self, which):
        start = time.monotonic()
        if which == 'confabd':
            if self.kill:
                self.server.kill()
            else:
                self.server.stop()
            time.sleep(random.uniform(0.2, 2))
            self.server.start()
            self.links()
        elif which == 'xmpp':
            self.talkers['xmpp'].pause()
            self.xenia.close()
            self.keep('xmpp', self.xenia.seen)
            self.prosody.stop()
            self.server.link_not_up('lobby-x')
            self.prosody.start()
            self.enter_xmpp()
            self.server.link_up('lobby-x')
        else:
            self.talkers['irc'].pause()
            self.ines.close()
            self.listener.close()
            self.keep('irc', self.listener.seen)
            self.ngircd.stop()
            self.server.link_not_up('lobby-i')
            self.ngircd.start()
            self.enter_irc()
            self.server.link_up('lobby-i')
        # What was said right before was still on its way
        self.away[which].append((start - ON_ITS_WAY, time.monotonic()))
        for talker in self.talkers.values():
            talker.on.set()

    def keep(self, which, seen):
        self.heard[which] += [s[1] for s in seen.all()]

    def finish(self):
        for talker in self.talkers.values():
            talker.pause()
            talker.over = True
        wait_for(lambda: all(m['waiting'] == 0 for m in
                             self.server.ctl('members', 'lobby')) and
                 all(self.server.link(n)['waiting'] == 0
                     for n in ('lobby-x', 'lobby-i')),
                 'all to be delivered', 120)
        time.sleep(3)
        self.keep('xmpp', self.xenia.seen)
        self.keep('irc', self.listener.seen)

    def close(self):
        for user in (self.xenia, self.ines, self.listener, self.alice,
                     self.bob):
            user.close()
        self.server.stop()
        self.prosody.stop()
        self.ngircd.stop()


def within(spans, start, end):
    return any(start < b and end > a for a, b in spans)


def count(texts):
    counts = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return counts


def near(world, moment):
    """Which server's restart it was, and when that began and ended."""
    spans = [(abs(moment - a), which, a - moment, b - moment)
             for which, away in world.away.items() for a, b in away]
    _, which, begin, end = min(spans)
    return '%s was away from %+.2f to %+.2f s' % (which, begin, end)


def verdict(world):
    bodies = [m.body for m in world.bob.seen.all()]
    gaps = sum(GAP in b for b in bodies)
    result = {'texts': 0, 'lost': 0, 'doubled': 0, 'in gaps': 0,
              'gaps': gaps}
    sides = {
        'sip': (count(bodies), []),
        'xmpp': (count(world.heard['xmpp']), world.away['xmpp']),
        'irc': (count(world.heard['irc']), world.away['irc'])}
    names = {'sip': {'sip': '[alice]: %s', 'xmpp': '[xenia@home]: %s',
                     'irc': '[ines@libera]: %s'},
             'xmpp': {'sip': '<alice> %s', 'irc': '<ines@libera> %s'},
             'irc': {'sip': '<alice> %s', 'xmpp': '<xenia@home> %s'}}
    for speaker, talker in world.talkers.items():
        for start, end, text in talker.said:
            for side, (seen, away) in sides.items():
                if speaker == side != 'sip':
                    continue
                n = seen.get(names[side][speaker] % text, 0)
                # Who was not there, or what confabd could not hear
                missed = within(away, start, end) or (
                    speaker != 'sip' and
                    within(world.away['confabd'], start, end))
                result['texts'] += 1
                result['doubled'] += n > 1
                result['lost'] += n == 0 and not missed
                result['in gaps'] += n == 0 and missed
                if n > 1 or (n == 0 and not missed):
                    print('%s at %s: %d times, %s' % (
                        text, side, n, near(world, start)))
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--kill', action='store_true')
    parser.add_argument('--build', default=TOP / 'build')
    args = parser.parse_args()
    rounds = 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        world = World(args.build, folder, args.kill)
        try:
            end = time.monotonic() + 60 * args.minutes
            for talker in world.talkers.values():
                talker.on.set()
            while time.monotonic() < end:
                time.sleep(random.uniform(3, 8))
                world.round(('xmpp', 'irc', 'confabd')[rounds % 3])
                rounds += 1
            time.sleep(3)
            world.finish()
            result = verdict(world)
        finally:
            world.close()
    print('%d rounds, %s' % (rounds, ', '.join(
        '%d %s' % (n, what) for what, n in result.items())))
    named = not result['in gaps'] or result['gaps']
    doubled = result['doubled'] and not args.kill
    return 1 if result['lost'] or doubled or not named else 0


if __name__ == '__main__':
    sys.exit(main())
