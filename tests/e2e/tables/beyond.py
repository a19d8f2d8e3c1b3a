# SPDX-License-Identifier: GPL-3.0-or-later
"""What neither module has, in both dialects: commands of ours, who may give
them, and how commands and addresses may be written."""
import itertools

from .commands import (
    ALREADY_IN, BAD_ROOM, BAD_USER, BANNED, CREATED, INVITES, IS_INVITED,
    MAY_RETURN, NOT_FOUND, NOT_IN, NOT_IN_PRIVATE, NOT_OVER_OWNER,
    NOT_PERSON, OWNERS, RIGHT, SAM_JOINED, SELF, WHICH_ROOM, usage)
from .engine import MANAGER, ROOM, ask, here, row

OPERATORS = '*** Only the operator of this server may do this'
YOU_BANNED = '*** You have been banned from the room'
YOU_MUTED = ('*** You are muted in this room: you can read, but not speak '
             '(its owner or an admin can lift it)')
MINUTES = ("*** Minutes are a number from 1 to 525600 (send '#mute <user> "
           "[minutes] [room]')")
COUNT = ("*** How many is a number from 1 to 200 (send '#history "
         "[number]')")
NICK_TAKEN = ("*** Somebody else has this name here (send '#nick <name>' with "
              "another one)")


def keeps_out(who):
    return "*** {%s} may not join any more (send '#unban' to allow it)" % who


def no_member(who):
    return ("*** {%s} is not a member of this room (send '#members')" % who)


# Each command with a family of codes, and the least that one must be.
LEAST = [
    ('#members', -100, 'member'), ('#who', -100, 'member'),
    ('#topic', -140, 'member'), ('#nick Zed', -150, 'member'),
    ('#away', -150, 'member'), ('#away at lunch', -150, 'member'),
    ('#history', -170, 'member'), ('#history 5', -170, 'member'),
    ('#status', -170, 'member'), ('#notices', -140, 'member'),
    ('hello', -200, 'member'), ('#notices off', -140, 'admin'),
    ('#invite sue', -50, 'admin'), ('#remove mike', -80, 'admin'),
    ('#topic tea', -140, 'admin'), ('#ban mike', -160, 'admin'),
    ('#unban bella', -160, 'admin'), ('#bans', -160, 'admin'),
    ('#mute mike', -160, 'admin'), ('#mute mike 5', -160, 'admin'),
    ('#unmute mike', -160, 'admin'),
    ('#destroy', -110, 'owner'), ('#private', -140, 'owner'),
    ('#public', -140, 'owner'), ('#link echo:{r}', -180, 'owner'),
    ('#unlink {r}-1', -180, 'owner'), ('#links', -180, 'owner'),
]


def outsiders(kind):
    return row('who is not in a %s room' % kind, kind + ' olga mike ivan '
               'bella', *itertools.chain(*[[
                   ask('sam', text, 403, family - 2, {'sam':
                       NOT_IN if kind == 'public' else NOT_IN_PRIVATE}),
                   ask('ivan', text, 403, family - 5, {'ivan': IS_INVITED}),
                   ask('bella', text, 403, family - 4, {'bella': BANNED})]
                   for text, family, _ in LEAST]))


RIGHTS = [
    outsiders('public'), outsiders('private'),
    *[row('a member of a %s room' % kind, kind + ' olga mary mike bella',
          *[ask('mary', text, 403, family - 3, {
              'mary': RIGHT if least == 'admin' else OWNERS})
            for text, family, least in LEAST if least != 'member'])
      for kind in ('public', 'private')],
    *[row('an admin of a %s room' % kind, kind + ' olga adam mike bella',
          *[ask('adam', text, 403, family - 3, {'adam': OWNERS})
            for text, family, least in LEAST if least == 'owner'])
      for kind in ('public', 'private')],
    row('links, by nobody but the operator', 'public olga adam mary',
        *[ask(who, text, 403, -183, {who: OPERATORS})
          for who in ('olga', 'adam', 'mary')
          for text in ('!!link echo:{r}', '!!unlink {r}-1', '!!links')],
        conf='bang'),
    row('commands to the manager, no room', 'none',
        *[ask('sam', text, 400, family, {'sam': here(WHICH_ROOM)}, MANAGER)
          for text, family, _ in LEAST if text != 'hello']),
    row('commands to the manager, a room that there is not', 'none',
        *[ask('sam', text + ' {r}', 404, family - 1, {
            'sam': here(NOT_FOUND)}, MANAGER)
          for text, family, _ in LEAST if text in (
              '#members', '#who', '#nick Zed', '#history 5', '#status',
              '#invite sue', '#remove mike', '#ban mike', '#unban bella',
              '#bans', '#mute mike', '#mute mike 5', '#unmute mike',
              '#private', '#public', '#destroy')]),
]

