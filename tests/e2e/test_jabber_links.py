# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms of ours linked with rooms of XMPP by the component."""
import re

import pytest

from conftest import gateway
from lab.util import wait_for

LINK = '''
link lobby { room = "sip:lobby@confab.test" to = "xmpp:%s"
    via = "component" %s }
'''


@pytest.fixture
def linked(confabd, prosody, xmpp_user, user):
    """Alice's room with a link, somebody on each side; settings: more of its
    section."""
    def make(via='component', settings=None, name='xenia', more=''):
        class Sides:
            pass
        s = Sides()
        s.prosody = prosody()
        extra = gateway(s.prosody) + more
        s.confabd = confabd(extra=extra)
        s.room = s.confabd.room('lobby')
        s.alice = user(s.confabd, 'alice')
        s.alice.join(s.room)
        if settings is None:
            s.confabd.ctl('link', 'add', 'lobby', 'lobby',
                          'xmpp:' + s.prosody.room('lobby'), via)
        else:
            s.confabd.write(extra=extra + LINK % (
                s.prosody.room('lobby'), settings))
            s.confabd.stop()
            s.confabd.start()
        s.confabd.link_up('lobby')
        s.xenia = xmpp_user(s.prosody, name)
        return s
    return make


def both_ways(s, text, nick='confab', shown='<alice> %s', who='xenia'):
    assert s.alice.send(s.room, text) == 202
    s.xenia.saw(shown % text, nick)
    s.xenia.say('re ' + text)
    s.alice.saw('[%s@xmpp]: re ' % who + text)
    assert s.xenia.count(shown % text) == 1


def test_relay(linked):
    s = linked()
    both_ways(s, 'hello <&"')
    assert s.alice.send(s.room, '/me waves') == 202
    s.xenia.saw('/me <alice> waves', 'confab')
    s.xenia.say('/me nods')
    s.alice.saw('* [xenia@xmpp] nods')


def test_topics(linked):
    s = linked()
    assert s.alice.send(s.room, '#topic tea time') == 200
    s.xenia.topics.wait(lambda t: t == 'tea time')
    s.xenia.topic('coffee')
    s.alice.saw('*** xenia@xmpp has set the topic: coffee')
    assert s.alice.send(s.room, '#topic') == 200
    s.alice.saw('*** Topic: coffee')
    assert s.xenia.topics.count(lambda t: t == 'coffee') == 1


def test_puppets(linked, user):
    s = linked('puppets')
    both_ways(s, 'hello', 'alice', '%s')
    bob = user(s.confabd, 'bob')
    bob.join(s.room)
    assert bob.send(s.room, '/me waves') == 202
    s.xenia.saw('/me waves', 'bob')
    s.alice.saw('* [bob] waves')
    assert {'alice', 'bob', 'confab', 'xenia'} <= s.xenia.nicks()
    # nothing came back
    both_ways(s, 'again', 'alice', '%s')
    assert s.alice.count('[alice@xmpp]: hello') == 0
    assert s.alice.count('* [bob@xmpp] waves') == 0
    assert bob.count('[alice@xmpp]: hello') == 0
    assert bob.send(s.room, '#leave') == 200
    wait_for(lambda: 'bob' not in s.xenia.nicks(), 'bob to leave')
    assert 'alice' in s.xenia.nicks()
    # who comes there is told, but for our own
    s.alice.saw('*** xmpp: xenia came')
    assert not s.alice.seen.count(lambda m: m.body.startswith(
        ('*** xmpp: alice', '*** xmpp: bob')))


def test_kicks_are_told(linked, user):
    s = linked('puppets', name='admin')
    both_ways(s, 'hello', 'alice', '%s', who='admin')
    s.xenia.role('alice', 'none')
    s.alice.seen.wait(lambda m: m.body.startswith(
        '*** You are out of xmpp:' + s.prosody.room('lobby')))
    # by the relay from now on
    both_ways(s, 'again', who='admin')
    assert 'alice' not in s.xenia.nicks()


def test_kicks_remove(linked, user):
    s = linked(settings='mode = "puppet" on_kick = "remove"', name='admin')
    bob = user(s.confabd, 'bob')
    bob.join(s.room)
    assert bob.send(s.room, 'hello') == 202
    s.xenia.saw('hello', 'bob')
    s.xenia.role('bob', 'none')
    s.alice.saw('*** bob was removed, as from xmpp:' +
                s.prosody.room('lobby'))
    bob.saw('*** You are out of xmpp:%s (kicked by admin), and so out of '
            'this room.' % s.prosody.room('lobby'), source=s.room)
    assert bob.send(s.room, 'still?') == 403


