# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP user agent for pager-mode messages, as a scripted person uses it:
answers each MESSAGE, sends MESSAGEs with retransmission."""
import collections
import os
import re
import select
import socket
import threading
import time

from .digest import Login
from .util import Seen, Timeout, wait_for

Message = collections.namedtuple(
    'Message', 'source to uri call_id headers body')


def token():
    return os.urandom(6).hex()


def parse(data):
    head, _, body = data.partition(b'\r\n\r\n')
    lines = head.decode('utf-8', 'replace').split('\r\n')
    headers = [(k.strip().lower(), v.strip()) for k, _, v in
               (line.partition(':') for line in lines[1:])]
    return lines[0], headers, body


def get(headers, name):
    for key, value in headers:
        if key == name:
            return value
    return ''


def uri_of(value):
    found = re.search(r'<([^>]*)>', value)
    return (found.group(1) if found else value.split(';')[0]).strip()


class Unconnected:
    """A UDP socket that hears anybody: requests go to one address, answers
    to whom the last packet came from."""

    def __init__(self, sock, server):
        self.sock, self.server, self.peer = sock, server, server
        self.settimeout, self.close = sock.settimeout, sock.close
        self.getsockname, self.fileno = sock.getsockname, sock.fileno

    def recv(self, size):
        data, self.peer = self.sock.recvfrom(size)
        return data

    def send(self, data):
        return self.sock.sendto(
            data, self.peer if data.startswith(b'SIP/2.0') else self.server)


class SipUser:
    """name@domain on a socket of its own. answer: the status that incoming
    MESSAGEs get, or a function that says it of a Message; None: silence;
    answer_headers: lines that go with it.
    anybody: hears others than the server as well (UDP). sock: a socket that
    is connected already (tls.TlsSocket, ws.WsSocket). password: logs in
    where it is asked to."""

    def __init__(self, name, domain, server, transport='udp', answer=200,
                 bind='127.0.0.1', port=0, anybody=False, sock=None,
                 password=None):
        self.name, self.domain, self.server = name, domain, server
        self.transport, self.answer = transport, answer
        self.login = Login(name, password) if password else None
        self.aor = 'sip:%s@%s' % (name, domain)
        self.seen = Seen(name)      # Message, each once
        self.requests = Seen(name)  # Message, repetitions as well
        self.responses = {}
        self.changed = threading.Condition()
        self.known = set()
        self.answer_headers = []
        self.cseq = 0
        self.closed = False
        if sock:
            self.sock = sock
        elif transport == 'udp':
            self.sock = socket.socket(
                socket.AF_INET6 if ':' in bind else socket.AF_INET,
                socket.SOCK_DGRAM)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 1 << 20)
            self.sock.bind((bind, port))
            if anybody:
                self.sock = Unconnected(self.sock, server)
            else:
                self.sock.connect(server)
        else:
            self.sock = socket.create_connection(server, 10)
        self.sock.settimeout(0.2)
        self.host, self.port = self.sock.getsockname()[:2]
        if ':' in self.host:
            self.host = '[%s]' % self.host
        self.wake = os.eventfd(0)  # ends the reader
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    # -- in

    def packets(self):
        buf = b''
        ready = select.poll()
        ready.register(self.sock, select.POLLIN)
        ready.register(self.wake, select.POLLIN)
        while True:
            if not getattr(self.sock, 'pending', int)():
                ready.poll()
            if self.closed:
                return
            try:
                data = self.sock.recv(65535)
            except socket.timeout:
                continue
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if not data and self.transport != 'udp':
                return
            if self.transport in ('udp', 'ws', 'wss'):
                yield data
                continue
            buf += data
            while True:
                buf = buf.lstrip(b'\r\n')
                end = buf.find(b'\r\n\r\n')
                if end < 0:
                    break
                length = re.search(rb'(?im)^(?:content-length|l)\s*:\s*(\d+)',
                                   buf[:end])
                need = end + 4 + (int(length.group(1)) if length else 0)
                if len(buf) < need:
                    break
                yield buf[:need]
                buf = buf[need:]

    def read(self):
        for data in self.packets():
            first, headers, body = parse(data)
            if first.startswith('SIP/2.0 '):
                with self.changed:
                    key = get(headers, 'call-id')
                    self.responses.setdefault(key, []).append(
                        (int(first.split()[1]), headers))
                    self.changed.notify_all()
            elif first:
                self.request(first, headers, body)

    @staticmethod
    def tagged(to):
        return to if ';tag=' in to else '%s;tag=%s' % (to, token())

    def request(self, first, headers, body):
        method, uri = first.split()[:2]
        message = Message(uri_of(get(headers, 'from')),
                          uri_of(get(headers, 'to')), uri,
                          get(headers, 'call-id'), headers,
                          body.decode('utf-8', 'replace'))
        self.requests.add(message)
        answer = self.answer(message) if callable(self.answer) else \
            self.answer
        if answer is None:
            return
        via = [v for k, v in headers if k in ('via', 'v')]
        lines = ['SIP/2.0 %d x' % answer]
        lines += ['Via: ' + v for v in via]
        lines += ['From: ' + get(headers, 'from'),
                  'To: ' + self.tagged(get(headers, 'to')),
                  'Call-ID: ' + message.call_id,
                  'CSeq: ' + get(headers, 'cseq')]
        lines += self.answer_headers
        lines += ['Content-Length: 0', '', '']
        try:
            self.sock.send('\r\n'.join(lines).encode())
        except OSError:
            return
        if method == 'MESSAGE' and 200 <= answer < 300 and \
                message.call_id not in self.known:
            self.known.add(message.call_id)
            self.seen.add(message)

    # -- out

    def build(self, method, uri, body=b'', content_type='text/plain',
              call_id=None, branch=None, headers=(), cseq=None, tag=None):
        self.cseq += 1
        lines = [
            '%s %s SIP/2.0' % (method, uri),
            'Via: SIP/2.0/%s %s:%d;branch=%s;rport' % (
                self.transport.upper(), self.host, self.port,
                branch or 'z9hG4bK' + token()),
            'Max-Forwards: 70',
            'From: <%s>;tag=%s' % (self.aor, tag or token()),
            'To: <%s>' % uri,
            'Call-ID: ' + (call_id or token() + '@' + self.host),
            'CSeq: %d %s' % (cseq or self.cseq, method),
        ] + list(headers)
        if body and content_type:
            lines.append('Content-Type: ' + content_type)
        if self.login and self.login.challenge:
            lines.append(self.login.line(method, uri))
        lines += ['Content-Length: %d' % len(body), '', '']
        return '\r\n'.join(lines).encode() + body

    def again(self, packet):
        """The same request anew, with credentials (RFC 3261 22.2)."""
        first, headers, body = parse(packet)
        method, uri, _ = first.split()
        number = int(get(headers, 'cseq').split()[0]) + 1
        self.cseq = max(self.cseq, number)
        lines = [first]
        for line in packet.partition(b'\r\n\r\n')[0].decode().split(
                '\r\n')[1:]:
            if line.startswith('CSeq:'):
                line = 'CSeq: %d %s' % (number, method)
            elif line.startswith('Via:'):
                line = re.sub('branch=[^;]*', 'branch=z9hG4bK' + token(),
                              line)
            if not line.startswith(('Authorization:',
                                    'Proxy-Authorization:')):
                lines.append(line)
        lines += [self.login.line(method, uri), '', '']
        return '\r\n'.join(lines).encode() + body

    def transact(self, packet, patience=32):
        """The final answer, after logging in if need be."""
        status, headers = self.transact_once(packet, patience)
        for _ in range(2):  # a stale nonce gives another 401
            if status not in (401, 407) or not self.login:
                break
            self.login.challenged(status, headers)
            status, headers = self.transact_once(self.again(packet),
                                                 patience)
        return status, headers

    def transact_once(self, packet, patience=32):
        """Sends it, again and again over UDP, until a final answer is here:
        (status, headers)."""
        call_id = get(parse(packet)[1], 'call-id')
        pause, end = 0.5, time.monotonic() + patience
        with self.changed:
            self.responses.pop(call_id, None)
        while True:
            try:
                self.sock.send(packet)
            except ConnectionRefusedError:
                pass
            with self.changed:
                until = time.monotonic() + pause
                if self.transport != 'udp':
                    until = end
                while time.monotonic() < until:
                    for status, headers in self.responses.get(call_id, []):
                        if status >= 200:
                            return status, headers
                    self.changed.wait(max(0, until - time.monotonic()))
            pause = min(pause * 2, 4)
            if time.monotonic() > end:
                raise Timeout('%s: no answer to %r' % (
                    self.name, packet.split(b'\r\n')[0]))

    def send(self, to, text, content_type='text/plain;charset=UTF-8', **kw):
        """The status of a MESSAGE's final answer."""
        body = text if isinstance(text, bytes) else text.encode()
        return self.transact(self.build('MESSAGE', to, body, content_type,
                                        **kw))[0]

    def pour(self, to, texts, window=32, patience=60):
        """Says the texts, so many at a time: {text: final status}. What is
        not answered is sent again until patience is at its end, and then
        has no status."""
        statuses, under_way, rest = {}, {}, iter(texts)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            while len(under_way) < window:
                text = next(rest, None)
                if text is None:
                    break
                packet = self.build('MESSAGE', to, text.encode())
                under_way[get(parse(packet)[1], 'call-id')] = [
                    text, packet, 0]
            if not under_way:
                break
            self.send_due(under_way)
            with self.changed:
                self.changed.wait(0.05)
                for call_id in list(under_way):
                    for status, _ in self.responses.get(call_id, ()):
                        if status >= 200 and call_id in under_way:
                            statuses[under_way.pop(call_id)[0]] = status
        return statuses

    def send_due(self, under_way):
        for entry in under_way.values():
            if time.monotonic() < entry[2] + 0.5:
                continue
            entry[2] = time.monotonic()
            try:
                self.sock.send(entry[1])
            except (ConnectionRefusedError, BrokenPipeError):
                pass

    def options(self, to):
        return self.transact(self.build('OPTIONS', to))

    def saw(self, text, source=None, count=1, patience=None):
        return self.seen.wait(
            lambda m: m.body == text and
            (source is None or m.source == source), count, patience)

    def count(self, text):
        return self.seen.count(lambda m: m.body == text)

    def parts(self, start):
        """The parts of the last text that begins so, as far as they came:
        (number, of how many, text)."""
        found = []
        for message in self.seen.all():
            number, count, text = re.match(
                r'(?:\((\d+)/(\d+)\) )?(.*)', message.body, re.S).groups()
            part = int(number or 1), int(count or 1), text
            if part[0] == 1 and text.startswith(start):
                found = [part]
            elif found and part[:2] == (len(found) + 1, found[0][1]):
                found.append(part)
        return found

    def saw_list(self, start, patience=None):
        """A list that begins so, whole: parts of it end with its lines."""
        def whole():
            found = self.parts(start)
            return found and len(found) == found[0][1] and found
        parts = wait_for(whole, lambda: '%s to see all of %r; saw %r' % (
            self.name, start, self.parts(start)[-1:]), patience)
        return '\n'.join(p[2] for p in parts)

    def join(self, room, patience=None):
        """Into the room's address; returns when the room said so."""
        status = self.send(room, '#join')
        assert status == 200, (self.name, status)
        self.seen.wait(lambda m: m.source == room and (
            m.body == '*** [%s] has joined the room' % self.name or
            m.body == '*** Room was created' or
            m.body == '*** You are in the room already'),
            patience=patience)

    def close(self):
        if self.closed:
            return
        self.closed = True
        os.eventfd_write(self.wake, 1)
        self.thread.join()
        os.close(self.wake)
        self.sock.close()
