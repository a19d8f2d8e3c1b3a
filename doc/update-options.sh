#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes doc/confab.conf.5 from doc/confab.conf.5.in and the option table:
# sh doc/update-options.sh [BUILD FOLDER] [OUTPUT]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
out=${2:-doc/confab.conf.5}
"$build/confabd" --man-options >"$build/options.mdoc"
sed -e "/^@OPTIONS@\$/{
r $build/options.mdoc
d
}" doc/confab.conf.5.in >"$out"
