# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold in rooms, whatever is sent to them: D1 to D12 about faults
and consistency, S1 to S4 about load. CATALOGUE.md lists them."""
import errno
import os
import socket
import subprocess
import threading

import pytest

from lab.faults import Faults
from lab.sip import get
from lab.store import add_members, add_places
from lab.util import together, wait_for

COMMANDS = ('create', 'join', 'invite', 'add', 'accept', 'reject', 'deny',
            'remove', 'leave', 'exit', 'destroy', 'members', 'list', 'who',
            'modify', 'rooms', 'topic', 'nick', 'away', 'history', 'status',
            'ban', 'unban', 'bans', 'mute', 'unmute', 'private', 'public',
            'link', 'unlink', 'links', 'help')


@pytest.fixture
def server(confabd):
    return confabd(imc='history_on_join = 0')


def answers(server, *users):
    """It still serves everybody."""
    assert server.process.alive(), server.text()[-3000:]
    for u in users:
        assert u.send(server.manager, '#help') == 200
    quiet(server)


def quiet(server):
    """Nothing is under way to anybody."""
    wait_for(lambda: server.ctl('status')['sip']['client_transactions'] == 0,
             'the answers to be in')


def members(server, room):
    return {m['address']: m for m in server.ctl('members', room)}


def role(server, room, name):
    return members(server, room)['sip:%s@confab.test' % name]['role']


# -- faults

def test_d01_after_a_destroy_everything_goes_on(server, user):
    """A room that its owner ends holds no other request up, ever."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room, other = server.room('ending'), server.room('other')
    bob.join(other)
    for n in range(8):
        alice.join(room)
        assert bob.send(room, '#join') == 200
        assert alice.send(room, '#destroy') == 200
        bob.saw('*** Room has been destroyed', source=room, count=n + 1)
        assert bob.send(room, 'anybody?') == 404
        assert bob.send(other, 'still here %d' % n) == 202
    answers(server, alice, bob)
    assert [r['room'] for r in server.ctl('imc.list_rooms')] == [other]


def test_d02_who_is_no_member_can_be_named(server, user):
    """A command about somebody who is not in the room is refused with 404
    and a text; the room is as it was."""
    alice = user(server, 'alice')
    room = server.room('strict')
    alice.join(room)
    before = server.ctl('members', 'strict')
    for n, words in enumerate((
            '#modify carol admin', '#modify carol owner',
            '#modify carol member', '#remove carol', '#unban carol',
            '#mute carol', '#unmute carol',
            '#modify sip:carol@elsewhere.example admin'), 1):
        assert alice.send(room, words) == 404, words
        alice.seen.wait(lambda m: m.source == room and '[carol' in m.body, n)
    assert server.ctl('members', 'strict') == before
    answers(server, alice)


@pytest.mark.parametrize('dialect', ['kamailio', 'opensips'])
def test_d03_commands_without_arguments(confabd, user, dialect):
    """From anybody, at any address, each command gets one final answer."""
    server = confabd(imc='dialect = "%s"' % dialect)
    alice, mallory = user(server, 'alice'), user(server, 'mallory')
    room = server.room('empty')
    assert alice.send(room, '#join') == 200
    for command in COMMANDS:
        for to in (server.manager, room, server.room('nowhere')):
            status = mallory.send(to, '#' + command)
            assert 200 <= status < 500 or status == 503, (command, to)
            assert server.process.alive(), (command, to)
        for more in (' ', '\t', ' \t \r\n', '.', '\xa0'):
            assert mallory.send(room, '#' + command + more) < 500
    answers(server, alice, mallory)
    assert role(server, 'empty', 'alice') == 'owner'


def test_d04_rooms_without_members_can_be_listed(confabd, user):
    """A room that nobody is in is listed by each command, and loads."""
    server = confabd(extra='link "x" { room = "sip:hollow@confab.test" '
                     'to = "echo:parrot" }')
    alice = user(server, 'alice')
    for _ in range(2):
        assert server.ctl('imc.list_rooms') == [{
            'room': 'sip:hollow@confab.test', 'members': 0, 'owner': '',
            'flags': 0, 'state': 'active'}]
        assert server.ctl('imc.list_members', 'hollow')['count'] == 0
        assert server.ctl('members', 'hollow') == []
        assert alice.send(server.manager, '#rooms') == 200
        alice.saw('Rooms:\n[hollow]')
        server.kill()
        server.start()


