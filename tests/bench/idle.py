#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What members cost who do nothing: the memory of each, and how long a
confabd with all of them takes from its start to the first 200.

    idle.py [--rooms 10000] [--members 1000000] [--rooms-each 1]

--rooms-each is in how many rooms each user is. The memory is the process's,
resident, less that of a confabd without rooms: its rooms are counted in.
"""
import argparse
import collections
import os
import pathlib
import shutil
import socket
import sqlite3
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402

PATIENCE = 120
Cost = collections.namedtuple('Cost', 'seconds resident')

HELP = ('MESSAGE sip:chat-manager@{d} SIP/2.0\r\n'
        'Via: SIP/2.0/UDP {h}:{p};branch=z9hG4bK{n};rport\r\n'
        'Max-Forwards: 70\r\nFrom: <sip:u0@{d}>;tag=1\r\n'
        'To: <sip:chat-manager@{d}>\r\nCall-ID: {n}@idle\r\n'
        'CSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\n'
        'Content-Length: 5\r\n\r\n#help')


def first_200(server):
    """Asks for help until the daemon says yes."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((server.host, 0))
    sock.connect((server.host, server.port))
    sock.settimeout(0.02)
    packet = HELP.format(d=server.domain, h=server.host,
                         p=sock.getsockname()[1], n=os.getpid()).encode()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.process.alive(), server.text()[-3000:]
        try:
            sock.send(packet)
            if sock.recv(65535).startswith(b'SIP/2.0 200 '):
                sock.close()
                return
        except ConnectionRefusedError:
            time.sleep(0.005)
        except socket.timeout:
            pass
    raise AssertionError('no 200 in %d s' % PATIENCE)


def resident(server):
    with open('/proc/%d/status' % server.process.pid) as f:
        for line in f:
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
    raise AssertionError('no VmRSS')


def cost(server):
    begin = time.monotonic()
    server.start(wait=False)
    try:
        first_200(server)
        seconds = time.monotonic() - begin
        return Cost(seconds, resident(server))
    finally:
        server.kill()


def fill(path, domain, rooms, members, rooms_each):
    """As confabd would have stored them."""
    each, users = members // rooms, members // rooms_each
    db = sqlite3.connect(path)
    db.execute('PRAGMA synchronous = OFF')
    db.executemany(
        'INSERT INTO imc_rooms (id, name, domain, flag, created_ms) '
        'VALUES (?, ?, ?, 0, 1)',
        ((r + 1, 'room%d' % r, domain) for r in range(rooms)))
    db.executemany(
        'INSERT INTO imc_members (id, username, domain, room, flag, room_id, '
        "addr, nick, role, state, acked, joined_ms) "
        "VALUES (?, ?, ?, ?, 0, ?, ?, '', 1, 1, 0, ?)",
        ((r * each + m + 1, 'u%d' % u, domain,
          'sip:room%d@%s' % (r, domain), r + 1, 'sip:u%d@%s' % (u, domain),
          m + 1)
         for r in range(rooms) for m in range(each)
         for u in [(r * each + m) % users]))
    db.commit()
    db.close()


def run(build, folder, rooms, members, rooms_each):
    """(cost of an empty one, cost of a full one)"""
    server = Confabd(build, folder)
    text = pathlib.Path(server.conf).read_text()
    pathlib.Path(server.conf).write_text(
        text.replace('log_level = "debug"', 'log_level = "warning"'))
    empty = cost(server)
    fill(os.path.join(folder, 'state', 'confab.db'), server.domain, rooms,
         members, rooms_each)
    return empty, cost(server)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--rooms', type=int, default=10000)
    p.add_argument('--members', type=int, default=1000000)
    p.add_argument('--rooms-each', type=int, default=1)
    p.add_argument('--build', default=BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-idle-')
    empty, full = run(a.build, folder, a.rooms, a.members, a.rooms_each)
    shutil.rmtree(folder)
    print('rooms %d, members %d, each user in %d: first 200 after %.2f s '
          '(empty: %.2f s), %.0f bytes a member' % (
              a.rooms, a.members, a.rooms_each, full.seconds, empty.seconds,
              (full.resident - empty.resident) / a.members))
    return 0


if __name__ == '__main__':
    sys.exit(main())
