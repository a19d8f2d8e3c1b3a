# SPDX-License-Identifier: GPL-3.0-or-later
"""confabctl import: the rooms of Kamailio and OpenSIPS, in each form."""
import sqlite3

import pytest

ROOMS = [('lobby', 'Confab.TEST', 0), ('closed', 'confab.test', 1)]
MEMBERS = [('alice', 'confab.test', 'sip:lobby@confab.test', 1),
           ('bob', 'CONFAB.test', 'sip:lobby@confab.test', 2),
           ('carol', 'confab.test', 'sip:lobby@confab.test', 16),
           ("d'arcy", 'confab.test', 'sip:closed@confab.test', 4),
           ('alice', 'confab.test', 'sip:closed@confab.test', 1)]

LOBBY = {'room': 'sip:lobby@confab.test', 'count': 3,
         'members': ['sip:alice@confab.test', 'sip:bob@confab.test',
                     'sip:carol@confab.test'],
         'flags': [1, 2, 0], 'roles': ['owner', 'admin', 'member'],
         'states': ['joined', 'joined', 'joined']}


def to_sqlite(folder, rooms, members):
    path = folder / 'imc.sqlite'
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE imc_rooms (id INTEGER PRIMARY KEY NOT NULL, '
               'name VARCHAR(64) NOT NULL, domain VARCHAR(64) NOT NULL, '
               'flag INTEGER NOT NULL)')
    db.execute('CREATE TABLE imc_members (id INTEGER PRIMARY KEY NOT NULL, '
               'username VARCHAR(64) NOT NULL, domain VARCHAR(64) NOT NULL, '
               'room VARCHAR(64) NOT NULL, flag INTEGER NOT NULL)')
    db.executemany('INSERT INTO imc_rooms (name, domain, flag) '
                   'VALUES (?, ?, ?)', rooms)
    db.executemany('INSERT INTO imc_members (username, domain, room, flag) '
                   'VALUES (?, ?, ?, ?)', members)
    db.commit()
    db.close()
    return [path]


def to_mysql(folder, rooms, members):
    def values(rows):
        return ','.join('(%d,%s)' % (n, ','.join(
            str(v) if isinstance(v, int) else
            "'%s'" % v.replace('\\', '\\\\').replace("'", "\\'")
            for v in row)) for n, row in enumerate(rows, 1))
    path = folder / 'mysql.sql'
    path.write_text(
        '-- MariaDB dump 10.19\n'
        '/*!40101 SET NAMES utf8mb4 */;\n'
        'CREATE TABLE `imc_members` (\n  `id` int(10) unsigned\n);\n'
        'LOCK TABLES `imc_members` WRITE;\n'
        'INSERT INTO `imc_members` VALUES %s;\nUNLOCK TABLES;\n'
        'INSERT INTO `imc_rooms` VALUES %s;\n'
        '-- Dump completed\n' % (values(members), values(rooms)))
    return [path]


def to_copy(folder, rooms, members):
    def lines(rows):
        return ''.join('%d\t%s\n' % (n, '\t'.join(map(str, row)))
                       for n, row in enumerate(rows, 1))
    path = folder / 'copy.sql'
    path.write_text(
        '--\n-- PostgreSQL database dump\n--\n'
        'COPY public.imc_members (id, username, domain, room, flag) '
        'FROM stdin;\n%s\\.\n\n'
        'COPY public.imc_rooms (id, name, domain, flag) FROM stdin;\n'
        '%s\\.\n' % (lines(members), lines(rooms)))
    return [path]


def to_inserts(folder, rooms, members):
    def rows(table, rows):
        return ''.join("INSERT INTO public.%s VALUES (%d, %s);\n" % (
            table, n, ', '.join(
                str(v) if isinstance(v, int) else
                "'%s'" % v.replace("'", "''") for v in row))
            for n, row in enumerate(rows, 1))
    path = folder / 'inserts.sql'
    path.write_text('--\n-- PostgreSQL database dump\n--\n' +
                    rows('imc_members', members) + rows('imc_rooms', rooms))
    return [path]


def to_csv(folder, rooms, members, as_folder=False):
    def lines(heading, rows):
        return heading + '\r\n' + ''.join(
            '%d,%s\r\n' % (n, ','.join(map(str, row)))
            for n, row in enumerate(rows, 1))
    one, two = folder / 'imc_rooms.csv', folder / 'imc_members.csv'
    one.write_text(lines('id,name,domain,flag', rooms))
    two.write_text(lines('id,username,domain,room,flag', members))
    return [folder] if as_folder else [one, two]


def to_folder(folder, rooms, members):
    return to_csv(folder, rooms, members, as_folder=True)


def run(server, paths, seed='kamailio', **kw):
    return server.ctl('import', seed, *map(str, paths), **kw)


@pytest.mark.parametrize('form', [to_sqlite, to_mysql, to_copy, to_inserts,
                                  to_csv, to_folder])
