# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees whose presence: users are asked in chat."""
import re

import pytest

from lab.clients import Baresip, Linphone, Twinkle, installed
from lab.sip import get
from lab.util import wait_for
from test_events import (PASSWORD, Watch, document, publish, register, rows,
                         seen, stats)

ASKED = '*** %s wants to see your presence. Answer /allow %d or /deny %d'


@pytest.fixture
def phone(user):
    def make(server, name, **kw):
        return user(server, name, password=PASSWORD, **kw)
    return make


@pytest.fixture
def serve(confabd):
    def make(extra=''):
        s = confabd(trusted='', extra=extra)
        for name in ('alice', 'bob', 'carol'):
            s.add_user(name, PASSWORD)
        return s
    return make


def states(watch):
    return [get(m.headers, 'subscription-state').partition(';')[0]
            for m in watch.notices()]


def test_a_user_is_asked_and_allows(serve, phone):
    server = serve()
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    assert publish(alice, document('at my desk'))[0] == 200
    watch = Watch(bob, alice.aor)
    again = Watch(bob, alice.aor)
    assert watch.status == 200
    for w in (watch, again):
        assert w.notice(1)[0].startswith('pending')
    alice.saw(ASKED % ('bob@confab.test', 1, 1), server.manager)
    assert alice.send(server.manager, '/allow 1') == 200
    alice.saw('*** bob@confab.test may see your presence')
    for w in (watch, again):
        state, m = w.notice(2)
        assert state.startswith('active')
        assert '<note>at my desk</note>' in m.body
    # for good, and without a question
    late = Watch(bob, alice.aor)
    assert late.notice(1)[0].startswith('active')
    server.stop()
    server.start()
    assert register(alice) == 200
    assert '<basic>open</basic>' in seen(bob, alice.aor)
    assert alice.count(ASKED % ('bob@confab.test', 1, 1)) == 1
    assert alice.send(server.manager, '/watchers') == 200
    alice.saw('*** Who may see your presence:\r\n1 bob@confab.test (allowed)')


def test_a_user_is_asked_and_denies(serve, phone):
    server = serve()
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    watch = Watch(bob, alice.aor)
    assert watch.notice(1)[0].startswith('pending')
    alice.saw(ASKED % ('bob@confab.test', 1, 1))
    # what is none of his does nothing
    assert bob.send(server.manager, '/allow 1') == 404
    assert alice.send(server.manager, '/deny 1') == 200
    assert watch.notice(2)[0] == 'terminated;reason=rejected'
    assert not any(m.body for m in watch.notices())
    assert Watch(bob, alice.aor).status == 403
    assert alice.send(server.manager, '/allow bob@confab.test') == 200
    assert '<basic>open</basic>' in seen(bob, alice.aor)


def test_who_was_away_is_asked_when_he_comes(serve, phone):
    server = serve()
    bob = phone(server, 'bob')
    assert Watch(bob, 'sip:alice@confab.test').status == 200
    alice = phone(server, 'alice')
    assert register(alice) == 200
    alice.saw(ASKED % ('bob@confab.test', 1, 1))


def test_consent_that_is_taken_back(serve, phone):
    server = serve()
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    assert alice.send(server.manager, '/allow bob@confab.test') == 200
    watch = Watch(bob, alice.aor)
    assert watch.notice(1)[0].startswith('active')
    assert alice.send(server.manager, '/deny bob@confab.test') == 200
    wait_for(lambda: 'terminated' in states(watch), 'the end')
    assert publish(alice, document('secret'))[0] == 200
    assert 'secret' in seen(alice, alice.aor)
    assert not [m for m in watch.notices() if 'secret' in m.body]


@pytest.mark.parametrize('policy, status, state', [
    ('allow', 200, 'active'), ('deny', 403, None)])
def test_the_operator_decides(serve, phone, policy, status, state):
    server = serve('presence = "%s"' % policy)
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    for target in (alice.aor, 'sip:nobody@confab.test'):
        watch = Watch(bob, target)
        assert watch.status == status
        if state:
            assert watch.notice(1)[0].startswith(state)
    assert not alice.count(ASKED % ('bob@confab.test', 1, 1))


def test_nobody_has_hundreds_asked(serve, phone):
    """20 at once; the others later, if he still watches them."""
    server = serve()
    bob = phone(server, 'bob')
    assert register(bob) == 200
    for n in range(22):
        server.add_user('user%02d' % n, PASSWORD)
        assert Watch(bob, 'sip:user%02d@confab.test' % n).notice(
            1)[0].startswith('pending')
    bob.saw('*** You watch many who have not been asked yet whether you may. '
            'They are asked little by little, 20 in an hour, while you watch '
            'them', server.manager)
    wait_for(lambda: len(rows(server, 'watches')) == 20, 'all questions')
    last = phone(server, 'user21')
    assert last.send(server.manager, '/watchers') == 200
    last.saw('*** Nobody has asked to see your presence')


