/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kamailio-mods/acd/tag.h"
#include "core/crypto/sha256.h"

static void hmac(const str *key, const char *text, size_t len,
		uint8_t mac[SHA256_DIGEST_LENGTH])
{
	uint8_t k[SHA256_BLOCK_LENGTH] = {0}, pad[SHA256_BLOCK_LENGTH];
	SHA256_CTX ctx;
	int i;

	if(key->len > SHA256_BLOCK_LENGTH) {
		sr_SHA256_Init(&ctx);
		sr_SHA256_Update(&ctx, (const uint8_t *)key->s, key->len);
		sr_SHA256_Final(k, &ctx);
	} else {
		memcpy(k, key->s, key->len);
	}
	for(i = 0; i < SHA256_BLOCK_LENGTH; i++)
		pad[i] = k[i] ^ 0x36;
	sr_SHA256_Init(&ctx);
	sr_SHA256_Update(&ctx, pad, sizeof(pad));
	sr_SHA256_Update(&ctx, (const uint8_t *)text, len);
	sr_SHA256_Final(mac, &ctx);
	for(i = 0; i < SHA256_BLOCK_LENGTH; i++)
		pad[i] = k[i] ^ 0x5c;
	sr_SHA256_Init(&ctx);
	sr_SHA256_Update(&ctx, pad, sizeof(pad));
	sr_SHA256_Update(&ctx, mac, SHA256_DIGEST_LENGTH);
	sr_SHA256_Final(mac, &ctx);
}

static void mac_hex(const char *text, size_t len, char out[TAG_MAC_LEN + 1])
{
	uint8_t mac[SHA256_DIGEST_LENGTH];
	int i;

	hmac(&acd.secret, text, len, mac);
	for(i = 0; i < TAG_MAC_LEN / 2; i++)
		snprintf(out + i * 2, 3, "%02x", mac[i]);
}

int tag_self_test(void)
{
	static const uint8_t want[8] = {
			0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e};
	static const char text[] = "what do ya want for nothing?";
	str key = str_init("Jefe");
	uint8_t mac[SHA256_DIGEST_LENGTH];

	hmac(&key, text, sizeof(text) - 1, mac);
	return memcmp(mac, want, sizeof(want)) ? EINVAL : 0;
}

int tag_make(char buf[TAG_SIZE], unsigned partition, uint64_t leg)
{
	char id[ID_LEN + 1];
	int n = snprintf(buf, TAG_SIZE, "%u.%s.%s.", partition, acd.node,
			id_format(id, 'l', leg));

	if(n < 0 || n + TAG_MAC_LEN >= TAG_SIZE)
		return -1;
	mac_hex(buf, n - 1, buf + n);
	return n + TAG_MAC_LEN;
}

int tag_parse(const str *tag, unsigned *partitionp, uint64_t *legp)
{
	struct str rest = ours(tag), part;
	char mac[TAG_MAC_LEN + 1];
	unsigned char diff = 0;
	uint64_t n;
	int i, at = tag->len - TAG_MAC_LEN;

	if(at < ID_LEN + 4 || tag->len >= TAG_SIZE || tag->s[at - 1] != '.')
		return EINVAL;
	mac_hex(tag->s, at - 1, mac);
	for(i = 0; i < TAG_MAC_LEN; i++) /* in constant time */
		diff |= mac[i] ^ tag->s[at + i];
	if(diff || tag->s[at - 2 - ID_LEN] != '.')
		return EINVAL;
	if(!str_cut(&rest, '.', &part) || str_u64(part, &n)
			|| n >= (uint64_t)acd.partitions)
		return EINVAL;
	*partitionp = (unsigned)n;
	part = (struct str){tag->s + at - 1 - ID_LEN, ID_LEN};
	return id_parse(part, 'l', legp);
}