# Rooms that the operator made have no owner.
OPERATOR = [
    row('operator\'s room: a member', 'operator mary mike',
        *[ask('mary', text, 403, code, {'mary': why}) for text, code, why in (
            ('#destroy', -113, OPERATORS), ('#private', -143, OPERATORS),
            ('#public', -143, OPERATORS), ('#links', -183, OPERATORS),
            ('#link echo:x', -183, OPERATORS), ('#remove mike', -83, RIGHT),
            ('#ban mike', -163, RIGHT), ('#topic tea', -143, RIGHT))],
        conf='operator'),
    row('operator\'s room: who comes and goes', 'operator mary',
        ask('sam', '#join', 200, None, {'mary sam': SAM_JOINED}),
        ask('mary', '#who', 200, None, {
            'mary': 'Who is here:\n[mary] sip:mary@confab.test\n'
                    '[sam] sip:sam@confab.test\n'
                    '[echo@{r}] echo:{r}, link {r} is up'}),
        conf='operator'),
]

TOPIC = [
    row('topic', 'public olga adam mary ivan bella',
        ask('mary', '#topic', 200, None, {
            'mary': '*** The room has no topic'}),
        ask('olga', '#topic tea and  cake', 200, None, {
            'olga adam mary': '*** {olga} has set the topic: tea and  cake'}),
        ask('mary', '#topic', 200, None, {
            'mary': '*** Topic: tea and  cake'}),
        ask('adam', '#topic -', 200, None, {
            'olga adam mary': '*** {adam} has taken the topic away'}),
        ask('olga', '#topic', 200, None, {
            'olga': '*** The room has no topic'})),
]

KINDS = [
    row('private and public', 'public olga adam mary ivan',
        ask('olga', '#public', 200, None, {
            'olga': '*** The room is public already'}),
        ask('olga', '#private', 200, None, {
            'olga adam mary': '*** The room is private now: people join it '
                              'by invitation'}),
        ask('olga', '#private {r}', 200, None, {
            'olga': '*** The room is private already'}, MANAGER),
        ask('sam', '#rooms', 200, None, {'sam': here('Rooms:')}, MANAGER),
        ask('olga', '#public {r}', 200, None, {
            'olga adam mary': '*** The room is public now: everybody may '
                              'join'}, MANAGER),
        ask('sam', '#rooms', 200, None, {'sam': here('Rooms:\n[{r}]')},
            MANAGER)),
]

def told(who, what):
    return ('*** {%s} has set who hears of those that come and go: %s' %
            (who, what))


NOTICES = [
    row('notices', 'public olga adam mary',
        ask('mary', '#notices', 200, None, {
            'mary': '*** Who comes and who goes: all are told'}),
        ask('adam', '#notices quiet', 200, None, {
            'olga adam mary': told('adam',
                                   'quiet, owners and admins are told')}),
        ask('sam', '#join', 200, None, {'olga adam sam': SAM_JOINED}),
        ask('olga', '#Notices OFF {r}', 200, None, {
            'olga adam mary sam': told('olga', 'off, nobody is told')},
            MANAGER),
        ask('sue', '#join', 200, None, {
            'sue': '*** {sue} has joined the room'}),
        # they are no secret: words are for all
        ask('sue', 'hello', 202, None, {
            'olga adam mary sam': '{sue/says}hello'}),
        ask('sam', '#notices {r}', 200, None, {
            'sam': '*** Who comes and who goes: off, nobody is told'},
            MANAGER),
        ask('olga', '#notices all', 200, None, {
            'olga adam mary sam sue': told('olga', 'all are told')}),
        left='olga adam mary sam sue'),
    row('notices: what not', 'public olga',
        *[ask('olga', '#notices ' + words, 400, -140, {'olga': here(
            "*** Who comes and who goes can be told to all, to owners and "
            "admins (quiet) or to nobody (off): send '#notices all', "
            "'#notices quiet' or '#notices off'")})
          for words in ('loud', 'loud {r}')]),
]

