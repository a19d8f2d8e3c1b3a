/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows on their way to confabd. What the seeds' flags mean is known here
 * only: rooms 1 private, 2 deleted; members 1 owner, 2 admin, 4 invited,
 * 8 deleted, 16 left out of one message (it means nothing in a file).
 */
#include <errno.h>
#include <stdint.h>

#include "ask.h"
#include "import_send.h"
#include "mem.h"

enum {
	BATCH_ROWS = 64,
	BATCH_BYTES = 12 * 1024, /* confabd takes lines of 16 KiB */
	ESCAPED = 6,             /* \u0000: the most of one byte */
	NAME_MAX_BYTES = 255,
	TOLD_MAX = 1000,         /* skipped rows that are named one by one */
	ANSWER_MAX = 1024 * 1024,
};

enum { ROOM_PRIVATE = 1, ROOM_DELETED = 2, ROOM_KNOWN = 3 };
enum {
	MEMBER_OWNER = 1,
	MEMBER_ADMIN = 2,
	MEMBER_INVITED = 4,
	MEMBER_DELETED = 8,
	MEMBER_KNOWN = 31,
};

struct known_room {
	struct hnode node;
	char *name; /* owned; name@domain, as in the file */
	bool owned;
};

void import_send_init(struct import_send *s, int fd)
{
	*s = (struct import_send){ .fd = fd,
				   .rows = json_array(),
				   .whats = json_array(),
				   .skipped = json_array(),
				   .warnings = json_array() };
}

void import_send_free(struct import_send *s)
{
	struct hnode *n;

	while ((n = htable_pop(&s->rooms))) {
		struct known_room *r = CONTAINER(n, struct known_room, node);

		mem_free(r->name);
		mem_free(r);
	}
	htable_free(&s->rooms);
	json_decref(s->rows);
	json_decref(s->whats);
	json_decref(s->skipped);
	json_decref(s->warnings);
}

static struct known_room *find_room(const struct import_send *s,
				    struct view name)
{
	struct hnode *n = htable_find(&s->rooms, hash_iview(name));

	while (n) {
		struct known_room *r = CONTAINER(n, struct known_room, node);

		if (view_ieq(view_str(r->name), name))
			return r;
		n = htable_more(n);
	}
	return NULL;
}

static struct known_room *add_room(struct import_send *s, struct view name)
{
	struct known_room *r = mem_zalloc(sizeof(*r));

	r->name = view_dup(name);
	htable_add(&s->rooms, &r->node, hash_iview(name));
	return r;
}

bool import_send_first(struct import_send *s, struct view name)
{
	if (find_room(s, name))
		return false;
	add_room(s, name);
	return true;
}

/* ---- what was skipped ---- */

void import_send_skip(struct import_send *s, const char *what, size_t line,
		      const char *why)
{
	json_t *name;

	s->count[s->pass].skipped++;
	if (json_array_size(s->skipped) >= TOLD_MAX)
		return;
	name = json_string(what);
	json_array_append_new(
		s->skipped,
		json_pack("{s:o, s:o, s:s}", "line",
			  line ? json_integer((json_int_t)line) : json_null(),
			  "what", name ? name : json_string("?"), "why", why));
}

/* ---- to confabd ---- */

static void count_answer(struct import_send *s, const json_t *what,
			 const char *said)
{
	json_t *line = json_array_get(what, 1);

	if (view_eqs(view_str(said), "taken"))
		s->count[s->pass].taken++;
	else if (view_eqs(view_str(said), "there"))
		s->count[s->pass].there++;
	else
		import_send_skip(s, json_string_value(json_array_get(what, 0)),
		     (size_t)json_integer_value(line), said);
}

static int count_answers(struct import_send *s, const json_t *list)
{
	size_t n = json_array_size(s->whats);

	if (json_array_size(list) != n)
		return EPROTO;
	for (size_t i = 0; i < n; i++) {
		const char *said = json_string_value(json_array_get(list, i));

		if (!said)
			return EPROTO;
		count_answer(s, json_array_get(s->whats, i), said);
	}
	return 0;
}

