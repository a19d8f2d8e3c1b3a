# SPDX-License-Identifier: GPL-3.0-or-later
"""IRC for single users: networks and accounts at run time, addresses, and
the logins of users."""
import os
import re
import signal
import subprocess

import pytest

from lab.ircv3 import InspIrcd, SaslServer, Session
from lab.util import free_port, wait_for

MANAGER = 'sip:chat-manager@confab.test'
SECRET = 'Plugh-42-xyzzy'
GATE = '''
irc_gateway { ircdomain = "irc.confab.test" contact = "irc@confab.test"
    logins_rate = 10000 %s }
'''


def section(port, more=''):
    return '''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "relay"
    flood_ms = 1 flood_burst = 1000 }
''' % port + GATE % more


def at(name=None, network='libera'):
    return 'sip:%s%s@irc.confab.test' % (name + '*' if name else '', network)


def told(user, words, source=None):
    user.seen.wait(lambda m: words in m.body and
                   (not source or m.source == source))


def irc_map(server, verb, *words, password=SECRET):
    return subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'irc', 'map',
         verb, *words], input=password + '\n', capture_output=True,
        text=True, timeout=60, env=server.env)


def never_in_clear(server, secret=SECRET):
    raw = secret.encode()
    for folder, _, files in os.walk(server.state):
        for name in files:
            with open(os.path.join(folder, name), 'rb') as f:
                assert raw not in f.read(), name
    assert secret not in server.text()


def networks(server):
    return {n['network']: n for n in server.ctl('irc', 'list')}


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


def test_addresses_that_are_none(confabd, user):
    server = confabd(extra=section(free_port()))
    alice = user(server, 'alice')
    for to, status, words in [
            (at('bob', 'efnet'), 404, 'There is no such network'),
            ('sip:bob@irc.confab.test', 484, 'The network is missing'),
            (at('%23a%2C%23b'), 484, 'neither a nick nor a channel'),
            (at(), 404, 'This is the gateway')]:
        assert alice.send(to, 'hello') == status
        told(alice, words)
    assert alice.send(at(), ':help') == 200
    told(alice, ':online - ')
    assert alice.send(at('bob'), ':frobnicate') != 200


