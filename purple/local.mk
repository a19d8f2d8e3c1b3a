# SPDX-License-Identifier: GPL-3.0-or-later
#
# libpurple's networks: libpurpleface.a is confabd's part, libpw.a the
# worker's.

noinst_LIBRARIES += purple/libpurpleface.a
purple_libpurpleface_a_SOURCES = \
	purple/parcel.c purple/parcel.h
purple_libpurpleface_a_CPPFLAGS = $(INC_face)

check_PROGRAMS += tests/unit/t_purp
tests_unit_t_purp_SOURCES = tests/unit/t_purp.c
tests_unit_t_purp_CPPFLAGS = $(INC_test) $(S)/purple $(CMOCKA_CFLAGS)
tests_unit_t_purp_LDADD = purple/libpurpleface.a bridges/libbridges.a \
	$(LIB_base) $(CMOCKA_LIBS)
