# SPDX-License-Identifier: GPL-3.0-or-later
"""profanity, a real client of XMPP, with people of SIP: as somebody uses both
who types and reads."""
import re

import pytest

from conftest import gateway
from lab.clients import Baresip, installed
from lab.profanity import Profanity
from lab.util import wait_for
from test_events import PASSWORD, shows
from test_gateway import account, is_up

XENIA = 'sip:xenia*xmpp.test@gw.confab.test'
ALICE = 'alice@sip.xmpp.test'
LOBBY = 'lobby@conf.xmpp.test'
HARD = '\U0001f600 \xfc <b> & "it"'


@pytest.fixture
def serve(confabd, prosody):
    def make(settings='', component=True):
        for kind in Baresip, Profanity:
            if not installed(kind.program):
                pytest.skip('%s is not installed' % kind.program)
        p = prosody()
        c = confabd(trusted='', extra=gateway(p, settings, component))
        c.prosody = p
        c.add_user('alice', PASSWORD)
        if component:
            is_up(c, 'component sip.xmpp.test')
            is_up(c, 'component conf.xmpp.test')
        return c
    return make


@pytest.fixture
def phone(folder, closing):
    """alice's baresip, registered."""
    def make(server, contact, **kw):
        c = closing(Baresip(
            folder('baresip'), 'alice', server.domain,
            (server.host, server.port), contact=contact, register=True,
            password=PASSWORD, **kw))
        wait_for(lambda: server.ctl('contact', 'alice'), c.screen)
        return c
    return make


@pytest.fixture
def profanity(folder, closing):
    def make(server, name='xenia'):
        return closing(Profanity(
            folder('prof-' + name), name + '@xmpp.test', name + 'pw',
            server.prosody.port, name))
    return make


def test_a_phone_adds_a_contact(serve, phone, profanity):
    """Who was asked first is not asked back."""
    server = serve('auto_accept = "roster"')
    xenia, alice = profanity(server), phone(server, XENIA, presence=True)
    xenia.got('<presence', 'type="subscribe"', 'from="%s"' % ALICE)
    xenia.type('/sub allow ' + ALICE)
    xenia.type('/sub request ' + ALICE)
    xenia.logged('Presence available handler fired for: %s/gw' % ALICE)
    wait_for(lambda: shows(alice, 'Online'), alice.screen)
    assert 'wants to see' not in alice.screen()


def test_a_contact_is_added_by_profanity(serve, phone, profanity):
    server = serve()
    xenia, alice = profanity(server), phone(server, XENIA)
    xenia.type('/roster add %s Alice' % ALICE)
    xenia.type('/sub request ' + ALICE)
    alice.saw('*** xenia@xmpp.test wants to see your presence. '
              'Answer /allow 1 or /deny 1', XENIA)
    alice.say(XENIA, '/allow 1')
    xenia.got('<presence', 'type="subscribed"', 'from="%s"' % ALICE)
    xenia.logged('Presence available handler fired for: %s/gw' % ALICE)
    # what she can is what her presence says that she can (XEP-0115)
    xenia.got('<query', 'disco#info', 'from="%s/gw"' % ALICE, 'urn:confab#')
    assert 'does not match' not in xenia.log()
    alice.close()
    xenia.logged('Unavailable presence handler fired for ' + ALICE)


def test_one_to_one(serve, phone, profanity):
    server = serve()
    xenia, alice = profanity(server), phone(server, XENIA)
    xenia.type('/msg %s %s' % (ALICE, HARD))
    alice.saw(HARD, XENIA)
    alice.say(XENIA, 'and back ' + HARD)
    xenia.saw('and back ' + HARD, ALICE, ALICE)
    # it asks for receipts when it knows from where she writes
    xenia.type('/msg %s again' % ALICE)
    alice.saw('again', XENIA)
    sent = xenia.sent('<message', '<body>again', 'urn:xmpp:receipts')
    id_ = re.search(' id="([^"]*)"', sent).group(1)
    xenia.got('<received', 'urn:xmpp:receipts', 'from="%s' % ALICE, id_)
    assert alice.count(HARD, XENIA) == alice.count('again', XENIA) == 1


