/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file leg.h  A leg in the worker: a UDP port on the inner side.
 *
 * It hears what its point sends (nobody else is mixed or recorded: others are
 * counted) and sends 20 ms of PCMA to its point every 20 ms; silence less often
 * when the mixer is told so.
 */
#ifndef JF_WORKER_LEG_H
#define JF_WORKER_LEG_H

#include <netinet/in.h>
#include <uthash.h>

#include "lib/base/str.h"
#include "rtp/worker/dtmf.h"
#include "rtp/worker/jitter.h"
#include "rtp/worker/play.h"
#include "rtp/worker/rtp.h"

#define HEARS_MAX 32
#define PERCENT_MAX 400

struct leg;

struct hear {
	char id[LEG_ID_MAX];
	int percent;
	struct leg *leg; /* found for the row's generation, may be NULL */
};

struct leg {
	char id[LEG_ID_MAX];
	UT_hash_handle hh;
	unsigned partition;
	int fd;
	uint16_t port;
	struct sockaddr_in point;
	/* what comes in */
	struct rtp_stats stats;
	struct jitter jitter;
	struct dtmf dtmf;
	uint64_t strangers, malformed; /* packets not from point; not RTP */
	int16_t in[FRAME_SAMPLES];     /* what it says in this frame */
	/* what goes out */
	struct hear hears[HEARS_MAX]; /* its row of the matrix */
	unsigned nhears, generation;  /* legs were looked up for this one */
	struct play play;
	struct rtp_packet out; /* header of the next packet */
	bool cut;	       /* time was skipped: set the marker */
	uint64_t heard;	       /* stats.received a second ago */
	unsigned silent_s;     /* without RTP */
	unsigned still;	       /* frames in a row in which nothing came in */
	unsigned unsent;       /* frames of silence since one was sent */
};

/* Binds address:port. 0, or an errno with nothing allocated. */
int leg_open(struct leg **legp, struct str id, unsigned partition,
	     struct in_addr addr, uint16_t port);
void leg_close(struct leg *leg); /* its playback has been ended */

/* "address:port", IPv4. 0, EINVAL. */
int leg_point(struct leg *leg, struct str point);
/* Its row: a hears list. 0; EINVAL: the row is as it was. */
int leg_hear(struct leg *leg, struct str list);

/* Takes what arrived since the last time. */
void leg_receive(struct leg *leg, dtmf_h *on_digit, void *arg);
/* Sends one frame. */
void leg_send(struct leg *leg, const int16_t pcm[FRAME_SAMPLES]);
/* Time goes on by n frames without one being sent. */
void leg_skip(struct leg *leg, unsigned n);

/* One datagram from the point, as leg_receive() takes it; arrival in
 * timestamp units. */
void leg_packet(struct leg *leg, const uint8_t *p, size_t n, uint32_t arrival,
		dtmf_h *on_digit, void *arg);

/* Asked once a second: true when no RTP has come for another after_s. */
bool leg_is_silent(struct leg *leg, unsigned after_s);

/* What the listener of this leg would say: 100 x MOS. */
unsigned leg_mos100(const struct leg *leg);

#endif
