#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users' accounts cost who are online and idle: 800 of them in one
confab-jabber, at a Prosody of this machine, by STARTTLS.

    accounts.py [--accounts 800] [--seconds 30] [--plain]

Each shows itself (presence) and is then left alone. The memory is that of the
worker, resident, less what it has without accounts; the processor's time is
that of the worker in so many seconds of silence. At the end all are cut off
at once, and resumed; then the worker is killed, and another resumes them.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('CONFAB_BUILD', TOP / 'build'))
sys.path.insert(0, str(TOP / 'tests' / 'e2e'))
from lab.worker import Cable, Worker  # noqa: E402
from lab.xmpp import Prosody  # noqa: E402

PATIENCE = 300


def resident(pid):
    with open('/proc/%d/status' % pid) as f:
        for line in f:
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
    raise AssertionError('no VmRSS')


def processor(pid):
    """Seconds so far."""
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def seen(worker, match, count):
    worker.seen.wait(match, count, PATIENCE)


def log_in(worker, server, port, count, kept=None):
    for n in range(count):
        worker.account(n + 1, 'u%d@%s' % (n, server.domain), 'pw', port,
                       tls='starttls' if server.tls else 'off',
                       ca=server.ca or '', kept=kept[n + 1] if kept else '')
    seen(worker, lambda e: e[0] == 'ACCOUNT_UP', count)
    for n in range(count):
        worker.say(n + 1, 1, '<presence id="p"/>')
    seen(worker, lambda e: e[0] == 'SENT', count)


def resumed(worker, cable, count):
    """Seconds until all are back."""
    worker.seen.take()
    begin = time.monotonic()
    cable.cut()
    seen(worker, lambda e: e[0] == 'LOG' and 'trying to' in e[3], count)
    cable.mend()
    seen(worker, lambda e: e[0] == 'LOG' and 'resumed' in e[3], count)
    assert not worker.count('ACCOUNT_LOST')
    return time.monotonic() - begin


def taken_over(worker, build, folder, server, port, count):
    """Seconds until another worker has all of them."""
    kept = {e[1]: e[2] for e in worker.seen.all() if e[0] == 'KEEP'}
    begin = time.monotonic()
    worker.popen.kill()
    other = Worker(build, os.path.join(folder, 'other.log'))
    try:
        log_in(other, server, port, count, kept)
        assert other.seen.count(
            lambda e: e[0] == 'LOG' and 'resumed' in e[3]) == count
        return time.monotonic() - begin
    finally:
        other.close()


def run(build, folder, count, seconds, tls):
    server = Prosody(folder, {'u%d' % n: 'pw' for n in range(count)}, tls=tls)
    server.start()
    cable = Cable(server.port)
    worker = Worker(build, os.path.join(folder, 'worker.log'))
    try:
        empty, begin = resident(worker.pid), time.monotonic()
        log_in(worker, server, cable.port, count)
        took, logins = time.monotonic() - begin, processor(worker.pid)
        time.sleep(2)
        before, memory = processor(worker.pid), resident(worker.pid)
        time.sleep(seconds)
        idle = processor(worker.pid) - before
        print('%d accounts%s: logged in after %.1f s (%.1f ms of processor '
              'each), %.0f KiB each, idle %.2f s of processor in %d s' % (
                  count, ' with TLS' if tls else '', took,
                  logins * 1000 / count, (memory - empty) / count / 1024,
                  idle, seconds))
        print('all cut off: resumed after %.1f s' % resumed(worker, cable,
                                                            count))
        print('killed: another had them after %.1f s' % taken_over(
            worker, build, folder, server, cable.port, count))
    finally:
        worker.close()
        cable.close()
        server.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--accounts', type=int, default=800)
    p.add_argument('--seconds', type=int, default=30)
    p.add_argument('--plain', action='store_true')
    p.add_argument('--build', default=BUILD)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='confab-accounts-')
    run(a.build, folder, a.accounts, a.seconds, not a.plain)
    shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
