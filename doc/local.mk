# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += doc/confabd.8 doc/confabctl.1 doc/confab.conf.5
EXTRA_DIST += doc/architecture.md doc/clients.md doc/dependencies.md doc/irc.md doc/purple.md \
	doc/jabber.md doc/presence.md \
	doc/performance.md doc/security.md etc/fail2ban/confab.conf etc/fail2ban/jail.conf \
	doc/confab.conf.5.in \
	doc/update-options.sh CONTRIBUTING.md COPYING etc/lib.sh \
	etc/quickstart.sh etc/kamailio-front.cfg etc/demo.py doc/fronts.md \
	tests/run.sh tests/check_style.sh \
	tests/e2e
dist_doc_DATA = README.md etc/confab.conf.sample etc/confab.service

dist-hook:
	find $(distdir) -name __pycache__ -prune -exec rm -rf {} +
