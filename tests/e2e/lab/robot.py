# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that is one robot (prpl.c), for confab-purple."""
import os
import subprocess

SOURCE = os.path.join(os.path.dirname(__file__), 'prpl.c')
PROT = 'prpl-confab-lab'
ROBOT = 'sip:robot@lab.im.confab.test'


def build(folder):
    """The environment that a confabd has to have."""
    library = folder / 'prpl.so'
    flags = subprocess.run(['pkg-config', '--cflags', 'purple'], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-O1',
                    '-Wl,-z,lazy', *flags, '-o', str(library), SOURCE],
                   check=True)
    # what kills a worker on purpose is no report
    return {'LD_PRELOAD': str(library),
            'ASAN_OPTIONS': 'verify_asan_link_order=0:handle_segv=0'}


def sections(more=''):
    return ('purple_gateway { domain = "im.confab.test" linger = 1\n'
            'allow = {"%s=lab"}\n%s\n}\n' % (PROT, more))
