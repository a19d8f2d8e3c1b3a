# SPDX-License-Identifier: GPL-3.0-or-later
"""profanity, an XMPP client that others wrote, in a terminal of its own."""
import fcntl
import glob
import os
import pty
import re
import struct
import subprocess
import termios
import threading

from .clients import environment
from .util import wait_for

PROFILE = '''[ui]
vercheck=false
splash=false
[chatstates]
enabled=true
outtype=true
[logging]
chlog=true
grlog=true
rotate=false
[connection]
reconnect=0
'''
ACCOUNT = '''[%(jid)s]
enabled=true
jid=%(jid)s
server=127.0.0.1
port=%(port)d
password=%(password)s
resource=%(resource)s
tls.policy=disable
muc.nick=%(nick)s
presence.login=online
presence.last=online
'''


class Profanity:
    """Logged in as jid. What it gets and sends is in its log, what it shows
    of a talk in that talk's own."""

    program = 'profanity'

    def __init__(self, folder, jid, password, port, nick):
        self.folder, self.jid, self.nick = str(folder), jid, nick
        self.env = dict(environment(self.folder), TERM='xterm')
        self.write('config/profanity/profrc', PROFILE)
        self.write('data/profanity/accounts', ACCOUNT % dict(
            jid=jid, password=password, port=port, nick=nick,
            resource='prof'))
        self.master = None
        self.popen = self.start()
        try:
            self.logged('logged in successfully')
            self.got('<presence', 'from="%s/' % jid)  # others see him, too
            self.type('/receipts request on')
            self.type('/receipts send on')
        except BaseException:
            self.close()
            raise

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as f:
            f.write(text)

    def start(self):
        """In a terminal that is wide enough to break no line."""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 50, 200, 0, 0))
        popen = subprocess.Popen(
            [self.program, '-l', 'DEBUG', '-f', self.path('log'), '-a',
             self.jid], stdin=slave, stdout=slave, stderr=slave,
            env=self.env, cwd=self.folder, start_new_session=True)
        os.close(slave)
        threading.Thread(target=self.watch, daemon=True).start()
        return popen

    def watch(self):
        """A terminal takes what it is given."""
        try:
            with open(self.path('screen'), 'wb') as f:
                while data := os.read(self.master, 1 << 16):
                    f.write(data)
                    f.flush()
        except OSError:
            pass  # it has gone

    def log(self):
        try:
            with open(self.path('log'), errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def logged(self, words):
        wait_for(lambda: words in self.log() or self.popen.poll() is not None,
                 lambda: 'profanity to log %r:\n%s' % (
                     words, self.log()[-4000:]))
        assert words in self.log(), self.log()[-4000:]

    def got(self, *words, count=1, way='RECV'):
        """A stanza in which each of these is."""
        def stanzas():
            return [line for line in self.log().split('\n')
                    if way + ': <' in line and all(w in line for w in words)]
        wait_for(lambda: len(stanzas()) >= count,
                 lambda: 'profanity, %s %r:\n%s' % (
                     way, words, self.log()[-4000:]))
        return stanzas()[count - 1]

    def sent(self, *words, **kw):
        return self.got(*words, way='SENT', **kw)

    def talk(self, with_):
        """What it showed: (who, text) each. Rooms have a folder of theirs."""
        lines = []
        for path in glob.glob(self.path(
                'data/profanity/chatlogs/*/**/%s/*.log' %
                with_.replace('@', '_at_')), recursive=True):
            with open(path) as f:
                lines += re.findall(r'^\S+Z - (.*?): (.*)$', f.read(), re.M)
        return lines

    def saw(self, text, source, with_, count=1):
        wait_for(lambda: self.talk(with_).count((source, text)) >= count,
                 lambda: 'profanity to show %r of %s in %s: %r\n%s' % (
                     text, source, with_, self.talk(with_),
                     self.log()[-3000:]))

    def type(self, line):
        os.write(self.master, line.encode() + b'\r')

    def close(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        os.close(self.master)
