# SPDX-License-Identifier: GPL-3.0-or-later
"""Kamailio's imc, command by command and case by case, in its words;
OpenSIPS's imc takes the same commands here, and tables/opensips.py has its
words. Where the modules say nothing at all to the one who asked, or do the
wrong thing, it is ours that stands here; "ours:" says why."""
from .engine import (
    MANAGER, NOWHERE, ROOM, ask, from_manager, here, row, to_sender)

CREATED = '*** Room was created'
SAM_JOINED = '*** {sam} has joined the room'
MARY_LEFT = '*** {mary} has left the room'
DESTROYED = '*** Room has been destroyed'
YOU_REMOVED = '*** You have been removed from the room'
MAY_RETURN = ("*** This room is public: only '#ban' keeps {mary} from "
              "joining again")
ALREADY_IN = '*** You are in the room already'
EXISTS_PRIVATE = '*** A private room with the same name already exists'
EXISTS_MEMBER = '*** Room already exists and you are a member'
INVITES = ("*** {olga} invites you to join the room (send '#accept' or "
           "'#reject')")
BY_INVITATION = ('*** Private rooms are by invitation only. Room owners have '
                 'been notified.')
ATTEMPTED = '*** {sam} attempted to join the room'
SECOND_WORD = ('*** Only "private" may follow the room\'s name (send '
               '\'#create [room] [private]\')')
NOT_IN = "*** You are not a member of this room (send '#join')"
NOT_IN_PRIVATE = ('*** You are not a member of this room, which is by '
                  'invitation only')
IS_INVITED = ("*** You are invited, but not in the room yet (send '#accept' "
              "or '#reject')")
NO_INVITE = ("*** There is no invitation to this room for you (send "
             "'#join')")
BANNED = ('*** You are banned from this room (its owner or an admin can lift '
          'it)')
RIGHT = ("*** You don't have the permission to do this: only the room's "
         "owner and its admins may")
RIGHT_ADD = "*** You don't have the permission to add members to this room"
RIGHT_MODIFY = ("*** You don't have the permission to modify members in this "
                "room")
OWNERS = "*** Only the room's owner may do this"
BAD_USER = ("*** This is not a user's address (write sip:user@domain, "
            "user@domain or user)")
BAD_ROOM = ('*** This is not a name that a room can have (write at most 64 '
            'letters a to z, digits and ._-, with no full stop at the end)')
IVAN_INVITED = ("*** {ivan} is invited already (send '#add <user>' to make "
                "him a member without asking)")
NOT_PERSON = ('*** This is the address of a room, not of a user (write '
              'sip:user@domain, user@domain or user)')
WHICH_ROOM = ("*** Which room? Write to the room itself, or name it (send "
              "'#help')")
NOT_FOUND = '*** Room not found'
NOT_OVER_OWNER = ('*** {olga} is an owner of this room: only an owner may do '
                  'this')
SELF = "*** This is yourself (send '#leave' to leave the room)"
EVERYBODY = ('Members:\n*{olga/item}\n*{oscar/item}\n~{adam/item}\n'
             '{mary/item}')
FULL = 'public olga oscar adam mary mike ivan bella'


def usage(words):
    return "*** Please send '#%s'" % words


