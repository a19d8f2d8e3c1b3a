# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP, XMPP and IRC users read each other."""
import re

import pytest

from lab.util import wait_for

TEXTS = [
    'plain words',
    'emoji \U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 and '
    'umlauts \xe4\xf6\xfc',
    '<&"> ]]> &lt; \'quoted\' <b>bold</b>',
    '%s %n %d 100% \\r\\n',
    'x' * 400,
    '/not a command', '<alice> a fake', ': colon first',
]


def joined(lines):
    """Lines of one text on IRC, put together again."""
    return ''.join(lines)


@pytest.mark.parametrize('text', TEXTS)
def test_every_side_reads_every_side(three_sides, text):
    s = three_sides
    assert s.alice.send(s.room, text) == 202
    s.bob.saw('[alice]: ' + text)
    s.xenia.saw('<alice> ' + text, nick='confab')
    s.ines.saw('<alice> ' + text)

    s.xenia.say(text)
    s.alice.saw('[xenia@home]: ' + text, source=s.room)
    s.bob.saw('[xenia@home]: ' + text)
    s.ines.saw('<xenia@home> ' + text)

    s.ines.say(text)
    s.alice.saw('[ines@libera]: ' + text)
    s.bob.saw('[ines@libera]: ' + text)
    s.xenia.saw('<ines@libera> ' + text, nick='confab')

    # One more round shows that nothing came twice or went back.
    assert s.bob.send(s.room, 'the end') == 202
    for side in (s.alice,):
        side.saw('[bob]: the end')
    s.xenia.saw('<bob> the end')
    s.ines.saw('<bob> the end')
    assert s.alice.count('[alice]: ' + text) == 0
    assert s.alice.count('[xenia@home]: ' + text) == 1
    assert s.bob.count('[alice]: ' + text) == 1
    assert s.xenia.count('<alice> ' + text) == 1
    assert s.xenia.count('<xenia@home> ' + text) == 0
    assert s.ines.count('<xenia@home> ' + text) == 1
    assert s.ines.count('<ines@libera> ' + text) == 0


def test_lines_stay_lines(three_sides):
    s = three_sides
    text = 'first\nsecond\n[bob]: not bob\n<bob> nor here'
    assert s.alice.send(s.room, text.replace('\n', '\r\n')) == 202
    indented = text.replace('\n', '\n  ')
    s.bob.saw('[alice]: ' + indented)
    s.xenia.saw('<alice> ' + indented)
    for line in text.split('\n'):
        s.ines.saw('<alice> ' + line)
    s.xenia.say(text)
    s.alice.saw('[xenia@home]: ' + indented)
    for line in text.split('\n'):
        s.ines.saw('<xenia@home> ' + line)


def test_long_texts_are_split_between_characters(three_sides):
    s = three_sides
    text = ' '.join('w\xf6rd%04d\U0001f600' % i for i in range(120))
    assert s.alice.send(s.room, text) == 202
    s.xenia.saw('<alice> ' + text)
    s.bob.saw('[alice]: ' + text)
    last = 'w\xf6rd0119\U0001f600'
    s.ines.seen.wait(lambda i: i[1].endswith(last))
    parts = [t for n, t in s.ines.seen.all() if 'w\xf6rd' in t]
    assert len(parts) > 1
    assert all(p.startswith('<alice> ') for p in parts)
    assert ' '.join(p[len('<alice> '):].strip() for p in parts) == text
    assert not any('\ufffd' in p for p in parts)


def test_emotes_cross_as_emotes(three_sides):
    s = three_sides
    assert s.alice.send(s.room, '/me waves') == 202
    s.bob.saw('* [alice] waves')
    s.xenia.saw('/me <alice> waves', nick='confab')
    s.ines.saw('\x01ACTION <alice> waves\x01')
    s.xenia.say('/me dances')
    s.alice.saw('* [xenia@home] dances')
    s.ines.saw('\x01ACTION <xenia@home> dances\x01')
    s.ines.act('sings')
    s.bob.saw('* [ines@libera] sings')
    s.xenia.saw('/me <ines@libera> sings')


