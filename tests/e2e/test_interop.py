# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gateway owes to other XMPP software, where no other file here
shows it: rooms with rules, forged stanzas, two gateways at once, a full pool.
CATALOGUE.md has the list."""
import socket

import pytest

from conftest import gateway
from lab.sip import get
from lab.util import wait_for
from test_gateway import JOE, REGISTRAR, account, alone, both, is_up, \
    server  # noqa: F401
from test_jabber_rooms import ROOM, joined

OWNER = 'http://jabber.org/protocol/muc#owner'
ADMIN = 'http://jabber.org/protocol/muc#admin'
FORM = 'http://jabber.org/protocol/muc#roomconfig'
YURI = 'sip:yuri*xmpp.test@gw.confab.test'
def rule(owner, **settings):
    """Configures her room."""
    fields = ''.join(
        '<field var="muc#roomconfig_%s"><value>%s</value></field>' % pair
        for pair in settings.items())
    answer = owner.ask(
        owner.room, 'query', OWNER, 'set',
        '<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE">'
        '<value>%s</value></field>%s</x>' % (FORM, fields))
    assert 'error' not in answer, answer


def appoint(owner, **item):
    answer = owner.ask(owner.room, 'query', ADMIN, 'set', '<item %s/>' %
                       ' '.join('%s="%s"' % pair for pair in item.items()))
    assert 'error' not in answer, answer


def told(sip, start, source=None):
    return sip.seen.wait(lambda m: m.body.startswith(start) and
                         source in (None, m.source)).body


# ---- the component

def status(c):
    return c.show('jabber')[1] + c.show('status')[1]


@pytest.mark.parametrize('changed', [
    ('lab-component-secret', 'wr0ng-component-secret'),
    ('sip.xmpp.test', 'unheard.xmpp.test')], ids=['secret', 'domain'])
def test_a_component_that_is_refused(confabd, prosody, user, changed):
    p = prosody()
    c = confabd(extra=gateway(p).replace(*changed))
    name = 'component ' + changed[1].replace(
        'wr0ng-component-secret', 'sip.xmpp.test')
    wait_for(lambda: name + ':' in status(c) and
             'online' not in status(c).partition(name)[2].split('\n')[0] and
             c.text().count('not-authorized') + c.text().count(
                 'host-unknown'), lambda: status(c) + c.text()[-2000:])
    assert 'secret' not in c.text().replace('secret_file', '').replace(
        'the secret', '')
    # his texts wait for the operator
    alice = user(c, 'alice')
    assert alice.send(c.manager, '#help') == 200


def test_two_gateways_do_not_throw_each_other_out(server, confabd, user):
    """The second component is refused; the first stays as it was."""
    second = confabd('second', extra=gateway(server.prosody))
    wait_for(lambda: 'conflict' in second.text(), second.text)
    assert 'component sip.xmpp.test: online' in status(server)
    assert 'component sip.xmpp.test: online' not in status(second)


@pytest.mark.parametrize('fixed', [False, True])
def test_two_gateways_with_one_account(confabd, prosody, user, xmpp_user,
                                       fixed):
    """Random resources: both are online. The same: no war of logins."""
    p = prosody()
    xenia = xmpp_user(p, room=None)
    settings = 'resource = "gw"' if fixed else ''
    users = []
    for n in 'one', 'two':
        c = confabd(n, extra=gateway(p, settings, component=False))
        c.prosody = p
        account(c, 'alice', 'gw@xmpp.test', 'gwpw')
        alice = user(c, 'alice')
        assert alice.send(JOE, 'by ' + n) == 202
        xenia.got_text('by ' + n, 'gw@xmpp.test')
        users.append(alice)
    with open(p.folder + '/prosody-debug.log') as f:
        assert f.read().count('Authenticated as gw@xmpp.test') <= 3
    if not fixed:
        for n, alice in enumerate(users):
            assert alice.send(JOE, 'again %d' % n) == 202
            xenia.got_text('again %d' % n)


# ---- one to one

def test_what_goes_along_with_words(both):
    alice, xenia = both
    xenia.raw('<message to="alice@sip.xmpp.test" xml:lang="fr" type="chat">'
              '<body>th\u00e9 \U0001f375</body></message>')
    m = alice.saw('th\u00e9 \U0001f375')
    assert get(m.headers, 'content-language') == 'fr'
    assert alice.send(JOE, 'Tee?', headers=['Content-Language: de']) == 202
    assert xenia.got_text('Tee?').get_lang() == 'de'


def test_long_texts(confabd, prosody, user, xmpp_user):
    """16 KiB pass whole; 60 are refused, each side is told, and no stream
    ends."""
    p = prosody()
    c = confabd(extra=gateway(p, 'text_max = 16384'))
    is_up(c, 'component sip.xmpp.test')
    alice = user(c, 'alice', transport='tcp')
    assert alice.send(c.manager, '#help') == 200
    xenia = xmpp_user(p, room=None)
    text = '0123456789 \u00fc\U0001f600'
    assert alice.send(JOE, text * 900) == 202
    xenia.got_text(text * 900)
    xenia.write('alice@sip.xmpp.test', text * 900)
    alice.saw(text * 900, source=JOE)
    xenia.write('alice@sip.xmpp.test', text * 3600, id='long')
    m = xenia.got(lambda m: m['type'] == 'error')
    assert m['id'] == 'long'
    assert '<policy-violation' in str(m), str(m)[:900]
    assert alice.send(JOE, 'short') == 202
    xenia.got_text('short')
    assert alice.send(JOE, text * 3600) == 413


def test_who_is_not_there_is_said_so(both):
    """Yuri has an account and no client; this server keeps nothing."""
    alice, _ = both
    assert alice.send(YURI, 'hello?') == 202
    assert told(alice, 'ERROR: Your message was not sent.',
                YURI).endswith(': hello?')


@pytest.mark.parametrize('answer,kind', [(603, 'error'), (488, 'error'),
                                         (200, 'received')])
def test_answers_of_phones(both, answer, kind):
    alice, xenia = both
    alice.answer = answer
    xenia.raw('<message to="alice@sip.xmpp.test" id="q1" type="chat"><body>'
              'are you there</body><request xmlns="urn:xmpp:receipts"/>'
              '</message>')
    m = xenia.got(lambda m: m['type'] == 'error' or '<received' in str(m))
    assert (m['type'] == 'error') == (kind == 'error')
    assert kind == 'error' or 'id="q1"' in str(m)


def test_letter_case(server, user, xmpp_user):
    """XMPP has none: who wrote as Alice gets what is written to alice."""
    xenia = xmpp_user(server.prosody, room=None)
    alice = user(server, 'Alice')
    assert alice.send(JOE, 'I am Alice') == 202
    xenia.got_text('I am Alice', 'alice@sip.xmpp.test')
    xenia.write('ALICE@sip.xmpp.test', 'so you are')
    assert alice.saw('so you are', source=JOE).to == alice.aor


FORGED = [
    # a carbon, as if her own server had copied it
    '<message to="%s"><received xmlns="urn:xmpp:carbons:2"><forwarded '
    'xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" type="chat" '
    'from="boss@xmpp.test/x" to="%s"><body>forged</body></message>'
    '</forwarded></received></message>',
    '<message to="%s"><sent xmlns="urn:xmpp:carbons:2"><forwarded '
    'xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" type="chat" '
    'to="boss@xmpp.test/x" from="%s"><body>forged</body></message>'
    '</forwarded></sent></message>',
    # an archive nobody asked
    '<message to="%s"><result xmlns="urn:xmpp:mam:2" queryid="1" id="2">'
    '<forwarded xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" '
    'from="boss@xmpp.test" to="%s"><body>forged</body></message></forwarded>'
    '</result></message>',
    # an error of something never sent; words of a room she is not in
    '<message to="%s" type="error" id="1"><body>forged %s</body><error '
    'type="cancel"><item-not-found '
    'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>',
    '<message to="%s" type="groupchat"><body>forged %s</body></message>',
    '<message to="%s" type="headline"><body>forged %s</body></message>',
]


@pytest.mark.parametrize('by', ['component', 'account'])
def test_forged_stanzas_are_not_believed(request, by, xmpp_user):
    if by == 'component':
        server = request.getfixturevalue('server')
        jid = 'alice@sip.xmpp.test'
        alice, xenia = request.getfixturevalue('both')
    else:
        server, alice = request.getfixturevalue('alone')
        xenia = xmpp_user(server.prosody, room=None)
        assert alice.send(JOE, 'hello') == 202
        jid = str(xenia.got_text('hello')['from'])
    before = len(alice.seen.all())
    for stanza in FORGED:
        xenia.raw(stanza % (jid, jid))
    answer = xenia.ask(jid, 'query', 'jabber:iq:roster', 'set',
                       '<item jid="boss@xmpp.test" name="forged"/>')
    assert 'type="error"' in answer.replace("'", '"')
    xenia.write(jid, 'the end')
    alice.saw('the end', source=JOE)
    assert len(alice.seen.all()) == before + 1, [
        m.body for m in alice.seen.all()]


def test_invitations_lead_nowhere_by_themselves(server, both):
    alice, xenia = both
    for n in range(20):
        xenia.raw('<message to="alice@sip.xmpp.test"><x '
                  'xmlns="jabber:x:conference" jid="trap%d@rooms.xmpp.test" '
                  'password="x"/></message>' % n)
    xenia.write('alice@sip.xmpp.test', 'the end')
    alice.saw('the end')
    assert 'trap' not in xenia.ask(
        'rooms.xmpp.test', 'query', 'http://jabber.org/protocol/disco#items')
    assert alice.seen.count(lambda m: 'trap' in m.body) < 10


# ---- rooms with rules, on a server of XMPP

@pytest.fixture
def owned(server, user, xmpp_user):
    """Xenia's room, and alice, who is not in it."""
    xenia = xmpp_user(server.prosody)
    alice = user(server, 'alice')
    assert alice.send(server.manager, '#help') == 200
    return alice, xenia


