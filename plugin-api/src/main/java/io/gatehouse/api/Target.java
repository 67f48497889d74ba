package io.gatehouse.api;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes: scheme, host, port, time-outs and the name it is addressed by. Path and query stay with the
 * {@link Request}.
 *
 * <p>Immutable; any thread. Make it once and keep it: connections are pooled by its facts.
 */
public final class Target {
    /** Kong's default for connect, read and write time-outs. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

    private final boolean tls;
    private final String host;
    private final int port;
    private final @Nullable String hostHeader;
    private final Duration connectTimeout;
    private final Duration readTimeout;
    private final Duration writeTimeout;
    private final boolean http2;
    private final TlsOptions tlsOptions;

    private Target(Builder builder) {
        this.tls = builder.tls;
        this.host = builder.host;
        this.port = builder.port;
        this.hostHeader = builder.hostHeader;
        this.connectTimeout = builder.connectTimeout;
        this.readTimeout = builder.readTimeout;
        this.writeTimeout = builder.writeTimeout;
        this.http2 = builder.http2;
        this.tlsOptions = builder.tlsOptions;
    }

    /**
     * Starts a target.
     *
     * @param scheme {@code http} or {@code https}; {@code grpc} or {@code grpcs} for the same over HTTP/2
     * @param host name or address, without brackets
     * @param port 0-65535; with 0 nobody is reached unless the name service tells of another
     */
    public static Builder to(String scheme, String host, int port) {
        return new Builder(scheme, host, port);
    }

    /** Whether the connection is TLS. */
    public boolean tls() {
        return tls;
    }

    /** {@code http} or {@code https}, whatever the version of HTTP. */
    public String scheme() {
        return tls ? "https" : "http";
    }

    /**
     * Whether HTTP/2 is spoken, and nothing else: without TLS from the first byte on, with TLS as negotiated in the
     * handshake. Else it is HTTP/1.1.
     */
    public boolean http2() {
        return http2;
    }

    /**
     * Name or address to connect to. It is also the name that TLS asks for and verifies, unless the {@code Host} that is
     * sent names another.
     */
    public String host() {
        return host;
    }

    /** Port to connect to. */
    public int port() {
        return port;
    }

    /** The {@code Host} header to send, or null for the one that host and port make. */
    public @Nullable String hostHeader() {
        return hostHeader;
    }

    /** Host and, unless it is the scheme's default, port: what {@code Host} is without an override. */
    public String authority() {
        String name = host.indexOf(':') >= 0 ? '[' + host + ']' : host;
        return port == (tls ? 443 : 80) ? name : name + ':' + port;
    }

    /** How long a connection may take. */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** The longest gap between two reads. */
    public Duration readTimeout() {
        return readTimeout;
    }

    /** The longest gap between two writes. */
    public Duration writeTimeout() {
        return writeTimeout;
    }

    /** Whether the upstream's certificate and name are checked. */
    public boolean verifyTls() {
        return tlsOptions.verify();
    }

    /** How TLS is spoken, where it is. */
    public TlsOptions tlsOptions() {
        return tlsOptions;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Target that
                && tls == that.tls
                && port == that.port
                && http2 == that.http2
                && tlsOptions.equals(that.tlsOptions)
                && host.equals(that.host)
                && Objects.equals(hostHeader, that.hostHeader)
                && connectTimeout.equals(that.connectTimeout)
                && readTimeout.equals(that.readTimeout)
                && writeTimeout.equals(that.writeTimeout);
    }

    @Override
    public int hashCode() {
        return Objects.hash(tls, host, port);
    }

    @Override
    public String toString() {
        return scheme() + "://" + authority();
    }

    /** Collects the facts of a {@link Target}. */
    public static final class Builder {
        private final boolean tls;
        private final String host;
        private final int port;
        private @Nullable String hostHeader;
        private Duration connectTimeout = DEFAULT_TIMEOUT;
        private Duration readTimeout = DEFAULT_TIMEOUT;
        private Duration writeTimeout = DEFAULT_TIMEOUT;
        private boolean http2;
        private TlsOptions tlsOptions = TlsOptions.DEFAULT;

        private Builder(String scheme, String host, int port) {
            switch (scheme.toLowerCase(Locale.ROOT)) {
                case "http", "grpc" -> this.tls = false;
                case "https", "grpcs" -> this.tls = true;
                default ->
                    throw new IllegalArgumentException("scheme: " + scheme + " (expected: http, https, grpc or grpcs)");
            }
            this.http2 = scheme.regionMatches(true, 0, "grpc", 0, 4);
            if (host.isEmpty()) {
                throw new IllegalArgumentException("host: empty (expected: a name or an address)");
            }
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("port: " + port + " (expected: 0-65535)");
            }
            this.host = host;
            this.port = port;
        }

        /** Sets the {@code Host} header to send. */
        public Builder hostHeader(String hostHeader) {
            this.hostHeader = hostHeader;
            return this;
        }

        /** Sets how long a connection may take. */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = positive(timeout);
            return this;
        }

        /** Sets the longest gap between two reads. */
        public Builder readTimeout(Duration timeout) {
            this.readTimeout = positive(timeout);
            return this;
        }

        /** Sets the longest gap between two writes. */
        public Builder writeTimeout(Duration timeout) {
            this.writeTimeout = positive(timeout);
            return this;
        }

        /** Sets whether the upstream's certificate and name are checked; true unless told otherwise. */
        public Builder verifyTls(boolean verify) {
            this.tlsOptions = tlsOptions.toBuilder().verify(verify).build();
            return this;
        }

        /** Sets how TLS is spoken, {@link #verifyTls} included. */
        public Builder tlsOptions(TlsOptions options) {
            this.tlsOptions = options;
            return this;
        }

        /** Sets whether HTTP/2 is spoken; false unless told otherwise or the scheme says so. */
        public Builder http2(boolean http2) {
            this.http2 = http2;
            return this;
        }

        /** Makes the target. */
        public Target build() {
            return new Target(this);
        }

        private static Duration positive(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("timeout: " + timeout + " (expected: positive)");
            }
            return timeout;
        }
    }
}