def test_several_devices_are_one_presence(serve, phone):
    server = serve('presence = "allow"')
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    there = document('car').replace(b'<tuple id="a">', b'<tuple id="b">')
    etag = get(publish(alice, document('desk'))[1], 'sip-etag')
    assert publish(alice, there)[0] == 200
    body = seen(bob, alice.aor)
    assert re.findall('<tuple id="([^"]*)"', body) == ['ID-b', 'ID-a']
    assert publish(alice, etag=etag, expires=0)[0] == 200
    body = seen(bob, alice.aor)
    assert 'car' in body and 'desk' not in body


def online(client, name):
    """Of a contact of baresip's, by what it says when asked."""
    client.type('/contacts')
    lines = client.screen().rpartition('--- Contacts')[2].splitlines()
    return any(name in line and 'Online' in line for line in lines)


def test_baresip_watches_users_and_rooms(serve, phone, folder):
    if not installed('baresip'):
        pytest.skip('no baresip')
    server = serve('presence = "allow"')
    bob, room = phone(server, 'bob'), server.room('lobby')
    quiet = server.room('den')
    for r in (room, quiet):
        assert bob.send(r, '#create') == 200
    assert bob.send(room, 'hello') == 202
    assert publish(bob, document('here').replace(
        b'sip:alice', b'sip:bob'))[0] == 200
    client = Baresip(folder('baresip'), 'alice', server.domain,
                     (server.host, server.port), contact=[bob.aor, room, quiet],
                     register=True, presence=True, password=PASSWORD)
    try:
        wait_for(lambda: online(client, bob.aor), client.screen)
        wait_for(lambda: online(client, room), client.screen)
        # it takes "away" for "offline": nobody has talked there yet
        wait_for(lambda: not online(client, quiet), client.screen)
    finally:
        client.close()


def test_linphone_watches_over_a_crash(serve, phone, folder):
    if not installed('linphonec'):
        pytest.skip('no linphonec')
    server = serve('presence = "allow"')
    bob = phone(server, 'bob')
    assert publish(bob, document('here').replace(
        b'sip:alice', b'sip:bob'))[0] == 200
    client = Linphone(folder('linphone'), 'alice', server.domain,
                      (server.host, server.port), register=True,
                      transport='udp', password=PASSWORD, friend=bob.aor)
    heard = 'We are notified that'
    try:
        wait_for(lambda: '%s> is Online' % bob.aor in client.screen(),
                 client.screen)
        wait_for(lambda: '<basic>open</basic>' in seen(
            bob, 'sip:alice@confab.test'), 'it to publish')
        wait_for(lambda: len(rows(server, 'publications')) == 2 and
                 len(rows(server, 'subscriptions')) == 1, 'rows')
        asked = client.log().count('SUBSCRIBE sip:bob')
        assert client.log().count(heard) == 1
        server.kill()
        server.start()
        # told once more, in the dialog that it knows
        wait_for(lambda: client.log().count(heard) == 2, 'NOTIFY')
        assert client.log().count('SUBSCRIBE sip:bob') == asked
        assert stats(server) == (1, 2)
    finally:
        client.close()


def test_twinkle_watches_and_publishes(serve, phone, folder):
    if not installed('twinkle-console'):
        pytest.skip('no twinkle-console')
    server = serve('presence = "allow"')
    bob = phone(server, 'bob')
    alice = 'sip:alice@confab.test'
    assert publish(bob, document('here').replace(
        b'sip:alice', b'sip:bob'))[0] == 200
    client = Twinkle(folder('twinkle'), 'alice', server.domain,
                     (server.host, server.port), register=True,
                     password=PASSWORD, buddy=bob.aor)
    changed = 'Presence state changed to: '
    try:
        wait_for(lambda: changed + 'open' in client.log(),
                 lambda: client.log()[-6000:])
        wait_for(lambda: len(rows(server, 'publications')) == 2,
                 lambda: client.log()[-6000:])
        assert '<basic>open</basic>' in seen(bob, alice)
        client.type('presence -b offline')
        wait_for(lambda: '<basic>closed</basic>' in seen(bob, alice),
                 'it to be offline')
    finally:
        client.close()
