# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk and the database, case by case, and the end of a busy daemon;
CATALOGUE.md says where the cases that are not here are shown."""
import errno
import hashlib
import os
import pathlib
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time

import pytest

from lab.faults import Faults
from lab.sip import get
from lab.store import integrity, opened, texts
from lab.util import wait_for

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / 'crash'))
import flip  # noqa: E402


def pair(server, user, room='lobby'):
    """alice and bob, in the room, with nothing under way."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(server.room(room))
    bob.join(server.room(room))
    settled(server, room)
    return alice, bob


def settled(server, room='lobby'):
    wait_for(lambda: not any(m['waiting'] for m in server.ctl(
        'members', room)), lambda: 'all to be delivered: %r' % server.ctl(
            'members', room))


def transact(user, room, text):
    return user.transact(user.build('MESSAGE', room, text.encode()))


# -- DB02

@pytest.mark.parametrize('error', [errno.ENOSPC, errno.EIO])
def test_db02_what_is_acknowledged_is_there_after_faults(folder, confabd,
                                                         user, error):
    """Each call of a commit fails once, and for a while: what got 202 is in
    the database after a crash, what was refused was refused with 503."""
    faults = Faults(folder('faults'))
    server = confabd(env=faults.env)
    alice, bob = pair(server, user)
    room, acked, refused = server.room('lobby'), [], 0
    for n in range(24):
        faults.fail(1 + n // 2, 1 if n % 2 else 5, error)
        for i in range(20):
            text = 'text %d.%d' % (n, i)
            status, headers = transact(alice, room, text)
            if status == 202:
                acked.append(text)
            else:
                refused += 1
                assert status == 503, status
                assert get(headers, 'retry-after')
            if faults.hits():
                break
        assert faults.hits()
        assert bob.options(server.manager)[0] == 200
        if n % 8 == 7:
            faults.fail_none()
            server.kill()
            assert set(acked) <= set(texts(server.database))
            assert integrity(server.database) == 'ok'
            server.start()
    assert refused > 10
    assert transact(alice, room, 'the end')[0] == 202
    bob.seen.wait(lambda m: 'the end' in m.body)
    settled(server)
    heard = [m.body.split(': ', 1)[1] for m in bob.seen.all()
             if '[alice]: text' in m.body]
    assert set(acked) <= set(heard)
    assert len(heard) == len(set(heard))


# -- DB05

def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True)


@pytest.fixture
def small_ext4(folder):
    """A file system of its own where confabd will have its state."""
    place, image = folder('confab') / 'state', folder('images') / 'ext4'
    place.mkdir()
    with open(image, 'wb') as f:
        f.truncate(16 << 20)
    made = run('mkfs.ext4', '-q', '-F', str(image))
    if made.returncode:
        pytest.skip('no ext4 can be made: ' + made.stderr.strip())
    made = run('mount', '-o', 'loop', str(image), str(place))
    if made.returncode:
        pytest.skip('mounting is not permitted: ' + made.stderr.strip())
    yield place, image
    run('umount', '-l', str(place))


def test_db05_a_disk_that_becomes_read_only(small_ext4, confabd, user):
    """As a full one: texts are refused with 503, what needs no disk is
    served, the operator sees it; and with the disk back all is there."""
    place, image = small_ext4
    server = confabd()
    alice, bob = pair(server, user)
    room = server.room('lobby')
    acked = ['text %d' % n for n in range(20)]
    for text in acked:
        assert alice.send(room, text) == 202
    settled(server)
    # As the kernel does when the device fails.
    gone = run('mount', '-o', 'remount,abort', str(place))
    if gone.returncode:
        pytest.skip('no way to abort it: ' + gone.stderr.strip())
    for n in range(3):
        status, headers = transact(alice, room, 'lost %d' % n)
        assert status == 503 and get(headers, 'retry-after')
        assert bob.send(room, '#members') == 200
        assert bob.send(server.manager, '#rooms') == 200
        assert bob.options(server.manager)[0] == 200
    assert alice.send(room, '#topic new') == 503
    assert alice.send(server.manager, '#create other') == 503
    assert alice.send(room, '#topic') == 200
    alice.saw('*** The room has no topic')
    assert server.ctl('status')['store']['failed'] >= 4
    assert [line for line in server.text().splitlines()
            if line.startswith('error') and 'store:' in line or
            ' error ' in line]
    server.kill()
    assert run('umount', str(place)).returncode == 0
    assert run('e2fsck', '-fy', str(image)).returncode <= 1
    assert run('mount', '-o', 'loop', str(image), str(place)).returncode == 0
    assert set(acked) <= set(texts(server.database))
    assert integrity(server.database) == 'ok'
    server.start()
    assert alice.send(room, 'back') == 202
    bob.saw('[alice]: back')


