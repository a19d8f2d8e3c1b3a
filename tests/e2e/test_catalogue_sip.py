# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile and odd packets, and signals, case by case; CATALOGUE.md says where
the cases that are not here are shown."""
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from lab.sip import get, parse, token
from lab.tls import Authority
from lab.util import free_port, wait_for
from lab.wire import Pipe, Wire, bulky, cost, greedy, request, status_of
from test_torture import FOLDER, Torturer, rows

DOMAIN = 'confab.test'
LOBBY = 'sip:lobby@confab.test'
REFUSED = {400, 401, 403, 404, 405, 413, 414, 415, 416, 420, 481, 482, 483,
           489, 501, 505, 513}


def by_tcp(server, *packets):
    """(statuses, whether it closed) of what is sent in one connection that
    stays open on this side."""
    with socket.create_connection((server.host, server.port), 10) as c:
        c.settimeout(20)
        for p in packets:
            c.sendall(p)
        c.sendall(request(call_id='the-end'))
        got = b''
        while b'\r\nCall-ID: the-end\r\n' not in got:
            try:
                more = c.recv(65535)
            except ConnectionResetError:
                more = b''
            if not more:
                break
            got += more
    found = [int(s) for s in re.findall(rb'(?m)^SIP/2\.0 (\d{3}) ', got)]
    ended = b'\r\nCall-ID: the-end\r\n' not in got
    return found if ended else found[:-1], ended


@pytest.fixture
def server(confabd):
    return confabd(imc='history_on_join = 0')


@pytest.fixture
def wire(server, closing):
    return closing(Wire(server))


@pytest.fixture
def room(server, user):
    """alice and bob in the lobby; a Wire says more in alice's name."""
    class Room:
        pass
    r = Room()
    r.alice, r.bob = user(server, 'alice'), user(server, 'bob')
    r.alice.join(LOBBY)
    r.bob.join(LOBBY)
    r.alice.saw('*** [bob] has joined the room')
    return r


def said(text, **kw):
    return request('MESSAGE', body=text.encode(), **kw)


def rss(server):
    with open('/proc/%d/status' % server.process.pid) as f:
        return int(re.search(r'VmRSS:\s*(\d+)', f.read()).group(1)) * 1024


def sanitized(server):
    with open('/proc/%d/maps' % server.process.pid) as f:
        return 'libasan' in f.read()


# -- SP: the parser

CORPUS = [
    request(),
    said('hello'),
    request('MESSAGE', body=b'--b\r\n\r\nhi\r\n--b--\r\n',
            more=['Content-Type: multipart/mixed;boundary="b"']),
    request('REGISTER', 'sip:' + DOMAIN,
            to='<sip:alice@%s>' % DOMAIN,
            more=['Contact: "A \\" B" <sip:a@127.0.0.1;x=y?h=v>;q=0.5,\r\n'
                  ' <sip:b@127.0.0.1>', 'Path: <sip:p@h;lr>', 'k: path',
                  'Authorization: Digest username="a", nonce="\\"", nc=1']),
    request('SUBSCRIBE', more=['Event: presence;id=1', 'Expires: 600',
                               'Accept: a/b;q=1, c/d',
                               'Contact: <sip:a@127.0.0.1>']),
    request('PUBLISH', body=b'<presence/>', more=[
        'o: presence', 'SIP-If-Match: x', 'Content-Type: application/xml']),
    request('INVITE', body=b'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n', more=[
        'v: SIP/2.0/TCP [::1]:5060;branch=z9hG4bK1;maddr=::1,\r\n'
        '\tSIP/2.0/UDP h', 'Require: a', 'Contact: *',
        'Content-Type: application/sdp']),
    b'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n'
    b'From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: 1\r\n'
    b'CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n',
]