def test_control_characters_break_nothing(three_sides):
    s = three_sides
    evil = b'a\r\nQUIT :x\r\n\x01\x02\x03\x1b[0m\x00b \xff\xfe'
    assert s.alice.send(s.room, evil) == 202
    s.xenia.seen.wait(lambda i: i[1].startswith('<alice> a'))
    s.ines.saw('<alice> a')
    s.ines.saw('<alice> QUIT :x')
    s.ines.say('\x0304red\x0f \x02bold\x02 plain')
    s.alice.saw('[ines@libera]: red bold plain')
    s.xenia.saw('<ines@libera> red bold plain')
    # The links are as they were.
    assert s.alice.send(s.room, 'still there?') == 202
    s.xenia.saw('<alice> still there?')
    s.ines.saw('<alice> still there?')
    assert 'confab' in s.ines.nicks()


def test_notices_stay_on_their_side(three_sides, user):
    s = three_sides
    carol = user(s.confabd, 'carol')
    carol.join(s.room)
    s.alice.saw('*** [carol] has joined the room')
    assert s.alice.send(s.room, 'after') == 202
    s.xenia.saw('<alice> after')
    s.ines.saw('<alice> after')
    assert not s.xenia.seen.count(lambda i: 'carol' in i[1])
    assert not s.ines.seen.count(lambda i: 'carol' in i[1])


def test_who_comes_and_what_was_missed_is_told(three_sides):
    s = three_sides
    s.alice.saw('*** libera: ines came')
    s.alice.saw('*** home: xenia came')
    s.ngircd.restart()
    s.confabd.link_up('lobby-i')
    for reader in (s.alice, s.bob):
        reader.seen.wait(lambda m: re.fullmatch(
            r'\*\*\* libera: out of reach for \d+ s; what was said there '
            r'meanwhile is missing here', m.body))
    assert not s.alice.seen.count(lambda m: 'confab came' in m.body)


def test_kicks_and_bans_by_an_account(confabd, prosody, user, xmpp_user):
    """Whoever the room does not want is thrown out there, too: by the link's
    account, which made that room and so may do it."""
    class s:
        pass
    s.prosody = prosody()
    s.confabd = confabd(extra='jabber "home" { jid = "gw@%s" password = '
                        '"gwpw" server = "127.0.0.1" port = %d tls = "off" }' %
                        (s.prosody.domain, s.prosody.port))
    s.room, s.alice = s.confabd.room('lobby'), user(s.confabd, 'alice')
    s.alice.join(s.room)
    s.confabd.ctl('link', 'add', 'lobby-x', 'lobby',
                  'xmpp:' + s.prosody.room('lobby'), 'home')
    s.confabd.link_up('lobby-x')
    s.xenia = xmpp_user(s.prosody)
    yuri = xmpp_user(s.prosody, 'yuri')
    yuri.say('here I am')
    s.alice.saw('[yuri@home]: here I am')
    assert s.alice.send(s.room, '#kick nobody@home') == 200
    s.alice.seen.wait(lambda m: 'nobody could not be thrown out of xmpp:'
                      in m.body and 'nobody there is called so' in m.body)
    assert s.alice.send(s.room, '#kick yuri@home') == 200
    s.xenia.gone.wait(lambda g: g[0] == 'yuri')
    s.alice.seen.wait(lambda m: m.body.startswith('*** home: ') and
                      'yuri was removed by confab (by alice)' in m.body)
    again = xmpp_user(s.prosody, 'yuri')
    wait_for(lambda: 'yuri' in s.xenia.nicks(), 'yuri to be back')
    assert s.alice.send(s.room, '#ban yuri@home') == 200
    s.xenia.gone.wait(lambda g: g[0] == 'yuri', count=2)
    again.raw('<presence to="%s/yuri">'
              '<x xmlns="http://jabber.org/protocol/muc"/></presence>' %
              s.prosody.room('lobby'))
    again.presences.wait(lambda p: p['type'] == 'error' and
                         p['error']['condition'] == 'forbidden')


def test_an_account_rings_for_few(three_sides, xmpp_user):
    """XB07: of a text with the names of all only some are left as they are."""
    s = three_sides
    names = ['xenia', 'yuri'] + ['guest%d' % n for n in range(6)]
    for name in names[1:]:
        xmpp_user(s.prosody, 'yuri', nick=name)
    wait_for(lambda: set(names) <= s.xenia.nicks(), 'all to be there')
    called = names[:6] + [n.upper() for n in names[6:]]
    assert s.alice.send(s.room, 'all: ' + ' '.join(called)) == 202
    s.xenia.saw('<alice> all: ' + ' '.join(
        called[:5] + [n[0] + '\u200b' + n[1:] for n in called[5:]]))
