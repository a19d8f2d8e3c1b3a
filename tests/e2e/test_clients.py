# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP clients that others wrote, in rooms of the real confabd."""
import pytest

from conftest import links
from lab.clients import Baresip, Linphone, Sipsak, Twinkle, installed
from lab.util import wait_for

HARD = 'emoji \U0001f600 \U0001f44d\U0001f3fd, \xfcml\xe4ut and <&">'
NO_QUOTE = HARD.replace('"', "'")


def need(kind):
    if not installed(kind.program):
        pytest.skip('%s is not installed' % kind.program)


@pytest.fixture
def client(folder, closing):
    """Factory: client(Baresip, confabd, 'bea', ...)."""
    def make(kind, confabd, name, **kw):
        need(kind)
        c = kind(folder(name), name, confabd.domain,
                 (confabd.host, confabd.port), **kw)
        return closing(c) if hasattr(c, 'close') else c
    return make


@pytest.fixture
def lobby(confabd, user):
    """A room with bob in it, who is a script."""
    class Lobby:
        pass
    r = Lobby()
    r.confabd = confabd()
    r.room = r.confabd.room('lobby')
    r.bob = user(r.confabd, 'bob')
    r.bob.join(r.room)
    return r


def talk(lobby, c, text):
    """In, words both ways, an answer to a command, and out."""
    room, bob = lobby.room, lobby.bob
    c.say(room, '#join')
    c.saw('*** [%s] has joined the room' % c.name, room)
    bob.saw('*** [%s] has joined the room' % c.name)
    c.say(room, text)
    bob.saw('[%s]: %s' % (c.name, text), source=room)
    assert bob.send(room, HARD) == 202
    c.saw('[bob]: ' + HARD, room)
    long_text = 'x' * 400
    c.say(room, long_text)
    bob.saw('[%s]: %s' % (c.name, long_text))
    assert bob.send(room, long_text) == 202
    c.saw('[bob]: ' + long_text, room)
    assert bob.send(room, 'one\ntwo') == 202
    c.saw('[bob]: one\n  two', room)
    c.say(room, '/me waves')
    bob.saw('* [%s] waves' % c.name)
    c.say(room, '#members')
    c.saw('Members:\n*[bob]\n[%s]' % c.name, room)
    c.say(room, '#leave')
    bob.saw('*** [%s] has left the room' % c.name)
    # Everything once, and nothing of its own.
    assert c.count('[%s]: %s' % (c.name, text), room) == 0
    assert c.count('[bob]: ' + HARD, room) == 1
    assert bob.count('[%s]: %s' % (c.name, text)) == 1


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_baresip_talks(lobby, client, transport):
    bea = client(Baresip, lobby.confabd, 'bea', contact=lobby.room,
                 transport=transport)
    talk(lobby, bea, HARD)


def test_linphone_talks(lobby, client):
    talk(lobby, client(Linphone, lobby.confabd, 'lin'), HARD)


def test_linphone_registers_and_talks(lobby, client):
    lin = client(Linphone, lobby.confabd, 'lin', register=True)
    wait_for(lambda: lobby.confabd.ctl('contact', 'lin'), 'it to register')
    device, = lobby.confabd.ctl('contact', 'lin')
    assert device['registered'] and 'inphone' in device['agent']
    talk(lobby, lin, HARD)


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_twinkle_talks(lobby, client, transport):
    twin = client(Twinkle, lobby.confabd, 'twin', transport=transport)
    talk(lobby, twin, NO_QUOTE)


def test_sipsak_is_answered(lobby, client):
    sak = client(Sipsak, lobby.confabd, 'sak')
    room, bob = lobby.room, lobby.bob
    assert sak.run() == 200
    assert 'Allow: MESSAGE, OPTIONS' in sak.output
    assert sak.say(room, 'may I?') == 403
    assert sak.say(room, '#join') == 200
    bob.saw('*** [sak] has joined the room')
    assert sak.say(room, HARD) == 202
    bob.saw('[sak]: ' + HARD, source=room)
    assert sak.say(lobby.confabd.room('nowhere'), 'hello') == 404
    assert sak.say(room, '#leave') == 200
    bob.saw('*** [sak] has left the room')
    assert bob.count('[sak]: ' + HARD) == 1


def test_sipsak_is_answered_over_tcp(lobby, client):
    """As far as the room's first words to it, which it takes for the answer
    to its next request."""
    sak = client(Sipsak, lobby.confabd, 'sak', transport='tcp')
    assert sak.run() == 200
    assert sak.say(lobby.room, HARD) == 403
    assert sak.say(lobby.confabd.room('nowhere'), 'hello') == 404
    assert sak.say(lobby.room, '#join') == 200
    lobby.bob.saw('*** [sak] has joined the room')


