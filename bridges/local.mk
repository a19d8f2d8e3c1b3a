# SPDX-License-Identifier: GPL-3.0-or-later
#
# One library for both sides: a worker links wire.o and worker.o out of it
# and, of the floors below, only src/io and src/base.
noinst_LIBRARIES += bridges/libbridges.a
bridges_libbridges_a_SOURCES = \
	bridges/bridge_accounts.c \
	bridges/bridge.c bridges/bridge.h bridges/bridge_priv.h \
	bridges/supervisor.c bridges/supervisor.h \
	bridges/wire.c bridges/wire.h \
	bridges/worker.c bridges/worker.h \
	bridges/bridge_workers.c
bridges_libbridges_a_CPPFLAGS = $(INC_bridges)

check_PROGRAMS += tests/unit/t_wire
tests_unit_t_wire_SOURCES = tests/unit/t_wire.c
tests_unit_t_wire_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_wire_LDADD = bridges/libbridges.a $(LIB_base) $(CMOCKA_LIBS)
