/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows on their way out: everything at the start, pages of a journal. */
#include <errno.h>

#include "db_priv.h"
#include "mem.h"

static uint64_t num(sqlite3_stmt *st, int col)
{
	return (uint64_t)sqlite3_column_int64(st, col);
}

static struct view text(sqlite3_stmt *st, int col)
{
	const void *p = sqlite3_column_text(st, col);

	return view_mem(p, (size_t)sqlite3_column_bytes(st, col));
}

/* The end of time, as put_num() cut it. */
static uint64_t until(sqlite3_stmt *st, int col)
{
	uint64_t n = num(st, col);

	return n == INT64_MAX ? UINT64_MAX : n;
}

static void load_room(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_room r = {
		.id = num(st, 0),
		.name = text(st, 1),
		.domain = text(st, 2),
		.flags = (uint32_t)num(st, 3),
		.subject = text(st, 4),
		.created_ms = num(st, 5),
		.head = num(st, 6),
		.notices = (uint32_t)num(st, 7),
	};

	load->room(&r, load->arg);
}

static void load_member(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_member m = {
		.id = num(st, 0),
		.room = num(st, 1),
		.addr = text(st, 2),
		.nick = text(st, 3),
		.role = (uint32_t)num(st, 4),
		.state = (uint32_t)num(st, 5),
		.acked = num(st, 6),
		.joined_ms = num(st, 7),
		.muted_until_ms = until(st, 8),
		.inviter = text(st, 9),
		.away = text(st, 10),
	};

	load->member(&m, load->arg);
}

static void load_link(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_link l = {
		.id = num(st, 0),
		.room = num(st, 1),
		.label = text(st, 2),
		.target = text(st, 3),
		.via = text(st, 4),
		.nick = text(st, 5),
		.configured = num(st, 6) != 0,
		.acked = num(st, 7),
	};

	load->link(&l, load->arg);
}

static void load_inbox(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_inbox i = {
		.id = num(st, 0),
		.addr = text(st, 1),
		.head = num(st, 2),
		.acked = num(st, 3),
	};

	load->inbox(&i, load->arg);
}

static void load_binding(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_binding b = {
		.aor = text(st, 0),
		.id = num(st, 1),
		.contact = text(st, 2),
		.path = text(st, 3),
		.instance = text(st, 4),
		.reg_id = num(st, 5),
		.call_id = text(st, 6),
		.cseq = num(st, 7),
		.flow = text(st, 8),
		.listener = (uint32_t)num(st, 9),
		.agent = text(st, 10),
		.expires_ms = num(st, 11),
		.seen_ms = num(st, 12),
		.body_max = num(st, 13),
		.traits = (uint32_t)num(st, 14),
	};

	load->binding(&b, load->arg);
}

static void load_block(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_block b = { .user = text(st, 0),
				       .other = text(st, 1) };

	load->block(&b, load->arg);
}

static void load_user(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_user u = {
		.name = text(st, 0),
		.realm = text(st, 1),
		.ha1 = { [STORE_MD5] = text(st, 2),
			 [STORE_SHA256] = text(st, 3),
			 [STORE_MD5_FULL] = text(st, 4),
			 [STORE_SHA256_FULL] = text(st, 5) },
		.disabled = num(st, 6) != 0,
		.created_ms = num(st, 7),
	};

	load->user(&u, load->arg);
}

static void load_account(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_account a = {
		.id = num(st, 0),
		.network = text(st, 1),
		.owner = text(st, 2),
		.login = text(st, 3),
		.secret = text(st, 4),
		.host = text(st, 5),
		.port = (uint32_t)num(st, 6),
		.resource = text(st, 7),
		.policy = (uint32_t)num(st, 8),
		.enabled = num(st, 9) == 0,
		.error = text(st, 10),
		.used_ms = num(st, 11),
		.settings = text(st, 12),
		.created_ms = num(st, 13),
	};

	load->account(&a, load->arg);
}

static void load_visit(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_visit v = {
		.id = num(st, 0),
		.network = text(st, 1),
		.owner = text(st, 2),
		.room = text(st, 3),
		.nick = text(st, 4),
		.secret = text(st, 5),
		.wanted = num(st, 6) != 0,
		.last_id = text(st, 7),
		.last_ms = num(st, 8),
		.settings = text(st, 9),
	};

	load->visit(&v, load->arg);
}

static void load_watch(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_watch w = {
		.network = text(st, 0),
		.user = text(st, 1),
		.other = text(st, 2),
		.direction = (uint32_t)num(st, 3),
		.state = (uint32_t)num(st, 4),
		.number = num(st, 5),
		.asked_ms = num(st, 6),
	};

	load->watch(&w, load->arg);
}

static void load_kept(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_kept k = { .network = text(st, 0),
				      .key = text(st, 1),
				      .value = text(st, 2) };

	load->kept(&k, load->arg);
}

static void load_sub(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_sub s = {
		.id = num(st, 0),
		.package = text(st, 1),
		.resource = text(st, 2),
		.watcher = text(st, 3),
		.call_id = text(st, 4),
		.tag = text(st, 5),
		.own_tag = text(st, 6),
		.own_uri = text(st, 7),
		.event = text(st, 8),
		.event_id = text(st, 9),
		.peer = text(st, 10),
		.target = text(st, 11),
		.route = text(st, 12),
		.flow = text(st, 13),
		.listener = (uint32_t)num(st, 14),
		.cseq_in = (uint32_t)num(st, 15),
		.cseq_out = (uint32_t)num(st, 16),
		.state = (uint32_t)num(st, 17),
		.stranger = num(st, 18) != 0,
		.expires_ms = num(st, 19),
		.list = text(st, 20),
	};

	load->sub(&s, load->arg);
}