def prefixes(message):
    """All but the whole; where nothing says how long a body is, those of the
    head."""
    head = message.find(b'\r\n\r\n') + 4
    sized = re.search(rb'(?im)^(content-length|l)\s*:', message[:head])
    end = len(message) if sized or head < 4 else head
    return [message[:n] for n in range(end)]


def feed(wire, packets, size=50):
    """What is answered to so many."""
    got = []
    for n in range(0, len(packets), size):
        got += wire.answers(*packets[n:n + size])
    return {status_of(data) for data in got}


def test_sp03_no_prefix_of_a_message_is_taken(server, wire, room):
    for message in CORPUS:
        assert feed(wire, prefixes(message)) <= REFUSED, message
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    assert room.bob.seen.all()[-1].body == '[alice]: the end'


def test_sp03_nor_of_a_torture_message(server, closing):
    wire = closing(Wire(server))
    try:
        ears = closing(Torturer(server=(server.host, server.port)))
    except OSError as e:
        pytest.skip('the default SIP port is taken: %s' % e)
    for row in rows():
        message = (FOLDER / 'wire' / row['file']).read_bytes()
        statuses = feed(wire, prefixes(message))
        statuses |= {status_of(data) for data in ears.answers()}
        assert not any(200 <= s < 300 for s in statuses), row['file']


def test_sp05_lines_without_cr(server, wire, room):
    whole = request('MESSAGE', body=b'hi')
    for packet in (whole.replace(b'\r\n', b'\n'),
                   whole.replace(b'\r\nTo:', b'\nTo:'),
                   whole.replace(b'\r\nMax', b'\rMax')):
        assert wire.ask(packet) == 400
        statuses, ended = by_tcp(server, packet.replace(b'UDP', b'TCP'))
        assert set(statuses) <= {400} and ended
    assert not room.bob.count('[alice]: hi')


def test_sp07_a_length_however_it_is_written(server, wire, room):
    for n, line in enumerate(('Content-Length : 5', 'content-length:5',
                              'l:5', 'L:\t5', 'Content-Length: 0005')):
        assert wire.final(said('udp %d and more' % n, length=line)) == 202
        room.bob.saw('[alice]: udp %d' % n)
        _, ended = by_tcp(server, said('tcp %d' % n, length=line))
        assert not ended
        room.bob.saw('[alice]: tcp %d' % n)


def test_sp08_sp09_sp10_a_length_in_doubt(server, wire, room):
    for line in ('Content-Length: 5\r\nl: 6', 'l: 5\r\nContent-Length: 5',
                 'Content-Length: -1', 'Content-Length: +5', 'l: 5x',
                 'Content-Length: 0x5', 'Content-Length:', 'l: -999',
                 'Content-Length: 99999999999999999999', 'l: 4294967301',
                 'Content-Length: 5, 5', 'Content-Length: 5 5'):
        packet = said('12345', length=line)
        assert wire.ask(packet) == 400, line
        assert by_tcp(server, packet) == ([400], True), line
    assert not room.bob.seen.count(lambda m: '12345' in m.body)


