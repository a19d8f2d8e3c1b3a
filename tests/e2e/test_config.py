# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file, secrets, and what the operator reads."""
import os
import pathlib
import re
import signal
import subprocess
import textwrap

import pytest

from lab.confabd import Confabd
from lab.xmpp import make_ca
from lab.util import wait_for

TOP = pathlib.Path(__file__).resolve().parents[2]


def run(build, *args, **kw):
    return subprocess.run([str(build / 'confabd'), *args],
                          capture_output=True, text=True, timeout=60, **kw)


@pytest.mark.parametrize('text,says', [
    ('domain = "x"\nlisen = {"udp:0.0.0.0:5060"}\n',
     ':2: no such option \'lisen\': did you mean "listen"?'),
    ('domain = "x"\nirc "a" { server = "h" port = 99999 }\n',
     ':2: port: must be 0 to 65535'),
    ('listen = {"udp:0.0.0.0:5060"}\n', 'domain is missing'),
])
def test_mistakes_are_told_with_their_line(build, tmp_path, text, says):
    conf = tmp_path / 'c.conf'
    conf.write_text(text)
    for args in (('--check', '-c', str(conf)), ('-c', str(conf))):
        result = run(build, *args)
        assert result.returncode == 1
        assert '%s' % conf in result.stderr
        assert says in result.stderr
        assert len(result.stderr.strip().split('\n')) == 1


@pytest.mark.parametrize('section,says', [
    ('jabber_gateway { jdomain = "x.example" }',
     'jdomain has to be another domain'),
    ('jabber_component { domain = "x.org" secret = "s" }',
     'jabber_component needs jdomain'),
    ('jabber_component { domain = "x.org" muc_domain = "x.org" '
     'secret = "s" }', 'must be two'),
])
def test_a_gateway_that_cannot_be_is_refused(build, tmp_path, section, says):
    conf = tmp_path / 'c.conf'
    conf.write_text('domain = "x.example"\n%s\n' % section)
    conf.chmod(0o600)
    result = run(build, '--check', '-c', str(conf))
    assert result.returncode == 1
    assert says in result.stderr


LINK = 'link "l" { room = "sip:r@x.example" to = "%s" via = "%s" }\n'
HOME = 'jabber "home" { jid = "a@b.example" password = "x" }\n'


@pytest.mark.parametrize('text,says', [
    (LINK % ('xmpp:r@svc.example', 'hme') + HOME,
     'link "l": there is no section jabber "hme"'),
    (LINK % ('xmpp:r@svc.example', ''), 'link "l": via is needed'),
    (LINK % ('xmpp:r@svc.example', '') + HOME + HOME.replace('home', 'h2'),
     'via is needed'),
    (LINK % ('xmpp:r@svc.example', '') + 'jabber_gateway { jdomain = '
     '"j.example" }\njabber_component { domain = "sip.x.example" '
     'secret = "s" }\n', 'via is needed'),
    (LINK % ('xmpp:r@svc.example', 'puppets'), 'there is no component'),
    (LINK % ('purple:relay/r', ''), 'there is no section purple "relay"'),
    (LINK % ('gopher:x', ''), 'no network can be linked to "gopher:x"'),
    (LINK % ('irc:libera/#c', '') +
     LINK.replace('"l"', '"m"') % ('gopher:x', ''), 'link "m": no network'),
])
def test_links_that_lead_nowhere_are_told(build, tmp_path, text, says):
    conf = tmp_path / 'c.conf'
    conf.write_text('domain = "x.example"\n' + text)
    conf.chmod(0o600)
    result = run(build, '--check', '-c', str(conf))
    assert result.returncode == 1
    assert says in result.stderr
    assert len(result.stderr.strip().split('\n')) == 1


