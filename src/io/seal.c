/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealing by OpenSSL's AES-256-GCM. What is authenticated beside the secret
 * is the form, the key's name and each part with its length, so that no two
 * lists of parts are the same bytes.
 *
 *   s1:KKKKKKKK:BASE64(nonce 12, secret, tag 16)
 *
 * K names the key (the first bytes of a HMAC by it): one that was sealed by
 * another key can be told from one that was damaged. Nonces are random: 2^32
 * seals are safe, and a seal is made when somebody sets a password.
 */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "mem.h"

enum {
	NONCE = 12,
	TAG = 16,
	NAME_HEX = 8,
	HEAD = 3 + NAME_HEX + 1, /* "s1:KKKKKKKK:" */
	RAW_MAX = NONCE + SEAL_SECRET_MAX + TAG,
	MADE_MODE = 0600,
};

struct seal {
	uint8_t key[SEAL_KEY];
	char head[HEAD + 1];
};

/* ---- the key ---- */

static void seal_destroy(void *obj)
{
	struct seal *s = obj;

	OPENSSL_cleanse(s->key, sizeof(s->key));
}

struct seal *seal_of(const uint8_t key[SEAL_KEY])
{
	static const char digits[] = "0123456789abcdef";
	struct seal *s = mem_new(sizeof(*s), seal_destroy);
	uint8_t sum[DIGEST_HMAC] = { 0 };

	memcpy(s->key, key, SEAL_KEY);
	(void)digest_hmac(sum, view_mem(key, SEAL_KEY), VIEW("confab seal"));
	memcpy(s->head, "s1:", 3);
	for (size_t i = 0; i < NAME_HEX; i++)
		s->head[3 + i] =
			digits[i % 2 ? sum[i / 2] & 15 : sum[i / 2] >> 4];
	s->head[HEAD - 1] = ':';
	return s;
}

static int check_file(int fd, const char *path, struct buf *why)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		buf_addf(why, "%s: must be a plain file", path);
		return EINVAL;
	}
	if (st.st_mode & (S_IRWXO | S_IWGRP)) {
		buf_addf(why, "%s: holds the key of all passwords and is open "
			      "to others: chmod 600 %s, and give the accounts "
			      "new passwords if anybody may have read it",
			 path, path);
		return EACCES;
	}
	if (st.st_size == SEAL_KEY)
		return 0;
	buf_addf(why, "%s: is no key: it has %lld bytes, not %d", path,
		 (long long)st.st_size, SEAL_KEY);
	return EINVAL;
}

/* ENOENT: there is none; why is left alone then. */
static int read_key(uint8_t key[SEAL_KEY], const char *path, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err = fd < 0 ? errno : 0;

	if (err == ENOENT)
		return err;
	if (err)
		buf_addf(why, "%s: %s", path, strerror(err));
	else
		err = check_file(fd, path, why);
	if (!err && read(fd, key, SEAL_KEY) != SEAL_KEY) {
		buf_addf(why, "%s: can't be read", path);
		err = EIO;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? mem_strndup(path, slash > path ?
						      (size_t)(slash - path) :
						      1) :
			    mem_strdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	mem_free(dir);
	if (fd < 0)
		return errno;
	if (fsync(fd))
		err = errno;
	close(fd);
	return err;
}

static int write_key(int fd, const uint8_t key[SEAL_KEY])
{
	ssize_t n;

	if (ftruncate(fd, 0) || fchmod(fd, MADE_MODE))
		return errno;
	n = write(fd, key, SEAL_KEY);
	if (n != SEAL_KEY)
		return n < 0 ? errno : ENOSPC;
	return fsync(fd) ? errno : 0;
}

/* The whole key gets its name at once, and only if nothing has that name: a
 * crash leaves it or nothing, and who comes second reads the first's. */
static int place_key(uint8_t key[SEAL_KEY], const char *fresh,
		     const char *path)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      MADE_MODE);
	int err = 0;

	if (fd < 0)
		return errno;
	if (flock(fd, LOCK_EX))
		err = errno;
	else if (!access(path, F_OK))
		err = EEXIST; /* he who had the lock before made it */
	rand_bytes(key, SEAL_KEY);
	if (!err)
		err = write_key(fd, key);
	if (!err && link(fresh, path))
		err = errno;
	if (!err)
		err = sync_folder(path);
	unlink(fresh);
	close(fd);
	return err;
}

