# SPDX-License-Identifier: GPL-3.0-or-later
"""Who speaks in a channel: each user by a connection of his own, where a link
says so; keys of channels; kicks and bans both ways."""
import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.irc import Ngircd
from lab.ircv3 import InspIrcd
from lab.util import wait_for


def section(port, more='', room='lobby', label='lobby-i'):
    return '''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "gw"
    flood_ms = 1 flood_burst = 1000 }
irc_gateway { logins_rate = 10000 }
link "%s" { room = "sip:%s@confab.test" to = "irc:libera/#%s" %s }
''' % (port, label, room, room, more)


PUPPETS = 'mode = "puppet" '


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


@pytest.fixture(params=[InspIrcd, Ngircd])
def ircd(request, folder, closing):
    return closing(request.param(folder('ircd'))).start()


@pytest.fixture
def lobby(confabd, user):
    """The daemon, with these users in the room."""
    def make(server, *names):
        room = server.room('lobby')
        users = [user(server, name) for name in names]
        for one in users:
            one.join(room)
        return room, users
    return make


def said_by(irc, nick, text):
    irc.seen.wait(lambda s: s == (nick, text))


def test_each_speaks_as_himself(confabd, ircd, irc_user, lobby):
    server = confabd(extra=section(ircd.port, PUPPETS))
    server.link_up('lobby-i')
    ines = irc_user(ircd)
    room, (alice, bob) = lobby(server, 'alice', 'bob')
    assert alice.send(room, 'one') == 202
    assert alice.send(room, 'two') == 202
    assert alice.send(room, '/me waves') == 202
    assert bob.send(room, 'three') == 202
    said_by(ines, 'alice', 'one')
    said_by(ines, 'alice', 'two')
    said_by(ines, 'alice', '\x01ACTION waves\x01')
    said_by(ines, 'bob', 'three')
    mine = [t for n, t in ines.seen.all() if n == 'alice']
    assert mine == ['one', 'two', '\x01ACTION waves\x01']
    assert ines.nicks() == {'ines', 'gw', 'alice', 'bob'}
    ines.say('hello')
    alice.saw('[ines@libera]: hello')
    bob.saw('[ines@libera]: hello')
    # No word of ours comes back, and nobody sees puppets come.
    for someone in (alice, bob):
        assert not [m.body for m in someone.seen.all()
                    if 'alice@' in m.body or 'bob@' in m.body]
    assert alice.count('[ines@libera]: hello') == 1
    wait_for(lambda: server.link('lobby-i')['waiting'] == 0, 'all to be told')
    assert server.link('lobby-i')['failed'] == 0
    # Who is no member any more is not there either.
    assert bob.send(room, '#leave') == 200
    wait_for(lambda: ines.nicks() == {'ines', 'gw', 'alice'}, 'bob to go')


def test_a_taken_nick_and_too_many(confabd, ngircd, irc_user, lobby):
    ircd = ngircd()
    server = confabd(extra=section(ircd.port, PUPPETS + 'max_puppets = 1'))
    server.link_up('lobby-i')
    ines, twin = irc_user(ircd), irc_user(ircd, 'alice')
    room, (alice, bob) = lobby(server, 'alice', 'bob')
    assert alice.send(room, 'who am I') == 202
    ines.seen.wait(lambda s: s[1] == 'who am I')
    nick = [n for n, t in ines.seen.all() if t == 'who am I'][0]
    assert nick.startswith('alice') and nick != 'alice', nick
    twin.say('I am I')
    bob.saw('[alice@libera]: I am I')
    assert bob.send(room, 'by the relay') == 202
    said_by(ines, 'gw', '<bob> by the relay')


def test_who_is_banned_or_muted_is_not_passed_on(confabd, ircd, irc_user,
                                                 lobby):
    ines = irc_user(ircd)
    server = confabd(extra=section(ircd.port, PUPPETS))
    server.link_up('lobby-i')
    room, (alice, bob) = lobby(server, 'alice', 'bob')
    ines.raw('MODE #lobby +b alice!*@*')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+b' in l.args)
    assert alice.send(room, 'banned') == 202
    alice.seen.wait(lambda m: 'irc:libera/#lobby has banned you' in m.body)
    assert bob.send(room, 'one') == 202
    said_by(ines, 'bob', 'one')
    ines.raw('MODE #lobby +m')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+m' in l.args)
    assert bob.send(room, 'muted') == 202
    bob.seen.wait(lambda m: 'did not take what you said' in m.body)
    ines.raw('MODE #lobby -m')
    ines.lines.wait(lambda l: l.command == 'MODE' and '-m' in l.args)
    assert bob.send(room, 'two') == 202
    said_by(ines, 'bob', 'two')
    assert not [t for n, t in ines.seen.all()
                if 'banned' in t or 'muted' in t]


