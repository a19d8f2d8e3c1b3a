# SPDX-License-Identifier: GPL-3.0-or-later
"""confab behind a real Kamailio: phones register there, and confab believes
it."""
import pytest

from lab.clients import Baresip, Linphone
from lab.front import Front, missing
from lab.sip import get
from lab.util import wait_for
from test_clients import need
from test_registrar import device, register, registered  # noqa: F401

NAMES = ('alice', 'bob', 'cli')


@pytest.fixture
def front(confabd, folder, closing):
    """Kamailio, and in it its confab."""
    if missing():
        pytest.skip('%s is not installed' % missing())
    f = closing(Front(folder('front'), 'confab.test',
                      {name: name + 's' for name in NAMES}))
    f.confab = confabd(
        trusted='"127.0.0.1/32"', extra='trusted_identity = "asserted"',
        imc='outbound_proxy = "%s"' % f.proxy)
    return f.start(f.confab.port)


@pytest.fixture
def phone(front, device):  # noqa: F811
    """Factory: a registered phone of the front's."""
    def make(name, contact='x', **kw):
        u = device(front, name, contact, password=name + 's', **kw)
        status, _ = register(u)
        assert status == 200, front.process.text()[-2000:]
        wait_for(lambda: registered(front.confab, name),
                 'confab to be told of %s' % name)
        return u
    return make


def test_phones_talk_through_the_front(front, phone):
    room = front.confab.room('lobby')
    alice, bob = phone('alice'), phone('bob', transport='tcp')
    alice.join(room)
    bob.join(room)
    alice.saw('*** [bob] has joined the room')
    for one, other in (alice, bob), (bob, alice):
        assert one.send(room, 'to all from ' + one.name) == 202
        other.saw('[%s]: to all from %s' % (one.name, one.name), source=room)
        assert one.send(other.aor, 'to you from ' + one.name) == 202
        message = other.saw('to you from ' + one.name, source=one.aor)
        assert message.to == other.aor
        assert not get(message.headers, 'p-asserted-identity')
    assert alice.send(front.confab.manager, '#help') == 200
    assert alice.send('sip:nobody@confab.test', 'hi') == 404
    assert bob.count('[alice]: to all from alice') == 1
    assert alice.count('[alice]: to all from alice') == 0


def test_all_phones_of_a_user_hear(front, phone):
    room = front.confab.room('lobby')
    bob = phone('bob')
    one, two = phone('alice', 'one'), phone('alice', 'two', transport='tcp')
    bob.join(room)
    one.join(room)
    assert bob.send(room, 'hello both') == 202
    assert bob.send(one.aor, 'psst, both') == 202
    for u in one, two:
        u.saw('[bob]: hello both')
        u.saw('psst, both')
    assert one.count('[bob]: hello both') == two.count('psst, both') == 1


def test_what_waits_comes_when_the_phone_registers(front, phone):
    """The front tells confab so."""
    room = front.confab.room('lobby')
    alice, bob = phone('alice'), phone('bob')
    alice.join(room)
    bob.join(room)
    assert register(alice, expires=0)[0] == 200
    wait_for(lambda: not registered(front.confab, 'alice'), 'the news')
    alice.close()
    assert bob.send(room, 'in the room') == 202
    assert bob.send(alice.aor, 'to you alone') == 202
    front.confab.stop()
    front.confab.start()
    again = phone('alice', 'again')
    again.saw('to you alone', source=bob.aor)
    wait_for(lambda: any('in the room' in m.body for m in again.seen.all()),
             'what waited for the room')
    assert bob.count('*** [alice] did not get your message: '
                     'SIP status 480') == 0


def test_nobody_is_another_by_the_front(front, phone, user):
    alice, bob = phone('alice'), phone('bob')
    room = front.confab.room('lobby')
    alice.join(room)
    bob.join(room)
    stranger = user(front, 'alice')
    assert stranger.send(room, 'not me') == 407
    stranger = user(front, 'alice', password='wrong')
    assert stranger.send(room, 'not me') == 407
    liar = user(front, 'alice', password='bobs')
    liar.login.user = 'bob'
    assert liar.send(room, 'not me') in (403, 407)
    assert bob.send(room, 'me', headers=[
        'P-Asserted-Identity: <sip:alice@confab.test>',
        'P-Preferred-Identity: <sip:alice@confab.test>']) == 202
    alice.saw('[bob]: me')
    other = user(front, 'bob', domain='elsewhere.example', password='bobs')
    assert other.send(room, 'not me') == 403
    assert not bob.seen.count(lambda m: 'not me' in m.body)
    # and who goes around the front
    assert user(front.confab, 'alice').send(room, 'not me') == 403


def test_nothing_goes_round(front, phone, user):
    """What confab sends to a user who is nowhere ends at the front, and what
    comes back from there ends here."""
    room = front.confab.room('lobby')
    alice, bob = phone('alice'), phone('bob')
    alice.join(room)
    bob.join(room)
    assert register(bob, expires=0)[0] == 200
    assert alice.send(room, 'round') == 202
    assert alice.send(room, 'and round') == 202
    assert register(bob)[0] == 200
    wait_for(lambda: [m for m in bob.seen.all() if 'and round' in m.body],
             'what waited')
    message = next(m for m in bob.seen.all() if 'and round' in m.body)
    vias = ['Via: ' + v for k, v in message.headers if k == 'via']
    assert alice.send(room, 'round', headers=vias) == 482
    assert front.confab.ctl('status')['inboxes'] == 0


@pytest.mark.parametrize('kind, transport', [
    (Baresip, 'udp'), (Baresip, 'tcp'), (Linphone, 'tcp')])
def test_a_client_behind_the_front(front, phone, folder, closing, kind,
                                   transport):
    need(kind)
    room, bob = front.confab.room('lobby'), phone('bob')
    bob.join(room)
    more = dict(contact=[room, bob.aor]) if kind is Baresip else {}
    c = closing(kind(folder('cli'), 'cli', 'confab.test',
                     (front.host, front.port), transport=transport,
                     password='clis', register=True, **more))
    wait_for(lambda: registered(front.confab, 'cli'), 'it to register')
    c.say(room, '#join')
    c.saw('*** [cli] has joined the room', room)
    c.say(room, 'to all \U0001f600')
    bob.saw('[cli]: to all \U0001f600', source=room)
    c.say(bob.aor, 'to bob alone')
    bob.saw('to bob alone', source=c.aor)
    assert bob.send(room, 'welcome \U0001f44d') == 202
    c.saw('[bob]: welcome \U0001f44d', room)
    assert bob.send(c.aor, 'to you alone') == 202
    c.saw('to you alone', bob.aor)
    assert c.count('[bob]: welcome \U0001f44d', room) == 1
