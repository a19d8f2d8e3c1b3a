# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command, by everybody, in every kind of room: who may. That the table
of rights is right shows tests/unit/t_imc_rights.c; here, that each command
asks it."""
import re

import pytest

from conftest import BUILD, check_log
from lab.confabd import Confabd
from tables.engine import MANAGER, ROOM, Stage

# stranger, invited, member, admin, owner, banned
WHO = {'S': 'sam', 'I': 'ivan', 'M': 'mary', 'A': 'adam', 'O': 'olga',
       'B': 'bella'}
KINDS = ('public', 'private', 'linked')
# What he sends; who may in public and linked rooms; in private ones, where
# those are others.
RIGHTS = [
    ('hello', 'MAO'),
    ('#create {r}', 'SIMAO', ''),
    ('#create {r} private', 'SIMAO', ''),
    ('#join', 'SIMAO', 'IMAO'),
    ('#invite sue', 'AO'),
    ('#add sue', 'AO'),
    ('#accept', 'IMAO'),
    ('#reject', 'I'),
    ('#deny', 'I'),
    ('#remove mike', 'AO'),
    ('#remove ivan', 'AO'),
    ('#leave', 'IMAO'),
    ('#exit', 'IMAO'),
    ('#destroy', 'O'),
    ('#members', 'MAO'),
    ('#list', 'MAO'),
    ('#who', 'MAO'),
    ('#modify mike admin', 'AO'),
    ('#modify mike member', 'AO'),
    ('#modify mike owner', 'O'),
    ('#rooms', 'SIMAOB'),
    ('#topic', 'MAO'),
    ('#topic tea', 'AO'),
    ('#topic -', 'AO'),
    ('#nick Zed', 'MAO'),
    ('#away', 'MAO'),
    ('#away at lunch', 'MAO'),
    ('#history', 'MAO'),
    ('#history 3', 'MAO'),
    ('#status', 'MAO'),
    ('#ban mike', 'AO'),
    ('#ban sue', 'AO'),
    ('#unban bella', 'AO'),
    ('#bans', 'AO'),
    ('#mute mike', 'AO'),
    ('#mute mike 5', 'AO'),
    ('#unmute mike', 'AO'),
    ('#notices', 'MAO'),
    ('#notices quiet', 'AO'),
    ('#block', 'SIMAOB'),
    ('#block sue', 'SIMAOB'),
    ('#unblock sue', 'SIMAOB'),
    ('#private', 'O'),
    ('#public', 'O'),
    ('#link echo:{r}-x', 'O'),
    ('#unlink {r}-1', 'O'),
    ('#links', 'O'),
    ('#notices', 'MAO'),
    ('#notices quiet', 'AO'),
    ('#block', 'SIMAOB'),
    ('#block mike', 'SIMAOB'),
    ('#unblock mike', 'SIMAOB'),
    ('#help', 'SIMAOB'),
    ('#jabber', ''),  # to the manager alone
    ('#buddies', ''),  # likewise
    # on an owner
    ('#remove oscar', 'O'),
    ('#ban oscar', 'O'),
    ('#mute oscar', 'O'),
    ('#unmute oscar', 'O'),
    ('#modify oscar member', 'O'),
]


@pytest.fixture(scope='module')
def stage(tmp_path_factory):
    server = Confabd(BUILD, tmp_path_factory.mktemp('rights'),
                     imc='history_on_join = 0\nlinks_by = "owner"',
                     limits={'user_rooms': 0, 'user_places': 0},
                     extra='jabber_gateway { jdomain = "x.confab.test" }')
    stage = Stage(server.start(), 'kamailio', {})
    yield stage
    stage.close()
    assert server.stop() == 0
    check_log(server)


def make_room(stage, kind):
    stage.new_room()
    stage.set_up(kind.replace('linked', 'public') +
                 ' olga oscar adam mary mike ivan bella')
    if kind == 'linked':
        stage.must('olga', '#link echo:{r}')
    stage.quiet()


def may(row, kind):
    return row[2] if kind == 'private' and len(row) > 2 else row[1]


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('role', list(WHO))
def test_who_may_not_changes_nothing(stage, kind, role):
    who = WHO[role]
    make_room(stage, kind)
    before = stage.server.ctl('members', stage.room)
    rows = [row for row in RIGHTS if role not in may(row, kind)]
    for at, room in ((ROOM, ''), (MANAGER, ' {r}')):
        for row in rows:
            text = row[0]
            # those that take no room, or have it named already
            if room and text.split()[0] in (
                    'hello', '#topic', '#away', '#link', '#unlink', '#links',
                    '#create', '#history', '#jabber', '#buddies'):
                continue
            status, warning = stage.request(who, at, text + room)
            assert status == 403, text
            assert warning.startswith('399 confab "-'), text
    for name, heard in stage.quiet().items():
        staff = kind == 'private' and name in ('olga', 'oscar', 'adam')
        assert name == who or not heard or (staff and all(
            'attempted to join' in m.body for m in heard)), (name, heard)
    assert stage.server.ctl('members', stage.room) == before


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('role', list(WHO))
def test_who_may_is_let(stage, kind, role):
    for row in RIGHTS:
        if role not in may(row, kind):
            continue
        make_room(stage, kind)
        status, warning = stage.request(WHO[role], ROOM, row[0])
        # 404: there is no such link, or nothing was said
        assert status in (200, 202, 404), (row[0], warning)


def test_no_command_is_without_a_row(stage):
    assert stage.request('sam', MANAGER, '#help')[0] == 200
    seen = stage.people['sam'].seen
    first = seen.wait(lambda m: '#join' in m.body).body
    parts = re.match(r'\(1/(\d+)\)', first)  # each after the one before
    seen.wait(lambda m: True, int(parts.group(1)) if parts else 1)
    text = '\n'.join(m.body for m in stage.quiet()['sam'])
    names = {word for word in text.split() if word.startswith('#')}
    names = {'#' + n.strip("#().,;:'\"") for n in names} - {'#'}
    assert '#join' in names and len(names) > 25
    assert names <= {row[0].split()[0] for row in RIGHTS}
