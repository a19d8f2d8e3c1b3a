# SPDX-License-Identifier: GPL-3.0-or-later
"""IRC networks as they are today: InspIRCd with IRCv3, logins by SASL,
certificates by their fingerprints, several servers."""
import hashlib
import ssl

import pytest

from lab.ircv3 import InspIrcd, SaslServer, server_context
from lab.tls import Authority
from lab.util import free_port, wait_for


def section(port, more='tls = false'):
    return '''
irc "libera" { server = "127.0.0.1" port = %d nick = "gw" flood_ms = 1
    flood_burst = 1000 %s }
link "lobby-i" { room = "sip:lobby@confab.test" to = "irc:libera/#lobby" }
''' % (port, more)


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


def test_words_cross_with_inspircd(confabd, insp, user, irc_user):
    server = confabd(extra=section(insp.port))
    server.link_up('lobby-i')
    alice, ines = user(server, 'alice'), irc_user(insp)
    room = server.room('lobby')
    alice.join(room)
    for text in ('one', 'two', 'three'):
        assert alice.send(room, text) == 202
        ines.saw('<alice> ' + text)
    ines.say('back')
    alice.saw('[ines@libera]: back')
    ines.act('waves')
    ines.raw('TOPIC #lobby :tea')
    wait_for(lambda: server.link('lobby-i')['waiting'] == 0,
             'the echoes to confirm')
    assert server.link('lobby-i')['failed'] == 0
    # Each once: our own echoes are nobody's words.
    ines.say('end')
    alice.saw('[ines@libera]: end')
    assert not [m for m in alice.seen.all() if 'gw@libera' in m.body]
    assert ines.count('<alice> one') == 1


def test_nobody_is_called_by_the_name_of_another(confabd, insp, user,
                                                 irc_user):
    server = confabd(extra=section(insp.port))
    server.link_up('lobby-i')
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    ines = irc_user(insp)
    twin = irc_user(insp, 'Alice')
    ines.say('first')
    alice.saw('[ines@libera]: first')
    assert alice.send(room, 'me') == 202
    assert bob.send(room, 'not me') == 202
    ines.saw('<a\u200blice> me')
    ines.saw('<bob> not me')
    ines.say('<a\u200blice> said so')
    alice.saw('[ines@libera]: <alice> said so')
    twin.raw('NICK else')
    ines.lines.wait(lambda l: l.command == 'NICK')
    ines.say('ping')
    alice.saw('[ines@libera]: ping')
    assert alice.send(room, 'alone') == 202
    ines.saw('<alice> alone')


def test_a_moderated_channel_is_heeded(confabd, insp, user, irc_user):
    ines = irc_user(insp)  # who comes first is an operator
    server = confabd(extra=section(insp.port))
    server.link_up('lobby-i')
    alice, room = user(server, 'alice'), server.room('lobby')
    alice.join(room)
    ines.raw('MODE #lobby +m')
    ines.lines.wait(lambda l: l.command == 'MODE' and '+m' in l.args)
    assert alice.send(room, 'hush') == 202
    wait_for(lambda: server.link('lobby-i')['failed'] == 1,
             'the refusal to be counted')
    ines.raw('MODE #lobby -m')
    ines.lines.wait(lambda l: l.command == 'MODE' and '-m' in l.args)
    assert alice.send(room, 'again') == 202
    ines.saw('<alice> again')
    assert ines.count('<alice> hush') == 0


@pytest.mark.parametrize('mechs,used', [
    ('PLAIN', 'PLAIN'), ('PLAIN,SCRAM-SHA-256', 'SCRAM-SHA-256')])
def test_logins_by_sasl(confabd, closing, mechs, used):
    irc = closing(SaslServer(mechs))
    server = confabd(extra=section(
        irc.port, 'tls = false account = "me" account_password = "pencil"'))
    server.link_up('lobby-i')
    lines = irc.lines.all()
    assert 'AUTHENTICATE ' + used in lines
    assert lines.index('CAP END') < lines.index('JOIN #lobby')


def test_a_wrong_password_is_in_the_status(confabd, closing):
    irc = closing(SaslServer('SCRAM-SHA-256'))
    server = confabd(extra=section(
        irc.port, 'tls = false account = "me" account_password = "pen"'))
    wait_for(lambda: 'SASL' in (server.link('lobby-i')['error'] or ''),
             'the refusal in words')
    assert 'JOIN #lobby' not in irc.lines.all()
    assert 'pen"' not in server.text()


def test_the_next_server_and_a_pinned_certificate(confabd, closing, folder):
    ca = Authority(folder('certs'))
    cert, key = ca.make('gone', 'DNS:elsewhere.test')
    ours, our_key = ca.make('ours', 'DNS:gw.test')

    def print_of(path):
        der = ssl.PEM_cert_to_DER_cert(open(path).read())
        return hashlib.sha256(der).hexdigest()
    irc = closing(SaslServer(
        'EXTERNAL', context=server_context(cert, key, ca.file),
        fingerprint=print_of(ours)))
    more = 'servers = {"127.0.0.1:%d"} fingerprint = "%%s" ' \
        'cert_file = "%s" key_file = "%s"' % (irc.port, ours, our_key)
    dead = free_port()
    server = confabd(extra=section(dead, more % print_of(cert)))
    server.link_up('lobby-i')
    assert 'AUTHENTICATE EXTERNAL' in irc.lines.all()
    before = len(irc.lines.all())
    other = confabd(name='other',
                    extra=section(dead, more % print_of(ours)))
    wait_for(lambda: 'certificate' in
             (other.link('lobby-i')['error'] or ''), 'the refusal')
    assert len(irc.lines.all()) == before
