# SPDX-License-Identifier: GPL-3.0-or-later
"""Room commands and message contents, case by case; CATALOGUE.md says where
the cases that are not here are shown."""
import os

import pytest

from lab.store import add_members, opened
from lab.util import together, wait_for

CPIM = ('From: <sip:alice@confab.test>\r\nTo: <%s>\r\n\r\n'
        'Content-Type: text/plain; charset=utf-8\r\n\r\n%s')


@pytest.fixture
def server(confabd):
    return confabd(imc='history_on_join = 0')


@pytest.fixture
def den(server, user):
    """A room with alice, its owner, bob and carol."""
    class Den:
        pass
    d = Den()
    d.server, d.uri = server, server.room('den')
    d.alice, d.bob, d.carol = (user(server, n)
                               for n in ('alice', 'bob', 'carol'))
    for u in (d.alice, d.bob, d.carol):
        u.join(d.uri)
    d.bob.saw('*** [carol] has joined the room')
    d.alice.saw('*** [carol] has joined the room')
    return d


def roles(server, room='den'):
    return {m['address'][4:].split('@')[0]: m['role']
            for m in server.ctl('members', room) if m['state'] == 'joined'}


def quiet(server):
    """Nothing is under way to anybody."""
    wait_for(lambda: server.ctl('status')['sip']['client_transactions'] == 0,
             'the answers to be in')


# -- RC: commands

def test_rc07_nobody_removes_the_last_owner(den):
    before = roles(den.server)
    for verb in ('remove', 'ban', 'mute'):
        for who in (den.bob, den.carol):
            assert who.send(den.uri, '#%s alice' % verb) == 403
        assert den.alice.send(den.uri, '#%s alice' % verb) == 403
    assert den.alice.send(den.uri, '#remove stranger') == 404
    assert den.alice.send(den.uri, '#expel bob') == 400
    assert den.alice.send(den.uri, '#modify bob admin') == 200
    for verb in ('remove', 'ban', 'mute'):
        assert den.bob.send(den.uri, '#%s alice' % verb) == 403
        assert den.bob.send(den.uri, '#%s bob' % verb) == 403
    assert roles(den.server) == dict(before, bob='admin')
    # Of two owners one may go, the last one only with the room.
    assert den.alice.send(den.uri, '#modify bob owner') == 200
    assert den.alice.send(den.uri, '#leave') == 200
    assert roles(den.server) == {'bob': 'owner', 'carol': 'member'}
    assert den.bob.send(den.uri, '#leave') == 200
    den.carol.saw('*** Room has been destroyed')
    assert den.server.ctl('rooms') == []


def test_rc09_an_invitation_is_for_one_and_for_once(server, user):
    alice, bob, carol = (user(server, n) for n in ('alice', 'bob', 'carol'))
    room = server.room('vault')
    for u in (bob, carol):
        assert u.send(server.manager, '#help') == 200
    assert alice.send(server.manager, '#create vault private') == 200
    assert alice.send(room, '#invite bob') == 200
    assert carol.send(room, '#accept') == 403
    assert carol.send(room, '#join') == 403
    assert carol.send(room, '#reject') == 403
    assert bob.send(room, '#accept') == 200
    assert bob.send(room, '#accept') == 200
    bob.saw('*** You are in the room already')
    assert bob.send(room, '#reject') == 403
    assert roles(server, 'vault') == {'alice': 'owner', 'bob': 'member'}
    alice.saw('*** [bob] has joined the room')
    assert alice.send(room, '#invite carol') == 200
    assert alice.send(room, '#destroy') == 200
    assert carol.send(room, '#accept') == 404
    assert carol.send(server.manager, '#accept vault') == 404
    quiet(server)
    assert alice.count('*** [bob] has joined the room') == 1
    assert server.ctl('rooms') == []


def test_rc10_the_members_of_a_big_room_come_whole(server, user):
    alice = user(server, 'alice')
    room = server.room('big')
    alice.join(room)
    names = ['member-%04d' % n for n in range(4999)]
    assert server.stop() == 0
    add_members(server.database, 'big', names)
    server.start()
    assert alice.send(room, '#members') == 200
    lines = alice.saw_list('Members:').split('\n')
    assert lines == ['Members:', '*[alice]'] + ['[%s]' % n for n in names]
    for message in alice.seen.all():
        size = sum(len(k) + len(v) + 4 for k, v in message.headers)
        size += len('MESSAGE %s SIP/2.0\r\n\r\n' % message.uri)
        assert size + len(message.body.encode()) < 1300