# -- DB06

def newer(path):
    with opened(path) as db:
        db.execute('PRAGMA user_version = 1000')


def directory(path):
    os.unlink(path)
    os.mkdir(path)


def foreign(path):
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize('change,says', [
    (os.unlink, None),
    (lambda path: open(path, 'w').close(), None),
    (newer, 'made by a newer confab'),
    (directory, 'Is a directory'),
    (foreign, 'belongs to another user'),
    (lambda path: os.chmod(path, 0o644), None),
    (lambda path: open(path, 'w').write('x' * 8192), 'not a database'),
], ids=['missing', 'empty', 'newer', 'directory', 'foreign', 'open',
        'nonsense'])
def test_db06_what_is_there_at_the_start(confabd, change, says):
    """It is taken, made, or refused with one line; never changed first."""
    server = confabd()
    assert server.stop() == 0
    for name in ('-wal', '-shm'):
        assert not os.path.exists(server.database + name)
    if change is foreign and os.geteuid():
        pytest.skip('needs root: to give a file away')
    change(server.database)
    before = os.stat(server.database) if says else None
    size = len(server.text())
    server.start(wait=says is None)
    if says is None:
        assert stat.S_IMODE(os.stat(server.database).st_mode) == 0o600
        assert server.ctl('rooms') == []
        return
    assert server.process.wait() == 1
    said = server.text()[size:].splitlines()
    assert len(said) == 1 and says in said[0], said
    assert server.database in said[0]
    after = os.stat(server.database)
    assert (after.st_mtime_ns, after.st_size, after.st_mode) == (
        before.st_mtime_ns, before.st_size, before.st_mode)


# -- DB07

def test_db07_flipped_bytes_do_no_harm(build, folder):
    """tests/crash/flip.py does 500 rounds; here are a few."""
    result = flip.run(build, folder('confab'), rounds=20, seed=7)
    assert result.refused + result.ran == 20
    assert not result.faults, result.faults[:3]


# -- DB09

class Asked:
    """One request, answered when it is; who waits for it may do else."""

    def __init__(self, user, room, text):
        self.answer = None
        self.thread = threading.Thread(target=self.run,
                                       args=(user, room, text))
        self.thread.start()

    def run(self, user, room, text):
        self.answer = transact(user, room, text)


