# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of libpurple by an HTTP proxy: httpProxy_host, httpProxy_port."""
import os

import pytest

from conftest import BUILD
from lab.proxy import Proxy
from lab.util import free_port, wait_for
from test_purple import HERS, XENIA, add, is_online, sections, state, xmpp
from test_purple import xenia  # noqa: F401

pytestmark = pytest.mark.skipif(
    not os.path.exists(BUILD / 'confab-purple'),
    reason='built without libpurple')


def by(proxy):
    return sections('httpProxy_host = "127.0.0.1"\nhttpProxy_port = %d' %
                    getattr(proxy, 'port', proxy))


def trouble(c):
    """Of the first login that came to nothing."""
    return wait_for(
        lambda: c.ctl('purple', 'map', 'list')[0].get('error'),
        lambda: state(c, HERS))


def test_xmpp_by_a_proxy(confabd, prosody, closing, user,
                         xenia):  # noqa: F811
    proxy, p = closing(Proxy()), prosody(tls=True)
    c = confabd(extra=by(proxy))
    c.prosody = p
    alice, x = user(c, 'alice'), xenia(c)
    alice.send(c.manager, '#help')
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    assert alice.send(XENIA, 'by a detour') == 202
    x.got_text('by a detour', HERS)
    assert proxy.seen.all()[0].startswith(
        'CONNECT 127.0.0.1:%d HTTP/1.' % p.port)
    assert 'gwpw' not in str(proxy.seen.all())


def test_irc_by_a_proxy(confabd, ngircd, closing):
    proxy, n = closing(Proxy()), ngircd()
    c = confabd(extra=by(proxy))
    add(c, 'alice', 'irc/ally@127.0.0.1', '', 'login=always', 'opt.ssl=no',
        'opt.port=%d' % n.port)
    is_online(c, 'ally@127.0.0.1')
    assert proxy.seen.count(lambda h: h.startswith(
        'CONNECT 127.0.0.1:%d ' % n.port)) == 1


@pytest.mark.parametrize('status', ['403 Forbidden', '502 Bad Gateway',
                                    '407 Proxy Authentication Required'])
def test_a_proxy_that_refuses(confabd, prosody, closing, status):
    proxy, p = closing(Proxy(refusal=status)), prosody(tls=True)
    c = confabd(extra=by(proxy))
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    words = trouble(c)
    assert 'the proxy 127.0.0.1:%d' % proxy.port in words, words
    print(words)
    assert state(c, HERS).startswith('backoff')


def test_no_proxy_there(confabd, prosody):
    port, p = free_port(), prosody(tls=True)
    c = confabd(extra=by(port))
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    words = trouble(c)
    print(words)
    assert 'the proxy 127.0.0.1:%d' % port in words
    assert 'refused' in words


def test_a_proxy_that_is_none(confabd, prosody):
    p = prosody(tls=True)
    c = confabd(extra=by(p))  # Prosody speaks no HTTP there
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    words = trouble(c)
    print(words)
    assert 'the proxy 127.0.0.1:%d' % p.port in words
