#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad network for UDP: stands between clients and one server, and loses,
doubles and delays packets both ways. What happens to the nth packet depends
on the seed only. Prints its port, and its counters when it is told to end.

    relay.py HOST:PORT [--loss 0.2] [--double 0.02] [--delay 5] [--seed 1]
"""
import argparse
import collections
import heapq
import random
import selectors
import signal
import socket
import sys
import time

BUFFER = 4 << 20
BURST = 200


def open_socket(peer=None):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    sock.setblocking(False)
    if peer:
        sock.connect(peer)
    else:
        sock.bind(('127.0.0.1', 0))
    return sock


class Relay:
    """Clients talk to .front; each has a socket towards the server."""

    def __init__(self, server, loss, double, delay, seed):
        self.server = server
        self.loss, self.double, self.delay = loss, double, delay
        self.random = random.Random(seed)
        self.count = collections.Counter()
        self.selector = selectors.DefaultSelector()
        self.front = open_socket()
        self.selector.register(self.front, selectors.EVENT_READ, None)
        self.backs = {}    # client's address -> socket
        self.later = []    # (when, number, send, packet)
        self.ending = False

    def back(self, client):
        if client not in self.backs:
            sock = self.backs[client] = open_socket(self.server)
            self.selector.register(sock, selectors.EVENT_READ, client)
        return self.backs[client]

    def fate(self, way, send, packet):
        self.count[way] += 1
        if self.random.random() < self.loss:
            self.count[way + ' lost'] += 1
            return
        copies = 1 + (self.random.random() < self.double)
        self.count[way + ' doubled'] += copies - 1
        for _ in range(copies):
            when = time.monotonic() + self.random.random() * self.delay
            heapq.heappush(self.later,
                           (when, sum(self.count.values()),
                            self.random.random(), send, packet))

    def read(self, sock, client):
        for _ in range(BURST):
            try:
                packet, source = sock.recvfrom(65535)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue  # the server is dead just now
            if client is None:
                self.fate('up', self.back(source).send, packet)
            else:
                self.fate('down',
                          lambda p, to=client: self.front.sendto(p, to),
                          packet)

    def send_due(self):
        while self.later and self.later[0][0] <= time.monotonic():
            *_, send, packet = heapq.heappop(self.later)
            try:
                send(packet)
            except (ConnectionRefusedError, BlockingIOError):
                self.count['unsent'] += 1

    def run(self):
        while not self.ending:
            pause = 0.5
            if self.later:
                pause = max(0, self.later[0][0] - time.monotonic())
            for key, _ in self.selector.select(pause):
                self.read(key.fileobj, key.data)
            self.send_due()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('server')
    p.add_argument('--loss', type=float, default=0.2)
    p.add_argument('--double', type=float, default=0.02)
    p.add_argument('--delay', type=float, default=5, help='ms, at most')
    p.add_argument('--seed', type=int, default=1)
    a = p.parse_args()
    host, port = a.server.rsplit(':', 1)
    relay = Relay((host, int(port)), a.loss, a.double, a.delay / 1000,
                  a.seed)

    def end(*_):
        relay.ending = True
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(relay.front.getsockname()[1], flush=True)
    relay.run()
    print(dict(relay.count), file=sys.stderr)


if __name__ == '__main__':
    main()
