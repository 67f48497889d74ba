package io.gatehouse.core.schema;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Where a plugin's config is meant to differ from Kong's, each with its reason. They stand as data beside the
 * configuration record, in {@code NAME.kong.yaml}; what is not built at all is told by the record itself.
 */
final class KongDifferences {
    private static final List<String> KEYS = List.of("field", "fact", "kong", "here", "why");

    private KongDifferences() {}

    /**
     * One difference.
     *
     * @param field the path, {@code config.queue.max_bytes}
     * @param fact the word of JSON Schema: {@code type}, {@code default}, {@code minimum} and so on
     * @param kong what Kong says
     * @param here what Gatehouse says
     * @param why the reason
     */
    record Difference(String field, String fact, String kong, String here, String why) {
        Map<String, Object> plain() {
            Map<String, Object> plain = new LinkedHashMap<>();
            plain.put("field", field);
            plain.put("fact", fact);
            plain.put("kong", kong);
            plain.put("here", here);
            plain.put("why", why);
            return plain;
        }
    }

    /**
     * The differences of a plugin; none when its record has no such file beside it.
     *
     * @throws IllegalArgumentException when the file is not what it should be
     */
    static List<Difference> of(String plugin, Class<? extends Record> type) {
        String name = plugin + ".kong.yaml";
        try (InputStream in = type.getResourceAsStream(name)) {
            if (in == null) {
                return List.of();
            }
            Object root = new Load(LoadSettings.builder().setLabel(name).build()).loadFromInputStream(in);
            List<Difference> all = new ArrayList<>();
            if (root instanceof List<?> list) {
                for (Object one : list) {
                    all.add(difference(name, one));
                }
            }
            if (all.isEmpty()) {
                throw new IllegalArgumentException(name + ": expected a list of differences");
            }
            return all;
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(name, unreadable);
        }
    }

    private static Difference difference(String file, Object one) {
        List<String> values = new ArrayList<>();
        if (one instanceof Map<?, ?> map && map.size() == KEYS.size()) {
            for (String key : KEYS) {
                if (map.get(key) instanceof String text && !text.isBlank()) {
                    values.add(text);
                }
            }
        }
        if (values.size() != KEYS.size()) {
            throw new IllegalArgumentException(
                    file + ": " + one + " (expected: the strings " + String.join(", ", KEYS) + ")");
        }
        return new Difference(values.get(0), values.get(1), values.get(2), values.get(3), values.get(4));
    }
}
