# SPDX-License-Identifier: GPL-3.0-or-later
"""Users' accounts in a confab-jabber, at a real Prosody, without a
confabd and with it."""
import os

import pytest

from conftest import gateway
from lab.util import wait_for
from lab.worker import Cable, Worker
from test_gateway import JOE, account

GW, XENIA = 'gw@xmpp.test', 'xenia@xmpp.test'
GONE_NET, GONE_AUTH = 0, 1
SENT = 0


@pytest.fixture
def worker(build, folder, closing):
    return closing(Worker(build, folder('worker') / 'log'))


def chat(to, body):
    return '<message to="%s" type="chat"><body>%s</body></message>' % (
        to, body)


def heard(worker, id_, body, count=1):
    return worker.wait('PARCEL', id_, lambda flat: '\6%s\4' % body in flat,
                       count)


def online(worker, id_, jid, port, **kw):
    """Shows itself; its full address."""
    worker.account(id_, jid, jid.split('@')[0] + 'pw', port, **kw)
    own = worker.wait('ACCOUNT_UP', id_)[2]
    worker.say(id_, 0, '<presence id="p"/>')
    worker.wait('PARCEL', id_, lambda flat: '\2id\3p' in flat)
    return own


@pytest.mark.parametrize('tls', ['starttls', 'direct'])
def test_texts_cross_and_are_confirmed(worker, prosody, tls):
    server = prosody(tls=True)
    port = server.direct_port if tls == 'direct' else server.port
    kw = dict(tls=tls, ca=server.ca)
    one = online(worker, 1, GW, port, **kw)
    two = online(worker, 2, XENIA, port, **kw)
    assert one.startswith(GW + '/sipim-')
    for n in range(20):
        worker.say(1, 100 + n, chat(XENIA, 'hi %d' % n))
    worker.wait('SENT', 1, lambda tag, fate, _: (tag, fate) == (119, SENT))
    heard(worker, 2, 'hi 19')
    worker.say(2, 7, chat(one, 'hello &lt;&amp;&gt; &#10; \U0001f600'))
    assert two in heard(worker, 1, 'hello <&> \n \U0001f600')[2]
    worker.wait('SENT', 2, lambda tag, fate, _: (tag, fate) == (7, SENT))


def test_without_stream_management(worker, prosody):
    port = prosody().port
    online(worker, 1, GW, port, sm='no')
    worker.say(1, 5, chat(GW, 'to myself'))
    worker.wait('SENT', 1, lambda tag, fate, _: (tag, fate) == (5, SENT))
    heard(worker, 1, 'to myself')


def test_a_wrong_password(worker, prosody):
    worker.account(1, GW, 'wrong', prosody().port)
    why, words = worker.wait('ACCOUNT_LOST', 1)[2:]
    assert why == GONE_AUTH and 'password' in words


def test_a_conflict(worker, prosody):
    port = prosody().port
    online(worker, 1, GW, port, resource='same')
    online(worker, 2, GW, port, resource='same')
    why, words = worker.wait('ACCOUNT_LOST', 1)[2:]
    assert why == GONE_NET and 'resource' in words


def test_a_cut_costs_nothing(worker, prosody, closing):
    server = prosody()
    cable = closing(Cable(server.port))
    one = online(worker, 1, GW, cable.port)
    online(worker, 2, XENIA, server.port)
    worker.say(1, 1, chat(XENIA, 'before'))
    worker.say(2, 1, chat(one, 'before'))
    heard(worker, 1, 'before')
    heard(worker, 2, 'before')
    cable.cut()
    for n in range(10):
        worker.say(1, 10 + n, chat(XENIA, 'out %d' % n))
        worker.say(2, 10 + n, chat(one, 'in %d' % n))
    worker.wait('SENT', 2, lambda tag, *_: tag == 19)
    cable.mend()
    for n in range(10):
        heard(worker, 2, 'out %d' % n)
        heard(worker, 1, 'in %d' % n)
    worker.wait('SENT', 1, lambda tag, *_: tag == 19)
    texts = [e[2].split('\6')[1][:-2] for e in worker.seen.all()
             if e[0] == 'PARCEL' and '\1body' in e[2]]
    assert len(texts) == len(set(texts)) + 1  # "before", of both
    assert not worker.count('ACCOUNT_LOST')
    assert worker.count('ACCOUNT_UP') == 2


def test_another_worker_takes_over(worker, prosody, build, folder, closing):
    port = prosody().port
    one = online(worker, 1, GW, port)
    kept = worker.wait('KEEP', 1)[2]
    worker.popen.kill()
    worker.popen.wait()
    second = closing(Worker(build, folder('second') / 'log'))
    online(second, 2, XENIA, port)
    second.say(2, 1, chat(one, 'meanwhile'))
    second.wait('SENT', 2)
    second.account(3, GW, 'gwpw', port, kept=kept)
    assert second.wait('ACCOUNT_UP', 3)[2] == one
    heard(second, 3, 'meanwhile')
    second.say(3, 1, chat(XENIA, 'back'))
    heard(second, 2, 'back')
    assert second.count('ACCOUNT_LOST') == 0


def test_a_server_that_begins_anew(worker, prosody):
    server = prosody()
    online(worker, 1, GW, server.port)
    server.restart()
    why, _ = worker.wait('ACCOUNT_LOST', 1)[2:]
    assert why == GONE_NET
    worker.seen.take()
    online(worker, 1, GW, server.port)


def test_nobody_notices_a_cut(confabd, prosody, user, xmpp_user, closing):
    server = prosody()
    cable = closing(Cable(server.port))
    c = confabd(extra=gateway(server, component=False))
    c.prosody = cable
    account(c, 'alice', GW, 'gwpw')
    alice, xenia = user(c, 'alice'), xmpp_user(server, room=None)
    assert alice.send(JOE, 'before') == 202
    xenia.got_text('before', GW)
    cable.cut()
    for n in range(5):
        assert alice.send(JOE, 'out %d' % n) == 202
        xenia.write(GW, 'in %d' % n)
    cable.mend()
    for n in range(5):
        alice.saw('in %d' % n, source=JOE)
        xenia.got_text('out %d' % n, GW)
    assert alice.send(JOE, 'after') == 202
    xenia.got_text('after', GW)
    bodies = [m['body'] for m in xenia.stanzas.all() if m['body']]
    assert sorted(bodies) == sorted(set(bodies))
    assert not [m for m in alice.seen.all() if 'ERROR' in m.body]


def test_descriptors_beyond_1024(build, folder, prosody, closing):
    """As many as select() has no numbers for: 900 are taken before."""
    count = 130
    port = prosody().port
    worker = closing(Worker(
        build, folder('worker') / 'log', 'ulimit -Sn 4096 || exit; '
        'for n in {4..900}; do eval "exec $n</dev/null"; done'))
    for n in range(1, count + 1):
        worker.account(n, GW, 'gwpw', port)
    wait_for(lambda: worker.count('ACCOUNT_UP') == count,
             lambda: worker.seen.all()[-5:])
    fds = '/proc/%d/fd' % worker.pid
    assert max(map(int, os.listdir(fds))) > 1023
    own = worker.wait('ACCOUNT_UP', count)[2]
    worker.say(1, 5, chat(own, 'far up'))
    heard(worker, count, 'far up')
    assert not worker.count('ACCOUNT_LOST')
