# SPDX-License-Identifier: GPL-3.0-or-later
"""The staff of an IRC network: whom they may ask, and how they get rid of
us."""
import os
import signal

import pytest

from lab.ircv3 import InspIrcd
from lab.util import wait_for
from test_irc_gate import at, networks, told


def section(port):
    return '''
irc "libera" { server = "127.0.0.1" port = %d tls = false nick = "relay"
    flood_ms = 1 flood_burst = 1000
    staff = "*!*@staff.libera.test dave!*@127.0.0.1" }
irc_gateway { ircdomain = "irc.confab.test" contact = "irc@confab.test"
    logins_rate = 10000 first_contact = "allow" }
link "lobby-i" { room = "sip:lobby@confab.test" to = "irc:libera/#lobby" }
''' % port


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


def heard(irc, command, words, nick):
    irc.lines.wait(lambda l: l.command == command and l.nick == nick and
                   words in l.args[-1])


def is_off(server):
    error = server.link('lobby-i')['error'] or ''
    return 'switched off by' in error


def stays_off(server, alice):
    wait_for(lambda: is_off(server), 'the link to say why')
    assert alice.send(at(), ':online') == 403
    told(alice, 'ERROR: libera does not let you in: switched off by')
    assert 'confabctl irc on libera' in server.show('status')[1]


def test_the_staff_sends_us_away_for_good(confabd, insp, user, irc_user):
    server = confabd(extra=section(insp.port).partition('link')[0])
    alice = user(server, 'alice')
    room = server.room('lobby')
    assert alice.send(server.manager, '#create lobby') == 200
    server.ctl('link', 'add', 'lobby-i', 'lobby', 'irc:libera/#lobby')
    server.link_up('lobby-i')
    ines, dave = irc_user(insp), irc_user(insp, 'dave')
    assert alice.send(at('ines'), 'hello') == 202
    heard(ines, 'PRIVMSG', 'hello', 'alice')
    ines.raw('WHOIS relay')
    line = ines.lines.wait(lambda l: l.command == '311')
    assert line.args[-1] == 'relay (irc@confab.test)'
    # Who is not of the staff is told what we are, and no more.
    ines.raw('PRIVMSG relay ::off')
    heard(ines, 'NOTICE', 'I am a relay', 'relay')
    ines.raw('PRIVMSG relay ::contact')
    heard(ines, 'NOTICE', 'contact: irc@confab.test', 'relay')
    assert server.link('lobby-i')['state'] == 'up'
    dave.raw('PRIVMSG relay ::off')
    heard(dave, 'NOTICE', 'I leave, with all who came by me', 'relay')
    # The server may not get to read why.
    ines.lines.wait(lambda l: l.command == 'QUIT' and l.nick == 'relay')
    wait_for(lambda: (ines.raw('WHOIS alice'), ines.lines.count(
        lambda l: l.command == '401'))[1], 'alice to be gone')
    told(alice, 'Link lobby-i: libera was switched off by '
         'dave!dave@127.0.0.1 of its staff')
    stays_off(server, alice)
    # Neither a worker nor we ourselves come back by a restart.
    for pid in server.workers('confab-irc'):
        os.kill(pid, signal.SIGKILL)
    stays_off(server, alice)
    server.kill()
    server.start()
    stays_off(server, alice)
    assert alice.send(room, 'meanwhile') == 202
    assert 'dave!dave@127.0.0.1' in networks(server)['libera']['off']
    assert 'relay' not in ines.nicks()
    server.ctl('irc', 'on', 'libera')
    server.link_up('lobby-i')
    ines.saw('<alice> meanwhile')
    assert alice.send(at('ines'), 'back again') == 202
    heard(ines, 'PRIVMSG', 'back again', 'alice')
    assert networks(server)['libera']['off'] is None
    code, _, text = server.show('irc', 'on', 'libera')
    assert code == 1 and 'not switched off' in text


def test_a_user_is_enough_to_be_sent_away(confabd, insp, user, irc_user):
    """Without a relay there is nobody else to talk to."""
    server = confabd(extra=section(insp.port).partition('link')[0])
    alice, bob = user(server, 'alice'), user(server, 'bob')
    dave = irc_user(insp, 'dave')
    for who in alice, bob:
        assert who.send(at('dave'), 'hello') == 202
        heard(dave, 'PRIVMSG', 'hello', who.name)
        assert who.send(at('%23lobby'), ':join') == 202
        told(who, 'INFO: ', source=at('%23lobby'))
    dave.raw('PRIVMSG alice :off with you')
    alice.saw('off with you', source=at('dave'))
    dave.raw('PRIVMSG alice ::off')
    heard(dave, 'NOTICE', 'I leave, with all who came by me', 'alice')
    for nick in 'alice', 'bob':
        heard(dave, 'QUIT', '', nick)
    assert bob.send(at('dave'), 'are you there') != 202
    assert not alice.count(':off')


def test_the_operator_switches_networks_off(confabd, insp, user):
    server = confabd(extra=section(insp.port))
    server.link_up('lobby-i')
    alice = user(server, 'alice')
    server.ctl('irc', 'off', 'LIBERA')
    stays_off(server, alice)
    assert 'the operator' in networks(server)['libera']['off']
    for words, says in (('off', 'so already'), ('off x', 'no such network'),
                        ('on x', 'not switched off')):
        verb, _, name = words.partition(' ')
        code, _, text = server.show('irc', verb, name or 'libera')
        assert code == 1 and says in text, text
    server.ctl('irc', 'on', 'libera')
    server.link_up('lobby-i')
    assert alice.send(at(), ':version') == 200
    told(alice, 'a SIP gateway to IRC. Contact: irc@confab.test')
