# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms to look at: who is there (conference), whether anybody talks
(presence); and who looks at whom (presence.winfo)."""
import socket
import xml.etree.ElementTree as ET

import pytest

from lab.sip import SipUser, get
from lab.util import wait_for
from test_events import PASSWORD, Watch, register, rows

CONF = '{urn:ietf:params:xml:ns:conference-info}'
WINFO = '{urn:ietf:params:xml:ns:watcherinfo}'
PIDF = '{urn:ietf:params:xml:ns:pidf}'


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


def roster(watch, number):
    """(state, version, {entity: (state, nick, role)}, document)"""
    m = watch.notice(number)[1]
    assert get(m.headers, 'content-type') == 'application/conference-info+xml'
    root = ET.fromstring(m.body)
    assert root.tag == CONF + 'conference-info'
    users = {}
    for u in root.iter(CONF + 'user'):
        users[u.get('entity')] = (
            u.get('state'), u.findtext(CONF + 'display-text'),
            u.findtext('%sroles/%sentry' % (CONF, CONF)))
    return root.get('state'), int(root.get('version')), users, root


def talk(server, phone, room='lobby'):
    owner = phone(server, 'alice')
    assert register(owner) == 200
    assert owner.send(server.room(room), '#create') == 200
    return owner


def test_a_roster_whole_and_then_what_changed(server, phone):
    alice = talk(server, phone)
    room = server.room('lobby')
    assert alice.send(room, '#topic Tea & <cake>') == 200
    watch = Watch(alice, room, event='conference')
    assert watch.status == 200
    state, version, users, root = roster(watch, 1)
    assert (state, version) == ('full', 0)
    assert users == {'sip:alice@confab.test': ('full', 'alice', 'owner')}
    assert root.get('entity') == room
    assert root.find(CONF + 'users').get('state') == 'full'
    assert root.findtext('.//%ssubject' % CONF) == 'Tea & <cake>'
    assert root.findtext('.//%suser-count' % CONF) == '1'
    # a refresh tells all of it
    bob, carol = phone(server, 'bob'), phone(server, 'carol')
    bob.join(room)
    assert watch.ask(600)[0] == 200
    state, version, users, root = roster(watch, 2)
    assert (state, version, len(users)) == ('full', 1, 2)
    # and who is there sees it too, until he goes
    his = Watch(bob, room, event='conference')
    assert len(roster(his, 1)[2]) == 2
    carol.join(room)
    assert bob.send(room, '#leave') == 200
    wait_for(lambda: get(his.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=rejected', 'the end')
    assert not his.notices()[-1].body
    state, version, users, root = roster(watch, 3)
    assert (state, version) == ('partial', 2)
    assert users == {'sip:carol@confab.test': ('full', 'carol', 'member'),
                     'sip:bob@confab.test': ('deleted', None, None)}
    assert root.findtext('.//%suser-count' % CONF) == '2'


def crowd(server, user, count):
    alice = user(server, 'alice')
    room = server.room('lobby')
    alice.join(room)
    for n in range(count):
        user(server, 'member-with-a-long-name-%02d' % n).join(room)
    return alice, room


def names(count):
    return {'sip:alice@confab.test'} | {
        'sip:member-with-a-long-name-%02d@confab.test' % n
        for n in range(count)}


def test_a_large_roster_comes_in_parts_by_udp(confabd, user):
    alice, room = crowd(confabd(), user, 50)
    watch = Watch(alice, room, event='conference')
    state, version, users, root = roster(watch, 1)
    assert (state, version) == ('full', 0)
    assert root.findtext('.//%suser-count' % CONF) == '51'
    assert 10 < len(users) < 51
    number = 1
    while len(users) < 51:
        number += 1
        state, version, more, _ = roster(watch, number)
        assert (state, version) == ('partial', number - 1)
        assert not set(more) & set(users)
        users.update(more)
    assert set(users) == names(50)
    # who looks once is not shorted either: the end is in the last one
    once = Watch(alice, room, 0, event='conference')
    wait_for(lambda: once.notices() and 'terminated' in get(
        once.notices()[-1].headers, 'subscription-state'), 'the end')
    users = {}
    for n in range(len(once.notices())):
        users.update(roster(once, n + 1)[2])
        assert once.notice(n + 1)[0] == (
            'active;expires=0' if n + 1 < len(once.notices()) else
            'terminated;reason=timeout')
    assert set(users) == names(50)


class AnyWay(Watch):
    """Its Contact says nothing of transports."""

    def ask(self, expires, headers=()):
        build = self.phone.build

        def changed(method, uri, *args, headers=(), **kw):
            headers = [h.replace(';transport=udp', '') for h in headers]
            return build(method, uri, *args, headers=headers, **kw)
        self.phone.build = changed
        try:
            return super().ask(expires, headers)
        finally:
            self.phone.build = build


def test_the_rest_of_a_large_roster_goes_by_tcp(confabd, user, closing):
    server = confabd(extra='send_to = {"127.0.0.1"}')
    alice, room = crowd(server, user, 50)
    with socket.create_server((alice.host, alice.port)) as there:
        there.settimeout(20)
        watch = AnyWay(alice, room, event='conference')
        users = roster(watch, 1)[2]
        assert len(users) < 51
        tcp = closing(SipUser('alice', server.domain,
                              (server.host, server.port), transport='tcp',
                              sock=there.accept()[0]))
    m = tcp.requests.wait(lambda m: m.call_id == watch.call_id)
    assert get(m.headers, 'cseq') == '2 NOTIFY'
    root = ET.fromstring(m.body)
    assert root.get('state') == 'partial'
    more = {u.get('entity') for u in root.iter(CONF + 'user')}
    assert not more & set(users) and more | set(users) == names(50)


def test_a_roster_is_for_members(server, phone):
    talk(server, phone)
    alice = phone(server, 'alice')
    assert alice.send(server.room('den'), '#create private') == 200
    bob = phone(server, 'bob')
    assert Watch(bob, server.room('lobby'), event='conference').status == 403
    assert Watch(bob, server.room('den'), event='conference').status == 404
    assert Watch(bob, server.room('none'), event='conference').status == 404


def test_a_roster_over_a_restart(server, phone):
    alice = talk(server, phone)
    room = server.room('lobby')
    watch = Watch(alice, room, event='conference')
    version = roster(watch, 1)[1]
    wait_for(lambda: rows(server, 'subscriptions'), 'a row')
    server.kill()
    server.start()
    state, later, users, _ = roster(watch, 2)
    assert state == 'full' and later > version and len(users) == 1
    assert alice.send(room, '#destroy') == 200
    wait_for(lambda: get(watch.notices()[-1].headers, 'subscription-state') ==
             'terminated;reason=noresource', 'the end')


def places(m):
    root = ET.fromstring(m.body)
    return [(t.get('id'), t.findtext('.//%sbasic' % PIDF),
             t.findtext(PIDF + 'note')) for t in root.iter(PIDF + 'tuple')]


def test_a_room_is_a_presentity(server, phone):
    alice = talk(server, phone)
    room = server.room('lobby')
    assert alice.send(room, '#topic Tea') == 200
    bob = phone(server, 'bob')
    watch = Watch(bob, room)
    m = watch.notice(1)[1]
    assert places(m) == [('ID-room', 'open', 'Tea')]
    assert '<rpid:away/>' in m.body
    assert alice.send(room, 'hello') == 202
    m = Watch(bob, room).notice(1)[1]
    assert 'rpid:away' not in m.body


def test_a_private_room_shows_nothing(server, phone):
    alice = talk(server, phone)
    den = server.room('den')
    assert alice.send(den, '#create private') == 200
    assert alice.send(den, '#topic Secret') == 200
    bob = phone(server, 'bob')
    there, none = Watch(bob, den), Watch(bob, server.room('none'))
    for w in (there, none):
        state, m = w.notice(1)
        assert state.startswith('pending') and not m.body
    assert 'Secret' in Watch(alice, den).notice(1)[1].body


def test_where_all_is_allowed_a_private_room_is_nobody(confabd, phone):
    """Its watcher is answered as of a user whom nobody knows, and does not
    hear when something goes on in it."""
    s = confabd(trusted='', extra='presence = "allow"\n')
    for name in ('alice', 'bob'):
        s.add_user(name, PASSWORD)
    alice = talk(s, phone)
    den = s.room('den')
    assert alice.send(den, '#create private') == 200
    bob = phone(s, 'bob')
    there, none = Watch(bob, den), Watch(bob, s.room('none'))
    seen = [w.notice(1) for w in (there, none)]
    assert seen[0][0].split(';')[0] == seen[1][0].split(';')[0] == 'active'
    bodies = [m.body.replace('none@', 'den@') for _, m in seen]
    assert bodies[0] == bodies[1] and 'tuple' in bodies[0]
    # not shown before, and shown as soon as he may
    member = Watch(alice, den)
    assert member.notice(1)[0].startswith('active')
    assert alice.send(den, '#topic Secret') == 200
    wait_for(lambda: any('Secret' in m.body for m in member.notices()),
             'the topic', 15)
    assert len(there.notices()) == 1
    assert alice.send(den, '#add bob') == 200
    assert bob.send(den, '#accept') == 200
    wait_for(lambda: any('Secret' in m.body for m in there.notices()),
             lambda: [m.body for m in there.notices()], 15)


def test_links_of_a_room(confabd, user):
    server = confabd(trusted='', extra='''
link "lobby-e" { room = "sip:lobby@confab.test" to = "echo:there" }''')
    server.add_user('alice', PASSWORD)
    server.link_up('lobby-e')
    alice = user(server, 'alice', password=PASSWORD)
    m = Watch(alice, server.room('lobby')).notice(1)[1]
    assert places(m)[1] == ('ID-lobby-e', 'open', 'link up')
    # each by itself: nothing has crossed it yet
    link = Watch(alice, 'sip:link*lobby-e@confab.test')
    state, m = link.notice(1)
    assert state.startswith('active')
    assert places(m) == [('ID-lobby-e', 'open', 'link up')]
    assert '<rpid:away/>' in m.body
    alice.join(server.room('lobby'))
    assert alice.send(server.room('lobby'), 'hello') == 202
    wait_for(lambda: 'rpid:away' not in Watch(
        alice, 'sip:link*lobby-e@confab.test', 0).notice(1)[1].body, 'talk')
    assert Watch(alice, 'sip:link*none@confab.test').notice(1)[0].startswith(
        'pending')


def watchers(watch, number, state='full'):
    m = watch.notice(number)[1]
    assert get(m.headers, 'content-type') == 'application/watcherinfo+xml'
    root = ET.fromstring(m.body)
    assert root.get('state') == state
    assert root.get('version') == str(number - 1)
    return [(w.text, w.get('status'), w.get('event'))
            for w in root.iter(WINFO + 'watcher')]


def test_who_watches_me(server, phone):
    alice, bob = phone(server, 'alice'), phone(server, 'bob')
    assert register(alice) == 200
    mine = Watch(alice, alice.aor, event='presence.winfo')
    assert mine.status == 200
    assert watchers(mine, 1) == []
    his = Watch(bob, alice.aor)
    assert mine.ask(600)[0] == 200
    assert watchers(mine, 2) == [(bob.aor, 'pending', 'subscribe')]
    assert alice.send(server.manager, '/allow bob@confab.test') == 200
    assert his.notice(2)[0].startswith('active')
    assert mine.ask(600)[0] == 200
    assert watchers(mine, 3) == [(bob.aor, 'active', 'approved')]
    # then only what changed
    carol = phone(server, 'carol')
    assert Watch(carol, alice.aor).status == 200
    assert his.ask(0)[0] == 200
    assert watchers(mine, 4, 'partial') == [
        (carol.aor, 'pending', 'subscribe'),
        (bob.aor, 'terminated', 'timeout')]
    assert mine.ask(600)[0] == 200
    assert watchers(mine, 5) == [(carol.aor, 'pending', 'subscribe')]
    # nobody sees who watches another
    assert Watch(bob, alice.aor, event='presence.winfo').status == 403


def test_who_asked_and_is_gone(server, phone):
    alice, carol = phone(server, 'alice'), phone(server, 'carol')
    assert register(alice) == 200
    assert Watch(carol, alice.aor, 0).status == 200
    mine = Watch(alice, alice.aor, event='presence.winfo')
    assert watchers(mine, 1) == [(carol.aor, 'waiting', 'timeout')]
