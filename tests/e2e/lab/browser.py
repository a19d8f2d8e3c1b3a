# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium whose page talks SIP with JsSIP and SIP.js, as npm has
them; they are fetched once, beside the build folders."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import ssl
import subprocess
import threading

from .clients import environment
from .util import Process, Seen, free_port

HERE = pathlib.Path(__file__).resolve().parents[1] / 'browser'
CACHE = HERE.parents[2] / 'build-npm'
# The program itself: what is in the path is a script that stays beside it.
PROGRAMS = ('/usr/lib/chromium/chromium-headless-shell', 'chromium')
TYPES = {'.html': 'text/html', '.js': 'text/javascript'}


def program():
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def missing():
    """What is missing on this machine, if anything."""
    if not program():
        return 'chromium'
    return None if shutil.which('npm') else 'npm'


def libraries():
    """The folder with the packages of package-lock.json."""
    lock = (HERE / 'package-lock.json').read_bytes()
    done = CACHE / 'fetched'
    if not done.exists() or done.read_bytes() != lock:
        CACHE.mkdir(exist_ok=True)
        for name in 'package.json', 'package-lock.json':
            shutil.copy(HERE / name, CACHE)
        run = subprocess.run(
            ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
            cwd=CACHE, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        done.write_bytes(lock)
    return CACHE / 'node_modules'


class Bundle:
    """A package of CommonJS modules, as one script for a page."""

    def __init__(self, packages, name):
        self.packages, self.modules = packages, {}
        first = self.add(self.find(packages, name))
        self.script = (
            '(() => {const process = {env: {}};const all = {%s}, made = {};'
            'function require(p) {if (!made[p]) {made[p] = {exports: {}};'
            'all[p](made[p], made[p].exports);} return made[p].exports;}'
            'window.JsSIP = require("%s");})();' % (','.join(
                '"%s": (module, exports) => {%s\n}' % pair
                for pair in self.modules.items()), first)).encode()

    def find(self, folder, name):
        base = (folder if name.startswith('.') else self.packages) / name
        about = base / 'package.json'
        if about.exists():
            about = json.loads(about.read_text())
            base = base / (about.get('browser') or about['main'])
        return next(p for p in (base, pathlib.Path(str(base) + '.js'),
                                base / 'index.js') if p.is_file()).resolve()

    def add(self, path):
        if str(path) not in self.modules:
            text = path.read_text()
            if path.suffix == '.json':
                text = 'module.exports = ' + text
            self.modules[str(path)] = ''
            self.modules[str(path)] = re.sub(
                r'''\brequire\(['"]([^'"]+)['"]\)''', lambda found:
                'require("%s")' % self.add(self.find(path.parent, found[1])),
                text)
        return str(path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, data, kind='application/json', status=200):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        browser = self.server.browser
        if self.path == '/next':
            return self.answer(json.dumps(browser.next_orders()).encode())
        if self.path == '/jssip.js':
            return self.answer(browser.jssip, TYPES['.js'])
        name = 'page.html' if self.path == '/' else self.path.lstrip('/')
        inside = name.startswith('node_modules/') and '..' not in name
        path = (CACHE if inside else HERE) / name
        if not inside and name not in ('page.html', 'page.js') or \
                not path.is_file():
            return self.answer(b'', status=404)
        self.answer(path.read_bytes(), TYPES[path.suffix])

    def do_POST(self):
        data = self.rfile.read(int(self.headers['Content-Length']))
        self.server.browser.happened(json.loads(data))
        self.answer(b'{}')

    def log_message(self, *args):
        pass


def key_of(certificate):
    """What Chromium calls a certificate whose key it may believe."""
    def openssl(data, *words):
        return subprocess.run(['openssl', *words], input=data, check=True,
                              capture_output=True).stdout
    with open(certificate) as f:
        der = ssl.PEM_cert_to_DER_cert(f.read())
    key = openssl(der, 'x509', '-inform', 'DER', '-noout', '-pubkey')
    key = openssl(key, 'pkey', '-pubin', '-outform', 'DER')
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Browser:
    """One page for any number of clients; certificate: who is believed."""

    def __init__(self, folder, certificate):
        self.jssip = Bundle(libraries(), 'jssip').script
        self.orders, self.clients = queue.SimpleQueue(), {}
        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                                    Handler)
        self.http.daemon_threads = True
        self.http.browser = self
        threading.Thread(target=self.http.serve_forever,
                         daemon=True).start()
        folder = str(folder)
        self.process = Process([
            program(), '--headless', '--no-sandbox', '--disable-gpu',
            '--disable-dev-shm-usage', '--no-first-run',
            '--disable-background-networking', '--disable-component-update',
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
            '--user-data-dir=' + os.path.join(folder, 'data'),
            '--ignore-certificate-errors-spki-list=' + key_of(certificate),
            '--remote-debugging-port=%d' % free_port(),
            'http://127.0.0.1:%d/' % self.http.server_port],
            os.path.join(folder, 'chromium.log'), environment(folder), folder)

    def next_orders(self):
        """Waits a while for some."""
        try:
            return [self.orders.get(timeout=10)]
        except queue.Empty:
            return []

    def happened(self, event):
        self.clients[event['id']].seen.add(event)

    def close(self):
        self.process.stop()
        self.http.shutdown()
        self.http.server_close()


class WebClient:
    """kind: jssip or sipjs. url: where it connects to."""

    def __init__(self, browser, kind, url, name, domain, password):
        self.browser, self.name = browser, name
        self.aor = 'sip:%s@%s' % (name, domain)
        self.id, self.number = len(browser.clients), 0
        self.seen = Seen(name)
        browser.clients[self.id] = self
        self.order('start', kind=kind, name=name, url=url, aor=self.aor,
                   password=password)

    def order(self, what, **more):
        self.browser.orders.put(dict(more, id=self.id, what=what))

    def wait(self, kind, **more):
        want = dict(more, kind=kind)
        return self.seen.wait(lambda e: want.items() <= e.items())

    def say(self, to, text):
        """The final status."""
        self.number += 1
        self.order('say', to=to, text=text, number=self.number)
        return self.wait('answer', number=self.number)['status']

    def saw(self, text, source):
        return self.wait('message', text=text, source=source)

    def count(self, text):
        return self.seen.count(lambda e: e.get('text') == text)

    def leave(self):
        self.order('leave')
        self.wait('unregistered')

    def close(self):
        self.order('stop')
