/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows on their way to confabd: checked, gathered, sent, counted. */
#ifndef CONFAB_IMPORT_SEND_H
#define CONFAB_IMPORT_SEND_H

#include <jansson.h>

#include "buf.h"
#include "hash.h"
#include "import.h"

struct import_count {
	json_int_t taken, there, skipped;
};

struct import_send {
	int fd;                    /* borrowed; the socket */
	enum import_table pass;    /* rows of others are passed over */
	json_t *rows, *whats;      /* owned; not sent yet, and their names */
	size_t bytes;              /* of rows, at the most */
	json_t *skipped, *warnings; /* owned */
	struct import_count count[IMPORT_TABLES];
	struct htable rooms;       /* of the file, by name and domain; or
				      users, by name */
};

void import_send_init(struct import_send *s, int fd);
/* For the readers; arg is the struct import_send. Errors are the socket's, or
 * EPROTO when confabd does not understand. */
int import_send_row(const struct import_row *row, void *arg);
/* For rows that are made elsewhere, of the pass set in s. Takes row, which
 * has at most so many bytes that may need an escape. */
int import_send_queue(struct import_send *s, json_t *row, size_t bytes,
		      const char *what, size_t line);
void import_send_skip(struct import_send *s, const char *what, size_t line,
		      const char *why);
/* False: this name was there before. */
bool import_send_first(struct import_send *s, struct view name);
/* What is left of this pass. */
int import_send_flush(struct import_send *s);
/* Warns of rooms that nobody owns. */
void import_send_check(struct import_send *s);
/* The report. */
json_t *import_send_report(const struct import_send *s);
void import_send_free(struct import_send *s);

#endif
