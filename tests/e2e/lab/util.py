# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, ports, processes."""
import os
import signal
import socket
import subprocess
import threading
import time

PATIENCE = float(os.environ.get('CONFAB_PATIENCE', '60'))


class Timeout(AssertionError):
    pass


def wait_for(condition, what, patience=None):
    """Until condition() is true; its value. Nobody may sleep instead."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Timeout('waited in vain: %s' % (
                what() if callable(what) else what))
        time.sleep(0.02)


# Below what the kernel gives out by itself (ip_local_port_range), and other
# ones for each half of the tests: who asks here is the only one to take a port
# until the server that it is for has it.
_FIRST, _EACH = int(os.environ.get('CONFAB_PORTS', '11000')), 10000
_next = os.getpid() * 97


def _ports():
    """The next of our own, round and round."""
    global _next
    while True:
        _next += 1
        yield _FIRST + _next % _EACH


def free_port(kind=socket.SOCK_STREAM, host='127.0.0.1'):
    """A port that is free for TCP and UDP right now."""
    for port in _ports():
        try:
            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind((host, port))
        except OSError:
            continue
        return port


def free_ports():
    """The first of two such ports in a row: baresip's TLS takes the next."""
    while True:
        port = free_port()
        if free_port() == port + 1:
            return port


def port_open(port, host='127.0.0.1'):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def together(calls):
    """Runs the calls at the same time; their results, in order."""
    results, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(n, call):
        start.wait()
        results[n] = call()
    threads = [threading.Thread(target=run, args=a)
               for a in enumerate(calls)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


class Seen:
    """What somebody saw, in order; append from any thread, wait in one."""

    def __init__(self, name):
        self.name = name
        self.items = []
        self.changed = threading.Condition()

    def add(self, item):
        with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    def all(self):
        with self.changed:
            return list(self.items)

    def take(self):
        """All of it; from now on it was not seen."""
        with self.changed:
            items, self.items = self.items, []
            return items

    def count(self, match):
        return sum(1 for i in self.all() if match(i))

    def wait(self, match, count=1, patience=None):
        """The first item that matches, once there are count of them."""
        end = time.monotonic() + (patience or PATIENCE)
        with self.changed:
            while True:
                hits = [i for i in self.items if match(i)]
                if len(hits) >= count:
                    return hits[0]
                if time.monotonic() > end:
                    raise Timeout('waited in vain: %s to see it; saw %r' % (
                        self.name, self.items[-20:]))
                self.changed.wait(0.05)


class Process:
    """A program of ours: started, watched, ended by its pid."""

    def __init__(self, argv, log, env=None, cwd=None,
                 stdin=subprocess.DEVNULL):
        self.argv = argv
        self.log = log
        with open(log, 'ab') as out:
            self.popen = subprocess.Popen(
                argv, stdin=stdin, stdout=out, stderr=out, env=env, cwd=cwd)
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def text(self):
        with open(self.log, errors='replace') as f:
            return f.read()

    def kill(self, signum=signal.SIGKILL):
        if self.alive():
            os.kill(self.pid, signum)

    def stop(self, patience=20):
        """Politely, then not. The exit status."""
        self.kill(signal.SIGTERM)
        try:
            return self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.popen.wait()

    def wait(self, patience=20):
        return self.popen.wait(patience)