def test_sp12_content_types_in_a_part(server, wire, room):
    def multipart(size):
        body = b'--b\r\n' + b'Content-Type: a/b\r\n' * (size // 19) + \
            b'\r\nhi\r\n--b--\r\n'
        return request('MESSAGE', body=body,
                       more=['Content-Type: multipart/mixed;boundary=b'])
    small, large = multipart(6000), multipart(60000)
    for packet, statuses in (small, {400, 415}), (large, {413, 513}):
        assert wire.final(packet) in statuses
    before = rss(server)
    for n in range(300):
        assert wire.final(large if n % 2 else small) in (
            400, 413, 415, 513)
    # The sanitizer keeps what was freed, and tells itself what leaks.
    assert sanitized(server) or rss(server) - before < 4 << 20
    assert not room.bob.seen.count(lambda m: 'hi' in m.body)


def test_sp13_a_contact_of_parameters(wire):
    for more in (';a' * 32677)[:65000], ';a' * 3500, ';a' * 33, '&a' * 33, \
            ',<sip:a@b>' * 700:
        packet = request(more=['Contact: <sip:a@b>' + more])
        assert wire.ask(packet) in (400, 513)


def test_sp15_a_line_that_is_too_long(server, wire, room):
    for header in ('Subject: ', 'Call-ID: ', 'X-Anything: '):
        line = header + 'a' * (8193 - len(header))
        packet = request('MESSAGE', body=b'hi', more=[line])
        assert wire.ask(packet) in (400, 513)
        statuses, ended = by_tcp(server, packet)
        assert set(statuses) <= {400, 513} and ended
    assert not room.bob.count('[alice]: hi')


def test_sp16_headers_are_counted(server, wire):
    own = request().count(b'\r\n') - 2
    for count, status in (64, 200), (65, 400), (300, 400):
        packet = request(more=['X-N: %d' % n for n in range(count - own)])
        assert wire.ask(packet) == status


def long_user(wire, size):
    name = 'u' * size
    uri = 'sip:%s@%s' % (name, DOMAIN)
    for packet in (request('MESSAGE', uri, body=b'hi', to='<%s>' % uri),
                   request('MESSAGE', body=b'#help',
                           **{'from': '<%s>;tag=1' % uri})):
        status = wire.final(packet)
        if size > 384:
            assert status in (400, 403, 414, 513), status
        else:
            assert status in (200, 404)
    # What stands in To is of no use to us.
    status = wire.final(said('to whom', to='<%s>' % uri))
    assert status == 202 if size == 384 else status in (202, 400, 414, 513)


def test_sp18_long_users(wire, room):
    for size in 384, 385, 511, 512, 513, 4096:
        long_user(wire, size)


def test_sp20_a_name_that_does_not_end(wire, room):
    for name in ('"abc\\" <sip:alice@%s>;tag=1', '"abc <sip:alice@%s>;tag=1',
                 '"abc\\\\\\" <sip:alice@%s>;tag=1', '"\\'):
        value = name % DOMAIN if '%s' in name else name
        assert wire.ask(said('hi', **{'from': value})) == 400
        assert wire.ask(said('hi', to=value)) == 400
        assert wire.ask(request(more=['Contact: ' + value])) == 400
    assert not room.bob.count('[alice]: hi')


def test_sp21_tags_of_from(wire, room):
    who = '<sip:alice@%s>' % DOMAIN
    for tag in ';tag=1;tag=2', ';tag=1;tag=1', ';tag=1;TAG=2':
        assert wire.ask(said('two', **{'from': who + tag})) == 400
    # Who is as old as RFC 2543 has none.
    assert wire.final(said('none', **{'from': who})) == 202
    room.bob.saw('[alice]: none')
    for tag in ';tag=', ';tag':
        assert wire.final(said('empty', **{'from': who + tag})) in (202, 400)


def test_sp29_nothing_is_inflated(wire):
    bomb = b'\x1f\x8b\x08\x00' + b'\x00' * 400
    for line in ('Content-Encoding: gzip', 'e: gzip', 'e: deflate',
                 'Content-Encoding: identity, gzip'):
        answer, = wire.answers(request('MESSAGE', body=bomb, more=[line]))
        assert status_of(answer) == 415
        assert get(parse(answer)[1], 'accept-encoding') == 'identity'


def test_sp30_schemes(wire, room):
    for uri in ('tel:+123', 'urn:service:sos', 'mailto:lobby@confab.test',
                'http://confab.test/', 'x:y'):
        for method in 'MESSAGE', 'OPTIONS':
            assert wire.ask(request(method, uri)) == 416, uri
    for uri in ('sips:lobby@confab.test', 'im:lobby@confab.test',
                'pres:lobby@confab.test'):
        assert wire.final(said(uri, uri=uri)) == 202, uri
        assert wire.ask(request('OPTIONS', uri)) == 200, uri
        room.bob.saw('[alice]: ' + uri)


def test_sp31_cseq(wire, room):
    for value in ('1 MESSAGE', '1 options', '4294967296 OPTIONS', '-1 OPTIONS',
                  'OPTIONS', '1', '', 'x OPTIONS', '1 OPTIONS x',
                  '36893488147419103232 OPTIONS'):
        assert wire.ask(request(cseq=value)) == 400, value
    for number in 0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1:
        assert wire.ask(request(cseq='%d OPTIONS' % number)) == 200
        text = 'number %d' % number
        assert wire.final(said(text, cseq='%d MESSAGE' % number)) == 202
        room.bob.saw('[alice]: ' + text)


def test_sp33_versions(wire):
    for version, statuses in (
            ('SIP/3.0', {505}), ('SIP/2.00', {400, 505}), ('SIP/2.', {400}),
            ('SIP/2.1', {505}), ('SIP/', {400}), ('', {400}),
            ('HTTP/1.1', {400}), ('SIP/2.0 x', {400}),
            ('SIP/99999999999.0', {400, 505}), ('sip/2.0', {200}),
            ('Sip/2.0', {200})):
        assert wire.ask(request(version=version)) in statuses, version


def loud(server):
    """Lines of the log that an operator sees."""
    return [line for line in server.text().splitlines()
            if not re.search(r'\b(debug|trace)\b', line)]


def test_sp34_answers_to_nothing(server, wire):
    tail = request().partition(b'\r\n')[2]
    before = loud(server)
    for status in ('100', '200', '999', '6', '4294967496', '-200', '', '1e2',
                   '200200'):
        assert wire.ask(b'SIP/2.0 %s x\r\n%s' % (status.encode(),
                                                 tail)) is None
    assert wire.ask(b'SIP/2.0') is None
    assert loud(server) == before
    sip = server.ctl('status')['sip']
    assert sip['client_transactions'] == 0


NOISE = [
    b'GET / HTTP/1.1\r\nHost: confab.test\r\n\r\n',
    b'OPTIONS rtsp://confab.test/ RTSP/1.0\r\nCSeq: 1\r\n\r\n',
    bytes.fromhex('160301020001000001fc0303') + b'\x55' * 500,
    bytes(65000), b'\r\n\r\n', b'\r\n', b'\0', b'', b'\xff' * 1000,
    b'SIP', b'SIP/2.0 ', b' ' * 2000, b'A' * 60000,
]


def test_sp35_what_is_no_sip(server, wire):
    before = loud(server)
    for data in NOISE:
        assert sum(map(len, wire.answers(data))) <= len(data), data[:40]
    # STUN is answered, with about as much.
    stun = bytes.fromhex('000100002112a442') + b'confab-test!'
    answer, = wire.answers(stun)
    assert answer[:2] == b'\x01\x01' and len(answer) <= len(stun) + 24
    assert loud(server) == before
    # RFC 5626 keep-alives by TCP have a pong: test_keep_alives_are_answered.
    for data in NOISE[:2]:
        statuses, ended = by_tcp(server, data)
        assert set(statuses) <= {400, 505} and ended


# -- ST: transport and transactions

def test_st01_ten_retransmissions(wire, room):
    packet = said('once')
    wire.send(*[packet] * 11)
    answers = [wire.take()]
    room.bob.saw('[alice]: once')
    answers += wire.answers(*[packet] * 11)
    assert len(answers) >= 12
    assert len(set(answers)) == 1 and status_of(answers[0]) == 202
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    assert room.bob.count('[alice]: once') == 1


def test_st02_the_same_by_another_way(server, wire, room):
    """Another branch, the same Call-ID, CSeq and tag, before and after a
    crash."""
    def again(**lines):
        return wire.final(said('once', call_id='same', **lines))
    for _ in range(3):
        assert again() == 202
    server.kill()
    server.start()
    assert again() == 202
    assert again(cseq='2 MESSAGE') == 202
    assert again(**{'from': '<sip:alice@%s>;tag=b' % DOMAIN}) == 202
    room.bob.saw('[alice]: once', count=3)
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    assert room.bob.count('[alice]: once') == 3


def test_st05_a_branch_that_is_none(wire, room, carol):
    """From two senders, and twice from one: as in RFC 2543."""
    via = 'SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK'
    for name, text, seq in (('alice', 'one', 1), ('carol', 'two', 1),
                            ('alice', 'three', 2)):
        packet = said(text, via=via, call_id='same',
                      cseq='%d MESSAGE' % seq, **{
                          'from': '<sip:%s@%s>;tag=1' % (name, DOMAIN)})
        assert wire.final(packet) == 202
        assert wire.final(packet) == 202
        room.bob.saw('[%s]: %s' % (name, text))
    assert room.bob.count('[alice]: one') == 1
    wire.hears('[alice]: three')


def test_st06_answers_go_to_the_source(wire, closing):
    other = closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    other.bind(('127.0.0.2', wire.port))
    other.setblocking(False)
    for host in ('127.0.0.2', '203.0.113.9', '0.0.0.0', '255.255.255.255',
                 'nowhere.invalid', '[2001:db8::9]'):
        answer, = wire.answers(request(
            via='SIP/2.0/UDP %s:%d;branch=z9hG4bK1' % (host, wire.port)))
        assert status_of(answer) == 200
        via = get(parse(answer)[1], 'via')
        assert ';received=127.0.0.1' in via and 'rport' not in via
    with pytest.raises(BlockingIOError):
        other.recv(100)


def test_st07_nobody_leads_us_to_a_group(server, wire, room, closing):
    group = '224.0.1.75'
    ear = closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    ear.bind(('', 0))
    ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                   socket.inet_aton(group) + socket.inet_aton('127.0.0.1'))
    ear.setblocking(False)
    port = ear.getsockname()[1]
    for to in group, '255.255.255.255', '0.0.0.0', '127.255.255.255':
        more = ['Contact: <sip:a@%s:%d>' % (to, port),
                'Reply-To: <sip:a@%s:%d>' % (to, port)]
        via = 'SIP/2.0/UDP 127.0.0.1:%d;maddr=%s;ttl=255;branch=z9hG4bK%s'
        assert wire.ask(request(via=via % (wire.port, to, token()),
                                more=more)) == 200
        assert wire.final(said('hi', more=more, via=via % (
            wire.port, to, token()))) == 202
        assert wire.ask(request(
            'REGISTER', 'sip:' + DOMAIN, to='<sip:alice@%s>' % DOMAIN,
            more=more)) == 403
    room.bob.saw('[alice]: hi', count=4)
    with pytest.raises(BlockingIOError):
        ear.recv(100)


