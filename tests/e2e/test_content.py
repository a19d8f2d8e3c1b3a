# SPDX-License-Identifier: GPL-3.0-or-later
"""What devices put into a MESSAGE, and what they can take."""
import re

import pytest

from lab.sip import get
from lab.util import wait_for

TYPING = 'application/im-iscomposing+xml'
PLAIN = 'text/plain;charset=UTF-8'
IS_COMPOSING = ('<?xml version="1.0"?><isComposing '
                'xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
                '<state>active</state></isComposing>')


@pytest.fixture
def room(confabd, user):
    """A room on a fresh server, with alice and bob in it."""
    class Room:
        pass
    r = Room()
    r.server = confabd()
    r.uri = r.server.room('content')
    r.alice, r.bob = user(r.server, 'alice'), user(r.server, 'bob')
    r.alice.join(r.uri)
    r.bob.join(r.uri)
    return r


def content_type(message):
    return get(message.headers, 'content-type').lower().replace(' ', '')


def parts_of(person):
    """(number, count, text) of each numbered text, as they came."""
    found = (re.match(r'\((\d+)/(\d+)\) (.*)', m.body, re.S)
             for m in person.seen.all())
    return [(int(f[1]), int(f[2]), f[3]) for f in found if f]


def all_parts(person):
    wait_for(lambda: parts_of(person) and
             parts_of(person)[-1][0] == parts_of(person)[-1][1],
             '%s to get the last part' % person.name)
    parts = parts_of(person)
    assert [p[0] for p in parts] == list(range(1, parts[0][1] + 1))
    return [p[2] for p in parts]


def test_html_becomes_text(room):
    html = ('<html><head><style>p { color: red }</style></head><body>'
            '<p>Hello <font color="#00f">all</font> &amp; sundry</p>'
            '<p>see <a href="http://h.example/?a=1&amp;b=2">this</a></p>'
            '<script>alert("no")</script></body></html>')
    assert room.alice.send(room.uri, html, 'text/html;charset=utf-8') == 202
    room.bob.saw('[alice]: Hello all & sundry\n'
                 '  see this (http://h.example/?a=1&b=2)')


def test_a_command_may_be_in_html(room):
    assert room.alice.send(room.uri, '<p><b>#members</b></p>',
                           'text/html') == 200
    room.alice.saw('Members:\n*[alice]\n[bob]')


def test_the_text_part_of_a_multipart_counts(room):
    body = ('--outer\r\nContent-Type: image/png\r\n\r\nPNG\r\n'
            '--outer\r\nContent-Type: multipart/alternative; '
            'boundary=inner\r\n\r\n'
            '--inner\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n'
            '--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\n'
            'Content-Transfer-Encoding: quoted-printable\r\n\r\n'
            'caf=E9\r\n--inner--\r\n--outer--\r\n')
    assert room.alice.send(room.uri, body,
                           'multipart/mixed;boundary="outer"') == 202
    room.bob.saw('[alice]: caf\xe9')
    assert room.alice.send(room.uri, '--b\r\n\r\nno end',
                           'multipart/mixed;boundary=b') == 400
    assert room.alice.send(room.uri, body, 'multipart/mixed') == 400


def test_who_a_cpim_message_is_from_does_not_count(room):
    cpim = ('From: Bob <sip:bob@confab.test>\r\nTo: <%s>\r\n\r\n'
            'Content-Type: text/html; charset=utf-8\r\n\r\n'
            '<b>I am bob</b>' % room.uri)
    assert room.alice.send(room.uri, cpim, 'message/cpim') == 202
    message = room.bob.saw('[alice]: I am bob')
    assert message.source == room.uri
    # Nor does it give anybody's rights.
    room.bob.send(room.uri, cpim.replace('sip:bob@', 'sip:alice@').replace(
        '<b>I am bob</b>', '#destroy'), 'message/cpim')
    assert room.alice.send(room.uri, 'still here', PLAIN) == 202


@pytest.mark.parametrize('charset', [
    'iso-8859-1', 'windows-1252', 'utf-16', 'utf-16le', 'ISO-8859-15'])
