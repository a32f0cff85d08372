// SPDX-License-Identifier: GPL-2.0
/*
 * Who is refused memory. debugfs's edu_tcp_refusals has a line for each call of edu_tcp that was:
 * where it returns to, and how often. By the same file a test lets one allocation of its next
 * system call fail: see refusals.h.
 *
 * The kernel's own fault injection refuses the n-th allocation, whosoever it is; but how many the
 * kernel has of its own before one of edu_tcp's differs from time to time, so that one might always
 * be left out. Here the one to fail is chosen by the way on which it is reached, and then failslab,
 * fail_page_alloc and fail_usercopy do it. They know nothing of alloc_percpu(): what that gave is
 * taken back.
 */
#include <linux/debugfs.h>
#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "refusals.h"

#define DEPTH	48
#define SITES	256
#define WAYS	2048

/* By name: edu_tcp comes and goes. */
static struct site {
	char name[64];
	unsigned int times;
} sites[SITES];

/*
 * A way to an allocation: all the calls that led to it. The same may be gone more than once in one
 * system call; each time is another allocation.
 */
static struct way {
	u32 hash;		/* 0: nobody came this way yet */
	unsigned int come;	/* in this system call */
	unsigned int refused;	/* in all of this story */
} ways[WAYS];

/* The task whose next allocation on a new way is to fail. Nobody else touches the ways. */
static struct task_struct *armed;
static bool only_edu_tcp;
static unsigned int most;	/* on the same way in one system call */
static bool happened;

static DEFINE_RAW_SPINLOCK(lock);
static struct dentry *file;

static bool is_edu_tcp(unsigned long address, char *name)
{
	name[0] = '\0';
	if (address < MODULES_VADDR || address >= MODULES_END)
		return false;
	sprint_symbol(name, address);
	if (!strstr(name, "[edu_tcp]") && !strstr(name, "[edu_tcp_diag]"))
		return false;
	*strchrnul(name, '/') = '\0';
	return true;
}

/* What the debug kernel asks memory for to watch us is none of our calls. */
static bool is_checker(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, address);
	/* that one is no refusal: it makes a buffer move */
	return strstarts(name, "skb_might_realloc") ||
	       /* where DEBUG_OBJECTS refills its pool: any timer may find that empty */
	       strstarts(name, "debug_object");
}

/* An allocation that somebody asks for. */
struct call {
	char name[KSYM_SYMBOL_LEN];	/* edu_tcp's innermost call on the way to it; or "" */
	u32 way;
	bool chosen;			/* it is to fail */
};

/* false: this is none that should fail. */
static bool find_way(struct call *call, struct pt_regs *regs)
{
	unsigned long stack[DEPTH];
	char name[KSYM_SYMBOL_LEN];
	unsigned int i, n, before;	/* edu_tcp's innermost call */
	bool in_edu_tcp;

	call->name[0] = '\0';
	call->way = 0;
	/* At a function's entry the trace does not have the caller yet. */
	stack[0] = regs_get_kernel_stack_nth(regs, 0);
	n = 1 + stack_trace_save(stack + 1, DEPTH - 1, 0);
	before = n;
	for (i = 0; i < n; i++) {
		in_edu_tcp = is_edu_tcp(stack[i], name);
		if (in_edu_tcp && !call->name[0]) {
			strscpy(call->name, name, sizeof(call->name));
			before = i;
		}
		/* By name: where edu_tcp is differs from one insmod to the next. */
		call->way = in_edu_tcp ? jhash(name, strlen(name), call->way) :
					 jhash(&stack[i], sizeof(stack[i]), call->way);
	}
	call->way = call->way ?: 1;
	if (only_edu_tcp && !call->name[0])
		return false;
	for (i = 0; i < before; i++)
		if (is_checker(stack[i]))
			return false;
	return true;
}

/* Did nobody who came on this way as often as this in one system call fail yet? */
static bool is_new(u32 hash)
{
	bool new = false;
	struct way *w;

	for (w = ways; w < ways + WAYS; w++) {
		if (!w->hash)
			w->hash = hash;
		if (w->hash != hash)
			continue;
		new = ++w->come > w->refused && w->come <= most && !happened;
		if (new) {
			w->refused = w->come;
			happened = true;
		}
		break;
	}
	WARN_ON_ONCE(w == ways + WAYS);
	return new;
}

