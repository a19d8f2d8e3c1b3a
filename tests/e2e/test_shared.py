# SPDX-License-Identifier: GPL-3.0-or-later
"""Several confabd on one data base (db_mode = 2): one serves, the others
stand by, and users do not see which is which."""
import fcntl
import os
import signal
import socket
import stat
import subprocess

import pytest

from lab.sip import get
from lab.util import wait_for
from test_registrar import device, listed  # noqa: F401, a fixture
from test_registrar import register, registered
from test_restarts import Talker, got, settled


class Pair:
    """Two daemons on one state_dir; first serves."""

    def __init__(self, confabd, folder, user, extra='', **kw):
        self.state, self.kw = folder('shared') / 'state', kw
        self.make, self.user_of = confabd, user
        self.first = self.daemon('first', extra)
        self.second = self.daemon('second', extra)
        self.room = self.first.room('lobby')
        passes(self.second, self.first)

    def daemon(self, name, extra='', mode=2, wait=True):
        return self.make(name=name, state=self.state, extra=extra, wait=wait,
                         imc='db_mode = %d' % mode, **self.kw)

    def user(self, server, name, **kw):
        return self.user_of(server, name, **kw)


@pytest.fixture
def pair(confabd, folder, user):
    return Pair(confabd, folder, user)


def status(server):
    return server.ctl('status')


def passes(standby, serving):
    """The one passes to the other."""
    wait_for(lambda: status(standby).get('standby', {}).get(
        'passes_to_process') == serving.process.pid,
        lambda: 'it to pass on: %r\n%s' % (status(standby), standby.text()))


def serves(server):
    wait_for(lambda: not status(server)['stands_by'],
             lambda: 'it to take over: ' + server.text()[-2000:])


class Holder:
    """Somebody else with the lock, who says this of himself."""

    def __init__(self, path, says):
        self.file = open(path, 'a+')
        fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.file.truncate(0)
        self.file.write(says)
        self.file.flush()

    def close(self):
        self.file.close()


def transact(who, uri, text, **kw):
    answer = who.transact(who.build('MESSAGE', uri, text.encode(), **kw))
    return answer[0], dict(answer[1])


# ---- one chat

def test_whoever_is_asked_gives_the_same_room(pair):
    alice = pair.user(pair.first, 'alice')
    bob = pair.user(pair.second, 'bob')
    alice.join(pair.room)
    bob.join(pair.room)
    assert alice.send(pair.room, 'to all') == 202
    bob.saw('[alice]: to all')
    assert bob.send(pair.room, 'and back') == 202
    alice.saw('[bob]: and back')
    assert bob.send(pair.room, '#members') == 200
    assert 'alice' in bob.seen.wait(lambda m: 'Members' in m.body).body


def test_an_answer_comes_back_whole(pair):
    pair.user(pair.first, 'alice').join(pair.room)
    bob = pair.user(pair.second, 'bob')
    code, headers = transact(bob, pair.room, 'let me in')
    here = transact(pair.user(pair.first, 'bob'), pair.room, 'let me in')
    assert (code, headers['warning']) == (here[0], here[1]['warning'])
    assert code == 403 and headers['warning'].startswith('399 confab')
    code, headers = bob.options(pair.room)
    assert code == 200
    assert get(headers, 'allow') == \
        'MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE'


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_users_are_sent_to_from_where_they_are(pair, transport):
    """Each hears nobody but the process that he talks to."""
    alice = pair.user(pair.first, 'alice')
    carol = pair.user(pair.second, 'carol', transport=transport)
    alice.join(pair.room)
    carol.join(pair.room)
    for n in range(20):
        assert alice.send(pair.room, 'hello %d' % n) == 202
    for n in range(20):
        carol.saw('[alice]: hello %d' % n)
    settled(pair.first)
    assert len(carol.requests.all()) == len(carol.seen.all())
    assert status(pair.second)['standby']['relayed'] >= 20
    pair.first.kill()
    assert carol.send(pair.room, 'to whom') == 202
    dave = pair.user(pair.second, 'dave')
    dave.join(pair.room)
    assert dave.send(pair.room, 'to those who are left') == 202
    carol.saw('[dave]: to those who are left')


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_devices_register_at_any_process(pair, device, transport):
    bob = device(pair.second, 'bob', transport=transport)
    alice = pair.user(pair.first, 'alice')
    alice.join(pair.room)
    bob.join(pair.room)
    code, headers = register(bob)
    assert code == 200 and listed(headers) == [bob.contact]
    assert [c['contact'] for c in registered(pair.first, 'bob')] == [bob.contact]
    assert alice.send(pair.room, 'one') == 202
    bob.saw('[alice]: one')
    settled(pair.first)
    pair.first.kill()
    serves(pair.second)
    alice = pair.user(pair.second, 'alice')
    assert alice.send(pair.room, 'two') == 202
    bob.saw('[alice]: two')
    assert {m.uri for m in bob.requests.all() if 'alice' in m.body} == {
        bob.contact}


