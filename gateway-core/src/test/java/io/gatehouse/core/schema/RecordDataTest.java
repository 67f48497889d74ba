package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.service.Vaults;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A configuration record as data: with its secrets, and without. */
class RecordDataTest {
    record Holder(
            Secret plain,
            @Nullable Secret none,
            List<Secret> list,
            Set<Secret> set,
            Map<String, Secret> map,
            Map<String, List<Secret>> lists,
            List<Inner> inner,
            List<String> headers,
            Map<String, String> named,
            Map<String, List<String>> namedLists,
            double number) {}

    record Inner(Secret secret, String text) {}

    private static final Holder HOLDER = new Holder(
            Secret.literal("hunter1"),
            null,
            List.of(Secret.literal("hunter2"), Secret.literal("hunter3")),
            Set.of(Secret.literal("hunter4")),
            Map.of("a", Secret.literal("hunter5")),
            Map.of("b", List.of(Secret.literal("hunter6"))),
            List.of(new Inner(Secret.literal("hunter7"), "seen")),
            List.of("Authorization: Bearer hunter8", "x-seen:too", "key:hunter11"),
            Map.of("X-API-Key", "hunter9"),
            Map.of("Authorization", List.of("Bearer hunter10", "{vault://env/key}")),
            2.0);

    @Test
    void showsSecretsToThoseWhoMaySeeThem() {
        assertThat(json(RecordData.plain())).isEqualTo(new JsonObject("""
                        {"plain":"hunter1","none":null,"list":["hunter2","hunter3"],"set":["hunter4"],"map":{"a":"hunter5"},
                        "lists":{"b":["hunter6"]},"inner":[{"secret":"hunter7","text":"seen"}],
                        "headers":["Authorization: Bearer hunter8","x-seen:too","key:hunter11"],"named":{"X-API-Key":"hunter9"},
                        "named_lists":{"Authorization":["Bearer hunter10","{vault://env/key}"]},"number":2}"""));
    }

    @Test
    void showsThreeStarsWhereverASecretStandsOrACredentialIsNamed() {
        assertThat(json(RecordData.masked())).isEqualTo(new JsonObject("""
                        {"plain":"***","none":null,"list":["***","***"],"set":["***"],"map":{"a":"***"},
                        "lists":{"b":["***"]},"inner":[{"secret":"***","text":"seen"}],
                        "headers":["Authorization:***","x-seen:too","key:***"],"named":{"X-API-Key":"***"},
                        "named_lists":{"Authorization":["***","{vault://env/key}"]},"number":2}"""));
    }

    @NotBuilt(
            value = {"sides", "reach"},
            defaults = "reach=all")
    record Outer(Part part, List<Part> parts, Map<String, Part> named) {}

    @NotBuilt("shade")
    record Part(@Nullable String name) {}

    @Test
    void showsWhatIsNotBuiltAsItWasGivenAtEveryDepth() {
        ConfigNode given = Objects.requireNonNull(ConfigText.parse("c.yaml", """
                part: {shade: {enabled: false, depth: 3}}
                parts: [{name: a, shade: null}, {name: b}]
                named: {c: {name: c, shade: "off"}}
                sides: []
                reach: all
                """, name -> null, problem -> {}));
        Outer bound = Objects.requireNonNull(
                new RecordBinder(Vaults.over(name -> null).draft(), Compat.UNSET)
                        .bind(given, Outer.class, problem -> {}));

        assertThat(new JsonObject(new JsonObject(RecordData.plain().of(bound, given)).encode()))
                .isEqualTo(new JsonObject("""
                        {"part":{"name":null,"shade":{"enabled":false,"depth":3}},
                        "parts":[{"name":"a","shade":null},{"name":"b"}],
                        "named":{"c":{"name":"c","shade":"off"}},"sides":[],"reach":"all"}"""));
        assertThat(RecordData.masked().of(bound, given)).containsEntry("reach", "***");
        assertThat(RecordData.plain().of(bound, null)).containsOnlyKeys("part", "parts", "named");
    }

    private static JsonObject json(RecordData data) {
        return new JsonObject(new JsonObject(data.of(HOLDER, null)).encode());
    }
}
