#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message through the component costs (XEP-0114), both ways at once.

    component.py [worker|whole|prosody] [--rate 5000] [--seconds 20]

worker: confab-jabber by itself; we are its confabd and its XMPP server. whole:
confabd as well, between that server and SIP users who are behind one proxy.
prosody: whole, with a Prosody instead, whose other component we are. Each text
has a number: what is not heard is lost, what is heard twice is doubled. CPU is
user and kernel time. Ends with 1 when something got lost or came twice.

No more than --window messages of a way are under way: where the machine can't
keep up, the rate is what came of it.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path[:0] = [str(TOP / 'tests' / 'e2e'), str(TOP / 'tests' / 'bench')]
from lab.confabd import Confabd  # noqa: E402
from lab.util import wait_for  # noqa: E402
from lab.worker import TYPES, Worker, stanza  # noqa: E402
from lab.xmpp import Prosody  # noqa: E402
from muc import DOMAIN, SECRET, People, barriers, cpu  # noqa: E402

OURS = 'sip.xmpp.test'
PEOPLE = 50         # on each side
STALL = 30
TICK = 0.01
NUMBER = re.compile(rb'number (\d{8}) ')
BODY = 'number %08d of what is said here and heard there, and not shorter'
NUMBER_SIZE = 16
SENT = struct.pack('>IHI', 26, TYPES.index('SENT'), 1)
HEADERS = re.compile(rb'\r\n((?:Via|From|To|Call-ID|CSeq): [^\r]*)')
BRANCH = re.compile(rb';branch=([^;\r]+)')


class Way:
    """Numbers that went in at one end and shall come out at the other."""

    def __init__(self, name):
        self.name, self.sent, self.refused = name, 0, 0
        self.heard, self.doubled, self.rest = set(), 0, b''
        self.taken, self.why = None, {}
        self.last = time.monotonic()

    def answer(self, number, status):
        if status.startswith(b'202'):
            self.taken.add(number)
            return
        self.refused += 1
        self.why[status] = self.why.get(status, 0) + 1

    def hear(self, data):
        """Of a stream."""
        data, end = self.rest + data, 0
        for found in NUMBER.finditer(data):
            self.add(int(found.group(1)))
            end = found.end()
        self.rest = data[max(end, len(data) - NUMBER_SIZE):]

    def add(self, number):
        self.doubled += number in self.heard
        self.heard.add(number)
        self.last = time.monotonic()

    def under_way(self):
        return self.sent - len(self.heard) - self.refused

    def lost(self):
        """What nobody answered is not lost: a client would ask again."""
        if self.taken is None:
            return self.under_way()
        return len(self.taken - self.heard)

    def say(self, begin):
        seconds = self.last - begin
        print('    %-24s %8.0f messages/s: %d sent, %d refused, %d lost, '
              '%d doubled' % (self.name, len(self.heard) / seconds, self.sent,
                              self.refused, self.lost(), self.doubled))
        if self.under_way() != self.lost():
            print('    not answered: %d' % (self.under_way() - self.lost()))
        for status, count in self.why.items():
            print('    %s: %d' % (status.decode(), count))
        return len(self.heard) and not self.lost() and not self.doubled


def reader(read, hear):
    """A thread that hands on what comes, until there is nothing more."""
    def run():
        try:
            while data := read(1 << 18):
                hear(data)
        except OSError:
            pass
    threading.Thread(target=run, daemon=True).start()


# ---- the XMPP server's end

class Server:
    """XEP-0114, for one component."""
    lock = threading.Lock()

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.listener.settimeout(STALL)

    def open(self):
        self.sock = self.listener.accept()[0]
        self.until(b"'>")
        self.sock.sendall(
            b'<?xml version="1.0"?><stream:stream xmlns="jabber:component:'
            b'accept" xmlns:stream="http://etherx.jabber.org/streams" '
            b'id="s1">')
        want = hashlib.sha1(('s1' + SECRET).encode()).hexdigest()
        assert want.encode() in self.until(b'</handshake>')
        self.sock.sendall(b'<handshake/>')

    def until(self, end):
        data = b''
        while end not in data:
            more = self.sock.recv(4096)
            assert more, data
            data += more
        return data

    def hear(self, way):
        rest = b''

        def take(data):
            nonlocal rest
            back, rest = barriers(rest, data)
            if back:
                self.write(back)
            way.hear(data)
        reader(self.sock.recv, take)

    def write(self, data):
        with self.lock:
            self.sock.sendall(data)

    def send(self, numbers):
        self.write(b''.join(
            b'<message type="chat" id="m%d" from="p%d@%s/r" to="u%d@%s">'
            b'<body>%s</body></message>' % (
                n, n % PEOPLE, DOMAIN.encode(), n // PEOPLE % PEOPLE,
                OURS.encode(), BODY.encode() % n) for n in numbers))

    def close(self):
        self.sock.close()
        self.listener.close()


