# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote register with their password, and talk in a room
and one to one, by each transport that they have."""
import pytest

from lab.clients import Baresip, Linphone, Sipp, Sipsak, Twinkle
from lab.util import free_port, wait_for
from test_clients import need
from test_registrar import registered
from test_transports import authority, edge  # noqa: F401, fixtures

TALKERS = [(Baresip, 'udp'), (Baresip, 'tcp'), (Baresip, 'tls'),
           (Linphone, 'udp'), (Linphone, 'tcp'), (Linphone, 'tls'),
           (Twinkle, 'udp'), (Twinkle, 'tcp')]


@pytest.fixture
def house(edge, authority, user, folder, closing):  # noqa: F811
    """Nobody is believed without a password; bob is in, who is a script."""
    class House:
        def client(self, kind, transport, name='cli', place='one'):
            """name's device in this place, registered."""
            need(kind)
            before = len(registered(self.server, name))
            more = dict(contact=[self.room, self.bob.aor]) \
                if kind is Baresip else {}
            if kind is not Twinkle:
                more['ca'] = authority.file
            c = kind(folder(place), name, self.server.domain,
                     ('127.0.0.1', self.server.ports[transport]),
                     transport=transport, password=name + 's',
                     register=True, **more)
            closing(c)
            wait_for(lambda: len(registered(self.server, name)) > before,
                     lambda: '%s to register: %s\n%s' % (
                         kind.program, c.screen()[-2000:],
                         self.server.text()[-2000:]))
            return c

    h = House()
    h.server = edge(trusted='')
    for name in ('bob', 'cli', 'sak', 'sipp'):
        h.server.add_user(name, name + 's')
    h.room = h.server.room('lobby')
    h.bob = user(h.server, 'bob', password='bobs')
    h.bob.join(h.room)
    return h


def talk(house, c):
    """In the room and one to one, both ways, each text once."""
    bob, room = house.bob, house.room
    c.say(room, '#join')
    c.saw('*** [cli] has joined the room', room)
    c.say(room, 'to all: \U0001f600 \xfc')
    bob.saw('[cli]: to all: \U0001f600 \xfc', source=room)
    assert bob.send(room, 'welcome \U0001f44d\U0001f3fd') == 202
    c.saw('[bob]: welcome \U0001f44d\U0001f3fd', room)
    c.say(bob.aor, 'to bob alone')
    assert bob.saw('to bob alone', source=c.aor).to == bob.aor
    assert bob.send(c.aor, 'to you alone') == 202
    c.saw('to you alone', bob.aor)
    c.say(room, 'the end')
    bob.saw('[cli]: the end')
    assert bob.send(room, 'bye') == 202
    c.saw('[bob]: bye', room)
    assert c.count('[bob]: welcome \U0001f44d\U0001f3fd', room) == 1
    assert c.count('to you alone', bob.aor) == 1
    assert bob.count('to bob alone') == 1
    assert house.server.ctl('status')['sip']['auth_failures'] == 0


@pytest.mark.parametrize('kind, transport', TALKERS)
def test_one_that_registers_talks(house, kind, transport):
    talk(house, house.client(kind, transport))


@pytest.mark.parametrize('first, second', [
    ((Baresip, 'udp'), (Linphone, 'tls')),
    ((Linphone, 'tcp'), (Linphone, 'tcp')),
    ((Baresip, 'tls'), (Twinkle, 'udp')),
])
def test_two_devices_of_one_user(house, first, second):
    """Each text comes to both, once."""
    one = house.client(*first)
    two = house.client(*second, place='two')
    bob, room = house.bob, house.room
    one.say(room, '#join')
    bob.saw('*** [cli] has joined the room')
    assert bob.send(room, 'hello both') == 202
    assert bob.send(one.aor, 'psst, both') == 202
    for c in one, two:
        c.saw('[bob]: hello both', room)
        c.saw('psst, both', bob.aor)
    one.say(room, 'from one')
    bob.saw('[cli]: from one')
    two.say(room, 'from two')
    bob.saw('[cli]: from two')
    assert bob.send(room, 'the end') == 202
    for c in one, two:
        c.saw('[bob]: the end', room)
        assert c.count('[bob]: hello both', room) == 1
        assert c.count('psst, both', bob.aor) == 1


@pytest.mark.parametrize('kind, transport', [
    (Baresip, 'udp'), (Baresip, 'tls'), (Linphone, 'tcp')])