def test_charsets_become_utf8(room, charset):
    body = 'h\xe9 h\xf6'.encode(charset.lower())
    assert room.alice.send(room.uri, body,
                           'text/plain;charset=' + charset) == 202
    room.bob.saw('[alice]: h\xe9 h\xf6')


@pytest.mark.parametrize('kind', [
    'image/png', 'application/vnd.3gpp.sms', 'text/plain;charset=koi8-r',
    'text/calendar', 'multipart/signed;boundary=b'])
def test_anything_else_is_415(room, kind):
    status, headers = room.alice.transact(room.alice.build(
        'MESSAGE', room.uri, b'x', kind))
    assert status == 415
    accept = get(headers, 'accept')
    for known in ('text/plain', 'text/html', 'message/cpim',
                  'multipart/mixed', TYPING, 'message/imdn+xml'):
        assert known in accept


def test_options_say_the_same(room):
    status, headers = room.alice.options('sip:confab.test')
    assert status == 200
    for known in ('text/plain', 'text/html', 'message/cpim', TYPING):
        assert known in get(headers, 'accept')


def test_typing_goes_to_who_uses_it(room, user):
    carol = user(room.server, 'carol')
    carol.join(room.uri)
    assert room.bob.send(room.uri, IS_COMPOSING, TYPING) == 200
    assert room.alice.send(room.uri, IS_COMPOSING, TYPING) == 200
    seen = room.bob.saw(IS_COMPOSING)
    assert content_type(seen) == TYPING and seen.source == room.uri
    assert carol.send(room.uri, 'the end') == 202
    room.alice.saw('[carol]: the end')
    room.bob.saw('[carol]: the end')
    for person in (carol, room.alice):
        assert not person.seen.count(lambda m: 'isComposing' in m.body)
    assert room.bob.count(IS_COMPOSING) == 1
    wait_for(lambda: not any(m['waiting'] for m in room.server.ctl(
        'members', 'content')), 'the journal to be settled')


def test_who_refuses_typing_is_not_asked_again(room, user):
    assert room.bob.send(room.uri, IS_COMPOSING, TYPING) == 200
    room.bob.answer = 415
    assert room.alice.send(room.uri, IS_COMPOSING, TYPING) == 200
    room.bob.requests.wait(lambda m: m.body == IS_COMPOSING)
    room.bob.answer = 200
    carol = user(room.server, 'carol')
    carol.join(room.uri)
    assert carol.send(room.uri, IS_COMPOSING, TYPING) == 200
    assert carol.send(room.uri, 'words', PLAIN) == 202
    room.bob.saw('[carol]: words')
    assert room.bob.requests.count(lambda m: m.body == IS_COMPOSING) == 1


def test_receipts_and_nothing_are_answered_and_dropped(room):
    before = len(room.bob.seen.all())
    assert room.alice.send(room.uri, '<imdn/>', 'message/imdn+xml') == 200
    assert room.alice.send(room.uri, '') == 200
    assert room.alice.send(room.uri, '<p> </p>', 'text/html') == 200
    assert room.alice.send(room.uri, 'the end', PLAIN) == 202
    room.bob.saw('[alice]: the end')
    assert len(room.bob.seen.all()) == before + 1


def test_a_long_text_comes_whole_by_tcp_and_in_parts_by_udp(room, user):
    tom = user(room.server, 'tom', transport='tcp')
    tom.join(room.uri)
    words = ' '.join('w\xf6rd%04d' % i for i in range(510))
    assert len(words.encode()) > 5000
    assert room.alice.send(room.uri, words) == 202
    tom.saw('[alice]: ' + words)
    parts = all_parts(room.bob)
    assert len(parts) > 4
    assert all(p.startswith('[alice]: ') for p in parts)
    assert ' '.join(p[len('[alice]: '):] for p in parts) == words
    for message in room.bob.seen.all():
        size = sum(len(k) + len(v) + 4 for k, v in message.headers)
        assert size + len(message.body.encode()) < 1300
    ids = [m.call_id for m in room.bob.seen.all()]
    assert len(set(ids)) == len(ids)


