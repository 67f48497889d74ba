package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.JsonTree;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Scalars;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request says, as a tree: of JSON, or of a form in Kong's notation, {@code config.minute=5} and {@code
 * paths[]=/x}, whose texts are of whatever type the field asks for. Stateless.
 */
final class RequestBody {
    /** Where it stands, for messages; the Admin API does not show it. */
    static final Location PLACE = new Location("request", 1, 1);

    private static final RecordShape.Shape NAMES = new RecordShape.Many(RecordShape.Scalar.STRING, true, true);

    private RequestBody() {}

    /** The body as it was sent; empty when there is none. */
    static ConfigNode.Mapping read(RoutingContext context) throws AdminError {
        String header = context.request().getHeader("Content-Type");
        String type = header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (type.equals("application/x-www-form-urlencoded") || type.equals("multipart/form-data")) {
            return form(context.request().formAttributes());
        }
        String text = text(context);
        boolean json = type.equals("application/json");
        if ((text == null || text.isBlank()) && !(json && needed(context))) {
            return ConfigNode.emptyMapping(PLACE, "");
        }
        if (!json) {
            throw AdminError.of(
                    415,
                    "Unsupported Media Type (expected: application/json,"
                            + " application/x-www-form-urlencoded or multipart/form-data)");
        }
        try {
            if (text != null && JsonTree.read(text, PLACE, false) instanceof ConfigNode.Mapping mapping) {
                return mapping;
            }
        } catch (JsonTree.HalfException half) {
            throw Violations.schema(
                    List.of(Problem.error(PLACE, half.path(), String.valueOf(half.getMessage()), null)));
        } catch (IOException malformed) {
            // told below, as Kong does
        }
        throw AdminError.of(400, "Cannot parse JSON body");
    }

    /** The body as text; null when there is none. */
    static @Nullable String text(RoutingContext context) throws AdminError {
        Buffer bytes = context.body().buffer();
        String text = bytes == null ? null : ConfigText.utf8(bytes.getBytes());
        if (bytes != null && text == null) {
            throw AdminError.of(400, "The body is not valid UTF-8");
        }
        return text;
    }

    /** As in Kong, whoever says that there is JSON must send some, save where nothing is asked for. */
    private static boolean needed(RoutingContext context) {
        return !context.request().method().equals(HttpMethod.DELETE);
    }

    private static ConfigNode.Mapping form(MultiMap fields) throws AdminError {
        Map<String, Object> root = new LinkedHashMap<>();
        for (Map.Entry<String, String> field : fields) {
            readable(field.getKey());
            readable(field.getValue());
            put(root, field.getKey().replaceAll("\\[([^\\]]*)]", ".$1").split("\\.", -1), field.getValue());
        }
        return (ConfigNode.Mapping) tree(root, "");
    }

    /** Forms are decoded before, with this character for what is none. */
    static String readable(String text) throws AdminError {
        if (text.indexOf('\ufffd') >= 0) {
            throw AdminError.of(400, "The form is not valid UTF-8");
        }
        return text;
    }

    @SuppressWarnings("unchecked") // holders are maps of names
    private static void put(Map<String, Object> root, String[] names, String value) {
        Map<String, Object> holder = root;
        for (int i = 0; i < names.length; i++) {
            String name = names[i].isEmpty() ? next(holder) : names[i];
            if (i < names.length - 1) {
                Object next = holder.computeIfAbsent(name, key -> new LinkedHashMap<String, Object>());
                if (!(next instanceof Map)) {
                    return;
                }
                holder = (Map<String, Object>) next;
            } else if (holder.get(name) instanceof String first) {
                // a name that is there twice is a list, as in a query
                Map<String, Object> list = new LinkedHashMap<>();
                list.put("1", first);
                list.put("2", value);
                holder.put(name, list);
            } else if (holder.get(name) instanceof Map<?, ?> list) {
                ((Map<String, Object>) list).put(next(list), value);
            } else {
                holder.put(name, value);
            }
        }
    }

    /** The place behind all others of a list. */
    private static String next(Map<?, ?> list) {
        int last = 0;
        for (Object key : list.keySet()) {
            last = Math.max(last, isIndex(String.valueOf(key)) ? index(key) : 0);
        }
        return Integer.toString(last + 1);
    }

