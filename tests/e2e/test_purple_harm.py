# SPDX-License-Identifier: GPL-3.0-or-later
"""What may befall confab-purple, and what it may not do (rows LP of the
catalogue)."""
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import BUILD, links
from lab import robot
from lab.robot import ROBOT
from lab.util import wait_for
from test_purple import HERS, add, is_online, sections, state, xmpp
from test_purple_asks import ME, lab, robot_says  # noqa: F401

pytestmark = pytest.mark.skipif(
    not os.path.exists(BUILD / 'confab-purple'),
    reason='built without libpurple')

with open(BUILD / 'config.h') as config:
    SANITIZED = '#define CONFAB_SANITIZE 1' in config.read()


@pytest.fixture
def alice(lab, user):  # noqa: F811
    a = user(lab, 'alice')
    assert a.send(lab.manager, '#help') == 200
    return a


# ---- LP01 ----

class Speaker:
    """Says something to the room every 10 ms."""

    def __init__(self, user, room):
        self.user, self.room, self.n = user, room, 0
        self.over = threading.Event()
        self.bad = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.wait(0.01):
            status = self.user.send(self.room, 'line %d.' % self.n)
            if status not in (200, 202):
                self.bad.append((self.n, status))
            self.n += 1

    def close(self):
        self.over.set()
        self.thread.join()


@pytest.mark.parametrize('how', [signal.SIGSEGV, signal.SIGSTOP])
def test_lp01_the_others_go_on(confabd, prosody, ngircd, user, xmpp_user,
                               irc_user, closing, how):
    p, n = prosody(tls=True), ngircd()
    c = confabd(extra=links(p, n) + sections(), worker_timeout=15,
                env={'ASAN_OPTIONS': 'handle_segv=0'})
    room = c.room('lobby')
    c.link_up('lobby-x')
    c.link_up('lobby-i')
    alice, bob = user(c, 'alice'), user(c, 'bob', transport='tcp')
    alice.join(room)
    bob.join(room)
    x, i = xmpp_user(p), irc_user(n)
    c.prosody = p
    add(c, 'carol', 'xmpp/admin@xmpp.test', 'adminpw', 'login=always',
        *xmpp(p))
    is_online(c, 'admin@xmpp.test')
    old = c.workers('confab-purple')
    speaker = closing(Speaker(bob, room))
    wait_for(lambda: speaker.n > 30, 'some lines')
    os.kill(old[0], how)
    start, said = time.monotonic(), speaker.n
    wait_for(lambda: c.workers('confab-purple') not in (old, []),
             'another worker')
    is_online(c, 'admin@xmpp.test')
    took = time.monotonic() - start
    assert took < (5 if how == signal.SIGSEGV else 10) * (
        3 if SANITIZED else 1)
    wait_for(lambda: speaker.n > said + 30, 'more lines')
    speaker.close()
    assert not speaker.bad
    lines = ['line %d.' % k for k in range(speaker.n)]

    def heard(bodies):
        return [b[b.index('line '):] for b in bodies if 'line ' in b]
    for who in (lambda: [m.body for m in alice.seen.all()],
                lambda: [m['body'] for m in x.stanzas.all()],
                lambda: [' '.join(l.args) for l in i.lines.all()
                         if l.command == 'PRIVMSG']):
        wait_for(lambda: lines[-1] in heard(who()), lambda: who()[-3:])
        assert heard(who()) == lines


# ---- LP04 ----

@pytest.mark.skipif(SANITIZED, reason='a sanitizer needs the memory')
def test_lp04_too_much_memory_ends_it(lab, alice):  # noqa: F811
    old = lab.workers('confab-purple')
    assert alice.send(ROBOT, 'grab 600') == 202
    wait_for(lambda: lab.workers('confab-purple') not in (old, []),
             'another worker')
    is_online(lab, ME)
    assert 'worker died: killed by' in lab.text()


def test_lp04_much_memory_is_given_back(lab, alice):  # noqa: F811
    old = lab.workers('confab-purple')
    assert alice.send(ROBOT, 'leak 300') == 202
    assert alice.send(ROBOT, 'out 0') == 202
    wait_for(lambda: 'a new worker takes over' in lab.text(), 'the word')
    wait_for(lambda: lab.workers('confab-purple') not in (old, []) and
             not set(old) & set(lab.workers('confab-purple')),
             'another worker')
    is_online(lab, ME)
    assert alice.send(ROBOT, 'well') == 202
    robot_says(alice, 'heard: well ')
    assert 'worker died: killed' not in lab.text()


# ---- LP05 ----

