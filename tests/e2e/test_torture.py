# SPDX-License-Identifier: GPL-3.0-or-later
"""The public SIP torture messages (RFC 4475, RFC 5118), where they are at
hand: $CONFAB_TORTURE or ../shared/torture, a folder with wire/*.dat and
verdicts.tsv (file, allowed_status, allowed_tcp, ...)."""
import csv
import os
import pathlib
import socket

import pytest

from lab.sip import SipUser
from lab.util import Timeout

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get('CONFAB_TORTURE',
                                     TOP.parent / 'shared' / 'torture'))
# Most messages have no rport: their answers go to the Via's port.
PORTS = [5060, 5050, 5070, 6050, 19823]


def rows():
    path = FOLDER / 'verdicts.tsv'
    if not path.exists():
        pytest.skip('no torture messages in %s: 2 tests left out' % FOLDER)
    with open(path, newline='') as f:
        return list(csv.DictReader(f, delimiter='\t',
                                   quoting=csv.QUOTE_NONE))


def status_of(packet):
    return packet.split(b' ', 2)[1].decode() if packet.startswith(
        b'SIP/2.0 ') else None


class Torturer:
    """Sends from the default SIP port of an address of its own."""

    def __init__(self, server, host='127.0.0.77'):
        self.server = server
        self.host = host
        self.sockets = []
        for port in PORTS:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((host, port))
            s.setblocking(False)
            self.sockets.append(s)
        self.prober = SipUser('probe', 'confab.test', server)

    def answers(self):
        got = []
        for s in self.sockets:
            while True:
                try:
                    got.append(s.recv(65535))
                except OSError:
                    break
        return got

    def probe(self):
        """What came before them has had its turn when both are answered."""
        for _ in range(2):
            assert self.prober.options('sip:confab.test')[0] == 200

    def over_udp(self, data):
        self.answers()
        self.sockets[0].sendto(data, self.server)
        self.probe()
        final = [s for s in map(status_of, self.answers())
                 if s and s >= '200']
        return final[0] if final else 'drop'

    def over_tcp(self, data):
        with socket.create_connection(self.server, 5) as c:
            c.sendall(data)
            c.shutdown(socket.SHUT_WR)
            c.settimeout(30)
            got = b''
            try:
                while True:
                    more = c.recv(65535)
                    if not more:
                        break
                    got += more
            except OSError:
                pass
        for line in got.split(b'\r\n'):
            status = status_of(line + b' ')
            if status and status >= '200':
                return status
        return 'drop'

    def close(self):
        for s in self.sockets:
            s.close()
        self.prober.close()


def score(name, results):
    """Prints the count; the rows that were not right."""
    wrong = ['%s: %s, allowed %s' % (f, got, '|'.join(sorted(allowed)))
             for f, got, allowed in results if got not in allowed]
    print('\ntorture over %s: %d of %d answers right' % (
        name, len(results) - len(wrong), len(results)))
    return wrong


@pytest.fixture
def tester(confabd, closing):
    server = confabd(trusted='"127.0.0.0/8"')
    try:
        return closing(Torturer((server.host, server.port)))
    except OSError as e:
        pytest.skip('the default SIP port is taken: %s' % e)


def test_torture_over_udp(tester, capsys):
    results = []
    for row in rows():
        data = (FOLDER / 'wire' / row['file']).read_bytes()
        try:
            got = tester.over_udp(data)
        except Timeout:
            pytest.fail('no answer to the probe after ' + row['file'])
        results.append((row['file'], got,
                        set(row['allowed_status'].split('|'))))
    with capsys.disabled():
        wrong = score('UDP', results)
    assert not wrong


def test_torture_over_tcp(tester, capsys):
    results = []
    for row in rows():
        data = (FOLDER / 'wire' / row['file']).read_bytes()
        got = tester.over_tcp(data)
        tester.probe()
        allowed = row['allowed_tcp'] if row['allowed_tcp'] != '=' else \
            row['allowed_status']
        # We end our half first, so waiting and closing look the same here.
        allowed = set(allowed.split('|'))
        if allowed & {'wait', 'close', 'drop'}:
            allowed.add('drop')
        results.append((row['file'], got, allowed))
    with capsys.disabled():
        wrong = score('TCP', results)
    assert not wrong