BLOCKS = [
    row('block', 'public olga mary',
        ask('sam', '#block', 200, None, {'sam': here('Blocked:')}, MANAGER),
        ask('sam', '#block olga', 200, None, {'sam': here(
            "*** {olga} can't write to you by himself any more, nor invite "
            "you to rooms or add you to them (send '#unblock' to allow "
            "it)")}, MANAGER),
        ask('sam', '#block', 200, None, {'sam': here(
            'Blocked:\nsip:olga@confab.test')}),
        *[ask('olga', '#%s sam' % word, 403, -55, {
            'olga': "*** {sam} wants no invitations from you, and can't be "
                    "added by you (he may join by himself)"})
          for word in ('invite', 'add')],
        ask('sam', '#unblock olga', 200, None, {'sam': here(
            '*** {olga} can write to you and invite you again')}),
        ask('olga', '#invite sam', 200, None, {'sam': INVITES})),
    row('block: whom not', 'public olga',
        ask('sam', '#unblock olga', 404, -196, {'sam': here(
            "*** {olga} is not blocked by you (send '#block' to see who "
            "is)")}, MANAGER),
        ask('sam', '#unblock', 400, -190, {
            'sam': here(usage('unblock <user>'))}, MANAGER),
        ask('sam', '#block a@b@c', 400, -197, {'sam': here(BAD_USER)},
            MANAGER),
        ask('sam', '#block {r}', 403, -197, {'sam': here(NOT_PERSON)},
            MANAGER)),
]

NICK = [
    row('nick', 'public olga mary mike',
        ask('mary', '#nick Mia', 200, None, {
            'olga mary mike': '*** {mary} is now known as [Mia]'}),
        ask('mary', 'hello', 202, None, {
            'olga mike': '{mary=Mia/says}hello'}),
        ask('mike', '#nick mia', 403, -156, {
            'mike': NICK_TAKEN}),
        ask('mike', '#nick OLGA', 403, -156, {
            'mike': NICK_TAKEN}),
        ask('mary', '#nick - {r}', 200, None, {
            'olga mary mike': '*** {mary=Mia} is now known as [mary]'},
            MANAGER),
        ask('mary', 'hello', 202, None, {
            'olga mike': '{mary/says}hello'})),
    row('nick: looks like that of another', 'public olga mary',
        ask('mary', '#nick olg\u0430', 200, None, {
            'olga mary': '*** {mary} is now known as [olg\u0430-2]'})),
    row('nick: nothing, nothing to be seen', 'public olga mary',
        ask('mary', '#nick', 400, -150, {
            'mary': here(usage('nick <name> [room]'))}),
        ask('mary', '#nick \u200b', 400, -157, {
            'mary': '*** This is not a name that can be shown (write one with '
                    'letters or digits)'})),
]

AWAY = [
    row('away', 'public olga mary',
        ask('mary', '#away', 200, None, {
            'olga mary': '*** {mary} is away'}),
        ask('olga', '#who', 200, None, {
            'olga': 'Who is here:\n*[olga] sip:olga@confab.test\n[mary] '
                    'sip:mary@confab.test, away: away'}),
        ask('mary', '#away at lunch', 200, None, {
            'olga mary': '*** {mary} is away: at lunch'}),
        ask('mary', '#who', 200, None, {
            'mary': 'Who is here:\n*[olga] sip:olga@confab.test\n[mary] '
                    'sip:mary@confab.test, away: at lunch'}),
        ask('mary', '#away', 200, None, {
            'olga mary': '*** {mary} is back'}),
        ask('mary', '#who {r}', 200, None, {
            'mary': 'Who is here:\n*[olga] sip:olga@confab.test\n[mary] '
                    'sip:mary@confab.test'}, MANAGER)),
]