def test_lp05_what_is_confabs_is_out_of_reach(lab, alice):  # noqa: F811
    """As the database is: the worker is of the same user."""
    probe = subprocess.run(
        ['/usr/bin/python3', '-c', 'import ctypes; print(ctypes.CDLL(None)'
         '.syscall(444, None, 0, 1))'], capture_output=True, text=True)
    for path in lab.database, lab.conf, lab.log, '/etc/shadow', \
            '/proc/%d/mem' % lab.process.pid, \
            '/proc/%d/environ' % lab.process.pid:
        if int(probe.stdout) < 1:
            break  # a kernel without landlock
        alice.seen.take()
        alice.send(ROBOT, 'open ' + path)
        robot_says(alice, 'open: Permission denied')
        alice.send(ROBOT, 'write ' + path)
        robot_says(alice, 'write: Permission denied')
    alice.send(ROBOT, 'write %s/new' % lab.state)
    alice.send(ROBOT, 'connect ' + lab.socket)
    robot_says(alice, 'connect: Address family not supported by protocol')
    assert not os.path.exists(lab.state + '/new') or int(probe.stdout) < 1


# ---- LP08 ----

def test_lp08_logged_out_by_another_login(confabd, prosody, user,
                                          xmpp_user, closing):
    from lab.xmpp import XmppUser
    p = prosody(tls=True)
    c = confabd(extra=sections())
    alice = user(c, 'alice')
    alice.send(c.manager, '#help')
    add(c, 'alice', 'xmpp/%s/sip' % HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    closing(XmppUser(HERS + '/sip', 'gwpw', p.port, None, 'gw', ca=p.ca))
    alice.seen.wait(lambda m: 'logged out by the network' in m.body)
    assert state(c, HERS).startswith('backoff')
    # what was said meanwhile waits for its login, or is told of
    assert alice.seen.count(lambda m: 'logged out' in m.body) == 1
    assert c.text().count('logged in as ' + HERS) == 2  # worker's, and ours


def test_lp08_a_password_that_is_no_more(confabd, prosody, user):
    p = prosody(tls=True)
    c = confabd(extra=sections())
    alice = user(c, 'alice')
    alice.send(c.manager, '#help')
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    p.stop()
    users = os.path.join(p.folder, 'data', 'xmpp%2etest', 'accounts')
    with open(os.path.join(users, 'gw.dat'), 'w') as f:
        f.write('return { ["password"] = "another"; };\n')
    p.start()
    m = alice.seen.wait(lambda m: 'login failed' in m.body)
    assert 'assword' in m.body
    assert state(c, HERS).startswith('failed')
    assert c.ctl('purple', 'map', 'list')[0]['state'] == 'failed'
    assert alice.send('sip:xenia%40xmpp.test@xmpp.im.confab.test', 'x') == 480
    assert alice.seen.count(lambda m: m.body.startswith(
        'ERROR: XMPP') and 'login failed' in m.body) == 1


# ---- passwords ----

def copies(pid, word):
    """How often it stands in what the process can write to."""
    count = 0
    with open('/proc/%d/maps' % pid) as f:
        maps = [line.split() for line in f]
    with open('/proc/%d/mem' % pid, 'rb', 0) as mem:
        for place, rights, *_ in maps:
            if 'w' not in rights:
                continue
            start, end = (int(x, 16) for x in place.split('-'))
            try:
                mem.seek(start)
                count += len(re.findall(re.escape(word),
                                        mem.read(end - start)))
            except OSError:
                continue
    return count


def is_secret(c, secret):
    assert secret not in c.text()
    for folder, _, files in os.walk(c.folder):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, 'rb') as f:
                    assert secret.encode() not in f.read(), name


readable = pytest.mark.skipif(
    SANITIZED or os.getuid(), reason='memory of others can be read by root '
    'alone, and a sanitizer has too much')


@readable
def test_a_password_for_xmpp_is_forgotten(confabd, prosody):
    """But for the copy that SASL has as long as the login lasts."""
    p = prosody(tls=True)
    secret = 'Pass0f-%s' % os.urandom(4).hex()
    users = os.path.join(p.folder, 'data', 'xmpp%2etest', 'accounts')
    with open(os.path.join(users, 'gw.dat'), 'w') as f:
        f.write('return { ["password"] = "%s"; };\n' % secret)
    c = confabd(extra=sections())
    add(c, 'alice', 'xmpp/' + HERS, secret, 'login=always', *xmpp(p))
    is_online(c, HERS)
    pid, = c.workers('confab-purple')
    assert copies(pid, HERS.encode()) > 0
    assert copies(pid, secret.encode()) <= 1
    assert copies(c.process.pid, secret.encode()) == 0
    with open('/proc/%d/environ' % pid, 'rb') as f:
        assert secret.encode() not in f.read()
    is_secret(c, secret)


@readable
def test_a_password_for_irc_is_forgotten(confabd, ngircd):
    n = ngircd()
    secret = 'Pass0f-%s' % os.urandom(4).hex()
    n.stop()
    with open(n.conf) as f:
        text = f.read()
    with open(n.conf, 'w') as f:
        f.write(text.replace('[Global]', '[Global]\nPassword = ' + secret))
    n.start()
    c = confabd(extra=sections())
    add(c, 'alice', 'irc/ally@127.0.0.1', secret, 'login=always',
        'opt.ssl=no', 'opt.port=%d' % n.port)
    is_online(c, 'ally@127.0.0.1')
    pid, = c.workers('confab-purple')
    assert copies(pid, secret.encode()) == 0
    assert copies(c.process.pid, secret.encode()) == 0
    is_secret(c, secret)
