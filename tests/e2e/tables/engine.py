# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of who says what where, what he is answered, and who hears which
words from whom; and the one engine that runs a row of them.

That somebody hears nothing is shown without waiting. At the end of a row the
owner destroys the room, and those who are in it by the row's own account hear
that; then everybody asks the manager for a command that there is not. What
each one heard must be exactly what the row says, and next the answer to
that."""
import collections
import itertools
import re

from lab.sip import SipUser, get, token
from lab.util import Timeout

DOMAIN = 'confab.test'
NOWHERE = ("*** There is no room at this address (send '#create' to make "
           "one)")
MANAGER = 'sip:chat-manager@' + DOMAIN
ROOM = 'sip:{r}@' + DOMAIN
OWNER, PEOPLE = 'olga', (
    'olga',    # who made the room
    'oscar',   # an owner as well
    'adam',    # an admin
    'mary', 'mike',
    'ivan',    # invited
    'bella',   # banned
    'sam', 'sue',
    'zoe')     # of another domain
OUTSIDE = ('ivan', 'bella', 'sam', 'sue', 'zoe')

Row = collections.namedtuple('Row', 'name room steps left by conf')
Ask = collections.namedtuple(
    'Ask', 'who text status code hears at kind room aor deaf')
# What is heard: from the room, at the user's address, unless it says more.
# (To is his address always.)
Heard = collections.namedtuple('Heard', 'source uri text')


def row(name, room, *steps, left=None, by=OWNER, conf='plain'):
    """room: "public" or "private" and who is there; "none": there is no such
    room; "operator": made by confabctl. left: who is in it in the end. by:
    an owner in the end."""
    if left is None:
        left = ' '.join(n for n in room.split()[1:] if n not in OUTSIDE)
    return Row(name, room, steps, left, by, conf)


def ask(who, text, status, code=None, hears=None, at=ROOM,
        kind='text/plain', room=ROOM, aor=None, deaf=None):
    """code: of the Warning header; None: there is none. hears: {names: text,
    or a list of them}; who is not named hears nothing. room: what is "the
    room". aor: what he calls himself. deaf: {name: status of his device}."""
    return Ask(who, text, status, code, hears or {}, at, kind, room, aor,
               deaf or {})


def plain(uri):
    """An address without parameters; of a name without its port."""
    uri = uri.split(';')[0]
    return uri if re.search(r'@\d+[.]', uri) else re.sub(r':\d+$', '', uri)


def here(text):
    """From the address that he wrote to, at what he calls himself."""
    return Heard('here', 'sender', text)


def to_sender(text):
    return Heard('room', 'sender', text)


def from_manager(text):
    return Heard('manager', 'sender', text)


# {olga}, {olga/item} of a list, {olga/says}, {olga/does}, {olga/bare};
# {olga=Zed} who is called Zed.
SHOWN = {
    'kamailio': {'': '[%(k)s]', 'item': '[%(k)s]', 'says': '[%(k)s]: ',
                 'does': '[%(k)s] '},
    'opensips': {'': '<sip:%(a)s>', 'item': 'sip:%(a)s',
                 'says': '<%(a)s>: ',
                 'does': '<%(a)s> ', 'bare': '%(a)s'},
}


ECHO = 'echo@%s-1'


class Fault(AssertionError):
    pass


def domain_of(name):
    return 'far.example' if name.lower() == 'zoe' else DOMAIN


def uris(name):
    """His address, and what he calls himself: with a port."""
    aor = 'sip:%s@%s' % (name, domain_of(name))
    return aor, aor + ':5099'


