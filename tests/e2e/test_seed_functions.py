# SPDX-License-Identifier: GPL-3.0-or-later
"""imc_room_active(), imc_room_member(), imc.list_rooms, imc.list_members, and
the parameters of the database."""
import os
import sqlite3
import stat

from lab.util import wait_for


def make_room(server, user):
    alice, bob = user(server, 'alice'), user(server, 'bob')
    room = server.room('lobby')
    alice.join(room)
    bob.join(room)
    return room


def test_a_script_can_ask_for_rooms(confabd, user):
    server = confabd()
    room = make_room(server, user)
    for name in ('lobby', 'LOBBY@confab.test', room, room + ':5060',
                 room + ';transport=tcp'):
        assert server.show('room-active', name) == (0, '1\n', ''), name
    for name in ('nowhere', 'lobby@elsewhere.test', 'sip:nowhere@x.test'):
        assert server.show('room-active', name) == (1, '-1\n', ''), name
    assert server.ctl('imc_room_active', room) == 1
    assert server.ctl('imc_room_active', 'nowhere') == -1
    for name in ('', 'two words', 'sip:', '@confab.test'):
        code, out, err = server.show('room-active', name)
        assert (code, out) == (1, '') and 'Invalid room name' in err, name


def test_a_script_can_ask_for_members(confabd, user):
    server = confabd()
    room = make_room(server, user)
    for name in ('alice', 'bob@confab.test', 'sip:bob@CONFAB.test:5070'):
        assert server.show('room-member', room, name) == (0, '1\n', ''), name
    for name in ('carol', 'alice@elsewhere.test'):
        assert server.show('room-member', room, name) == (1, '-1\n', '')
    assert server.show('room-member', 'nowhere', 'alice') == (1, '-1\n', '')
    assert 'Invalid user' in server.show('room-member', room, 'a b')[2]
    assert 'usage: room-member' in server.show('room-member', room)[2]


def test_rooms_are_listed_with_the_seeds_fields(confabd, user):
    server = confabd()
    assert server.ctl('imc.list_rooms') == []
    assert server.ctl('status')['active_rooms'] == 0
    room = make_room(server, user)
    for name in ('imc.list_rooms', 'imc_list_rooms', 'imc:list_rooms'):
        assert server.ctl(name) == [{
            'room': room, 'members': 2, 'owner': 'sip:alice@confab.test',
            'flags': 0, 'state': 'active'}]
    assert server.ctl('status')['active_rooms'] == 1
    assert room in server.show('imc.list_rooms')[1]


def test_a_room_without_an_owner_has_an_empty_one(confabd):
    server = confabd(extra='link "x" { room = "sip:lobby@confab.test" '
                     'to = "echo:x" }')
    assert server.ctl('imc.list_rooms')[0]['owner'] == ''
    assert server.ctl('imc.list_members', 'lobby')['count'] == 0


def test_members_are_listed_with_the_seeds_fields(confabd, user):
    server = confabd()
    room = make_room(server, user)
    for name in ('imc.list_members', 'imc_list_members'):
        assert server.ctl(name, room) == {
            'room': room, 'count': 2, 'flags': [1, 0],
            'members': ['sip:alice@confab.test', 'sip:bob@confab.test'],
            'roles': ['owner', 'member'], 'states': ['joined', 'joined']}
    out = server.show('imc.list_members', room)[1]
    assert 'sip:bob@confab.test' in out and 'count: 2' in out


def test_faults_have_the_seeds_words(confabd):
    server = confabd()
    for words, fault in ((['imc.list_members'], 'No room name'),
                         (['imc.list_members', ''], 'Empty room name'),
                         (['imc.list_members', 'a b'], 'Invalid room name'),
                         (['imc.list_members', 'nowhere'], 'Room not found'),
                         (['imc_list_members', 'r' * 5000],
                          'Invalid room name')):
        answer = server.ctl(*words, check=False)
        assert answer == {'ok': False, 'error': fault}, words


def test_the_database_has_the_place_and_the_tables_of_the_seeds(
        confabd, folder, user):
    path = str(folder('db') / 'imc.db')
    server = confabd(imc='db_url = "sqlite://%s" db_mode = 0 hash_size = 12 '
                     'rooms_table = "order" members_table = "_people2"' % path)
    room = make_room(server, user)
    assert server.stop() == 0
    assert not os.path.exists(os.path.join(server.folder, 'state/confab.db'))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    db = sqlite3.connect(path)
    assert db.execute('SELECT name, domain, flag FROM "order"').fetchall() == [
        ('lobby', 'confab.test', 0)]
    assert db.execute('SELECT username, domain, room, flag FROM _people2 '
                      'ORDER BY username').fetchall() == [
        ('alice', 'confab.test', room, 1), ('bob', 'confab.test', room, 0)]
    db.close()
    server.start()
    assert server.ctl('imc.list_members', room)['count'] == 2

    other = confabd(name='other', run=False, imc='db_url = "%s"' % path)
    other.start(wait=False)
    wait_for(lambda: not other.process.alive(), 'the second to give up')
    assert 'in use by another confabd' in other.text()
    other.process = None


def test_parameters_that_cannot_be_are_explained(confabd):
    for imc, says in (
            ('db_url = "mysql://u:p@h/openser"', 'confabctl import'),
            ('db_url = "sqlite://relative"', 'SQLite file'),
            ('db_mode = 1', 'must be 0'), ('db_mode = 3', '0 to 2'),
            ('hash_size = 0', '1 to 30'), ('hash_size = 31', '1 to 30'),
            ('rooms_table = "a;b"', 'letters'),
            ('rooms_table = "1a"', 'letters'),
            ('members_table = "Links"', 'no other table'),
            ('members_table = "imc_rooms"', 'names of their own')):
        server = confabd(run=False, imc=imc)
        server.start(wait=False)
        wait_for(lambda: not server.process.alive(), 'it to give up')
        assert says in server.text(), (imc, server.text())
        server.process = None