CREATE = [
    row('create: a name', 'none',
        ask('olga', '#create {r}', 200, None, {'olga': CREATED}, MANAGER),
        ask('olga', '#members', 200, None, {'olga': 'Members:\n*{olga/item}'}),
        left='olga'),
    row('create: nothing, at the room\'s address', 'none',
        ask('olga', '#create', 200, None, {'olga': CREATED}),
        ask('sam', '#join', 200, None, {'olga sam': SAM_JOINED}),
        left='olga sam'),
    row('create: "private" at the room\'s address', 'none',
        ask('olga', '#create private', 200, None, {'olga': CREATED}),
        ask('sam', '#join', 403, -45, {'sam': to_sender(BY_INVITATION),
                                       'olga': ATTEMPTED}),
        left='olga'),
    row('create: a name and "private"', 'none',
        ask('olga', '#create {r} private', 200, None, {'olga': CREATED},
            MANAGER),
        ask('sam', '#join', 403, -45, {'sam': to_sender(BY_INVITATION),
                                       'olga': ATTEMPTED}),
        left='olga'),
    row('create: a second word that is not "private"', 'none',
        # ours: a text
        ask('olga', '#create {r} secret', 400, -30,
            {'olga': here(SECOND_WORD)}, MANAGER)),
    row('create: too many words', 'none',
        ask('olga', '#create {r} very private', 400, -30,
            {'olga': here(SECOND_WORD)}, MANAGER)),
    row('create: nothing, at the manager\'s address', 'none',
        ask('olga', '#create', 400, -30, {'olga': here(WHICH_ROOM)},
            MANAGER)),
    row('create: exists, check_on_create, public', 'public olga mary',
        ask('sam', '#create {r}', 403, -31,
            {'sam': here('*** Room already exists')}, MANAGER),
        ask('mary', '#create', 403, -31,
            {'mary': here('*** Room already exists')}), conf='strict'),
    row('create: exists, check_on_create, private', 'private olga',
        ask('sam', '#create {r}', 403, -31,
            {'sam': here('*** Room already exists')}, MANAGER),
        ask('olga', '#create {r}', 403, -31,
            {'olga': here('*** Room already exists')}, MANAGER),
        conf='strict'),
    row('create: exists, private', 'private olga adam mary ivan',
        *[ask(who, '#create {r}', 403, -31, {who: here(EXISTS_PRIVATE)}, at)
          for who in ('olga', 'adam', 'mary', 'ivan', 'sam')
          for at in (MANAGER, ROOM)]),
    row('create: exists, public, a member', 'public olga adam mary',
        *[ask(who, '#create {r}', 200, None, {who: here(EXISTS_MEMBER)},
              MANAGER) for who in ('olga', 'adam', 'mary')]),
    # ours: he is not in yet, and comes in as with #accept
    row('create: exists, public, invited', 'public olga ivan',
        ask('ivan', '#create {r}', 200, None,
            {'olga ivan': '*** {ivan} has joined the room'}, MANAGER),
        left='olga ivan'),
    row('create: exists, public, not a member', 'public olga mary',
        ask('sam', '#create {r}', 200, None,
            {'olga mary sam': SAM_JOINED}, MANAGER),
        left='olga mary sam'),
    row('create: exists, banned', 'public olga bella',
        ask('bella', '#create {r}', 403, -34, {'bella': here(BANNED)},
            MANAGER)),
    row('create: not a URI', 'none',
        ask('olga', '#create {r}@', 400, -37, {'olga': here(BAD_ROOM)},
            MANAGER),
        ask('olga', '#create a@b@c', 400, -37, {'olga': here(BAD_ROOM)},
            MANAGER),
        ask('olga', '#create sip:', 400, -37, {'olga': here(BAD_ROOM)},
            MANAGER),
        ask('olga', '#create ' + 'x' * 600, 400, -37,
            {'olga': here(BAD_ROOM)}, MANAGER)),
    row('create: the manager\'s name', 'none',
        ask('olga', '#create Chat-Manager', 403, -37, {'olga': here(
            '*** This is the address of the manager, not of a room (rooms '
            'have other names: send \'#rooms\')')},
            MANAGER)),
    row('create: a user\'s name', 'none',
        ask('olga', '#create sam', 403, -37, {'olga': here(
            '*** This is the address of a user, not of a room (a room '
            'needs another name)')},
            MANAGER)),
]

