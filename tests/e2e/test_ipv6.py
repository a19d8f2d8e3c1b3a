# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP over IPv6, beside IPv4."""
import socket

import pytest

from lab.sip import SipUser, get
from lab.tls import TlsSocket
from lab.util import free_port
from lab.ws import WsSocket
from test_registrar import register, registered
from test_transports import authority  # noqa: F401

SIX = '::1'


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind((SIX, 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason='no IPv6 here')


@pytest.fixture
def house(confabd, authority):  # noqa: F811
    """Listens on both; nobody is believed without a password."""
    pair = authority.make('six', 'DNS:localhost')
    c = confabd(run=False, trusted='', extra=authority.settings(pair))
    c.ports = {t: free_port() for t in ('tls', 'ws')}
    c.write(listen=c.settings['listen'] + ''.join(
        ', "%s:[::1]:%d"' % p for p in
        [('udp', c.port), ('tcp', c.port), *c.ports.items()]))
    c.start()
    for name in 'alice', 'bob':
        c.add_user(name, name + 's')
    return c


@pytest.fixture
def six(house, closing, authority):  # noqa: F811
    """Factory: six('alice', 'tcp'): a user who has no IPv4."""
    def make(name, transport):
        sock = None
        address = SIX, house.ports.get(transport, house.port)
        if transport == 'tls':
            sock = TlsSocket(address, authority.client(None))
        if transport == 'ws':
            sock = WsSocket('ws://[::1]:%d/' % address[1])
        u = closing(SipUser(name, house.domain, address, transport, bind=SIX,
                            sock=sock, password=name + 's'))
        u.contact = 'sip:%s@%s:%d;transport=%s' % (name, u.host, u.port,
                                                   transport)
        u.registration = 'reg-' + transport
        return u
    return make


@pytest.mark.parametrize('transport', ['udp', 'tcp', 'tls', 'ws'])
def test_both_meet(house, user, six, transport):
    """In a room and one to one, both ways."""
    bob, alice = user(house, 'bob', password='bobs'), six('alice', transport)
    room = house.room('lobby')
    assert register(alice)[0] == 200
    assert registered(house, 'alice')[0]['contact'] == alice.contact
    bob.join(room)
    alice.join(room)
    assert alice.send(room, 'by six') == 202
    bob.saw('[alice]: by six', source=room)
    assert bob.send(room, 'by four') == 202
    alice.saw('[bob]: by four', source=room)
    assert alice.send(bob.aor, 'to you') == 202
    bob.saw('to you', source=alice.aor)
    assert bob.send(alice.aor, 'and back') == 202
    message = alice.saw('and back', source=bob.aor)
    assert message.uri == alice.contact
    if transport in ('udp', 'tcp'):
        assert '[::1]:%d' % house.port in get(message.headers, 'via')


def test_answers_say_where_it_came_from(house, six):
    status, headers = six('alice', 'udp').options(house.room('lobby'))
    assert status == 200
    assert ';received=::1' in get(headers, 'via')


def test_it_is_found_after_a_restart(house, user, six):
    bob, alice = user(house, 'bob', password='bobs'), six('alice', 'udp')
    assert register(alice)[0] == 200
    house.kill()
    house.start()
    assert bob.send(alice.aor, 'still there?') == 202
    alice.saw('still there?')


def test_all_addresses_of_both(confabd, user, closing):
    """One port, a listener for each: neither takes the other's place."""
    c = confabd(run=False, trusted='"127.0.0.0/8", "::1"')
    c.write(listen=', '.join('"%s:%s:%d"' % (t, a, c.port)
                             for t in ('udp', 'tcp')
                             for a in ('0.0.0.0', '[::]')))
    c.start()
    room, bob = c.room('lobby'), user(c, 'bob')
    bob.join(room)
    for n, transport in enumerate(('udp', 'tcp')):
        alice = closing(SipUser('alice%d' % n, c.domain, (SIX, c.port),
                                transport, bind=SIX))
        alice.join(room)
        assert bob.send(room, 'hello %d' % n) == 202
        alice.saw('[bob]: hello %d' % n)
