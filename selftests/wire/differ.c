// SPDX-License-Identifier: GPL-2.0
/*
 * The same story is told to edu_tcp and to the kernel's own TCP, and what they answer is compared,
 * step by step. What may differ is in differences[], with the reason; Documentation/differences.md
 * shows it. matrix.c does the same for single segments.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"
#include "wire.h"

#define STEPS	64

/* What one TCP answered: a line for each step. Shared with the process that tells the story. */
struct account {
	int nr;
	struct {
		char after[80], answers[400];
	} step[STEPS];
};

static struct account *account;

/* ---- Where the kernel's own TCP differs ---- */

static const struct difference {
	const char *story, *after;
	const char *ours, *theirs;
	const char *why;
} differences[] = {
	{ "both_open_at_once", "the peer's SYN, which crossed ours",
	  "S. seq 0 ack 1 mss wscale sackOK", "S. seq 0 ack 1 mss wscale sackOK ts",
	  "RFC 7323 3.2: timestamps in a SYN,ACK only if they were in the SYN; Linux repeats its offer",
	},
	{ "both_open_at_once", "the peer's SYN,ACK",
	  "nothing", ". seq 1 ack 1 sack 0-1",
	  "3.5, Figure 7: it completes the opening; Linux also reports its SYN as a duplicate",
	},
};

static bool used[ARRAY_SIZE(differences)];

/* ---- How a step is written down ---- */

static void __printf(3, 4) add(char *out, size_t size, const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, fmt);
	vsnprintf(out + len, size - len, fmt, args);
	va_end(args);
}

/*
 * But for the window, which is a matter of each end's memory; PSH, which both set when there is no
 * more text and Linux also after half a window of it; and the values of timestamps.
 */
static void describe(char *out, size_t size)
{
	const struct packet *p = &got;
	u32 seq = p->seq - wire.flow->us_iss;
	size_t i;

	add(out, size, "%s%s seq %d", *out ? ", " : "", flags_print(p->flags & ~PSH), seq);
	if (p->len)
		add(out, size, "-%d", seq + p->len);
	if (p->flags & ACK)
		add(out, size, " ack %d", p->ack - wire.flow->peer_iss);
	if (p->flags & ACK && !p->win)
		add(out, size, " win 0");
	if (p->flags & URG)
		add(out, size, " urg %u", p->urgent);
	if (p->has_mss && p->mss == FULL)
		add(out, size, " mss");
	else if (p->has_mss)
		add(out, size, " mss %u", p->mss);
	if (p->has_wscale)
		add(out, size, " wscale");
	if (p->has_sackok)
		add(out, size, " sackOK");
	if (p->has_ts)
		add(out, size, " ts");
	for (i = 0; i < p->nr_blocks; i++)
		add(out, size, "%s%d-%d", i ? " " : " sack ",
		    p->blocks[i].from - wire.flow->peer_iss,
		    p->blocks[i].to - wire.flow->peer_iss);
}

