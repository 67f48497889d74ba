package io.gatehouse.core.snapshot;

import io.gatehouse.api.Route;
import io.gatehouse.core.entity.RouteEntity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A route as plugins see it. What is logged of it is made when it is first asked for: most routes are not logged before an edit. */
final class RouteFacts implements Route {
    private final RouteEntity entity;
    private volatile @Nullable Map<String, Object> fields;

    RouteFacts(RouteEntity entity) {
        this.entity = entity;
    }

    @Override
    public String id() {
        return entity.id();
    }

    @Override
    public @Nullable String name() {
        return entity.name();
    }

    @Override
    public List<String> paths() {
        return entity.paths();
    }

    @Override
    public Map<String, Object> fields() {
        Map<String, Object> known = fields;
        if (known == null) {
            known = fields(entity);
            fields = known;
        }
        return known;
    }

    private static Map<String, Object> fields(RouteEntity route) {
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
        return Collections.unmodifiableMap(fields);
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