JOIN = [
    row('join: missing, create_on_join', 'none',
        ask('olga', '#join', 200, None, {'olga': CREATED}),
        ask('olga', '#members', 200, None, {'olga': 'Members:\n*{olga/item}'}),
        left='olga'),
    row('join: missing, create_on_join, by name', 'none',
        ask('olga', '#join {r}', 200, None, {'olga': CREATED}, MANAGER),
        ask('sam', '#join', 200, None, {'olga sam': SAM_JOINED}),
        left='olga sam'),
    row('join: missing, no create_on_join', 'none',
        ask('olga', '#join {r}', 404, -41, {'olga': here(NOT_FOUND)},
            MANAGER), conf='strict'),
    row('join: already a member', 'public olga adam mary',
        *[ask(who, '#join', 200, None, {who: ALREADY_IN})
          for who in ('olga', 'adam', 'mary')]),
    # ours: an invited one who joins is announced, as with #accept
    row('join: invited', 'public olga mary ivan',
        ask('ivan', '#join', 200, None,
            {'olga mary ivan': '*** {ivan} has joined the room'}),
        ask('ivan', 'hello', 202, None, {'olga mary': '{ivan/says}hello'}),
        left='olga mary ivan'),
    row('join: invited, private', 'private olga ivan',
        ask('ivan', '#join {r}', 200, None,
            {'olga ivan': '*** {ivan} has joined the room'}, MANAGER),
        left='olga ivan'),
    row('join: public, not a member', FULL,
        ask('sam', '#join', 200, None,
            {'olga oscar adam mary mike sam': SAM_JOINED}),
        left='olga oscar adam mary mike sam'),
    # ours: owners and admins hear it, not everybody
    row('join: private, not a member',
        'private olga oscar adam mary ivan bella',
        ask('sam', '#join', 403, -45,
            {'sam': to_sender(BY_INVITATION),
             'olga oscar adam': ATTEMPTED}),
        ask('sam', '#join {r}', 403, -45,
            {'sam': to_sender(BY_INVITATION),
             'olga oscar adam': ATTEMPTED}, MANAGER)),
    row('join: banned', 'public olga mary bella',
        ask('bella', '#join', 403, -44, {'bella': BANNED})),
    row('join: too many words', 'public olga',
        ask('sam', '#join {r} now', 400, -40,
            {'sam': here(usage('join [room]'))}, MANAGER)),
]

INVITE = [
    row('invite', 'public olga adam mary',
        ask('olga', '#invite sam', 200, None, {'sam': INVITES}),
        ask('olga', '#members', 200, None,
            {'olga': 'Members:\n*{olga/item}\n~{adam/item}\n{mary/item}'}),
        ask('adam', '#invite sip:sue@confab.test {r}', 200, None, {
            'sue': INVITES.replace('olga', 'adam')}, MANAGER)),
    row('invite: private', 'private olga mary',
        ask('olga', '#invite sam@confab.test', 200, None,
            {'sam': INVITES})),
    row('invite: no argument', 'public olga mary',
        *[ask(who, '#invite', 400, -50,
              {who: here(usage('invite <user> [room]'))}, at)
          for who in ('olga', 'mary', 'sam') for at in (ROOM, MANAGER)]),
    row('invite: not a URI', 'public olga',
        ask('olga', '#invite a@b@c', 400, -57, {'olga': BAD_USER})),
    row('invite: no room', 'none',
        ask('olga', '#invite sam {r}', 404, -51, {'olga': here(NOT_FOUND)},
            MANAGER),
        ask('olga', '#invite sam', 400, -50, {'olga': here(WHICH_ROOM)},
            MANAGER)),
    row('invite: the sender is no member', 'public olga',
        ask('sam', '#invite sue', 403, -52, {'sam': NOT_IN})),
    row('invite: the sender is no member, private', 'private olga',
        ask('sam', '#invite sue', 403, -52, {'sam': NOT_IN_PRIVATE})),
    row('invite: no right', 'public olga mary ivan bella',
        ask('mary', '#invite sam', 403, -53, {'mary': RIGHT}),
        ask('ivan', '#invite sam', 403, -55, {'ivan': IS_INVITED}),
        ask('bella', '#invite sam', 403, -54, {'bella': BANNED})),
    row('invite: a member', 'public olga mary',
        ask('olga', '#invite mary', 403, -56, {
            'olga': '*** {mary} is a member of this room already'})),
    row('invite: an invited one', 'public olga ivan',
        ask('olga', '#invite ivan', 403, -56, {
            'olga': IVAN_INVITED})),
    row('invite: a banned one', 'public olga bella',
        ask('olga', '#invite bella', 403, -56, {
            'olga': "*** {bella} is banned from this room (send '#unban' "
                    "first)"})),
    row('invite: oneself', 'public olga',
        ask('olga', '#invite olga', 403, -56, {'olga': SELF})),
    row('invite: a room, the manager', 'public olga',
        ask('olga', '#invite {r}', 403, -57, {
            'olga': NOT_PERSON}),
        ask('olga', '#invite chat-manager', 403, -57, {
            'olga': NOT_PERSON})),
    row('invite: one who was never seen', 'public olga',
        ask('olga', '#invite nobody', 480, -56, {
            'olga': "*** {nobody} has not been seen here yet and can't be "
                    "reached: nobody was invited"})),
]

