# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here shares; sourced, never run.

set -euo pipefail

EDU_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
EDU_CACHE=${EDU_TCP_CACHE:-${HOME:-/root}/.cache/edu_tcp}
EDU_SELF=${0##*/}
export EDU_TOP EDU_CACHE

# The system's own tools, never a version manager's shims (slow in a VM). What was compiled once, in
# whatever checkout, comes from ccache.
CCACHE_DIR=$EDU_CACHE/ccache
CCACHE_BASEDIR=$EDU_TOP
CCACHE_NOHASHDIR=1
export CCACHE_DIR CCACHE_BASEDIR CCACHE_NOHASHDIR
PATH=/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

say()
{
	printf '%s: %s\n' "$EDU_SELF" "$*" >&2
}

die()
{
	say "$@"
	exit 1
}

# die_usage MESSAGE: usage(), which the script defines, and last what is wrong.
die_usage()
{
	usage >&2
	echo >&2
	say "$@"
	exit 2
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root for: $*"
	fi
}

# colour NAME TEXT: only on a terminal, never with NO_COLOR.
colour()
{
	local code
	if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then
		printf '%s' "$2"
		return
	fi
	case $1 in
	red) code=31 ;;
	green) code=32 ;;
	yellow) code=33 ;;
	*) code=1 ;;
	esac
	printf '\033[%sm%s\033[0m' "$code" "$2"
}
