package io.gatehouse.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The service of the matched route, as facts.
 *
 * <p>Implemented by the gateway only; immutable.
 */
public interface Service {
    /** The service's UUID. */
    String id();

    /** The service's name, or null. */
    @Nullable
    String name();

    /** The upstream's host. */
    String host();

    /** The name, else the host: what metrics show. */
    default String displayName() {
        String name = name();
        return name != null ? name : host();
    }

    /** Where requests of this service go. */
    Target target();

    /** The entity as Kong logs it: snake_case names, JSON-like values. */
    Map<String, Object> fields();
}
