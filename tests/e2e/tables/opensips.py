# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSIPS's imc: its words where they differ from Kamailio's, and its table,
case by case. Where it says nothing, or names the wrong person or thing, it is
ours that stands here; "ours:" says why."""
from .engine import MANAGER, ask, here, row, to_sender

# {who}: anybody.
WORDS = {
    '*** Room was created': '*** room was created',
    '*** Room has been destroyed': 'The room has been destroyed',
    '*** You have been removed from the room':
        'You have been removed from this room',
    # ours: who invites, not who is invited
    "*** {who} invites you to join the room (send '#accept' or '#reject')":
        "INVITE from: {who/bare}(Type: '#accept' or '#deny')",
    "*** Invalid command 'frobnicate' (send '#help' for help)":
        "invalid command 'frobnicate' - send ''#help' for details",
    # ours: commands by OpenSIPS's names
    "*** You are invited, but not in the room yet (send '#accept' or "
    "'#reject')":
        "*** You are invited, but not in the room yet (send '#accept' or "
        "'#deny')",
    "*** This is yourself (send '#leave' to leave the room)":
        "*** This is yourself (send '#exit' to leave the room)",
    "*** {who} is not a member of this room (send '#members')":
        "*** {who} is not a member of this room (send '#list')",
}

CREATED = '*** room was created'
SAM_JOINED = '*** <sip:sam@confab.test> has joined the room'
DESTROYED = 'The room has been destroyed'
BY_INVITATION = ('*** Private rooms are by invitation only. Room owners have '
                 'been notified.')
ATTEMPTED = '*** <sip:sam@confab.test> attempted to join the room'

ROWS = [
    row('create <name>', 'none',
        ask('olga', '#create {r}', 200, None, {'olga': CREATED}, MANAGER),
        left='olga'),
    row('create <name> private', 'none',
        ask('olga', '#create {r} private', 200, None, {'olga': CREATED},
            MANAGER),
        # ours: a text, the owner is told, and no 200
        ask('sam', '#join', 403, -45, {'sam': to_sender(BY_INVITATION),
                                       'olga': ATTEMPTED}),
        left='olga'),
    # ours: refused, not a public room
    row('create <name> <what is not private>', 'none',
        ask('olga', '#create {r} secret', 400, -30, {'olga': here(
            '*** Only "private" may follow the room\'s name (send '
            '\'#create [room] [private]\')')}, MANAGER)),
    # ours: the room at that address, not one called "private"
    row('create private, at a room\'s address', 'none',
        ask('olga', '#create private', 200, None, {'olga': CREATED}),
        ask('olga', '#rooms', 200, None, {'olga': here('Rooms:\n[{r}]')}),
        left='olga'),
    # ours: a text
    row('create: exists, public, member', 'public olga mary',
        ask('mary', '#create {r}', 200, None, {'mary': here(
            '*** Room already exists and you are a member')}, MANAGER)),
    row('create: exists, public, not member', 'public olga mary',
        ask('sam', '#create {r}', 200, None,
            {'olga mary sam': SAM_JOINED}, MANAGER),
        left='olga mary sam'),
    # ours: a text
    row('create: exists private', 'private olga',
        ask('sam', '#create {r}', 403, -31, {'sam': here(
            '*** A private room with the same name already exists')},
            MANAGER)),
    row('join: missing room', 'none',
        ask('olga', '#join {r}', 200, None, {'olga': CREATED}, MANAGER),
        left='olga'),
    row('join: public, not member', 'public olga mary',
        ask('sam', '#join', 200, None, {'olga mary sam': SAM_JOINED}),
        left='olga mary sam'),
    # ours: nobody is told again what was told once
    row('join: public, already member', 'public olga sam',
        ask('sam', '#join', 200, None, {
            'sam': '*** You are in the room already'}),
        left='olga sam'),
    # ours: he is in, and can speak
    row('join: public, invited', 'public olga mary ivan',
        ask('ivan', '#join', 200, None, {'olga mary ivan':
            '*** <sip:ivan@confab.test> has joined the room'}),
        ask('ivan', 'hello', 202, None, {
            'olga mary': '<ivan@confab.test>: hello'}),
        left='olga mary ivan'),
    # ours: a text, owners and admins are told
    row('join: private, not member', 'private olga adam mary',
        ask('sam', '#join', 403, -45, {
            'sam': to_sender(BY_INVITATION), 'olga adam': ATTEMPTED})),
    row('join: private, invited', 'private olga ivan',
        ask('ivan', '#join', 200, None, {'olga ivan':
            '*** <sip:ivan@confab.test> has joined the room'}),
        left='olga ivan'),
    row('invite', 'private olga mary',
        ask('olga', '#invite sip:sam@confab.test', 200, None, {'sam':
            "INVITE from: olga@confab.test(Type: '#accept' or '#deny')"})),
    row('accept', 'private olga mary ivan',
        ask('ivan', '#accept', 200, None, {'olga mary ivan':
            '*** <sip:ivan@confab.test> has joined the room'}),
        left='olga mary ivan'),
    # ours: the inviter is told
    row('deny', 'private olga mary ivan',
        ask('ivan', '#deny', 200, None, {'olga':
            '*** <sip:ivan@confab.test> has declined the invitation'})),
    # ours: he has left, not joined
    row('remove', 'private olga mary mike',
        ask('olga', '#remove mary', 200, None, {
            'olga mike': '*** <sip:mary@confab.test> has left the room',
            'mary': 'You have been removed from this room'}),
        left='olga mike'),
    *[row(word + ': member', 'public olga adam mary mike',
          ask('mary', '#' + word, 200, None, {
              'olga adam mike': 'The user [mary] has left the room'}),
          ask('adam', '#%s {r}' % word, 200, None, {
              'olga mike': 'The user [adam] has left the room'}, MANAGER),
          left='olga mike') for word in ('exit', 'leave')],
    row('exit: owner', 'public olga adam mary',
        ask('olga', '#exit', 200, None, {'olga adam mary': DESTROYED}),
        left=''),
    # ours: another owner stays, and so does the room
    row('exit: one of two owners', 'public olga oscar mary',
        ask('olga', '#exit', 200, None, {
            'oscar mary': 'The user [olga] has left the room'}),
        left='oscar mary', by='oscar'),
    *[row(word, 'private olga adam mary ivan',
          ask('mary', '#' + word, 200, None, {'mary':
              'Members:\n*sip:olga@confab.test\n~sip:adam@confab.test\n'
              'sip:mary@confab.test'})) for word in ('list', 'members')],
    row('destroy', 'private olga mary ivan',
        ask('olga', '#destroy', 200, None, {'olga mary': DESTROYED}),
        left=''),
    row('unknown', 'public olga',
        ask('olga', '#frobnicate', 400, -130, {'olga': here(
            "invalid command 'frobnicate' - send ''#help' for details")},
            MANAGER)),
    row('text', 'public olga mary mike ivan',
        ask('olga', 'hello all', 202, None, {
            'mary mike': '<olga@confab.test>: hello all'})),
]
