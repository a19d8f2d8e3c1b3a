# SPDX-License-Identifier: GPL-3.0-or-later
dist_man_MANS += doc/confabd.8 doc/confabctl.1 doc/confab.conf.5
EXTRA_DIST += doc/architecture.md doc/dependencies.md doc/confab.conf.5.in \
	doc/update-options.sh README.md CONTRIBUTING.md COPYING \
	etc/confab.conf.sample etc/confab.service etc/lib.sh \
	etc/quickstart.sh etc/demo.py tests/run.sh tests/check_style.sh
