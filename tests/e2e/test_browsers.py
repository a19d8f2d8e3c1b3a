# SPDX-License-Identifier: GPL-3.0-or-later
"""JsSIP and SIP.js in a browser, over WS and WSS."""
import pytest

from lab.browser import Browser, WebClient, missing
from lab.util import wait_for
from test_registrar import registered
from test_transports import authority, edge  # noqa: F401, fixtures

TEXT = 'emoji \U0001f600 \U0001f44d\U0001f3fd, \xfcml\xe4ut and <&">'
KINDS = ['jssip', 'sipjs']


@pytest.fixture(scope='module')
def browser(authority, tmp_path_factory):  # noqa: F811
    if missing():
        pytest.skip('%s is not installed' % missing())
    b = Browser(tmp_path_factory.mktemp('browser'), authority.server[0])
    yield b
    b.close()


@pytest.fixture
def house(edge, browser, user, closing):  # noqa: F811
    """Nobody is believed without a password; bob is in, who is a script."""
    class House:
        def page(self, kind, transport, name='webb', password='webbs',
                 wait=True):
            c = WebClient(browser, kind, '%s://127.0.0.1:%d/' % (
                transport, self.server.ports[transport]), name,
                self.server.domain, password)
            closing(c)
            if wait:
                c.wait('registered')
            return c

    h = House()
    h.server = edge(trusted='')
    for name in 'bob', 'webb':
        h.server.add_user(name, name + 's')
    h.room = h.server.room('lobby')
    h.bob = user(h.server, 'bob', password='bobs')
    h.bob.join(h.room)
    return h


@pytest.mark.parametrize('transport', ['ws', 'wss'])
@pytest.mark.parametrize('kind', KINDS)
def test_a_page_registers_and_talks(house, kind, transport):
    bob, room = house.bob, house.room
    c = house.page(kind, transport)
    assert c.say(room, '#join') == 200
    c.saw('*** [webb] has joined the room', room)
    assert c.say(room, TEXT) == 202
    bob.saw('[webb]: ' + TEXT, source=room)
    assert bob.send(room, TEXT) == 202
    c.saw('[bob]: ' + TEXT, room)
    assert c.say(bob.aor, 'to bob alone') == 202
    bob.saw('to bob alone', source=c.aor)
    assert bob.send(c.aor, 'to you alone') == 202
    c.saw('to you alone', bob.aor)
    assert c.say(house.server.room('nowhere'), 'hello?') == 404
    assert c.say(room, '#leave') == 200
    bob.saw('*** [webb] has left the room')
    assert c.count('[bob]: ' + TEXT) == c.count('to you alone') == 1
    assert c.count('[webb]: ' + TEXT) == 0
    assert house.server.ctl('status')['sip']['auth_failures'] == 0


def test_two_pages_of_one_user(house):
    one, two = house.page('jssip', 'wss'), house.page('sipjs', 'ws')
    assert len(registered(house.server, 'webb')) == 2
    assert one.say(house.room, '#join') == 200
    house.bob.saw('*** [webb] has joined the room')
    assert house.bob.send(house.room, 'hello both') == 202
    assert house.bob.send(one.aor, 'psst, both') == 202
    for c in one, two:
        c.saw('[bob]: hello both', house.room)
        c.saw('psst, both', house.bob.aor)
        assert c.say(house.room, 'from %d' % c.id) == 202
        house.bob.saw('[webb]: from %d' % c.id)
    assert one.count('[bob]: hello both') == 1
    assert two.count('psst, both') == 1


@pytest.mark.parametrize('kind', KINDS)
def test_what_waits_comes_to_the_next_page(house, kind):
    c = house.page(kind, 'wss')
    assert c.say(house.room, '#join') == 200
    c.saw('*** [webb] has joined the room', house.room)
    c.leave()
    assert not registered(house.server, 'webb')
    assert house.bob.send(house.room, 'are you there?') == 202
    assert house.bob.send(c.aor, 'to you alone') == 202
    again = house.page(kind, 'ws')
    again.saw('to you alone', house.bob.aor)
    wait_for(lambda: again.seen.count(
        lambda e: 'are you there?' in e.get('text', '')) == 1, 'its text')
    assert c.count('to you alone') == 0


@pytest.mark.parametrize('kind', KINDS)
def test_a_wrong_password(house, kind):
    c = house.page(kind, 'ws', password='wrong', wait=False)
    assert c.wait('refused')['status'] == 401
    assert not registered(house.server, 'webb')


def test_a_page_outlives_a_killed_server(house):
    """JsSIP connects and registers again by itself."""
    c = house.page('jssip', 'wss')
    assert c.say(house.room, '#join') == 200
    c.saw('*** [webb] has joined the room', house.room)
    house.server.kill()
    house.server.start()
    c.seen.wait(lambda e: e['kind'] == 'registered', count=2)
    assert house.bob.send(house.room, 'back again') == 202
    c.saw('[bob]: back again', house.room)
