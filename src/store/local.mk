# SPDX-License-Identifier: GPL-3.0-or-later

noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/apply.c \
	src/store/db.c \
	src/store/db.h \
	src/store/db_priv.h \
	src/store/dedupe.c \
	src/store/group.c \
	src/store/heads.c \
	src/store/heads.h \
	src/store/import.c \
	src/store/import.h \
	src/store/import_field.c \
	src/store/job.h \
	src/store/keys.c \
	src/store/keys.h \
	src/store/lock.c \
	src/store/lock.h \
	src/store/rows.c \
	src/store/schema.c \
	src/store/spool.c \
	src/store/spool.h \
	src/store/sql.c \
	src/store/store.c \
	src/store/store.h \
	src/store/store_priv.h \
	src/store/texts.c \
	src/store/thread.c \
	src/store/txn.c
src_store_libstore_a_CPPFLAGS = $(INC_store) $(SQLITE_CFLAGS)

EXTRA_DIST += tests/unit/store_disk.h tests/unit/store_rig.h

check_PROGRAMS += tests/unit/t_store
tests_unit_t_store_SOURCES = tests/unit/t_store.c
tests_unit_t_store_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_group
tests_unit_t_store_group_SOURCES = tests/unit/t_store_group.c
tests_unit_t_store_group_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_group_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_open
tests_unit_t_store_open_SOURCES = tests/unit/t_store_open.c
tests_unit_t_store_open_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_open_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_crash
tests_unit_t_store_crash_SOURCES = tests/unit/t_store_crash.c
tests_unit_t_store_crash_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_crash_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_fault
tests_unit_t_store_fault_SOURCES = tests/unit/t_store_fault.c
tests_unit_t_store_fault_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_fault_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_mailbox
tests_unit_t_store_mailbox_SOURCES = tests/unit/t_store_mailbox.c
tests_unit_t_store_mailbox_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_mailbox_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_dedupe
tests_unit_t_store_dedupe_SOURCES = tests/unit/t_store_dedupe.c
tests_unit_t_store_dedupe_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_dedupe_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_keys
tests_unit_t_store_keys_SOURCES = tests/unit/t_store_keys.c
tests_unit_t_store_keys_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_keys_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_more
tests_unit_t_store_more_SOURCES = tests/unit/t_store_more.c
tests_unit_t_store_more_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_more_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_elsewhere
tests_unit_t_store_elsewhere_SOURCES = tests/unit/t_store_elsewhere.c
tests_unit_t_store_elsewhere_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_elsewhere_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_store_spool
tests_unit_t_store_spool_SOURCES = tests/unit/t_store_spool.c
tests_unit_t_store_spool_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_t_store_spool_LDADD = $(LIB_store) $(DEPS_store) $(CMOCKA_LIBS)
