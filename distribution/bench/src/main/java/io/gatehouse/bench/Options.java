package io.gatehouse.bench;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What the command line says. */
final class Options {
    static final List<String> WORKLOADS = List.of(
            "plain", "llm-json", "llm-stream", "everyday", "tls", "http2", "paced", "memory", "start", "config");

    static final String HELP = """
            usage: ./gatehouse bench [OPTION...]

              --quick               a look in about two minutes: fewer and shorter rounds, without the wheels
              --workloads W,...     of plain, llm-json, llm-stream, everyday, tls, http2, paced, memory, start, config (default)
              --peers P,...         of nginx, vertx, gatehouse, envoy, rolter, ferrogw (default: all)
              --rounds N            rounds, each figure is their median (default: 5)
              --seconds N           length of a turn (default: 3)
              --warm N              seconds of warm-up for each JVM and workload, at least (default: 15)
              --connections N       connections of wrk (default: 32)
              --streams N           streams at once of the paced workload (default: 500)
              --open N              open streams of the memory workload (default: 1000)
              --hold N              how many seconds these stay open (default: 10)
              --java HOME           the Java of the gateway and the bare pipe (default: the newest that is found)
              --json FILE           where the figures go (default: distribution/bench/target/bench.json)
              --docs                write the tables into docs/performance.md
              --profile             no figures: profiles of the gateway under plain, llm-json, llm-stream and everyday
              --admin               decK's sync of 10,000 entities, and single edits, over the Admin API
              --jmh [OPTION...]     the steps that JMH measures, with JMH's options
            """;

    int rounds = 5;
    int seconds = 3;
    int warm = 15;
    int connections = 32;
    int streams = 500;
    int open = 1000;
    int hold = 10;
    Set<String> workloads = new LinkedHashSet<>(WORKLOADS);
    Set<Peer> peers = EnumSet.allOf(Peer.class);
    Path json;
    boolean docs;
    boolean profile;
    boolean help;
    Path java;

    Options(Path java, Path json) {
        this.java = java;
        this.json = json;
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException with what was found and what is expected
     */
    Options parse(String... arguments) {
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        if (rest.contains("--quick")) {
            rounds = 3;
            seconds = 1;
            warm = 8;
            hold = 3;
            peers = EnumSet.of(Peer.NGINX, Peer.VERTX, Peer.GATEHOUSE);
        }
        while (!rest.isEmpty()) {
            String option = rest.remove();
            switch (option) {
                case "--quick" -> {}
                case "--rounds" -> rounds = number(option, rest);
                case "--seconds" -> seconds = number(option, rest);
                case "--warm" -> warm = number(option, rest);
                case "--connections" -> connections = number(option, rest);
                case "--streams" -> streams = number(option, rest);
                case "--open" -> open = number(option, rest);
                case "--hold" -> hold = number(option, rest);
                case "--workloads" -> workloads = names(option, rest, WORKLOADS);
                case "--peers" ->
                    peers = names(
                                    option,
                                    rest,
                                    Arrays.stream(Peer.values())
                                            .map(Options::name)
                                            .toList())
                            .stream()
                            .map(name -> Peer.valueOf(name.toUpperCase(Locale.ROOT)))
                            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Peer.class)));
                case "--java" -> java = Path.of(value(option, rest));
                case "--json" -> json = Path.of(value(option, rest));
                case "--docs" -> docs = true;
                case "--profile" -> profile = true;
                case "--help", "-h" -> help = true;
                default -> throw new IllegalArgumentException(option + ": unknown\n\n" + HELP);
            }
        }
        return this;
    }

    private static String name(Peer peer) {
        return peer.name().toLowerCase(Locale.ROOT);
    }

    private static String value(String option, Deque<String> rest) {
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(option + ": a value is missing");
        }
        return value;
    }

    private static int number(String option, Deque<String> rest) {
        String value = value(option, rest);
        if (!value.matches("[1-9][0-9]{0,5}")) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: a number from 1 on)");
        }
        return Integer.parseInt(value);
    }

    private static Set<String> names(String option, Deque<String> rest, List<String> known) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : value(option, rest).split(",", -1)) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        option + ": " + name + " (expected: some of " + String.join(",", known) + ")");
            }
            names.add(name);
        }
        return names;
    }
}
