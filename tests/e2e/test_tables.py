# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command and every refusal, in both dialects: tables/*.py, a test a
row. Each row has a room of its own; the daemons are shared."""
import pytest

from lab.confabd import Confabd
from lab.sip import get
from lab.util import Timeout
from conftest import BUILD, check_log
from tables import beyond, commands, engine, opensips

COMMON = 'dialect = "%s"\n'
NONE = 'history_on_join = 0\n'
CONFS = {
    'plain': NONE + 'links_by = "owner"\n',
    'strict': NONE + 'links_by = "admin"\ncreate_on_join = false\n'
              'check_on_create = true\n',
    'operator': NONE + 'links_by = "owner"\n',
    'history': 'history_on_join = 2\n',
    'bang': NONE + 'imc_cmd_start_char = "!!"\n',
}
WORDS = {'kamailio': {}, 'opensips': opensips.WORDS}
ROWS = [(d, r) for d, rows in (
    ('kamailio', commands.BOTH + beyond.ROWS + commands.KAMAILIO),
    ('opensips', commands.BOTH + beyond.ROWS + opensips.ROWS)) for r in rows]


@pytest.fixture(scope='module')
def stages(tmp_path_factory):
    """{(dialect, conf): Stage}, and close() for one of them."""
    class Stages(dict):
        def __missing__(self, key):
            dialect, conf = key
            server = Confabd(BUILD, tmp_path_factory.mktemp(conf),
                             imc=COMMON % dialect + CONFS[conf])
            self[key] = engine.Stage(server.start(), dialect,
                                     WORDS[dialect],
                                     '!!' if conf == 'bang' else '#')
            return self[key]

        def close(self, key):
            stage = self.pop(key)
            stage.close()
            status = stage.server.stop()
            check_log(stage.server)
            assert status == 0, stage.server.text()[-4000:]
    stages = Stages()
    yield stages
    for key in list(stages):
        stages.close(key)


J = '*** {sam} has joined the room'
RIGHT = engine.ask('sam', '#join', 200, None, {'olga mary sam': J})
WRONG = {
    'a status': engine.ask('sam', '#join', 202, None, {'olga mary sam': J}),
    'a code': engine.ask('sam', '#frobnicate', 400, -20, {'sam': engine.here(
        "*** Invalid command 'frobnicate' (send '#help' for help)")}),
    'no code': engine.ask('sam', '#join', 200, -40, {'olga mary sam': J}),
    'a text': engine.ask('sam', '#join', 200, None, {
        'olga mary sam': J + '!'}),
    'one who hears more': engine.ask('sam', '#join', 200, None, {
        'olga sam': J}),
    'one who hears less': engine.ask('sam', '#join', 200, None, {
        'olga mary sam sue': J}),
    'a source': engine.ask('sam', '#join', 200, None, {
        'olga mary sam': engine.here(J)}),
    'a recipient': engine.ask('sam', '#join', 200, None, {
        'olga mary sam': engine.to_sender(J)}),
    'twice': engine.ask('sam', '#join', 200, None, {
        'olga mary': J, 'sam': [J, J]}),
}


def test_a_wrong_row_fails(stages):
    stage = stages['kamailio', 'plain']
    stage.run(engine.row('right', 'public olga mary', RIGHT,
                         left='olga mary sam'))
    stage.patience = 0.1
    rows = [engine.row(name, 'public olga mary', wrong, left='olga mary sam')
            for name, wrong in WRONG.items()]
    rows += [engine.row('left: ' + left, 'public olga mary', RIGHT, left=left)
             for left in ('olga sam', 'olga mary', 'olga mary sam sue', '')]
    for row in rows:
        with pytest.raises(engine.Fault):
            stage.run(row)
        stage.quiet()
    stages.close(('kamailio', 'plain'))


@pytest.mark.parametrize('dialect,row', [
    pytest.param(d, r, id='%s-%s' % (d, r.name)) for d, r in ROWS])
def test_row(stages, dialect, row):
    try:
        stages[dialect, row.conf].run(row)
    except (engine.Fault, Timeout):
        stages.close((dialect, row.conf))  # what it left is no one else's
        raise


def test_a_configured_link_is_not_removed_by_users(confabd, user):
    server = confabd(imc='links_by = "owner"')
    olga = user(server, 'olga')
    room = server.room('den')
    olga.join(room)
    assert server.stop() == 0
    server.write(extra='link "fixed" { room = "%s" to = "echo:den" }' % room)
    server.start()
    status, headers = olga.transact(
        olga.build('MESSAGE', room, b'#unlink fixed'))
    assert status == 403
    assert get(headers, 'warning').startswith('399 confab "-183 ')
    olga.saw('*** This link stands in the configuration: only the operator '
             'can remove it', room)
    assert server.link('fixed')
