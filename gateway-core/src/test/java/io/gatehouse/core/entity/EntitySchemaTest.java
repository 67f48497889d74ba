package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.SchemaTold;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Test;
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
                    services|path|{"type":"string","required":null,"default":null}
                    services|connect_timeout|{"type":"integer","default":60000,"between":[1,2147483646]}
                    services|tls_verify|{"type":"boolean","default":null}
                    services|tls_verify_depth|{"type":"integer","default":null,"between":[0,64]}
                    services|tags|{"type":"set","elements":{"type":"string"}}
                    routes|protocols|{"type":"set","len_min":1,"required":true,"default":["http","https"]}
                    routes|hosts|{"type":"array","elements":{"type":"string"}}
                    routes|paths|{"type":"array","elements":{"type":"string"}}
                    routes|regex_priority|{"type":"integer","default":0}
                    routes|strip_path|{"type":"boolean","required":true,"default":true}
                    routes|path_handling|{"type":"string","default":"v0","one_of":["v0","v1"]}
                    routes|preserve_host|{"type":"boolean","required":true,"default":false}
                    routes|request_buffering|{"type":"boolean","required":true,"default":true}
                    consumers|username|{"type":"string","unique":true,"required":null}
                    consumer_groups|name|{"type":"string","required":true,"unique":true}
                    targets|target|{"type":"string","required":true}
                    upstreams|name|{"type":"string","required":true,"unique":true}
                    upstreams|algorithm|{"default":"round-robin","one_of":["consistent-hashing","least-connections","round-robin","latency"]}
                    upstreams|hash_on|{"default":"none","one_of":["none","consumer","ip","header","cookie","path","query_arg","uri_capture"]}
                    upstreams|hash_on_cookie_path|{"type":"string","default":"/"}
                    upstreams|use_srv_name|{"type":"boolean","default":false}
                    certificates|cert|{"type":"string","required":true,"referenceable":true}
                    certificates|key_alt|{"type":"string","required":null,"encrypted":true,"referenceable":true}
                    certificates|snis|{"type":"array","elements":{"type":"string"}}
                    ca_certificates|cert|{"type":"string","required":true}
                    snis|name|{"type":"string","required":true,"unique":true}
                    snis|certificate|{"type":"foreign","reference":"certificates","required":true}
                    vaults|prefix|{"type":"string","required":true,"unique":true}
                    keys|kid|{"type":"string","required":true,"unique":null}
                    keys|jwk|{"type":"string","encrypted":true,"referenceable":true}
                    keys|set|{"type":"foreign","reference":"key_sets"}
                    plugins|protocols|{"type":"set","default":["grpc","grpcs","http","https"]}
                    plugins|enabled|{"type":"boolean","required":true,"default":true}
                    plugins|instance_name|{"type":"string","unique":true}
                    keyauth_credentials|key|{"type":"string","unique":true,"auto":true,"required":null}
                    basicauth_credentials|username|{"type":"string","unique":true,"required":true,"auto":null}
                    basicauth_credentials|password|{"type":"string","encrypted":true,"required":true}
                    hmacauth_credentials|username|{"type":"string","unique":true,"required":true}
                    hmacauth_credentials|secret|{"type":"string","auto":true,"required":null}
                    jwt_secrets|key|{"type":"string","unique":true,"auto":true,"required":null}
                    jwt_secrets|secret|{"type":"string","auto":true,"required":null}
                    jwt_secrets|algorithm|{"default":"HS256","one_of":["HS256","HS384","HS512","RS256","RS384","RS512","ES256","ES384","ES512","PS256","PS384","PS512","EdDSA"]}
                    oauth2_credentials|client_id|{"type":"string","unique":true,"auto":true,"required":null}
                    oauth2_credentials|client_secret|{"type":"string","auto":true,"encrypted":true,"required":null}
                    oauth2_credentials|client_type|{"default":"confidential","one_of":["confidential","public"]}
                    acls|group|{"type":"string","required":true,"unique":null}
                    """)
    void tellsOfFieldsAsKongDoes(String kind, String field, String told) {
        JsonObject declared = SchemaTold.field(schema(kind).getJsonArray("fields"), field);
        JsonObject wanted = new JsonObject(told);
        JsonObject found = new JsonObject();
        wanted.fieldNames().forEach(name -> found.put(name, declared.getValue(name)));
        assertThat(found).isEqualTo(wanted);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    active.type|{"type":"string","default":"http","one_of":["tcp","http","https","grpc","grpcs"]}
                    active.timeout|{"type":"number","default":1.0,"between":[0,65535]}
                    active.concurrency|{"type":"integer","default":10,"between":[1,2147483648]}
                    active.http_path|{"type":"string","default":"/"}
                    active.https_verify_certificate|{"type":"boolean","default":true}
                    active.headers|{"type":"map","default":null}
                    active.healthy.interval|{"type":"number","default":0.0,"between":[0,65535]}
                    active.healthy.http_statuses|{"type":"array","default":[200,302],"elements":{"type":"integer","between":[100,999]}}
                    active.unhealthy.http_statuses|{"default":[429,404,500,501,502,503,504,505]}
                    active.unhealthy.tcp_failures|{"type":"integer","default":0,"between":[0,255]}
                    passive.type|{"type":"string","default":"http"}
                    passive.unhealthy.http_statuses|{"default":[429,500,503]}
                    passive.healthy.successes|{"type":"integer","default":0,"between":[0,255]}
                    threshold|{"type":"number","default":0.0,"between":[0,100]}
                    """)
    void tellsOfHealthchecksAsKongDoes(String path, String told) {
        JsonObject declared = SchemaTold.field(schema("upstreams").getJsonArray("fields"), "healthchecks");
        for (String name : path.split("\\.", -1)) {
            declared = SchemaTold.field(declared.getJsonArray("fields"), name);
        }
        SchemaTold.assertTold(declared, told);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    consumers|{"at_least_one_of":["custom_id","username"]}
                    certificates|{"mutually_required":["cert_alt","key_alt"]}
                    keys|{"mutually_exclusive":["jwk","pem"]}
                    keys|{"at_least_one_of":["jwk","pem"]}
                    services|{"conditional":{"if_field":"protocol","if_match":{"one_of":["grpc","grpcs"]},"then_field":"path","then_match":{"eq":null}}}
                    services|{"conditional":{"if_field":"protocol","if_match":{"not_one_of":["https","grpcs"]},"then_field":"tls_verify","then_match":{"eq":null}}}
                    upstreams|{"conditional":{"if_field":"hash_on","if_match":{"match":"^header$"},"then_field":"hash_on_header","then_match":{"required":true}}}
                    upstreams|{"conditional":{"if_field":"hash_on","if_match":{"match":"^none$"},"then_field":"hash_fallback","then_match":{"one_of":["none"]}}}
                    upstreams|{"distinct":["hash_on_header","hash_fallback_header"]}
                    """)
    void tellsOfRulesOverFieldsAsKongDoes(String kind, String rule) {
        assertThat(schema(kind).getJsonArray("entity_checks")).contains(new JsonObject(rule));
    }

    private record Nothing() {}

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    cors|["grpc","grpcs","http","https"]
                    key-auth|["grpc","grpcs","http","https","ws","wss"]
                    mine|["grpc","grpcs","http","https","tcp","tls","tls_passthrough","udp","ws","wss"]
                    """)
    void tellsTheProtocolsOfEachPlugin(String plugin, String told) {
        assertThat(common(plugin, "protocols").getJsonObject("elements").getJsonArray("one_of"))
                .isEqualTo(new JsonArray(told));
    }

    @ParameterizedTest
    @CsvSource({
        "key-auth, consumer, true",
        "key-auth, consumer_group, true",
        "correlation-id, consumer, false",
        "correlation-id, consumer_group, true",
        "rate-limiting, consumer_group, false",
        "mine, consumer_group, false"
    })
    void tellsWhichScopesAPluginMustNotHave(String plugin, String scope, boolean none) {
        JsonObject field = common(plugin, scope);
        assertThat(field.containsKey("eq")).isEqualTo(none);
        assertThat(field.getValue("eq")).isNull();
    }

    @Test
    void aPriorityHasADefaultWhereRoutesHaveExpressions() {
        JsonObject priority =
                SchemaTold.field(schema("routes", RouterFlavor.EXPRESSIONS).getJsonArray("fields"), "priority");
        assertThat(priority.getInteger("default")).isZero();
        assertThat(priority.getBoolean("required")).isTrue();
        assertThat(SchemaTold.field(schema("routes").getJsonArray("fields"), "priority")
                        .containsKey("default"))
                .isFalse();
    }

    private static JsonObject common(String plugin, String field) {
        JsonObject schema = new JsonObject(EntitySchema.ofPlugin(plugin, Nothing.class, Compat.UNSET));
        return SchemaTold.field(new JsonObject(schema.encode()).getJsonArray("fields"), field);
    }

    private static JsonObject schema(String kind) {
        return schema(kind, RouterFlavor.TRADITIONAL_COMPATIBLE);
    }

    private static JsonObject schema(String kind, RouterFlavor flavor) {
        return new JsonObject(
                new JsonObject(EntitySchema.of(Objects.requireNonNull(EntityKind.of(kind)), Compat.UNSET, flavor))
                        .encode());
    }
}
