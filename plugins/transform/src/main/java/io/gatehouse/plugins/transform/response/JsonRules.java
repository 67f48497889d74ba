package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.plugins.transform.JsonMembers;
import io.gatehouse.plugins.transform.Rule;
import io.gatehouse.plugins.transform.response.ResponseTransformerConfig.JsonType;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules for the members of a JSON object. Immutable. */
final class JsonRules {
    private record Setting(String name, Object value) {}

    private final Rule[] remove;
    private final Rule[] rename;
    private final List<Setting> replace;
    private final List<Setting> add;
    private final List<Setting> append;

    JsonRules(ResponseTransformerConfig config) {
        this.remove = Rule.all(config.remove().json());
        this.rename = Rule.all(config.rename().json());
        this.replace = settings(config.replace().json(), config.replace().jsonTypes());
        this.add = settings(config.add().json(), config.add().jsonTypes());
        this.append = settings(config.append().json(), config.append().jsonTypes());
    }

    private static List<Setting> settings(List<String> entries, List<JsonType> types) {
        List<Setting> settings = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Rule rule = Rule.of(entries.get(i));
            Object value = typed(rule.value(), i < types.size() ? types.get(i) : JsonType.STRING);
            if (value != null) {
                settings.add(new Setting(rule.name(), value));
            }
        }
        return List.copyOf(settings);
    }

    private static @Nullable Object typed(String value, JsonType type) {
        return switch (type) {
            case STRING -> value;
            case BOOLEAN -> value.equals("true");
            case NUMBER -> number(value);
        };
    }

    private static @Nullable Object number(String value) {
        try {
            JsonBytes json = JsonBytes.scan(Buffer.buffer(value.strip()));
            return json.kind() == JsonKind.NUMBER ? json.toTree() : null;
        } catch (JsonException e) {
            return null;
        }
    }

    boolean isEmpty() {
        return remove.length + rename.length + replace.size() + add.size() + append.size() == 0;
    }

    /** The changed object; null when it stays as it is, which is so for what is no JSON object. */
    @Nullable
    Buffer apply(Buffer body) {
        if (body.length() == 0) {
            return null;
        }
        JsonMembers members = JsonMembers.of(body);
        if (members == null) {
            return null;
        }
        for (Rule rule : remove) {
            members.remove(rule.name());
        }
        for (Rule rule : rename) {
            members.rename(rule.name(), rule.value());
        }
        for (Setting setting : replace) {
            if (members.counts(setting.name())) {
                members.set(setting.name(), setting.value());
            }
        }
        for (Setting setting : add) {
            if (!members.counts(setting.name())) {
                members.set(setting.name(), setting.value());
            }
        }
        for (Setting setting : append) {
            members.append(setting.name(), setting.value());
        }
        return members.changed();
    }
}
