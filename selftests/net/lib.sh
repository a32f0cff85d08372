# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # the tests use what look fills
# What the tests in namespaces share; sourced, never run. Each test is a function; a
# `run` script sources this and hands the functions' names to run_tests. Its arguments are
# the tests to run, without any it runs all.
#
# EDU_PROTO=6 runs a test over the kernel's own TCP: whether a test asks for what a TCP
# does can so be tried on any machine, without the module.

. "${BASH_SOURCE[0]%/*}/../../scripts/lib.sh"

###### The sandbox

# The whole script runs in a network, process and mount namespace of its own: names in it
# are free to choose, and all that it leaves behind (processes, interfaces, mounts) goes
# with it.
# A virtual clock runs ahead whenever the machine waits for its host.
patience=1
[ -z "${EDU_VIRTUAL:-}" ] || patience=100

if [ -z "${EDU_SANDBOX:-}" ]; then
	[ "$EUID" = 0 ] || die "needs root: it makes network namespaces"
	make -s -C "$EDU_TOP/selftests/net" programs
	EDU_SANDBOX=$(mktemp -d /tmp/edu_tcp.XXXXXX)
	export EDU_SANDBOX
	mkdir "$EDU_SANDBOX/files"
	status=0
	# Nothing hangs for ever; the longest, net on the debug kernel, takes 15 minutes on a busy host.
	timeout -k 10 $((1800 * patience)) unshare --net --mount --propagation private \
		--pid --fork --kill-child --mount-proc -- "$0" "$@" || status=$?
	if [ $status = 124 ]; then
		echo "Bail out! It took too long. The last test said:"
		sed 's/^/#   /' "$EDU_SANDBOX/log"
	fi
	rm -r "$EDU_SANDBOX"
	exit $status
fi
[ -d /run/netns ] || mkdir /run/netns
mount -t tmpfs tmpfs /run/netns
mount -t tmpfs tmpfs "$EDU_SANDBOX/files"

if [ -z "${EDU_PROTO:-}" ]; then
	[ -r /proc/net/edu_tcp ] || die "edu_tcp is not loaded (EDU_PROTO=6 takes the kernel's TCP)"
	EDU_PROTO=$(sed -n 's/^edu_tcp: protocol //p' /proc/net/edu_tcp)
fi
export EDU_PROTO

###### Running tests, with TAP as the result

only=" $* "
number=0
failed=0
echo "TAP version 13"

# run_tests NETWORK NAME…: runs the functions of these names, or those of them that were
# asked for, on the network that the function NETWORK makes. It is made again after a test
# that failed; it is not after others, as that takes ten seconds on an emulated debug
# kernel: a test leaves it as it was. Counts begin anew with each.
run_tests()
{
	local network=$1 test started status made=

	shift
	for test in "$@"; do
		[ "$only" = "  " ] || [[ $only == *" $test "* ]] || continue
		number=$((number + 1))
		started=$SECONDS
		mkdir "$EDU_SANDBOX/files/$test"
		cd "$EDU_SANDBOX/files/$test"
		if [ -z "$made" ]; then
			unmake_network
			"$network"
			made=yes
		fi
		begin_counts
		# Not in a condition: `set -e` would be off inside.
		set +e
		(
			set -eE
			trap 'echo "${BASH_SOURCE##*/}:$LINENO: status $?: $BASH_COMMAND"' ERR
			run_test "$test"
		) >"$EDU_SANDBOX/log" 2>&1
		status=$?
		set -e
		if [ $status = 0 ]; then
			echo "ok $number - $test # $((SECONDS - started)) s"
			sed -n 's/^note:/#  /p' "$EDU_SANDBOX/log"
		else
			echo "not ok $number - $test"
			sed 's/^/#   /' "$EDU_SANDBOX/log"
			failed=$((failed + 1))
			made=
		fi
		end_processes
		rm -r "$EDU_SANDBOX/files/$test"
	done
}

# run_test NAME: a suite may put its own in place of this.
run_test()
{
	"$1"
}

# The last line of a `run` script.
finish()
{
	[ "$number" != 0 ] || die "there is no test${only% }"
	echo "1..$number"
	[ "$failed" = 0 ]
}

