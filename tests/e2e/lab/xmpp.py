# SPDX-License-Identifier: GPL-3.0-or-later
"""An XMPP user in a MUC (slixmpp, in a thread of its own), and Prosody."""
import asyncio
import logging
import os
import signal
import subprocess
import threading

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath, StanzaPath

from .util import Process, Seen, free_port, port_open, wait_for

logging.getLogger('slixmpp').setLevel(logging.CRITICAL)
logging.getLogger('asyncio').setLevel(logging.CRITICAL)


class XmppUser:
    """A person with one room, or (room None) none: seen holds (nick, text)
    of the room, stanzas all messages, presences all presences."""

    def __init__(self, jid, password, port, room, nick, ca=None,
                 host='127.0.0.1'):
        self.jid, self.room, self.nick = jid, room, nick
        self.seen = Seen(nick)
        self.stanzas = Seen(nick)
        self.presences = Seen(nick)
        self.gone = Seen(nick)     # (nick, status codes)
        self.topics = Seen(nick)
        self.archive = []          # bodies, as a query brought them
        self.loop = asyncio.new_event_loop()
        self.joined = threading.Event()
        self.failed = None
        self.thread = threading.Thread(
            target=self.run, args=(jid, password, host, port, ca),
            daemon=True)
        self.thread.start()
        wait_for(lambda: self.joined.is_set() or self.failed,
                 '%s to join %s' % (jid, room))
        assert not self.failed, self.failed

    def run(self, jid, password, host, port, ca):
        asyncio.set_event_loop(self.loop)
        self.client = client = slixmpp.ClientXMPP(jid, password)
        client.register_plugin('xep_0045')
        client.register_plugin('xep_0199')
        if ca:
            client.ca_certs = ca
        else:
            mechanisms = client['feature_mechanisms']
            mechanisms.unencrypted_plain = True
            mechanisms.unencrypted_scram = True
        client.add_event_handler('session_start', self.on_start)
        client.add_event_handler('groupchat_message', self.on_message)
        client.add_event_handler('failed_auth', self.on_failed)
        client.add_event_handler('groupchat_subject',
                                 lambda m: self.topics.add(m['subject']))
        client.register_handler(Callback('archive', StanzaPath('message'),
                                         self.on_archived))
        client.add_event_handler('muc::%s::got_offline' % self.room,
                                 self.on_offline)
        client.register_handler(Callback('all', StanzaPath('message'),
                                         self.stanzas.add))
        client.register_handler(Callback(
            'each presence', MatchXPath('{jabber:client}presence'),
            self.presences.add))
        client.connect((host, port), disable_starttls=not ca)
        try:
            self.loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(
                asyncio.gather(*tasks, return_exceptions=True))
            self.loop.close()

    async def on_start(self, _):
        try:
            self.client.send_presence()
            await self.client.get_roster()
            if self.room:
                await self.client['xep_0045'].join_muc_wait(
                    self.room, self.nick, maxstanzas=0, timeout=20)
            self.joined.set()
        except Exception as e:
            self.failed = e

    def on_failed(self, _):
        self.failed = 'authentication of %s failed' % self.jid

    def on_message(self, message):
        if message['body'] and message.xml.find(
                '{urn:xmpp:delay}delay') is None:
            self.seen.add((message['mucnick'], message['body']))

    def on_archived(self, message):
        if message.xml.find('{urn:xmpp:mam:2}result') is not None:
            self.archive += [b.text for b in message.xml.iter(
                '{jabber:client}body')]

    def on_offline(self, presence):
        codes = [s.get('code') for s in presence.xml.iter(
            '{http://jabber.org/protocol/muc#user}status')]
        self.gone.add((presence['muc']['nick'], codes))

    def call(self, function, *args, **kw):
        """Runs on slixmpp's loop; its result."""
        async def run():
            result = function(*args, **kw)
            if asyncio.iscoroutine(result) or isinstance(
                    result, asyncio.Future):
                result = await result
            return result
        return asyncio.run_coroutine_threadsafe(
            run(), self.loop).result(30)

    def say(self, text):
        self.call(self.client.send_message, self.room, text,
                  mtype='groupchat')

    def write(self, to, text, **attributes):
        """To one; attributes of the stanza: mtype, id ..."""
        def send():
            m = self.client.make_message(to, text, mtype='chat')
            for key, value in attributes.items():
                m[key] = value
            m.send()
        self.call(send)

    def topic(self, text):
        self.raw('<message to="%s" type="groupchat"><subject>%s</subject>'
                 '</message>' % (self.room, text))

    def raw(self, xml):
        self.call(self.client.send_raw, xml)

    def got(self, test, patience=None):
        """The first message of which test(stanza) is true."""
        return self.stanzas.wait(test, patience=patience)

    def got_text(self, text, by=None):
        return self.got(lambda m: m['body'] == text and
                        (by is None or m['from'].bare == by))

    def ask(self, to, name, namespace, kind='get', inside='',
            **attributes):
        """The answer's XML to a request, as text; errors as well."""
        async def run():
            iq = self.client.make_iq(ifrom=None, ito=to, itype=kind)
            iq.xml.append(slixmpp.xmlstream.ET.fromstring(
                '<%s xmlns="%s"%s>%s</%s>' % (
                    name, namespace, ''.join(
                        ' %s="%s"' % pair for pair in attributes.items()),
                    inside, name)))
            try:
                return str(await iq.send(timeout=10))
            except slixmpp.exceptions.IqError as e:
                return str(e.iq)
        return self.call(run)

    def nicks(self):
        return set(self.client['xep_0045'].get_roster(self.room))

    def role(self, nick, role):
        """none: kick."""
        self.call(self.client['xep_0045'].set_role, self.room, nick, role)

    def saw(self, text, nick=None, count=1, patience=None):
        return self.seen.wait(
            lambda s: s[1] == text and (nick is None or s[0] == nick),
            count, patience)

    def count(self, text):
        return self.seen.count(lambda s: s[1] == text)

    def close(self):
        async def end():
            self.client.disconnect(wait=0.5)
            try:
                await asyncio.wait_for(self.client.disconnected, 3)
            except Exception:
                pass
        if self.thread.is_alive():
            try:
                asyncio.run_coroutine_threadsafe(
                    end(), self.loop).result(5)
            except Exception:
                pass
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(5)


