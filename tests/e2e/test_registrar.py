# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that register: found again, each once, also after a restart."""
import re
import socket
import subprocess

import pytest

from lab.clients import Baresip, Linphone, installed
from lab.sip import get
from lab.util import free_port, wait_for
from lab.wire import Pipe, Wire, request, status_of


@pytest.fixture
def device(user):
    """Factory: a SipUser who registers contacts of his own."""
    def make(confabd, name, contact='x', **kw):
        u = user(confabd, name, **kw)
        u.contact = 'sip:%s-%s@%s:%d' % (name, contact, u.host, u.port)
        if u.transport != 'udp':
            u.contact += ';transport=' + u.transport
        u.registration = 'reg-' + u.contact
        return u
    return make


def register(u, contact=None, expires=600, to=None, headers=()):
    """(status, headers)"""
    domain = 'sip:' + u.domain
    lines = ['Contact: ' + (contact or '<%s>' % u.contact)]
    if expires is not None:
        lines.append('Expires: %d' % expires)
    packet = u.build('REGISTER', domain, call_id=u.registration,
                     headers=lines + list(headers))
    packet = packet.replace(b'To: <%s>' % domain.encode(),
                            b'To: <%s>' % (to or u.aor).encode())
    return u.transact(packet)


def contacts(confabd, name):
    return confabd.ctl('contact', name)


def registered(confabd, name):
    return [c for c in contacts(confabd, name) if c['registered']]


def listed(headers):
    return sorted(re.search('<(.*)>', v).group(1)
                  for k, v in headers if k == 'contact')


def test_each_device_gets_each_text_once(confabd, user, device):
    c = confabd()
    room = c.room('lobby')
    bob = user(c, 'bob')
    bob.join(room)
    one, two = device(c, 'alice', 'one'), device(c, 'alice', 'two',
                                                 transport='tcp')
    one.join(room)
    assert register(one)[0] == 200
    status, headers = register(two)
    assert status == 200
    assert listed(headers) == sorted([one.contact, two.contact])
    for n in range(3):
        assert bob.send(room, 'text %d' % n) == 202
    for u in (one, two):
        for n in range(3):
            u.saw('[bob]: text %d' % n, source=room)
        assert all(m.uri == u.contact and m.to == u.aor
                   for m in u.requests.all() if '[bob]' in m.body)
        assert u.count('[bob]: text 0') == 1
    # Each has Call-IDs of its own.
    ids = [m.call_id for u in (one, two) for m in u.seen.all()
           if 'text 0' in m.body]
    assert len(set(ids)) == 2
    # An answer goes to who asked.
    two.send(room, '#members')
    wait_for(lambda: [m for m in two.seen.all() if 'Members:' in m.body],
             'the answer')
    assert not [m for m in one.seen.all() if 'Members:' in m.body]
    # One leaves: the other has all.
    assert register(one, expires=0)[0] == 200
    assert bob.send(room, 'alone') == 202
    two.saw('[bob]: alone')
    assert one.count('[bob]: alone') == 0


def test_bindings_survive_a_restart(confabd, user, device):
    c = confabd()
    room = c.room('lobby')
    bob, alice = user(c, 'bob'), device(c, 'alice')
    bob.join(room)
    alice.join(room)
    assert register(alice, headers=['User-Agent: Phone 1'])[0] == 200
    before = registered(c, 'alice')
    assert before[0]['agent'] == 'Phone 1'
    assert before[0]['contact'] == alice.contact
    c.kill()
    c.start()
    after = registered(c, 'alice')
    assert [d['contact'] for d in after] == [alice.contact]
    assert 0 < after[0]['expires_s'] <= before[0]['expires_s']
    assert bob.send(room, 'still there?') == 202
    alice.saw('[bob]: still there?')
    assert [m.uri for m in alice.seen.all()
            if 'still there?' in m.body] == [alice.contact]


def at_once(c, *more):
    """A device on TCP that listens: its ear, once its connection is gone."""
    ear = socket.create_server(('127.0.0.1', 0))
    pipe = Pipe(c)
    answer = pipe.answers(request(
        'REGISTER', 'sip:' + c.domain, to='<sip:alice@%s>' % c.domain,
        via='SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKr%d' % len(more),
        more=['Contact: <sip:a@127.0.0.1:%d;transport=tcp>' %
              ear.getsockname()[1], *more]))
    assert status_of(answer) == 200
    pipe.close()
    return ear


