# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users and people of XMPP, from one to one, by a component and by
accounts of their own."""
import subprocess

import pytest

from conftest import gateway
from lab.sip import get
from lab.util import wait_for

JOE = 'sip:xenia*xmpp.test@gw.confab.test'
REGISTRAR = 'sip:jabber@gw.confab.test'


def is_up(server, what):
    wait_for(lambda: '%s: online' % what in server.show('jabber')[1] or
             '%s: online' % what in server.show('status')[1],
             lambda: '%s to be online\n%s' % (what, server.text()[-3000:]))


@pytest.fixture
def server(confabd, prosody):
    """With components."""
    p = prosody()
    c = confabd(extra=gateway(p))
    c.prosody = p
    is_up(c, 'component sip.xmpp.test')
    return c


@pytest.fixture
def both(server, user, closing, xmpp_user):
    """A SIP user and one of XMPP."""
    alice = user(server, 'alice')
    assert alice.send(server.manager, '#help') == 200
    return alice, xmpp_user(server.prosody, room=None)


def test_component_both_ways(both):
    alice, xenia = both
    for text in 'hello', '#help', '<b>&amp;]]>', '/me waves', 'two\nlines', \
            '\U0001f600 \u00fc':
        assert alice.send(JOE, text) == 202
        m = xenia.got_text(text, 'alice@sip.xmpp.test')
        assert m['type'] == 'chat'
        xenia.write('alice@sip.xmpp.test', text)
        assert alice.saw(text, source=JOE).to == alice.aor
