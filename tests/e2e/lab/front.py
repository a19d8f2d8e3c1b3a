# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kamailio in front of confab, as etc/kamailio-front.cfg has it."""
import hashlib
import os
import pathlib
import re
import shutil

from .util import Process, free_port, port_open, wait_for

CONFIG = pathlib.Path(__file__).resolve().parents[3] / \
    'etc/kamailio-front.cfg'
TABLES = '/usr/share/kamailio/dbtext/kamailio'


def missing():
    """What is missing on this machine, if anything."""
    return None if shutil.which('kamailio') and os.path.isdir(TABLES) \
        else 'kamailio'


class Front:
    """For phones at host:port; confab is told to use proxy."""

    def __init__(self, folder, domain, accounts):
        self.folder, self.domain = str(folder), domain
        self.host, self.port = '127.0.0.1', free_port()
        self.inner = free_port()
        self.proxy = 'sip:127.0.0.1:%d' % self.inner
        self.process = None
        for table in 'version', 'subscriber':
            shutil.copy(os.path.join(TABLES, table), self.folder)
        with open(self.path('subscriber'), 'a') as f:
            for n, (name, password) in enumerate(accounts.items(), 1):
                ha1 = hashlib.md5(('%s:%s:%s' % (name, domain, password))
                                  .encode()).hexdigest()
                f.write('%d:%s:%s:-:%s:-\n' % (n, name, domain, ha1))

    def path(self, name):
        return os.path.join(self.folder, name)

    def config(self, confab_port):
        text = CONFIG.read_text()
        for old, new in (
                ('!MY_DOMAIN!chat.example!', '!MY_DOMAIN!%s!' % self.domain),
                ('udp:192.0.2.1:5060', 'udp:127.0.0.1:%d' % self.port),
                ('tcp:192.0.2.1:5060', 'tcp:127.0.0.1:%d' % self.port),
                ('!CONFAB_SIDE!udp:127.0.0.1:5060!',
                 '!CONFAB_SIDE!udp:127.0.0.1:%d!' % self.inner),
                ('!CONFAB_PORT!5070!', '!CONFAB_PORT!%d!' % confab_port),
                ('!text:///etc/kamailio/dbtext!',
                 '!text://%s!' % self.folder)):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        assert not re.search(r'192\.0\.2\.', text)
        return text

    def start(self, confab_port):
        with open(self.path('front.cfg'), 'w') as f:
            f.write(self.config(confab_port))
        self.process = Process(
            ['kamailio', '-DD', '-E', '-m', '64', '-M', '8', '-w',
             self.folder, '-Y', self.folder, '-f', self.path('front.cfg')],
            self.path('kamailio.log'))
        wait_for(lambda: port_open(self.port) or not self.process.alive(),
                 'kamailio to listen')
        assert self.process.alive(), self.process.text()[-3000:]
        return self

    def stop(self):
        return self.process.stop() if self.process else 0
