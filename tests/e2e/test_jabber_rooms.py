# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users in rooms of an XMPP server, each as himself, by a component and
by accounts of their own."""
import os
import signal
import time

import pytest

from conftest import gateway
from lab.util import wait_for
from test_gateway import account, is_up

ROOM = 'sip:al*lobby*rooms.xmpp.test@gw.confab.test'
XENIA = 'sip:pm*xenia*lobby*rooms.xmpp.test@gw.confab.test'
REGISTRAR = 'sip:jabber@gw.confab.test'
USERS = int(os.environ.get('ROOM_USERS', '20'))


@pytest.fixture
def server(confabd, prosody):
    p = prosody()
    c = confabd(extra=gateway(p))
    c.prosody = p
    is_up(c, 'component sip.xmpp.test')
    return c


def joined(sip, nick, room=ROOM):
    wait_for(lambda: sip.seen.count(lambda m: m.body.startswith(
        'INFO: You have joined lobby@rooms.xmpp.test as %s ' % nick)),
        lambda: '%s to be told that he is in: %r'
        % (sip.name, [m.body for m in sip.seen.all()]))


@pytest.fixture
def both(server, user, xmpp_user):
    """Alice by the component, xenia there before her."""
    xenia = xmpp_user(server.prosody)
    alice = user(server, 'alice')
    assert alice.send(server.manager, '#help') == 200
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    return alice, xenia


def test_words_both_ways(both):
    alice, xenia = both
    for text in 'hello', '/me waves', '<b>&amp;]]>', 'two\nlines', \
            '\U0001f600 \u00fc':
        assert alice.send(ROOM, text) == 202
        assert xenia.saw(text, nick='al')
    xenia.say('hello too')
    assert alice.saw('[xenia] hello too', source=ROOM)
    xenia.say('/me nods')
    alice.saw('* xenia nods', source=ROOM)
    assert not alice.seen.count(lambda m: m.body.startswith('[al]'))


def test_every_code_point_passes_and_none_cuts_the_stream(both):
    alice, xenia = both
    for first in range(0x20, 0x3000, 0x400):
        text = 'x' + ''.join(map(chr, range(first, first + 0x400)))
        assert alice.send(ROOM, text) == 202
        assert alice.send(ROOM, 'after %x' % first) == 202
        assert xenia.saw('after %x' % first)


def test_private_words_stay_private(both):
    alice, xenia = both
    xenia.write('%s/al' % xenia.room, 'psst')
    alice.saw('(private) psst', source=XENIA)
    assert alice.send(XENIA, 'yes?') == 202
    xenia.got(lambda m: m['body'] == 'yes?' and m['type'] == 'chat' and
              str(m['from']) == xenia.room + '/al')
    assert alice.send(ROOM, ':msg xenia so what') == 202
    xenia.got(lambda m: m['body'] == 'so what' and m['type'] == 'chat')
    assert alice.send(ROOM, 'aloud') == 202
    assert xenia.saw('aloud')
    assert not xenia.count('yes?') and not xenia.count('so what')


def test_commands(both):
    alice, xenia = both
    assert alice.send(ROOM, ':who') == 200
    alice.saw('INFO: lobby@rooms.xmpp.test has 2 occupants: al (you), '
              'xenia (moderator)', source=ROOM)
    assert alice.send(ROOM, ':nick alf') == 200
    alice.saw('* al is now alf', source=ROOM)
    assert alice.send(ROOM, 'by my new name') == 202
    assert xenia.saw('by my new name', nick='alf')
    assert alice.send(ROOM, ':nick xenia') == 200
    alice.seen.wait(lambda m: m.body.startswith('ERROR: the nick is taken'))
    assert alice.send(ROOM, ':topic tea') == 200
    alice.saw('* alf set the topic: tea', source=ROOM)
    xenia.raw('<message to="%s" type="groupchat"><subject>coffee</subject>'
              '</message>' % xenia.room)
    alice.saw('* xenia set the topic: coffee', source=ROOM)
    assert alice.send(ROOM, ':exit') == 200
    alice.saw('INFO: You have just left the conference.', source=ROOM)
    wait_for(lambda: 'alf' not in xenia.nicks(), 'her to be out')
    assert alice.send(ROOM, 'more') == 403
    alice.seen.wait(lambda m: 'You are not joined' in m.body)


def test_a_kick_is_told(both):
    alice, xenia = both
    xenia.role('al', 'none')
    m = alice.seen.wait(lambda m: m.body.startswith(
        'INFO: You are no longer in lobby@rooms.xmpp.test: kicked'))
    assert m.source == ROOM
    assert alice.send(ROOM, 'hello?') == 403


def test_a_taken_nick_is_varied(server, user, xmpp_user):
    xenia = xmpp_user(server.prosody)
    alice = user(server, 'alice')
    assert alice.send(ROOM, ':join xenia') == 200
    joined(alice, 'xenia_')
    wait_for(lambda: 'xenia_' in xenia.nicks(), 'her to be in')


def test_a_room_by_the_registrar(server, user, xmpp_user):
    xenia = xmpp_user(server.prosody)
    alice = user(server, 'alice')
    assert alice.send(REGISTRAR, ':join %s zoe' % xenia.room) == 200
    joined(alice, 'zoe')
    wait_for(lambda: 'zoe' in xenia.nicks(), 'her to be in')


@pytest.mark.parametrize('whom', ['worker', 'confabd'])
def test_a_kill_is_not_noticed(server, both, whom):
    alice, xenia = both
    xenia.say('before')
    alice.saw('[xenia] before')
    if whom == 'worker':
        for pid in server.workers('confab-jabber'):
            os.kill(pid, signal.SIGKILL)
    else:
        server.kill()
    xenia.say('meanwhile')
    if whom == 'confabd':
        server.start()
    else:
        assert alice.send(ROOM, 'mine') == 202
    is_up(server, 'component sip.xmpp.test')
    assert alice.send(ROOM, 'after') == 202
    xenia.saw('after', nick='al')
    alice.seen.wait(lambda m: m.body.endswith('xenia] meanwhile'))
    xenia.say('last')
    alice.saw('[xenia] last')
    # her phone may get it again, whose 200 was not noted; the room's past
    # would be marked
    assert not alice.seen.count(lambda m: m.body.endswith(' xenia] before'))
    assert alice.seen.count(lambda m: 'meanwhile' in m.body) == 1
    assert xenia.count('after') == 1
    assert xenia.count('mine') == (whom == 'worker')
    assert alice.seen.count(lambda m: 'You have joined' in m.body) == 1
    assert not alice.seen.count(lambda m: 'ERROR' in m.body)


def test_all_are_back_after_a_kill(server, user, xmpp_user):
    """Nothing acknowledged is lost, and nobody is told wrongly."""
    xenia = xmpp_user(server.prosody)
    users = [user(server, 'u%d' % n) for n in range(USERS)]
    rooms = ['sip:n%d*lobby*rooms.xmpp.test@gw.confab.test' % n
             for n in range(USERS)]
    for n, u in enumerate(users):
        assert u.send(rooms[n], ':join') == 200
    for n, u in enumerate(users):
        joined(u, 'n%d' % n)
    for pid in server.workers('confab-jabber'):
        os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    wait_for(lambda: 'in their rooms: 0' in server.show('status')[1],
             'the loss')
    for n, u in enumerate(users[:5]):
        assert u.send(rooms[n], 'still %d' % n) == 202
    wait_for(lambda: 'in their rooms: %d' % USERS in
             server.show('status')[1], 'all to be back')
    assert time.monotonic() - killed < 10
    for n in range(5):
        assert xenia.saw('still %d' % n, nick='n%d' % n)
    xenia.say('all there?')
    for u in users:
        u.saw('[xenia] all there?')
    for n, u in enumerate(users):
        assert xenia.count('still %d' % n) == (n < 5)
        assert u.count('[xenia] all there?') == 1
        assert not u.seen.count(lambda m: 'ERROR' in m.body)


def test_by_an_account(confabd, prosody, user, xmpp_user):
    p = prosody()
    c = confabd(extra=gateway(p, component=False))
    c.prosody = p
    account(c, 'alice', 'gw@xmpp.test', 'gwpw')
    xenia = xmpp_user(p)
    alice = user(c, 'alice')
    assert alice.send(c.manager, '#help') == 200
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    assert alice.send(ROOM, 'hello') == 202
    assert xenia.saw('hello', nick='al')
    xenia.say('hello too')
    alice.saw('[xenia] hello too', source=ROOM)
    os.kill(c.workers('confab-jabber')[0], signal.SIGKILL)
    assert alice.send(ROOM, 'again') == 202
    assert xenia.saw('again', nick='al')
    assert xenia.count('hello') == 1
