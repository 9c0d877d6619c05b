/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/worker/leg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtp/voice/emodel.h"
#include "rtp/voice/g711.h"

#define TYPE_PCMU 0
#define TYPE_PCMA 8
#define TYPE_DYNAMIC 96 /* and up: on the inner side only telephone-event */
#define BATCH 16
#define DATAGRAM_MAX 2048

/* ---- opening and closing
 * ------------------------------------------------------ */

static int open_port(struct in_addr addr, uint16_t port, int *fdp)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr = addr};
	int on = 1, tos = IPTOS_DSCP_EF, err;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	sin.sin_port = htons(port);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on))) {
		err = errno;
		close(fd);
		return err;
	}
	/* Marking for priority is a wish, not a need. */
	setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	*fdp = fd;
	return 0;
}

int leg_open(struct leg **legp, struct str id, unsigned partition,
	     struct in_addr addr, uint16_t port)
{
	struct leg *leg = calloc(1, sizeof(*leg));
	uint32_t random[3];
	int err;

	if (!leg)
		return ENOMEM;
	err = str_copy(leg->id, sizeof(leg->id), id);
	if (!err)
		err = open_port(addr, port, &leg->fd);
	if (!err && getrandom(random, sizeof(random), 0) != sizeof(random))
		err = EIO;
	if (err) {
		free(leg);
		return err;
	}
	leg->partition = partition;
	leg->port = port;
	jitter_init(&leg->jitter);
	leg->out.type = TYPE_PCMA;
	leg->out.ssrc = random[0];
	leg->out.ts = random[1];
	leg->out.seq = (uint16_t)random[2];
	leg->cut = true;
	*legp = leg;
	return 0;
}

void leg_close(struct leg *leg)
{
	close(leg->fd);
	free(leg);
}

/* ---- where to, and whom it hears
 * ---------------------------------------------- */

int leg_point(struct leg *leg, struct str point)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct str addr;
	char text[INET_ADDRSTRLEN];
	uint64_t port;

	if (!str_cut(&point, ':', &addr) ||
	    str_copy(text, sizeof(text), addr) ||
	    inet_pton(AF_INET, text, &sin.sin_addr) != 1 ||
	    str_u64(point, &port) || !port || port > 65535)
		return EINVAL;
	sin.sin_port = htons((uint16_t)port);
	leg->point = sin;
	return 0;
}

static int parse_hear(struct str item, struct hear *hear)
{
	struct str id;
	uint64_t percent;

	if (!str_cut(&item, ':', &id) ||
	    str_copy(hear->id, sizeof(hear->id), id) ||
	    str_u64(item, &percent) || percent > PERCENT_MAX)
		return EINVAL;
	hear->percent = (int)percent;
	hear->leg = NULL;
	return 0;
}

int leg_hear(struct leg *leg, struct str list)
{
	struct hear row[HEARS_MAX];
	struct str item;
	unsigned n = 0;

	while (str_cut(&list, ',', &item)) {
		if (n == HEARS_MAX || parse_hear(item, &row[n++]))
			return EINVAL;
	}
	memcpy(leg->hears, row, n * sizeof(row[0]));
	leg->nhears = n;
	leg->generation = 0;
	return 0;
}

/* ---- receiving
 * ------------------------------------------------------------------ */

void leg_packet(struct leg *leg, const uint8_t *p, size_t n, uint32_t arrival,
		dtmf_h *on_digit, void *arg)
{
	struct rtp_packet packet;
	bool audio;

	if (rtp_parse(&packet, p, n)) {
		leg->malformed++;
		return;
	}
	audio = packet.type == TYPE_PCMA || packet.type == TYPE_PCMU;
	if (leg->stats.begun && leg->stats.ssrc != packet.ssrc)
		jitter_restart(&leg->jitter);
	rtp_stats_put(&leg->stats, &packet, audio, arrival);
	if (audio)
		jitter_put(&leg->jitter, packet.ts, packet.payload, packet.len,
			   packet.type == TYPE_PCMA ? g711_alaw : g711_ulaw);
	else if (packet.type >= TYPE_DYNAMIC)
		dtmf_put(&leg->dtmf, packet.ts, packet.payload, packet.len,
			 on_digit, arg);
}