def test_a_live_tcp_connection_spares_the_parts(room, user):
    tcp = user(room.server, 'bob', transport='tcp')
    assert tcp.send(room.uri, '#members') == 200
    tcp.saw('Members:\n*[alice]\n[bob]')
    assert room.bob.send(room.uri, '#members') == 200
    room.bob.saw('Members:\n*[alice]\n[bob]')
    text = ('long ' * 500).strip()
    assert room.alice.send(room.uri, text) == 202
    tcp.saw('[alice]: ' + text)
    assert room.alice.send(room.uri, 'short') == 202
    room.bob.saw('[alice]: short')
    assert tcp.count('[alice]: short') == 0
    assert not parts_of(room.bob)


def test_a_part_that_fails_is_made_up_for(room):
    words = ' '.join('word%04d' % i for i in range(300))
    room.bob.answer = 480
    assert room.alice.send(room.uri, words) == 202
    wait_for(lambda: room.server.ctl('status')['failed'] == 1,
             'his refusal to be known')
    room.bob.answer = 200
    assert room.bob.send(room.uri, 'back') == 202
    assert ' '.join(p[len('[alice]: '):] for p in all_parts(room.bob)) == \
        words


def test_small_devices_count_characters(room):
    assert room.bob.send(room.uri, '#members', headers=[
        'User-Agent: GoIP']) == 200
    # "[alice]: " is 11 characters there, of which two count twice
    text = '\u00e9' * 149
    assert room.alice.send(room.uri, text) == 202
    room.bob.saw('[alice]: ' + text)
    assert room.alice.send(room.uri, text + '\u00e9') == 202
    room.bob.seen.wait(lambda m: m.body.startswith('(2/2) [alice]: '))
    text = '\u0434' * 61
    assert room.alice.send(room.uri, text) == 202
    room.bob.saw('[alice]: ' + text)
    assert room.alice.send(room.uri, text + '\u0434') == 202
    room.bob.seen.wait(lambda m: m.body.startswith('(2/2) [alice]: '), 2)


def test_small_devices_get_small_parts(room):
    assert room.bob.send(room.uri, '#members', headers=[
        'User-Agent: Some DECT base']) == 200
    words = ' '.join('word%04d' % i for i in range(100))
    assert room.alice.send(room.uri, words) == 202
    parts = all_parts(room.bob)
    assert ' '.join(p[len('[alice]: '):] for p in parts) == words
    assert all(len(m.body.encode()) <= 160 for m in room.bob.seen.all()
               if m.body.startswith('('))


def test_a_charset_that_is_refused_is_left_out(room):
    room.bob.answer = lambda m: \
        200 if content_type(m) == 'text/plain' else 415
    for text in ('caf\xe9', 'more'):
        assert room.alice.send(room.uri, text) == 202
        room.bob.saw('[alice]: ' + text)
    # The first one told us.
    types = [content_type(m) for m in room.bob.requests.all()
             if m.body.startswith('[alice]')]
    assert types == [PLAIN.lower(), 'text/plain', 'text/plain']


def in_cpim(message):
    """(headers, text) of a message/cpim body."""
    head, inner, text = message.body.split('\r\n\r\n', 2)
    assert inner.lower() == 'content-type: ' + PLAIN.lower()
    return dict(line.split(': ', 1) for line in head.split('\r\n')), text


def takes(room, name):
    return room.server.ctl('contact', name)[0]['takes']


def test_cpim_is_for_who_takes_no_plain_text(room):
    assert room.bob.send(room.uri, '#members', headers=[
        'Accept: message/cpim, application/sdp']) == 200
    words = ' '.join('word%04d' % i for i in range(300))
    assert room.alice.send(room.uri, 'h\xe9llo') == 202
    assert room.alice.send(room.uri, words) == 202
    room.bob.seen.wait(lambda m: 'word0299' in m.body)
    found = [m for m in room.bob.seen.all() if '[alice]: ' in m.body]
    assert {content_type(m) for m in found} == {'message/cpim'}
    headers, text = in_cpim(found[0])
    assert text == '[alice]: h\xe9llo'
    assert headers['From'] == '<%s>' % room.uri
    assert headers['To'] == '<%s>' % room.bob.aor
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ',
                        headers['DateTime'])
    parts = [re.sub(r'^\(\d+/\d+\) \[alice\]: ', '', in_cpim(m)[1])
             for m in found[1:]]
    assert len(parts) > 2 and ' '.join(parts) == words
    assert 'all in message/cpim' in takes(room, 'bob')