@pytest.mark.parametrize('end,status', [
    ('#remove bob', 404), ('#destroy', 404), ('#leave', 404)])
def test_d05_an_answer_comes_after_its_room_or_member(server, user, end,
                                                      status):
    """An invitation's answer may come when nobody is left to hear of it."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    gate, room = threading.Event(), server.room('late')
    answers(server, bob)
    alice.join(room)

    def answer(message):
        if 'invites you' in message.body:
            gate.wait(30)
            return 404
        return 200
    bob.answer = answer
    assert alice.send(room, '#invite bob') == 200
    bob.requests.wait(lambda m: 'invites you' in m.body)
    assert alice.send(room, end) == 200
    gate.set()
    quiet(server)
    assert bob.send(room, '#accept') in (403, status)
    answers(server, alice, bob)
    # Of what is gone nothing is said.
    assert not alice.seen.count(lambda m: 'taken back' in m.body)


def test_d05_who_was_removed_is_named_rightly(server, user):
    """The notices of going name who goes."""
    people = {n: user(server, n) for n in ('alice', 'bob', 'carol', 'dave')}
    room = server.room('names')
    for u in people.values():
        u.join(room)
    assert people['alice'].send(room, '#remove sip:bob@confab.test') == 200
    assert people['carol'].send(room, '#leave') == 200
    for gone in ('bob', 'carol'):
        people['dave'].saw('*** [%s] has left the room' % gone)
        people['alice'].saw('*** [%s] has left the room' % gone)
    assert set(members(server, 'names')) == {
        'sip:alice@confab.test', 'sip:dave@confab.test'}


def resident(server):
    """KiB of memory."""
    with open('/proc/%d/status' % server.process.pid) as f:
        for line in f:
            if line.startswith('VmRSS:'):
                return int(line.split()[1])
    raise AssertionError('no VmRSS')


def test_d06_invitations_cost_nothing_that_stays(server, user):
    """As many as they are, once answered nothing of them is left. (What is
    still there at the end fails the test in the sanitized build.)"""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('many')
    answers(server, bob)
    alice.join(room)

    def rounds(count):
        for _ in range(count):
            assert alice.send(room, '#invite bob') == 200
            assert bob.send(room, '#reject') == 200
        return resident(server)
    first = rounds(50)
    sanitized = 'asan' in str(server.build)
    assert rounds(150) - first < 150 * 215 / 1024 + 2048 or sanitized
    bob.seen.wait(lambda m: 'invites you' in m.body, 200)
    quiet(server)
    assert set(members(server, 'many')) == {'sip:alice@confab.test'}


# -- consistency

def test_d07_first_joins_at_the_same_time_make_one_room(server, user):
    """Whoever is first owns it; all are in the same one, after a restart as
    well."""
    people = [user(server, 'user%d' % n) for n in range(4)]
    rooms = ['race-%d' % n for n in range(25)]
    for name in rooms:
        statuses = together([
            lambda u=u: u.send(server.room(name), '#join') for u in people])
        assert set(statuses) <= {200, 403}, statuses
        for u, status in zip(people, statuses):
            if status == 403:  # under way: said so, with what would work
                assert u.send(server.room(name), '#join') == 200

    def check():
        assert len(server.ctl('rooms')) == len(rooms)
        for name in rooms:
            roles = sorted(m['role'] for m in members(server, name).values())
            assert roles == ['member'] * 3 + ['owner'], (name, roles)
    check()
    server.kill()
    server.start()
    check()
    assert people[0].send(server.room('race-0'), 'all here?') == 202
    for u in people[1:]:
        u.saw('[user0]: all here?')


def test_d08_joins_while_the_room_ends(server, user):
    """Each is answered; nobody is in a room that is not there."""
    people = [user(server, 'user%d' % n) for n in range(3)]
    alice = user(server, 'alice')
    room = server.room('going')
    for n in range(20):
        alice.join(room)
        statuses = together(
            [lambda: alice.send(room, '#destroy')] +
            [lambda u=u: u.send(room, '#join') for u in people])
        assert statuses[0] == 200
        assert set(statuses) <= {200, 403, 404}, statuses
        left = [r['room'] for r in server.ctl('rooms')]
        if left:
            roles = [m['role'] for m in server.ctl('members', 'going')]
            assert roles[0] == 'owner', roles
            owner = server.ctl('members', 'going')[0]['address']
            name = owner[len('sip:'):-len('@confab.test')]
            assert [u for u in people + [alice] if u.name == name][0].send(
                room, '#destroy') == 200
        alice.seen.items.clear()
    answers(server, alice, *people)
    assert server.ctl('rooms') == []


@pytest.mark.parametrize('source', [
    'tel:+4930123456', 'sip:confab.test', 'sip:@confab.test', 'urn:x:y',
    'sip:a b@confab.test'])
def test_d09_who_has_no_address_leaves_no_room_behind(server, user, source):
    """What is refused made nothing, and all other rooms load."""
    alice = user(server, 'alice')
    before, after = server.room('before'), server.room('after')
    alice.join(before)
    packet = alice.build('MESSAGE', server.manager, b'#create x').replace(
        b'From: <sip:alice@confab.test>', b'From: <%s>' % source.encode())
    status = alice.transact(packet)[0]
    assert 400 <= status < 500, status
    assert alice.send(after, '#join') == 200
    for _ in range(2):
        assert {r['room'] for r in server.ctl('rooms')} == {before, after}
        server.kill()
        server.start()


def test_d10_an_owner_is_above_admins(server, user):
    """No admin acts on an owner, ownership passes on, and each room has an
    owner as long as it is."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    carol = user(server, 'carol')
    room = server.room('realm')
    for u in (alice, bob, carol):
        u.join(room)
    assert alice.send(room, '#modify bob admin') == 200
    for words in ('#modify alice member', '#modify alice admin',
                  '#remove alice', '#ban alice', '#mute alice',
                  '#modify carol owner', '#modify bob owner'):
        assert bob.send(room, words) == 403, words
    for words in ('#modify alice member', '#modify alice admin'):
        assert alice.send(room, words) == 403, words
    assert alice.send(room, '#modify carol owner') == 200
    assert alice.send(room, '#modify alice member') == 200
    assert alice.send(room, '#destroy') == 403
    assert alice.send(room, '#leave') == 200
    assert role(server, 'realm', 'carol') == 'owner'
    assert carol.send(room, '#leave') == 200
    assert server.ctl('rooms') == []


