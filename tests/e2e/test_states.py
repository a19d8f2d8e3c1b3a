# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of states: how somebody is on one network is how he is on all
others, both ways."""
import re
import xml.etree.ElementTree as ET

import pytest

from conftest import gateway
from lab.ircv3 import InspIrcd
from lab.util import wait_for
from test_events import PASSWORD, Watch, publish, register, seen
from test_gateway import account, is_up
from test_irc_talks import section
from test_purple import HERS, add, is_online, pytestmark as with_purple, \
    sections, xmpp

ALICE = 'alice@sip.xmpp.test'
IDLE = '<rpid:user-input>idle</rpid:user-input>'
PIDF = '{urn:ietf:params:xml:ns:pidf}'

# What a phone publishes (basic, activity, show, note of its own words) and
# the state that it is.
PUBLISHED = [
    ('open', '', '', '', 'online'),
    ('closed', '', '', '', 'offline'),
    ('closed', 'away', '', '', 'offline'),
    ('open', 'away', '', '', 'away'),
    ('open', 'meal', '', '', 'away'),
    ('open', 'in-transit', '', '', 'away'),
    ('open', 'busy', '', '', 'dnd'),
    ('open', 'on-the-phone', '', '', 'dnd'),
    ('open', 'meeting', '', '', 'dnd'),
    ('open', 'vacation', '', '', 'xa'),
    ('open', 'sleeping', '', '', 'xa'),
    ('open', 'unknown', '', '', 'online'),
    ('open', 'busy', 'chat', '', 'chat'),
    ('open', '', 'xa', '', 'xa'),
    ('open', '', 'AWAY', '', 'away'),
    ('open', '', '', 'On the phone', 'dnd'),
    ('open', '', '', 'Be right back', 'away'),
    ('', '', 'dnd', '', 'dnd'),
    ('', '', '', '', 'offline'),
]
# Each state, as a phone that knows all of it says it; what a phone is shown
# (basic, show, activity), what XMPP has, and the words of AWAY.
STATES = {
    'online': (('open', None, None), '', None),
    'chat': (('open', 'chat', None), 'chat', None),
    'away': (('open', 'away', 'away'), 'away', 'away'),
    'xa': (('open', 'xa', 'away'), 'xa', 'away'),
    'dnd': (('open', 'dnd', 'busy'), 'dnd', 'busy'),
    'offline': (('closed', None, None), None, 'SIP phone offline'),
}


def document(basic, activity='', show='', note='', name='alice'):
    return ('<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:'
            'pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
            'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" '
            'entity="sip:%s@confab.test"><tuple id="a"><status>%s%s</status>'
            '%s</tuple><dm:person id="p"><r:activities>%s</r:activities>'
            '</dm:person></presence>' % (
                name, basic and '<basic>%s</basic>' % basic,
                show and '<show xmlns="jabber:client">%s</show>' % show,
                note and '<note>%s</note>' % note,
                activity and '<r:%s/>' % activity)).encode()


def is_state(name, note=''):
    """One that says the state itself."""
    return document('closed' if name == 'offline' else 'open', '',
                    '' if name in ('online', 'offline') else name, note)


def shown(body):
    """(basic, show, activity) of the first tuple and the person."""
    found = ET.fromstring(body)
    show = found.find('.//{jabber:client}show')
    activity = re.search('<rpid:activities><rpid:([a-z-]*)/>', body)
    return (found.findtext('.//%sbasic' % PIDF),
            None if show is None else show.text,
            activity and activity.group(1))


@pytest.fixture
def phone(user):
    def make(server, name='alice', **kw):
        return user(server, name, password=PASSWORD, **kw)
    return make


def see(phone, target, want):
    """By looks, which need not wait for the pace."""
    wait_for(lambda: shown(seen(phone, target)) == want,
             lambda: '%s: %s' % (want, seen(phone, target)))


def test_what_phones_publish(confabd, phone):
    server = confabd(trusted='')
    server.add_user('alice', PASSWORD)
    alice = phone(server)
    etag = None
    for *said, state in PUBLISHED:
        status, headers = publish(alice, document(*said), etag)
        assert status == 200
        etag = dict(headers)['sip-etag']
        assert shown(seen(alice, alice.aor)) == STATES[state][0], said
    idle = document('open').replace(
        b'</r:activities>', b'</r:activities><r:user-input>idle'
        b'</r:user-input>')
    etag = dict(publish(alice, idle, etag)[1])['sip-etag']
    assert IDLE in seen(alice, alice.aor)
    # without any, he is where he is registered
    assert publish(alice, etag=etag, expires=0)[0] == 200
    assert shown(seen(alice, alice.aor)) == STATES['offline'][0]
    assert register(alice) == 200
    assert shown(seen(alice, alice.aor)) == STATES['online'][0]


@pytest.fixture
def joe(xmpp_user):
    def make(prosody):
        x = xmpp_user(prosody, room=None)
        x.client.auto_authorize = True
        x.client.auto_subscribe = False
        return x
    return make


def say(joe, state, note=''):
    """How she is on XMPP."""
    if state == 'offline':
        joe.raw('<presence type="unavailable"/>')
    else:
        joe.raw('<presence>%s<status>%s</status></presence>' % (
            STATES[state][1] and '<show>%s</show>' % STATES[state][1], note))


def both_ways(alice, joe, there, bare, gone, publish_it):
    """Each state crosses; who is off herself is told nothing by her
    server."""
    for n, state in enumerate([*STATES, 'online']):
        note = 'number %d' % n
        if state != 'offline':
            say(joe, state, note)
        publish_it(state, note)
        heard(joe, bare, *(gone(note) if state == 'offline' else
                           (state, note)))
        if state == 'offline':
            say(joe, state)
        see(alice, there, STATES[state][0])


def publisher(alice):
    etag = None

    def publish_it(state, note=''):
        nonlocal etag
        status, headers = publish(alice, is_state(state, note), etag)
        assert status == 200
        etag = dict(headers)['sip-etag']

    def take_back():
        assert publish(alice, etag=etag, expires=0)[0] == 200
    publish_it.back = take_back
    return publish_it


def heard(joe, bare, state, note=None):
    """The newest of his presences that she got."""
    def newest():
        all_ = [p for p in joe.presences.all() if p['from'].bare == bare and
                p['type'] not in ('subscribe', 'subscribed', 'probe')]
        if not all_:
            return None
        p = all_[-1]
        return ('offline' if p['type'] == 'unavailable' else
                p.xml.findtext('{jabber:client}show') or 'online',
                p['status'])
    wait_for(lambda: newest() and newest()[0] == state and
             note in (None, newest()[1]), lambda: '%s: %s' % (
                 (state, note), newest()))


def test_xmpp_by_the_component(confabd, prosody, phone, joe):
    p = prosody()
    server = confabd(trusted='', extra=gateway(p, 'auto_accept = "all"'))
    server.add_user('alice', PASSWORD)
    is_up(server, 'component sip.xmpp.test')
    alice, xenia = phone(server), joe(p)
    there = 'sip:xenia*xmpp.test@gw.confab.test'
    watch = Watch(alice, there)
    assert watch.status == 200
    xenia.raw('<presence to="%s" type="subscribe"/>' % ALICE)
    says = publisher(alice)
    both_ways(alice, xenia, there, ALICE, lambda note: ('offline', note),
              says)
    # who does nothing just now is there all the same
    xenia.raw('<presence><idle xmlns="urn:xmpp:idle:1" '
              'since="2026-01-01T00:00:00Z"/></presence>')
    wait_for(lambda: IDLE in seen(alice, there), 'her to be idle')
    assert shown(seen(alice, there)) == STATES['online'][0]
    say(xenia, 'online')
    wait_for(lambda: IDLE not in seen(alice, there), 'her to be back')
    # registration is a state as well
    says.back()
    heard(xenia, ALICE, 'offline')
    assert register(alice) == 200
    heard(xenia, ALICE, 'online')
    assert register(alice, 0) == 200
    heard(xenia, ALICE, 'offline')


def test_xmpp_by_an_account(confabd, prosody, phone, joe):
    """Who is off there is away: his other clients get what comes."""
    p = prosody()
    server = confabd(trusted='', extra=gateway(p, component=False))
    server.add_user('alice', PASSWORD)
    server.prosody = p
    account(server, 'alice', HERS, 'gwpw')
    alice, xenia = phone(server), joe(p)
    there = 'sip:xenia*xmpp.test@gw.confab.test'
    assert register(alice) == 200
    says = publisher(alice)
    says('online')
    watch = Watch(alice, there)
    assert watch.status == 200
    xenia.raw('<presence to="%s" type="subscribe"/>' % HERS)
    m = alice.seen.wait(lambda m: '/allow ' in m.body)
    assert alice.send(server.manager, '/allow ' +
                      m.body.split('/allow ')[1].split()[0]) == 200
    both_ways(alice, xenia, there, HERS,
              lambda note: ('away', 'SIP phone offline'), says)


@pytest.fixture
def insp(folder, closing):
    return closing(InspIrcd(folder('insp'))).start()


def test_irc(confabd, insp, phone, irc_user):
    """AWAY is all that there is: its words tell states apart."""
    server = confabd(trusted='', extra=section(insp.port))
    server.add_user('alice', PASSWORD)
    alice, ines, iris = phone(server), irc_user(insp), irc_user(insp, 'iris')
    there = 'sip:%s*libera@irc.confab.test'
    iris.raw('AWAY :at lunch')
    assert register(alice) == 200
    assert alice.send('sip:libera@irc.confab.test', ':online') == 202
    watches = [Watch(alice, there % name) for name in ('ines', 'iris')]
    assert [w.status for w in watches] == [200, 200]

    def away():
        """Of alice's; None: she is not."""
        before = ines.lines.count(lambda l: l.command == '318')
        ines.raw('WHOIS alice')
        ines.lines.wait(lambda l: l.command == '318', before + 1)
        lines = ines.lines.all()
        ends = [i for i, l in enumerate(lines) if l.command == '318']
        found = [l.args[-1] for l in
                 lines[ends[-2] if len(ends) > 1 else 0:ends[-1]]
                 if l.command == '301']
        return found[-1] if found else None

    says = publisher(alice)
    for state in [*STATES, 'online']:
        words = STATES[state][2]
        for note in '', 'gone fishing':
            says(state, note)
            want = words and (note or words)
            wait_for(lambda: away() == want, lambda: (state, want, away()))
    see(alice, there % 'ines', STATES['online'][0])
    see(alice, there % 'iris', STATES['away'][0])
    for irc in ines, iris:
        irc.raw('QUIT')
    see(alice, there % 'ines', STATES['offline'][0])
    see(alice, there % 'iris', STATES['offline'][0])


@with_purple
def test_libpurple(confabd, prosody, phone, joe):
    p = prosody(tls=True)
    server = confabd(trusted='', extra=sections())
    server.add_user('alice', PASSWORD)
    alice, xenia = phone(server), joe(p)
    there = 'sip:xenia%40xmpp.test@xmpp.im.confab.test'
    assert register(alice) == 200
    assert publish(alice, is_state('online'))[0] == 200
    add(server, 'alice', 'xmpp/' + HERS, 'gwpw', 'login=always',
        'auth=allow', *xmpp(p))
    is_online(server, HERS)
    watch = Watch(alice, there)
    assert watch.status == 200
    xenia.raw('<presence to="%s" type="subscribe"/>' % HERS)
    # never offline: that would be the end of the login
    both_ways(alice, xenia, there, HERS, lambda note: ('xa', note),
              publisher(alice))
