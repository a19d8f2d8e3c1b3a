# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fails when it is told to."""
import mmap
import os
import struct
import subprocess

SOURCE = os.path.join(os.path.dirname(__file__), 'faults.c')


class Faults:
    """Calls that change the database's files, and fail when asked to."""

    def __init__(self, folder):
        self.library = folder / 'faults.so'
        subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-O2',
                        '-o', str(self.library), SOURCE],
                       check=True)
        control = folder / 'control'
        control.write_bytes(bytes(40))
        with open(control, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), 40)
        self.env = {
            'LD_PRELOAD': str(self.library), 'FAULTS_CONTROL': str(control),
            'FAULTS_PATH': 'confab.db',
            'ASAN_OPTIONS': 'verify_asan_link_order=0'}

    def fail(self, after, count, error):
        """The call that is so many further, and count - 1 behind it."""
        calls = struct.unpack_from('q', self.map)[0]
        struct.pack_into('4q', self.map, 8, calls + after,
                         calls + after + count, error, 0)

    def fail_all(self, error):
        """From now on; fail_none() ends it."""
        self.fail(1, 1 << 40, error)

    def fail_none(self):
        self.fail(0, 0, 0)

    def hits(self):
        return struct.unpack_from('q', self.map, 32)[0]