static int make_key(uint8_t key[SEAL_KEY], const char *path, struct buf *why)
{
	char *fresh = mem_printf("%s.new", path);
	int err = place_key(key, fresh, path);

	mem_free(fresh);
	if (err == EEXIST)
		return read_key(key, path, why);
	if (err)
		buf_addf(why, "%s: can't be made: %s", path, strerror(err));
	return err;
}

static int credential(uint8_t key[SEAL_KEY], struct buf *why)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	int err;

	if (!dir || !*dir)
		return ENOENT;
	path = mem_printf("%s/confab-seal", dir);
	err = read_key(key, path, why);
	mem_free(path);
	return err;
}

int seal_new(struct seal **sp, const char *path, struct buf *why)
{
	uint8_t key[SEAL_KEY];
	int err = credential(key, why);

	if (err == ENOENT) {
		err = read_key(key, path, why);
		if (err == ENOENT)
			err = make_key(key, path, why);
	}
	if (!err)
		*sp = seal_of(key);
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}

/* ---- the cipher ---- */

struct cipher {
	EVP_CIPHER_CTX *ctx;
	int (*update)(EVP_CIPHER_CTX *ctx, unsigned char *out, int *n,
		      const unsigned char *in, int size);
};

static bool add_part(const struct cipher *c, struct view v)
{
	const unsigned char size[4] = {
		(unsigned char)(v.n >> 24), (unsigned char)(v.n >> 16),
		(unsigned char)(v.n >> 8), (unsigned char)v.n,
	};
	int n;

	if (v.n > SEAL_PART_MAX || !c->update(c->ctx, NULL, &n, size, 4))
		return false;
	return !v.n || c->update(c->ctx, NULL, &n,
				 (const unsigned char *)v.p, (int)v.n);
}

static bool add_parts(const struct cipher *c, const struct seal *s,
		      const struct view *parts, size_t count)
{
	bool ok = count <= SEAL_FOR_MAX && add_part(c, view_mem(s->head,
								HEAD));

	for (size_t i = 0; i < count && ok; i++)
		ok = add_part(c, parts[i]);
	return ok;
}

/* raw: the nonce; filled up by what is sealed, and the tag. */
static bool encrypt(const struct seal *s, const struct view *parts,
		    size_t count, struct view secret, uint8_t raw[RAW_MAX])
{
	const struct cipher c = { EVP_CIPHER_CTX_new(), EVP_EncryptUpdate };
	uint8_t *to = raw + NONCE;
	int n = 0;
	bool ok;

	ok = c.ctx &&
	     EVP_EncryptInit_ex(c.ctx, EVP_aes_256_gcm(), NULL, s->key, raw) &&
	     add_parts(&c, s, parts, count);
	if (ok && secret.n)
		ok = EVP_EncryptUpdate(c.ctx, to, &n,
				       (const unsigned char *)secret.p,
				       (int)secret.n);
	ok = ok && EVP_EncryptFinal_ex(c.ctx, to + secret.n, &n) &&
	     EVP_CIPHER_CTX_ctrl(c.ctx, EVP_CTRL_GCM_GET_TAG, TAG,
				 to + secret.n);
	EVP_CIPHER_CTX_free(c.ctx);
	return ok;
}

