package io.gatehouse.api;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where an {@link Outlet} writes, and how.
 *
 * <p>Immutable; any thread.
 */
public final class OutletOptions {
    /** The ways to write. */
    public enum Kind {
        /** A connection. */
        TCP,
        /** Datagrams. */
        UDP,
        /** Datagrams to a socket of this machine, such as {@code /dev/log}; on Linux only. */
        LOCAL
    }

    private final Kind kind;
    private final String host;
    private final int port;
    private final Duration timeout;
    private final Duration keepAlive;
    private final boolean tls;
    private final @Nullable String serverName;
    private final boolean verifyTls;

    private OutletOptions(Builder builder) {
        this.kind = builder.kind;
        this.host = builder.host;
        this.port = builder.port;
        this.timeout = builder.timeout;
        this.keepAlive = builder.keepAlive;
        this.tls = builder.tls;
        this.serverName = builder.serverName;
        this.verifyTls = builder.verifyTls;
    }

    /** A TCP connection. */
    public static Builder tcp(String host, int port) {
        return new Builder(Kind.TCP, host, port);
    }

    /** Datagrams over UDP. */
    public static Builder udp(String host, int port) {
        return new Builder(Kind.UDP, host, port);
    }

    /** Datagrams to a socket in the file system of this machine. */
    public static Builder local(String path) {
        return new Builder(Kind.LOCAL, path, 0);
    }

    /** How it is written. */
    public Kind kind() {
        return kind;
    }

    /** The name or address, or the path of a local socket. */
    public String host() {
        return host;
    }

    /** The port; 0 for a local socket. */
    public int port() {
        return port;
    }

    /** How long connecting, and each write, may take. */
    public Duration timeout() {
        return timeout;
    }

    /** How long an unused connection is kept; zero for not at all. */
    public Duration keepAlive() {
        return keepAlive;
    }

    /** Whether a connection is encrypted. */
    public boolean tls() {
        return tls;
    }

    /** The name that TLS asks for, and the certificate is checked for; null for the host. */
    public @Nullable String serverName() {
        return serverName;
    }

    /** Whether the server's certificate and name are checked. */
    public boolean verifyTls() {
        return verifyTls;
    }

    /** Such as {@code tcp://logs.example:514}. */
    @Override
    public String toString() {
        return switch (kind) {
            case TCP -> (tls ? "tls://" : "tcp://") + host + ':' + port;
            case UDP -> "udp://" + host + ':' + port;
            case LOCAL -> "local:" + host;
        };
    }

    /** Collects {@link OutletOptions}. */
    public static final class Builder {
        private final Kind kind;
        private final String host;
        private final int port;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration keepAlive = Duration.ofSeconds(60);
        private boolean tls;
        private @Nullable String serverName;
        private boolean verifyTls = true;

        private Builder(Kind kind, String host, int port) {
            this.kind = kind;
            this.host = Objects.requireNonNull(host, "host");
            this.port = port;
            if (kind != Kind.LOCAL && (port < 1 || port > 65535)) {
                throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
            }
        }

        /** Sets how long connecting, and each write, may take; 10 s unless set. */
        public Builder timeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("timeout: " + timeout + " (expected: positive)");
            }
            this.timeout = timeout;
            return this;
        }

        /** Sets how long an unused connection is kept; 60 s unless set, zero for not at all. */
        public Builder keepAlive(Duration keepAlive) {
            if (keepAlive.isNegative()) {
                throw new IllegalArgumentException("keepAlive: " + keepAlive + " (expected: not negative)");
            }
            this.keepAlive = keepAlive;
            return this;
        }

        /** Encrypts the connection. */
        public Builder tls(boolean tls) {
            this.tls = tls;
            return this;
        }

        /** Sets the name that TLS asks for, and checks the certificate for, instead of the host. */
        public Builder serverName(@Nullable String name) {
            this.serverName = name;
            return this;
        }

        /** Sets whether the server's certificate and name are checked; they are unless set. */
        public Builder verifyTls(boolean verify) {
            this.verifyTls = verify;
            return this;
        }

        /** Makes the options. */
        public OutletOptions build() {
            return new OutletOptions(this);
        }
    }
}