ADD = [
    row('add', 'public olga adam mary',
        ask('olga', '#add sam', 200, None,
            {'olga adam mary sam': SAM_JOINED}),
        ask('adam', '#add sue@confab.test {r}', 200, None, {
            'olga adam mary sam sue': '*** {sue} has joined the room'},
            MANAGER),
        left='olga adam mary sam sue'),
    row('add: private', 'private olga',
        ask('olga', '#add sam', 200, None, {'olga sam': SAM_JOINED}),
        left='olga sam'),
    row('add: an invited one', 'private olga ivan',
        ask('olga', '#add ivan', 200, None, {
            'olga ivan': '*** {ivan} has joined the room'}),
        left='olga ivan'),
    row('add: no right', 'public olga mary ivan',
        ask('mary', '#add sam', 403, -53, {'mary': RIGHT_ADD}),
        # ours: what he can do about it
        ask('ivan', '#add sam', 403, -55, {'ivan': IS_INVITED})),
    row('add: no argument', 'public olga sam',
        ask('olga', '#add', 400, -50, {
            'olga': here(usage('add <user> [room]'))}),
        left='olga sam'),
    row('add: not a URI', 'public olga',
        ask('olga', '#add @', 400, -57, {'olga': BAD_USER})),
    row('add: no room', 'none',
        ask('olga', '#add sam {r}', 404, -51, {'olga': here(NOT_FOUND)},
            MANAGER)),
    row('add: the sender is no member', 'public olga bella',
        ask('sam', '#add sue', 403, -52, {'sam': NOT_IN}),
        ask('bella', '#add sue', 403, -54, {'bella': BANNED})),
    row('add: a member', 'public olga adam mary',
        ask('adam', '#add mary', 403, -56, {
            'adam': '*** {mary} is a member of this room already'}),
        ask('adam', '#add olga', 403, -53, {'adam': NOT_OVER_OWNER})),
    row('add: a banned one', 'public olga bella',
        ask('olga', '#add bella', 403, -56, {
            'olga': "*** {bella} is banned from this room (send '#unban' "
                    "first)"})),
]

ACCEPT = [
    row('accept', 'private olga mary ivan',
        ask('ivan', '#accept', 200, None, {
            'olga mary ivan': '*** {ivan} has joined the room'}),
        left='olga mary ivan'),
    row('accept: the room by name', 'public olga ivan',
        ask('ivan', '#accept {r}', 200, None, {
            'olga ivan': '*** {ivan} has joined the room'}, MANAGER),
        left='olga ivan'),
    row('accept: no room', 'none',
        ask('sam', '#accept {r}', 404, -61, {'sam': here(NOT_FOUND)},
            MANAGER)),
    row('accept: not invited', 'private olga mary bella',
        ask('sam', '#accept', 403, -65, {'sam': NO_INVITE}),
        ask('bella', '#accept', 403, -64, {'bella': BANNED}),
        # ours: nothing is left to be done
        ask('mary', '#accept', 200, None, {'mary': ALREADY_IN})),
]

