# SPDX-License-Identifier: GPL-3.0-or-later
"""ejabberd, from a folder of its own: no node name, no epmd, one process."""
import json
import os
import shutil

from .util import Process, free_port, wait_for

USERS = {'gw': 'gwpw', 'xenia': 'xeniapw', 'yuri': 'yuripw'}
SECRET = 'lab-component-secret'
READY = 'accounts are made'
ERLANG_LIBRARIES = '/usr/lib/x86_64-linux-gnu'


def installed():
    return shutil.which('erl') and shutil.which('ejabberdctl')


def listener(module, port, **more):
    return dict(module=module, port=port, ip='127.0.0.1',
                max_stanza_size=262144, **more)


class Ejabberd:
    """As Prosody of lab/xmpp.py is, for gateway() and XmppUser."""

    ca = None

    def __init__(self, folder, domain='xmpp.test'):
        self.folder, self.domain = str(folder), domain
        self.port, self.component_port = free_port(), free_port()
        self.conf = os.path.join(self.folder, 'ejabberd.yml')
        with open(self.conf, 'w') as f:
            json.dump(self.settings(), f)  # which is YAML, too
        self.process = None

    def settings(self):
        ours = ['sip.' + self.domain, 'conf.' + self.domain]
        return dict(
            hosts=[self.domain], loglevel='info', log_rotate_count=0,
            auth_method='internal', auth_password_format='scram',
            listen=[
                listener('ejabberd_c2s', self.port, starttls=False),
                # else each component gets what is for the other
                listener('ejabberd_service', self.component_port,
                         global_routes=False, hosts={d: dict(password=SECRET) for d in ours}),
            ],
            modules=dict(
                mod_disco={}, mod_roster={}, mod_ping={},
                mod_stream_mgmt={}, mod_mam=dict(default='never'),
                mod_muc=dict(host='rooms.' + self.domain,
                             access='all', access_create='all',
                             default_room_options=dict(persistent=True))))

    def room(self, name):
        return '%s@rooms.%s' % (name, self.domain)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        users = ','.join('{<<"%s">>,<<"%s">>}' % u for u in USERS.items())
        make = '[ejabberd_auth:try_register(U,<<"%s">>,P)||{U,P}<-[%s]],' % (
            self.domain, users)
        self.process = Process(
            ['erl', '-noinput', '-mnesia', 'dir', '"%s"' % self.path('spool'),
             '-s', 'ejabberd', '-eval',
             make + 'io:format("%s~n").' % READY],
            self.path('ejabberd.log'), env=dict(
                os.environ, HOME=self.folder, ERL_CRASH_DUMP_BYTES='0',
                ERL_LIBS=ERLANG_LIBRARIES, EJABBERD_CONFIG_PATH=self.conf,
                EJABBERD_LOG_PATH=self.path('own.log'),
                EJABBERD_PID_PATH=self.path('pid'),
                CONTRIB_MODULES_PATH=self.path('modules'),
                CONTRIB_MODULES_CONF_DIR=self.path('modules')))
        wait_for(lambda: READY in self.process.text() or
                 not self.process.alive(),
                 lambda: 'ejabberd: ' + self.process.text()[-3000:])
        assert self.process.alive(), self.process.text()[-3000:]
        return self

    def stop(self):
        if self.process:
            self.process.kill()  # its polite end takes seconds
            self.process.wait()