def test_a_room_with_a_password(owned):
    alice, xenia = owned
    rule(xenia, passwordprotectedroom=1, roomsecret='sesame')
    assert alice.send(ROOM, ':join') == 200
    told(alice, 'ERROR: ', ROOM)
    assert alice.send(ROOM, 'hello?') == 403
    assert alice.send(ROOM, ':join al wrong') == 200
    alice.seen.wait(lambda m: 'password' in m.body and
                    m.body.startswith('ERROR: '), count=2)
    assert alice.send(ROOM, ':join al sesame') == 200
    joined(alice, 'al')
    assert not alice.seen.count(lambda m: 'sesame' in m.body)


def test_a_room_for_members(owned):
    alice, xenia = owned
    rule(xenia, membersonly=1)
    assert alice.send(ROOM, ':join') == 200
    assert 'members only' in told(alice, 'ERROR: ', ROOM)
    appoint(xenia, affiliation='member', jid='alice@sip.xmpp.test')
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    appoint(xenia, affiliation='none', jid='alice@sip.xmpp.test')
    assert 'member' in told(alice, 'INFO: You are no longer in ', ROOM)


def test_a_ban(owned):
    alice, xenia = owned
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    appoint(xenia, affiliation='outcast', jid='alice@sip.xmpp.test')
    assert 'banned' in told(alice, 'INFO: You are no longer in ', ROOM)
    assert alice.send(ROOM, ':join') == 200
    assert 'banned' in told(alice, 'ERROR: ', ROOM)
    assert alice.seen.count(lambda m: 'banned' in m.body) == 2