def test_rooms_and_members_come_over(confabd, folder, form):
    server = confabd()
    paths = form(folder('dump'), ROOMS, MEMBERS)
    assert run(server, paths) == {
        'rooms_taken': 2, 'rooms_there_already': 0, 'rooms_skipped': 0,
        'members_taken': 5, 'members_there_already': 0, 'members_skipped': 0,
        'skipped': [], 'warnings': []}
    assert server.ctl('imc.list_members', 'lobby') == LOBBY
    closed = server.ctl('imc.list_members', 'closed')
    assert dict(zip(closed['members'], closed['states'])) == {
        "sip:d'arcy@confab.test": 'invited',
        'sip:alice@confab.test': 'joined'}
    private = {r['room']: r['private'] for r in server.ctl('rooms')}
    assert private == {'sip:lobby@confab.test': False,
                       'sip:closed@confab.test': True}

    again = run(server, paths, seed='opensips')
    assert again['rooms_taken'] == again['members_taken'] == 0
    assert again['rooms_there_already'] == 2
    assert again['members_there_already'] == 5
    assert server.ctl('imc.list_members', 'lobby') == LOBBY

    assert server.stop() == 0
    server.start()
    assert server.ctl('imc.list_members', 'lobby') == LOBBY


def test_who_came_over_can_talk(confabd, folder, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    run(server, to_mysql(folder('dump'), ROOMS, MEMBERS))
    assert alice.send(server.room('lobby'), '#help') == 200
    assert bob.send(server.room('lobby'), '#help') == 200
    assert alice.send(server.room('lobby'), 'hello') == 202
    bob.saw('[alice]: hello')


def test_what_is_skipped_is_told(confabd, folder):
    server = confabd()
    rooms = [('lobby', 'confab.test', 0), ('LOBBY', 'confab.test', 0),
             ('two words', 'confab.test', 0), ('gone', 'confab.test', 2),
             ('odd', 'confab.test', 64), ('', 'confab.test', 0),
             ('r' * 300, 'confab.test', 0), ('text', 'confab.test', 'x'),
             ('orphan', 'confab.test', 0)]
    members = [('alice', 'confab.test', 'sip:lobby@confab.test', 1),
               ('bob', 'confab.test', 'sip:nowhere@confab.test', 0),
               ('carol', 'confab.test', 'sip:lobby@confab.test', 8),
               ('dora', 'confab.test', 'sip:lobby@confab.test', 128),
               ('e f', 'confab.test', 'sip:lobby@confab.test', 0),
               ('alice', 'confab.test', 'sip:lobby@confab.test', 0)]
    paths = to_csv(folder('dump'), rooms, members)
    report = run(server, paths)
    assert (report['rooms_taken'], report['rooms_skipped']) == (2, 7)
    assert (report['members_taken'], report['members_skipped'],
            report['members_there_already']) == (1, 4, 1)
    why = {(s['line'], s['what']): s['why'] for s in report['skipped']}
    for line, what, says in (
            (3, 'LOBBY@confab.test', 'twice'),
            (4, 'two words@confab.test', 'name'),
            (5, 'gone@confab.test', 'deleted'),
            (6, 'odd@confab.test', 'flag'), (7, 'a row', 'missing'),
            (8, 'a row', 'too long'), (9, 'text@confab.test', 'no number'),
            (3, 'bob@confab.test', 'room'),
            (4, 'carol@confab.test', 'deleted'),
            (5, 'dora@confab.test', 'flag'), (6, 'e f@confab.test', 'name')):
        assert says in why[line, what], (what, why)
    owners = [w for w in report['warnings'] if 'no owner' in w]
    assert any('orphan@confab.test' in w for w in owners)
    assert not any(w.startswith('lobby@') for w in owners)
    code, out, _ = server.show('import', 'kamailio', *map(str, paths))
    assert code == 0 and 'rooms there already: 2' in out
    assert 'orphan@confab.test has no owner' in out


def test_mistakes_are_explained(confabd, folder):
    server = confabd()
    path = folder('dump') / 'x.sql'
    path.write_text("INSERT INTO imc_rooms VALUES (1,'a")
    other = folder('dump') / 'other.sqlite'
    sqlite3.connect(other).execute('CREATE TABLE x (y)')
    for words, says in ((['kamailio'], 'usage: import'),
                        (['asterisk', str(path)], 'usage: import'),
                        (['kamailio', '/nowhere/x.sql'], 'No such file'),
                        (['kamailio', str(folder('empty'))],
                         'imc_rooms.csv: No such file'),
                        (['kamailio', str(path)], 'line 1: a quote'),
                        (['opensips', str(other)],
                         'no such table: imc_rooms')):
        code, out, err = server.show('import', *words)
        assert (code, out) == (1, '') and says in err, (words, err)
        assert not server.ctl('import', *words, check=False)['ok']
    path.write_text('-- MySQL dump, but nothing in it\n')
    assert 'stop them first' in run(server, [path])['warnings'][0]
    for words in (['import-rooms'], ['import-members']):
        assert 'confabctl import' in server.show(*words)[2]
    assert server.ctl('rooms') == []


def test_many_members_come_over(confabd, folder):
    server = confabd()
    rooms = [('r%d' % n, 'confab.test', 0) for n in range(100)]
    members = [('user%d' % m, 'confab.test', 'sip:r%d@confab.test' % n,
                0 if m else 1) for n in range(100) for m in range(20)]
    report = run(server, to_copy(folder('dump'), rooms, members))
    assert (report['rooms_taken'], report['members_taken']) == (100, 2000)
    assert report['skipped'] == report['warnings'] == []
    listed = server.ctl('imc.list_rooms')
    assert {r['members'] for r in listed} == {20}
    assert {r['owner'] for r in listed} == {'sip:user0@confab.test'}
