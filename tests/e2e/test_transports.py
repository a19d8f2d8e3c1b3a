# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP over TLS and WebSocket, beside UDP and TCP: who may connect, and that
all of them meet in one room."""
import os
import resource
import signal
import socket
import ssl
import subprocess

import pytest
import websocket

from conftest import links
from lab.clients import Baresip, Linphone, installed
from lab.sip import SipUser
from lab.tls import Authority, TlsServer, TlsSocket
from lab.util import free_port, wait_for
from lab.ws import WsSocket

OPTIONS = ('OPTIONS sip:confab.test SIP/2.0\r\n'
           'Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKa;rport\r\n'
           'From: <sip:a@confab.test>;tag=1\r\nTo: <sip:confab.test>\r\n'
           'Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n')


@pytest.fixture
def descriptors():
    """More sockets than a shell usually lets one have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    a = Authority(tmp_path_factory.mktemp('certs'))
    # linphone's mbed TLS compares numbers with names only
    a.server = a.make('server', 'DNS:localhost', 'IP:127.0.0.1',
                      'DNS:127.0.0.1')
    return a


@pytest.fixture
def edge(confabd, authority):
    """Factory: a confabd that listens by everything."""
    def make(settings='', client_ca=False, **kw):
        ports = {t: free_port() for t in ('tls', 'ws', 'wss')}
        more = {'tls_client_ca': authority.file} if client_ca else {}
        c = confabd(run=False, extra=settings + authority.settings(
            authority.server, **more), **kw)
        c.write(listen=c.settings['listen'] + ''.join(
            ', "%s:127.0.0.1:%d"' % p for p in ports.items()))
        c.ports = dict(ports, udp=c.port, tcp=c.port)
        return c.start()
    return make


@pytest.fixture
def person(closing, authority):
    """Factory: person(server, 'alice', 'wss'): a user by any transport."""
    def connect(server, transport, pair, **kw):
        port = server.ports[transport]
        context = authority.client(pair)
        if transport == 'tls':
            return TlsSocket(('127.0.0.1', port), context)
        return WsSocket('%s://127.0.0.1:%d/' % (transport, port),
                        context if transport == 'wss' else None, **kw)

    def make(server, name, transport, pair=None, password=None, **kw):
        sock = None
        if transport in ('tls', 'ws', 'wss'):
            sock = connect(server, transport, pair, **kw)
        return closing(SipUser(name, server.domain, (
            '127.0.0.1', server.ports[transport]), transport, sock=sock,
            password=password))
    return make


def test_all_transports_meet_in_a_room(edge, person):
    server = edge()
    room = server.room('lobby')
    people = [person(server, 'u-' + t, t)
              for t in ('udp', 'tcp', 'tls', 'ws', 'wss')]
    for p in people:
        p.join(room)
    for p in people:
        text = 'gr\xfc\xdfe by %s \U0001f600' % p.transport
        assert p.send(room, text) == 202
        for other in people:
            if other is not p:
                other.saw('[%s]: %s' % (p.name, text), source=room)


def test_long_texts_stay_whole_where_they_fit(edge, person):
    server = edge()
    room = server.room('lobby')
    tls, wss = person(server, 'tess', 'tls'), person(server, 'wes', 'wss')
    tls.join(room)
    wss.join(room)
    text = 'x' * 6000
    assert tls.send(room, text) == 202
    wss.saw('[tess]: ' + text)
    assert wss.send(room, text) == 202
    tls.saw('[wes]: ' + text)


def test_binary_frames_are_messages_too(edge, person):
    server = edge()
    bea = person(server, 'bea', 'ws', binary=True)
    bea.join(server.room('lobby'))
    assert bea.send(server.room('lobby'), 'bytes') == 202


def test_answers_go_down_the_flow(edge, person):
    """Via and rport of a browser lead nowhere."""
    server = edge()
    wes = person(server, 'wes', 'ws')
    wes.host, wes.port = 'df7jal23ls0d.invalid', 1
    wes.join(server.room('lobby'))
    tess = person(server, 'tess', 'tls')
    tess.host, tess.port = '192.0.2.1', 1
    tess.join(server.room('lobby'))
    assert wes.send(server.room('lobby'), 'found') == 202
    tess.saw('[wes]: found')
    assert tess.send(server.room('lobby'), 'you too') == 202
    wes.saw('[tess]: you too')


