// SPDX-License-Identifier: GPL-2.0
/*
 * A network namespace of the test's own with one TUN device: we are at one end, and whoever
 * holds the device's file is everybody else. All by system calls: a fork of `ip` costs more
 * than most tests.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "wire.h"

#define TUN "tun0"

static void must(int result, const char *what)
{
	if (result < 0)
		wire_fail("setting up the namespace: %s: %s", what, strerror(errno));
}

/* Writes a file of /proc; false: there is no such file. */
bool netns_write(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return false;
	must(fd, file);
	n = write(fd, value, strlen(value));
	close(fd);
	must(n, file);
	return true;
}

static int tun_open(void)
{
	struct ifreq ifr = { .ifr_name = TUN, .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	must(fd, "open /dev/net/tun (modprobe tun?)");
	must(ioctl(fd, TUNSETIFF, &ifr), "TUNSETIFF");
	return fd;
}

void netns_up(const char *device)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { };

	must(fd, "socket");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	must(ioctl(fd, SIOCGIFFLAGS, &ifr), "SIOCGIFFLAGS");
	ifr.ifr_flags |= IFF_UP;
	must(ioctl(fd, SIOCSIFFLAGS, &ifr), "SIOCSIFFLAGS");
	close(fd);
}

/* Gives the TUN device our address, and waits until that can be used. */
void netns_own_address(const struct path *path)
{
	int fd = socket(path->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = TUN };

	must(fd, "socket");
	if (path->family == AF_INET) {
		struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

		*sin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = path->us.v4 };
		must(ioctl(fd, SIOCSIFADDR, &ifr), "SIOCSIFADDR");
		must(inet_pton(AF_INET, "255.255.255.0", &sin->sin_addr), "inet_pton");
		must(ioctl(fd, SIOCSIFNETMASK, &ifr), "SIOCSIFNETMASK");
	} else {
		/* struct in6_ifreq; linux/ipv6.h does not go with netinet/in.h */
		struct {
			struct in6_addr addr;
			u32 prefixlen;
			int ifindex;
		} ifr6 = { path->us.v6, 64, if_nametoindex(TUN) };

		/* there it is already, when a test comes back to this IP version */
		if (ioctl(fd, SIOCSIFADDR, &ifr6) && errno != EEXIST)
			must(-1, "SIOCSIFADDR");
	}
	netns_up(TUN);
	/* An IPv6 address comes to life in the background, even where nothing can duplicate it. */
	if (path->family == AF_INET6) {
		struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = path->us.v6 };

		if (IN6_IS_ADDR_LINKLOCAL(&sin6.sin6_addr))
			sin6.sin6_scope_id = if_nametoindex(TUN);

		while (bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) && errno == EADDRNOTAVAIL)
			usleep(1000);
	}
	close(fd);
}

/* A further IPv4 address, with the network around it (a /24). */
void netns_address(const char *address)
{
	static u8 n;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr;
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

	must(fd, "socket");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), TUN ":%d", ++n);
	*sin = (struct sockaddr_in){ .sin_family = AF_INET };
	must(inet_pton(AF_INET, address, &sin->sin_addr), "inet_pton");
	must(ioctl(fd, SIOCSIFADDR, &ifr), "SIOCSIFADDR");
	must(inet_pton(AF_INET, "255.255.255.0", &sin->sin_addr), "inet_pton");
	must(ioctl(fd, SIOCSIFNETMASK, &ifr), "SIOCSIFNETMASK");
	close(fd);
}

/* From now on the wire carries datagrams of so many bytes. */
void netns_mtu(int mtu)
{
	struct ifreq ifr = { .ifr_name = TUN, .ifr_mtu = mtu };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFMTU, &ifr), "SIOCSIFMTU");
	close(fd);
}

/* From now on the device computes checksums, and cuts what is TCP's into segments. */
void netns_takes_TCP_whole(int tun)
{
	must(ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), "TUNSETOFFLOAD");
}

/* Enters a new namespace and returns the file of its TUN device; @netns is to come back by. */
int netns_new(const struct path *path, int *netns)
{
	int fd;

	must(unshare(CLONE_NEWNET), "unshare");
	netns_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	netns_write("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
	/* No link-local address: the wire stays quiet. */
	netns_write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
	netns_write("/proc/sys/net/ipv6/conf/default/router_solicitations", "0");
	fd = tun_open();
	netns_own_address(path);
	*netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	must(*netns, "open the namespace");
	return fd;
}

void netns_enter(int netns)
{
	must(setns(netns, CLONE_NEWNET), "setns");
}