class Through(Server):
    """The same behind a Prosody."""

    def __init__(self, prosody):
        self.port = prosody.component_port
        self.people = People(self.port)
        self.sock = self.people.sock
        self.sock.settimeout(None)

    def open(self):
        pass

    def close(self):
        self.sock.close()


# ---- the other end

class Pipe(Worker):
    """A worker's confabd: as little of one as is possible."""

    def __init__(self, build, folder, port):
        self.way, self.told = None, 0
        super().__init__(build, os.path.join(folder, 'worker.log'))
        self.send('SESSION', 1, OURS, dict(
            kind='component', domain=OURS, host='127.0.0.1', port=port,
            secret=SECRET))
        self.parcel = stanza(
            '<message type="chat" from="u1@%s/gw" to="p1@%s/r"><body>%s'
            '</body></message>' % (OURS, DOMAIN, BODY % 0))

    def frame(self, data):
        if self.way:
            self.way.hear(data)
            self.told += data.startswith(SENT[4:])
        else:
            super().frame(data)

    def hear(self, way):
        self.wait('ACCOUNT_UP', 1)
        self.way = way

    def put(self, numbers):
        out = []
        for n in numbers:
            parcel = self.parcel.replace(b'00000000', b'%08d' % n)
            out.append(struct.pack('>IHIQI', len(parcel) + 18,
                                   TYPES.index('SEND'), 1, n + 1,
                                   len(parcel)) + parcel)
        self.sock.sendall(b''.join(out))


class Phones:
    """SIP users behind one proxy: one UDP socket."""

    def __init__(self, server):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (33, 32):  # SO_RCVBUFFORCE, SO_SNDBUFFORCE
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, option, 64 << 20)
            except OSError:
                pass
        self.sock.bind(('127.0.0.1', 0))
        self.sock.connect((server.host, server.port))
        self.here = '127.0.0.1:%d' % self.sock.getsockname()[1]
        self.heard, self.back, self.branches = None, None, set()
        self.answered = {}
        reader(self.sock.recv, self.packet)
        for n in range(PEOPLE):
            self.sock.send(self.request('k%d' % n, n,
                                        'sip:chat-manager@confab.test',
                                        b'#help'))
        wait_for(lambda: len(self.answered) == PEOPLE, 'the people')
        self.answered = {}

    def request(self, id_, user, to, body):
        return (b'MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s'
                b'\r\nMax-Forwards: 70\r\nFrom: <sip:u%d@confab.test>;tag=%s'
                b'\r\nTo: <%s>\r\nCall-ID: %s@bench\r\nCSeq: 1 MESSAGE\r\n'
                b'Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s' % (
                    to.encode(), self.here.encode(), id_.encode(), user,
                    id_.encode(), to.encode(), id_.encode(), len(body), body))

    def packet(self, data):
        if data.startswith(b'SIP/2.0 '):
            self.answer(data)
            return
        branch = BRANCH.search(data).group(1)
        number = NUMBER.search(data)
        if number and branch not in self.branches:
            self.branches.add(branch)
            self.heard.add(int(number.group(1)))
        self.sock.send(b'\r\n'.join(
            [b'SIP/2.0 200 OK', *HEADERS.findall(data),
             b'Content-Length: 0', b'', b'']))

    def answer(self, data):
        id_ = re.search(rb'branch=z9hG4bK(\w+)', data).group(1)
        if id_ in self.answered or data[8:9] == b'1':
            return
        self.answered[id_] = data[8:11]
        if self.back:
            self.back.answer(int(id_[1:]), data[8:data.index(b'\r')])

    def hear(self, way):
        self.heard = way

    def put(self, numbers):
        for n in numbers:
            self.sock.send(self.request(
                'm%d' % n, n // PEOPLE % PEOPLE, 'sip:p%d*%s@gw.confab.test' %
                (n % PEOPLE, DOMAIN), BODY.encode() % n))

    def close(self):
        self.sock.close()


