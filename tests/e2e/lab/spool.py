# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in a confabd's spool (src/store/spool.h), beside its database."""
import os
import sqlite3
import struct

MASK = (1 << 64) - 1
HEAD = 12
# Numbers of src/store/db.h, fields of src/store/sql.c.
STEPS = {0: 'i', 1: 'sii', 2: 'ii', 3: 'ii', 4: 'iiiiiiiisssn',
         5: 'ii', 6: 'ii', 7: 'ii'}
MSG, TEXT = 4, 10


def rotate(n, bits):
    return (n << bits | n >> 64 - bits) & MASK


def siphash(key, data):
    """SipHash-2-4."""
    k = struct.unpack('<2Q', key)
    v = [a ^ k[i & 1] for i, a in enumerate((
        0x736f6d6570736575, 0x646f72616e646f6d,
        0x6c7967656e657261, 0x7465646279746573))]

    def rounds(count):
        for _ in range(count):
            v[0] = v[0] + v[1] & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = v[2] + v[3] & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = v[0] + v[3] & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = v[2] + v[1] & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    last = data[len(data) & ~7:].ljust(7, b'\0') + bytes([len(data) & 255])
    for (m,) in struct.iter_unpack('<Q', data[:len(data) & ~7] + last):
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 255
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def groups(path):
    """Those that count, of the spool of this database."""
    if not os.path.exists(str(path) + '-spool'):
        return
    with open(str(path) + '-spool', 'rb') as f:
        data = f.read()
    db = sqlite3.connect(path)
    key = db.execute('SELECT key FROM spool').fetchone()[0]
    db.close()
    at = 0
    while at + HEAD <= len(data):
        size, check = struct.unpack_from('>IQ', data, at)
        body = data[at + HEAD:at + HEAD + size]
        place = struct.pack('>Q', at << 32 | size)
        mine = bytes(a ^ b for a, b in zip(key, place)) + key[8:]
        if not size or len(body) < size or siphash(mine, body) != check:
            return
        yield body
        at += HEAD + size


def texts(path):
    out = []
    for body in groups(path):
        at = 0
        while at < len(body):
            fields = []
            step = body[at]
            at += 1
            for field in STEPS[step]:
                n = 8
                if field in 'sn':
                    n = struct.unpack_from('>I', body, at)[0]
                    at += 4
                fields.append(body[at:at + n])
                at += n
            if step == MSG:
                out.append(fields[TEXT].decode())
    return out
