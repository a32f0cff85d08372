// SPDX-License-Identifier: GPL-2.0
/*
 * Scripted connections between two ends, both under test, and how often each end entered each
 * state: the tables follow from RFC 9293 Figure 5 and the segments of 3.5 and 3.6.
 *
 *	+-- client ---------+            +-- server ---------+
 *	| 10.0.0.1 :40000   | -- test -- | 10.0.0.2 :8080    |
 *	+-------------------+            +-------------------+
 *
 * The test is the wire: it carries each segment over and looks at both ends after it.
 */
#include "fixture.h"

static struct wire client, server;

struct ever {
	const char *state;
	long client, server;
};

/* Two namespaces; at either end there is no connection yet, and no listener. */
static void two_ends(void)
{
	struct path back = wire.path;

	back.us = wire.path.peer;
	back.peer = wire.path.us;
	on(flow_between(PEER_PORT, OUR_PORT));
	client = wire;
	client.name = "client";
	wire_end_new(&server, "server", &back);
	server.flow = flow_between(OUR_PORT, PEER_PORT);
	at(&client);
	app_bind();
	expect_state("CLOSED");
}

/* After each segment: one end, or both, are in a new state. */
static void now_in(struct wire *end, const char *state)
{
	at(end);
	expect_state(state);
}

static void expect_ever_table(const struct ever table[11])
{
	int i;

	at(&client);
	for (i = 0; i < 11; i++)
		expect_ever(table[i].state, table[i].client);
	at(&server);
	for (i = 0; i < 11; i++)
		expect_ever(table[i].state, table[i].server);
}

/* 3.5, Figure 6 */
static void three_way_handshake(void)
{
	two_ends();
	at(&server);
	expect_state("CLOSED");
	app_listen(1);
	expect_listening();
	at(&client);
	app_connect();
	expect_state("SYN-SENT");
	carry(&client, &server, SYN);
	now_in(&server, "SYN-RECEIVED");
	carry(&server, &client, SYN | ACK);
	now_in(&client, "ESTABLISHED");
	app_connected(0);
	carry(&client, &server, ACK);
	now_in(&server, "ESTABLISHED");
	app_accept();
}

/* 3.6, Figure 12: @first closes, then @second. */
static void close_in_four_segments(struct wire *first, struct wire *second)
{
	at(first);
	app_close();
	expect_state("FIN-WAIT-1");
	carry(first, second, FIN | ACK);
	now_in(second, "CLOSE-WAIT");
	carry(second, first, ACK);
	now_in(first, "FIN-WAIT-2");
	at(second);
	app_reads_eof();
	app_close();
	expect_state("LAST-ACK");
	carry(second, first, FIN | ACK);
	now_in(first, "TIME-WAIT");
	carry(first, second, ACK);
	now_in(second, "CLOSED");
}

/* 3.6, Figure 13 */
static void simultaneous_close(void)
{
	at(&client);
	app_close();
	expect_state("FIN-WAIT-1");
	at(&server);
	app_close();
	expect_state("FIN-WAIT-1");
	take(&client, FIN | ACK);
	take(&server, FIN | ACK);
	give(&server);
	now_in(&server, "CLOSING");
	give(&client);
	now_in(&client, "CLOSING");
	take(&client, ACK);
	take(&server, ACK);
	give(&server);
	now_in(&server, "TIME-WAIT");
	give(&client);
	now_in(&client, "TIME-WAIT");
}

TEST_F(wire, the_client_closes_first)
{
	three_way_handshake();
	close_in_four_segments(&client, &server);
	expect_ever_table((struct ever[]){
		{ "CLOSED",		1, 2 },	/* its socket; and listener's, at the end */
		{ "LISTEN",		0, 1 },
		{ "SYN-SENT",		1, 0 },
		{ "SYN-RECEIVED",	0, 1 },
		{ "ESTABLISHED",	1, 1 },
		{ "FIN-WAIT-1",		1, 0 },
		{ "FIN-WAIT-2",		1, 0 },
		{ "CLOSE-WAIT",		0, 1 },
		{ "CLOSING",		0, 0 },
		{ "LAST-ACK",		0, 1 },
		{ "TIME-WAIT",		1, 0 },
	});
}

TEST_F(wire, the_server_closes_first)
{
	three_way_handshake();
	close_in_four_segments(&server, &client);
	expect_ever_table((struct ever[]){
		{ "CLOSED",		2, 1 },
		{ "LISTEN",		0, 1 },
		{ "SYN-SENT",		1, 0 },
		{ "SYN-RECEIVED",	0, 1 },
		{ "ESTABLISHED",	1, 1 },
		{ "FIN-WAIT-1",		0, 1 },
		{ "FIN-WAIT-2",		0, 1 },
		{ "CLOSE-WAIT",		1, 0 },
		{ "CLOSING",		0, 0 },
		{ "LAST-ACK",		1, 0 },
		{ "TIME-WAIT",		0, 1 },
	});
}

