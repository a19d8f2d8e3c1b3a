#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A room of ours, as a service behind a Prosody, against a room on Prosody's
own MUC: the same people, the same words, one after the other.

    muc.py [--people 200] [--messages 300] [--window 20]

All people are users of one component of Prosody's (a plain socket here), so
that clients cost nothing. A message is there when all have it. CPU is of the
processes that host the room, in us a copy.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.util import wait_for  # noqa: E402
from lab.xmpp import Prosody  # noqa: E402

SECRET = 'lab-component-secret'
DOMAIN = 'load.xmpp.test'
PATIENCE = 120
TICK = os.sysconf('SC_CLK_TCK')


BARRIER = re.compile(rb"<iq type='get' from='([^']+)' to='\1' "
                     rb"id='b[0-9a-f]+'><ping xmlns='urn:xmpp:ping'/></iq>")
BARRIER_SIZE = 300


def barriers(rest, data):
    """What a component writes to itself comes back to it, as from a server:
    those in data, and the rest for the next time."""
    data, end, back = rest + data, 0, b''
    for found in BARRIER.finditer(data):
        back += found.group(0)
        end = found.end()
    return back, data[max(end, len(data) - BARRIER_SIZE):]


def cpu(pid):
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class People:
    """A component with all of them."""

    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port))
        self.sock.settimeout(PATIENCE)
        self.rest = b''
        self.write('<stream:stream xmlns="jabber:component:accept" '
                   'xmlns:stream="http://etherx.jabber.org/streams" '
                   'to="%s">' % DOMAIN)
        head = b''
        while b'id=' not in head or not head.endswith(b'>'):
            head += self.sock.recv(4096)
        sid = re.search(rb'\sid=[\'"]([^\'"]+)', head).group(1)
        self.write('<handshake>%s</handshake>' % hashlib.sha1(
            sid + SECRET.encode()).hexdigest())
        self.until(b'<handshake', 1)

    def write(self, text):
        self.sock.sendall(text.encode())

    def until(self, what, count):
        """Until so many of what came."""
        data, seen = self.rest, 0
        while True:
            seen += data.count(what)
            if seen >= count:
                self.rest = b''
                return
            # a mark may be cut in two
            self.rest = data[-len(what) + 1:]
            data = self.rest + self.sock.recv(1 << 20)

    def join(self, room, n):
        for i in range(n):
            self.write('<presence from="u%d@%s/r" to="%s/u%d"><x '
                       'xmlns="http://jabber.org/protocol/muc"><history '
                       'maxstanzas="0"/></x></presence>' % (
                           i, DOMAIN, room, i))
            self.until(b"110", 1)
        self.sock.settimeout(1)
        try:
            while True:
                self.sock.recv(1 << 20)
        except socket.timeout:
            pass
        self.sock.settimeout(PATIENCE)
        self.rest = b''

    def talk(self, room, n, messages, window):
        """Seconds that it took."""
        begin = time.monotonic()
        sent = 0
        while sent < messages:
            part = min(window, messages - sent)
            self.write(''.join(
                '<message type="groupchat" id="m%d" from="u%d@%s/r" '
                'to="%s"><body>what was said is this</body></message>' % (
                    sent + i, (sent + i) % n, DOMAIN, room)
                for i in range(part)))
            self.until(b'<body', part * n)
            sent += part
        return time.monotonic() - begin


def measure(people, room, args, pids):
    people.join(room, args.people)
    before = {name: cpu(pid) for name, pid in pids.items()}
    seconds = people.talk(room, args.people, args.messages, args.window)
    copies = args.people * args.messages
    print('%-28s %8.0f messages/s %9.0f copies/s' % (
        room, args.messages / seconds, copies / seconds))
    for name, pid in pids.items():
        used = cpu(pid) - before[name]
        print('    %-24s %8.2f us of CPU a copy, %3.0f %%' % (
            name, used / copies * 1e6, 100 * used / seconds))
    sys.stdout.flush()


def start(folder):
    prosody = Prosody(os.path.join(folder, 'prosody'), {'gw': 'gwpw'})
    with open(prosody.conf) as f:
        conf = f.read().replace('min = "debug"', 'min = "error"')
    conf = conf.replace(', "limits"', '')
    with open(prosody.conf, 'w') as f:
        f.write(conf + 'Component "%s"\n  component_secret = "%s"\n' % (
            DOMAIN, SECRET))
    prosody.start()
    os.mkdir(os.path.join(folder, 'confab'))
    extra = '''
jabber_gateway { jdomain = "gw.confab.test" peer_rate = 0 early_error = 0 tls = "off"
    registrar = "jabber@gw.confab.test" }
jabber_component { domain = "sip.xmpp.test" muc_domain = "conf.xmpp.test"
    host = "127.0.0.1" port = %d secret = "%s" }
''' % (prosody.component_port, SECRET)
    server = Confabd(BUILD, os.path.join(folder, 'confab'), extra=extra,
                     imc='create_on_join = true')
    server.write()
    with open(server.conf) as f:
        conf = f.read().replace('"debug"', '"warning"', 1)
    with open(server.conf, 'w') as f:
        f.write(conf)
    server.start(wait=False)
    wait_for(lambda: server.process.alive() and
             os.path.exists(server.socket) and
             'component conf.xmpp.test: online' in
             server.show('status')[1] + server.show('jabber')[1],
             lambda: server.text()[-2000:])
    return prosody, server


def main():
    parser = argparse.ArgumentParser()
    for name, value in ('people', 200), ('messages', 300), ('window', 20):
        parser.add_argument('--' + name, type=int, default=value)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='muc-')
    prosody, server = start(folder)
    try:
        people = People(prosody.component_port)
        front = prosody.process.popen.pid
        workers = server.workers('confab-jabber')
        measure(people, 'own@rooms.xmpp.test', args, {'prosody': front})
        measure(people, 'lobby@conf.xmpp.test', args, dict(
            {'prosody': front, 'confabd': server.process.popen.pid},
            **{'confab-jabber %d' % n: pid
               for n, pid in enumerate(workers)}))
    finally:
        server.stop()
        prosody.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
