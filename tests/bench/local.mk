# SPDX-License-Identifier: GPL-3.0-or-later
#
# The load generator, for tests/bench/fanout.sh. Not run by "make check".
noinst_PROGRAMS += tests/bench/fanout
tests_bench_fanout_SOURCES = \
	tests/bench/args.c tests/bench/args.h \
	tests/bench/call.c tests/bench/call.h \
	tests/bench/cost.c tests/bench/cost.h \
	tests/bench/crowd.c tests/bench/crowd.h \
	tests/bench/fanout.c \
	tests/bench/options.c tests/bench/options.h \
	tests/bench/post.c tests/bench/post.h \
	tests/bench/sipload.c tests/bench/sipload.h \
	tests/bench/tally.c tests/bench/tally.h \
	tests/bench/words.c tests/bench/words.h
tests_bench_fanout_CPPFLAGS = $(INC_base) $(S)/tests/bench
tests_bench_fanout_LDADD = $(LIB_base)

noinst_PROGRAMS += tests/bench/overload
tests_bench_overload_SOURCES = \
	tests/bench/args.c tests/bench/args.h \
	tests/bench/cost.c tests/bench/cost.h \
	tests/bench/login.c tests/bench/login.h \
	tests/bench/overload.c \
	tests/bench/post.c tests/bench/post.h \
	tests/bench/sipload.c tests/bench/sipload.h
tests_bench_overload_CPPFLAGS = $(INC_io) $(S)/tests/bench
tests_bench_overload_LDADD = $(LIB_io) $(DEPS_io)

noinst_PROGRAMS += tests/bench/flood
tests_bench_flood_SOURCES = tests/bench/flood.c \
	tests/bench/args.c tests/bench/args.h
tests_bench_flood_CPPFLAGS = $(INC_base) $(S)/tests/bench
tests_bench_flood_LDADD = $(LIB_base)

noinst_PROGRAMS += tests/bench/floor tests/bench/flight
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_CPPFLAGS = $(INC_base)
tests_bench_flight_SOURCES = tests/bench/flight.c \
	tests/bench/sipload.c tests/bench/sipload.h
tests_bench_flight_CPPFLAGS = $(INC_sip) $(S)/tests/bench
tests_bench_flight_LDADD = $(LIB_sip) $(DEPS_sip)

EXTRA_DIST += tests/bench/fanout.sh tests/bench/flat.sh tests/bench/overload.sh \
	tests/bench/idle.py tests/bench/beside.py tests/bench/datagrams.py \
	tests/bench/muc.py tests/bench/watchers.py tests/bench/presence.py \
	tests/bench/component.py \
	tests/bench/accounts.py tests/bench/kill.py tests/bench/puppets.py

check_PROGRAMS += tests/unit/t_bench
tests_unit_t_bench_SOURCES = tests/unit/t_bench.c \
	tests/bench/args.c \
	tests/bench/call.c \
	tests/bench/options.c \
	tests/bench/sipload.c \
	tests/bench/tally.c \
	tests/bench/words.c
tests_unit_t_bench_CPPFLAGS = $(INC_base) $(S)/tests/unit \
	$(S)/tests/bench $(CMOCKA_CFLAGS)
tests_unit_t_bench_LDADD = $(LIB_base) $(CMOCKA_LIBS)
