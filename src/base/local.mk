# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/ascii.h \
	src/base/bucket.c src/base/bucket.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/cmdtab.c src/base/cmdtab.h \
	src/base/hash.c src/base/hash.h \
	src/base/list.c src/base/list.h \
	src/base/log.c src/base/log.h \
	src/base/look.c src/base/look.h \
	src/base/mem.c src/base/mem.h \
	src/base/mention.c src/base/mention.h \
	src/base/sink.c src/base/sink.h \
	src/base/utf8.c src/base/utf8.h \
	src/base/view.c src/base/view.h
src_base_libbase_a_CPPFLAGS = $(INC_base)

check_PROGRAMS += tests/unit/t_base_ascii
tests_unit_t_base_ascii_SOURCES = tests/unit/t_base_ascii.c
tests_unit_t_base_ascii_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_ascii_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_text
tests_unit_t_base_text_SOURCES = tests/unit/t_base_text.c
tests_unit_t_base_text_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_text_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_mem
tests_unit_t_base_mem_SOURCES = tests/unit/t_base_mem.c
tests_unit_t_base_mem_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_mem_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_utf8
tests_unit_t_base_utf8_SOURCES = tests/unit/t_base_utf8.c
tests_unit_t_base_utf8_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_utf8_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_look
tests_unit_t_base_look_SOURCES = tests/unit/t_base_look.c
tests_unit_t_base_look_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_look_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_mention
tests_unit_t_base_mention_SOURCES = tests/unit/t_base_mention.c
tests_unit_t_base_mention_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_mention_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_cmdtab
tests_unit_t_base_cmdtab_SOURCES = tests/unit/t_base_cmdtab.c
tests_unit_t_base_cmdtab_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_cmdtab_LDADD = $(LIB_base) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_base_bucket
tests_unit_t_base_bucket_SOURCES = tests/unit/t_base_bucket.c
tests_unit_t_base_bucket_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_base_bucket_LDADD = $(LIB_base) $(CMOCKA_LIBS)
