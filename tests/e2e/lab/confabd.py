# SPDX-License-Identifier: GPL-3.0-or-later
"""The real confabd, and confabctl."""
import json
import os
import signal
import subprocess

from .util import Process, free_port, wait_for


RATES = dict.fromkeys(('user_rate', 'room_rate', 'create_rate', 'join_rate',
                       'invite_rate', 'invited_rate', 'source_rate',
                       'memory_max'), 0)  # a sanitizer needs much memory


class Confabd:
    """limits: what section limits has, beside no rates at all; None: there
    is no such section, and all is as confabd has it by itself."""

    def __init__(self, build, folder, domain='confab.test', extra='',
                 imc='', env=None, trusted='"127.0.0.0/8"', listen=None,
                 worker_timeout=4, prefix=(), limits={},
                 state=None):
        self.build = str(build)
        self.folder = str(folder)
        self.domain = domain
        self.port = free_port()
        self.host = '127.0.0.1'
        self.socket = os.path.join(self.folder, 'control.sock')
        self.conf = os.path.join(self.folder, 'confab.conf')
        self.log = os.path.join(self.folder, 'confabd.log')
        self.state = str(state or os.path.join(self.folder, 'state'))
        self.env = dict(os.environ, **(env or {}))
        self.env.pop('JOURNAL_STREAM', None)
        self.process = None
        self.prefix = list(prefix)  # what runs it, as unshare does
        self.settings = dict(
            trusted=trusted, imc=imc, extra=extra, timeout=worker_timeout,
            limits=limits,
            listen=listen or '"udp:127.0.0.1:%d", "tcp:127.0.0.1:%d"' % (
                self.port, self.port))
        self.write()

    def write(self, **changes):
        self.settings.update(changes)
        s = self.settings
        with open(self.conf, 'w') as f:
            f.write('domain = "%s"\nlisten = {%s}\nstate_dir = "%s"\n'
                    'control = "%s"\ntrusted = {%s}\nworker_timeout = %d\n'
                    'log_level = "debug"\ntrusted_websockets = true\nimc {\n%s\n}\n%s\n%s\n' % (
                        self.domain, s['listen'], self.state, self.socket,
                        s['trusted'], s['timeout'], s['imc'], self.limits(),
                        s['extra']))
        os.chmod(self.conf, 0o600)

    def limits(self):
        if self.settings['limits'] is None:
            return ''
        return 'limits {\n%s\n}' % '\n'.join(
            '%s = %d' % pair
            for pair in {**RATES, **self.settings['limits']}.items())

    def program(self, name):
        return os.path.join(self.build, name)

    def start(self, wait=True):
        assert self.process is None or not self.process.alive()
        size = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self.process = Process([*self.prefix, self.program('confabd'), '-c',
                                self.conf], self.log, self.env)
        if wait:
            wait_for(lambda: 'is ready' in self.process.text()[size:] or
                     not self.process.alive(), 'confabd to be ready')
            assert self.process.alive(), self.process.text()[-3000:]
        return self

    def stop(self):
        """Ends it politely: what the exit status was."""
        if not self.process:
            return 0
        return self.process.stop()

    def kill(self):
        self.process.kill(signal.SIGKILL)
        self.process.wait()

    def text(self):
        return self.process.text() if self.process else ''

    def ctl(self, *words, check=True):
        """The answer of confabctl --json, as an object."""
        run = subprocess.run(
            [self.program('confabctl'), '-s', self.socket, '--json', *words],
            capture_output=True, text=True, timeout=60, env=self.env)
        answer = json.loads(run.stdout) if run.stdout else {}
        if check:
            assert answer.get('ok'), (words, run.stdout, run.stderr)
            return answer['result']
        return answer

    def add_user(self, name, password):
        run = subprocess.run(
            [self.program('confabctl'), '-s', self.socket, 'user', 'add',
             name], input=password + '\n', capture_output=True, text=True,
            timeout=60, env=self.env)
        assert run.returncode == 0, (name, run.stdout, run.stderr)

    def show(self, *words):
        """What confabctl prints: (exit status, stdout, stderr)."""
        run = subprocess.run(
            [self.program('confabctl'), '-s', self.socket, *words],
            capture_output=True, text=True, timeout=60, env=self.env)
        return run.returncode, run.stdout, run.stderr

    def link(self, label):
        for link in self.ctl('links'):
            if link['label'] == label:
                return link
        return None

    def link_up(self, label, patience=None):
        wait_for(lambda: (self.link(label) or {}).get('state') == 'up',
                 lambda: 'link %s to be up: %r\n%s' % (
                     label, self.link(label), self.text()[-2000:]), patience)

    def link_not_up(self, label):
        wait_for(lambda: self.link(label)['state'] != 'up',
                 'link %s to be lost' % label)

    def workers(self, name):
        """Pids of the worker processes of this daemon, by program name."""
        pids = []
        path = '/proc/%d/task' % self.process.pid
        for task in os.listdir(path):
            try:
                with open('%s/%s/children' % (path, task)) as f:
                    for pid in f.read().split():
                        with open('/proc/%s/comm' % pid) as c:
                            if c.read().strip() == name[:15]:
                                pids.append(int(pid))
            except OSError:
                continue
        return pids

    def room(self, name):
        return 'sip:%s@%s' % (name, self.domain)

    @property
    def database(self):
        return os.path.join(self.folder, 'state', 'confab.db')

    @property
    def manager(self):
        return self.room('chat-manager')
