# SPDX-License-Identifier: GPL-3.0-or-later
"""Many SIP users in one thread: each on a UDP socket of its own, with the
transaction layer that RFC 3261 asks of a device. What they say and hear is
kept, so that it can be compared at the end."""
import collections
import heapq
import os
import pathlib
import re
import selectors
import socket
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.confabd import Confabd  # noqa: E402
from lab.sip import get, parse, token, uri_of  # noqa: E402
from lab.util import Process, Timeout, wait_for  # noqa: E402,F401

TIMER_J = 32      # seconds that a device knows a transaction
ONE_ROUND = 16    # and after which a sender begins a new one
TEXT = re.compile(r'<<([^\s>]+)>>')
BRANCH = re.compile(r'branch=([^;,\s]+)')

Copy = collections.namedtuple('Copy', 'call_id when')


class Server(Confabd):
    """A confabd for many restarts: a small log, of which only the end is
    read."""

    def __init__(self, build, folder, **kw):
        self.started = []  # seconds until ready, one a start
        super().__init__(build, folder, **kw)

    def write(self, **changes):
        super().write(**changes)
        text = pathlib.Path(self.conf).read_text()
        pathlib.Path(self.conf).write_text(
            text.replace('log_level = "debug"', 'log_level = "info"'))

    def grown(self, since):
        with open(self.log, errors='replace') as f:
            f.seek(since)
            return f.read()

    def start(self, wait=True):
        size = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        begin = time.monotonic()
        super().start(wait=False)
        while 'is ready' not in self.grown(size):
            assert self.process.alive(), self.grown(size)
            assert time.monotonic() < begin + 30, self.grown(size)
            time.sleep(0.002)
        self.started.append(time.monotonic() - begin)
        return self


class Request:
    """A MESSAGE of ours until its final answer."""

    def __init__(self, person, to, body, done):
        self.person, self.to, self.body, self.done = person, to, body, done
        self.call_id = token() + '@' + person.name
        self.tag = token()
        self.status = None
        self.renew()

    def renew(self):
        """A new transaction for the same message: RFC 3428 clients do so
        when the last one timed out."""
        self.begun = time.monotonic()
        self.pause = 0.25
        head = ('MESSAGE {to} SIP/2.0\r\n'
                'Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{branch};rport'
                '\r\nMax-Forwards: 70\r\nFrom: <{aor}>;tag={tag}\r\n'
                'To: <{to}>\r\nCall-ID: {call_id}\r\nCSeq: 1 MESSAGE\r\n'
                'Content-Type: text/plain\r\nContent-Length: {n}\r\n\r\n')
        p = self.person
        self.packet = head.format(
            to=self.to, host=p.host, port=p.port, branch=token(),
            aor=p.aor, tag=self.tag, call_id=self.call_id,
            n=len(self.body)).encode() + self.body


class Person:
    def __init__(self, people, name, domain, server):
        self.people, self.name = people, name
        self.aor = 'sip:%s@%s' % (name, domain)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind(('127.0.0.1', 0))
        self.sock.connect(server)
        self.sock.setblocking(False)
        self.host, self.port = self.sock.getsockname()
        self.deaf = False
        self.heard = collections.defaultdict(list)  # text id -> [Copy]
        self.answers = {}                           # branch -> packet, when
        self.requests = {}                          # Call-ID -> Request
        self.absorbed = 0

    # -- in

    def receive(self):
        return self.sock.recv(65535)

    def readable(self):
        for _ in range(100):
            try:
                data = self.receive()
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            first, headers, body = parse(data)
            if first.startswith('SIP/2.0 '):
                self.response(int(first.split()[1]), headers)
            elif first and not self.deaf:
                self.request(headers, body)

    def response(self, status, headers):
        request = self.requests.get(get(headers, 'call-id'))
        if request and status >= 200:
            del self.requests[request.call_id]
            request.status = status
            if request.done:
                request.done(request)

    def request(self, headers, body):
        now = time.monotonic()
        branch = BRANCH.search(get(headers, 'via')).group(1)
        packet, until = self.answers.get(branch, (None, 0))
        if until > now:
            self.absorbed += 1
        else:
            packet = self.answer(headers)
            self.answers[branch] = packet, now + TIMER_J
            text = TEXT.search(body.decode('utf-8', 'replace'))
            if text:
                self.heard[text.group(1)].append(
                    Copy(get(headers, 'call-id'), now))
        self.write(packet)

    def answer(self, headers):
        lines = ['SIP/2.0 200 OK']
        lines += ['Via: ' + v for k, v in headers if k == 'via']
        lines += ['From: ' + get(headers, 'from'),
                  'To: %s;tag=%s' % (get(headers, 'to'), token()),
                  'Call-ID: ' + get(headers, 'call-id'),
                  'CSeq: ' + get(headers, 'cseq'),
                  'Content-Length: 0', '', '']
        return '\r\n'.join(lines).encode()

    # -- out

    def write(self, packet):
        try:
            self.sock.send(packet)
        except (ConnectionRefusedError, BlockingIOError):
            pass  # as if it was lost

    def send(self, to, body, done=None):
        """From any thread; done(request) runs in the people's thread."""
        request = Request(self, to, body.encode(), done)
        self.people.call(lambda: self.people.begin(request))
        return request

    def ask(self, to, body, patience=60):
        """The status of the final answer."""
        request = self.send(to, body)
        wait_for(lambda: request.status, 'an answer to %s of %s' % (
            body[:20], self.name), patience)
        return request.status


