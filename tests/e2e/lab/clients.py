# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP clients that others wrote, each with a stack of its own, as somebody
uses them who types commands and reads the screen."""
import os
import re
import shutil
import subprocess

from .sip import token
from .util import Process, free_port, free_ports, wait_for


def installed(program):
    return shutil.which(program) is not None


def environment(folder):
    """Nothing of the caller's home is read or written."""
    env = {k: v for k, v in os.environ.items()
           if k in ('PATH', 'TMPDIR', 'LD_LIBRARY_PATH')}
    env.update(HOME=folder, LANG='C.UTF-8', LC_ALL='C.UTF-8', TERM='dumb')
    for name in ('CONFIG', 'DATA', 'CACHE', 'STATE'):
        env['XDG_%s_HOME' % name] = os.path.join(folder, name.lower())
    env['XDG_RUNTIME_DIR'] = folder
    return env


def listens(transport, port):
    """Somebody does at this port, on the loopback address."""
    with open('/proc/net/' + transport) as f:
        return ' 0100007F:%04X 00000000:0000 ' % port in f.read()


class Client:
    """name@domain in a running client, whose server is host:port. A kind of
    client says what it is told (command), and shows (shown)."""

    program = None
    ready = None       # what it prints when it takes commands

    def __init__(self, folder, name, domain, server, password=''):
        self.folder, self.name, self.domain = str(folder), name, domain
        self.password = password
        self.aor = 'sip:%s@%s' % (name, domain)
        self.host, self.port = server
        self.env = environment(self.folder)
        argv = self.prepare()
        self.process = Process(argv, self.path('screen.log'), self.env,
                               self.folder, subprocess.PIPE)
        wait_for(lambda: self.ready in self.screen() or
                 not self.process.alive(), lambda: '%s to start: %s' % (
                     self.program, self.screen()[-3000:]))
        assert self.process.alive(), self.screen()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(text)

    def screen(self):
        return self.process.text()

    def type(self, line):
        self.process.popen.stdin.write(line.encode() + b'\n')
        self.process.popen.stdin.flush()

    def say(self, room, text):
        assert '\n' not in text
        self.type(self.command(room, text))

    def count(self, text, source):
        return self.screen().count(self.shown(source, text))

    def saw(self, text, source, count=1):
        wait_for(lambda: self.count(text, source) >= count,
                 lambda: '%s to see %r from %s; its screen:\n%s' % (
                     self.name, text, source, self.screen()[-3000:]))

    def close(self):
        try:
            self.process.popen.stdin.close()
        except OSError:
            pass
        return self.process.stop()


class Baresip(Client):
    program = 'baresip'
    ready = 'baresip is ready.'
    modules = ('/usr/lib/baresip/modules', '/usr/lib64/baresip/modules',
               '/usr/local/lib/baresip/modules')

    def __init__(self, folder, name, domain, server, contact,
                 transport='udp', ca=None, register=False, presence=False,
                 **kw):
        """contact: who can be written to, one or more. ca: whose
        certificates are believed, for tls. presence: publishes its own and
        watches its contacts'."""
        self.presence = presence
        self.contacts = [contact] if isinstance(contact, str) else contact
        self.current = 0  # the contact that gets what is said
        self.transport, self.ca = transport, ca
        self.interval = 600 if register else 0
        super().__init__(folder, name, domain, server, **kw)

    def prepare(self):
        modules = next((m for m in self.modules if os.path.isdir(m)),
                       self.modules[0])
        self.write('config', 'sip_listen 127.0.0.1:%d\n'
                   'net_interface 127.0.0.1\nmodule_path %s\n'
                   'module stdio.so\nmodule_app account.so\n'
                   'module_app contact.so\nmodule_app menu.so\n%s%s' % (
                       free_ports(), modules,
                       'module_app presence.so\n' * self.presence,
                       'sip_cafile %s\n'
                       'sip_verify_server yes\n' % self.ca
                       if self.ca else ''))
        self.write('accounts', '<%s;transport=%s>;regint=%d;pubint=%d;'
                   'auth_pass=%s;outbound="sip:%s:%d;transport=%s"\n' % (
                       self.aor, self.transport, self.interval,
                       600 * self.presence, self.password, self.host,
                       self.port, self.transport))
        watched = ';presence=p2p' * self.presence
        self.write('contacts', ''.join(
            '"C%d" <%s>%s\n' % (number, contact, watched)
            for number, contact in enumerate(self.contacts)))
        return [self.program, '-f', self.folder]

    def command(self, room, text):
        way = self.contacts.index(room) - self.current
        self.current += way
        step = '/contact_next\n' if way > 0 else '/contact_prev\n'
        return step * abs(way) + '/message ' + text

    def shown(self, source, text):
        return '\n%s: "%s"\n' % (source, text)