/* One set of buffers serves all legs: receiving is one thread's work. */
static struct {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in from[BATCH];
	uint8_t data[BATCH][DATAGRAM_MAX];
	union {
		char p[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control[BATCH];
} rx;

/* What recvmmsg() has written in is made good before the next time: setting all
 * of it up for each leg of each frame costs as much as the call. */
static int rx_used = BATCH;

static int receive(int fd)
{
	int i, n;

	for (i = 0; i < rx_used; i++) {
		rx.iov[i] = (struct iovec){rx.data[i], DATAGRAM_MAX};
		rx.msg[i].msg_hdr = (struct msghdr){
			.msg_name = &rx.from[i],
			.msg_namelen = sizeof(rx.from[i]),
			.msg_iov = &rx.iov[i],
			.msg_iovlen = 1,
			.msg_control = rx.control[i].p,
			.msg_controllen = sizeof(rx.control[i].p),
		};
	}
	n = recvmmsg(fd, rx.msg, BATCH, MSG_DONTWAIT, NULL);
	rx_used = n > 0 ? n : 1; /* the first may be touched all the same */
	return n;
}

/* When the kernel got it, in units of 1/8000 s. */
static uint32_t arrival_of(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct timespec ts = {0};

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	return (uint32_t)ts.tv_sec * RATE_HZ +
	       (uint32_t)(ts.tv_nsec / (1000000000 / RATE_HZ));
}

static bool from_point(const struct leg *leg, const struct sockaddr_in *from)
{
	return leg->point.sin_port == from->sin_port &&
	       leg->point.sin_addr.s_addr == from->sin_addr.s_addr;
}

void leg_receive(struct leg *leg, dtmf_h *on_digit, void *arg)
{
	int n = receive(leg->fd);

	for (int i = 0; i < n; i++) {
		if (!from_point(leg, &rx.from[i])) {
			leg->strangers++;
			continue;
		}
		leg_packet(leg, rx.data[i], rx.msg[i].msg_len,
			   arrival_of(&rx.msg[i].msg_hdr), on_digit, arg);
	}
	dtmf_tick(&leg->dtmf, on_digit, arg);
}

/* ---- sending
 * -------------------------------------------------------------------- */

void leg_send(struct leg *leg, const int16_t pcm[FRAME_SAMPLES])
{
	uint8_t packet[RTP_HEADER + FRAME_SAMPLES];

	leg->out.marker = leg->cut;
	leg->cut = false;
	rtp_header(packet, &leg->out);
	g711_alaw_encode(packet + RTP_HEADER, pcm, FRAME_SAMPLES);
	leg->out.seq++;
	leg->out.ts += FRAME_SAMPLES;
	/* An error is the network's affair, as with a packet that is lost. */
	(void)!sendto(leg->fd, packet, sizeof(packet), MSG_DONTWAIT,
		      (struct sockaddr *)&leg->point, sizeof(leg->point));
}

void leg_skip(struct leg *leg, unsigned n)
{
	leg->out.ts += n * FRAME_SAMPLES;
	leg->cut = true;
}

/* ---- figures
 * -------------------------------------------------------------------- */

unsigned leg_mos100(const struct leg *leg)
{
	double lost = (double)rtp_stats_lost(&leg->stats);
	double all = lost + (double)leg->stats.received;
	double delay_ms =
		(leg->jitter.delay + FRAME_SAMPLES) * 1000.0 / RATE_HZ;

	if (!leg->stats.received)
		return 0;
	lost += (double)leg->jitter.late;
	return emodel_mos100(lost > all ? 100 : 100 * lost / all, delay_ms);
}

bool leg_is_silent(struct leg *leg, unsigned after_s)
{
	bool still = leg->stats.received == leg->heard;

	leg->heard = leg->stats.received;
	leg->silent_s = still ? leg->silent_s + 1 : 0;
	return still && leg->silent_s % after_s == 0;
}
