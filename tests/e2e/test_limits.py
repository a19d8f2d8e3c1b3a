# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits and rates: what is refused, with which status, code and words, and
that it is said once. Named after rows of the catalogue where there is one."""
import re

import pytest

from lab.sip import get

ROOM = 'sip:den@confab.test'
MANAGER = 'sip:chat-manager@confab.test'


def ask(person, to, text):
    """(status, return code, Retry-After) of a MESSAGE."""
    status, headers = person.transact(
        person.build('MESSAGE', to, text.encode()))
    code = re.search(r'"(-\d+) ', get(headers, 'warning'))
    return (status, int(code.group(1)) if code else None,
            int(get(headers, 'retry-after') or 0))


def told(person, part):
    """How many texts with these words in it came."""
    return person.seen.count(lambda m: part in m.body)


def hears(person, part):
    return person.seen.wait(lambda m: part in m.body)


def people(user, server, *names):
    made = [user(server, name) for name in names]
    for person in made:
        assert person.send(MANAGER, '#help') == 200
    return made


def test_a_user_who_writes_too_fast(confabd, user):
    server = confabd(limits=dict(user_rate=1, user_burst=5))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    got = [ask(alice, ROOM, 'text %d' % n) for n in range(12)]
    assert [g[0] for g in got[:4]] == [202] * 4
    refused = [g for g in got if g[0] != 202]
    assert len(refused) >= 6
    for status, code, wait in refused:
        assert (status, code) == (480, -208)
        assert 1 <= wait <= 2
    hears(alice, '*** You write too fast')
    # commands count as well, and others are not concerned
    assert ask(alice, ROOM, '#members')[:2] == (480, -108)
    assert ask(bob, ROOM, 'hello')[0] == 202
    alice.saw('[bob]: hello')
    assert told(alice, 'too fast') == 1
    for n, g in enumerate(got):
        if g[0] == 202:
            bob.saw('[alice]: text %d' % n)
        else:
            assert bob.count('[alice]: text %d' % n) == 0


def test_a_room_in_which_too_much_is_said(confabd, user):
    server = confabd(limits=dict(room_rate=1, room_burst=6))
    alice, bob, carol, dave = (user(server, n) for n in (
        'alice', 'bob', 'carol', 'dave'))
    alice.join(ROOM)
    bob.join(ROOM)
    # who can't speak takes nothing away
    for _ in range(10):
        assert ask(carol, ROOM, 'let me in')[:2] == (403, -202)
    assert ask(alice, ROOM, '#add dave')[0] == 200
    assert ask(alice, ROOM, '#mute dave')[0] == 200
    assert ask(alice, ROOM, '#ban carol')[0] == 200
    for person in (carol, dave) * 5:
        assert ask(person, ROOM, 'let me speak')[:2] == (403, -204)
    got = [ask((alice, bob)[n % 2], ROOM, 'text %d' % n) for n in range(10)]
    assert [g[0] for g in got[:6]] == [202] * 6
    assert {g[:2] for g in got if g[0] != 202} == {(480, -208)}
    for person in (alice, bob):
        hears(person, 'Too much is said here at once')
        assert told(person, 'Too much is said') == 1
    # another room has its own
    assert ask(alice, 'sip:other@confab.test', '#create')[0] == 200
    assert ask(alice, 'sip:other@confab.test', 'alone')[0] == 202


def test_RC02_names_of_rooms(confabd, user):
    server = confabd()
    alice, = people(user, server, 'alice')
    for name in ('a' * 65, '..', 'a/b', '@', '#', '%00', 'den%00',
                 'r%C3%B6om', 'ro%CC%88om', 'r%6Fom', '\U0001f600', 'r\xf6om',
                 '\u202emoor', 'den.!.', '.', 'a;b', 'a<b'):
        # what is no URI at all is no user or room to anybody
        status, code, _ = ask(alice, MANAGER, '#create %s private' % name)
        assert (status, code) == (400, -37), name
    assert ask(alice, MANAGER, '#create')[:2] == (400, -30)
    for name in ('a' * 64, 'a.b_c-d', '0'):
        assert ask(alice, MANAGER, '#create %s' % name)[0] == 200, name
    assert len(server.ctl('rooms')) == 3


def test_RC02_ten_thousand_rooms_in_a_minute(confabd, user):
    server = confabd(limits=dict(create_rate=10))
    alice, bob = people(user, server, 'alice', 'bob')
    got = [ask(alice, MANAGER, '#create r%d' % n) for n in range(40)]
    assert [g[0] for g in got[:10]] == [200] * 10
    assert {g[:2] for g in got[10:]} == {(480, -38)}
    assert all(1 <= g[2] <= 6 for g in got[10:])
    hears(alice, '*** You have made many rooms in a short time')
    # joining what is not there makes a room as well
    assert ask(alice, 'sip:other@confab.test', '#join')[:2] == (480, -48)
    assert told(alice, 'many rooms') == 1
    assert ask(bob, MANAGER, '#create his')[0] == 200
    assert len(server.ctl('rooms')) == 11


def test_RC03_one_room_whatever_the_spelling(confabd, user):
    server = confabd()
    alice, bob = people(user, server, 'alice', 'bob')
    assert ask(alice, MANAGER, '#create Room')[0] == 200
    for name in ('room', 'ROOM', 'rOOm.'):
        assert ask(bob, MANAGER, '#create ' + name)[0] == 200, name
    assert ask(bob, 'sip:room.@confab.test', '#create')[:2] == (400, -37)
    assert ask(bob, 'sip:room.@confab.test', '#join')[:2] == (400, -47)
    assert ask(bob, 'sip:r%6Fom@confab.test', '#create')[:2] == (400, -37)
    assert ask(bob, 'sip:RoOm@confab.test', 'hello')[0] == 202
    alice.saw('[bob]: hello')
    rooms = server.ctl('rooms')
    assert len(rooms) == 1
    assert server.ctl('imc.list_members', 'room')['count'] == 2


def test_RC05_coming_a_thousand_times(confabd, user):
    server = confabd(limits=dict(join_rate=10))
    alice, bob = people(user, server, 'alice', 'bob')
    alice.join(ROOM)
    for _ in range(100):
        assert ask(bob, ROOM, '#join')[0] == 200
    assert server.ctl('imc.list_members', 'den')['count'] == 2
    assert told(alice, '[bob] has joined') == 1


def test_RC05_coming_and_going(confabd, user):
    server = confabd(limits=dict(join_rate=6))
    alice, bob = people(user, server, 'alice', 'bob')
    alice.join(ROOM)
    got = []
    for _ in range(50):
        got.append(ask(bob, ROOM, '#join'))
        ask(bob, ROOM, '#leave')
    assert [g[0] for g in got[:6]] == [200] * 6
    assert [g[:2] for g in got[6:]] == [(480, -48)] * 44
    hears(bob, '*** You come and go, or change your name, too often')
    # nor by other things that all are told of
    assert ask(alice, ROOM, '#add bob')[0] == 200
    assert ask(bob, ROOM, '#nick Bobby')[:2] == (480, -158)
    assert ask(bob, ROOM, '#away lunch')[:2] == (480, -158)
    assert ask(bob, ROOM, 'but speak I may')[0] == 202
    alice.saw('[bob]: but speak I may')
    assert told(alice, '[bob] has joined') == 6 + 1
    assert told(bob, 'You come and go') == 1


def test_RC06_invitations_of_one_user(confabd, user):
    server = confabd(limits=dict(invite_rate=5))
    alice, bob = people(user, server, 'alice', 'bob')
    alice.join(ROOM)
    got = [ask(alice, ROOM, '#add u%d' % n) for n in range(5)]
    assert [g[0] for g in got] == [200] * 5
    got = [ask(alice, ROOM, '#%s bob' % verb) for verb in
           ('add', 'invite') * 5]
    assert {g[:2] for g in got} == {(480, -58)}
    hears(alice, '*** You have invited many people in a short time')
    assert told(alice, 'many people') == 1
    assert told(bob, 'invites you') == 0
    assert server.ctl('imc.list_members', 'den')['count'] == 6


def test_RC06_invitations_to_one_user(confabd, user):
    server = confabd(limits=dict(invited_rate=4))
    alice, bob, carol = people(user, server, 'alice', 'bob', 'carol')
    alice.join(ROOM)
    assert ask(carol, MANAGER, '#create hers')[0] == 200
    for n in range(4):
        person, room = ((alice, 'den'), (carol, 'hers'))[n % 2]
        assert ask(person, MANAGER, '#invite bob %s' % room)[0] == 200
        assert ask(bob, MANAGER, '#reject %s' % room)[0] == 200
    got = [ask(person, MANAGER, '#%s bob %s' % (verb, room))
           for verb in ('add', 'invite')
           for person, room in ((alice, 'den'), (carol, 'hers'))]
    assert {g[:2] for g in got} == {(480, -58)}
    assert got[0][2] > 60
    assert hears(alice, '*** [bob] has been invited many times')
    assert ask(alice, ROOM, '#add dave')[0] == 200
    assert told(bob, 'invites you') == 4


def test_who_could_not_be_reached_can_be_invited_again(confabd, user):
    server = confabd()
    alice, bob = people(user, server, 'alice', 'bob')
    alice.join(ROOM)
    bob.answer = lambda m: 486 if 'invites you' in m.body else 200
    for n in range(1, 11):
        assert ask(alice, ROOM, '#invite bob')[0] == 200
        alice.saw('*** [bob] could not be reached (SIP status 486): the '
                  'invitation is taken back', count=n)
    bob.answer = 200
    assert ask(alice, ROOM, '#invite bob')[0] == 200
    hears(bob, 'invites you')
    assert ask(bob, ROOM, '#accept')[0] == 200


def test_rooms_and_members_have_limits(confabd, user):
    server = confabd(limits=dict(rooms=3, room_members=3, user_rooms=2,
                                 user_places=4))
    alice, bob = people(user, server, 'alice', 'bob')
    assert ask(alice, MANAGER, '#create a')[0] == 200
    assert ask(alice, MANAGER, '#create b')[0] == 200
    assert ask(alice, MANAGER, '#create c')[:2] == (403, -38)
    hears(alice, "*** You own 2 rooms, and more are not allowed (send "
          "'#destroy <room>' to end one)")
    assert ask(alice, MANAGER, '#add bob a')[0] == 200
    assert ask(bob, MANAGER, '#create c')[0] == 200
    assert ask(bob, MANAGER, '#create d')[:2] == (403, -38)
    hears(bob, '*** There are as many rooms as this server allows')
    # the room is full
    assert ask(alice, MANAGER, '#add carol a')[0] == 200
    assert ask(alice, MANAGER, '#invite dave a')[:2] == (480, -56)
    assert ask(alice, MANAGER, '#add dave a')[:2] == (403, -58)
    hears(alice, '*** The room has as many members as are allowed')
    # nobody is made the owner of more than he may own
    assert ask(bob, MANAGER, '#join b')[0] == 200
    assert ask(alice, MANAGER, '#modify bob owner b')[0] == 200
    assert ask(alice, MANAGER, '#modify bob owner a')[:2] == (403, -128)
    hears(alice, '*** [bob] owns 2 rooms, and more are not allowed')


def test_places_of_one_user(confabd, user):
    server = confabd(limits=dict(user_places=2))
    alice, bob, carol = people(user, server, 'alice', 'bob', 'carol')
    for name in 'ab':
        assert ask(alice, MANAGER, '#create ' + name)[0] == 200
    for name in 'cd':
        assert ask(carol, MANAGER, '#create ' + name)[0] == 200
    assert ask(bob, MANAGER, '#join a')[0] == 200
    assert ask(alice, MANAGER, '#invite bob b')[0] == 200
    assert ask(bob, MANAGER, '#join c')[:2] == (403, -48)
    hears(bob, '*** You are in 2 rooms, or invited to them, and more are not '
          "allowed (send '#leave <room>' to leave one)")
    assert ask(carol, MANAGER, '#add bob d')[:2] == (403, -58)
    hears(carol, '*** [bob] is in 2 rooms, and more are not allowed')
    assert ask(carol, MANAGER, '#invite bob d')[:2] == (403, -58)
    assert ask(bob, MANAGER, '#create e')[:2] == (403, -38)
    assert ask(bob, MANAGER, '#accept b')[0] == 200
    assert ask(bob, MANAGER, '#leave a')[0] == 200
    assert ask(bob, MANAGER, '#join c')[0] == 200


@pytest.mark.parametrize('allowed,taken', [(3000, 3000), (20000, 10200)])
def test_the_members_of_a_large_room(confabd, folder, allowed, taken):
    server = confabd(limits=dict(room_members=allowed))
    rooms, members = (folder('dump') / (n + '.csv')
                      for n in ('imc_rooms', 'imc_members'))
    rooms.write_text('id,name,domain,flag\n1,big,confab.test,0\n')
    members.write_text('id,username,domain,room,flag\n' + ''.join(
        '%d,u%d,confab.test,sip:big@confab.test,1\n' % (n, n)
        for n in range(1, 10201)))
    told = server.ctl('import', 'kamailio', str(rooms), str(members))
    assert told['members_taken'] == taken
    assert server.ctl('imc.list_members', 'big')['count'] == taken


@pytest.mark.parametrize('limit', [dict(waiting_messages=3),
                                   dict(waiting_bytes=1900)])
def test_what_waits_has_limits(confabd, user, limit):
    server = confabd(limits=limit)
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    bob.answer = 480
    words = ['text %d %s' % (n, 'x' * 500) for n in range(8)]
    for text in words:
        assert alice.send(ROOM, text) == 202
    hears(alice, '*** [bob] did not get your message in den: too much is '
          'waiting for him')
    bob.answer = 200
    assert bob.send(ROOM, 'back') == 202
    for text in words[-3:]:
        bob.saw('[alice]: ' + text)
    hears(bob, 'are lost: you were away, and there is no room for more')
    assert bob.count('[alice]: ' + words[1]) == 0


def test_the_defaults_let_people_talk(confabd, user):
    server = confabd(limits=None)
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    got = [ask(alice, ROOM, 'text %d' % n)[0] for n in range(30)]
    assert got[:19] == [202] * 19
    assert 480 in got
    hears(alice, 'too fast')


@pytest.mark.parametrize('option,value', [
    ('rooms', 0), ('room_members', 0), ('user_burst', 0),
    ('waiting_bytes', 10), ('invite_days', 0), ('create_rate', -1)])
def test_limits_that_make_no_sense(confabd, option, value):
    server = confabd(run=False, limits={option: value})
    server.start(wait=False)
    assert server.process.wait() != 0
    assert option in server.text()


def test_notices(confabd, user):
    """Who hears of those that come and go."""
    server = confabd()
    alice, bob, carol, dave = people(user, server, 'alice', 'bob', 'carol',
                                     'dave')
    alice.join(ROOM)
    bob.join(ROOM)
    assert ask(alice, ROOM, '#modify bob admin')[0] == 200
    assert ask(carol, ROOM, '#join')[0] == 200
    alice.saw('*** [carol] has joined the room')

    assert ask(carol, ROOM, '#notices')[0] == 200
    carol.saw('*** Who comes and who goes: all are told')
    assert ask(carol, ROOM, '#notices off')[:2] == (403, -143)
    assert ask(dave, ROOM, '#notices')[:2] == (403, -142)
    assert ask(alice, ROOM, '#notices loud')[:2] == (400, -140)
    assert ask(alice, ROOM, '#notices loud den')[:2] == (400, -140)
    hears(alice, "send '#notices all', '#notices quiet' or '#notices off'")
    assert ask(alice, ROOM, '#notices a b c')[:2] == (400, -140)
    assert ask(alice, MANAGER, '#notices')[:2] == (400, -140)

    assert ask(bob, ROOM, '#notices quiet')[0] == 200
    for person in (alice, bob, carol):
        person.saw('*** [bob] has set who hears of those that come and go: '
                   'quiet, owners and admins are told')
    assert ask(dave, ROOM, '#join')[0] == 200
    assert ask(dave, ROOM, 'hello')[0] == 202
    for person in (alice, bob, dave):
        person.saw('*** [dave] has joined the room')
    carol.saw('[dave]: hello')
    assert carol.count('*** [dave] has joined the room') == 0

    assert ask(alice, MANAGER, '#Notices OFF den')[0] == 200
    carol.saw('*** [alice] has set who hears of those that come and go: '
              'off, nobody is told')
    assert ask(dave, ROOM, '#leave')[0] == 200
    dave.saw('*** [dave] has left the room')
    assert ask(carol, ROOM, 'bye')[0] == 202
    alice.saw('[carol]: bye')
    assert alice.count('*** [dave] has left the room') == 0
    assert server.stop() == 0
    server.start()
    assert ask(alice, MANAGER, '#notices den')[0] == 200
    alice.saw('*** Who comes and who goes: off, nobody is told')


@pytest.mark.parametrize('mode,says', [
    ('all', 'all are told'), ('quiet', 'quiet, owners and admins are told'),
    ('off', 'off, nobody is told')])
def test_notices_of_new_rooms(confabd, user, mode, says):
    server = confabd(imc='notices = "%s"' % mode)
    alice, = people(user, server, 'alice')
    assert ask(alice, ROOM, '#join')[0] == 200
    assert ask(alice, ROOM, '#notices')[0] == 200
    alice.saw('*** Who comes and who goes: ' + says)


def test_a_large_room_is_quiet_by_itself(confabd, folder, user):
    server = confabd()
    rooms, members = (folder('dump') / (n + '.csv')
                      for n in ('imc_rooms', 'imc_members'))
    rooms.write_text('id,name,domain,flag\n1,den,confab.test,0\n')
    members.write_text('id,username,domain,room,flag\n'
                       '1,alice,confab.test,sip:den@confab.test,1\n' + ''.join(
                           '%d,u%d,confab.test,sip:den@confab.test,4\n'
                           % (n, n) for n in range(2, 200)))
    server.ctl('import', 'kamailio', str(rooms), str(members))
    alice, bob, carol, dave = people(user, server, 'alice', 'bob', 'carol',
                                     'dave')
    assert ask(bob, ROOM, '#join')[0] == 200    # the 200th
    assert ask(alice, ROOM, '#notices')[0] == 200
    alice.saw('*** Who comes and who goes: all are told')
    assert ask(carol, ROOM, '#join')[0] == 200  # the 201st
    assert ask(dave, ROOM, '#join')[0] == 200
    assert ask(alice, ROOM, '#notices')[0] == 200
    alice.saw('*** Who comes and who goes: quiet while there are more than '
              '200 members, owners and admins are told; then all')
    assert ask(dave, ROOM, 'hello')[0] == 202
    bob.saw('[dave]: hello')
    assert told(bob, '[dave] has joined') == 0
    assert told(alice, '[dave] has joined') == 1


@pytest.mark.parametrize('dialect,has,lacks', [
    ('kamailio', ('#reject', '#leave', '#members'),
     ('#deny', '#exit', '#list ')),
    ('opensips', ('#deny', '#exit', '#list'),
     ('#reject', '#leave', '#members'))])
def test_help_has_the_words_of_the_dialect(confabd, user, dialect, has,
                                           lacks):
    server = confabd(imc='dialect = "%s"' % dialect)
    alice = user(server, 'alice')
    assert alice.send(MANAGER, '#help') == 200
    hears(alice, '#help - show this text')
    text = ''.join(m.body for m in alice.seen.all())
    for word in has + ('#create', '#notices', '#topic', '#block'):
        assert word + ' ' in text, word
    for word in lacks:
        assert word not in text, word
    # the others' are taken nevertheless
    alice.send(ROOM, '#join')
    for word in has + tuple(w.strip() for w in lacks):
        assert ask(alice, ROOM, word)[0] != 400, word
        alice.send(ROOM, '#join')


def test_RC06_who_blocks_is_left_alone(confabd, user):
    server = confabd()
    alice, bob, carol = people(user, server, 'alice', 'bob', 'carol')
    alice.join(ROOM)
    assert ask(alice, ROOM, '#invite bob')[0] == 200
    hears(bob, 'invites you')
    assert ask(bob, ROOM, '#reject')[0] == 200
    assert ask(bob, MANAGER, '#block')[0] == 200
    bob.saw('Blocked:')
    assert ask(bob, MANAGER, '#block alice')[0] == 200
    bob.saw("*** [alice] can't write to you by himself any more, nor invite "
            "you to rooms or add you to them (send '#unblock' to allow it)")
    for n in range(2):
        for verb in ('invite', 'add'):
            assert ask(alice, ROOM, '#%s bob' % verb)[:2] == (403, -55)
        hears(alice, '*** [bob] wants no invitations from you')
        assert server.ctl('imc.list_members', 'den')['count'] == 1
        if n == 0:
            assert server.stop() == 0
            server.start()
    assert ask(bob, MANAGER, '#block sip:alice@confab.test')[0] == 200
    assert ask(bob, ROOM, '#block')[0] == 200
    bob.saw('Blocked:\nsip:alice@confab.test')
    # others are not concerned, and he may come by himself
    assert ask(carol, MANAGER, '#create hers')[0] == 200
    assert ask(carol, MANAGER, '#add bob hers')[0] == 200
    assert ask(bob, ROOM, '#join')[0] == 200
    assert ask(bob, ROOM, '#leave')[0] == 200

    assert ask(bob, MANAGER, '#unblock carol')[:2] == (404, -196)
    assert ask(bob, MANAGER, '#unblock')[:2] == (400, -190)
    assert ask(bob, MANAGER, '#block den')[:2] == (403, -197)
    assert ask(bob, MANAGER, '#unblock alice')[0] == 200
    bob.saw('*** [alice] can write to you and invite you again')
    assert ask(alice, ROOM, '#invite bob')[0] == 200
    bob.saw("*** [alice] invites you to join the room (send '#accept' or "
            "'#reject')", count=2)
    assert ask(bob, ROOM, '#accept')[0] == 200


def test_how_many_can_be_blocked(confabd, user):
    server = confabd()
    bob, = people(user, server, 'bob')
    for n in range(100):
        assert ask(bob, MANAGER, '#block u%d' % n)[0] == 200
    assert ask(bob, MANAGER, '#block u100')[:2] == (403, -198)
    hears(bob, '*** You have blocked 100 users, and more are not allowed')
    assert ask(bob, MANAGER, '#unblock u7')[0] == 200
    assert ask(bob, MANAGER, '#block u100')[0] == 200
