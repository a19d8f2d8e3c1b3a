/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of other servers' tables in dumps and CSV files. */
#include <errno.h>

#include "import_text.h"
#include "test.h"

/* "R name|domain|flag" and "M name|domain|flag|room", "!" for a bad row. */
static int add_row(const struct import_row *row, void *arg)
{
	bool rooms = row->table == IMPORT_ROOMS;
	struct buf *out = arg;

	buf_adds(out, rooms ? "R " : "M ");
	for (size_t i = 0; !row->bad && i < (rooms ? 3 : 4); i++) {
		buf_adds(out, i ? "|" : "");
		buf_addv(out, row->field[i]);
	}
	buf_adds(out, row->bad ? "!\n" : "\n");
	return 0;
}

static void check(const char *got_of, struct view text, int want_err,
		  const char *want)
{
	struct buf out = { 0 }, why = { 0 };
	int err;

	if (strcmp(got_of, "sql") == 0)
		err = import_sql(text, add_row, &out, &why);
	else
		err = import_csv(text,
				 strcmp(got_of, "rooms") == 0 ? IMPORT_ROOMS :
								IMPORT_MEMBERS,
				 add_row, &out, &why);
	assert_int_equal(err, want_err);
	assert_int_equal(why.n > 0, err != 0);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
	buf_free(&why);
}

static void takes_mysql(void **state)
{
	(void)state;
	check("sql", VIEW(
		"-- MySQL dump 10.13  Distrib 8.0\n"
		"/*!40101 SET NAMES utf8 */;\n"
		"DROP TABLE IF EXISTS `imc_rooms`;\n"
		"CREATE TABLE `imc_rooms` (`id` int, `name` varchar(64) "
		"COMMENT 'a;b');\n"
		"INSERT INTO `other` VALUES (1,'x;(');\n"
		"INSERT INTO `imc_members` VALUES "
		"(1,'alice','h.org','sip:a@h.org',1),\n"
		"(2,_binary 'b\\'o''b','h.org','sip:a@h.org',0);\n"
		"INSERT IGNORE INTO `db`.`imc_rooms` (`flag`,`domain`,`name`)"
		" VALUES (1,'h.org','a\\\\b');\n"
		"REPLACE INTO imc_rooms VALUES (2,'c',NULL,0)"), 0,
	      "M alice|h.org|1|sip:a@h.org\n"
	      "M b'o'b|h.org|0|sip:a@h.org\n"
	      "R a\\b|h.org|1\n"
	      "R c||0\n");
}

static void takes_postgresql(void **state)
{
	(void)state;
	check("sql", VIEW(
		"--\n-- PostgreSQL database dump\n--\n"
		"\\restrict abc'\n"
		"SET standard_conforming_strings = on;\n"
		"INSERT INTO public.imc_rooms VALUES (1, 'a\\', 'h', 0);\n"
		"INSERT INTO public.imc_rooms (id, name, domain, flag) VALUES "
		"(2, E'b\\'c', 'h', -1);\n"
		"COPY public.other (x) FROM stdin;\n"
		"it's; nothing\n\\.\n"
		"COPY public.imc_rooms (id, name, domain, flag) FROM stdin;\n"
		"3\ta\\tb\th\t1\n"
		"4\t\\N\th\t0\r\n"
		"5\tshort\n"
		"\\.\n"
		"COPY public.imc_members (id, username, domain, room, flag) "
		"FROM stdin;\n"
		"1\talice\th\tsip:a@h\t1\n"
		"\\.\n"), 0,
	      "R a\\|h|0\nR b'c|h|-1\nR a\tb|h|1\nR |h|0\nR !\n"
	      "M alice|h|1|sip:a@h\n");
}

static void finds_its_columns(void **state)
{
	(void)state;
	check("sql", VIEW("INSERT INTO imc_rooms (id, name) VALUES (1,'a');"
			  "INSERT INTO imc_rooms VALUES (1,'a','h');"
			  "INSERT INTO imc_members (\"room\", username, more,"
			  " flag, domain) VALUES ('r','u',7,4,'d');"), 0,
	      "R !\nR !\nM u|d|4|r\n");
}

