// SPDX-License-Identifier: GPL-2.0
/*
 * Two segments of one connection arrive at the same time, on two CPUs: it goes on as if one had
 * come after the other, and none is lost. Each test is many rounds, as two CPUs do not meet in
 * every one of them. Told in the words of ../wire/wire.h, in real time: virtual time has one CPU.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "fixture.h"

/* Seconds that a test may take; an emulated debug kernel on a busy host needs most of them. */
#define PATIENCE	600

#define ROUNDS	100
#define TEXT	100

/* The second one is sent from the second CPU, as soon as the first says so. */
static struct {
	int fd;
	u8 bytes[2000];
	size_t size;
} held[2];
static unsigned int nr_held;
static atomic_uint round_is, done;

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		wire_fail("needs two CPUs; number %d: %s", cpu, strerror(errno));
}

/* One of them is a little later, each round by another time. */
static void dawdle(unsigned int turns)
{
	while (turns--)
		atomic_signal_fence(memory_order_seq_cst);
}

static void write_held(unsigned int which)
{
	const size_t size = held[which].size;

	if (write(held[which].fd, held[which].bytes, size) != (ssize_t)size)
		wire_fail("write to the TUN device: %s", strerror(errno));
}

static void *second_cpu(void *unused)
{
	unsigned int i;

	stay_on(1);
	for (i = 1; i <= ROUNDS; i++) {
		while (atomic_load(&round_is) != i)
			;
		dawdle(i * 7 % 600);
		write_held(1);
		atomic_store(&done, i);
	}
	return unused;
}

static ssize_t hold(int fd, const void *bytes, size_t size)
{
	if (nr_held == ARRAY_SIZE(held) || size > sizeof(held->bytes))
		wire_fail("no more than two segments come at once");
	held[nr_held].fd = fd;
	memcpy(held[nr_held].bytes, bytes, size);
	held[nr_held++].size = size;
	return size;
}

/* What is sent from now on waits. */
static void begin_together(void)
{
	nr_held = 0;
	wire_write = hold;
}

static void go_together(unsigned int i)
{
	wire_write = write;
	atomic_store(&round_is, i);
	dawdle(i * 11 % 300);
	write_held(0);
	while (atomic_load(&done) != i)
		;
}

/* Each round is a connection of its own, and tells its own story. */
static void round_begins(unsigned int i)
{
	wire_story_begin();
	flow_init(wire.flow, wire.flow->us_port, wire.flow->peer_port);
	wire.flow->peer_iss = 10000 * i;	/* beyond what a TIME-WAIT has seen */
}

/* @opens: two segments that come at once; @goes_on: and what comes of them. */
static void play(void (*opens)(unsigned int i), void (*goes_on)(void))
{
	pthread_t second;
	unsigned int i;

	if (pthread_create(&second, NULL, second_cpu, NULL))
		wire_fail("pthread_create()");
	stay_on(0);
	for (i = 1; i <= ROUNDS; i++) {
		round_begins(i);
		opens(i);
		goes_on();
	}
	pthread_join(second, NULL);
}

static void text_arrives(void)
{
	app_accept();
	app_read(TEXT);
	discard_the_rest();
}

static void text_arrives_and_peer_aborts(void)
{
	text_arrives();
	send_seg(RST, SEQ(1 + TEXT));
	app_close();
	expect_state("CLOSED");
}

static void text_arrives_and_we_wait_2MSL(void)
{
	text_arrives();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1 + TEXT));
	send_seg(FIN | ACK, SEQ(1 + TEXT), ACK(2));
	expect_state("TIME-WAIT");
	discard_the_rest();
}

static void peer_knocks(void)
{
	send_seg(SYN, SEQ(0), MSS(FULL));
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
}

static void ACK_and_text(unsigned int i)
{
	peer_knocks();
	begin_together();
	send_seg(ACK, SEQ(1), ACK(1));
	send_seg(ACK | PSH, SEQ(1), ACK(1), LEN(TEXT));
	go_together(i);
}