REJECT = [
    # ours: the inviter is told
    row('reject', 'private olga mary ivan',
        ask('ivan', '#reject', 200, None, {
            'olga': '*** {ivan} has declined the invitation'}),
        ask('ivan', '#accept', 403, -65, {'ivan': NO_INVITE})),
    row('deny', 'public olga ivan',
        ask('ivan', '#deny {r}', 200, None, {
            'olga': '*** {ivan} has declined the invitation'}, MANAGER)),
    row('reject: no room', 'none',
        ask('sam', '#reject {r}', 404, -71, {'sam': here(NOT_FOUND)},
            MANAGER)),
    row('reject: not invited', 'private olga mary bella',
        ask('sam', '#reject', 403, -75, {'sam': NO_INVITE}),
        ask('mary', '#reject', 403, -75, {'mary': NO_INVITE}),
        ask('bella', '#reject', 403, -74, {'bella': BANNED})),
]

REMOVE = [
    # ours: what keeps a removed one out of a public room
    row('remove', 'public olga adam mary mike',
        ask('olga', '#remove mary', 200, None, {
            'mary': YOU_REMOVED, 'olga': [MAY_RETURN, MARY_LEFT],
            'adam mike': MARY_LEFT}),
        ask('mary', 'still here', 403, -202, {'mary': NOT_IN}),
        left='olga adam mike'),
    row('remove: private', 'private olga adam mary',
        ask('adam', '#remove sip:mary@confab.test {r}', 200, None, {
            'mary': YOU_REMOVED, 'olga adam': MARY_LEFT}, MANAGER),
        left='olga adam'),
    row('remove: an invited one', 'private olga mary ivan',
        ask('olga', '#remove ivan', 200, None, {'ivan': YOU_REMOVED}),
        ask('ivan', '#accept', 403, -65, {'ivan': NO_INVITE})),
    row('remove: no argument', 'public olga mary',
        *[ask(who, '#remove', 400, -80, {
            who: here(usage('remove <user> [room]'))}, at)
          for who in ('olga', 'mary', 'sam') for at in (ROOM, MANAGER)]),
    row('remove: not a URI', 'public olga',
        ask('olga', '#remove a@b@c', 400, -87, {'olga': BAD_USER})),
    row('remove: no room', 'none',
        ask('olga', '#remove mary {r}', 404, -81, {
            'olga': here(NOT_FOUND)}, MANAGER)),
    row('remove: the sender is no member', 'public olga mary bella',
        ask('sam', '#remove mary', 403, -82, {'sam': NOT_IN}),
        ask('bella', '#remove mary', 403, -84, {'bella': BANNED})),
    row('remove: no right', 'public olga mary mike ivan',
        ask('mary', '#remove mike', 403, -83, {'mary': RIGHT}),
        ask('ivan', '#remove mike', 403, -85, {'ivan': IS_INVITED})),
    row('remove: no member', 'public olga bella',
        *[ask('olga', '#remove ' + who, 404, -86, {
            'olga': "*** {%s} is not a member of this room (send "
                    "'#members')" % who})
          for who in ('sam', 'bella', 'nobody')]),
    row('remove: the owner', 'public olga oscar adam',
        ask('adam', '#remove olga', 403, -83, {'adam': NOT_OVER_OWNER}),
        ask('olga', '#remove olga', 403, -86, {'olga': SELF}),
        # ours: owners are equals
        ask('olga', '#remove oscar', 200, None, {
            'oscar': YOU_REMOVED,
            'adam': '*** {oscar} has left the room',
            'olga': [MAY_RETURN.replace('mary', 'oscar'),
                     '*** {oscar} has left the room']}),
        left='olga adam'),
]