def test_a_kick_is_heeded(confabd, ngircd, irc_user, lobby):
    ircd = ngircd()
    ines = irc_user(ircd)
    server = confabd(extra=section(ircd.port, PUPPETS))
    server.link_up('lobby-i')
    room, (alice, bob) = lobby(server, 'alice', 'bob')
    assert alice.send(room, 'one') == 202
    said_by(ines, 'alice', 'one')
    ines.raw('KICK #lobby alice :enough')
    alice.seen.wait(lambda m: 'has kicked you' in m.body and
                    'enough' in m.body)
    assert alice.send(room, 'still here') == 202
    bob.saw('[alice]: still here')
    assert bob.send(room, 'two') == 202
    said_by(ines, 'bob', 'two')
    assert not ines.count('still here') + ines.count('<alice> still here')


def test_a_kick_removes_where_the_link_says_so(confabd, ngircd, irc_user,
                                               lobby):
    ircd = ngircd()
    ines = irc_user(ircd)
    server = confabd(extra=section(ircd.port, PUPPETS +
                                   'on_kick = "remove"'))
    server.link_up('lobby-i')
    room, (alice, bob) = lobby(server, 'alice', 'bob')
    assert alice.send(room, 'one') == 202
    said_by(ines, 'alice', 'one')
    ines.raw('KICK #lobby alice :enough')
    bob.seen.wait(lambda m: m.body.startswith('*** alice was removed'))
    assert alice.send(room, 'two') in (403, 404, 481)


def test_a_killed_worker_repeats_nothing(confabd, ngircd, irc_user, lobby):
    ircd = ngircd()
    server = confabd(extra=section(ircd.port, PUPPETS))
    server.link_up('lobby-i')
    ines = irc_user(ircd)
    room, (alice,) = lobby(server, 'alice')
    assert alice.send(room, 'before') == 202
    said_by(ines, 'alice', 'before')
    wait_for(lambda: server.link('lobby-i')['waiting'] == 0, 'the answer')
    for pid in server.workers('confab-irc'):
        os.kill(pid, signal.SIGKILL)
    assert alice.send(room, 'after') == 202
    ines.seen.wait(lambda s: 'after' in s[1])
    ines.say('end')
    alice.saw('[ines@libera]: end')
    assert len([s for s in ines.seen.all() if 'after' in s[1]]) == 1
    assert len([s for s in ines.seen.all() if 'before' in s[1]]) == 1


def test_a_channel_with_a_key(confabd, ngircd, irc_user, lobby):
    ircd = ngircd()
    ines = irc_user(ircd)
    ines.raw('MODE #lobby +k sesame')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+k' in l.args)
    server = confabd(extra=section(ircd.port,
                                   PUPPETS + 'password = "sesame"'))
    server.link_up('lobby-i')
    room, (alice,) = lobby(server, 'alice')
    assert alice.send(room, 'open') == 202
    said_by(ines, 'alice', 'open')
    assert 'sesame' not in server.text()