def test_rc12_a_command_is_answered_to_who_gave_it(den):
    others = [len(u.seen.all()) for u in (den.bob, den.carol)]
    many = '#' + ' '.join(['join'] + ['arg'] * 5000)
    for text, status in (('#help', 200), ('#HELP', 200), ('# help', 200),
                         ('#help.', 200), ('#', 400), ('# ', 400),
                         ('#\r\n#help', 400), ('#unknown', 400),
                         ('#create', 200), ('#help' + ' x' * 400, 200),
                         ('#\xa0members', 200), ('#MEMBERS .', 200)):
        before = len(den.alice.requests.all())
        got = den.alice.send(den.uri, text)
        assert got == status, (text, got)
        den.alice.requests.wait(lambda m: True, before + 1)
    assert den.alice.send(den.uri, many) in (400, 413, 513)
    assert [len(u.seen.all()) for u in (den.bob, den.carol)] == others
    # The mark doubled is a text that begins with the mark.
    assert den.alice.send(den.uri, '##x') == 202
    for u, before in zip((den.bob, den.carol), others):
        u.saw('[alice]: #x')
        assert len(u.seen.all()) == before + 1


HOSTILE = ["'; DROP TABLE rooms;--", "');DELETE FROM imc_rooms;--", '%s%n%n',
           '${x}', '$(id)', '`id`', '\\x00', '\\', '"', "''", '--', '?1', ':a',
           '<b>', '&amp;', '../../etc/passwd', 'x' * 4096, '\x01\x02', '\u202e']


def schema(server):
    with opened(server.database) as db:
        return db.execute('SELECT type, name, sql FROM sqlite_master '
                          'ORDER BY name').fetchall()


def test_rc15_arguments_are_taken_by_the_letter(den):
    before = schema(den.server), roles(den.server)
    for arg in HOSTILE:
        for verb in ('create', 'join', 'invite', 'add', 'remove', 'members',
                     'accept', 'ban', 'modify', 'mute', 'nick', 'history',
                     'link'):
            status = den.bob.send(den.uri, '#%s %s' % (verb, arg))
            assert status < 500, (verb, arg, status)
    assert den.bob.send(den.uri, '#nick -') == 200
    with opened(den.server.database) as db:
        rooms = {n for n, in db.execute('SELECT name FROM imc_rooms')}
    # What a room may be called holds no quote, blank, ; or /.
    assert all(c.isalnum() or c in "._-+~!$&'=%" for n in rooms for c in n)
    for n in rooms - {'den'}:
        assert den.bob.send(den.server.room(n), '#destroy') == 200
    assert (schema(den.server), roles(den.server)) == before
    assert den.alice.send(den.uri, HOSTILE[0]) == 202
    den.bob.saw('[alice]: ' + HOSTILE[0])


def test_rc15_a_nul_in_a_text_does_not_hide_the_rest(den):
    assert den.alice.send(den.uri, b'before\0after') == 202
    den.bob.saw('[alice]: beforeafter')


def test_rc16_a_topic_is_one_clean_line_for_all(den):
    def set_topic(text, shown, count=1):
        assert den.alice.send(den.uri, '#topic ' + text) == 200
        for u in (den.alice, den.bob, den.carol):
            u.saw('*** [alice] has set the topic: ' + shown, count=count)
    set_topic('tea\x07 and\x1b[31m cake\x7f', 'tea and[31m cake')
    # What is behind the line's end is no part of it.
    for n, end in enumerate(('\r\n', '\n', '\r', '\v', '\x85', '\u2028'), 1):
        set_topic('one%sJOIN #other' % end, 'one', n)
    long = 'x\xe9' * 1024
    assert den.alice.send(den.uri, '#topic ' + long) == 200
    for u in (den.alice, den.bob):
        assert u.send(den.uri, '#topic') == 200
        topic = u.seen.wait(lambda m: m.body.startswith('*** Topic: x'))
        topic = topic.body[len('*** Topic: '):]
        assert 509 < len(topic.encode()) <= 512
        assert long.startswith(topic)
        u.saw('*** [alice] has set the topic: ' + topic)
    den.server.kill()
    den.server.start()
    assert den.carol.send(den.uri, '#topic') == 200
    den.carol.saw('*** Topic: ' + topic)


