/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seats, and how those who are in a room are called on XMPP. */
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "jid.h"
#include "jid_prep.h"
#include "mem.h"
#include "service_priv.h"

#define NETWORK VIEW("xmpp")

/* ---- places and seats ---- */

struct place *place_find(const struct service *s, uint64_t room)
{
	struct hnode *n = htable_find(&s->places, hash_u64(room));

	for (; n; n = htable_more(n)) {
		struct place *p = CONTAINER(n, struct place, by_room);

		if (p->room == room)
			return p;
	}
	return NULL;
}

struct room *place_room(const struct place *p)
{
	return hub_room_by_id(service_hub(p->service), p->room);
}

static struct place *place_get(struct service *s, uint64_t room)
{
	struct place *p = place_find(s, room);

	if (p)
		return p;
	p = mem_zalloc(sizeof(*p));
	p->service = s;
	p->room = room;
	list_init(&p->seats);
	htable_add(&s->places, &p->by_room, hash_u64(room));
	return p;
}

static void place_free(struct place *p)
{
	htable_del(&p->service->places, &p->by_room);
	htable_free(&p->shown);
	buf_free(&p->all);
	mem_free(p);
}

static uint64_t seat_key(uint64_t room, struct view jid)
{
	return hash_view(jid) ^ hash_u64(room);
}

struct seat *seat_by_jid(const struct service *s, uint64_t room,
		       struct view jid)
{
	struct hnode *n = htable_find(&s->seats, seat_key(room, jid));

	for (; n; n = htable_more(n)) {
		struct seat *seat = CONTAINER(n, struct seat, by_jid);

		if (seat->place->room == room && view_eqs(jid, seat->jid))
			return seat;
	}
	return NULL;
}

struct seat *seat_by_id(const struct service *s, uint64_t room, uint64_t id)
{
	const struct place *p = place_find(s, room);
	struct lnode *n, *nx;

	if (!p)
		return NULL;
	LIST_EACH (&p->seats, n, nx) {
		struct seat *seat = CONTAINER(n, struct seat, in_place);

		if (seat->id == id)
			return seat;
	}
	return NULL;
}

/* ---- on the disk: a daemon that was killed finds its people again ---- */

static void key_of(struct buf *out, const struct seat *seat)
{
	buf_adds(out, "seat ");
	buf_add_hex(out, seat->place->room);
	buf_addc(out, ' ');
	buf_adds(out, seat->jid);
}

static void keep(const struct seat *seat, bool there)
{
	struct gate *g = seat->place->service->gate;
	struct store_txn *t = store_begin(g->conf.store);
	struct store_kept k = { .network = NETWORK, .value = VIEW("1") };
	struct buf key = { 0 };

	key_of(&key, seat);
	k.key = buf_view(&key);
	if (there)
		store_put_kept(t, &k);
	else
		store_del_kept(t, NETWORK, k.key);
	store_commit(t, NULL, NULL);
	buf_free(&key);
}

static struct shown *shown_find(const struct place *p, uint64_t member)
{
	struct hnode *n = htable_find(&p->shown, hash_u64(member));

	for (; n; n = htable_more(n)) {
		struct shown *sh = CONTAINER(n, struct shown, by_member);

		if (sh->member == member)
			return sh;
	}
	return NULL;
}

static void shown_add(struct place *p, uint64_t member)
{
	struct shown *sh = shown_find(p, member);

	if (!sh) {
		sh = mem_zalloc(sizeof(*sh));
		sh->member = member;
		htable_add(&p->shown, &sh->by_member, hash_u64(member));
	}
	sh->seats++;
}

static void shown_drop(struct place *p, uint64_t member)
{
	struct shown *sh = shown_find(p, member);

	if (!sh || --sh->seats)
		return;
	htable_del(&p->shown, &sh->by_member);
	buf_free(&sh->inside);
	mem_free(sh);
}

struct seat *seat_new(struct service *s, uint64_t room, uint64_t member,
		      struct view jid, enum seat_state state)
{
	struct seat *seat = mem_zalloc(sizeof(*seat));

	seat->place = place_get(s, room);
	seat->id = ++s->seat_id;
	seat->member = member;
	seat->jid = view_dup(jid);
	seat->state = state;
	htable_add(&s->seats, &seat->by_jid, seat_key(room, jid));
	list_append(&seat->place->seats, &seat->in_place);
	buf_clear(&seat->place->all);
	shown_add(seat->place, member);
	if (state != SEAT_IN)
		seat->place->unready++;
	if (s->ready)
		keep(seat, true);
	return seat;
}

void seat_set(struct seat *seat, enum seat_state state)
{
	struct place *p = seat->place;

	p->unready -= seat->state != SEAT_IN;
	p->unready += state != SEAT_IN;
	seat->state = state;
}

void seat_free(struct seat *seat)
{
	keep(seat, false);
	seat_drop(seat);
}

void seat_drop(struct seat *seat)
{
	struct place *p = seat->place;

	htable_del(&p->service->seats, &seat->by_jid);
	list_remove(&p->seats, &seat->in_place);
	buf_clear(&p->all);
	shown_drop(p, seat->member);
	p->unready -= seat->state != SEAT_IN;
	while (seat->held_count)
		mem_deref(seat->held[--seat->held_count]);
	mem_free(seat->held);
	mem_free(seat->jid);
	mem_free(seat);
	if (list_empty(&p->seats))
		place_free(p);
}

struct seat *seat_of(const struct place *p, uint64_t member,
		     const struct seat *prev)
{
	struct lnode *n = prev ? list_next(&p->seats, &prev->in_place) :
				 list_first(&p->seats);

	for (; n; n = list_next(&p->seats, n)) {
		struct seat *seat = CONTAINER(n, struct seat, in_place);

		if (seat->member == member)
			return seat;
	}
	return NULL;
}

