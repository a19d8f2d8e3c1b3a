# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of words, as those learn it who sent them and who come later.
Each command by itself: test_tables.py."""

ROOM = 'sip:den@confab.test'


def test_what_is_refused_for_good_is_told_once(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    bob.join(ROOM)
    bob.answer = 403
    assert alice.send(ROOM, 'one') == 202
    alice.seen.wait(lambda m: '[bob]' in m.body and '***' in m.body and
                    'joined' not in m.body)
    assert alice.send(ROOM, '#status') == 200
    alice.seen.wait(lambda m: 'failed for 1' in m.body)


def test_who_joins_sees_what_was_said(confabd, user):
    server = confabd()
    alice, bob = user(server, 'alice'), user(server, 'bob')
    alice.join(ROOM)
    for n in range(3):
        assert alice.send(ROOM, 'line %d' % n) == 202
    bob.join(ROOM)
    bob.seen.wait(lambda m: m.body.endswith('[alice]: line 2'))
    text = '\n'.join(m.body for m in bob.seen.all())
    assert [text.count('[alice]: line %d' % n) for n in range(3)] == [1] * 3