LEAVE = [
    # ours: it is the inviter who hears of it
    row('leave: invited', 'public olga mary ivan',
        ask('ivan', '#leave', 200, None, {
            'olga': '*** {ivan} has declined the invitation'})),
    # the README, not the source: the room ends
    row('leave: the owner', 'public olga adam mary ivan',
        ask('olga', '#leave', 200, None, {'olga adam mary': DESTROYED}),
        ask('mary', 'hello?', 404, -201, {'mary': from_manager(NOWHERE)}),
        left=''),
    row('leave: no room', 'none',
        ask('sam', '#leave {r}', 404, -91, {'sam': here(NOT_FOUND)},
            MANAGER)),
    row('leave: no member', 'public olga bella',
        ask('sam', '#leave', 403, -92, {'sam': NOT_IN}),
        ask('bella', '#leave', 403, -94, {'bella': BANNED})),
]

LISTS = [
    *[row(word, 'public olga oscar adam mary ivan bella',
          *[ask(who, '#' + word, 200, None, {
              who: EVERYBODY})
            for who in ('olga', 'oscar', 'adam', 'mary')],
          ask('mary', '#%s {r}' % word, 200, None, {
              'mary': EVERYBODY},
              MANAGER)) for word in ('members', 'list')],
    # ours: an invited one can't read the list of a room that he is not in
    row('members: invited', 'private olga ivan',
        ask('ivan', '#members', 403, -105, {'ivan': IS_INVITED})),
    row('members: no member', 'public olga bella',
        ask('sam', '#members', 403, -102, {'sam': NOT_IN}),
        ask('bella', '#members', 403, -104, {'bella': BANNED})),
    row('members: no room', 'none',
        ask('sam', '#members {r}', 404, -101, {'sam': here(NOT_FOUND)},
            MANAGER),
        ask('sam', '#members', 400, -100, {'sam': here(WHICH_ROOM)},
            MANAGER)),
    row('rooms', 'public olga',
        *[ask(who, '#rooms', 200, None, {who: here('Rooms:\n[{r}]')}, at)
          for who in ('olga', 'sam') for at in (MANAGER, ROOM)]),
    row('rooms: none', 'none',
        ask('sam', '#rooms', 200, None, {'sam': here('Rooms:')}, MANAGER)),
    # ours: strangers don't hear of private rooms
    row('rooms: private', 'private olga mary ivan bella',
        *[ask(who, '#rooms', 200, None, {who: here('Rooms:\n[{r}]')},
              MANAGER) for who in ('olga', 'mary', 'ivan')],
        *[ask(who, '#rooms', 200, None, {who: here('Rooms:')}, MANAGER)
          for who in ('sam', 'bella')]),
]

DESTROY = [
    row('destroy', 'public olga oscar adam mary ivan bella',
        ask('olga', '#destroy', 200, None, {
            'olga oscar adam mary': DESTROYED}),
        left=''),
    row('destroy: by name', 'private olga mary',
        ask('olga', '#destroy {r}', 200, None, {
            'olga mary': DESTROYED}, MANAGER),
        left=''),
    row('destroy: no room', 'none',
        ask('olga', '#destroy {r}', 404, -111, {'olga': here(NOT_FOUND)},
            MANAGER)),
    row('destroy: no member', 'public olga bella',
        ask('sam', '#destroy', 403, -112, {'sam': NOT_IN}),
        ask('bella', '#destroy', 403, -114, {'bella': BANNED})),
    row('destroy: no owner', 'public olga adam mary ivan',
        ask('adam', '#destroy', 403, -113, {'adam': OWNERS}),
        ask('mary', '#destroy', 403, -113, {'mary': OWNERS}),
        ask('ivan', '#destroy', 403, -115, {'ivan': IS_INVITED})),
]


