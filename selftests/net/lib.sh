# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # the tests use what look fills
# What the tests in namespaces share; sourced, never run. Each test is a function; a
# `run` script sources this, hands the functions' names to run_tests, and that is all.
#
# EDU_PROTO=6 runs a test over the kernel's own TCP: whether a test asks for what a TCP
# does can so be tried on any machine, without the module.

. "${BASH_SOURCE[0]%/*}/../../scripts/lib.sh"

[ "$EUID" = 0 ] || die "needs root: it makes network namespaces"
[ -n "${EDU_TEST:-}" ] || make -s -C "$EDU_TOP/selftests/net" programs

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
		[ -d /run/netns ] || mkdir /run/netns
		mount -t tmpfs tmpfs /run/netns
		mount -t tmpfs tmpfs "$EDU_TEST"
		cd "$EDU_TEST"
		set -o errtrace
		trap 'echo "line $LINENO: status $?: $BASH_COMMAND"' ERR
		"${only[0]}"
		return
	fi

	[ ${#only[@]} = 0 ] || set -- "${only[@]}"
	for test in "$@"; do
		declare -F "$test" >/dev/null || die "there is no test '$test'"
	done
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

# A pipe that nobody writes to: reading it is a sleep that costs no process.
exec {nothing}<> <(:)

# until_true SECONDS WHAT COMMAND…: waits for a condition and says which one never came.
# A virtual clock runs ahead while the machine waits for its host: there it is 20 times.
until_true()
{
	local limit=$(($1 * ${EDU_VIRTUAL:+20*}1)) what=$2
	local end=$((SECONDS + limit))

	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || fail "waited $limit s in vain: $what"
		read -rt 0.02 -u "$nothing" || :
	done
}

###### Networks

in_ns()
{
	nsenter --net="/run/netns/$1" "${@:2}"
}

# namespaces NAME…: each with a process in it, so that we can read its /proc/net without
# starting a program (that takes a third of a second on an emulated debug kernel).
declare -A net

namespaces()
{
	local ns

	printf 'netns add %s\n' "$@" | ip -batch -
	for ns in "$@"; do
		nsenter --net="/run/netns/$ns" sleep infinity &
		net[$ns]=/proc/$!/net
		until_true 30 "a process is in $ns" [ "/proc/$!/ns/net" -ef "/run/netns/$ns" ]
	done
}

# configure NS: ip commands from stdin.
configure()
{
	ip -n "$1" -batch -
}

# wire A A_DEVICE A_ADDRESS B B_DEVICE B_ADDRESS: a veth pair between two namespaces.
# Without the offloads every segment on it is as a wire would carry it: no larger than
# the MTU and with its checksum filled in.
wire()
{
	local device offloads="tx off tso off gso off gro off"

	ip link add "$2" type veth peer name "$5"
	for device in "$2" "$5"; do
		# shellcheck disable=SC2086 # words
		ethtool -K "$device" $offloads >/dev/null
	done
	ip -batch - <<-END
		link set $2 netns $1
		link set $5 netns $4
	END
	configure "$1" <<-END
		link set lo up
		addr add $3 dev $2
		link set $2 up
	END
	configure "$4" <<-END
		link set lo up
		addr add $6 dev $5
		link set $5 up
	END
}

###### What /proc/net says

declare -A count now ever tcp

# look NS: fills count with the counters and drop reasons, now and ever with the states,
# tcp with the counters of the kernel's own TCP.
look()
{
	local line
	local -a words names=()

	count=() now=() ever=() tcp=()
	while read -ra words; do
		# Pairs of lines: names above, values below.
		case ${words[0]} in
		Tcp: | TcpExt:) ;;
		*) continue ;;
		esac
		if [ ${#names[@]} = 0 ]; then
			names=("${words[@]}")
			continue
		fi
		for line in "${!names[@]}"; do
			tcp[${names[line]}]=${words[line]}
		done
		names=()
	done <<<"$(<"${net[$1]}/snmp")
$(<"${net[$1]}/netstat")"

	if [ "$EDU_PROTO" = 6 ]; then
		for line in "${!tcp[@]}"; do
			count[$line]=${tcp[$line]}
		done
		return
	fi
	while read -ra words; do
		case ${#words[@]} in
		2) count[${words[0]}]=${words[1]} ;;
		3) now[${words[0]}]=${words[1]} ever[${words[0]}]=${words[2]} ;;
		esac
	done <<<"$(<"${net[$1]}/edu_tcp")"
}

# only_edu_tcp NS…: the kernel's own TCP has seen nothing there.
only_edu_tcp()
{
	local ns name

	[ "$EDU_PROTO" != 6 ] || return 0
	for ns in "$@"; do
		look "$ns"
		for name in ActiveOpens PassiveOpens InSegs OutSegs; do
			is "TCP's $name in $ns" "${tcp[$name]}" 0
		done
	done
}

# listening NS PORT
listening()
{
	local port

	if [ "$EDU_PROTO" = 6 ]; then
		printf -v port %04X "$2"
		[[ $(<"${net[$1]}/tcp")$(<"${net[$1]}/tcp6") == *":$port "*:0000\ 0A\ * ]]
	else
		[[ $(<"${net[$1]}/edu_tcp_sockets") =~ :$2\ +[^\ ]+\ +LISTEN ]]
	fi
}

until_listening()
{
	until_true 60 "something listens on port $2 in $1" listening "$1" "$2"
}

# nothing_in_flight NS: no connection there still waits for an acknowledgment.
nothing_in_flight()
{
	if [ "$EDU_PROTO" = 6 ]; then
		# FIN_WAIT1, LAST_ACK, CLOSING
		[[ ! $(<"${net[$1]}/tcp") =~ :[0-9A-F]{4}\ (04|09|0B)\  ]]
	else
		[[ ! $(<"${net[$1]}/edu_tcp_sockets") =~ FIN-WAIT-1|LAST-ACK|CLOSING ]]
	fi
}

###### Data

# random_file NAME BYTES: from one that is made once; /dev/urandom is dear in a VM.
random_file()
{
	head -c "$2" "$EDU_TOP/build/net/random.${3:-1}" >"$1"
}

# same_hash FILE COPY…: in pairs.
same_hash()
{
	local -a sums
	local i

	mapfile -t sums < <(b2sum -- "$@")
	is "hashes" ${#sums[@]} $#
	for ((i = 0; i < $#; i += 2)); do
		is "the hash of ${sums[i + 1]#* }" "${sums[i + 1]%% *}" "${sums[i]%% *}"
	done
}
