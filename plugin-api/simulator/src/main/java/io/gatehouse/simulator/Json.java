package io.gatehouse.simulator;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;

/** JSON: one mapper, a quoted string, and an instance for a JSON Schema. */
final class Json {
    static final ObjectMapper MAPPER = mapper();

    private static final JsonStringEncoder ENCODER = JsonStringEncoder.getInstance();
    private static final int SCHEMA_DEPTH = 16;

    private Json() {}

    private static ObjectMapper mapper() {
        ObjectMapper mapper = JsonMapper.builder()
                .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
        mapper.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(256 << 20)
                        .maxNestingDepth(1000)
                        .build());
        return mapper;
    }

    /** Appends {@code text} as a JSON string, with its quotation marks. */
    static StringBuilder quote(StringBuilder out, CharSequence text) {
        out.append('"');
        ENCODER.quoteAsString(text, out);
        return out.append('"');
    }

    static String quoted(CharSequence text) {
        return quote(new StringBuilder(text.length() + 16), text).toString();
    }

    /**
     * The smallest instance that fits a JSON Schema of the kind that function tools carry: its required
     * properties, the first of an enumeration, 1, true, {@code "value"}, empty arrays.
     */
    static String sample(JsonNode schema) {
        return sample(schema, 0).toString();
    }

    private static JsonNode sample(JsonNode schema, int depth) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.path("enum").size() > 0) {
            return schema.get("enum").get(0);
        }
        for (String choice : new String[] {"anyOf", "oneOf"}) {
            if (schema.path(choice).size() > 0 && depth < SCHEMA_DEPTH) {
                return sample(schema.get(choice).get(0), depth + 1);
            }
        }
        JsonNode type = schema.path("type");
        switch (type.isArray() ? type.path(0).asText() : type.asText(schema.has("properties") ? "object" : "string")) {
            case "object" -> {
                var object = nodes.objectNode();
                JsonNode required = schema.path("required");
                if (depth < SCHEMA_DEPTH) {
                    for (Map.Entry<String, JsonNode> property :
                            schema.path("properties").properties()) {
                        for (JsonNode name : required) {
                            if (name.asText().equals(property.getKey())) {
                                object.set(property.getKey(), sample(property.getValue(), depth + 1));
                            }
                        }
                    }
                }
                return object;
            }
            case "array" -> {
                return nodes.arrayNode();
            }
            case "integer", "number" -> {
                return nodes.numberNode(1);
            }
            case "boolean" -> {
                return nodes.booleanNode(true);
            }
            case "null" -> {
                return nodes.nullNode();
            }
            default -> {
                return nodes.textNode("value");
            }
        }
    }
}
