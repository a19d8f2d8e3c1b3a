# SPDX-License-Identifier: GPL-3.0-or-later
"""A program in a terminal of its own, as somebody at the keyboard has it."""
import os
import subprocess
import tempfile

from .util import wait_for


class Terminal:
    def __init__(self, command, width=120, height=40):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, 'tmux')
        self.tmux('-f', '/dev/null', 'new-session', '-d', '-x', str(width),
                  '-y', str(height), *command)

    def tmux(self, *words):
        env = dict(os.environ, TERM='xterm', LC_ALL='C.UTF-8')
        env.pop('TMUX', None)
        return subprocess.run(['tmux', '-u', '-S', self.socket, *words],
                              capture_output=True, text=True, timeout=30,
                              env=env)

    def screen(self):
        return self.tmux('capture-pane', '-p').stdout

    def shows(self, text):
        wait_for(lambda: text in self.screen(),
                 lambda: '%r on the screen:\n%s' % (text, self.screen()))

    def types(self, line):
        self.tmux('send-keys', '-l', line)
        self.tmux('send-keys', 'Enter')

    def close(self):
        self.tmux('kill-server')
        self.folder.cleanup()
