# SPDX-License-Identifier: GPL-3.0-or-later
"""IRC servers that can do more than ngircd: InspIRCd, and one of a few lines
that speaks SASL, for which a real one needs services."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import subprocess
import threading

from .util import Process, Seen, free_port, port_open, wait_for

HURRY = os.path.join(os.path.dirname(__file__), 'hurry.c')
CONF = '''
<server name="insp.lab.test" description="lab" network="Lab" id="97L">
<admin name="lab" nick="lab" email="lab@lab.test">
<bind address="127.0.0.1" port="%(port)d" type="clients">
<connect allow="*" resolvehostnames="no" useident="no" timeout="600"
    softsendq="1048576" hardsendq="1048576" commandrate="1000000"
    threshold="10000" fakelag="no" localmax="1000" globalmax="1000" modes=""
    pingfreq="3000">
<log method="file" type="*" level="default" target="%(folder)s/insp.log">
<path configdir="%(folder)s" datadir="%(folder)s" logdir="%(folder)s"
    runtimedir="%(folder)s">
<options defaultmodes="ont" prefixquit="">
<performance softlimit="1000" clonesonconnect="no">
'''
MODULES = ('cap', 'ircv3', 'ircv3_batch', 'ircv3_servertime', 'ircv3_msgid',
           'ircv3_labeledresponse', 'ircv3_echomessage', 'ircv3_ctctags',
           'ircv3_capnotify', 'ircv3_chghost', 'ircv3_accounttag', 'chghost',
           'monitor', 'namesx', 'uhnames', 'muteban')


class InspIrcd:
    """It lets people in once a second: its clock runs faster (hurry.c)."""

    def __init__(self, folder):
        self.folder, self.port = str(folder), free_port()
        self.conf = os.path.join(self.folder, 'insp.conf')
        self.process = None
        with open(self.conf, 'w') as f:
            f.write(CONF % {'port': self.port, 'folder': self.folder})
            for name in MODULES:
                f.write('<module name="%s">\n' % name)

    def hurry(self):
        library = os.path.join(self.folder, 'hurry.so')
        if not os.path.exists(library):
            subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC',
                            '-o', library, HURRY], check=True)
        return dict(os.environ, LD_PRELOAD=library)

    def start(self):
        root = ['--runasroot'] if os.getuid() == 0 else []
        self.process = Process(
            ['/usr/sbin/inspircd', '--nofork', '--nopid', '--config',
             self.conf, *root], os.path.join(self.folder, 'out.log'),
            env=self.hurry())
        wait_for(lambda: port_open(self.port), lambda: 'inspircd to listen: '
                 + self.process.text())
        return self

    def stop(self):
        if self.process:
            self.process.stop()


class Session:
    """One client of the small server."""

    def __init__(self, server, sock):
        self.server, self.sock, self.nick = server, sock, '*'
        self.scram = None

    def send(self, line):
        self.sock.sendall((line + '\r\n').encode())

    def run(self):
        buf = b''
        try:
            self.sock = self.server.secure(self.sock)
            while True:
                data = self.sock.recv(65536)
                if not data:
                    return
                *lines, buf = (buf + data).split(b'\r\n')
                for line in lines:
                    self.got(line.decode())
        except OSError:
            return
        finally:
            self.sock.close()

    def got(self, line):
        self.server.lines.add(line)
        tags, _, rest = line.partition(' ') if line[0] == '@' else \
            ('', '', line)
        words = rest.split()
        handler = getattr(self, 'on_' + words[0].lower(), None)
        if handler:
            handler(words[1:], rest, tags)

    def on_cap(self, words, rest, tags):
        if words[0] == 'LS':
            self.send(':fake CAP * LS :sasl=' + self.server.mechs)
        elif words[0] == 'REQ':
            self.send(':fake CAP * ACK :' + rest.split('REQ ')[1].lstrip(':'))
        elif words[0] == 'END':
            self.send(':fake 001 %s :Welcome' % self.nick)

    def on_nick(self, words, rest, tags):
        self.nick = words[0]

    def on_ping(self, words, rest, tags):
        self.send(':fake PONG fake ' + words[0])

    def on_join(self, words, rest, tags):
        self.send(':%s!~u@lab.test JOIN %s' % (self.nick, words[0]))

    def on_authenticate(self, words, rest, tags):
        if words[0] in self.server.mechs.split(','):
            self.scram = [] if words[0].startswith('SCRAM') else None
            self.external = words[0] == 'EXTERNAL'
            self.send('AUTHENTICATE +')
            return
        text = base64.b64decode(words[0]) if words[0] != '+' else b''
        if self.external:
            cert = self.sock.getpeercert(True)
            self.over(cert and hashlib.sha256(cert).hexdigest() ==
                      self.server.fingerprint)
        elif self.scram is None:
            self.over(text == b'me\0me\0' + self.server.password.encode())
        else:
            self.scram_step(text.decode())

    def scram_step(self, text):
        if not self.scram:
            bare = text[3:]
            nonce = bare.split('r=')[1] + 'server'
            first = 'r=%s,s=%s,i=4096' % (
                nonce, base64.b64encode(b'salt').decode())
            self.scram = [bare, first]
            answer = first
        elif len(self.scram) == 2:
            final, _, proof = text.rpartition(',p=')
            salted = hashlib.pbkdf2_hmac(
                'sha256', self.server.password.encode(), b'salt', 4096)

            def mac(key, what):
                return hmac.new(key, what.encode(), 'sha256').digest()
            message = ','.join(self.scram + [final])
            key = mac(salted, 'Client Key')
            sign = mac(hashlib.sha256(key).digest(), message)
            right = bytes(a ^ b for a, b in zip(key, sign))
            if base64.b64decode(proof) != right:
                self.over(False)
                return
            self.scram.append(final)
            answer = 'v=' + base64.b64encode(
                mac(mac(salted, 'Server Key'), message)).decode()
        else:
            self.over(True)
            return
        self.send('AUTHENTICATE ' + base64.b64encode(answer.encode()).decode())

    def over(self, good):
        if good:
            self.send(':fake 900 * *!*@* me :You are now logged in as me')
            self.send(':fake 903 * :SASL authentication successful')
        else:
            self.send(':fake 904 * :SASL authentication failed')


class SaslServer:
    """mechs: "PLAIN,SCRAM-SHA-256"; context: speaks TLS with it;
    fingerprint: of the client certificate that EXTERNAL takes."""

    def __init__(self, mechs, password='pencil', context=None,
                 fingerprint=None):
        self.mechs, self.password = mechs, password
        self.context, self.fingerprint = context, fingerprint
        self.lines = Seen('fake')
        self.sock = socket.create_server(('127.0.0.1', 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def secure(self, sock):
        if self.context:
            return self.context.wrap_socket(sock, server_side=True)
        return sock

    def run(self):
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            threading.Thread(target=Session(self, sock).run,
                             daemon=True).start()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


def server_context(cert, key, ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if ca:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(ca)
    return context