def test_a_moderated_room(owned):
    alice, xenia = owned
    rule(xenia, moderatedroom=1)
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    wait_for(lambda: alice.send(ROOM, 'may I?') and alice.seen.count(
        lambda m: 'You have no voice' in m.body and m.source == ROOM),
        'her to be mute')
    xenia.role('al', 'participant')
    wait_for(lambda: alice.send(ROOM, 'thanks') == 202 and
             xenia.count('thanks'), 'her to be heard')
    assert not xenia.count('may I?')


def test_a_room_that_is_destroyed(owned):
    alice, xenia = owned
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    assert 'error' not in xenia.ask(
        xenia.room, 'query', OWNER, 'set',
        '<destroy jid="new@rooms.xmpp.test"><reason>moved</reason></destroy>')
    text = told(alice, 'INFO: You are no longer in ', ROOM)
    assert 'moved' in text and 'new@rooms.xmpp.test' in text
    assert alice.send(ROOM, 'anybody?') == 403
    assert 'new@' not in xenia.ask(
        'rooms.xmpp.test', 'query', 'http://jabber.org/protocol/disco#items')


@pytest.mark.parametrize('asked', [0, 5])
def test_the_past_of_a_room(confabd, prosody, user, xmpp_user, asked):
    p = prosody()
    c = confabd(extra=gateway(p, 'history = %d' % asked))
    is_up(c, 'component sip.xmpp.test')
    xenia = xmpp_user(p)
    for n in range(8):
        xenia.say('long ago %d' % n)
    xenia.saw('long ago 7')
    alice = user(c, 'alice')
    assert alice.send(ROOM, ':join') == 200
    joined(alice, 'al')
    xenia.say('now')
    alice.saw('[xenia] now', source=ROOM)
    past = [m.body for m in alice.seen.all() if 'long ago' in m.body]
    assert len(past) == asked
    assert not [t for t in past if t.startswith('[xenia]')], past


