# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users on other networks by libpurple: Prosody and ngircd, with the real
confab-purple."""
import hashlib
import os
import signal
import sqlite3
import ssl
import subprocess
from xml.sax.saxutils import escape

import pytest

from conftest import BUILD
from lab.sip import get
from lab.util import wait_for
from test_events import PASSWORD, Watch, publish, register
from test_lists import ListWatch

pytestmark = pytest.mark.skipif(
    not os.path.exists(BUILD / 'confab-purple'),
    reason='built without libpurple')

XENIA = 'sip:xenia%40xmpp.test@xmpp.im.confab.test'
GATE = 'sip:purple@im.confab.test'
HERS = 'gw@xmpp.test'
MANAGER = 'sip:chat-manager@confab.test'


def sections(more=''):
    return ('purple_gateway { domain = "im.confab.test" linger = 1\n%s\n}\n'
            % more)


def add(c, who, login, password, *settings):
    if not password:
        settings += ('no-password',)
    run = subprocess.run(
        [c.program('confabctl'), '-s', c.socket, 'purple', 'map', 'add', who,
         login, *settings], input=password + '\n', capture_output=True,
        text=True, timeout=60)
    assert run.returncode == 0, (run.stdout, run.stderr)


def xmpp(prosody):
    """Where it is, and its certificate."""
    path = os.path.join(prosody.folder, 'certs', prosody.domain + '.crt')
    with open(path) as f:
        der = ssl.PEM_cert_to_DER_cert(f.read())
    return ['pin=' + hashlib.sha256(der).hexdigest(),
            'opt.connect_server=127.0.0.1', 'opt.port=%d' % prosody.port]


def document(activity='', note=''):
    """Open, as baresip and pjsip write it."""
    return ('<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:'
            'pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
            'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" '
            'entity="sip:alice@confab.test"><tuple id="a"><status>'
            '<basic>open</basic></status></tuple><dm:person id="p">'
            '<rpid:activities>%s</rpid:activities><dm:note>%s</dm:note>'
            '</dm:person></presence>' % (
                activity and '<rpid:%s/>' % activity, escape(note))).encode()


def state(c, name):
    for line in c.ctl('purple', 'status'):
        if ' %s: ' % name in line:
            return line.split(': ', 1)[1]
    return None


def is_online(c, name, patience=None):
    wait_for(lambda: state(c, name) == 'online',
             lambda: '%s\n%s' % (c.ctl('purple', 'status'),
                                 c.text()[-3000:]), patience)


@pytest.fixture
def server(confabd, prosody):
    p = prosody(tls=True)
    c = confabd(extra=sections(), worker_timeout=2)
    c.prosody = p
    add(c, 'alice', 'gtalk/%s/sip' % HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    return c


@pytest.fixture
def xenia(xmpp_user):
    def make(server, friendly=False):
        x = xmpp_user(server.prosody, room=None)
        x.client.auto_authorize = True if friendly else None
        x.client.auto_subscribe = False
        return x
    return make


@pytest.fixture
def both(server, user, xenia):
    alice = user(server, 'alice')
    assert alice.send(server.manager, '#help') == 200
    return alice, xenia(server)


def test_texts_go_both_ways(both):
    alice, xenia = both
    for text in 'hello', '<&">', 'two\nlines', '\U0001f600 \u00fc', \
            '<b>not bold</b> &amp; &lt;':
        assert alice.send(XENIA, text) == 202
        xenia.got_text(text, HERS)
        xenia.write(HERS, text)
        assert alice.saw(text, source=XENIA).to == alice.aor


def test_the_other_form_of_an_address(both):
    alice, xenia = both
    to = 'sip:xenia%%40xmpp.test@im.confab.test;proto=%s'
    assert alice.send(to % 'xmpp', 'by label') == 202
    xenia.got_text('by label', HERS)
    assert alice.send(to % 'prpl-jabber', 'by plug-in') == 202
    xenia.got_text('by plug-in', HERS)
    assert alice.send(to % 'purple', 'from ourselves') == 482
    assert alice.send(to % 'prpl-msn', 'long ago') == 404


def test_watching_by_the_other_form(confabd, prosody, user, xenia):
    p = prosody(tls=True)
    c = confabd(trusted='', extra=sections())
    c.prosody = p
    for name in 'alice', 'bob':
        c.add_user(name, PASSWORD)
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    alice, joe = user(c, 'alice', password=PASSWORD), xenia(c, True)
    to = 'sip:xenia%%40xmpp.test@im.confab.test;proto=%s'
    watch = Watch(alice, to % 'xmpp')
    assert watch.status == 200
    wait_for(lambda: watch.notices() and
             'basic>open' in watch.notices()[-1].body, 'her to be seen')
    assert XENIA in watch.notices()[-1].body
    joe.raw('<presence><show>dnd</show></presence>')
    wait_for(lambda: '<rpid:busy/>' in watch.notices()[-1].body,
             lambda: watch.notices()[-1].body)
    assert watch.ask(0)[0] == 200
    # the errors of MESSAGE
    for params, status in (('purple', 482), ('prpl-msn', 404),
                           ('nonsense', 404)):
        assert alice.send(to % params, 'hi') == status
        assert Watch(alice, to % params).status == status
    # and in lists
    assert alice.send(c.manager, '#buddies add ' + to % 'xmpp') == 200
    alice.saw('*** %s is on your list' % XENIA[4:])
    assert alice.send(c.manager, '#buddies add ' + to % 'purple') == 400
    friends = ListWatch(alice, c.room('buddies'))
    assert friends.status == 200
    wait_for(lambda: friends.notices() and '<rpid:busy/>' in
             friends.notices()[-1].body, 'her in the list')
    bob = user(c, 'bob', password=PASSWORD)
    assert bob.send(to % 'xmpp', 'hi') == 403
    assert Watch(bob, to % 'xmpp').status == 403
    # what the old module sent is none of ours to send on
    for aor in alice.aor, bob.aor:
        assert alice.send(aor + ';proto=purple', 'hi') == 482
        assert Watch(alice, aor + ';proto=purple').status == 482
    assert publish(alice, document(), uri=alice.aor + ';proto=purple')[
        0] == 482


def test_mapped_users(confabd, prosody, user):
    """As with the old module: what both say and how they are goes by the
    network where both have accounts."""
    p = prosody(tls=True)
    c = confabd(trusted='', extra=sections('mapped_users_via_purple = true'))
    for name, login, secret in (('alice', HERS, 'gwpw'),
                                ('bob', 'xenia@xmpp.test', 'xeniapw')):
        c.add_user(name, PASSWORD)
        add(c, name, 'xmpp/' + login, secret, 'auth=allow', 'login=always',
            *xmpp(p))
        is_online(c, login)
    alice, bob = (user(c, name, password=PASSWORD)
                  for name in ('alice', 'bob'))
    assert register(alice) == 200 and register(bob) == 200
    assert publish(bob, document('away', 'lunch'))[0] == 200
    watch = Watch(alice, bob.aor)
    assert watch.status == 200
    wait_for(lambda: watch.notices() and
             '<rpid:away/>' in watch.notices()[-1].body and
             'lunch' in watch.notices()[-1].body,
             lambda: watch.notices() and watch.notices()[-1].body)
    for line in c.ctl('purple', 'contact', 'list', '1'):
        assert line == 'xenia@xmpp.test away listed watched'
    # who looks once sees the same, which is not what bob's own phone says
    once = Watch(alice, bob.aor, 0).notice(1)
    assert once[0].startswith('terminated;reason=timeout')
    assert once[1].body == watch.notices()[-1].body
    assert alice.send(bob.aor + ';transport=udp', 'hi') == 202
    bob.saw('hi', source=alice.aor)
    # without the account there he is watched by SIP again: he is asked
    c.ctl('purple', 'map', 'disable', 'bob', 'xmpp/xenia@xmpp.test')
    wait_for(lambda: 'terminated;reason=deactivated' in get(
        watch.notices()[-1].headers, 'subscription-state'),
        lambda: watch.notices()[-1].headers)
    assert not watch.notices()[-1].body
    again = Watch(alice, bob.aor)
    assert again.notice(1)[0].startswith('pending')
    m = bob.seen.wait(lambda m: '/allow ' in m.body)
    assert 'alice' in m.body


def test_a_code_is_for_the_gateway_alone(server, both):
    alice, _ = both
    assert alice.send(XENIA, '/code 7 123456') == 403
    for to in GATE, server.manager:
        assert alice.send(to, '/code 7 123456') == 404


def test_who_has_no_account(server, user):
    bob = user(server, 'bob')
    assert bob.send(XENIA, 'hi') == 403
    bob.saw('ERROR: You have no XMPP account.', source=XENIA)


def test_what_can_not_be_used_says_so(server, both):
    alice, _ = both
    room = 'sip:hall%40conf.xmpp.test@xmpp.im.confab.test'
    assert alice.send(room, ':join') == 202
    alice.seen.wait(lambda m: m.source == room and m.body ==
                    "ERROR: You can't enter the room: Remote Server Timeout")
    assert alice.send('sip:xmpp.im.confab.test', ':join hall') == 202
    alice.saw("ERROR: You can't enter the room: this is no room's name: it "
              "is room@server", 'sip:hall@xmpp.im.confab.test')
    server.ctl('purple', 'map', 'set', 'alice', 'xmpp/%s/sip' % HERS,
               'opt.long=' + 60 * 'x')
    run = subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'purple', 'map',
         'list'], capture_output=True, text=True, timeout=60)
    assert 60 * 'x' + ' ' in run.stdout
    server.ctl('purple', 'map', 'disable', 'alice', 'xmpp/%s/sip' % HERS)
    assert alice.send(XENIA, 'hi') == 403
    off = 'ERROR: Your account XMPP %s is switched off.' % HERS
    alice.saw(off, source=XENIA)
    assert alice.send(XENIA, ':join') == 404
    alice.saw(off, XENIA, 2)


def test_a_late_error_is_told(both):
    alice, _ = both
    nobody = 'sip:nobody%40xmpp.test@xmpp.im.confab.test'
    assert alice.send(nobody, 'hi') == 202
    m = alice.seen.wait(lambda m: 'not delivered' in m.body or
                        'not sent' in m.body)
    assert 'unavailable' in m.body


def test_a_wrong_password_is_said(confabd, prosody, user):
    c = confabd(extra=sections())
    alice = user(c, 'alice')
    register(alice)
    add(c, 'alice', 'xmpp/' + HERS, 'wrong', 'login=always', *xmpp(prosody(tls=True)))
    wait_for(lambda: (state(c, HERS) or '').startswith('failed'),
             lambda: state(c, HERS))
    alice.seen.wait(lambda m: 'login failed' in m.body)
    assert alice.send(XENIA, 'hi') == 480
    alice.seen.wait(lambda m: 'Your message was not sent' in m.body and
                    'XMPP login failed' in m.body)
    said = c.ctl('purple', 'map', 'list')
    assert said[0]['state'] == 'failed' and 'assword' in said[0]['error']
    assert 'wrong' not in c.text() + str(said)


def test_presence_both_ways(confabd, prosody, user, xenia):
    p = prosody(tls=True)
    c = confabd(trusted='', extra=sections())
    c.prosody = p
    c.add_user('alice', PASSWORD)
    alice, joe = user(c, 'alice', password=PASSWORD), xenia(c, True)
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', *xmpp(p))
    assert state(c, HERS) == 'offline'
    assert publish(alice, document())[0] == 200
    is_online(c, HERS)
    assert register(alice) == 200
    watch = Watch(alice, XENIA)
    assert watch.status == 200
    wait_for(lambda: watch.notices() and
             'basic>open' in watch.notices()[-1].body, 'her to be seen')
    joe.raw('<presence><show>dnd</show><status>a &lt; b &amp; c</status>'
            '</presence>')
    wait_for(lambda: '<rpid:busy/>' in watch.notices()[-1].body and
             'a &lt; b &amp; c' in watch.notices()[-1].body,
             lambda: watch.notices()[-1].body)
    joe.raw('<presence to="%s" type="subscribe"/>' % HERS)
    m = alice.seen.wait(lambda m: '/allow ' in m.body)
    assert 'xenia@xmpp.test (' in m.body
    assert alice.send(GATE, '/allow ' +
                      m.body.split('/allow ')[1].split()[0]) == 200
    joe.presences.wait(lambda q: q['from'].bare == HERS and
                       q['type'] == 'subscribed')
    assert publish(alice, document('away', 'lunch & <coffee>'))[0] == 200
    joe.presences.wait(lambda q: q['from'].bare == HERS and
                       q['status'] == 'lunch & <coffee>')


def test_rooms(both, server, xmpp_user):
    alice, _ = both
    room = 'sip:lobby%40rooms.xmpp.test@xmpp.im.confab.test'
    other = xmpp_user(server.prosody)
    assert alice.send(room, ':join Ally') == 202
    alice.seen.wait(lambda m: 'You are in the room' in m.body)
    other.say('hi <all>')
    alice.saw('<xenia> hi <all>', source=room)
    assert alice.send(room, 'hello & good day') == 202
    other.saw('hello & good day', 'Ally')
    assert alice.send(room, ':who') == 202
    m = alice.seen.wait(lambda m: 'In the room' in m.body)
    assert 'xenia' in m.body and 'Ally' in m.body
    assert alice.send(room, ':exit') == 200
    assert alice.send(room, ':who') == 404


def test_what_befalls_a_guest_of_a_room(both, server, xmpp_user):
    alice, _ = both
    room = 'sip:lobby%40rooms.xmpp.test@xmpp.im.confab.test'
    other = xmpp_user(server.prosody)  # the first one is the owner
    assert alice.send(room, ':join Ally') == 202
    alice.seen.wait(lambda m: 'You are in the room as Ally' in m.body)
    other.raw('<presence to="lobby@rooms.xmpp.test/zoe"/>')
    wait_for(lambda: alice.send(room, ':who') == 202 and alice.seen.count(
        lambda m: 'In the room' in m.body and 'zoe' in m.body), 'her nick')
    other.topic('cats &amp; &lt;dogs>')
    alice.seen.wait(lambda m: m.source == room and 'Topic' in m.body and
                    'cats & <dogs>' in m.body)
    other.raw('<iq type="set" id="k1" to="lobby@rooms.xmpp.test"><query '
              'xmlns="http://jabber.org/protocol/muc#admin"><item '
              'nick="Ally" role="none"><reason>enough</reason></item>'
              '</query></iq>')
    alice.seen.wait(lambda m: m.source == room and 'enough' in m.body and
                    'not in the room any more' in m.body)
    assert alice.send(room, ':who') == 404
    other.raw('<message to="lobby@rooms.xmpp.test"><x xmlns='
              '"http://jabber.org/protocol/muc#user"><invite to="%s"/></x>'
              '</message>' % HERS)
    alice.seen.wait(lambda m: 'invites you to the room lobby@rooms.xmpp.test'
                    in m.body)


def test_a_file_is_refused(both):
    alice, xenia = both
    said = xenia.ask(HERS + '/sip', 'si', 'http://jabber.org/protocol/si',
                     kind='set', inside='<file name="a &amp; b.png" '
                     'size="10" xmlns="http://jabber.org/protocol/si/'
                     'profile/file-transfer"/><feature xmlns="http://'
                     'jabber.org/protocol/feature-neg"><x type="form" xmlns='
                     '"jabber:x:data"><field var="stream-method" '
                     'type="list-single"><option><value>http://jabber.org/'
                     'protocol/ibb</value></option></field></x></feature>',
                     id='s1', profile='http://jabber.org/protocol/si/'
                     'profile/file-transfer')
    assert 'forbidden' in said or 'error' in said, said
    alice.seen.wait(lambda m: m.body == 'xenia@xmpp.test offered a file, '
                    "which can't be had here: a & b.png")
    xenia.got_text("Files can't be received here. Please send a text, or a "
                   'link.', HERS)


@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_dies_or_hangs(both, server, how):
    alice, xenia = both
    pid, = server.workers('confab-purple')
    os.kill(pid, how)
    assert alice.send(XENIA, 'meanwhile') == 202
    wait_for(lambda: server.workers('confab-purple') not in ([pid], []),
             'another worker')
    xenia.got_text('meanwhile', HERS)
    is_online(server, HERS)
    assert alice.send(XENIA, 'after') == 202
    xenia.got_text('after', HERS)


def test_an_old_worker_is_replaced(confabd, prosody, user, xenia):
    """Words under way, once each and in order."""
    p = prosody(tls=True)
    with open(p.conf) as f:
        text = f.read().replace('"http", "offline"', '"http"')
    with open(p.conf, 'w') as f:
        f.write(text.replace('"carbons"', '"carbons", "offline"'))
    p.restart()
    c = confabd(extra=sections('worker_age = 1'))
    c.prosody = p
    alice, x = user(c, 'alice'), xenia(c)
    alice.send(c.manager, '#help')
    add(c, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always', *xmpp(p))
    is_online(c, HERS)
    pids, n = set(), 0

    def is_hers(m):
        return m['body'].startswith('to ') and m['from'].bare == HERS
    while len(pids) < 2:
        pids |= set(c.workers('confab-purple'))
        assert alice.send(XENIA, 'to %d.' % n) == 202
        x.write(HERS, 'fro %d.' % n)
        n += 1
        wait_for(lambda: x.stanzas.count(is_hers) > n - 5, 'her to read')
    x.got_text('to %d.' % (n - 1), HERS)
    alice.saw('fro %d.' % (n - 1), source=XENIA)
    assert [m['body'] for m in x.stanzas.all() if is_hers(m)] == [
        'to %d.' % i for i in range(n)]
    assert [m.body for m in alice.seen.all() if m.source == XENIA] == [
        'fro %d.' % i for i in range(n)]
    assert 'is old, and retires' in c.text()
    assert 'worker died' not in c.text().replace('retired: worker died', '')


def test_irc(confabd, ngircd, user, irc_user):
    n = ngircd()
    c = confabd(extra=sections())
    alice = user(c, 'alice')
    add(c, 'alice', 'irc/ally@127.0.0.1', '', 'login=always', 'opt.ssl=no',
        'opt.port=%d' % n.port)
    is_online(c, 'ally@127.0.0.1')
    ines = irc_user(n)
    to = 'sip:ines@irc.im.confab.test'
    assert alice.send(to, 'hello <b>') == 202
    ines.lines.wait(lambda l: l.command == 'PRIVMSG' and
                    list(l.args) == ['ines', 'hello <b>'])
    ines.raw('PRIVMSG ally :hi & bye')
    alice.saw('hi & bye', source=to)
    room = 'sip:%23lobby@irc.im.confab.test'
    assert alice.send(room, ':join') == 202
    alice.seen.wait(lambda m: 'You are in the room' in m.body)
    ines.say('to all')
    alice.saw('<ines> to all', source=room)
    assert alice.send(room, 'to all of you') == 202
    ines.saw('to all of you')


def test_after_a_restart(both, server):
    alice, xenia = both
    assert server.stop() == 0
    server.start()
    is_online(server, HERS)
    assert alice.send(XENIA, 'again') == 202
    xenia.got_text('again', HERS)
    xenia.write(HERS, 'and back')
    alice.saw('and back', source=XENIA)


def write_conf(c, was, now):
    with open(c.conf) as f:
        text = f.read()
    assert was in text
    with open(c.conf, 'w') as f:
        f.write(text.replace(was, now))


@pytest.mark.parametrize('how', ['gateway', 'domain', 'protocol'])
def test_what_waits_when_the_operator_takes_it_away(confabd, user, how):
    """The gateway, its domain, or a protocol: who wrote is told."""
    line = 'allow = {"prpl-simple=simple"}\nqueue_time = 3600\n'
    c = confabd(extra=sections(line))
    alice = user(c, 'alice')
    register(alice)
    add(c, 'alice', 'prpl-simple/alice@127.0.0.1', 'pw', 'opt.port=9')
    to = 'sip:carol%40x.example@simple.im.confab.test'
    assert alice.send(to, 'first & last') == 202
    assert alice.send(to, 'and more') == 202
    assert c.stop() == 0
    write_conf(c, *{
        'gateway': ('domain = "im.confab.test"', 'domain = ""'),
        'domain': ('domain = "im.confab.test"', 'domain = "other.test"'),
        'protocol': (line, 'queue_time = 1\n')}[how])
    alice.seen.take()
    c.start()
    if how == 'domain': # it goes on as before, by the other address
        c.ctl('purple', 'map', 'del', '1')
    for text in 'first & last', 'and more':
        m = alice.seen.wait(lambda m: 'was not sent' in m.body and
                            text in m.body)
        assert m.source == {
            'gateway': c.manager, 'domain': 'sip:purple@other.test',
            'protocol': GATE}[how]
    assert c.stop() == 0
    alice.seen.take()
    c.start()
    assert alice.send(c.manager, '#help') == 200
    alice.seen.wait(lambda m: '#help' in m.body)
    assert not [m for m in alice.seen.all() if 'not sent' in m.body]


def claim(c, who, login, password, *settings):
    """By chat; the operator says where it is."""
    assert who.send(c.manager, '#purple add ' + login) == 200
    m = who.seen.wait(lambda m: ' PASSWORD' in m.body)
    who.seen.take()
    code = [w for w in m.body.split() if w.startswith('pw-')][-1]
    assert who.send(c.manager, '%s %s' % (code, password)) == 200
    who.seen.wait(lambda m: 'was added' in m.body)
    c.ctl('purple', 'map', 'set', who.name, login, 'near=yes',
          'login=always', *settings)


def states(c):
    return {line.split()[1].split(':')[1].split('@')[0]:
            line.split(': ', 1)[1] for line in c.ctl('purple', 'status')}


def test_a_login_makes_an_account_his(confabd, prosody, user):
    """Who is first has to prove it; who is let in first has it."""
    where = xmpp(prosody(tls=True))
    c = confabd(extra=sections('passwords = "any"'))
    mallory, alice, bob = (user(c, n) for n in ('mallory', 'alice', 'bob'))
    for u in mallory, alice, bob:
        register(u)
    login = 'xmpp/' + HERS
    claim(c, mallory, login, 'guessed', *where)
    wait_for(lambda: states(c)['mallory'].startswith('failed'),
             lambda: states(c))
    claim(c, alice, login, 'gwpw', *where)
    wait_for(lambda: states(c)['alice'] == 'online', lambda: states(c))
    claim(c, bob, login + '/desk', 'gwpw', *where)
    wait_for(lambda: 'another user has this account' in states(c)['bob'],
             lambda: states(c))
    bob.seen.wait(lambda m: 'another user has this account' in m.body)
    assert not [m for m in mallory.seen.all() if 'another user' in m.body]
    wait_for(lambda: states(c)['alice'] == 'online', lambda: states(c))
    assert c.stop() == 0
    c.start()
    wait_for(lambda: states(c)['alice'] == 'online', lambda: states(c))
    assert 'another user has this account' in states(c)['bob']
    # the operator decides otherwise
    c.ctl('purple', 'map', 'set', 'bob', login + '/desk', 'by=')
    wait_for(lambda: states(c)['bob'] == 'online', lambda: states(c))
    assert states(c)['alice'].startswith('unsupported')


# ---- purplemap ----

ROWS = [(1, 'sip:alice@confab.test', 'alice@live.com', 'prpl-msn-pecan',
         "p'ass"),
        (2, 'sip:bob@confab.test', 'bob@xmpp.test', 'gtalk', 'secret-word'),
        (3, 'sip:bob@confab.test', 'bob@gmail.com', 'gtalk', 'secret-word'),
        (4, 'sip:bob@confab.test', 'bob@irc.test', 'prpl-irc', None),
        (5, 'sip:bob@confab.test', 'x', 'prpl-simple', 'secret-word')]


def to_sqlite(folder):
    path = folder / 'openser.db'
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE my_map (id INTEGER PRIMARY KEY, sip_user TEXT, '
               'ext_user TEXT, ext_prot TEXT, ext_pass TEXT)')
    db.executemany('INSERT INTO my_map VALUES (?, ?, ?, ?, ?)', ROWS)
    db.commit()
    db.close()
    return path


def to_own_mysql(folder):
    path = to_mysql(folder)
    path.write_text(path.read_text().replace('purplemap', 'my_map'))
    return path


def to_mysql(folder):
    def value(v):
        if v is None or isinstance(v, int):
            return 'NULL' if v is None else str(v)
        return "'%s'" % v.replace("'", "\\'")
    path = folder / 'purplemap.sql'
    path.write_text(
        'CREATE TABLE purplemap (\n'
        '  id INT UNSIGNED PRIMARY KEY NOT NULL AUTO_INCREMENT,\n'
        '  sip_user VARCHAR(128) NOT NULL,\n'
        '  ext_user VARCHAR(128) NOT NULL,\n'
        '  ext_prot VARCHAR(16) NOT NULL,\n  ext_pass VARCHAR(64)\n);\n'
        'INSERT INTO `purplemap` VALUES %s;\n' % ','.join(
            '(%s)' % ','.join(map(value, row)) for row in ROWS))
    return path


def to_csv(folder):
    path = folder / 'purplemap.csv'
    path.write_text('id,sip_user,ext_user,ext_prot,ext_pass\n' + ''.join(
        ','.join('' if v is None else str(v) for v in row) + '\n'
        for row in ROWS))
    return path


@pytest.mark.parametrize('form', [to_sqlite, to_mysql, to_own_mysql,
                                  to_csv])
def test_purplemap_is_taken_over(confabd, folder, form):
    path = form(folder('old'))
    c = confabd(extra=sections('login = "manual"\ndb_table = "my_map"\n'
                               'db_url = "sqlite://%s"' % path))
    words = [] if form is to_sqlite else [str(path)]
    said = c.ctl('purple', 'map', 'import', *words)
    assert said['accounts_taken'] == 4, said
    assert [s['what'] for s in said['skipped']] == [
        'prpl-simple/x = sip:bob@confab.test']
    assert 'not allowed' in said['skipped'][0]['why']
    assert c.ctl('purple', 'status') == [
        '1 sip:alice@confab.test prpl-msn-pecan alice@live.com: '
        'unsupported: MSN was closed in 2014',
        '2 sip:bob@confab.test prpl-jabber bob@xmpp.test: offline',
        '3 sip:bob@confab.test prpl-jabber bob@gmail.com: '
        'unsupported: Google Talk was closed in 2022',
        '4 sip:bob@confab.test prpl-irc bob@irc.test: offline']
    again = c.ctl('purple', 'map', 'import', *words)
    assert again['accounts_taken'] == 0
    assert again['accounts_there_already'] == 4
    with open(os.path.join(c.state, 'confab.db'), 'rb') as f:
        assert b'secret-word' not in f.read()
    assert 'secret-word' not in c.text()


def test_what_users_add_does_not_lead_to_this_host(confabd, user):
    c = confabd(extra=sections('passwords = "any"'))
    alice = user(c, 'alice')
    name = 'irc/ally@127.0.0.1'
    assert alice.send(MANAGER, '#purple add ' + name) == 200
    asked = alice.seen.wait(lambda m: ' PASSWORD' in m.body)
    assert alice.send(MANAGER, asked.body.split()[-2] + ' pw') == 200
    alice.seen.wait(lambda m: 'was added' in m.body)
    assert alice.send('sip:irc.im.confab.test', ':online') == 200
    row, = c.ctl('purple', 'map', 'list')
    assert row['settings'] == 'near=no by=chat'
    wait_for(lambda: 'near=yes' in state(c, 'ally@127.0.0.1'),
             lambda: c.text()[-3000:])
    c.ctl('purple', 'map', 'set', 'alice', name, 'near=yes')
    wait_for(lambda: 'Failed' in state(c, 'ally@127.0.0.1'),
             lambda: c.text()[-3000:])


def test_the_operator(confabd):
    c = confabd(extra=sections('login = "manual"'))
    add(c, 'alice', 'xmpp/alice@127.0.0.1', 'pw', 'auth=known',
        'opt.port=1')
    row, = c.ctl('purple', 'map', 'list')
    assert row['id'] == 1 and row['state'] == 'offline'
    assert row['account'] == 'prpl-jabber/alice@127.0.0.1'
    assert row['settings'] == 'auth=known opt.port=1'
    c.ctl('purple', 'map', 'set', 'alice', 'xmpp/alice@127.0.0.1', 'auth=',
          'login=presence')
    row, = c.ctl('purple', 'map', 'list', 'alice')
    assert row['settings'] == 'opt.port=1' and row['login'] == 'presence'
    assert c.ctl('purple', 'login', '1') in ('queued', 'connecting')
    c.ctl('purple', 'logout', '1')
    assert state(c, 'alice@127.0.0.1') == 'offline'
    assert not c.ctl('purple', 'login', '9', check=False).get('ok')
    assert c.ctl('purple', 'auth', 'list') == []
    assert c.ctl('purple', 'contact', 'list', '1') == []
    assert c.ctl('purple', 'room', 'list', '1') == []
    prots = {p['label']: p for p in c.ctl('purple', 'prots')}
    assert prots['xmpp']['state'] == 'allowed'
    assert prots['simple']['state'] == 'not allowed'
    assert prots['msn']['state'] == 'MSN was closed in 2014'
    c.ctl('purple', 'map', 'del', 'alice', 'xmpp/alice@127.0.0.1')
    assert c.ctl('purple', 'status') == []


def refused(c, *words):
    """What is said to them without a word on standard input."""
    run = subprocess.Popen(
        [c.program('confabctl'), '-s', c.socket, 'purple', 'map', *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    try:
        assert run.wait(30) == 1
        return run.stderr.read()
    finally:
        run.kill()
        run.communicate()


def test_no_password_is_asked_for_in_vain(confabd):
    c = confabd(extra=sections('login = "manual"'))
    add(c, 'alice', 'xmpp/alice@127.0.0.1', 'pw')
    for words, why in (
            (('add', 'bob', 'nonsense/x'), 'not allowed'),
            (('add', 'bob', 'xmpp/bob'), 'has no domain'),
            (('add', 'bob', 'irc/bob'), 'nick@server'),
            (('add', 'bob', 'xmpp/bob@127.0.0.1', 'color=red'),
             'settings are'),
            (('add', 'bob', 'xmpp/ALICE@127.0.0.1/x'),
             'sip:alice@confab.test has this account'),
            (('add', 'alice', 'xmpp/alice@127.0.0.1'), 'exists'),
            (('passwd', 'bob', 'xmpp/bob@127.0.0.1'), 'no such account'),
            (('passwd', '17'), 'no such account')):
        assert why in refused(c, *words), words
    assert len(c.ctl('purple', 'map', 'list')) == 1


def test_accounts_by_their_number(confabd):
    c = confabd(extra=sections('login = "manual"'))
    add(c, 'alice', 'xmpp/alice@127.0.0.1', 'pw')
    c.ctl('purple', 'map', 'set', '1', 'auth=deny', 'opt.port=1')
    row, = c.ctl('purple', 'map', 'list')
    assert row['settings'] == 'auth=deny opt.port=1' and row['since']
    c.ctl('purple', 'map', 'disable', '1')
    assert state(c, 'alice@127.0.0.1') == 'disabled'
    run = subprocess.run(
        [c.program('confabctl'), '-s', c.socket, 'purple', 'map', 'passwd',
         '1'], input='another\n', capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    c.ctl('purple', 'map', 'enable', '1')
    assert c.ctl('purple', 'reload') == 'read anew; 0 tried again'
    assert not c.ctl('purple', 'map', 'del', '9', check=False).get('ok')
    c.ctl('purple', 'map', 'del', '1')
    assert c.ctl('purple', 'map', 'list') == []


def test_the_operator_decides_for_a_user(confabd, user):
    c = confabd(extra=sections())
    alice = user(c, 'alice')
    for what, who in (('allow', 'xmpp/Carol@Example.org'),
                      ('deny', 'prpl-jabber/dan@example.org'),
                      ('allow', 'purple:xmpp/eve%40example.org'),
                      ('deny', 'irc/Ines[')):
        assert c.ctl('purple', 'auth', what, 'alice', who) == (
            'allowed' if what == 'allow' else 'denied')
    alice.send(c.manager, '/watchers')
    alice.seen.wait(lambda m: all(
        line in m.body for line in (
            'xmpp/carol%40example.org', 'xmpp/dan%40example.org',
            'xmpp/eve%40example.org', 'irc/ines%7B')))
    for who in ('carol@example.org', 'nowhere/carol', 'xmpp/', 'purple:',
                'sip:bob@confab.test', 'xmpp'):
        answer = c.ctl('purple', 'auth', 'allow', 'alice', who, check=False)
        assert 'WHO is PROTOCOL/NAME' in answer['error'], who


def test_the_operator_joins_rooms(both, server, tmp_path, xmpp_user):
    alice, _ = both
    secret = tmp_path / 'secret'
    secret.write_text('hush\n')
    secret.chmod(0o600)
    other = xmpp_user(server.prosody)
    room = 'lobby@rooms.xmpp.test'
    run = subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'purple', 'room',
         'join', '1', room, 'Ally', '--password-file', str(secret)],
        capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    alice.seen.wait(lambda m: 'You are in the room as' in m.body)
    other.say('hi')
    alice.saw('<xenia> hi',
              source='sip:lobby%40rooms.xmpp.test@xmpp.im.confab.test')
    assert server.ctl('purple', 'room', 'list', '1') == [room + ' in']
    assert server.ctl('purple', 'room', 'leave', '1', room) == 'left'
    assert server.ctl('purple', 'room', 'list', '1') == []
    assert not server.ctl('purple', 'room', 'leave', '1', room,
                          check=False).get('ok')
    assert server.ctl('purple', 'auth', 'list', 'alice') == []


# ---- links ----

def test_a_room_is_linked(confabd, prosody, user, xmpp_user):
    p = prosody(tls=True)
    pin, server, port = xmpp(p)
    c = confabd(extra='''
purple "relay" { prot = "prpl-jabber" user = "%s/sip" password = "gwpw" %s
    options = {"%s", "%s"} }
link "lobby-x" { room = "sip:lobby@confab.test"
    to = "purple:relay/lobby@rooms.xmpp.test" }
''' % (HERS, pin.replace('=', ' = "') + '"', server[4:], port[4:]))
    c.link_up('lobby-x')
    alice, other = user(c, 'alice'), xmpp_user(p)
    alice.join(c.room('lobby'))
    other.say('<hi> & there')
    alice.seen.wait(lambda m: 'xenia' in m.body and
                    '<hi> & there' in m.body)
    assert alice.send(c.room('lobby'), 'hello <all>') in (200, 202)
    other.stanzas.wait(lambda m: 'hello <all>' in m['body'] and
                       'alice' in m['body'])


def test_a_link_goes_to_a_new_worker(confabd, prosody, user, xmpp_user):
    p = prosody(tls=True)
    pin, server, port = xmpp(p)
    c = confabd(extra=sections('worker_age = 1') + '''
purple "relay" { prot = "prpl-jabber" user = "%s/sip" password = "gwpw" %s
    options = {"%s", "%s"} }
link "lobby-x" { room = "sip:lobby@confab.test"
    to = "purple:relay/lobby@rooms.xmpp.test" }
''' % (HERS, pin.replace('=', ' = "') + '"', server[4:], port[4:]))
    c.link_up('lobby-x')
    alice, other = user(c, 'alice'), xmpp_user(p)
    alice.join(c.room('lobby'))

    def heard():
        return [m['body'].split('> ')[1] for m in other.stanzas.all()
                if 'word ' in m['body']]
    pids, n = set(), 0
    while len(pids) < 2:
        pids |= set(c.workers('confab-purple'))
        assert alice.send(c.room('lobby'), 'word %d.' % n) in (200, 202)
        n += 1
        wait_for(lambda: len(heard()) > n - 10, lambda: heard()[-3:])
    wait_for(lambda: len(heard()) >= n, lambda: heard()[-3:])
    assert heard() == ['word %d.' % i for i in range(n)]
