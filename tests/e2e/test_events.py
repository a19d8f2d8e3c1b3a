# SPDX-License-Identifier: GPL-3.0-or-later
"""SUBSCRIBE, NOTIFY and PUBLISH: presence of our own users."""
import re
import sqlite3

import pytest

from lab.clients import Baresip, installed
from lab.sip import get, token, uri_of
from lab.util import wait_for
from test_shared import Pair

PASSWORD = 'hush-hush'
PIDF = 'application/pidf+xml'
EVENTS = 'presence.winfo, presence, conference'


@pytest.fixture
def server(confabd):
    s = confabd(trusted='')
    for name in ('alice', 'bob'):
        s.add_user(name, PASSWORD)
    return s


@pytest.fixture
def phone(user):
    def make(server, name, **kw):
        return user(server, name, password=PASSWORD, **kw)
    return make


def document(text):
    return ('<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:'
            'pidf" entity="sip:alice@confab.test"><tuple id="a"><status>'
            '<basic>open</basic></status><note>%s</note></tuple></presence>'
            % text).encode()


class Watch:
    """A subscription of a SipUser's."""

    def __init__(self, phone, target, expires=600, event='presence'):
        self.phone, self.target, self.event = phone, target, event
        self.call_id, self.tag, self.to = token(), token(), None
        self.uri = target
        self.status, self.headers = self.ask(expires)
        if self.status == 200:
            self.to = get(self.headers, 'to')
            self.uri = uri_of(get(self.headers, 'contact'))

    def ask(self, expires, headers=()):
        p = self.phone
        contact = 'Contact: <sip:%s@%s:%d;transport=%s>' % (
            p.name, p.host, p.port, p.transport)
        packet = p.build('SUBSCRIBE', self.uri, call_id=self.call_id,
                         tag=self.tag, headers=[
                             contact, 'Event: ' + self.event,
                             'Expires: %d' % expires] + list(headers))
        packet = re.sub(rb'\r\nTo: [^\r]*', b'\r\nTo: ' + (
            self.to or '<%s>' % self.target).encode(), packet)
        return p.transact(packet)

    def notices(self):
        found = {}
        for m in self.phone.requests.all():
            cseq = get(m.headers, 'cseq')
            if m.call_id == self.call_id and cseq.endswith(' NOTIFY'):
                found[int(cseq.split()[0])] = m
        return [found[n] for n in sorted(found)]

    def notice(self, number):
        """(Subscription-State, Message)"""
        wait_for(lambda: len(self.notices()) >= number,
                 lambda: 'NOTIFY %d; %r' % (number, self.notices()))
        m = self.notices()[number - 1]
        return get(m.headers, 'subscription-state'), m


def seen(phone, target):
    """What a fetch shows."""
    watch = Watch(phone, target, 0)
    assert watch.status == 200
    state, m = watch.notice(1)
    assert state == 'terminated;reason=timeout'
    return m.body


def publish(phone, body=b'', etag=None, expires=600, uri=None):
    headers = ['Event: presence', 'Expires: %d' % expires]
    if etag:
        headers.append('SIP-If-Match: ' + etag)
    return phone.transact(phone.build(
        'PUBLISH', uri or phone.aor, body, PIDF, headers=headers))


def stats(server):
    found = server.ctl('status')['sip']
    return found['subscriptions'], found['publications']


def register(phone, expires=600):
    packet = phone.build('REGISTER', 'sip:' + phone.domain, headers=[
        'Contact: <sip:%s@%s:%d>' % (phone.name, phone.host, phone.port),
        'Expires: %d' % expires], call_id='reg-' + phone.name)
    return phone.transact(packet.replace(
        b'To: <sip:%s>' % phone.domain.encode(),
        b'To: <%s>' % phone.aor.encode()))[0]


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_a_user_watches_himself(server, phone, transport):
    alice = phone(server, 'alice', transport=transport)
    watch = Watch(alice, alice.aor)
    assert watch.status == 200
    assert get(watch.headers, 'expires') == '600'
    state, m = watch.notice(1)
    assert re.fullmatch('active;expires=(600|599)', state)
    assert get(m.headers, 'event') == 'presence'
    assert get(m.headers, 'content-type') == PIDF
    assert '<basic>closed</basic>' in m.body
    assert m.source == alice.aor
    assert get(m.headers, 'from').endswith(
        get(watch.headers, 'to').partition(';tag=')[2])
    # in the dialog, where its Contact is
    assert watch.ask(0)[0] == 200
    assert watch.notice(2)[0] == 'terminated;reason=timeout'
    assert watch.ask(600)[0] == 481


