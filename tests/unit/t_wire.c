/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bridges/wire.c: every frame there and back, and all that is refused. */
#include <errno.h>
#include <string.h>

#include "test.h"
#include "clock.h"
#include "utf8.h"
#include "wire.h"

/* What the last wire_send() handed to its framer. */
static struct buf sent;
static uint16_t sent_type;
static uint32_t sent_id;
static int send_err;

int framer_send(struct framer *f, uint16_t type, uint32_t id,
		struct view payload)
{
	(void)f;
	buf_clear(&sent);
	buf_addv(&sent, payload);
	sent_type = type;
	sent_id = id;
	return send_err;
}

static const struct {
	const char *name;
	bool to_worker;
	const char *fields;
} types[] = { { "?", false, "" },
#define WORKER		    true
#define DAEMON		    false
#define X(name, to, fields) { #name, to, fields },
	      WIRE_TYPES(X)
#undef X
};

/* A message of this type with all its fields set, each one differently. */
static struct wire_msg sample(enum wire_type type)
{
	static const char *const texts[] = {
		"eins",
		"",
		"h\xc3\xa9 \xf0\x9f\x90\x95",
		"a\nb",
	};
	struct wire_msg m = { .type = type, .id = 0x80000000u + type };
	const char *f;
	size_t u = 0, s = 0;

	for (f = types[type].fields; *f; f++) {
		if (*f == 'u') {
			m.u[u] = UINT64_MAX - u;
			u++;
		} else if (*f == 's') {
			m.s[s] = view_str(texts[s]);
			s++;
		} else {
			m.settings[0].key = VIEW("server");
			m.settings[0].value = VIEW("irc.example");
			m.settings[1].key = VIEW("password");
			m.settings[1].value = VIEW("");
			m.settings_count = 2;
		}
	}
	return m;
}

static struct frame sent_frame(void)
{
	return (struct frame){ sent_type, sent_id, buf_view(&sent) };
}

static void same(const struct wire_msg *a, const struct wire_msg *b)
{
	size_t i;

	assert_int_equal(a->type, b->type);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->settings_count, b->settings_count);
	for (i = 0; i < WIRE_FIELDS_MAX; i++) {
		assert_true(a->u[i] == b->u[i]);
		assert_true(view_eq(a->s[i], b->s[i]));
	}
	for (i = 0; i < a->settings_count; i++) {
		assert_true(view_eq(a->settings[i].key, b->settings[i].key));
		assert_true(
			view_eq(a->settings[i].value, b->settings[i].value));
	}
}

static void every_type_comes_back(void **state)
{
	struct wire_msg in, out;
	struct frame f;
	const char *why;
	unsigned type;

	(void)state;
	for (type = 1; type < WIRE_TYPES_END; type++) {
		in = sample(type);
		assert_int_equal(wire_send(NULL, &in), 0);
		f = sent_frame();
		assert_int_equal(f.type, type);
		assert_int_equal(
			wire_decode(&out, &f, types[type].to_worker, &why), 0);
		assert_null(why);
		same(&in, &out);
	}
	buf_free(&sent);
}

static void the_table_fits(void **state)
{
	unsigned type;

	(void)state;
	for (type = 1; type < WIRE_TYPES_END; type++) {
		assert_string_equal(wire_name(type), types[type].name);
		assert_in_range(strlen(types[type].fields), 0,
				WIRE_FIELDS_MAX);
	}
	assert_string_equal(wire_name(WIRE_NONE), "?");
	assert_string_equal(wire_name(WIRE_TYPES_END), "?");
	assert_string_equal(wire_name(UINT16_MAX), "?");
}

static void refused(const struct frame *f, bool to_worker, const char *words)
{
	struct wire_msg out;
	const char *why;

	assert_int_equal(wire_decode(&out, f, to_worker, &why), EBADMSG);
	assert_string_equal(why, words);
	assert_int_equal(out.type, WIRE_NONE);
}

static void the_wrong_direction_is_refused(void **state)
{
	struct wire_msg in;
	struct frame f;
	unsigned type;

	(void)state;
	for (type = 1; type < WIRE_TYPES_END; type++) {
		in = sample(type);
		assert_int_equal(wire_send(NULL, &in), 0);
		f = sent_frame();
		refused(&f, !types[type].to_worker, "wrong direction");
	}
	buf_free(&sent);
}

static void unknown_types_are_refused(void **state)
{
	static const uint16_t unknown[] = {
		0, WIRE_TYPES_END, WIRE_TYPES_END + 1, 255, 256, UINT16_MAX,
	};
	struct frame f = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		f.type = unknown[i];
		refused(&f, true, "unknown type");
		refused(&f, false, "unknown type");
	}
}

/* No prefix of a frame is a frame, and none with something behind it. */
static void every_length_but_the_right_one_is_refused(void **state)
{
	struct wire_msg in;
	struct frame f;
	size_t n;
	unsigned type;

	(void)state;
	for (type = 1; type < WIRE_TYPES_END; type++) {
		in = sample(type);
		assert_int_equal(wire_send(NULL, &in), 0);
		for (n = 0; n < sent.n; n++) {
			f = sent_frame();
			f.payload.n = n;
			refused(&f, types[type].to_worker, "a field is short");
		}
		buf_put_u8(&sent, 0);
		f = sent_frame();
		refused(&f, types[type].to_worker, "something is left over");
	}
	buf_free(&sent);
}

