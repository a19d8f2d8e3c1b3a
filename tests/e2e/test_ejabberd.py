# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway behind ejabberd: what it does behind Prosody. One server and
one daemon for all of them, as it takes its time to start; each test has
people of its own."""

import pytest

from conftest import BUILD, check_log, gateway
from lab.confabd import Confabd
from lab.ejabberd import Ejabberd, installed
from lab.util import wait_for
from lab.xmpp import XmppUser
from test_events import PASSWORD, Watch, register
from test_gateway import JOE, account, is_up
from test_jabber_presence import last
from test_jabber_rooms import ROOM, XENIA, joined


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    if not installed():
        pytest.skip('no ejabberd')
    top = tmp_path_factory.mktemp('ejabberd')
    (top / 'server').mkdir()
    (top / 'confab').mkdir()
    p = Ejabberd(top / 'server').start()
    c = Confabd(BUILD, top / 'confab', extra=gateway(p))
    c.prosody = p
    try:
        c.start()
        is_up(c, 'component sip.xmpp.test')
        is_up(c, 'component conf.xmpp.test')
        yield c
        assert c.stop() == 0
        check_log(c)
    finally:
        c.stop()
        p.stop()


@pytest.fixture
def alice(server, user):
    alice = user(server, 'alice')
    assert alice.send(server.manager, '#help') == 200
    return alice


@pytest.fixture
def xenia(server, closing):
    def make(room=None, nick='xenia'):
        return closing(XmppUser('xenia@xmpp.test', 'xeniapw',
                                server.prosody.port, room, nick))
    return make


def test_one_to_one(alice, xenia):
    joe = xenia()
    for text in 'hello', '<b>&amp;]]>', 'two\nlines', '\U0001f600 \u00fc':
        assert alice.send(JOE, text) == 202
        assert joe.got_text(text, 'alice@sip.xmpp.test')['type'] == 'chat'
        joe.write('alice@sip.xmpp.test', text)
        alice.saw(text, source=JOE)


def test_receipts_and_errors(alice, xenia):
    joe = xenia()
    joe.raw('<message to="alice@sip.xmpp.test" id="r1" type="chat"><body>one'
            '</body><request xmlns="urn:xmpp:receipts"/></message>')
    joe.got(lambda m: '<received' in str(m) and 'id="r1"' in str(m))
    joe.write('nobody@sip.xmpp.test', 'hello?', id='n1')
    m = joe.got(lambda m: m['type'] == 'error')
    assert m['id'] == 'n1' and m['error']['condition'] == 'item-not-found'
    assert alice.send('sip:nobody*xmpp.test@gw.confab.test', 'hello?') == 202
    assert alice.seen.wait(lambda m: m.body.startswith('ERROR: ')) \
        .body.endswith(': hello?')


def test_requests_are_answered(xenia, alice):
    joe = xenia()
    for who in 'sip.xmpp.test', 'alice@sip.xmpp.test', 'conf.xmpp.test':
        assert 'error' not in joe.ask(who, 'ping', 'urn:xmpp:ping')
        assert 'identity' in joe.ask(
            who, 'query', 'http://jabber.org/protocol/disco#info')


def test_rooms_of_its_own(alice, xenia):
    joe = xenia('lobby@rooms.xmpp.test')
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    assert alice.send(ROOM, 'hello') == 202
    joe.saw('hello', nick='al')
    joe.say('hello too')
    alice.saw('[xenia] hello too', source=ROOM)
    joe.write('%s/al' % joe.room, 'psst')
    alice.saw('(private) psst', source=XENIA)
    joe.role('al', 'none')
    alice.seen.wait(lambda m: m.body.startswith(
        'INFO: You are no longer in lobby@rooms.xmpp.test: kicked'))


def test_rooms_of_ours(server, alice, xenia):
    room = server.room('den')
    alice.join(room)
    joe = xenia('den@conf.xmpp.test')
    wait_for(lambda: 'alice' in joe.nicks(), joe.nicks)
    joe.say('hello')
    alice.saw('[xenia]: hello')
    assert alice.send(room, 'hello too') in (200, 202)
    joe.saw('hello too', nick='alice')
    assert joe.count('hello') == 1
    joe.close()
    alice.seen.wait(lambda m: 'xenia' in m.body and 'left' in m.body)


def test_presence(server, alice, xenia):
    joe = xenia()
    joe.client.auto_authorize = None
    joe.client.auto_subscribe = False
    watch = Watch(alice, JOE)
    assert watch.status == 200
    joe.presences.wait(lambda p: p['type'] == 'subscribe')
    joe.raw('<presence to="alice@sip.xmpp.test" type="subscribed"/>')
    joe.raw('<presence><show>dnd</show><status>do not</status></presence>')
    wait_for(lambda: '<rpid:busy/>' in last(watch) and
             '>do not</note>' in last(watch), lambda: last(watch))
    joe.raw('<presence to="alice@sip.xmpp.test" type="subscribe"/>')
    ask = alice.seen.wait(lambda m: 'wants to see your presence' in m.body)
    number = ask.body.split('/allow ')[1].split()[0]
    assert register(alice) == 200
    assert alice.send(JOE, '/allow ' + number) == 200
    for kind in 'subscribed', 'available':
        joe.presences.wait(lambda p: p['type'] == kind and
                           p['from'].bare == 'alice@sip.xmpp.test')


def test_an_account(server, user, xenia):
    joe = xenia()
    account(server, 'bob', 'gw@xmpp.test', 'gwpw')
    bob = user(server, 'bob')
    assert bob.send(JOE, 'by my account') == 202
    joe.got_text('by my account', 'gw@xmpp.test')
    joe.write('gw@xmpp.test', 'I see')
    bob.saw('I see', source=JOE)
    assert bob.send(JOE, ':offline') in (200, 202)