static void ACK_and_RST(unsigned int i)
{
	peer_knocks();
	begin_together();
	send_seg(ACK, SEQ(1), ACK(1));
	send_seg(RST, SEQ(1));
	go_together(i);
}

/* Whichever came first: there is no connection, but there may have been one. */
static void nothing_is_left(void)
{
	int fd;

	expect_state("CLOSED");
	discard_the_rest();
	fd = accept(wire.listener, NULL, NULL);
	if (fd >= 0)
		close(fd);
}

static void SYN_and_SYN(unsigned int i)
{
	begin_together();
	send_seg(SYN, SEQ(0), MSS(FULL));
	send_seg(SYN, SEQ(0), MSS(FULL));
	go_together(i);
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	discard_the_rest();
	send_seg(ACK | PSH, SEQ(1), ACK(1), LEN(TEXT));
}

static void FIN_and_FIN(unsigned int i)
{
	listen_and_accept();
	app_close();
	expect_seg(FIN | ACK, SEQ(1), ACK(1));
	send_seg(ACK, SEQ(1), ACK(2));
	expect_state("FIN-WAIT-2");
	/* A busy machine may have let us send the FIN again. */
	discard_the_rest();
	begin_together();
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	go_together(i);
}

/* One ACK or two; not a reset for who found a socket that is CLOSED meanwhile. */
static void TIME_WAIT_begins(void)
{
	expect_seg(ACK, SEQ(2), ACK(2));
	maybe_seg(ACK, SEQ(2), ACK(2));
	expect_silence();
	expect_state("TIME-WAIT");
}

static void all_have_come_in(void)
{
	expect_counted("PassiveOpens", ROUNDS);
	expect_counted("ListenDrops", 0);
	expect_dropped("OVERTAKEN", 0);
}

TEST_F_TIMEOUT(wire, the_ACK_of_a_SYN_ACK_and_text_come_at_once, PATIENCE)
{
	linux_differs("counts a child that another CPU was faster with in PassiveOpens");
	app_listen(8);
	play(ACK_and_text, text_arrives_and_peer_aborts);
	all_have_come_in();
}

TEST_F_TIMEOUT(wire, the_ACK_of_a_cookie_and_text_come_at_once, PATIENCE)
{
	linux_differs("drops what another CPU was faster with");
	sysctl("syncookies", "2");
	app_listen(8);
	play(ACK_and_text, text_arrives_and_peer_aborts);
	all_have_come_in();
	expect_counted("SyncookiesSent", ROUNDS);
	expect_counted("SyncookiesFailed", 0);
}

TEST_F_TIMEOUT(wire, the_ACK_of_a_SYN_ACK_and_a_RST_come_at_once, PATIENCE)
{
	app_listen(8);
	play(ACK_and_RST, nothing_is_left);
}

TEST_F_TIMEOUT(wire, a_SYN_comes_twice_at_once, PATIENCE)
{
	app_listen(8);
	play(SYN_and_SYN, text_arrives_and_peer_aborts);
	all_have_come_in();
	if (!wire_is_linux_tcp())
		expect_ever("SYN-RECEIVED", ROUNDS);
}

TEST_F_TIMEOUT(wire, a_SYN_for_TIME_WAIT_comes_twice_at_once, PATIENCE)
{
	app_listen(8);
	play(SYN_and_SYN, text_arrives_and_we_wait_2MSL);
	all_have_come_in();
	if (!wire_is_linux_tcp()) {
		expect_ever("SYN-RECEIVED", ROUNDS);
		expect_counted("TWKilled", ROUNDS - 1);
	}
}

TEST_F_TIMEOUT(wire, a_FIN_comes_twice_at_once, PATIENCE)
{
	app_listen(8);
	play(FIN_and_FIN, TIME_WAIT_begins);
}

TEST_HARNESS_MAIN
