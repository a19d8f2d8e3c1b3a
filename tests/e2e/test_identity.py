# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is believed: rows SA and ST26 of the catalogue, and real clients that
log in."""
import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import termios

import pytest

from lab.clients import Baresip, Linphone, Sipp, Sipsak, Twinkle
from lab.digest import Login, authorization, challenges, digest
from lab.sip import get
from lab.store import add_members
from lab.util import free_port, wait_for
from test_clients import client  # noqa: F401, a fixture
from test_transports import authority, edge, person  # noqa: F401

FILTER = os.path.join(os.path.dirname(__file__),
                      '../../etc/fail2ban/confab.conf')
PASSWORD = 'a secret: "of" alice\'s'
METHODS = ('MESSAGE', 'SUBSCRIBE', 'PUBLISH')


@pytest.fixture
def server(confabd):
    """Nobody is believed without a password."""
    s = confabd(trusted='')
    s.add_user('alice', PASSWORD)
    s.add_user('bob', 'bobs')
    return s


@pytest.fixture
def den(server, user):
    """A room with alice and bob in it."""
    class Den:
        pass
    d = Den()
    d.server, d.uri = server, server.room('den')
    d.alice = user(server, 'alice', password=PASSWORD)
    d.bob = user(server, 'bob', password='bobs')
    d.alice.join(d.uri)
    d.bob.join(d.uri)
    return d


def ask(user, method, to, headers=(), body=b''):
    """One request, and its answer as it is."""
    return user.transact_once(user.build(method, to, body, headers=headers))


def challenge(user, to, which=0):
    status, headers = ask(user, 'MESSAGE', to)
    assert status == 401
    return challenges(headers)[which]


def login(user, to, method='MESSAGE', name='alice', password=PASSWORD,
          which=0, body=b'', **kw):
    """The answer to a request with credentials for a new nonce."""
    line = authorization(challenge(user, to, which), method, to, name,
                         password, **kw)
    return ask(user, method, to, [line], body)


def stale(headers):
    return 'stale=true' in get(headers, 'www-authenticate')


# -- SA: identity

@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_sa01_a_from_alone_is_nothing(den, user, transport):
    mallory = user(den.server, 'alice', transport=transport)
    nonces = set()
    for _ in range(3):
        status, headers = ask(mallory, 'MESSAGE', den.uri, body=b'hi')
        assert status == 401
        offers = challenges(headers)
        assert [o['algorithm'] for o in offers] == ['SHA-256', 'MD5']
        assert {o['qop'] for o in offers} == {'auth'}
        assert {o['realm'] for o in offers} == {'confab.test'}
        assert 'stale' not in offers[0]
        assert get(headers, 'content-length') == '0'
        assert not get(headers, 'server')
        nonces.add(offers[0]['nonce'])
    assert len(nonces) == 3
    for method in ('SUBSCRIBE', 'PUBLISH', 'REGISTER', 'INVITE'):
        assert ask(mallory, method, den.uri)[0] == 401, method
    assert den.alice.send(den.uri, 'after') == 202
    den.bob.saw('[alice]: after')
    assert den.bob.count('[alice]: hi') == 0


def test_sa02_nobody_speaks_as_another(den, user):
    mallory = user(den.server, 'bob')
    assert login(mallory, den.uri, body=b'hi')[0] == 403
    for other in ('carol', 'Alice', 'alice%00'):
        assert login(user(den.server, other), den.uri, body=b'hi')[0] == 403
    assert login(user(den.server, 'alice', domain='other.example'),
                 den.uri)[0] == 403
    assert den.alice.send(den.uri, 'after') == 202
    den.bob.saw('[alice]: after')
    assert not den.bob.seen.count(lambda m: m.body.endswith(': hi'))


def test_sa03_other_methods_neither(server, user):
    mallory, alice = user(server, 'bob'), user(server, 'alice')
    to = server.room('den')
    for method in METHODS:
        assert login(mallory, to, method)[0] == 403, method
    assert login(alice, 'sip:bob@confab.test', 'REGISTER')[0] == 403


ALGORITHMS = [
    # written, hash (None: as written), qop, right
    ('SHA-256', None, 'auth', True),
    ('sha-256', 'SHA-256', 'auth', True),
    ('MD5', None, 'auth', True),
    (None, 'MD5', 'auth', True),
    ('SHA-512-256', None, 'auth', False),
    ('MD5-sess', None, 'auth', False),
    ('nonsense', None, 'auth', False),
    ('SHA-256', None, None, False),
    ('MD5', None, None, False),
    ('SHA-256', None, 'auth-int', False),
    ('SHA-256', 'MD5', 'auth', False),
]


def test_sa04_algorithms(server, user):
    alice, to = user(server, 'alice'), server.room('nowhere')
    for written, hashed, qop, right in ALGORITHMS:
        status, headers = login(
            alice, to, algorithm=hashed or written, qop=qop,
            says={'algorithm': written})
        case = (written, hashed, qop)
        assert status == (404 if right else 401), case
        assert not stale(headers), case
    assert ask(alice, 'OPTIONS', to)[0] == 200


def test_sa04_without_md5(confabd, user):
    server = confabd(trusted='', extra='auth_md5 = false')
    server.add_user('alice', PASSWORD)
    alice, to = user(server, 'alice'), server.room('nowhere')
    _, headers = ask(alice, 'MESSAGE', to)
    assert [o['algorithm'] for o in challenges(headers)] == ['SHA-256']
    assert login(alice, to)[0] == 404
    assert login(alice, to, algorithm='MD5')[0] == 401


def test_sa05_replays(server, user):
    alice, to = user(server, 'alice'), server.room('nowhere')
    first = challenge(alice, to)
    line = authorization(first, 'MESSAGE', to, 'alice', PASSWORD)
    assert ask(alice, 'MESSAGE', to, [line])[0] == 404
    status, headers = ask(alice, 'MESSAGE', to, [line])
    assert (status, stale(headers)) == (401, True)
    status, headers = ask(alice, 'MESSAGE', to,
                          [line.replace('nc=00000001', 'nc=00000002')])
    assert (status, stale(headers)) == (401, False)
    line = authorization(first, 'MESSAGE', to, 'alice', PASSWORD,
                         nc='00000002')
    assert ask(alice, 'MESSAGE', to, [line])[0] == 404
    # from another address it is worth nothing
    away = user(server, 'alice', bind='127.0.0.2')
    line = authorization(first, 'MESSAGE', to, 'alice', PASSWORD,
                         nc='00000003')
    status, headers = ask(away, 'MESSAGE', to, [line])
    assert (status, stale(headers)) == (401, True)
    # for another method or user neither
    line = authorization(first, 'SUBSCRIBE', to, 'alice', PASSWORD,
                         nc='00000004')
    assert ask(alice, 'MESSAGE', to, [line])[0] == 401
    assert ask(alice, 'MESSAGE', server.room('elsewhere'), [line])[0] == 400


def test_sa05_a_restart_makes_nonces_stale(server, user):
    alice, to = user(server, 'alice'), server.room('nowhere')
    first = challenge(alice, to)
    server.stop()
    server.start()
    line = authorization(first, 'MESSAGE', to, 'alice', PASSWORD)
    status, headers = ask(alice, 'MESSAGE', to, [line])
    assert (status, stale(headers)) == (401, True)
    assert login(alice, to)[0] == 404


def test_sa05_a_repeated_packet_is_no_replay(den, user):
    phone = user(den.server, 'alice', bind='127.0.0.3')
    line = authorization(challenge(phone, den.uri), 'MESSAGE', den.uri,
                         'alice', PASSWORD)
    packet = phone.build('MESSAGE', den.uri, b'once', headers=[line])
    assert phone.transact_once(packet)[0] == 202
    assert phone.transact_once(packet)[0] == 202
    den.bob.saw('[alice]: once')
    assert den.alice.send(den.uri, 'after') == 202
    den.bob.saw('[alice]: after')
    assert den.bob.count('[alice]: once') == 1


FAILURE = re.compile(r'sip auth failure user=(\S*) src=(\S+?)(?:: .*)?$',
                     re.M)


def test_sa08_guessing_one_user(server, user):
    """1,000 guesses: 5 are heard. He himself logs in from elsewhere."""
    mallory, to = user(server, 'alice', bind='127.0.0.9'), server.room('x')
    offer = challenge(mallory, to)
    statuses = []
    for n in range(1000):
        line = authorization(offer, 'MESSAGE', to, 'alice', 'guess%d' % n,
                             nc='%08x' % (n + 1))
        statuses.append(ask(mallory, 'MESSAGE', to, [line])[0])
    assert statuses == [401] * 5 + [480] * 995
    assert login(mallory, to)[0] == 480
    assert login(user(server, 'alice'), to)[0] == 404
    assert FAILURE.findall(server.text()) == [('alice', '127.0.0.9')] * 5


def test_sa08_guessing_many_users(server, user):
    mallory, to = user(server, 'alice', bind='127.0.0.9'), server.room('x')
    offer = challenge(mallory, to)
    statuses = []
    for n in range(1000):
        line = authorization(offer, 'MESSAGE', to, 'user%d' % n, 'guess',
                             nc='%08x' % (n + 1))
        statuses.append(ask(mallory, 'MESSAGE', to, [line])[0])
    assert statuses == [401] * 5 + [480] * 995
    assert login(user(server, 'alice'), to)[0] == 404


def test_sa08_nobody_learns_who_there_is(server, user):
    """The answers are the same but for what is new in each."""
    alice, to = user(server, 'alice'), server.room('x')
    server.show('user', 'disable', 'bob')
    answers = set()
    for name in ('alice', 'nobody', 'bob'):
        offer = challenge(alice, to)
        line = authorization(offer, 'MESSAGE', to, name, 'wrong')
        status, headers = ask(alice, 'MESSAGE', to, [line])
        answers.add((status, tuple(
            (k, re.sub('nonce="[^"]*"', '', v)) for k, v in headers
            if k not in ('via', 'to', 'from', 'call-id', 'cseq'))))
    assert len(answers) == 1


def test_failures_are_for_fail2ban(server, user):
    """What is in the log is what the filter looks for, and a name can't make
    it look elsewhere."""
    with open(FILTER) as f:
        rule = re.search(r'^failregex = (.*)$', f.read(), re.M).group(1)
    rule = re.compile(rule.replace('%(__prefix_line)s', r'\S+ confabd\[\d+\]: ')
                      .replace('<HOST>', r'(?P<host>[\d.]+)'))
    mallory, to = user(server, 'alice', bind='127.0.0.9'), server.room('x')
    names = ['alice', 'a@confab.test', 'x src=192.0.2.1 y', 'ü\\"z',
             'x' * 500]
    for name in names:
        login(mallory, to, name=name, password='wrong')
    lines = [line.partition('Z ')[2] for line in server.text().splitlines()
             if 'sip auth failure' in line]
    assert len(lines) == len(names)
    assert lines[-1].endswith(': refused for a while')
    for line in lines:
        for form in (line, line.replace('info ', ' confab confabd[12]: ', 1)):
            found = rule.search(form)
            assert found and found.group('host') == '127.0.0.9', form
    assert not rule.search('info sip auth failure user=a b src=192.0.2.1')
    if shutil.which('fail2ban-regex'):
        run = subprocess.run(
            ['fail2ban-regex', server.log, os.path.abspath(FILTER)],
            capture_output=True, text=True, timeout=60)
        assert ' %d matched' % len(names) in run.stdout, run.stdout


@pytest.mark.parametrize('header', [
    'P-Asserted-Identity: <sip:alice@confab.test>',
    'P-Preferred-Identity: <sip:alice@confab.test>',
    'Identity: abc;info=<http://confab.test/c>;alg=ES256',
    'X-Confab-User: alice', 'X-Confab-User : alice',
    'P-Asserted-Identity : <sip:alice@confab.test>',
    'Proxy-Authorization: Digest username="alice", realm="confab.test", '
    'nonce="x", uri="sip:x", response="y"'])
def test_sa09_what_strangers_say_of_themselves(server, user, header):
    mallory, to = user(server, 'alice'), server.room('den')
    assert ask(mallory, 'MESSAGE', to, [header])[0] == 401
    bob = user(server, 'bob', password='bobs')
    bob.join(to)
    assert bob.transact(bob.build('MESSAGE', to, b'#members',
                                  headers=[header]))[0] == 200
    bob.saw('Members:\n*[bob]')


def test_sa12_the_request_uri_decides(den):
    other = den.server.room('other')
    den.alice.join(other)
    packet = den.alice.build('MESSAGE', den.uri, b'here').replace(
        b'To: <%s>' % den.uri.encode(), b'To: <%s>' % other.encode())
    assert den.alice.transact(packet)[0] == 202
    den.bob.saw('[alice]: here', source=den.uri)


def test_st26_a_flood_in_another_name(confabd, user):
    """A room of 500 hears nothing of it, and it gives no more than it
    takes."""
    port = free_port()
    server = confabd(trusted='', imc='outbound_proxy = "sip:127.0.0.1:%d"'
                     % port)
    server.add_user('alice', PASSWORD)
    everybody = user(server, 'everybody', anybody=True, port=port)
    alice = user(server, 'alice', password=PASSWORD)
    room = server.room('big')
    assert alice.send(room, '#join') == 200
    server.stop()
    add_members(server.database, 'big', ['m%d' % n for n in range(499)])
    server.start()
    victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    victim.bind(('127.0.0.8', 0))
    victim.connect((server.host, server.port))
    packets = [re.sub(b'Authorization:[^\n]*\n', b'',
                      alice.build('MESSAGE', room, b'spam' * 30))
               for _ in range(300)]
    for packet in packets:
        victim.send(packet)
    wait_for(lambda: server.ctl('status')['sip']['untrusted'] >= 300,
             'all of it to be looked at')
    answers = []
    victim.setblocking(False)
    try:
        while True:
            answers.append(victim.recv(65535))
    except BlockingIOError:
        victim.close()
    assert answers and len(answers) <= len(packets)
    assert {a[:12] for a in answers} == {b'SIP/2.0 401 '}
    assert sum(map(len, answers)) <= sum(map(len, packets)) + 16 * 1024
    assert alice.send(room, 'ham') == 202
    everybody.seen.wait(lambda m: m.body == '[alice]: ham', 499)
    assert not everybody.seen.count(lambda m: 'spam' in m.body)


# -- trusted sources

def test_a_trusted_source_says_who_it_is(confabd, user):
    server = confabd(extra='trusted_identity = "asserted"')
    server.add_user('alice', PASSWORD)
    room, proxy = server.room('den'), user(server, 'proxy')

    def say(text, *headers):
        return proxy.transact(proxy.build('MESSAGE', room, text,
                                          headers=headers))[0]
    assert say(b'#join') == 403
    assert say(b'#join', 'P-Asserted-Identity: tel:+1') == 403
    assert say(b'#join', 'P-Asserted-Identity: "A" <sip:alice@confab.test>',
               'P-Asserted-Identity: tel:+1') == 200
    assert [m['address'] for m in server.ctl('members', 'den')] == [
        'sip:alice@confab.test']


def test_a_trusted_certificate_says_who_it_is(edge, person,  # noqa: F811
                                              authority, user):
    server = edge('trusted_certs = {"proxy.test", "sbc.test"}\n',
                  client_ca=True, trusted='')
    proxy = person(server, 'alice', 'tls',
                   authority.make('proxy', 'DNS:x.test', 'DNS:proxy.test'))
    other = person(server, 'alice', 'tls',
                   authority.make('other', 'DNS:other.test'))
    nobody = person(server, 'alice', 'tls')
    room = server.room('den')
    for stranger in (other, nobody, user(server, 'alice')):
        assert stranger.send(room, '#join') == 403
    assert proxy.send(room, '#join') == 200
    proxy.aor = 'sip:carol@elsewhere.test'
    assert proxy.send(room, '#join') == 200
    assert {m['address'] for m in server.ctl('members', 'den')} == {
        'sip:alice@confab.test', 'sip:carol@elsewhere.test'}


@pytest.mark.parametrize('transport', ['tls', 'ws', 'wss'])
def test_users_log_in_by_any_transport(edge, person, user,  # noqa: F811
                                       transport):
    server = edge(trusted='')
    server.add_user('alice', PASSWORD)
    server.add_user('bob', 'bobs')
    alice = person(server, 'alice', transport)
    bob = user(server, 'bob', password='bobs')
    room = server.room('den')
    bob.join(room)
    assert alice.send(room, '#join') == 401
    alice.login = Login('alice', PASSWORD)
    alice.join(room)
    assert alice.send(room, 'words') == 202
    bob.saw('[alice]: words')
    assert bob.send(room, 'back') == 202
    alice.saw('[bob]: back')


def test_a_web_server_in_front_vouches_for_nobody(edge, person):  # noqa: F811
    server = edge()
    with open(server.conf) as f:
        text = f.read().replace('trusted_websockets = true\n', '')
    server.stop()
    with open(server.conf, 'w') as f:
        f.write(text)
    server.start()
    room = server.room('den')
    assert person(server, 'alice', 'ws').send(room, '#join') == 403
    assert person(server, 'alice', 'tcp').send(room, '#join') == 200


def test_without_users_strangers_get_403(confabd, user):
    server = confabd(trusted='')
    stranger = user(server, 'alice')
    assert stranger.send(server.room('den'), '#join') == 403
    server.add_user('alice', PASSWORD)
    assert stranger.send(server.room('den'), '#join') == 401


# -- users

def test_users_come_and_go(server, user):
    to = server.room('x')
    alice = user(server, 'alice')
    assert [u['user'] for u in server.ctl('user', 'list')] == ['alice', 'bob']
    assert server.ctl('user', 'list')[0]['algorithms'] == 'SHA-256, MD5'
    assert login(alice, to)[0] == 404
    assert login(alice, to, name='alice@confab.test')[0] == 404
    server.ctl('user', 'disable', 'alice@confab.test')
    assert login(alice, to)[0] == 401
    server.ctl('user', 'enable', 'sip:alice@confab.test')
    assert login(alice, to)[0] == 404
    server.stop()
    server.start()
    assert login(alice, to)[0] == 404
    server.ctl('user', 'del', 'alice')
    assert login(alice, to)[0] == 401
    assert not server.ctl('user', 'del', 'alice', check=False)['ok']
    for words in (['user', 'add', 'alice@other.example'],
                  ['user', 'add', 'a b'], ['user', 'add', '']):
        assert not server.ctl(*words, check=False)['ok'], words


def test_a_user_is_no_room(server, user):
    """Neither takes the other's name."""
    alice = user(server, 'alice', password=PASSWORD)
    alice.join(server.room('den'))
    for name in ('den', 'DEN', 'chat-manager'):
        words = server.show('user', 'add', name, '--password-file',
                            server.conf)[2]
        assert words == 'confabctl: user %s: a room has this name\n' % name
    for name in ('bob', 'Bob', 'alice'):
        assert alice.send(server.manager, '#create ' + name) == 403
        assert alice.send(server.manager, '#join ' + name) == 403