BAN = [
    row('ban', 'public olga adam mary mike',
        ask('adam', '#ban mary', 200, None, {
            # the last that he hears of the room
            'mary': [YOU_BANNED, '*** {mary} has been banned from the room'],
            'olga mike': '*** {mary} has been banned from the room',
            'adam': [keeps_out('mary'),
                     '*** {mary} has been banned from the room']}),
        ask('mary', 'hello?', 403, -204, {'mary': BANNED}),
        ask('mary', '#join', 403, -44, {'mary': BANNED}),
        ask('olga', '#bans', 200, None, {
            'olga': 'Banned:\nsip:mary@confab.test'}),
        ask('olga', '#unban mary {r}', 200, None, {
            'olga': '*** {mary} may join again'}, MANAGER),
        ask('olga', '#bans {r}', 200, None, {'olga': 'Banned:'}, MANAGER),
        ask('mary', '#join', 200, None, {
            'olga adam mary mike': '*** {mary} has joined the room'})),
    row('ban: a stranger', 'private olga',
        ask('olga', '#ban sip:sam@confab.test {r}', 200, None, {
            'olga': keeps_out('sam')}, MANAGER),
        ask('sam', '#join', 403, -44, {'sam': BANNED})),
    row('ban: one who was never seen', 'public olga',
        ask('olga', '#ban nobody', 200, None, {
            'olga': keeps_out('nobody')})),
    row('ban: an invited one', 'private olga mary ivan',
        ask('olga', '#ban ivan', 200, None, {
            'olga': keeps_out('ivan'), 'ivan': YOU_BANNED}),
        ask('ivan', '#accept', 403, -64, {'ivan': BANNED})),
    row('ban: an owner, by an owner', 'public olga oscar',
        ask('olga', '#ban oscar', 200, None, {
            'oscar': [YOU_BANNED,
                      '*** {oscar} has been banned from the room'],
            'olga': [keeps_out('oscar'),
                     '*** {oscar} has been banned from the room']}),
        left='olga'),
    row('ban: whom not', 'public olga adam bella',
        ask('adam', '#ban olga', 403, -163, {'adam': NOT_OVER_OWNER}),
        ask('olga', '#ban olga', 403, -166, {'olga': SELF}),
        ask('olga', '#ban bella', 403, -166, {
            'olga': "*** {bella} is banned from this room (send '#unban' "
                    "first)"}),
        ask('olga', '#ban {r}', 403, -167, {'olga': NOT_PERSON}),
        ask('olga', '#ban a@b@c', 400, -167, {'olga': BAD_USER}),
        ask('olga', '#ban', 400, -160, {
            'olga': here(usage('ban <user> [room]'))})),
    row('unban: whom not', 'public olga mary',
        *[ask('olga', '#unban ' + who, 404, -166, {
            'olga': "*** {%s} is not banned from this room (send '#bans')" %
                    who}) for who in ('mary', 'sam', 'nobody')],
        ask('olga', '#unban', 400, -160, {
            'olga': here(usage('unban <user> [room]'))})),
]

