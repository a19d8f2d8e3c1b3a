#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo of etc/quickstart.sh: one room, linked with an XMPP room on a
Prosody and an IRC channel on an ngircd, all on loopback with throw-away data.
Scripted people on all three sides talk; then each side's view is printed.
Ends with 0 only when every line arrived everywhere, exactly once."""
import argparse
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'tests', 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.irc import IrcUser, Ngircd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from lab.util import Timeout, wait_for  # noqa: E402
from lab.xmpp import Prosody, XmppUser  # noqa: E402

ROOM = 'lobby'


class Person:
    """One of the cast: how he speaks, and what he saw."""

    def __init__(self, name, network, peer, say, emote):
        self.name, self.network, self.peer = name, network, peer
        self.say, self.emote = say, emote

    def saw(self):
        """(who, text) as it stood on his screen, in order."""
        if self.network == 'SIP':
            return [m.body for m in self.peer.seen.all()]
        return ['%s: %s' % (nick, text) for nick, text in
                self.peer.seen.all()]


def shown(speaker, reader, text, emote):
    """What the reader sees when the speaker says text; None: nothing, for
    his own words."""
    if speaker is reader:
        return None
    label = {'SIP': '', 'XMPP': '@home', 'IRC': '@lab'}[speaker.network]
    name = speaker.name + label
    if reader.network == 'SIP':
        return ('* [%s] %s' if emote else '[%s]: %s') % (name, text)
    if speaker.network == reader.network:
        form = {'XMPP': '/me %s', 'IRC': '\x01ACTION %s\x01'}
        body = form[reader.network] % text if emote else text
        return '%s: %s' % (speaker.name, body)
    if not emote:
        return 'confab: <%s> %s' % (name, text)
    form = {'XMPP': 'confab: /me <%s> %s',
            'IRC': 'confab: \x01ACTION <%s> %s\x01'}
    return form[reader.network] % (name, text)


SCRIPT = [
    ('alice', 'Good morning, everybody! This is a desk phone \U0001f4de', 0),
    ('xenia', 'Hello alice, reading you on XMPP: <b>&amp;</b> "quotes" and all',
     0),
    ('ines', 'hi from IRC, umlauts \xe4\xf6\xfc work as well', 0),
    ('bob', 'I am the second phone, over TCP', 0),
    ('ines', 'waves at the phones', 1),
    ('alice', 'waves back', 1),
    ('xenia', 'dances', 1),
    ('bob', '[ines@lab]: a line that only pretends to be from somebody else',
     0),
]


def build_cast(confabd, prosody, ngircd, closers):
    def keep(peer):
        closers.append(peer.close)
        return peer

    server = (confabd.host, confabd.port)
    room = confabd.room(ROOM)
    cast = {}
    for name, transport in (('alice', 'udp'), ('bob', 'tcp')):
        ua = keep(SipUser(name, confabd.domain, server, transport))
        ua.join(room)
        cast[name] = Person(
            name, 'SIP', ua,
            lambda text, ua=ua: check(ua.send(room, text) == 202,
                                      'the message is accepted'),
            lambda text, ua=ua: check(ua.send(room, '/me ' + text) == 202,
                                      'the message is accepted'))
    xenia = keep(XmppUser('xenia@' + prosody.domain, 'xeniapw', prosody.port,
                          prosody.room(ROOM), 'xenia'))
    cast['xenia'] = Person('xenia', 'XMPP', xenia, xenia.say,
                           lambda text: xenia.say('/me ' + text))
    ines = keep(IrcUser('ines', ngircd.port, '#' + ROOM))
    cast['ines'] = Person('ines', 'IRC', ines, ines.say, ines.act)
    wait_for(lambda: 'confab' in xenia.nicks() and 'confab' in ines.nicks(),
             'our relay to be in both places')
    return cast


def check(ok, what):
    if not ok:
        raise AssertionError('it is not so that ' + what)


def play(cast):
    """Line by line: the next one only when everybody saw this one."""
    for name, text, emote in SCRIPT:
        speaker = cast[name]
        (speaker.emote if emote else speaker.say)(text)
        for reader in cast.values():
            want = shown(speaker, reader, text, emote)
            if want:
                wait_for(lambda r=reader, w=want: w in r.saw(),
                         lambda r=reader, w=want: '%s (%s) to see %r; saw %r'
                         % (r.name, r.network, w, r.saw()))


def report(cast):
    """Prints each side's view; how many lines are missing or doubled."""
    wrong = 0
    for reader in cast.values():
        print('\n--- what %s saw (%s) ---' % (reader.name, reader.network))
        saw = reader.saw()
        for line in saw:
            print('  ' + line.replace('\x01ACTION ', '(emote) ')
                  .replace('\x01', ''))
        for name, text, emote in SCRIPT:
            want = shown(cast[name], reader, text, emote)
            if want and saw.count(want) != 1:
                print('!! %d times: %r' % (saw.count(want), want))
                wrong += 1
    return wrong


def run(build, folder, closers):
    def sub(name):
        path = os.path.join(folder, name)
        os.makedirs(path)
        return path

    prosody = Prosody(sub('prosody'), {'gw': 'gwpw', 'xenia': 'xeniapw'})
    ngircd = Ngircd(sub('ngircd'))
    extra = '''
jabber "home" { jid = "gw@%s" password = "gwpw" server = "127.0.0.1"
    port = %d tls = "off" }
irc "lab" { server = "127.0.0.1" port = %d tls = false nick = "confab" }
link "%s-x" { room = "sip:%s@confab.test" to = "xmpp:%s" via = "home" }
link "%s-i" { room = "sip:%s@confab.test" to = "irc:lab/#%s" }
''' % (prosody.domain, prosody.port, ngircd.port, ROOM, ROOM,
       prosody.room(ROOM), ROOM, ROOM, ROOM)
    confabd = Confabd(build, sub('confab'), extra=extra)
    for server in (prosody, ngircd, confabd):
        closers.append(server.stop)
        server.start()
    for label in (ROOM + '-x', ROOM + '-i'):
        confabd.link_up(label)
    print('confabd, Prosody and ngircd are up; room %s is linked with\n  %s\n'
          '  #%s' % (confabd.room(ROOM), prosody.room(ROOM), ROOM))
    cast = build_cast(confabd, prosody, ngircd, closers)
    try:
        play(cast)
    except Timeout as e:
        print('!! %s' % e)
    wrong = report(cast)
    print('\n--- confabctl links ---')
    print(confabd.show('links')[1])
    return wrong


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument('--build', default='build',
                         help='the folder with confabd')
    options = options.parse_args()
    folder, closers = tempfile.mkdtemp(prefix='confab-demo.'), []
    os.chmod(folder, 0o755)
    try:
        wrong = run(os.path.abspath(options.build), folder, closers)
    finally:
        for close in reversed(closers):
            close()
        shutil.rmtree(folder, ignore_errors=True)
    if wrong:
        print('%d lines did not arrive exactly once' % wrong)
        return 1
    print('Every line arrived everywhere, exactly once.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
