/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "kamailio-mods/acd/own.h"
#include "core/events.h"
#include "core/ip_addr.h"
#include "core/socket_info.h"
#include "core/mem/shm_mem.h"

#define BOOT_SIZE 64
#define LOOK_MS 100 /* how old what we know of our addresses may be */
#define STOOD_MS 2000 /* a heart that beat longer ago had stopped */

static struct own {
	char boot[BOOT_SIZE];
	uint64_t beat; /* of the link process; 0: not running yet */
	int fenced;
} *own;

/* Kamailio's hook for every message of every process that leaves. */
static int on_send(sr_event_param_t *p)
{
	str *text = p->data;

	if(!own_is_fenced())
		return 0;
	pkg_free(text->s);
	*text = (str)STR_NULL; /* nothing is sent */
	return 0;
}

int own_init(void)
{
	own = shm_mallocxz(sizeof(*own));
	if(!own)
		return ENOMEM;
	return sr_event_register_cb(SREV_NET_DATA_OUT, on_send) < 0 ? EINVAL : 0;
}

bool own_is_fenced(void)
{
	uint64_t beat = __atomic_load_n(&own->beat, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&own->fenced, __ATOMIC_ACQUIRE)
		   || (beat && now_ms() > beat + STOOD_MS);
}

bool own_beat(void)
{
	uint64_t now = now_ms();
	bool stood = own->beat && now > own->beat + STOOD_MS;

	if(stood)
		__atomic_store_n(&own->fenced, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&own->beat, now, __ATOMIC_RELEASE);
	return stood;
}

void own_lift(void)
{
	__atomic_store_n(&own->fenced, 0, __ATOMIC_RELEASE);
}

const char *own_boot(void)
{
	return own->boot;
}

void own_set_boot(const char *boot)
{
	str_copy(own->boot, sizeof(own->boot), str_c(boot));
}

/* Of the loopback interface the whole network is this machine's. */
static bool has4(const struct ifaddrs *i, uint32_t addr)
{
	const struct sockaddr_in *a = (void *)i->ifa_addr;
	const struct sockaddr_in *mask = (void *)i->ifa_netmask;

	if(a->sin_addr.s_addr == addr)
		return true;
	return (i->ifa_flags & IFF_LOOPBACK) && mask
		   && !((a->sin_addr.s_addr ^ addr) & mask->sin_addr.s_addr);
}

static bool has(const struct ifaddrs *i, const struct ip_addr *ip)
{
	const struct sockaddr_in6 *a6 = (void *)i->ifa_addr;

	if(!i->ifa_addr || i->ifa_addr->sa_family != (int)ip->af)
		return false;
	if(ip->af == AF_INET)
		return has4(i, ip->u.addr32[0]);
	return ip->af == AF_INET6
		   && !memcmp(&a6->sin6_addr, ip->u.addr, sizeof(a6->sin6_addr));
}

/* The interfaces' addresses, as of a moment ago. */
static const struct ifaddrs *addresses(void)
{
	static struct ifaddrs *all;
	static uint64_t read_ms;
	struct ifaddrs *fresh;

	if(all && now_ms() < read_ms + LOOK_MS)
		return all;
	if(getifaddrs(&fresh) < 0) {
		LM_ERR("event=no_addresses reason=\"%s\"\n", strerror(errno));
		return all;
	}
	if(all)
		freeifaddrs(all);
	all = fresh;
	read_ms = now_ms();
	return all;
}

bool own_holds(const struct socket_info *si)
{
	const struct ifaddrs *i;

	for(i = addresses(); i; i = i->ifa_next)
		if(has(i, &si->address))
			return true;
	return false;
}

struct socket_info *own_socket(struct socket_info *si)
{
	struct socket_info **list = get_sock_info_list(si->proto), *o;

	if(own_holds(si))
		return si;
	for(o = list ? *list : NULL; o; o = o->next)
		if(o->address.af == si->address.af && o->port_no == si->port_no
				&& own_holds(o))
			return o;
	return si;
}

bool own_standby(void)
{
	struct socket_info **list = get_sock_info_list(PROTO_UDP), *si;

	if(!list || !*list)
		return false;
	for(si = *list; si; si = si->next)
		if(own_holds(si))
			return false;
	return true;
}

/* As a number of bits: sockets that are held. More than 64 are not watched. */
static uint64_t held_now(void)
{
	static const int protos[] = {PROTO_UDP, PROTO_TCP, PROTO_TLS};
	struct socket_info **list, *si;
	uint64_t bits = 0;
	unsigned i, n = 0;

	for(i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		list = get_sock_info_list((unsigned short)protos[i]);
		for(si = list ? *list : NULL; si && n < 64; si = si->next, n++)
			bits |= (uint64_t)own_holds(si) << n;
	}
	return bits;
}

bool own_gained(void)
{
	static uint64_t before;
	uint64_t now = held_now();
	bool gained = (now & ~before) != 0;

	before = now;
	return gained;
}