MUTE = [
    row('mute', 'public olga adam mary mike',
        ask('adam', '#mute mary', 200, None, {
            'olga adam mary mike': '*** {mary} has been muted'}),
        ask('mary', 'mmm', 403, -204, {'mary': YOU_MUTED}),
        # nor by commands that all can read
        ask('mary', '#away look at this', 403, -154, {'mary': YOU_MUTED}),
        ask('mary', '#nick LookAtThis', 403, -154, {'mary': YOU_MUTED}),
        ask('mary', '#away', 403, -154, {'mary': YOU_MUTED}),
        ask('mike', 'poor mary', 202, None, {
            'olga adam mary': '{mike/says}poor mary'}),
        ask('olga', '#unmute mary', 200, None, {
            'olga adam mary mike': '*** {mary} may speak again'}),
        ask('mary', 'free', 202, None, {
            'olga adam mike': '{mary/says}free'})),
    row('mute: for a time', 'public olga mary',
        ask('olga', '#mute mary 5', 200, None, {
            'olga mary': '*** {mary} has been muted for 5 minutes'}),
        ask('mary', 'mmm', 403, -204, {'mary': YOU_MUTED}),
        ask('olga', '#mute mary 525600 {r}', 200, None, {
            'olga mary': '*** {mary} has been muted for 525600 minutes'},
            MANAGER),
        ask('olga', '#mute mary {r}', 200, None, {
            'olga mary': '*** {mary} has been muted'}, MANAGER),
        ask('olga', '#unmute mary {r}', 200, None, {
            'olga mary': '*** {mary} may speak again'}, MANAGER)),
    row('mute: an admin', 'public olga adam mary',
        ask('olga', '#mute adam', 200, None, {
            'olga adam mary': '*** {adam} has been muted'}),
        ask('adam', '#topic so there', 403, -144, {'adam': YOU_MUTED}),
        ask('adam', '#unmute adam', 403, -166, {'adam': SELF})),
    row('mute: minutes', 'public olga mary',
        *[ask('olga', '#mute mary ' + minutes, 400, -160, {
            'olga': here(MINUTES)})
          for minutes in ('0', '525601', '5m {r}', '99999999999999999999')]),
    row('mute: whom not', 'public olga adam ivan bella',
        *[ask('olga', '#%s %s' % (word, who), 404, -166, {
            'olga': no_member(who)})
          for word in ('mute', 'unmute')
          for who in ('sam', 'ivan', 'bella', 'nobody')],
        ask('adam', '#mute olga', 403, -163, {'adam': NOT_OVER_OWNER}),
        ask('adam', '#unmute olga', 403, -163, {'adam': NOT_OVER_OWNER}),
        ask('adam', '#mute adam', 403, -166, {'adam': SELF}),
        ask('olga', '#mute', 400, -160, {
            'olga': here(usage('mute <user> [minutes] [room]'))}),
        ask('olga', '#unmute', 400, -160, {
            'olga': here(usage('unmute <user> [room]'))})),
]

HISTORY = [
    row('history', 'public olga mary',
        ask('mary', '#history', 200, None, {
            'mary': '*** Nothing has been said here'}),
        ask('olga', 'one', 202, None, {'mary': '{olga/says}one'}),
        ask('mary', 'two', 202, None, {'olga': '{mary/says}two'}),
        ask('olga', 'three', 202, None, {'mary': '{olga/says}three'}),
        ask('mary', '#history', 200, None, {'mary': [
            '[time] {olga/says}one', '[time] {mary/says}two',
            '[time] {olga/says}three']}),
        ask('mary', '#history 2', 200, None, {'mary': [
            '[time] {mary/says}two', '[time] {olga/says}three']}),
        ask('mary', '#history 1 {r}', 200, None, {'mary': [
            '[time] {olga/says}three']}, MANAGER),
        # notices are not words
        ask('olga', '#topic tea', 200, None, {
            'olga mary': '*** {olga} has set the topic: tea'}),
        ask('mary', '#history 1', 200, None, {'mary': [
            '[time] {olga/says}three']}),
        *[ask('mary', '#history ' + n, 400, -170, {'mary': here(COUNT)})
          for n in ('0', '201', '-1', 'x', '1x')]),
    row('status', 'public olga mary mike',
        ask('olga', '#status', 404, -171, {
            'olga': '*** You have said nothing here that is still known'}),
        ask('olga', 'hello', 202, None, {'mary mike': '{olga/says}hello'}),
        ask('olga', '#status', 200, None, {
            'olga': '*** Your last message: [time] delivered to 2, waiting '
                    'for 0, failed for 0'}),
        ask('olga', '#status {r}', 200, None, {
            'olga': '*** Your last message: [time] delivered to 2, waiting '
                    'for 0, failed for 0'}, MANAGER),
        ask('mary', '#status', 404, -171, {
            'mary': '*** You have said nothing here that is still known'})),
]

