# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers restart, workers die, confabd is killed: under traffic. What was
acknowledged arrives; the others do not notice."""
import os
import signal
import threading

import pytest

from lab.util import wait_for


class Talker:
    """Sends numbered texts into a room until told to stop; keeps those that
    were acknowledged. Goes on when nobody answers."""

    def __init__(self, user, room, word='word'):
        self.user, self.room, self.word = user, room, word
        self.acked, self.refused = [], 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        n = 0
        while not self.stopping.is_set():
            text = '%s-%d' % (self.word, n)
            packet = self.user.build('MESSAGE', self.room, text.encode())
            try:
                status = self.user.transact(packet, patience=60)[0]
            except AssertionError:
                continue
            if status == 202:
                self.acked.append(text)
            else:
                self.refused += 1
            n += 1
            self.stopping.wait(0.05)

    def more(self, count=10):
        want = len(self.acked) + count
        wait_for(lambda: len(self.acked) >= want,
                 lambda: '%d acknowledged texts, have %d (%d refused)' % (
                     want, len(self.acked), self.refused))

    def stop(self):
        self.stopping.set()
        self.thread.join(90)
        assert not self.thread.is_alive()
        return self.acked


def settled(server, room='lobby'):
    """All members have everything."""
    def done():
        return all(m['waiting'] == 0 for m in server.ctl('members', room))
    wait_for(done, lambda: 'all to be delivered: %r' % server.ctl(
        'members', room), 120)


def got(user, form, texts):
    """How often each text came."""
    bodies = [m.body for m in user.seen.all()]
    return [bodies.count(form % t) for t in texts]


@pytest.mark.parametrize('which', ['prosody', 'ngircd'])
def test_a_restarted_server_is_joined_again(three_sides, which):
    s = three_sides
    label, peer = {'prosody': ('lobby-x', s.ines),
                   'ngircd': ('lobby-i', s.xenia)}[which]
    talker = Talker(s.alice, s.room)
    talker.more()
    server = getattr(s, which)
    server.stop()
    s.confabd.link_not_up(label)
    talker.more()
    server.start()
    s.confabd.link_up(label)
    talker.more()
    acked = talker.stop()
    settled(s.confabd)
    assert got(s.bob, '[alice]: %s', acked) == [1] * len(acked)
    peer.saw('<alice> ' + acked[-1])
    assert [peer.count('<alice> ' + t) for t in acked] == [1] * len(acked)


def test_what_was_said_while_a_link_was_down_crosses_later(three_sides,
                                                           irc_user):
    s = three_sides
    s.ngircd.stop()
    s.confabd.link_not_up('lobby-i')
    assert s.alice.send(s.room, 'while you were out') == 202
    s.ngircd.start()
    ines = irc_user(s.ngircd, 'ines2')
    s.confabd.link_up('lobby-i')
    # In the channel first or not, the words come when the link is back.
    wait_for(lambda: s.confabd.link('lobby-i')['waiting'] == 0,
             'the backlog to be delivered')
    assert s.confabd.link('lobby-i')['failed'] == 0
    assert s.alice.send(s.room, 'and now') == 202
    ines.saw('<alice> and now')


@pytest.mark.parametrize('worker,label,signum', [
    ('confab-jabber', 'lobby-x', signal.SIGKILL),
    ('confab-irc', 'lobby-i', signal.SIGKILL),
    ('confab-jabber', 'lobby-x', signal.SIGSTOP),
    ('confab-irc', 'lobby-i', signal.SIGSTOP),
])
def test_a_lost_worker_is_replaced(three_sides, worker, label, signum):
    s = three_sides
    talker = Talker(s.alice, s.room)
    talker.more()
    pids = s.confabd.workers(worker)
    assert len(pids) == 1
    os.kill(pids[0], signum)
    wait_for(lambda: s.confabd.workers(worker) and
             s.confabd.workers(worker) != pids, 'another worker')
    s.confabd.link_up(label)
    talker.more()
    acked = talker.stop()
    settled(s.confabd)
    assert got(s.bob, '[alice]: %s', acked) == [1] * len(acked)
    assert talker.refused == 0
    s.xenia.saw('<alice> ' + acked[-1])
    s.ines.saw('<alice> ' + acked[-1])
    for peer in (s.xenia, s.ines):
        assert all(peer.count('<alice> ' + t) >= 1 for t in acked)
    if label == 'lobby-x':
        s.xenia.say('back')
        s.bob.saw('[xenia@home]: back')
    else:
        s.ines.say('back')
        s.bob.saw('[ines@libera]: back')
    assert s.confabd.process.alive()


def test_confabd_killed_loses_nothing(three_sides, user):
    s = three_sides
    carol = user(s.confabd, 'carol')
    carol.join(s.room)
    s.confabd.ctl('link', 'add', 'extra', 'lobby', 'echo:parrot')
    talker = Talker(s.alice, s.room)
    for _ in range(3):
        talker.more(20)
        s.confabd.kill()
        s.confabd.start()
    talker.more(20)
    acked = talker.stop()
    s.confabd.link_up('lobby-x')
    s.confabd.link_up('lobby-i')
    assert s.confabd.link('extra') is not None
    members = {m['address'] for m in s.confabd.ctl('members', 'lobby')}
    assert members == {'sip:%s@confab.test' % n
                       for n in ('alice', 'bob', 'carol')}
    # bob's connection went with the daemon: he calls again.
    bob = user(s.confabd, 'bob', transport='tcp')
    assert bob.send(s.room, 'bob is back') == 202
    settled(s.confabd)
    counts = got(carol, '[alice]: %s', acked)
    assert min(counts) >= 1, [t for t, n in zip(acked, counts) if not n]
    # A crash may repeat what was not yet written down as delivered: with
    # the same Call-ID, so that a device drops it. Ours does.
    assert max(counts) == 1
    both = [a + b for a, b in zip(got(s.bob, '[alice]: %s', acked),
                                  got(bob, '[alice]: %s', acked))]
    assert min(both) >= 1
    s.xenia.saw('<bob> bob is back')
    s.ines.saw('<bob> bob is back')
    for peer in (s.xenia, s.ines):
        missing = [t for t in acked if not peer.count('<alice> ' + t)]
        assert not missing


def test_rooms_survive_a_crash_right_after_the_answer(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    assert alice.send(server.manager, '#create vault private') == 200
    server.kill()
    server.start()
    rooms = server.ctl('rooms')
    assert [(r['room'], r['private']) for r in rooms] == [
        ('sip:vault@confab.test', True)]
    assert server.ctl('members', 'vault')[0]['role'] == 'owner'
    assert bob.send(server.room('vault'), '#join') in (200, 403)
    bob.seen.wait(lambda m: 'by invitation only' in m.body)


def test_a_polite_stop_answers_what_is_under_way(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    assert alice.send(room, 'last words') == 202
    assert server.stop() == 0
    server.start()
    assert alice.send(room, 'first words') == 202
    bob.saw('[alice]: first words')
    assert bob.count('[alice]: last words') == 1


def test_links_to_nowhere_do_not_hinder_rooms(confabd, user):
    from lab.util import free_port
    server = confabd(extra='''
irc "gone" { server = "127.0.0.1" port = %d tls = false }
jabber "gone" { jid = "a@b.example" password = "x" server = "127.0.0.1"
    port = %d tls = "off" }
link "i" { room = "sip:lobby@confab.test" to = "irc:gone/#c" }
link "x" { room = "sip:lobby@confab.test" to = "xmpp:r@b.example" }
''' % (free_port(), free_port()))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    assert alice.send(room, 'here we are') == 202
    bob.saw('[alice]: here we are')
    for label in 'ix':
        wait_for(lambda: server.link(label)['error'], 'an error in words')