def test_a_device_that_listens_is_connected_to(confabd, user, closing):
    c = confabd(extra='send_to = {"127.0.0.0/8"}')
    bob = user(c, 'bob')
    ear = closing(at_once(c))
    ear.settimeout(20)
    assert bob.send('sip:alice@confab.test', 'ring') == 202
    with ear.accept()[0] as phone:
        phone.settimeout(20)
        assert phone.recv(65535).endswith(b'\r\n\r\nring')


def test_by_way_of_a_proxy_nobody_leads_us_to_its_ports(confabd, user,
                                                        closing):
    c = confabd(extra='send_to = {"127.0.0.0/8"}')
    bob = user(c, 'bob')
    for more in ('Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx',
                 'Path: <sip:p@127.0.0.1;lr>'):
        ear = closing(at_once(c, more))
        ear.setblocking(False)
        wait_for(lambda: not [d for d in registered(c, 'alice')
                              if d['reachable']], 'the connection to be gone')
        assert bob.send('sip:alice@confab.test', 'ring') == 202
        with pytest.raises(BlockingIOError):
            ear.accept()


def test_a_nul_in_a_path_binds_nothing(confabd, closing):
    c = confabd()
    wire = closing(Wire(c))
    for path, status in (('"\\\0" <sip:p@127.0.0.1;lr>', 400),
                         ('"\\a" <sip:p@127.0.0.1;lr>', 200)):
        assert wire.final(request(
            'REGISTER', 'sip:' + c.domain, to='<sip:alice@%s>' % c.domain,
            more=['Contact: <sip:a@127.0.0.1:%d>' % wire.port,
                  'Path: ' + path])) == status
        assert len(c.ctl('contact', 'alice')) == (status == 200)


def test_registering_wakes_what_waits(confabd, user, device):
    c = confabd()
    room = c.room('lobby')
    bob, alice = user(c, 'bob'), device(c, 'alice', transport='tcp')
    bob.join(room)
    alice.join(room)
    assert register(alice)[0] == 200
    alice.close()
    wait_for(lambda: not registered(c, 'alice')[0]['reachable'],
             'the connection to be gone')
    assert bob.send(room, 'for later') == 202
    again = device(c, 'alice', 'again')
    assert register(again)[0] == 200
    again.saw('[bob]: for later', source=room)
    assert again.count('[bob]: for later') == 1


def test_a_registration_ends(confabd, device):
    c = confabd(limits={'expires_min': 1})
    alice = device(c, 'alice')
    assert register(alice, expires=1)[0] == 200
    assert len(registered(c, 'alice')) == 1
    wait_for(lambda: not registered(c, 'alice'), 'the registration to end')


def test_ten_contacts_between_a_minute_and_an_hour(confabd, device):
    """SA14"""
    c = confabd()
    alice = device(c, 'alice')
    for n in range(10):
        assert register(alice, '<sip:a%d@127.0.0.1>' % n)[0] == 200
    for n in range(10, 40):
        assert register(alice, '<sip:a%d@127.0.0.1>' % n)[0] == 403
    assert len(registered(c, 'alice')) == 10
    for expires in 1, 59:
        status, headers = register(alice, '<sip:a1@127.0.0.1>', expires)
        assert (status, get(headers, 'min-expires')) == (423, '60')
    for expires in 2 ** 31, 2 ** 32:
        status, headers = register(alice, '<sip:a1@127.0.0.1>', expires)
        assert status == 200
        assert '<sip:a1@127.0.0.1>;expires=3600' in [
            v for k, v in headers if k == 'contact']
    assert register(alice, '*', 0)[0] == 200
    assert registered(c, 'alice') == []


def test_nobody_registers_for_another(confabd, device):
    """SA15"""
    c = confabd()
    alice, mallory = device(c, 'alice'), device(c, 'mallory')
    assert register(alice)[0] == 200
    assert register(mallory, '*', 0, to=alice.aor)[0] == 403
    assert register(mallory, to=alice.aor)[0] == 403
    assert register(mallory, to='sip:mallory@elsewhere.test')[0] == 404
    assert [d['contact'] for d in registered(c, 'alice')] == [alice.contact]


