package io.gatehouse.core.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A route: which requests are meant.
 *
 * @param serviceId null when requests end at the route's plugins
 * @param protocols {@code http}, {@code https} or both, in the order of the file
 * @param methods upper case; empty means any, as for the other matchers
 * @param hosts as written, with wildcards and ports
 * @param headers name as written to the values allowed, {@code ~*} before a regular expression
 * @param paths prefixes, or regular expressions after {@code ~}
 * @param pathHandling {@code v0} or {@code v1}
 */
public record RouteEntity(
        String id,
        @Nullable String name,
        @Nullable String serviceId,
        List<String> protocols,
        List<String> methods,
        List<String> hosts,
        Map<String, List<String>> headers,
        List<String> paths,
        int regexPriority,
        boolean stripPath,
        String pathHandling,
        boolean preserveHost,
        int httpsRedirectStatusCode,
        boolean requestBuffering,
        boolean responseBuffering,
        List<String> tags) {
    public RouteEntity {
        protocols = List.copyOf(protocols);
        methods = List.copyOf(methods);
        hosts = List.copyOf(hosts);
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        paths = List.copyOf(paths);
        tags = List.copyOf(tags);
    }
}
