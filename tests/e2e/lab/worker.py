# SPDX-License-Identifier: GPL-3.0-or-later
"""A confab-jabber at the end of a pipe, and us as its confabd; and a wire
that can be cut. Frames as bridges/wire.h has them."""
import os
import pathlib
import re
import selectors
import socket
import struct
import subprocess
import threading
import xml.etree.ElementTree as ET

from .util import Seen

WIRE = pathlib.Path(__file__).resolve().parents[3] / 'bridges' / 'wire.h'
TABLE = re.findall(r'^\tX\((\w+), +\w+, +"(\w*)"', WIRE.read_text(), re.M)
TYPES = ['NONE'] + [name for name, _ in TABLE]
FIELDS = dict(TABLE)
LOG_INFO = 2
OPEN, KEY, VALUE, CLOSE, NS, TEXT = '\1', '\2', '\3', '\4', '\5', '\6'


def flat(element, parent=''):
    """An ElementTree's element as jabber/elem.h has it."""
    ns, _, name = element.tag[1:].rpartition('}')
    out = OPEN + name + (NS + ns if ns != parent else '')
    for key, value in element.items():
        out += KEY + key.replace(
            '{http://www.w3.org/XML/1998/namespace}', 'xml:') + VALUE + value
    out += TEXT + element.text if element.text else ''
    for child in element:
        out += flat(child, ns)
        out += TEXT + child.tail if child.tail else ''
    return out + CLOSE


def stanza(xml):
    return flat(ET.fromstring(xml.replace(
        ' ', ' xmlns="jabber:client" ', 1))).encode()


class Worker:
    """seen holds (type, id, *fields). before: what the shell does first."""
    program = 'confab-jabber'

    def __init__(self, build, log, before=':'):
        ours, theirs = socket.socketpair()
        self.sock, self.seen = ours, Seen('the daemon')
        self.log = log
        with open(log, 'wb') as out:
            self.popen = subprocess.Popen(
                ['/bin/bash', '-c', 'exec 3<&%d; %s; exec "$0"' % (
                    theirs.fileno(), before),
                 os.path.join(str(build), self.program)],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out)
        theirs.close()
        self.pid = self.popen.pid
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.send('HELLO', 0, 1, LOG_INFO, 'xmpp')
        self.wait('READY')

    def send(self, kind, id_, *fields):
        payload = b''
        for f in fields:
            if isinstance(f, int):
                payload += struct.pack('>Q', f)
            elif isinstance(f, dict):
                payload += struct.pack('>I', len(f))
                for pair in f.items():
                    payload += b''.join(map(self.text, pair))
            else:
                payload += self.text(f)
        self.sock.sendall(struct.pack(
            '>IHI', len(payload) + 6, TYPES.index(kind), id_) + payload)

    @staticmethod
    def text(value):
        value = value if isinstance(value, bytes) else str(value).encode()
        return struct.pack('>I', len(value)) + value

    def read(self):
        data = b''
        while True:
            more = self.sock.recv(1 << 16)
            if not more:
                return
            data += more
            while len(data) >= 4:
                length = struct.unpack_from('>I', data)[0]
                if len(data) < 4 + length:
                    break
                self.frame(data[4:4 + length])
                data = data[4 + length:]

    def frame(self, data):
        kind, id_ = struct.unpack_from('>HI', data)
        kind, at, out = TYPES[kind], 6, []
        for f in FIELDS[kind]:
            if f == 'u':
                out.append(struct.unpack_from('>Q', data, at)[0])
                at += 8
            else:
                n = struct.unpack_from('>I', data, at)[0]
                out.append(data[at + 4:at + 4 + n].decode())
                at += 4 + n
        self.seen.add((kind, id_, *out))

    def wait(self, kind, id_=0, match=lambda *_: True, count=1,
             patience=None):
        return self.seen.wait(
            lambda e: e[:2] == (kind, id_) and match(*e[2:]), count,
            patience)

    def count(self, kind):
        return self.seen.count(lambda e: e[0] == kind)

    def account(self, id_, jid, password, port, tls='off', ca='', **more):
        self.send('SESSION', id_, jid, dict(
            kind='account', jid=jid, password=password, server='127.0.0.1',
            port=port, tls=tls, ca_file=ca, **more))

    def say(self, id_, tag, xml):
        self.send('SEND', id_, tag, stanza(xml))

    def close(self):
        """Its status; a leak costs an ASan build that."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        try:
            status = self.popen.wait(20)
        finally:
            self.popen.kill()
            self.sock.close()
        with open(self.log, errors='replace') as f:
            text = f.read()
        assert 'ERROR: ' not in text and 'runtime error' not in text, text
        return status


class Cable:
    """Between clients and a server: it can be cut, and mended."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.other, self.whole, self.open = {}, True, True
        self.wake, self.waker = socket.socketpair()
        self.selector = selectors.DefaultSelector()
        for s in (self.listener, self.wake):
            self.selector.register(s, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def accept(self):
        client = self.listener.accept()[0]
        if not self.whole:
            client.close()
            return
        server = socket.create_connection(('127.0.0.1', self.to))
        for a, b in ((client, server), (server, client)):
            self.other[a] = b
            self.selector.register(a, selectors.EVENT_READ)

    def drop(self, sock):
        for s in (sock, self.other[sock]):
            self.selector.unregister(s)
            del self.other[s]
            s.close()

    def pump(self, sock):
        try:
            data = sock.recv(1 << 16)
            self.other[sock].sendall(data)
        except OSError:
            data = b''
        if not data:
            self.drop(sock)

    def turn(self, sock):
        if sock is self.wake:
            sock.recv(1)
        elif sock is self.listener:
            self.accept()
        elif sock in self.other:
            self.pump(sock)

    def run(self):
        while self.open:
            if not self.whole:
                for sock in list(self.other):
                    if sock in self.other:
                        self.drop(sock)
            for key, _ in self.selector.select():
                self.turn(key.fileobj)

    def set(self, whole):
        self.whole = whole
        self.waker.send(b'x')

    def cut(self):
        self.set(False)

    def mend(self):
        self.set(True)

    def close(self):
        self.open = False
        self.waker.send(b'x')
        self.thread.join(5)
        self.selector.close()
        for s in (self.listener, self.wake, self.waker, *self.other):
            s.close()
