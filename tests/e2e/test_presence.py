# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees whose presence: users are asked in chat."""
import re

import pytest

from lab.sip import get
from lab.util import wait_for
from test_events import PASSWORD, Watch, document, publish, register, seen

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