def test_d10_a_failed_invitation_leaves_nothing(server, user):
    """He can be invited again, now and after a restart."""
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('again')
    answers(server, bob)
    alice.join(room)
    for _ in range(2):
        bob.answer = 404
        assert alice.send(room, '#invite bob') == 200
        wait_for(lambda: list(members(server, 'again')) == [alice.aor],
                 'the invitation to be taken back')
        server.kill()
        server.start()
        assert list(members(server, 'again')) == [alice.aor]
    bob.answer = 200
    assert alice.send(room, '#invite bob') == 200
    assert bob.send(room, '#accept') == 200
    assert alice.send(room, '#invite nobody') == 480
    assert set(members(server, 'again')) == {alice.aor, bob.aor}


def what_is(server):
    """Rooms and members, without how far they have got."""
    return [(r['room'], r['private'], [
        (m['address'], m['role'], m['state'])
        for m in server.ctl('members', r['room'])])
        for r in server.ctl('rooms')]


def test_d10_what_is_not_stored_did_not_happen(folder, confabd, user):
    """A change that the disk refuses is refused, with 503; it is in no list,
    nobody hears of it, and it is not there after a crash."""
    faults = Faults(folder('faults'))
    server = confabd(imc='history_on_join = 0', env=faults.env)
    alice, carol, dave, eve = (user(server, n)
                               for n in ('alice', 'carol', 'dave', 'eve'))
    answers(server, dave, eve)
    room = server.room('firm')
    alice.join(room)
    carol.join(room)
    assert alice.send(room, '#invite dave') == 200
    dave.seen.wait(lambda m: 'invites you' in m.body)
    quiet(server)
    before = what_is(server)
    faults.fail_all(errno.ENOSPC)
    for who, words in (
            (alice, '#topic x'), (alice, '#modify carol admin'),
            (alice, '#remove carol'), (alice, '#ban carol'),
            (alice, '#mute carol'), (alice, '#invite eve'),
            (alice, '#add eve'), (alice, '#add dave'), (dave, '#accept'),
            (dave, '#join'), (dave, '#reject'), (eve, '#join'),
            (eve, '#create other'), (eve, '#join elsewhere'),
            (carol, '#leave'), (carol, '#nick Caro'), (carol, '#away'),
            (alice, '#private'), (alice, '#destroy'), (alice, '#leave'),
            (carol, 'words')):
        others = [u for u in (alice, carol, dave, eve) if u is not who]
        heard = [len(u.seen.all()) for u in others]
        assert who.send(room, words) == 503, words
        quiet(server)
        assert [len(u.seen.all()) for u in others] == heard, words
        assert what_is(server) == before, words
    faults.fail_none()
    server.kill()
    server.start()
    assert what_is(server) == before
    assert carol.send(room, '#topic') == 200
    carol.saw('*** The room has no topic')
    assert carol.send(room, 'words') == 202
    alice.saw('[carol]: words')
    for who, words in ((dave, '#accept'), (eve, '#join'),
                       (carol, '#nick Caro'), (alice, '#destroy')):
        assert who.send(room, words) == 200, words


