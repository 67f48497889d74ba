package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.RecordShape;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The digest of a configuration, independent of order and of layout. */
final class Fingerprint {
    /** The digest is shown, and secrets are in it: whoever knows all the rest must not try a word list in a moment. */
    private static final int ROUNDS = 4096;

    private static final byte[] DOMAIN = "gatehouse configuration".getBytes(StandardCharsets.UTF_8);

    private Fingerprint() {}

    static String of(DeclarativeConfig config) {
        MessageDigest digest = sha256();
        List<byte[]> entities = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            entities.addAll(config.listing(kind).digests());
        }
        entities.sort(Arrays::compareUnsigned);
        entities.forEach(digest::update);
        byte[] hash = digest.digest(
                ("compat " + config.compat() + " router " + config.flavor()).getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < ROUNDS; i++) {
            digest.update(hash);
            hash = digest.digest(DOMAIN);
        }
        return HexFormat.of().formatHex(hash, 0, 16);
    }

    /** The digest of one entity. */
    static byte[] digest(Entity entity) {
        StringBuilder text = new StringBuilder(entity.kind().plural()).append(' ');
        appendValue(text, entity.value());
        return sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    static void appendValue(StringBuilder text, @Nullable Object value) {
        if (value instanceof Record record) {
            text.append('{');
            for (RecordShape.Component component :
                    RecordShape.of(record.getClass()).components()) {
                quote(text, component.name()).append(':');
                appendValue(text, component.of(record));
                text.append(',');
            }
            text.append('}');
        } else if (value instanceof Map<?, ?> map) {
            text.append('{');
            TreeMap<String, @Nullable Object> sortedByName = new TreeMap<>();
            map.forEach((name, item) -> sortedByName.put(String.valueOf(name), item));
            sortedByName.forEach((name, item) -> {
                quote(text, name).append(':');
                appendValue(text, item);
                text.append(',');
            });
            text.append('}');
        } else if (value instanceof Collection<?> items) {
            text.append('[');
            for (Object item : items) {
                appendValue(text, item);
                text.append(',');
            }
            text.append(']');
        } else if (value instanceof ConfigNode node) {
            append(text, node);
        } else if (value instanceof Secret secret) {
            String reference = secret.reference();
            text.append(reference == null ? '!' : '?');
            quote(text, reference == null ? secret.value() : reference);
        } else if (value instanceof String string) {
            quote(text, string);
        } else {
            text.append(value);
        }
    }

    private static void append(StringBuilder text, ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            TreeMap<String, ConfigNode> sorted = new TreeMap<>();
            for (ConfigNode.Entry entry : mapping.entries()) {
                sorted.put(entry.name(), entry.value());
            }
            text.append('{');
            sorted.forEach((name, value) -> {
                quote(text, name).append(':');
                append(text, value);
                text.append(',');
            });
            text.append('}');
        } else if (node instanceof ConfigNode.Sequence sequence) {
            text.append('[');
            for (ConfigNode item : sequence.items()) {
                append(text, item);
                text.append(',');
            }
            text.append(']');
        } else if (node instanceof ConfigNode.Scalar scalar) {
            text.append(scalar.type());
            quote(text, scalar.text());
        }
    }

    private static StringBuilder quote(StringBuilder text, String value) {
        return text.append('"')
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append('"');
    }
}
