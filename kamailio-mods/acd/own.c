/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "kamailio-mods/acd/own.h"
#include "core/ip_addr.h"
#include "core/socket_info.h"
#include "core/mem/shm_mem.h"

#define BOOT_SIZE 64

static struct own {
	char boot[BOOT_SIZE];
} *own;

int own_init(void)
{
	own = shm_mallocxz(sizeof(*own));
	return own ? 0 : ENOMEM;
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

bool own_holds(const struct socket_info *si)
{
	struct ifaddrs *all = NULL, *i;
	bool found = false;

	if(getifaddrs(&all) < 0) {
		LM_ERR("event=no_addresses reason=\"%s\"\n", strerror(errno));
		return false;
	}
	for(i = all; i && !found; i = i->ifa_next)
		found = has(i, &si->address);
	freeifaddrs(all);
	return found;
}
