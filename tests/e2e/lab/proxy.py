# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP proxy that knows CONNECT only."""
import socket
import threading

from .util import Seen


class Proxy:
    """refusal: a status line that all get, or None; user:password in base64
    where it wants one; silent: it takes what it is told and says nothing."""

    def __init__(self, refusal=None, login=None, silent=False):
        self.refusal, self.login, self.silent = refusal, login, silent
        self.seen = Seen('the proxy')  # heads of requests
        self.socks = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.start(self.run)

    @staticmethod
    def start(run, *args):
        threading.Thread(target=run, args=args, daemon=True).start()

    def run(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.socks.append(client)
            self.start(self.serve, client)

    def serve(self, client):
        head = b''
        while b'\r\n\r\n' not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        head = head.decode()
        self.seen.add(head)
        if self.silent:
            return
        status = self.refusal
        if self.login and 'Proxy-Authorization: Basic ' + self.login not in \
                head:
            status = '407 Proxy Authentication Required'
        if status:
            client.sendall(('HTTP/1.1 %s\r\nContent-Length: 0\r\n'
                            'Connection: close\r\n\r\n' % status).encode())
            client.close()
            return
        host, port = head.split()[1].rsplit(':', 1)
        server = socket.create_connection((host, int(port)))
        self.socks.append(server)
        client.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
        self.start(self.pump, client, server)
        self.pump(server, client)

    @staticmethod
    def pump(source, sink):
        try:
            while True:
                data = source.recv(1 << 16)
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for s in source, sink:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        for s in self.socks:
            s.close()