def test_receipts_of_profanity(serve, user, profanity):
    """What a SIP user asks for by CPIM comes back as IMDN."""
    server = serve()
    xenia = profanity(server)
    alice = user(server, 'alice', password=PASSWORD)
    assert alice.send(XENIA, (
        'From: <%s>\r\nTo: <%s>\r\nNS: imdn <urn:ietf:params:imdn>\r\n'
        'imdn.Message-ID: tea-1\r\n'
        'DateTime: 2026-01-02T03:04:05Z\r\n'
        'imdn.Disposition-Notification: positive-delivery\r\n\r\n'
        'Content-Type: text/plain\r\n\r\ntea?') % (alice.aor, XENIA),
        'message/cpim') == 202
    xenia.saw('tea?', ALICE, ALICE)
    m = alice.seen.wait(lambda m: 'tea-1' in m.body)
    assert '<delivered' in m.body and m.source == XENIA


def test_a_room_of_ours(serve, phone, profanity):
    server = serve()
    room = server.room('lobby')
    xenia, alice = profanity(server), phone(server, room)
    alice.say(room, '#join')
    alice.saw('*** Room was created', room)
    xenia.type('/rooms service conf.xmpp.test')
    xenia.got('<item', 'jid="%s"' % LOBBY)
    xenia.type('/join ' + LOBBY)
    alice.saw('*** [xenia] has joined the room', room)
    xenia.got('from="%s/xenia"' % LOBBY, 'code="110"')
    xenia.type(HARD)
    alice.saw('[xenia]: ' + HARD, room)
    alice.say(room, 'hello ' + HARD)
    xenia.saw('hello ' + HARD, 'alice', LOBBY)
    xenia.type('/msg alice psst')
    alice.saw('(private) psst', XENIA)
    xenia.type('/win ' + LOBBY)
    xenia.type('/nick Xen')
    alice.saw('*** [xenia] is now known as [Xen]', room)
    xenia.got('from="%s/Xen"' % LOBBY, 'code="110"')
    # the topic is for owners
    xenia.type('/subject set "Mine"')
    xenia.got('<message', 'type="error"', 'forbidden')
    alice.say(room, '#topic Tea at five')
    xenia.got('<message', 'from="%s/alice"' % LOBBY,
              '<subject>Tea at five</subject>')
    assert xenia.talk(LOBBY).count(('xenia', HARD)) == 1
    xenia.type('/close')
    alice.saw('*** [Xen] has left the room', room)


def test_a_room_of_profanity(serve, phone, profanity):
    """Made by coming: its owner is of XMPP."""
    server = serve()
    room = server.room('club')
    xenia, alice = profanity(server), phone(server, room)
    xenia.type('/join club@conf.xmpp.test')
    xenia.got('from="club@conf.xmpp.test/xenia"', 'code="201"')
    alice.say(room, '#join')
    xenia.got('<presence', 'from="club@conf.xmpp.test/alice"')
    xenia.type('/subject set "Tea at five"')
    alice.saw('*** [xenia] has set the topic: Tea at five', room)
    xenia.type('/role set visitor alice')
    xenia.got('<presence', 'from="club@conf.xmpp.test/alice"',
              'role="visitor"')
    xenia.type('/kick alice noise')
    xenia.got('<presence', 'from="club@conf.xmpp.test/alice"', 'code="307"')
    alice.saw('*** You have been removed from the room: noise', room)
    xenia.type('/room destroy')
    wait_for(lambda: 'club' not in server.show('rooms')[1],
             lambda: server.show('rooms')[1])


def test_an_account(serve, phone, profanity):
    server = serve(component=False)
    account(server, 'alice', 'gw@xmpp.test', 'gwpw')
    xenia, alice = profanity(server), phone(server, XENIA)
    alice.say(XENIA, ':online')
    wait_for(lambda: 'You are online in Jabber network as gw@xmpp.test/' in
             alice.screen(), alice.screen)
    alice.say(XENIA, HARD)
    xenia.saw(HARD, 'gw@xmpp.test', 'gw@xmpp.test')
    xenia.type('/msg gw@xmpp.test back ' + HARD)
    alice.saw('back ' + HARD, XENIA)
    xenia.got('<received', 'urn:xmpp:receipts', 'from="gw@xmpp.test')