def test_what_came_while_a_browser_was_away_waits(edge, person, user):
    server = edge()
    room = server.room('lobby')
    wes, bob = person(server, 'wes', 'wss'), user(server, 'bob')
    wes.join(room)
    bob.join(room)
    wes.close()
    wait_for(lambda: 'closed by the other side' in server.text(),
             'the server to notice')
    assert bob.send(room, 'are you there?') == 202
    wait_for(lambda: 'wes@confab.test put off' in server.text(),
             'the text to wait')
    again = person(server, 'wes', 'wss')
    assert again.send(room, 'back') == 202
    again.seen.wait(lambda m: m.body.endswith('[bob]: are you there?'))
    bob.saw('[wes]: back')


@pytest.mark.parametrize('transport', ('tcp', 'wss'))
def test_who_comes_by_another_way_gets_it_there(edge, person, user,
                                                transport):
    """A phone changes its network: what was sent the old way is not lost
    there until it is tried again."""
    server = edge()
    room = server.room('lobby')
    old, bob = person(server, 'nia', transport), user(server, 'bob')
    bob.join(room)
    old.join(room)
    old.answer = None
    assert bob.send(room, 'where are you?') == 202
    old.requests.wait(lambda m: m.body == '[bob]: where are you?')
    new = person(server, 'nia', transport)
    assert new.send(room, 'here') == 202
    old.close()
    new.seen.wait(lambda m: m.body.endswith('[bob]: where are you?'),
                  patience=20)


def register(u, contact, expires=600):
    """As JsSIP does, whose contact leads nowhere: the status."""
    domain = 'sip:' + u.domain
    packet = u.build('REGISTER', domain, headers=[
        'Contact: <sip:%s;transport=ws>;expires=%d' % (contact, expires),
        'Supported: path, gruu, outbound'])
    packet = packet.replace(b'To: <%s>' % domain.encode(),
                            b'To: <%s>' % u.aor.encode())
    return u.transact(packet)[0]


@pytest.mark.parametrize('transport', ('tls', 'ws', 'wss'))
def test_users_log_in(edge, person, transport):
    server = edge(trusted='')
    for name in ('una', 'bob'):
        server.add_user(name, name + 's')
    room = server.room('lobby')
    una = person(server, 'una', transport, password='unas')
    bob = person(server, 'bob', 'udp', password='bobs')
    assert register(una, 'abc@una.invalid') == 200
    una.join(room)
    bob.join(room)
    assert una.send(room, 'in a room') == 202
    bob.saw('[una]: in a room', source=room)
    assert bob.send(room, 'back') == 202
    una.saw('[bob]: back', source=room)
    assert una.send(bob.aor, 'to one') == 202
    bob.saw('to one', source=una.aor)
    assert bob.send(una.aor, 'and back') == 202
    una.saw('and back', source=bob.aor)
    stranger = person(server, 'una', transport)
    assert stranger.send(room, 'me too') == 401


def test_a_registered_browser_is_reached_down_its_flow(edge, person, user):
    server = edge()
    room = server.room('lobby')
    one, two = (person(server, 'wes', t) for t in ('ws', 'wss'))
    assert register(one, 'abc@one.invalid') == 200
    assert register(two, 'abc@two.invalid') == 200
    bob = user(server, 'bob')
    bob.join(room)
    one.join(room)
    assert bob.send(room, 'to both') == 202
    for u in (one, two):
        u.saw('[bob]: to both', source=room)
    one.close()
    wait_for(lambda: 'closed by the other side' in server.text(),
             'the server to notice')
    assert bob.send(room, 'to who is there') == 202
    two.saw('[bob]: to who is there')
    two.close()
    wait_for(lambda: server.text().count('closed by the other side') == 2,
             'the server to notice')
    assert bob.send(room, 'to nobody') == 202
    wait_for(lambda: 'wes@confab.test put off' in server.text(),
             'the text to wait')
    # It comes back, and need not say a word.
    again = person(server, 'wes', 'wss')
    assert register(again, 'abc@two.invalid') == 200
    again.seen.wait(lambda m: m.body.endswith('[bob]: to nobody'))


# -- keep-alives


