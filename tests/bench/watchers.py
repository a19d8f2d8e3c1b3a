#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""People of XMPP who watch one SIP user: what a change of his presence costs
until all of them have it, by a component at a server that only counts.

    watchers.py [--watchers 10000] [--changes 10]

Prints the time to ask and be allowed, and for a change the time until the last
one has it and the processor time of confabd and its worker.
"""
import argparse
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path[:0] = [str(TOP / 'tests' / 'e2e'), str(TOP / 'tests' / 'bench')]
from lab.confabd import Confabd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from muc import barriers  # noqa: E402

PATIENCE = 60
DOMAIN = 'sip.xmpp.test'
GATEWAY = '''
jabber_gateway { jdomain = "gw.confab.test" auto_accept = "all" }
jabber_component { domain = "%s" host = "127.0.0.1" port = %d secret = "x" }
'''
DOCUMENT = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">'
            '<tuple id="t"><status><basic>open</basic></status>'
            '<note>%s</note></tuple></presence>')


class Server:
    """The XMPP side: says yes to the component and counts what it sends."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.word, self.count, self.rest, self.held = b'\0', 0, b'', b''
        self.lock, self.write_lock = threading.Lock(), threading.Lock()
        self.up = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        self.sock = self.listener.accept()[0]
        got = b''
        while b'<stream:stream' not in got or not got.endswith(b'>'):
            got += self.sock.recv(65536)
        self.sock.sendall(
            b"<?xml version='1.0'?><stream:stream xmlns:stream="
            b"'http://etherx.jabber.org/streams' "
            b"xmlns='jabber:component:accept' id='i' from='%s'>"
            % DOMAIN.encode())
        while b'</handshake>' not in got:
            got += self.sock.recv(65536)
        self.sock.sendall(b'<handshake/>')
        self.up.set()
        while True:
            data = self.sock.recv(1 << 20)
            if not data:
                return
            with self.lock:
                self.take(data)

    def take(self, data):
        back, self.held = barriers(self.held, data)
        if back:
            self.write(back)
        data = self.rest + data
        self.count += data.count(self.word)
        # a word that is cut counts with the next piece
        cut = data.rfind(b'>') + 1
        self.count -= data[cut:].count(self.word)
        self.rest = data[cut:]

    def write(self, data):
        with self.write_lock:
            self.sock.sendall(data)

    def expect(self, word):
        with self.lock:
            self.word, self.count = word.encode(), 0

    def wait(self, number):
        end = time.monotonic() + PATIENCE
        while self.count < number:
            if time.monotonic() > end:
                sys.exit('%d of %d came' % (self.count, number))
            time.sleep(0.0005)


def cpu(pids):
    ticks = 0
    for pid in pids:
        with open('/proc/%d/stat' % pid) as f:
            fields = f.read().rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def publish(alice, note):
    status = alice.transact(alice.build(
        'PUBLISH', alice.aor, (DOCUMENT % note).encode(),
        'application/pidf+xml',
        headers=['Event: presence', 'Expires: 600']))[0]
    if status != 200:
        sys.exit('PUBLISH: %d' % status)


def subscribe(xmpp, number):
    xmpp.expect("'subscribed'")
    begin = time.monotonic()
    for i in range(0, number, 500):
        xmpp.write(''.join(
            "<presence type='subscribe' from='u%d@far.test' "
            "to='alice@%s'/>" % (n, DOMAIN)
            for n in range(i, min(i + 500, number))).encode())
    xmpp.wait(number)
    return time.monotonic() - begin


def change(xmpp, alice, note, number, pids):
    xmpp.expect('>%s<' % note)
    before, begin = cpu(pids), time.monotonic()
    publish(alice, note)
    xmpp.wait(number)
    return time.monotonic() - begin, cpu(pids) - before


def measure(server, xmpp, args):
    alice = SipUser('alice', server.domain, (server.host, server.port))
    try:
        publish(alice, 'first')
        asked = subscribe(xmpp, args.watchers)
        pids = [server.process.pid] + server.workers('confab-jabber')
        took = [change(xmpp, alice, 'note%dx' % i, args.watchers, pids)
                for i in range(args.changes)]
    finally:
        alice.close()
    print('%d watchers asked and allowed: %.2f s' % (args.watchers, asked))
    times = sorted(t for t, _ in took)
    print('a change until the last has it: median %.0f ms, worst %.0f ms' % (
        times[len(times) // 2] * 1000, times[-1] * 1000))
    print('processor time of a change: %.0f ms, %.1f us a watcher' % (
        sum(c for _, c in took) / len(took) * 1000,
        sum(c for _, c in took) / len(took) / args.watchers * 1e6))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--watchers', type=int, default=10000)
    parser.add_argument('--changes', type=int, default=10)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-bench-')
    xmpp = Server()
    server = Confabd(BUILD, folder, extra=GATEWAY % (DOMAIN, xmpp.port))
    try:
        server.start()
        if not xmpp.up.wait(PATIENCE):
            sys.exit('the component did not come')
        measure(server, xmpp, args)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