def test_what_waits_comes_when_it_registers_again(house, kind, transport):
    c = house.client(kind, transport)
    c.say(house.room, '#join')
    c.saw('*** [cli] has joined the room', house.room)
    c.close()
    # Most log off, if they are quick enough.
    house.server.ctl('contact', 'cli@' + house.server.domain, 'delete',
                     check=False)
    assert not registered(house.server, 'cli')
    for n in range(3):
        assert house.bob.send(house.room, 'in the room %d' % n) == 202
        assert house.bob.send(c.aor, 'to you alone %d' % n) == 202
    again = house.client(kind, transport, place='again')
    for n in range(3):
        wait_for(lambda: 'in the room %d' % n in again.screen(),
                 'what waited for the room')
        again.saw('to you alone %d' % n, house.bob.aor)
    again.say(house.room, 'back')
    house.bob.saw('[cli]: back')
    for n in range(3):
        assert again.screen().count('in the room %d' % n) == 1
        assert again.count('to you alone %d' % n, house.bob.aor) == 1


@pytest.mark.parametrize('transport', ['udp', 'tcp', 'tls'])
def test_sipsak_registers_with_a_password(house, folder, transport):
    need(Sipsak)
    sak = Sipsak(folder('sak'), 'sak', house.server.domain,
                 ('127.0.0.1', house.server.ports[transport]),
                 transport=transport, password='saks')
    assert sak.register('sip:sak@127.0.0.1:9') == 200, sak.output
    assert registered(house.server, 'sak')[0]['contact'] == \
        'sip:sak@127.0.0.1:9'
    assert sak.say(house.room, '#join') == 200
    house.bob.saw('*** [sak] has joined the room')
    assert sak.say(house.bob.aor, 'to bob alone') == 202
    house.bob.saw('to bob alone', source=sak.aor)
    sak.password = 'wrong'
    assert sak.register('sip:sak@127.0.0.1:9') == 401


@pytest.fixture
def sipp(house, folder):
    need(Sipp)

    def make(transport, hear=None):
        sipp = Sipp(folder('sipp'), 'sipp', house.server.domain,
                    ('127.0.0.1', house.server.port), password='sipps',
                    transport=transport)
        assert sipp.register(), sipp.output
        assert registered(house.server, 'sipp')[0]['contact'] == \
            'sip:sipp@127.0.0.1:%d;transport=%s' % (
                sipp.port, transport.upper())
        if hear:  # there, and speaks from elsewhere
            sipp.listener = hear(sipp.hear())
            sipp.port = free_port()
        assert sipp.say(house.room, '#join', 200), sipp.output
        house.bob.saw('*** [sipp] has joined the room')
        return sipp
    return make


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_sipp_registers_and_speaks(house, sipp, transport):
    speaker = sipp(transport)
    assert speaker.say(house.room, 'to all', 202), speaker.output
    house.bob.saw('[sipp]: to all')
    assert speaker.say(house.bob.aor, 'to bob alone', 202), speaker.output
    house.bob.saw('to bob alone', source=speaker.aor)


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_sipp_hears_where_it_registered(house, sipp, closing, transport):
    """By TCP at its own port, because its connection is gone."""
    house.server.write(extra=house.server.settings['extra'] +
                       '\nsend_to = {"127.0.0.0/8"}\n')
    house.server.stop()
    house.server.start()
    listener = sipp(transport, hear=closing).listener
    assert house.bob.send(house.room, 'to all') == 202
    assert house.bob.send('sip:sipp@' + house.server.domain, 'psst') == 202
    for text in '\n[bob]: to all\n', '\npsst\n':
        wait_for(lambda: listener.messages().count(text) == 1,
                 lambda: 'sipp to hear %r: %s' % (text, listener.messages()))


def test_the_first_chat_of_the_readme(confabd, folder, closing):
    """Two softphones, and a server whose domain is its address."""
    need(Baresip)
    need(Linphone)
    server = confabd(domain='127.0.0.1', trusted='')
    people = []
    for name, kind in ('alice', Baresip), ('bob', Linphone):
        server.add_user(name, name + 's')
        more = dict(contact=[server.manager, server.room('lobby'),
                             server.room('bob')]) if kind is Baresip else {}
        people.append(closing(kind(
            folder(name), name, server.domain, (server.host, server.port),
            transport='tcp', password=name + 's', register=True, **more)))
        wait_for(lambda: registered(server, name), 'it to register')
    alice, bob = people
    room = server.room('lobby')
    for one in alice, bob:
        one.say(server.manager, '#join lobby')
    alice.saw('*** [bob] has joined the room', room)
    alice.say(room, 'hello, everybody')
    bob.saw('[alice]: hello, everybody', room)
    alice.say(bob.aor, 'only for you')
    bob.saw('only for you', alice.aor)
    bob.say(alice.aor, 'and back')
    alice.saw('and back', bob.aor)
    bob.say(room, '#leave')
    alice.saw('*** [bob] has left the room', room)
