package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Puts partials into the configs of the plugins that use them. Stateless. */
final class Partials {
    /** The types that have a place of their own in configs. */
    static final List<String> TYPES = List.of("redis-ce", "redis-ee", "vectordb", "embeddings");

    private Partials() {}

    /**
     * The plugin with every part in its config that a partial holds.
     *
     * @param more links that stand elsewhere in the file
     * @param partials finds a partial by id or name, and says so when there is none
     */
    static ConfigNode.Mapping apply(
            ConfigNode.Mapping plugin,
            List<ConfigNode.Mapping> more,
            Function<ConfigNode.Scalar, ConfigNode.@Nullable Mapping> partials,
            Consumer<Problem> sink) {
        ConfigNode.Mapping full = linked(plugin, more);
        if (!(full.get("partials") instanceof ConfigNode.Sequence links)) {
            return plugin; // the binder says what is wrong
        }
        for (ConfigNode link : links.items()) {
            if (link instanceof ConfigNode.Mapping mapping) {
                full = apply(full, mapping, partials, sink);
            }
        }
        return full;
    }

    /** The plugin with all its links. */
    static ConfigNode.Mapping linked(ConfigNode.Mapping plugin, List<ConfigNode.Mapping> more) {
        ConfigNode own = plugin.get("partials");
        if (more.isEmpty() || (own != null && !own.isNull() && !(own instanceof ConfigNode.Sequence))) {
            return plugin;
        }
        List<ConfigNode> links = new ArrayList<>();
        if (own instanceof ConfigNode.Sequence sequence) {
            links.addAll(sequence.items());
        }
        links.addAll(more);
        return plugin.with(
                "partials",
                new ConfigNode.Sequence(plugin.location(), ConfigNode.child(plugin.path(), "partials"), links));
    }

    private static ConfigNode.Mapping apply(
            ConfigNode.Mapping plugin,
            ConfigNode.Mapping link,
            Function<ConfigNode.Scalar, ConfigNode.@Nullable Mapping> partials,
            Consumer<Problem> sink) {
        ConfigNode.Mapping failed = plugin.with("config", ConfigNode.unresolved(link.location(), link.path()));
        ConfigNode key = link.get("id") instanceof ConfigNode.Scalar id && !id.isNull() ? id : link.get("name");
        if (!(key instanceof ConfigNode.Scalar text) || text.type() != ConfigNode.Type.STRING) {
            if (key == null) {
                sink.accept(Problem.error(link, "at least one of these fields must be non-empty: 'id', 'name'"));
            }
            return failed;
        }
        ConfigNode.Mapping partial = partials.apply(text);
        ConfigNode part = partial == null ? null : partial.get("config");
        String path = path(link, partial);
        if (partial == null) {
            return failed;
        }
        if (path == null) {
            sink.accept(Problem.error(
                    link,
                    "required field missing: path of the partial '" + text.shown() + "'",
                    "such as path: config.redis"));
            return failed;
        }
        ConfigNode config = plugin.get("config");
        ConfigNode.Mapping holder = config instanceof ConfigNode.Mapping mapping
                ? mapping
                : ConfigNode.emptyMapping(plugin.location(), ConfigNode.child(plugin.path(), "config"));
        if (config != null && !config.isNull() && holder != config) {
            return plugin; // the binder says what is wrong
        }
        ConfigNode value = part == null ? ConfigNode.emptyMapping(link.location(), link.path()) : part;
        ConfigNode.Mapping changed =
                put(holder, path.substring("config.".length()).split("\\.", -1), 0, value, text.shown(), sink);
        return changed == null ? failed : plugin.with("config", changed);
    }

    /** Where the part stands, beginning with {@code config.}; null when nobody says. */
    private static @Nullable String path(ConfigNode.Mapping link, ConfigNode.@Nullable Mapping partial) {
        if (link.get("path") instanceof ConfigNode.Scalar path && !path.isNull()) {
            return fullPath(path.text());
        }
        ConfigNode type = partial == null ? null : partial.get("type");
        return standardPath(type instanceof ConfigNode.Scalar text ? text.text() : "");
    }

    /** With {@code config.} before it, which may be left out. */
    static String fullPath(String path) {
        return path.startsWith("config.") ? path : "config." + path;
    }

    /** Where a partial of a type stands when the plugin does not say; null when it must. */
    static @Nullable String standardPath(String type) {
        return switch (type) {
            case "redis-ce", "redis-ee" -> "config.redis";
            case "vectordb" -> "config.vectordb";
            case "embeddings" -> "config.embeddings";
            default -> null;
        };
    }

    private static ConfigNode.@Nullable Mapping put(
            ConfigNode.Mapping holder, String[] path, int at, ConfigNode value, String shown, Consumer<Problem> sink) {
        ConfigNode there = holder.get(path[at]);
        boolean empty = there == null || there.isNull();
        if (at == path.length - 1) {
            if (there != null && !empty) {
                sink.accept(Problem.error(
                        there,
                        "must not be set here: the partial '" + shown + "' supplies it (got " + there.shown() + ")"));
                return null;
            }
            return holder.with(path[at], value);
        }
        ConfigNode.Mapping inner = there instanceof ConfigNode.Mapping mapping
                ? mapping
                : ConfigNode.emptyMapping(holder.location(), ConfigNode.child(holder.path(), path[at]));
        if (!empty && inner != there) {
            return holder; // the binder says what is wrong
        }
        ConfigNode.Mapping changed = put(inner, path, at + 1, value, shown, sink);
        return changed == null ? null : holder.with(path[at], changed);
    }
}
