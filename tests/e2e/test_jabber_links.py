# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms of ours linked with rooms of XMPP by the component."""
import pytest

from conftest import gateway
from lab.util import wait_for

LINK = '''
link lobby {
  room = "sip:lobby@confab.test"
  to = "xmpp:%s"
  via = "component"
  %s
}
'''


def is_up(server, label='lobby'):
    wait_for(lambda: 'lobby up' in server.show('links')[1],
             lambda: 'the link to be up\n%s\n%s' % (
                 server.show('links')[1], server.text()[-3000:]))


@pytest.fixture
def linked(confabd, prosody, xmpp_user, user):
    """A room with a link; settings: more of its section."""
    def make(settings='', **kw):
        p = prosody()
        c = confabd(extra=gateway(p) + LINK % (p.room('lobby'), settings),
                    **kw)
        c.prosody = p
        is_up(c)
        return c, xmpp_user(p)
    return make


def test_relay(linked, user):
    server, xenia = linked()
    alice = user(server, 'alice')
    room = 'sip:lobby@confab.test'
    assert alice.send(room, '#join') == 200
    assert alice.send(room, 'hello') in (200, 202)
    xenia.saw('<alice> hello', 'confab')
    xenia.say('hi alice')
    alice.saw('[xenia@xmpp]: hi alice')
    assert xenia.count('<alice> hello') == 1