def test_settings_made_at_run_time(linked, user):
    """They count at once, and after a restart; a second command of the name
    changes nothing."""
    s = linked(name='admin')
    link = ['link', 'add', 'lobby', 'lobby',
            'xmpp:' + s.prosody.room('lobby')]
    for words in (['mode=puppet', 'via=component'], ['component']):
        assert not s.confabd.ctl(*link, *words, check=False)['ok']
    both_ways(s, 'by the relay', who='admin')
    s.confabd.ctl('link', 'remove', 'lobby')
    wait_for(lambda: not s.confabd.link('lobby'), 'the link to be gone')
    s.confabd.ctl(*link, 'component', 'mode=puppet', 'max_puppets=1',
                  'on_kick=remove', 'nick=relay')
    for text in ('one', 'two'):
        s.confabd.link_up('lobby')
        both_ways(s, text, 'alice', '%s', who='admin')
        bob = user(s.confabd, 'bob' + text)
        bob.join(s.room)
        assert bob.send(s.room, 'I am ' + text) == 202
        s.xenia.saw('<bob%s> I am %s' % (text, text), 'relay')
        if text == 'one':
            assert s.confabd.stop() == 0
            s.confabd.start()
    s.xenia.role('alice', 'none')
    # on_kick; but nobody throws out the owner
    s.alice.saw('*** Link lobby: who was kicked there could not be removed: '
                'alice')


def test_removed_here(linked, user):
    s = linked('puppets')
    bob = user(s.confabd, 'bob')
    bob.join(s.room)
    assert bob.send(s.room, 'hello') == 202
    s.xenia.saw('hello', 'bob')
    assert s.alice.send(s.room, '#remove bob') == 200
    s.xenia.gone.wait(lambda g: g[0] == 'bob')


def test_listener_changes(linked):
    """The relay is kicked: puppets listen, and nothing is lost or doubled."""
    s = linked('puppets', name='admin')
    both_ways(s, 'hello', 'alice', '%s', who='admin')
    for n in range(10):
        s.xenia.say('before %d' % n)
    s.xenia.role('confab', 'none')
    for n in range(10):
        s.xenia.say('after %d' % n)
    for n in range(10):
        for text in 'before %d', 'after %d':
            s.alice.saw('[admin@xmpp]: ' + text % n)
            assert s.alice.count('[admin@xmpp]: ' + text % n) == 1, \
                [m.body for m in s.alice.seen.all()]
    assert s.alice.send(s.room, 'still here') == 202
    s.xenia.saw('still here', 'alice')


def test_server_restarts(linked, xmpp_user):
    """NW04, shortened: none of ours is lost, and what was said there while
    confabd was away comes."""
    s = linked()
    said = 0
    for _ in range(2):
        for _ in range(10):
            assert s.alice.send(s.room, 'n%d' % said) == 202
            said += 1
        s.xenia.close()
        s.prosody.restart()
        for _ in range(10):
            assert s.alice.send(s.room, 'n%d' % said) == 202
            said += 1
        s.confabd.link_up('lobby')
        s.xenia = xmpp_user(s.prosody)
    last = '<alice> n%d' % (said - 1)
    wait_for(lambda: last in archive(s.xenia), 'the last one to be there')
    ours = [t for t in archive(s.xenia) if t.startswith('<alice> n')]
    assert sorted(set(ours), key=lambda t: int(t[9:])) == \
        ['<alice> n%d' % n for n in range(said)]
    assert len(ours) == said, ours


def archive(user):
    """The texts of the room, as its archive has them."""
    start, after = len(user.archive), ''
    while True:
        answer = user.ask(
            user.room, 'query', 'urn:xmpp:mam:2', 'set',
            '<set xmlns="http://jabber.org/protocol/rsm"><max>50</max>'
            '%s</set>' % after)
        last = re.search('<last>(.*?)</last>', answer)
        if not last or 'complete="true"' in answer:
            return user.archive[start:]
        after = '<after>%s</after>' % last.group(1)


def test_archive_after_an_outage(linked):
    s = linked()
    both_ways(s, 'hello')
    s.confabd.kill()
    for n in range(30):
        s.xenia.say('missed %d' % n)
    s.xenia.saw('missed 29')
    s.confabd.start()
    for n in range(30):
        s.alice.saw('[xenia@xmpp]: missed %d' % n)
    both_ways(s, 'back')
    for n in range(30):
        assert s.alice.count('[xenia@xmpp]: missed %d' % n) == 1
    assert s.alice.count('[xenia@xmpp]: re hello') == 1


def test_two_gateways_make_no_circle(linked, confabd, prosody, xmpp_user,
                                     user):
    """XB01: both link the same two rooms."""
    p = prosody()
    extra = '''
jabber "%s" { jid = "%s@xmpp.test" password = "%spw" server = "127.0.0.1"
    port = %d tls = "off" }
link one { room = "sip:lobby@confab.test" to = "xmpp:%s" nick = "%s" }
link two { room = "sip:lobby@confab.test" to = "xmpp:%s" nick = "%s" }
'''
    both = []
    for name in 'gw', 'yuri':
        c = confabd(name, extra=extra % (
            name, name, name, p.port, p.room('one'), name, p.room('two'),
            name))
        c.link_up('one')
        c.link_up('two')
        both.append(c)
    alice = user(both[0], 'alice')
    alice.join(both[0].room('lobby'))
    assert alice.send(both[0].room('lobby'), 'round and round') == 202
    wait_for(lambda: any('in a circle' in c.text() for c in both),
             'the circle to be seen')