def test_a_client_that_comes_back_is_reached_again(lobby, client, folder):
    """It is another process with another port, and says only a word."""
    bea = client(Baresip, lobby.confabd, 'bea', contact=lobby.room)
    bea.say(lobby.room, '#join')
    bea.saw('*** [bea] has joined the room', lobby.room)
    bea.close()
    assert lobby.bob.send(lobby.room, 'are you there?') == 202
    again = Baresip(folder('again'), 'bea', lobby.confabd.domain,
                    (lobby.confabd.host, lobby.confabd.port),
                    contact=lobby.room)
    try:
        again.say(lobby.room, 'back')
        lobby.bob.saw('[bea]: back')
        assert lobby.bob.send(lobby.room, 'good') == 202
        again.saw('[bob]: good', lobby.room)
    finally:
        again.close()


@pytest.mark.parametrize('kind', [Baresip, Linphone])
def test_clients_outlive_a_killed_server(lobby, client, kind):
    """Baresip's address is known still; Linphone's connection is gone, and
    comes back with its next words."""
    extra = {'contact': lobby.room} if kind is Baresip else {}
    c = client(kind, lobby.confabd, 'carl', **extra)
    c.say(lobby.room, '#join')
    c.saw('*** [carl] has joined the room', lobby.room)
    lobby.confabd.kill()
    lobby.confabd.start()
    if kind is Linphone:
        c.say(lobby.room, 'who was that?')
        lobby.bob.saw('[carl]: who was that?')
    assert lobby.bob.send(lobby.room, 'back again') == 202
    c.saw('[bob]: back again', lobby.room)
    c.say(lobby.room, HARD)
    lobby.bob.saw('[carl]: ' + HARD)


def test_all_clients_and_networks_in_one_room(
        confabd, prosody, ngircd, xmpp_user, irc_user, client):
    need(Baresip)
    need(Linphone)
    xmpp, irc = prosody(), ngircd()
    server = confabd(extra=links(xmpp, irc))
    room = server.room('lobby')
    server.link_up('lobby-x')
    server.link_up('lobby-i')
    bea = client(Baresip, server, 'bea', contact=room)
    lin = client(Linphone, server, 'lin')
    xenia, ines = xmpp_user(xmpp), irc_user(irc)
    for c in bea, lin:
        c.say(room, '#join')
        c.saw('*** [%s] has joined the room' % c.name, room)
    bea.saw('*** [lin] has joined the room', room)

    for c, other in (bea, lin), (lin, bea):
        text = 'I am %s: %s' % (c.name, HARD)
        c.say(room, text)
        other.saw('[%s]: %s' % (c.name, text), room)
        xenia.saw('<%s> %s' % (c.name, text), nick='confab')
        ines.saw('<%s> %s' % (c.name, text))
        c.say(room, '/me of ' + c.program)
        other.saw('* [%s] of %s' % (c.name, c.program), room)
        xenia.saw('/me <%s> of %s' % (c.name, c.program), nick='confab')
        ines.saw('\x01ACTION <%s> of %s\x01' % (c.name, c.program))

    xenia.say('from XMPP: ' + HARD)
    ines.saw('<xenia@home> from XMPP: ' + HARD)
    ines.say('from IRC: ' + HARD)
    xenia.saw('<ines@libera> from IRC: ' + HARD, nick='confab')
    for c in bea, lin:
        c.saw('[xenia@home]: from XMPP: ' + HARD, room)
        c.saw('[ines@libera]: from IRC: ' + HARD, room)

    # One more round shows that nothing came twice or went back.
    bea.say(room, 'the end')
    lin.saw('[bea]: the end', room)
    xenia.saw('<bea> the end')
    ines.saw('<bea> the end')
    for c, other in (bea, lin), (lin, bea):
        text = 'I am %s: %s' % (c.name, HARD)
        assert c.count('[%s]: %s' % (c.name, text), room) == 0
        assert other.count('[%s]: %s' % (c.name, text), room) == 1
        assert xenia.count('<%s> %s' % (c.name, text)) == 1
        assert ines.count('<%s> %s' % (c.name, text)) == 1
        assert c.count('[xenia@home]: from XMPP: ' + HARD, room) == 1
        assert c.count('[ines@libera]: from IRC: ' + HARD, room) == 1
