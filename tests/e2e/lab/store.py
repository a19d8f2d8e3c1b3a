# SPDX-License-Identifier: GPL-3.0-or-later
"""The database file of a confabd that does not run."""
import contextlib
import sqlite3
import time

from lab import spool


@contextlib.contextmanager
def opened(path):
    """Commits at the end, and closes."""
    db = sqlite3.connect(path)
    try:
        with db:
            yield db
    finally:
        db.close()


def room_id(db, name):
    return db.execute('SELECT id FROM imc_rooms WHERE name = ?',
                      (name,)).fetchone()[0]


def add_members(path, room, users, domain='confab.test'):
    """Members, as if each of them had joined."""
    with opened(path) as db:
        where = room_id(db, room)
        head = db.execute('SELECT head FROM imc_rooms WHERE id = ?',
                          (where,)).fetchone()[0]
        last = db.execute('SELECT max(id), max(joined_ms) '
                          'FROM imc_members').fetchone()
        db.executemany(
            'INSERT INTO imc_members (id, username, domain, room, flag, '
            'room_id, addr, nick, role, state, acked, joined_ms) '
            "VALUES (?, ?, ?, ?, 0, ?, ?, '', 1, 1, ?, ?)", (
                (1 << 40 | n, user, domain, 'sip:%s@%s' % (room, domain),
                 where, 'sip:%s@%s' % (user, domain), head,
                 (last[1] or 0) + 1 + n) for n, user in enumerate(users)))


def add_places(path, users, flow, domain='confab.test'):
    """Where users were heard last."""
    with opened(path) as db:
        db.executemany('INSERT INTO bindings (aor, id, flow, seen_ms) '
                       'VALUES (?, 0, ?, ?)', (
                           ('sip:%s@%s' % (user, domain), flow,
                            int(time.time() * 1000)) for user in users))


def integrity(path):
    with opened(path) as db:
        return db.execute('PRAGMA integrity_check').fetchone()[0]


def texts(path):
    """What is in the journals, or on its way there."""
    spooled = spool.texts(path)
    with opened(path) as db:
        return [t for t, in db.execute(
            'SELECT text FROM messages ORDER BY room, seq')] + spooled
