# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest authentication, the client's side (RFC 7616, RFC 8760)."""
import hashlib
import re

HASHES = {'MD5': 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512_256'}


def digest(algorithm, *parts):
    return hashlib.new(HASHES.get(algorithm, 'md5'),
                       ':'.join(parts).encode()).hexdigest()


def challenges(headers):
    """Of each WWW-Authenticate (or a proxy's) the parameters, in order."""
    return [{k.lower(): v.strip('"') for k, v in
             re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', value)}
            for key, value in headers
            if key in ('www-authenticate', 'proxy-authenticate')]


def authorization(challenge, method, uri, user, password, nc='00000001',
                  cnonce='0a4f113b', qop='auth', algorithm=None, says={}):
    """A header line that answers the challenge. says: parameters that are
    written otherwise than they are; None: left out."""
    name = algorithm or challenge.get('algorithm', 'MD5')
    realm, nonce = challenge['realm'], challenge['nonce']
    ha1 = digest(name, user, realm, password)
    middle = (nonce, nc, cnonce, qop) if qop else (nonce,)
    p = {'username': '"%s"' % user, 'realm': '"%s"' % realm,
         'nonce': '"%s"' % nonce, 'uri': '"%s"' % uri, 'algorithm': name,
         'response': '"%s"' % digest(name, ha1, *middle,
                                     digest(name, method, uri))}
    if qop:
        p.update(qop=qop, nc=nc, cnonce='"%s"' % cnonce)
    p.update(says)
    return 'Authorization: Digest ' + ', '.join(
        '%s=%s' % pair for pair in p.items() if pair[1] is not None)


class Login:
    """What a phone knows of its account: the newest challenge, and how often
    it was answered."""

    def __init__(self, user, password):
        self.user, self.password = user, password
        self.challenge, self.count, self.proxy = None, 0, ''

    def challenged(self, status, headers):
        self.challenge, self.count = challenges(headers)[0], 0
        self.proxy = 'Proxy-' if status == 407 else ''

    def line(self, method, uri):
        self.count += 1
        return self.proxy + authorization(
            self.challenge, method, uri, self.user, self.password,
            nc='%08x' % self.count)
