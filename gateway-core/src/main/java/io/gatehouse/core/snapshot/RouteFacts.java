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
final class RouteFacts extends LoggedFields implements Route {
    private final RouteEntity entity;

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
    Map<String, Object> make() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", entity.id());
        if (entity.name() != null) {
            fields.put("name", entity.name());
        }
        fields.put("protocols", entity.protocols());
        put(fields, "methods", entity.methods());
        put(fields, "hosts", entity.hosts());
        put(fields, "paths", entity.paths());
        put(fields, "snis", entity.snis());
        if (!entity.headers().isEmpty()) {
            fields.put("headers", entity.headers());
        }
        sides(fields, "sources", entity.sources());
        sides(fields, "destinations", entity.destinations());
        if (entity.expression() != null) {
            fields.put("expression", entity.expression());
            fields.put("priority", entity.priority() == null ? 0 : entity.priority());
        }
        fields.put("regex_priority", entity.regexPriority());
        fields.put("strip_path", entity.stripPath());
        fields.put("path_handling", entity.pathHandling());
        fields.put("preserve_host", entity.preserveHost());
        fields.put("https_redirect_status_code", entity.httpsRedirectStatusCode());
        fields.put("request_buffering", entity.requestBuffering());
        fields.put("response_buffering", entity.responseBuffering());
        if (entity.serviceId() != null) {
            fields.put("service", Map.of("id", entity.serviceId()));
        }
        put(fields, "tags", entity.tags());
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
