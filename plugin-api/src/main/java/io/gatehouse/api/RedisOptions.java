package io.gatehouse.api;

import io.gatehouse.api.config.Secret;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server that several nodes share. Equal when all is equal that is said of it, passwords as {@link Secret}s are.
 *
 * <p>Immutable; any thread.
 */
public final class RedisOptions {
    private final String host;
    private final int port;
    private final int database;
    private final @Nullable String username;
    private final @Nullable Secret password;
    private final Duration timeout;
    private final boolean tls;
    private final boolean verifyTls;
    private final @Nullable String serverName;

    private RedisOptions(Builder builder) {
        this.host = builder.host;
        this.port = builder.port;
        this.database = builder.database;
        this.username = builder.username;
        this.password = builder.password;
        this.timeout = builder.timeout;
        this.tls = builder.tls;
        this.verifyTls = builder.verifyTls;
        this.serverName = builder.serverName;
    }

    /** Starts with the defaults. */
    public static Builder at(String host, int port) {
        return new Builder(host, port);
    }

    /** The name or address. */
    public String host() {
        return host;
    }

    /** The port. */
    public int port() {
        return port;
    }

    /** The number of the database. */
    public int database() {
        return database;
    }

    /** Who to be there; null for the default user. */
    public @Nullable String username() {
        return username;
    }

    /** The password, whose current value is read for each connection; null for none. */
    public @Nullable Secret password() {
        return password;
    }

    /** How long connecting and one call may take together. */
    public Duration timeout() {
        return timeout;
    }

    /** Whether connections are encrypted. */
    public boolean tls() {
        return tls;
    }

    /** Whether the server's certificate and name are checked. */
    public boolean verifyTls() {
        return verifyTls;
    }

    /** The name that TLS asks for, and the certificate is checked for; null for the host. */
    public @Nullable String serverName() {
        return serverName;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RedisOptions that && facts().equals(that.facts());
    }

    @Override
    public int hashCode() {
        return facts().hashCode();
    }

    private List<@Nullable Object> facts() {
        return Arrays.asList(host, port, database, username, password, timeout, tls, verifyTls, serverName);
    }

    /** Such as {@code redis://cache.example:6379/0}; no user, no password. */
    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://")
                + (host.indexOf(':') < 0 ? host : '[' + host + ']')
                + ':'
                + port
                + '/'
                + database;
    }

    /** Collects {@link RedisOptions}. */
    public static final class Builder {
        private final String host;
        private final int port;
        private int database;
        private @Nullable String username;
        private @Nullable Secret password;
        private Duration timeout = Duration.ofSeconds(2);
        private boolean tls;
        private boolean verifyTls = true;
        private @Nullable String serverName;

        private Builder(String host, int port) {
            this.host = Objects.requireNonNull(host, "host");
            this.port = port;
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
            }
        }

        /** Sets the number of the database; 0 unless set. */
        public Builder database(int database) {
            this.database = database;
            return this;
        }

        /** Sets who to be there. */
        public Builder login(@Nullable String username, @Nullable Secret password) {
            this.username = username;
            this.password = password;
            return this;
        }

        /** Sets how long connecting and one call may take together; 2 s unless set. */
        public Builder timeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("timeout: " + timeout + " (expected: positive)");
            }
            this.timeout = timeout;
            return this;
        }

        /** Encrypts connections. */
        public Builder tls(boolean tls) {
            this.tls = tls;
            return this;
        }

        /** Sets whether the server's certificate and name are checked; they are unless set. */
        public Builder verifyTls(boolean verify) {
            this.verifyTls = verify;
            return this;
        }

        /** Sets the name that TLS asks for, and checks the certificate for, instead of the host. */
        public Builder serverName(@Nullable String name) {
            this.serverName = name;
            return this;
        }

        /** Makes the options. */
        public RedisOptions build() {
            return new RedisOptions(this);
        }
    }
}