def openssl(*args, cwd):
    subprocess.run(['openssl', *args], cwd=cwd, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_ca(folder, names):
    """A CA of our own and one certificate a name: the CA's file."""
    os.makedirs(folder, exist_ok=True)
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
            '-subj', '/CN=lab CA', '-keyout', 'ca.key', '-out', 'ca.crt',
            '-addext', 'basicConstraints=critical,CA:TRUE', cwd=folder)
    for name in names:
        with open(os.path.join(folder, name + '.ext'), 'w') as f:
            f.write('subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n'
                    % name)
        openssl('req', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:prime256v1', '-nodes', '-subj',
                '/CN=' + name, '-keyout', name + '.key', '-out',
                name + '.csr', cwd=folder)
        openssl('x509', '-req', '-in', name + '.csr', '-CA', 'ca.crt',
                '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30',
                '-extfile', name + '.ext', '-out', name + '.crt',
                cwd=folder)
    return os.path.join(folder, 'ca.crt')


CONFIG = '''
run_as_root = true
daemonize = false
pidfile = "%(folder)s/prosody.pid"
data_path = "%(folder)s/data"
certificates = "%(folder)s/certs"
interfaces = { "127.0.0.1" }
c2s_ports = { %(port)d }
c2s_direct_tls_ports = { %(direct)s }
s2s_ports = {}
component_ports = { %(component)d }
http_ports = {}
https_ports = {}
use_ipv6 = false
admins = { "admin@%(domain)s" }
modules_enabled = { "roster", "saslauth", "tls", "disco", "posix", "ping",
  "time", "version", "smacks", "carbons", "limits" }
modules_disabled = { "s2s", "s2s_auth_certs", "http", "offline" }
authentication = "internal_plain"
allow_registration = false
c2s_require_encryption = %(tls)s
allow_unencrypted_plain_auth = not %(tls)s
limits = { c2s = { rate = "10mb/s" } }
log = { { levels = { min = "debug" }, to = "file",
  filename = "%(folder)s/prosody-debug.log" } }
VirtualHost "%(domain)s"
Component "sip.%(domain)s"
  component_secret = "lab-component-secret"
Component "conf.%(domain)s"
  component_secret = "lab-component-secret"
Component "rooms.%(domain)s" "muc"
  restrict_room_creation = false
  muc_room_locking = false
  muc_room_default_persistent = true
  muc_room_default_change_subject = true
  modules_enabled = { "muc_mam" }
  muc_log_by_default = true
'''


class Prosody:
    """Accounts are a dict: user -> password."""

    def __init__(self, folder, accounts, domain='xmpp.test', tls=False,
                 port=None):
        self.folder, self.domain, self.tls = str(folder), domain, tls
        self.port = port or free_port()
        self.component_port = free_port()
        self.direct_port = free_port() if tls else None
        self.process = None
        self.ca = None
        certs = os.path.join(self.folder, 'certs')
        if tls:
            self.ca = make_ca(certs, [domain])
        users = os.path.join(self.folder, 'data', domain.replace('.', '%2e'),
                             'accounts')
        os.makedirs(users, exist_ok=True)
        for user, password in accounts.items():
            with open(os.path.join(users, user + '.dat'), 'w') as f:
                f.write('return { ["password"] = "%s"; };\n' % password)
        self.conf = os.path.join(self.folder, 'prosody.cfg.lua')
        with open(self.conf, 'w') as f:
            f.write(CONFIG % dict(folder=self.folder, port=self.port,
                                  component=self.component_port,
                                  direct=self.direct_port or '',
                                  domain=domain,
                                  tls='true' if tls else 'false'))

    def room(self, name):
        return '%s@rooms.%s' % (name, self.domain)

    def start(self):
        self.process = Process(['prosody', '--config', self.conf, '-F'],
                               os.path.join(self.folder, 'prosody.log'))
        wait_for(lambda: port_open(self.port) and
                 port_open(self.component_port),
                 lambda: 'Prosody to listen: ' + self.process.text())
        return self

    def stand_still(self):
        """What is written to it waits in its sockets, from now on."""
        self.process.kill(signal.SIGSTOP)

    def unread(self):
        """How much there is in the sockets of its components."""
        with open('/proc/net/tcp') as f:
            rows = [line.split() for line in f]
        return sum(int(row[4].split(':')[1], 16) for row in rows[1:]
                   if row[1].endswith(':%04X' % self.component_port) and
                   row[3] == '01')

    def die(self):
        """And all that it has not read with it."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process:
            self.process.stop()

    def restart(self):
        self.stop()
        self.start()
