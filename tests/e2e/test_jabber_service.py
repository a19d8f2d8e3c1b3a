# SPDX-License-Identifier: GPL-3.0-or-later
"""Our rooms as an XMPP service, behind a real Prosody: people of XMPP and of
SIP in one room."""
import pytest

from conftest import gateway
from lab.util import Timeout, wait_for
from lab.xmpp import XmppUser

USER = '{http://jabber.org/protocol/muc#user}'
DELAY = '{urn:xmpp:delay}delay'
ADMIN = 'http://jabber.org/protocol/muc#admin'
OWNER = 'http://jabber.org/protocol/muc#owner'


def room_up(server):
    wait_for(lambda: 'component conf.xmpp.test: online' in
             server.show('status')[1] + server.show('jabber')[1],
             lambda: 'the component: ' + server.text()[-3000:])


@pytest.fixture
def server(confabd, prosody):
    p = prosody()
    c = confabd(extra=gateway(p))
    c.prosody = p
    room_up(c)
    return c


@pytest.fixture
def person(server, closing):
    def make(name='xenia', room='lobby', nick=None):
        return closing(XmppUser(
            '%s@xmpp.test' % name, name + 'pw', server.prosody.port,
            room and room + '@conf.xmpp.test', nick or name))
    return make


@pytest.fixture
def alice(server, user):
    alice = user(server, 'alice')
    alice.join(server.room('lobby'))
    return alice


def codes(presence):
    return {int(s.get('code')) for s in presence.xml.iter(USER + 'status')}


def item(presence):
    return next(presence.xml.iter(USER + 'item')).attrib


def saw_presence(who, nick, test=lambda p: True, room='lobby'):
    return who.presences.wait(
        lambda p: p['from'] == '%s@conf.xmpp.test/%s' % (room, nick) and
        test(p))


def join(who, room, nick, past='<history maxstanzas="0"/>'):
    """By hand: the answer may be an error."""
    who.raw('<presence to="%s@conf.xmpp.test/%s"><x xmlns='
            '"http://jabber.org/protocol/muc">%s</x></presence>' % (
                room, nick, past))


def refused(who, room, nick):
    p = saw_presence(who, nick, lambda p: p['type'] == 'error', room)
    return p['error']['condition']


def test_talk_three_ways(server, person, alice, user):
    bob = user(server, 'bob')
    bob.join(server.room('lobby'))
    xenia, yuri = person('xenia'), person('yuri')
    assert alice.saw('*** [xenia] has joined the room')
    assert {'alice', 'bob', 'xenia', 'yuri'} <= xenia.nicks()
    assert alice.send(server.room('lobby'), 'from alice') == 202
    xenia.say('from xenia')
    yuri.say('/me is yuri')
    for who in alice, bob:
        who.saw('[xenia]: from xenia')
        who.saw('* [yuri] is yuri')
    for who in xenia, yuri:
        who.saw('from alice', 'alice')
        who.saw('from xenia', 'xenia')
        who.saw('/me is yuri', 'yuri')
    for who in alice, bob:
        assert who.count('[xenia]: from xenia') == 1
    for who in xenia, yuri:
        assert who.count('from alice') == who.count('from xenia') == 1


def test_who_comes_and_goes_is_seen(server, person, alice, user):
    xenia = person()
    bob = user(server, 'bob')
    bob.join(server.room('lobby'))
    p = saw_presence(xenia, 'bob')
    assert item(p) == {'affiliation': 'none', 'role': 'participant'}
    assert item(saw_presence(xenia, 'alice'))['affiliation'] == 'owner'
    assert 110 in codes(saw_presence(xenia, 'xenia'))
    assert bob.send(server.room('lobby'), '#nick Robert') == 200
    p = saw_presence(xenia, 'bob', lambda p: 303 in codes(p))
    assert item(p)['nick'] == 'Robert'
    saw_presence(xenia, 'Robert')
    assert bob.send(server.room('lobby'), '#leave') == 200
    saw_presence(xenia, 'Robert', lambda p: p['type'] == 'unavailable')
    xenia.raw('<presence to="lobby@conf.xmpp.test/Xen"/>')
    alice.saw('*** [xenia] is now known as [Xen]')
    xenia.raw('<presence to="lobby@conf.xmpp.test/Xen" '
              'type="unavailable"/>')
    alice.saw('*** [Xen] has left the room')
    saw_presence(xenia, 'Xen', lambda p: p['type'] == 'unavailable' and
                 110 in codes(p))