/* What comes at once, after what happened. */
static void answers(const char *after)
{
	char *out = account->step[account->nr].answers;

	if (account->nr == STEPS)
		wire_fail("the story is too long");
	snprintf(account->step[account->nr].after, sizeof(account->step[0].after), "%s", after);
	while (wire_maybe_any())
		describe(out, sizeof(account->step[0].answers));
	if (!*out)
		add(out, sizeof(account->step[0].answers), "nothing");
	account->nr++;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* What came until so many ms are over. */
static void answers_until(const char *after, long ms)
{
	sleep_ms(ms);
	answers(after);
}

/* On a wire so long that no probe of a lost tail comes between the steps. */
static void accept_from_afar(const struct seg *syn)
{
	app_listen(1);
	wire_send(syn);
	expect_seg(SYN | ACK, SEQ(0), ACK(1));
	sleep_ms(200);
	send_seg(ACK);
	app_accept();
}

/* ---- The stories ---- */

static void the_peer_shrinks_its_window(void)
{
	listen_and_accept(MSS(1000), WIN(4000));
	app_write(6000);
	answers("6000 bytes are written, the window is 4000");
	send_seg(ACK, ACK(2001), WIN(1000));
	answers("half of it is acknowledged, and the right edge goes back by 1000");
	send_seg(ACK, ACK(3001), WIN(0));
	answers("the window is closed over what is in flight");
	send_seg(ACK, ACK(4001), WIN(0));
	answers("all is acknowledged, the window stays closed");
	answers_until("0.3 s later", 300);
	send_seg(ACK, ACK(4001), WIN(500));
	answers("the window opens by less than a segment");
	send_seg(ACK, ACK(4001), WIN(4000));
	answers("the window opens");
}

static void our_window_closes(void)
{
	int i;

	listen_and_accept();
	for (i = 0; i < 400 && wire.flow->edge - wire.flow->peer_nxt >= FULL; i++) {
		send_seg(ACK, LEN(FULL));
		while (wire_maybe_any())
			;
	}
	if (wire.flow->edge != wire.flow->peer_nxt) {
		send_seg(ACK, LEN(wire.flow->edge - wire.flow->peer_nxt));
		while (wire_maybe_any())
			;
	}
	check(!got.win, "the window is not closed");
	send_seg(RST, SEQ(wire.flow->edge + 1));
	answers("a RST behind the closed window");
	app_read(wire.flow->peer_nxt - 1);
	expect_any();
	check(got.flags == ACK && got.win, "the window does not open");
	send_seg(ACK, LEN(10));
	app_read(10);
}

static void small_segments_fill_our_window(void)
{
	int i;

	listen_and_accept();
	for (i = 0; i < 600; i++) {
		send_seg(ACK, LEN(100));
		while (wire_maybe_any())
			;
	}
	send_seg(ACK, SEQ(0), ACK(1));
	answers("600 segments of 100 bytes that nobody reads");
	app_read(60000);
}

static void text_out_of_order(void)
{
	listen_and_accept(SACKOK);
	send_seg(ACK, SEQ(101), ACK(1), LEN(100));
	answers("101-201, behind a gap");
	send_seg(ACK, SEQ(301), ACK(1), LEN(100));
	answers("301-401, behind another");
	send_seg(ACK, SEQ(151), ACK(1), LEN(200));
	answers("151-351, over both");
	send_seg(ACK, SEQ(101), ACK(1), LEN(300));
	answers("101-401, all of it again");
	send_seg(ACK, SEQ(1), ACK(1), LEN(150));
	answers("1-151, which fills the gap and overlaps");
	send_seg(ACK, SEQ(1), ACK(1), LEN(100));
	answers("1-101 again");
	send_seg(ACK, SEQ(301), ACK(1), LEN(200));
	answers("301-501, half of it new");
	send_seg(FIN | ACK, SEQ(601), ACK(1));
	answers("a FIN behind a gap");
	send_seg(ACK, SEQ(501), ACK(1), LEN(100));
	answers("501-601, which fills it");
	app_read(600);
	app_reads_eof();
}

static void urgent_text(void)
{
	char byte;

	listen_and_accept();
	send_seg(ACK | URG, SEQ(1), ACK(1), LEN(100), URGENT(50));
	answers("100 bytes, the 50th is urgent");
	check(recv(wire.flow->fd, &byte, 1, MSG_OOB) == 1 && byte == pattern_peer(50),
	      "recv(MSG_OOB) does not give the urgent byte");
	send_seg(ACK | URG, SEQ(101), ACK(1), URGENT(10));
	answers("the urgent pointer alone, ahead of its text");
	send_seg(ACK, SEQ(101), ACK(1), LEN(10));
	answers("the text, without the pointer");
	send_seg(ACK | URG, SEQ(111), ACK(1), LEN(10), URGENT(0));
	answers("an urgent pointer of 0");
	app_send(1, MSG_OOB);
	answers("an urgent byte is written");
	send_seg(ACK, ACK(2));
	app_write(100);
	app_send(10, MSG_OOB);
	answers("100 bytes are written, and 10 with MSG_OOB");
	send_seg(ACK, ACK(112));
}

static void one_half_stays_open(void)
{
	listen_and_accept();
	app_write(100);
	app_shutdown(SHUT_WR);
	answers("100 bytes are written, shutdown(SHUT_WR)");
	send_seg(ACK, SEQ(1), ACK(101), LEN(100));
	answers("the text is acknowledged, 100 bytes come");
	send_seg(ACK, SEQ(101), ACK(102), LEN(100));
	answers("the FIN is acknowledged, 100 more come");
	app_read(200);
	send_seg(FIN | ACK, SEQ(201), ACK(102), LEN(50));
	answers("the peer's last text, and its FIN");
	app_read(50);
	app_reads_eof();
	send_seg(FIN | ACK, SEQ(201), ACK(102), LEN(50));
	answers("the same again");
}

static void both_close_at_once(void)
{
	listen_and_accept();
	app_close();
	answers("close()");
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	answers("the peer's FIN, which crossed ours");
	send_seg(FIN | ACK, SEQ(1), ACK(1));
	answers("the same again");
	send_seg(ACK, SEQ(2), ACK(2));
	answers("our FIN is acknowledged");
	send_seg(FIN | ACK, SEQ(1), ACK(2));
	answers("the peer's FIN again");
}

static void close_with_text_on_its_way(void)
{
	listen_and_accept();
	app_close();
	answers("close()");
	send_seg(ACK, SEQ(1), ACK(2), LEN(100));
	answers("100 bytes come that nobody will read");
	send_seg(ACK, SEQ(101), ACK(2), LEN(100));
	answers("and 100 more");
}

static void both_open_at_once(void)
{
	app_connect();
	answers("connect()");
	send_seg(SYN, SEQ(0), MSS(1000), WSCALE(2), SACKOK);
	answers("the peer's SYN, which crossed ours");
	send_seg(SYN | ACK, SEQ(0), ACK(1), MSS(1000), WSCALE(2), SACKOK);
	answers("the peer's SYN,ACK");
	app_connected(0);
	app_write(1500);
	answers("1500 bytes are written");
	send_seg(ACK, ACK(1501));
}

static void odd_options(void)
{
	const struct {
		const char *what;
		struct seg syn;
		u32 text;
	} odd[] = {
		{ "a SYN without options", { .flags = SYN } },
		{ "an MSS of 1", { .flags = SYN, MSS(1) }, 100 },
		{ "two MSS: 300, then 700", { .flags = SYN, OPTS(2, 4, 1, 44, 2, 4, 2, 188) } },
		{ "a window scale of 255", { .flags = SYN, MSS(1000), WSCALE(255) } },
		{ "SACK-Permitted alone", { .flags = SYN, MSS(1000), SACKOK } },
		{ "timestamps alone", { .flags = SYN, MSS(1000), STAMP(1, 0) } },
		{ "timestamps that echo something", { .flags = SYN, MSS(1000), STAMP(1, 99) } },
		{ "timestamps of length 9",
		  { .flags = SYN, MSS(1000), OPTS(8, 9, 0, 0, 0, 1, 0, 0, 0) } },
		{ "SACK-Permitted of length 3", { .flags = SYN, MSS(1000), OPTS(4, 3, 0) } },
		{ "an option that is unknown", { .flags = SYN, MSS(1000), OPTS(77, 5, 1, 2, 3) } },
		{ "ECN's offer", { .flags = SYN | ECE | CWR, MSS(1000) } },
		{ "text on the SYN", { .flags = SYN, MSS(1000), LEN(10) } },
		{ "an urgent pointer on the SYN", { .flags = SYN | URG, MSS(1000), URGENT(1) } },
	};
	size_t i;

	app_listen(ARRAY_SIZE(odd));
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		on(flow_between(OUR_PORT, PEER_PORT + 1 + i));
		wire.flow->peer_win = 60000;
		wire_send(&odd[i].syn);
		answers(odd[i].what);
		wire.flow->peer_nxt = 1;
		if (odd[i].syn.stamp.how)
			send_seg(ACK, STAMP(2, got.stamp));
		else
			send_seg(ACK);
		app_accept();
		app_write(odd[i].text ?: 1400);
		answers("... and text of ours");
		if (odd[i].syn.stamp.how) {
			send_seg(ACK, LEN(10));
			answers("... and text without timestamps");
		}
		/* before it is sent again */
		app_abort();
		discard_the_rest();
	}
}

