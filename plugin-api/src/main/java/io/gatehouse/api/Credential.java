package io.gatehouse.api;

import java.util.Map;

/**
 * A credential of a consumer. The key it is looked up by is not in here, so that it cannot leak.
 *
 * @param type the collection it comes from, such as {@code keyauth_credentials}
 * @param consumer whose credential it is
 * @param fields what else the entity holds and is no secret
 */
public record Credential(String id, String type, Consumer consumer, Map<String, String> fields) {
    /** Copies the fields. */
    public Credential {
        fields = Map.copyOf(fields);
    }
}