def test_users_log_in_at_any_process(confabd, folder, user):
    pair = Pair(confabd, folder, user, trusted='')
    pair.second.add_user('alice', 'secret')
    pair.first.add_user('bob', 'bobs')
    alice = pair.user(pair.second, 'alice', password='secret')
    bob = pair.user(pair.first, 'bob', password='bobs')
    alice.join(pair.room)
    bob.join(pair.room)
    assert alice.send(pair.room, 'it is me') == 202
    bob.saw('[alice]: it is me')
    mallory = pair.user(pair.second, 'bob', password='guess')
    assert mallory.send(pair.room, 'it is bob') == 401
    pair.first.ctl('user', 'del', 'alice')
    assert alice.send(pair.room, 'still me') in (401, 480)
    pair.first.kill()
    bob = pair.user(pair.second, 'bob', password='bobs')
    assert bob.send(pair.room, 'by the other') == 202
    assert alice.send(pair.room, 'nor here') in (401, 480)


def test_strangers_are_put_off_until_users_are_known(confabd, folder, user,
                                                     closing):
    """Phones that get a 403 may never try again."""
    state = folder('state')
    state.chmod(0o700)
    holder = closing(Holder(state / 'confab.lock', '1 shared\n'))
    server = confabd(state=state, imc='db_mode = 2', trusted='')
    alice = user(server, 'alice', password='secret')
    code, headers = transact(alice, server.room('lobby'), '#join')
    assert code == 503 and 1 <= int(headers['retry-after']) <= 10
    holder.close()
    serves(server)
    assert transact(alice, server.room('lobby'), '#join')[0] == 403
    server.add_user('alice', 'secret')
    alice.join(server.room('lobby'))


def test_the_control_sockets_are_one(pair):
    pair.user(pair.second, 'bob').join(pair.room)
    for server in (pair.first, pair.second):
        assert [r['room'] for r in server.ctl('rooms')] == [pair.room]
        assert server.ctl('members', 'lobby')[0]['address'] == (
            'sip:bob@confab.test')
        assert server.ctl('nonsense', check=False)['error'].startswith(
            'there is no command')
    pair.second.ctl('link', 'add', 'e', 'lobby', 'echo:e')
    assert [link['label'] for link in pair.first.ctl('links')] == ['e']
    mine, other = status(pair.second), status(pair.first)
    assert mine['stands_by'] and not other['stands_by']
    assert mine['process'] == pair.second.process.pid
    assert mine['standby']['data_base_is_with_process'] == other['process']
    assert mine['standby']['passed'] >= 1 and not mine['standby']['waiting']
    assert other['shared']['standing_by'] == 1
    assert other['shared']['taken'] == mine['standby']['passed']
    code, text, _ = pair.second.show('status')
    assert code == 0 and 'stands by: yes' in text
    assert 'passes to process: %d' % other['process'] in text


def test_an_import_by_way_of_a_standby(pair, folder):
    csv = folder('csv')
    (csv / 'imc_rooms.csv').write_text('name,domain,flag\n' + ''.join(
        'r%d,confab.test,0\n' % n for n in range(500)))
    (csv / 'imc_members.csv').write_text('username,domain,room,flag\n')
    code, text, err = pair.second.show('import', 'kamailio', str(csv))
    assert code == 0, (text, err)
    assert len(pair.second.ctl('rooms')) == len(pair.first.ctl('rooms')) == 500


def test_nobody_else_can_reach_the_socket(pair):
    path = pair.state / 'confab.db.sock'
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(pair.state).st_mode) == 0o700


def test_daemons_share_the_key_of_branches(pair):
    assert (pair.state / 'branch.key').stat().st_size == 16
    assert not (pair.state / 'branch.key.new').exists()


# ---- taking over

