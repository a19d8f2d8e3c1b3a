# SPDX-License-Identifier: GPL-3.0-or-later
"""From one to one: words to a user of ours by himself."""
import pytest

from lab.sip import get
from lab.util import free_port, wait_for


@pytest.fixture
def server(confabd):
    return confabd()


@pytest.fixture
def two(server, user):
    """Two users whom the server has heard of."""
    people = user(server, 'alice'), user(server, 'bob')
    for one in people:
        assert one.send(server.manager, '#help') == 200
    return people


def test_words_go_as_they_are_and_both_ways(two):
    alice, bob = two
    for text in 'hello', '#help', '##x', '/me waves', 'two\nlines':
        assert alice.send(bob.aor, text) == 202
        message = bob.saw(text, source=alice.aor)
        assert message.to == bob.aor
    assert bob.send(alice.aor, 'and back') == 202
    message = alice.saw('and back', source=bob.aor)
    assert get(message.headers, 'contact') == ''


def test_one_who_is_away_gets_it_when_he_is_back(server, user, two):
    alice, bob = two
    bob.answer = 480
    for n in range(12):
        assert alice.send(bob.aor, f'm{n}') == 202
    wait_for(lambda: server.ctl('status')['inboxes'] == 1, 'an inbox')
    server.stop()
    server.start()
    bob.answer = 200
    assert bob.send(server.manager, '#help') == 200
    for n in range(12):
        bob.saw(f'm{n}', source=alice.aor)
    texts = [m.body for m in bob.seen.all() if m.source == alice.aor]
    assert texts[-12:] == [f'm{n}' for n in range(12)]


def test_who_is_not_known_cannot_be_written_to(server, two):
    alice, _ = two
    assert alice.send(f'sip:nobody@{server.domain}', 'hi') == 404
    assert alice.send('sip:bob@elsewhere.example', 'hi') == 404


def test_a_final_refusal_is_told_by_the_manager(server, two):
    alice, bob = two
    bob.answer = 404
    assert alice.send(bob.aor, 'hi') == 202
    alice.saw('*** [bob] did not get your message: SIP status 404',
              source=server.manager)


def test_what_a_proxy_brings_back_is_stopped(server, two):
    """The proxy may think that users are served here."""
    alice, bob = two
    assert alice.send(bob.aor, 'round') == 202
    message = bob.saw('round')
    via = get(message.headers, 'via')
    status = alice.send(bob.aor, 'round', headers=['Via: ' + via])
    assert status == 482
    assert bob.count('round') == 1


def test_who_is_blocked_cannot_write(server, two):
    alice, bob = two
    assert bob.send(server.manager, '#block alice') == 200
    assert alice.send(bob.aor, 'psst') == 403
    assert bob.send(alice.aor, 'go away') == 202
    assert bob.send(server.manager, '#unblock alice') == 200
    bob.saw('*** [alice] can write to you and invite you again')
    assert alice.send(bob.aor, 'sorry') == 202
    bob.saw('sorry', source=alice.aor)
    assert bob.count('psst') == 0


def test_a_user_of_a_domain_that_we_may_send_to(confabd, user):
    port = free_port()
    server = confabd(imc='peers = {"sip:127.0.0.1:%d"}' % port,
                     extra='send_to = {"127.0.0.0/8"}')
    alice = user(server, 'alice')
    zoe = user(server, 'zoe', domain='127.0.0.1', port=port)
    assert alice.send(zoe.aor, 'far away') == 202
    message = zoe.saw('far away', source=alice.aor)
    assert message.uri == message.to == zoe.aor
    assert zoe.send(alice.aor, 'and back') == 202
    alice.saw('and back', source=zoe.aor)
    # nobody is carried from one foreign domain to another
    assert zoe.send('sip:other@127.0.0.1', 'relay?') == 404
    assert alice.send('sip:x@elsewhere.example', 'hi') == 404


def test_one_with_an_account_need_not_have_been_heard(server, two, folder):
    alice, _ = two
    secret = folder('secret') / 'word'
    secret.touch(0o600)
    secret.write_text('correct horse\n')
    status, _, err = server.show('user', 'add', 'dora', '--password-file',
                                 str(secret))
    assert status == 0, err
    assert alice.send('sip:dora@' + server.domain, 'welcome') == 202
    assert server.ctl('status')['inboxes'] == 1


def test_one_request_for_several_is_not_taken_for_a_double(server, user, two):
    """A proxy with an alias sends the same request to each of a team."""
    alice, bob = two
    carol = user(server, 'carol')
    assert carol.send(server.manager, '#help') == 200
    same = {'call_id': 'team@proxy', 'tag': 'one', 'cseq': 7}
    for _ in range(2):
        for one in bob, carol:
            assert alice.send(one.aor, 'lunch?', **same) == 202
    bob.saw('lunch?', source=alice.aor)
    carol.saw('lunch?', source=alice.aor)
    for one in bob, carol:
        assert alice.send(one.aor, 'done') == 202
        one.saw('done')
        assert one.count('lunch?') == 1


def test_typing_goes_to_who_uses_it(two):
    """From him himself; to others nothing goes."""
    alice, bob = two
    kind = 'application/im-iscomposing+xml'
    notice = '<isComposing><state>active</state></isComposing>'
    assert alice.send(bob.aor, notice, kind) == 200  # bob is not known to
    assert bob.send(alice.aor, notice, kind) == 200
    seen = alice.saw(notice, source=bob.aor)
    assert get(seen.headers, 'content-type') == kind
    assert bob.send(alice.aor, 'the words') == 202
    alice.saw('the words', source=bob.aor)
    assert alice.send(bob.aor, 'and back') == 202
    bob.saw('and back', source=alice.aor)
    assert bob.count(notice) == 0 and alice.count(notice) == 1


def test_who_is_blocked_does_not_type(server, two):
    alice, bob = two
    kind = 'application/im-iscomposing+xml'
    notice = '<isComposing><state>active</state></isComposing>'
    assert alice.send(bob.aor, notice, kind) == 200  # she uses it
    assert alice.send(server.manager, '#block bob') == 200
    assert bob.send(alice.aor, notice, kind) == 200
    assert alice.send(server.manager, '#unblock bob') == 200
    assert bob.send(alice.aor, 'the words') == 202
    alice.saw('the words', source=bob.aor)
    assert alice.count(notice) == 0
