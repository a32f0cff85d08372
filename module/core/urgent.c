// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent text: RFC 9293 3.8.5. The pointer names the octet behind the last urgent one, as RFC
 * 6093 found that all hosts mean it. What a user does with it is the shell's business.
 */
#include "tcb.h"

/**
 * edu_send_urgent() - SEND with the URGENT flag (3.10.2): all that was handed over is urgent
 * @t: the connection, the text already counted by edu_sent_by_user()
 *
 * The pointer goes also where the text cannot: with an ACK of its own, if nothing else takes it.
 */
void edu_send_urgent(struct edu_tcb *t)
{
	t->snd_up = t->write_seq;
	t->urgent_now = 1;
}

/**
 * edu_urgent_announce() - put the urgent pointer into a segment of text or an ACK
 * @t: the connection
 * @o: the segment, complete but for this
 *
 * A pointer farther ahead than the field can say (MUST-31: urgent text of any length) is said to
 * be as far as that, if that is beyond all that was sent: so no octet of the middle is taken for
 * the last one, and later segments move it on.
 */
void edu_urgent_announce(const struct edu_tcb *t, struct edu_out *o)
{
	u32 ahead = t->snd_up - o->seq;

	if (!edu_is_urgent(t) || !seq_gt(t->snd_up, o->seq))
		return;
	if (ahead > 65535u) {
		if (seq_leq(o->seq + 65535u, t->snd_nxt))
			return;
		ahead = 65535u;
	}
	o->flags |= EDU_URG;
	o->urg = ahead;
}

/**
 * edu_sixth_check_urg() - sixth, check the URG bit (3.10.7.4)
 * @t: the connection
 * @seg: an acceptable segment
 * @todo: EDU_EV_URGENT each time the pointer advances (MUST-32)
 *
 * RCV.UP <- max(RCV.UP,SEG.UP). A pointer to text that has arrived already tells nothing: that
 * octet was passed on as text like any other, and the user may have read it.
 */
void edu_sixth_check_urg(struct edu_tcb *t, const struct edu_segment *seg, struct edu_todo *todo)
{
	u32 up = seg->seq + seg->urg;

	if (!(seg->flags & EDU_URG) || !(EDU_IN(t->state) & EDU_MAY_RECEIVE))
		return;
	if (seq_leq(up, t->rcv_nxt) || (t->urgent != EDU_URGENT_NONE && seq_leq(up, t->rcv_up)))
		return;
	t->rcv_up = up;
	t->urgent = EDU_URGENT_ANNOUNCED;
	todo->events |= EDU_EV_URGENT;
}

/**
 * edu_urgent_taken() - the user took the last urgent octet out of line
 * @t: the connection
 */
void edu_urgent_taken(struct edu_tcb *t)
{
	t->urgent = EDU_URGENT_TAKEN;
}

/**
 * edu_urgent_read() - the user has read so far: perhaps over the mark
 * @t: the connection
 * @seq: the next octet that he will read
 */
void edu_urgent_read(struct edu_tcb *t, u32 seq)
{
	if (t->urgent != EDU_URGENT_NONE && seq_geq(seq, t->rcv_up))
		t->urgent = EDU_URGENT_NONE;
}