static const struct {
	const char *name, *how, *more;
} command_of[IMPORT_TABLES] = {
	[IMPORT_ROOMS] = { "import-rooms", NULL, NULL },
	[IMPORT_MEMBERS] = { "import-members", NULL, NULL },
	[IMPORT_USERS] = { "put-users", "add", NULL },
	[IMPORT_JUSERS] = { "put-accounts", "jabber", "import" },
	[IMPORT_PURPLEMAP] = { "put-accounts", "purple", "import" },
	[IMPORT_BUDDIES] = { "put-buddies", NULL, NULL },
};

int import_send_flush(struct import_send *s)
{
	struct buf in = { .max = ANSWER_MAX };
	json_error_t je;
	json_t *root;
	int err;

	if (!json_array_size(s->rows))
		return 0;
	err = ask(s->fd,
		  json_pack("{s:[s, s*, s*], s:O}", "argv",
			    command_of[s->pass].name, command_of[s->pass].how,
			    command_of[s->pass].more, "rows", s->rows),
		  &in);
	if (!err) {
		root = json_loadb(in.p, in.n, 0, &je);
		err = count_answers(s, json_object_get(root, "result"));
		json_decref(root);
	}
	buf_free(&in);
	json_array_clear(s->rows);
	json_array_clear(s->whats);
	s->bytes = 0;
	return err;
}

int import_send_queue(struct import_send *s, json_t *row, size_t bytes,
		      const char *what, size_t line)
{
	int err = 0;

	bytes = bytes * ESCAPED + 64;
	if (s->bytes + bytes > BATCH_BYTES ||
	    json_array_size(s->rows) == BATCH_ROWS)
		err = import_send_flush(s);
	json_array_append_new(s->rows, row);
	json_array_append_new(s->whats, json_pack("[s, I]", what,
						  (json_int_t)line));
	s->bytes += bytes;
	return err;
}

/* ---- rows ---- */