def test_st09_a_route_leads_nowhere(server, wire, room, closing):
    trap = closing(socket.create_server(('127.0.0.1', 0)))
    trap.setblocking(False)
    port = trap.getsockname()[1]
    ear = closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    ear.bind(('127.0.0.1', port))
    ear.setblocking(False)
    for n, route in enumerate((
            '<sip:127.0.0.1:%d;lr>' % port, '<sip:127.0.0.1:%d>' % port,
            '<sip:127.0.0.1:%d;transport=tcp;lr>' % port,
            '<sip:169.254.169.254;lr>', '<sip:a@[::1]:25;lr>')):
        text = 'routed %d' % n
        assert wire.final(said(text, more=['Route: ' + route])) in (202, 403)
        assert wire.ask(request(more=['Route: ' + route])) in (200, 403)
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    for sock in trap.accept, lambda: ear.recv(100):
        with pytest.raises(BlockingIOError):
            sock()


@pytest.fixture
def carol(server, room, closing):
    """In the lobby; her answers are written by hand."""
    wire = closing(Wire(server))
    wire.join = lambda: wire.final(request('MESSAGE', body=b'#join', **{
        'from': '<sip:carol@%s>;tag=1' % DOMAIN}))
    assert wire.join() == 200
    room.bob.saw('*** [carol] has joined the room')
    return wire


