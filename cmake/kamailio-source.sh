#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kamailio-source.sh VERSION DIR: Debian's source of Kamailio, for its headers.
#
# Debian packages no headers of Kamailio. This fetches the source package of
# exactly the installed VERSION (as dpkg-query gives it) with an apt state of
# its own, so that the machine's sources need no deb-src and nothing of the
# machine's apt changes, and unpacks the upstream archive into DIR. Debian's
# own patches touch no header that the module uses. Done before: nothing to do.
set -eu
version=$1
dir=$2
[ -f "$dir/src/core/sr_module.h" ] && exit 0

work=$dir.fetch.$$
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"

for file in /etc/apt/sources.list.d/*.sources; do
	[ -f "$file" ] || continue
	sed 's/^Types:.*/Types: deb-src/' "$file" \
		> "$work/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ -f "$file" ] || continue
	sed -n 's/^deb /deb-src /p' "$file" \
		> "$work/parts/$(basename "$file" .list).list"
done

apt() {
	sandbox=
	[ "$(id -u)" = 0 ] && sandbox="-o APT::Sandbox::User=root"
	# shellcheck disable=SC2086
	(cd "$work" && apt-get -qq -o Dir::Etc::SourceList=/dev/null \
		-o Dir::Etc::SourceParts="$work/parts" \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o Acquire::Retries=3 $sandbox "$@")
}

# Of the source package only the upstream archive: some mirrors lack its
# signature, which apt needs no more than we do (it has the archive's SHA256
# from the signed index).
apt update
apt --print-uris source "kamailio=$version" > "$work/uris"
set -- $(sed -n "s/^'\([^']*\)' \(kamailio_.*\.orig\.tar\.[gx]z\) [0-9]* \(.*\)$/\1 \2 \3/p" \
	"$work/uris")
[ $# = 3 ] || { echo "no source archive of kamailio $version" >&2; exit 1; }
archive=$work/$2
/usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$1" "$archive" \
	"$3" > "$work/fetch.log" 2>&1 || { cat "$work/fetch.log" >&2; exit 1; }
mkdir "$work/tree"
tar xf "$archive" -C "$work/tree" --strip-components=1
# Two builds that start together: the first rename wins.
mkdir -p "$(dirname "$dir")"
mv -T "$work/tree" "$dir" 2>/dev/null || [ -f "$dir/src/core/sr_module.h" ]
