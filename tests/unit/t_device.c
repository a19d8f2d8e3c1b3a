/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What devices tell of themselves. */
#include "test.h"

#include "device.h"

static const struct device_rules no_rules;

static bool hear(struct device *d, const char *accept, bool typing)
{
	const struct device_heard heard = {
		.accept = view_str(accept),
		.typing = typing,
	};

	return device_heard(d, &heard);
}

static bool answer(struct device *d, int status, size_t body, bool bare,
		   const char *accept)
{
	const struct device_answer a = {
		.status = status,
		.body = body,
		.type = bare ? DEVICE_TYPE_BARE : DEVICE_TYPE_FULL,
		.accept = view_str(accept),
	};

	return device_answered(d, &a);
}

static bool refuse(struct device *d, enum device_type type,
		   const char *accept)
{
	const struct device_answer a = {
		.status = 415,
		.body = 100,
		.type = type,
		.accept = view_str(accept),
	};

	return device_answered(d, &a);
}

static enum device_type type_of(const struct device *d)
{
	return device_form(d, SIP_UDP).type;
}

static size_t size_for(const char *agent, enum sip_transport transport)
{
	struct device d = { 0 };

	device_name(&d, VIEW("sip:alice@h"), view_str(agent), &no_rules);
	return device_form(&d, transport).body_max;
}

static bool is_sms(const char *agent)
{
	struct device d = { 0 };

	device_name(&d, VIEW("sip:alice@h"), view_str(agent), &no_rules);
	return device_form(&d, SIP_UDP).sms;
}

static void nothing_is_known_of_a_new_one(void **state)
{
	struct device_form f = device_form(NULL, SIP_UDP);

	(void)state;
	assert_int_equal(f.body_max, DEVICE_BODY_UDP);
	assert_false(f.type || f.typing);
	assert_int_equal(device_form(NULL, SIP_TLS).body_max,
			 DEVICE_BODY_STREAM);
}

static void kinds_by_user_agent(void **state)
{
	(void)state;
	assert_int_equal(size_for("Asterisk PBX 20.5.0", SIP_UDP), 1023);
	assert_int_equal(size_for("FPBX-16.0.40(18.9)", SIP_TCP), 1023);
	assert_int_equal(size_for("MicroSIP/3.21.3", SIP_WSS), 3000);
	assert_true(is_sms("My DECT base"));
	assert_true(is_sms("GoIP4-GSM"));
	assert_false(is_sms("Asterisk"));
	assert_int_equal(size_for("My DECT base", SIP_UDP), DEVICE_BODY_UDP);
	assert_int_equal(size_for("Linphone/5", SIP_UDP), DEVICE_BODY_UDP);
	assert_int_equal(size_for("", SIP_UDP), DEVICE_BODY_UDP);
}

static void too_large_is_halved_down_to_a_floor(void **state)
{
	struct device d = { 0 };

	(void)state;
	assert_true(answer(&d, 513, 1000, false, ""));
	assert_int_equal(device_form(&d, SIP_UDP).body_max, 500);
	assert_true(answer(&d, 413, 2000, false, "")); /* was under way */
	assert_int_equal(device_form(&d, SIP_UDP).body_max, 500);
	assert_true(answer(&d, 413, 300, false, ""));
	assert_int_equal(device_form(&d, SIP_UDP).body_max, 160);
	assert_false(answer(&d, 413, 160, false, ""));
	/* a connection may carry more, until it was tried */
	assert_int_equal(device_form(&d, SIP_TCP).body_max,
			 DEVICE_BODY_STREAM);
	device_forget(&d);
	assert_int_equal(device_form(&d, SIP_UDP).body_max, DEVICE_BODY_UDP);
}

static void a_connection_may_be_too_small_as_well(void **state)
{
	const struct device_answer a = {
		.status = 413, .body = 8000, .transport = SIP_TCP,
	};
	struct device d = { 0 };

	(void)state;
	assert_true(device_answered(&d, &a));
	assert_int_equal(device_form(&d, SIP_TCP).body_max, 4000);
	assert_int_equal(device_form(&d, SIP_UDP).body_max, DEVICE_BODY_UDP);
}

static void a_charset_may_be_too_much(void **state)
{
	static const int codes[] = { 406, 415, 488 };

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		struct device d = { 0 };

		assert_true(answer(&d, codes[n], 5, false, "text/plain"));
		assert_int_equal(device_form(&d, SIP_UDP).type,
				 DEVICE_TYPE_BARE);
		/* that was not it */
		assert_false(answer(&d, codes[n], 5, true, ""));
	}
}

static void who_takes_no_text_is_believed(void **state)
{
	struct device d = { 0 };

	(void)state;
	assert_false(answer(&d, 415, 5, false, "application/sdp, image/*"));
	assert_true(answer(&d, 415, 5, false, "application/sdp, */*;q=0.1"));
	assert_false(answer(&d, 404, 5, false, ""));
	assert_false(answer(&d, 486, 5000, false, ""));
}

static void typing_is_for_who_uses_it(void **state)
{
	struct device d = { 0 };

	(void)state;
	assert_true(hear(&d, "", true));
	assert_false(hear(&d, "", true));
	assert_true(device_form(&d, SIP_UDP).typing);
	/* it sends such things, but does not take them */
	device_no_typing(&d);
	assert_false(device_form(&d, SIP_UDP).typing);
	assert_false(hear(&d, "", true));
	assert_false(device_form(&d, SIP_UDP).typing);
	assert_true(hear(&d, "text/plain , Application/IM-isComposing+xml",
			 false));
	assert_true(device_form(&d, SIP_UDP).typing);
}

