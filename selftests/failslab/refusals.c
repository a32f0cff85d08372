// SPDX-License-Identifier: GPL-2.0
/*
 * Which call of edu_tcp was refused memory, and how often: debugfs's edu_tcp_refusals has a line
 * for each, where it returns to and a number.
 *
 * The kernel's fault injection knows nothing of alloc_percpu(), so this module takes back what
 * edu_tcp was given by it: of its calls from now on, the one that the parameter `percpu` says. It
 * counts down, so 0 says that it came to pass.
 */
#include <linux/debugfs.h>
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

#define DEPTH	48
#define SITES	256

static int percpu;
module_param(percpu, int, 0644);
MODULE_PARM_DESC(percpu, "which of edu_tcp's next calls of alloc_percpu() fails; 0: none");

/* By name: edu_tcp comes and goes. */
static struct site {
	char name[64];
	unsigned int times;
} sites[SITES];

static DEFINE_RAW_SPINLOCK(lock);
static struct dentry *file;

static bool is_edu_tcp(unsigned long address, char *name)
{
	sprint_symbol(name, address);
	if (!strstr(name, "[edu_tcp]") && !strstr(name, "[edu_tcp_diag]"))
		return false;
	*strchrnul(name, '/') = '\0';
	return true;
}

/* What the debug kernel asks memory for to watch us is none of our calls. */
static bool is_checker(const char *name)
{
	/* that one is no refusal: it makes a buffer move */
	return strstarts(name, "skb_might_realloc") ||
	       /* where DEBUG_OBJECTS refills its pool: any timer may find that empty */
	       strstarts(name, "debug_object");
}

/* The innermost call of edu_tcp on the way to here; false: there is none. */
static bool call_of_edu_tcp(char *name)
{
	unsigned long stack[DEPTH];
	unsigned int i, n = stack_trace_save(stack, DEPTH, 0);

	for (i = 0; i < n; i++) {
		if (is_edu_tcp(stack[i], name))
			return true;
		if (is_checker(name))
			return false;
	}
	return false;
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

/* Whether it happened is known at the end, who asked is seen at the beginning. */
struct call {
	char name[KSYM_SYMBOL_LEN];
};

static int injects(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	/* Most allocations are none of ours, and to look is expensive. */
	if (in_task() && current->fail_nth != 1 && !current->make_it_fail)
		return 1;
	return !call_of_edu_tcp(call->name);
}

static int injected(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	/* true, or -ENOMEM */
	if ((u8)regs_return_value(regs))
		count(call->name);
	return 0;
}

static int allocates(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;

	if (!percpu)
		return 1;
	/* The stack does not show the caller yet. */
	if (is_edu_tcp(regs_get_kernel_stack_nth(regs, 0), call->name))
		return 0;
	return !call_of_edu_tcp(call->name);
}

static int allocated(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	void __percpu *memory = (void __percpu *)regs_return_value(regs);
	struct call *call = (struct call *)ri->data;

	if (!memory || --percpu)
		return 0;
	free_percpu(memory);
	regs_set_return_value(regs, 0);
	count(call->name);
	return 0;
}

#define INJECTION(name) {					\
	.kp.symbol_name	= name,					\
	.entry_handler	= injects,				\
	.handler	= injected,				\
	.data_size	= sizeof(struct call),			\
	.maxactive	= 64,					\
}

static struct kretprobe slab = INJECTION("should_failslab");
static struct kretprobe page = INJECTION("should_fail_alloc_page");
static struct kretprobe usercopy = INJECTION("should_fail_usercopy");

static struct kretprobe allocation = {
	.kp.symbol_name	= "pcpu_alloc_noprof",
	.entry_handler	= allocates,
	.handler	= allocated,
	.data_size	= sizeof(struct call),
	.maxactive	= 64,
};

static int edu_tcp_refusals_show(struct seq_file *seq, void *unused)
{
	const struct site *s;

	for (s = sites; s < sites + SITES && s->name[0]; s++)
		seq_printf(seq, "%s %u\n", s->name, s->times);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(edu_tcp_refusals);

static struct kretprobe *probes[] = { &slab, &page, &usercopy, &allocation };

static int __init refusals_init(void)
{
	int err = register_kretprobes(probes, ARRAY_SIZE(probes));

	if (!err)
		file = debugfs_create_file("edu_tcp_refusals", 0400, NULL, NULL,
					   &edu_tcp_refusals_fops);
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
