package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Looks into schemas as the Admin API tells them. */
public final class SchemaTold {
    private SchemaTold() {}

    /** What the fields of a record say of one. */
    public static JsonObject field(JsonArray fields, String name) {
        return new JsonArray(fields.encode())
                .stream()
                        .map(JsonObject.class::cast)
                        .filter(one -> one.containsKey(name))
                        .map(one -> one.getJsonObject(name))
                        .findFirst()
                        .orElseThrow();
    }

    /** A declaration says at least this, where null stands for what it does not say. */
    public static void assertTold(JsonObject declared, String told) {
        JsonObject wanted = new JsonObject(told);
        JsonObject found = new JsonObject();
        for (String name : wanted.fieldNames()) {
            found.put(name, declared.getValue(name));
        }
        assertThat(found).isEqualTo(wanted);
    }
}