static void dumps_that_break_off_are_told(void **state)
{
	(void)state;
	check("sql", VIEW("INSERT INTO imc_rooms VALUES (1,'a"), EBADMSG, "");
	check("sql", VIEW("INSERT INTO imc_rooms VALUES (1,'a','h',0),("),
	      EBADMSG, "R a|h|0\n");
	check("sql", VIEW("INSERT INTO imc_rooms VALUES (1,'a','h',0"),
	      EBADMSG, "");
	check("sql", VIEW("INSERT INTO imc_rooms (id,"), EBADMSG, "");
	check("sql", VIEW("INSERT INTO imc_rooms SELECT 1;"), EBADMSG, "");
	check("sql", VIEW("COPY imc_rooms FROM stdin;\n1\ta\th\t0\n"),
	      EBADMSG, "R a|h|0\n");
	check("sql", VIEW("CREATE TABLE x ('"), EBADMSG, "");
	check("sql", VIEW("/* never ends"), 0, "");
	check("sql", VIEW_NONE, 0, "");
	check("sql", VIEW("\0\xff)(;'';\0"), 0, "");
}

static void takes_csv(void **state)
{
	(void)state;
	check("rooms", VIEW("1,a,h,0\r\n2,\"b,\"\"c\",h,1\n\n3,\\N,h,0"), 0,
	      "R a|h|0\nR b,\"c|h|1\nR |h|0\n");
	check("rooms", VIEW("\xef\xbb\xbf\"domain\",\"name\",flag\nh,a,0\n"),
	      0, "R a|h|0\n");
	check("members", VIEW("id,username,domain,room,flag\n"
			      "1,alice,h,sip:a@h,1\n2,bob,h\n"), 0,
	      "M alice|h|1|sip:a@h\nM !\n");
	check("rooms", VIEW("name,domain\na,h\n"), 0, "R !\n");
	check("rooms", VIEW("1,\"a"), EBADMSG, "");
	check("rooms", VIEW_NONE, 0, "");
}

/* Columns, values and bytes without end are a bad row, not more memory. */
static void bounds_hold(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_adds(&text, "1,");
	for (int i = 0; i < 100000; i++)
		buf_addc(&text, 'a');
	buf_adds(&text, ",h,0\n1");
	for (int i = 0; i < 1000; i++)
		buf_adds(&text, ",x");
	buf_adds(&text, "\n2,b,h,0\n");
	check("rooms", buf_view(&text), 0, "R !\nR !\nR b|h|0\n");
	buf_free(&text);
}

/* "U name|domain|password|ha1|ha1b|ha1_sha256". */
static int add_user(const struct import_row *row, void *arg)
{
	static const enum import_field order[] = {
		IMPORT_DOMAIN, IMPORT_PASSWORD, IMPORT_HA1, IMPORT_HA1B,
		IMPORT_HA1_SHA256,
	};
	struct buf *out = arg;

	assert_int_equal(row->table, IMPORT_USERS);
	buf_adds(out, "U ");
	if (!row->bad)
		buf_addv(out, row->field[IMPORT_NAME]);
	for (size_t i = 0; !row->bad && i < 5; i++) {
		buf_addc(out, '|');
		buf_addv(out, row->field[order[i]]);
	}
	buf_adds(out, row->bad ? "!\n" : "\n");
	return 0;
}

static void check_users(bool csv, struct view text, const char *want)
{
	struct buf out = { 0 }, why = { 0 };
	int err;

	err = csv ? import_csv(text, IMPORT_USERS, add_user, &out, &why) :
		    import_sql(text, add_user, &out, &why);
	assert_int_equal(err, 0);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
	buf_free(&why);
}

static void takes_users(void **state)
{
	(void)state;
	/* Kamailio's, by place; OpenSIPS's, by name. */
	check_users(false, VIEW(
		"INSERT INTO `subscriber` VALUES (1,'alice','h','','a1','b1'),"
		"(2,'bob','h','pw','a2','b2'),(3,'eve','h','','a','b','x');\n"
		"INSERT INTO subscriber (id, username, domain, password, ha1,"
		" ha1_sha256, ha1_sha512t256, rpid) VALUES"
		" (4,'carol','h','','a4','s4','t4',NULL);\n"),
		    "U alice|h||a1|b1|\nU bob|h|pw|a2|b2|\nU !\n"
		    "U carol|h||a4||s4\n");
	check_users(false, VIEW(
		"COPY public.subscriber (id, username, domain, password) FROM "
		"stdin;\n1\tdan\th\tp\\\\w\n\\.\n"),
		    "U dan|h|p\\w|||\n");
	check_users(true, VIEW("alice,se;cret\nbob,\"a,\"\"b\"\n"),
		    "U alice||se;cret|||\nU bob||a,\"b|||\n");
	check_users(true, VIEW("user,HA1,ha1b\nalice,a,b\nbob,c\n"),
		    "U alice|||a|b|\nU !\n");
	check_users(true, VIEW("id,username,domain,password\n1,al,h,p\n"),
		    "U al|h|p|||\n");
	check_users(true, VIEW("domain,password\nh,p\n"), "U !\n");
	check_users(true, VIEW("alice,domain\n"), "U alice||domain|||\n");
}