/* Figure 5, note 2: the second end's FIN carries the ACK of the first's. */
TEST_F(wire, a_close_in_three_segments)
{
	three_way_handshake();
	at(&client);
	app_close();
	expect_state("FIN-WAIT-1");
	/* The server's ACK is lost; its FIN says the same and more. */
	carry(&client, &server, FIN | ACK);
	now_in(&server, "CLOSE-WAIT");
	expect_seg(ACK);
	app_close();
	expect_state("LAST-ACK");
	carry(&server, &client, FIN | ACK);
	now_in(&client, "TIME-WAIT");
	carry(&client, &server, ACK);
	now_in(&server, "CLOSED");
	expect_ever_table((struct ever[]){
		{ "CLOSED",		1, 2 },
		{ "LISTEN",		0, 1 },
		{ "SYN-SENT",		1, 0 },
		{ "SYN-RECEIVED",	0, 1 },
		{ "ESTABLISHED",	1, 1 },
		{ "FIN-WAIT-1",		1, 0 },
		{ "FIN-WAIT-2",		0, 0 },
		{ "CLOSE-WAIT",		0, 1 },
		{ "CLOSING",		0, 0 },
		{ "LAST-ACK",		0, 1 },
		{ "TIME-WAIT",		1, 0 },
	});
}

TEST_F(wire, both_close_at_the_same_time)
{
	three_way_handshake();
	simultaneous_close();
	expect_ever_table((struct ever[]){
		{ "CLOSED",		1, 1 },
		{ "LISTEN",		0, 1 },
		{ "SYN-SENT",		1, 0 },
		{ "SYN-RECEIVED",	0, 1 },
		{ "ESTABLISHED",	1, 1 },
		{ "FIN-WAIT-1",		1, 1 },
		{ "FIN-WAIT-2",		0, 0 },
		{ "CLOSE-WAIT",		0, 0 },
		{ "CLOSING",		1, 1 },
		{ "LAST-ACK",		0, 0 },
		{ "TIME-WAIT",		1, 1 },
	});
}

/* 3.5, Figure 7: both ends connect, and there is no listener anywhere. */
TEST_F(wire, both_open_at_the_same_time)
{
	struct wire *end;

	two_ends();
	app_connect();
	expect_state("SYN-SENT");
	at(&server);
	app_bind();
	expect_state("CLOSED");
	app_connect();
	expect_state("SYN-SENT");
	take(&client, SYN);
	take(&server, SYN);
	give(&server);
	now_in(&server, "SYN-RECEIVED");
	give(&client);
	now_in(&client, "SYN-RECEIVED");
	take(&client, SYN | ACK);
	take(&server, SYN | ACK);
	give(&server);
	now_in(&server, "ESTABLISHED");
	give(&client);
	now_in(&client, "ESTABLISHED");
	app_connected(0);
	at(&server);
	app_connected(0);
	/* Either end may acknowledge the other's SYN once more (RFC 5961 4). */
	for (end = &client; end; end = end == &client ? &server : NULL) {
		at(end);
		maybe_seg(ACK);
		expect_silence();
	}
	simultaneous_close();
	expect_ever_table((struct ever[]){
		{ "CLOSED",		1, 1 },
		{ "LISTEN",		0, 0 },
		{ "SYN-SENT",		1, 1 },
		{ "SYN-RECEIVED",	1, 1 },
		{ "ESTABLISHED",	1, 1 },
		{ "FIN-WAIT-1",		1, 1 },
		{ "FIN-WAIT-2",		0, 0 },
		{ "CLOSE-WAIT",		0, 0 },
		{ "CLOSING",		1, 1 },
		{ "LAST-ACK",		0, 0 },
		{ "TIME-WAIT",		1, 1 },
	});
}

TEST_F(wire, a_refused_connection)
{
	two_ends();
	at(&client);
	app_connect();
	expect_state("SYN-SENT");
	carry(&client, &server, SYN);
	carry(&server, &client, RST | ACK);
	now_in(&client, "CLOSED");
	app_connected(ECONNREFUSED);
	expect_ever_table((struct ever[]){
		{ "CLOSED",		2, 0 },
		{ "LISTEN",		0, 0 },
		{ "SYN-SENT",		1, 0 },
		{ "SYN-RECEIVED",	0, 0 },
		{ "ESTABLISHED",	0, 0 },
		{ "FIN-WAIT-1",		0, 0 },
		{ "FIN-WAIT-2",		0, 0 },
		{ "CLOSE-WAIT",		0, 0 },
		{ "CLOSING",		0, 0 },
		{ "LAST-ACK",		0, 0 },
		{ "TIME-WAIT",		0, 0 },
	});
}

TEST_HARNESS_MAIN
