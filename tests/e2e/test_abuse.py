# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody who means harm tries at the SIP edge, beside the cases of the
catalogue: requests that are read in two ways, transactions and nonces of
others, addresses in disguise."""
import hashlib
import re

import pytest

from lab.digest import authorization, challenges
from lab.nonsense import talk
from lab.sip import parse, token
from lab.wire import LOBBY, Pipe, Wire, request, status_of
from lab.ws import WsSocket
from test_catalogue_sip import by_tcp, room, said, server, wire  # noqa: F401
from test_transports import authority, edge  # noqa: F401

DOMAIN = 'confab.test'


def quiet(room, text):  # noqa: F811
    """Nobody was told so, now and later."""
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    assert not room.bob.seen.count(lambda m: text in m.body)


# -- read in two ways

def test_a_length_that_is_folded(server, wire, room):  # noqa: F811
    for fold in '\r\n ', '\r\n\t\r\n ', ' \r\n  ':
        packet = said('hello and more', length='Content-Length:%s5' % fold)
        assert wire.final(packet) == 202, fold
        _, ended = by_tcp(server, said('hello', length='l:%s5' % fold))
        assert not ended
    room.bob.saw('[alice]: hello', count=6)
    for line in ('Content-Length: 1\r\n 4', 'Content-Length: 1,\r\n 4',
                 'Content-Length\0: 5', 'Content-Length\r\n : 5',
                 ' Content-Length: 5', 'X: a\rContent-Length: 5',
                 'X: a\nContent-Length: 5', 'Content-Length: "5"',
                 'Content-Length: 5;a', 'Content-Length: 5\0'):
        packet = said('secret', length=line)
        assert wire.ask(packet) == 400, line
        assert by_tcp(server, packet) == ([400], True), line
    quiet(room, 'secret')


def test_a_request_in_a_body_is_a_body(server, wire, room):  # noqa: F811
    inner = said('smuggled')
    statuses, ended = by_tcp(server, request('MESSAGE', body=inner))
    assert set(statuses) <= {202} and not ended
    room.bob.seen.wait(lambda m: 'smuggled' in m.body)
    seen = [m.body for m in room.bob.seen.all() if 'smuggled' in m.body]
    assert len(seen) == 1 and seen[0].startswith('[alice]: MESSAGE sip:')
    # By UDP what lies behind is nothing.
    assert wire.final(said('first', length='l: 5') + said('behind')) == 202
    room.bob.saw('[alice]: first')
    quiet(room, 'behind')


def test_what_a_frame_holds_is_one_request(edge, user, closing):  # noqa: F811
    """Whatever its length says (RFC 7118 5)."""
    server = edge()
    bob = user(server, 'bob')
    bob.join(LOBBY)
    ws = closing(WsSocket('ws://127.0.0.1:%d/' % server.ports['ws'],
                          binary=True))
    ws.settimeout(20)

    def ask(packet):
        ws.send(packet)
        while True:
            data = ws.recv(65535)
            assert data, 'the connection ended'
            if data.startswith(b'SIP/2.0'):
                return status_of(data)
    assert ask(said('#join')) == 200
    assert ask(said('one') + said('two')) == 202
    assert ask(said('three', length='l: 2')) == 202
    assert ask(said('four', length='')) == 202
    assert ask(said('five', length='l: 5')) == 400
    assert ask(said('six', length='l: 3\r\nl: 3')) == 400
    assert ask(request()) == 200
    bob.saw('[alice]: four')
    assert [m.body for m in bob.seen.all() if m.body.startswith('[alice]')] \
        == ['[alice]: one', '[alice]: th', '[alice]: four']


def test_what_stands_once_stands_once(server, wire, room):  # noqa: F811
    """By long and short names, in any case."""
    bob = '<sip:bob@%s>;tag=b' % DOMAIN
    for line in ('f: ' + bob, 'FROM : ' + bob, 't: <sip:other@confab.test>',
                 'To:\r\n <sip:other@confab.test>', 'i: another',
                 'cseq: 2 MESSAGE', 'MAX-FORWARDS: 1', 'c: text/html',
                 'Expires: 1\r\nexpires: 2', 'o: presence\r\nEvent: presence'):
        more = ['Content-Type: text/plain', line]
        assert wire.ask(request('MESSAGE', body=b'twice', more=more)) == 400
        assert wire.ask(request('MESSAGE', body=b'twice',
                                more=more[::-1])) == 400, line
    quiet(room, 'twice')


def test_refused_notices_leave_nothing(server, wire, room):  # noqa: F811
    """They are not answered in words; the sanitizer tells what stays."""
    for uri, text in (('sip:nowhere@' + DOMAIN, 'hi'), (LOBBY, '#nonsense'),
                      (LOBBY, '#kick nobody'), (LOBBY, '/allow 7'),
                      ('sip:chat-manager@' + DOMAIN, 'hi'),
                      ('sip:chat-manager@' + DOMAIN, '#join a b c')):
        status = wire.final(said(text, uri=uri, more=['X-IM-Notice: 1']))
        assert 200 <= status < 500, (uri, text)
    quiet(room, 'nowhere')


def test_nonsense(server, wire):  # noqa: F811
    """Some of it; crash/nonsense.py has no end."""
    for n, _ in enumerate(talk(wire, 4711)):
        if n == 40:
            break
    for words in (('status',), ('rooms',), ('contact', 'alice'),
                  ('contact', 'bob')):
        server.show(*words)
    wire.probe([])


# -- whose it is

def test_nobody_begins_anothers_transaction(wire, server, room,  # noqa: F811
                                            closing):
    """Who knows the branch of a request to come, and says so first."""
    mallory = closing(Wire(server, host='127.0.0.2'))
    same = dict(via='SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKguessed')
    fake = '<sip:mallory@%s>;tag=m' % DOMAIN
    assert mallory.final(said('hi', **same, **{'from': fake})) == 403
    assert wire.final(said('mine', **same)) == 202
    room.bob.saw('[alice]: mine')
    # nor hears what he was answered
    assert mallory.final(said('hi', **same, **{'from': fake})) == 403


def answer_to(say, packet):
    got = say.answers(packet)
    data = got if isinstance(got, bytes) else got[0]
    return status_of(data), parse(data)[1]


def stale(headers):
    return any('stale=true' in v for k, v in headers
               if k == 'www-authenticate')


def test_a_nonce_is_counted_over_all_transports(confabd, closing):
    server = confabd(trusted='')  # noqa: F811
    server.add_user('alice', 'alices')
    pipes = [closing(Pipe(server)), closing(Pipe(server))]
    udp = closing(Wire(server))
    nowhere = 'sip:nowhere@' + DOMAIN

    def ask(by, nc):
        """404: taken; (401, True): seen before."""
        line = authorization(first, 'MESSAGE', nowhere, 'alice', 'alices',
                             nc='%08x' % nc)
        status, headers = answer_to(by, request(
            'MESSAGE', nowhere, more=[line],
            via='SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK' + token()))
        return status if status != 401 else (401, stale(headers))
    _, headers = answer_to(pipes[0], request('MESSAGE', nowhere))
    first = challenges(headers)[0]
    assert ask(pipes[0], 1) == 404
    assert ask(pipes[1], 1) == (401, True)
    assert ask(udp, 1) == (401, True)
    assert ask(udp, 2) == 404
    assert ask(pipes[0], 2) == (401, True)
    assert ask(pipes[1], 3) == 404


def test_names_that_are_hashed(confabd, closing):
    """RFC 7616 3.4.4: nobody was asked for that."""
    server = confabd(trusted='')  # noqa: F811
    server.add_user('alice', 'alices')
    pipe, to = closing(Pipe(server)), 'sip:nowhere@' + DOMAIN
    _, headers = answer_to(pipe, request('MESSAGE', to))
    first = challenges(headers)[0]
    hashed = hashlib.sha256(b'alice:' + DOMAIN.encode()).hexdigest()
    for nc, (says, status) in enumerate((
            ({'username': '"%s"' % hashed, 'userhash': 'true'}, 401),
            ({'userhash': 'false'}, 404),
            ({'username': None, 'username*': "UTF-8''alice"}, 400),
            ({'username*': "UTF-8''bob"}, 404),
            ({'opaque': '"x"'}, 404))):
        line = authorization(first, 'MESSAGE', to, 'alice', 'alices',
                             nc='%08x' % (nc + 1), says=says)
        assert answer_to(pipe, request('MESSAGE', to, more=[line]))[0] \
            == status, says


# -- addresses in disguise

def contact_of(host):
    return ['Contact: <sip:alice@%s>' % host]


@pytest.mark.parametrize('host,status', [
    ('[::ffff:127.0.0.2]', 403), ('[::ffff:169.254.169.254]:80', 403),
    ('[::FFFF:7f00:2]', 403), ('[::]:5060', 403), ('[::1%25lo]', 400),
    ('[fe80::1%eth0]', 400), ('[::ffff:0.0.0.0]', 403), ('0.0.0.0', 403),
    ('127.0.0.1:0', 400), ('127.0.0.1:99999', 400)])
def test_where_contacts_may_lead(server, wire, host, status):  # noqa: F811
    to = '<sip:alice@%s>' % DOMAIN
    assert wire.ask(request('REGISTER', 'sip:' + DOMAIN, to=to,
                            more=contact_of(host))) == status
    assert wire.ask(request(
        'SUBSCRIBE', 'sip:alice@' + DOMAIN, to=to,
        more=contact_of(host) + ['Event: presence'])) == status


def test_our_own_address_however_we_listen(confabd, closing):
    """A listener for all addresses is at each of them."""
    server = confabd(run=False, extra='send_to = {"127.0.0.0/8"}')
    server.write(listen='"udp:0.0.0.0:%d", "tcp:0.0.0.0:%d"' % (
        server.port, server.port))
    server.start()
    wire = closing(Wire(server))  # noqa: F811
    for host, status in (('127.0.0.1', 403), ('127.0.0.2', 403),
                         ('[::ffff:127.0.0.1]', 403), ('10.9.9.9', 200)):
        assert wire.final(request(
            'REGISTER', 'sip:' + DOMAIN, to='<sip:alice@%s>' % DOMAIN,
            more=contact_of('%s:%d' % (host, server.port)))) == status, host


def test_mapped_networks_are_those_of_ipv4(confabd, closing):
    server = confabd(trusted='"::ffff:127.0.0.3/128"')  # noqa: F811
    near, far = (closing(Wire(server, host=host))
                 for host in ('127.0.0.3', '127.0.0.4'))
    packet = said('#rooms', uri='sip:chat-manager@' + DOMAIN)
    assert near.final(packet) == 200
    assert far.final(re.sub(rb'z9hG4bK', b'z9hG4bKx', packet)) == 403
