/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents of presence, as phones send them and read them. */
#include "pidf.h"

#include <errno.h>

#include "test.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
#define PIDF "urn:ietf:params:xml:ns:pidf"

static struct presence_state got;
static struct buf texts, made;

static int end(void **state)
{
	buf_free(&texts);
	buf_free(&made);
	return test_teardown(state);
}

static int begin(void **state)
{
	buf_init(&texts, 0);
	buf_init(&made, 0);
	return test_setup(state);
}

static int read_text(const char *text)
{
	return pidf_read(&got, &texts, view_str(text));
}

static void assert_place(size_t i, const char *id, enum show show,
			 const char *note, int priority)
{
	assert_true(i < got.count);
	assert_true(view_eqs(got.place[i].id, id));
	assert_string_equal(show_name(got.place[i].show), show_name(show));
	assert_true(view_eqs(got.place[i].note, note));
	assert_int_equal(got.place[i].priority, priority);
}

static void from_baresip(void **state)
{
	(void)state;
	assert_int_equal(read_text(
		HEAD "<presence xmlns=\"" PIDF "\"\r\n"
		"    xmlns:dm=\"" PIDF ":data-model\"\r\n"
		"    xmlns:rpid=\"" PIDF ":rpid\"\r\n"
		"    entity=\"sip:alice@example.org\">\r\n"
		"  <dm:person id=\"p4159\"><rpid:activities/></dm:person>\r\n"
		"  <tuple id=\"t4109\">\r\n    <status>\r\n"
		"      <basic>open</basic>\r\n    </status>\r\n"
		"    <contact>sip:alice@example.org</contact>\r\n"
		"  </tuple>\r\n</presence>\r\n"), 0);
	assert_int_equal(got.count, 1);
	assert_place(0, "t4109", SHOW_ONLINE, "", 0);
}

static void from_pjsip(void **state)
{
	(void)state;
	assert_int_equal(read_text(
		HEAD "<presence entity=\"sip:bob@example.org\" xmlns=\"" PIDF
		"\" xmlns:dm=\"" PIDF ":data-model\" xmlns:rpid=\"" PIDF
		":rpid\"><tuple id=\"pj8fa1\"><status><basic>open</basic>"
		"</status><timestamp>2026-11-21T10:00:00.000Z</timestamp>"
		"<note>On the phone</note></tuple>"
		"<dm:person id=\"pj12\"><rpid:activities><rpid:busy/>"
		"</rpid:activities><dm:note>On the phone</dm:note>"
		"</dm:person></presence>"), 0);
	assert_place(0, "pj8fa1", SHOW_DND, "On the phone", 0);
}

static void from_linphone(void **state)
{
	(void)state;
	assert_int_equal(read_text(
		HEAD "<p1:presence xmlns:p1=\"" PIDF "\" "
		"entity=\"sip:eve@example.org\" xmlns:dm=\"" PIDF
		":data-model\" xmlns:r=\"" PIDF ":rpid\">"
		"<p1:tuple id=\"qmht-9\"><p1:status><p1:basic>open</p1:basic>"
		"<pidfonline:online xmlns:pidfonline=\"http://www."
		"linphone.org/xsds/pidfonline.xsd\">online"
		"</pidfonline:online></p1:status><p1:contact priority=\"0.8\">"
		"sip:eve@192.0.2.1</p1:contact><p1:note xml:lang=\"fr\">"
		"au soleil</p1:note><p1:timestamp>2026-11-21T10:00:00Z"
		"</p1:timestamp></p1:tuple><dm:person id=\"x1\">"
		"<r:activities><r:vacation/><r:meal/></r:activities>"
		"</dm:person></p1:presence>"), 0);
	assert_place(0, "qmht-9", SHOW_XA, "au soleil", 102);
	assert_true(view_eqs(got.place[0].lang, "fr"));
}

static void from_kamailio(void **state)
{
	(void)state;
	assert_int_equal(read_text(
		"<?xml version=\"1.0\"?>\n<presence xmlns=\"" PIDF "\" "
		"entity=\"sip:a@example.org\"><tuple id=\"a\"><status><basic>"
		"closed</basic></status></tuple><tuple id=\"b\"><status>"
		"<basic>open</basic><show xmlns=\"jabber:client\">away</show>"
		"</status><contact priority=\"0.5\">x</contact></tuple>"
		"<tuple id=\"c\"><status><basic>open</basic></status>"
		"<contact priority=\"1\">y</contact>"
		"<note>Be Right Back</note></tuple>"
		"<note>all over</note></presence>"), 0);
	assert_int_equal(got.count, 3);
	assert_place(0, "c", SHOW_AWAY, "Be Right Back", 127);
	assert_place(1, "b", SHOW_AWAY, "all over", 64);
	assert_place(2, "a", SHOW_OFFLINE, "all over", 0);
}

static void activities_mean_something(void **state)
{
	static const struct {
		const char *name;
		enum show show;
	} row[] = {
		{ "away", SHOW_AWAY }, { "meal", SHOW_AWAY },
		{ "busy", SHOW_DND }, { "meeting", SHOW_DND },
		{ "holiday", SHOW_XA }, { "sleeping", SHOW_XA },
		{ "unknown", SHOW_ONLINE }, { "playing", SHOW_ONLINE },
		{ "presentation", SHOW_DND }, { "appointment", SHOW_AWAY },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(text, sizeof(text),
			 "<presence xmlns='" PIDF "'><tuple id='t'><status>"
			 "<basic>open</basic></status><a:activities xmlns:a='"
			 PIDF ":rpid'><a:note>n</a:note><a:%s/>"
			 "</a:activities></tuple></presence>", row[i].name);
		assert_int_equal(read_text(text), 0);
		assert_place(0, "t", row[i].show, "n", 0);
	}
}