# ---- accounts

def test_a_full_pool(confabd, prosody, user, xmpp_user):
    """Who is busy is not thrown out for another; that one is told when to
    come again, and comes in when there is room."""
    p = prosody()
    c = confabd(extra=gateway(p, 'workers = 1 max_jobs = 1',
                              component=False))
    c.prosody = p
    xenia = xmpp_user(p, room=None)
    account(c, 'alice', 'gw@xmpp.test', 'gwpw')
    account(c, 'bob', 'yuri@xmpp.test', 'yuripw')
    alice, bob = user(c, 'alice'), user(c, 'bob')
    assert alice.send(JOE, 'mine') == 202
    xenia.got_text('mine')
    code, headers = bob.transact(bob.build('MESSAGE', JOE, b'and mine',
                                           'text/plain'))
    assert code == 480 and int(get(headers, 'retry-after'))
    bob.saw('ERROR: Your message was not sent. SIP-2-JABBER gateway is '
            'full.', source=JOE)
    assert alice.send(JOE, 'still mine') == 202
    xenia.got_text('still mine')
    assert alice.send(REGISTRAR, ':offline') == 200
    wait_for(lambda: bob.send(JOE, 'now mine') == 202, 'a place')
    # at once, not when he is tried again
    xenia.got(lambda m: m['body'] == 'now mine', patience=4)
    assert not alice.seen.count(lambda m: 'ERROR' in m.body)


# ---- what users and operators are told

def test_help_is_for_where_one_asks(both):
    alice, _ = both
    for to, has, not_ in [
            (REGISTRAR, ':join ROOM@SERVER [NICK [PASSWORD]]', ':who'),
            (ROOM, ':join [NICK [PASSWORD]]', ':join ROOM@'),
            (JOE, ':online', ':join')]:
        assert alice.send(to, ':help') == 200
        m = alice.seen.wait(lambda m: m.source == to and has in m.body)
        assert not_ not in m.body
    # to a person only what is a command is one
    assert alice.send(ROOM, ':frobnicate') == 400
    told(alice, 'ERROR: :frobnicate is no command; :help lists', ROOM)
    assert alice.send(JOE, ':Joe, are you there?') == 202


NAMES = [('admin', 'admin'), ('\u0410dmin', '\u0410dmin'), ('<b>', '(b)'),
         ('  x  ', 'x'), ('al\u0456ce', 'al\u0456ce-2'), ('Alice', None)]


def test_names_and_words_from_xmpp(confabd, prosody, user, xmpp_user):
    """Names are made such that a line can be read; words are words, and
    nothing that they point at is fetched."""
    p = prosody()
    c = confabd(extra=gateway(p))
    is_up(c, 'component conf.xmpp.test')
    alice = user(c, 'alice')
    alice.join(c.room('lobby'))
    xenia = xmpp_user(p, room=None)
    place = 'lobby@conf.xmpp.test'
    for n, (asked, given) in enumerate(NAMES):
        nick = asked.replace('<', '&lt;')
        xenia.raw('<presence to="%s/%s"><x xmlns="http://jabber.org/protocol/'
                  'muc"/></presence>' % (place, nick))
        if not given:
            m = xenia.presences.wait(lambda m: m['type'] == 'error')
            assert m['error']['condition'] == 'conflict'
            continue
        xenia.presences.wait(lambda m: m['from'] == place + '/' + given)
        xenia.raw('<message to="%s" type="groupchat"><body>by %d</body>'
                  '</message>' % (place, n))
        alice.saw('[%s]: by %d' % (given, n))
    with socket.create_server(('127.0.0.1', 0)) as trap:
        url = 'http://127.0.0.1:%d/' % trap.getsockname()[1]
        xenia.raw('<message to="%s" type="groupchat"><body>see %s</body>'
                  '<html xmlns="http://jabber.org/protocol/xhtml-im"><body '
                  'xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:'
                  'alert(1)">x</a><img src="%s"/></body></html><x '
                  'xmlns="jabber:x:oob"><url>%s</url></x></message>' % (
                      place, url, url, url))
        alice.seen.wait(lambda m: m.body.endswith(': see ' + url))
        assert 'javascript' not in str([m.body for m in alice.seen.all()])
        trap.settimeout(0)
        with pytest.raises(BlockingIOError):
            trap.accept()
