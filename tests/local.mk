# SPDX-License-Identifier: GPL-3.0-or-later
#
# A folder's unit tests are named in that folder's local.mk:
#
#   check_PROGRAMS += tests/unit/t_buf
#   tests_unit_t_buf_SOURCES = tests/unit/t_buf.c
#   tests_unit_t_buf_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
#   tests_unit_t_buf_LDADD = $(LIB_base) $(CMOCKA_LIBS)

EXTRA_DIST += tests/unit/test.h

include tests/bench/local.mk
include tests/crash/local.mk
include tests/fuzz/local.mk
