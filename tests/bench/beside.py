#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is served beside something that is too much for others.

    beside.py flood [--seconds 10] [--rate 100000]
    beside.py rooms [--seconds 10] [--members 2000] [--rate 20]
    beside.py login [--users 5000]

flood: garbage, OPTIONS and MESSAGEs of strangers by UDP, from one address and
from 60,000, while two users who have logged in talk over TCP. rooms: one room
with that many members and that many texts a second, while four people talk in
another. login: after a restart all users register and subscribe within five
seconds, each from an address of his own, by digest.

All on loopback. The generators yield to confabd (nice), and stand for other
machines.
"""
import argparse
import heapq
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.digest import authorization, challenges  # noqa: E402
from lab.sip import SipUser, get, parse  # noqa: E402
from lab.util import free_port, wait_for  # noqa: E402

PASSWORD = 'hush-hush'
MIB = 1 << 20


class Measured(Confabd):
    """With its default limits, and a quiet log."""

    def __init__(self, folder, **kw):
        super().__init__(BUILD, folder, **kw)
        text = pathlib.Path(self.conf).read_text()
        pathlib.Path(self.conf).write_text(
            text.replace('log_level = "debug"', 'log_level = "warning"'))

    def start(self, wait=True):
        super().start(wait=False)
        wait_for(lambda: self.ctl('status', check=False).get('ok'),
                 'confabd to be there')
        return self

    def user(self, name, **kw):
        return SipUser(name, self.domain, (self.host, self.port), **kw)

    def cpu(self):
        with open('/proc/%d/stat' % self.process.pid) as f:
            fields = f.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def pss(self):
        with open('/proc/%d/smaps_rollup' % self.process.pid) as f:
            for line in f:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) / 1024
        return 0


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, len(values) * percent // 100)] * 1e3 \
        if values else -1


def line(name, **values):
    print('%-20s' % name, ' '.join(
        '%s=%s' % (k, '%.1f' % v if isinstance(v, float) else v)
        for k, v in values.items()), flush=True)


def talk(room, speaker, hearer, seconds, pause=0.02):
    """One says a word, the other hears it, and so on: how long both took."""
    answered, heard = [], []
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        n += 1
        text = 'word %d at %f' % (n, end)
        begin = time.monotonic()
        status = speaker.send(room, text)
        assert status == 202, status
        answered.append(time.monotonic() - begin)
        hearer.saw('[%s]: %s' % (speaker.name, text), patience=30)
        heard.append(time.monotonic() - begin)
        time.sleep(pause)
    return answered, heard


def run_generator(*argv):
    return subprocess.Popen(['nice', '-n', '10', *map(str, argv)],
                            stdout=subprocess.PIPE, text=True)


# -- flood

def flood(folder, a):
    limits = dict(source_rate=20, memory_max=256)
    server = Measured(folder, trusted='', limits=limits,
                      imc='create_on_join = true').start()
    well = True
    try:
        people = []
        for name in ('alice', 'bob'):
            server.add_user(name, PASSWORD)
            people.append(server.user(name, transport='tcp',
                                      password=PASSWORD))
            people[-1].join(server.room('lobby'))
        quiet = talk(server.room('lobby'), *people, 3)
        line('calm', p50_ms=percentile(quiet[1], 50),
             p99_ms=percentile(quiet[1], 99))
        for kind in ('garbage', 'options', 'message'):
            for sources in (1, 60000):
                well = flood_by(server, people, a, kind, sources) and well
        for u in people:
            u.close()
    finally:
        status = server.stop()
    return well and status == 0


def flood_by(server, people, a, kind, sources):
    before = server.cpu()
    sender = run_generator(BUILD / 'tests/bench/flood', '%s:%d' % (
        server.host, server.port), kind, a.rate, a.seconds, sources)
    answered, heard = talk(server.room('lobby'), *people, a.seconds)
    sent = int(sender.communicate()[0].partition('=')[2])
    line('%s from %d' % (kind, sources), kpps=sent / a.seconds / 1000,
         words=len(heard), p50_ms=percentile(heard, 50),
         p99_ms=percentile(heard, 99), answer_p99_ms=percentile(answered, 99),
         cpu=(server.cpu() - before) / a.seconds, pss_mib=server.pss())
    return percentile(heard, 99) < 200 and server.pss() < 256 * 1.05


# -- rooms

def rooms(folder, a):
    server = Measured(folder, domain='bench.example',
                      imc='create_on_join = true',
                      limits=dict(user_rooms=0)).start()
    try:
        people = [server.user(name)
                  for name in ('anna', 'bert', 'carl', 'dora')]
        for u in people:
            u.join(server.room('parlour'))
        quiet = talk(server.room('parlour'), people[0], people[1], 3)
        line('calm', p50_ms=percentile(quiet[1], 50),
             p99_ms=percentile(quiet[1], 99))
        crowd = run_generator(
            BUILD / 'tests/bench/fanout', '--server',
            '%s:%d' % (server.host, server.port), '--bind',
            '127.0.0.1:%d' % free_port(), '--pid', server.process.pid,
            '--members', a.members, '--messages', a.rate * a.seconds,
            '--rate', a.rate, '--window', 64, '--timeout', 300)
        for text in crowd.stdout:
            if text.startswith('join_pss_kib='):
                break
        before = server.cpu()
        answered, heard = talk(server.room('parlour'), people[0], people[1],
                               a.seconds)
        cpu = (server.cpu() - before) / a.seconds
        rest = dict(t.strip().split('=', 1) for t in crowd.stdout if '=' in t)
        crowd.wait()
        line('beside %d' % a.members, words=len(heard),
             p50_ms=percentile(heard, 50), p99_ms=percentile(heard, 99),
             answer_p99_ms=percentile(answered, 99), cpu=cpu,
             pss_mib=server.pss(),
             crowd_p99_ms=rest['p99_ms'], lost=rest['lost'],
             sent_again=rest['repeated'])
        for u in people:
            u.close()
        return percentile(heard, 99) < 100 and rest.get('lost') == '0'
    finally:
        server.stop()


# -- login

class Phone:
    """What one phone has come to: what it waits for is sent again."""
    steps = 'register', 'subscribe', 'done'

    def __init__(self, n, start):
        self.n, self.start, self.end = n, start, None
        self.step, self.cseq, self.pause = 0, 0, 0.5
        self.challenge, self.count, self.notified = None, 0, False


class Storm:
    """All of them, on one socket that has an address for each."""

    def __init__(self, server, users):
        self.server, self.users = server, users
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * MIB)
        self.sock.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        self.sock.bind(('', 0))
        self.port = self.sock.getsockname()[1]
        self.due, self.refused, self.again, self.left = [], 0, 0, users
        self.phones = []

    @staticmethod
    def address(n):
        return '127.20.%d.%d' % (n // 250, n % 250 + 1)

    def send(self, n, text):
        info = struct.pack('=I4s4s', 0, socket.inet_aton(self.address(n)),
                           bytes(4))
        self.sock.sendmsg([text.encode()], [(socket.IPPROTO_IP, 8, info)], 0,
                          (self.server.host, self.server.port))

    def ask(self, p, anew):
        domain, name = self.server.domain, 'u%d' % p.n
        method = ('REGISTER', 'SUBSCRIBE')[p.step]
        uri = ('sip:' + domain, 'sip:%s@%s' % (name, domain))[p.step]
        p.cseq += anew
        lines = [
            '%s %s SIP/2.0' % (method, uri),
            'Via: SIP/2.0/UDP %s:%d;rport;branch=z9hG4bK%dx%dx%d' % (
                self.address(p.n), self.port, p.n, p.step, p.cseq),
            'Max-Forwards: 70',
            'From: <sip:%s@%s>;tag=t%d' % (name, domain, p.n),
            'To: <sip:%s@%s>' % (name, domain),
            'Call-ID: %d-%d' % (p.n, p.step),
            'CSeq: %d %s' % (p.cseq, method),
            'Contact: <sip:%s@%s:%d>' % (name, self.address(p.n), self.port),
            'Expires: 600']
        if p.step:
            lines.append('Event: presence')
        if p.challenge:
            p.count += anew
            lines.append(authorization(p.challenge, method, uri, name,
                                       PASSWORD, nc='%08x' % p.count))
        p.said = '\r\n'.join(lines + ['Content-Length: 0', '', '']) \
            if anew else p.said
        self.send(p.n, p.said)
        p.pause = 0.5 if anew else min(p.pause * 2, 4)
        self.later(p, p.pause)

    def later(self, p, seconds, anew=False):
        heapq.heappush(self.due, (time.monotonic() + seconds, p.n, p.step,
                                  p.cseq, anew))

    def send_due(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            _, n, step, cseq, anew = heapq.heappop(self.due)
            p = self.phones[n]
            if (p.step, p.cseq) != (step, cseq) or p.step == 2:
                continue
            self.again += not anew
            self.ask(p, anew)

    def done(self, p):
        if p.step == 2 and p.notified and not p.end:
            p.end = time.monotonic()
            self.left -= 1

    def answered(self, p, status, headers):
        if status in (401, 407):
            p.challenge, p.count = challenges(headers)[0], 0
            self.ask(p, True)
        elif status == 503:
            self.refused += 1
            p.cseq += 1
            self.later(p, int(get(headers, 'retry-after')), True)
        elif status < 300:
            p.step += 1
            if p.step == 1:
                self.ask(p, True)
            self.done(p)
        else:
            raise AssertionError((p.n, p.step, status, headers))

    def notify(self, p, headers):
        p.notified = True
        self.send(p.n, '\r\n'.join(
            ['SIP/2.0 200 OK'] + ['%s: %s' % (k, v) for k, v in headers if
                                  k in ('via', 'from', 'to', 'call-id',
                                        'cseq')] +
            ['Content-Length: 0', '', '']))
        self.done(p)

    def take(self, data):
        first, headers, _ = parse(data)
        n, _, step = get(headers, 'call-id').partition('-')
        p = self.phones[int(n)]
        if not first.startswith('SIP/2.0 '):
            self.notify(p, headers)
            return
        cseq = int(get(headers, 'cseq').split()[0])
        status = int(first.split()[1])
        if status >= 200 and (p.step, p.cseq) == (int(step), cseq):
            self.answered(p, status, headers)

    def run(self, spread, patience):
        begin = time.monotonic()
        for n in range(self.users):
            p = Phone(n, begin + spread * n / self.users)
            self.phones.append(p)
            self.later(p, p.start - time.monotonic(), True)
        while self.left and time.monotonic() < begin + patience:
            self.send_due()
            wait = self.due[0][0] - time.monotonic() if self.due else 1
            self.sock.settimeout(min(max(wait, 0.0005), 0.1))
            try:
                for _ in range(64):
                    self.take(self.sock.recv(65535))
                    self.sock.settimeout(0.0001)
            except (socket.timeout, BlockingIOError):
                pass
        return begin


def login(folder, a):
    server = Measured(folder, trusted='', limits=None).start()
    path = os.path.join(folder, 'users.csv')
    with open(path, 'w') as f:
        f.writelines('u%d,%s\n' % (n, PASSWORD) for n in range(a.users))
    status, out, err = server.show('user', 'import', path)
    assert status == 0, (out, err)
    assert server.stop() == 0
    server.start()
    before = server.cpu()
    storm = Storm(server, a.users)
    os.nice(10)
    begin = storm.run(5, 60)
    ends = [p.end for p in storm.phones if p.end]
    sip = server.ctl('status')['sip']
    line('login %d' % a.users, served=len(ends),
         all_after_s=max(ends, default=begin) - begin,
         p50_ms=percentile([p.end - p.start for p in storm.phones if p.end],
                           50),
         p99_ms=percentile([p.end - p.start for p in storm.phones if p.end],
                           99),
         refused=storm.refused, sent_again=storm.again,
         dropped=sip['dropped'], cpu_s=server.cpu() - before,
         pss_mib=server.pss())
    well = len(ends) == a.users and max(ends) - begin < 30
    return server.stop() == 0 and well


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('what', choices=('flood', 'rooms', 'login'))
    p.add_argument('--seconds', type=int, default=10)
    p.add_argument('--rate', type=int)
    p.add_argument('--members', type=int, default=2000)
    p.add_argument('--users', type=int, default=5000)
    a = p.parse_args()
    a.rate = a.rate or {'flood': 100000}.get(a.what, 20)
    folder = tempfile.mkdtemp(prefix='confab-beside.', dir='/var/tmp')
    try:
        well = globals()[a.what](folder, a)
    finally:
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main())
