/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of user,buddy: as CSV, or a table "buddies". */
#include "buddies_import.h"

#include <string.h>

#include "import_send.h"
#include "import_table.h"

enum { NAME_MAX_BYTES = 512 };

bool buddies_is_ours(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[0], "buddies") == 0 &&
	       strcmp(argv[1], "import") == 0;
}

static const char *check_row(const struct import_row *row)
{
	const struct view *f = row->field;

	if (row->bad)
		return row->bad;
	if (!f[IMPORT_NAME].n || !f[IMPORT_SIP_ID].n)
		return "its user or its buddy is missing";
	if (f[IMPORT_NAME].n > NAME_MAX_BYTES ||
	    f[IMPORT_SIP_ID].n > NAME_MAX_BYTES)
		return "its name is too long";
	return NULL;
}

static int on_row(const struct import_row *row, void *arg)
{
	struct view user = row->field[IMPORT_NAME];
	struct view buddy = row->field[IMPORT_SIP_ID];
	struct import_send *send = arg;
	const char *bad;
	struct buf what = { 0 };
	json_t *json = NULL;
	int err = 0;

	if (row->table != IMPORT_BUDDIES)
		return 0;
	bad = check_row(row);
	if (!bad)
		json = json_pack("[s%, s%]", user.p, user.n, buddy.p,
				 buddy.n);
	if (!bad && !json)
		bad = "its name is no UTF-8";
	buf_addv(&what, view_head(user, 128));
	if (bad)
		import_send_skip(send, what.n ? buf_str(&what) : "a row",
				 row->line, bad);
	else
		err = import_send_queue(send, json, user.n + buddy.n,
					buf_str(&what), row->line);
	buf_free(&what);
	return err;
}

static json_t *report(const struct import_send *send)
{
	const struct import_count *n = &send->count[IMPORT_BUDDIES];

	return json_pack("{s:I, s:I, s:I, s:O}", "buddies_taken", n->taken,
			 "buddies_there_already", n->there, "buddies_skipped",
			 n->skipped, "skipped", send->skipped);
}

static json_t *refusal(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

int buddies_import(json_t **answer, int fd, int argc, char **argv)
{
	struct import_send send;
	struct buf why = { 0 };
	int err = 0;

	if (!argc) {
		*answer = refusal("usage: buddies import FILE ...");
		return 0;
	}
	import_send_init(&send, fd);
	send.pass = IMPORT_BUDDIES;
	for (int i = 0; i < argc && !err; i++) {
		const struct import_source from = {
			.path = argv[i],
			.table = IMPORT_BUDDIES,
			.name = "buddies",
			.usual = "buddies",
		};

		err = import_table_read(&from, on_row, &send, &why);
	}
	if (!err)
		err = import_send_flush(&send);
	if (!err)
		*answer = json_pack("{s:b, s:o}", "ok", 1, "result",
				    report(&send));
	else if (why.n)
		*answer = refusal(buf_str(&why));
	import_send_free(&send);
	err = why.n ? 0 : err;
	buf_free(&why);
	return err;
}
