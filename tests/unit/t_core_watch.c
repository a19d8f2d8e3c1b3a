/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changes in rooms, told as it is; and the rules of the house. */
#include "house.h"
#include "hub_rig.h"
#include "mem.h"
#include "meta.h"
#include "watch.h"

static struct buf seen;

static void see(const char *what, struct view who)
{
	buf_adds(&seen, what);
	buf_addc(&seen, ' ');
	buf_addv(&seen, who);
	buf_addc(&seen, '\n');
}

static void see_by(const struct room_by *by)
{
	if (by->by)
		see(" by", by->by->user);
	if (by->reason.n)
		see(" why", by->reason);
}

static void came(struct member *m, void *arg)
{
	(void)arg;
	see("came", m->nick);
}

static void went(struct member *m, enum room_way way,
		 const struct room_by *by, void *arg)
{
	static const char *const ways[] = { "left", "kicked", "banned" };

	(void)arg;
	see(ways[way], m->nick);
	see_by(by);
}

static void changed(struct member *m, const struct member_before *before,
		    const struct room_by *by, void *arg)
{
	(void)arg;
	see("changed", m->nick);
	if (before->what & MEMBER_SET_NICK)
		see(" was", before->nick);
	if (before->what & MEMBER_SET_ROLE)
		see(" role", view_str(member_role_name(before->role)));
	if (before->what & MEMBER_SET_MUTED)
		see(before->muted ? " unmuted" : " muted", VIEW_NONE);
	see_by(by);
}

static void room(struct room *r, unsigned what, const struct room_by *by,
		 void *arg)
{
	(void)arg;
	see(what & ROOM_SET_SUBJECT ? "subject" : "flags", r->subject);
	see_by(by);
}

static void gone(struct room *r, void *arg)
{
	(void)arg;
	see("gone", room_name(r));
}

static const struct hub_room_watch watch = { came, went, changed,
					     room, gone, &seen };
/* Who wants to hear nothing of it must not be called. */
static const struct hub_room_watch deaf = { .arg = &rig };

static void assert_seen(const char *lines)
{
	rig_settle();
	assert_string_equal(buf_str(&seen), lines);
	buf_clear(&seen);
}

static void start(void)
{
	buf_init(&seen, 0);
	rig_start();
	assert_int_equal(hub_watch_rooms(rig.hub, &deaf), 0);
	assert_int_equal(hub_watch_rooms(rig.hub, &watch), 0);
}

static void stop(void)
{
	rig_stop();
	buf_free(&seen);
}

static void people_come_and_go(void **state)
{
	struct room *r;
	struct member *bob;
	struct addr *alice;
	size_t before;

	(void)state;
	start();
	r = rig_room("lobby");
	rig_join(r, "alice");
	bob = rig_join(r, "bob");
	assert_seen("came alice\ncame bob\n");
	alice = rig_addr("alice");

	before = rig.done;
	assert_int_equal(hub_member_kick(bob, VIEW("bob is out"),
					 &(struct room_by){ alice,
							    VIEW("noise") },
					 rig_done, NULL), 0);
	assert_int_equal(rig_answer(before), 0);
	assert_seen("kicked bob\n by alice\n why noise\n");
	assert_null(rig_find(r, "bob"));
	/* he hears nothing of it, she does, and it says that it is one */
	assert_int_equal(rig.sip.count, 1);
	assert_string_equal(rig.sip.sent[0].meta, "event=1\n");

	bob = rig_join(r, "bob");
	assert_int_equal(hub_member_change(bob,
			&(struct hub_member_change){
				.what = MEMBER_SET_STATE,
				.state = MEMBER_BANNED, .by = { alice } },
			NULL, NULL), 0);
	assert_seen("came bob\nbanned bob\n by alice\n");
	assert_int_equal(hub_member_remove(r, rig_find(r, "alice"), VIEW_NONE,
					   NULL, NULL), 0);
	assert_seen("left alice\n");
	/* a ban that is lifted is nobody's going */
	assert_int_equal(hub_member_remove(r, rig_find(r, "bob"), VIEW_NONE,
					   NULL, NULL), 0);
	assert_seen("");
	mem_deref(alice);
	stop();
}

