# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of rooms, in both dialects: who hears which words, and which
status the one who asked gets."""
import pytest

from lab.sip import get
from lab.util import wait_for

ROOM = 'sip:den@confab.test'
MANAGER = 'sip:chat-manager@confab.test'

# (who, to, what he sends, status, {who: what he hears from the room})
KAMAILIO = [
    ('alice', MANAGER, '#create den secret', 400, {
        'alice': '*** Only "private" may follow the room\'s name (send '
                 '\'#create [room] [private]\')'}),
    ('alice', MANAGER, '#create den private', 200, {
        'alice': '*** Room was created'}),
    ('alice', MANAGER, '#create den', 403, {
        'alice': '*** A private room with the same name already exists'}),
    ('bob', MANAGER, '#create den', 403, {
        'bob': '*** A private room with the same name already exists'}),
    ('bob', ROOM, '#join', 403, {
        'bob': '*** Private rooms are by invitation only. Room owners have '
               'been notified.',
        'alice': '*** [bob] attempted to join the room'}),
    ('bob', ROOM, '#accept', 403, {}),
    ('alice', ROOM, '#invite', 400, {}),
    ('alice', ROOM, '#invite sip:bob@confab.test', 200, {
        'bob': "*** [alice] invites you to join the room (send '#accept' or "
               "'#reject')"}),
    ('alice', ROOM, '#invite bob', 403, {
        'alice': '*** [bob] is invited already'}),
    ('bob', ROOM, 'may I?', 403, {}),
    ('bob', ROOM, '#members', 403, {}),
    ('bob', ROOM, '#accept', 200, {
        'alice': '*** [bob] has joined the room',
        'bob': '*** [bob] has joined the room'}),
    ('alice', ROOM, '#invite carol@confab.test:5070', 200, {
        'carol': "*** [alice] invites you to join the room (send '#accept' "
                 "or '#reject')"}),
    ('carol', ROOM, '#deny', 200, {
        'alice': '*** [carol] has declined the invitation'}),
    ('bob', ROOM, '#add carol', 403, {
        'bob': "*** You don't have the permission to add members to this "
               "room"}),
    ('alice', MANAGER, '#add carol den', 200, {
        'alice': '*** [carol] has joined the room',
        'bob': '*** [carol] has joined the room',
        'carol': '*** [carol] has joined the room'}),
    ('bob', ROOM, '#modify carol admin', 403, {
        'bob': "*** You don't have the permission to modify members in this "
               "room"}),
    ('alice', ROOM, '#modify nobody admin', 404, {
        'alice': "*** [nobody] is not a member of this room (send "
                 "'#members')"}),
    ('alice', MANAGER, '#modify sip:bob@confab.test admin den', 200, {
        who: '*** sip:bob@confab.test is now admin'
        for who in ('alice', 'bob', 'carol')}),
    ('alice', ROOM, '#members', 200, {
        'alice': 'Members:\n*[alice]\n~[bob]\n[carol]'}),
    ('bob', ROOM, '#modify alice member', 403, {}),
    ('bob', ROOM, '#remove alice', 403, {}),
    ('alice', ROOM, '#modify alice member', 403, {}),
    ('bob', ROOM, '#remove carol', 200, {
        'carol': '*** You have been removed from the room',
        'alice': '*** [carol] has left the room',
        'bob': '*** [carol] has left the room'}),
    ('carol', ROOM, '#destroy', 403, {}),
    ('bob', ROOM, '#ban carol', 200, {}),
    ('alice', ROOM, '#bans', 200, {'alice': 'Banned:\nsip:carol@confab.test'}),
    ('alice', ROOM, '#public', 200, {
        'bob': '*** The room is public now: everybody may join'}),
    ('carol', ROOM, '#join', 403, {
        'carol': '*** You are banned from this room (its owner or an admin '
                 'can lift it)'}),
    ('alice', ROOM, '#unban carol', 200, {}),
    ('carol', ROOM, '#join', 200, {'bob': '*** [carol] has joined the room'}),
    ('alice', ROOM, '#mute carol 5', 200, {
        'carol': '*** [carol] has been muted for 5 minutes'}),
    ('carol', ROOM, 'mmm', 403, {}),
    ('alice', ROOM, '#unmute carol', 200, {}),
    ('carol', ROOM, '#nick Caro', 200, {
        'bob': '*** [carol] is now known as [Caro]'}),
    ('carol', ROOM, 'free', 202, {
        'alice': '[Caro]: free', 'bob': '[Caro]: free'}),
    ('bob', ROOM, '#nick caro', 403, {}),
    ('alice', ROOM, '#topic tea and cake', 200, {
        'bob': '*** [alice] has set the topic: tea and cake'}),
    ('bob', ROOM, '#topic', 200, {'bob': '*** Topic: tea and cake'}),
    ('carol', ROOM, '#topic beer', 403, {}),
    ('bob', ROOM, '#away lunch', 200, {'alice': '*** [bob] is away: lunch'}),
    ('bob', ROOM, '#leave', 200, {
        'alice': '*** [bob] has left the room',
        'bob': '*** [bob] has left the room'}),
    ('carol', ROOM, '#leave den', 200, {'alice': '*** [Caro] has left the '
                                        'room'}),
    ('alice', ROOM, '#add bob', 200, {'bob': '*** [bob] has joined the '
                                      'room'}),
    ('alice', ROOM, '#leave', 200, {
        'alice': '*** Room has been destroyed',
        'bob': '*** Room has been destroyed'}),
    ('bob', ROOM, 'anybody?', 404, {}),
]

OPENSIPS = [
    ('alice', MANAGER, '#create den', 200, {'alice': '*** room was created'}),
    ('bob', ROOM, '#join', 200, {
        who: '*** <sip:bob@confab.test> has joined the room'
        for who in ('alice', 'bob')}),
    ('alice', ROOM, 'hello all', 202, {
        'bob': '<alice@confab.test>: hello all'}),
    ('alice', ROOM, '#invite carol', 200, {
        'carol': "INVITE from: alice@confab.test(Type: '#accept' or "
                 "'#deny')"}),
    ('carol', ROOM, '#accept', 200, {
        'bob': '*** <sip:carol@confab.test> has joined the room'}),
    ('bob', ROOM, '#list', 200, {
        'bob': 'Members:\n*sip:alice@confab.test\nsip:bob@confab.test\n'
               'sip:carol@confab.test'}),
    ('alice', ROOM, '#remove carol', 200, {
        'carol': 'You have been removed from this room',
        'bob': '*** <sip:carol@confab.test> has left the room'}),
    ('bob', ROOM, '#exit', 200, {'alice': 'The user [bob] has left the '
                                 'room'}),
    ('alice', ROOM, '#frobnicate', 400, {
        'alice': "invalid command 'frobnicate' - send ''#help' for "
                 "details"}),
    ('alice', ROOM, '#exit', 200, {'alice': 'The room has been destroyed'}),
]


@pytest.mark.parametrize('dialect,lines', [
    ('kamailio', KAMAILIO), ('opensips', OPENSIPS)])
def test_the_commands(confabd, user, dialect, lines):
    server = confabd(imc='dialect = "%s"\nhistory_on_join = 0' % dialect)
    people = {n: user(server, n) for n in ('alice', 'bob', 'carol')}
    for person in people.values():
        assert person.send(MANAGER, '#help') == 200
    for who, to, text, status, hears in lines:
        before = {n: len(p.seen.all()) for n, p in people.items()}
        got, headers = people[who].transact(
            people[who].build('MESSAGE', to, text.encode()))
        assert got == status, (who, text, got)
        if got >= 300 and got != 404:
            assert get(headers, 'warning').startswith('399 confab "-'), text
        for name, body in hears.items():
            people[name].seen.wait(
                lambda m: m.body == body and
                m in people[name].seen.all()[before[name]:])


def test_a_failed_invitation_is_told_to_the_inviter(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    assert bob.send(MANAGER, '#help') == 200
    alice.join(ROOM)
    bob.answer = 404
    assert alice.send(ROOM, '#invite bob') == 200
    alice.seen.wait(lambda m: '[bob]' in m.body and '404' in m.body and
                    'taken back' in m.body)
    bob.answer = 200
    # He is told while it is being taken back.
    wait_for(lambda: alice.send(ROOM, '#invite bob') == 200,
             'bob to be invited again')
    bob.seen.wait(lambda m: 'invites you' in m.body)


def test_what_is_refused_for_good_is_told_once(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    bob.answer = 403
    assert alice.send(ROOM, 'one') == 202
    alice.seen.wait(lambda m: '[bob]' in m.body and '***' in m.body and
                    'joined' not in m.body)
    assert alice.send(ROOM, '#status') == 200
    alice.seen.wait(lambda m: 'failed for 1' in m.body)


def test_who_joins_sees_what_was_said(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    for n in range(3):
        assert alice.send(ROOM, 'line %d' % n) == 202
    bob.join(ROOM)
    bob.seen.wait(lambda m: m.body.endswith('[alice]: line 2'))
    text = '\n'.join(m.body for m in bob.seen.all())
    assert [text.count('[alice]: line %d' % n) for n in range(3)] == [1] * 3
