#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cable to an XMPP server is cut: the connection says nothing any more,
and does not end. The worker has to notice within a minute, silent or busy (20
texts for the room); what was said meanwhile is there once the server is back.
Needs root, for network namespaces, and Prosody.

    half_open_xmpp.py [--silent] [--build DIR]
"""
import argparse
import pathlib
import sys
import tempfile
import time

from half_open import HERE, MINUTE, THERE, TOP, Cable, ip
from lab.confabd import Confabd
from lab.sip import SipUser
from lab.util import wait_for
from lab.xmpp import Prosody, XmppUser

ACCOUNTS = {'gw': 'gwpw', 'xenia': 'xeniapw'}
SECTIONS = '''
jabber "home" { jid = "gw@xmpp.test" password = "gwpw" server = "%s"
    port = %d ca_file = "%s" }
link "lobby-x" { room = "sip:lobby@confab.test"
    to = "xmpp:lobby@rooms.xmpp.test" via = "home" }
'''


def start_prosody(folder):
    ip('link', 'set', 'lo', 'up')
    prosody = Prosody(folder, ACCOUNTS, tls=True)
    conf = pathlib.Path(prosody.conf)
    conf.write_text(conf.read_text().replace(
        'interfaces = { "127.0.0.1" }',
        'interfaces = { "127.0.0.1", "%s" }' % THERE))
    return prosody.start()


def run(server, prosody, cable, busy):
    room = server.room('lobby')
    server.link_up('lobby-x')
    bob = SipUser('bob', server.domain, (HERE, server.port), bind=HERE)
    with cable.behind():
        xenia = XmppUser('xenia@xmpp.test', 'xeniapw', prosody.port,
                         prosody.room('lobby'), 'xenia', ca=prosody.ca)
    bob.join(room)
    assert bob.send(room, 'before') == 202
    xenia.saw('<bob> before')
    cable.cut()
    start = time.monotonic()
    texts = ['text %d' % n for n in range(20 if busy else 0)]
    for text in texts:
        assert bob.send(room, text) == 202
    wait_for(lambda: server.link('lobby-x')['state'] != 'up',
             'the worker to notice', 2 * MINUTE)
    seconds = time.monotonic() - start
    cable.mend()
    assert bob.send(room, 'the last') == 202
    for text in texts + ['the last']:
        xenia.saw('<bob> ' + text, patience=MINUTE)
        assert xenia.count('<bob> ' + text) == 1
    xenia.close()
    bob.close()
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--silent', action='store_true')
    parser.add_argument('--build', default=TOP / 'build')
    args = parser.parse_args()
    cable = Cable()
    with tempfile.TemporaryDirectory() as folder:
        with cable.behind():
            prosody = start_prosody(folder + '/prosody')
        server = Confabd(args.build, folder, trusted='"10.9.0.0/24"')
        server.write(listen='"udp:%s:%d"' % (HERE, server.port),
                     extra=SECTIONS % (THERE, prosody.port, prosody.ca))
        try:
            seconds = run(server.start(), prosody, cable, not args.silent)
        finally:
            server.stop()
            prosody.stop()
            cable.close()
    print('noticed after %.0f s' % seconds)
    return seconds > MINUTE


if __name__ == '__main__':
    sys.exit(main())
