# SPDX-License-Identifier: GPL-3.0-or-later
"""Any packet, right or wrong, what it is answered with, and what it costs."""
import os
import re
import socket

from .sip import get, parse, token

DOMAIN = 'confab.test'
LOBBY = 'sip:lobby@confab.test'


def request(method='OPTIONS', uri=LOBBY, version='SIP/2.0', body=b'',
            more=(), length=None, **lines):
    """A request; lines: what stands in headers instead, None: no such line.
    length: the whole line, '' for none."""
    name = token()
    headers = {
        'via': 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s;rport' % name,
        'max_forwards': '70', 'from': '<sip:alice@%s>;tag=a' % DOMAIN,
        'to': '<%s>' % LOBBY, 'call_id': name, 'cseq': '1 ' + method}
    headers.update(lines)
    head = ['%s %s %s' % (method, uri, version)]
    head += ['%s: %s' % (k.replace('_', '-').title(), v)
             for k, v in headers.items() if v is not None]
    head += more
    if body and not any(m.lower().startswith('content-type') for m in more):
        head.append('Content-Type: text/plain')
    if length is None:
        length = 'Content-Length: %d' % len(body)
    head += [length] if length else []
    return '\r\n'.join(head + ['', '']).encode() + body


def status_of(data):
    found = re.match(rb'SIP/2\.0 (\d{3}) ', data)
    return int(found.group(1)) if found else None


def reply(data, status, more=()):
    """An answer to a request, with lines of its own."""
    _, headers, _ = parse(data)
    lines = ['SIP/2.0 %d x' % status]
    lines += ['Via: ' + v for k, v in headers if k == 'via']
    lines += ['%s: %s' % (k.title(), get(headers, k))
              for k in ('from', 'call-id', 'cseq')]
    lines += ['To: %s;tag=x' % get(headers, 'to')]
    return '\r\n'.join(lines + list(more) + ['', '']).encode()


class Wire:
    """A UDP socket that sends anything, and takes what is sent to it. A
    probe behind it tells that all that came before was handled."""

    def __init__(self, server, host='127.0.0.1', port=0):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((host, port))
        self.sock.settimeout(20)
        self.server = server.host, server.port
        self.port = self.sock.getsockname()[1]
        self.close = self.sock.close
        self.heard = []  # requests

    def send(self, *packets):
        for packet in packets:
            self.sock.sendto(packet, self.server)

    def take(self):
        """The next answer."""
        while True:
            data = self.sock.recv(65535)
            if not data.startswith(b'MESSAGE '):
                return data
            self.heard.append(data)
            self.send(reply(data, 200))

    def probe(self, got):
        name = token()
        self.send(request(call_id=name))
        while True:
            data = self.take()
            if b'\r\nCall-ID: %s\r\n' % name.encode() in data:
                assert status_of(data) == 200
                return
            got.append(data)

    def answers(self, *packets):
        """All that came back for the packets, as it is. Who speaks has his
        turn among others, and a broken packet may be somebody else's: one
        answer later, it had its turn."""
        got = []
        self.send(*packets)
        self.probe(got)
        self.probe(got)
        return got

    def ask(self, packet):
        """The only answer: its status, or None where there was none."""
        got = self.answers(packet)
        assert len(got) <= 1, got
        return status_of(got[0]) if got else None

    def final(self, packet):
        """The status of a MESSAGE that is answered after the disk."""
        self.send(packet)
        return status_of(self.take())

    def copy(self, text, status, more=()):
        """Waits for a MESSAGE with the text, and answers so."""
        while True:
            data = self.sock.recv(65535)
            if not data.startswith(b'MESSAGE '):
                continue
            self.heard.append(data)
            if text.encode() in data:
                return self.send(reply(data, status, more))
            self.send(reply(data, 200))

    def hears(self, text):
        """Waits for a MESSAGE with the text, or has it."""
        while not any(text.encode() in data for data in self.heard):
            self.copy(text, 200)


def cpu_ns(server):
    """What all its threads have used."""
    used, path = 0, '/proc/%d/task' % server.process.pid
    for task in os.listdir(path):
        with open('%s/%s/schedstat' % (path, task)) as f:
            used += int(f.read().split()[0])
    return used