def test_a_link_of_the_operator_has_settings(confabd, ngircd, irc_user, user,
                                             tmp_path):
    """As a section has them, and after a restart still; those of another link
    of the same name do not count."""
    ircd = ngircd()
    ines = irc_user(ircd)
    ines.raw('MODE #lobby +k sesame')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+k' in l.args)
    server = confabd(extra='irc "libera" { server = "127.0.0.1" port = %d '
                     'tls = false nick = "gw" flood_ms = 1 '
                     'flood_burst = 1000 }' % ircd.port)
    key = tmp_path / 'key'
    key.write_text('sesame\n')
    key.chmod(0o600)
    alice = user(server, 'alice')
    room = server.room('lobby')
    alice.join(room)
    link = ['link', 'add', 'lobby-i', 'lobby', 'irc:libera/#lobby']
    for wrong, word in [('mode=puppets', 'mode'), ('colour=red', 'colour'),
                        ('max_puppets=0', 'max_puppets'),
                        ('password=sesame', 'password_file'),
                        ('room=hall', 'room'),
                        ('password_file=/nowhere/at/all', '/nowhere/at/all')]:
        answer = server.ctl(*link, wrong, check=False)
        assert not answer['ok'] and word in answer['error']
        assert server.link('lobby-i') is None
    server.ctl(*link, 'mode=puppet', 'password_file=%s' % key)
    server.link_up('lobby-i')
    assert alice.send(room, 'open') == 202
    said_by(ines, 'alice', 'open')
    # What is refused changes nothing about the link that is there.
    assert not server.ctl(*link, 'mode=relay', check=False)['ok']
    key.unlink()
    assert server.stop() == 0
    server.start()
    server.link_up('lobby-i')
    assert alice.send(room, 'still open') == 202
    said_by(ines, 'alice', 'still open')
    assert 'sesame' not in server.text()
    server.ctl('link', 'remove', 'lobby-i')
    wait_for(lambda: ines.nicks() == {'ines'}, 'all of ours to leave')
    ines.raw('MODE #lobby -k sesame')
    ines.lines.wait(lambda l: l.command == 'MODE' and '-k' in l.args)
    server.ctl(*link)
    server.link_up('lobby-i')
    assert alice.send(room, 'by the relay') == 202
    ines.saw('<alice> by the relay')
    server.ctl('link', 'remove', 'lobby-i')
    assert server.stop() == 0
    with sqlite3.connect(server.database) as db:
        assert db.execute("SELECT count(*) FROM kept WHERE "
                          "network = 'link-settings'").fetchone() == (0,)


def keyed_channel(confabd, ngircd, irc_user, user, tmp_path):
    """A link of the operator, by its key; and who runs the room."""
    ircd = ngircd()
    ines = irc_user(ircd)
    ines.raw('MODE #lobby +k sesame')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+k' in l.args)
    server = confabd(imc='links_by = "owner"',
                     extra='irc "libera" { server = "127.0.0.1" port = %d '
                     'tls = false nick = "gw" flood_ms = 1 '
                     'flood_burst = 1000 }' % ircd.port)
    key = tmp_path / 'key'
    key.write_text('sesame\n')
    key.chmod(0o600)
    alice = user(server, 'alice')
    alice.join(server.room('lobby'))
    server.ctl('link', 'add', 'lobby-1', 'lobby', 'irc:libera/#lobby',
               'password_file=%s' % key)
    server.link_up('lobby-1')
    return server, alice


def refused_for_its_key(server, label='lobby-1'):
    wait_for(lambda: (server.link(label) or {}).get('error'),
             'the link to be refused')
    assert server.link(label)['state'] != 'up'


def settings_in_the_store(server):
    with sqlite3.connect(server.database) as db:
        return db.execute("SELECT count(*) FROM kept WHERE "
                          "network = 'link-settings'").fetchone()[0]


@pytest.mark.parametrize('restarted', [False, True])
def test_settings_are_not_for_the_next_of_the_name(
        confabd, ngircd, irc_user, user, tmp_path, restarted):
    """Taken away in chat, and made again there: the operator's key is not for
    whoever owns a room."""
    server, alice = keyed_channel(confabd, ngircd, irc_user, user, tmp_path)
    room = server.room('lobby')
    if restarted:
        assert server.stop() == 0
        server.start()
        server.link_up('lobby-1')
    assert alice.send(room, '#unlink lobby-1') == 200
    wait_for(lambda: not server.link('lobby-1'), 'the link to be gone')
    assert alice.send(room, '#link irc:libera/#lobby') == 200
    refused_for_its_key(server)
    assert server.stop() == 0
    assert settings_in_the_store(server) == 0


def test_settings_that_cannot_be_opened_go_with_their_link(
        confabd, ngircd, irc_user, user, tmp_path):
    """While their key is lost: they are not back with the key."""
    server, _ = keyed_channel(confabd, ngircd, irc_user, user, tmp_path)
    assert server.stop() == 0
    key = os.path.join(server.state, 'seal.key')
    os.rename(key, key + '.away')
    server.start()
    assert 'link lobby-1: is as any other until' in server.text()
    refused_for_its_key(server)
    server.ctl('link', 'remove', 'lobby-1')
    wait_for(lambda: not server.link('lobby-1'), 'the link to be gone')
    server.ctl('link', 'add', 'LOBBY-1', 'lobby', 'irc:libera/#lobby')
    assert server.stop() == 0
    assert settings_in_the_store(server) == 0
    os.rename(key + '.away', key)
    server.start()
    refused_for_its_key(server, 'LOBBY-1')


