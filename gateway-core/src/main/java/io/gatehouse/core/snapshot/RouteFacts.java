package io.gatehouse.core.snapshot;

import io.gatehouse.api.Route;
import io.gatehouse.core.entity.RouteEntity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route as plugins see it. */
record RouteFacts(String id, @Nullable String name, List<String> paths, Map<String, Object> fields) implements Route {
    static RouteFacts of(RouteEntity route) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", route.id());
        if (route.name() != null) {
            fields.put("name", route.name());
        }
        fields.put("protocols", route.protocols());
        put(fields, "methods", route.methods());
        put(fields, "hosts", route.hosts());
        put(fields, "paths", route.paths());
        put(fields, "snis", route.snis());
        if (!route.headers().isEmpty()) {
            fields.put("headers", route.headers());
        }
        sides(fields, "sources", route.sources());
        sides(fields, "destinations", route.destinations());
        if (route.expression() != null) {
            fields.put("expression", route.expression());
            fields.put("priority", route.priority() == null ? 0 : route.priority());
        }
        fields.put("regex_priority", route.regexPriority());
        fields.put("strip_path", route.stripPath());
        fields.put("path_handling", route.pathHandling());
        fields.put("preserve_host", route.preserveHost());
        fields.put("https_redirect_status_code", route.httpsRedirectStatusCode());
        fields.put("request_buffering", route.requestBuffering());
        fields.put("response_buffering", route.responseBuffering());
        if (route.serviceId() != null) {
            fields.put("service", Map.of("id", route.serviceId()));
        }
        put(fields, "tags", route.tags());
        return new RouteFacts(route.id(), route.name(), route.paths(), Collections.unmodifiableMap(fields));
    }

    private static void sides(Map<String, Object> fields, String name, List<RouteEntity.Side> sides) {
        List<Map<String, Object>> shown = new ArrayList<>();
        for (RouteEntity.Side side : sides) {
            Map<String, Object> one = new LinkedHashMap<>();
            if (side.ip() != null) {
                one.put("ip", side.ip());
            }
            if (side.port() != null) {
                one.put("port", side.port());
            }
            shown.add(Collections.unmodifiableMap(one));
        }
        if (!shown.isEmpty()) {
            fields.put(name, List.copyOf(shown));
        }
    }

    static void put(Map<String, Object> fields, String name, List<String> values) {
        if (!values.isEmpty()) {
            fields.put(name, values);
        }
    }
}
