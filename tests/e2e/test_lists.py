# SPDX-License-Identifier: GPL-3.0-or-later
"""One SUBSCRIBE for many (RFC 4662)."""
import email
import errno
import xml.etree.ElementTree as ET

import pytest

from lab.faults import Faults
from lab.sip import get
from lab.util import wait_for
from test_events import PASSWORD, Watch, document, publish, rows

RLMI = '{urn:ietf:params:xml:ns:rlmi}'
EVENTLIST = 'Supported: eventlist'


class ListWatch(Watch):
    def ask(self, expires, headers=()):
        return super().ask(expires, [EVENTLIST, *headers])

    def read(self, number):
        """(Subscription-State, fullState, {uri: (state, document)})"""
        state, m = self.notice(number)
        assert get(m.headers, 'require') == 'eventlist'
        mail = email.message_from_string(
            'Content-Type: %s\n\n%s' % (get(m.headers, 'content-type'),
                                        m.body))
        parts = {p['Content-ID'].strip('<>'): p for p in mail.get_payload()}
        assert mail.get_param('type') == 'application/rlmi+xml'
        root = ET.fromstring(parts[mail.get_param('start').strip(
            '<>')].get_payload().encode())
        found = {}
        for r in root.iter(RLMI + 'resource'):
            instance = r.find(RLMI + 'instance')
            cid = instance.get('cid')
            found[r.get('uri')] = (
                instance.get('state'),
                parts[cid].get_payload() if cid else None)
        return state, root.get('fullState'), found


@pytest.fixture
def phone(user):
    def make(server, name, **kw):
        return user(server, name, password=PASSWORD, **kw)
    return make


@pytest.fixture
def server(confabd):
    s = confabd(trusted='')
    for name in ('alice', 'bob', 'carol'):
        s.add_user(name, PASSWORD)
    return s