@pytest.mark.parametrize('command', ['del', 'disable', 'passwd'])
def test_who_may_not_log_in_sees_no_more(server, phone, tmp_path, command):
    secret = tmp_path / 'secret'
    secret.write_text('another one\n')
    secret.chmod(0o600)
    alice = phone(server, 'alice')
    watch = Watch(alice, alice.aor)
    watch.notice(1)
    assert publish(alice, document('here'))[0] == 200
    assert register(alice) == 200
    words = ['user', command, 'alice']
    if command == 'passwd':
        words += ['--password-file', str(secret)]
    assert server.show(*words)[0] == 0
    wait_for(lambda: [m for m in watch.notices() if 'terminated' in get(
        m.headers, 'subscription-state')], 'the end')
    wait_for(lambda: stats(server) == (0, 0), 'all to be gone')
    assert server.ctl('contact', 'alice') == []


def test_registered_or_published_is_what_is_seen(server, phone):
    alice = phone(server, 'alice')
    assert register(alice) == 200
    assert '<basic>open</basic>' in seen(alice, alice.aor)
    assert publish(alice, document('on my way'))[0] == 200
    assert '<note>on my way</note>' in seen(alice, alice.aor)
    status, headers = publish(alice, document('at my desk'))
    assert status == 200 and get(headers, 'expires') == '600'
    assert '<note>at my desk</note>' in seen(alice, alice.aor)
    assert publish(alice, etag=get(headers, 'sip-etag'), expires=0)[0] == 200
    assert '<note>on my way</note>' in seen(alice, alice.aor)
    other = phone(server, 'bob')
    assert register(other) == 200 and register(other, 0) == 200
    assert '<basic>closed</basic>' in seen(other, other.aor)


def test_sa18_nobody_sees_another_without_consent(server, phone):
    alice, mallory = phone(server, 'alice'), phone(server, 'bob')
    assert publish(alice, document('secret'))[0] == 200
    here = Watch(mallory, alice.aor)
    nobody = Watch(mallory, 'sip:nobody@confab.test')
    for watch in (here, nobody):
        assert watch.status == 200
        state, m = watch.notice(1)
        assert re.fullmatch('pending;expires=(600|599)', state)
        assert not m.body and not get(m.headers, 'content-type')
    assert seen(mallory, alice.aor) == ''
    assert publish(alice, document('another secret'))[0] == 200
    assert 'another' in seen(alice, alice.aor)
    assert not [m for m in mallory.requests.all() if 'secret' in m.body]
    # nor ends what is another's
    here.phone = phone(server, 'alice')
    assert here.ask(0)[0] == 481


def test_sa03_nobody_publishes_for_another(server, phone):
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert publish(alice, document('x'), uri=bob.aor)[0] == 403
    assert publish(alice, document('x'),
                   uri='sip:alice@other.example')[0] == 403
    assert '<basic>closed</basic>' in seen(bob, bob.aor)


def test_entity_tags(server, phone):
    alice = phone(server, 'alice')
    tags = []
    for body in (document('one'), b'', document('two')):
        status, headers = publish(alice, body, tags[-1] if tags else None)
        assert status == 200
        tags.append(get(headers, 'sip-etag'))
    assert len(set(tags)) == 3
    assert publish(alice, b'', tags[0])[0] == 412
    assert publish(alice)[0] == 400
    assert publish(alice, b'<!DOCTYPE presence><presence/>')[0] == 400
    status, headers = publish(alice, document('x'), expires=5)
    assert (status, get(headers, 'min-expires')) == (423, '60')
    assert stats(server) == (0, 1)


def test_what_there_is(server, phone):
    alice = phone(server, 'alice')
    status, headers = alice.options(alice.aor)
    assert get(headers, 'allow-events') == EVENTS
    assert get(headers, 'allow') == \
        'MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE'
    watch = Watch(alice, alice.aor, event='dialog')
    assert watch.status == 489
    assert get(watch.headers, 'allow-events') == EVENTS
    assert Watch(alice, alice.aor, event='Presence').status == 200
    assert Watch(alice, 'sip:alice@other.example').status == 404
    watch = Watch(alice, alice.aor, expires=10)
    assert (watch.status, get(watch.headers, 'min-expires')) == (423, '60')


def rows(server, table):
    with sqlite3.connect(server.database) as db:
        return db.execute('SELECT * FROM %s' % table).fetchall()


@pytest.mark.parametrize('end', ['stop', 'kill'])
def test_a_restart_resubscribes_nobody(server, phone, end):
    alice = phone(server, 'alice')
    watch = Watch(alice, alice.aor)
    watch.notice(1)
    etag = get(publish(alice, document('x'))[1], 'sip-etag')
    wait_for(lambda: [r[3] for r in rows(server, 'publications')] == [etag],
             'the entity tag on the disk')
    assert len(rows(server, 'subscriptions')) == 1
    getattr(server, end)()
    before = len(watch.notices())
    server.start()
    # as it is now, in the same dialog, with a higher CSeq
    state, m = watch.notice(before + 1)
    assert re.fullmatch(r'active;expires=\d+', state)
    assert '<note>x</note>' in m.body
    assert stats(server) == (1, 1)
    status, headers = publish(alice, b'', etag)
    assert status == 200
    assert publish(alice, b'', etag)[0] == 412
    assert watch.ask(600)[0] == 200
    assert watch.ask(0)[0] == 200
    assert publish(alice, etag=get(headers, 'sip-etag'), expires=0)[0] == 200
    wait_for(lambda: not rows(server, 'subscriptions') +
             rows(server, 'publications'), 'no rows')


