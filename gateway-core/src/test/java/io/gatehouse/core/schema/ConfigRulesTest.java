package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Rule;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.EntitySchema;
import io.gatehouse.core.service.Vaults;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigRulesTest {
    @Rule(onlyOneOf = {"allow", "deny"})
    @Rule(atLeastOneOf = {"name", "tags"})
    @Rule(when = "policy", is = "over-there", needs = "redis.host")
    record Limits(
            List<String> allow,
            List<String> deny,
            @Nullable String name,
            Map<String, String> tags,
            @Default("here") Policy policy,
            Redis redis) {}

    enum Policy {
        HERE,
        @io.gatehouse.api.config.Name("over-there")
        THERE
    }

    record Redis(@Nullable String host) {}

    @Rule(atLeastOneOf = "nobody")
    record Mistaken(@Nullable String some) {}

    @Rule(when = "some", is = "x")
    record Half(@Nullable String some) {}

    private final List<Problem> problems = new ArrayList<>();

    private <C extends Record> @Nullable C bind(Class<C> type, String yaml) {
        ConfigNode node = Objects.requireNonNull(ConfigText.parse("c.yaml", yaml, name -> null, problems::add));
        return new RecordBinder(Vaults.over(name -> null).draft(), Compat.UNSET).bind(node, type, problems::add);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            {allow: [a], name: n}                                          | -
            {deny: [a], tags: {a: b}, policy: over-there, redis: {host: h}} | -
            {allow: [a], deny: [a], name: n}  | only one of these fields must be non-empty: 'config.allow', 'config.deny'
            {allow: [], name: n}              | only one of these fields must be non-empty: 'config.allow', 'config.deny'
            {allow: [a]}                      | at least one of these fields must be non-empty: 'config.name', 'config.tags'
            {allow: [a], tags: {}}            | at least one of these fields must be non-empty: 'config.name', 'config.tags'
            {allow: [a], name: n, policy: over-there} | redis.host: required field missing when 'config.policy' is 'over-there'
            """)
    void refusesWhatBreaksARuleAndTakesTheRest(String yaml, @Nullable String problem) {
        Limits bound = bind(Limits.class, yaml);
        if (problem == null) {
            assertThat(problems).isEmpty();
            assertThat(bound).isNotNull();
        } else {
            assertThat(bound).isNull();
            assertThat(problems).singleElement().asString().endsWith(problem);
        }
    }

    @Test
    void tellsThemAsKongDoes() {
        assertThat(new JsonObject(EntitySchema.ofPlugin("limits", Limits.class, Compat.UNSET))
                        .getJsonArray("entity_checks"))
                .isEqualTo(new JsonArray("""
                        [{"only_one_of": ["config.allow", "config.deny"]},
                         {"at_least_one_of": ["config.name", "config.tags"]},
                         {"conditional": {"if_field": "config.policy", "if_match": {"eq": "over-there"},
                                          "then_field": "config.redis.host", "then_match": {"required": true}}}]"""));
    }

    @Test
    void refusesRulesThatMakeNoSense() {
        assertThatThrownBy(() -> bind(Mistaken.class, "{}")).hasMessageContaining("no component nobody");
        assertThatThrownBy(() -> bind(Half.class, "{}")).hasMessageContaining("when with is and needs");
    }
}