def test_st28_redirections_lead_nowhere(server, room, carol, closing):
    trap = closing(Wire(server))
    trap.sock.setblocking(False)
    evil = 'Contact: <sip:carol@127.0.0.1:%d>' % trap.port
    many = 'Contact: ' + ', '.join(['<sip:a@127.0.0.1:%d>' % trap.port] * 100)
    for n, (status, more) in enumerate((
            (301, [evil]), (302, [many] * 10), (302, [many]), (305, [evil]),
            (300, [evil]), (380, [evil]))):
        assert room.alice.send(LOBBY, 'move %d' % n) == 202
        carol.copy('move %d' % n, status, more)
        assert carol.join() == 200
        room.bob.saw('[alice]: move %d' % n)
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    carol.hears('the end')
    with pytest.raises(BlockingIOError):
        trap.sock.recv(100)


CHALLENGE = ('Digest realm="%s", nonce="n", algorithm=%s, qop="auth", '
             'opaque="o"')


def test_st31_nobody_gets_credentials_of_ours(room, carol):
    """There are none to be had: what is asked for them has failed."""
    for n, (status, more) in enumerate((
            (401, ['WWW-Authenticate: ' + CHALLENGE % (DOMAIN, 'MD5')]),
            (407, ['Proxy-Authenticate: ' + CHALLENGE % (DOMAIN, 'MD5')]),
            (401, ['WWW-Authenticate: ' + CHALLENGE % ('x', 'MD5-sess')]),
            (407, ['Proxy-Authenticate: ' + CHALLENGE % ('r' * 4096, 'MD5')]),
            (401, ['WWW-Authenticate: ' + CHALLENGE % (DOMAIN, 'MD5')] * 100),
            (401, []))):
        assert room.alice.send(LOBBY, 'secret %d' % n) == 202
        carol.copy('secret %d' % n, status, more)
        assert carol.join() == 200
        room.bob.saw('[alice]: secret %d' % n)
    assert room.alice.send(LOBBY, 'the end') == 202
    room.bob.saw('[alice]: the end')
    carol.hears('the end')
    for data in carol.heard:
        assert b'uthorization:' not in data


