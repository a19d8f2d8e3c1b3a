# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and answers as no client makes them, yet nearly right: each part
of them may stand so in some packet, and some are taken. Of the same seed the
same ones."""
import random

from .sip import token
from .wire import DOMAIN, reply, request

NUL = '"\\\0"'
NAMES = (NUL, '"\\\x01\\\x7f"', '"a\\"b"', '""', '"\u202e\u0301"', '"<sip:x@y>"',
         '"a,b;c"', '', 'plain')
USERS = ('alice', 'bob', 'carol', 'Alice', '%61lice', 'a%00b', 'a' * 384,
         'a;b=c', 'a&b=c', '(x)', '%e2%80%ae', '%ff%fe', 'x%0d%0aVia:y',
         'lobby', 'chat-manager', 'a%40b', '*', '%23join', '-', '$', '~',
         "'", 'a+b', '%25', '.', 'a.')
HOSTS = (DOMAIN, DOMAIN, DOMAIN.upper(), DOMAIN + '.', '127.0.0.1', '[::1]',
         'other.example', 'localhost', '1.2.3.4:5060', 'a_b', '-',
         '[::ffff:127.0.0.1]')
PARAMS = ('', '', ';transport=tcp', ';lr', ';maddr=1.2.3.4', ';a=%00',
          ';user=phone', ';method=INVITE', ';ob', ';x="y"')
PLACES = tuple('sip:%s@%s' % (name, DOMAIN) for name in (
    'lobby', 'den', 'bob', 'chat-manager')) + ('sip:' + DOMAIN,)
TEXTS = ('#join', '#leave', '#create x', '#help', '#members', 'hi', '#rooms',
         '#topic a\0b', '#nick \u202ex', '#ban bob', '#kick bob', '#destroy',
         '#away', '#history 9', '#status', '\xff\xfe', '#link irc:x/#y',
         '/allow 1', '/deny bob', '/watchers', '#buddies add bob',
         '#add alice', '#modify bob owner', '#block bob', '#notices off',
         '#private', '#mute bob 1', 'x' * 3000, '\0', '#', '##', ' ', '\r\n',
         '#join <sip:x@y> z', '#invite sip:carol@' + DOMAIN)
TYPES = ('text/plain', 'text/plain;charset=' + NUL, 'message/cpim',
         'text/html', 'application/im-iscomposing+xml', 'message/imdn+xml',
         'multipart/mixed;boundary="a"', 'text/plain;charset=utf-16')
EVENTS = ('presence', 'conference', 'presence.winfo', 'presence;id=1',
          'presence;id=' + NUL, 'x', 'presence;x=' + NUL)
ACCEPTS = ('text/plain', 'message/cpim', '*/*', 'a/b', NUL, '',
           'application/pidf+xml;q=1', 'multipart/related',
           'message/imdn+xml, application/im-iscomposing+xml')
DOCUMENTS = (
    b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"><tuple '
    b'id="a"><status><basic>open</basic></status></tuple></presence>',
    b'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>'
    b'<entry uri="sip:bob@confab.test"/><entry uri="sip:%00@x"/></list>'
    b'</resource-lists>', b'<', b'')
STATUSES = (200, 200, 202, 404, 415, 488, 480, 481, 489, 503, 100, 183, 302,
            401, 407, 413, 513, 699, 408, 406)
METHODS = ('REGISTER', 'MESSAGE', 'MESSAGE', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH',
           'OPTIONS', 'INVITE', 'NOTIFY', 'FOO')
AFTER = ('0', '5', '99999999999999', '-1', 'x', '5 (c);duration=1')


class Nonsense:
    def __init__(self, seed, contact):
        """contact: host:port where whoever sends it hears."""
        self.random = random.Random(seed)
        self.pick = self.random.choice
        self.contact = contact

    def maybe(self, chance):
        return self.random.random() < chance

    def uri(self):
        return '%s%s@%s%s' % (
            self.pick(('sip:', 'sip:', 'sip:', 'sips:', 'im:', 'pres:')),
            self.pick(USERS), self.pick(HOSTS), self.pick(PARAMS))

    def party(self, tail=''):
        if self.maybe(0.6):
            return '<sip:%s@%s>%s' % (self.pick(USERS[:3]), DOMAIN, tail)
        return '%s <%s>%s' % (self.pick(NAMES), self.uri(), tail)

    def reached(self, tail=''):
        """A Contact, mostly where we are."""
        return '<sip:a@%s>%s' % (self.contact, tail) if self.maybe(0.6) \
            else self.party(tail)

    def register_lines(self):
        lines = ['Contact: ' + self.pick((
            '*', self.reached(), self.reached(';expires=0'),
            self.reached(';+sip.instance="<urn:uuid:1>";reg-id=1')))
            for _ in range(self.random.randrange(3))]
        lines += ['Path: %s <sip:p@127.0.0.1;lr>' % self.pick(NAMES)] \
            if self.maybe(0.3) else []
        lines += ['Supported: ' + self.pick(('path', 'outbound', NUL))]
        return lines

    def event_lines(self):
        lines = ['Event: ' + self.pick(EVENTS), 'Contact: ' + self.reached(),
                 'Content-Type: ' + self.pick((
                     'application/pidf+xml',
                     'application/resource-lists+xml'))]
        for name, value in (('Record-Route', self.party()),
                            ('Supported', 'eventlist'),
                            ('Accept', self.pick(ACCEPTS)),
                            ('SIP-If-Match', self.pick(('x', NUL)))):
            lines += ['%s: %s' % (name, value)] if self.maybe(0.2) else []
        return lines

    def lines_of(self, method):
        lines = {'REGISTER': self.register_lines, 'PUBLISH': self.event_lines,
                 'SUBSCRIBE': self.event_lines}.get(method, list)()
        for name, value, chance in (
                ('Expires', self.pick(('0', '60', '99999999999', 'x')), 0.4),
                ('User-Agent', self.pick(('Asterisk', '"\\', 'dect')), 0.2),
                ('Require', self.pick(('a', NUL, 'path')), 0.1),
                ('P-Asserted-Identity', self.party(), 0.1),
                ('In-Reply-To', self.pick((NUL, 'x@y')), 0.1),
                ('X-IM-Notice', '1', 0.1)):
            lines += ['%s: %s' % (name, value)] if self.maybe(chance) else []
        return [line.replace(' ', '\r\n ') if self.maybe(0.05) else line
                for line in lines]

    def damaged(self, packet, chance):
        if not self.maybe(chance):
            return packet
        data = bytearray(packet)
        data[self.random.randrange(len(data))] = self.random.randrange(256)
        return bytes(data)

    def request(self):
        method, body = self.pick(METHODS), b''
        lines = self.lines_of(method)
        if method == 'MESSAGE':
            body = self.pick(TEXTS).encode('latin-1', 'replace')
            lines.append('Content-Type: ' + (
                'text/plain' if self.maybe(0.7) else self.pick(TYPES)))
        elif method in ('SUBSCRIBE', 'PUBLISH'):
            body = self.pick(DOCUMENTS)
        tag, to = self.pick((';tag=a', ';tag=b', '')), self.party()
        own = {'to': to, 'from': to + tag if self.maybe(0.3)
               else self.party(tag)}
        if self.maybe(0.3):
            own['call_id'] = self.pick(('c1', 'c2', 'a|b'))
        uri = self.pick(PLACES) if self.maybe(0.7) else self.uri()
        return self.damaged(request(method, uri, body=body, more=lines,
                                    **own), 0.1)

    def answer(self, data):
        """To a request of theirs; None: silence."""
        lines = []
        for name, value in (('Accept', self.pick(ACCEPTS)),
                            ('Retry-After', self.pick(AFTER)),
                            ('Contact', '<sip:x@127.0.0.1:9>')):
            lines += ['%s: %s' % (name, value)] if self.maybe(0.3) else []
        if self.maybe(0.05):
            return None
        return self.damaged(reply(data, self.pick(STATUSES), lines), 0.05)


def probe(wire, nonsense):
    """Until an OPTIONS is answered; so is what comes meanwhile."""
    name = token()
    wire.send(request(call_id=name))
    while True:
        data = wire.sock.recv(65535)
        if data.startswith(b'SIP/2.0 '):
            if b'\r\nCall-ID: %s\r\n' % name.encode() in data:
                return
            continue
        answer = nonsense.answer(data)
        if answer:
            wire.send(answer)


def talk(wire, seed, size=20):
    """Sends so many, again and again; each time those that were sent."""
    nonsense = Nonsense(seed, '127.0.0.1:%d' % wire.port)
    while True:
        packets = [nonsense.request() for _ in range(size)]
        wire.send(*packets)
        probe(wire, nonsense)
        probe(wire, nonsense)
        yield packets
