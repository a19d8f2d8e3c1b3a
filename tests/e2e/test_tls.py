# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates are checked, and what is wrong is said in words."""
import pytest

from conftest import links
from lab.util import wait_for
from lab.xmpp import make_ca


def error_of(server, label):
    return wait_for(lambda: (server.link(label) or {}).get('error'),
                    'an error in words')


def test_xmpp_with_starttls_and_our_ca(confabd, prosody, user, xmpp_user):
    xmpp = prosody(tls=True)
    server = confabd(extra=links(prosody=xmpp))
    server.link_up('lobby-x')
    alice, xenia = user(server, 'alice'), xmpp_user(xmpp)
    alice.join(server.room('lobby'))
    assert alice.send(server.room('lobby'), 'sealed') == 202
    xenia.saw('<alice> sealed', nick='confab')
    xenia.say('opened')
    alice.saw('[xenia@home]: opened')


def directly(xmpp):
    return links(prosody=xmpp).replace(
        'port = %d' % xmpp.port,
        'port = %d tls = "direct"' % xmpp.direct_port)


def test_xmpp_with_tls_from_the_start(confabd, prosody, user, xmpp_user):
    xmpp = prosody(tls=True)
    server = confabd(extra=directly(xmpp))
    server.link_up('lobby-x')
    alice, xenia = user(server, 'alice'), xmpp_user(xmpp)
    alice.join(server.room('lobby'))
    assert alice.send(server.room('lobby'), 'sealed') == 202
    xenia.saw('<alice> sealed', nick='confab')
    xenia.say('opened')
    alice.saw('[xenia@home]: opened')


def test_from_the_start_an_unknown_ca_is_refused(confabd, prosody, folder):
    xmpp = prosody(tls=True)
    xmpp.ca = make_ca(str(folder('other')), [])
    server = confabd(extra=directly(xmpp))
    assert 'certificate' in error_of(server, 'lobby-x').lower()
    assert server.link('lobby-x')['state'] != 'up'


def test_an_unknown_ca_is_refused(confabd, prosody, folder):
    xmpp = prosody(tls=True)
    xmpp.ca = make_ca(str(folder('other')), [])
    server = confabd(extra=links(prosody=xmpp))
    assert 'certificate' in error_of(server, 'lobby-x').lower()
    assert server.link('lobby-x')['state'] != 'up'


def test_a_server_without_tls_is_refused(confabd, prosody):
    xmpp = prosody()
    server = confabd(extra=links(prosody=xmpp).replace(
        'tls = "off"', ''))
    assert 'tls' in error_of(server, 'lobby-x').lower()
    assert server.link('lobby-x')['state'] != 'up'


def test_a_wrong_password_is_told(confabd, prosody):
    xmpp = prosody()
    server = confabd(extra=links(prosody=xmpp).replace('gwpw', 'wrong'))
    error = error_of(server, 'lobby-x').lower()
    assert 'password' in error or 'authent' in error


@pytest.fixture
def irc_tls(ngircd, folder):
    certs = folder('irc-certs')
    ca = make_ca(str(certs), ['localhost', 'other.test'])
    for name in ('localhost', 'other.test'):
        (certs / (name + '.key')).chmod(0o644)

    def start(name='localhost'):
        return ca, ngircd(tls=(str(certs / (name + '.crt')),
                               str(certs / (name + '.key'))))
    return start


def test_irc_with_tls_and_our_ca(confabd, irc_tls, user, irc_user):
    ca, irc = irc_tls()
    server = confabd(extra=links(ngircd=irc, tls=ca))
    server.link_up('lobby-i')
    alice, ines = user(server, 'alice'), irc_user(irc)
    alice.join(server.room('lobby'))
    assert alice.send(server.room('lobby'), 'sealed') == 202
    ines.saw('<alice> sealed')
    ines.say('opened')
    alice.saw('[ines@libera]: opened')


def test_irc_with_another_name_is_refused(confabd, irc_tls):
    ca, irc = irc_tls('other.test')
    server = confabd(extra=links(ngircd=irc, tls=ca))
    error = error_of(server, 'lobby-i').lower()
    assert 'certificate' in error or 'host' in error
    assert server.link('lobby-i')['state'] != 'up'


def test_irc_with_an_unknown_ca_is_refused(confabd, irc_tls, folder):
    _, irc = irc_tls()
    other = make_ca(str(folder('other')), [])
    server = confabd(extra=links(ngircd=irc, tls=other))
    assert 'certificate' in error_of(server, 'lobby-i').lower()
