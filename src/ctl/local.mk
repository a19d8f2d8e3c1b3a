# SPDX-License-Identifier: GPL-3.0-or-later
INC_ctl = $(INC_store) $(S)/src/io $(S)/src/ctl

noinst_LIBRARIES += src/ctl/libimport.a
src_ctl_libimport_a_SOURCES = \
	src/ctl/import_csv.c \
	src/ctl/import_row.c src/ctl/import_row.h \
	src/ctl/import_sql.c src/ctl/import_text.h
src_ctl_libimport_a_CPPFLAGS = $(INC_ctl)

bin_PROGRAMS += confabctl
confabctl_SOURCES = \
	src/ctl/ask.c src/ctl/ask.h \
	src/ctl/buddies_import.c src/ctl/buddies_import.h \
	src/ctl/confabctl.c \
	src/ctl/import_file.c src/ctl/import_file.h \
	src/ctl/import_run.c src/ctl/import_run.h \
	src/ctl/import_send.c src/ctl/import_send.h \
	src/ctl/import_table.c src/ctl/import_table.h \
	src/ctl/map.c src/ctl/map.h src/ctl/map_import.c \
	src/ctl/password.c src/ctl/password.h \
	src/ctl/room.c src/ctl/room.h \
	src/ctl/user.c src/ctl/user.h src/ctl/user_import.c
confabctl_CPPFLAGS = $(INC_ctl) $(JANSSON_CFLAGS) \
	-DCONFAB_VERSION=\"$(VERSION)\"
# Of libio.a no more than digest.c.
confabctl_LDADD = src/ctl/libimport.a $(LIB_store) src/io/libio.a \
	$(JANSSON_LIBS) $(DEPS_store) $(SSL_LIBS)

check_PROGRAMS += tests/unit/t_import
tests_unit_t_import_SOURCES = tests/unit/t_import.c
tests_unit_t_import_CPPFLAGS = $(INC_test) $(S)/src/ctl $(CMOCKA_CFLAGS)
tests_unit_t_import_LDADD = src/ctl/libimport.a $(LIB_store) $(CMOCKA_LIBS)
