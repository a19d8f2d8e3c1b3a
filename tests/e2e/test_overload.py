# SPDX-License-Identifier: GPL-3.0-or-later
"""More than one should ask for."""
import os
import socket
import subprocess
import threading

import pytest

from lab.sip import get, parse
from lab.util import free_port, wait_for


def asking(server, method, count):
    """The statuses that so many requests at once get."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.connect((server.host, server.port))
    sock.settimeout(0.3)
    for n in range(count):
        sock.send((
            '%s sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP c.example;rport;'
            'branch=z9hG4bKf%d\r\nMax-Forwards: 70\r\nFrom: <sip:m@%s>;'
            'tag=1\r\nTo: <sip:%s>\r\nCall-ID: f%d\r\nCSeq: 1 %s\r\n'
            'User-Agent: somebody who asks too often, and at some length\r\n'
            'Content-Length: 0\r\n\r\n' % (
                method, server.domain, n, server.domain, server.domain, n,
                method)).encode())
    answers = []
    try:
        while True:
            answers.append(parse(sock.recv(4096)))
    except socket.timeout:
        sock.close()
        return answers


def test_st24_a_flood_of_options(confabd):
    server = confabd(trusted='"10.0.0.0/8"', limits=dict(
        source_rate=20, source_burst=40))
    answers = asking(server, 'OPTIONS', 400)
    served = [a for a in answers if a[0].startswith('SIP/2.0 200')]
    refused = [a for a in answers if a[0].startswith('SIP/2.0 503')]
    assert 0 < len(served) and len(served) + len(refused) == len(answers)
    # the same again is told, and then nothing
    assert len(answers) <= 2 * 40 + 60
    for answer in refused:
        assert 1 <= int(dict(answer[1])['retry-after']) <= 10
    assert server.process.text().count('too many requests') == 1
    sip = server.ctl('status')['sip']
    assert sip['dropped'] == 400 - len(answers)
    assert sip['load'] == 'calm'


def flood(server, packets, sources, stop):
    """Sends these from so many addresses, again and again."""
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
             for _ in range(sources)]
    for n, sock in enumerate(socks):
        sock.bind(('127.30.0.%d' % (n + 1), 0))
        sock.connect((server.host, server.port))
    while not stop.is_set():
        for n, packet in enumerate(packets):
            try:
                socks[n % sources].send(packet)
            except (ConnectionRefusedError, BlockingIOError):
                pass
    for sock in socks:
        sock.close()


def strangers(method):
    return [(
        '%s sip:lobby@confab.test SIP/2.0\r\nVia: SIP/2.0/UDP c;rport;'
        'branch=z9hG4bKs%d\r\nMax-Forwards: 70\r\nFrom: <sip:u%d@d>;'
        'tag=1\r\nTo: <sip:lobby@confab.test>\r\nCall-ID: s%d\r\n'
        'CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n' % (
            method, n, n, n, method)).encode() for n in range(2000)]


@pytest.mark.parametrize('packets', [
    [bytes(n % 256 for n in range(k, k + 300)) for k in range(256)],
    strangers('OPTIONS'), strangers('MESSAGE')],
    ids=['garbage', 'OPTIONS', 'MESSAGE'])
def test_ov04_a_flood_of_strangers(confabd, user, closing, packets):
    """Who has logged in is served beside it, by TCP and by UDP."""
    server = confabd(trusted='', imc='create_on_join = true',
                     limits=dict(source_rate=20, source_burst=40))
    people = []
    for name, transport in (('alice', 'tcp'), ('bob', 'tcp'),
                            ('carol', 'udp')):
        server.add_user(name, 'hush-hush')
        people.append(user(server, name, transport=transport,
                           password='hush-hush'))
        people[-1].join(server.room('lobby'))
    stop = threading.Event()
    flooder = threading.Thread(target=flood, args=(
        server, packets, 20, stop))
    flooder.start()
    try:
        wait_for(lambda: server.ctl('status')['sip']['dropped'] > 1000,
                 'the flood to be felt')
        for n in range(3):
            for speaker in people:
                text = '%s %d' % (speaker.name, n)
                assert speaker.send(server.room('lobby'), text) == 202
                for hearer in people:
                    if hearer is not speaker:
                        hearer.saw('[%s]: %s' % (speaker.name, text))
    finally:
        stop.set()
        flooder.join()
    assert server.ctl('status')['sip']['memory'] < 256 << 20


def test_ov01_behind_a_proxy_the_quiet_are_heard(confabd, user):
    """All come from one address that is trusted: it is their From that tells
    the loud from the quiet."""
    server = confabd(imc='create_on_join = true')
    alice, loud = user(server, 'alice'), user(server, 'loud')
    alice.join(server.room('lobby'))
    loud.join(server.room('hall'))
    packets = [loud.build('MESSAGE', server.room('hall'), b'%d' % n)
               for n in range(3000)]
    stop = threading.Event()
    flooder = threading.Thread(target=flood, args=(server, packets, 1, stop))
    flooder.start()
    try:
        wait_for(lambda: server.ctl('status')['sip']['requests_in'] > 3000,
                 'the flood to be felt')
        for n in range(5):
            assert alice.send(server.room('lobby'), 'word %d' % n) == 202
    finally:
        stop.set()
        flooder.join()


def test_ov06_one_of_many_is_dead(confabd, user):
    """Everybody else hears each text, and no more than eight wait for him
    anywhere but on the disk."""
    server = confabd(imc='create_on_join = true')
    crowd, dead = user(server, 'crowd'), user(server, 'dead')
    hall = server.room('hall')
    names = ['m%d' % n for n in range(50)]
    for name in names:
        crowd.name, crowd.aor = name, 'sip:%s@%s' % (name, server.domain)
        assert crowd.send(hall, '#join') == 200
    dead.join(hall)
    dead.answer = None
    for n in range(20):
        assert crowd.send(hall, 'text %d' % n) == 202
        crowd.saw('[m49]: text %d' % n, count=len(names) - 1)
    assert server.ctl('status')['sip']['client_transactions'] <= 8
    heard = {m.body for m in dead.requests.all() if 'text' in m.body}
    assert heard <= {'[m49]: text %d' % n for n in range(8)}


def test_ov08_a_large_room_beside_a_small_one(confabd, user):
    """One that never falls silent holds nobody else up."""
    server = confabd(imc='create_on_join = true')
    crowd = user(server, 'crowd')
    people = [user(server, name) for name in ('alice', 'bob')]
    for u in people:
        u.join(server.room('parlour'))
    hall = server.room('hall')
    names = ['m%d' % n for n in range(100)]
    for name in names:
        crowd.name, crowd.aor = name, 'sip:%s@%s' % (name, server.domain)
        assert crowd.send(hall, '#join') == 200
    stop = threading.Event()

    def speak():
        while not stop.is_set():
            crowd.pour(hall, ['%d' % n for n in range(20)], window=4)

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        crowd.seen.wait(lambda m: m.body == '[m99]: 0', 50)
        for n in range(5):
            assert people[0].send(server.room('parlour'), str(n)) == 202
            people[1].saw('[alice]: %d' % n)
    finally:
        stop.set()
        speaker.join()
    crowd.seen.wait(lambda m: m.body == '[m99]: 19', 99)


def test_ov12_all_log_in_at_once(confabd, user):
    """After a restart: all are served, and none twice."""
    server = confabd(trusted='', limits=dict(source_rate=0))
    names = ['u%d' % n for n in range(40)]
    path = os.path.join(server.folder, 'users.csv')
    with open(path, 'w') as f:
        f.writelines('%s,hush-hush\n' % name for name in names)
    assert server.show('user', 'import', path)[0] == 0
    assert server.stop() == 0
    server.start()
    phones = [user(server, name, password='hush-hush') for name in names]
    statuses = []

    def log_in(phone):
        contact = 'Contact: <sip:%s@%s:%d>' % (phone.name, phone.host,
                                               phone.port)
        packet = phone.build('REGISTER', 'sip:' + server.domain,
                             headers=[contact, 'Expires: 600'])
        statuses.append(phone.transact(packet.replace(
            b'To: <sip:', b'To: <sip:%s@' % phone.name.encode()))[0])
        statuses.append(phone.transact(phone.build(
            'SUBSCRIBE', phone.aor,
            headers=[contact, 'Event: presence', 'Expires: 600']))[0])

    logins = [threading.Thread(target=log_in, args=(p,)) for p in phones]
    for thread in logins:
        thread.start()
    for thread in logins:
        thread.join()
    assert statuses == [200] * 80, statuses
    for phone in phones:
        phone.requests.wait(lambda m: get(m.headers, 'event') == 'presence')
    sip = server.ctl('status')['sip']
    assert sip['subscriptions'] == 40 and sip['dropped'] == 0


def test_memory_is_bounded(confabd, user):
    server = confabd(limits=dict(memory_max=1))
    alice = user(server, 'alice')
    assert alice.transact(alice.build(
        'MESSAGE', server.room('lobby'), b'#create'))[0] == 503
    sip = server.ctl('status')['sip']
    assert sip['memory'] > sip['memory_max'] == 1 << 20
    assert sip['load'] == 'full'
    assert server.process.alive()


def test_ten_times_what_it_can_take(confabd):
    """No figures here (tests/bench/overload.sh has them): it works on, and
    who is quiet is heard."""
    server = confabd(imc='create_on_join = true', domain='bench.example',
                     limits=dict(user_rooms=0))
    out = subprocess.run(
        [os.path.join(server.build, 'tests/bench/overload'),
         '127.0.0.1:%d' % server.port, '127.0.0.1:%d' % free_port(),
         str(server.process.pid), '1', '20', 'proxy', '10'],
        capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out
    lines = [dict(w.split('=') for w in line.split()[1:])
             for line in out.stdout.splitlines()]
    assert len(lines) == 2 and all(float(r['ok']) > 0 for r in lines)
    assert int(lines[1]['quiet_ok']) > 0
    assert server.process.alive()
    assert server.stop() == 0
