# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016 # awk expands its own $
# What the tests in namespaces share; sourced, never run. Each test is a function; a
# `run` script sources this, hands the functions' names to run_tests, and that is all.
#
# EDU_PROTO=6 runs a test over the kernel's own TCP: whether a test asks for what a TCP
# does can so be tried on any machine, without the module.

. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

if [ -z "${EDU_PROTO:-}" ]; then
	[ -r /proc/net/edu_tcp ] || die "edu_tcp is not loaded (EDU_PROTO=6 takes the kernel's TCP)"
	EDU_PROTO=$(sed -n 's/^edu_tcp: protocol //p' /proc/net/edu_tcp)
fi
export EDU_PROTO

###### Running, with TAP as the result

# run_tests NAME…: runs the functions of these names, or of those given to the script.
# Each runs in a network, process and mount namespace of its own: names in it are free to
# choose, and all that it leaves behind (processes, interfaces, mounts) goes with it.
run_tests()
{
	local test number=0 failed=0 started

	if [ -n "${EDU_TEST:-}" ]; then
		mkdir -p /run/netns
		mount -t tmpfs tmpfs /run/netns
		mount -t tmpfs tmpfs "$EDU_TEST"
		cd "$EDU_TEST"
		set -o errtrace
		trap 'echo "line $LINENO: status $?: $BASH_COMMAND"' ERR
		"${only[0]}"
		return
	fi

	[ ${#only[@]} = 0 ] || set -- "${only[@]}"
	echo "TAP version 13"
	echo "1..$#"
	EDU_TEST=$(mktemp -d /tmp/edu_tcp.XXXXXX)
	export EDU_TEST
	for test in "$@"; do
		number=$((number + 1))
		started=$SECONDS
		if timeout -k 10 "${TEST_LIMIT:-120}" unshare --net --mount --propagation private \
			--pid --fork --kill-child --mount-proc -- "$0" "$test" >"$EDU_TEST/log" 2>&1; then
			echo "ok $number - $test # $((SECONDS - started)) s"
			sed -n 's/^note:/#  /p' "$EDU_TEST/log"
		else
			[ $? != 124 ] || echo "still not done after ${TEST_LIMIT:-120} s" >>"$EDU_TEST/log"
			echo "not ok $number - $test"
			sed 's/^/#   /' "$EDU_TEST/log"
			failed=$((failed + 1))
		fi
	done
	rm -r "$EDU_TEST"
	[ "$failed" = 0 ]
}
only=("$@")

note()
{
	echo "note: $*"
}

fail()
{
	echo "$*"
	exit 1
}

# is WHAT GOT EXPECTED
is()
{
	[ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
}

# at_least WHAT GOT MINIMUM
at_least()
{
	[ "$2" -ge "$3" ] || fail "$1: expected $3 or more, got $2"
}

# until_true SECONDS WHAT COMMAND…: waits for a condition and says which one never came.
until_true()
{
	local limit=$1 what=$2 end=$((SECONDS + $1))

	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "waited $limit s in vain: $what"
		sleep 0.05
	done
}

# succeeds PID WHAT: the background command has to end well.
succeeds()
{
	wait "$1" || fail "$2 ended with status $?"
}

###### Networks

in_ns()
{
	ip netns exec "$@"
}

# namespaces NAME…
namespaces()
{
	local ns

	for ns in "$@"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
	done
}

# wire A A_DEV A_ADDR B B_DEV B_ADDR [MTU]: a veth pair between two namespaces.
# Without the offloads every segment on it is as a wire would carry it: no larger than
# the MTU and with its checksum filled in.
wire()
{
	local a=$1 a_dev=$2 a_addr=$3 b=$4 b_dev=$5 b_addr=$6 mtu=${7:-1500}

	ip link add "$a_dev" mtu "$mtu" netns "$a" type veth peer name "$b_dev" mtu "$mtu" netns "$b"
	ip -n "$a" addr add "$a_addr" dev "$a_dev"
	ip -n "$b" addr add "$b_addr" dev "$b_dev"
	ip -n "$a" link set "$a_dev" up
	ip -n "$b" link set "$b_dev" up
	in_ns "$a" ethtool -K "$a_dev" tx off tso off gso off gro off >/dev/null
	in_ns "$b" ethtool -K "$b_dev" tx off tso off gso off gro off >/dev/null
}

###### What edu_tcp says

# counter NS NAME
counter()
{
	if [ "$EDU_PROTO" = 6 ]; then
		# The same names, in pairs of lines: names above, values below.
		in_ns "$1" cat /proc/net/snmp /proc/net/netstat | awk -v name="$2" '
			$1 ~ /^Tcp/ && !names { for (i = 2; i <= NF; i++) at[i] = $i; names = 1; next }
			$1 ~ /^Tcp/ { for (i = 2; i <= NF; i++) if (at[i] == name) print $i; names = 0 }'
	else
		in_ns "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/edu_tcp
	fi
}

# listening NS PORT
listening()
{
	if [ "$EDU_PROTO" = 6 ]; then
		in_ns "$1" ss -Hltn | awk '{ print $4 }'
	else
		in_ns "$1" awk '$3 == "LISTEN" { print $1 }' /proc/net/edu_tcp_sockets
	fi | grep -q ":$2\$"
}

until_listening()
{
	until_true 60 "something listens on port $2 in $1" listening "$1" "$2"
}

# only_edu_tcp NS…: the kernel's own TCP has seen nothing there.
only_edu_tcp()
{
	local ns name

	[ "$EDU_PROTO" != 6 ] || return 0
	for ns in "$@"; do
		for name in ActiveOpens PassiveOpens InSegs OutSegs; do
			is "TCP's $name in $ns" "$(EDU_PROTO=6 counter "$ns" $name)" 0
		done
	done
}