LINKED = ("*** The room is linked as {r}-1: the state is shown by '#links'")
LINKS = [
    row('link, by %s' % who, 'public olga adam mary',
        ask(who, '#links', 200, None, {who: 'Links:'}),
        ask(who, '#link echo:{r}', 200, None, {who: LINKED}),
        ask(who, '#links', 200, None, {
            who: 'Links:\n{r}-1: echo:{r} is up'}),
        ask('mary', '#who', 200, None, {
            'mary': 'Who is here:\n*[olga] sip:olga@confab.test\n~[adam] '
                    'sip:adam@confab.test\n[mary] sip:mary@confab.test\n'
                    '[echo@{r}-1] echo:{r}, link {r}-1 is up'}),
        ask('mary', 'hello', 202, None, {
            'olga adam': ['{mary/says}hello', HELLO],
            'mary': HELLO}),
        ask(who, '#unlink nothing', 404, -181, {
            who: "*** The room has no such link (send '#links')"}),
        ask(who, '#unlink {r}-1', 200, None, {
            who: '*** The link {r}-1 is removed'}),
        ask(who, '#links', 200, None, {who: 'Links:'}), conf=conf)
    for HELLO in ['{echo/says}you said: hello']
    for who, conf in (('olga', 'plain'), ('adam', 'strict'))
] + [
    row('link: by its target', 'private olga',
        ask('olga', '#link echo:{r}', 200, None, {'olga': LINKED}),
        ask('olga', '#unlink echo:{r}', 200, None, {
            'olga': '*** The link {r}-1 is removed'})),
    row('link: what not', 'public olga',
        ask('olga', '#link', 400, -180, {
            'olga': here(usage('link <target> [account]'))}),
        ask('olga', '#unlink', 400, -180, {
            'olga': here(usage('unlink <link>'))}),
        ask('olga', '#link echo:', 403, -187, {
            'olga': "*** This can't be linked: has to be \"echo:NAME\", "
                    "without via"}),
        ask('olga', '#link gopher:hole', 403, -187, {
            'olga': '*** This can\'t be linked: no network can be linked to '
                    '"gopher:hole"'})),
]

OWNERSHIP = [
    row('admins among themselves', 'public olga adam mary',
        ask('olga', '#modify mary admin', 200, None, {
            'olga adam mary': '*** sip:mary@confab.test is now admin'}),
        ask('adam', '#modify mary member', 200, None, {
            'olga adam mary': '*** sip:mary@confab.test is now member'}),
        ask('adam', '#modify adam member', 200, None, {
            'olga adam mary': '*** sip:adam@confab.test is now member'}),
        ask('adam', '#bans', 403, -163, {'adam': RIGHT})),
    row('owners are equals', 'private olga oscar mary',
        ask('oscar', '#modify olga member', 200, None, {
            'olga oscar mary': '*** sip:olga@confab.test is now member'}),
        ask('olga', '#destroy', 403, -113, {'olga': OWNERS}),
        by='oscar'),
    row('an owner who is alone can\'t leave others behind',
        'private olga adam mary',
        ask('olga', '#modify adam owner', 200, None, {
            'olga adam mary': '*** sip:adam@confab.test is now owner'}),
        ask('adam', '#remove olga', 200, None, {
            'olga': '*** You have been removed from the room',
            'adam mary': '*** {olga} has left the room'}),
        ask('adam', '#modify adam admin', 403, -123, {
            'adam': "*** The room would have no owner (send '#modify <user> "
                    "owner' for another one first, or '#destroy')"}),
        left='adam mary', by='adam'),
]


def joins(name, text, at=MANAGER, kind='text/plain'):
    return row('join, written as ' + name, 'public olga',
               ask('sam', text, 200, None, {'olga sam': SAM_JOINED}, at,
                   kind), left='olga sam')


def adds(name, text):
    return row('add, written as ' + name, 'public olga',
               ask('olga', '#add ' + text, 200, None, {
                   'olga sam': SAM_JOINED}), left='olga sam')


