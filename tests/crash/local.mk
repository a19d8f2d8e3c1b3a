# SPDX-License-Identifier: GPL-3.0-or-later
EXTRA_DIST += \
	tests/crash/commands.py \
	tests/crash/dead_member.py \
	tests/crash/flip.py \
	tests/crash/half_open.py \
	tests/crash/half_open_xmpp.py \
	tests/crash/kill.py \
	tests/crash/nonsense.py \
	tests/crash/people.py \
	tests/crash/powercut.py \
	tests/crash/powercut.sh \
	tests/crash/relay.py \
	tests/crash/three_way.py
