package io.gatehouse.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class ConfigNodeTest {
    private static final Location HERE = new Location("test", 1, 1);

    private static ConfigNode.Scalar text(String path, String text) {
        return ConfigNode.string(HERE, path, text);
    }

    private static ConfigNode.Entry entry(String name, int line, String text) {
        return new ConfigNode.Entry(name, new Location("test", line, 1), text(name, text));
    }

    private static ConfigNode.Mapping json(String text) throws IOException {
        return (ConfigNode.Mapping) JsonTree.read(text, HERE, false);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 30, 300})
    void ofTwoFieldsWithOneNameTheLaterHoldsInThePlaceOfTheFirst(int others) {
        List<ConfigNode.Entry> entries = new ArrayList<>(List.of(entry("twice", 1, "first")));
        for (int i = 0; i < others; i++) {
            entries.add(entry("other" + i, 2 + i, "x"));
        }
        entries.add(entry("twice", 1000, "second"));

        ConfigNode.Mapping mapping = new ConfigNode.Mapping(HERE, "", entries);

        assertThat(mapping.entries()).hasSize(1 + others);
        assertThat(mapping.entries().get(0)).isEqualTo(entry("twice", 1000, "second"));
        assertThat(mapping.get("twice")).isEqualTo(text("", "second"));
        assertThat(mapping.get("other" + (others - 1))).isNotNull();
        assertThat(mapping.get("none")).isNull();
    }

    @Test
    void changesAsAMapDoes() {
        Random random = new Random(11);
        for (int round = 0; round < 200; round++) {
            Map<String, ConfigNode.Entry> expected = new LinkedHashMap<>();
            ConfigNode.Mapping mapping = ConfigNode.emptyMapping(HERE, "");
            int names = 1 + random.nextInt(60);
            for (int step = 0; step < 80; step++) {
                String name = "n" + random.nextInt(names);
                ConfigNode.Entry fresh = entry(name, 1 + random.nextInt(9), "v" + random.nextInt(9));
                switch (random.nextInt(4)) {
                    case 0 -> {
                        mapping = mapping.without(name::equals);
                        expected.remove(name);
                    }
                    case 1 -> {
                        mapping = mapping.withDefaults(new ConfigNode.Mapping(HERE, "", List.of(fresh)));
                        expected.putIfAbsent(name, fresh);
                    }
                    case 2 -> {
                        mapping = mapping.withValues(one -> one.name().equals(name) ? fresh.value() : one.value());
                        expected.computeIfPresent(
                                name, (key, old) -> new ConfigNode.Entry(key, old.location(), fresh.value()));
                    }
                    default -> {
                        mapping = mapping.with(name, fresh.value());
                        ConfigNode.Entry old = expected.get(name);
                        expected.put(
                                name, new ConfigNode.Entry(name, old == null ? HERE : old.location(), fresh.value()));
                    }
                }
            }
            assertThat(mapping.entries()).containsExactlyElementsOf(expected.values());
            assertThat(mapping).isEqualTo(new ConfigNode.Mapping(HERE, "other", expected.values()));
            assertThat(mapping).hasSameHashCodeAs(new ConfigNode.Mapping(HERE, "other", expected.values()));
            for (int i = 0; i < names; i++) {
                assertThat(mapping.entry("n" + i)).isEqualTo(expected.get("n" + i));
            }
        }
    }

    @Test
    void takesTheOtherWholeWhenItIsTheSame() throws IOException {
        String text = "{\"a\":1,\"b\":[\"x\",{\"c\":null}],\"d\":{\"e\":[true]}}";
        ConfigNode.Mapping one = json(text);

        assertThat(json(text).sharedWith(one)).isSameAs(one);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"two\",\"ports\":[80,443],\"config\":{\"minute\":5,\"hour\":null}}",
                "{\"name\":\"one\",\"ports\":[80,443,8443],\"config\":{\"minute\":6,\"hour\":null}}",
                "{\"ports\":[81],\"config\":{\"hour\":null,\"minute\":5},\"name\":\"one\"}",
                "{\"name\":[],\"ports\":{},\"config\":1,\"more\":true}",
                "{}"
            })
    void staysTheSameWhenPartsAreShared(String text) throws IOException {
        ConfigNode.Mapping other =
                json("{\"name\":\"one\",\"ports\":[80,443],\"config\":{\"minute\":5,\"hour\":null}}");
        ConfigNode.Mapping own = json(text);

        ConfigNode.Mapping shared = own.sharedWith(other);

        assertThat(shared).isEqualTo(own);
        assertThat(facts(shared)).isEqualTo(facts(own));
    }

    @Test
    void sharesTheFieldsThatAreTheSame() throws IOException {
        ConfigNode.Mapping other =
                json("{\"name\":\"one\",\"ports\":[80,443],\"config\":{\"minute\":5,\"hour\":null}}");

        ConfigNode.Mapping shared =
                json("{\"name\":\"two\",\"ports\":[80,443],\"config\":{\"minute\":6,\"hour\":null}}")
                        .sharedWith(other);

        assertThat(shared.get("ports")).isSameAs(other.get("ports"));
        assertThat(((ConfigNode.Mapping) shared.get("config")).get("hour"))
                .isSameAs(((ConfigNode.Mapping) other.get("config")).get("hour"));
        assertThat(shared.get("name")).isNotSameAs(other.get("name"));
    }

    @Test
    void doesNotShareWhatStandsElsewhereOrCameFromAVariable() {
        Location there = new Location("test", 2, 1);
        ConfigNode.Scalar own = text("a", "x");

        assertThat(own.sharedWith(ConfigNode.string(there, "a", "x")).location())
                .isEqualTo(HERE);
        assertThat(own.sharedWith(text("b", "x")).path()).isEqualTo("a");
        assertThat(own.sharedWith(new ConfigNode.Scalar(HERE, "a", "x", "${X}", ConfigNode.Type.STRING, false))
                        .fromVariable())
                .isFalse();
        assertThat(own.sharedWith(new ConfigNode.Scalar(HERE, "a", "x", null, ConfigNode.Type.STRING, true))
                        .unresolved())
                .isFalse();
    }

    /** All that equality does not look at: places, paths, the order of fields. */
    private static List<String> facts(ConfigNode node) {
        List<String> facts = new ArrayList<>(List.of(node.path() + " at " + node.location() + " is " + node.kind()));
        if (node instanceof ConfigNode.Mapping mapping) {
            mapping.entries().forEach(entry -> {
                facts.add(entry.name() + " at " + entry.location());
                facts.addAll(facts(entry.value()));
            });
        } else if (node instanceof ConfigNode.Sequence sequence) {
            sequence.items().forEach(item -> facts.addAll(facts(item)));
        }
        return facts;
    }
}