/* Every beginning of a dump is read without harm. */
/* "jab_id|passwd|sip_id|type", "!" for a bad row. */
static int add_juser(const struct import_row *row, void *arg)
{
	static const enum import_field fields[] = {
		IMPORT_JAB_ID, IMPORT_PASSWORD, IMPORT_SIP_ID, IMPORT_TYPE,
	};
	struct buf *out = arg;

	assert_int_equal(row->table, IMPORT_JUSERS);
	for (size_t i = 0; !row->bad && i < 4; i++) {
		buf_adds(out, i ? "|" : "");
		buf_addv(out, row->field[fields[i]]);
	}
	buf_adds(out, row->bad ? "!\n" : "\n");
	return 0;
}

static void check_jusers(bool csv, struct view text, const char *want)
{
	struct buf out = { 0 }, why = { 0 };
	int err = csv ? import_csv(text, IMPORT_JUSERS, add_juser, &out,
				   &why) :
			import_sql(text, add_juser, &out, &why);

	assert_int_equal(err, 0);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
	buf_free(&why);
}

/* db_table has another name for it. */
static void takes_a_table_of_another_name(void **state)
{
	const struct view text =
		VIEW("INSERT INTO `icq` VALUES (1,'al','x','y');\n"
		     "INSERT INTO `my_map` (sip_id,jab_id,jab_passwd)"
		     " VALUES ('sip:al@h','al','p');\n"
		     "COPY public.my_map (sip_id, jab_id, jab_passwd) FROM "
		     "stdin;\nsip:b@h\tb\tq\n\\.\n");
	struct buf out = { 0 }, why = { 0 };

	(void)state;
	assert_int_equal(import_sql_as(text, IMPORT_JUSERS, "My_Map",
				       add_juser, &out, &why), 0);
	assert_string_equal(buf_str(&out),
			    "al|p|sip:al@h|\nb|q|sip:b@h|\n");
	buf_clear(&out);
	assert_int_equal(import_sql(text, add_juser, &out, &why), 0);
	assert_int_equal(out.n, 0);
	buf_free(&out);
	buf_free(&why);
}

static void takes_the_jabber_modules_accounts(void **state)
{
	(void)state;
	check_jusers(false,
		     VIEW("CREATE TABLE `jusers` (`juid` int);\n"
			  "INSERT INTO `icq` VALUES (1,2,'x','y',0);\n"
			  "INSERT INTO `jusers` VALUES (1,'al','p\\'w',"
			  "'sip:al@h',0),(2,'bo',NULL,'sip:bo@h',1);\n"
			  "INSERT INTO jusers (sip_id,jab_id,jab_passwd)"
			  " VALUES ('sip:c@h','c','x');\n"
			  "INSERT INTO jusers (sip_id,jab_id)"
			  " VALUES ('sip:d@h','d');\n"),
		     "al|p'w|sip:al@h|0\nbo||sip:bo@h|1\nc|x|sip:c@h|\n"
		     "!\n");
	check_jusers(true, VIEW("1,al,\"p,\"\"w\",sip:al@h,0\n"),
		     "al|p,\"w|sip:al@h|0\n");
	check_jusers(true, VIEW("sip_id,jab_id,jab_passwd\n"
				"sip:al@h,al,x\n"),
		     "al|x|sip:al@h|\n");
	check_jusers(true, VIEW("juid,jab_id,sip_id\n1,al,sip:al@h\n"),
		     "!\n");
}

static void any_beginning_is_read(void **state)
{
	static const char all[] =
		"-- MySQL\nINSERT INTO `imc_rooms` (`id`,`name`,`domain`,"
		"`flag`) VALUES (1,_utf8'a\\n',\"h\",0),(2,'b','h',1);\n"
		"COPY imc_members (id, username) FROM stdin;\n1\t\\\n\\.\n";
	struct buf out = { 0 }, why = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(all); n++) {
		char *copy = mem_strndup(all, n);

		import_sql(view_mem(copy, n), add_row, &out, &why);
		import_csv(view_mem(copy, n), IMPORT_ROOMS, add_row, &out,
			   &why);
		mem_free(copy);
	}
	assert_true(out.n > 0 && why.n > 0);
	buf_free(&out);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_mysql),
		TEST(takes_postgresql),
		TEST(finds_its_columns),
		TEST(dumps_that_break_off_are_told),
		TEST(takes_csv),
		TEST(bounds_hold),
		TEST(takes_users),
		TEST(takes_the_jabber_modules_accounts),
		TEST(takes_a_table_of_another_name),
		TEST(any_beginning_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
