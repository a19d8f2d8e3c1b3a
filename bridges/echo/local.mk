# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += bridges/echo/libecho.a
bridges_echo_libecho_a_SOURCES = bridges/echo/echo.c bridges/echo/echo.h
bridges_echo_libecho_a_CPPFLAGS = $(INC_bridges) -I$(top_srcdir)/bridges/echo

check_PROGRAMS += tests/unit/t_echo
tests_unit_t_echo_SOURCES = tests/unit/t_echo.c tests/unit/hub_stub.h
tests_unit_t_echo_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_echo_LDADD = bridges/echo/libecho.a $(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)
