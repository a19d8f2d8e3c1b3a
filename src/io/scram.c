/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM-SHA-256: PBKDF2, HMAC and SHA-256 by OpenSSL. */
#include "scram.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base64.h"
#include "digest.h"
#include "mem.h"

enum { NONCE_BYTES = 18, KEY = DIGEST_HMAC, SALT_MAX = 1024 };

struct scram {
	char *nonce, *password; /* owned; wiped */
	struct buf first;       /* the first message without "n,," */
	uint8_t server_sign[KEY];
	bool done;
};

static void scram_destroy(void *obj)
{
	struct scram *s = obj;

	mem_free(s->nonce);
	mem_wipe_free(s->password, strlen(s->password));
	buf_free(&s->first);
	OPENSSL_cleanse(s->server_sign, sizeof(s->server_sign));
}

static char *random_nonce(void)
{
	unsigned char bytes[NONCE_BYTES];
	struct buf b = { 0 };

	/* OpenSSL's generator fails where the system has no random numbers;
	 * the server's nonce is in the proof as well. */
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		memset(bytes, 0, sizeof(bytes));
	(void)base64_encode(&b, view_mem(bytes, sizeof(bytes)));
	return buf_take(&b);
}

/* RFC 5802 5.1: ',' and '=' of a name. */
static void add_name(struct buf *b, struct view user)
{
	for (size_t i = 0; i < user.n; i++) {
		if (user.p[i] == ',')
			buf_adds(b, "=2C");
		else if (user.p[i] == '=')
			buf_adds(b, "=3D");
		else
			buf_addc(b, user.p[i]);
	}
}

struct scram *scram_new(struct view user, struct view password,
			struct view nonce)
{
	struct scram *s = mem_new(sizeof(*s), scram_destroy);

	s->nonce = nonce.n ? view_dup(nonce) : random_nonce();
	s->password = view_dup(password);
	buf_adds(&s->first, "n=");
	add_name(&s->first, user);
	buf_adds(&s->first, ",r=");
	buf_adds(&s->first, s->nonce);
	return s;
}

void scram_first(const struct scram *s, struct buf *out)
{
	buf_adds(out, "n,,");
	buf_addv(out, buf_view(&s->first));
}

/* Takes "k=value" off the front of *v. */
static bool take(struct view *v, char key, struct view *value)
{
	struct view part;

	view_cut(*v, ',', &part, v);
	if (part.n < 2 || part.p[0] != key || part.p[1] != '=')
		return false;
	*value = view_from(part, 2);
	return true;
}

struct challenge {
	struct view nonce, rounds_text;
	uint64_t rounds;
	struct buf salt;
};

static int parse_first(struct challenge *c, const struct scram *s,
		       struct view server)
{
	struct view salt, own = view_str(s->nonce);
	int err;

	if (!take(&server, 'r', &c->nonce) || !take(&server, 's', &salt) ||
	    !take(&server, 'i', &c->rounds_text) ||
	    !view_starts(c->nonce, own) || c->nonce.n == own.n)
		return EBADMSG;
	err = view_u64(&c->rounds, c->rounds_text, SCRAM_ROUNDS_MAX);
	if (!err && c->rounds < SCRAM_ROUNDS_MIN)
		err = ERANGE;
	if (!err && (!salt.n || salt.n > SALT_MAX))
		err = EBADMSG;
	return err ? err : base64_decode(&c->salt, salt);
}

static int salted(uint8_t out[KEY], const struct scram *s,
		  const struct challenge *c)
{
	return PKCS5_PBKDF2_HMAC(s->password, -1,
				 (const unsigned char *)c->salt.p,
				 (int)c->salt.n, (int)c->rounds, EVP_sha256(),
				 KEY, out) == 1 ? 0 : ENOTSUP;
}

static int sha256(uint8_t out[KEY], const uint8_t in[KEY])
{
	return EVP_Digest(in, KEY, out, NULL, EVP_sha256(), NULL) ? 0 :
								    ENOTSUP;
}

/* RFC 5802 3: the proof, and what the server has to show later. */
static int sign(struct scram *s, uint8_t proof[KEY],
		const struct challenge *c, struct view message)
{
	uint8_t pass[KEY], key[KEY], stored[KEY], sig[KEY];
	int err = salted(pass, s, c);

	if (!err)
		err = digest_hmac(key, view_mem(pass, KEY),
				  VIEW("Client Key"));
	if (!err)
		err = sha256(stored, key);
	if (!err)
		err = digest_hmac(sig, view_mem(stored, KEY), message);
	for (size_t i = 0; i < KEY && !err; i++)
		proof[i] = key[i] ^ sig[i];
	if (!err)
		err = digest_hmac(key, view_mem(pass, KEY),
				  VIEW("Server Key"));
	if (!err)
		err = digest_hmac(s->server_sign, view_mem(key, KEY), message);
	OPENSSL_cleanse(pass, sizeof(pass));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(stored, sizeof(stored));
	return err;
}

static int prove(struct scram *s, const struct challenge *c,
		 struct view server, struct buf *out)
{
	struct buf message = { 0 }, bare = { 0 };
	uint8_t proof[KEY];
	int err;

	/* "biws" is "n,,": no channel binding. */
	buf_adds(&bare, "c=biws,r=");
	buf_addv(&bare, c->nonce);
	buf_addv(&message, buf_view(&s->first));
	buf_addc(&message, ',');
	buf_addv(&message, server);
	buf_addc(&message, ',');
	buf_addv(&message, buf_view(&bare));
	err = sign(s, proof, c, buf_view(&message));
	if (!err) {
		buf_addv(out, buf_view(&bare));
		buf_adds(out, ",p=");
		err = base64_encode(out, view_mem(proof, KEY));
	}
	s->done = !err;
	buf_free(&message);
	buf_free(&bare);
	return err;
}

int scram_final(struct scram *s, struct view server, struct buf *out)
{
	struct challenge c = { 0 };
	int err = parse_first(&c, s, server);

	if (!err)
		err = prove(s, &c, server, out);
	buf_free(&c.salt);
	return err;
}

int scram_verify(const struct scram *s, struct view server)
{
	struct buf sig = { 0 };
	struct view v;
	int err = EBADMSG;

	if (!s->done)
		return ENOTCONN;
	if (view_starts(server, VIEW("e=")))
		err = EACCES;
	else if (take(&server, 'v', &v))
		err = base64_decode(&sig, v);
	if (!err && !digest_eq(buf_view(&sig), view_mem(s->server_sign, KEY)))
		err = EACCES;
	buf_free(&sig);
	return err;
}
