#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kamailio-flags.sh SRC KAMAILIO OUT: what the installed Kamailio was built with.
#
# Kamailio's loader refuses a module unless its version and compile flags equal
# the program's, text by text. `make cfg` in the source tree computes them as
# Debian's build does; they are read back through make (never by parsing shell
# quotes) and become OUT/kamailio_defs.h, which every file of a module includes
# first. Then a program compiled with that header says what a module would
# claim, and it is compared with `kamailio -I`: whatever the loader would
# refuse is refused here.
set -eu
src=$1
bin=$2
out=$3
mkdir -p "$out"
fail() { echo "$*" >&2; exit 1; }

exec 9> "$src/.cfg.lock"
command -v flock > /dev/null && flock 9
if [ ! -f "$src/config.mak" ]; then
	make -s -C "$src" cfg FLAVOUR=kamailio prefix=/usr \
		cfg_target=/etc/kamailio/ LIBDIR="lib/$(gcc -print-multiarch)" \
		CC_EXTRA_OPTS=-DVERSION_NODATE > "$out/cfg.log" 2>&1 ||
		fail "make cfg failed: see $out/cfg.log"
fi
exec 9>&-

# CC_PMUTEX_OPTS holds a flag that is in the version string and not in C_DEFS.
printf 'include %s/config.mak\nall:\n\t@printf "%%s\\n" %s\n' "$src" \
	'$(C_DEFS) $(CC_PMUTEX_OPTS)' > "$out/print.mk"
make -s --no-print-directory -f "$out/print.mk" all |
	grep '^-D' | sort -u > "$out/defs"
{
	echo "/* made by kamailio-flags.sh from config.mak */"
	sed -n -e 's/^-D\([A-Za-z0-9_]*\)=\(.*\)$/#define \1 \2/p' \
		-e 's/^-D\([A-Za-z0-9_]*\)$/#define \1 1/p' "$out/defs"
} > "$out/kamailio_defs.h.new"
cmp -s "$out/kamailio_defs.h.new" "$out/kamailio_defs.h" ||
	mv "$out/kamailio_defs.h.new" "$out/kamailio_defs.h"

cat > "$out/says.c" <<'C'
#include <stdio.h>
#include "core/ver_defs.h"
int main(void)
{
	printf("%s\n%s\n", SER_FULL_VERSION, SER_COMPILE_FLAGS);
	return 0;
}
C
gcc -include "$out/kamailio_defs.h" -I"$src" "$out/says.c" -o "$out/says"
"$bin" -I > "$out/installed"
same() { # what, ours, theirs
	[ "$2" = "$3" ] || fail "$1 of the headers and of $bin differ:
  headers:  $2
  program:  $3
The sources must be those of the installed package: remove the kamailio-*
directory in build/ and configure again."
}
same "version" "$("$out/says" | sed -n 1p)" \
	"$(sed -n 's/^  Version: \(.*[^ ]\) *$/\1/p' "$out/installed")"
same "compile flags" "$("$out/says" | sed -n 2p)" \
	"$(sed -n 's/^  Compile flags: //p' "$out/installed")"
same "ADAPTIVE_WAIT_LOOPS" \
	"$(sed -n 's/^-DADAPTIVE_WAIT_LOOPS=//p' "$out/defs")" \
	"$(sed -n 's/^  ADAPTIVE_WAIT_LOOPS=\([0-9]*\).*/\1/p' "$out/installed")"
echo "module flags equal those of $("$out/says" | sed -n 1p)"