def test_keep_alives_are_answered(edge, authority):
    server = edge()
    for transport in ('tcp', 'tls'):
        sock = socket.create_connection(
            ('127.0.0.1', server.ports[transport]), 10)
        if transport == 'tls':
            sock = authority.client().wrap_socket(
                sock, server_hostname='localhost')
        sock.sendall(b'\r\n\r\n')
        assert sock.recv(10) == b'\r\n'
        sock.close()
    ws = WsSocket('ws://127.0.0.1:%d/' % server.ports['ws'])
    ws.send(b'\r\n\r\n')
    assert ws.recv(10) == b'\r\n'
    ws.ws.ping(b'are you there')
    opcode, data = ws.ws.recv_data(control_frame=True)
    assert (opcode, data) == (websocket.ABNF.OPCODE_PONG, b'are you there')
    ws.close()


# -- who is refused


def s_client(server, *options, text=OPTIONS):
    run = subprocess.run(
        ['openssl', 's_client', '-quiet', '-no_ign_eof', '-connect',
         '127.0.0.1:%d' % server.ports['tls'], *options],
        input=text.encode(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60)
    return run.stdout.decode('utf-8', 'replace')


def raw_tls(server, context):
    """What OPTIONS is answered with, or the error."""
    try:
        with socket.create_connection(('127.0.0.1', server.ports['tls']),
                                      10) as sock:
            with context.wrap_socket(sock,
                                     server_hostname='localhost') as s:
                s.sendall(OPTIONS.encode())
                return s.recv(4000).decode() or 'refused: closed'
    except (ssl.SSLError, ConnectionError) as e:
        return 'refused: %s' % e


def test_old_versions_are_refused(edge, authority):
    server = edge()
    old = 'DEFAULT@SECLEVEL=0'
    for version in ('-tls1', '-tls1_1'):
        out = s_client(server, version, '-cipher', old)
        assert 'SIP/2.0' not in out and 'alert' in out, out
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = authority.client()
        context.minimum_version = context.maximum_version = version
        assert raw_tls(server, context).startswith('SIP/2.0 200 OK')


def test_a_name_that_is_not_ours_does_not_match(edge, authority):
    server = edge()
    with socket.create_connection(('127.0.0.1', server.ports['tls']),
                                  10) as sock:
        with pytest.raises(ssl.SSLCertVerificationError):
            authority.client().wrap_socket(sock,
                                           server_hostname='other.test')


def test_plain_text_at_a_tls_port_is_no_message(edge):
    server = edge()
    with socket.create_connection(('127.0.0.1', server.ports['tls']),
                                  10) as sock:
        sock.sendall(OPTIONS.encode())
        try:
            data = sock.recv(4000)
        except ConnectionResetError:
            data = b''
        assert b'SIP' not in data


def test_certificates_of_clients(edge, authority, folder):
    """One that is shown must be good; nobody has to show one."""
    server = edge(client_ca=True)
    good = authority.make('peer', 'DNS:proxy.test')
    over = authority.make('over', 'DNS:proxy.test', days=-1)
    other = Authority(folder('other'), 'other')
    stranger = other.make('stranger', 'DNS:proxy.test')
    answer = 'SIP/2.0 200 OK'
    assert raw_tls(server, authority.client()).startswith(answer)
    assert raw_tls(server, authority.client(good)).startswith(answer)
    assert raw_tls(server, authority.client(over)).startswith('refused')
    assert raw_tls(server, authority.client(stranger)).startswith('refused')


def hello(server, **headers):
    """The status of a WebSocket's opening."""
    try:
        WsSocket('ws://127.0.0.1:%d/' % server.ports['ws'],
                 **headers).close()
        return 101
    except websocket.WebSocketBadStatusException as e:
        return e.status_code


def test_who_may_open_a_websocket(edge):
    server = edge('ws_origins = {"https://chat.test"}\n')
    assert hello(server) == 101
    assert hello(server, origin='https://chat.test') == 101
    assert hello(server, origin='https://evil.test') == 403
    assert hello(server, protocols=()) == 400
    assert hello(server, protocols=('xmpp',)) == 400


def test_http_is_answered_and_over(edge):
    server = edge()
    with socket.create_connection(('127.0.0.1', server.ports['ws']),
                                  10) as sock:
        sock.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        data = b''
        while True:
            more = sock.recv(4000)
            if not more:
                break
            data += more
    assert data.startswith(b'HTTP/1.1 426 ')


def test_a_proxy_by_tls(confabd, authority, closing):
    """It is verified by its name, and sees our certificate."""
    proxy = closing(TlsServer(authority.server, authority.file))
    ours = authority.make('confab', 'DNS:confab.test')
    server = confabd(
        imc='outbound_proxy = "sip:localhost:%d;transport=tls"' % proxy.port,
        extra=authority.settings(ours))
    room = server.room('lobby')
    alice = closing(SipUser('alice', server.domain,
                            ('127.0.0.1', server.port)))
    assert alice.send(room, '#join') == 200
    sock = proxy.accept()
    names = sock.sock.getpeercert()['subjectAltName']
    assert ('DNS', 'confab.test') in names
    phone = closing(SipUser('alice', server.domain, None, 'tls', sock=sock))
    phone.saw('*** Room was created')
    assert phone.send(room, 'up the same way') == 202


def test_a_false_proxy_gets_nothing(confabd, authority, closing):
    wrong = authority.make('wrong', 'DNS:other.test')
    proxy = closing(TlsServer(wrong))
    server = confabd(
        imc='outbound_proxy = "sip:localhost:%d;transport=tls"' % proxy.port,
        extra='tls_ca = "%s"\n' % authority.file)
    alice = closing(SipUser('alice', server.domain,
                            ('127.0.0.1', server.port)))
    assert alice.send(server.room('lobby'), '#join') == 200
    with pytest.raises((ssl.SSLError, OSError)):
        proxy.accept()
    wait_for(lambda: 'as localhost: hostname mismatch' in server.text(),
             'the certificate to be refused')


# -- limits


def test_connections_have_a_limit_each_address(edge, user):
    server = edge(limits=dict(address_connections=5))
    bob = user(server, 'bob')
    bob.join(server.room('lobby'))
    socks = [socket.create_connection(('127.0.0.1', server.port), 10)
             for _ in range(5)]
    more = socket.create_connection(('127.0.0.1', server.port), 10)
    more.settimeout(20)
    assert more.recv(10) == b''
    for s in socks:
        s.sendall(b'\r\n\r\n')
        assert s.recv(10) == b'\r\n'
    assert bob.send(server.room('lobby'), 'still here') == 202
    sip = server.ctl('status')['sip']
    assert (sip['connections'], sip['connections_refused']) == (5, 1)
    for s in socks:
        s.close()
    more.close()


def cpu(pid):
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def test_without_descriptors_the_silent_make_room(edge, user):
    server = edge(limits=dict(address_connections=500),
                  prefix=['prlimit', '--nofile=80'])
    room = server.room('lobby')
    tim = user(server, 'tim', transport='tcp')
    tim.join(room)
    socks = [socket.create_connection(('127.0.0.1', server.port), 10)
             for _ in range(80)]
    wait_for(lambda: "can't accept connections" in server.text(),
             'descriptors to run out')
    before = cpu(server.process.pid)
    wait_for(lambda: 'others need the place' in server.text(),
             'somebody to make room')
    assert tim.send(room, 'I was here first') == 202
    assert cpu(server.process.pid) - before < 1
    assert server.text().count("can't accept connections") <= 2
    for s in socks:
        s.close()
    late = user(server, 'late', transport='tcp')
    late.join(room)


def test_handshakes_that_never_end_leave_room(edge, authority, closing,
                                              descriptors):
    server = edge()
    address = '127.0.0.1', server.ports['tls']
    before = cpu(server.process.pid)
    socks = [socket.create_connection(address, 10) for _ in range(1000)]
    tess = closing(SipUser('tess', server.domain, address, 'tls',
                           sock=TlsSocket(address, authority.client(),
                                          source=('127.0.0.2', 0))))
    tess.join(server.room('lobby'))
    assert cpu(server.process.pid) - before < 2
    sip = server.ctl('status')['sip']
    assert sip['connections_refused'] == 1000 - 32
    for s in socks:
        s.close()


def test_links_come_back_under_many_connections(confabd, ngircd, user,
                                                descriptors):
    """libircclient and libstrophe end where a descriptor is above 1023."""
    irc = ngircd()
    server = confabd(extra=links(ngircd=irc), limits=dict(
        connections=2000, address_connections=2000))
    server.link_up('lobby-i')
    socks = [socket.create_connection(('127.0.0.1', server.port), 10)
             for _ in range(1100)]
    wait_for(lambda: server.ctl('status')['sip']['connections'] == 1100,
             'all to be accepted')
    irc.stop()
    server.link_not_up('lobby-i')
    irc.start()
    server.link_up('lobby-i')
    for s in socks:
        s.close()


# -- the configuration


def check(server):
    run = subprocess.run([server.program('confabd'), '--check', '-c',
                          server.conf], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def test_check_reads_the_certificates(confabd, authority, folder):
    cert, key = authority.server
    listen = '"tls:127.0.0.1:%d"' % free_port()
    server = confabd(run=False, listen=listen)
    status, words = check(server)
    assert status == 1 and 'set tls_certificate and tls_key' in words

    def settings(cert, key):
        server.write(extra='tls_certificate = "%s"\ntls_key = "%s"\n' %
                     (cert, key))
        return check(server)
    assert settings(cert, key)[0] == 0
    status, words = settings('/nowhere.pem', key)
    assert status == 1 and '/nowhere.pem: No such file' in words
    status, words = settings(cert, cert)
    assert status == 1 and cert in words
    other = authority.make('other', 'DNS:other.test')[1]
    status, words = settings(cert, other)
    assert status == 1 and 'key values mismatch' in words
    os.chmod(other, 0o644)
    status, words = settings(cert, other)
    assert status == 1 and 'everybody may read this key' in words


def serial(server, authority):
    with socket.create_connection(('127.0.0.1', server.ports['tls']),
                                  10) as sock:
        with authority.client().wrap_socket(
                sock, server_hostname='localhost') as s:
            return s.getpeercert()['serialNumber']


def test_sighup_takes_new_certificates(confabd, authority, person):
    pair = authority.make('changing', 'DNS:localhost')
    port = free_port()
    server = confabd(listen='"tls:127.0.0.1:%d"' % port,
                     extra=authority.settings(pair))
    server.ports = dict(tls=port)
    tess = person(server, 'tess', 'tls')
    tess.join(server.room('lobby'))
    before = serial(server, authority)
    authority.make('changing', 'DNS:localhost')
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'certificates were read again' in server.text(),
             'the new certificate')
    assert serial(server, authority) != before
    assert tess.send(server.room('lobby'), 'still connected') == 202
    os.rename(pair[1], pair[1] + '.away')
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'all stays as it was' in server.text(),
             'an error in words')
    assert serial(server, authority) != before