def test_db09_another_process_has_the_database(confabd, user):
    """For a while: changes wait. For long: they are refused with 503. OPTIONS
    are answered all the time."""
    server = confabd()
    alice, bob = pair(server, user)
    room = server.room('lobby')
    other = sqlite3.connect(server.database, isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
    first = Asked(alice, room, '#topic a while')
    for _ in range(50):
        assert bob.options(server.manager)[0] == 200
    assert first.answer is None
    other.execute('ROLLBACK')
    first.thread.join()
    assert first.answer[0] == 200
    other.execute('BEGIN EXCLUSIVE')
    second, answered = Asked(alice, room, '#topic for long'), 0
    while second.thread.is_alive():
        assert bob.options(server.manager)[0] == 200
        answered += 1
    assert second.answer[0] == 503
    assert get(second.answer[1], 'retry-after')
    assert answered > 100
    other.execute('ROLLBACK')
    other.close()
    assert transact(alice, room, 'and now')[0] == 202
    bob.saw('[alice]: and now')
    assert alice.send(room, '#topic') == 200
    alice.seen.wait(lambda m: m.body.endswith('a while'))


# -- DB14, DB16

def test_db14_db16_who_was_away_for_long_gets_the_newest(confabd, user):
    """Of 10,000 texts the newest 500 come, in order, eight under way at
    most, what is said live behind them; both sides hear of the rest."""
    server = confabd(imc='history_on_join = 0')
    alice, bob = pair(server, user)
    dave, room = user(server, 'dave'), server.room('lobby')
    dave.join(room)
    settled(server)
    bob.answer = dave.answer = 480
    said = ['text-%05d' % n for n in range(10000)]
    statuses = alice.pour(room, said, window=64)
    assert set(statuses.values()) == {202} and len(statuses) == len(said)
    for name in ('bob', 'dave'):
        alice.saw('*** [%s] did not get your message in lobby: too much '
                  'is waiting for him' % name)
    wait_for(lambda: max(m['waiting'] for m in server.ctl(
        'members', 'lobby')) == 500, 'the oldest to be left out')
    # Who is a member no more gets nothing of it.
    assert alice.send(room, '#remove dave') == 200
    behind = [len(u.seen.all()) for u in (bob, dave)]
    bob.answer = dave.answer = 200
    assert bob.send(room, 'back') == 202
    assert alice.send(room, 'live') == 202
    bob.seen.wait(lambda m: m.body.endswith('[alice]: live'))
    settled(server)
    got = [m.body[-10:] for m in bob.seen.all()[behind[0]:]
           if '[alice]: text-' in m.body]
    assert len(got) in (499, 500) and got == said[-len(got):]
    bob.seen.wait(lambda m: 'are lost: you were away' in m.body)
    assert not [m for m in dave.seen.all()[behind[1]:] if 'text-' in m.body]


def test_db14_what_expired_is_not_delivered(confabd, user):
    """Seven days later, by the clock of the journal."""
    server = confabd()
    alice, bob = pair(server, user)
    room = server.room('lobby')
    bob.answer = 480
    assert alice.send(room, 'too old') == 202
    assert server.stop() == 0
    with opened(server.database) as db:
        db.execute('UPDATE messages SET time_ms = time_ms - 604860000 '
                   "WHERE text = 'too old'")
    server.start()
    bob.answer = 200
    assert alice.send(room, 'new') == 202
    assert bob.send(room, 'here') == 202
    bob.seen.wait(lambda m: m.body.endswith('[alice]: new'))
    settled(server)
    assert not bob.seen.count(lambda m: 'too old' in m.body)


# -- DB18, DB20

SQL = [before + words + after
       for before in ('', "'", "')", '"', '%27')
       for words in (' OR 1=1', '; DROP TABLE messages', ' UNION SELECT 1,2',
                     '; UPDATE imc_members SET role=3', '||(SELECT 1)',
                     '; ATTACH DATABASE "x" AS y', ' AND 1=randomblob(9)')
       for after in ('', '--', '/*', '\0')]


def log_of_trouble(server):
    return [line for line in server.text().splitlines()
            if any(w in line.lower() for w in (
                'syntax', 'sqlite', 'store:', 'no such', 'unrecognized'))]


def test_db18_sql_in_every_field_is_text(confabd, user):
    server = confabd(imc='history_on_join = 0\nlinks_by = "owner"')
    alice, bob = pair(server, user)
    room = server.room('lobby')
    with opened(server.database) as db:
        before = db.execute('SELECT type, name, sql FROM sqlite_master '
                            'ORDER BY name').fetchall()
    fields = [
        lambda s: dict(text=s), lambda s: dict(text='#topic ' + s),
        lambda s: dict(text='#nick ' + s.replace(' ', '_')),
        lambda s: dict(text='#away ' + s),
        lambda s: dict(text='#ban ' + s.replace(' ', '')),
        lambda s: dict(text='#create ' + s.replace(' ', '')),
        lambda s: dict(text='#link echo:' + s.replace(' ', '')),
        lambda s: dict(text='a', call_id=s.replace('\0', '') or 'x'),
        lambda s: dict(text='b', tag=s.replace(' ', '').replace('\0', '')),
        lambda s: dict(text='c', headers=['User-Agent: ' + s.replace(
            '\0', ''), 'Subject: ' + s.replace('\0', '')]),
    ]
    packets = {}
    for n, text in enumerate(SQL):
        kw = fields[n % len(fields)](text)
        packets[n] = alice.build('MESSAGE', room, kw.pop('text').encode(),
                                 **kw)
    for n, packet in packets.items():
        status = alice.transact(packet)[0]
        assert status in (200, 202, 400, 403, 404), (SQL[n], status)
    assert len(server.ctl('links')) > 5
    for link in server.ctl('links'):
        server.ctl('link', 'remove', link['label'])
    for text in SQL[::7]:
        name = text.replace('\0', '').replace(' ', '+')
        packet = bob.build('MESSAGE', room, b'#join').replace(
            b'<sip:bob@', b'<sip:%s@' % name.encode())
        status = bob.transact(packet)[0]
        assert 200 <= status < 500 and status != 408, (name, status)
    assert alice.send(room, 'the end') == 202
    bob.seen.wait(lambda m: m.body.endswith('the end'))
    assert log_of_trouble(server) == []
    with opened(server.database) as db:
        assert db.execute('SELECT type, name, sql FROM sqlite_master '
                          'ORDER BY name').fetchall() == before
        assert db.execute("SELECT role FROM imc_members WHERE addr = "
                          "'sip:bob@confab.test'").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM messages WHERE text = ?",
                          (SQL[0],)).fetchone() == (1,)


