# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms for SIP users: commands, texts, refusals."""
import pytest

from lab.sip import get
from lab.util import wait_for


@pytest.fixture
def server(confabd):
    return confabd()


def test_a_room_is_made_joined_spoken_in_and_left(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('chat-1')
    assert alice.send(server.manager, '#create chat-1') == 200
    alice.saw('*** Room was created', source=room)
    assert bob.send(server.manager, '#join chat-1') == 200
    bob.saw('*** [bob] has joined the room', source=room)
    alice.saw('*** [bob] has joined the room', source=room)
    assert alice.send(room, 'hello all') == 202
    bob.saw('[alice]: hello all', source=room)
    assert bob.send(room, '#members') == 200
    bob.saw('Members:\n*[alice]\n[bob]', source=room)
    assert bob.send(room, '#leave') == 200
    bob.saw('*** [bob] has left the room')
    alice.saw('*** [bob] has left the room')
    assert bob.send(room, 'may I?') == 403
    assert alice.send(room, 'still here') == 202
    wait_for(lambda: server.ctl('members', 'chat-1')[0]['waiting'] == 0,
             'the journal to be settled')
    assert bob.count('[alice]: still here') == 0
    assert alice.count('[alice]: hello all') == 0


def test_answers_come_from_the_plain_address(server, user):
    """Whatever stands around it where it was written to."""
    alice, lobby = user(server, 'alice'), server.room('lobby')
    alice.join(lobby)
    number = 'sip:lobby@127.0.0.1:%d' % server.port
    for source, forms in (
            (lobby, (lobby, lobby + ':5060;transport=tcp',
                     'sip:lobby@CONFAB.test;maddr=192.0.2.1;lr',
                     'im:lobby@confab.test', 'sips:lobby@confab.test')),
            (number, (number, number + ';transport=udp'))):
        for n, to in enumerate(forms):
            assert alice.send(to, '#help') == 200
            alice.seen.wait(lambda m: m.body.startswith('(1/') and
                            m.source == source, count=n + 1)


def test_messages_look_as_clients_expect(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('looks')
    alice.join(room)
    bob.join(room)
    alice.send(room, 'hello \U0001f600')
    message = bob.saw('[alice]: hello \U0001f600')
    assert message.source == room
    assert message.to == bob.aor == message.uri
    assert get(message.headers, 'contact') == ''
    assert get(message.headers, 'content-type').lower().replace(' ', '') == \
        'text/plain;charset=utf-8'
    assert int(get(message.headers, 'max-forwards')) >= 16


def test_commands_are_forgiving(server, user):
    alice = user(server, 'alice')
    room = server.room('easy')
    assert alice.send(room, '#JOIN') == 200
    alice.saw('*** Room was created')
    assert alice.send(room, '# members.') == 200
    alice.saw('Members:\n*[alice]')
    assert alice.send(server.manager, '#rooms') == 200
    alice.saw('Rooms:\n[easy]', source=server.manager)
    assert alice.send(server.manager, '#frobnicate now') in (200, 400)
    alice.saw("*** Invalid command 'frobnicate' (send '#help' for help)")
    assert alice.send(server.manager, '#help') == 200
    # More than one packet's worth: it comes in parts.
    commands = ('create', 'join', 'leave', 'members', 'rooms', 'invite',
                'modify', 'destroy', 'topic', 'help')

    def help_text():
        return ''.join(m.body for m in alice.seen.all()
                       if m.source == server.manager)
    wait_for(lambda: all('#%s ' % c in help_text() for c in commands),
             lambda: 'the help to be complete: %r' % help_text())


def test_private_rooms_keep_strangers_out(server, user):
    alice, mallory = user(server, 'alice'), user(server, 'mallory')
    room = server.room('secret')
    assert alice.send(server.manager, '#create secret private') == 200
    alice.saw('*** Room was created')
    assert mallory.send(room, '#join') in (200, 403)
    mallory.saw('*** Private rooms are by invitation only. Room owners have '
                'been notified.')
    alice.saw('*** [mallory] attempted to join the room')
    assert mallory.send(server.manager, '#rooms') == 200
    mallory.saw('Rooms:')
    assert mallory.send(room, 'let me in') in (403, 404)
    assert mallory.send(room, '#members') in (403, 404)


def test_what_is_not_there_is_404(server, user):
    alice = user(server, 'alice')
    assert alice.send(server.room('nowhere'), 'anybody?') == 404
    assert alice.send('sip:lobby@elsewhere.example', 'hi') == 404


def test_only_text_is_taken(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('types')
    alice.join(room)
    bob.join(room)
    status, headers = alice.transact(alice.build(
        'MESSAGE', room, b'\x89PNG', 'image/png'))
    assert status == 415
    assert 'text/plain' in get(headers, 'accept')
    assert alice.send(room, '<?xml version="1.0"?><isComposing/>',
                      'application/im-iscomposing+xml') == 200
    cpim = ('From: <sip:alice@confab.test>\r\nTo: <%s>\r\n\r\n'
            'Content-Type: text/plain; charset=utf-8\r\n\r\nwrapped' % room)
    assert alice.send(room, cpim, 'message/cpim') == 202
    bob.saw('[alice]: wrapped')
    assert alice.send(room, 'h\xe9'.encode('latin-1'),
                      'text/plain;charset=iso-8859-1') == 202
    bob.saw('[alice]: h\xe9')
    assert bob.seen.count(lambda m: 'isComposing' in m.body) == 0


def test_a_repeated_request_counts_once(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('once')
    alice.join(room)
    bob.join(room)
    packet = alice.build('MESSAGE', room, b'only once')
    for _ in range(4):
        assert alice.transact(packet)[0] == 202
    assert alice.send(room, 'the end') == 202
    bob.saw('[alice]: the end')
    assert bob.count('[alice]: only once') == 1


def test_a_repeated_request_counts_once_after_a_crash(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('once')
    alice.join(room)
    bob.join(room)
    packet = alice.build('MESSAGE', room, b'only once')
    assert alice.transact(packet)[0] == 202
    bob.saw('[alice]: only once')
    server.kill()
    server.start()
    assert alice.transact(packet)[0] == 202
    assert alice.send(room, 'the end') == 202
    bob.saw('[alice]: the end')
    assert bob.count('[alice]: only once') == 1


def test_only_trusted_sources_may_talk(confabd, user):
    server = confabd(trusted='"127.0.0.1"')
    alice = user(server, 'alice')
    mallory = user(server, 'alice', bind='127.0.0.2')
    room = server.room('trust')
    alice.join(room)
    assert mallory.send(room, 'I am alice') == 403
    assert mallory.send(server.manager, '#help') == 403
    assert mallory.transact(mallory.build('REGISTER', 'sip:confab.test'))[0] \
        == 403
    status, headers = mallory.options('sip:confab.test')
    assert status == 200
    assert 'MESSAGE' in get(headers, 'allow')


@pytest.mark.parametrize('method,status', [
    ('NOTIFY', 405), ('INFO', 405), ('BYE', 405), ('FROBNICATE', 501)])
def test_other_methods_are_refused_by_the_book(server, user, method, status):
    alice = user(server, 'alice')
    got, headers = alice.transact(alice.build(method, 'sip:confab.test'))
    assert got == status
    assert 'MESSAGE' in get(headers, 'allow')


def test_tcp_and_udp_meet_in_a_room(server, user):
    alice = user(server, 'alice', transport='tcp')
    bob = user(server, 'bob')
    room = server.room('mixed')
    alice.join(room)
    bob.join(room)
    text = ('long ' * 500).strip()
    assert bob.send(room, text) == 202
    alice.saw('[bob]: ' + text)
    assert alice.send(room, 'short') == 202
    bob.saw('[alice]: short')


def test_a_device_that_refuses_holds_nobody_up(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    deaf = user(server, 'deaf')
    room = server.room('quiet')
    for u in (alice, bob, deaf):
        u.join(room)
    deaf.answer = None
    for i in range(20):
        assert alice.send(room, 'number %d' % i) == 202
    for i in range(20):
        bob.saw('[alice]: number %d' % i)
    # Heard again, he gets what he missed, once.
    deaf.answer = 200
    assert deaf.send(room, 'back') == 202
    texts = ['[alice]: number %d' % i for i in range(20)]
    for text in texts:
        deaf.saw(text, patience=90)
    assert [deaf.count(text) for text in texts] == [1] * 20


def test_names_of_other_domains_are_shown_whole(server, user):
    alice = user(server, 'alice')
    other = user(server, 'alice', domain='other.example')
    room = server.room('domains')
    alice.join(room)
    assert other.send(room, '#join') == 200
    alice.seen.wait(lambda m: 'other.example' in m.body and
                    'has joined' in m.body)
    assert other.send(room, 'not that alice') == 202
    alice.saw('[alice@other.example]: not that alice')