def test_sighup_takes_all_or_nothing(confabd, authority):
    authority.make('changing', 'DNS:localhost')
    port = free_port()
    server = confabd(listen='"tls:127.0.0.1:%d"' % port,
                     extra=authority.settings(
                         (authority.path('changing.crt'),
                          authority.path('changing.key'))))
    server.ports = dict(tls=port)
    before = serial(server, authority)
    # The certificate would do; what is read after it does not.
    authority.make('changing', 'DNS:localhost')
    server.write(imc='peers = {"far.test=ftp:nowhere"}')
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'all stays as it was' in server.text(),
             'an error in words')
    assert serial(server, authority) == before
    server.write(imc='')
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(lambda: 'certificates were read again' in server.text(),
             'the new certificate')
    assert serial(server, authority) != before


# -- clients that others wrote


@pytest.mark.parametrize('kind', (Baresip, Linphone))
def test_a_client_logs_in_by_tls(edge, authority, user, folder, closing,
                                 kind):
    if not installed(kind.program):
        pytest.skip('%s is not installed' % kind.program)
    server = edge(trusted='')
    for name in ('cli', 'bob'):
        server.add_user(name, name + 's')
    room = server.room('lobby')
    bob = user(server, 'bob', password='bobs')
    bob.join(room)
    more = dict(contact=room) if kind is Baresip else {}
    c = closing(kind(folder('cli'), 'cli', server.domain,
                     ('127.0.0.1', server.ports['tls']), transport='tls',
                     ca=authority.file, register=True, password='clis',
                     **more))
    wait_for(lambda: any(b['registered'] and 'tls:' in str(b)
                         for b in server.ctl('contact', 'cli')),
             'the client to register')
    c.say(room, '#join')
    c.saw('*** [cli] has joined the room', room)
    c.say(room, 'sealed')
    bob.saw('[cli]: sealed', source=room)
    assert bob.send(room, 'opened') == 202
    c.saw('[bob]: opened', room)
    assert bob.send(c.aor, 'to you alone') == 202
    c.saw('to you alone', bob.aor)
