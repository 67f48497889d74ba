package io.gatehouse.api.ai;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where an operation of a provider is reached. Immutable; any thread. */
public final class LlmEndpoint {
    private final String scheme;
    private final String host;
    private final int port;
    private final String path;
    private final @Nullable String query;

    private LlmEndpoint(String scheme, String host, int port, String path, @Nullable String query) {
        this.scheme = scheme;
        this.host = host;
        this.port = port;
        this.path = path;
        this.query = query;
    }

    /**
     * The endpoint of an absolute {@code http} or {@code https} URL.
     *
     * @throws IllegalArgumentException when it is no such URL; the message does not repeat user name, password or query
     */
    public static LlmEndpoint of(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw notAUrl("at position " + e.getIndex() + ": " + e.getReason());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw notAUrl(scheme.isEmpty() ? "no scheme" : "scheme " + scheme);
        }
        String host = uri.getHost();
        if (host == null || host.isEmpty()) {
            throw notAUrl("no host");
        }
        if (uri.getRawUserInfo() != null) {
            throw notAUrl("user information; use auth instead");
        }
        if (host.charAt(0) == '[') {
            host = host.substring(1, host.length() - 1);
        }
        int port = uri.getPort() < 0 ? (scheme.equals("https") ? 443 : 80) : uri.getPort();
        if (port < 1 || port > 65535) {
            throw notAUrl("port " + port);
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        return new LlmEndpoint(scheme, host, port, path, uri.getRawQuery());
    }

    private static IllegalArgumentException notAUrl(String why) {
        return new IllegalArgumentException("not a usable URL: " + why + " (expected: http(s)://host[:port][/path])");
    }

    /** {@code http} or {@code https}. */
    public String scheme() {
        return scheme;
    }

    /** Name or address, without brackets. */
    public String host() {
        return host;
    }

    /** 1-65535. */
    public int port() {
        return port;
    }

    /** The escaped path; empty when the URL had none. */
    public String path() {
        return path;
    }

    /** The escaped query, or null. */
    public @Nullable String query() {
        return query;
    }

    /** The same endpoint with another path. It gets exactly one leading slash. */
    public LlmEndpoint withPath(String path) {
        Objects.requireNonNull(path, "path");
        int start = 0;
        while (start < path.length() && path.charAt(start) == '/') {
            start++;
        }
        return new LlmEndpoint(scheme, host, port, '/' + path.substring(start), query);
    }

    @Override
    public String toString() {
        String name = host.indexOf(':') >= 0 ? '[' + host + ']' : host;
        return scheme + "://" + name + ':' + port + path;
    }
}
