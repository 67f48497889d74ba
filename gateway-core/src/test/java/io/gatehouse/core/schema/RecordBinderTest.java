package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.service.Vaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordBinderTest {
    private final List<Problem> problems = new ArrayList<>();

    private <C extends Record> @Nullable C bind(Class<C> type, String yaml) {
        return bind(type, yaml, Compat.UNSET, Map.of());
    }

    private <C extends Record> @Nullable C bind(
            Class<C> type, String yaml, Compat compat, Map<String, String> environment) {
        ConfigNode node = Objects.requireNonNull(ConfigText.parse("c.yaml", yaml, environment::get, problems::add));
        return new RecordBinder(Vaults.over(environment::get).draft(), compat).bind(node, type, problems::add);
    }

    private List<String> lines() {
        return problems.stream().map(Problem::toString).toList();
    }

    @Test
    void fillsInDefaults() {
        assertThat(bind(KeyAuthLike.class, "{}")).isEqualTo(new KeyAuthLike(List.of("apikey"), true, true, null, null));
    }

    @Test
    void takesTheOlderDefaultUnderTheOlderCompatibility() {
        assertThat(bind(KeyAuthLike.class, "{}", Compat.KONG_3_10, Map.of()))
                .isEqualTo(new KeyAuthLike(List.of("apikey"), false, true, null, null));
    }

    @Test
    void bindsEveryField() {
        KeyAuthLike bound = bind(KeyAuthLike.class, """
                key_names: [a, b]
                hide_credentials: false
                key_in_header: no
                anonymous: guest
                realm: "1"
                """);

        assertThat(bound).isEqualTo(new KeyAuthLike(List.of("a", "b"), false, false, "guest", "1"));
        assertThat(problems).isEmpty();
    }

    @Test
    void bindsNestedRecordsListsEnumsAndFreeData() {
        AiLike bound = bind(AiLike.class, """
                balancer: {algorithm: priority, failover_criteria: [http_429, error]}
                targets:
                  - route_type: llm/v1/chat
                    model: {provider: openai, name: gpt, options: {temperature: 1, max_tokens: 512.0}}
                    auth: {header_name: Authorization, header_value: Bearer x, more: {a: b}}
                    metadata: {any: [1, 2.5, true, null, text]}
                """);

        assertThat(problems).isEmpty();
        AiLike.Target target = Objects.requireNonNull(bound).targets().get(0);
        assertThat(bound.balancer())
                .isEqualTo(new AiLike.Balancer(AiLike.Algorithm.PRIORITY, Set.of("http_429", "error"), 60000));
        assertThat(target.model())
                .isEqualTo(new AiLike.Model("gpt", "openai", new AiLike.Options(512, 1.0, null, null)));
        assertThat(target.auth())
                .isEqualTo(
                        new AiLike.Auth("Authorization", Secret.literal("Bearer x"), Map.of("a", Secret.literal("b"))));
        assertThat(target.weight()).isEqualTo(100);
        assertThat(target.logging()).isEqualTo(new AiLike.Logging(false, false));
        assertThat(String.valueOf(target.metadata())).isEqualTo("{any=[1, 2.5, true, null, text]}");
        assertThat(bound.embeddings()).isNull();
    }

    @Test
    void equalConfigsBindToEqualRecordsHoweverTheyAreWritten() {
        String block = """
                targets:
                  - model: {provider: openai}
                    route_type: llm/v1/chat
                """;
        String json =
                "{\"balancer\":{},\"targets\":[{\"route_type\":\"llm/v1/chat\",\"weight\":100,\"model\":{\"provider\":\"openai\"}}]}";

        assertThat(bind(AiLike.class, block)).isNotNull().isEqualTo(bind(AiLike.class, json));
    }

    @Test
    void namesEveryFaultWithItsPlace() {
        assertThat(bind(AiLike.class, """
                        balancer:
                          algorithm: semantic
                          failover_criteria: [error, http_500]
                          read_timeout: 0
                        targets:
                          - model: {provider: opnai, options: {temperature: 6, max_tokens: many}}
                            route_type: chat
                            weight: [1]
                          - route_type: llm/v1/chat
                            model: {provider: anthropic, nam: x}
                            logging: true
                          - {}
                        embeddings: {}
                        """)).isNull();

        assertThat(lines())
                .containsExactlyInAnyOrder(
                        "c.yaml:2:14 balancer.algorithm: 'semantic' is valid in Kong but not built here (supported:"
                                + " round-robin, priority)",
                        "c.yaml:3:30 balancer.failover_criteria[1]: expected one of: error, timeout, http_429 (got"
                                + " http_500)",
                        "c.yaml:4:17 balancer.read_timeout: value should be between 1 and 2147483646 (got 0)",
                        "c.yaml:6:23 targets[0].model.provider: expected one of: openai, mistral (got opnai); did you"
                                + " mean 'openai'?",
                        "c.yaml:6:53 targets[0].model.options.temperature: value should be between 0 and 5 (got 6)",
                        "c.yaml:6:68 targets[0].model.options.max_tokens: expected an integer (got many)",
                        "c.yaml:7:17 targets[0].route_type: expected one of: llm/v1/chat, llm/v1/responses (got chat)",
                        "c.yaml:8:13 targets[0].weight: expected an integer (got an array)",
                        "c.yaml:10:23 targets[1].model.provider: 'anthropic' is valid in Kong but not built here"
                                + " (supported: openai, mistral)",
                        "c.yaml:10:34 targets[1].model.nam: unknown field; did you mean 'name'?",
                        "c.yaml:11:14 targets[1].logging: expected a record (got true)",
                        "c.yaml:12:5 targets[2].model.provider: required field missing",
                        "c.yaml:12:5 targets[2].route_type: required field missing",
                        "c.yaml:13:13 embeddings.model: required field missing");
    }

    @Test
    void refusesByNameWhatIsNotBuilt() {
        assertThat(bind(KeyAuthLike.class, "identity_realms: [{scope: cp}, {scope: realm}]\nprincipals: null"))
                .isNull();

        assertThat(lines())
                .containsExactly("c.yaml:1:1 identity_realms: valid in Kong but not built here; supported: key_names,"
                        + " hide_credentials, key_in_header, anonymous, realm");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "identity_realms: []",
                "identity_realms: [{scope: cp, id: null}]",
                "principals: {directory: default, enabled: false, error_on_miss: true}",
                "principals: {strategy: 'off', redis: {host: h}}",
                "principals: {kinds: {user: all, group: false}}",
            })
    void takesWhatIsNotBuiltWhenItSaysWhatHoldsWithoutIt(String yaml) {
        assertThat(bind(KeyAuthLike.class, yaml)).isNotNull();
        assertThat(problems).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "principals: {enabled: true, directory: null}",
                "principals: {user: all}",
                "principals: {kinds: {user: cp}}",
                "principals: all"
            })
    void refusesWhatIsNotBuiltWhenItSaysMore(String yaml) {
        assertThat(bind(KeyAuthLike.class, yaml)).isNull();
        assertThat(lines()).singleElement().asString().contains("principals: valid in Kong but not built here");
    }

    @Test
    void checksStringsInLists() {
        assertThat(bind(KeyAuthLike.class, "key_names: ['a b', 1, '']")).isNull();

        assertThat(lines())
                .containsExactly(
                        "c.yaml:1:13 key_names[0]: bad header name (got a b)",
                        "c.yaml:1:20 key_names[1]: expected a string (got 1); put it in quotes",
                        "c.yaml:1:23 key_names[2]: length must be at least 1 (got 0)");
    }

    @Test
    void refusesAnEmptyListWhereOneIsNeeded() {
        assertThat(bind(KeyAuthLike.class, "key_names: []")).isNull();

        assertThat(lines()).containsExactly("c.yaml:1:12 key_names: length must be at least 1 (got 0)");
    }

    @Test
    void anExplicitNullIsTheDefaultUnlessTheFieldMayBeNull() {
        assertThat(bind(KeyAuthLike.class, "{key_names: null, realm: ~}"))
                .isEqualTo(new KeyAuthLike(List.of("apikey"), true, true, null, null));
    }

    @Test
    void showsTheReferenceAndNotWhatStandsInTheVault() {
        Map<String, String> environment = Map.of("MY_KEY", "s3cret", "X_HEAD", "X-Key");
        String yaml = """
                targets:
                  - model: {provider: openai, name: gpt}
                    route_type: llm/v1/chat
                    auth:
                      header_name: "{vault://env/head?prefix=x-}"
                      header_value: "{vault://env/my-key}"
                """;
        AiLike bound = Objects.requireNonNull(bind(AiLike.class, yaml, Compat.UNSET, environment));
        ConfigNode node = ConfigText.parse("c.yaml", yaml, environment::get, problems::add);

        for (RecordData form : List.of(RecordData.plain(), RecordData.masked())) {
            assertThat(form.of(bound, node).toString())
                    .contains("header_name={vault://env/head?prefix=x-}", "header_value={vault://env/my-key}")
                    .doesNotContain("X-Key", "s3cret");
        }
    }

    @Test
    void resolvesVaultReferencesWhereTheyAreAllowedOnly() {
        AiLike bound = bind(
                AiLike.class,
                """
                targets:
                  - model: {provider: openai, name: "{vault://env/my-key}"}
                    route_type: llm/v1/chat
                    auth:
                      header_name: "{vault://env/head?prefix=x-}"
                      header_value: "{vault://env/my-key}"
                      more: {json: "{vault://env/creds/pass}", literal: "Bearer {vault://env/my-key}"}
                """,
                Compat.UNSET,
                Map.of("MY_KEY", "s3cret", "X_HEAD", "X-Key", "CREDS", "{\"pass\": \"inner\"}"));

        assertThat(problems).isEmpty();
        AiLike.Target target = Objects.requireNonNull(bound).targets().get(0);
        AiLike.Auth auth = Objects.requireNonNull(target.auth());
        assertThat(target.model().name()).isEqualTo("{vault://env/my-key}");
        assertThat(auth.headerName()).isEqualTo("X-Key");
        Secret key = Objects.requireNonNull(auth.headerValue());
        assertThat(key.value()).isEqualTo("s3cret");
        assertThat(key.reference()).isEqualTo("{vault://env/my-key}");
        assertThat(Objects.requireNonNull(auth.more().get("json")).value()).isEqualTo("inner");
        assertThat(Objects.requireNonNull(auth.more().get("literal")).value()).isEqualTo("Bearer {vault://env/my-key}");
        assertThat(bound.toString()).doesNotContain("s3cret").doesNotContain("inner");
    }

    @Test
    void aVaultLookupThatFailsLeavesTheFieldEmptyAndWarns() {
        AiLike bound = bind(AiLike.class, """
                targets:
                  - model: {provider: openai}
                    route_type: llm/v1/chat
                    auth: {header_value: "{vault://env/my-key}"}
                """);

        AiLike.Auth auth = Objects.requireNonNull(
                Objects.requireNonNull(bound).targets().get(0).auth());
        assertThat(Objects.requireNonNull(auth.headerValue()).value()).isEmpty();
        assertThat(problems).hasSize(1).allMatch(problem -> problem.severity() == Severity.WARNING);
        assertThat(lines())
                .containsExactly("c.yaml:4:26 warning: targets[0].auth.header_value: could not get value from external"
                        + " vault (no value found) for {vault://env/my-key}, the field is empty until it is found");
    }

    @Test
    void refusesVaultsThatAreNotBuilt() {
        assertThat(bind(AiLike.class, """
                        targets:
                          - model: {provider: openai}
                            route_type: llm/v1/chat
                            auth: {header_value: "{vault://hcv/x/y}", header_name: "{vault://mine/x}"}
                        """)).isNull();

        assertThat(lines())
                .containsExactly(
                        "c.yaml:4:60 warning: targets[0].auth.header_name: could not find vault (mine) for"
                                + " {vault://mine/x}, the field is empty until it is found",
                        "c.yaml:4:26 targets[0].auth.header_value: vault 'hcv' is valid in Kong but not built here"
                                + " (supported: env, fs)");
    }

    @Test
    void neverShowsASecretOfTheWrongType() {
        assertThat(bind(AiLike.class, """
                        targets:
                          - model: {provider: openai}
                            route_type: llm/v1/chat
                            auth: {header_value: 123456}
                        """)).isNull();

        assertThat(lines())
                .containsExactly("c.yaml:4:26 targets[0].auth.header_value: expected a string (got an integer); put it"
                        + " in quotes");
    }

    record Strict(@Default("1") int number) {
        Strict {
            if (number > 5) {
                throw new IllegalArgumentException("number: " + number + " (expected: at most 5)");
            }
        }
    }

    @Test
    void reportsWhatTheRecordItselfRefuses() {
        assertThat(bind(Strict.class, "number: 6")).isNull();

        assertThat(lines()).containsExactly("c.yaml:1:1 number: 6 (expected: at most 5)");
    }

    record Unfit(StringBuilder builder) {}

    record WrongDefault(@Default("many") int number) {}

    @Test
    void saysWhatIsWrongWithARecord() {
        assertThatThrownBy(() -> bind(Unfit.class, "{}"))
                .hasMessageStartingWith("Unfit.builder: java.lang.StringBuilder (expected: String, Secret");
        assertThatThrownBy(() -> bind(WrongDefault.class, "{}"))
                .hasMessage("WrongDefault.number: @Default(\"many\") does not fit the type");
    }

    @Test
    void givesAPluginsOwnProblemsTheirPlace() {
        ConfigNode root = Objects.requireNonNull(ConfigText.parse("c.yaml", """
                a:
                  targets:
                    - auth: {header_name: x}
                """, Environment.empty(), problems::add));
        ConfigNode config = Objects.requireNonNull(((ConfigNode.Mapping) root).get("a"));
        NodeProblems validation = new NodeProblems(config, problems::add);

        validation.add("targets[0].auth.header_name", "wrong");
        validation.add("targets[0].auth.header_value", "missing");
        validation.add("targets[7].auth", "missing");
        validation.add("", "all wrong");

        assertThat(lines())
                .containsExactly(
                        "c.yaml:3:27 a.targets[0].auth.header_name: wrong",
                        "c.yaml:3:13 a.targets[0].auth.header_value: missing",
                        "c.yaml:3:5 a.targets[7].auth: missing",
                        "c.yaml:2:3 a: all wrong");
        assertThat(validation.count()).isEqualTo(4);
    }
}
