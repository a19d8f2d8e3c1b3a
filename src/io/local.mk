# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/loop.c src/io/loop.h src/io/loop_priv.h \
	src/io/netaddr.c src/io/netaddr.h \
	src/io/wheel.c src/io/wheel.h
src_io_libio_a_CPPFLAGS = $(INC_io) $(UV_CFLAGS) $(CARES_CFLAGS) $(SSL_CFLAGS)

check_PROGRAMS += tests/unit/t_wheel
tests_unit_t_wheel_SOURCES = tests/unit/t_wheel.c
tests_unit_t_wheel_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_wheel_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_netaddr
tests_unit_t_netaddr_SOURCES = tests/unit/t_netaddr.c
tests_unit_t_netaddr_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_netaddr_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/t_loop
tests_unit_t_loop_SOURCES = tests/unit/t_loop.c
tests_unit_t_loop_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_loop_LDADD = $(LIB_io) $(DEPS_io) $(CMOCKA_LIBS)
