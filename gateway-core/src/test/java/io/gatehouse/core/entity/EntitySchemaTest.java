package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.Compat;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients of the Admin API are told of fields, as Kong's own schemas have it. */
class EntitySchemaTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    services|id|{"type":"string","uuid":true,"auto":true}
                    services|name|{"type":"string","unique":true}
                    services|protocol|{"type":"string","required":true,"default":"http"}
                    services|port|{"type":"integer","required":true,"default":80,"between":[0,65535]}
                    services|retries|{"type":"integer","required":true,"default":5,"between":[0,32767]}
                    services|host|{"type":"string","required":true}
                    services|enabled|{"type":"boolean","required":true,"default":true}
                    services|client_certificate|{"type":"foreign","reference":"certificates"}
                    services|created_at|{"type":"integer","timestamp":true,"auto":true}
                    services|updated_at|{"type":"integer","timestamp":true,"auto":true}
                    routes|service|{"type":"foreign","reference":"services"}
                    routes|protocols|{"type":"set","required":true}
                    routes|headers|{"type":"map"}
                    routes|https_redirect_status_code|{"type":"integer","default":426,"one_of":[426,301,302,307,308]}
                    consumers|custom_id|{"type":"string","unique":true}
                    targets|weight|{"type":"integer","default":100,"between":[0,65535]}
                    targets|upstream|{"type":"foreign","reference":"upstreams"}
                    upstreams|slots|{"type":"integer","default":10000,"between":[10,65536]}
                    upstreams|healthchecks|{"type":"record"}
                    certificates|key|{"type":"string","required":true,"encrypted":true,"referenceable":true}
                    jwt_secrets|consumer|{"type":"foreign","reference":"consumers"}
                    """)
    void tellsOfFieldsAsKongDoes(String kind, String field, String told) {
        JsonObject schema = new JsonObject(
                new JsonObject(EntitySchema.of(Objects.requireNonNull(EntityKind.of(kind)), Compat.UNSET)).encode());
        JsonObject declared = schema.getJsonArray("fields").stream()
                .map(JsonObject.class::cast)
                .filter(one -> one.containsKey(field))
                .map(one -> one.getJsonObject(field))
                .findFirst()
                .orElseThrow();
        JsonObject wanted = new JsonObject(told);
        JsonObject found = new JsonObject();
        wanted.fieldNames().forEach(name -> found.put(name, declared.getValue(name)));
        assertThat(found).isEqualTo(wanted);
    }
}
