package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.OldName;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A configuration record in the form of Kong's schemas. */
class KongSchemaTest {
    @OldName(
            in = "redis",
            value = {"redis_host", "redis_password"})
    record Limits(
            @Range(min = 1) @Nullable Long minute,
            @Length(min = 1, max = 9) Map<String, String> names,
            Redis redis,
            List<Limits> more) {}

    record Redis(
            @Nullable String host,
            @Nullable Secret password,
            @Default("6379") @Range(min = 0, max = 65535) int port) {}

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    targets|{"type":"array","required":true,"len_min":1,"default":null}
                    targets.weight|{"type":"integer","default":100,"between":[1,65535],"required":true}
                    targets.metadata|{"type":"any","required":null}
                    targets.auth|{"type":"record","required":null}
                    targets.logging|{"type":"record","required":true}
                    targets.auth.header_value|{"type":"string","encrypted":true,"referenceable":true,"description":"The credential."}
                    targets.auth.header_name|{"type":"string","encrypted":null,"referenceable":true}
                    targets.auth.more|{"type":"map","keys":{"type":"string"},"values":{"type":"string","encrypted":true,"referenceable":true}}
                    targets.route_type|{"type":"string","one_of":["llm/v1/chat","llm/v1/responses"],"required":true}
                    targets.model.provider|{"type":"string","one_of":["openai","mistral"],"required":true}
                    targets.model.options.temperature|{"type":"number","between":[0,5],"default":null}
                    targets.model.options.max_tokens|{"type":"integer","between":null,"required":null}
                    balancer.algorithm|{"type":"string","one_of":["round-robin","priority"],"default":"round-robin"}
                    balancer.failover_criteria|{"type":"set","default":["error","timeout"],"elements":{"type":"string","one_of":["error","timeout","http_429"]}}
                    embeddings|{"type":"record","required":null}
                    """)
    void tellsOfFieldsInKongsWords(String path, String told) {
        assertTold(AiLike.class, path, told);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    key_names|{"type":"array","default":["apikey"],"len_min":1,"elements":{"type":"string","match":"[A-Za-z0-9_-]+"}}
                    hide_credentials|{"type":"boolean","default":true,"required":true}
                    anonymous|{"type":"string","default":null,"required":null}
                    """)
    void tellsOfPlainFields(String path, String told) {
        assertTold(KeyAuthLike.class, path, told);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    minute|{"type":"integer","gt":0,"between":null}
                    names|{"type":"map","len_min":1,"len_max":9}
                    redis.port|{"type":"integer","default":6379,"between":[0,65535]}
                    more|{"type":"array"}
                    """)
    void tellsOfBoundsAndOfARecordThatHoldsItself(String path, String told) {
        assertTold(Limits.class, path, told);
    }

    @Test
    void defaultsAreThoseOfTheRelease() {
        Compat old = Compat.KONG_3_10;
        JsonObject field =
                SchemaTold.field(new JsonArray(KongSchema.fields(KeyAuthLike.class, old)), "hide_credentials");
        assertThat(field.getBoolean("default")).isFalse();
    }

    @Test
    void tellsWhereFieldsWithOldNamesStandNow() {
        JsonObject record = plain(KongSchema.record(Limits.class, Compat.UNSET));
        JsonArray old = record.getJsonArray("shorthand_fields");
        assertThat(SchemaTold.field(old, "redis_host")).isEqualTo(new JsonObject("""
                        {"type":"string","deprecation":{"replaced_with":[{"path":["redis","host"]}]}}"""));
        assertThat(SchemaTold.field(old, "redis_password").getBoolean("encrypted"))
                .isTrue();
        assertThat(plain(KongSchema.record(KeyAuthLike.class, Compat.UNSET)).containsKey("shorthand_fields"))
                .isFalse();
    }

    private static void assertTold(Class<? extends Record> type, String path, String told) {
        JsonObject declared = plain(KongSchema.record(type, Compat.UNSET));
        for (String name : path.split("\\.", -1)) {
            JsonObject record = declared.containsKey("elements") ? declared.getJsonObject("elements") : declared;
            declared = SchemaTold.field(record.getJsonArray("fields"), name);
        }
        SchemaTold.assertTold(declared, told);
    }

    private static JsonObject plain(Map<String, Object> map) {
        return new JsonObject(new JsonObject(map).encode());
    }
}
