// SPDX-License-Identifier: GPL-2.0
/*
 * Plants one fault in the kernel, so that the harness can show that it would
 * see a real one: insmod plant.ko fault=NAME. One function for each, named after
 * it, because a report shows the function's name.
 */

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <net/net_namespace.h>
#include <net/sock.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "which fault to plant, or none");

struct thing {
	struct list_head list;
	struct timer_list timer;
	int value;
};

/* What the compiler must not see through: it would know better than to do this. */
static int big = 100;
static void *hidden;

static noinline void plant_nothing(void)
{
}

static noinline void plant_use_after_free(void)
{
	struct thing *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return;
	kfree(t);
	OPTIMIZER_HIDE_VAR(t);
	pr_info("plant: read %d\n", READ_ONCE(t->value));
}

static noinline void plant_lock_inversion(void)
{
	static DEFINE_SPINLOCK(one);
	static DEFINE_SPINLOCK(two);

	spin_lock(&one);
	spin_lock(&two);
	spin_unlock(&two);
	spin_unlock(&one);

	spin_lock(&two);
	spin_lock(&one);
	spin_unlock(&one);
	spin_unlock(&two);
}

static noinline void plant_sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void plant_timer_fn(struct timer_list *timer)
{
}

static noinline void plant_leaked_timer(void)
{
	struct thing *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return;
	timer_setup(&t->timer, plant_timer_fn, 0);
	mod_timer(&t->timer, jiffies + 3600 * HZ);
	kfree(t);
}

static struct proto plant_proto = {
	.name = "PLANT",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct sock),
};

/* A socket holds its protocol's module: this one can never be unloaded. */
static noinline void plant_leaked_socket(void)
{
	hidden = sk_alloc(&init_net, PF_INET, GFP_KERNEL, &plant_proto, 1);
}

/* A socket of edu_tcp that nobody will ever release. */
static noinline void plant_leaked_edu_tcp_socket(void)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, PF_INET, SOCK_STREAM, 253, &sock);
	pr_info("plant: sock_create_kern(253): %d\n", err);
}

/*
 * More than one, because the allocator's per-CPU arrays remember where an object
 * was that they gave away, and kmemleak believes them.
 */
static noinline void plant_leaked_memory(void)
{
	int i, lost = 0;

	for (i = 0; i < 1000; i++)
		if (kmalloc(sizeof(struct thing), GFP_KERNEL))
			lost++;
	pr_info("plant: lost %d objects\n", lost);
}

/* An object is still there when its cache is destroyed. */
static noinline void plant_leaked_object(void)
{
	struct kmem_cache *cache;

	cache = kmem_cache_create("plant", sizeof(struct thing), 0, 0, NULL);
	if (!cache)
		return;
	hidden = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_destroy(cache);
}

static noinline void plant_unprotected_rcu(void)
{
	static int __rcu *pointer;

	hidden = rcu_dereference(pointer);
}

static noinline void plant_bad_shift(void)
{
	int shift = READ_ONCE(big);

	WRITE_ONCE(big, 1 << shift);
}

static noinline void plant_refcount_underflow(void)
{
	refcount_t count = REFCOUNT_INIT(1);

	refcount_dec(&count);
	if (refcount_dec_and_test(&count))
		hidden = NULL;
}

static noinline void plant_list_corruption(void)
{
	static LIST_HEAD(head);
	static struct thing t;

	list_add(&t.list, &head);
	__list_del_entry(&t.list);
	list_del(&t.list);
	list_del(&t.list);
}

static noinline void plant_warning(void)
{
	WARN_ON(READ_ONCE(big));
}

static noinline void plant_oops(void)
{
	struct thing *t = READ_ONCE(hidden);

	WRITE_ONCE(t->value, 1);
}

/* As a patched kernel has one for a moment; here nobody put it there. */
static noinline void plant_breakpoint(void)
{
	asm volatile("int3");
}

static noinline void plant_panic(void)
{
	panic("plant: planted");
}

static const struct {
	const char *name;
	void (*plant)(void);
} faults[] = {
	{ "none", plant_nothing },
	{ "use-after-free", plant_use_after_free },
	{ "lock-inversion", plant_lock_inversion },
	{ "sleep-in-atomic", plant_sleep_in_atomic },
	{ "leaked-timer", plant_leaked_timer },
	{ "leaked-socket", plant_leaked_socket },
	{ "leaked-edu-tcp-socket", plant_leaked_edu_tcp_socket },
	{ "leaked-memory", plant_leaked_memory },
	{ "leaked-object", plant_leaked_object },
	{ "unprotected-rcu", plant_unprotected_rcu },
	{ "bad-shift", plant_bad_shift },
	{ "refcount-underflow", plant_refcount_underflow },
	{ "list-corruption", plant_list_corruption },
	{ "warning", plant_warning },
	{ "oops", plant_oops },
	{ "breakpoint", plant_breakpoint },
	{ "panic", plant_panic },
};

static int __init plant_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(faults[i].name, fault))
			break;
	if (i == ARRAY_SIZE(faults)) {
		pr_err("plant: unknown fault '%s'\n", fault);
		return -EINVAL;
	}

	err = proto_register(&plant_proto, 1);
	if (!err)
		faults[i].plant();
	return err;
}

static void __exit plant_exit(void)
{
	proto_unregister(&plant_proto);
}

module_init(plant_init);
module_exit(plant_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Plants a fault for the test harness to find");