def test_commands_of_one_name_at_once(confabd, ngircd):
    """One of them makes the link, with its settings and no other's; and none
    are left of any."""
    ircd = ngircd()
    server = confabd(extra=section(ircd.port))
    server.link_up('lobby-i')
    link = ['link', 'add', 'dev', 'hall', 'irc:libera/#dev']
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(
            lambda n: server.ctl(*link, 'nick=gw%d' % n, 'mode=puppet',
                                 check=False), range(6)))
    assert [a['ok'] for a in answers].count(True) == 1
    assert all(a['ok'] or 'is taken' in a['error'] for a in answers)
    server.link_up('dev')
    assert settings_in_the_store(server) == 1
    answers = [server.ctl('link', 'remove', 'dev', check=False)['ok']
               for _ in range(2)]
    assert answers == [True, False]
    wait_for(lambda: not settings_in_the_store(server), 'them to be gone')


def test_a_password_file_that_never_ends(confabd, ngircd, irc_user, tmp_path):
    """What could keep us waiting is not opened."""
    ircd = ngircd()
    server = confabd(extra=section(ircd.port))
    server.link_up('lobby-i')
    fifo = tmp_path / 'key'
    os.mkfifo(fifo, 0o600)
    answer = server.ctl('link', 'add', 'dev', 'lobby', 'irc:libera/#dev',
                        'password_file=%s' % fifo, check=False)
    assert 'must be a plain file' in answer['error']


def test_kicks_from_our_side(confabd, ircd, irc_user, user):
    """Where the link's nick is an operator; else the words of the server."""
    server = confabd(extra='''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "gw"
    flood_ms = 1 flood_burst = 1000 }
''' % ircd.port)
    ines, eve = irc_user(ircd), irc_user(ircd, 'eve')
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    server.ctl('link', 'add', 'lobby-i', room, 'irc:libera/#lobby')
    server.link_up('lobby-i')
    assert bob.send(room, '#kick eve@libera') == 403
    assert alice.send(room, '#kick eve@libera') == 200
    alice.seen.wait(lambda m: 'eve could not be thrown out of #lobby'
                    in m.body)
    ines.raw('MODE #lobby +o gw')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+o' in l.args)
    assert alice.send(room, '#kick eve@libera') == 200
    eve.lines.wait(lambda l: l.command == 'KICK' and l.args[1] == 'eve' and
                   l.args[2] == 'by alice')
    eve.join('#lobby')
    assert alice.send(room, '#ban eve@libera') == 200
    eve.lines.wait(lambda l: l.command == 'KICK', 2)
    eve.raw('JOIN #lobby')
    eve.lines.wait(lambda l: l.command == '474')
    # Nobody is called so: as ever.
    assert alice.send(room, '#kick eve@nowhere.test') == 404


def test_two_gateways_in_two_channels_are_found_out(confabd, ngircd, user,
                                                    irc_user):
    """Each carries the words of one channel into the other."""
    ircd = ngircd()
    rooms = '''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "%s"
    flood_ms = 1 flood_burst = 1000 }
irc_gateway { logins_rate = 10000 }
link "a" { room = "sip:lobby@%s" to = "irc:libera/#a" mode = "puppet" }
link "b" { room = "sip:lobby@%s" to = "irc:libera/#b" mode = "puppet" }
'''
    one = confabd(extra=rooms % (ircd.port, 'gwone', 'confab.test',
                                 'confab.test'))
    two = confabd('other', domain='other.test',
                  extra=rooms % (ircd.port, 'gwtwo', 'other.test',
                                 'other.test'))
    for server in (one, two):
        server.link_up('a')
        server.link_up('b')
    alice = user(one, 'alice')
    room = one.room('lobby')
    alice.join(room)
    ines = irc_user(ircd, 'ines', '#a')
    assert alice.send(room, 'round and round it goes') == 202
    said_by(ines, 'alice', 'round and round it goes')
    wait_for(lambda: 'in a circle' in one.text() + two.text(),
             'the circle to be found')
    # Two ways round, some rounds each, and what was under way by then.
    rounds = len([t for n, t in ines.seen.all() if 'round and round' in t])
    assert rounds <= 20, rounds