# -- SA: identity

def test_sa11_no_relay(confabd, user, closing):
    """Neither for strangers nor for users."""
    server = confabd(trusted='')
    server.add_user('alice', 'alices')
    trap = closing(Wire(server))
    alice = user(server, 'alice', password='alices')
    stranger = closing(Wire(server))
    assert alice.send(LOBBY, '#join') == 200
    for domain in ('elsewhere.test', '127.0.0.1:%d' % trap.port,
                   '127.0.0.1:%d;transport=tcp' % server.port,
                   'elsewhere.test;maddr=127.0.0.1'):
        uri = 'sip:bob@' + domain
        assert stranger.ask(request('MESSAGE', uri, body=b'relay')) == 401
        assert alice.send(uri, 'relay') in (403, 404), uri
        assert alice.send(LOBBY, '#invite ' + uri) >= 400, uri
    trap.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        trap.sock.recv(100)


# -- what a datagram costs

def test_sp13_no_datagram_costs_much_more_than_another(confabd, closing):
    """The times of all are in the unit of a plain OPTIONS with its probe;
    tests/bench/datagrams.py has them in microseconds."""
    server = confabd(extra='')
    for wire, packets in ((closing(Wire(server)), greedy()),
                          (closing(Pipe(server)), bulky())):
        cost(server, wire, packets['plain'], 100)
        plain = cost(server, wire, packets['plain'], 400)
        for name, packet in packets.items():
            times = cost(server, wire, packet, 60) / plain
            assert times < 200, (name, times)