def test_one_is_killed_under_traffic_and_the_other_takes_over(pair):
    alice = pair.user(pair.second, 'alice')
    bob = pair.user(pair.second, 'bob', anybody=True)
    alice.join(pair.room)
    bob.join(pair.room)
    talker = Talker(alice, pair.room)
    talker.more()
    pair.first.kill()
    talker.more(20)
    serves(pair.second)
    acked = talker.stop()
    assert not talker.refused
    settled(pair.second)
    assert got(bob, '[alice]: %s', acked) == [1] * len(acked)
    # and back again
    pair.first.start()
    passes(pair.first, pair.second)
    talker = Talker(pair.user(pair.first, 'alice'), pair.room, 'more')
    talker.more()
    pair.second.kill()
    talker.more(20)
    acked = talker.stop()
    settled(pair.first)
    assert got(bob, '[alice]: %s', acked) == [1] * len(acked)


def test_what_was_acknowledged_is_there_once_for_a_retry(pair):
    alice = pair.user(pair.first, 'alice')
    bob = pair.user(pair.first, 'bob', anybody=True)
    alice.join(pair.room)
    bob.join(pair.room)
    same = dict(call_id='the-same', cseq=7, tag='t')
    assert transact(alice, pair.room, 'once', **same)[0] == 202
    pair.first.kill()
    alice = pair.user(pair.second, 'alice')
    for _ in range(2):
        assert transact(alice, pair.room, 'once', **same)[0] == 202
    assert transact(alice, pair.room, 'later')[0] == 202
    bob.saw('[alice]: later')
    settled(pair.second)
    assert bob.count('[alice]: once') == bob.count('[alice]: later') == 1


def test_a_polite_end_hands_over_at_once(pair):
    alice = pair.user(pair.second, 'alice')
    bob = pair.user(pair.second, 'bob')
    alice.join(pair.room)
    bob.join(pair.room)
    talker = Talker(alice, pair.room)
    talker.more()
    assert pair.first.stop() == 0
    talker.more()
    acked = talker.stop()
    assert not talker.refused
    settled(pair.second)
    assert got(bob, '[alice]: %s', acked) == [1] * len(acked)
    pair.first.start()
    passes(pair.first, pair.second)
    assert pair.first.stop() == 0 # a standby ends as well


def test_links_move_with_the_data_base(confabd, folder, user, ngircd,
                                       irc_user):
    from conftest import links
    net = ngircd()
    pair = Pair(confabd, folder, user, links(ngircd=net))
    pair.second.link_up('lobby-i')
    bob = pair.user(pair.second, 'bob')
    bob.join(pair.room)
    ines = irc_user(net)
    assert bob.send(pair.room, 'before') == 202
    ines.saw('<bob> before')
    pair.first.kill()
    serves(pair.second)
    pair.second.link_up('lobby-i')
    assert bob.send(pair.room, 'after') == 202
    ines.saw('<bob> after')
    ines.say('heard')
    bob.seen.wait(lambda m: 'heard' in m.body)


def test_the_service_manager_is_told(confabd, folder, closing):
    path = str(folder('notify') / 'socket')
    manager = closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    manager.bind(path)
    manager.settimeout(30)
    state = folder('shared') / 'state'
    first = confabd(name='first', state=state, imc='db_mode = 2')
    second = confabd(name='second', state=state, imc='db_mode = 2',
                     env={'NOTIFY_SOCKET': path})
    assert manager.recv(100) == b'READY=1\nSTATUS=stands by'
    passes(second, first)
    first.kill()
    assert manager.recv(100) == b'STATUS=serving'
    assert second.stop() == 0
    assert manager.recv(100) == b'STOPPING=1'


def test_one_that_cannot_take_over_says_why_and_ends(pair):
    third = pair.daemon('third', extra='link "l" { room = '
                        '"sip:lobby@confab.test" to = "xmpp:a@b.example" '
                        'via = "nobody" }')
    passes(third, pair.first)
    assert pair.second.stop() == 0
    pair.first.kill()
    assert third.process.wait() == 1
    assert 'can\'t take over: link "l": ' in third.text()
    third.process = None
    pair.first.start() # nothing is held any more


def test_three_of_them(pair):
    third = pair.daemon('third')
    passes(third, pair.first)
    pair.first.kill()
    wait_for(lambda: status(pair.second)['stands_by'] +
             status(third)['stands_by'] == 1, 'one to take over')
    one, other = pair.second, third
    if status(one)['stands_by']:
        one, other = other, one
    passes(other, one)
    alice = pair.user(other, 'alice')
    bob = pair.user(one, 'bob')
    alice.join(pair.room)
    bob.join(pair.room)
    assert alice.send(pair.room, 'still here') == 202
    bob.saw('[alice]: still here')


