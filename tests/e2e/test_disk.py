# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk is full: senders hear 503, the rest goes on, and nothing that was
acknowledged is lost; with space it goes on by itself."""
import os
import sqlite3
import subprocess

import pytest

from lab.sip import get
from lab.store import texts

SIZE = 4 << 20
TEXT_SIZE = 2500
ENOUGH = 10 * SIZE // TEXT_SIZE  # texts that can't fit


@pytest.fixture
def small_disk(folder):
    """A 4 MiB file system where confabd will have its state."""
    place = folder('confab') / 'state'
    place.mkdir()
    run = subprocess.run(['mount', '-t', 'tmpfs', '-o',
                          'size=%d,mode=700' % SIZE, 'none', str(place)],
                         capture_output=True, text=True)
    if run.returncode:
        pytest.skip('mounting is not permitted: ' + run.stderr.strip())
    yield place
    subprocess.run(['umount', '-l', str(place)], check=True)


def say(user, room, number):
    """A text of TEXT_SIZE bytes: the final answer's status and headers."""
    text = ('text-%05d ' % number).ljust(TEXT_SIZE, 'x')
    return user.transact(user.build('MESSAGE', room, text.encode(),
                                    'text/plain'))


def fill(user, room, start, acked):
    """Says texts until one is not taken: its number, and its headers."""
    for n in range(start, start + ENOUGH):
        status, headers = say(user, room, n)
        if status != 202:
            assert status == 503, (n, status)
            return n, headers
        acked.append(n)
    raise AssertionError('the disk does not get full')


def stored(place):
    """Numbers of the texts in the journal, after an integrity check."""
    db = sqlite3.connect(place / 'confab.db')
    try:
        assert db.execute('PRAGMA integrity_check').fetchone()[0] == 'ok'
    finally:
        db.close()
    return {int(t[5:10]) for t in texts(place / 'confab.db')
            if t.startswith('text-')}


def answers_still(server, user):
    """What needs no disk is served."""
    assert user.options(server.manager)[0] == 200
    before = user.seen.count(lambda m: 'lobby' in m.body)
    assert user.send(server.manager, '#rooms') == 200
    user.seen.wait(lambda m: 'lobby' in m.body, before + 1)


def heard_by(user):
    """Numbers of the texts that begin in what he saw, parts aside."""
    return [int(m.body[m.body.index('text-') + 5:][:5])
            for m in user.seen.all() if 'text-' in m.body]


def test_disk_full(small_disk, confabd, user):
    server = confabd()
    ballast = small_disk / 'ballast'
    ballast.write_bytes(bytes(SIZE // 4))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    acked = []
    n, headers = fill(alice, room, 0, acked)
    assert 1 <= int(get(headers, 'retry-after')) <= 10
    answers_still(server, bob)
    os.unlink(ballast)
    status = 503
    for again in range(n, n + 100):
        status, _ = say(alice, room, again)
        if status == 202:
            acked.append(again)
            break
    assert status == 202
    # Once more, to the brim, and over a crash.
    n, _ = fill(alice, room, again + 1, acked)
    answers_still(server, bob)
    server.kill()
    assert set(acked) <= stored(small_disk)
    subprocess.run(['mount', '-o', 'remount,size=%d' % (4 * SIZE),
                    str(small_disk)], check=True)
    server.start()
    assert say(alice, room, n + 1)[0] == 202
    bob.seen.wait(lambda m: 'text-%05d' % (n + 1) in m.body)
    heard = heard_by(bob)
    assert set(acked) <= set(heard)
    assert len(heard) == len(set(heard))
