package io.gatehouse.plugins.logging.http;

import io.gatehouse.api.Target;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code http_endpoint} says.
 *
 * @param path what is sent as the request's target: without the query, as in Kong
 * @param authorization user and password of the URL as a header, or null
 */
record Endpoint(Target target, String path, @Nullable String authorization) {
    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException saying what is wrong with it and nothing of what is in it: that may be secret
     */
    static Endpoint of(String url, boolean verify, Duration timeout) {
        int colon = url.indexOf("://");
        String scheme = colon < 0 ? "" : url.substring(0, colon).toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("not a URL (expected: http:// or https://, a host, a path)");
        }
        int start = colon + 3;
        int end = start;
        while (end < url.length() && "/?#".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        String authority = url.substring(start, end);
        int at = authority.lastIndexOf('@');
        String user = at < 0 ? null : authority.substring(0, at);
        String host = authority.substring(at + 1);
        int port = scheme.equals("https") ? 443 : 80;
        int portAt = host.lastIndexOf(':');
        if (portAt > host.lastIndexOf(']')) {
            port = port(host.substring(portAt + 1));
            host = host.substring(0, portAt);
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || !isVisible(host)) {
            throw new IllegalArgumentException("not a URL: no host (expected: http:// or https://, a host, a path)");
        }
        String path = path(url, end);
        Target target = Target.to(scheme, host, port)
                .connectTimeout(timeout)
                .verifyTls(verify)
                .build();
        return new Endpoint(
                target,
                path,
                user == null
                        ? null
                        : "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException none) {
            // told below
        }
        throw new IllegalArgumentException("not a URL: no such port (expected: 1-65535)");
    }

    private static String path(String url, int from) {
        int end = from;
        while (end < url.length() && "?#".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        String path = url.substring(from, end);
        if (!isVisible(path)) {
            throw new IllegalArgumentException("not a URL: odd characters in the path (expected: percent-encoded)");
        }
        return path.isEmpty() ? "/" : path;
    }

    private static boolean isVisible(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7F) {
                return false;
            }
        }
        return true;
    }
}