def test_a_contact_leads_nowhere_else(confabd, user, device):
    """ST10"""
    c = confabd()
    room = c.room('lobby')
    bob, alice = user(c, 'bob'), device(c, 'alice')
    bob.join(room)
    alice.join(room)
    trap = socket.create_server(('127.0.0.1', 0))
    trap.settimeout(0.3)
    for bad in ('<sip:a@169.254.169.254>', '<sip:a@224.0.1.75>',
                '<sip:a@0.0.0.0>', '<sip:a@[::1]>',
                '<sip:a@127.0.0.1:%d>' % c.port):
        assert register(alice, bad)[0] == 403
    # These are taken, for his own flow.
    assert register(alice, '<sip:a@127.0.0.1:%d;transport=tcp>' %
                    trap.getsockname()[1])[0] == 200
    assert register(alice, '<sip:a@localhost:%d;transport=tcp>' %
                    trap.getsockname()[1])[0] == 200
    assert bob.send(room, 'where are you?') == 202
    alice.saw('[bob]: where are you?', count=2)
    with pytest.raises(socket.timeout):
        trap.accept()
    trap.close()


def test_the_operator_sees_and_forgets(confabd, device):
    c = confabd(extra='device nine {\nmatch = "phone 9"\nmax_bytes = 160\ntyping = "yes"\n'
                      '}\n')
    alice = device(c, 'alice')
    assert register(alice, headers=['User-Agent: My Phone 9.1'])[0] == 200
    assert register(alice, '<sip:b@127.0.0.1>',
                    headers=['Supported: path',
                             'Path: <sip:edge.test;lr>'])[0] == 200
    text = c.show('contact', 'alice')[1]
    for word in (alice.contact, 'My Phone 9.1', '<sip:edge.test;lr>',
                 'at most 160 bytes, typing', 'udp:127.0.0.1:%d' %
                 alice.port):
        assert word in text
    assert c.ctl('status')['sip']['devices_registered'] == 2
    c.ctl('contact', alice.aor, 'delete', alice.contact)
    assert [d['contact'] for d in registered(c, 'alice')] == [
        'sip:b@127.0.0.1']
    c.ctl('contact', 'alice@' + c.domain, 'delete')
    assert registered(c, 'alice') == []
    c.kill()
    c.start()
    assert contacts(c, 'alice') == []


@pytest.mark.parametrize('kind, agent, transport', [
    (Baresip, 'baresip', 'udp'), (Baresip, 'baresip', 'tcp'),
    (Linphone, 'inphone', 'tcp')])
def test_a_client_registers_with_its_password(confabd, user, folder, closing,
                                              kind, agent, transport):
    if not installed(kind.program):
        pytest.skip('%s is not installed' % kind.program)
    c = confabd(trusted='')
    c.add_user('bob', 'bobs')
    c.add_user('cleo', 'cleos')
    room = c.room('lobby')
    bob = user(c, 'bob', password='bobs')
    bob.join(room)
    options = {'contact': room} if kind is Baresip else {}
    cleo = closing(kind(folder('cleo'), 'cleo', c.domain, (c.host, c.port),
                        transport=transport, password='cleos', register=True,
                        **options))
    wait_for(lambda: registered(c, 'cleo'), 'the client to register')
    device, = registered(c, 'cleo')
    assert agent in device['agent']
    assert device['by'].startswith(transport + ':')
    cleo.say(room, '#join')
    cleo.saw('*** [cleo] has joined the room', room)
    assert bob.send(room, 'hello cleo') == 202
    cleo.saw('[bob]: hello cleo', room)
    cleo.say(room, 'hello bob')
    bob.saw('[cleo]: hello bob')
    assert cleo.count('[bob]: hello cleo', room) == 1


@pytest.mark.parametrize('send_to', ['', 'send_to = {"127.0.0.0/8"}'])
def test_another_domain_by_its_servers(confabd, user, send_to):
    port = free_port()
    c = confabd(imc='peers = {"sip:127.0.0.1:%d"}' % port, extra=send_to)
    zoe = user(c, 'zoe', domain='127.0.0.1', port=port)
    room = c.room('lobby')
    bob = user(c, 'bob')
    bob.join(room)
    if not send_to:
        assert bob.send(room, '#invite ' + zoe.aor) != 200
        assert zoe.requests.all() == []
        return
    wait_for(lambda: bob.send(room, '#invite ' + zoe.aor) == 200,
             'the servers to be found')
    wait_for(lambda: zoe.seen.all(), 'the invitation')
    assert zoe.seen.all()[0].uri == zoe.seen.all()[0].to == zoe.aor