def test_a_connection_that_is_gone_over_a_restart(server, phone):
    alice = phone(server, 'alice', transport='tcp')
    watch = Watch(alice, alice.aor)
    watch.notice(1)
    wait_for(lambda: rows(server, 'subscriptions'), 'a row')
    server.kill()
    server.start()
    assert stats(server) == (1, 0)
    watch.phone = phone(server, 'alice', transport='tcp')
    watch.phone.cseq = alice.cseq
    assert watch.ask(600)[0] == 200
    assert 'closed' in watch.notice(1)[1].body


def test_a_connection_that_comes_back_after_a_restart(server, phone):
    alice = phone(server, 'alice', transport='tcp')
    contact = '<sip:alice@%s:%d;transport=tcp>' % (alice.host, alice.port)

    def login(p, cseq):
        packet = p.build('REGISTER', 'sip:' + p.domain, headers=[
            'Contact: ' + contact, 'Expires: 600'], call_id='reg', cseq=cseq)
        return p.transact(packet.replace(
            b'To: <sip:%s>' % p.domain.encode(),
            b'To: <%s>' % p.aor.encode()))[0]

    assert login(alice, 1) == 200
    watch = Watch(alice, alice.aor)
    watch.notice(1)
    wait_for(lambda: rows(server, 'subscriptions'), 'a row')
    alice.close()
    server.kill()
    server.start()
    watch.phone = phone(server, 'alice', transport='tcp')
    assert login(watch.phone, 10) == 200
    # by its Contact, without a refresh
    assert '<basic>open</basic>' in watch.notice(1)[1].body
    assert stats(server) == (1, 0)


def test_who_may_not_watch_after_a_restart(server, phone):
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    assert alice.send(server.manager, '/allow bob@confab.test') == 200
    watch = Watch(bob, alice.aor)
    watch.notice(1)
    wait_for(lambda: rows(server, 'subscriptions'), 'a row')
    server.stop()
    with sqlite3.connect(server.database) as db:
        db.execute('UPDATE watches SET state = 3')
    server.start()
    wait_for(lambda: get(watch.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=rejected', 'the end')
    assert not watch.notices()[-1].body
    wait_for(lambda: not rows(server, 'subscriptions'), 'no rows')


def test_who_is_gone_watches_no_more(server, phone):
    alice = phone(server, 'alice', transport='tcp')
    assert Watch(alice, alice.aor).notice(1)
    alice.answer = 481
    watch = Watch(alice, alice.aor)
    watch.notice(1)
    wait_for(lambda: stats(server)[0] == 1,
             'it to be dropped')
    assert watch.ask(600)[0] == 481


def shows(client, status):
    """Of its contacts, by what it says when asked."""
    client.type('/contacts')
    return status in client.screen().rpartition('--- Contacts')[2]


def test_baresip_publishes_and_watches(server, phone, folder):
    if not installed('baresip'):
        pytest.skip('no baresip')
    alice = phone(server, 'alice')
    client = Baresip(folder('baresip'), 'alice', server.domain,
                     (server.host, server.port), contact=alice.aor,
                     register=True, presence=True, password=PASSWORD)
    try:
        wait_for(lambda: '<basic>open</basic>' in seen(alice, alice.aor),
                 'it to publish')
        wait_for(lambda: shows(client, 'Online'), client.screen)
    finally:
        client.close()


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_by_way_of_one_that_stands_by(confabd, folder, user, transport):
    pair = Pair(confabd, folder, user)
    alice = pair.user(pair.second, 'alice', transport=transport)
    watch = Watch(alice, alice.aor)
    assert watch.status == 200
    assert '<basic>closed</basic>' in watch.notice(1)[1].body
    status, headers = publish(alice, document('around the corner'))
    assert status == 200
    assert watch.ask(600)[0] == 200
    assert 'around the corner' in watch.notice(2)[1].body
    here = pair.user(pair.first, 'alice')
    assert 'around the corner' in seen(here, here.aor)
    assert publish(here, etag=get(headers, 'sip-etag'), expires=0)[0] == 200
    assert watch.ask(0)[0] == 200
    assert '<basic>closed</basic>' in watch.notice(3)[1].body
    assert watch.ask(600)[0] == 481