class People:
    """Runs them all; ends with close()."""

    def __init__(self, kind=Person):
        self.kind = kind
        self.selector = selectors.DefaultSelector()
        self.all = []
        self.timers, self.order = [], 0
        self.calls = collections.deque()
        self.ending = False
        self.error = None
        self.wake_r, self.wake_w = socket.socketpair()
        self.wake_r.setblocking(False)
        self.selector.register(self.wake_r, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def add(self, name, domain, server):
        person = self.kind(self, name, domain, server)
        self.all.append(person)
        self.selector.register(person.sock, selectors.EVENT_READ, person)
        return person

    def call(self, function):
        """Has the people's thread call it; from any thread."""
        self.calls.append(function)
        if threading.current_thread() is not self.thread:
            self.wake_w.send(b'x')

    def begin(self, request):
        request.person.requests[request.call_id] = request
        self.transmit(request)

    def at(self, when, call):
        """In the people's thread only."""
        self.order += 1
        heapq.heappush(self.timers, (when, self.order, call))

    def transmit(self, request):
        now = time.monotonic()
        if request.status is not None or self.ending:
            return
        if now > request.begun + ONE_ROUND:
            request.renew()
        request.person.write(request.packet)
        self.at(now + request.pause, lambda: self.transmit(request))
        request.pause = min(2 * request.pause, 2)

    def turn(self):
        while self.calls:
            self.calls.popleft()()
        pause = 0.5
        if self.timers:
            pause = max(0, self.timers[0][0] - time.monotonic())
        for key, _ in self.selector.select(pause):
            if key.data:
                key.data.readable()
            else:
                self.wake_r.recv(4096)
        while self.timers and self.timers[0][0] <= time.monotonic():
            heapq.heappop(self.timers)[2]()

    def run(self):
        try:
            while not self.ending:
                self.turn()
        except BaseException as e:
            self.error = e
            raise

    def close(self):
        self.ending = True
        self.wake_w.send(b'x')
        self.thread.join()
        for person in self.all:
            person.sock.close()
        assert self.error is None, self.error


def settled(server, rooms):
    """All members of these rooms have everything."""
    return all(m['waiting'] == 0 for room in rooms
               for m in server.ctl('members', room))


class Talk:
    """Some members of a room say numbered texts, without end, but never more
    than ahead that a listener has not heard yet."""

    def __init__(self, room, name, speakers, listeners, ahead=60, pause=0.2,
                 size=0):
        self.room, self.name = room, name
        self.speakers, self.listeners = speakers, listeners
        self.ahead, self.pause, self.filler = ahead, pause, 'x' * size
        self.acked = {}        # text id -> speaker
        self.refused = collections.Counter()
        self.on = False
        self.said = 0
        self.people = speakers[0].people

    @property
    def members(self):
        return self.speakers + self.listeners

    def start(self):
        self.on = True
        for n, person in enumerate(self.speakers):
            self.soon(person, self.pause * n / len(self.speakers))

    def stop(self):
        """No new texts; those under way are still answered."""
        self.on = False
        wait_for(lambda: not any(p.requests for p in self.speakers),
                 'the last answers', 120)

    def soon(self, person, pause):
        when = time.monotonic() + pause
        self.people.call(
            lambda: self.people.at(when, lambda: self.say(person)))

    def too_fast(self):
        slowest = min(len(m.heard) for m in self.listeners)
        return len(self.acked) > slowest + self.ahead

    def say(self, person):
        if not self.on:
            return
        if self.too_fast():
            self.soon(person, self.pause)
            return
        self.said += 1
        text = '%s-%s-%d' % (self.name, person.name, self.said)

        def done(request):
            if request.status == 202:
                self.acked[text] = person
            else:
                self.refused[request.status] += 1
            self.soon(person, self.pause)
        person.send(self.room, '<<%s>>%s' % (text, self.filler), done)