    private static ConfigNode tree(Object value, String path) {
        if (!(value instanceof Map<?, ?> map)) {
            String text = String.valueOf(value);
            return text.isEmpty()
                    ? new ConfigNode.Scalar(PLACE, path, "", null, ConfigNode.Type.NULL, false)
                    : new ConfigNode.Scalar(PLACE, path, text, text, ConfigNode.Type.STRING, false);
        }
        boolean list = !map.isEmpty() && map.keySet().stream().allMatch(key -> isIndex(String.valueOf(key)));
        if (list) {
            List<ConfigNode> items = new ArrayList<>();
            map.entrySet().stream()
                    .sorted(Comparator.comparingInt(entry -> index(entry.getKey())))
                    .forEach(entry -> items.add(tree(entry.getValue(), path + "[" + items.size() + "]")));
            return new ConfigNode.Sequence(PLACE, path, items);
        }
        List<ConfigNode.Entry> entries = new ArrayList<>();
        map.forEach((name, item) -> entries.add(new ConfigNode.Entry(
                String.valueOf(name), PLACE, tree(item, ConfigNode.child(path, String.valueOf(name))))));
        return new ConfigNode.Mapping(PLACE, path, entries);
    }

    private static boolean isIndex(String key) {
        return !key.isEmpty() && key.length() < 6 && key.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static int index(Object key) {
        return Integer.parseInt(String.valueOf(key));
    }

    /** What the config of a plugin of this name has; null when there is no such plugin. */
    static @Nullable RecordShape configShape(Snapshot live, @Nullable ConfigNode name) {
        PluginCatalogue.Known known =
                name instanceof ConfigNode.Scalar text ? live.catalogue().plugin(text.text()) : null;
        return known == null ? null : RecordShape.of(known.factory().configType());
    }

    /**
     * What a form says, in the types that its fields ask for: it has texts only, and cannot say that a single value is a
     * list. What was JSON stays as it is.
     *
     * @param config the config of the plugin; null when it is none
     */
    static ConfigNode.Mapping shaped(ConfigNode.Mapping given, RecordShape shape, @Nullable RecordShape config) {
        return given.withValues(entry -> {
            RecordShape.Component component = shape.component(entry.name());
            if (component == null && entry.name().equals("snis")) { // of a certificate, whose record has none
                return shaped(entry.value(), NAMES);
            }
            return entry.name().equals("config") && config != null && entry.value() instanceof ConfigNode.Mapping own
                    ? shaped(own, config, null)
                    : shaped(entry.value(), component == null ? null : component.shape());
        });
    }

    private static ConfigNode shaped(ConfigNode given, RecordShape.@Nullable Shape shape) {
        if (given instanceof ConfigNode.Scalar scalar) {
            return scalar(scalar, shape);
        }
        if (given instanceof ConfigNode.Sequence sequence) {
            List<ConfigNode> items = new ArrayList<>(sequence.items().size());
            RecordShape.Shape element = shape instanceof RecordShape.Many many ? many.element() : null;
            sequence.items().forEach(item -> items.add(shaped(item, element)));
            return new ConfigNode.Sequence(PLACE, given.path(), items);
        }
        ConfigNode.Mapping mapping = (ConfigNode.Mapping) given;
        if (shape instanceof RecordShape.Nested nested) {
            return shaped(mapping, nested.shape(), null);
        }
        RecordShape.Shape value = shape instanceof RecordShape.Named named ? named.value() : null;
        return mapping.withValues(entry -> shaped(entry.value(), value));
    }

    private static ConfigNode scalar(ConfigNode.Scalar given, RecordShape.@Nullable Shape shape) {
        if (!given.fromVariable()) {
            return given;
        }
        if (shape instanceof RecordShape.Many many) {
            ConfigNode only = scalar(given.at(given.path() + "[0]"), many.element());
            return new ConfigNode.Sequence(PLACE, given.path(), List.of(only));
        }
        boolean text = shape == RecordShape.Scalar.STRING
                || shape == RecordShape.Scalar.SECRET
                || shape instanceof RecordShape.Choice;
        ConfigNode.Type type = text ? ConfigNode.Type.STRING : Scalars.typeOf(given.text());
        return new ConfigNode.Scalar(PLACE, given.path(), given.text(), null, type, false);
    }

    /** The value with what the other says in its place; records within are merged, all else is replaced. */
    static ConfigNode.Mapping merged(ConfigNode.Mapping base, ConfigNode.Mapping patch, @Nullable RecordShape shape) {
        ConfigNode.Mapping merged = base;
        for (ConfigNode.Entry entry : patch.entries()) {
            RecordShape.Component component = shape == null ? null : shape.component(entry.name());
            ConfigNode value = entry.value();
            if (component != null
                    && component.shape() instanceof RecordShape.Nested nested
                    && value instanceof ConfigNode.Mapping changed
                    && base.get(entry.name()) instanceof ConfigNode.Mapping before) {
                value = merged(before, changed, nested.shape());
            }
            merged = merged.with(entry.name(), value);
        }
        return merged;
    }
}