static void text_gets_lost(void)
{
	accept_from_afar(SEG(SYN, MSS(1000), SACKOK));
	app_write(6000);
	answers("6000 bytes are written");
	send_seg(ACK, ACK(1), BLOCKS({ 1001, 2001 }));
	answers("the second segment is SACKed");
	send_seg(ACK, ACK(1), BLOCKS({ 1001, 3001 }));
	answers("and the third");
	send_seg(ACK, ACK(1), BLOCKS({ 1001, 4001 }));
	answers("and the fourth");
	send_seg(ACK, ACK(6001));
	answers("all is acknowledged");
}

static void text_gets_lost_without_SACK(void)
{
	accept_from_afar(SEG(SYN, MSS(1000)));
	app_write(6000);
	answers("6000 bytes are written");
	send_seg(ACK, ACK(1));
	answers("a duplicate ACK");
	send_seg(ACK, ACK(1));
	answers("a second");
	send_seg(ACK, ACK(1));
	answers("a third");
	send_seg(ACK, ACK(1));
	answers("a fourth");
	send_seg(ACK, ACK(3001));
	answers("a partial ACK");
	send_seg(ACK, ACK(6001));
	answers("all is acknowledged");
}

/* ---- How a story is told ---- */

/* In a process of its own; false: it did not come to its end. */
static bool tell(void (*story)(void), u8 proto, int family, struct account *out)
{
	int status;
	pid_t pid;

	memset(out, 0, sizeof(*out));
	account = out;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		wire_begin_with(proto, family, family);
		story();
		discard_the_rest();
		wire_end();
		fflush(stdout);
		_exit(KSFT_PASS);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == KSFT_PASS;
}