# -- SG: signals

@pytest.fixture
def brief(confabd, folder):
    """One that believes in few: all of the system's take time to read."""
    return confabd(extra='tls_ca = "%s"\n' % Authority(folder('ca')).file)


def test_sg02_sighup_again_and_again(brief, user, closing):
    server, wire = brief, closing(Wire(brief))
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(LOBBY)
    bob.join(LOBBY)
    texts, statuses = ['text %d' % n for n in range(100)], {}
    descriptors = '/proc/%d/fd' % server.process.pid
    before = len(os.listdir(descriptors))
    talker = threading.Thread(target=lambda: statuses.update(
        alice.pour(LOBBY, texts)))
    talker.start()
    server.write(limits={'user_rate': 5000, 'user_burst': 5000})
    for _ in range(100):
        server.process.kill(signal.SIGHUP)
        assert wire.ask(request()) == 200
    talker.join()
    # Applied once, however often it was asked for.
    wait_for(lambda: 'SIGHUP: now as the file says: '
             'limits.user_rate, limits.user_burst' in server.text(),
             'the new limits')
    assert server.text().count('SIGHUP: now as') == 1
    assert set(statuses.values()) == {202} and len(statuses) == len(texts)
    for text in texts:
        bob.saw('[alice]: ' + text)
    # SQLite may open one that it had no need of before.
    assert len(os.listdir(descriptors)) < before + 10


def test_sg03_a_broken_file_changes_nothing(server, room):
    with open(server.conf) as f:
        good = f.read()
    with open(server.conf, 'w') as f:
        f.write(good.replace('trusted = {"127.0.0.0/8"}', 'trusted = {}') +
                '\nlimits { user_rate = "x" }\n')
    server.process.kill(signal.SIGHUP)
    wait_for(lambda: 'SIGHUP: all stays as it was: ' in server.text(),
             'its answer')
    line = good.count('\n') + 2
    assert '%s:%d: ' % (server.conf, line) in server.text()
    assert room.alice.send(LOBBY, 'as before') == 202
    room.bob.saw('[alice]: as before')
    check = subprocess.run([server.program('confabd'), '--check', '-c',
                            server.conf], capture_output=True, text=True)
    assert check.returncode == 1
    assert '%s:%d: ' % (server.conf, line) in check.stderr
    with open(server.conf, 'w') as f:
        f.write(good)


def test_sg05_signals_that_mean_nothing(server, room):
    for n in range(200):
        for signum in (signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGALRM, signal.SIGCHLD):
            server.process.kill(signum)
    assert room.alice.send(LOBBY, 'still here') == 202
    room.bob.saw('[alice]: still here')
    assert server.process.alive()


def test_sg07_ready_while_all_else_is_dead(confabd, user):
    """Again and again: neither links nor names nor the proxy are waited
    for."""
    server = confabd(run=False, imc='outbound_proxy = '
                     '"sip:proxy.invalid"', extra='''
irc "gone" { server = "127.0.0.1" port = %d tls = false }
irc "lost" { server = "irc.invalid" port = 6667 tls = false }
jabber "gone" { jid = "a@b.invalid" password = "x" server = "127.0.0.1"
    port = %d tls = "off" }
link "i" { room = "sip:lobby@confab.test" to = "irc:gone/#c" }
link "l" { room = "sip:lobby@confab.test" to = "irc:lost/#c" }
link "x" { room = "sip:lobby@confab.test" to = "xmpp:r@b.invalid" }
''' % (free_port(), free_port()))
    for _ in range(3):
        server.start()
        wire = Wire(server)
        assert wire.ask(request()) == 200
        assert 'up' not in [link['state'] for link in server.ctl('links')]
        for label in 'ix':
            wait_for(lambda: server.link(label)['error'], 'an error in words')
        assert wire.ask(request()) == 200
        wire.close()
        assert server.stop() == 0