# ---- the run

def feed(way, put, due, args):
    count = min(due - way.sent, args.window - way.under_way())
    if count > 0:
        put(range(way.sent, way.sent + count))
        way.sent += count
    return way.under_way()


def talk(args, there, here, pids):
    """there is the XMPP side."""
    into, out = Way('XMPP to SIP'), Way('SIP to XMPP')
    if isinstance(here, Phones):
        here.back, out.taken = out, set()
    there.hear(out)
    here.hear(into)
    before = {name: cpu(pid) for name, pid in pids.items()}
    begin = time.monotonic()
    total = int(args.rate * args.seconds)
    moved = 0, begin
    while into.sent < total or out.sent < total or into.under_way() or \
            out.under_way():
        due = min(total, int((time.monotonic() - begin) * args.rate))
        feed(into, there.send, due, args)
        feed(out, here.put, due, args)
        now = len(into.heard) + len(out.heard)
        if now > moved[0]:
            moved = now, time.monotonic()
        elif time.monotonic() - moved[1] > STALL:
            break
        time.sleep(TICK)
    used = {name: cpu(pid) - before[name] for name, pid in pids.items()}
    time.sleep(args.linger)  # what comes twice would come now
    well = [way.say(begin) for way in (into, out)]
    seconds = max(into.last, out.last) - begin
    for name, s in used.items():
        print('    %-24s %8.1f us of CPU a message, %3.0f %% of a core' % (
            name, s * 1e6 / max(1, moved[0]), 100 * s / seconds))
    sys.stdout.flush()
    return all(well)


def worker(args, folder):
    server = Server()
    pipe = Pipe(args.build, folder, server.port)
    server.open()
    try:
        well = talk(args, server, pipe, {'confab-jabber': pipe.pid})
        time.sleep(0.2)
        told = pipe.told
        print('    told of %d' % told)
        return well and told == int(args.rate * args.seconds)
    finally:
        server.close()
        pipe.close()


def daemon(args, folder, port):
    os.mkdir(os.path.join(folder, 'confab'))
    server = Confabd(args.build, os.path.join(folder, 'confab'), extra='''
jabber_gateway { jdomain = "gw.confab.test" peer_rate = 0 early_error = 0 tls = "off" }
jabber_component { domain = "%s" host = "127.0.0.1" port = %d secret = "%s" }
''' % (OURS, port, SECRET))
    text = pathlib.Path(server.conf).read_text()
    pathlib.Path(server.conf).write_text(
        text.replace('"debug"', '"warning"', 1))
    server.start(wait=False)
    wait_for(lambda: os.path.exists(server.socket), server.text)
    return server


def whole(args, folder, there, pids):
    server = daemon(args, folder, there.port)
    there.open()
    try:
        wait_for(lambda: 'component %s: online' % OURS in
                 server.show('status')[1], server.text)
        phones = Phones(server)
        (jabber,) = server.workers('confab-jabber')
        return talk(args, there, phones, dict(
            pids, confabd=server.process.pid, **{'confab-jabber': jabber}))
    finally:
        there.close()
        server.stop()


def by_prosody(args, folder):
    prosody = Prosody(os.path.join(folder, 'prosody'), {})
    text = pathlib.Path(prosody.conf).read_text()
    pathlib.Path(prosody.conf).write_text(
        text.replace('min = "debug"', 'min = "error"') +
        'Component "%s"\n  component_secret = "%s"\n' % (DOMAIN, SECRET))
    prosody.start()
    try:
        return whole(args, folder, Through(prosody),
                     {'prosody': prosody.process.popen.pid})
    finally:
        prosody.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('what', nargs='?', choices=('worker', 'whole', 'prosody'))
    for name, value in ('rate', 5000), ('seconds', 20), ('window', 2000), \
            ('linger', 1):
        p.add_argument('--' + name, type=float if name == 'linger' else int,
                       default=value)
    p.add_argument('--build', default=BUILD)
    args, well = p.parse_args(), True
    runs = dict(worker=worker,
                whole=lambda a, f: whole(a, f, Server(), {}),
                prosody=by_prosody)
    for what in [args.what] if args.what else runs:
        folder = tempfile.mkdtemp(prefix='confab-component-')
        print('%s: %d a second each way' % (what, args.rate), flush=True)
        well = runs[what](args, folder) and well
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main())