def test_who_disconnects_has_left(server, person, alice):
    xenia = person()
    alice.saw('*** [xenia] has joined the room')
    xenia.close()
    alice.saw('*** [xenia] has left the room')


def test_private_rooms_are_for_members(server, person, alice):
    room = server.room('club')
    assert alice.send(room, '#create private') == 200
    xenia = person(room=None)
    join(xenia, 'club', 'xenia')
    assert refused(xenia, 'club', 'xenia') == 'registration-required'
    assert 'item-not-found' in xenia.ask(
        'club@conf.xmpp.test', 'query',
        'http://jabber.org/protocol/disco#info')
    assert 'club' not in xenia.ask(
        'conf.xmpp.test', 'query', 'http://jabber.org/protocol/disco#items')


def test_owners_of_xmpp_rule_as_others_do(server, person, user):
    """A room made by coming; roles, kicks and bans by its owner there."""
    xenia = person(room='club')
    assert item(saw_presence(xenia, 'xenia', lambda p: 201 in codes(p),
                             'club'))['affiliation'] == 'owner'
    room = server.room('club')
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(room)
    bob.join(room)
    saw_presence(xenia, 'bob', room='club')
    to = 'club@conf.xmpp.test'
    assert 'type="result"' in xenia.ask(
        to, 'query', ADMIN, 'set', '<item nick="alice" role="visitor"/>')
    saw_presence(xenia, 'alice', lambda p: item(p)['role'] == 'visitor',
                 'club')
    assert alice.send(room, 'I am muted') == 403
    assert 'type="result"' in xenia.ask(
        to, 'query', ADMIN, 'set', '<item nick="alice" role="participant"/>')
    assert alice.send(room, 'I am not') == 202
    assert 'type="result"' in xenia.ask(
        to, 'query', ADMIN, 'set',
        '<item nick="bob" role="none"><reason>noise</reason></item>')
    p = saw_presence(xenia, 'bob', lambda p: 307 in codes(p), 'club')
    assert p.xml.find('.//%sreason' % USER).text == 'noise'
    bob.saw('*** You have been removed from the room: noise', source=room)
    assert bob.send(room, 'am I out?') == 403
    assert 'type="result"' in xenia.ask(
        to, 'query', ADMIN, 'set',
        '<item affiliation="outcast" jid="bob@sip.xmpp.test"/>')
    assert bob.send(room, '#join') == 403
    assert not bob.count('*** You have been banned from the room')
    assert 'bob@sip.xmpp.test' in xenia.ask(
        to, 'query', ADMIN, 'get', '<item affiliation="outcast"/>')
    assert 'type="result"' in xenia.ask(
        to, 'query', ADMIN, 'set',
        '<item affiliation="admin" nick="alice"/>')
    assert item(saw_presence(
        xenia, 'alice', lambda p: item(p)['role'] == 'moderator',
        'club'))['affiliation'] == 'admin'
    # a room keeps an owner
    assert 'type="error"' in xenia.ask(
        to, 'query', ADMIN, 'set',
        '<item affiliation="none" jid="xenia@xmpp.test"/>')
    assert 'type="result"' in xenia.ask(
        to, 'query', OWNER, 'set',
        '<x xmlns="jabber:x:data" type="submit"><field var='
        '"muc#roomconfig_membersonly"><value>1</value></field></x>')
    alice.saw('*** The room is private now: people join it by '
              'invitation')
    assert 'type="result"' in xenia.ask(to, 'query', OWNER, 'set',
                                        '<destroy/>')
    xenia.presences.wait(
        lambda p: p.xml.find('.//%sdestroy' % USER) is not None)
    assert alice.send(room, 'gone?') == 404