size_t seat_count(const struct place *p, uint64_t member)
{
	const struct shown *sh = p ? shown_find(p, member) : NULL;

	return sh ? sh->seats : 0;
}

bool seat_hears(const struct place *p, uint64_t member)
{
	const struct seat *seat = NULL;

	if (!seat_count(p, member))
		return false;
	if (!p->unready)
		return true;
	while ((seat = seat_of(p, member, seat)))
		if (seat->state != SEAT_UNSURE)
			return true;
	return false;
}

struct view place_all(struct place *p)
{
	struct lnode *n, *nx;

	if (!p->all.n)
		LIST_EACH (&p->seats, n, nx) {
			buf_adds(&p->all,
				 CONTAINER(n, struct seat, in_place)->jid);
			buf_addc(&p->all, '\n');
		}
	return buf_view(&p->all);
}

/* ---- who is there ---- */

bool is_xmpp(const struct addr *a)
{
	return addr_is(a, "xmpp");
}

bool is_occupant(const struct place *p, const struct member *m)
{
	if (m->state != MEMBER_JOINED || m->leaving)
		return false;
	return !is_xmpp(m->addr) || seat_count(p, m->id);
}

/* ---- addresses ---- */

int room_jid(const struct service *s, struct buf *out, const struct room *r)
{
	const struct jmap_sip sip = { room_name(r), room_domain(r) };
	struct buf text = { 0 };
	struct view bare;
	int err = jmap_jid(s->gate->map, JMAP_ROOMS, &sip, &bare, &text);

	if (!err)
		buf_addv(out, bare);
	buf_free(&text);
	return err;
}

struct room *room_of(const struct service *s, struct view jid,
		     struct jmap_sip *sip, struct buf *text)
{
	if (jmap_aor(s->gate->map, jid_bare(jid), sip, text)) {
		*sip = (struct jmap_sip){ VIEW_NONE, VIEW_NONE };
		return NULL;
	}
	return hub_room(service_hub(s), sip->user, sip->host);
}

static bool is_plain(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return v.n > 0;
}

/* ASCII is as it is (RFC 6122 A). What no server takes has a number, and what
 * servers would fold as well: two names of ours may be one to them. */
void nick_of(struct buf *out, struct view name)
{
	size_t n = out->n;
	bool ok;

	if (is_plain(name)) {
		buf_addv(out, name);
		return;
	}
	ok = !jid_prep_resource(out, name) && out->n > n;
	if (ok && view_eq(view_from(buf_view(out), n), name))
		return;
	if (!ok)
		out->n = n;
	buf_adds(out, ok ? "-" : "user-");
	buf_add_hex(out, siphash((const uint8_t *)"confab occupants", name.p,
				 name.n));
}

int occupant_jid(const struct service *s, struct buf *out,
		 const struct room *r, struct view name)
{
	int err = room_jid(s, out, r);

	buf_addc(out, '/');
	nick_of(out, name);
	return err;
}

struct member *member_of_nick(const struct room *r, struct view nick)
{
	struct lnode *n, *nx;
	struct buf b = { 0 };
	struct member *found = NULL;

	LIST_EACH (&r->order, n, nx) {
		struct member *m = CONTAINER(n, struct member, order);

		if (m->state != MEMBER_JOINED)
			continue;
		buf_clear(&b);
		nick_of(&b, m->nick);
		if (view_eq(buf_view(&b), nick)) {
			found = m;
			break;
		}
	}
	buf_free(&b);
	return found;
}

int jid_of(const struct service *s, struct buf *out, const struct addr *a)
{
	const struct jmap_sip sip = { a->user, a->host };
	struct buf text = { 0 };
	struct view bare;
	int err = 0;

	if (is_xmpp(a)) {
		buf_addv(out, view_from(a->text, 5));
		return 0;
	}
	err = addr_is(a, "sip") ?
		      jmap_jid(s->gate->map, JMAP_USERS, &sip, &bare, &text) :
		      EBADMSG;
	if (!err)
		buf_addv(out, bare);
	buf_free(&text);
	return err;
}

int addr_of_from(struct addr **ap, struct view from)
{
	struct jid jid;

	jid_split(&jid, from);
	if (!jid.domain.n)
		return EBADMSG;
	return addr_new(ap, NETWORK, jid.local, jid.domain, VIEW_NONE);
}

int addr_of(const struct service *s, struct addr **ap, struct view jid)
{
	struct buf prep = { 0 }, text = { 0 };
	struct jmap_sip sip;
	int err = jid_prep(&prep, jid_bare(jid));

	if (!err)
		err = jmap_aor(s->gate->map, buf_view(&prep), &sip, &text);
	if (!err)
		err = addr_new(ap, VIEW("sip"), sip.user, sip.host,
			       VIEW_NONE);
	else if (err == ENOENT)
		err = addr_of_from(ap, buf_view(&prep));
	buf_free(&prep);
	buf_free(&text);
	return err;
}

void add_occupant_id(const struct service *s, struct buf *b,
		     const struct room *r, const struct addr *who)
{
	uint8_t mac[DIGEST_HMAC];
	struct buf text = { 0 };
	uint64_t id[2];

	buf_add_hex(&text, r->id);
	buf_addv(&text, who->text);
	if (!digest_hmac(mac, view_mem(s->key, sizeof(s->key)),
			 buf_view(&text))) {
		memcpy(id, mac, sizeof(id));
		buf_clear(&text);
		buf_add_hex(&text, id[0]);
		buf_add_hex(&text, id[1]);
		elem_open(b, "occupant-id", NS_OCCUPANT);
		elem_attr(b, "id", buf_view(&text));
		elem_close(b);
	}
	buf_free(&text);
}