@pytest.mark.parametrize('text,says', [
    ('irc_gateway { ircdomain = "confab.test" }', 'another domain'),
    ('jabber_gateway { jdomain = "x.test=+" }\n'
     'irc_gateway { ircdomain = "x.test" }', 'than jdomain'),
    ('irc_gateway { ircdomain = "irc.confab.test=x" }', 'delimiter'),
    ('irc_gateway { ircdomain = "irc.confab.test" first_contact = "no" }',
     'must be "ask"'),
    ('irc_gateway { nick_suffix = "a b" }', 'at most 12'),
    ('irc "a_b" { server = "x" }\n'
     'irc_gateway { ircdomain = "irc.confab.test=_" }', 'without the delim'),
])
def test_a_configuration_that_cannot_be(confabd, text, says):
    server = confabd(extra=text, run=False)

    run = subprocess.run([server.program('confabd'), '--check', '-c', server.conf],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert says in run.stderr, run.stderr


def test_networks_come_and_go(confabd, ngircd, irc_user, user, folder):
    irc = ngircd()
    secret = os.path.join(folder('secret'), 'pw')
    with open(secret, 'w') as f:
        f.write(SECRET + '\n')
    os.chmod(secret, 0o600)
    server = confabd(extra=GATE % '')
    server.ctl('irc', 'add', 'lab', 'server=127.0.0.1',
               'port=%d' % irc.port, 'tls=false', 'nick=gw',
               'webirc_password_file=' + secret, 'webirc_host=x.test',
               'webirc_ip=192.0.2.7', 'flood_ms=1', 'flood_burst=1000',
               check=False)
    server.ctl('irc', 'add', 'lab2', 'server=127.0.0.1',
               'port=%d' % irc.port, 'tls=false', 'nick=gw2', 'flood_ms=1',
               'flood_burst=1000')
    assert networks(server)['lab2']['configured'] is False
    server.ctl('link', 'add', 'dev', 'lobby', 'irc:lab2/#lobby')
    server.link_up('dev')
    alice, ines = user(server, 'alice'), irc_user(irc)
    room = server.room('lobby')
    alice.join(room)
    assert alice.send(room, 'one') == 202
    ines.saw('<alice> one')
    # all of it outlives us
    server.stop()
    server.start()
    server.link_up('dev')
    wait_for(lambda: 'gw2' in ines.nicks(), 'the relay to be back')
    assert alice.send(room, 'two') == 202
    ines.saw('<alice> two')
    assert set(networks(server)) == {'lab', 'lab2'}
    code, _, text = server.show('irc', 'del', 'lab2')
    assert code == 1 and 'link dev goes there' in text
    server.ctl('link', 'remove', 'dev')
    server.ctl('irc', 'del', 'lab2')
    server.ctl('irc', 'del', 'lab')
    assert networks(server) == {}
    assert alice.send(at('bob', 'lab2'), 'x') == 404
    never_in_clear(server)


@pytest.mark.parametrize('words,says', [
    (['lab', 'nick=x'], 'server is missing'),
    (['lab', 'server=x', 'colour=red'], 'no setting "colour"'),
    (['lab', 'server=x', 'port=70000'], 'must be 0 to 65535'),
    (['lab', 'server=x', 'tls=maybe'], 'true or false'),
    (['lab', 'server=x', 'password=x'], 'write it to a file'),
    (['lab', 'server=x', 'nick=1x'], 'nick must start'),
    (['a/b', 'server=x'], 'the label must'),
    (['libera', 'server=x'], 'another irc section'),
    (['lab', 'server=x', 'password_file=/nowhere'], 'No such file'),
])
def test_networks_that_cannot_be(confabd, words, says):
    server = confabd(extra=section(free_port()))
    code, _, text = server.show('irc', 'add', *words)
    assert code == 1 and says in text, text
    assert set(networks(server)) == {'libera'}
    code, _, text = server.show('irc', 'del', 'libera')
    assert code == 1 and 'configuration' in text


def test_accounts_of_users(confabd, user):
    server = confabd(extra=section(free_port()))
    run = irc_map(server, 'add', 'alice', 'LIBERA/alicia', 'nick=al')
    assert run.returncode == 0, run.stderr
    assert irc_map(server, 'add', 'bob', 'bobby').returncode == 0
    rows = server.ctl('irc', 'map', 'list')
    assert [(a['user'], a['account'], a['nick']) for a in rows] == [
        ('sip:alice@confab.test', 'libera/alicia', 'al'),
        ('sip:bob@confab.test', 'libera/bobby', None)]
    for words, says in [
            (['add', 'alice', 'x', 'server=y'], 'only setting'),
            (['add', 'alice', 'x', 'nick=1'], 'only setting'),
            (['add', 'alice', 'li/be/ra'], 'NETWORK/ACCOUNT'),
            (['passwd', 'alice', 'none'], 'no such account'),
            (['frob', 'x'], 'usage: irc map')]:
        run = irc_map(server, *words)
        assert run.returncode == 1 and says in run.stderr, run.stderr
    server.ctl('irc', 'map', 'set', 'alice', 'libera/alicia', 'nick=ali')
    server.ctl('irc', 'map', 'del', 'bob', 'libera/bobby')
    server.stop()
    server.start()
    row, = server.ctl('irc', 'map', 'list')
    assert row['nick'] == 'ali' and row['password']
    never_in_clear(server)


def test_a_user_adds_his_account_by_a_code(confabd, user):
    server = confabd(extra=section(free_port()))
    alice = user(server, 'alice')
    assert alice.send(MANAGER, '#irc add libera/alicia') == 200
    m = alice.seen.wait(lambda m: ' PASSWORD' in m.body)
    code = re.search(r'^(pw-[a-z2-7]{26}) PASSWORD$', m.body, re.M).group(1)
    assert alice.send(MANAGER, '%s %s' % (code, SECRET)) == 200
    told(alice, 'libera/alicia was added')
    row, = server.ctl('irc', 'map', 'list')
    assert row['account'] == 'libera/alicia'
    never_in_clear(server)


def test_users_log_in_each_for_himself(confabd, insp, user, irc_user):
    server = confabd(extra=section(insp.port))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    ines = irc_user(insp)
    assert alice.send(at(), ':online') == 202
    told(alice, 'You are online on libera as alice')
    assert bob.send(at('ines'), ':online') == 202
    told(bob, 'You are online on libera as bob')
    ines.raw('WHOIS alice')
    line = ines.lines.wait(lambda l: l.command == '311')
    assert line.args[-1] == 'alice via confab (irc@confab.test)'
    assert alice.send(at(), ':nick al') == 202
    told(alice, 'You are al on libera')
    assert alice.send(at(), ':nick bob') == 202
    told(alice, "can't be bob")
    assert alice.send(at(), ':status') == 200
    told(alice, 'You are al on libera: online')
    assert 'sip:bob@confab.test on libera as bob: online' in \
        server.show('status')[1]
    assert alice.send(at(), ':offline see you') == 200
    wait_for(lambda: (ines.raw('WHOIS al'), ines.lines.count(
        lambda l: l.command == '401'))[1], 'al to be gone')
    wait_for(lambda: 'as al: offline' in server.show('status')[1],
             'alice to be offline')


def test_ngircd_lets_users_in(confabd, ngircd, user, irc_user):
    irc = ngircd()
    server = confabd(extra=section(irc.port))
    alice, ines = user(server, 'alice'), irc_user(irc, 'alice')
    assert alice.send(at(), ':online') == 202
    told(alice, 'You are online on libera as alice_')
    ines.raw('WHOIS alice_')
    ines.lines.wait(lambda l: l.command == '311')


def test_a_network_that_is_not_there(confabd, user):
    server = confabd(extra=section(free_port(), 'delay_time = 5'))
    alice = user(server, 'alice')
    assert alice.send(at(), ':online') == 202
    wait_for(lambda: 'last error' in server.show('status')[1],
             'the failure to be seen')
    assert alice.send(at(), ':status') == 200
    told(alice, 'You are alice on libera: ')


class Banned(SaslServer):
    """Lets nobody in."""

    def run(self):
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            session = Session(self, sock)
            self.lines.add('connected')
            session.send(':fake 465 * :You are banned from this server')
            session.send('ERROR :Closing Link: (K-Lined)')
            sock.close()


def test_a_ban_is_not_hammered_at(confabd, closing, user):
    irc = closing(Banned(''))
    server = confabd(extra=section(irc.port))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    assert alice.send(at(), ':online') == 202
    told(alice, 'ERROR: libera does not let you in')
    assert alice.send(at(), ':online') == 403
    told(alice, 'ten minutes')
    assert bob.send(at(), ':online') == 202
    assert bob.send(at('ines'), 'hello') == 202
    assert bob.send(at(), ':status') == 200
    told(bob, 'waiting for your turn')
    assert 'not before' in server.show('status')[1]
    assert irc.lines.count(lambda l: l == 'connected') == 1


def test_users_have_their_own_accounts(confabd, closing, user):
    """Nobody logs in by the relay's."""
    irc = closing(SaslServer('PLAIN', password=SECRET))
    server = confabd(extra='''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "relay"
    account = "relay" account_password = "of-the-relay"
    flood_ms = 1 flood_burst = 1000 }
''' % irc.port + GATE % '')
    assert irc_map(server, 'add', 'alice', 'me', 'nick=al').returncode == 0
    alice, bob = user(server, 'alice'), user(server, 'bob')
    assert alice.send(at(), ':online') == 202
    told(alice, 'You are online on libera as al')
    assert 'AUTHENTICATE PLAIN' in irc.lines.all()
    assert irc.lines.count(lambda l: l.startswith('AUTHENTICATE')) == 2
    assert bob.send(at(), ':online') == 202
    told(bob, 'You are online on libera as bob')
    assert irc.lines.count(lambda l: l.startswith('AUTHENTICATE')) == 2
    row, = server.ctl('irc', 'map', 'list')
    assert row['used'] and not row['error']
    # another password ends it, and is used from then on
    assert irc_map(server, 'passwd', 'alice', 'me',
                   password='wrong').returncode == 0
    wait_for(lambda: irc.lines.count(lambda l: l.startswith('QUIT')) > 0,
             'alice to be logged out')
    assert alice.send(at(), ':online') == 202
    told(alice, 'ERROR: libera does not let you in')
    row, = server.ctl('irc', 'map', 'list')
    assert 'SASL' in row['error'], row
    never_in_clear(server)


def test_who_is_disabled_is_off_at_once(confabd, insp, user, irc_user):
    server = confabd(trusted='', extra=section(insp.port))
    server.add_user('alice', SECRET)
    alice, ines = user(server, 'alice', password=SECRET), irc_user(insp)
    ines.raw('JOIN #x')
    ines.lines.wait(lambda l: l.command == 'JOIN')

    def come_and_go(verb, command, count):
        server.ctl('user', verb, 'alice')
        ines.lines.wait(lambda l: l.command == command and
                        l.nick == 'alice', count)

    assert alice.send(at('%23x'), ':join') == 202
    told(alice, 'You have joined #x as alice')
    come_and_go('disable', 'QUIT', 1)
    come_and_go('enable', 'JOIN', 2)
    assert irc_map(server, 'add', 'alice', 'me').returncode == 0
    ines.lines.wait(lambda l: l.command == 'QUIT', 2)
    server.ctl('user', 'del', 'alice')
    wait_for(lambda: not server.ctl('irc', 'map', 'list'),
             'his account to be gone')
    wait_for(lambda: 'visits: 0,' in server.show('status')[1],
             'him to be in no channel')


def test_settings_change_at_run_time(confabd, insp, user, irc_user):
    server = confabd(extra=section(insp.port))
    alice, ines = user(server, 'alice'), irc_user(insp)
    server.write(extra=section(insp.port, 'nick_suffix = "|sip" '
                                          'nick_always = true'))
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'nick_always' in server.text(), 'the reload')
    assert alice.send(at(), ':online') == 202
    told(alice, 'You are online on libera as alice|sip')
    ines.raw('WHOIS alice|sip')
    ines.lines.wait(lambda l: l.command == '311')
