# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/sip/libsip.a
src_sip_libsip_a_SOURCES = \
	src/sip/arena.c src/sip/arena_priv.h \
	src/sip/flow.c \
	src/sip/method.c src/sip/method_priv.h \
	src/sip/parse.c src/sip/parse_priv.h \
	src/sip/prescan.c src/sip/prescan_priv.h \
	src/sip/scan.c src/sip/scan_priv.h \
	src/sip/sip.h \
	src/sip/text.c src/sip/text_priv.h \
	src/sip/uri.c src/sip/uri_priv.h \
	src/sip/via.c src/sip/via_priv.h
src_sip_libsip_a_CPPFLAGS = $(INC_sip) $(OSIP_CFLAGS)

check_PROGRAMS += tests/unit/t_prescan
tests_unit_t_prescan_SOURCES = tests/unit/t_prescan.c
tests_unit_t_prescan_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_prescan_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_uri
tests_unit_t_uri_SOURCES = tests/unit/t_uri.c
tests_unit_t_uri_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_uri_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_parse
tests_unit_t_parse_SOURCES = tests/unit/t_parse.c
tests_unit_t_parse_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_parse_LDADD = $(LIB_sip) $(DEPS_sip) $(CMOCKA_LIBS)
