# SPDX-License-Identifier: GPL-3.0-or-later
# What quickstart.sh and tests/run.sh share: packages and building. Sourced,
# from the top of the tree.

BUILD_PACKAGES="gcc make autoconf automake pkg-config libc6-dev
 libosip2-dev libstrophe-dev libircclient-dev libpurple-dev libpurple0
 libuv1-dev libc-ares-dev
 libssl-dev libwslay-dev libsqlite3-dev libconfuse-dev libjansson-dev libidn-dev
 libexpat1-dev ca-certificates"

say()
{
	echo "== $*" >&2
}

die()
{
	echo "$0: $*" >&2
	exit 1
}

missing_packages()
{
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" \
			2>/dev/null | grep -qx installed || echo "$package"
	done
}

# Services that a package brings must not start here: tests and the demo run
# their own, on ports of their own.
apt_install()
{
	policy=/usr/sbin/policy-rc.d made=
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
		$as_root chmod 755 $policy
		made=yes
	fi
	status=0
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends "$@" >&2 || status=$?
	[ -z "$made" ] || $as_root rm -f $policy
	return $status
}

# Installs those of the packages that are not there yet.
need()
{
	wanted=$(missing_packages "$@")
	[ -n "$wanted" ] || return 0
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 ||
			die "please install (as root):" $wanted
		as_root=sudo
	fi
	say "installing:" $wanted
	# Word splitting is meant: one word a package.
	# shellcheck disable=SC2086
	apt_install $wanted && return
	$as_root apt-get update -q >&2 || die "apt-get update failed"
	# shellcheck disable=SC2086
	apt_install $wanted || die "could not install:" $wanted
}

# build FOLDER [configure options]: configures where that is missing or out of
# date, and makes $goal, or everything.
build()
{
	folder=$1
	shift
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		say "autoreconf"
		autoreconf -fi >autoreconf.log 2>&1 || {
			cat autoreconf.log >&2
			die "autoreconf failed"
		}
		rm -f autoreconf.log
	fi
	mkdir -p "$folder"
	if [ ! -f "$folder/Makefile" ] || [ configure -nt "$folder/Makefile" ]
	then
		say "configure $folder $*"
		(cd "$folder" && ../configure -q "$@") >&2 ||
			die "configure failed: see $folder/config.log"
	fi
	say "make in $folder"
	make -s -C "$folder" -j "$(nproc)" ${goal-} >"$folder/make.out" 2>&1 || {
		grep -v '^  [A-Z]' "$folder/make.out" | tail -40 >&2
		die "make failed: see $folder/make.out"
	}
}
