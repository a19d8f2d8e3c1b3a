# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: each gives a factory or a running thing, and ends it."""
import os
import pathlib
import signal
import stat
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab.confabd import Confabd  # noqa: E402
from lab.irc import IrcUser, Ngircd  # noqa: E402
from lab.sip import SipUser  # noqa: E402
from lab.xmpp import Prosody, XmppUser  # noqa: E402

# A shell starts what runs beside it with SIGINT ignored, and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))


@pytest.fixture
def build():
    return BUILD


@pytest.fixture
def folder(tmp_path):
    """Makes named folders that servers of other users can enter."""
    for path in [tmp_path, *tmp_path.parents][:3]:
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | 0o055)

    def make(name):
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        return path
    return make


@pytest.fixture
def closing():
    """Things to be closed at the end, the newest first."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing
    yield keep
    for thing in reversed(things):
        (getattr(thing, 'close', None) or thing.stop)()


def check_log(confabd):
    """No daemon of ours may end with a sanitizer's report or a crash."""
    text = confabd.text()
    for word in ('AddressSanitizer', 'runtime error:', 'LeakSanitizer',
                 'reference to a dead object', 'stack smashing'):
        assert word not in text, text[-4000:]


@pytest.fixture
def confabd(folder):
    """Factory: confabd(extra='...', name='confab') -> a running Confabd."""
    made = []

    def start(name='confab', wait=True, run=True, **kw):
        c = Confabd(BUILD, folder(name), **kw)
        made.append(c)
        return c.start(wait) if run else c
    yield start
    # all of them end, whatever one of them has to tell
    ends = [(c, c.stop() if c.process and c.process.alive() else None)
            for c in reversed(made)]
    for c, status in ends:
        check_log(c)
        assert status in (None, 0), (status, c.text()[-4000:])


@pytest.fixture
def user(closing):
    """Factory: user(confabd, 'alice', transport='tcp', answer=404)."""
    def make(confabd, name, domain=None, **kw):
        return closing(SipUser(name, domain or confabd.domain,
                               (confabd.host, confabd.port), **kw))
    return make


@pytest.fixture
def prosody(folder, closing):
    def start(tls=False):
        accounts = {'gw': 'gwpw', 'xenia': 'xeniapw', 'yuri': 'yuripw',
                    'admin': 'adminpw'}
        p = closing(Prosody(folder('prosody'), accounts, tls=tls))
        return p.start()
    return start


@pytest.fixture
def ngircd(folder, closing):
    def start(tls=None):
        return closing(Ngircd(folder('ngircd'), tls=tls)).start()
    return start


@pytest.fixture
def xmpp_user(closing):
    def make(prosody, name='xenia', room='lobby', nick=None):
        return closing(XmppUser('%s@%s' % (name, prosody.domain),
                                name + 'pw', prosody.port,
                                room and prosody.room(room), nick or name,
                                ca=prosody.ca))
    return make


@pytest.fixture
def irc_user(closing):
    def make(ngircd, name='ines', channel='#lobby'):
        return closing(IrcUser(name, ngircd.port, channel))
    return make


def gateway(prosody, gateway='', component=True):
    """Sections of a gateway to it, with both its components or without."""
    if 'early_error' not in gateway:
        gateway += ' early_error = 0'
    text = '''
jabber_gateway { jdomain = "gw.confab.test" jaddress = "%s" jport = %d
    registrar = "jabber@gw.confab.test" peer_rate = 0 %s %s }
''' % (prosody.domain, prosody.port,
         'ca_file = "%s"' % prosody.ca if prosody.ca else 'tls = "off"',
         gateway)
    if component:
        text += '''
jabber_component { domain = "sip.%s" muc_domain = "conf.%s"
    host = "127.0.0.1" port = %d secret = "lab-component-secret" }
''' % (prosody.domain, prosody.domain, prosody.component_port)
    return text


def links(prosody=None, ngircd=None, tls=False):
    """Sections that link room lobby with what is there."""
    text = ''
    if prosody:
        text += '''
jabber "home" { jid = "gw@%s" password = "gwpw" server = "127.0.0.1"
    port = %d %s }
link "lobby-x" { room = "sip:lobby@confab.test" to = "xmpp:%s" via = "home" }
''' % (prosody.domain, prosody.port,
            'ca_file = "%s"' % prosody.ca if prosody.ca else 'tls = "off"',
            prosody.room('lobby'))
    if ngircd:
        text += '''
irc "libera" { server = "%s" port = %d tls = %s nick = "confab" %s
    flood_burst = 1000 flood_ms = 1 }
link "lobby-i" { room = "sip:lobby@confab.test" to = "irc:libera/#lobby" }
''' % ('localhost' if tls else '127.0.0.1',
            ngircd.tls_port if tls else ngircd.port,
            'true' if tls else 'false',
            'ca_file = "%s"' % tls if tls else '')
    return text


@pytest.fixture
def three_sides(confabd, prosody, ngircd, user, xmpp_user, irc_user):
    """Room lobby on all three networks, and somebody on each."""
    class Sides:
        pass
    s = Sides()
    s.prosody, s.ngircd = prosody(), ngircd()
    s.confabd = confabd(extra=links(s.prosody, s.ngircd))
    s.room = s.confabd.room('lobby')
    s.confabd.link_up('lobby-x')
    s.confabd.link_up('lobby-i')
    s.alice = user(s.confabd, 'alice')
    s.bob = user(s.confabd, 'bob', transport='tcp')
    s.alice.join(s.room)
    s.bob.join(s.room)
    s.xenia = xmpp_user(s.prosody)
    s.ines = irc_user(s.ngircd)
    return s