def test_members_of_xmpp_have_no_more_rights(server, person, alice):
    xenia = person()
    assert 'forbidden' in xenia.ask(
        'lobby@conf.xmpp.test', 'query', ADMIN, 'set',
        '<item nick="alice" role="none"/>')
    assert 'forbidden' in xenia.ask('lobby@conf.xmpp.test', 'query', OWNER)
    xenia.raw('<message to="lobby@conf.xmpp.test" type="groupchat">'
              '<subject>mine</subject></message>')
    xenia.got(lambda m: m['type'] == 'error' and
              m['error']['condition'] == 'forbidden')


def test_owners_of_sip_rule_them(server, person, alice):
    xenia = person()
    room = server.room('lobby')
    name = 'xenia*xmpp.test@gw.confab.test'
    assert alice.send(room, '#mute ' + name) == 200
    saw_presence(xenia, 'xenia', lambda p: item(p)['role'] == 'visitor')
    xenia.say('no voice')
    xenia.got(lambda m: m['type'] == 'error' and
              m['error']['condition'] == 'forbidden')
    assert alice.send(room, '#remove ' + name) == 200
    p = saw_presence(xenia, 'xenia', lambda p: 307 in codes(p))
    assert p['type'] == 'unavailable' and 110 in codes(p)
    assert p.xml.find('.//%sactor' % USER).get('nick') == 'alice'
    xenia.presences.take()
    join(xenia, 'lobby', 'xenia')
    saw_presence(xenia, 'xenia', lambda p: 110 in codes(p))
    assert alice.send(room, '#ban ' + name) == 200
    saw_presence(xenia, 'xenia', lambda p: 301 in codes(p))
    join(xenia, 'lobby', 'xenia')
    assert refused(xenia, 'lobby', 'xenia') == 'forbidden'


def test_names_are_unique_over_both(server, person, alice):
    xenia = person(room=None)
    join(xenia, 'lobby', 'Alice')
    assert refused(xenia, 'lobby', 'Alice') == 'conflict'


def test_past_and_subject(server, person, alice):
    room = server.room('lobby')
    for n in range(5):
        assert alice.send(room, 'line %d' % n) == 202
    assert alice.send(room, '#topic Lunch') == 200
    xenia = person(room=None)
    join(xenia, 'lobby', 'xenia', '<history maxstanzas="3"/>')
    xenia.got(lambda m: m.xml.find('{jabber:client}subject') is not None and
              m['subject'] == 'Lunch')
    past = [m for m in xenia.stanzas.all() if m['body']]
    assert [m['body'] for m in past] == ['line 2', 'line 3', 'line 4']
    assert all(m.xml.find(DELAY) is not None for m in past)
    assert [m['from'].resource for m in past] == ['alice'] * 3
    # and after it comes what is new
    assert alice.send(room, 'new') == 202
    assert xenia.got_text('new').xml.find(DELAY) is None
    assert alice.send(room, '#topic Tea') == 200
    assert xenia.got(lambda m: m['subject'] == 'Tea')['from'] == \
        'lobby@conf.xmpp.test/alice'


def test_archive(server, person, alice):
    room = server.room('lobby')
    for n in range(4):
        assert alice.send(room, 'line %d' % n) == 202
    xenia = person()

    def query(inside):
        xenia.stanzas.take()
        answer = xenia.ask('lobby@conf.xmpp.test', 'query',
                           'urn:xmpp:mam:2', 'set', inside)
        found = [m.xml.find('.//{jabber:client}body').text
                 for m in xenia.stanzas.all()
                 if m.xml.find('{urn:xmpp:mam:2}result') is not None]
        ids = [m.xml.find('{urn:xmpp:mam:2}result').get('id')
               for m in xenia.stanzas.all()
               if m.xml.find('{urn:xmpp:mam:2}result') is not None]
        return answer, found, ids

    rsm = '<set xmlns="http://jabber.org/protocol/rsm">%s</set>'
    answer, found, ids = query(rsm % '<max>3</max>')
    assert found == ['line 0', 'line 1', 'line 2']
    assert 'complete' not in answer
    answer, found, _ = query(rsm % ('<max>3</max><after>%s</after>' % ids[2]))
    assert found == ['line 3'] and 'complete="true"' in answer
    answer, found, _ = query(rsm % '<max>2</max><before/>')
    assert found == ['line 2', 'line 3']
    yuri = person('yuri', room=None)
    assert 'forbidden' in yuri.ask('lobby@conf.xmpp.test', 'query',
                                   'urn:xmpp:mam:2', 'set')