def test_a_refusal_teaches_cpim(room):
    """415 to text/plain whose Accept says only message/cpim."""
    room.bob.answer = lambda m: \
        200 if content_type(m) == 'message/cpim' else 415
    room.bob.answer_headers = ['Accept: message/cpim']
    for text in 'one', 'two':
        assert room.alice.send(room.uri, text) == 202
        found = room.bob.seen.wait(lambda m: m.body.endswith(
            '\r\n[alice]: ' + text))
        assert in_cpim(found)[1] == '[alice]: ' + text
    types = [content_type(m) for m in room.bob.requests.all()
             if '[alice]: ' in m.body]
    assert types == [PLAIN.lower(), 'message/cpim', 'message/cpim']
    assert 'all in message/cpim' in takes(room, 'bob')


def test_406_and_488_teach_the_same(room):
    for status, person in (406, room.bob), (488, room.alice):
        person.answer = lambda m, status=status: \
            200 if content_type(m) == 'text/plain' else status
    assert room.bob.send(room.uri, 'hello alice') == 202
    room.alice.saw('[bob]: hello alice')
    assert room.alice.send(room.uri, 'hello bob') == 202
    room.bob.saw('[alice]: hello bob')
    for name in 'alice', 'bob':
        assert 'no charset' in takes(room, name)


@pytest.mark.parametrize('status', [413, 513])
def test_too_large_teaches_a_smaller_budget(room, status):
    room.bob.answer = lambda m: 200 if len(m.body) <= 300 else status
    words = ' '.join('word%04d' % i for i in range(80))
    assert room.alice.send(room.uri, words) == 202
    assert ' '.join(p[len('[alice]: '):] for p in all_parts(room.bob)) == \
        words
    budget = int(re.match(r'at most (\d+) bytes', takes(room, 'bob'))[1])
    assert 160 <= budget <= 300
    # It is kept, and not learned anew.
    before = len(room.bob.requests.all())
    assert room.alice.send(room.uri, words) == 202
    wait_for(lambda: room.bob.parts('[alice]: ') and
             len(parts_of(room.bob)) % 2 == 0 and
             len(room.bob.requests.all()) > before, 'the second text')
    room.server.stop()
    room.server.start()
    assert takes(room, 'bob').startswith('at most %d bytes' % budget)


def test_who_refuses_each_size_is_given_up(room):
    """Parts can't be smaller than what goes around them."""
    room.bob.answer = 513
    assert room.bob.send(room.uri, '#members', headers=[
        'Accept: message/cpim']) == 200
    assert room.alice.send(room.uri, 'x' * 500) == 202
    wait_for(lambda: not any(m['waiting'] for m in room.server.ctl(
        'members', 'content')), 'the text to be given up')
    assert len(room.bob.requests.all()) < 30


def test_the_operator_knows_better(confabd, user):
    server = confabd(extra="""
device display {
    match = "Display"
    max_chars = 48
    cpim = "no"
}
device wrapper {
    match = "sip:carol@confab.test"
    cpim = "yes"
}
""")
    uri = server.room('ruled')
    alice, bob, carol = (user(server, n) for n in ('alice', 'bob', 'carol'))
    alice.join(uri)
    bob.join(uri)
    assert carol.send(uri, '#join') == 200
    carol.seen.wait(lambda m: m.body.endswith(
        '\r\n*** [carol] has joined the room'))
    assert bob.send(uri, '#members', headers=[
        'User-Agent: My display/2', 'Accept: message/cpim']) == 200
    words = ' '.join('w\xf6rd%d' % i for i in range(20))
    assert alice.send(uri, words) == 202
    parts = all_parts(bob)
    assert ' '.join(p[len('[alice]: '):] for p in parts) == words
    for message in bob.seen.all():
        if message.body.startswith('('):
            assert len(message.body) <= 48
            assert content_type(message) == PLAIN.lower()
    found = carol.seen.wait(lambda m: m.body.endswith(words))
    assert in_cpim(found)[1] == '[alice]: ' + words
    assert ' and 48 characters' in server.ctl('contact', 'bob')[0]['takes']
    assert 'as device "sip:carol@' in \
        server.ctl('contact', 'carol')[0]['takes']
