# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of who says what where, what he is answered, and who hears which
words from whom; and the one engine that runs a row of them.

That somebody hears nothing is shown without waiting: after each step everybody
asks the manager for a command that there is not. What is heard must be exactly
what the row says, and next this answer. At the end of a row the owner destroys
the room: only those who are in it by the row's own account hear that, and they
hear it next, although it comes by way of the room's journal."""
import collections
import itertools
import re

from lab.sip import SipUser, get, token

DOMAIN = 'confab.test'
MANAGER = 'sip:chat-manager@' + DOMAIN
ROOM = 'sip:{r}@' + DOMAIN
OWNER, PEOPLE = 'olga', (
    'olga',    # who made the room
    'oscar',   # an owner as well
    'adam',    # an admin
    'mary', 'mike',
    'ivan',    # invited
    'bella',   # banned
    'sam', 'sue')
OUTSIDE = ('ivan', 'bella', 'sam', 'sue')

Row = collections.namedtuple('Row', 'name room steps left by conf')
Ask = collections.namedtuple('Ask', 'who text status code hears at kind')
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
        kind='text/plain'):
    """code: of the Warning header; None: there is none. hears: {names: text,
    or a list of them}; who is not named hears nothing."""
    return Ask(who, text, status, code, hears or {}, at, kind)


def here(text):
    """From the address that he wrote to, at what he calls himself."""
    return Heard('here', 'sender', text)


def to_sender(text):
    return Heard('room', 'sender', text)


def from_manager(text):
    return Heard('manager', 'sender', text)


# {olga}, {olga/item} of a list, {olga/says}, {olga/bare}
SHOWN = {
    'kamailio': {'': '[%(n)s]', 'item': '[%(n)s]', 'says': '[%(n)s]: '},
    'opensips': {'': '<sip:%(n)s@%(d)s>', 'item': 'sip:%(n)s@%(d)s',
                 'says': '<%(n)s@%(d)s>: ', 'bare': '%(n)s@%(d)s'},
}


class Fault(AssertionError):
    pass


def uris(name):
    """His address, and what he calls himself: with a port."""
    return 'sip:%s@%s' % (name, DOMAIN), 'sip:%s@%s:5099' % (name, DOMAIN)


class Stage:
    """A daemon, and everybody at it."""
    numbers = itertools.count(1)

    def __init__(self, server, dialect, words, patience=None):
        self.server, self.dialect, self.patience = server, dialect, patience
        self.words = words
        self.room = None
        self.people = {}
        for name in PEOPLE:
            person = SipUser(name, DOMAIN, (server.host, server.port))
            person.aor = uris(name)[1]
            self.people[name] = person
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
                return self.room
            return SHOWN[self.dialect][how] % {'n': name, 'd': DOMAIN}
        return re.sub(r'\{([a-z/]+)\}', word, text)

    def translate(self, text):
        """Into the words of the dialect."""
        for kamailio, other in self.words.items():
            pattern = re.escape(kamailio).replace(r'\{who\}', r'\{(\w+)\}')
            found = re.fullmatch(pattern, text)
            if found:
                who = found.group(1) if found.groups() else ''
                return other.replace('{who', '{' + who)
        return text

    def expect(self, step):
        """{name: [(source, Request-URI, text)]}."""
        wanted = {name: [] for name in PEOPLE}
        here_uri = self.fill(step.at)
        sources = {'room': self.fill(ROOM), 'here': here_uri,
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

    def request(self, who, at, text, kind='text/plain'):
        person = self.people[who]
        body = text if isinstance(text, bytes) else self.fill(text).encode()
        status, headers = person.transact(
            person.build('MESSAGE', self.fill(at), body, kind))
        return status, get(headers, 'warning')

    def quiet(self):
        """Everybody has heard all that was sent to him. {name: what he
        heard}."""
        heard = {}
        for name, person in self.people.items():
            mark = 'nothing-' + token()
            status = person.send(MANAGER, '#' + mark)
            if status != 400:
                raise Fault('%s got %d for no command' % (name, status))
            person.seen.wait(lambda m: mark in m.body, patience=self.patience)
            items = person.seen.take()
            heard[name] = items
            if not items or mark not in items.pop().body:
                raise Fault('%s heard more after the answer' % name)
        return heard

    def check_heard(self, what, wanted):
        for name, heard in self.quiet().items():
            for m in heard:
                if m.to != uris(name)[0]:
                    raise Fault('%s: %s is not his address' % (what, m.to))
            got = [(m.source, m.uri, m.body) for m in heard]
            if got != wanted[name]:
                raise Fault('%s: %s heard\n%r, not\n%r' % (
                    what, name, got, wanted[name]))

    def await_heard(self, wanted):
        for name, texts in wanted.items():
            if texts:
                self.people[name].seen.wait(lambda m: True, len(texts),
                                            self.patience)

    def step(self, step):
        what = '%s to %s: %.80s' % (step.who, step.at, step.text)
        status, warning = self.request(step.who, step.at, step.text,
                                       step.kind)
        if status != step.status:
            raise Fault('%s: %d %r, not %d' % (what, status, warning,
                                               step.status))
        code = re.fullmatch(r'399 confab "(-\d+) [ -!#-~]+"', warning)
        code = int(code.group(1)) if code else warning or None
        if code != step.code:
            raise Fault('%s: code %s, not %s' % (what, code, step.code))
        wanted = self.expect(step)
        self.await_heard(wanted)
        self.check_heard(what, wanted)

    # -- a row

    def must(self, who, text, at=ROOM):
        status, warning = self.request(who, at, text)
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
        gone = '*** Room has been destroyed'
        if row.room.startswith('operator'):
            for name in row.left.split():
                self.must(name, '#leave')
            self.server.ctl('link', 'remove', self.room)
        elif row.left:
            self.step(ask(row.by, '#destroy', 200, None, {row.left: gone}))
        elif self.request(OWNER, ROOM, '#members')[0] != 404:
            raise Fault('the room is still there')
        self.quiet()

    def run(self, row):
        self.room = 'r%d' % next(self.numbers)
        self.set_up(row.room)
        self.quiet()
        for step in row.steps:
            self.step(step)
        self.end(row)