FORMS = [
    joins('people do', '#join {r}'),
    joins('upper case', '#JOIN {r}'),
    joins('after a space', '# join {r}'),
    joins('with a full stop', '#Join {r}.'),
    joins('with a full stop and a space', '# Join {r}. '),
    joins('with hard spaces', '#join\u00a0{r}'),
    joins('with hard spaces everywhere', '#\u00a0join\u00a0\u00a0{r}\u00a0.'),
    joins('with tabs', '#join\t{r}\t'),
    joins('one line of more', '#join {r}\r\nand more\r\n'),
    joins('up to NUL', b'#join\0 elsewhere', ROOM),
    joins('nothing but the name', '#join', ROOM),
    joins('with a full stop, in the room', '#Join.', ROOM),
    joins('in another room', '#join {r}', 'sip:nowhere@confab.test'),
    joins('by the port it came to', '#join', 'sip:{r}@confab.test:{port}'),
    joins('by the IP address it came to', '#join', 'sip:{r}@127.0.0.1'),
    joins('by a name in capitals', '#join', 'sip:{r/upper}@CONFAB.TEST'),
    joins('a full URI', '#join sip:{r}@confab.test'),
    joins('a full URI with a port and more',
          '#join sip:{r}@confab.test:5070;transport=tcp'),
    joins('in brackets', '#join <sip:{r}@confab.test>'),
    joins('sips', '#join sips:{r}@confab.test'),
    joins('user@host', '#join {r}@confab.test'),
    joins('user@host:port', '#join {r}@confab.test:5070'),
    joins('user@localhost', '#join {r}@localhost'),
    joins('capitals', '#join {r/upper}@Confab.TEST'),
    joins('text of another charset', '#join {r}',
          kind='text/plain;charset=us-ascii'),
    joins('HTML', '<p>#join <b>{r}</b></p>', kind='text/html'),
    joins('CPIM', 'From: <im:olga@confab.test>\r\nTo: <im:x@y>\r\n\r\n'
          'Content-Type: text/plain\r\n\r\n#join {r}',
          kind='message/cpim'),
    adds('bare', 'sam'),
    adds('user@host', 'sam@confab.test'),
    adds('user@host:port', 'sam@confab.test:5070'),
    adds('a full URI', 'sip:sam@confab.test'),
    adds('a full URI with a port and more',
         'sip:sam@confab.test:5070;transport=tcp'),
    adds('in brackets', '<sip:sam@confab.test:5070>'),
    adds('the domain in capitals', 'sam@CONFAB.test'),
    row('a room elsewhere', 'none',
        ask('olga', '#create {r}@conf.example', 200, None, {'olga': CREATED},
            MANAGER, room='sip:{r}@conf.example'),
        # a bare user is one of ours, not of the room's domain
        ask('olga', '#add sam', 200, None, {'olga sam': SAM_JOINED},
            'sip:{r}@conf.example', room='sip:{r}@conf.example'),
        ask('sam', '#rooms', 200, None, {
            'sam': here('Rooms:\n[{r}@conf.example]')}, MANAGER),
        ask('olga', '#destroy', 200, None, {
            'olga sam': '*** Room has been destroyed'},
            'sip:{r}@conf.example', room='sip:{r}@conf.example')),
    row('a user elsewhere', 'public olga',
        ask('olga', '#add zoe@far.example', 200, None, {
            'olga zoe': '*** {zoe} has joined the room'}),
        ask('zoe', 'hello', 202, None, {'olga': '{zoe/says}hello'}),
        ask('olga', '#members', 200, None, {
            'olga': 'Members:\n*{olga/item}\n{zoe/item}'}),
        left='olga zoe'),
    # users' names have case, domains have none
    row('a user elsewhere, invited', 'private olga',
        ask('olga', '#invite zoe@far.example', 200, None, {'zoe': INVITES}),
        ask('olga', '#invite sip:Zoe@FAR.example:5080', 480, -56, {
            'olga': "*** {Zoe} has not been seen here yet and can't be "
                    "reached: nobody was invited"}),
        ask('zoe', '#accept', 200, None, {
            'olga zoe': '*** {zoe} has joined the room'}),
        left='olga zoe'),
    # what comes back by a proxy must not be answered again
    row('the room and the manager as senders', 'public olga sam',
        ask('sam', 'hello', 482, None, {}, aor='sip:{r}@confab.test'),
        ask('sam', '#join', 482, None, {}, MANAGER,
            aor='sip:{r}@confab.test:5099'),
        ask('sam', '#join', 482, None, {}, aor=MANAGER), left='olga sam'),
    row('##text', 'public olga mary',
        ask('olga', '##help', 202, None, {'mary': '{olga/says}#help'}),
        ask('olga', '###', 202, None, {'mary': '{olga/says}##'}),
        ask('olga', '##', 202, None, {'mary': '{olga/says}#'})),
    row('another mark', 'public olga mary',
        ask('olga', '!!invite sam', 200, None, {
            'sam': INVITES}),
        ask('sam', '!! Accept.', 200, None, {
            'olga mary sam': SAM_JOINED}),
        ask('sam', '!!join', 200, None, {'sam': ALREADY_IN}),
        ask('sam', '!hello', 202, None, {'olga mary': '{sam/says}!hello'}),
        ask('sam', '#join', 202, None, {'olga mary': '{sam/says}#join'}),
        ask('sam', '!!!!join', 202, None, {
            'olga mary': '{sam/says}!!join'}),
        ask('olga', '!!remove sam', 200, None, {
            'sam': '*** You have been removed from the room',
            'mary': '*** {sam} has left the room',
            'olga': [MAY_RETURN.replace('mary', 'sam'),
                     '*** {sam} has left the room']}),
        ask('sam', '!!frobnicate', 400, -130, {'sam': here(
            "*** Invalid command 'frobnicate' (send '#help' for help)")}),
        conf='bang'),
    # who has no user or no SIP address can't be answered, and does nothing
    *[row('a sender without an address: ' + aor, 'none',
          ask('sam', '#create {r}', status, None, {}, MANAGER, aor=aor),
          ask('sam', '#join', status, None, {}, aor=aor))
      for aor, status in (('tel:+493012345', 400),
                          ('tel:2345;phone-context=confab.test', 400),
                          ('sip:confab.test', 403))],
    row('names that no room can have', 'none',
        *[ask('sam', '#join ' + name, 400, -47, {'sam': here(BAD_ROOM)},
              MANAGER)
          for name in ('a/b@', 'a@b@c', 'sip:', 'sip:@confab.test', '<>',
                       'x' * 300)]),
]

