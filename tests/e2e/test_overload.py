# SPDX-License-Identifier: GPL-3.0-or-later
"""More than one should ask for."""
import os
import socket
import subprocess

from lab.sip import parse
from lab.util import free_port


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
         str(server.process.pid), '1', '20'],
        capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out
    lines = [dict(w.split('=') for w in line.split()[1:])
             for line in out.stdout.splitlines()]
    assert len(lines) == 2 and all(float(r['ok']) > 0 for r in lines)
    assert int(lines[1]['quiet_ok']) > 0
    assert server.process.alive()
    assert server.stop() == 0