class Linphone(Client):
    """linphonec. Port -2 is a port that it never listens on. friend: whose
    presence it watches, while it publishes its own."""

    program = 'linphonec'
    ready = 'linphonec> '

    def __init__(self, folder, name, domain, server, register=False,
                 transport='tcp', ca=None, friend=None, **kw):
        self.register, self.transport, self.ca = register, transport, ca
        self.friend = friend
        super().__init__(folder, name, domain, server, **kw)

    def account(self):
        return '' if not self.password else '''[auth_info_0]
username=%s
passwd=%s
realm=%s
domain=%s
''' % (self.name, self.password, self.domain, self.domain)

    def prepare(self):
        self.write('linphonerc', '''[sip]
%(udp)s
sip_tcp_port=-2
sip_tls_port=%(tls_port)d
root_ca=%(ca)s
use_ipv6=0
guess_hostname=0
contact=%(aor)s
default_proxy=0
[proxy_0]
reg_proxy=<sip:%(host)s:%(port)d;transport=%(transport)s>
reg_route=<sip:%(host)s:%(port)d;transport=%(transport)s;lr>
reg_identity=%(aor)s
reg_expires=3600
reg_sendregister=%(register)d
publish=%(publish)d
publish_expires=600
%(friend)s%(account)s''' % dict(aor=self.aor, host=self.host, port=self.port,
           register=self.register, transport=self.transport,
           udp='sip_port=%d\nbind_address=127.0.0.1' % free_port()
           if self.transport == 'udp' else 'sip_port=0',
           tls_port=-2 if self.transport == 'tls' else 0, ca=self.ca or '',
           publish=bool(self.friend), friend=self.friend and
           '[friend_0]\nurl=<%s>\npol=accept\nsubscribe=1\n' % self.friend
           or '', account=self.account()))
        # It crashes where it cannot make its database.
        os.makedirs(self.path('.local/share/linphone'))
        return [self.program, '-c', self.path('linphonerc'), '-d', '6',
                '-l', self.path('linphone.log')]

    def log(self):
        with open(self.path('linphone.log'), errors='replace') as f:
            return f.read()

    def command(self, room, text):
        return 'chat %s %s' % (room, text)

    def shown(self, source, text):
        return 'Message received from %s: %s\n' % (source, text)


class Twinkle(Client):
    """twinkle-console."""

    program = 'twinkle-console'
    ready = 'Twinkle> '

    def __init__(self, folder, name, domain, server, transport='udp',
                 register=False, buddy=None, **kw):
        """buddy: whom it watches; then it publishes as well."""
        self.transport, self.register = transport, register
        self.buddy = buddy
        super().__init__(folder, name, domain, server, **kw)

    def prepare(self):
        port = free_port()
        self.write('.twinkle/twinkle.sys', 'sip_port=%d\n'
                   'log_show_debug=yes\nlog_show_sip=yes\n' % port)
        if self.buddy:
            self.write('.twinkle/me.bud', 'name|sip_address|subscribe\n'
                       'B|%s|y\n' % self.buddy)
        self.write('.twinkle/me.cfg', 'user_name=%s\nuser_domain=%s\n'
                   'outbound_proxy=%s:%d\nall_requests_to_proxy=yes\n'
                   'sip_transport=%s\nregister_at_startup=%s\n'
                   'pres_publish_startup=%s\n'
                   'auth_name=%s\nauth_pass=%s\n' % (
                       self.name, self.domain, self.host, self.port,
                       self.transport, 'yes' if self.register else 'no',
                       'yes' if self.buddy else 'no',
                       self.name, self.password))
        return [self.program, 'me.cfg']

    def log(self):
        with open(self.path('.twinkle/twinkle.log'), errors='replace') as f:
            return f.read()

    def command(self, room, text):
        assert '"' not in text  # there is no way to type it
        return 'message %s "%s"' % (room, text)

    def shown(self, source, text):
        return 'From:\t\t%s\nTo:\t\t%s\n\n%s\n' % (source, self.aor, text)


