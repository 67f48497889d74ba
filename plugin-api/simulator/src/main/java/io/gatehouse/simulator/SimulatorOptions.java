package io.gatehouse.simulator;

import io.vertx.core.http.HttpServerOptions;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/** Settings of an {@link LlmSimulator}. Immutable; made by the builder. */
public final class SimulatorOptions {
    private final String host;
    private final int port;
    private final Set<String> keys;
    private final Map<String, Set<String>> hostKeys;
    private final long seed;
    private final Behaviour behaviour;
    private final int ledgerCapacity;
    private final int ledgerBodyBytes;
    private final int maxBodyBytes;
    private final int eventLoops;
    private final InstantSource clock;
    private final Consumer<HttpServerOptions> server;

    private SimulatorOptions(Builder b) {
        host = b.host;
        port = b.port;
        keys = Set.copyOf(b.keys);
        Map<String, Set<String>> copies = new HashMap<>();
        b.hostKeys.forEach((name, values) -> copies.put(name, Set.copyOf(values)));
        hostKeys = Map.copyOf(copies);
        seed = b.seed;
        behaviour = b.behaviour;
        ledgerCapacity = b.ledgerCapacity;
        ledgerBodyBytes = b.ledgerBodyBytes;
        maxBodyBytes = b.maxBodyBytes;
        eventLoops = b.eventLoops;
        clock = b.clock;
        server = b.server;
    }

    /** A builder: any free port of 127.0.0.1, every key accepted, seed 1. */
    public static Builder builder() {
        return new Builder();
    }

    /** The builder's defaults. */
    public static SimulatorOptions defaults() {
        return builder().build();
    }

    /** Address to listen on. */
    public String host() {
        return host;
    }

    /** Port to listen on; 0 is any free one. */
    public int port() {
        return port;
    }

    /** Keys accepted for every host; when none is set at all, requests need no key. */
    public Set<String> keys() {
        return keys;
    }

    /** Keys accepted for one host each, in place of {@link #keys()}. */
    public Map<String, Set<String>> hostKeys() {
        return hostKeys;
    }

    /** Seed of ids and jitter. */
    public long seed() {
        return seed;
    }

    /** Behaviour where nothing more specific is set. */
    public Behaviour behaviour() {
        return behaviour;
    }

    /** How many records the ledger keeps; the oldest go first. */
    public int ledgerCapacity() {
        return ledgerCapacity;
    }

    /** How many bytes of each request body the ledger keeps. */
    public int ledgerBodyBytes() {
        return ledgerBodyBytes;
    }

    /** Largest request body that is read, in bytes; a larger one is answered with 413. */
    public int maxBodyBytes() {
        return maxBodyBytes;
    }

    /** How many event loops serve. */
    public int eventLoops() {
        return eventLoops;
    }

    /** Source of the times in answers and records. */
    public InstantSource clock() {
        return clock;
    }

    HttpServerOptions serverOptions() {
        HttpServerOptions options = new HttpServerOptions();
        // a client that offers an upgrade gets plain HTTP/1.1, so that every run takes the same way
        options.setHttp2ClearTextEnabled(false);
        options.setMaxHeaderSize(256 * 1024);
        options.setMaxInitialLineLength(64 * 1024);
        options.setTcpNoDelay(true);
        server.accept(options);
        return options.setHost(host).setPort(port);
    }

    /** Builds options; every method returns this builder. Not thread-safe. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private int port;
        private final Set<String> keys = new HashSet<>();
        private final Map<String, Set<String>> hostKeys = new HashMap<>();
        private long seed = 1;
        private Behaviour behaviour = Behaviour.NORMAL;
        private int ledgerCapacity = 10_000;
        private int ledgerBodyBytes = 16 * 1024;
        private int maxBodyBytes = 256 << 20;
        private int eventLoops = Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors()));
        private InstantSource clock = InstantSource.system();
        private Consumer<HttpServerOptions> server = options -> {};

        private Builder() {}

        /** Address to listen on. The ledger shows credentials: keep it on the loopback interface. */
        public Builder host(String host) {
            this.host = Objects.requireNonNull(host, "host");
            return this;
        }

        /** Port to listen on, 0-65535; 0 is any free one. */
        public Builder port(int port) {
            this.port = within("port", port, 0, 65_535);
            return this;
        }

        /** Adds keys that are accepted for every host without keys of its own. */
        public Builder keys(String... accepted) {
            keys.addAll(List.of(accepted));
            return this;
        }

        /** Adds keys that are accepted for every host without keys of its own. */
        public Builder keys(Collection<String> accepted) {
            keys.addAll(accepted);
            return this;
        }

        /** Adds a key that is accepted for one host only; that host then takes no general key. */
        public Builder keyFor(String host, String key) {
            hostKeys.computeIfAbsent(Hosts.name(host), name -> new HashSet<>()).add(Objects.requireNonNull(key, "key"));
            return this;
        }

        /** Seed of ids and jitter; the default is 1. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Behaviour where nothing more specific is set. */
        public Builder behaviour(Behaviour behaviour) {
            this.behaviour = Objects.requireNonNull(behaviour, "behaviour");
            return this;
        }

        /** How many records the ledger keeps; the default is 10,000. Sums are kept for all requests. */
        public Builder ledgerCapacity(int records) {
            this.ledgerCapacity = within("ledgerCapacity", records, 1, 10_000_000);
            return this;
        }

        /** How many bytes of each request body the ledger keeps; the default is 16 KiB. */
        public Builder ledgerBodyBytes(int bytes) {
            this.ledgerBodyBytes = within("ledgerBodyBytes", bytes, 0, 1 << 30);
            return this;
        }

        /** Largest request body that is read, in bytes; the default is 256 MiB. */
        public Builder maxBodyBytes(int bytes) {
            this.maxBodyBytes = within("maxBodyBytes", bytes, 0, 1 << 30);
            return this;
        }

        /** How many event loops serve; the default is one per processor, at most 8. */
        public Builder eventLoops(int count) {
            this.eventLoops = within("eventLoops", count, 1, 256);
            return this;
        }

        /** Source of the times in answers and records. */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /** Changes the server's own options before it listens: TLS, HTTP/2, buffers. Host and port stay. */
        public Builder server(Consumer<HttpServerOptions> change) {
            this.server = Objects.requireNonNull(change, "change");
            return this;
        }

        private static int within(String name, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + "-" + max + ")");
            }
            return value;
        }

        /** The options. */
        public SimulatorOptions build() {
            return new SimulatorOptions(this);
        }
    }
}