/* out has SEAL_SECRET_MAX bytes; nothing of it counts when this is false. */
static bool decrypt(const struct seal *s, const struct view *parts,
		    size_t count, uint8_t *raw, size_t size, uint8_t *out)
{
	const struct cipher c = { EVP_CIPHER_CTX_new(), EVP_DecryptUpdate };
	size_t secret = size - NONCE - TAG;
	int n = 0;
	bool ok;

	ok = c.ctx &&
	     EVP_DecryptInit_ex(c.ctx, EVP_aes_256_gcm(), NULL, s->key, raw) &&
	     add_parts(&c, s, parts, count);
	if (ok && secret)
		ok = EVP_DecryptUpdate(c.ctx, out, &n, raw + NONCE,
				       (int)secret);
	ok = ok &&
	     EVP_CIPHER_CTX_ctrl(c.ctx, EVP_CTRL_GCM_SET_TAG, TAG,
				 raw + size - TAG) &&
	     EVP_DecryptFinal_ex(c.ctx, out + secret, &n) > 0;
	EVP_CIPHER_CTX_free(c.ctx);
	return ok;
}

/* ---- the text ---- */

int seal_shut(struct buf *out, const struct seal *s, const struct view *parts,
	      size_t count, struct view secret)
{
	unsigned char text[4 * ((RAW_MAX + 2) / 3) + 1];
	uint8_t raw[RAW_MAX];
	int n;

	if (secret.n > SEAL_SECRET_MAX)
		return EMSGSIZE;
	rand_bytes(raw, NONCE);
	if (!encrypt(s, parts, count, secret, raw))
		return EINVAL;
	n = EVP_EncodeBlock(text, raw, (int)(NONCE + secret.n + TAG));
	buf_add(out, s->head, HEAD);
	buf_add(out, text, (size_t)n);
	return 0;
}

/* The one form that seal_shut() writes; nothing around it, no other spelling.
 * False: it is not base64, too short or too long. */
static bool decode(uint8_t raw[RAW_MAX + 3], size_t *size, struct view text)
{
	unsigned char again[4 * ((RAW_MAX + 2) / 3) + 1];
	int n;

	if (!text.n || text.n % 4 || text.n >= sizeof(again))
		return false;
	n = EVP_DecodeBlock(raw, (const unsigned char *)text.p, (int)text.n);
	if (n < 0)
		return false;
	for (size_t i = 0; i < 2 && text.p[text.n - 1 - i] == '='; i++)
		n--;
	if (n < NONCE + TAG || n > RAW_MAX)
		return false;
	*size = (size_t)n;
	return EVP_EncodeBlock(again, raw, n) == (int)text.n &&
	       !memcmp(again, text.p, text.n);
}

/* The form and the key, before the rest is looked at. */
static int check_head(const struct seal *s, struct view sealed)
{
	struct view form, rest;

	if (!view_cut(sealed, ':', &form, &rest) || form.n < 2 ||
	    form.n > 4 || form.p[0] != 's')
		return EBADMSG;
	if (!view_eqs(form, "s1"))
		return ENOTSUP;
	if (sealed.n < HEAD || sealed.p[HEAD - 1] != ':')
		return EBADMSG;
	return memcmp(sealed.p, s->head, HEAD) ? ENOKEY : 0;
}

int seal_open(struct buf *out, const struct seal *s, const struct view *parts,
	      size_t count, struct view sealed)
{
	uint8_t raw[RAW_MAX + 3], secret[SEAL_SECRET_MAX + TAG];
	size_t size;
	int err = check_head(s, sealed);

	if (err)
		return err;
	if (!decode(raw, &size, view_from(sealed, HEAD)) ||
	    !decrypt(s, parts, count, raw, size, secret))
		err = EBADMSG;
	else
		buf_add(out, secret, size - NONCE - TAG);
	OPENSSL_cleanse(secret, sizeof(secret));
	return err;
}

const char *seal_why(int err)
{
	switch (err) {
	case ENOKEY:
		return "it was sealed by another key than we have";
	case ENOTSUP:
		return "it was sealed by a newer confab";
	case EBADMSG:
		return "it is damaged, or was sealed for something else";
	case EMSGSIZE:
		return "it is too long";
	default:
		return strerror(err);
	}
}

void seal_wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}
