# SPDX-License-Identifier: GPL-3.0-or-later
"""An IRC user on a plain socket, and ngircd."""
import collections
import os
import socket
import threading

from .util import Process, Seen, free_port, port_open, wait_for

Line = collections.namedtuple('Line', 'nick command args')


def parse(line):
    nick = ''
    if line.startswith(':'):
        prefix, _, line = line[1:].partition(' ')
        nick = prefix.partition('!')[0]
    line, colon, trailing = line.partition(' :')
    words = line.split()
    return Line(nick, words[0] if words else '',
                words[1:] + ([trailing] if colon else []))


class IrcUser:
    def __init__(self, nick, port, channel=None, host='127.0.0.1'):
        self.nick, self.channel = nick, channel
        self.lines = Seen(nick)
        self.seen = Seen(nick)  # (nick, text) of the channel
        self.closed = False
        self.sock = socket.create_connection((host, port), 10)
        self.sock.settimeout(None)  # silence is no end
        self.raw('NICK ' + nick)
        self.raw('USER %s 0 * :%s' % (nick, nick))
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.lines.wait(lambda l: l.command == '001')
        if channel:
            self.join(channel)

    def join(self, channel):
        self.channel = channel
        self.raw('JOIN ' + channel)
        self.lines.wait(lambda l: l.command == '366')

    def raw(self, line):
        self.sock.sendall(line.encode() + b'\r\n')

    def read(self):
        buf = b''
        while not self.closed:
            try:
                data = self.sock.recv(65536)
            except OSError:
                return
            if not data:
                return
            *lines, buf = (buf + data).split(b'\r\n')
            for raw in lines:
                assert len(raw) <= 510, raw
                line = parse(raw.decode('utf-8', 'replace'))
                if line.command == 'PING':
                    self.raw('PONG :' + line.args[0])
                if line.command == 'PRIVMSG' and \
                        line.args[0] == self.channel:
                    self.seen.add((line.nick, line.args[1]))
                self.lines.add(line)

    def say(self, text):
        self.raw('PRIVMSG %s :%s' % (self.channel, text))

    def act(self, text):
        self.say('\x01ACTION %s\x01' % text)

    def saw(self, text, count=1, patience=None):
        return self.seen.wait(lambda s: s[1] == text, count, patience)

    def count(self, text):
        return self.seen.count(lambda s: s[1] == text)

    def nicks(self):
        """Who is in the channel, from the newest NAMES answer."""
        ends = self.lines.count(lambda l: l.command == '366')
        before = len(self.lines.all())
        self.raw('NAMES ' + self.channel)
        wait_for(lambda: self.lines.count(
            lambda l: l.command == '366') > ends, 'NAMES of ' + self.channel)
        names = set()
        for line in self.lines.all()[before:]:
            if line.command == '353':
                names |= {n.lstrip('@+%&~') for n in line.args[-1].split()}
        return names

    def close(self):
        self.closed = True
        try:
            self.raw('QUIT :bye')
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        self.thread.join()


class Ngircd:
    def __init__(self, folder, port=None, tls=None):
        """tls: (certificate, key) files; a second port then speaks TLS."""
        self.folder = str(folder)
        self.port = port or free_port()
        self.tls_port = free_port() if tls else None
        self.conf = os.path.join(self.folder, 'ngircd.conf')
        self.log = os.path.join(self.folder, 'ngircd.log')
        self.process = None
        ssl = ''
        if tls:
            ssl = '[SSL]\nCertFile = %s\nKeyFile = %s\nPorts = %d\n' % (
                tls[0], tls[1], self.tls_port)
        with open(self.conf, 'w') as f:
            f.write('[Global]\nName = irc.lab.test\nInfo = lab\n'
                    'Ports = %d\nListen = 127.0.0.1\nMotdPhrase = lab\n'
                    'PidFile =\n%s\n[Limits]\nMaxConnections = 0\n'
                    'MaxConnectionsIP = 0\nMaxPenaltyTime = 0\n'
                    'MaxNickLength = 20\nMaxJoins = 0\n[Options]\nDNS = no\n'
                    'Ident = no\nPAM = no\nOperCanUseMode = yes\n%s'
                    '[Operator]\nName = op\nPassword = oppw\n' % (
                        self.port,
                        'ServerUID = 65534\nServerGID = 65534'
                        if os.getuid() == 0 else '', ssl))
        os.chmod(self.folder, 0o755)

    def start(self):
        self.process = Process(['/usr/sbin/ngircd', '-n', '-f', self.conf],
                               self.log)
        wait_for(lambda: port_open(self.port), lambda: 'ngircd to listen: '
                 + self.process.text())
        return self

    def stop(self):
        if self.process:
            self.process.stop()

    def restart(self):
        self.stop()
        self.start()