static void cpim_is_for_who_takes_nothing_else(void **state)
{
	struct device d = { 0 };

	(void)state;
	assert_true(hear(&d, "text/plain;q=1, message/cpim", false));
	assert_int_equal(type_of(&d), DEVICE_TYPE_FULL);
	assert_true(hear(&d, "Message/CPIM, application/sdp", false));
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
	assert_false(hear(&d, "", false));
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
	assert_true(hear(&d, "text/*", false));
	assert_int_equal(type_of(&d), DEVICE_TYPE_FULL);
}

static void a_refusal_tells_of_cpim(void **state)
{
	struct device d = { 0 };

	(void)state;
	assert_true(refuse(&d, DEVICE_TYPE_FULL, "message/cpim"));
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
	/* it refuses that as well: never again, unless it says so */
	assert_true(refuse(&d, DEVICE_TYPE_CPIM, "message/cpim"));
	assert_int_equal(type_of(&d), DEVICE_TYPE_FULL);
	assert_false(refuse(&d, DEVICE_TYPE_FULL, "message/cpim"));
	assert_true(hear(&d, "message/cpim", false));
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
}

static void each_form_is_tried_once(void **state)
{
	struct device d = { 0 };

	(void)state;
	hear(&d, "text/plain, message/cpim", false);
	assert_true(refuse(&d, DEVICE_TYPE_FULL, ""));
	assert_int_equal(type_of(&d), DEVICE_TYPE_BARE);
	assert_true(refuse(&d, DEVICE_TYPE_BARE, ""));
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
	assert_true(refuse(&d, DEVICE_TYPE_CPIM, ""));
	assert_int_equal(type_of(&d), DEVICE_TYPE_BARE);
	assert_false(refuse(&d, DEVICE_TYPE_BARE, ""));
	/* it named what it takes */
	device_forget(&d);
	hear(&d, "text/plain, message/cpim", false);
	assert_false(refuse(&d, DEVICE_TYPE_FULL, "image/png"));
}

static void the_operator_knows_of_cpim_and_characters(void **state)
{
	static const struct device_rule rule[] = {
		{ .pattern = "old", .cpim = SAY_NO, .max_chars = 48 },
		{ .pattern = "dect", .cpim = SAY_YES, .max_chars = 128 },
	};
	const struct device_rules rules = { rule, 2 };
	struct device d = { 0 };
	struct buf b = { 0 };

	(void)state;
	hear(&d, "message/cpim", false);
	device_name(&d, VIEW("sip:a@h"), VIEW("My old phone"), &rules);
	assert_int_equal(type_of(&d), DEVICE_TYPE_FULL);
	assert_true(refuse(&d, DEVICE_TYPE_FULL, ""));
	assert_false(refuse(&d, DEVICE_TYPE_BARE, "message/cpim"));
	device_forget(&d);
	device_name(&d, VIEW("sip:a@h"), VIEW("My DECT phone"), &rules);
	assert_int_equal(type_of(&d), DEVICE_TYPE_CPIM);
	assert_false(refuse(&d, DEVICE_TYPE_CPIM, "text/plain"));
	assert_false(device_form(&d, SIP_UDP).sms);
	device_put(&b, &d, SIP_UDP);
	assert_string_equal(buf_str(&b),
			    "at most 3000 bytes and 128 characters, all in "
			    "message/cpim, as device \"dect\" says");
	buf_free(&b);
}

static void the_operator_knows_better(void **state)
{
	static const struct device_rule rule[] = {
		{ .pattern = "sip:bob@h", .max_bytes = 99, .typing = SAY_YES },
		{ .pattern = "asterisk", .max_bytes = 2000, .typing = SAY_NO,
		  .charset = SAY_NO },
	};
	const struct device_rules rules = { rule, 2 };
	struct device d = { 0 };
	struct device_form f;
	struct buf b = { 0 };

	(void)state;
	hear(&d, DEVICE_TYPING_TYPE, false);
	device_name(&d, VIEW("sip:alice@h"), VIEW("My Asterisk 1"), &rules);
	f = device_form(&d, SIP_UDP);
	assert_int_equal(f.body_max, 2000);
	assert_int_equal(f.type, DEVICE_TYPE_BARE);
	assert_false(f.typing);
	assert_false(answer(&d, 415, 5, false, ""));
	device_put(&b, &d, SIP_UDP);
	assert_string_equal(buf_str(&b), "at most 2000 bytes, no charset, as "
					 "device \"asterisk\" says");
	device_name(&d, VIEW("sip:bob@h"), VIEW("My Asterisk 1"), &rules);
	f = device_form(&d, SIP_UDP);
	assert_int_equal(f.body_max, 99);
	assert_int_equal(f.type, DEVICE_TYPE_FULL);
	assert_true(f.typing);
	device_name(&d, VIEW("sip:bobby@h"), VIEW("x"), &rules);
	assert_null(d.rule);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known_of_a_new_one),
		TEST(kinds_by_user_agent),
		TEST(too_large_is_halved_down_to_a_floor),
		TEST(a_connection_may_be_too_small_as_well),
		TEST(a_charset_may_be_too_much),
		TEST(who_takes_no_text_is_believed),
		TEST(typing_is_for_who_uses_it),
		TEST(cpim_is_for_who_takes_nothing_else),
		TEST(a_refusal_tells_of_cpim),
		TEST(each_form_is_tried_once),
		TEST(the_operator_knows_of_cpim_and_characters),
		TEST(the_operator_knows_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