def test_d11_each_text_says_what_was_done(confabd, user):
    """Invitations name who invites; going is told as going; what is refused
    is told so."""
    server = confabd(imc='dialect = "opensips"')
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('words')
    assert bob.send(server.manager, '#help') == 200
    assert alice.send(server.manager, '#create words private') == 200
    assert bob.send(room, '#join') == 403
    bob.seen.wait(lambda m: m.source == room and 'nvitation' in m.body)
    assert alice.send(room, '#invite bob') == 200
    bob.saw("INVITE from: alice@confab.test(Type: '#accept' or '#deny')")
    assert bob.send(room, '#accept') == 200
    assert alice.send(server.manager, '#create words') == 403
    assert alice.send(server.manager, '#create words twice') == 400
    assert alice.send(room, '#remove bob') == 200
    bob.saw('You have been removed from this room')
    alice.saw('*** <sip:bob@confab.test> has left the room')
    assert alice.count('*** <sip:bob@confab.test> has joined the room') == 1


def test_d12_names_of_other_domains_are_whole_everywhere(server, user):
    """Texts, invitations and lists tell two users of one name apart."""
    alice = user(server, 'alice')
    other = user(server, 'alice', domain='other.example')
    bob = user(server, 'bob')
    room, abroad = server.room('twins'), 'sip:hall@rooms.example'
    alice.join(room)
    bob.join(room)
    assert other.send(room, '#join') == 200
    bob.saw('*** [alice@other.example] has joined the room')
    assert other.send(room, 'hi') == 202
    bob.saw('[alice@other.example]: hi')
    assert bob.send(room, '#members') == 200
    bob.saw('Members:\n*[alice]\n[bob]\n[alice@other.example]')
    assert other.send(room, '#nick alice') == 403
    assert other.send(server.manager, '#create %s' % abroad) == 200
    assert other.send(server.manager, '#invite bob@confab.test %s' %
                      abroad) == 200
    bob.seen.wait(lambda m: m.body.startswith(
        '*** [alice@other.example] invites you to join the room'))
    assert bob.send(server.manager, '#rooms') == 200
    bob.saw('Rooms:\n[hall@rooms.example]\n[twins]')


# -- load

def waiting(server, room):
    return sum(m['waiting'] for m in server.ctl('members', room))


def test_s01_a_big_room_does_not_hold_another_up(confabd, user):
    """While a thousand copies are under way, other rooms are served, and the
    sender has had his answer."""
    server = confabd(imc='history_on_join = 0')
    alice, bob, eve = (user(server, n) for n in ('alice', 'bob', 'eve'))
    big, small = server.room('big'), server.room('small')
    eve.join(big)
    eve.answer = None
    alice.join(small)
    bob.join(small)
    assert server.stop() == 0
    names = ['eve-%d' % n for n in range(1000)]
    add_members(server.database, 'big', names)
    add_places(server.database, names, 'udp:127.0.0.1:%d' % eve.port)
    server.start()
    assert eve.send(big, 'to all of you') == 202
    for n in range(5):
        assert alice.send(small, 'quick %d' % n) == 202
        bob.saw('[alice]: quick %d' % n)
    assert waiting(server, 'big') >= 1000
    assert alice.options(server.manager)[0] == 200
    eve.answer = 200
    wait_for(lambda: waiting(server, 'big') == 0, 'all to have it')