def test_links_that_may_lead_somewhere_are_fine(build, tmp_path):
    conf = tmp_path / 'c.conf'
    conf.write_text('domain = "x.example"\n' + HOME + LINK % (
        'xmpp:r@svc.example', '') + LINK.replace('"l"', '"m"') % (
            'echo:x', ''))
    conf.chmod(0o600)
    result = run(build, '--check', '-c', str(conf))
    assert (result.returncode, result.stderr) == (0, '')
    # A network of the operator's, of which the file knows nothing.
    conf.write_text('domain = "x.example"\n' + LINK % ('irc:libera/#c', ''))
    result = run(build, '--check', '-c', str(conf))
    assert result.returncode == 0
    assert 'no section irc "libera": right only if' in result.stderr


def test_a_good_file_is_fine(build, tmp_path):
    conf = tmp_path / 'c.conf'
    conf.write_text('domain = "x.example"\n')
    result = run(build, '--check', '-c', str(conf))
    assert result.returncode == 0
    assert 'fine' in result.stdout


def test_sample_and_manual_are_those_of_the_option_table(build, tmp_path):
    sample = (TOP / 'etc' / 'confab.conf.sample').read_text()
    assert run(build, '--sample').stdout == sample
    out = tmp_path / 'man'
    subprocess.run(['sh', str(TOP / 'doc' / 'update-options.sh'), str(build),
                    str(out)], check=True, timeout=60)
    assert out.read_text() == (TOP / 'doc' / 'confab.conf.5').read_text()


def examples(path):
    """The blocks of a page that are configuration, in order."""
    text = path.read_text()
    if path.suffix == '.md':
        found = re.findall(r'(?:^(?: {4}.*)?\n)+', text, re.M)
    else:
        found = re.findall(r'\.Bd -literal\n(.*?)\.Ed', text, re.S)
    known = {o.group(1) for o in re.finditer(
        r'^[# ]*(\w+)(?: =| (?:"[^"]*" )?\{)',
        (TOP / 'etc' / 'confab.conf.sample').read_text(), re.M)}
    for block in map(textwrap.dedent, found):
        first = re.match(r'\s*(\w+)(?: *=|(?: +"?[\w-]+"?)? *\{)', block)
        if first and first.group(1) in known:
            yield block


PAGES = ['README.md', 'doc/confab.conf.5', 'doc/clients.md', 'doc/fronts.md',
         'doc/irc.md', 'doc/jabber.md', 'doc/purple.md']


def test_all_pages_are_looked_at():
    have = {str(p.relative_to(TOP)) for p in (
        TOP / 'README.md', *(TOP / 'doc').glob('*.md'),
        *(TOP / 'doc').glob('*.[158]')) if list(examples(p))}
    assert have == set(PAGES)


@pytest.mark.parametrize('page', PAGES)
def test_examples_of_a_page_are_one_configuration(build, tmp_path, page):
    text = '\n'.join(examples(TOP / page))
    if not re.search('^domain ', text, re.M):
        text = 'domain = "example.org"\n' + text
    if '/etc/confab/tls.pem' in text:
        make_ca(str(tmp_path), ['localhost'])
    for was, now in (('tls.pem', 'localhost.crt'), ('tls.key',
                                                    'localhost.key')):
        text = text.replace('/etc/confab/' + was, str(tmp_path / now))
    for name in re.findall(r'"([\w.]+\.secret)"', text):
        (tmp_path / name).write_text('secret\n')
        (tmp_path / name).chmod(0o600)
    conf = tmp_path / 'c.conf'
    conf.write_text(text)
    result = run(build, '--check', '-c', str(conf))
    assert (result.returncode, result.stderr) == (0, ''), text


def commands():
    """The lines of all pages that begin with confabctl."""
    for path in (TOP / 'README.md', *sorted((TOP / 'doc').glob('*.md')),
                 TOP / 'doc' / 'confabctl.1'):
        for line in re.findall(r'^(?: {4,}|\.Dl )confabctl (.*)$',
                               path.read_text(), re.M):
            yield line.split('  #')[0].strip()


