# SPDX-License-Identifier: GPL-3.0-or-later
"""confabctl, as an operator uses it."""
import json
import os
import socket

from conftest import links
from lab.util import wait_for


def test_rooms_and_members_are_listed(confabd, user):
    server = confabd()
    alice = user(server, 'alice')
    alice.join(server.room('lobby'))
    rooms = server.ctl('rooms')
    assert [r['room'] for r in rooms] == ['sip:lobby@confab.test']
    assert rooms[0]['members'] == 1
    members = server.ctl('members', 'lobby')
    assert members[0]['address'] == 'sip:alice@confab.test'
    assert members[0]['role'] == 'owner'
    for name in ('lobby@confab.test', 'sip:LOBBY@confab.test'):
        assert server.ctl('members', name) == members
    code, out, _ = server.show('members', 'lobby')
    assert code == 0
    assert out.startswith('address')
    assert 'sip:alice@confab.test' in out
    status = server.ctl('status')
    assert status['rooms'] == 1
    assert status['domain'] == 'confab.test'
    assert server.show('status')[0] == 0


def test_mistakes_are_explained(confabd):
    server = confabd()
    for words, says in (
            (['members', 'nowhere'], 'there is no room nowhere@confab.test'),
            (['members'], 'usage: members ROOM'),
            (['statsu'], 'did you mean "status"?'),
            (['frobnicate'], 'confabctl --help has them all'),
            (['link', 'ad', 'a', 'b', 'c'], 'did you mean "add"?'),
            (['link', 'add', 'a', 'lobby'], 'usage: link add'),
            (['link', 'add', 'a', 'lobby', 'irc:nowhere/#c'], 'nowhere'),
            (['link', 'add', 'a', 'lobby', 'gopher:hole'], 'gopher'),
            (['link', 'remove', 'nothing'], 'there is no link nothing')):
        code, out, err = server.show(*words)
        assert (code, out) == (1, ''), words
        assert says in err, (words, err)
        answer = server.ctl(*words, check=False)
        assert not answer['ok'] and says in answer['error']


def test_help_needs_no_daemon(confabd):
    server = confabd(run=False)
    code, out, err = server.show('help')
    assert (code, err) == (0, '')
    assert out.startswith('usage: confabctl')
    assert server.show('--help') == (0, out, '')
    code, out, err = server.show()
    assert (code, out) == (2, '') and err.startswith('usage: confabctl')


def test_another_ones_socket_is_left_alone(confabd):
    server = confabd()
    os.rename(server.socket, server.socket + '.old')
    with open(server.socket, 'w') as f:
        f.write('of somebody else')
    server.stop()
    with open(server.socket) as f:
        assert f.read() == 'of somebody else'


def test_a_daemon_that_is_not_there_is_told(confabd):
    server = confabd(run=False)
    code, _, err = server.show('status')
    assert code == 1
    assert server.socket in err and 'running' in err


def test_links_can_be_added_removed_and_survive(confabd, ngircd, user,
                                                irc_user):
    irc = ngircd()
    server = confabd(extra='irc "libera" { server = "127.0.0.1" port = %d '
                     'tls = false }' % irc.port)
    alice, ines = user(server, 'alice'), irc_user(irc, channel='#dev')
    room = server.room('dev')
    alice.join(room)
    server.ctl('link', 'add', 'dev', 'dev', 'irc:libera/#dev')
    server.link_up('dev')
    assert alice.send(room, 'hello irc') == 202
    ines.saw('<alice> hello irc')
    answer = server.ctl('link', 'add', 'dev', 'other', 'irc:libera/#other',
                        check=False)
    assert not answer['ok'] and 'dev' in answer['error']
    answer = server.ctl('link', 'add', 'dev2', 'other', 'irc:libera/#dev',
                        check=False)
    assert not answer['ok'], 'one place can be linked once only'

    assert server.stop() == 0
    server.start()
    server.link_up('dev')
    link = server.link('dev')
    assert not link['configured']
    assert link['room'] == 'sip:dev@confab.test'
    ines.say('hello again')
    alice.saw('[ines@libera]: hello again')
    assert server.link('dev')['heard'] == 1
    assert server.link('dev')['traffic_s'] is not None

    server.ctl('link', 'remove', 'dev')
    assert server.link('dev') is None
    wait_for(lambda: 'confab' not in ines.nicks(), 'our relay to leave')
    assert server.stop() == 0
    server.start()
    assert server.ctl('links') == []


def test_configured_links_belong_to_the_file(confabd, ngircd):
    irc = ngircd()
    server = confabd(extra=links(ngircd=irc))
    server.link_up('lobby-i')
    answer = server.ctl('link', 'remove', 'lobby-i', check=False)
    assert not answer['ok'] and 'configuration' in answer['error']
    rooms = server.ctl('rooms')
    assert rooms[0]['room'] == 'sip:lobby@confab.test'
    assert not rooms[0]['private']
    assert server.stop() == 0
    server.write(extra='')
    server.start()
    assert server.ctl('links') == []


def test_the_last_error_is_said_in_words(confabd, ngircd):
    irc = ngircd()
    server = confabd(extra=links(ngircd=irc))
    server.link_up('lobby-i')
    irc.stop()
    server.link_not_up('lobby-i')
    wait_for(lambda: server.link('lobby-i')['error'], 'an error in words')
    irc.start()
    server.link_up('lobby-i')


def test_the_socket_takes_no_nonsense(confabd):
    server = confabd()
    for data in (b'{}\n', b'nonsense\n', b'{"argv":[]}\n', b'{"argv":[1]}\n',
                 b'{"argv":["status"' + b',"x"' * 100 + b']}\n'):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(server.socket)
            s.sendall(data)
            answer = json.loads(s.makefile().readline())
            assert not answer['ok'] and answer['error']
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(server.socket)
        try:
            s.sendall(b'x' * 1000000)
            rest = s.recv(10)
        except OSError:
            rest = b''
        assert rest == b''
    assert server.ctl('status')['rooms'] == 0
