package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.SpecificationVersion;
import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.traffic.validator.RequestValidatorConfig.In;
import io.gatehouse.plugins.traffic.validator.RequestValidatorConfig.Style;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One parameter of requests: where it stands, how its value is written, and what it must be. Styles are those of OpenAPI
 * 3.0. Any thread.
 */
final class Parameter {
    private static final Map<In, Set<Style>> STYLES = Map.of(
            In.PATH, Set.of(Style.SIMPLE, Style.LABEL, Style.MATRIX),
            In.HEADER, Set.of(Style.SIMPLE),
            In.QUERY, Set.of(Style.FORM, Style.SPACE_DELIMITED, Style.PIPE_DELIMITED, Style.DEEP_OBJECT));

    /** Of JSON, and of a size that costs nothing to read. */
    private static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]{0,300})(\\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?");

    /** The types of values; what a text becomes before it is checked. */
    private enum Type {
        STRING,
        NUMBER,
        INTEGER,
        BOOLEAN,
        ARRAY,
        OBJECT
    }

    /** A schema, and what it says of types. */
    private record Shape(Check check, JsonNode schema, Type type, Style style, boolean explode) {}

    private final In in;
    private final String name;
    private final boolean required;
    private final @Nullable Shape shape;

    private Parameter(In in, String name, boolean required, @Nullable Shape shape) {
        this.in = in;
        this.name = name;
        this.required = required;
        this.shape = shape;
    }

    /**
     * Makes a parameter.
     *
     * @throws IllegalArgumentException when its fields do not fit together; the message says why
     */
    static Parameter of(RequestValidatorConfig.Parameter config, boolean lengthsOfArrays) {
        String schema = config.schema();
        Style style = config.style();
        Boolean explode = config.explode();
        if (schema == null && style == null && explode == null) {
            return new Parameter(config.in(), config.name(), config.required(), null);
        }
        if (schema == null || style == null || explode == null) {
            throw new IllegalArgumentException("all or none of these fields must be set: 'schema', 'style', 'explode'");
        }
        Set<Style> known = STYLES.getOrDefault(config.in(), Set.of());
        if (!known.contains(style)) {
            throw new IllegalArgumentException(
                    "style: not for parameters in " + config.in().name().toLowerCase(Locale.ROOT));
        }
        JsonNode read = Json.read(schema.getBytes(StandardCharsets.UTF_8));
        Type type = type(read);
        if (type == null) {
            throw new IllegalArgumentException(
                    "schema: needs a 'type' (expected one of: string, number, integer, boolean, array, object)");
        }
        boolean composite = type == Type.ARRAY || type == Type.OBJECT;
        if (style == Style.DEEP_OBJECT && type != Type.OBJECT
                || (style == Style.SPACE_DELIMITED || style == Style.PIPE_DELIMITED) && !composite) {
            throw new IllegalArgumentException(
                    "style: not for a parameter of type " + read.get("type").asText());
        }
        Check check = DraftSchema.of(read, SpecificationVersion.DRAFT_4, lengthsOfArrays);
        return new Parameter(
                config.in(), config.name(), config.required(), new Shape(check, read, type, style, explode));
    }

    private static @Nullable Type type(@Nullable JsonNode schema) {
        JsonNode name = schema == null ? null : schema.get("type");
        if (name != null && name.isTextual()) {
            for (Type type : Type.values()) {
                if (type.name().toLowerCase(Locale.ROOT).equals(name.textValue())) {
                    return type;
                }
            }
        }
        return null;
    }

    /** What is wrong with a request's parameter; empty when nothing is. */
    List<Check.Violation> violations(Request request, Arguments query) {
        JsonNode value = switch (in) {
            case PATH -> single(request.exchange().uriCaptures().get(name));
            case HEADER -> {
                List<String> values = request.headers().getAll(name);
                yield single(values.isEmpty() ? null : WireText.decode(String.join(",", values)));
            }
            case QUERY -> inQuery(query);
        };
        String path = "/" + name;
        if (value == null) {
            return required ? List.of(new Check.Violation(path, "required parameter missing")) : List.of();
        }
        Shape known = shape;
        if (known == null) {
            return List.of();
        }
        return known.check.violations(value).stream()
                .map(found -> new Check.Violation(path + found.path(), found.message()))
                .toList();
    }

    // ---- path and headers

    private @Nullable JsonNode single(@Nullable String text) {
        if (text == null || shape == null) {
            return text == null ? null : Json.MAPPER.getNodeFactory().textNode(text);
        }
        return switch (shape.style) {
            case LABEL -> text.startsWith(".") ? list(text.substring(1), shape.explode ? "." : ",") : textNode(text);
            case MATRIX -> matrix(text);
            default -> list(text, ",");
        };
    }

    private JsonNode matrix(String text) {
        Shape known = known();
        if (!text.startsWith(";")) {
            return textNode(text);
        }
        String rest = text.substring(1);
        if (known.type == Type.OBJECT && known.explode) {
            return members(rest, ";");
        }
        if (known.type == Type.ARRAY && known.explode) {
            List<String> items = new ArrayList<>();
            for (String part : rest.split(";", -1)) {
                if (!part.startsWith(name + "=")) {
                    return textNode(text);
                }
                items.add(part.substring(name.length() + 1));
            }
            return array(items);
        }
        return rest.startsWith(name + "=") ? list(rest.substring(name.length() + 1), ",") : textNode(text);
    }

    // ---- the query

    private @Nullable JsonNode inQuery(Arguments query) {
        Shape known = shape;
        if (known == null) {
            return query.contains(name) ? textNode(name) : null;
        }
        if (known.style == Style.DEEP_OBJECT) {
            return deepObject(query);
        }
        if (known.type == Type.OBJECT && known.explode) {
            return exploded(query);
        }
        List<String> values = new ArrayList<>();
        for (Arguments.Argument argument : query.all()) {
            if (argument.name().equals(name)) {
                String value = argument.value();
                values.add(value == null ? "" : value);
            }
        }
        if (values.isEmpty()) {
            return null;
        }
        if (known.type == Type.ARRAY && known.explode) {
            return array(values);
        }
        if (values.size() > 1) {
            // several where one is expected: the upstream may take either, so none is taken for the value
            ArrayNode all = Json.MAPPER.createArrayNode();
            values.forEach(all::add);
            return all;
        }
        return list(
                values.get(0),
                switch (known.style) {
                    case SPACE_DELIMITED -> " ";
                    case PIPE_DELIMITED -> "|";
                    default -> ",";
                });
    }

    private @Nullable JsonNode deepObject(Arguments query) {
        ObjectNode object = null;
        for (Arguments.Argument argument : query.all()) {
            String key = argument.name();
            if (key.startsWith(name + "[") && key.endsWith("]")) {
                object = object == null ? Json.MAPPER.createObjectNode() : object;
                String member = key.substring(name.length() + 1, key.length() - 1);
                String value = argument.value();
                object.set(member, scalar(value == null ? "" : value, member(member)));
            }
        }
        return object;
    }

    /** The members that the schema names, each an argument of its own. */
    private @Nullable JsonNode exploded(Arguments query) {
        JsonNode members = known().schema.get("properties");
        ObjectNode object = null;
        for (Arguments.Argument argument : query.all()) {
            if (members != null && members.has(argument.name())) {
                object = object == null ? Json.MAPPER.createObjectNode() : object;
                String value = argument.value();
                object.set(argument.name(), scalar(value == null ? "" : value, member(argument.name())));
            }
        }
        return object;
    }

    // ---- values

    /** A value of the parameter's type, its parts between delimiters. */
    private JsonNode list(String text, String delimiter) {
        Shape known = known();
        return switch (known.type) {
            case ARRAY -> array(List.of(text.split(Pattern.quote(delimiter), -1)));
            case OBJECT -> known.explode ? members(text, delimiter) : pairs(text, delimiter);
            default -> scalar(text, known.type);
        };
    }

    private JsonNode array(List<String> items) {
        Type type = type(known().schema.get("items"));
        ArrayNode array = Json.MAPPER.createArrayNode();
        for (String item : items) {
            array.add(scalar(item, type));
        }
        return array;
    }

    /** {@code name=value} between delimiters. */
    private JsonNode members(String text, String delimiter) {
        ObjectNode object = Json.MAPPER.createObjectNode();
        for (String part : text.split(Pattern.quote(delimiter), -1)) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                return textNode(text);
            }
            String member = part.substring(0, equals);
            object.set(member, scalar(part.substring(equals + 1), member(member)));
        }
        return object;
    }

    /** Name, value, name, value between delimiters. */
    private JsonNode pairs(String text, String delimiter) {
        String[] parts = text.split(Pattern.quote(delimiter), -1);
        if (parts.length % 2 != 0) {
            return textNode(text);
        }
        ObjectNode object = Json.MAPPER.createObjectNode();
        for (int i = 0; i < parts.length; i += 2) {
            object.set(parts[i], scalar(parts[i + 1], member(parts[i])));
        }
        return object;
    }

    private @Nullable Type member(String member) {
        JsonNode members = known().schema.get("properties");
        return type(members == null ? null : members.get(member));
    }

    /** A text as its type wants it; what is none of that type stays a text, and the schema says so. */
    private static JsonNode scalar(String text, @Nullable Type type) {
        if ((type == Type.NUMBER || type == Type.INTEGER)
                && NUMBER.matcher(text).matches()) {
            return Json.read(text.getBytes(StandardCharsets.US_ASCII));
        }
        if (type == Type.BOOLEAN && (text.equals("true") || text.equals("false"))) {
            return Json.MAPPER.getNodeFactory().booleanNode(text.equals("true"));
        }
        return textNode(text);
    }

    private static JsonNode textNode(String text) {
        return Json.MAPPER.getNodeFactory().textNode(text);
    }

    private Shape known() {
        Shape known = shape;
        if (known == null) {
            throw new IllegalStateException("no schema");
        }
        return known;
    }
}