static void what_is_refused(void **state)
{
	static char big[PIDF_MAX + 2];

	(void)state;
	assert_int_equal(read_text(""), EBADMSG);
	assert_int_equal(read_text("<presence/>"), EBADMSG);
	assert_int_equal(read_text("<presence xmlns='" PIDF "'>"), EBADMSG);
	assert_int_equal(read_text("<tuple xmlns='" PIDF "'/>"), EBADMSG);
	assert_int_equal(read_text("<!DOCTYPE presence><presence xmlns='" PIDF
				   "'/>"), EBADMSG);
	assert_int_equal(read_text("<presence xmlns='" PIDF "'>&x;"
				   "</presence>"), EBADMSG);
	assert_int_equal(read_text("<presence xmlns='" PIDF "'/><more/>"),
			 EBADMSG);
	assert_int_equal(read_text("<presence xmlns='" PIDF "' a='\xff'/>"),
			 EBADMSG);
	memset(big, ' ', PIDF_MAX + 1);
	assert_int_equal(read_text(big), EMSGSIZE);
	assert_int_equal(read_text("<presence xmlns='" PIDF "'/>"), 0);
	assert_int_equal(got.count, 0);
	assert_int_equal(presence_best(&got), SHOW_OFFLINE);
}

static void hostile_depth_and_numbers(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	buf_adds(&b, "<presence xmlns='" PIDF "'>");
	for (i = 0; i < 40; i++)
		buf_adds(&b, "<note>");
	assert_int_equal(pidf_read(&got, &texts, buf_view(&b)), EBADMSG);
	buf_clear(&b);
	buf_adds(&b, "<presence xmlns='" PIDF "'>");
	for (i = 0; i < 60; i++)
		buf_addf(&b, "<tuple id='t%d'><status><basic>open</basic>"
			     "</status><note>n%d</note></tuple>", i, i);
	buf_adds(&b, "</presence>");
	assert_int_equal(pidf_read(&got, &texts, buf_view(&b)), 0);
	assert_int_equal(got.count, PRESENCE_PLACES_MAX);
	assert_place(PRESENCE_PLACES_MAX - 1, "t19", SHOW_ONLINE, "n19", 0);
	buf_free(&b);
	assert_int_equal(read_text("<presence xmlns='" PIDF "'><tuple><status>"
				   "<basic>perhaps</basic></status><contact "
				   "priority='-7.x'/></tuple></presence>"), 0);
	assert_place(0, "", SHOW_OFFLINE, "", 0);
}

static void as_it_is_written(void **state)
{
	struct presence_state p = { .count = 2 };

	(void)state;
	p.place[0] = (struct presence_place){
		VIEW("Home <1>"), SHOW_AWAY, VIEW("lunch & \x01 rest"),
		VIEW("en"), 64, true
	};
	p.place[1] = (struct presence_place){ VIEW("b"), SHOW_OFFLINE,
					      VIEW_NONE, VIEW_NONE, -5,
					      true };
	pidf_put(&made, VIEW("sip:bob*x@gw"), &p);
	assert_string_equal(
		buf_str(&made),
		HEAD "<presence xmlns=\"" PIDF "\" xmlns:dm=\"" PIDF
		":data-model\" xmlns:rpid=\"" PIDF ":rpid\" "
		"entity=\"sip:bob*x@gw\"><tuple id=\"ID-Home_20_3c1_3e\">"
		"<status><basic>open</basic><show xmlns=\"jabber:client\">"
		"away</show></status><contact priority=\"0.504\">sip:bob*x@gw"
		"</contact><note xml:lang=\"en\">lunch &amp;  rest</note>"
		"</tuple><tuple id=\"ID-b\"><status><basic>closed</basic>"
		"</status><contact>sip:bob*x@gw</contact></tuple>"
		"<dm:person id=\"p1\"><rpid:activities><rpid:away/>"
		"</rpid:activities><rpid:user-input>idle</rpid:user-input>"
		"<dm:note xml:lang=\"en\">lunch &amp;  rest"
		"</dm:note></dm:person></presence>\r\n");
}

static void what_is_written_is_read(void **state)
{
	static const enum show all[] = { SHOW_OFFLINE, SHOW_ONLINE, SHOW_CHAT,
					 SHOW_AWAY, SHOW_XA, SHOW_DND };
	struct presence_state p = { .count = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int priority = 0; priority < 128; priority++) {
			p.place[0] = (struct presence_place){
				.id = VIEW("x"), .show = all[i],
				.note = VIEW("a \"quoted\" <note>"),
				.priority = priority,
				.idle = priority % 2 };
			buf_clear(&made);
			pidf_put(&made, VIEW("sip:a@b"), &p);
			assert_int_equal(read_text(buf_str(&made)), 0);
			assert_place(0, "ID-x", all[i], "a \"quoted\" <note>",
				     priority);
			assert_int_equal(got.place[0].idle,
					 priority % 2 &&
						 all[i] != SHOW_OFFLINE);
		}
	p.count = 0;
	buf_clear(&made);
	pidf_put(&made, VIEW("sip:a@b"), &p);
	assert_int_equal(read_text(buf_str(&made)), 0);
	assert_place(0, "ID-none", SHOW_OFFLINE, "", 0);
}

#define PIDF_TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIDF_TEST(from_baresip),
		PIDF_TEST(from_pjsip),
		PIDF_TEST(from_linphone),
		PIDF_TEST(from_kamailio),
		PIDF_TEST(activities_mean_something),
		PIDF_TEST(what_is_refused),
		PIDF_TEST(hostile_depth_and_numbers),
		PIDF_TEST(as_it_is_written),
		PIDF_TEST(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
