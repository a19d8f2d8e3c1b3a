# SPDX-License-Identifier: GPL-3.0-or-later
"""IRC servers that mean harm, each against a relay and a user: none of them
costs the others anything, nor the worker that serves them all its life."""
import os
import socket
import threading

from lab.ircv3 import SaslServer, Session
from lab.util import wait_for
from test_irc_gate import at, told

CROWD = 2000


def endless_line(s):
    s.raw(b':x!y@z PRIVMSG #lobby :')
    for _ in range(160):
        s.raw(b'x' * 65536)


def endless_caps(s):
    for i in range(20000):
        s.send(':fake CAP * LS * :' + ' '.join(
            'cap%d-%d=%s' % (i, j, 'v' * 20) for j in range(10)))


def endless_sasl(s):
    for _ in range(20000):
        s.send('AUTHENTICATE ' + 'A' * 400)


def wrong_order(s):
    for code in list(range(1, 6)) + list(range(200, 1000, 3)):
        for rest in ('', ' ' + s.nick, ' %s #lobby' % s.nick,
                     ' %s #lobby :x' % s.nick, ' x y z :' + 'w ' * 100,
                     ' * * * * * * * * * * * * * * * :*'):
            # those that say that we have to go
            if code not in (403, 433, 442, 451, 464, 465, 466):
                s.send(':fake %03d%s' % (code, rest))


def nicks(s):
    for i in range(CROWD):
        s.send(':n%d!u@h NICK n%d' % (i, i + 1))
        s.send(':n%d!u@h NICK :' % i)
    for i in range(300):
        s.send(':%s!u@h NICK %s%d' % (s.nick, s.nick[:9], i))
        s.nick = '%s%d' % (s.nick[:9], i)


def splits(s):
    for _ in range(3):
        for i in range(CROWD):
            s.send(':n%d!u@h JOIN #lobby' % i)
        for i in range(CROWD):
            s.send(':n%d!u@h QUIT :a%d.example b.example' % (i, i))
    s.send(':%s!u@h QUIT :a.example b.example' % 'n1')


def batches(s):
    s.send(':fake BATCH +open chathistory #lobby')
    for i in range(CROWD):
        s.send('@batch=open :x!y@z PRIVMSG #lobby :old %d' % i)
        s.send('@batch=none :x!y@z JOIN #lobby')
        s.send(':fake BATCH -none%d' % i)


def labels(s):
    for i in range(CROWD):
        s.send('@label=cf%d :fake ACK' % (i + (1 << 40)))
        s.send('@label=cf%d :fake 404 %s #lobby :no' % (-i, s.nick))
        s.send('@label=%s :fake FAIL * X :no' % ('9' * 300))
        s.send(':fake PONG fake :cf-%d' % (i + 1000))


# Whoever is fed these is to hang up ...
FATAL = {'line': endless_line, 'sasl': endless_sasl}
# ... who never lets us in has a minute ...
SLOW = {'caps': endless_caps}
# ... and those go on.
ODD = {'order': wrong_order, 'nicks': nicks, 'splits': splits,
       'batches': batches, 'labels': labels}
ALL = {**FATAL, **SLOW, **ODD}


class Attacker(Session):
    """Attacks once: at the login, or as soon as we are in."""

    def raw(self, data):
        self.sock.sendall(data)

    def send(self, line):
        self.raw((line + '\r\n').encode())

    def begin(self):
        threading.Thread(target=self.attack, daemon=True).start()

    def attack(self):
        name = self.server.name
        try:
            ALL[name](self)
            self.send(':x!y@z PRIVMSG %s :still here' % (
                '#lobby' if self.is_relay else self.nick))
        except OSError:
            pass
        self.server.lines.add('attacked ' + self.first)

    def on_cap(self, words, rest, tags):
        if self.server.name == 'caps':
            return
        super().on_cap(words, rest, tags)
        if words[0] == 'END' and not self.is_relay:
            self.begin()

    def on_authenticate(self, words, rest, tags):
        if words[0] == 'PLAIN':
            self.begin()

    def on_nick(self, words, rest, tags):
        self.nick = self.first = words[0]

    def on_user(self, words, rest, tags):
        self.is_relay = words[0] == 'gw'
        if self.server.name == 'caps':
            self.begin()

    def on_join(self, words, rest, tags):
        super().on_join(words, rest, tags)
        if self.is_relay:
            self.begin()


class Hostile(SaslServer):
    def __init__(self, name):
        self.name = name
        super().__init__('PLAIN')

    def run(self):
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            threading.Thread(target=Attacker(self, sock).run,
                             daemon=True).start()


def resident(pid):
    """KiB of memory."""
    with open('/proc/%d/statm' % pid) as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGESIZE') // 1024


def sections(servers):
    text = 'irc_gateway { ircdomain = "irc.confab.test" ' \
        'first_contact = "allow" logins_rate = 10000 peer_rate = 1000 }\n'
    for name, server in servers.items():
        more = 'account = "me" account_password = "x"' \
            if name == 'sasl' else ''
        text += '''
irc "%s" { server = "127.0.0.1" port = %d tls = false nick = "gw" flood_ms = 1
    flood_burst = 1000 %s }
link "l-%s" { room = "sip:%s@confab.test" to = "irc:%s/#lobby" }
''' % (name, server.port, more, name, name, name)
    return text


def test_no_server_can_harm_the_others(confabd, closing, ngircd, user,
                                       irc_user):
    servers = {name: closing(Hostile(name)) for name in ALL}
    calm = ngircd()
    server = confabd(extra=sections({**servers, 'calm': calm}))
    server.link_up('l-calm')
    workers = server.workers('confab-irc')
    alice, ines = user(server, 'alice'), irc_user(calm)
    for name in ODD:
        alice.join(server.room(name))
    alice.join(server.room('calm'))
    for name in servers:
        assert alice.send(at(None, name), ':online') == 202
    for name, one in servers.items():
        for nick in 'gw', 'alice':
            one.lines.wait(lambda l: l == 'attacked ' + nick)
    for name in FATAL:
        wait_for(lambda: server.link('l-' + name)['error'],
                 'link %s to say why' % name)
    for name in ODD:
        told(alice, 'still here', source=at('x', name))
        told(alice, '[x@%s]: still here' % name, source=server.room(name))
    ines.say('calm')
    alice.saw('[ines@calm]: calm')
    assert alice.send(server.room('calm'), 'as ever') == 202
    ines.saw('<alice> as ever')
    for name in SLOW:
        assert server.link('l-' + name)['state'] != 'up'
    assert server.workers('confab-irc') == workers
    for pid in workers:
        assert resident(pid) < 200 * 1024