def is_now(who, role):
    return '*** sip:%s@confab.test is now %s' % (who, role)


MODIFY = [
    row('modify', 'public olga mary mike',
        ask('olga', '#modify mary admin', 200, None, {
            'olga mary mike': is_now('mary', 'admin')}),
        ask('mary', '#modify mike ADMIN', 200, None, {
            'olga mary mike': is_now('mike', 'admin')}),
        ask('olga', '#modify mary member', 200, None, {
            'olga mary mike': is_now('mary', 'member')}),
        ask('olga', '#members', 200, None, {
            'olga': 'Members:\n*{olga/item}\n{mary/item}\n~{mike/item}'})),
    # the README, not the source: the third word is the room
    row('modify: the room by name', 'public olga mary',
        ask('olga', '#modify sip:mary@confab.test admin sip:{r}@confab.test',
            200, None, {'olga mary': is_now('mary', 'admin')}, MANAGER)),
    # ours: ownership passes on
    row('modify: to owner, and the first one steps back',
        'private olga mary',
        ask('olga', '#modify mary owner', 200, None, {
            'olga mary': is_now('mary', 'owner')}),
        ask('olga', '#modify olga member', 200, None, {
            'olga mary': is_now('olga', 'member')}),
        by='mary'),
    row('modify: no right', 'public olga mary mike ivan',
        ask('mary', '#modify mike admin', 403, -123, {
            'mary': RIGHT_MODIFY}),
        ask('ivan', '#modify mike admin', 403, -125, {
            'ivan': IS_INVITED})),
    row('modify: the sender is no member', 'public olga mary bella',
        ask('sam', '#modify mary admin', 403, -122, {'sam': NOT_IN}),
        ask('bella', '#modify mary admin', 403, -124, {'bella': BANNED})),
    row('modify: a missing or unknown role', 'public olga mary',
        ask('olga', '#modify mary', 400, -120, {'olga': here(
            usage('modify <user> owner|admin|member [room]'))}),
        ask('olga', '#modify', 400, -120, {'olga': here(
            usage('modify <user> owner|admin|member [room]'))}),
        ask('olga', '#modify mary king', 400, -120, {'olga': here(
            "*** A role is owner, admin or member (send '#modify <user> "
            "<role> [room]')")})),
    row('modify: no room', 'none',
        ask('olga', '#modify mary admin {r}', 404, -121, {
            'olga': here(NOT_FOUND)}, MANAGER)),
    # ours: in Kamailio this ends the server
    row('modify: no member', 'public olga bella',
        *[ask('olga', '#modify %s admin' % who, 404, -126, {
            'olga': "*** {%s} is not a member of this room (send "
                    "'#members')" % who})
          for who in ('sam', 'bella', 'nobody')]),
    row('modify: invited', 'public olga ivan',
        ask('olga', '#modify ivan admin', 403, -126, {
            'olga': IVAN_INVITED})),
    row('modify: an admin on an owner, or to owner', 'public olga adam mary',
        ask('adam', '#modify olga member', 403, -123, {
            'adam': NOT_OVER_OWNER}),
        ask('adam', '#modify mary owner', 403, -123, {
            'adam': '*** Only an owner can make somebody an owner'}),
        ask('adam', '#modify adam owner', 403, -123, {
            'adam': '*** Only an owner can make somebody an owner'})),
    row('modify: the last owner', 'public olga adam',
        ask('olga', '#modify olga member', 403, -123, {
            'olga': "*** The room would have no owner (send '#modify <user> "
                    "owner' for another one first, or '#destroy')"})),
]

