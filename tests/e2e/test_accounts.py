# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of SIP users elsewhere: by confabctl, by chat, from the old module's
tables; and what becomes of their passwords."""
import os
import re
import sqlite3
import subprocess

import pytest

MANAGER = 'sip:chat-manager@confab.test'
ROOM = 'sip:den@confab.test'
SECRET = 'Xyzzy-Pl\u00fcgh 42'


def gateway(more=''):
    return ('jabber_gateway { jdomain = "jabber.confab.test=*" '
            'jaddress = "xmpp.test" %s }' % more)


def map_add(server, *words, password=SECRET, verb='add'):
    return subprocess.run(
        [server.program('confabctl'), '-s', server.socket, 'jabber', 'map',
         verb, *words], input=password + '\n', capture_output=True,
        text=True, timeout=60, env=server.env)


def accounts(server, *who):
    return server.ctl('jabber', 'map', 'list', *who)


def names(server, *who):
    return [(a['user'], a['account']) for a in accounts(server, *who)]


def never_in_clear(server, secret=SECRET):
    """Not in the log, nor in any file of the state folder."""
    raw = secret.encode()
    for folder, _, files in os.walk(server.state):
        for name in files:
            with open(os.path.join(folder, name), 'rb') as f:
                assert raw not in f.read(), name
    assert secret not in server.text()


def ask_code(user, *words):
    """The line that the manager wants back, without its last word."""
    assert user.send(MANAGER, '#jabber ' + ' '.join(words)) == 200
    m = user.seen.wait(lambda m: ' PASSWORD' in m.body)
    user.seen.take()
    return re.search(r'^(pw-[a-z2-7]{26}) PASSWORD$', m.body, re.M).group(1)


def told(user, words):
    user.seen.wait(lambda m: words in m.body)


def test_operator_maps_accounts(confabd):
    server = confabd(extra=gateway())
    run = map_add(server, 'alice', 'Alice@XMPP.test')
    assert run.returncode == 0, run.stderr
    assert map_add(server, 'sip:bob@Other.Test:5060', 'bob',
                   'server=127.0.0.1:5223', 'login=published').returncode == 0
    rows = accounts(server)
    assert [(a['user'], a['account']) for a in rows] == [
        ('sip:alice@confab.test', 'alice@xmpp.test'),
        ('sip:bob@other.test', 'bob@xmpp.test')]
    assert rows[1]['server'] == '127.0.0.1:5223'
    assert rows[1]['login'] == 'published'
    assert rows[0]['login'] == 'default' and rows[0]['server'] is None
    assert all(a['enabled'] and a['password'] and not a['error']
               for a in rows), rows
    run = map_add(server, 'alice', 'alice@xmpp.test')
    assert run.returncode == 1 and 'exists' in run.stderr
    assert SECRET not in run.stderr
    server.ctl('jabber', 'map', 'disable', 'alice', 'alice')
    server.ctl('jabber', 'map', 'set', 'alice', 'alice', 'login=registered',
               'resource=desk')
    assert map_add(server, 'alice', 'alice', password='new',
                   verb='passwd').returncode == 0
    server.stop()
    server.start()
    row, = accounts(server, 'alice')
    assert not row['enabled'] and row['login'] == 'registered'
    server.ctl('jabber', 'map', 'enable', 'alice', 'alice')
    server.ctl('jabber', 'map', 'del', 'bob@other.test', 'bob')
    assert names(server) == [('sip:alice@confab.test', 'alice@xmpp.test')]
    never_in_clear(server)


MISTAKES = [
    (['add', 'alice'], 'usage'),
    (['add', 'alice', 'a@b', 'port=1'], 'settings are'),
    (['add', 'alice', 'a@b', 'server=h:x'], 'HOST:PORT'),
    (['add', 'alice', 'a@b', 'login=never'], 'settings are'),
    (['add', 'a b', 'a@b'], 'no SIP address'),
    (['add', 'alice', 'a@b/c'], 'resource'),
    (['add', 'alice', 'a<b@c'], 'characters'),
    (['passwd', 'alice', 'none@b'], 'no such account'),
    (['del', 'alice', 'none@b'], 'no such account'),
    (['enable', 'alice'], 'usage'),
    (['frob'], 'usage'),
]


def test_operator_is_told_what_is_wrong(confabd):
    server = confabd(extra=gateway())
    for words, says in MISTAKES:
        run = map_add(server, *words[1:], verb=words[0])
        assert run.returncode == 1
        assert says in run.stderr, run.stderr
    assert accounts(server) == []


def test_user_adds_his_account_by_a_code(confabd, user):
    server = confabd(extra=gateway())
    alice = user(server, 'alice')
    code = ask_code(alice, 'add', 'Alice@xmpp.test')
    assert alice.send(MANAGER, '%s %s' % (code, SECRET)) == 200
    told(alice, 'alice@xmpp.test was added')
    assert names(server) == [('sip:alice@confab.test', 'alice@xmpp.test')]
    # once
    assert alice.send(MANAGER, '%s other' % code) == 404
    told(alice, 'was used')
    alice.seen.take()
    assert alice.send(MANAGER, '#jabber') == 200
    told(alice, 'alice@xmpp.test (in use)')
    assert alice.send(MANAGER, '#jabber off') == 200
    told(alice, 'alice@xmpp.test is off')
    code = ask_code(alice, 'passwd')
    assert alice.send(MANAGER, code.upper() + '\t new one ') == 200
    told(alice, 'has its new password')
    assert alice.send(MANAGER, '#jabber del alice@xmpp.test') == 200
    told(alice, 'was taken away')
    assert accounts(server) == []
    never_in_clear(server)


def test_code_is_for_one_user(confabd, user):
    server = confabd(extra=gateway())
    alice, mallory = user(server, 'alice'), user(server, 'mallory')
    code = ask_code(alice, 'add', 'alice@xmpp.test')
    assert mallory.send(MANAGER, '%s hers' % code) == 404
    # he has seen it: it is nobody's any more
    assert alice.send(MANAGER, '%s %s' % (code, SECRET)) == 404
    assert accounts(server) == []
    assert mallory.send(MANAGER, '#jabber del alice@xmpp.test') == 404


def test_password_in_a_room_is_shown_to_nobody(confabd, user):
    server = confabd(extra=gateway())
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    code = ask_code(alice, 'add', 'alice@xmpp.test')
    for place in (ROOM, 'sip:bob@confab.test', 'sip:none@confab.test'):
        assert alice.send(place, '%s %s' % (code, SECRET)) == 403
    told(alice, "for the manager's address alone")
    # neither does an old one, nor one that was copied badly
    assert alice.send(ROOM, 'pw-%s %s' % ('a' * 25, SECRET)) == 403
    assert alice.send(MANAGER, '%s %s' % (code, SECRET)) == 404
    assert alice.send(ROOM, 'pw-short is a word') == 202
    bob.seen.wait(lambda m: 'pw-short is a word' in m.body)
    assert bob.count(SECRET) == 0
    assert accounts(server) == []
    never_in_clear(server)


def test_command_is_for_the_manager(confabd, user):
    server = confabd(extra=gateway())
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    assert alice.send(ROOM, '#jabber add alice@xmpp.test') == 403
    told(alice, "'#jabber' is for the manager alone: send it to "
                'chat-manager@confab.test')
    assert bob.count('xmpp.test') == 0
    assert alice.send(MANAGER, '#help') == 200
    told(alice, '#jabber list | add')
    for text, status in (('#jabber frob', 400), ('#jabber add', 400),
                         ('#jabber add a@b/c', 400),
                         ('#jabber passwd', 404)):
        assert alice.send(MANAGER, text) == status, text


def test_no_gateway_no_command(confabd, user):
    server = confabd()
    alice = user(server, 'alice')
    assert alice.send(MANAGER, '#jabber') == 400
    told(alice, "Invalid command 'jabber'")


def test_passwords_by_chat_can_be_off(confabd, user):
    server = confabd(extra=gateway('passwords = "off" user_accounts = 1'))
    alice = user(server, 'alice')
    assert alice.send(MANAGER, '#jabber add alice@xmpp.test') == 403
    told(alice, 'ask the operator')
    assert map_add(server, 'alice', 'alice').returncode == 0
    assert alice.send(MANAGER, '#jabber add more@xmpp.test') == 403
    told(alice, 'may have no more')
    assert alice.send(MANAGER, '#jabber add alice@xmpp.test') == 403
    told(alice, 'You have this account')


# ---- the key ----

def test_lost_key_loses_no_rows(confabd):
    server = confabd(extra=gateway())
    assert map_add(server, 'alice', 'alice').returncode == 0
    key = os.path.join(server.state, 'seal.key')
    assert os.stat(key).st_mode & 0o7777 == 0o600
    assert os.stat(key).st_size == 32
    server.stop()
    os.rename(key, key + '.away')
    server.start()
    row, = accounts(server)
    assert 'another key' in row['error']
    assert 'alice@xmpp.test of sip:alice@confab.test' in server.text()
    server.stop()
    os.rename(key + '.away', key)
    server.start()
    row, = accounts(server)
    assert not row['error'] and row['password']


def test_key_that_others_can_read_is_not_used(confabd):
    server = confabd(extra=gateway())
    assert map_add(server, 'alice', 'alice').returncode == 0
    server.stop()
    os.chmod(os.path.join(server.state, 'seal.key'), 0o644)
    server.start()
    assert 'chmod 600' in server.text()
    row, = accounts(server)
    assert 'chmod 600' in row['error']
    run = map_add(server, 'bob', 'bob')
    assert run.returncode == 1 and 'no key' in run.stderr


# ---- the old tables ----

ROWS = [  # juid, jab_id, jab_passwd, sip_id, type
    (1, 'alice', SECRET, 'sip:alice@Confab.TEST', 0),
    (2, 'darcy@Other.test', "it's; \\ \"x\"", 'sip:darcy@confab.test', 0),
    (3, 'second', 'b', 'sip:alice@confab.test', 0),
    (4, 'off', 'c', 'sip:carol@confab.test', 1),
    (5, 'alice', SECRET, 'sip:alice@confab.test', 0),   # twice
    (6, 'nopw', None, 'sip:nopw@confab.test', 0),
    (7, 'a b', 'x', 'sip:dora@confab.test', 0),
    (8, 'dora', 'x', 'confab.test with blanks', 0),
    (9, 'dora', 'x', 'sip:dora@confab.test', 7),
]
SKIPPED = {
    'alice = sip:alice@confab.test': 'twice in the file',
    'nopw = sip:nopw@confab.test': 'no password',
    'a b = sip:dora@confab.test': 'characters',
    'dora = confab.test with blanks': 'no SIP address',
    'dora = sip:dora@confab.test': 'neither 0 nor 1',
}


def to_sqlite(folder):
    path = folder / 'sip_jab.db'
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE jusers (juid INTEGER PRIMARY KEY, '
               'jab_id VARCHAR(128) NOT NULL, jab_passwd VARCHAR(50), '
               'sip_id VARCHAR(128) NOT NULL, type INT NOT NULL DEFAULT 0)')
    db.execute('CREATE TABLE icq (juid INTEGER PRIMARY KEY, icq_id INT)')
    db.executemany('INSERT INTO jusers VALUES (?, ?, ?, ?, ?)', ROWS)
    db.commit()
    db.close()
    return path


def to_mysql(folder):
    def value(v):
        if v is None or isinstance(v, int):
            return 'NULL' if v is None else str(v)
        return "'%s'" % v.replace('\\', '\\\\').replace("'", "\\'").replace(
            '"', '\\"')
    path = folder / 'sip_jab.sql'
    path.write_text(
        '-- MySQL dump 10.13\nCREATE TABLE `jusers` (\n'
        '  `juid` int(11) NOT NULL AUTO_INCREMENT,\n'
        '  `jab_id` varchar(128) NOT NULL,\n  KEY `sip_id` (`sip_id`)\n);\n'
        'INSERT INTO `icq` VALUES (1,2,3,4,5);\n'
        'INSERT INTO `jusers` VALUES %s;\n' % ','.join(
            '(%s)' % ','.join(map(value, row)) for row in ROWS))
    return path


def to_csv(folder, heading=True):
    def value(v):
        return '\\N' if v is None else '"%s"' % str(v).replace('"', '""')
    path = folder / 'jusers.csv'
    lines = [','.join(map(value, row)) for row in ROWS]
    if heading:
        lines.insert(0, 'juid,jab_id,jab_passwd,sip_id,type')
    path.write_text('\n'.join(lines) + '\n')
    return path


@pytest.mark.parametrize('form', [
    to_sqlite, to_mysql, to_csv, lambda f: to_csv(f, False)],
    ids=['sqlite', 'mysql', 'csv', 'bare-csv'])
def test_old_accounts_are_taken_over(confabd, folder, form):
    server = confabd(extra=gateway())
    path = form(folder('old'))
    said = server.ctl('jabber', 'map', 'import', str(path))
    assert said['accounts_taken'] == 4
    assert said['accounts_skipped'] == 5
    for row in said['skipped']:
        assert SKIPPED[row['what']] in row['why'], row
    assert names(server) == [
        ('sip:alice@confab.test', 'alice@xmpp.test'),
        ('sip:darcy@confab.test', 'darcy@other.test'),
        ('sip:alice@confab.test', 'second@xmpp.test'),
        ('sip:carol@confab.test', 'off@xmpp.test')]
    assert [a['enabled'] for a in accounts(server, 'carol')] == [False]
    again = server.ctl('jabber', 'map', 'import', str(path))
    assert again['accounts_taken'] == 0
    assert again['accounts_there_already'] == 4
    never_in_clear(server)


def test_db_url_is_where_the_old_ones_are(confabd, folder):
    path = to_sqlite(folder('old'))
    server = confabd(extra=gateway('db_url = "sqlite://%s"' % path))
    assert server.ctl('jabber', 'map', 'import')['accounts_taken'] == 4
    other = confabd(name='other', extra=gateway())
    said = other.ctl('jabber', 'map', 'import', check=False)
    assert 'mysqldump' in said['error']