def test_words_for_one(server, person, alice):
    xenia, yuri = person('xenia'), person('yuri')
    xenia.write('lobby@conf.xmpp.test/yuri', 'psst')
    m = yuri.got_text('psst')
    assert m['from'] == 'lobby@conf.xmpp.test/xenia' and m['type'] == 'chat'
    xenia.write('lobby@conf.xmpp.test/alice', 'hey')
    m = alice.saw('(private) hey')
    assert m.source == 'sip:xenia*xmpp.test@gw.confab.test'
    assert alice.send(m.source, 'yes?') == 202
    assert xenia.got_text('yes?')['from'].bare == 'alice@sip.xmpp.test'
    assert yuri.count('psst') == 0 and not alice.count('[xenia]: psst')


def test_what_there_is_to_see(server, person, alice):
    xenia = person()
    disco = 'http://jabber.org/protocol/disco'
    answer = xenia.ask('conf.xmpp.test', 'query', disco + '#info')
    assert 'category="conference"' in answer
    assert 'lobby@conf.xmpp.test' in xenia.ask('conf.xmpp.test', 'query',
                                               disco + '#items')
    answer = xenia.ask('lobby@conf.xmpp.test', 'query', disco + '#info')
    for feature in 'urn:xmpp:mam:2', 'urn:xmpp:sid:0', 'muc_public', \
            'http://jabber.org/protocol/muc#stable_id':
        assert 'var="%s"' % feature in answer
    assert 'lobby@conf.xmpp.test/alice' in xenia.ask(
        'lobby@conf.xmpp.test', 'query', disco + '#items')
    for to in 'conf.xmpp.test', 'lobby@conf.xmpp.test', \
            'lobby@conf.xmpp.test/xenia':
        assert 'type="result"' in xenia.ask(to, 'ping', 'urn:xmpp:ping')
    yuri = person('yuri', room=None)
    assert 'not-acceptable' in yuri.ask('lobby@conf.xmpp.test/yuri', 'ping',
                                        'urn:xmpp:ping')
    assert 'service-unavailable' in yuri.ask('lobby@conf.xmpp.test', 'x',
                                             'urn:example:what')


def test_a_killed_daemon_keeps_its_people(server, person, alice, user):
    xenia = person()
    room = server.room('lobby')
    assert alice.send(room, 'before') == 202
    xenia.saw('before')
    server.kill()
    server.start()
    room_up(server)
    alice = user(server, 'alice')
    assert alice.send(room, 'after') == 202
    xenia.saw('after', 'alice')
    xenia.say('still here')
    alice.saw('[xenia]: still here')
    # what went out right before may come again, as the same
    before = [m.xml.find('{urn:xmpp:sid:0}stanza-id').get('id')
              for m in xenia.stanzas.all() if m['body'] == 'before']
    assert len(set(before)) == 1 and xenia.count('after') == 1


def test_a_daemon_that_ends_says_so(server, person, alice, user):
    xenia = person()
    room = server.room('lobby')
    server.stop()
    saw_presence(xenia, 'xenia', lambda p: 332 in codes(p))
    server.start()
    room_up(server)
    alice = user(server, 'alice')
    assert alice.send(room, 'while you were out') == 202
    xenia.stanzas.take()
    join(xenia, 'lobby', 'xenia')
    m = xenia.got_text('while you were out')
    assert alice.send(room, 'and now') == 202
    xenia.got_text('and now')
    assert sum(1 for m in xenia.stanzas.all()
               if m['body'] == 'while you were out') == 1


