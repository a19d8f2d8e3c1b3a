# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users in channels of IRC, each as himself, without any room of ours."""
import pytest

from lab.ircv3 import InspIrcd
from lab.util import wait_for

from test_irc_talks import GW, INES, NETWORK, got, section, tell

DEV = 'sip:%23dev*libera' + GW


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


@pytest.fixture
def sides(confabd, insp, user, irc_user):
    """A daemon, a SIP user, and an operator of #dev."""
    ines = irc_user(insp, channel='#dev')
    server = confabd(extra=section(insp.port))
    return server, user(server, 'alice'), ines


def joins(alice, key=''):
    assert alice.send(DEV, (':join ' + key).strip()) == 202
    return alice.seen.wait(lambda m: m.source == DEV and m.body.startswith(
        'INFO: You have joined #dev as alice.'))


def told(alice, start, source=DEV):
    return alice.seen.wait(lambda m: m.source == source and
                           m.body.startswith(start))


def came(ines, nick='alice', count=1):
    ines.lines.wait(lambda l: l.command == 'JOIN' and l.nick == nick, count)


def test_a_channel_is_joined_and_spoken_in(sides):
    _, alice, ines = sides
    ines.raw('TOPIC #dev :All about it')
    assert alice.send(DEV, 'hi') == 403
    assert 'Topic: All about it' in joins(alice).body
    for text in 'hello', ':) all', '\U0001f600 \u00fc':
        assert alice.send(DEV, text) == 202
        ines.saw(text)
        ines.say('so ' + text)
        assert alice.saw('[ines] so ' + text, source=DEV).to == alice.aor
    assert alice.send(DEV, '/me waves') == 202
    ines.saw('\x01ACTION waves\x01')
    ines.act('nods')
    alice.saw('* ines nods', source=DEV)
    ines.say('a\x02b\x0304c')
    alice.saw('[ines] abc', source=DEV)
    assert alice.send(DEV, ':exit') == 200
    ines.lines.wait(lambda l: l.command == 'PART' and l.nick == 'alice')
    assert alice.send(DEV, 'hi') == 403


def test_commands_say_what_came_of_them(sides, irc_user, insp):
    _, alice, ines = sides
    joins(alice)
    assert alice.send(DEV, ':who') == 202
    who = told(alice, 'INFO: #dev has 2 occupants: ').body
    assert '@ines' in who and 'alice' in who
    assert alice.send(DEV, ':kick ines') == 202
    told(alice, 'ERROR: you are no operator of the channel')
    ines.raw('MODE #dev -t+o alice')
    told(alice, '* You got mode +o by ines')
    assert alice.send(DEV, ':topic tea time') == 202
    ines.lines.wait(lambda l: l.command == 'TOPIC' and
                    l.args[1] == 'tea time')
    told(alice, '* alice set the topic: tea time')
    assert alice.send(DEV, ':topic') == 200
    told(alice, 'INFO: #dev has the topic: tea time')
    yuri = irc_user(insp, 'yuri', channel=None)
    assert alice.send(DEV, ':invite yuri') == 202
    yuri.lines.wait(lambda l: l.command == 'INVITE' and l.nick == 'alice')
    told(alice, 'INFO: yuri is invited.')
    yuri.join('#dev')
    assert alice.send(DEV, ':kick yuri too loud') == 202
    kick = yuri.lines.wait(lambda l: l.command == 'KICK')
    assert kick.args == ['#dev', 'yuri', 'too loud']
    told(alice, '* yuri was kicked by alice: too loud')
    assert alice.send(DEV, ':nick alison') == 202
    ines.lines.wait(lambda l: l.command == 'NICK' and l.args == ['alison'])
    told(alice, '* You are alison now')