def test_who_may_not_log_in_has_no_devices(den, user):
    """What was meant for him waits, and he is forgotten where he was."""
    for name, command in (('alice', 'disable'), ('bob', 'del')):
        assert den.server.ctl('contact', name)
        den.server.ctl('user', command, name)
        assert not den.server.ctl('contact', name)


def test_the_terminal_is_asked_twice(server):
    def add(name, *lines):
        ours, theirs = os.openpty()
        run = subprocess.Popen(
            [server.program('confabctl'), '-s', server.socket, 'user', 'add',
             name], stdin=theirs, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        for prompt, line in zip(('password: ', 'once more: '), lines):
            assert run.stderr.read(len(prompt)) == prompt
            wait_for(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO,
                     'the echo to be off')
            os.write(ours, line + b'\n')
            run.stderr.read(1)
        err, out = run.stderr.read(), run.stdout.read()
        os.close(ours)
        return run.wait(20), out, err
    assert add('carol', b'one', b'two') == (
        1, '', 'confabctl: the two are not the same\n')
    assert add('carol', b'one', b'one') == (0, 'user carol added\n', '')
    assert add('dan', b'')[2] == 'confabctl: the password is empty\n'
    assert add('dan', b'hal\x03')[0] == -signal.SIGINT


def test_passwords_stay_where_they_are(server, folder):
    """Not on the disk, not in the log; a file of others' is refused."""
    path = folder('secret') / 'password'
    path.write_text('open sesame\n')
    path.chmod(0o644)
    add = ['user', 'add', 'carol', '--password-file', str(path)]
    assert 'chmod 600' in server.show(*add)[2]
    path.chmod(0o600)
    assert server.show(*add) == (0, 'user carol added\n', '')
    assert server.show(*add)[0] == 1
    assert server.show('user', 'passwd', 'carol', '--password-file',
                       str(path))[1] == 'user carol has a new password\n'
    assert server.show('user', 'passwd', 'dan', '--password-file',
                       str(path))[2].endswith('there is no such user\n')
    server.stop()
    with open(server.database, 'rb') as f:
        kept = f.read()
    assert digest('MD5', 'carol', 'confab.test', 'open sesame').encode() in \
        kept
    assert b'open sesame' not in kept
    assert 'open sesame' not in server.text()


def test_another_realm_needs_new_passwords(server, user):
    alice, to = user(server, 'alice'), server.room('x')
    server.stop()
    server.write(extra='auth_realm = "other realm"')
    server.start()
    assert '2 users have passwords for another realm' in server.text()
    assert challenge(alice, to)['realm'] == 'other realm'
    assert login(alice, to)[0] == 401


def dump(folder, rows):
    path = folder('dump') / 'kamailio.sql'
    path.write_text('-- MySQL dump\nINSERT INTO `subscriber` VALUES ' +
                    ','.join("(%d,'%s','%s','%s','%s','%s')" % (n, *row)
                             for n, row in enumerate(rows)) + ';\n')
    return path


def to_sqlite(folder, rows):
    path = folder('dump') / 'kamailio.sqlite'
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE subscriber (id INTEGER PRIMARY KEY, username, '
               'domain, password, ha1, ha1b)')
    db.executemany('INSERT INTO subscriber (username, domain, password, ha1, '
                   'ha1b) VALUES (?, ?, ?, ?, ?)', rows)
    db.commit()
    db.close()
    return path


@pytest.mark.parametrize('form', [dump, to_sqlite])
def test_kamailios_users_come_along(confabd, user, folder, form):
    server = confabd(trusted='')
    old = [digest('MD5', name, 'confab.test', 'old')
           for name in ('carol', 'carol@confab.test')]
    path = form(folder, [
        ('carol', 'confab.test', '', *old),
        ('dan', 'CONFAB.test', 'clear', 'x', 'x'),
        ('eve', 'other.test', 'clear', '', ''),
        ('carol', 'confab.test', 'clear', '', ''),
        ('fay', 'confab.test', '', '', ''),
        ('gus', 'confab.test', '', 'nonsense', '')])
    report = server.ctl('user', 'import', str(path))
    assert (report['users_taken'], report['users_skipped']) == (2, 4)
    assert {s['what']: s['why'] for s in report['skipped']} == {
        'eve': 'its domain is not ours', 'carol': 'it is twice in the file',
        'fay': 'it has neither a password nor an HA1',
        'gus': "its name can't be one here"}
    assert report['md5_only'] == 2 and 'auth_sha256' in report['warnings'][0]
    again = server.ctl('user', 'import', str(path))
    assert (again['users_taken'], again['users_there_already']) == (0, 2)
    to = server.room('x')
    carol, dan = user(server, 'carol'), user(server, 'dan')
    for name in ('carol', 'carol@confab.test'):
        assert login(carol, to, name=name, password='old', which=1)[0] == 404
    assert login(carol, to, name='carol', password='old')[0] == 401
    assert login(dan, to, name='dan', password='clear')[0] == 404


def test_a_list_of_users(confabd, user, folder):
    server = confabd(trusted='')
    path = folder('list') / 'users'
    path.write_text('carol,"se,cret"\ndan,clear\n')
    report = server.ctl('user', 'import', str(path))
    assert (report['users_taken'], report['md5_only']) == (2, 0)
    assert login(user(server, 'carol'), server.room('x'), name='carol',
                 password='se,cret')[0] == 404
    # What people would take for the same name is none for a second user.
    path.write_text('Carol,x\ned,y\nEd,z\n')
    path.chmod(0o600)
    report = server.ctl('user', 'import', str(path))
    assert report['users_taken'] == 1
    assert {s['what']: s['why'] for s in report['skipped']} == {
        'Carol': "another user's name differs from it in letter case only",
        'Ed': 'it is twice in the file'}
    code, _, err = server.show('user', 'add', 'DAN', '--password-file',
                               str(path))
    assert code == 1 and 'letter case' in err, err
    server.ctl('user', 'del', 'dan')
    assert server.show('user', 'add', 'DAN', '--password-file',
                       str(path))[0] == 0
    bad = folder('list') / 'bad.csv'
    bad.write_text('carol,"se\n')
    assert 'quote' in server.ctl('user', 'import', str(bad),
                                 check=False)['error']


# -- real clients

def talks(den, c):
    """Words both ways."""
    c.say(den.uri, '#join')
    den.bob.saw('*** [%s] has joined the room' % c.name)
    for n in range(3):
        c.say(den.uri, 'words %d' % n)
        den.bob.saw('[%s]: words %d' % (c.name, n))
    assert den.bob.send(den.uri, 'back') == 202
    c.saw('[bob]: back', den.uri)
    assert den.server.ctl('status')['sip']['auth_failures'] == 0


def registered(server, name):
    wait_for(lambda: any(
        c['registered'] for c in
        server.ctl('contact', name, check=False).get('result') or ()),
        name + ' to register')


@pytest.mark.parametrize('transport, register', [
    ('udp', True), ('tcp', True), ('udp', False)])
def test_baresip_logs_in(den, client, transport, register):  # noqa: F811
    den.server.add_user('bea', 'beas')
    bea = client(Baresip, den.server, 'bea', contact=den.uri,
                 transport=transport, password='beas', register=register)
    if register:
        registered(den.server, 'bea')
    talks(den, bea)


@pytest.mark.parametrize('register', [True, False])
def test_linphone_logs_in(den, client, register):  # noqa: F811
    den.server.add_user('lin', 'lins')
    lin = client(Linphone, den.server, 'lin', password='lins',
                 register=register)
    if register:
        registered(den.server, 'lin')
    talks(den, lin)
    assert 'algorithm=SHA-256' in lin.log()


@pytest.mark.parametrize('register', [True, False])
def test_twinkle_logs_in(den, client, register):  # noqa: F811
    den.server.add_user('twin', 'twins')
    twin = client(Twinkle, den.server, 'twin', password='twins',
                  register=register)
    if register:
        registered(den.server, 'twin')
    talks(den, twin)


def test_sipsak_logs_in(den, client):  # noqa: F811
    den.server.add_user('sak', 'saks')
    sak = client(Sipsak, den.server, 'sak', password='saks')
    assert sak.say(den.uri, '#join') == 200
    assert sak.say(den.uri, 'words') == 202
    den.bob.saw('[sak]: words')
    sak.password = 'wrong'
    assert sak.say(den.uri, 'words') == 401


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_sipp_logs_in(den, client, transport):  # noqa: F811
    den.server.add_user('sipp', 'sipps')
    sipp = client(Sipp, den.server, 'sipp', password='sipps',
                  transport=transport)
    assert sipp.say(den.uri, '#join', 200), sipp.output
    assert sipp.say(den.uri, 'words', 202), sipp.output
    den.bob.saw('[sipp]: words')