static void people_change(void **state)
{
	struct hub_member_change c = { .what = MEMBER_SET_NICK |
					       MEMBER_SET_ROLE,
				       .nick = VIEW("Al"),
				       .role = ROLE_ADMIN };
	struct room *r;
	struct member *m;

	(void)state;
	start();
	r = rig_room("lobby");
	m = rig_join(r, "alice");
	assert_int_equal(hub_member_change(m, &c, NULL, NULL), 0);
	assert_seen("came alice\nchanged Al\n was alice\n role member\n");
	c = (struct hub_member_change){ .what = MEMBER_SET_MUTED,
					.muted_until_ms = UINT64_MAX };
	assert_int_equal(hub_member_change(m, &c, NULL, NULL), 0);
	assert_seen("changed Al\n muted \n");
	c.muted_until_ms = 0;
	assert_int_equal(hub_member_change(m, &c, NULL, NULL), 0);
	assert_seen("changed Al\n unmuted \n");
	stop();
}

static void rooms_change_and_end(void **state)
{
	struct hub_room_change c = { .what = ROOM_SET_SUBJECT,
				     .subject = VIEW("Lunch") };
	struct addr *alice;
	struct room *r;

	(void)state;
	start();
	alice = c.by.by = rig_addr("alice");
	assert_int_equal(hub_room_create(rig.hub, &r, VIEW("lobby"),
					 VIEW("confab.example"), 0, alice,
					 NULL, NULL), 0);
	assert_seen("came alice\n");
	assert_int_equal(hub_room_change(r, &c, NULL, NULL), 0);
	assert_seen("subject Lunch\n by alice\n");
	assert_int_equal(hub_room_destroy(r, VIEW_NONE, NULL, NULL), 0);
	assert_seen("gone lobby\n");
	hub_unwatch_rooms(rig.hub, &seen);
	rig_room("other");
	assert_seen("");
	mem_deref(alice);
	stop();
}

/* Without anybody who listens a notice is as it always was. */
static void nobody_watches(void **state)
{
	struct room *r;

	(void)state;
	rig_start();
	r = rig_room("lobby");
	rig_join(r, "alice");
	assert_int_equal(rig_try_join(r, "bob", MEMBER_JOINED, "bob is in"),
			 0);
	rig_settle();
	assert_true(rig.sip.count > 0);
	assert_string_equal(rig.sip.sent[0].meta, "");
	rig_stop();
}

static void newcomers_have_a_name_of_theirs(void **state)
{
	struct hub_join join = { .role = ROLE_MEMBER,
				 .state = MEMBER_JOINED,
				 .nick = VIEW("Alice") };
	struct room *r;

	(void)state;
	rig_start();
	r = rig_room("lobby");
	rig_join(r, "alice");
	join.addr = rig_addr("bob");
	assert_int_equal(hub_member_add(r, &join, NULL, NULL), EADDRINUSE);
	join.nick = VIEW("\x01");
	assert_int_equal(hub_member_add(r, &join, NULL, NULL), EBADMSG);
	join.nick = VIEW("Bobby");
	assert_int_equal(hub_member_add(r, &join, NULL, NULL), 0);
	rig_settle();
	assert_true(view_eqs(rig_find(r, "bob")->nick, "Bobby"));
	assert_ptr_equal(room_by_nick(r, VIEW("BOBBY"), NULL),
			 rig_find(r, "bob"));
	mem_deref(join.addr);
	rig_restart();
	assert_true(view_eqs(rig_find(rig_find_room("lobby"), "bob")->nick,
			     "Bobby"));
	rig_stop();
}

static enum house_no house_check(const struct house_ask *a, void *arg)
{
	(void)arg;
	return a->act == HOUSE_JOIN ? HOUSE_MEMBERS_ONLY : HOUSE_YES;
}

static void house_notice(struct buf *out, const struct house_ask *a,
			 void *arg)
{
	(void)a;
	(void)arg;
	buf_adds(out, "words");
}

static void a_house_has_rules(void **state)
{
	const struct house house = { .check = house_check,
				     .notice = house_notice };
	const struct house_ask a = { .act = HOUSE_JOIN };
	struct buf b = { 0 };

	(void)state;
	rig_start();
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_YES);
	hub_house_notice(rig.hub, &b, &a);
	assert_int_equal(b.n, 0);
	hub_set_house(rig.hub, &house);
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_MEMBERS_ONLY);
	hub_house_notice(rig.hub, &b, &a);
	assert_string_equal(buf_str(&b), "words");
	hub_set_house(rig.hub, NULL);
	assert_int_equal(hub_house_check(rig.hub, &a), HOUSE_YES);
	buf_free(&b);
	rig_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(people_come_and_go),
		RIG_TEST(people_change),
		RIG_TEST(rooms_change_and_end),
		RIG_TEST(nobody_watches),
		RIG_TEST(newcomers_have_a_name_of_theirs),
		RIG_TEST(a_house_has_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
