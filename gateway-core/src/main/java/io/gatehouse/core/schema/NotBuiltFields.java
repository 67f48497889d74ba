package io.gatehouse.core.schema;

import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields of a record that are valid in Kong and not built here.
 *
 * @param names their names
 * @param defaults by path, what Kong puts there when nothing is said
 */
record NotBuiltFields(Set<String> names, Map<String, ConfigNode> defaults) {
    /** Fields that say whether the record in which they stand is on, whatever else it says. */
    private static final Set<String> SWITCHES = Set.of("enabled", "strategy", "auth_provider");

    static NotBuiltFields of(@Nullable NotBuilt told) {
        if (told == null) {
            return new NotBuiltFields(Set.of(), Map.of());
        }
        Map<String, ConfigNode> defaults = new HashMap<>();
        for (String one : told.defaults()) {
            int equals = one.indexOf('=');
            ConfigNode value = ConfigText.parse("", one.substring(equals + 1), name -> null, problem -> {});
            if (equals < 1 || value == null) {
                throw new IllegalArgumentException("@NotBuilt(defaults = \"" + one + "\") (expected: field=value)");
            }
            defaults.put(one.substring(0, equals), value);
        }
        return new NotBuiltFields(
                Collections.unmodifiableSet(new LinkedHashSet<>(List.of(told.value()))), Map.copyOf(defaults));
    }

    /** Whether a field is one of them and says what holds without it, as dumps do that tell every default. */
    boolean isOff(ConfigNode.Entry field) {
        return names.contains(field.name()) && isOff(field.value(), field.name());
    }

    /** Whether a field is one of them and says nothing, or just what Kong puts there. */
    boolean isStandard(ConfigNode.Entry field) {
        return names.contains(field.name()) && isStandard(field.value(), field.name());
    }

    private boolean isStandard(ConfigNode value, String path) {
        if (value instanceof ConfigNode.Mapping mapping) {
            return defaults.keySet().stream().anyMatch(inner -> inner.startsWith(path + "."))
                    && mapping.entries().stream()
                            .allMatch(entry -> isStandard(entry.value(), path + "." + entry.name()));
        }
        return value.isNull() || value.equals(defaults.get(path));
    }

    private boolean isOff(ConfigNode value, String path) {
        if (value instanceof ConfigNode.Sequence list) {
            return list.items().stream().allMatch(item -> isOff(item, path));
        }
        if (value instanceof ConfigNode.Mapping mapping) {
            boolean off = true;
            for (ConfigNode.Entry entry : mapping.entries()) {
                boolean one = isOff(entry.value(), path + "." + entry.name());
                if (SWITCHES.contains(entry.name())) {
                    return one;
                }
                off &= one;
            }
            return off;
        }
        return value.isNull()
                || value instanceof ConfigNode.Scalar scalar
                        && (Boolean.FALSE.equals(scalar.asBoolean())
                                || scalar.text().equals("off")
                                || scalar.equals(defaults.get(path)));
    }
}