def test_what_keeps_him_out_is_told(sides):
    _, alice, ines = sides
    for mode, words in (
            ('k sesame', 'it takes the right key (+k)'),
            ('b *!*@*', 'you are banned (+b)'),
            ('i', 'only those who are invited are let in (+i)'),
            ('l 1', 'the channel is full (+l)')):
        ines.raw('MODE #dev +' + mode)
        assert alice.send(DEV, ':join') == 202
        alice.seen.wait(lambda m: m.source == DEV and m.body.startswith(
            "ERROR: You can't join #dev: ") and words in m.body)
        assert alice.send(DEV, 'hi') == 403
        ines.raw('MODE #dev -' + mode)


def test_he_is_back_after_a_crash_with_his_key(sides):
    server, alice, ines = sides
    ines.raw('MODE #dev +k sesame')
    ines.lines.wait(lambda l: l.command == 'MODE' and l.args[0] == '#dev')
    joins(alice, 'sesame')
    ines.say('one')
    alice.saw('[ines] one')
    server.kill()
    ines.lines.wait(lambda l: l.command == 'QUIT')
    ines.say('while he is away')
    server.start()
    came(ines, count=2)
    told(alice, '* You were not in the channel ')
    ines.say('two')
    alice.saw('[ines] two')
    assert not alice.count('[ines] while he is away')
    assert alice.seen.count(
        lambda m: m.body.startswith('INFO: You have joined')) == 1


def test_his_words_outlive_the_network(confabd, insp, user, irc_user):
    ines = irc_user(insp, channel='#dev')
    server = confabd(extra=section(insp.port))
    alice = user(server, 'alice')
    joins(alice)
    assert alice.send(DEV, 'first') == 202
    ines.saw('first')
    insp.stop()
    wait_for(lambda: 'libera' in server.text() and
             alice.send(DEV, ':who') == 480, 'the network to be gone')
    texts = ['text %d' % i for i in range(3)]
    for text in texts:
        assert alice.send(DEV, text) == 202
    insp.start()
    ines = irc_user(insp, channel='#dev')
    for text in texts:
        ines.saw(text)
    assert [t for _, t in ines.seen.all()] == texts


def test_who_is_kicked_stays_out(sides):
    _, alice, ines = sides
    joins(alice)
    ines.raw('KICK #dev alice :enough')
    told(alice, 'INFO: You are no longer in #dev: you were kicked by ines '
         '(enough).')
    assert alice.send(DEV, 'hi') == 403
    assert 'alice' not in ines.nicks()


def test_who_comes_and_goes_is_told_on_demand(sides, irc_user, insp):
    _, alice, ines = sides
    joins(alice)
    irc_user(insp, 'quiet', channel='#dev').close()
    ines.lines.wait(lambda l: l.command == 'QUIT' and l.nick == 'quiet')
    ines.say('he is gone')
    alice.saw('[ines] he is gone')
    assert alice.send(DEV, ':notices on') == 200
    irc_user(insp, 'yuri', channel='#dev').close()
    told(alice, '* yuri has come')
    told(alice, '* yuri has left the network')
    assert not alice.seen.count(lambda m: 'quiet' in m.body)


def test_private_words_never_leak_into_the_channel(sides):
    _, alice, ines = sides
    joins(alice)
    assert alice.send(INES, 'between us') == 202
    got(ines, 'between us')
    tell(ines, 'alice', 'of course')
    alice.saw('of course', source=INES)
    assert not ines.count('between us')
    assert not alice.seen.count(lambda m: m.source == DEV and
                                'of course' in m.body)


def test_what_was_said_before_is_not_shown(sides):
    _, alice, ines = sides
    ines.say('secret')
    joins(alice)
    ines.say('open')
    alice.saw('[ines] open')
    assert not alice.count('[ines] secret')


def test_invitations_are_told_and_followed_by_him_alone(sides):
    _, alice, ines = sides
    assert alice.send(NETWORK, ':online') == 202
    told(alice, 'INFO: You are online', NETWORK)
    ines.raw('MODE #dev +i')
    ines.raw('INVITE alice #dev')
    told(alice, 'INFO: ines (')
    assert 'alice' not in ines.nicks()
    joins(alice)
