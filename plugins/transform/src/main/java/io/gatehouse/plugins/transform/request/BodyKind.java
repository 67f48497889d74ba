package io.gatehouse.plugins.transform.request;

import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.transform.JsonMembers;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Which bodies can be changed, and how. */
enum BodyKind {
    JSON,
    FORM,
    MULTIPART,
    OTHER;

    static BodyKind of(@Nullable String contentType) {
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        if (type.contains("application/json")) {
            return JSON;
        }
        if (type.contains("multipart/form-data")) {
            return MULTIPART;
        }
        return type.contains("application/x-www-form-urlencoded") ? FORM : OTHER;
    }

    /** The changed body; null when it stays as it is, which is so for one that is not what its type says. */
    @Nullable
    Buffer apply(Rules rules, Buffer body, @Nullable String contentType, Facts facts) {
        return switch (this) {
            case JSON -> json(rules, body, facts);
            case FORM -> form(rules, body, facts);
            case MULTIPART -> multipart(rules, body, contentType, facts);
            case OTHER -> null;
        };
    }

    private static @Nullable Buffer json(Rules rules, Buffer body, Facts facts) {
        JsonMembers members = JsonMembers.of(body);
        if (members == null) {
            return null;
        }
        for (String name : rules.remove) {
            members.remove(name);
        }
        for (Rules.Setting setting : rules.rename) {
            if (members.counts(setting.name())) {
                members.rename(setting.name(), setting.value().text(facts));
            }
        }
        for (Rules.Setting setting : rules.replace) {
            if (members.counts(setting.name())) {
                members.set(setting.name(), setting.value().text(facts));
            }
        }
        for (Rules.Setting setting : rules.add) {
            if (!members.counts(setting.name())) {
                members.set(setting.name(), setting.value().text(facts));
            }
        }
        for (Rules.Setting setting : rules.append) {
            members.append(setting.name(), setting.value().text(facts));
        }
        return members.changed();
    }

    private static Buffer form(Rules rules, Buffer body, Facts facts) {
        // ISO-8859-1 gives every byte back as it came
        Arguments form = Arguments.of(body.toString(StandardCharsets.ISO_8859_1));
        String text = arguments(rules, form, body.length() > 0, facts).toText();
        return Buffer.buffer(text == null ? new byte[0] : text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Applies rules to a query or a form; to an empty body only those that add. */
    static Arguments arguments(Rules rules, Arguments arguments, boolean all, Facts facts) {
        if (all) {
            for (String name : rules.remove) {
                arguments.remove(name);
            }
            for (Rules.Setting setting : rules.rename) {
                arguments.rename(setting.name(), setting.value().text(facts));
            }
            for (Rules.Setting setting : rules.replace) {
                if (arguments.contains(setting.name())) {
                    arguments.set(setting.name(), setting.value().text(facts));
                }
            }
        }
        for (Rules.Setting setting : rules.add) {
            if (!arguments.contains(setting.name())) {
                arguments.add(setting.name(), setting.value().text(facts));
            }
        }
        for (Rules.Setting setting : rules.append) {
            arguments.add(setting.name(), setting.value().text(facts));
        }
        return arguments;
    }

    private static @Nullable Buffer multipart(Rules rules, Buffer body, @Nullable String contentType, Facts facts) {
        Multipart parts = Multipart.of(contentType == null ? "" : contentType, body);
        if (parts == null) {
            return null;
        }
        for (Rules.Setting setting : rules.rename) {
            parts.rename(setting.name(), setting.value().text(facts));
        }
        for (String name : rules.remove) {
            parts.remove(name);
        }
        for (Rules.Setting setting : rules.replace) {
            if (parts.contains(setting.name())) {
                parts.remove(setting.name());
                parts.add(setting.name(), setting.value().text(facts));
            }
        }
        for (Rules.Setting setting : rules.add) {
            if (!parts.contains(setting.name())) {
                parts.add(setting.name(), setting.value().text(facts));
            }
        }
        return parts.toBytes();
    }
}