def test_examples_of_confabctl_are_understood(confabd, tmp_path):
    server = confabd(extra='''
jabber_gateway { jdomain = "jabber.confab.test" jaddress = "127.0.0.1" }
irc "libera" { server = "127.0.0.1" port = 9 }
irc_gateway { ircdomain = "irc.confab.test" }
purple_gateway { domain = "im.confab.test" }
purple "relay" { user = "relay@127.0.0.1" password = "x"
    options = {"connect_server=127.0.0.1", "port=9"} }
''')
    lines = list(dict.fromkeys(commands()))
    assert len(lines) > 30
    (tmp_path / 'F').write_text('a password\n')
    (tmp_path / 'F').chmod(0o600)
    for line in lines:
        # Nothing is to leave this host.
        line = line.replace('10.0.0.5', '127.0.0.1').replace(
            '=always', '=manual')
        words = line.split()
        if 'import' not in words:
            run = subprocess.run(
                [server.program('confabctl'), '-s', server.socket, *words],
                input='a password\n', capture_output=True, text=True,
                timeout=60, cwd=tmp_path)
            assert run.returncode == 0, (line, run.stderr)
        else:
            assert 'No such file' in server.show(*words)[2], line


def test_wrong_command_lines_show_the_usage(build):
    for args in (['--frobnicate'], ['extra']):
        result = run(build, *args)
        assert result.returncode == 2
        assert 'usage: confabd' in result.stderr
    assert run(build, '--help').returncode == 0
    assert run(build, '--version').stdout.startswith('confabd ')


def test_a_second_daemon_on_the_same_folder_is_refused(confabd, folder,
                                                       build):
    first = confabd(name='one')
    second = Confabd(build, folder('two'))
    text = open(second.conf).read().replace(
        os.path.join(second.folder, 'state'),
        os.path.join(first.folder, 'state'))
    open(second.conf, 'w').write(text)
    result = run(build, '-c', second.conf)
    assert result.returncode == 1
    assert os.path.join(first.folder, 'state') in result.stderr
    assert str(first.process.pid) in result.stderr


def test_a_port_in_use_is_named(confabd, folder, build):
    first = confabd(name='one')
    second = Confabd(build, folder('two'), listen='"udp:127.0.0.1:%d"' %
                     first.port)
    result = run(build, '-c', second.conf)
    assert result.returncode == 1
    assert '127.0.0.1:%d' % first.port in result.stderr
    assert 'in use' in result.stderr


@pytest.mark.parametrize('section,says', [
    ('link "l" { room = "sip:lobby@confab.test" to = "irc:nowhere/#c" }',
     'nowhere'),
    ('link "l" { room = "sip:lobby@confab.test" to = "gopher:x" }',
     'gopher'),
    ('link "l" { room = "sip:lobby@confab.test" to = "xmpp:room@svc" }',
     'jabber'),
    ('jabber "j" { jid = "a@b" password = "x" server = "192.0.2.1" '
     'tls = "off" }', 'loopback'),
    ('jabber "j" { jid = "a@b" server = "127.0.0.1" }', 'password'),
])
def test_links_that_cannot_be_are_explained(confabd, section, says):
    server = confabd(extra=section, run=False)
    server.start(wait=False)
    assert server.process.wait() == 1
    errors = [line for line in server.text().split('\n') if ' error ' in line]
    assert len(errors) == 1, server.text()
    assert says in errors[0]


def test_secrets_are_nowhere_to_be_seen(confabd, prosody, user, tmp_path):
    xmpp = prosody()
    secret = tmp_path / 'home.secret'
    secret.write_text('gwpw\n')
    secret.chmod(0o600)
    server = confabd(extra='''
jabber "home" { jid = "gw@%s" password_file = "%s" server = "127.0.0.1"
    port = %d tls = "off" }
link "l" { room = "sip:lobby@confab.test" to = "xmpp:%s" }
''' % (xmpp.domain, secret, xmpp.port, xmpp.room('lobby')))
    server.link_up('l')
    pids = [server.process.pid] + server.workers('confab-jabber')
    assert len(pids) == 2
    for pid in pids:
        for name in ('cmdline', 'environ'):
            with open('/proc/%d/%s' % (pid, name), 'rb') as f:
                assert b'gwpw' not in f.read()
    assert 'gwpw' not in server.text()
    assert 'gwpw' not in str(server.ctl('status'))
    for root, _, files in os.walk(os.path.join(server.folder, 'state')):
        assert os.stat(root).st_mode & 0o077 == 0
        for name in files:
            path = os.path.join(root, name)
            assert os.stat(path).st_mode & 0o077 == 0
            with open(path, 'rb') as f:
                assert b'gwpw' not in f.read()
    assert os.stat(server.socket).st_mode & 0o777 == 0o600