def test_a_list_made_in_chat(server, phone):
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    manager, buddies = server.manager, server.room('buddies')
    assert bob.send(manager, '/allow alice@confab.test') == 200
    assert publish(bob, document('at lunch').replace(
        b'sip:alice', b'sip:bob'))[0] == 200
    assert alice.send(manager, '#buddies') == 200
    alice.saw('*** Your list is empty')
    for name, status in (('bob', 200), ('sip:carol@CONFAB.test', 200),
                         ('bob@confab.test', 200), ('a b', 400)):
        assert alice.send(manager, '#buddies add ' + name) == status
    alice.saw('*** bob@confab.test is on your list already')
    assert alice.send(manager, '#buddies remove dave') == 404
    server.stop()
    server.start()
    assert alice.send(manager, '#buddies') == 200
    alice.saw('*** Your list:\r\nbob@confab.test\r\ncarol@confab.test')
    # who knows no lists is told so
    assert Watch(alice, buddies).status == 421
    watch = ListWatch(alice, buddies)
    assert watch.status == 200
    assert get(watch.headers, 'require') == 'eventlist'
    state, full, found = watch.read(1)
    assert state.startswith('active') and full == 'true'
    assert found['sip:carol@confab.test'] == ('pending', None)
    assert found['sip:bob@confab.test'][0] == 'active'
    assert 'at lunch' in found['sip:bob@confab.test'][1]
    # a change of the list: begin anew
    assert alice.send(manager, '#buddies remove carol') == 200
    wait_for(lambda: get(watch.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=deactivated', 'the end')
    assert list(ListWatch(alice, buddies).read(1)[2]) == [
        'sip:bob@confab.test']
    # of others it is another
    assert ListWatch(bob, buddies).read(1)[2] == {}


def test_a_list_that_the_disk_refuses(folder, confabd, phone):
    """It is as it was before, in memory and after a restart."""
    faults = Faults(folder('faults'))
    server = confabd(trusted='', env=faults.env)
    server.add_user('alice', PASSWORD)
    alice = phone(server, 'alice')
    manager, buddies = server.manager, server.room('buddies')
    assert alice.send(manager, '#buddies add bob') == 200
    watch = ListWatch(alice, buddies)
    before = list(watch.read(1)[2])
    faults.fail_all(errno.ENOSPC)
    for words in ('add carol', 'remove bob'):
        assert alice.send(manager, '#buddies ' + words) == 503
        alice.saw("*** Can't be stored now")
    answer = server.ctl('buddies', 'add', 'alice', 'dave', check=False)
    assert not answer['ok']
    assert before == [r['buddy'] for r in server.ctl('buddies', 'list')]
    assert len(watch.notices()) == 1
    faults.fail_none()
    # what was refused can be said again
    assert alice.send(manager, '#buddies add carol') == 200
    wait_for(lambda: get(watch.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=deactivated', 'the end')
    after = before + ['sip:carol@confab.test']
    assert list(ListWatch(alice, buddies).read(1)[2]) == after
    server.kill()
    server.start()
    assert after == [r['buddy'] for r in server.ctl('buddies', 'list')]


def test_the_operator_makes_lists(server, phone, tmp_path):
    alice = phone(server, 'alice')
    manager, buddies = server.manager, server.room('buddies')
    assert server.ctl('buddies', 'list') == []
    assert server.ctl('buddies', 'add', 'alice', 'bob') == 'added'
    watch = ListWatch(alice, buddies)
    assert list(watch.read(1)[2]) == ['sip:bob@confab.test']
    for words, says in (
            (('add', 'alice', 'sip:bob@confab.test'), 'already'),
            (('del', 'alice', 'carol'), 'not on that list'),
            (('add', 'alice', '<b>'), 'no user'),
            (('add', 'a b', 'bob'), 'no user'),
            (('list', '<b>'), 'no user'),
            (('ad',), 'did you mean "add"?'),
            (('add', 'alice'), 'usage: buddies add USER WHO'),
            (('import',), 'usage: buddies import FILE')):
        answer = server.ctl('buddies', *words, check=False)
        assert not answer['ok'] and says in answer['error'], answer
    # an escape stays one
    strange = 'sip:a%0ab@x.test'
    assert server.ctl('buddies', 'add', 'bob', strange) == 'added'
    assert [r['buddy'].lower() for r in server.ctl(
        'buddies', 'list', 'bob')] == [strange]
    assert server.ctl('buddies', 'del', 'bob', strange) == 'deleted'
    rows = [('alice', 'bob'), ('alice', 'carol@other.test'), ('bob', 'alice'),
            ('bob', 'a b'), ('carol', '')]
    rows += [('carol', 'u%d' % n) for n in range(201)]
    file = tmp_path / 'lists.csv'
    file.write_text('user,buddy\n' + ''.join('%s,%s\n' % r for r in rows))
    answer = server.ctl('buddies', 'import', str(file))
    assert (answer['buddies_taken'], answer['buddies_there_already'],
            answer['buddies_skipped']) == (202, 1, 3)
    assert [(s['line'], s['what']) for s in answer['skipped']] == [
        (6, 'carol'), (5, 'bob'), (207, 'carol')]
    # who watches his list begins anew
    wait_for(lambda: get(watch.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=deactivated', 'the end')
    assert server.ctl('buddies', 'del', 'sip:alice@CONFAB.test',
                      'bob') == 'deleted'
    server.stop()
    server.start()
    assert server.ctl('buddies', 'list', 'alice') == [
        {'user': 'sip:alice@confab.test',
         'buddy': 'sip:carol@other.test'}]
    assert len(server.ctl('buddies', 'list')) == 202
    assert alice.send(manager, '#buddies') == 200
    alice.saw('*** Your list:\r\ncarol@other.test')
    # without a heading; the same again changes nothing
    file.write_text('alice,carol@other.test\nalice,"dave"\n')
    answer = server.ctl('buddies', 'import', str(file))
    assert (answer['buddies_taken'], answer['buddies_there_already']) == (1, 1)


def test_a_list_over_a_crash(server, phone):
    alice = phone(server, 'alice')
    assert alice.send(server.manager, '#buddies add alice') == 200
    watch = ListWatch(alice, server.room('buddies'))
    assert watch.read(1)[2]['sip:alice@confab.test'][0] == 'active'
    wait_for(lambda: rows(server, 'subscriptions'), 'a row')
    server.kill()
    server.start()
    state, full, found = watch.read(2)
    assert state.startswith('active') and full == 'true'
    assert found['sip:alice@confab.test'][0] == 'active'
    assert server.ctl('status')['sip']['subscriptions'] == 2
    assert watch.ask(0)[0] == 200
