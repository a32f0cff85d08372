// SPDX-License-Identifier: GPL-2.0
/* The state table: RFC 9293 section 3.3.2, Figure 5 and its notes. */
#include "bench.h"

struct arrow {
	u8 from, to;
	const char *why;
};

/* Each arrow of the figure; what is not here must be refused. */
static const struct arrow arrows[] = {
	{ EDU_CLOSED, EDU_LISTEN, "passive OPEN" },
	{ EDU_CLOSED, EDU_SYN_SENT, "active OPEN, snd SYN" },
	/* The listener stays what it is: its SYN-RECEIVED is a new connection. */
	{ EDU_CLOSED, EDU_SYN_RECEIVED, "LISTEN: rcv SYN, snd SYN,ACK" },
	{ EDU_LISTEN, EDU_CLOSED, "CLOSE, delete TCB" },
	{ EDU_SYN_SENT, EDU_CLOSED, "CLOSE, delete TCB" },
	{ EDU_SYN_SENT, EDU_SYN_RECEIVED, "rcv SYN, snd SYN,ACK" },
	{ EDU_SYN_SENT, EDU_ESTABLISHED, "rcv SYN,ACK, snd ACK" },
	{ EDU_SYN_RECEIVED, EDU_ESTABLISHED, "rcv ACK of SYN" },
	{ EDU_SYN_RECEIVED, EDU_FIN_WAIT_1, "CLOSE, snd FIN" },
	{ EDU_SYN_RECEIVED, EDU_CLOSED, "note 1: rcv RST, return to LISTEN" },
	{ EDU_ESTABLISHED, EDU_FIN_WAIT_1, "CLOSE, snd FIN" },
	{ EDU_ESTABLISHED, EDU_CLOSE_WAIT, "rcv FIN, snd ACK" },
	{ EDU_FIN_WAIT_1, EDU_FIN_WAIT_2, "rcv ACK of FIN" },
	{ EDU_FIN_WAIT_1, EDU_CLOSING, "rcv FIN, snd ACK" },
	{ EDU_FIN_WAIT_1, EDU_TIME_WAIT, "note 2: rcv FIN,ACK of FIN, snd ACK" },
	{ EDU_FIN_WAIT_2, EDU_TIME_WAIT, "rcv FIN, snd ACK" },
	{ EDU_CLOSE_WAIT, EDU_LAST_ACK, "CLOSE, snd FIN" },
	{ EDU_CLOSING, EDU_TIME_WAIT, "rcv ACK of FIN" },
	{ EDU_LAST_ACK, EDU_CLOSED, "rcv ACK of FIN" },
	{ EDU_TIME_WAIT, EDU_CLOSED, "Timeout=2MSL, delete TCB" },
	/* Note 3: not in the figure, RST (in) and ABORT (out), from any state */
	{ EDU_ESTABLISHED, EDU_CLOSED, "note 3: RST or ABORT" },
	{ EDU_FIN_WAIT_1, EDU_CLOSED, "note 3: RST or ABORT" },
	{ EDU_FIN_WAIT_2, EDU_CLOSED, "note 3: RST or ABORT" },
	{ EDU_CLOSE_WAIT, EDU_CLOSED, "note 3: RST or ABORT" },
	{ EDU_CLOSING, EDU_CLOSED, "note 3: RST or ABORT" },
};

static const char *why(u8 from, u8 to)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arrows); i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return arrows[i].why;
	return NULL;
}

static void every_transition_of_figure_5(struct kunit *test)
{
	unsigned int from, to;

	for (from = 0; from < 256; from++)
		for (to = 0; to < EDU_STATES; to++)
			KUNIT_EXPECT_EQ_MSG(test, edu_state_may_follow(from, to), !!why(from, to),
					    "from %s to %s: %s", edu_state_name(from),
					    edu_state_name(to), why(from, to) ?: "no such arrow");
}

static const char * const names[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
};

static void names_and_order_of_the_rfc(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = edu_state_name(edu_state_in_rfc_order(i));

		KUNIT_EXPECT_STREQ(test, name, names[i]);
		KUNIT_EXPECT_LE(test, strlen(name), (size_t)EDU_STATE_NAME_MAX);
	}
	KUNIT_EXPECT_EQ(test, edu_state_in_rfc_order(i), (u8)0);
	KUNIT_EXPECT_STREQ(test, edu_state_name(0), "?");
	KUNIT_EXPECT_STREQ(test, edu_state_name(EDU_STATES), "?");
}

/* User space reads these numbers in TCP_INFO: <netinet/tcp.h>, TCP_ESTABLISHED = 1 ... */
static void numbers_are_those_of_linux(struct kunit *test)
{
	static const u8 linux_numbers[] = {
		EDU_ESTABLISHED, EDU_SYN_SENT, EDU_SYN_RECEIVED, EDU_FIN_WAIT_1, EDU_FIN_WAIT_2,
		EDU_TIME_WAIT, EDU_CLOSED, EDU_CLOSE_WAIT, EDU_LAST_ACK, EDU_LISTEN, EDU_CLOSING,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(linux_numbers); i++)
		KUNIT_EXPECT_EQ(test, linux_numbers[i], (u8)(i + 1));
}

static void entering_notes_the_path(struct kunit *test)
{
	struct edu_conn c = { .state = EDU_CLOSED };
	struct edu_todo todo;

	edu_todo_init(&todo);
	edu_enter(&c, EDU_SYN_SENT, &todo);
	edu_enter(&c, EDU_SYN_RECEIVED, &todo);
	edu_enter(&c, EDU_ESTABLISHED, &todo);
	edu_enter(&c, EDU_CLOSE_WAIT, &todo);
	KUNIT_EXPECT_EQ(test, c.state, (u8)EDU_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, todo.npath, (u8)4);
	KUNIT_EXPECT_EQ(test, todo.path[0], (u8)EDU_SYN_SENT);
	KUNIT_EXPECT_EQ(test, todo.path[3], (u8)EDU_CLOSE_WAIT);
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(every_transition_of_figure_5),
	KUNIT_CASE(names_and_order_of_the_rfc),
	KUNIT_CASE(numbers_are_those_of_linux),
	KUNIT_CASE(entering_notes_the_path),
	{}
};

static struct kunit_suite state_suite = {
	.name = "edu_tcp_state",
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