def test_it_says_when_it_is_ready_to_the_service_manager(confabd, tmp_path):
    import socket
    path = str(tmp_path / 'notify')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(30)
        server = confabd(env={'NOTIFY_SOCKET': path,
                              'WATCHDOG_USEC': '400000'})
        assert s.recv(100) == b'READY=1'
        assert s.recv(100) == b'WATCHDOG=1'
        assert s.recv(100) == b'WATCHDOG=1'
        assert server.stop() == 0
        while s.recv(100) != b'STOPPING=1':
            pass


# -- SIGHUP

def reload(server, says, **changes):
    server.write(**changes)
    before = len(server.text())
    server.process.kill(signal.SIGHUP)
    wait_for(lambda: says in server.text()[before:], says)
    return server.text()[before:]


def test_what_a_running_daemon_takes(confabd, user):
    server = confabd(imc='create_on_join = false')
    room = server.room('lobby')
    bob = user(server, 'bob')
    assert bob.send(room, '#join') == 404
    reload(server, 'SIGHUP: now as the file says: imc.create_on_join',
           imc='create_on_join = true\npeers = {}')
    alice = user(server, 'alice')
    alice.join(room)
    # Rates.
    reload(server, 'now as the file says: limits.user_rate, '
           'limits.user_burst', limits={'user_rate': 1, 'user_burst': 1})
    statuses = {alice.send(room, 'text %d' % n) for n in range(4)}
    assert 480 in statuses
    reload(server, 'limits.user_rate', limits={})
    assert alice.send(room, 'free again') == 202
    # What is known of devices.
    reload(server, 'now as the file says: device', extra="""
        device "old" { match = "sip:alice@confab.test" max_bytes = 160 }""")
    assert 'at most 160 bytes' in server.ctl('contact', 'alice')[0]['takes']
    # Whom we may send to.
    far = 'sip:zoe@far.test'
    assert alice.send(far, 'hello?') == 404
    reload(server, 'now as the file says: imc.peers',
           imc='create_on_join = true\npeers = {"far.test"}')
    assert alice.send(far, 'hello?') == 202
    # Whom we believe.
    reload(server, 'now as the file says: trusted', trusted='"192.0.2.0/24"')
    assert alice.send(room, 'who am I?') == 403
    server.add_user('alice', 'secret')
    assert alice.send(room, 'who am I?') == 401
    reload(server, 'now as the file says: trusted', trusted='"127.0.0.0/8"')
    assert alice.send(room, 'as before') == 202


def test_what_needs_a_restart_is_named(confabd, user):
    server = confabd()
    log = reload(server, 'needs a restart: ', listen='"udp:127.0.0.1:9"',
                 extra='irc "libera" { server = "127.0.0.1" }\n'
                 'journal_days = 3')
    assert 'SIGHUP: has changed and needs a restart: listen, irc' in log
    assert 'now as the file says: journal_days' in log
    # It still is what it was.
    assert user(server, 'alice').send(server.room('x'), '#join') == 200
    log = reload(server, 'SIGHUP: has changed')
    assert 'now as' not in log
    reload(server, 'the file has not changed',
           listen='"udp:127.0.0.1:%d", "tcp:127.0.0.1:%d"' % (
               server.port, server.port), extra='journal_days = 3')


def test_a_wrong_peer_changes_nothing_else(confabd, user):
    server = confabd()
    log = reload(server, 'SIGHUP: all stays as it was: ', trusted='',
                 imc='peers = {"sip:x;transport=pigeon"}')
    assert 'peers' in log
    assert user(server, 'alice').send(server.room('x'), '#join') == 200
    os.unlink(server.conf)
    server.process.kill(signal.SIGHUP)
    wait_for(lambda: server.text().count('all stays as it was') == 2,
             'the file to be missed')
