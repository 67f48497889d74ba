package io.gatehouse.core.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/** The digest of a configuration, independent of order and of layout. */
final class Fingerprint {
    private Fingerprint() {}

    static String of(DeclarativeConfig config) {
        List<String> lines = new ArrayList<>();
        config.services().forEach(service -> lines.add("service " + service));
        for (RouteEntity route : config.routes()) {
            lines.add("route " + route);
        }
        config.consumers().forEach(consumer -> lines.add("consumer " + consumer));
        // The id of a key is a digest of it and stands for it here.
        config.keyauthCredentials().forEach(key -> lines.add("key " + key.id() + ' ' + key));
        for (PluginEntity plugin : config.plugins()) {
            StringBuilder line = new StringBuilder("plugin ");
            line.append(plugin.id()).append(' ').append(plugin.name()).append(' ');
            line.append(plugin.instanceName())
                    .append(' ')
                    .append(plugin.serviceId())
                    .append(' ');
            line.append(plugin.routeId())
                    .append(' ')
                    .append(plugin.consumerId())
                    .append(' ');
            line.append(plugin.enabled()).append(' ').append(plugin.protocols());
            line.append(' ').append(plugin.tags()).append(' ');
            append(line, plugin.config());
            lines.add(line.toString());
        }
        Collections.sort(lines);
        lines.add("compat " + config.compat());
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
        for (String line : lines) {
            digest.update(line.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    static void append(StringBuilder text, ConfigNode node) {
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
            text.append(scalar.type()).append(scalar.fromVariable() ? "$" : "");
            quote(text, scalar.source());
        }
    }

    private static StringBuilder quote(StringBuilder text, String value) {
        return text.append('"')
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append('"');
    }
}