def greedy():
    """What is much work for a parser, and below our limits."""
    contact = '<sip:a@b>' + ';a' * 32
    head = {
        'plain': [],
        'contacts': ['m:%s,%s' % (contact, contact)] * 47,
        'commas': ['Accept: a/b' + ',a/b' * 127],
        'unknown lines': ['X: ' + 'a' * 100] * 56,
        'folds': ['Subject: a' + '\r\n a' * 1800],
        'names': ['Contact: "%s" <sip:a@b>' % ('\\"' * 3000)],
        'bad last line': ['m:%s,%s' % (contact, contact)] * 47 + [
            'Contact: <sip:a@b'],
        'too long': ['Contact: <sip:a@b>' + ';a' * 32000],
        'vias': ['v: SIP/2.0/UDP h;branch=z9hG4bK1'] * 14,
        'authorization': ['Authorization: Digest ' + 'a="b",' * 120 + 'c=d'],
        'long name': ['Authorization: Digest username="%s"' % ('\\"' * 3500)],
        'many logins': ['Authorization: Digest username="u%d",realm="r",'
                        'nonce="n",uri="sip:u",response="r"' % n
                        for n in range(55)],
        'a via of many': ['v: ' + ','.join(['SIP/2.0/UDP h' + ';a' * 20] *
                                           60)],
        'cookies': ['v: SIP/2.0/UDP h;branch=' + 'z9hG4bK' * 1000],
        'comments': ['User-Agent: ' + '(' * 7500],
        'escapes': ['Server: ' + '(\\)' * 2500],
        'lists': ['Accept-Encoding: ' + ','.join(['a;q=1'] * 30)] * 36,
        '64 KiB': ['X: ' + 'a' * 1000] * 64,
        '50 KiB': ['X: ' + 'a,;"a"' * 180] * 50,
    }
    packets = {name: request(more=more) for name, more in head.items()}
    packets['multipart'] = request(
        'MESSAGE', 'sip:nobody@confab.test', body=b'--b\r\n' * 3000,
        more=['Content-Type: multipart/mixed;boundary=b'])
    watch = ['Event: presence', 'Contact: <sip:a@b>']
    packets['routes'] = request('SUBSCRIBE', more=watch + [
        'Record-Route: ' + ','.join(['<sip:p;lr>'] * 16)] * 40)
    packets['types'] = request('SUBSCRIBE', more=watch + [
        'Accept: a/b' + ',a/b' * 31] * 55)
    packets['escaped'] = request(uri='sip:%s@confab.test' % ('%61' * 2500))
    packets['parameters'] = request(uri='sip:a@confab.test;' + 'a' * 7000)
    packets['quoted from'] = request(
        **{'from': '"%s" <sip:a@b>;tag=1' % ('\\"' * 3500)})
    packets['paths'] = request(
        'REGISTER', 'sip:confab.test', to='<sip:alice@confab.test>',
        more=['Contact: <sip:a@b>'] +
        ['Path: ' + ','.join(['<sip:p;lr>'] * 16)] * 36)
    packets['answer'] = b'SIP/2.0 200 OK\r\n' + \
        b'v: SIP/2.0/UDP h\r\n' * 3400 + b'\r\n'
    packets['answered via'] = b'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h' + \
        b';a=b' * 15000 + b'\r\n\r\n'
    packets['answered folds'] = b'SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE' + \
        b'\r\n a' * 15000 + b'\r\n\r\n'
    packets['blanks'] = b'\r\n' * 32000
    packets['zeros'] = bytes(65000)
    packets['colons'] = b'A' * 10 + b':' * 60000
    return packets


BODY = 16 * 1024  # what we take


def fill(piece, size=BODY):
    """As often as it goes."""
    return (piece * (size // len(piece) + 1))[:size - size % len(piece)]


def bulky():
    """The same by TCP, where bodies may be longer."""
    nobody = 'sip:nobody@confab.test'
    mixed = ['Content-Type: multipart/mixed;boundary=b']
    cpim = ['Content-Type: message/cpim']
    html = ['Content-Type: text/html']
    bodies = {
        'plain': ([], b'hello'),
        'letters': ([], fill(b'a')),
        'marks': ([], b'a' + fill('\u0301'.encode(), BODY - 1)),
        'bad utf-8': ([], fill(b'\xf0\x9f')),
        'blanks': ([], b'#' + fill(b' ', BODY - 2) + b'x'),
        'quotes': ([], b'#' + fill(b'" ', BODY - 1)),
        'utf-16': (['Content-Type: text/plain;charset=utf-16'],
                   fill(b'\xd8\x00')),
        'tags': (html, fill(b'<a href="')),
        'scripts': (html, fill(b'<script>')),
        'comments': (html, fill(b'<!--')),
        'entities': (html, fill(b'&amp')),
        'links': (html, fill(b'<a href="http://%41">')),
        'open tags': (html, fill(b'<')),
        'parts': (mixed, fill(b'--b\r\n\r\n')),
        'half parts': (mixed, fill(b'--b')),
        'part heads': (mixed, b'--b\r\n' + fill(
            b'Content-Type: a/b\r\n', BODY - 40) + b'\r\nx\r\n--b--'),
        'base64': (mixed, b'--b\r\nContent-Transfer-Encoding: base64\r\n'
                   b'\r\n' + fill(b'QUJD', BODY - 90) + b'\r\n--b--'),
        'quoted': (mixed, b'--b\r\nContent-Transfer-Encoding: '
                   b'quoted-printable\r\n\r\n' + fill(b'=41', BODY - 90) +
                   b'\r\n--b--'),
        'cpim heads': (cpim, fill(b'NS: <a>\r\n')),
        'cpim folds': (cpim, b'From: a\r\n' + fill(b' b\r\n', BODY - 9)),
    }
    packets = {name: request('MESSAGE', nobody, body=body, more=more)
               for name, (more, body) in bodies.items()}
    packets['publish'] = request(
        'PUBLISH', 'sip:alice@confab.test', to='<sip:alice@confab.test>',
        body=b'<presence>' + fill(b'<!DOCTYP ', BODY - 10), more=[
            'Event: presence', 'Content-Type: application/pidf+xml'])
    return packets


class Pipe:
    """A TCP connection, with what Wire has of answers."""

    def __init__(self, server):
        self.sock = socket.create_connection((server.host, server.port), 20)
        self.sock.settimeout(20)
        self.close = self.sock.close

    def answers(self, *packets):
        """All that came, until the last is answered."""
        name = token().encode()
        self.sock.sendall(b''.join(packets) + request(call_id=name.decode()))
        got = b''
        while name not in got:
            data = self.sock.recv(1 << 20)
            assert data, 'the connection ended'
            got += data
        return got


def cost(server, wire, packet, count):
    before = cpu_ns(server)
    for n in range(0, count, 20):
        wire.answers(*[packet] * 20)
    return (cpu_ns(server) - before) / count