def test_db20_files_are_for_nobody_else(confabd, user):
    secret = 'not-for-your-eyes'
    server = confabd(extra='jabber "home" { jid = "gw@localhost" '
                     'password = "%s" server = "127.0.0.1" port = 1 '
                     'tls = "off" }\nlink "x" { room = "sip:l@confab.test" '
                     'to = "xmpp:room@localhost" }' % secret)
    pair(server, user)
    state = os.path.dirname(server.database)
    assert stat.S_IMODE(os.stat(state).st_mode) == 0o700
    names = os.listdir(state)
    assert {'confab.db', 'confab.db-wal', 'confab.lock'} <= set(names)
    for name in names:
        mode = stat.S_IMODE(os.stat(os.path.join(state, name)).st_mode)
        assert mode == 0o600, (name, oct(mode))
    assert not stat.S_IMODE(os.stat(server.socket).st_mode) & 0o007
    pids = [server.process.pid] + server.workers('confab-jabber')
    assert len(pids) == 2
    for pid in pids:
        for name in ('cmdline', 'environ'):
            assert secret not in pathlib.Path(
                '/proc/%d/%s' % (pid, name)).read_bytes().decode()
    for name in names:
        assert secret.encode() not in pathlib.Path(
            state, name).read_bytes()
    assert secret not in server.text()


def test_db20_passwords_are_kept_as_hashes(confabd):
    password = 'open sesame 7'
    server = confabd()
    subprocess.run([server.program('confabctl'), '-s', server.socket, 'user',
                    'add', 'zoe'], input=password + '\n', text=True,
                   check=True, capture_output=True, env=server.env)
    with opened(server.database) as db:
        realm, md5, sha256 = db.execute(
            "SELECT realm, md5, sha256 FROM users WHERE name = 'zoe'"
        ).fetchone()
    text = ('zoe:%s:%s' % (realm, password)).encode()
    assert md5 == hashlib.md5(text).hexdigest()
    assert sha256 == hashlib.sha256(text).hexdigest()
    state = pathlib.Path(server.database).parent
    for path in [*state.iterdir(), pathlib.Path(server.log)]:
        assert password.encode() not in path.read_bytes(), path
        assert path.parent != state or path.stat().st_mode & 0o077 == 0


# -- SG01

@pytest.mark.parametrize('twice', [False, True], ids=['once', 'twice'])
def test_sg01_ended_while_everybody_talks(confabd, user, twice):
    """What was acknowledged before is delivered before or after; the second
    signal does not wait for who does not answer."""
    server = confabd()
    alice, bob = pair(server, user)
    deaf, room = user(server, 'deaf'), server.room('lobby')
    deaf.join(room)
    settled(server)
    deaf.answer = None
    said, statuses = ['text-%05d' % n for n in range(3000)], {}

    def talk():
        statuses.update(alice.pour(room, said, window=32, patience=6))
    talker = threading.Thread(target=talk)
    talker.start()
    wait_for(lambda: bob.count('[alice]: text-00100'), 'the talk to begin')
    began = time.monotonic()
    server.process.kill(signal.SIGTERM)
    if twice:
        wait_for(lambda: 'stopping: ' in server.text(), 'it to begin')
        server.process.kill(signal.SIGTERM)
    assert server.process.wait(15) == 0, server.text()[-2000:]
    took = time.monotonic() - began
    server.start()
    talker.join()
    deaf.answer = 200
    acked = [t for t, status in statuses.items() if status == 202]
    assert set(statuses.values()) <= {202, 503}
    assert len(acked) > 100
    assert set(acked) <= set(texts(server.database))
    assert alice.send(room, 'the end') == 202
    for u in (bob, deaf):
        assert u.send(room, '#members') == 200
        u.seen.wait(lambda m: m.body.endswith('[alice]: the end'))
    settled(server)
    for u in (bob, deaf):
        heard = [m.body[-10:] for m in u.seen.all() if 'text-' in m.body]
        assert len(heard) == len(set(heard))
        missing = set(acked) - set(heard)
        assert not missing, sorted(missing)[:5]
    assert took < 12