def test_rc18_two_owners_end_and_make_a_room_at_once(server, user):
    """Whatever comes first, each is answered with a reason, no name is
    there twice, and what is there is there after a crash as well."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('den')
    for _ in range(int(os.environ.get('ROUNDS', '60'))):
        statuses = together([
            lambda u=u, words=words: u.send(server.manager, words)
            for u in (alice, bob)
            for words in ('#create den', '#destroy den')])
        assert set(statuses) <= {200, 403, 404}, statuses
        assert 200 in statuses
        assert len(server.ctl('rooms')) <= 1
    quiet(server)
    if not server.ctl('rooms'):
        alice.join(room)
    before = server.ctl('rooms'), roles(server)
    assert list(before[1].values()).count('owner') == 1
    server.kill()
    assert not [line for line in server.text().splitlines()
                if 'UNIQUE' in line]
    with opened(server.database) as db:
        assert db.execute('SELECT count(*) FROM imc_rooms').fetchone() == (1,)
    server.start()
    assert (server.ctl('rooms'), roles(server)) == before


def test_rc20_rights_are_those_of_the_room_that_is_named(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    mine, his = server.room('alices'), server.room('bobs')
    alice.join(mine)
    bob.join(his)
    alice.join(his)
    # Owner of where she says it, and an ordinary member of what she names.
    for words in ('#destroy bobs', '#destroy %s' % his, '#remove bob bobs',
                  '#modify alice owner bobs', '#add carol bobs',
                  '#ban bob bobs', '#private bobs'):
        assert alice.send(mine, words) == 403, words
    # Nobody where she says it, and the owner of what she names.
    assert bob.send(his, '#remove alice') == 200
    assert alice.send(his, '#members alices') == 200
    alice.saw('Members:\n*[alice]', source=mine)
    assert alice.send(his, '#destroy alices') == 200
    assert [r['room'] for r in server.ctl('rooms')] == [his]
    assert roles(server, 'bobs') == {'bob': 'owner'}


# -- SP: contents

def test_sp22_a_body_without_a_type_is_text(den):
    assert den.alice.send(den.uri, 'plain enough', None) == 202
    den.bob.saw('[alice]: plain enough')
    assert den.alice.send(den.uri, '#members', None) == 200
    den.alice.saw('Members:\n*[alice]\n[bob]\n[carol]')
    assert den.alice.send(den.uri, b'\xff\xfe\x00', None) < 500


def test_sp23_an_empty_body_is_no_line_anywhere(three_sides):
    s = three_sides
    before = len(s.bob.seen.all())
    for body in ('', ' ', '\r\n', '\t \xa0', '\u200b'):
        assert s.alice.send(s.room, body) in (200, 400), body
    assert s.alice.send(s.room, 'the end') == 202
    s.bob.saw('[alice]: the end')
    s.ines.saw('<alice> the end')
    s.xenia.saw('<alice> the end')
    assert len(s.bob.seen.all()) == before + 1
    for peer in (s.ines, s.xenia):
        assert not [t for _, t in peer.seen.all()
                    if t.strip() in ('', '<alice>')]


@pytest.mark.parametrize('kind,body', [
    ('application/im-iscomposing+xml',
     '<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
     '<state>active</state></isComposing>'),
    ('message/imdn+xml', '<imdn xmlns="urn:ietf:params:xml:ns:imdn"/>')])
def test_sp25_notices_of_devices_are_no_text(den, kind, body):
    assert den.alice.send(den.uri, body, kind) == 200
    assert den.alice.send(den.uri, 'the end') == 202
    for u in (den.bob, den.carol):
        u.saw('[alice]: the end')
        assert not u.requests.count(lambda m: 'xmlns' in m.body)


def test_sp26_a_command_in_cpim_is_a_command(den):
    def cpim(user, text):
        return user.send(den.uri, CPIM % (den.uri, text), 'message/cpim')
    # The sender inside says nothing: bob has no right to it.
    assert cpim(den.bob, '#remove carol') == 403
    assert cpim(den.alice, '#remove carol') == 200
    den.bob.saw('*** [carol] has left the room')
    assert cpim(den.alice, '#expel bob') == 400
    assert roles(den.server) == {'alice': 'owner', 'bob': 'member'}
    for u in (den.alice, den.bob, den.carol):
        assert not u.seen.count(lambda m: 'Content-Type' in m.body or
                                '#remove' in m.body)