static void load_pub(sqlite3_stmt *st, const struct store_load *load)
{
	const struct store_pub p = {
		.id = num(st, 0),
		.package = text(st, 1),
		.resource = text(st, 2),
		.etag = text(st, 3),
		.body = text(st, 4),
		.said = num(st, 5),
		.heard = num(st, 6),
		.expires_ms = num(st, 7),
	};

	load->pub(&p, load->arg);
}

static const struct {
	enum stmt stmt;
	void (*row)(sqlite3_stmt *st, const struct store_load *load);
} loads[] = {
	{ STMT_LOAD_ROOMS, load_room },
	{ STMT_LOAD_MEMBERS, load_member },
	{ STMT_LOAD_LINKS, load_link },
	{ STMT_LOAD_BINDINGS, load_binding },
	{ STMT_LOAD_INBOXES, load_inbox },
	{ STMT_LOAD_BLOCKS, load_block },
	{ STMT_LOAD_USERS, load_user },
	{ STMT_LOAD_ACCOUNTS, load_account },
	{ STMT_LOAD_VISITS, load_visit },
	{ STMT_LOAD_WATCHES, load_watch },
	{ STMT_LOAD_KEPT, load_kept },
	{ STMT_LOAD_SUBS, load_sub },
	{ STMT_LOAD_PUBS, load_pub },
};

/* Nobody asks for these: they need not be read. */
static bool is_idle(const struct store_load *l, enum stmt stmt)
{
	switch (stmt) {
	case STMT_LOAD_ROOMS:
		return !l->room;
	case STMT_LOAD_MEMBERS:
		return !l->member;
	case STMT_LOAD_LINKS:
		return !l->link;
	case STMT_LOAD_BINDINGS:
		return !l->binding;
	case STMT_LOAD_INBOXES:
		return !l->inbox;
	case STMT_LOAD_BLOCKS:
		return !l->block;
	case STMT_LOAD_ACCOUNTS:
		return !l->account;
	case STMT_LOAD_VISITS:
		return !l->visit;
	case STMT_LOAD_WATCHES:
		return !l->watch;
	case STMT_LOAD_KEPT:
		return !l->kept;
	case STMT_LOAD_SUBS:
		return !l->sub;
	case STMT_LOAD_PUBS:
		return !l->pub;
	default:
		return !l->user;
	}
}

int db_load(struct db *db, const struct store_load *load)
{
	size_t i;
	int rc, err = 0;

	errno = 0;
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]) && !err; i++) {
		sqlite3_stmt *st = db->st[loads[i].stmt];

		if (is_idle(load, loads[i].stmt))
			continue;
		while ((rc = sqlite3_step(st)) == SQLITE_ROW)
			loads[i].row(st, load);
		err = db_end(db, st, rc);
	}
	return err;
}

/* The views have their lengths only until all bytes are there. */
static void add_row(struct db_page *page, sqlite3_stmt *st)
{
	struct store_msg *m = &page->msgs[page->count++];

	*m = (struct store_msg){
		.room = page->room,
		.seq = num(st, 0),
		.id = num(st, 1),
		.kind = (uint32_t)num(st, 2),
		.time_ms = num(st, 3),
		.origin = num(st, 4),
		.reply_to = num(st, 5),
		.audience = num(st, 6),
		.from = text(st, 7),
		.name = text(st, 8),
		.text = text(st, 9),
		.meta = text(st, 10),
	};
	buf_addv(&page->bytes, m->from);
	buf_addv(&page->bytes, m->name);
	buf_addv(&page->bytes, m->text);
	buf_addv(&page->bytes, m->meta);
}

static const char *settle(struct view *v, const char *p)
{
	v->p = p;
	return p + v->n;
}

static void settle_all(struct db_page *page)
{
	const char *p = page->bytes.p ? page->bytes.p : "";
	size_t i;

	for (i = 0; i < page->count; i++) {
		p = settle(&page->msgs[i].from, p);
		p = settle(&page->msgs[i].name, p);
		p = settle(&page->msgs[i].text, p);
		p = settle(&page->msgs[i].meta, p);
	}
}

void db_page_free(struct db_page *page)
{
	mem_free(page->msgs);
	page->msgs = NULL;
	page->count = 0;
	buf_free(&page->bytes);
}

static int stmt_of(const struct db_page *page)
{
	if (!page->history)
		return STMT_READ;
	return page->oldest ? STMT_ARCHIVE : STMT_HISTORY;
}

int db_read(struct db *db, struct db_page *page)
{
	sqlite3_stmt *st = db->st[stmt_of(page)];
	int rc, err;

	db_page_free(page); /* of a first try */
	buf_init(&page->bytes, 0);
	page->msgs = mem_array(NULL, page->max, sizeof(*page->msgs));
	errno = 0;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)page->room);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)page->after);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)page->max);
	if (page->history) {
		sqlite3_bind_int64(st, 4, (sqlite3_int64)page->upto);
		sqlite3_bind_int64(st, 5, (sqlite3_int64)page->since_ms);
		sqlite3_bind_int64(st, 6, (sqlite3_int64)page->until_ms);
	}
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && !page->bytes.over)
		add_row(page, st);
	err = db_end(db, st, rc);
	if (!err && page->bytes.over)
		err = EMSGSIZE;
	if (!err)
		settle_all(page);
	return err;
}