FAILED = ('*** {sam} could not be reached (SIP status %d): the invitation is '
          'taken back')
INVITATIONS = [
    row('an invitation that fails, is sent again, and declined',
        'private olga mary',
        *[ask('olga', '#invite sam', 200, None, {'olga': FAILED % status},
              deaf={'sam': status}) for status in (404, 486, 603)],
        ask('sam', '#accept', 403, -65, {
            'sam': "*** There is no invitation to this room for you (send "
                   "'#join')"}),
        ask('olga', '#invite sam', 200, None, {'sam': INVITES}),
        ask('sam', '#reject', 200, None, {
            'olga': '*** {sam} has declined the invitation'})),
]

WORDS = [
    row('what somebody does', 'public olga mary',
        ask('mary', '/me waves', 202, None, {'olga': '* {mary/does}waves'}),
        ask('olga', 'two\nlines', 202, None, {
            'mary': '{olga/says}two\n  lines'})),
    # a NUL neither ends it nor is sent on
    row('what a device refuses for good', 'public olga mary mike',
        ask('olga', 'hello', 202, None, {
            'mike': '{olga/says}hello',
            'olga': '*** [mary] did not get your message in {r}: SIP status '
                    '403'}, deaf={'mary': 403}),
        ask('olga', '#status', 200, None, {
            'olga': '*** Your last message: [time] delivered to 1, waiting '
                    'for 0, failed for 1\nmary: failed: SIP status 403'})),
    row('a NUL in it', 'public olga mary',
        ask('mary', b'before\0after', 202, None, {
            'olga': '{mary/says}beforeafter'})),
    row('what shows nothing', 'public olga mary',
        ask('mary', '\u200b', 200, None, {}),
        ask('olga', '#topic tea', 200, None, {
            'olga mary': '*** {olga} has set the topic: tea'})),
    row('who joins sees the last lines', 'public olga mary',
        ask('olga', 'one', 202, None, {'mary': '{olga/says}one'}),
        ask('mary', 'two', 202, None, {'olga': '{mary/says}two'}),
        ask('olga', 'three', 202, None, {'mary': '{olga/says}three'}),
        ask('sam', '#join', 200, None, {
            'olga mary': SAM_JOINED,
            'sam': [SAM_JOINED, '[time] {mary/says}two',
                    '[time] {olga/says}three']}),
        left='olga mary sam', conf='history'),
]

ROWS = (RIGHTS + OPERATOR + TOPIC + KINDS + NOTICES + BLOCKS + NICK +
        AWAY + BAN + MUTE +
        HISTORY + LINKS + OWNERSHIP + INVITATIONS + WORDS + FORMS)