class Sipsak:
    """Sends, and goes. Its own message mode crashes (Debian's 0.9.8.1), and
    so each request comes from a file."""

    program = 'sipsak'

    def __init__(self, folder, name, domain, server, transport='udp',
                 password=''):
        self.folder, self.transport = str(folder), transport
        self.name, self.password = name, password
        self.aor = 'sip:%s@%s' % (name, domain)
        self.host, self.port = server
        self.output = ''

    def run(self, request=None):
        """The status of the last answer that it printed."""
        argv = [self.program, '-s', 'sip:sak@%s:%d' % (self.host, self.port),
                '-H', '127.0.0.1', '-vvv', '-E', self.transport]
        env = environment(self.folder)
        if self.transport == 'tls':
            # It takes a session ticket for an answer.
            env['GNUTLS_SYSTEM_PRIORITY_FILE'] = os.path.join(
                self.folder, 'gnutls')
            with open(env['GNUTLS_SYSTEM_PRIORITY_FILE'], 'w') as f:
                f.write('[overrides]\ndisabled-version = tls1.3\n')
            argv.append('--tls-ignore-cert-failure')
        if self.password:
            argv += ['-u', self.name, '-a', self.password]
        if request:
            argv += ['-L', '-f', '-']
        run = subprocess.run(argv, input=request or b'', timeout=60,
                             stdout=subprocess.PIPE, cwd=self.folder,
                             stderr=subprocess.STDOUT, env=env)
        self.output = run.stdout.decode('utf-8', 'replace')
        found = re.findall(r'^SIP/2\.0 (\d+)', self.output, re.M)
        assert found, (run.returncode, self.output)
        return int(found[-1])

    def request(self, method, uri, to, headers, body=b''):
        lines = ['%s %s SIP/2.0' % (method, uri), 'Max-Forwards: 70',
                 'From: <%s>;tag=%s' % (self.aor, token()),
                 'To: <%s>' % to, 'Call-ID: ' + token(),
                 'CSeq: 1 ' + method, 'User-Agent: sipsak', *headers,
                 'Content-Length: %d' % len(body), '', '']
        return self.run('\r\n'.join(lines).encode() + body)

    def say(self, room, text):
        return self.request('MESSAGE', room, room,
                            ['Content-Type: text/plain'], text.encode())

    def register(self, contact):
        return self.request('REGISTER', 'sip:' + self.aor.split('@')[1],
                            self.aor, ['Contact: <%s>' % contact,
                                       'Expires: 600'])


class Sipp:
    """Plays a request, the 401, and the request with credentials; another
    run of it, at the address that was registered, hears what comes (UDP)."""

    program = 'sipp'
    head = """<send retrans="500"><![CDATA[
%(method)s %(uri)s SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <%(aor)s>;tag=[call_number]
To: <%(to)s>
Call-ID: [call_id]
CSeq: %(number)d %(method)s
Max-Forwards: 70
User-Agent: sipp
%(login)s%(headers)s
Content-Length: [len]

%(text)s]]></send>
"""
    hearing = """<?xml version="1.0"?><scenario name="hear">
<recv request="MESSAGE"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>"""

    def __init__(self, folder, name, domain, server, transport='udp',
                 password=''):
        self.folder, self.transport = str(folder), transport
        self.name, self.password = name, password
        self.aor = 'sip:%s@%s' % (name, domain)
        self.server = '%s:%d' % server
        self.port, self.output = free_port(), ''

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, 'w') as f:
                f.write(text)
        return path

    def argv(self, scenario, *more):
        return [self.program, '-sf', scenario, '-nostdin', '-i', '127.0.0.1',
                '-t', 'u1' if self.transport == 'udp' else 't1', *more]

    def play(self, status, **request):
        """Whether the final answer was this."""
        login = '[authentication username=%s password=%s]\n' % (
            self.name, self.password)
        first = self.head % dict(request, aor=self.aor, number=1, login='')
        again = self.head % dict(request, aor=self.aor, number=2, login=login)
        path = self.path('play.xml', '<?xml version="1.0"?>'
                         '<scenario name="play">' + first +
                         '<recv response="401" auth="true"/>' + again +
                         '<recv response="%d"/></scenario>' % status)
        run = subprocess.run(
            self.argv(path, '-m', '1', '-timeout', '20', '-p',
                      str(self.port), self.server),
            capture_output=True, text=True, timeout=60, cwd=self.folder,
            env=environment(self.folder))
        self.output = run.stdout + run.stderr
        return run.returncode == 0

    def say(self, room, text, status):
        return self.play(status, method='MESSAGE', uri=room, to=room,
                         headers='Content-Type: text/plain', text=text)

    def register(self):
        return self.play(
            200, method='REGISTER', uri='sip:' + self.aor.split('@')[1],
            to=self.aor, text='', headers='Contact: <sip:%s@[local_ip]:'
            '[local_port];transport=[transport]>\nExpires: 600' % self.name)

    def hear(self):
        """A process whose messages() are what it got."""
        log = self.path('messages.log', '')
        hearing = Process(
            self.argv(self.path('hear.xml', self.hearing), '-p',
                      str(self.port), '-trace_msg', '-message_file', log),
            self.path('screen.log'), environment(self.folder), self.folder)

        def messages():
            with open(log, errors='replace') as f:
                return f.read().replace('\r', '')
        wait_for(lambda: listens(self.transport, self.port) or
                 not hearing.alive(), 'sipp to listen')
        hearing.messages = messages
        return hearing