def test_a_phone_that_listens_is_connected_to_again(confabd, user, device):
    c = confabd(extra='send_to = {"127.0.0.0/8"}')
    room = c.room('lobby')
    bob, alice = user(c, 'bob'), device(c, 'alice', transport='tcp')
    bob.join(room)
    alice.join(room)
    phone = socket.create_server(('127.0.0.1', 0))
    phone.settimeout(20)
    contact = 'sip:a@127.0.0.1:%d;transport=tcp' % phone.getsockname()[1]
    assert register(alice, '<%s>' % contact)[0] == 200
    alice.close()
    c.kill()
    c.start()
    assert registered(c, 'alice')[0]['reachable']
    assert bob.send(room, 'are you up?') == 202
    with phone.accept()[0] as line:
        line.settimeout(20)
        data = b''
        while b'are you up?' not in data:
            data += line.recv(4096)
    assert data.startswith(b'MESSAGE %s SIP/2.0\r\n' % contact.encode())
    phone.close()


def test_sipsak_registers(confabd, folder):
    if not installed('sipsak'):
        pytest.skip('sipsak is not installed')
    c = confabd()
    run = subprocess.run(
        ['sipsak', '-U', '-C', 'sip:sak@127.0.0.1:5099', '-x', '600', '-vv',
         '-H', '127.0.0.1', '-s', 'sip:sak@%s:%d' % (c.host, c.port)],
        capture_output=True, text=True, timeout=60, cwd=folder('sak'))
    assert run.returncode == 0, run
    assert [d['contact'] for d in registered(c, 'sak@127.0.0.1')] == [
        'sip:sak@127.0.0.1:5099']


def learned(confabd, name):
    return [c for c in contacts(confabd, name) if not c['registered']]


def test_who_unregisters_is_where_he_was_heard_no_more(confabd, user,
                                                       device):
    c = confabd()
    room = c.room('lobby')
    bob, alice = user(c, 'bob'), device(c, 'alice')
    bob.join(room)
    alice.join(room)
    place, = learned(c, 'alice')
    assert place['reachable'] and place['expires_s'] > 24 * 3600
    assert register(alice, contact='*', expires=0)[0] == 200
    assert contacts(c, 'alice') == []
    assert bob.send(room, 'for later') == 202
    # Heard again, he is there again.
    assert alice.send(room, 'back') == 202
    alice.saw('[bob]: for later')
    assert register(alice)[0] == 200
    assert register(alice, expires=0)[0] == 200
    assert contacts(c, 'alice') == []


def test_a_learned_connection_ends_with_the_process(confabd, user):
    c = confabd()
    room = c.room('lobby')
    bob = user(c, 'bob')
    alice = user(c, 'alice', transport='tcp')
    bob.join(room)
    alice.join(room)
    assert learned(c, 'alice')[0]['by'].startswith('tcp:')
    c.kill()
    c.start()
    assert contacts(c, 'alice') == []
    assert learned(c, 'bob')


def test_what_a_device_takes_is_kept_with_it(confabd, device):
    c = confabd()
    phone, talk = device(c, 'alice'), device(c, 'alice', 'other')

    def takes():
        return {r['contact']: r['takes'] for r in registered(c, 'alice')}
    mark = 'all in message/cpim'
    assert register(phone, headers=['User-Agent: One',
                                    'Accept: message/cpim'])[0] == 200
    assert register(talk, headers=['User-Agent: One'])[0] == 200
    for _ in range(2):
        assert mark in takes()[phone.contact]
        assert mark not in takes()[talk.contact]
        c.kill()
        c.start()
    assert register(phone, headers=['User-Agent: One'])[0] == 200
    assert mark in takes()[phone.contact]
    assert register(phone, headers=['User-Agent: Two'])[0] == 200
    assert mark not in takes()[phone.contact]
