# SPDX-License-Identifier: GPL-3.0-or-later
"""Presence between SIP phones and XMPP, through a component of Prosody and by
accounts."""
import pytest

from conftest import gateway
from lab.clients import Baresip, installed
from lab.util import wait_for
from test_events import PASSWORD, Watch, document, publish, register, seen, shows
from test_gateway import is_up

XENIA = 'sip:xenia*xmpp.test@gw.confab.test'
ALICE = 'alice@sip.xmpp.test'
ASKED = ('*** xenia@xmpp.test wants to see your presence. '
         'Answer /allow 1 or /deny 1')


@pytest.fixture
def serve(confabd, prosody):
    def make(settings=''):
        p = prosody()
        c = confabd(trusted='', extra=gateway(p, settings))
        c.prosody = p
        c.add_user('alice', PASSWORD)
        is_up(c, 'component sip.xmpp.test')
        return c
    return make


@pytest.fixture
def phone(user):
    def make(server, name='alice', **kw):
        return user(server, name, password=PASSWORD, **kw)
    return make


@pytest.fixture
def xenia(xmpp_user):
    """By hand: she answers nothing by herself."""
    def make(server, friendly=False):
        x = xmpp_user(server.prosody, room=None)
        x.client.auto_authorize = True if friendly else None
        x.client.auto_subscribe = False
        return x
    return make


def last(watch):
    notices = watch.notices()
    return notices[-1].body if notices else ''


def told(xenia, kind, status=None):
    """A presence of alice's came to her."""
    def fits(p):
        return (p['from'].bare == ALICE and p['type'] == kind and
                (status is None or p['status'] == status))
    return xenia.presences.wait(fits)


def test_a_phone_watches_a_contact(serve, phone, xenia):
    server = serve()
    alice, joe = phone(server), xenia(server)
    watch = Watch(alice, XENIA)
    assert watch.status == 200
    assert watch.notice(1)[0].startswith('pending')
    told(joe, 'subscribe')
    joe.raw('<presence to="%s" type="subscribed"/>' % ALICE)
    joe.raw('<presence><show>dnd</show><status>do not</status>'
            '<priority>4</priority></presence>')
    wait_for(lambda: '<rpid:busy/>' in last(watch) and
             '>do not</note>' in last(watch), lambda: last(watch))
    assert 'priority="0.031"' in last(watch)
    assert 'entity="%s"' % XENIA in last(watch)
    # another one is let in at once
    again = Watch(alice, XENIA)
    assert again.notice(1)[0].startswith('active')
    # until she thinks better of it
    joe.raw('<presence to="%s" type="unsubscribed"/>' % ALICE)
    wait_for(lambda: [m for m in watch.notices() if
                      'terminated;reason=rejected' in str(m.headers)],
             lambda: watch.notices())


def test_no_contact_no_presence(serve, phone):
    server = serve()
    alice = phone(server)
    for target, status in [
            ('sip:nick*room*rooms.xmpp.test@gw.confab.test', 404),
            ('sip:alice*sip.xmpp.test@gw.confab.test', 404),
            ('sip:nonsense@gw.confab.test', 404),
            ('sip:xenia*xmpp.test@elsewhere.test', 404)]:
        assert Watch(alice, target).status == status


def test_an_xmpp_user_asks_and_is_allowed(serve, phone, xenia):
    server = serve()
    alice, joe = phone(server), xenia(server)
    assert register(alice) == 200
    joe.raw('<presence to="%s" type="subscribe"/>' % ALICE)
    alice.saw(ASKED, XENIA)
    assert alice.send(XENIA, '/allow 1') == 200
    told(joe, 'subscribed')
    told(joe, 'available')
    assert publish(alice, document('at the desk'))[0] == 200
    told(joe, 'available', 'at the desk')
    assert register(alice, 0) == 200
    server.stop()
    told(joe, 'unavailable')
    # the answer is kept: nobody is asked again
    server.start()
    is_up(server, 'component sip.xmpp.test')
    assert register(alice) == 200
    assert publish(alice, document('back'))[0] == 200
    told(joe, 'available', 'back')
    assert alice.count(ASKED) == 1


def test_an_xmpp_user_is_denied(serve, phone, xenia):
    server = serve()
    alice, joe = phone(server), xenia(server)
    assert register(alice) == 200
    joe.raw('<presence to="%s" type="subscribe"/>' % ALICE)
    alice.saw(ASKED, XENIA)
    assert alice.send(server.manager, '/deny 1') == 200
    told(joe, 'unsubscribed')
    assert publish(alice, document('secret'))[0] == 200
    joe.raw('<presence to="%s" type="probe"/>' % ALICE)
    assert not [p for p in joe.presences.all() if p['status'] == 'secret']


def test_all_may_see_where_the_operator_says_so(serve, phone, xenia):
    server = serve('auto_accept = "all"')
    alice, joe = phone(server), xenia(server)
    assert register(alice) == 200
    joe.raw('<presence to="%s" type="subscribe"/>' % ALICE)
    told(joe, 'available')
    assert register(alice, 0) == 200
    told(joe, 'unavailable')


def test_prosody_goes_and_comes(serve, phone, xenia, xmpp_user):
    server = serve()
    alice, joe = phone(server), xenia(server, friendly=True)
    watch = Watch(alice, XENIA)
    # one who looks once need not wait for the pace
    wait_for(lambda: 'open' in seen(alice, XENIA), lambda: watch.notices())
    server.prosody.stop()
    wait_for(lambda: 'closed' in seen(alice, XENIA), 'him to be closed')
    server.prosody.start()
    is_up(server, 'component sip.xmpp.test')
    xmpp_user(server.prosody, room=None)
    wait_for(lambda: 'open' in seen(alice, XENIA), 'him to be open')
    assert not [m for m in watch.notices() if 'terminated' in str(m.headers)]


def test_baresip_watches_and_is_seen(serve, phone, xenia, folder):
    if not installed('baresip'):
        pytest.skip('no baresip')
    server = serve('auto_accept = "roster"')
    joe = xenia(server, friendly=True)
    client = Baresip(folder('baresip'), 'alice', server.domain,
                     (server.host, server.port), contact=XENIA,
                     register=True, presence=True, password=PASSWORD)
    try:
        wait_for(lambda: shows(client, 'Online'), client.screen)
        joe.raw('<presence to="%s" type="subscribe"/>' % ALICE)
        told(joe, 'available')
    finally:
        client.close()