REST = [
    # ours: a refusal, not only a text
    row('unknown', 'public olga',
        *[ask(who, '#frobnicate now', 400, -130, {who: here(
            "*** Invalid command 'frobnicate' (send '#help' for help)")},
            at) for who in ('olga', 'sam') for at in (MANAGER, ROOM)]),
    row('syntax', 'public olga',
        *[ask('sam', text, 400, -20, {'sam': here(
            "*** A command's name must follow '#' (send '#help')")}, at)
          for text in ('#', '# ', '#.') for at in (MANAGER, ROOM)]),
    row('text', 'public olga oscar adam mary ivan bella',
        ask('olga', 'hello all', 202, None, {
            'oscar adam mary': '{olga/says}hello all'}),
        ask('mary', ' #help', 202, None, {
            'olga oscar adam': '{mary/says} #help'})),
    row('text: no member, invited, banned', 'public olga ivan bella',
        ask('sam', 'let me in', 403, -202, {'sam': NOT_IN}),
        ask('ivan', 'may I?', 403, -205, {'ivan': IS_INVITED}),
        ask('bella', 'please', 403, -204, {'bella': BANNED})),
    row('text: no member, private', 'private olga',
        ask('sam', 'let me in', 403, -202, {'sam': NOT_IN_PRIVATE})),
    row('to the manager by another URI', 'none',
        *[ask('sam', '#frobnicate', 400, -130, {'sam': here(
            "*** Invalid command 'frobnicate' (send '#help' for help)")}, at)
          for at in ('sip:chat-manager@confab.test:5070',
                     'sip:Chat-Manager@127.0.0.1:{port};transport=udp')],
        # no user at all
        ask('sam', '#help', 404, -121, {'sam': from_manager(NOWHERE)},
            'sip:confab.test'),
        ask('sam', 'hello', 404, -201, {'sam': from_manager(NOWHERE)},
            'sip:127.0.0.1:{port}')),
    row('text: to the manager', 'none',
        ask('sam', 'hello manager', 400, -200, {'sam': here(
            "*** This is not a room: nobody else reads this (send "
            "'#help')")}, MANAGER)),
    row('no room at the address', 'none',
        ask('sam', 'anybody?', 404, -201, {'sam': from_manager(NOWHERE)}),
        ask('sam', '#leave', 404, -91, {'sam': from_manager(NOWHERE)}),
        ask('sam', '#help', 404, -121, {'sam': from_manager(NOWHERE)}),
        ask('sam', '#frobnicate', 404, -130, {
            'sam': from_manager(NOWHERE)}),
        ask('sam', '#', 404, -20, {'sam': from_manager(NOWHERE)})),
    row('text: too long', 'public olga mary',
        # in a charset that grows, because a packet can't be so long
        ask('olga', b'\x80' * 6000, 413, -208, {
            'olga': '*** This is too long to be sent to a room (please send '
                    'it in parts)'},
            kind='text/plain;charset=windows-1252')),
    row('an empty body', 'public olga mary',
        *[ask(who, '', 200, None, {}, at)
          for who in ('olga', 'sam') for at in (MANAGER, ROOM)]),
]

# OpenSIPS's users hear nothing of their own going: tables/opensips.py.
KAMAILIO = [
    *[row(word, 'public olga adam mary mike',
          ask('mary', '#' + word, 200, None, {
              'olga adam mary mike': MARY_LEFT}),
          ask('mary', '#' + word, 403, -92, {'mary': NOT_IN}),
          ask('adam', '#%s {r}' % word, 200, None, {
              'olga adam mike': '*** {adam} has left the room'}, MANAGER),
          left='olga mike') for word in ('leave', 'exit')],
    # ours: another owner stays, and so does the room
    row('leave: one of two owners', 'private olga oscar mary',
        ask('olga', '#leave', 200, None, {
            'olga oscar mary': '*** {olga} has left the room'}),
        ask('oscar', 'mine now', 202, None, {'mary': '{oscar/says}mine now'}),
        left='oscar mary', by='oscar'),
]

BOTH = (CREATE + JOIN + INVITE + ADD + ACCEPT + REJECT + REMOVE + LEAVE +
        LISTS + DESTROY + MODIFY + REST)
