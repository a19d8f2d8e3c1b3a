#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users who watch SIP users: 10,000 subscriptions to 1,000 users, and how
long a change takes to reach 100 watchers of one of them.

    presence.py [--watchers 10000] [--users 1000] [--changes 20]

Prints what a subscription costs in time and memory, when the watchers have
heard of a change (as the 99th of 100 does, over all changes), and the
processor time of confabd for a NOTIFY. One socket plays all watchers: it takes
in all that is there, with the time, before it answers any.
"""
import argparse
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
sys.path[:0] = [str(TOP / 'tests' / 'e2e'), str(TOP / 'tests' / 'bench')]
from lab.confabd import Confabd  # noqa: E402
from watchers import DOCUMENT, cpu  # noqa: E402

PATIENCE = 60
CROWD = 100   # watchers of a user who changes
WINDOW = 64   # SUBSCRIBEs under way
KEEP = re.compile(rb'^(?:Via|From|To|Call-ID|CSeq):[^\r]*\r\n', re.M)


class Phones:
    def __init__(self, server):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sock.connect((server.host, server.port))
        self.port = self.sock.getsockname()[1]
        self.domain, self.number = server.domain, 0
        self.answered, self.bad = 0, 0
        self.heard = []   # (time, packet) of NOTIFYs

    def request(self, method, user, to, headers, body=b''):
        self.number += 1
        n = self.number
        self.sock.send((
            '%s sip:%s@%s SIP/2.0\r\n'
            'Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKp%d\r\n'
            'Max-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=t%d\r\n'
            'To: <sip:%s@%s>\r\nCall-ID: c%d\r\nCSeq: 1 %s\r\n%s'
            'Event: presence\r\nContent-Length: %d\r\n\r\n' % (
                method, to, self.domain, self.port, n, user, self.domain, n,
                to, self.domain, n, method, headers, len(body))
        ).encode() + body)

    def take(self, wait):
        """All that is there; then the answers to it."""
        self.sock.settimeout(wait)
        fresh = []
        try:
            while True:
                data = self.sock.recv(65536)
                fresh.append((time.monotonic(), data))
                self.sock.settimeout(0.0)
        except OSError:
            pass
        for when, data in fresh:
            if data.startswith(b'NOTIFY'):
                self.sock.send(b'SIP/2.0 200 OK\r\n' +
                               b''.join(KEEP.findall(data)) +
                               b'Content-Length: 0\r\n\r\n')
                self.heard.append((when, data))
            else:
                self.answered += 1
                self.bad += not data.startswith(b'SIP/2.0 200')

    def settle(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                sys.exit('waited in vain for ' + what)
            self.take(0.05)
        if self.bad:
            sys.exit('%d were refused' % self.bad)


def rss(pid):
    with open('/proc/%d/statm' % pid) as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def publish(phones, user, note):
    phones.request('PUBLISH', user, user,
                   'Expires: 3600\r\nContent-Type: application/pidf+xml\r\n',
                   (DOCUMENT % note).encode())


def pairs(args):
    """Who watches whom: those who change have a crowd, others the rest."""
    for user in range(args.changes):
        for w in range(CROWD):
            yield w, user
    rest = args.watchers - args.changes * CROWD
    for n in range(rest):
        yield CROWD + n, args.changes + n % (args.users - args.changes)


def subscribe(phones, args, expires):
    sent = 0
    phones.heard.clear()
    for watcher, user in pairs(args):
        phones.request('SUBSCRIBE', 'w%d' % watcher, 'u%d' % user,
                       'Expires: %d\r\nContact: <sip:w%d@127.0.0.1:%d>\r\n'
                       % (expires, watcher, phones.port))
        sent += 1
        if sent % WINDOW == 0:
            phones.settle(lambda: len(phones.heard) >= sent, 'NOTIFYs')
    phones.settle(lambda: len(phones.heard) >= sent, 'the last NOTIFYs')


def change(phones, user, pid):
    word = b'<note>changed%d<' % user
    phones.heard.clear()
    before, begin = cpu([pid]), time.monotonic()
    publish(phones, 'u%d' % user, 'changed%d' % user)

    def there():
        return [w for w, p in phones.heard if word in p]
    phones.settle(lambda: len(there()) >= CROWD, 'the crowd')
    return [w - begin for w in there()], cpu([pid]) - before


def measure(server, args):
    phones, pid = Phones(server), server.process.pid
    for user in range(args.users):
        publish(phones, 'u%d' % user, 'here')
        if user % WINDOW == 0:
            phones.settle(lambda: phones.answered > user, 'answers')
    phones.settle(lambda: phones.answered >= args.users, 'answers')
    # what transactions remember for 32 s is no subscription's: the same
    # requests before, which leave none, have made room for that
    subscribe(phones, args, 0)
    time.sleep(args.settle)
    memory, begin, used = rss(pid), time.monotonic(), cpu([pid])
    subscribe(phones, args, 3600)
    took, used = time.monotonic() - begin, cpu([pid]) - used
    time.sleep(1)  # the disk
    memory = rss(pid) - memory
    print('%d subscriptions: %.1f s, %.0f us of processor time each' % (
        args.watchers, took, used / args.watchers * 1e6))
    print('memory of a subscription: %d bytes' % (memory // args.watchers))
    time.sleep(4.1)  # the pace of each
    times, spent = [], 0
    for user in range(args.changes):
        one, ticks = change(phones, user, pid)
        times += one
        spent += ticks
    times.sort()
    print('a change until a watcher has it: median %.1f ms, p99 %.1f ms, '
          'worst %.1f ms' % tuple(1000 * times[int(len(times) * q)] for q in
                                  (0.5, 0.99, 0.9999)))
    print('processor time of a NOTIFY and its answer: %.1f us' % (
        spent / len(times) * 1e6))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--watchers', type=int, default=10000)
    parser.add_argument('--users', type=int, default=1000)
    parser.add_argument('--changes', type=int, default=20)
    parser.add_argument('--settle', type=float, default=36)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-bench-')
    server = Confabd(BUILD, folder, extra='presence = "allow"')
    try:
        server.start()
        measure(server, args)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
