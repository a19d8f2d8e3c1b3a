#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users on IRC cost who have a connection each, in one channel.

    puppets.py [confab|biboumi] [--users 200] [--texts 5]

confab: one confab-irc by itself; we are its confabd, and one of the users
listens for all, as in a linked room. biboumi (Debian's, as a component): we are
its XMPP server, each user has joined the channel by it; what they say then it
holds back itself, so that is not measured. The IRC server is
ngircd on the same machine, and somebody in the channel counts. CPU is user and
kernel time. Ends with 1 when something was lost or came twice.
"""
import argparse
import hashlib
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
from lab.irc import IrcUser, Ngircd  # noqa: E402
from lab.util import Process, free_port, wait_for  # noqa: E402
from lab.worker import Worker  # noqa: E402
from muc import cpu  # noqa: E402

CHANNEL, SECRET, OURS = '#bench', 'a-secret', 'biboumi.test'
SAY, JOIN = 1, 2  # bridges/irc/parcel.h
QUIET = 10
PAUSE = 0.002  # ngircd has ten places for those who have not been let in yet


def resident(pid):
    """KiB that it has by itself."""
    with open('/proc/%d/smaps_rollup' % pid) as f:
        return sum(int(line.split()[1]) for line in f
                   if line.startswith('Private_'))


def parcel(verb, kind=0, place='', text=''):
    return '%d %d 0 0' % (verb, kind) + ''.join(
        '\0' + t for t in (place, '', '', '', '', text, ''))


class Guests(Worker):
    program = 'confab-irc'

    def __init__(self, args, folder, port):
        super().__init__(args.build, os.path.join(folder, 'worker.log'))
        self.users, self.port = args.users, port

    def frame(self, data):
        pass  # what a confabd does with it is not measured here

    def wait(self, *_, **__):
        time.sleep(0.2)  # for READY

    def join(self):
        for n in range(self.users):
            self.send('SESSION', self.id(n), 'u%d' % n, dict(
                server='127.0.0.1', port=self.port, nick='u%d' % n,
                username='u', realname='u', flood_burst=1000, flood_ms=1))
            time.sleep(PAUSE)

    def enter(self, n):
        """He is logged in."""
        self.send('SEND', self.id(n), 0, parcel(JOIN, n > 0, CHANNEL))

    @staticmethod
    def id(n):
        return 0x80000001 + n

    def say(self, n, text):
        self.send('SEND', self.id(n), n + 1, parcel(SAY, 0, CHANNEL, text))


class Joined(Guests):
    """Joins each as soon as the worker says that he is up."""

    def frame(self, data):
        kind = int.from_bytes(data[:2], 'big')
        if kind == self.up:
            self.enter(int.from_bytes(data[2:6], 'big') - 0x80000001)

    def __init__(self, *args):
        from lab.worker import TYPES
        self.up = TYPES.index('ACCOUNT_UP')
        super().__init__(*args)


CONF = '''hostname=%s
password=%s
xmpp_server_ip=127.0.0.1
port=%d
db_name=%s/biboumi.db
log_file=%s/biboumi.log
log_level=2
identd_port=0
'''


class Biboumi:
    """And the XMPP server of its users."""

    def __init__(self, args, folder, port):
        assert port == 6667, 'the default port is the one that it takes'
        self.users = args.users
        listener = socket.create_server(('127.0.0.1', 0))
        path = os.path.join(folder, 'biboumi.cfg')
        with open(path, 'w') as f:
            f.write(CONF % (OURS, SECRET, listener.getsockname()[1], folder,
                            folder))
        self.process = Process(['biboumi', path],
                               os.path.join(folder, 'out.log'))
        self.pid = self.process.popen.pid
        listener.settimeout(20)
        self.sock = listener.accept()[0]
        listener.close()
        self.open()
        threading.Thread(target=self.swallow, daemon=True).start()

    def until(self, end):
        data = b''
        while end not in data:
            more = self.sock.recv(4096)
            assert more, data
            data += more

    def open(self):
        self.until(b'to=')
        self.sock.sendall(
            b'<?xml version="1.0"?><stream:stream xmlns="jabber:component:'
            b'accept" xmlns:stream="http://etherx.jabber.org/streams" '
            b'id="s1" from="' + OURS.encode() + b'">')
        want = hashlib.sha1(('s1' + SECRET).encode()).hexdigest()
        self.until(want.encode())
        self.sock.sendall(b'<handshake/>')

    def swallow(self):
        try:
            while self.sock.recv(1 << 18):
                pass
        except OSError:
            pass

    def join(self):
        for n in range(self.users):
            self.sock.sendall((
                '<presence from="u%d@x.test/r" to="%s%%localhost@%s/u%d">'
                '<x xmlns="http://jabber.org/protocol/muc"/></presence>' % (
                    n, CHANNEL, OURS, n)).encode())

    def close(self):
        self.sock.close()
        self.process.stop()


def run(args, folder):
    # biboumi takes the default port, after no TLS on two others
    port = 6667 if args.what == 'biboumi' else free_port()
    os.mkdir(os.path.join(folder, 'irc'))
    server = Ngircd(os.path.join(folder, 'irc'), port).start()
    kind = Biboumi if args.what == 'biboumi' else Joined
    gateway = kind(args, folder, port)
    ear = IrcUser('ear', port, CHANNEL)
    ear.sock.settimeout(None)
    pid, well = gateway.pid, True
    try:
        before, empty, begin = cpu(pid), resident(pid), time.monotonic()
        gateway.join()
        wait_for(lambda: ear.lines.count(
            lambda l: l.command == 'JOIN' and l.nick != 'ear') >= args.users,
                 'all to come', 300)
        took = time.monotonic() - begin
        time.sleep(2)  # names and the like
        print('%s: %d users in a channel' % (args.what, args.users))
        print('    %-36s %8.1f s' % ('all are in after', took))
        print('    %-36s %8.1f ms' % ('CPU of a join', (
            cpu(pid) - before) * 1e3 / args.users))
        print('    %-36s %8.1f KiB (%d without anybody)' % (
            'memory of a user', (resident(pid) - empty) / args.users, empty))
        before = cpu(pid)
        time.sleep(QUIET)
        print('    %-36s %8.1f ms' % ('CPU of %d s of silence' % QUIET, (
            cpu(pid) - before) * 1e3))
        if args.what == 'confab':
            well = talk(args, gateway, ear, pid)
    finally:
        ear.close()
        gateway.close()
        server.stop()
    return well


def talk(args, gateway, ear, pid):
    before, begin, total = cpu(pid), time.monotonic(), 0
    for turn in range(args.texts):
        for n in range(args.users):
            gateway.say(n, 'text %d of %d' % (turn, n))
            total += 1
        wait_for(lambda: ear.seen.count(
            lambda s: s[1].startswith('text ')) >= total, 'texts', 60)
    took = time.monotonic() - begin
    time.sleep(1)  # what comes twice would come now
    heard = ear.seen.count(lambda s: s[1].startswith('text '))
    print('    %-36s %8.1f ms, in %.1f s: %d said, %d heard' % (
        'CPU of a text', (cpu(pid) - before) * 1e3 / total, took, total,
        heard))
    return heard == total


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', nargs='?', default='confab',
                        choices=['confab', 'biboumi'])
    parser.add_argument('--users', type=int, default=200)
    parser.add_argument('--texts', type=int, default=5)
    parser.add_argument('--build', default=str(BUILD))
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='puppets-')
    os.chmod(folder, 0o755)
    try:
        return 0 if run(args, folder) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