class Stage:
    """A daemon, and everybody at it."""
    numbers = itertools.count(1)

    def __init__(self, server, dialect, words, mark='#'):
        self.server, self.dialect = server, dialect
        self.words, self.mark = words, mark
        self.patience = None  # with texts that are to come
        self.room = None
        self.people = {}
        for name in PEOPLE:
            person = SipUser(name, domain_of(name), (server.host, server.port))
            person.aor = uris(name)[1]
            self.people[name] = person
        self.wanted = {name: [] for name in PEOPLE}
        self.quiet()

    def close(self):
        for person in self.people.values():
            person.closed = True  # so that their readers end together
        for person in self.people.values():
            person.close()

    # -- words

    def fill(self, text):
        """{r}: the room's name; {olga}: as the dialect shows her."""
        def word(m):
            name, _, how = m.group(1).partition('/')
            if name == 'r':
                return self.room.upper() if how == 'upper' else self.room
            if name == 'port':
                return str(self.server.port)
            if name == 'echo': # not on SIP
                return '<%s>: ' % ECHO % self.room if \
                    self.dialect == 'opensips' else '[%s]: ' % ECHO % \
                    self.room
            name, _, nick = name.partition('=')
            address = name + '@' + domain_of(name)
            if not nick:
                nick = name if domain_of(name) == DOMAIN else address
            return SHOWN[self.dialect][how] % {'k': nick, 'a': address}
        return re.sub(r'\{([A-Za-z/=]+)\}', word, text)

    def translate(self, text):
        """Into the words of the dialect."""
        for kamailio, other in self.words.items():
            pattern = re.escape(kamailio).replace(r'\{who\}', r'\{(\w+)\}')
            found = re.fullmatch(pattern, text)
            if found:
                who = found.group(1) if found.groups() else ''
                text = other.replace('{who', '{' + who)
        return text.replace("'#", "'" + self.mark)

    def expect(self, step):
        """{name: [(source, Request-URI, text)]}."""
        wanted = {name: [] for name in PEOPLE}
        sources = {'room': self.fill(step.room),
                   'here': plain(self.fill(step.at)),
                   'manager': MANAGER}
        for names, heard in step.hears.items():
            for name in names.split():
                for h in heard if isinstance(heard, list) else [heard]:
                    if not isinstance(h, Heard):
                        h = Heard('room', 'user', h)
                    wanted[name].append((
                        sources[h.source],
                        uris(name)[h.uri == 'sender'],
                        self.fill(self.translate(h.text))))
        return wanted

    # -- one step

    def request(self, who, at, text, kind='text/plain', aor=None):
        person = self.people[who]
        body = text if isinstance(text, bytes) else self.fill(text).encode()
        person.aor = self.fill(aor or uris(who)[1])
        packet = person.build('MESSAGE', self.fill(at), body, kind)
        person.aor = uris(who)[1]
        status, headers = person.transact(packet)
        return status, get(headers, 'warning')

    def quiet(self):
        """Everybody has heard all that was sent to him: what that was."""
        packets = {}
        for name, person in self.people.items():
            mark = 'nothing-' + token()
            packets[name] = mark, person.build(
                'MESSAGE', MANAGER, (self.mark + mark).encode())
            person.sock.send(packets[name][1])
        return {name: self.heard(self.people[name], *packets[name])
                for name in packets}

    def heard(self, person, mark, packet):
        person.transact(packet)  # once more: it may have been lost
        person.seen.wait(lambda m: mark in m.body)
        items = person.seen.take()
        if mark not in items.pop().body:
            raise Fault('%s heard more after the answer' % person.name)
        return items

    def check_heard(self):
        for name, heard in self.quiet().items():
            got = [(m.source, m.uri, re.sub(r'\[\d\d:\d\d\]', '[time]',
                                            m.body)) for m in heard]
            if got != self.wanted[name]:
                raise Fault('%s heard\n%r, not\n%r' % (
                    name, got, self.wanted[name]))
            if any(m.to != uris(name)[0] for m in heard):
                raise Fault('To is not the address of ' + name)

    def await_heard(self, what):
        """So many as he should; which ones, and who else, is seen in the
        end."""
        for name, texts in self.wanted.items():
            try:
                if texts:
                    self.people[name].seen.wait(
                        lambda m: True, len(texts), self.patience)
            except Timeout as why:
                raise Fault('%s: %s' % (what, why))

    def step(self, step):
        what = '%s to %s: %.80s' % (step.who, step.at, step.text)
        for name, answer in step.deaf.items():
            self.people[name].answer = answer
        status, warning = self.request(step.who, step.at, step.text,
                                       step.kind, step.aor)
        if status != step.status:
            raise Fault('%s: %d %r, not %d' % (what, status, warning,
                                               step.status))
        code = re.fullmatch(r'399 confab "(-\d+) [ -!#-~]+"', warning)
        code = int(code.group(1)) if code else warning or None
        if code != step.code:
            raise Fault('%s: code %s, not %s' % (what, code, step.code))
        for name, texts in self.expect(step).items():
            self.wanted[name] += texts
        self.await_heard(what)
        for name in step.deaf:
            self.people[name].answer = 200

    # -- a row

    def must(self, who, text, at=ROOM):
        status, warning = self.request(who, at,
                                       text.replace('#', self.mark))
        if status != 200:
            raise Fault('%s: %s: %d %s' % (who, text, status, warning))

    def set_up(self, room):
        kind, *names = room.split()
        if kind == 'none':
            return
        if kind == 'operator':
            # a room that a link needs is made without an owner
            self.server.ctl('link', 'add', self.room, self.room,
                            'echo:' + self.room)
        else:
            self.must(OWNER, '#create {r} ' + kind.replace('public', ''),
                      MANAGER)
        for name in names:
            self.admit(kind, name)

    def admit(self, kind, name):
        roles = {'oscar': 'owner', 'adam': 'admin'}
        if name == OWNER:
            return
        if kind == 'operator':
            self.must(name, '#join')
            return
        word = {'ivan': '#invite ', 'bella': '#ban '}.get(name, '#add ')
        self.must(OWNER, word + name)
        if name in roles:
            self.must(OWNER, '#modify %s %s' % (name, roles[name]))

    def end(self, row):
        if row.room.startswith('operator'):
            self.server.ctl('link', 'remove', self.room)
        elif row.left:
            self.step(ask(row.by, self.mark + 'destroy', 200, None, {
                row.left: '*** Room has been destroyed'}))
        else:
            self.step(ask(OWNER, self.mark + 'members', 404, -101, {
                OWNER: from_manager(NOWHERE)}))

    def new_room(self):
        self.room = 'r%d' % next(self.numbers)

    def run(self, row):
        self.new_room()
        self.set_up(row.room)
        self.quiet()
        self.wanted = {name: [] for name in PEOPLE}
        for step in row.steps:
            self.step(step)
        self.end(row)
        self.check_heard()
