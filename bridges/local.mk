# SPDX-License-Identifier: GPL-3.0-or-later
#
# One library for both sides: a worker links wire.o and worker.o out of it
# and, of the floors below, only src/io and src/base.
noinst_LIBRARIES += bridges/libbridges.a
bridges_libbridges_a_SOURCES = \
	bridges/bridge_accounts.c \
	bridges/bridge.c bridges/bridge.h bridges/bridge_priv.h \
	bridges/flat.c bridges/flat.h \
	bridges/gate_lines.c bridges/gate_lines.h \
	bridges/gate_rates.c bridges/gate_rates.h \
	bridges/gate_req.c bridges/gate_req.h \
	bridges/session.c bridges/session.h \
	bridges/chatter.c bridges/chatter.h \
	bridges/supervisor.c bridges/supervisor.h \
	bridges/wire.c bridges/wire.h \
	bridges/worker.c bridges/worker.h bridges/worker_priv.h \
	bridges/worker_tell.c \
	bridges/bridge_workers.c
bridges_libbridges_a_CPPFLAGS = $(INC_bridges)

check_PROGRAMS += tests/unit/t_wire
tests_unit_t_wire_SOURCES = tests/unit/t_wire.c
tests_unit_t_wire_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_wire_LDADD = bridges/libbridges.a $(LIB_base) $(CMOCKA_LIBS)

# The worker for tests; no test itself.
EXTRA_PROGRAMS = tests/unit/fake_worker
CLEANFILES += tests/unit/fake_worker
tests_unit_fake_worker_SOURCES = tests/unit/fake_worker.c
tests_unit_fake_worker_CPPFLAGS = $(INC_worker)
tests_unit_fake_worker_LDADD = $(LIB_worker) $(DEPS_io)

check_PROGRAMS += tests/unit/t_bridge
tests_unit_t_bridge_SOURCES = tests/unit/t_bridge.c tests/unit/hub_stub.h
tests_unit_t_bridge_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_bridge_LDADD = bridges/libbridges.a $(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)
EXTRA_tests_unit_t_bridge_DEPENDENCIES = tests/unit/fake_worker

check_PROGRAMS += tests/unit/t_session
tests_unit_t_session_SOURCES = tests/unit/t_session.c tests/unit/hub_stub.h
tests_unit_t_session_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_session_LDADD = bridges/libbridges.a $(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)
EXTRA_tests_unit_t_session_DEPENDENCIES = tests/unit/fake_worker

check_PROGRAMS += tests/unit/t_bridge_hub
tests_unit_t_bridge_hub_SOURCES = tests/unit/t_bridge_hub.c tests/unit/hub_rig.h
tests_unit_t_bridge_hub_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_bridge_hub_LDADD = bridges/libbridges.a bridges/echo/libecho.a $(LIB_core) $(CMOCKA_LIBS) $(DEPS_core)
EXTRA_tests_unit_t_bridge_hub_DEPENDENCIES = tests/unit/fake_worker

check_PROGRAMS += tests/unit/t_gate_req
tests_unit_t_gate_req_SOURCES = tests/unit/t_gate_req.c
tests_unit_t_gate_req_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_gate_req_LDADD = $(LIB_bridges) $(CMOCKA_LIBS) $(DEPS_core)

check_PROGRAMS += tests/unit/t_gate_lines
tests_unit_t_gate_lines_SOURCES = tests/unit/t_gate_lines.c
tests_unit_t_gate_lines_CPPFLAGS = $(INC_test) $(CMOCKA_CFLAGS)
tests_unit_t_gate_lines_LDADD = $(LIB_bridges) $(CMOCKA_LIBS) $(DEPS_core)