@pytest.fixture
def deaf_dns(tmp_path):
    """What runs a program so that its name server never answers."""
    if os.geteuid():
        pytest.skip('needs root: for a resolv.conf of its own')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(('127.53.53.53', 53))
        except OSError as e:
            pytest.skip('no port 53: %s' % e)
        conf = tmp_path / 'resolv.conf'
        conf.write_text('nameserver 127.53.53.53\n')
        run = ['unshare', '-m', 'sh', '-c',
               'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(conf)]
        try:
            subprocess.run(run + ['true'], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as e:
            pytest.skip('no mount of its own: %s' % e)
        s.setblocking(False)
        yield run, s


def asked(sock):
    try:
        return sock.recv(2000)
    except BlockingIOError:
        return b''


def test_s02_a_dead_name_server_holds_nobody_up(deaf_dns, confabd, user):
    """A member of a domain that does not resolve, and a proxy that is not
    found, cost the others nothing."""
    prefix, dns = deaf_dns
    server = confabd(prefix=prefix, imc='''history_on_join = 0
        outbound_proxy = "sip:proxy.dead.example"''')
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('patient')
    assert alice.send(server.manager, '#create patient') == 200
    alice.saw('*** Room was created')
    assert bob.send(room, '#join') == 200
    wait_for(lambda: asked(dns), 'the name to be asked for')
    assert alice.send(room, '#add zed@zed.dead.example') == 200
    for n in range(20):
        assert alice.send(room, 'go on %d' % n) == 202
        assert bob.send(room, '#members') == 200
    bob.seen.wait(lambda m: m.body.startswith('Members:'), 20)
    assert server.ctl('members', 'patient')[1]['waiting'] >= 20
    server.write(imc='history_on_join = 0')
    assert server.stop() == 0
    server.start()
    bob.saw('[alice]: go on 19')
    assert [bob.count('[alice]: go on %d' % n) for n in range(20)] == [1] * 20


def test_s03_copies_under_way_are_few(server, user):
    """A member who does not answer has eight of them at most; the rest waits
    on the disk, the sender is not refused, and all comes in order."""
    alice, bob, mute = (user(server, n) for n in ('alice', 'bob', 'mute'))
    room = server.room('window')
    for u in (alice, bob, mute):
        u.join(room)
    wait_for(lambda: waiting(server, 'window') == 0, 'the joins to be told')
    mute.answer = None
    texts = ['text %d' % n for n in range(60)]
    for t in texts:
        assert alice.send(room, t) == 202
    for t in texts:
        bob.saw('[alice]: ' + t)
    under_way = {m.call_id for m in mute.requests.all() if 'text' in m.body}
    assert 1 <= len(under_way) <= 8
    assert server.ctl('status')['sip']['client_transactions'] <= 8
    mute.answer = 200
    assert mute.send(room, '#members') == 200
    mute.seen.wait(lambda m: m.body.endswith('[alice]: text 59'))
    seen = [m.body.split(': ', 1)[1] for m in mute.seen.all()
            if '[alice]: text' in m.body]
    assert sorted(seen) == sorted(texts)


def test_s04_a_list_has_no_end_that_is_cut(server, user):
    """A list of members over 32 KB comes whole, in parts that fit, and names
    in it are found as fast as in a small one."""
    alice, tom = user(server, 'alice'), user(server, 'tom', transport='tcp')
    room = server.room('long')
    alice.join(room)
    tom.join(room)
    names = [('member-%04d-' % n).ljust(60, 'x') for n in range(1100)]
    assert server.stop() == 0
    add_members(server.database, 'long', names)
    server.start()
    want = 'Members:\n*[alice]\n[tom]\n' + '\n'.join(
        '[%s]' % n for n in names)
    assert len(want) > 2 * 32768
    tom = user(server, 'tom', transport='tcp')
    assert tom.send(room, '#members') == 200
    assert tom.saw_list('Members:') == want
    assert alice.send(room, '#remove %s' % names[-1]) == 200
    assert alice.send(room, '#remove %s' % names[-1]) == 404
    assert get(alice.options(room)[1], 'accept')
