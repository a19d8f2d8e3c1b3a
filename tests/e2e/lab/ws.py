# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP over WebSocket as a browser does it: a socket that recv() and send()
whole messages."""
import socket
import threading

import websocket


class WsSocket:
    """url: "ws://127.0.0.1:80/" or wss. context: an SSL context."""

    def __init__(self, url, context=None, name='localhost', origin=None,
                 protocols=('sip',), binary=False):
        self.binary = binary
        self.lock = threading.Lock()
        options = dict(context=context, server_hostname=name) \
            if context else None
        self.ws = websocket.create_connection(
            url, timeout=10, subprotocols=list(protocols), sslopt=options,
            origin=origin, suppress_origin=origin is None,
            http_no_proxy=['*'])
        self.settimeout = self.ws.settimeout

    def getsockname(self):
        return self.ws.sock.getsockname()

    def fileno(self):
        return self.ws.sock.fileno()

    def pending(self):
        """What was read and is not in the kernel any more."""
        return getattr(self.ws.sock, 'pending', int)()

    def recv(self, size):
        """b'' when it was closed."""
        try:
            with self.lock:
                data = self.ws.recv()
        except websocket.WebSocketTimeoutException:
            raise socket.timeout()
        except (websocket.WebSocketException, OSError):
            return b''
        return data.encode() if isinstance(data, str) else data

    def send(self, data):
        with self.lock:
            if self.binary:
                return self.ws.send_binary(data)
            return self.ws.send(data.decode())

    def close(self):
        self.ws.close(timeout=1)
