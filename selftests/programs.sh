# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How a suite runs its test programs; sourced after scripts/lib.sh, never run.

# The programs that have come to an end: KTAP's number.
number=0

# built PROGRAM: as make left it, without arguments.
# shellcheck disable=SC2154 # the suite says where
built()
{
	"$build/$1"
}

# run_programs COMMAND PROGRAM...: "COMMAND PROGRAM" for each, as KTAP: a line for the program, its
# own tests indented above it. Fails if one of them does.
run_programs()
{
	local command=$1 name started status=0

	shift
	for name in "$@"; do
		number=$((number + 1))
		started=$SECONDS
		# The harness says of each test also when it begins and that it is OK: too much.
		if "$command" "$name" 2>&1 | sed -u '/^# *RUN  /d; /^# *OK  /d; s/^/  /'; then
			echo "ok $number $name # $((SECONDS - started)) s"
		else
			echo "not ok $number $name"
			status=1
		fi
	done
	return "$status"
}

# small_module FILE: edu_tcp.ko of this kernel without what only debuggers read, for tests that load
# it again and again on a kernel that is slow.
small_module()
{
	objcopy -g "$EDU_TOP/build/${EDU_KERNEL:-$(uname -r)}/edu_tcp.ko" "$1"
}