# All that a test has started; not us, not a test that calls it, and not the holders of
# the namespaces.
end_processes()
{
	local pid

	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		[ "$pid" = 1 ] || [ "$pid" = "$BASHPID" ] || [[ " ${net[*]} " == *"/$pid/"* ]] ||
			kill -9 "$pid" 2>/dev/null || :
	done
}

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
until_true()
{
	local limit=$(($1 * patience)) what=$2
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
declare -A net=()

namespaces()
{
	local ns

	printf 'netns add %s\n' "$@" | ip -batch -
	for ns in "$@"; do
		nsenter --net="/run/netns/$ns" sleep infinity &
		disown	# or bash would tell of its end
		net[$ns]=/proc/$!/net
		until_true 120 "a process is in $ns" [ "/proc/$!/ns/net" -ef "/run/netns/$ns" ]
	done
}

unmake_network()
{
	[ ${#net[@]} != 0 ] || return 0
	net=()
	end_processes
	ip -all netns delete
}

# configure NS: ip commands from stdin.
configure()
{
	ip -n "$1" -batch -
}

# Every segment is as a wire would carry it: no larger than the MTU, its checksum filled in.
no_offloads=(tx off tso off gso off gro off)

# wire A A_DEVICE A_ADDRESSES B B_DEVICE B_ADDRESSES: a veth pair between two namespaces,
# without offloads.
wire()
{
	ip link add "$2" type veth peer name "$5"
	ethtool -K "$2" "${no_offloads[@]}" >/dev/null
	ethtool -K "$5" "${no_offloads[@]}" >/dev/null
	ip -batch - <<-END
		link set $2 netns $1
		link set $5 netns $4
	END
	plug_in "$1" "$2" "$3"
	plug_in "$4" "$5" "$6"
}

# plug_in NS DEVICE ADDRESSES
plug_in()
{
	configure "$1" <<-END
		link set lo up
		$(addresses "$2" "$3")
		link set $2 up
	END
}

# addresses DEVICE ADDRESSES: commands that add them. Nobody can have an IPv6 one too:
# to look for that would take a second.
addresses()
{
	local address

	for address in $2; do
		case $address in
		*:*) echo "addr add $address dev $1 nodad" ;;
		*) echo "addr add $address dev $1" ;;
		esac
	done
}

###### What /proc/net says

# Since the test began: count holds the counters and drop reasons, ever how often the
# states were entered, tcp the counters of the kernel's own TCP. And now: how many are in
# each state.
declare -A count=() ever=() now=() tcp=() at_first=()

# look NS
look()
{
	read_all "$1"
	subtract "$1" count
	subtract "$1" ever
	subtract "$1" tcp
}

begin_counts()
{
	local ns

	at_first=()
	for ns in "${!net[@]}"; do
		read_all "$ns"
		remember "$ns" count
		remember "$ns" ever
		remember "$ns" tcp
	done
}

# remember NS ARRAY
remember()
{
	local -n values=$2
	local name

	for name in "${!values[@]}"; do
		at_first[$1 $2 $name]=${values[$name]}
	done
}

# subtract NS ARRAY
subtract()
{
	local -n values=$2
	local name first last

	for name in "${!values[@]}"; do
		first=${at_first["$1 $2 $name"]}
		last=${values[$name]}
		# shellcheck disable=SC2004 # an associative array, by its name
		values[$name]=$((last - first))
	done
}

read_all()
{
	local line name
	local -a words names=()

	count=() ever=() now=() tcp=()
	# Names in one line, their values in the next.
	while read -ra words; do
		case ${words[0]-} in
		Tcp: | TcpExt:)
			if [ ${#names[@]} = 0 ]; then
				names=("${words[@]}")
				continue
			fi
			for name in "${!names[@]}"; do
				[ "$name" = 0 ] || tcp[${names[name]}]=${words[name]}
			done
			names=()
			;;
		esac
	done <<<"$(<"${net[$1]}/snmp")"$'\n'"$(<"${net[$1]}/netstat")"

	if [ "$EDU_PROTO" = 6 ]; then
		for name in "${!tcp[@]}"; do
			count[$name]=${tcp[$name]}
		done
		return
	fi
	while read -r line; do
		if [[ $line =~ ^([A-Z0-9-]+)\ +([0-9]+)\ +([0-9]+)$ ]]; then
			now[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
			ever[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}
		elif [[ $line =~ ^([A-Za-z0-9_]+)\ +([0-9]+)$ ]]; then
			count[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		fi
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
	until_true 120 "something listens on port $2 in $1" listening "$1" "$2"
}

# nothing_in_flight NS: no connection there still waits for an acknowledgment.
nothing_in_flight()
{
	if [ "$EDU_PROTO" = 6 ]; then
		# FIN_WAIT1, LAST_ACK, CLOSING
		[[ ! $(<"${net[$1]}/tcp")$(<"${net[$1]}/tcp6") =~ :[0-9A-F]{4}\ (04|09|0B)\  ]]
	else
		[[ ! $(<"${net[$1]}/edu_tcp_sockets") =~ FIN-WAIT-1|LAST-ACK|CLOSING ]]
	fi
}

###### Data

# mib N: so much data, in bytes. The debug kernel under emulation is twenty times slower
# than the others, there it is a quarter.
mib()
{
	[ "${EDU_KERNEL:-}" = 7.2 ] && echo $(($1 << 18)) || echo $(($1 << 20))
}

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
