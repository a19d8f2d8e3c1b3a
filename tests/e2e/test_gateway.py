# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP users and people of XMPP, from one to one, by a component and by
accounts of their own."""
import os
import signal
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


def test_without_its_gateway_who_wrote_is_told(server, both):
    """The operator takes it away while something waits."""
    alice, xenia = both
    xenia.close()
    server.prosody.stop()
    for text in 'first <&>', 'second':
        assert alice.send(JOE, text) == 202
    assert server.stop() == 0
    with open(server.conf) as f:
        text = f.read()
    sections = gateway(server.prosody)
    assert sections in text
    with open(server.conf, 'w') as f:
        f.write(text.replace(sections, ''))
    alice.seen.take()
    server.start()
    for text in 'first <&>', 'second':
        m = alice.seen.wait(lambda m: 'was not sent' in m.body and
                            text in m.body)
        assert m.source == server.manager
        assert get(m.headers, 'x-im-notice') == '1'
    assert server.stop() == 0
    alice.seen.take()
    server.start()
    assert alice.send(server.manager, '#help') == 200
    alice.seen.wait(lambda m: '#help' in m.body)
    assert not [m for m in alice.seen.all() if 'not sent' in m.body]


def test_a_server_that_is_killed_loses_nothing(server, both, xmpp_user):
    """What it was told and had not read comes again."""
    alice, xenia = both
    assert alice.send(JOE, 'first') == 202
    xenia.got_text('first', 'alice@sip.xmpp.test')
    xenia.close()
    server.prosody.stand_still()
    texts = ['text %d' % i for i in range(5)]
    for text in texts:
        assert alice.send(JOE, text) == 202
    wait_for(lambda: server.prosody.unread() > 0, 'the texts to be there')
    workers = server.workers('confab-jabber')
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    server.prosody.die()
    server.prosody.start()
    xenia = xmpp_user(server.prosody, room=None)
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    for text in texts:
        xenia.got_text(text, 'alice@sip.xmpp.test')
    ids = [m['id'] for m in xenia.stanzas.all() if m['body'] in texts]
    assert len(set(ids)) == len(texts)


def test_headers_cross(both):
    alice, xenia = both
    assert alice.send(JOE, 'tee', headers=[
        'Subject: Pause', 'Content-Language: de']) == 202
    m = xenia.got_text('tee')
    assert m['subject'] == 'Pause'
    assert m['thread']
    xenia.raw('<message to="alice@sip.xmpp.test" id="s1" type="chat">'
              '<subject>Break</subject><body>tea</body></message>')
    assert get(alice.saw('tea').headers, 'subject') == 'Break'


def test_a_text_for_nobody_is_said_not_to_be_sent(both):
    alice, xenia = both
    assert alice.send('sip:nobody*xmpp.test@gw.confab.test', 'hello?') == 202
    m = alice.seen.wait(lambda m: m.body.startswith('ERROR: '))
    assert m.source == 'sip:nobody*xmpp.test@gw.confab.test'
    assert m.body.endswith(': hello?')
    assert get(m.headers, 'x-im-notice') == '1'


def test_a_text_for_nobody_is_refused_at_once(confabd, prosody, user):
    c = confabd(extra=gateway(prosody(), 'early_error = 5000'))
    is_up(c, 'component sip.xmpp.test')
    alice = user(c, 'alice')
    nobody = 'sip:nobody*xmpp.test@gw.confab.test'
    assert alice.send(nobody, 'hello?') in (404, 604)
    alice.seen.wait(lambda m: m.body.startswith('ERROR: ') and
                    m.source == nobody)


def test_a_text_to_nobody_of_ours_comes_back(both):
    _, xenia = both
    xenia.write('nobody@sip.xmpp.test', 'hello?', id='n1')
    m = xenia.got(lambda m: m['type'] == 'error')
    assert m['id'] == 'n1' and m['error']['condition'] == 'item-not-found'


def test_receipts_say_what_a_device_has(both):
    alice, xenia = both
    ask = ('<message to="alice@sip.xmpp.test" id="%s" type="chat">'
           '<body>%s</body><request xmlns="urn:xmpp:receipts"/></message>')
    xenia.raw(ask % ('r1', 'one'))
    xenia.got(lambda m: '<received' in str(m) and 'id="r1"' in str(m))
    alice.answer = 404
    xenia.raw(ask % ('r2', 'two'))
    m = xenia.got(lambda m: m['type'] == 'error')
    assert m['id'] == 'r2' and m['error']['text'] == '404 Not Found'


def test_who_writes_is_shown(both):
    alice, xenia = both
    typing = ('<?xml version="1.0"?><isComposing '
              'xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
              '<state>%s</state></isComposing>')
    for state, name in ('active', 'composing'), ('idle', 'paused'):
        assert alice.send(
            JOE, typing % state,
            content_type='application/im-iscomposing+xml') == 200
        xenia.got(lambda m: '<' + name in str(m))
    assert not [m for m in xenia.stanzas.all() if m['body']]


def test_the_device_that_spoke_is_answered(both):
    alice, xenia = both
    xenia.write('alice@sip.xmpp.test', 'from here')
    alice.saw('from here')
    assert alice.send(JOE, 'to there') == 202
    assert xenia.got_text('to there')['to'].full == \
        xenia.client.boundjid.full


def test_requests_are_answered(both):
    _, xenia = both
    for who in 'sip.xmpp.test', 'alice@sip.xmpp.test', \
            'alice@sip.xmpp.test/gw':
        assert "type='result'" in xenia.ask(who, 'ping', 'urn:xmpp:ping') \
            .replace('"', "'")
        answer = xenia.ask(who, 'query',
                           'http://jabber.org/protocol/disco#info')
        assert 'urn:xmpp:ping' in answer
        assert 'service-unavailable' in xenia.ask(who, 'query', 'unheard-of')
    assert 'item-not-found' in xenia.ask('nobody@sip.xmpp.test', 'ping',
                                         'urn:xmpp:ping')
    assert 'alice@sip.xmpp.test' in xenia.ask(
        'sip.xmpp.test', 'query', 'jabber:iq:gateway', 'set',
        '<prompt>sip:alice@confab.test</prompt>')


BAD = ['</body><presence type="unavailable"/>', ']]>', '&lt;', '\ufffe',
       '\uffff', 'a\x0bb', 'a\x1b[31mb', '&#1;', '<?x?>', '<!-- -->',
       '<!DOCTYPE x>', '\x7f\x85\ufdd0', '\u202egnirts']


def test_nothing_that_is_said_breaks_the_stream(server, both):
    alice, xenia = both
    for n, text in enumerate(BAD):
        assert alice.send(JOE, '%d %s' % (n, text)) == 202
        m = xenia.got(lambda m: m['body'].startswith('%d ' % n))
        assert '\ufffe' not in m['body']
    for raw in b'\xc0\x80', b'\xed\xa0\x80', b'\xf5\x80\x80\x80', b'\xe2\x82':
        assert alice.send(JOE, b'raw ' + raw) == 202
    xenia.got(lambda m: m['body'].startswith('raw'))
    assert alice.send(JOE, 'still here') == 202
    xenia.got_text('still here')
    assert server.text().count('confab-jabber') < 20
    assert 'component sip.xmpp.test: online' in server.show('jabber')[1] + \
        server.show('status')[1]


def test_what_was_accepted_survives_all(server, user, xmpp_user):
    alice = user(server, 'alice')
    server.prosody.stop()
    assert alice.send(JOE, 'kept') == 202
    server.kill()
    server.prosody.start()
    xenia = xmpp_user(server.prosody, room=None)
    server.start()
    xenia.got_text('kept', 'alice@sip.xmpp.test')


def test_a_lost_link_loses_nothing(server, both):
    alice, xenia = both
    pid = server.workers('confab-jabber')[0]
    for n in range(10):
        assert alice.send(JOE, 'before %d' % n) == 202
    os.kill(pid, signal.SIGKILL)
    for n in range(10):
        assert alice.send(JOE, 'after %d' % n) == 202
    for n in range(10):
        xenia.got_text('before %d' % n)
        xenia.got_text('after %d' % n)


# ---- by accounts

def account(server, user, jid, password):
    run = subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'jabber', 'map',
         'add', user, jid, 'server=127.0.0.1:%d' % server.prosody.port],
        input=password + '\n', capture_output=True,
        text=True, timeout=60, env=server.env)
    assert run.returncode == 0, (run.stdout, run.stderr)


@pytest.fixture
def alone(confabd, prosody, user):
    """Without components: alice has the account gw@xmpp.test."""
    p = prosody()
    c = confabd(extra=gateway(p, component=False))
    c.prosody = p
    account(c, 'alice', 'gw@xmpp.test', 'gwpw')
    alice = user(c, 'alice')
    assert alice.send(c.manager, '#help') == 200
    return c, alice


def test_account_both_ways(alone, xmpp_user):
    server, alice = alone
    xenia = xmpp_user(server.prosody, room=None)
    assert alice.send(JOE, 'hello') == 202
    xenia.got_text('hello', 'gw@xmpp.test')
    xenia.write('gw@xmpp.test', 'hello too')
    alice.saw('hello too', source=JOE)


def test_one_without_an_account_is_told_so(alone, user):
    server, _ = alone
    bob = user(server, 'bob')
    assert bob.send(JOE, 'hello') == 403
    m = bob.seen.wait(lambda m: 'permission' in m.body)
    assert m.source == JOE


def test_online_and_offline(alone):
    server, alice = alone
    assert alice.send(JOE, ':online') == 202
    alice.seen.wait(lambda m: m.body.startswith(
        'INFO: You are online in Jabber network as gw@xmpp.test/'))
    wait_for(lambda: alice.send(REGISTRAR, ':status') == 200 and
             alice.seen.count(lambda m: 'Contacts: 0' in m.body),
             'the contacts')
    assert alice.send(REGISTRAR, ':jab_go_offline') == 200
    alice.saw('INFO: You are now offline in Jabber network. Thank you for '
              'using SIP-Jabber gateway.', source=REGISTRAR)


def test_a_wrong_password_is_told(alone, user):
    server, _ = alone
    account(server, 'bob', 'yuri@xmpp.test', 'wrong')
    bob = user(server, 'bob')
    assert bob.send(JOE, 'hello') == 202
    bob.saw('ERROR: Your message was not sent. Authentication to Jabber '
            'server failed.', source=JOE)
    assert bob.send(REGISTRAR, ':online') == 403


def test_a_killed_worker_is_not_noticed(alone, xmpp_user):
    server, alice = alone
    xenia = xmpp_user(server.prosody, room=None)
    assert alice.send(JOE, 'one') == 202
    xenia.got_text('one')
    os.kill(server.workers('confab-jabber')[0], signal.SIGKILL)
    assert alice.send(JOE, 'two') == 202
    xenia.got_text('two')
    assert not [m for m in alice.seen.all() if 'ERROR' in m.body]


def test_limits_change_while_it_runs(server, user):
    alice = user(server, 'alice')
    extra = server.settings['extra']
    assert alice.send(JOE, 'x' * 1100) == 202
    server.write(extra=extra.replace('peer_rate = 0',
                                     'peer_rate = 0 text_max = 1000'))
    server.process.kill(signal.SIGHUP)
    wait_for(lambda: 'now as the file says: jabber_gateway.text_max' in
             server.text(), 'the file to be read')
    assert alice.send(JOE, 'x' * 1100) == 413