# ---- nobody serves

def test_requests_wait_for_who_comes(pair):
    bob = pair.user(pair.second, 'bob')
    packet = bob.build('MESSAGE', pair.room, b'#join')
    os.kill(pair.first.process.pid, signal.SIGSTOP)
    bob.sock.send(packet)
    wait_for(lambda: status(pair.second)['standby']['waiting'] == 1,
             'the request to wait')
    pair.first.kill()
    assert bob.transact(packet)[0] == 200
    serves(pair.second)
    assert [m['address'] for m in pair.second.ctl('members', 'lobby')] == [
        'sip:bob@confab.test']


def test_a_holder_who_is_not_there_yet(confabd, folder, user, closing):
    """He may be starting: nobody is refused for some seconds."""
    state = folder('state')
    state.chmod(0o700)
    holder = closing(Holder(state / 'confab.lock', '1 shared\n'))
    server = confabd(state=state, imc='db_mode = 2')
    alice = user(server, 'alice')
    packet = alice.build('MESSAGE', server.room('lobby'), b'#join')
    alice.sock.send(packet)
    wait_for(lambda: status(server)['standby']['waiting'] == 1,
             'the request to wait')
    assert alice.options(server.room('lobby'))[0] == 200
    answer = server.ctl('rooms', check=False)
    assert 'nobody serves' in answer['error']
    holder.close()
    assert alice.transact(packet)[0] == 200
    serves(server)


# ---- with one that does not share

def test_a_standby_has_nobody_to_pass_to_in_mode_0(pair, user):
    """What mode 0 does with a data base that others share, and they with
    its."""
    third = pair.daemon('third', mode=0, wait=False)
    wait_for(lambda: not third.process.alive(), 'it to give up')
    assert 'in use by another confabd (process %d)' % (
        pair.first.process.pid) in third.text()
    assert 'db_mode = 2' in third.text()
    third.process = None
    assert pair.second.stop() == 0
    assert pair.first.stop() == 0
    pair.first.write(imc='db_mode = 0')
    pair.first.start()
    pair.second.start()
    alice = user(pair.second, 'alice')
    wait_for(lambda: 'process %d has the data base for itself' % (
        pair.first.process.pid) in pair.second.text(), 'it to say so')
    code, headers = transact(alice, pair.room, '#join')
    assert code == 503 and headers['retry-after'] == '1'
    assert alice.options(pair.room)[0] == 200
    mine = status(pair.second)['standby']
    assert mine['data_base_is_with_process'] == pair.first.process.pid
    assert mine['passes_to_process'] is None and not mine['shared']
    assert pair.first.stop() == 0
    serves(pair.second)
    assert pair.second.text().count('for itself') == 1
    alice.join(pair.room)


# ---- what can't be

@pytest.mark.parametrize('where,mode,says', [
    ('open', 0o777, 'others may write there'),
    ('d' * 100, 0o700, 'its path may have 107 bytes'),
])
def test_a_place_that_cannot_be_is_explained(confabd, folder, where, mode,
                                             says):
    place = folder(where)
    place.chmod(mode)
    server = confabd(wait=False, imc='db_mode = 2 db_url = "sqlite://%s"' % (
        place / 'imc.db'))
    wait_for(lambda: not server.process.alive(), 'it to give up')
    assert says in server.text(), server.text()
    server.process = None


def test_different_folders_with_one_data_base(confabd, folder, user):
    place = folder('db')
    place.chmod(0o700)
    imc = 'db_mode = 2 db_url = "sqlite://%s"' % (place / 'imc.db')
    first = confabd(name='first', imc=imc)
    second = confabd(name='second', imc=imc)
    passes(second, first)
    alice = user(second, 'alice', anybody=True)
    alice.join(first.room('lobby'))
    first.kill()
    serves(second)
    assert [m['address'] for m in second.ctl('members', 'lobby')] == [
        'sip:alice@confab.test']


def test_accounts_go_with_the_data_base(pair):
    """The key too: who takes over can read what the other sealed."""
    run = subprocess.run(
        [pair.second.program('confabctl'), '-s', pair.second.socket, 'jabber',
         'map', 'add', 'alice', 'alice@xmpp.test'], input='secret\n',
        capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    pair.first.kill()
    serves(pair.second)
    row, = pair.second.ctl('jabber', 'map', 'list')
    assert row['account'] == 'alice@xmpp.test' and not row['error']
