# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users and people of IRC, from one to one, each by a connection of his
own."""
import os
import signal

import pytest

from lab.clients import installed
from lab.ircv3 import InspIrcd
from lab.terminal import Terminal
from lab.util import wait_for
from test_events import PASSWORD, Watch, publish
from test_jabber_presence import last

GW = '@irc.confab.test'
INES = 'sip:ines*libera' + GW
NETWORK = 'sip:libera' + GW


BUSY = b'''<?xml version="1.0"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
    entity="sip:alice@confab.test"><tuple id="a">
<status><basic>open</basic></status><note>in a meeting</note></tuple>
<dm:person id="p"><r:activities><r:busy/></r:activities></dm:person>
</presence>'''


def section(port, first='allow', more=''):
    return '''
irc "libera" { server = "127.0.0.1" port = %d nick = "gw" flood_ms = 1
    flood_burst = 1000 tls = false }
irc_gateway { ircdomain = "irc.confab.test" peer_rate = 1000
    first_contact = "%s" %s }
''' % (port, first, more)


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


@pytest.fixture
def sides(confabd, insp, user, irc_user):
    """A daemon, a SIP user and one of IRC."""
    def start(**kw):
        server = confabd(extra=section(insp.port, **kw))
        return server, user(server, 'alice'), irc_user(insp)
    return start


def got(irc, text, nick='alice', count=1, command='PRIVMSG'):
    """What he was told by himself."""
    return irc.lines.wait(lambda l: l.command == command and
                          l.nick == nick and
                          l.args == [irc.nick, text], count)


def tell(irc, nick, text):
    irc.raw('PRIVMSG %s :%s' % (nick, text))


def test_words_cross_both_ways(sides):
    _, alice, ines = sides()
    for text in 'hello', '#help', ':) smile', '\U0001f600 \u00fc':
        assert alice.send(INES, text) == 202
        got(ines, text)
        tell(ines, 'alice', 'you said ' + text)
        assert alice.saw('you said ' + text, source=INES).to == alice.aor
    assert alice.send(INES, '/me waves') == 202
    got(ines, '\x01ACTION waves\x01')
    tell(ines, 'alice', '\x01ACTION nods\x01')
    alice.saw('* ines nods', source=INES)
    assert alice.send(INES, 'two\nlines') == 202
    got(ines, 'two')
    got(ines, 'lines')


def test_a_long_text_comes_whole(sides):
    _, alice, ines = sides()
    words = ' '.join('word%d' % i for i in range(300))
    assert alice.send(INES, words) == 202
    ines.lines.wait(lambda l: l.command == 'PRIVMSG' and
                    l.args[1].endswith('word299'))
    lines = [l.args[1] for l in ines.lines.all() if l.command == 'PRIVMSG']
    assert ''.join(lines).replace(' ', '') == words.replace(' ', '')


def test_xb11_an_answer_reaches_only_whom_it_is_for(sides, user):
    server, alice, ines = sides()
    carol = user(server, 'carol')
    assert alice.send(INES, 'it is alice') == 202
    assert carol.send(INES, 'it is carol') == 202
    got(ines, 'it is alice')
    got(ines, 'it is carol', nick='carol')
    tell(ines, 'carol', 'for carol')
    carol.saw('for carol', source=INES)
    tell(ines, 'alice', 'for alice')
    alice.saw('for alice', source=INES)
    assert not carol.count('for alice')
    assert not alice.count('for carol')


def test_ir19_a_nick_like_a_user_is_never_him(sides, user, irc_user, insp):
    server, alice, _ = sides()
    bob = user(server, 'bob')
    assert bob.send(NETWORK, ':help') == 200
    assert alice.send(INES, 'come') == 202
    false = irc_user(insp, 'bob')
    tell(false, 'alice', 'it is bob')
    alice.saw('it is bob', source='sip:bob*libera' + GW)
    assert not [m for m in alice.seen.all() if m.source == bob.aor]


def test_a_stranger_waits_for_a_yes(sides, irc_user, insp):
    server, alice, ines = sides(first='ask')
    yuri = irc_user(insp, 'yuri')
    assert alice.send(NETWORK, ':online') == 202
    alice.saw('INFO: You are online on libera as alice.', source=NETWORK)
    tell(ines, 'alice', 'hello')
    tell(ines, 'alice', 'are you there?')
    ask = alice.seen.wait(lambda m: 'wants to write to you' in m.body)
    assert ask.source == INES
    assert ask.body.startswith('*** ines (')
    ines.lines.wait(lambda l: l.command == 'NOTICE' and l.nick == 'alice')
    ines.raw('PING :told')
    ines.lines.wait(lambda l: l.command == 'PONG' and l.args[-1] == 'told')
    # what is asked next is asked after all that was kept before
    tell(yuri, 'alice', 'hi')
    alice.seen.wait(lambda m: m.body.startswith('*** yuri ('))
    server.kill()
    server.start()
    assert not alice.count('hello')
    assert alice.send(INES, '/allow 1') == 200
    alice.saw('hello', source=INES)
    alice.saw('are you there?', source=INES)


def test_who_is_denied_is_not_heard(sides, irc_user, insp):
    _, alice, ines = sides(first='ask')
    assert alice.send(NETWORK, ':online') == 202
    alice.saw('INFO: You are online on libera as alice.')
    tell(ines, 'alice', 'buy')
    alice.seen.wait(lambda m: 'wants to write to you' in m.body)
    assert alice.send(INES, '/deny 1') == 200
    tell(ines, 'alice', 'buy now')
    yuri = irc_user(insp, 'yuri')
    tell(yuri, 'alice', 'hi')
    alice.seen.wait(lambda m: m.body.startswith('*** yuri'))
    assert not alice.count('buy') and not alice.count('buy now')


def test_a_nick_in_other_hands_begins_anew(sides, irc_user, insp):
    _, alice, ines = sides(first='ask')
    assert alice.send(INES, 'hi') == 202
    got(ines, 'hi')
    tell(ines, 'alice', 'hello')
    alice.saw('hello', source=INES)
    ines.raw('NICK gone')
    ines.lines.wait(lambda l: l.command == 'NICK')
    eve = irc_user(insp, 'eve')
    eve.raw('NICK ines')
    eve.lines.wait(lambda l: l.command == 'NICK')
    tell(eve, 'alice', 'it is me, ines')
    alice.seen.wait(lambda m: 'is somebody else now' in m.body)
    alice.seen.wait(lambda m: 'wants to write to you' in m.body)
    assert not alice.count('it is me, ines')


def test_nobody_there_is_told_once(sides):
    _, alice, _ = sides()
    nobody = 'sip:nobody*libera' + GW
    assert alice.send(nobody, 'hi') == 202
    m = alice.seen.wait(lambda m: m.source == nobody)
    assert m.body.startswith('ERROR: Your message was not sent.')
    assert m.body.endswith(': hi')
    assert alice.send(INES, 'still here') == 202
    assert alice.seen.count(lambda m: m.source == nobody) == 1


def test_what_waits_outlives_us_and_the_network(confabd, insp, user,
                                                irc_user):
    insp.stop()
    server = confabd(extra=section(insp.port))
    alice = user(server, 'alice')
    texts = ['text %d' % i for i in range(5)]
    for text in texts:
        assert alice.send(INES, text) == 202
    server.kill()
    insp.start()
    ines = irc_user(insp)
    server.start()
    for text in texts:
        got(ines, text)
    assert [l.args[1] for l in ines.lines.all() if l.command == 'PRIVMSG' and
            l.nick.startswith('alice')] == texts


def test_a_worker_that_is_killed_loses_nothing(sides):
    server, alice, ines = sides()
    assert alice.send(INES, 'first') == 202
    got(ines, 'first')
    # What its server has not confirmed yet comes again.
    wait_for(lambda: ' 0 texts under way' in server.show('status')[1],
             'the first to be confirmed')
    for pid in server.workers('confab-irc'):
        os.kill(pid, signal.SIGKILL)
    assert alice.send(INES, 'second') == 202
    ines.lines.wait(lambda l: l.command == 'PRIVMSG' and
                    l.args[1] == 'second')
    assert ines.lines.count(lambda l: l.args[1:] == ['first']) == 1


def test_presence_crosses_for_those_who_are_there(confabd, insp, user,
                                                  irc_user):
    server = confabd(trusted='', extra=section(insp.port))
    server.add_user('alice', PASSWORD)
    alice, ines = user(server, 'alice', password=PASSWORD), irc_user(insp)
    ines.raw('AWAY :at lunch')
    watch = Watch(alice, INES)
    assert watch.status == 200
    assert watch.notice(1)[0].startswith('pending')
    assert alice.send(NETWORK, ':online') == 202
    wait_for(lambda: '<rpid:away/>' in last(watch) and
             '>at lunch</note>' in last(watch), lambda: last(watch))
    assert publish(alice, BUSY)[0] == 200
    wait_for(lambda: ines.raw('WHOIS alice') or ines.lines.count(
        lambda l: l.command == '301' and l.args[-1] == 'in a meeting'),
        'alice to be away')


def test_a_person_with_a_real_client(sides, insp, closing, folder):
    """irssi, with all that it sends by itself."""
    if not (installed('irssi') and installed('tmux')):
        pytest.skip('no irssi or no tmux')
    _, alice, _ = sides()
    t = closing(Terminal(['irssi', '--home', str(folder('irssi')), '-c',
                          '127.0.0.1', '-p', str(insp.port), '-n',
                          'iris']))
    t.shows('Welcome to the Lab')
    iris = 'sip:iris*libera' + GW
    assert alice.send(iris, 'good morning') == 202
    t.shows('Act: 2')
    t.types('/window 2')
    t.shows('<alice> good morning')
    t.types('the same to you')
    alice.saw('the same to you', source=iris)
    t.types('/me yawns')
    alice.saw('* iris yawns', source=iris)
