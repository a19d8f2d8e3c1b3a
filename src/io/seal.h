/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets at rest: AES-256-GCM under one key of this installation. A sealed
 * text is plain ASCII without blanks: "s1:" (the form), which key it was, and
 * the rest. It opens only together with what it was sealed for (network,
 * owner, login, say): a row that was moved to another owner stays shut.
 */
#ifndef CONFAB_SEAL_H
#define CONFAB_SEAL_H

#include "buf.h"

enum {
	SEAL_KEY = 32,
	SEAL_SECRET_MAX = 1024, /* bytes of a secret */
	SEAL_TEXT_MAX = 1536,   /* of its sealed text */
	SEAL_FOR_MAX = 8,       /* what it is for: so many parts, each */
	SEAL_PART_MAX = 65536,  /* of at most so many bytes */
};

struct seal;

/* The key: $CREDENTIALS_DIRECTORY/confab-seal where there is one (systemd's
 * LoadCredential), else the file at path, which is made (0600, random) where
 * it is missing. Exactly 32 bytes in both. Else an errno value with one line
 * in why: EACCES others may read the file, EINVAL it is no key. mem_deref()
 * wipes it. */
int seal_new(struct seal **sp, const char *path, struct buf *why);
/* The same with this key. */
struct seal *seal_of(const uint8_t key[SEAL_KEY]);

/* Adds the sealed text to out. EMSGSIZE: the secret is too long; EINVAL: a
 * part is, or there are too many. */
int seal_shut(struct buf *out, const struct seal *s, const struct view *parts,
	      size_t count, struct view secret);
/* Adds the secret to out, which is better empty and with a cap: the caller
 * wipes it by seal_wipe(), and what a buffer outgrew is not wiped. ENOKEY: it
 * was sealed by another key; EBADMSG: it is damaged, for something else, or
 * no sealed text; ENOTSUP: of a newer form. Nothing is added then. */
int seal_open(struct buf *out, const struct seal *s, const struct view *parts,
	      size_t count, struct view sealed);
/* Each of these in words, to follow "the password can't be read: ". */
const char *seal_why(int err);

/* buf_free() that overwrites before. */
void seal_wipe(struct buf *b);

#endif