static void count(const char *name)
{
	unsigned long flags;
	struct site *s;

	raw_spin_lock_irqsave(&lock, flags);
	for (s = sites; s < sites + SITES; s++) {
		if (!s->name[0])
			strscpy(s->name, name, sizeof(s->name));
		if (!strncmp(s->name, name, sizeof(s->name) - 1)) {
			s->times++;
			break;
		}
	}
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* Where no function tracer is, a probe is a breakpoint, whose handler is not in_task(). */
static bool is_task(void)
{
	return in_task() || in_nmi();
}

static bool is_armed(void)
{
	return is_task() && current == READ_ONCE(armed);
}

/* Most allocations are nobody's whom we watch, and to look is expensive. */
static bool is_watched(void)
{
	return !is_task() || is_armed() || current->make_it_fail;
}

static bool chooses(struct call *call, struct pt_regs *regs)
{
	if (!find_way(call, regs))
		return false;
	call->chosen = is_armed() && is_new(call->way);
	return call->chosen || call->name[0];
}

/* Whether it happened is known at the end, who asked is seen at the beginning. */
static int injects(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	if (!is_watched() || !chooses(call, regs))
		return 1;
	if (call->chosen)
		current->fail_nth = 1;
	return 0;
}

static int injected(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	/* true, or -ENOMEM */
	if ((u8)regs_return_value(regs)) {
		if (call->name[0])
			count(call->name);
	} else if (call->chosen) {
		/* There are some that must not fail; then it is the next one's turn. */
		current->fail_nth = 0;
		happened = false;
	}
	return 0;
}

static int allocates(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	return !is_armed() || !chooses(call, regs) || !call->chosen;
}

static int allocated(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	void __percpu *memory = (void __percpu *)regs_return_value(regs);
	struct call *call = (struct call *)ri->data;

	free_percpu(memory);
	regs_set_return_value(regs, 0);
	if (call->name[0])
		count(call->name);
	return 0;
}

#define PROBE(name, before, after) {				\
	.kp.symbol_name	= name,					\
	.entry_handler	= before,				\
	.handler	= after,				\
	.data_size	= sizeof(struct call),			\
	.maxactive	= 64,					\
}

static struct kretprobe slab = PROBE("should_failslab", injects, injected);
static struct kretprobe page = PROBE("should_fail_alloc_page", injects, injected);
static struct kretprobe usercopy = PROBE("should_fail_usercopy", injects, injected);
static struct kretprobe allocation = PROBE("pcpu_alloc_noprof", allocates, allocated);

/* Neither memory nor a copy from the user is needed for it. */
static long refusals_ioctl(struct file *debugfs, unsigned int command, unsigned long scope)
{
	struct way *w;

	switch (command) {
	case REFUSALS_BEGIN:
		memset(ways, 0, sizeof(ways));
		return 0;
	case REFUSALS_ARM:
		for (w = ways; w < ways + WAYS; w++)
			w->come = 0;
		happened = false;
		only_edu_tcp = scope == REFUSALS_EDU_TCP;
		/*
		 * A slab cache has dozens of files in sysfs, all made on one way: the first and one
		 * that is not are enough.
		 */
		most = only_edu_tcp ? 2 : UINT_MAX;
		WRITE_ONCE(armed, current);
		return 0;
	case REFUSALS_DISARM:
		WRITE_ONCE(armed, NULL);
		return happened;
	default:
		return -ENOTTY;
	}
}

static int edu_tcp_refusals_show(struct seq_file *seq, void *unused)
{
	const struct site *s;

	for (s = sites; s < sites + SITES && s->name[0]; s++)
		seq_printf(seq, "%s %u\n", s->name, s->times);
	return 0;
}

static int refusals_open(struct inode *inode, struct file *debugfs)
{
	return single_open(debugfs, edu_tcp_refusals_show, NULL);
}

/* Who was killed cannot disarm any more. */
static int refusals_release(struct inode *inode, struct file *debugfs)
{
	WRITE_ONCE(armed, NULL);
	return single_release(inode, debugfs);
}

static const struct file_operations refusals_fops = {
	.owner		= THIS_MODULE,
	.open		= refusals_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= refusals_release,
	.unlocked_ioctl	= refusals_ioctl,
};

static struct kretprobe *probes[] = { &slab, &page, &usercopy, &allocation };

static int __init refusals_init(void)
{
	int err = register_kretprobes(probes, ARRAY_SIZE(probes));

	if (!err)
		file = debugfs_create_file("edu_tcp_refusals", 0400, NULL, NULL,
					   &refusals_fops);
	return err;
}

static void __exit refusals_exit(void)
{
	unsigned int i;

	debugfs_remove(file);
	unregister_kretprobes(probes, ARRAY_SIZE(probes));
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		WARN_ON(probes[i]->nmissed);
}

module_init(refusals_init);
module_exit(refusals_exit);

MODULE_DESCRIPTION("Which calls of edu_tcp were refused memory");
MODULE_LICENSE("GPL");
