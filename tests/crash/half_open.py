#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member's cable is cut: his connection says nothing any more, and does not
end. confabd has to notice within a minute, silent (no text for him) or busy
(20 texts for him); what was said meanwhile he gets when he is back. Needs
root, for network namespaces.

    half_open.py [--silent] [--build DIR]
"""
import argparse
import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from lab.util import wait_for  # noqa: E402

HERE, THERE = '10.9.0.1', '10.9.0.2'
CLONE_NEWNET = 0x40000000
MINUTE = 60
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def enter(fd, kind=CLONE_NEWNET):
    if libc.setns(fd, kind):
        raise OSError(ctypes.get_errno(), 'setns')


class Cable:
    """Between a new network namespace, which is ours from now on, and one
    behind it. A socket belongs to the one that it was made in."""

    def __init__(self):
        if libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'unshare')
        self.here = os.open('/proc/self/ns/net', os.O_RDONLY)
        self.keeper = subprocess.Popen(['unshare', '-n', 'sleep', '600'])
        path = '/proc/%d/ns/net' % self.keeper.pid
        wait_for(lambda: os.readlink(path) !=
                 os.readlink('/proc/self/ns/net'), 'a namespace')
        self.there = os.open(path, os.O_RDONLY)
        ip('link', 'set', 'lo', 'up')
        ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1',
           'netns', str(self.keeper.pid))
        ip('addr', 'add', HERE + '/24', 'dev', 'v0')
        ip('link', 'set', 'v0', 'up')
        with self.behind():
            ip('addr', 'add', THERE + '/24', 'dev', 'v1')
            ip('link', 'set', 'v1', 'up')

    @contextlib.contextmanager
    def behind(self):
        enter(self.there)
        try:
            yield
        finally:
            enter(self.here)

    def connect(self, port):
        with self.behind():
            return socket.create_connection((HERE, port), 20)

    def cut(self):
        with self.behind():
            ip('link', 'set', 'v1', 'down')

    def mend(self):
        with self.behind():
            ip('link', 'set', 'v1', 'up')

    def close(self):
        self.keeper.kill()
        self.keeper.wait()


def run(server, cable, busy):
    room = server.room('lobby')
    bob = SipUser('bob', server.domain, (HERE, server.port), bind=HERE)
    alice = SipUser('alice', server.domain, None, 'tcp',
                    sock=cable.connect(server.port))
    bob.join(room)
    alice.join(room)
    cable.cut()
    start = time.monotonic()
    texts = ['text %d' % n for n in range(20 if busy else 0)]
    for text in texts:
        assert bob.send(room, text) == 202
    wait_for(lambda: 'sip: tcp:%s:' % THERE in server.text(),
             'confabd to notice', 2 * MINUTE)
    seconds = time.monotonic() - start
    assert bob.send(room, 'the last') == 202
    cable.mend()
    again = SipUser('alice', server.domain, None, 'tcp',
                    sock=cable.connect(server.port))
    assert again.send(room, 'back') == 202
    for text in texts + ['the last']:
        again.seen.wait(lambda m: m.body.endswith('[bob]: ' + text))
    for user in (alice, again, bob):
        user.close()
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--silent', action='store_true')
    parser.add_argument('--build', default=TOP / 'build')
    args = parser.parse_args()
    cable = Cable()
    with tempfile.TemporaryDirectory() as folder:
        server = Confabd(args.build, folder, trusted='"10.9.0.0/24"')
        server.write(listen='"udp:%s:%d", "tcp:%s:%d"' % (
            HERE, server.port, HERE, server.port))
        try:
            seconds = run(server.start(), cable, not args.silent)
        finally:
            server.stop()
            cable.close()
    print('noticed after %.0f s' % seconds)
    return seconds > MINUTE


if __name__ == '__main__':
    sys.exit(main())