def test_a_server_that_restarts_loses_nothing(server, person, alice):
    xenia = person()
    room = server.room('lobby')
    xenia.close()
    alice.saw('*** [xenia] has left the room')
    xenia = person()
    server.prosody.process.kill()
    server.prosody.process.wait()
    wait_for(lambda: 'component conf.xmpp.test: online' not in
             server.show('jabber')[1] + server.show('status')[1],
             'the component to be lost')
    assert alice.send(room, 'nobody hears') == 202
    server.prosody.start()
    room_up(server)
    xenia = person()
    assert alice.send(room, 'heard') == 202
    xenia.saw('heard')
    past = [m['body'] for m in xenia.stanzas.all() if m['body']]
    assert past.count('nobody hears') == 1
    assert past.index('nobody hears') < past.index('heard')


def test_what_a_killed_server_had_not_read_comes_again(server, person,
                                                       alice):
    xenia = person()
    room = server.room('lobby')
    assert alice.send(room, 'before') == 202
    xenia.saw('before')
    server.prosody.stand_still()
    texts = ['unread %d' % i for i in range(5)]
    for text in texts:
        assert alice.send(room, text) == 202
    wait_for(lambda: server.prosody.unread() > 0, 'the texts to be there')
    server.prosody.die()
    server.prosody.start()
    room_up(server)
    xenia = person()
    for text in texts:
        xenia.got_text(text)
    past = [m['body'] for m in xenia.stanzas.all() if m['body'] in texts]
    assert past == texts


@pytest.mark.parametrize('body', [
    '<b>&amp;]]>', '\U0001f600 \u00fc', 'two\nlines', '#help', '  spaces  '])
def test_all_characters(server, person, alice, body):
    xenia = person()
    assert alice.send(server.room('lobby'), 'x' + body) == 202
    xenia.saw('x' + body)


def test_invitations_cross(server, person, alice, user):
    bob = user(server, 'bob')
    assert bob.send(server.manager, '#help') == 200
    xenia, yuri = person(), person('yuri', room=None)
    room = server.room('club')
    assert alice.send(room, '#create private') == 200
    assert alice.send(room,
                      '#invite xenia*xmpp.test@gw.confab.test') == 200
    m = xenia.got(lambda m: m.xml.find('.//%sinvite' % USER) is not None)
    assert m['from'] == 'club@conf.xmpp.test'
    join(xenia, 'club', 'xenia')
    p = saw_presence(xenia, 'xenia', lambda p: 110 in codes(p), 'club')
    assert item(p)['affiliation'] == 'member'
    # who leaves a private room keeps what he is
    xenia.raw('<presence to="club@conf.xmpp.test/xenia" '
              'type="unavailable"/>')
    saw_presence(xenia, 'xenia', lambda p: p['type'] == 'unavailable',
                 'club')
    assert alice.send(room, 'unheard') == 202
    xenia.presences.take()
    join(xenia, 'club', 'xenia')
    saw_presence(xenia, 'xenia', lambda p: 110 in codes(p), 'club')
    assert alice.send(
        room, '#modify xenia*xmpp.test@gw.confab.test admin') == 200
    saw_presence(xenia, 'xenia', lambda p: item(p)['role'] == 'moderator',
                 'club')
    # and the other way round
    xenia.raw('<message to="club@conf.xmpp.test"><x xmlns='
              '"http://jabber.org/protocol/muc#user"><invite to='
              '"bob@sip.xmpp.test"><reason>fun</reason></invite></x>'
              '</message>')
    bob.seen.wait(lambda m: m.source == room and
                  m.body.startswith('*** [xenia] invites you') and
                  m.body.endswith(': fun'))
    assert bob.send(room, '#accept') == 200
    saw_presence(xenia, 'bob', room='club')
    xenia.raw('<message to="club@conf.xmpp.test"><x xmlns='
              '"http://jabber.org/protocol/muc#user"><invite to='
              '"yuri@xmpp.test"/></x></message>')
    m = yuri.got(lambda m: m.xml.find('.//%sinvite' % USER) is not None)
    yuri.raw('<message to="club@conf.xmpp.test"><x xmlns='
             '"http://jabber.org/protocol/muc#user"><decline to='
             '"xenia@xmpp.test"><reason>no</reason></decline></x>'
             '</message>')
    xenia.got(lambda m: m.xml.find('.//%sdecline' % USER) is not None)