static void add_lower(struct buf *b, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		buf_addc(b, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
}

/* Hosts have no case, names have; the views are into b. */
static void add_address(struct buf *b, struct view name, struct view domain)
{
	buf_addv(b, name);
	buf_addc(b, '@');
	add_lower(b, domain);
}

/* "sip:lobby@domain", with whatever else a URI may have. */
static void add_room_uri(struct buf *b, struct view uri)
{
	struct view name, domain, rest;

	if (view_istarts(uri, VIEW("sip:")))
		uri = view_from(uri, 4);
	else if (view_istarts(uri, VIEW("sips:")))
		uri = view_from(uri, 5);
	view_rcut(uri, '@', &name, &domain);
	view_cut(domain, ';', &domain, &rest);
	if (!view_starts(domain, VIEW("[")))
		view_cut(domain, ':', &domain, &rest);
	add_address(b, name, domain);
}

static const char *check_names(const struct import_row *row)
{
	struct view name = row->field[IMPORT_NAME];
	struct view domain = row->field[IMPORT_DOMAIN];
	struct view room = row->field[IMPORT_ROOM];
	json_t *s;

	if (!name.n || !domain.n)
		return "its name or its domain is missing";
	if (name.n > NAME_MAX_BYTES || domain.n > NAME_MAX_BYTES ||
	    room.n > 2 * NAME_MAX_BYTES + 8)
		return "its name is too long";
	s = json_pack("[s%, s%, s%]", name.p, name.n, domain.p, domain.n,
		      room.n ? room.p : "", room.n);
	if (!s)
		return "its name is no UTF-8";
	json_decref(s);
	return NULL;
}

static const char *check_flag(uint64_t *flag, const struct import_row *row)
{
	bool room = row->table == IMPORT_ROOMS;

	if (view_u64(flag, row->field[IMPORT_FLAG], UINT32_MAX))
		return "its flag is no number";
	if (*flag & ~(uint64_t)(room ? ROOM_KNOWN : MEMBER_KNOWN))
		return "its flag has bits that imc does not know";
	if (*flag & (room ? ROOM_DELETED : MEMBER_DELETED))
		return "it was being deleted there";
	return NULL;
}

static int send_room(struct import_send *s, const struct import_row *row,
		     uint64_t flag, struct buf *what)
{
	struct view name, domain;

	if (find_room(s, buf_view(what))) {
		import_send_skip(s, buf_str(what), row->line,
				 "it is twice in the file");
		return 0;
	}
	add_room(s, buf_view(what));
	view_rcut(buf_view(what), '@', &name, &domain);
	return import_send_queue(s,
				 json_pack("[s%, s%, b]", name.p, name.n,
					   domain.p, domain.n,
					   (flag & ROOM_PRIVATE) != 0),
				 what->n, buf_str(what), row->line);
}

static const char *role_of(uint64_t flag)
{
	if (flag & MEMBER_OWNER)
		return "owner";
	if (flag & MEMBER_INVITED)
		return "invited";
	return flag & MEMBER_ADMIN ? "admin" : "member";
}

static int send_member(struct import_send *s, const struct import_row *row,
		       uint64_t flag, struct buf *what)
{
	struct buf room = { 0 };
	struct known_room *known;
	struct view rname, rdomain, name, domain;
	int err = 0;

	add_room_uri(&room, row->field[IMPORT_ROOM]);
	known = find_room(s, buf_view(&room));
	if (!known) {
		import_send_skip(s, buf_str(what), row->line,
				 "its room is not in the file, or was "
				 "skipped");
	} else {
		if (flag & MEMBER_OWNER)
			known->owned = true;
		view_rcut(buf_view(&room), '@', &rname, &rdomain);
		view_rcut(buf_view(what), '@', &name, &domain);
		err = import_send_queue(
			s,
			json_pack("[s%, s%, s%, s%, s]", rname.p, rname.n,
				  rdomain.p, rdomain.n, name.p, name.n,
				  domain.p, domain.n, role_of(flag)),
			what->n + room.n, buf_str(what), row->line);
	}
	buf_free(&room);
	return err;
}

int import_send_row(const struct import_row *row, void *arg)
{
	struct import_send *s = arg;
	struct buf what = { 0 };
	const char *bad = row->bad;
	uint64_t flag = 0;
	int err = 0;

	if (row->table != s->pass)
		return 0;
	if (!bad)
		bad = check_names(row);
	if (!bad)
		add_address(&what, row->field[IMPORT_NAME],
			    row->field[IMPORT_DOMAIN]);
	if (!bad)
		bad = check_flag(&flag, row);
	if (bad)
		import_send_skip(s, what.n ? buf_str(&what) : "a row",
				 row->line, bad);
	else if (row->table == IMPORT_ROOMS)
		err = send_room(s, row, flag, &what);
	else
		err = send_member(s, row, flag, &what);
	buf_free(&what);
	return err;
}

/* ---- the end ---- */

static void warn_owner(struct import_send *s, const char *name)
{
	struct buf text = { 0 };

	buf_adds(&text, name);
	buf_adds(&text, " has no owner in the file: nobody can rule it, "
			"unless it has one here");
	json_array_append_new(s->warnings, json_string(buf_str(&text)));
	buf_free(&text);
}

void import_send_check(struct import_send *s)
{
	struct hnode *n = NULL;
	size_t pos = 0;

	if (!s->rooms.count)
		json_array_append_new(
			s->warnings,
			json_string("there are no rooms in it: Kamailio and "
				    "OpenSIPS write them when they are "
				    "stopped, so stop them first"));
	while ((n = htable_each(&s->rooms, &pos, n))) {
		struct known_room *r = CONTAINER(n, struct known_room, node);

		if (!r->owned)
			warn_owner(s, r->name);
	}
}

static void add_count(json_t *o, const char *key, json_int_t n)
{
	json_object_set_new(o, key, json_integer(n));
}

json_t *import_send_report(const struct import_send *s)
{
	const struct import_count *r = &s->count[IMPORT_ROOMS];
	const struct import_count *m = &s->count[IMPORT_MEMBERS];
	json_t *o = json_object();

	add_count(o, "rooms_taken", r->taken);
	add_count(o, "rooms_there_already", r->there);
	add_count(o, "rooms_skipped", r->skipped);
	add_count(o, "members_taken", m->taken);
	add_count(o, "members_there_already", m->there);
	add_count(o, "members_skipped", m->skipped);
	json_object_set(o, "skipped", s->skipped);
	json_object_set(o, "warnings", s->warnings);
	return o;
}
