package io.gatehouse.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The matched route, as facts.
 *
 * <p>Implemented by the gateway only; immutable.
 */
public interface Route {
    /** The route's UUID. */
    String id();

    /** The route's name, or null. */
    @Nullable
    String name();

    /** The name, else the id: what metrics show. */
    default String displayName() {
        String name = name();
        return name != null ? name : id();
    }

    /** The configured paths, as written; empty when the route matches by other things. */
    List<String> paths();

    /** The entity as Kong logs it: snake_case names, JSON-like values. */
    Map<String, Object> fields();
}
