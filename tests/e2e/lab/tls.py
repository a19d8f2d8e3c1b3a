# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of our own, and TLS clients that believe in them."""
import os
import socket
import ssl
import subprocess
import threading

EC = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes')


def openssl(*args, cwd):
    subprocess.run(['openssl', *args], cwd=cwd, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Authority:
    """A CA in a folder; files are named after what they are for."""

    def __init__(self, folder, name='ca'):
        self.folder, self.name = str(folder), name
        os.makedirs(self.folder, exist_ok=True)
        openssl('req', '-x509', *EC, '-days', '30', '-subj', '/CN=' + name,
                '-keyout', name + '.key', '-out', name + '.crt', '-addext',
                'basicConstraints=critical,CA:TRUE', cwd=self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def file(self):
        return self.path(self.name + '.crt')

    def make(self, name, *names, days=30):
        """A certificate for "DNS:..." and the like: (its file, its key)."""
        with open(self.path(name + '.ext'), 'w') as f:
            f.write('basicConstraints=CA:FALSE\nsubjectAltName=%s\n' %
                    ','.join(names))
        openssl('req', *EC, '-subj', '/CN=' + name, '-keyout',
                name + '.key', '-out', name + '.csr', cwd=self.folder)
        openssl('x509', '-req', '-in', name + '.csr', '-CA',
                self.name + '.crt', '-CAkey', self.name + '.key',
                '-CAcreateserial', '-days', str(days), '-extfile',
                name + '.ext', '-out', name + '.crt', cwd=self.folder)
        os.chmod(self.path(name + '.key'), 0o600)
        return self.path(name + '.crt'), self.path(name + '.key')

    def client(self, pair=None):
        """A context that trusts us; pair: what to show of oneself."""
        context = ssl.create_default_context(cafile=self.file)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def settings(self, pair, **more):
        """Lines of confab.conf."""
        lines = dict(tls_certificate=pair[0], tls_key=pair[1],
                     tls_ca=self.file, **more)
        return ''.join('%s = "%s"\n' % i for i in lines.items())


class TlsServer:
    """Waits for one that connects by TLS."""

    def __init__(self, pair, client_ca=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*pair)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.sock = socket.create_server(('127.0.0.1', 0))
        self.sock.settimeout(20)
        self.port = self.sock.getsockname()[1]
        self.close = self.sock.close

    def accept(self):
        sock = self.sock.accept()[0]
        sock.settimeout(20)
        try:
            return TlsSocket(None, self.context, sock)
        except (ssl.SSLError, OSError):
            sock.close()
            raise


class TlsSocket:
    """One that two threads may use, of whom one reads: which a socket of
    module ssl is not."""

    def __init__(self, server, context, accepted=None, name='localhost',
                 source=None):
        self.lock = threading.Lock()
        if accepted:
            self.sock = context.wrap_socket(accepted, server_side=True)
        else:
            self.sock = context.wrap_socket(
                socket.create_connection(server, 10, source),
                server_hostname=name)
        self.settimeout = self.sock.settimeout
        self.getsockname, self.fileno = self.sock.getsockname, \
            self.sock.fileno
        self.pending, self.close = self.sock.pending, self.sock.close

    def recv(self, size):
        with self.lock:
            return self.sock.recv(size)

    def send(self, data):
        with self.lock:
            return self.sock.sendall(data)