static void lying_lengths_are_refused(void **state)
{
	static const uint32_t lengths[] = { 4, 5, 0x7fffffff, UINT32_MAX };
	struct buf b = { 0 };
	struct frame f = { .type = WIRE_ACCOUNT_UP };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		buf_clear(&b);
		buf_put_u32(&b, lengths[i]);
		buf_adds(&b, "abc");
		f.payload = buf_view(&b);
		refused(&f, false, "a field is short");
	}
	buf_free(&b);
}

static void too_many_settings_are_refused(void **state)
{
	struct wire_msg m = { .type = WIRE_ACCOUNT };
	struct buf b = { 0 };
	struct frame f = { .type = WIRE_ACCOUNT };
	unsigned i;

	(void)state;
	m.settings_count = WIRE_SETTINGS_MAX + 1;
	assert_int_equal(wire_encode(&b, &m), EINVAL);
	buf_put_u32(&b, 0);
	buf_put_u32(&b, WIRE_SETTINGS_MAX + 1);
	for (i = 0; i < 2 * (WIRE_SETTINGS_MAX + 1); i++)
		buf_put_u32(&b, 0);
	f.payload = buf_view(&b);
	refused(&f, true, "too many settings");
	buf_free(&b);
}

static void text_that_is_no_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\xff",
		"a\xc3",
		"\xc0\xaf",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\x80"
		"abc",
	};
	struct buf b = { 0 };
	struct frame f = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&b);
		buf_put_u32(&b, (uint32_t)strlen(bad[i]));
		buf_adds(&b, bad[i]);
		f.type = WIRE_ACCOUNT_UP;
		f.payload = buf_view(&b);
		refused(&f, false, "text is not UTF-8");
	}
	buf_clear(&b);
	buf_put_u32(&b, 0); /* label */
	buf_put_u32(&b, 1); /* one setting */
	buf_put_u32(&b, 0);
	buf_put_u32(&b, 1);
	buf_adds(&b, "\xfe");
	f.type = WIRE_ACCOUNT;
	f.payload = buf_view(&b);
	refused(&f, true, "text is not UTF-8");
	buf_free(&b);
}

static void what_is_sent_is_cleaned(void **state)
{
	struct wire_msg m = {
		.type = WIRE_JOINED,
		.u = { 7 },
		.s = { VIEW("a\xff"
			    "b\xc3") },
	};
	struct wire_msg out;
	struct frame f;
	const char *why;

	(void)state;
	assert_int_equal(wire_send(NULL, &m), 0);
	f = sent_frame();
	assert_int_equal(wire_decode(&out, &f, false, &why), 0);
	assert_view(out.s[0], "a\xef\xbf\xbd"
			      "b\xef\xbf\xbd");
	/* What is right stays as it is, controls too. */
	m.s[0] = VIEW("a\r\n\x01"
		      "b");
	assert_int_equal(wire_send(NULL, &m), 0);
	f = sent_frame();
	assert_int_equal(wire_decode(&out, &f, false, &why), 0);
	assert_view(out.s[0], "a\r\n\x01"
			      "b");
	buf_free(&sent);
}

static void errors_come_back(void **state)
{
	struct wire_msg m = { .type = WIRE_PING };
	char *big = mem_zalloc(FRAME_PAYLOAD_MAX);

	(void)state;
	send_err = ENOBUFS;
	assert_int_equal(wire_send(NULL, &m), ENOBUFS);
	send_err = 0;
	m.type = WIRE_NONE;
	assert_int_equal(wire_send(NULL, &m), EINVAL);
	m.type = WIRE_TYPES_END;
	assert_int_equal(wire_send(NULL, &m), EINVAL);
	m.type = WIRE_JOINED;
	m.s[0] = view_mem(big, FRAME_PAYLOAD_MAX);
	assert_int_equal(wire_send(NULL, &m), EMSGSIZE);
	mem_free(big);
	buf_free(&sent);
}

static void settings_are_found_by_key(void **state)
{
	struct wire_msg m = sample(WIRE_ACCOUNT);

	(void)state;
	assert_view(wire_setting(&m, "server"), "irc.example");
	assert_view(wire_setting(&m, "password"), "");
	assert_true(view_empty(wire_setting(&m, "serve")));
	assert_true(view_empty(wire_setting(&m, "servers")));
}

/* Whatever decodes encodes to the very same bytes: there is one form. */
static void random_bytes_do_no_harm(void **state)
{
	struct buf b = { 0 };
	struct wire_msg m;
	const char *why;
	uint8_t bytes[64];
	struct frame f;
	unsigned i;
	size_t k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		rand_bytes(bytes, sizeof(bytes));
		/* Small numbers, so that some lengths fit. */
		for (k = 4; i & 1 && k < sizeof(bytes); k++)
			bytes[k] = k % 4 ? 0 : bytes[k] % 8;
		f.type = bytes[0] % (WIRE_TYPES_END + 2);
		f.id = bytes[1];
		f.payload = view_mem(bytes + 4, bytes[2] % 60);
		if (wire_decode(&m, &f, bytes[3] & 1, &why)) {
			assert_non_null(why);
			continue;
		}
		buf_clear(&b);
		assert_int_equal(wire_encode(&b, &m), 0);
		assert_true(view_eq(buf_view(&b), f.payload));
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_type_comes_back),
		TEST(the_table_fits),
		TEST(the_wrong_direction_is_refused),
		TEST(unknown_types_are_refused),
		TEST(every_length_but_the_right_one_is_refused),
		TEST(lying_lengths_are_refused),
		TEST(too_many_settings_are_refused),
		TEST(text_that_is_no_utf8_is_refused),
		TEST(what_is_sent_is_cleaned),
		TEST(errors_come_back),
		TEST(settings_are_found_by_key),
		TEST(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