static bool is_known(const char *story, const char *after, const char *ours, const char *theirs)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		const struct difference *d = &differences[i];

		if (strcmp(d->story, story) || strcmp(d->after, after) || strcmp(d->ours, ours) ||
		    strcmp(d->theirs, theirs))
			continue;
		used[i] = true;
		return true;
	}
	return false;
}

/* Tells a story to both; returns how many steps differ, or should and do not. */
static int compare(const char *name, void (*story)(void), int family)
{
	struct account *both = mmap(NULL, 2 * sizeof(*both), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct account *edu = &both[0], *own = &both[1];
	int i, wrong = 0;
	size_t d;

	if (both == MAP_FAILED || !tell(story, 253, family, &both[0]) ||
	    !tell(story, IPPROTO_TCP, family, &both[1]))
		return -1;
	for (i = 0; i < edu->nr || i < own->nr; i++) {
		const char *ours = edu->step[i].answers, *theirs = own->step[i].answers;

		if (!strcmp(ours, theirs) || is_known(name, edu->step[i].after, ours, theirs))
			continue;
		printf("# %s: %s\n#   edu_tcp  %s\n#   Linux    %s\n", name, edu->step[i].after,
		       ours, theirs);
		wrong++;
	}
	for (d = 0; d < ARRAY_SIZE(differences); d++) {
		if (strcmp(differences[d].story, name) || used[d])
			continue;
		printf("# %s: %s: is no such difference any more\n", name, differences[d].after);
		wrong++;
	}
	return wrong;
}

FIXTURE(differ)
{
};

FIXTURE_VARIANT(differ)
{
	int family;
};

FIXTURE_VARIANT_ADD(differ, ipv4)
{
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(differ, ipv6)
{
	.family = AF_INET6,
};

FIXTURE_SETUP(differ)
{
	if (getenv("EDU_PROTO"))
		SKIP(return, "it is about both");
}

FIXTURE_TEARDOWN(differ)
{
}

#define STORY(name)								\
TEST_F(differ, name)								\
{										\
	EXPECT_EQ(0, compare(#name, name, variant->family));			\
}

STORY(the_peer_shrinks_its_window)
STORY(our_window_closes)
STORY(small_segments_fill_our_window)
STORY(text_out_of_order)
STORY(urgent_text)
STORY(one_half_stays_open)
STORY(both_close_at_once)
STORY(close_with_text_on_its_way)
STORY(both_open_at_once)
STORY(odd_options)
STORY(text_gets_lost)
STORY(text_gets_lost_without_SACK)

/* ---- The page ---- */

/* A test's name, to be read by people. */
static const char *spaced(const char *name)
{
	static char text[80];
	char *c;

	snprintf(text, sizeof(text), "%s", name);
	for (c = text; *c; c++)
		if (*c == '_')
			*c = ' ';
	return text;
}

/* It reads a file of the host's, for which time that is virtual does not wait. */
FIXTURE(page)
{
};

FIXTURE_SETUP(page)
{
}

FIXTURE_TEARDOWN(page)
{
}

TEST_F_TIMEOUT(page, the_page_shows_each_difference, 3600)
{
	const struct difference *d;

	page_row("| story | after | edu_tcp answers | Linux answers | why |");
	page_row("|---|---|---|---|---|");
	for (d = differences; d < differences + ARRAY_SIZE(differences); d++) {
		if (!strcmp(d->ours, d->theirs))
			wire_fail("%s, %s: that is no difference", d->story, d->after);
		page_row("| %s | %s | `%s` | `%s` | %s |", spaced(d->story), d->after, d->ours,
			 d->theirs, d->why);
	}
	page_has("stories");
}

TEST_HARNESS_MAIN
