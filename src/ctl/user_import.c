/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confabctl user import: users of another server, or of a list. Of a password
 * all that digest needs is worked out; of an HA1 there is only what there is:
 * for its realm, which by convention is the user's domain, and by MD5.
 */
#include <errno.h>
#include <string.h>

#include "import_send.h"
#include "import_table.h"
#include "mem.h"
#include "user.h"

enum { HA1_BYTES = 45 };

struct users_in {
	struct import_send send;
	const struct user_place *place; /* borrowed */
	json_int_t md5_only;
};

static const char *check_row(const struct users_in *in,
			     const struct import_row *row)
{
	struct view domain = row->field[IMPORT_DOMAIN];

	if (row->bad)
		return row->bad;
	if (!row->field[IMPORT_NAME].n)
		return "its name is missing";
	if (domain.n && !view_ieqs(domain, in->place->domain))
		return "its domain is not ours";
	if (row->field[IMPORT_PASSWORD].n)
		return NULL;
	if (!row->field[IMPORT_HA1].n && !row->field[IMPORT_HA1_SHA256].n)
		return "it has neither a password nor an HA1";
	if (!view_ieqs(domain.n ? domain : view_str(in->place->domain),
		       in->place->realm))
		return "its HA1 is for another realm than ours";
	return NULL;
}

static json_t *lower(struct view v)
{
	struct buf b = { 0 };
	json_t *s;

	for (size_t i = 0; i < v.n; i++)
		buf_addc(&b, v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] | 0x20 :
							      v.p[i]);
	s = json_stringn(b.n ? b.p : "", b.n);
	buf_free(&b);
	return s ? s : json_string("?"); /* which is no HA1 */
}

static json_t *ha1_row(const struct user_place *place,
		       const struct import_row *row)
{
	struct view name = row->field[IMPORT_NAME];

	return json_pack("[s%, s, o, o, o, s]", name.p, name.n, place->realm,
			 lower(row->field[IMPORT_HA1]),
			 lower(row->field[IMPORT_HA1_SHA256]),
			 lower(row->field[IMPORT_HA1B]), "");
}

static int take(struct users_in *in, const struct import_row *row,
		const char *what)
{
	struct view name = row->field[IMPORT_NAME];
	bool clear = row->field[IMPORT_PASSWORD].n > 0;
	json_t *json;

	json = clear ? user_row(in->place, name, row->field[IMPORT_PASSWORD]) :
		       ha1_row(in->place, row);
	if (!json) {
		import_send_skip(&in->send, "a row", row->line,
				 "its name is no UTF-8");
		return 0;
	}
	if (!clear && !row->field[IMPORT_HA1_SHA256].n)
		in->md5_only++;
	return import_send_queue(&in->send, json,
				 name.n + strlen(in->place->realm) +
					 HA1_BYTES,
				 what, row->line);
}

static int on_row(const struct import_row *row, void *arg)
{
	struct users_in *in = arg;
	struct buf what = { 0 };
	const char *bad;
	int err = 0;

	if (row->table != IMPORT_USERS)
		return 0;
	bad = check_row(in, row);
	buf_addv(&what, view_head(row->field[IMPORT_NAME], 128));
	if (!bad && !import_send_first(&in->send, buf_view(&what)))
		bad = "it is twice in the file";
	if (bad)
		import_send_skip(&in->send,
				 what.n ? buf_str(&what) : "a row", row->line,
				 bad);
	else
		err = take(in, row, buf_str(&what));
	buf_free(&what);
	return err;
}

static void warn_md5(struct users_in *in)
{
	struct buf text = { 0 };

	if (!in->md5_only)
		return;
	buf_addf(&text, "%lld users have an HA1 by MD5 only: phones that "
			"prefer SHA-256 can't log in as these until they have "
			"new passwords, or with auth_sha256 = false",
		 (long long)in->md5_only);
	json_array_append_new(in->send.warnings, json_string(buf_str(&text)));
	buf_free(&text);
}

static json_t *report(struct users_in *in)
{
	const struct import_count *n = &in->send.count[IMPORT_USERS];

	warn_md5(in);
	return json_pack("{s:I, s:I, s:I, s:I, s:O, s:O}", "users_taken",
			 n->taken, "users_there_already", n->there,
			 "users_skipped", n->skipped, "md5_only", in->md5_only,
			 "skipped", in->send.skipped, "warnings",
			 in->send.warnings);
}

int user_import(json_t **answer, int fd, const struct user_place *place,
		int argc, char **argv)
{
	struct users_in in = { .place = place };
	struct buf why = { 0 };
	int err = 0;

	import_send_init(&in.send, fd);
	in.send.pass = IMPORT_USERS;
	for (int i = 0; i < argc && !err; i++) {
		const struct import_source from = { argv[i], IMPORT_USERS,
						    "subscriber",
						    "subscriber" };

		err = import_table_read(&from, on_row, &in, &why);
	}
	if (!err)
		err = import_send_flush(&in.send);
	if (!err)
		*answer = json_pack("{s:b, s:o}", "ok", 1, "result",
				    report(&in));
	else if (why.n)
		*answer = user_refusal(buf_str(&why));
	import_send_free(&in.send);
	err = why.n ? 0 : err;
	buf_free(&why);
	return err;
}
